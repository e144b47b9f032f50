#!/usr/bin/env bash
# Measures the networks with every exit strategy and writes docs/results.json and the tables of docs/results.md.
# CIFAR10 names a folder with CIFAR-10's binary files; without it only LeNet-5 is run. Arguments go to the program
# (for example: --networks lenet5:64 alexnet:256:12). What out/results holds and nothing has changed is not run again,
# so a run that was stopped goes on where it was.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build.sh offramp_results
program=$(find build/release -name offramp_results -type f -perm -u+x | head -n 1)
data=()
[[ -z ${CIFAR10:-} ]] || data=(--cifar10 "$CIFAR10")
"$program" --work out/results "${data[@]}" "$@"
