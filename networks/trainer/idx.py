"""Reads image classification data in the IDX format (Fashion-MNIST, MNIST), plain or gzip."""

import gzip
import struct
from pathlib import Path

import numpy as np

from trainer.dataset import DataError, Split

_UBYTE = 0x08
_PREFIXES = {"train": "train", "test": "t10k"}


def read_idx(path: Path, rank: int) -> np.ndarray:
    """One IDX file of unsigned bytes with the given number of dimensions."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            content = file.read()
    except (OSError, EOFError) as problem:
        raise DataError(f"{path}: cannot be read ({problem}); fetch the data set again") from problem
    if len(content) < 4 + 4 * rank or content[:4] != bytes((0, 0, _UBYTE, rank)):
        raise DataError(f"{path}: not an IDX file of {rank}-dimensional bytes; fetch the data set again")
    shape = struct.unpack_from(f">{rank}I", content, 4)
    data = np.frombuffer(content, np.uint8, offset=4 + 4 * rank)
    if data.size != np.prod(shape, dtype=np.int64):
        raise DataError(f"{path}: holds {data.size} bytes where {shape} are promised; fetch the data set again")
    return data.reshape(shape)


def read_split(folder: Path, split: str) -> Split:
    """"train" or "test"."""
    prefix = _PREFIXES[split]
    images = read_idx(_find(folder, f"{prefix}-images-idx3-ubyte"), 3)
    labels = read_idx(_find(folder, f"{prefix}-labels-idx1-ubyte"), 1)
    if len(images) != len(labels):
        raise DataError(f"{folder}: {len(images)} {prefix} images but {len(labels)} labels; fetch the data set again")
    return Split(images[:, None], labels)


def _find(folder: Path, name: str) -> Path:
    for candidate in (folder / f"{name}.gz", folder / name):
        if candidate.exists():
            return candidate
    raise DataError(f"{folder}: no {name} or {name}.gz here; the network's README.md says how to get the data")
