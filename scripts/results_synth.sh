#!/usr/bin/env bash
# Synthesizes LeNet-5 with every exit strategy for AMD's families, LeNet-5 and some blocks for Lattice's with placement,
# and writes docs/results_synth.md. DESIGNS names a folder with the designs static, pipeline and parallel (for example
# what `offramp build` wrote); without it they are generated. What out/synth holds is not run again; remove it for that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build.sh offramp offramp_synth_results
offramp=build/release/offramp
results=$(find build/release -name offramp_synth_results -type f -perm -u+x | head -n 1)
out=out/synth
mkdir -p "$out"
designs=${DESIGNS:-$out/lenet5}
if [[ ! -d $designs ]]; then
  "$offramp" quantize networks/lenet5/lenet5.onnx -o "$designs"
  "$offramp" generate "$designs" --target zcu106
fi

files=()
# NAME DESIGN [options of synth]
synth() {
  local file=$out/$1.json
  [[ -f $file ]] || "$offramp" synth "$designs/$2" "${@:3}" -o "$file"
  files+=("$file")
}
for family in xcup xc7; do
  for strategy in static pipeline parallel; do
    synth "${strategy}_$family" "$strategy" --family "$family"
  done
done
synth static_ecp5 static --family ecp5 --place
top=$(sed -n 's/.*"top": "\(.*\)",*/\1/p' "$designs/static/manifest.json" | head -n 1)
for block in mac_cell stream_loader "${top}_decision_unit"; do
  for device in hx8k up5k; do
    synth "${block}_$device" static --family ice40 --module "$block" --place --device "$device"
  done
done
"$results" "${files[@]}" -o docs/results_synth.md
