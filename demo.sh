#!/usr/bin/env bash
# Installs what is missing, builds the release, runs a bundled trace on a chip, checks every bit, and
# compares quantization schemes on another.
set -euo pipefail
cd "$(dirname "$0")"
./setup.sh
mkdir -p build
echo "demo.sh: building, some 10 minutes on two cores; tail -f build/release.log shows how far it is"
if ! { cmake --preset release && cmake --build --preset release; } >build/release.log 2>&1; then
    tail -n 40 build/release.log >&2
    echo "demo.sh: the build failed; all of it is in build/release.log" >&2
    exit 1
fi
mambasic=build/release/mambasic
trace=traces/samples/tiny-prefill.safetensors
"$mambasic" run edge-32x32 --trace "$trace" --out out/demo
"$mambasic" check --trace "$trace" --chip edge-32x32
echo
"$mambasic" compare edge-32x32 --trace traces/samples/tiny2-prefill.safetensors --out out/demo \
    --schemes quamba1,quamba2,quamba2-parallel,quamba2-direct,quamba2-code,quamba2-runlength,w4a5-se,int5,se8,fp32-ssm-input
