#!/usr/bin/env bash
# Tests of the Python package against a program that is built.
#   run.sh PYTHON MAMBASIC        exit status 77 where a package of Python's is missing
set -euo pipefail
binary=$(realpath "$2")
cd "$(dirname "$0")/.."
"$1" -c 'import numpy, pandas, pytest' 2>/dev/null || {
    echo "skipped: numpy, pandas or pytest is not installed; ./setup.sh ci does it"
    exit 77
}
export MAMBASIC_BINARY=$binary OMP_WAIT_POLICY=passive PYTHONPATH=$PWD PYTHONDONTWRITEBYTECODE=1
exec "$1" -m pytest -q -p no:cacheprovider tests
