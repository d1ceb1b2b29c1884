#!/usr/bin/env bash
# Makes every table and plot of index-overhead.md anew and puts each in its place; what it leaves in the
# folder given as $1 (without it, out/index-overhead) are the comparisons that they come from. MAMBASIC
# names the program, without it build/release/mambasic. Some minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=reports/studies/index-overhead.md
plots=reports/studies/index-overhead
out=${1:-out/index-overhead}
mambasic=${MAMBASIC:-build/release/mambasic}
. reports/studies/plot/study.sh

networks="mamba-130m mamba-370m mamba-790m mamba-1.4b mamba-2.8b mamba2-130m mamba2-370m mamba2-780m mamba2-1.3b mamba2-2.7b mamba2-8b"
chip=server-128x128 # the one that holds a tile of each of them
lookups=quamba2,quamba2-parallel,quamba2-direct,quamba2-code,quamba2-runlength,quamba2-lite
schemes=quamba1,$lookups,w4a5-se
prefill_tokens=256
decode_tokens=4
memory=dram.model=stream # by banks a step of the largest network takes minutes

synth() {
    local network=$1 name=$2 phase=$3 tokens=$4
    "$mambasic" trace synth --model "$network" --phase "$phase" --tokens "$tokens" --shapes-only \
        --out "$out/$network-$name.shapes" >/dev/null
}

# of NETWORK PHASE NAME SCHEMES [settings]: a comparison without numbers.
of() {
    local network=$1 phase=$2 name=$3 list=$4
    shift 4
    compare "$name" $chip "$network-$phase.shapes" "$list" --timing-only --set $memory "$@"
}

# What the tables of programs below share: a figure with its band, scaled, and what it is of the first
# row's; the ends of a change are those of both figures together.
figures='
    BEGIN { ends[1] = ".low"; ends[2] = ".high" }
    function three(x) {
        if (x == 0) return "0"
        digits = 2 - int(log(x < 0 ? -x : x) / log(10) + (x < 1 && x > -1 ? -0.999999 : 0))
        return sprintf("%." (digits < 0 ? 0 : digits) "f", x)
    }
    function signed(x) { return (x < 0 ? "" : "+") three(x) }
    function band(name, each) {
        return three(f(name) / each) " (" three(f(name ".low") / each) " to " three(f(name ".high") / each) ")"
    }
    function more(name, end) { return 100 * (f(name end) / base(name end) - 1) }
    function change(name,  x, a, b) {
        x = a = b = more(name, "")
        for (end in ends) { x = more(name, ends[end]); a = x < a ? x : a; b = x > b ? x : b }
        return signed(more(name, "")) " % (" signed(a) " to " signed(b) ")"
    }
    function share(name, whole) { return three(100 * f(name) / f(whole)) " %" }
'

layers_of() { awk '$1 == "n_layer:" { print $2 }' "traces/networks/$1.yaml"; }

# parts_of NETWORK: of the chip, mm2 and band of the memory for ranges and scales, of the state scales', and
# of the registers that hold these in the scan.
parts_of() {
    "$mambasic" explain area --chip $chip --scheme quamba2 --model "$1" | sed -E 's/^ +//; s/  +/|/g' | awk -F'|' '
        $1 == "scale tables" || $1 == "state scales" { printf "| %s (%s to %s) ", $7, $8, $9 }'
}

bytes() {
    echo network,ranges,scales,states >"$out/bytes.csv"
    echo '| network | layers | ranges, B a layer | scales | state scales | states of all | of all layers | ranges and scales, mm2 | state scales, mm2 | their registers, mm2 |'
    echo '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|'
    local network layers
    for network in $networks; do
        layers=$(layers_of "$network")
        rows "$network-prefill" "{ print \"$network,\" f(\"table_bytes_by_kind.ranges\") / $layers \",\" \
            f(\"table_bytes_by_kind.scales\") / $layers \",\" f(\"table_bytes_by_kind.state_scales\") / $layers }" \
            quamba2 >>"$out/bytes.csv"
        rows "$network-prefill" "$figures { print \"| $network\", $layers, f(\"table_bytes_by_kind.ranges\") / $layers,
            f(\"table_bytes_by_kind.scales\") / $layers, f(\"table_bytes_by_kind.state_scales\") / $layers,
            share(\"table_bytes_by_kind.state_scales\", \"table_bytes\"), sprintf(\"%.0f KiB \", f(\"table_bytes\") / 1024) }" \
            quamba2 | tr -d '\n'
        echo "$(parts_of "$network")|"
    done
}

# One step of decode, at a clock that every card allows.
cards() {
    echo '| card | scheme | chip, mm2 | tables of all layers, mm2 | of the chip | lookup logic, um2 | a lookup, pJ | lookups of the convolution |'
    echo '|---|---|---:|---:|---:|---:|---:|---:|'
    synth mamba2-8b step decode 1
    local card
    for card in desk-estimate-7nm tsmc7-class asap7 nangate45; do
        of mamba2-8b step "card-$card" quamba1,quamba2,quamba2-parallel,quamba2-direct --set technology="tech/$card.yaml" \
            --set clock_ghz=0.1 --set scale_table.residency=all_layers --set scale_table.capacity_kib=65536
        rows "card-$card" "$figures f(\"scheme\") != \"quamba1\" { print \"| $card\", f(\"scheme\"), three(f(\"area_mm2\")),
            band(\"table_area_mm2\", 1), share(\"table_area_mm2\", \"area_mm2\"), band(\"lookup_logic_area_mm2\", 1e-6),
            band(\"lookup_energy_pj\", f(\"lookups\")), share(\"lookup_energy_pj\", \"conv_energy_pj\") \" |\" }"
    done
}

# heads FIRST: a header with a column for each lookup.
heads() {
    echo "| network${1:+ | $1} | ${lookups//,/ | } |"
    echo "|---|${1:+---:|}---:|---:|---:|---:|---:|---:|"
}

# changes NETWORK PHASE FIGURE: a cell for each lookup.
changes() { rows "$1-$2" "$figures f(\"scheme\") ~ /^quamba2/ { printf \"| %s \", change(\"$3\") }"; }

area() {
    heads 'quamba1, mm2'
    local network
    for network in $networks; do
        rows "$network-prefill" "$figures { printf \"| $network | %s \", band(\"area_mm2\", 1) }" quamba1
        changes "$network" prefill area_mm2
        echo '|'
    done
}

energy() {
    heads 'quamba1, mJ a token'
    local network phase tokens
    for phase in prefill decode; do
        tokens=$(tokens_of $phase)
        for network in $networks; do
            rows "$network-$phase" "$figures { printf \"| $network, $phase | %s \", band(\"energy_pj\", 1e9 * $tokens) }" quamba1
            changes "$network" $phase energy_pj
            echo '|'
        done
    done
}

tokens_of() { if [[ $1 == prefill ]]; then echo $prefill_tokens; else echo $decode_tokens; fi; }

# What of it are reads and comparisons, and beside what the notes put them.
lookup_share() {
    echo '| network | a token, nJ: quamba2 | parallel | direct | code | runlength | quamba2: state scales | of the convolution | of everything |'
    echo '|---|---:|---:|---:|---:|---:|---:|---:|---:|'
    local network phase tokens
    for phase in prefill decode; do
        tokens=$(tokens_of $phase)
        for network in $networks; do
            rows "$network-$phase" "$figures
                f(\"scheme\") == \"quamba2\" { states = share(\"state_scales_energy_pj\", \"lookup_energy_pj\"); of_conv = share(\"lookup_energy_pj\", \"conv_energy_pj\"); of_all = share(\"lookup_energy_pj\", \"energy_pj\") }
                f(\"scheme\") ~ /^quamba2/ && f(\"scheme\") != \"quamba2-lite\" { line = line \" | \" band(\"lookup_energy_pj\", 1e3 * $tokens) }
                END { print \"| $network, $phase\" line, states, of_conv, of_all \" |\" }"
        done
    done
}

# What a step of decode reads of the tables, and of which memory.
reads() {
    echo '| network, decode | scheme | of ranges and scales, KiB a token | of state scales |'
    echo '|---|---|---:|---:|'
    local network scheme
    for network in mamba2-130m mamba2-2.7b mamba2-8b; do
        for scheme in quamba2 quamba2-parallel quamba2-code; do
            "$mambasic" run $chip --trace "$out/$network-decode.shapes" --scheme $scheme --timing-only --set $memory --quiet --out "$out/run"
            jq -r --arg of "| $network | $scheme" --argjson tokens $decode_tokens 'def kib: . / 1024 / $tokens | round | tostring;
                .blocks[] | select(.name == "scale_table").counts |
                "\($of) | \(.table_read_bytes | kib) | \(.table_state_bytes | kib) |"' "$out/run/report.json"
        done
    done
}

cycles() {
    heads 'quamba1, cycles a token'
    local network phase tokens
    for phase in prefill decode; do
        tokens=$(tokens_of $phase)
        for network in $networks; do
            rows "$network-$phase" "NR == 2 { printf \"| $network, $phase | %.0f \", f(\"cycles\") / $tokens }
                f(\"scheme\") ~ /^quamba2/ { printf \"| %+.3f %% \", f(\"change.cycles_percent\") } END { print \"|\" }"
        done
    done
}

dram() {
    echo '| network | tables, KiB a token | of all DRAM bytes |'
    echo '|---|---:|---:|'
    local network phase
    for phase in prefill decode; do
        for network in $networks; do
            rows "$network-$phase" "$figures { print \"| $network, $phase\",
                three(f(\"table_dram_read_bytes\") / 1024 / $(tokens_of $phase)), share(\"table_dram_read_bytes\", \"dram_bytes\") \" |\" }" quamba2
        done
    done
}

# As the notes have it: a lookup for every channel of every token.
every_token() {
    echo '| scheme, mamba2-2.7b, prefill | lookups a token | of the convolution | energy | cycles |'
    echo '|---|---:|---:|---:|---:|'
    local order
    for order in channel_major token_major; do
        of mamba2-2.7b prefill $order quamba1,quamba2,quamba2-parallel,quamba2-code,quamba2-runlength --set scale_table.loop_order=$order
        rows $order "$figures f(\"scheme\") != \"quamba1\" { print \"| \" f(\"scheme\") \", $order\", sprintf(\"%.0f\", f(\"lookups\") / $prefill_tokens),
            share(\"lookup_energy_pj\", \"conv_energy_pj\"), change(\"energy_pj\"), sprintf(\"%+.2f %% |\", f(\"change.cycles_percent\")) }"
    done
}

# What shortens a walk, and where nobody waits for it.
walk() {
    echo '| chip, network, decode | setting | quamba2, cycles | exposed lookups of all cycles | energy | area |'
    echo '|---|---|---:|---:|---:|---:|'
    local row="{ print where, sprintf(\"%+.2f %%\", f(\"change.cycles_percent\")), share(\"exposed_lookup_cycles\", \"cycles\"),
        change(\"energy_pj\"), change(\"area_mm2\") \" |\" }"
    local setting
    for setting in lookup_cycles=1 range_bytes=1 word_bytes=16 units=4 residency=all_layers; do
        of mamba2-2.7b decode walk-$setting quamba1,quamba2 --set scale_table.$setting --set scale_table.capacity_kib=65536
        rows walk-$setting "BEGIN { where = \"| $chip, mamba2-2.7b | ${setting/lookup_cycles=1/as it is}\" } $figures $row" quamba2
    done
    compare walk-edge edge-32x32 mamba2-130m-decode.shapes quamba1,quamba2 --timing-only --set $memory
    rows walk-edge "BEGIN { where = \"| edge-32x32, mamba2-130m | as it is\" } $figures $row" quamba2
}

# What the plainer memory of all the other tables leaves out.
memories() {
    echo '| mamba2-130m, decode | quamba1, cycles | energy, uJ | quamba2, cycles | energy |'
    echo '|---|---:|---:|---:|---:|'
    compare by-banks $chip mamba2-130m-decode.shapes quamba1,quamba2 --timing-only --set dram.model=banks
    local name label='as a stream'
    for name in mamba2-130m-decode by-banks; do
        rows $name "$figures NR == 2 { cycles = f(\"cycles\"); energy = band(\"energy_pj\", 1e6) }
            f(\"scheme\") == \"quamba2\" { print \"| $label\", cycles, energy,
                sprintf(\"%+.2f %%\", f(\"change.cycles_percent\")), change(\"energy_pj\") \" |\" }"
        label='by banks'
    done
}

saved_row="$figures { print where, percent(f(\"conv_to_ssm_dram_bytes\"), base(\"conv_to_ssm_dram_bytes\")),
    sprintf(\"%+.2f %%\", 100 * (f(\"dram_bytes\") / base(\"dram_bytes\") - 1)), change(\"energy_pj\"),
    sprintf(\"%+.2f %%\", f(\"change.cycles_percent\")), change(\"area_mm2\") \" |\" }"

saved() {
    echo '| network, fusion | bytes of the path | all DRAM bytes | energy | cycles | area |'
    echo '|---|---:|---:|---:|---:|---:|'
    local network phase
    for phase in prefill decode; do
        for network in mamba-2.8b mamba2-130m mamba2-2.7b mamba2-8b; do
            of $network $phase $network-$phase-none quamba1,w4a5-se --set schedule.fusion=none
            rows $network-$phase-none "BEGIN { where = \"| $network, $phase, none\" } $saved_row" w4a5-se
            rows $network-$phase "BEGIN { where = \"| $network, $phase, layer\" } $saved_row" w4a5-se
        done
    done
    synth mamba2-8b long prefill 512
    of mamba2-8b long mamba2-8b-long quamba1,w4a5-se
    rows mamba2-8b-long "BEGIN { where = \"| mamba2-8b, prefill of 512 tokens, layer\" } $saved_row" w4a5-se
}

overhead_csv() {
    echo network,phase,scheme,area,energy,cycles
    local network phase
    for phase in prefill decode; do
        for network in $networks; do
            rows "$network-$phase" "f(\"scheme\") ~ /^quamba2/ { print \"$network,$phase,\" f(\"scheme\") \",\" \
                f(\"change.area_percent\") \",\" f(\"change.energy_percent\") \",\" f(\"change.cycles_percent\") }"
        done
    done
}

for network in $networks; do
    for phase in prefill decode; do
        synth "$network" $phase $phase "$(tokens_of $phase)"
        of "$network" $phase "$network-$phase" "$schemes"
    done
done
bytes | table bytes
area | table area
energy | table energy
lookup_share | table lookup-share
reads | table reads
cycles | table cycles
walk | table walk
memories | table memories
dram | table dram
every_token | table every-token
saved | table saved
cards | table cards
overhead_csv >"$out/overhead.csv"
draw overhead
draw bytes
rm -f "$out"/*.shapes
say "done"
