#!/usr/bin/env bash
# Makes the README's pictures anew: what a browser shows of the pages that its commands write. Needs chromium;
# MAMBASIC names the program, without it build/release/mambasic.
set -euo pipefail
cd "$(dirname "$0")/../.."
mambasic=${MAMBASIC:-build/release/mambasic}
command -v chromium >/dev/null || {
    echo "pictures.sh: no chromium here (apt-get install chromium)" >&2
    exit 2
}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# picture PAGE WIDTH,HEIGHT NAME: the top of a page.
picture() {
    chromium --headless=new --no-sandbox --hide-scrollbars --user-data-dir="$out/profile" \
        --window-size="$2" --screenshot="$PWD/reports/pictures/$3.png" "file://$out/$1" >/dev/null 2>&1
}

"$mambasic" run edge-32x32 --trace traces/samples/tiny2-prefill.safetensors --quiet --out "$out/run"
"$mambasic" compare edge-32x32 --trace traces/samples/tiny2-prefill.safetensors \
    --schemes quamba1,quamba2,quamba2-code,w4a5-se,int5,se8,fp32-ssm-input --out "$out/compare" >/dev/null
picture run/report.html 1100,1000 report
picture compare/compare.html 1100,1000 compare
