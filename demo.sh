#!/usr/bin/env bash
# Installs what is missing, builds the release, runs the bundled trace on a chip and checks every bit.
set -euo pipefail
cd "$(dirname "$0")"
./setup.sh
mkdir -p build
if ! { cmake --preset release && cmake --build --preset release; } >build/release.log 2>&1; then
    tail -n 40 build/release.log >&2
    echo "demo.sh: the build failed; all of it is in build/release.log" >&2
    exit 1
fi
mambasic=build/release/mambasic
trace=traces/samples/tiny-prefill.safetensors
"$mambasic" run edge-32x32 --trace "$trace" --out out/demo
"$mambasic" check --trace "$trace" --chip edge-32x32
