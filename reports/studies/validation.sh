#!/usr/bin/env bash
# Makes the tables of figures in validation.md anew and puts each in its place. The reports they come from
# stay in the folder given as $1 (without it, out/validation). MAMBASIC names the program, without it
# build/release/mambasic. A minute or two. The other errors that the page names are what tests allow.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=reports/studies/validation.md
plots=reports/studies/plot
out=${1:-out/validation}
mambasic=${MAMBASIC:-build/release/mambasic}
. reports/studies/plot/study.sh

# simulate NAME CHIP MODEL PHASE TOKENS PRECISION: NAME-1.json and NAME-3.json, of one layer and of three.
simulate() {
    local name=$1 chip=$2 model=$3 phase=$4 tokens=$5 precision=$6 layers
    say "run $name"
    for layers in 1 3; do
        "$mambasic" trace synth --model "$model" --phase "$phase" --tokens "$tokens" --precision "$precision" \
            --layers $layers --shapes-only --out "$out/shapes" >/dev/null
        "$mambasic" run "$chip" --trace "$out/shapes" --timing-only --quiet --out "$out/$name-$layers"
        cp "$out/$name-$layers/report.json" "$out/$name-$layers.json"
    done
}

# figure NAME LAYERS EXPRESSION: a sum over the model, since all its layers cost the same.
figure() { jq -n --slurpfile a "$out/$1-1.json" --slurpfile b "$out/$1-3.json" \
    "def whole(f): (\$a[0] | f) + ($2 - 1) * ((\$b[0] | f) - (\$a[0] | f)) / 2; $3"; }

tokens_per_s() { figure "$1" "$2" '($a[0].totals.tokens) / whole(.totals.time_ns) * 1e9'; }

# decode NAME CHIP MODEL LAYERS PRECISION PEAK: a line of the table of decode; PEAK in GB/s.
decode() {
    local rate bytes
    simulate "$1" "$2" "$3" decode 1 "$5"
    rate=$(tokens_per_s "$1" "$4")
    bytes=$(figure "$1" "$4" 'whole(.totals.dram_read_bytes + .totals.dram_written_bytes)')
    awk -v OFS=' | ' -v rate="$rate" -v bytes="$bytes" -v peak="$6" -v of="| $2 | $3, $5" 'BEGIN {
        bound = peak * 1e9 / bytes
        print of, peak, sprintf("%.3f", bytes / 1e9), sprintf("%.2f", bound), sprintf("%.2f", rate), sprintf("%.1f %% |", 100 * rate / bound)
    }'
}

# beside WHAT OURS PUBLISHED: a line of the table of published chips.
beside() { awk -v OFS=' | ' -v what="| $1" -v ours="$2" -v theirs="$3" 'BEGIN {
    print what, sprintf("%.4g", ours), theirs, sprintf("%.2f |", ours / theirs) }'; }

{
    echo '| chip | model | memory, GB/s | GB a token | at most tokens/s | tokens/s | of the bound |'
    echo '|---|---|---:|---:|---:|---:|---:|'
    decode edge edge-32x32 mamba-130m 24 w8a8 51.2
    decode server server-128x128 mamba-2.8b 64 w8a8 256
    decode marca marca-like mamba-2.8b 64 w8a8 256
    decode light-w8 lightmamba-like mamba2-2.7b 64 w8a8 12
    decode light-w4 lightmamba-like mamba2-2.7b 64 w4a8 12
} | table decode

simulate marca-prefill marca-like mamba-2.8b prefill 512 w8a8
prefill=$(tokens_per_s marca-prefill 64)
{
    echo '| figure | ours | published | ours over published |'
    echo '|---|---:|---:|---:|'
    beside 'LightMamba, VCK190, W4: tokens/s' "$(tokens_per_s light-w4 64)" 7.21
    beside 'LightMamba, VCK190, W8: tokens/s' "$(tokens_per_s light-w8 64)" 3.61
    beside 'MARCA: mm2 at 28 nm' "$(jq '.totals.area_mm2.value / 0.16' "$out/marca-1.json")" 221.88
    beside 'MARCA: mm2 of memories' "$(jq '[.blocks[] | select(.name | endswith("_sram")) | .area_mm2.value] | add / 0.16' "$out/marca-1.json")" 177.5
    beside 'MARCA: W in prefill, without DRAM, 7 nm' "$(figure marca-prefill 64 \
        'whole(.totals.energy_pj.value - ([.blocks[] | select(.name == "dram") | .energy_pj.value] | add)) / whole(.totals.time_ns) / 1000')" 10.44
    beside 'MARCA: tokens/s in decode' "$(tokens_per_s marca 64)" 356
} | table published
awk -v rate="$prefill" 'BEGIN { printf "In prefill of 512 tokens the chip makes %.0f tokens/s; an A100 at 1 / 1.38 of it would run at %.1f TFLOP/s.\n",
    rate, rate / 1.38 * 2 * 2.64e9 / 1e12 }' | table prefill
say "done"
