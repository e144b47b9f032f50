#!/usr/bin/env python3
"""ResNet-32 with two exits on CIFAR-10. README.md beside this file says what it reaches."""

import sys
from pathlib import Path

folder = Path(__file__).resolve().parent
sys.path.insert(0, str(folder.parent))

from trainer.main import CIFAR10, Network, Phase, main  # noqa: E402 (needs the path above)
from trainer.recipe import deep_recipe  # noqa: E402
from trainer.resnet32 import resnet32  # noqa: E402

network = Network(
    folder=folder,
    source=CIFAR10,
    data=folder.parent / "cifar10" / "data",  # not in the repository; README.md says how to fill it
    phases=[
        Phase(resnet32(), deep_recipe(epochs=10, exits=3)),
        Phase(resnet32(), deep_recipe(epochs=2, exits=3, learning_rate=0.03, seed=2)),
    ],
    thresholds=(0.8, 0.8),
    goals={"final": 85.0},
)

if __name__ == "__main__":
    sys.exit(main(network))
