#!/usr/bin/env python3
"""VGG-19 with three exits on CIFAR-10. README.md beside this file says what it reaches."""

import sys
from pathlib import Path

folder = Path(__file__).resolve().parent
sys.path.insert(0, str(folder.parent))

from trainer.main import CIFAR10, Network, Phase, main  # noqa: E402 (needs the path above)
from trainer.recipe import deep_recipe  # noqa: E402
from trainer.vgg19 import vgg19  # noqa: E402

network = Network(
    folder=folder,
    source=CIFAR10,
    data=folder.parent / "cifar10" / "data",  # not in the repository; README.md says how to fill it
    phases=[  # most of the learning is done at half the width, for a quarter of the multiplications
        Phase(vgg19(narrower=2), deep_recipe(epochs=8, exits=4)),
        Phase(vgg19(), deep_recipe(epochs=1, exits=4, learning_rate=0.02)),
        Phase(vgg19(), deep_recipe(epochs=1, exits=4, learning_rate=0.01, seed=2)),
    ],
    thresholds=(0.8, 0.8, 0.8),
    goals={"final": 86.0},
    int8_weights=True,
)

if __name__ == "__main__":
    sys.exit(main(network))
