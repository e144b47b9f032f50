#!/usr/bin/env bash
# Installs what is missing and builds the release preset. Arguments are targets; none means everything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_deps.sh
[[ -f build/release/build.ninja ]] || cmake --preset release
if [[ $# -eq 0 ]]; then
  cmake --build --preset release
else
  cmake --build --preset release --target "$@"
fi
