#!/usr/bin/env bash
# An installed program finds the files that were installed with it, and so do man and bash.
#   install_test.sh CMAKE BUILD_FOLDER
set -euo pipefail

to=$(mktemp -d)
trap 'rm -rf "$to"' EXIT
"$1" --install "$2" --prefix "$to/usr" >/dev/null
cd "$to"

fail() {
    echo "install: $1" >&2
    exit 1
}
usr/bin/mambasic explain clock_ghz | grep -q 'usr/share/mambasic/hw_config/base.yaml:' ||
    fail "the program does not read the base.yaml beside it"
usr/bin/mambasic completion networks | grep -qx mamba-130m || fail "no networks"
grep -q '^\.TH MAMBASIC 1' usr/share/man/man1/mambasic.1 || fail "no manual page"
bash -n usr/share/bash-completion/completions/mambasic || fail "bash cannot read the completion"
[[ -s usr/share/zsh/site-functions/_mambasic ]] || fail "no completion for zsh"
for schema in hw_config/schemas/{chip,scheme,tech,dram} schema/{report,compare}; do
    grep -q '"\$schema"' "usr/share/mambasic/$schema.schema.json" || fail "no $schema.schema.json"
done
