#!/bin/sh
# Shows that the kernels' PTX does the arithmetic of golden/arithmetic.h and no other: every FP32 and
# FP64 operation says how it rounds (ptxas contracts only what does not), nothing is approximate or
# flushes subnormals, FP64 has no fused operation (the contract uses none), and kernels whose
# formulas have no fma have none.
#
# usage: check_ptx.sh NVCC FLAG...     exit status: 0 clean, 1 not (the lines are shown), 2 usage
set -eu

[ $# -gt 1 ] || { echo "usage: $0 NVCC FLAG..." >&2; exit 2; }
nvcc=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

failed=0

# forbid WHAT PATTERN FILE: shows the lines of FILE that match the extended PATTERN.
forbid() {
    if grep -n -E "$2" "$3"; then
        echo "$(basename "$3"): $1" >&2
        failed=1
    fi
}

for source in $(grep -l '^__global__' "$here"/*.cu); do
    name=$(basename "$source" .cu)
    ptx=$scratch/$name.ptx
    "$nvcc" -std=c++17 -arch=compute_80 "$@" -I"$here/.." -ptx "$source" -o "$ptx"
    grep -q '\.entry' "$ptx" || { echo "$name: no kernel in its PTX" >&2; exit 2; }
    forbid "approximate or flushing" '\.(approx|ftz|full)\b' "$ptx"
    forbid "may be contracted by ptxas" '\b(add|sub|mul|mad)\.f(32|64)\b' "$ptx"
    forbid "not IEEE-rounded" '\b(div|sqrt|rcp|rsqrt)\.f(32|64)\b' "$ptx"
    forbid "fused in FP64" '\bfma\.r[nzmp]\.f64\b' "$ptx"
    case $name in
    embedding | hadamard | linear) forbid "fused in FP32" '\bfma\.r[nzmp]\.f32\b' "$ptx" ;;
    esac
    echo "$name: $(grep -c -E '\.r[nzmp]\.f(32|64)' "$ptx") rounded operations"
done
exit $failed
