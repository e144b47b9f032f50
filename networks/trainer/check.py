"""Second opinion on the written ONNX files: ONNX Runtime against PyTorch, and accuracy per exit."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from google.protobuf.message import DecodeError

from trainer import onnx_forms
from trainer.branchy_lenet5 import BranchyLeNet5
from trainer.fit import to_pixels
from trainer.idx import Split

_COMPARED_IMAGES = 100
_TOLERANCE = 1e-5  # of the largest logit: float rounding, no more


class CheckError(Exception):
    """A model file is not what it should be; the message says which and in what."""


@dataclass(frozen=True)
class Accuracy:
    exit0: float  # per cent, every sample judged at exit 0
    final: float  # per cent, every sample judged at the end
    taken: float  # per cent of the samples that leave at exit 0 in the If form
    combined: float  # per cent, as the If form answers


def check(outputs_path: Path, if_path: Path, test: Split) -> Accuracy:
    """Compares both files with PyTorch on some images, then measures them on the whole test split."""
    outputs_model, if_model = _load(outputs_path), _load(if_path)
    pixels = to_pixels(torch.tensor(test.images)).numpy()
    both = _run(outputs_path, pixels)
    single = _run(if_path, pixels)
    exit0, final, combined = both["exit0"], both["final"], single["logits"]
    sure = _confidence(exit0) > _threshold(if_model, if_path)
    _compare_weights(outputs_model, if_model, if_path)
    expected = _pytorch_logits(outputs_model, pixels[:_COMPARED_IMAGES])
    _compare_logits(f"{outputs_path}: exit0", exit0[:_COMPARED_IMAGES], expected[0], "PyTorch")
    _compare_logits(f"{outputs_path}: final", final[:_COMPARED_IMAGES], expected[1], "PyTorch")
    _compare_logits(f"{if_path}: logits", combined, np.where(sure[:, None], exit0, final), outputs_path.name)
    return Accuracy(
        exit0=_per_cent(exit0.argmax(1) == test.labels),
        final=_per_cent(final.argmax(1) == test.labels),
        taken=_per_cent(sure),
        combined=_per_cent(combined.argmax(1) == test.labels),
    )


def _load(path: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
    except FileNotFoundError as problem:
        raise CheckError(f"{path}: not there; run train.py without --check to make it") from problem
    except (DecodeError, onnx.checker.ValidationError) as problem:
        raise CheckError(f"{path}: not a valid ONNX file ({problem}); run train.py to make it again") from problem
    return model


def _compare_weights(outputs_model: onnx.ModelProto, if_model: onnx.ModelProto, if_path: Path) -> None:
    wanted = onnx_forms.weights_of(outputs_model)
    got = onnx_forms.weights_of(if_model)
    for name in sorted(wanted.keys() | got.keys()):
        if name not in wanted or name not in got or not np.array_equal(got[name], wanted[name]):
            raise CheckError(f"{if_path}: {name} is not that of the file with several outputs; run train.py again")


def _pytorch_logits(model: onnx.ModelProto, pixels: np.ndarray) -> list[np.ndarray]:
    weights = onnx_forms.weights_of(model)
    twin = BranchyLeNet5(branch_channels=len(weights["exit0_conv.bias"]))
    twin.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    with torch.no_grad():
        return [logits.numpy() for logits in twin(torch.from_numpy(pixels))]


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
    rows = [session.run(names, {"pixels": image[None]}) for image in pixels]
    return {name: np.concatenate([row[i] for row in rows]) for i, name in enumerate(names)}


def _confidence(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return 1 / powers.sum(1)


def _threshold(if_model: onnx.ModelProto, if_path: Path) -> float:
    for node in if_model.graph.node:
        if node.name == "exit0_threshold":
            return float(onnx.numpy_helper.to_array(node.attribute[0].t))
    raise CheckError(f"{if_path}: no node exit0_threshold; run train.py to make it again")


def _per_cent(hits: np.ndarray) -> float:
    return float(hits.mean() * 100)
