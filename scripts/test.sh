#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test. Arguments go to ctest (for example: -R hw).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build.sh
ctest --preset release --parallel 2 "$@"
