#!/usr/bin/env bash
# Installs what is missing from Debian 12's own packages, and nothing else. Asks for sudo only where it is needed.
set -euo pipefail

packages=(
  g++ make cmake ninja-build ccache pkg-config
  libfmt-dev libcli11-dev nlohmann-json3-dev libgtest-dev libgmock-dev libbenchmark-dev
  libonnx-dev libprotobuf-dev protobuf-compiler libssl-dev zlib1g-dev libpng-dev
  libnlopt-dev
  chromium fonts-dejavu-core # draws the report in a test
  libdnnl-dev ocl-icd-opencl-dev # oneDNN's CMake package asks for OpenCL, which it only recommends
  verilator yosys iverilog z3
  tcl libxml2-utils # tests: Vivado scripts against a stub, IP-XACT
  nextpnr-ice40 fpga-icestorm # places blocks in a test of offramp synth
  dataset-fashion-mnist
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  echo "install_deps: everything is installed"
  exit 0
fi

echo "install_deps: installing ${missing[*]}"
as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "install_deps: these packages are missing and there is no sudo; as root, run:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 3
  fi
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"
}
# The package lists may be absent or out of date on a fresh machine; refresh them only where the first try fails.
if ! install; then
  "${as_root[@]}" apt-get update
  install
fi
