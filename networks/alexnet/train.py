#!/usr/bin/env python3
"""AlexNet with two exits on CIFAR-10. README.md beside this file says what it reaches."""

import sys
from pathlib import Path

folder = Path(__file__).resolve().parent
sys.path.insert(0, str(folder.parent))

from trainer.alexnet import alexnet  # noqa: E402 (needs the path above)
from trainer.main import CIFAR10, Network, Phase, main  # noqa: E402
from trainer.recipe import deep_recipe  # noqa: E402

network = Network(
    folder=folder,
    source=CIFAR10,
    data=folder.parent / "cifar10" / "data",  # not in the repository; README.md says how to fill it
    phases=[Phase(alexnet(), deep_recipe(epochs=16, exits=3, learning_rate=0.05))],
    thresholds=(0.8, 0.8),
    goals={"final": 75.0},
)

if __name__ == "__main__":
    sys.exit(main(network))
