"""The command line that the train.py of every network shares."""

import argparse
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from trainer import onnx_forms
from trainer.branchy_lenet5 import BranchyLeNet5
from trainer.check import Accuracy, CheckError, check
from trainer.fit import Recipe, fit
from trainer.idx import DataError, read_split


@dataclass(frozen=True)
class Network:
    """One folder of networks/: what is trained, on what, and how good it has to be."""

    folder: Path
    data: Path  # where the IDX files are unless --data says otherwise
    branch_channels: int
    threshold: float  # of the If form; the hardware's threshold is a register
    recipe: Recipe
    exit0_goal: float  # per cent of the test images
    final_goal: float


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
            recipe = replace(network.recipe, epochs=arguments.epochs)
            train = read_split(arguments.data, "train")
            torch.manual_seed(recipe.seed)
            model = BranchyLeNet5(network.branch_channels).to(memory_format=torch.channels_last)  # a quarter faster
            fit(model, train, recipe)
            weights = {key: tensor.numpy() for key, tensor in model.state_dict().items()}
            _write(outputs_path, onnx_forms.to_bytes(onnx_forms.several_outputs(weights)))
            _write(if_path, onnx_forms.to_bytes(onnx_forms.nested_if(weights, network.threshold)))
        accuracy = check(outputs_path, if_path, read_split(arguments.data, "t10k"))
    except (DataError, CheckError, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return _report(network, accuracy)


def _parse(network: Network) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"Trains {network.folder.name}, writes its ONNX files, checks them.")
    parser.add_argument("--data", type=Path, default=network.data, help="folder with the IDX files")
    parser.add_argument("--out", type=Path, default=network.folder, help="where the ONNX files are")
    parser.add_argument("--epochs", type=int, default=network.recipe.epochs, help="fewer for a quick look; give --out too")
    parser.add_argument("--check", action="store_true", help="do not train, only check the files that are there")
    return parser.parse_args()


def _write(path: Path, content: bytes) -> None:
    """The file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".tmp.new")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


def _report(network: Network, accuracy: Accuracy) -> int:
    print("onnx files agree with PyTorch")
    print(f"exit0  {accuracy.exit0:.2f} % of the test images right (goal {network.exit0_goal} %)")
    print(f"final  {accuracy.final:.2f} % of the test images right (goal {network.final_goal} %)")
    print(
        f"if     {accuracy.combined:.2f} % right, {accuracy.taken:.2f} % leave at exit 0 "
        f"(softmax maximum > {network.threshold})"
    )
    reached = accuracy.exit0 >= network.exit0_goal and accuracy.final >= network.final_goal
    if not reached:
        print("error: a goal was missed", file=sys.stderr)
    return 0 if reached else 1
