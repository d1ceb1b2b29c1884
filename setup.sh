#!/usr/bin/env bash
# Installs the Debian packages that the build needs and that are missing; asks for root only then.
#   ./setup.sh          what building and testing need
#   ./setup.sh ci       also what the continuous-integration checks need
#   ./setup.sh studies  also what reports/studies draws its plots with
#   ./setup.sh captures also what the tests of traces/capture run in
set -euo pipefail

packages=(
    g++ cmake ninja-build git ca-certificates
    libsystemc-dev libeigen3-dev libyaml-cpp-dev nlohmann-json3-dev
    libboost-program-options-dev libssl-dev libgtest-dev
    libjs-chart.js # drawn into report.html
    libdnnl-dev ocl-icd-opencl-dev opencl-headers # exact int8 GEMM; its CMake package asks for OpenCL
)
# Debian's PyTorch multiplies slowly without OpenBLAS.
captures=(python3-torch python3-venv libopenblas0-pthread)
if [[ "${1:-}" == ci ]]; then
    packages+=(clang clang-format clang-tidy libclang-rt-14-dev libomp-14-dev "${captures[@]}"
        python3 chromium chromium-driver # look at the pages of reports as people do
        python3-jsonschema python3-yaml # schemas against an independent reader
        python3-numpy python3-pandas python3-pytest # the Python package
        groff) # the manual page
elif [[ "${1:-}" == studies ]]; then
    packages+=(gnuplot-nox jq)
elif [[ "${1:-}" == captures ]]; then
    packages+=("${captures[@]}")
fi

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [[ "$status" == "install ok installed" ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

echo "mambasic: installing ${missing[*]}"
as_root=()
if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || {
        echo "setup.sh: run as root, or install sudo: apt-get install ${missing[*]}" >&2
        exit 2
    }
    as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
