"""The command line that the train.py of every network shares."""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from trainer import cifar10, idx, int8_weights, onnx_forms
from trainer.check import Accuracy, CheckError, check
from trainer.dataset import DataError, Split
from trainer.fit import CheckpointError, fit
from trainer.recipe import Recipe
from trainer.structure import Structure
from trainer.twin import Twin, folded_weights
from trainer.weights import Weights
from trainer.widen import widen


@dataclass(frozen=True)
class Source:
    """Where the images come from."""

    kind: str  # for --help
    read: Callable[[Path, str], Split]  # folder; "train" or "test"
    jpeg: bool = False  # can also be a tar archive of JPEG files, by --jpeg


IDX = Source("the IDX files", idx.read_split)
CIFAR10 = Source("CIFAR-10's binary version", cifar10.read_split, jpeg=True)


@dataclass(frozen=True)
class Phase:
    """A structure and how it is trained. A later phase begins with the weights of the one before, widened if need be."""

    structure: Structure
    recipe: Recipe


@dataclass(frozen=True)
class Network:
    """One folder of networks/: what is trained, on what, and how good it has to be."""

    folder: Path
    source: Source
    data: Path  # where the images are unless --data says otherwise
    phases: list[Phase]  # the last one's structure is the network
    thresholds: tuple[float, ...]  # of the If form; the hardware's thresholds are registers
    goals: dict[str, float]  # per cent of the test images, by exit
    int8_weights: bool = False  # stored as int8 in a third file, NAME.weights

    @property
    def structure(self) -> Structure:
        return self.phases[-1].structure


def main(network: Network) -> int:
    arguments = _parse(network)
    # One thread and deterministic kernels: same machine type, same weights.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    name = network.folder.name
    outputs_path = arguments.out / f"{name}.onnx"
    if_path = arguments.out / f"{name}-if.onnx"
    try:
        if not arguments.check:
            weights = _train(network, _read(network, arguments, "train"), arguments)
            _write_models(network, weights, arguments.out)
        accuracy = check(network.structure, outputs_path, if_path, _read(network, arguments, "test"))
    except (DataError, CheckError, CheckpointError, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return _report(network, accuracy)


def _parse(network: Network) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"Trains {network.folder.name}, writes its ONNX files, checks them.")
    parser.add_argument("--data", type=Path, default=network.data, help=f"folder with {network.source.kind}")
    if network.source.jpeg:
        parser.add_argument("--jpeg", type=Path, help="a tar archive of JPEG files instead, train/<class>/<number>.jpg")
    parser.add_argument("--out", type=Path, default=network.folder, help="where the ONNX files are")
    parser.add_argument("--epochs", type=int, help="of each phase; fewer for a quick look; give --out too")
    parser.add_argument("--checkpoint", type=Path, help="folder to keep the state of training in, and to resume from")
    parser.add_argument("--check", action="store_true", help="do not train, only check the files that are there")
    return parser.parse_args()


def _read(network: Network, arguments: argparse.Namespace, split: str) -> Split:
    if network.source.jpeg and arguments.jpeg:
        from trainer.cifar_jpeg import read_archive  # here, so that Pillow is needed only for this

        return read_archive(arguments.jpeg)[split]
    return network.source.read(arguments.data, split)


def _train(network: Network, train: Split, arguments: argparse.Namespace) -> Weights:
    model = None
    for number, phase in enumerate(network.phases, start=1):
        recipe = phase.recipe if arguments.epochs is None else replace(phase.recipe, epochs=arguments.epochs)
        torch.manual_seed(recipe.seed)
        narrow, model = model, Twin(phase.structure, recipe.normalized)
        if narrow is not None:
            widen(narrow, model, recipe.seed)
        model = model.to(memory_format=torch.channels_last)  # a quarter faster
        checkpoint = None
        if arguments.checkpoint is not None:
            arguments.checkpoint.mkdir(parents=True, exist_ok=True)
            checkpoint = arguments.checkpoint / f"{network.folder.name}-{number}.pt"
        fit(model, train, recipe, checkpoint)
    return folded_weights(model)


def _write_models(network: Network, weights: Weights, folder: Path) -> None:
    name = network.folder.name
    models = {
        f"{name}.onnx": onnx_forms.several_outputs(network.structure, weights, network.int8_weights),
        f"{name}-if.onnx": onnx_forms.nested_if(network.structure, weights, network.thresholds, network.int8_weights),
    }
    for file, model in models.items():
        if network.int8_weights:  # both forms refer to the same file of weights
            _write(folder / f"{name}.weights", int8_weights.move_out(model, f"{name}.weights"))
        _write(folder / file, onnx_forms.to_bytes(model))


def _write(path: Path, content: bytes) -> None:
    """The file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".tmp.new")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


def _report(network: Network, accuracy: Accuracy) -> int:
    print("onnx files agree with PyTorch")
    reached = True
    for name, right in zip(network.structure.exits, accuracy.exits, strict=True):
        goal = network.goals.get(name)
        reached = reached and (goal is None or right >= goal)
        print(f"{name}  {right:.2f} % of the test images right" + (f" (goal {goal} %)" if goal is not None else ""))
    leave = ", ".join(
        f"{share:.2f} % leave at {name} (softmax maximum > {threshold})"
        for name, share, threshold in zip(network.structure.exits, accuracy.leave, network.thresholds)
    )
    print(f"if     {accuracy.combined:.2f} % right, {leave}")
    if not reached:
        print("error: a goal was missed", file=sys.stderr)
    return 0 if reached else 1
