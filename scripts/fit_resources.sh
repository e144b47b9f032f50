#!/usr/bin/env bash
# Fits the resource model to Yosys' netlists of 100 random configurations of each family, and writes the coefficients
# (gen/model/resource_coefficients.inc) and the errors that they reach (docs/results_resources.md). What out/resources
# holds and nothing has changed is not synthesized again. Arguments go to the program (for example: --threads 4).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build.sh offramp_fit_resources
program=$(find build/release -name offramp_fit_resources -type f -perm -u+x | head -n 1)
"$program" --work out/resources --coefficients gen/model/resource_coefficients.inc --results docs/results_resources.md "$@"
