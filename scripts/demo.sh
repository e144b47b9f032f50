#!/usr/bin/env bash
# The main job, from a fresh Debian 12 to a proved accelerator: installs what is missing, builds `offramp`, and turns
# LeNet-5 with one early exit into Verilog for the three exit strategies, each verified on real images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build.sh offramp
command=(build/release/offramp build networks/lenet5/lenet5.onnx --data fashion-mnist --target zcu106 -o out/lenet5)
echo "\$ ${command[*]} $*"
"${command[@]}" "$@"
