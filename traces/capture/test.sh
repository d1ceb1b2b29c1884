#!/usr/bin/env bash
# Tests mambasic-capture against build/ci/mambasic, in a virtual environment under build/. PyTorch is
# Debian's (./setup.sh captures): PyPI's own brings gigabytes of GPU libraries. Where it is missing
# this says so and does nothing, unless MAMBASIC_REQUIRE_CAPTURES is set, as continuous integration has it.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=traces/capture
venv=build/capture-venv

skip() {
    echo "capture tests ${MAMBASIC_REQUIRE_CAPTURES:+cannot be }skipped: $1"
    [[ -z "${MAMBASIC_REQUIRE_CAPTURES:-}" ]] && exit 0 || exit 1
}

python=/usr/bin/python3
"$python" -c 'import torch, ensurepip' 2>/dev/null ||
    skip "python3-torch or python3-venv is missing (./setup.sh captures installs both)"

if ! cmp -s "$here/tests/requirements.txt" "$venv/requirements.txt"; then
    "$python" -m venv --clear --system-site-packages "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check -r "$here/tests/requirements.txt" ||
        skip "packages of $here/tests/requirements.txt could not be installed"
    # As users install it, once; tests run what is in the checkout.
    "$venv/bin/pip" install -q --disable-pip-version-check --no-deps "./$here"
    "$venv/bin/mambasic-capture" --version
    cp "$here/tests/requirements.txt" "$venv/requirements.txt"
fi
"$venv/bin/black" -q --check "$here" || {
    echo "capture: $venv/bin/black $here formats what is not" >&2
    exit 1
}
PYTHONPATH="$here" "$venv/bin/python" -m pytest -q -p no:cacheprovider "$here/tests" "$@"
