"""Reads CIFAR-10's binary version: data_batch_1.bin to data_batch_5.bin and test_batch.bin."""

from pathlib import Path

import numpy as np

from trainer.dataset import DataError, Split

_CLASSES = 10
_IMAGE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32  # a label byte, then the pixels channel by channel
_FILES = {"train": [f"data_batch_{i}.bin" for i in range(1, 6)], "test": ["test_batch.bin"]}


def read_split(folder: Path, split: str) -> Split:
    """"train" or "test"."""
    rows = np.concatenate([_read_file(folder / name) for name in _FILES[split]])
    return Split(rows[:, 1:].reshape(-1, *_IMAGE), rows[:, 0])


def _read_file(path: Path) -> np.ndarray:
    try:
        content = path.read_bytes()
    except OSError as problem:
        advice = "the network's README.md says how to get the data"
        raise DataError(f"{path}: cannot be read ({problem}); {advice}") from problem
    if not content or len(content) % _RECORD:
        raise DataError(f"{path}: {len(content)} bytes are no whole number of {_RECORD}-byte records; fetch it again")
    rows = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    if rows[:, 0].max() >= _CLASSES:
        raise DataError(f"{path}: has the label {rows[:, 0].max()}, CIFAR-10 has 0 to {_CLASSES - 1}; fetch it again")
    return rows
