#!/usr/bin/env python3
"""LeNet-5 with one exit on Fashion-MNIST. README.md beside this file says what it reaches."""

import sys
from pathlib import Path

folder = Path(__file__).resolve().parent
sys.path.insert(0, str(folder.parent))

from trainer.fit import Recipe  # noqa: E402 (needs the path above)
from trainer.main import Network, main  # noqa: E402

network = Network(
    folder=folder,
    data=Path("/usr/share/datasets/fashion-mnist"),  # where Debian's dataset-fashion-mnist puts it
    branch_channels=6,
    threshold=0.9,
    recipe=Recipe(epochs=40, exit_weights=(1.0, 1.0), shift=1, flip=True),
    exit0_goal=87.5,
    final_goal=90.5,
)

if __name__ == "__main__":
    sys.exit(main(network))
