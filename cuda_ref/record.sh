#!/bin/sh
# Records what a GPU computes, for those who have none. To be run on a machine with an NVIDIA GPU
# (Ampere or newer) and nvcc, anywhere in a checkout:
#
#   cuda_ref/record.sh [BUILD_FOLDER]        default: build/gpu
#
# 1. builds mambasic_cuda_ref and mambasic_rung2;
# 2. rung 2 (golden = GPU, bit for bit): every tensor, Mamba1 and Mamba2, W8A8 and W4A8, prefill in
#    both orders and decode, L = 1, 33, 127, 128, 129, 512, 1000, 2049; prints the table "tensor,
#    elements, mismatches";
# 3. records every trace of traces/samples/, of either family, into traces/samples/gpu/NAME.ORDER.safetensors and
#    compares each file with golden in the same way.
#
# Exit status: 0 all equal, 1 something differs (the table says what), 2 it could not run. Files of
# step 3 are worth committing only after an exit status of 0; `git status` shows them.
set -eu

say() { printf '\n== %s\n' "$*"; }
cannot() { echo "record.sh: $*" >&2; exit 2; }

cd "$(dirname "$0")/.."
build=${1:-build/gpu}
PATH=$PATH:/usr/local/cuda/bin

command -v nvcc >/dev/null || cannot "nvcc was not found; install the CUDA toolkit or set PATH"
command -v nvidia-smi >/dev/null || cannot "nvidia-smi was not found: is the NVIDIA driver installed?"
nvidia-smi -L || cannot "the NVIDIA driver reports no GPU"
[ -z "$(git status --porcelain --untracked-files=no)" ] ||
    echo "record.sh: warning: uncommitted changes; the recorded version will end in -dirty" >&2

# orders_of TRACE: those that a prefill of its family has; in decode all would be the same file.
orders_of() {
    header=$(head -c 8192 "$1" | tr -d '\0')  # the metadata come first
    default=sequential
    other=cub
    case $header in *'"family":"mamba2"'*)
        default=recurrent
        other=chunked
        ;;
    esac
    case $header in
    *'"phase":"decode"'*) echo "$default" ;;
    *) echo "$default $other" ;;
    esac
}

say "Building in $build"
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DMAMBASIC_CUDA=ON || cannot "cmake failed; ./setup.sh installs the packages"
cmake --build "$build" --parallel --target mambasic_cuda_ref mambasic_rung2 ||
    cannot "the build failed"
record=$build/cuda_ref/mambasic_cuda_ref
rung2=$build/tests/cuda_ref/mambasic_rung2

say "Rung 2: golden against this GPU"
status=0
"$rung2" || status=$?
[ $status -ne 77 ] || cannot "the CUDA runtime finds no GPU that it can use"
[ $status -le 1 ] || cannot "mambasic_rung2 ended with status $status"

say "Recording the sample traces"
mkdir -p traces/samples/gpu
found=0
for trace in traces/samples/*.safetensors; do
    [ -f "$trace" ] || continue
    found=1
    for order in $(orders_of "$trace"); do
        reference=traces/samples/gpu/$(basename "$trace" .safetensors).$order.safetensors
        "$record" "$trace" -o "$reference" --order "$order" || cannot "recording $trace failed"
        same=0
        "$rung2" "$trace" "$reference" || same=$?
        [ $same -le 1 ] || cannot "comparing $reference failed"
        [ $same -eq 0 ] || status=1
    done
done
[ $found -eq 1 ] || cannot "traces/samples/ holds no traces"

if [ $status -eq 0 ]; then
    say "Equal: every tensor, every case. Now commit traces/samples/gpu/"
else
    say "NOT equal: see the tables above; do not commit traces/samples/gpu/"
fi
exit $status
