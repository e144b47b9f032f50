#!/usr/bin/env bash
# The long campaign, for a night: random networks through every strategy and array shape in RTL simulation, then LeNet-5
# on many more test images. Stops at the first difference and says how to repeat it; started again, it goes on where it
# was. $1 is the number of random networks (default 300), $2 the number of test images (default 2000), $3 the number of
# random modules of the hardware framework (default 10000). The first 100 networks are those of the test suite.
# OFFRAMP_TRIO names a folder with the quantized networks
# lenet5, alexnet and resnet32, OFFRAMP_CIFAR10 one with its binary files: then those three run on one design, too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
renice -n 10 -p $$ >/dev/null # a night's work yields to whatever else the machine does

networks=${1:-300}
samples=${2:-2000}
modules=${3:-10000}
scripts/build.sh offramp offramp_campaign offramp_hw_campaign
mkdir -p out/regress
echo "== $modules random modules in the interpreter, Verilator, Icarus and Yosys"
build/release/verif/trust/offramp_hw_campaign --count "$modules" --batch 50 --cycles 24 --gates 1 \
  --resume out/regress/hw.state --summary out/regress/hw.md --keep out/regress
echo "== $networks random networks"
"$(find build/release -name offramp_campaign -type f -perm -u+x | head -n 1)" \
  --networks "$networks" --state out/regress/campaign.state --summary out/regress/campaign.md --keep out/regress/failed
echo "== LeNet-5 on $samples test images for each strategy"
build/release/offramp build networks/lenet5/lenet5.onnx --data fashion-mnist --target zcu106 --samples "$samples" \
  -o out/regress/lenet5
# Quantized networks of three folders and the CIFAR-10 images: not in the repository, so only where they are given.
if [[ -n ${OFFRAMP_TRIO:-} && -n ${OFFRAMP_CIFAR10:-} ]]; then
  echo "== LeNet-5, AlexNet and ResNet-32 one after the other on one design"
  build/release/offramp generate "$OFFRAMP_TRIO/lenet5" --also "$OFFRAMP_TRIO/alexnet" --also "$OFFRAMP_TRIO/resnet32" \
    --target zcu106 --array 16x8x2 --exits static,pipeline -o out/regress/trio
  for exits in static pipeline; do
    build/release/offramp verify "out/regress/trio/$exits" --data fashion-mnist --samples 3 \
      --also-data "alexnet=cifar10:$OFFRAMP_CIFAR10" --also-data "resnet32=cifar10:$OFFRAMP_CIFAR10"
  done
fi
