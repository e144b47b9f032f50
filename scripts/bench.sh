#!/usr/bin/env bash
# Runs the benchmarks and prints their figures; a copy goes to out/bench/. Arguments go to every benchmark program
# (for example: --benchmark_filter=golden). Compare ratios within one run: seconds depend on the machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build.sh bench_array bench_attach bench_driver bench_flow bench_golden bench_hw bench_simulation bench_synth bench_tune offramp
mkdir -p out/bench
{
  echo "machine: $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  echo "tools:   $(verilator --version), $(c++ --version | head -n 1)"
  for program in bench_hw bench_array bench_attach bench_driver bench_flow bench_golden bench_simulation bench_synth bench_tune; do
    echo
    echo "== $program"
    "build/release/bench/$program" --benchmark_out="out/bench/$program.json" --benchmark_out_format=json "$@" 2>/dev/null
  done
} | tee out/bench/figures.txt
