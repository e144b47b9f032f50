#!/usr/bin/env python3
"""CIFAR-10 from a tar archive of JPEG files, as arrays or as the standard binary distribution.

The archive holds `train/<class>/<number>.jpg` and `test/<class>/<number>.jpg`, 32 x 32 pixels each. The alphabetical
order of the classes is CIFAR-10's own: airplane is 0, truck is 9. Images come sorted by class there; here they are
shuffled with a fixed seed, so that any part of a file is a fair sample.

As a program it writes the folder that every reader of CIFAR-10's binary version takes:

    python3 networks/trainer/cifar_jpeg.py ARCHIVE FOLDER
"""

import io
import sys
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trainer.dataset import DataError, Split  # noqa: E402 (needs the path above)

_SIZE = 32
_SEED = 1
_IMAGES = {"train": 50_000, "test": 10_000}
_FILE_IMAGES = 10_000  # in each file of the binary distribution


def read_archive(path: Path) -> dict[str, Split]:
    """Both splits, "train" and "test", each shuffled."""
    found: dict[str, dict[str, np.ndarray]] = {split: {} for split in _IMAGES}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                parts = Path(member.name).parts
                if member.isfile() and len(parts) >= 3 and parts[-3] in found and member.name.endswith(".jpg"):
                    name = "/".join(parts[-2:])
                    found[parts[-3]][name] = _pixels(archive.extractfile(member).read(), f"{path}: {member.name}")
    except (OSError, EOFError, tarfile.TarError) as problem:
        raise DataError(f"{path}: cannot be read ({problem}); copy the archive again") from problem
    return {split: _arranged(images, split, path) for split, images in found.items()}


def _pixels(jpeg: bytes, what: str) -> np.ndarray:
    """[channel, row, column], bytes."""
    try:
        image = Image.open(io.BytesIO(jpeg)).convert("RGB")
    except (OSError, UnidentifiedImageError) as problem:
        raise DataError(f"{what}: not a JPEG image ({problem}); copy the archive again") from problem
    if image.size != (_SIZE, _SIZE):
        raise DataError(f"{what}: is {image.size[0]} x {image.size[1]}, expected {_SIZE} x {_SIZE}")
    return np.asarray(image).transpose(2, 0, 1)


def _arranged(images: dict[str, np.ndarray], split: str, path: Path) -> Split:
    wanted = _IMAGES[split]
    if len(images) != wanted:
        raise DataError(f"{path}: holds {len(images)} {split} images, expected {wanted}; copy the archive again")
    names = sorted(images)
    classes = sorted({name.split("/")[0] for name in names})
    labels = np.array([classes.index(name.split("/")[0]) for name in names], np.uint8)
    order = np.random.RandomState(_SEED).permutation(len(names))  # its stream is frozen for good
    return Split(np.stack([images[names[i]] for i in order]), labels[order])


def write_binary(splits: dict[str, Split], folder: Path) -> None:
    """data_batch_1.bin to data_batch_5.bin and test_batch.bin: a label byte and 3,072 pixel bytes an image."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, names in (("test", ["test_batch"]), ("train", [f"data_batch_{i}" for i in range(1, 6)])):
        data = splits[split]
        rows = np.concatenate([data.labels[:, None], data.images.reshape(len(data.labels), -1)], axis=1)
        for i, name in enumerate(names):
            (folder / f"{name}.bin").write_bytes(rows[i * _FILE_IMAGES : (i + 1) * _FILE_IMAGES].tobytes())


def main() -> int:
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        print("usage: cifar_jpeg.py ARCHIVE FOLDER", file=sys.stderr)
        return 2
    try:
        write_binary(read_archive(Path(sys.argv[1])), Path(sys.argv[2]))
    except (DataError, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
