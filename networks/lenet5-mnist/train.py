#!/usr/bin/env python3
"""LeNet-5 with one exit on MNIST. README.md beside this file says what it reaches."""

import sys
from pathlib import Path

folder = Path(__file__).resolve().parent
sys.path.insert(0, str(folder.parent))

from trainer.branchy_lenet5 import branchy_lenet5  # noqa: E402 (needs the path above)
from trainer.main import IDX, Network, Phase, main  # noqa: E402
from trainer.recipe import Recipe  # noqa: E402

recipe = Recipe(epochs=20, exit_weights=(1.0, 1.0), shift=2, flip=False)
network = Network(
    folder=folder,
    source=IDX,
    data=folder / "data",  # not in the repository; README.md says how to fill it
    phases=[Phase(branchy_lenet5(branch_channels=6), recipe)],
    thresholds=(0.99,),
    goals={"exit0": 97.5, "final": 98.9},
)

if __name__ == "__main__":
    sys.exit(main(network))
