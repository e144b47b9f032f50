"""All that decides the weights, apart from the data and the structure."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Recipe:
    epochs: int
    exit_weights: tuple[float, ...]  # one per exit, in the order a sample meets them
    shift: int  # images are moved by up to so many pixels each way
    flip: bool  # and mirrored left to right, every second one
    seed: int = 1
    batch: int = 128
    # adamw: learning rate falls by a cosine. sgd: Nesterov momentum 0.9, it rises for a fifth of the time and falls.
    optimizer: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float = 5e-3
    weight_decay: float = 0.02  # at 1e-4 weights grow and int8 costs 0.2 points of accuracy
    label_smoothing: float = 0.0
    normalized: bool = False  # a batch normalization after every convolution, merged into it at the end
    bfloat16: bool = False  # convolutions and dense layers multiply in bfloat16; weights are float32 all the same


def deep_recipe(epochs: int, exits: int, learning_rate: float = 0.1, seed: int = 1) -> Recipe:
    """For CIFAR-10: SGD with batch normalization, the early exits at 0.4 of the weight of the final one."""
    return Recipe(
        epochs=epochs,
        exit_weights=(*[0.4] * (exits - 1), 1.0),
        shift=4,
        flip=True,
        seed=seed,
        optimizer="sgd",
        learning_rate=learning_rate,
        weight_decay=5e-4,
        label_smoothing=0.05,
        normalized=True,
        bfloat16=True,
    )
