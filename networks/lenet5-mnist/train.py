#!/usr/bin/env python3
"""LeNet-5 with one exit on MNIST. README.md beside this file says what it reaches."""

import sys
from pathlib import Path

folder = Path(__file__).resolve().parent
sys.path.insert(0, str(folder.parent))

from trainer.fit import Recipe  # noqa: E402 (needs the path above)
from trainer.main import Network, main  # noqa: E402

network = Network(
    folder=folder,
    data=folder / "data",  # not in the repository; README.md says how to fill it
    branch_channels=6,
    threshold=0.99,
    recipe=Recipe(epochs=20, exit_weights=(1.0, 1.0), shift=2, flip=False),
    exit0_goal=97.5,
    final_goal=98.9,
)

if __name__ == "__main__":
    sys.exit(main(network))
