"""Second opinion on the written ONNX files: ONNX Runtime against PyTorch, and accuracy per exit."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from google.protobuf.message import DecodeError

from trainer import onnx_forms
from trainer.augment import to_pixels
from trainer.dataset import Split
from trainer.structure import INPUT, Structure
from trainer.twin import twin_of
from trainer.weights import Weights

_COMPARED_IMAGES = 100
_TOLERANCE = 1e-5  # of the largest logit: float rounding, no more


class CheckError(Exception):
    """A model file is not what it should be; the message says which and in what."""


@dataclass(frozen=True)
class Accuracy:
    """Per cent of the test images."""

    exits: list[float]  # right, every sample judged at that exit
    leave: list[float]  # that leave at that exit in the If form
    combined: float  # right, as the If form answers


def check(structure: Structure, outputs_path: Path, if_path: Path, test: Split) -> Accuracy:
    """Compares both files with PyTorch on some images, then measures them on the whole test split."""
    outputs_model, if_model = _load(outputs_path), _load(if_path)
    thresholds = onnx_forms.thresholds_of(if_model)
    if len(thresholds) != len(structure.exits) - 1:
        wanted = len(structure.exits) - 1
        raise CheckError(f"{if_path}: decides {len(thresholds)} early exits, not {wanted}; run train.py again")
    _compare_weights(outputs_model, if_model, if_path)
    pixels = to_pixels(torch.tensor(test.images)).numpy()
    outputs = _run(outputs_path, pixels)
    logits = [outputs[name] for name in structure.exits]
    some = pixels[:_COMPARED_IMAGES]
    expected = _pytorch_logits(structure, onnx_forms.weights_of(outputs_model), some)
    for name, got, wanted in zip(structure.exits, logits, expected, strict=True):
        _compare_logits(f"{outputs_path}: {name}", got[:_COMPARED_IMAGES], wanted, "PyTorch")
    taken = _taken(logits, thresholds)
    combined = _run(if_path, pixels)["logits"]
    wanted = np.stack(logits)[taken, np.arange(len(taken))]
    _compare_logits(f"{if_path}: logits", combined, wanted, outputs_path.name)
    return Accuracy(
        exits=[_per_cent(each.argmax(1) == test.labels) for each in logits],
        leave=[_per_cent(taken == number) for number in range(len(logits))],
        combined=_per_cent(combined.argmax(1) == test.labels),
    )


def _load(path: Path) -> onnx.ModelProto:
    try:
        onnx.checker.check_model(path, full_check=True)
        return onnx.load(path)
    except FileNotFoundError as problem:
        raise CheckError(f"{path}: not there; run train.py without --check to make it") from problem
    except (DecodeError, onnx.checker.ValidationError) as problem:
        raise CheckError(f"{path}: not a valid ONNX file ({problem}); run train.py to make it again") from problem


def _compare_weights(outputs_model: onnx.ModelProto, if_model: onnx.ModelProto, if_path: Path) -> None:
    wanted = onnx_forms.weights_of(outputs_model)
    got = onnx_forms.weights_of(if_model)
    for name in sorted(wanted.keys() | got.keys()):
        if name not in wanted or name not in got or not np.array_equal(got[name], wanted[name]):
            raise CheckError(f"{if_path}: {name} is not that of the file with several outputs; run train.py again")


def _pytorch_logits(structure: Structure, weights: Weights, pixels: np.ndarray) -> list[np.ndarray]:
    with torch.no_grad():
        return [logits.numpy() for logits in twin_of(structure, weights)(torch.from_numpy(pixels))]


def _compare_logits(what: str, got: np.ndarray, wanted: np.ndarray, other: str) -> None:
    worst = np.abs(got - wanted).max() / np.abs(wanted).max()
    if not worst <= _TOLERANCE:  # so that NaN fails too
        raise CheckError(f"{what} differs from {other} by {worst:.2g} of the largest logit, allowed {_TOLERANCE:g}")


def _run(path: Path, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """All outputs over all images, one image a run: the files are for batch size 1."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    rows = [session.run(names, {INPUT: image[None]}) for image in pixels]
    return {name: np.concatenate([row[i] for row in rows]) for i, name in enumerate(names)}


def _taken(logits: list[np.ndarray], thresholds: list[float]) -> np.ndarray:
    """For each sample the number of the exit that it leaves at."""
    taken = np.full(len(logits[0]), len(thresholds))
    for number in reversed(range(len(thresholds))):
        taken[_confidence(logits[number]) > thresholds[number]] = number
    return taken


def _confidence(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return 1 / powers.sum(1)


def _per_cent(hits: np.ndarray) -> float:
    return float(hits.mean() * 100)
