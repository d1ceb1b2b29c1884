#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test but the long ones (./test.sh long runs all).
set -euo pipefail
cd "$(dirname "$0")"
./setup.sh
cmake --preset ci
cmake --build --preset ci
if [[ "${1:-}" == long ]]; then
    ctest --test-dir build/ci --output-on-failure -j "$(nproc)"
else
    ctest --preset ci -j "$(nproc)"
fi
traces/capture/test.sh
