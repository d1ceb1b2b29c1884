#!/usr/bin/env bash
# Makes every table of dual-scale.md anew and puts it in its place there; what it leaves in the folder
# given as $1 (without it, out/dual-scale) are the comparisons that they come from. MAMBASIC names the
# program, without it build/release/mambasic. Some minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=reports/studies/dual-scale.md
out=${1:-out/dual-scale}
mambasic=${MAMBASIC:-build/release/mambasic}
tokens=32 # of the traces with numbers
mkdir -p "$out/schemes"

# compare NAME CHIP TRACE SCHEMES [options]: leaves $out/NAME.csv.
compare() {
    local name=$1 chip=$2 trace=$3 schemes=$4
    shift 4
    "$mambasic" compare "$chip" --trace "$out/$trace" --schemes "$schemes" "$@" --out "$out/$name" >/dev/null
    cp "$out/$name/compare.csv" "$out/$name.csv"
}

# rows NAME.csv PROGRAM: awk over its rows; f("column") is a figure of the row, base(..) of the first.
rows() {
    awk -F, -v OFS=' | ' '
        function f(name) { return $(at[name]) }
        function base(name) { return first[name] }
        function percent(x, whole) { return whole == 0 ? "-" : sprintf("%.1f %%", 100 * x / whole) }
        function db(name, noiseless) { return f(name) != "" ? sprintf("%.1f", f(name)) : f(noiseless) == "true" ? "exact" : "undefined" }
        function bar(x) { return sprintf("%.*s", x < 0 ? 0 : int(x + 0.5), "########################################") }
        NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
        NR == 2 { for (name in at) first[name] = $(at[name]) }
        '"$2" "$out/$1.csv"
}

# put NAME: replaces the lines of the page between the marks of table NAME by stdin.
put() {
    awk -v name="$1" -v table="$out/$1.md" '
        $0 == "<!-- " name " -->" { print; while ((getline line < table) > 0) print line; skip = 1 }
        $0 == "<!-- end -->" { skip = 0 }
        !skip { print }' "$page" >"$out/page.md"
    cat "$out/page.md" >"$page"
}
table() {
    cat >"$out/$1.md"
    put "$1"
}

synth() {
    local name=$1
    shift
    "$mambasic" trace synth --out "$out/$name" "$@" >/dev/null
}

shapes() {
    for family in mamba mamba2; do
        synth $family-130m-prefill.shapes --model $family-130m --phase prefill --tokens 512 --shapes-only
        synth $family-130m-decode.shapes --model $family-130m --phase decode --tokens 16 --shapes-only
    done
    synth mamba-2.8b-prefill.shapes --model mamba-2.8b --phase prefill --tokens 512 --shapes-only
    synth mamba2-2.7b-prefill.shapes --model mamba2-2.7b --phase prefill --tokens 512 --shapes-only
}

codes=quamba1,w4a5-se,w4a5-se-sparse,se8,int5,fp32-ssm-input

# One line: the bytes of quamba1, and those of the codes in per cent of them.
bytes_line() {
    local network=$1 phase=$2 chip=$3 fusion=$4 input=$5
    local name=bytes-$network-$phase-$fusion-$input
    compare "$name" "$chip" "$network-$phase.shapes" "$codes" --timing-only \
        --set schedule.fusion="$fusion" --set dequant_mux.x_proj_input="$input"
    printf '| %s | %s | %s | %s ' "$network" "$phase" "$fusion" "$input"
    rows "$name" '{
        bytes = f("conv_to_ssm_dram_bytes")
        if (NR == 2) printf "| %.0f KiB ", bytes / 1024
        else printf "| %s ", percent(bytes, base("conv_to_ssm_dram_bytes"))
        if (f("scheme") == "w4a5-se") change = 100 * (f("dram_bytes") / base("dram_bytes") - 1)
    } END { printf "| %+.2f %% |\n", change }'
}

bytes() {
    echo '| network | phase | fusion | x_proj reads | quamba1 | w4a5-se | sparse | se8 | int5 | fp32 | all DRAM bytes, w4a5-se |'
    echo '|---|---|---|---|---:|---:|---:|---:|---:|---:|---:|'
    local phase fusion input
    for phase in prefill decode; do
        for fusion in none layer; do
            for input in copy requantized; do
                bytes_line mamba-130m $phase edge-32x32 $fusion $input
            done
            bytes_line mamba2-130m $phase edge-32x32 $fusion copy
        done
    done
    bytes_line mamba-2.8b prefill server-128x128 none requantized
    bytes_line mamba2-2.7b prefill server-128x128 none copy
}

accuracy_header='| scheme | SSM input dB | layer output dB | logits dB | cosine | same top-1 | KL nats | saturated | flagged | energy | area |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|'
accuracy_row='{
    share = f("x.elements")
    print "| " f("scheme"), db("ssm_input_sqnr_db", "ssm_input_noiseless"), db("layer_output_sqnr_db", "layer_output_noiseless"), db("network.sqnr_db", "network.noiseless"),
        sprintf("%.4f", f("network.cosine")), percent(f("network.top1_agreement"), 1),
        sprintf("%.2g", f("network.kl_nats")), percent(f("x.saturated"), share),
        percent(f("x.flagged"), share), sprintf("%+.2f %%", f("change.energy_percent")),
        sprintf("%+.2f %% |", f("change.area_percent"))
}'

# The schemes of a table of accuracy, on either network.
accuracy() {
    local network=$1 name=$2 schemes=$3
    compare "$name" edge-32x32 "$network.trace" "$schemes" --set schedule.fusion=none
    echo "$accuracy_header"
    rows "$name" "$accuracy_row"
}

# factor_scheme BASE F: a copy of a scheme with another factor, by the name that a list of schemes takes.
factor_scheme() {
    sed -e "s/^name: .*/name: $1 x$2/" -e "s/^factor: .*/factor: $2/" "hw_config/schemes/$1.yaml" \
        >"$out/schemes/$1-x$2.yaml"
    echo "$out/schemes/$1-x$2.yaml"
}

factors() {
    local network=$1 list=quamba1 factor
    for factor in 2 4 16 64 255 2025; do list+=,$(factor_scheme se8 $factor); done
    for factor in 4 8 16; do list+=,$(factor_scheme w4a5-se-signed $factor); done
    list+=,w4a5-se-signed
    compare "factors-$network" edge-32x32 "$network.trace" "$list" --set schedule.fusion=none
    echo '| scheme | SSM input dB | layer output dB | logits dB | saturated | flagged | SSM input, a # a dB |'
    echo '|---|---:|---:|---:|---:|---:|:---|'
    rows "factors-$network" '{
        share = f("x.elements")
        print "| " f("scheme"), db("ssm_input_sqnr_db", "ssm_input_noiseless"), db("layer_output_sqnr_db", "layer_output_noiseless"),
            db("network.sqnr_db", "network.noiseless"), percent(f("x.saturated"), share), percent(f("x.flagged"), share),
            "`" bar(f("ssm_input_sqnr_db")) "` |"
    }'
}

shapes
bytes | table bytes
synth mamba.trace --model mamba-130m --phase prefill --tokens "$tokens" --layers 24
synth mamba2.trace --model mamba2-130m --phase prefill --tokens "$tokens" --layers 24
bits=quamba1,fp32-ssm-input,w4a5-se,w4a5-se-signed,w4a5-se-threshold,int5,se8
tables=quamba1,quamba2-code,w4a5-se,w4a5-se-4x4
for network in mamba mamba2; do
    accuracy $network bits-$network "$bits" | table bits-$network
    factors $network | table factors-$network
    accuracy $network tables-$network "$tables" | table tables-$network
done
