"""Calls the program; each function is the verb of its name and takes the verb's options."""

import json
import os
import pathlib
import shutil
import subprocess

import pandas

from mambasic.reports import Comparison, Report

_DIFFERENT = 1  # exit status of a check that found a difference


class ProgramError(RuntimeError):
    """The program refused its input (status 2) or failed (status 3); the text is its one line."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def binary():
    """$MAMBASIC_BINARY, else the program in $PATH, else the newest build of the checkout."""
    named = os.environ.get("MAMBASIC_BINARY") or shutil.which("mambasic")
    if named:
        return named
    root = pathlib.Path(__file__).resolve().parents[2]
    found = root.glob("build/*/mambasic")  # pip leaves a folder build/lib/mambasic
    built = sorted(filter(os.path.isfile, found), key=os.path.getmtime)
    if built:
        return str(built[-1])
    raise ProgramError(2, "mambasic is not in $PATH; build it, or set MAMBASIC_BINARY")


def call(*words):
    """The program with these words; its JSON document."""
    command = [binary(), *map(os.fspath, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode in (0, _DIFFERENT) and done.stdout:
        return json.loads(done.stdout)
    raise ProgramError(done.returncode, done.stderr.strip())


def _options(**options):
    """--name value for each that is given; True is a flag, a mapping key=value for each of it."""
    words = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            words.append(option)
        elif isinstance(value, dict):
            for key, each in value.items():
                words += [option, f"{key}={str(each).lower() if isinstance(each, bool) else each}"]
        else:
            words += [option, os.fspath(value) if hasattr(value, "__fspath__") else str(value)]
    return words


def run(chip, trace, *, scheme=None, settings=None, layers=None, timing_only=False, out=None):
    """A trace through a chip. `settings`: {"gemm.rows": 64, "scheme.factor": 8}."""
    return Report(
        call(
            "run",
            chip,
            *_options(
                trace=trace,
                scheme=scheme,
                set=settings,
                layers=layers,
                timing_only=timing_only,
                out=out,
            ),
        )
    )


def check(
    trace,
    *,
    chip=None,
    scheme=None,
    settings=None,
    against=None,
    quality=False,
    approximate=False,
    out=None,
):
    """Every tensor against a reference; a difference is in the report and no exception."""
    return Report(
        call(
            "check",
            *_options(
                trace=trace,
                chip=chip,
                scheme=scheme,
                set=settings,
                against=against,
                quality=quality,
                approximate=approximate,
                out=out,
            ),
        )
    )


def compare(
    trace,
    schemes,
    *,
    chip=None,
    settings=None,
    layers=None,
    timing_only=False,
    approximate=False,
    jobs=None,
    out=None,
):
    """A trace under several schemes, a row for each."""
    return Comparison(
        call(
            "compare",
            *_options(
                chip=chip,
                trace=trace,
                schemes=",".join(schemes),
                set=settings,
                layers=layers,
                timing_only=timing_only,
                approximate=approximate,
                jobs=jobs,
                out=out,
            ),
        )
    )


def scales(trace, *, scheme=None, settings=None, layers=None):
    """A row for each scale of each layer."""
    words = _options(trace=trace, scheme=scheme, set=settings, layers=layers)
    return pandas.DataFrame(call("scales", *words)["scales"])


def explain(key="fields", *, chip=None):
    """What a configuration key, a field or a column means; without a key, every field."""
    document = call("explain", key, *_options(chip=chip))
    return pandas.DataFrame(document["keys"] + document["fields"])


def calibrate(traces, scheme, out, *, settings=None):
    """The scales that a scheme asks for, from one trace or several; the file that was written."""
    words = [word for trace in traces for word in _options(trace=trace)]
    return call("calibrate", *words, *_options(scheme=scheme, set=settings, out=out))["file"]


def synthesize(model, phase, tokens, out, **options):
    """A trace of a made-up model, with the options of `trace synth`; the file that was written."""
    words = _options(model=model, phase=phase, tokens=tokens, out=out, **options)
    return call("trace", "synth", *words)["file"]
