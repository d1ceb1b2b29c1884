#!/usr/bin/env bash
# How fast the simulator is, as ratios within one run. Each figure is the best of several runs; CPU
# seconds (user + system, all threads) stand beside wall seconds, because they survive a busy machine.
#
#   tests/bench/bench.sh [BUILD_FOLDER]     default build/bench, configured and built here
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/bench}
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMAMBASIC_TESTS=ON -DMAMBASIC_BENCH=ON \
    -DMAMBASIC_CUDA=OFF >/dev/null
cmake --build "$build" --target mambasic bench_trace >/dev/null
mambasic=$build/mambasic
bare=$build/tests/bench/bench_trace
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY=passive

# best COMMAND...: prints "wall cpu peak_MB", the best wall and CPU seconds of five runs.
best() {
    for _ in 1 2 3 4 5; do
        local start=$EPOCHREALTIME
        "$@" >/dev/null 2>&1
        echo "$start $EPOCHREALTIME"
    done | awk '{t = $2 - $1; if (!n++ || t < b) b = t} END {printf "%.3f", b}'
}
cpu() {
    local out
    for _ in 1 2 3 4 5; do
        out=$( { TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1)
        echo "$out"
    done | awk '{t = $1 + $2; if (!n++ || t < b) b = t} END {printf "%.3f", b}'
}
row() { printf '%-44s %9s %9s %8s\n' "$@"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }

synth() { "$mambasic" trace synth --model "${model:-mamba-130m}" --phase prefill --seed 1 "$@" >/dev/null 2>&1; }
echo "making traces of 512 tokens ..." >&2
synth --tokens 512 --layers 24 --out "$work/24.st"
synth --tokens 512 --layers 1 --out "$work/1.st"
model=mamba2-130m synth --tokens 512 --layers 1 --out "$work/1 of Mamba2.st"

row "mamba-130m prefill, 512 tokens, edge-32x32" "wall s" "CPU s" "ratio"
for threads in 1 2; do
    export OMP_NUM_THREADS=$threads
    for layers in "1 of Mamba2" 1 24; do
        trace=$work/$layers.st
        b=$(cpu "$bare" "$trace"); r=$(cpu "$mambasic" run edge-32x32 --trace "$trace")
        bw=$(best "$bare" "$trace"); rw=$(best "$mambasic" run edge-32x32 --trace "$trace")
        row "bare loop, $layers layers, $threads threads" "$bw" "$b" ""
        row "bit-exact run, $layers layers, $threads threads" "$rw" "$r" "$(ratio "$rw" "$bw")"
    done
done
t=$(cpu "$mambasic" run edge-32x32 --trace "$work/24.st" --timing-only)
row "timing only, 24 layers" "$(best "$mambasic" run edge-32x32 --trace "$work/24.st" --timing-only)" "$t" \
    "$(ratio "$t" "$r")"
echo "(ratio: wall time of the run over wall time of the bare loop; of timing only, CPU over the bit-exact run)"

echo
row "cost against tokens and layers (timing only)" "wall s" "CPU s" ""
for tokens in 8192 16384 32768; do
    synth --tokens $tokens --layers 24 --shapes-only --out "$work/s.st"
    row "24 layers, $tokens tokens" "$(best "$mambasic" run edge-32x32 --trace "$work/s.st" --timing-only)" \
        "$(cpu "$mambasic" run edge-32x32 --trace "$work/s.st" --timing-only)" ""
done
for layers in 6 12 24; do
    synth --tokens 32768 --layers $layers --shapes-only --out "$work/s.st"
    row "$layers layers, 32768 tokens" "$(best "$mambasic" run edge-32x32 --trace "$work/s.st" --timing-only)" \
        "$(cpu "$mambasic" run edge-32x32 --trace "$work/s.st" --timing-only)" ""
done
