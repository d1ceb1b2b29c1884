#!/usr/bin/env bash
# Makes every table and plot of dual-scale.md anew and puts each in its place; what it leaves in the folder
# given as $1 (without it, out/dual-scale) are the comparisons that they come from. MAMBASIC names the
# program, without it build/release/mambasic; TOKENS the tokens of a trace with numbers: fewer for a quick
# look. Some minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=reports/studies/dual-scale.md
plots=reports/studies/dual-scale
out=${1:-out/dual-scale}
mambasic=${MAMBASIC:-build/release/mambasic}
tokens=${TOKENS:-128}
factor_tokens=$((tokens / 2)) # of the many runs of that sweep
. reports/studies/plot/study.sh
mkdir -p "$out/schemes"

synth() {
    local name=$1
    shift
    "$mambasic" trace synth --out "$out/$name" "$@" >/dev/null
}

shapes() {
    say "traces of shapes"
    for family in mamba mamba2; do
        synth $family-130m-prefill.shapes --model $family-130m --phase prefill --tokens 512 --shapes-only
        synth $family-130m-decode.shapes --model $family-130m --phase decode --tokens 16 --shapes-only
    done
    synth mamba-2.8b-prefill.shapes --model mamba-2.8b --phase prefill --tokens 512 --shapes-only
    synth mamba2-2.7b-prefill.shapes --model mamba2-2.7b --phase prefill --tokens 512 --shapes-only
}

codes=quamba1,w4a5-se,w4a5-se-sparse,se8,int5,fp32-ssm-input

# One line: the bytes of quamba1, and those of the codes in per cent of them. The memory in closed form:
# it decides the time of bytes, not how many there are.
bytes_line() {
    local network=$1 phase=$2 chip=$3 fusion=$4 input=$5
    local name=bytes-$network-$phase-$fusion-$input
    compare "$name" "$chip" "$network-$phase.shapes" "$codes" --timing-only \
        --set dram.model=stream \
        --set schedule.fusion="$fusion" --set dequant_mux.x_proj_input="$input"
    rows "$name" "{ print \"$network,$phase,$fusion,$input,$([[ $phase == prefill ]] && echo 512 || echo 16)\" \",\" \
        f(\"scheme\") \",\" f(\"conv_to_ssm_dram_bytes\") \",\" f(\"dram_bytes\") }" >>"$out/bytes.csv"
    printf '| %s | %s | %s | %s ' "$network" "$phase" "$fusion" "$input"
    rows "$name" '{
        bytes = f("conv_to_ssm_dram_bytes")
        if (NR == 2) printf "| %.0f KiB ", bytes / 1024
        else printf "| %s ", percent(bytes, base("conv_to_ssm_dram_bytes"))
        if (f("scheme") == "w4a5-se") change = 100 * (f("dram_bytes") / base("dram_bytes") - 1)
    } END { printf "| %+.2f %% |\n", change }'
}

bytes() {
    echo network,phase,fusion,input,tokens,scheme,path,all >"$out/bytes.csv"
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
    print "| " f("scheme"), db("ssm_input_sqnr_db", "ssm_input_noiseless"), db("layer_output_sqnr_db", "layer_output_noiseless"),
        db("network.sqnr_db", "network.noiseless"),
        sprintf("%.4f", f("network.cosine")), percent(f("network.top1_agreement"), 1),
        sprintf("%.2g", f("network.kl_nats")), percent(f("x.saturated"), share),
        percent(f("x.flagged"), share), sprintf("%+.2f %%", f("change.energy_percent")),
        sprintf("%+.2f %% |", f("change.area_percent"))
}'

# accuracy NAME COMPARISON [SCHEMES]: a table of accuracy.
accuracy() {
    { echo "$accuracy_header" && rows "$2" "$accuracy_row" "${3:-}"; } | table "$1"
}

# variant BASE NAME KEY VALUE: a copy of a scheme with another key; its file, as a list of schemes takes it.
variant() {
    sed -e "s/^name: .*/name: $2/" -e "s/^$3: .*/$3: $4/" "hw_config/schemes/$1.yaml" >"$out/schemes/$2.yaml"
    echo "$out/schemes/$2.yaml"
}

factors() {
    local network=$1 list=quamba1 factor
    for factor in 2 4 16 64 255 2025; do list+=,$(variant se8 "se8 x$factor" factor $factor); done
    for factor in 4 8 16; do list+=,$(variant w4a5-se-signed "w4a5-se-signed x$factor" factor $factor); done
    list+=,w4a5-se-signed
    compare "factors-$network" edge-32x32 "$network-short.trace" "$list" --set schedule.fusion=none
    echo '| scheme | SSM input dB | layer output dB | logits dB | saturated | flagged |'
    echo '|---|---:|---:|---:|---:|---:|'
    rows "factors-$network" '{
        share = f("x.elements")
        print "| " f("scheme"), db("ssm_input_sqnr_db", "ssm_input_noiseless"), db("layer_output_sqnr_db", "layer_output_noiseless"),
            db("network.sqnr_db", "network.noiseless"), percent(f("x.saturated"), share), percent(f("x.flagged"), share) " |"
    }'
}

# price_csv SETTING: what each scheme of a comparison costs and is worth, and whether another is as good for less.
price_csv() {
    echo scheme,bytes_percent,energy_percent,area_percent,dram_percent,logits_db,gained_db,bytes_line,energy_line
    rows "accuracy-$1" '
        function best(x,  j) {
            for (j in who) if (x[j] <= x[i] && good[j] >= good[i] && (x[j] < x[i] || good[j] > good[i])) return 0
            return 1
        }
        f("network.sqnr_db") != "" {
            ++n; who[n] = f("scheme"); good[n] = f("network.sqnr_db")
            bytes[n] = 100 * f("conv_to_ssm_dram_bytes") / base("conv_to_ssm_dram_bytes")
            energy[n] = f("change.energy_percent") + 0; area[n] = f("change.area_percent") + 0
            dram[n] = 100 * (f("dram_bytes") / base("dram_bytes") - 1)
        }
        END {
            OFS = ","
            for (i = 1; i <= n; ++i)
                print who[i], bytes[i], energy[i], area[i], dram[i], good[i], good[i] - good[1], best(bytes), best(energy)
        }' | sort -t, -k6,6g -k1,1
}

prices() {
    echo '| network, x_proj reads | scheme | logits, dB against quamba1 | bytes of the path | all DRAM bytes | energy | energy a dB gained | area | none better for |'
    echo '|---|---|---:|---:|---:|---:|---:|---:|---|'
    for setting in mamba mamba-requantized mamba2; do
        price_csv $setting >"$out/price-$setting.csv"
        awk -F, -v OFS=' | ' -v setting="${setting/mamba-r/mamba, r}" 'NR > 1 {
            line = $8 && $9 ? "less bytes, less energy" : $8 ? "less bytes" : $9 ? "less energy" : ""
            each = $7 <= 0 ? "-" : $3 <= 0 ? "saves" : sprintf("%.3f %%", $3 / $7)
            print "| " setting, $1, sprintf("%+.1f", $7), sprintf("%.1f %%", $2), sprintf("%+.2f %%", $5),
                sprintf("%+.2f %%", $3), each, sprintf("%+.2f %%", $4), line " |"
        }' "$out/price-$setting.csv"
    done
}

# calibrate NETWORK SCHEME: a trace with the scheme's scales, and scales-NETWORK-SCHEME.csv.
calibrate() {
    say "calibrate $1 $2"
    "$mambasic" calibrate --trace "$out/$1.trace" --scheme "$2" --out "$out/calibrated.trace" >/dev/null
    "$mambasic" scales --trace "$out/calibrated.trace" --csv "$out/scales-$1-$2.csv" >/dev/null
}

# layers NETWORK SCHEME: the SQNR of every layer.
layers() {
    calibrate "$1" "$2"
    "$mambasic" check --trace "$out/calibrated.trace" --chip edge-32x32 --scheme "$2" --quality --out "$out/layers-$1-$2" >/dev/null
    jq -r --arg of "$1,$2" '.quality.layers[] | "\($of),\(.index),\(.ssm_input_sqnr_db),\(.layer_output_sqnr_db)"' \
        "$out/layers-$1-$2/report.json"
}

# steps NETWORK SCHEME: one line, how far below the skewed code's lowest level, -1 step, SiLU goes.
steps() {
    rows "scales-$1-$2" '
        { cell = f("layer_index") "," f("cell_index") }
        f("scale_of") == "x low" { low[cell] = f("lowest_value_per_code") }
        f("scale_of") == "x high" { factor[cell] = f("lowest_value_per_code") / low[cell] }
        f("scale_of") ~ /^x (low|high)$/ {
            count[cell] += f("coded_count")
            held[cell] += f("clipped_below_count") + f("clipped_above_count")
        }
        END { for (cell in low) print low[cell], count[cell], held[cell], factor[cell] }' | sort -g |
        awk -F ' [|] ' -v OFS=' | ' -v of="| $1 | $2" '
            { step[NR] = $1; count[NR] = $2; all += $2; held += $3; factor += $2 * $4 }
            END {
                for (half = count[1]; half < all / 2; half += count[++cell + 1]) {}
                print of, NR, sprintf("%.3f", step[cell + 1]), sprintf("%.1f", -0.2785 / step[cell + 1]),
                    sprintf("%.1f", factor / all), sprintf("%.1f %% |", 100 * held / all)
            }'
}

shapes
bytes | table bytes
draw bytes

say "traces with numbers"
echo "The traces with numbers hold $tokens tokens of prefill, of the sweep of factors $factor_tokens, and all 24 layers." | table tokens
for network in mamba mamba2; do
    synth $network.trace --model $network-130m --phase prefill --tokens "$tokens" --layers 24
    synth $network-short.trace --model $network-130m --phase prefill --tokens "$factor_tokens" --layers 24
done
bits=quamba1,fp32-ssm-input,w4a5-se,w4a5-se-signed,w4a5-se-threshold,w4a5-se-sparse,int5,se8,rotation-hadamard
tables=quamba1,quamba2-code,w4a5-se,w4a5-se-4x4,w4a5-se-signed,w4a5-se-4x4-signed,w4a5-se-4x4-q0.999
list=$bits,quamba2-code,w4a5-se-4x4,$(variant w4a5-se-4x4 w4a5-se-4x4-signed levels signed)
list+=,$(variant w4a5-se-4x4 w4a5-se-4x4-q0.999 quantile 0.999)
for network in mamba mamba2; do
    compare accuracy-$network edge-32x32 $network.trace "$list" --set schedule.fusion=none
    accuracy bits-$network accuracy-$network "$bits"
    accuracy tables-$network accuracy-$network "$tables"
    factors $network | table factors-$network
done
compare accuracy-mamba-requantized edge-32x32 mamba.trace \
    "quamba1,w4a5-se,w4a5-se-signed,int5,se8,quamba2-code,$(variant w4a5-se-4x4 w4a5-se-4x4-signed levels signed)" \
    --set schedule.fusion=none --set dequant_mux.x_proj_input=requantized
accuracy bits-mamba-requantized accuracy-mamba-requantized
draw factors
prices | table prices
draw price

echo network,scheme,layer,ssm_input_db,layer_output_db >"$out/layers.csv"
{
    echo '| network | scheme | cells | low step, median | least SiLU in these steps | factor, mean | saturated |'
    echo '|---|---|---:|---:|---:|---:|---:|'
    for network in mamba mamba2; do
        for scheme in quamba1 w4a5-se-signed int5; do layers $network $scheme >>"$out/layers.csv"; done
        calibrate $network w4a5-se-4x4
        steps $network w4a5-se-4x4
        layers $network w4a5-se >>"$out/layers.csv"
        steps $network w4a5-se
    done
} | table steps
draw layers
rm -f "$out"/*.trace
say "done"
