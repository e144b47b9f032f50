#!/usr/bin/env python3
"""LeNet-5 with one exit on Fashion-MNIST. README.md beside this file says what it reaches."""

import sys
from pathlib import Path

folder = Path(__file__).resolve().parent
sys.path.insert(0, str(folder.parent))

from trainer.branchy_lenet5 import branchy_lenet5  # noqa: E402 (needs the path above)
from trainer.main import IDX, Network, Phase, main  # noqa: E402
from trainer.recipe import Recipe  # noqa: E402

recipe = Recipe(epochs=40, exit_weights=(1.0, 1.0), shift=1, flip=True)
network = Network(
    folder=folder,
    source=IDX,
    data=Path("/usr/share/datasets/fashion-mnist"),  # where Debian's dataset-fashion-mnist puts it
    phases=[Phase(branchy_lenet5(branch_channels=6), recipe)],
    thresholds=(0.9,),
    goals={"exit0": 87.5, "final": 90.5},
)

if __name__ == "__main__":
    sys.exit(main(network))
