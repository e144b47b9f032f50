#!/usr/bin/env python3
"""Writes ImageNet-sized networks with random weights: for cycles, memory and bit-exactness, not for accuracy.

Needs only numpy and onnx. The same options give the same weights.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from trainer import onnx_forms  # noqa: E402 (needs the path above)
from trainer.imagenet import alexnet224, vgg16  # noqa: E402
from trainer.structure import macs, parameters  # noqa: E402
from trainer.weights import random_weights  # noqa: E402

_NETWORKS = {"vgg16-224": vgg16, "alexnet-224": alexnet224}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=_NETWORKS)
    parser.add_argument(
        "--convolutions-only",
        action="store_true",
        help="a global average and 10 classes in place of the three dense layers, which hold most of the weights",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the random weights")
    parser.add_argument("--out", type=Path, required=True, help="the ONNX file to write")
    arguments = parser.parse_args()
    structure = _NETWORKS[arguments.network](arguments.convolutions_only)
    model = onnx_forms.several_outputs(structure, random_weights(structure, arguments.seed))
    try:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        unfinished = arguments.out.with_name(arguments.out.name + ".tmp.new")
        unfinished.write_bytes(onnx_forms.to_bytes(model))
        os.replace(unfinished, arguments.out)
    except OSError as problem:
        print(f"error: {arguments.out}: cannot be written ({problem}); give another --out", file=sys.stderr)
        return 2
    layers = structure.layers()
    print(f"{arguments.out}: {macs(structure, layers):,} MACs, {parameters(structure, layers):,} parameters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
