"""The JSON schemas of `mambasic schema` and the parser pass the same verdict: on every file of
hw_config, and on the same files with a key renamed, a value of another type or out of its range.

Usage: schema_test.py MAMBASIC HW_CONFIG; exit status 77 where jsonschema or yaml is not installed.
"""

import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

try:
    import jsonschema
    import yaml
except ImportError as error:
    print(f"skipped: {error}; ./setup.sh ci installs it")
    sys.exit(77)

BINARY, HW_CONFIG = sys.argv[1], pathlib.Path(sys.argv[2])
QUIET = dict(os.environ, OMP_WAIT_POLICY="passive")


class Loader(yaml.SafeLoader):
    """YAML 1.2's numbers and truth values, as editors read them."""


Loader.yaml_implicit_resolvers = {}
for tag, form, first in (
    ("bool", r"^(true|false)$", "tf"),
    ("int", r"^-?(0|[1-9][0-9]*)$", "-0123456789"),
    ("float", r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$", "-0123456789"),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(form), list(first))


def mambasic(*words):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, env=QUIET, check=False)


def ranges():
    """The parser's own words: "gemm.rows" -> (1, 1024)."""
    found = {}
    for key in json.loads(mambasic("explain", "--json").stdout)["keys"]:
        match = re.fullmatch(r"(\S+) to (\S+)", key["range"])
        if match and key["type"] in ("integer", "number"):
            found[key["path"]] = (float(match[1]), float(match[2]))
    return found


class Kind:
    """Files of one kind: how the parser is given one, and what its keys are called."""

    def __init__(self, name, prefix, words, wrap=None):
        self.prefix, self.words, self.wrap = prefix, words, wrap
        self.schema = json.loads(mambasic("schema", name).stdout)
        jsonschema.Draft7Validator.check_schema(self.schema)

    def accepts(self, document):
        # A validator for each: before 4.18 the threads would share its place in the schema.
        return jsonschema.Draft7Validator(self.schema).is_valid(document)

    def parser_accepts(self, document, folder):
        file = write(document, folder)
        if self.wrap:
            file = write({"extends": "../base.yaml", "clock_ghz": 0.05, self.wrap: file}, folder)
        outcome = mambasic(*[file if word == "FILE" else word for word in self.words])
        assert outcome.returncode in (0, 2), outcome.stderr
        return outcome.returncode == 0


def write(document, folder):
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".yaml", delete=False) as file:
        json.dump(document, file)  # JSON is YAML
    return file.name


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, child in value.items():
            yield path + (key,), child
            yield from leaves(child, path + (key,))


def changed(document, path, change):
    """A copy in which `change(mapping, key)` was done to the mapping that holds the path."""
    copied = copy.deepcopy(document)
    mapping = copied
    for key in path[:-1]:
        mapping = mapping[key]
    change(mapping, path[-1])
    return copied


def rename(mapping, key):
    mapping[key + "_x"] = mapping.pop(key)


def setter(value):
    def put(mapping, key):
        mapping[key] = value

    return put


def wrong_type(value):
    if isinstance(value, dict):
        return 1
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "text"
    return {"a": 1}


def mutations(document, prefix, limits):
    bands = 0
    for path, value in leaves(document):
        band = isinstance(value, dict) and "source" in value
        bands += band
        inside_band = len(path) > 1 and path[-1] in ("value", "low", "high", "unit", "source")
        if inside_band and bands > 2:
            continue  # all of them are alike
        name = ".".join(path)
        yield f"{name} renamed", changed(document, path, rename)
        text = path[-1] in ("source", "polynomial_source") or isinstance(value, str)
        number_for_text = text and path[-1] == "factor"
        if not number_for_text:
            yield f"{name} of another type", changed(document, path, setter(wrong_type(value)))
        key = re.sub(r"^layers\.[^.]*\.", "", name)
        low, high = limits.get(prefix + key, (None, None))
        if inside_band and path[-1] in ("value", "low", "high"):
            low, high = 0, 1e9
        if low is not None and not isinstance(value, (dict, str)):
            yield f"{name} too small", changed(document, path, setter(int(low) - 1))
            yield f"{name} too large", changed(document, path, setter(int(high) + 1))


def cases(limits):
    """Kind, name, document, and whether it must be accepted."""
    chip = Kind("chip", "", ["explain", "clock_ghz", "--chip", "FILE"])
    scheme = Kind("scheme", "scheme.", ["explain", "area", "--scheme", "FILE"])
    tech = Kind("tech", "technology.", chip.words, "technology")
    dram = Kind("dram", "dram.", chip.words, "dram")
    folders = (
        (chip, ["base.yaml", "chips/*.yaml"], 1),
        (scheme, ["schemes/*.yaml"], 99),
        (tech, ["tech/*.yaml"], 1),
        (dram, ["dram/*.yaml"], 1),
    )
    for kind, patterns, mutated in folders:
        codes = set()
        for number, file in enumerate(f for p in patterns for f in sorted(HW_CONFIG.glob(p))):
            document = yaml.load(file.read_text(), Loader)
            yield kind, file.name, document, True
            code = (document.get("code"), document.get("flags"), document.get("observer"))
            if number >= mutated or (kind is scheme and code in codes):
                continue
            codes.add(code)
            for what, other in mutations(document, kind.prefix, limits):
                yield kind, f"{file.name}: {what}", other, False


def extensions():
    """Schemes that name only what they change of another."""
    scheme = Kind("scheme", "scheme.", ["explain", "area", "--scheme", "FILE"])
    base = {"extends": "schemes/quamba1.yaml"}
    yield scheme, "extends alone", base, True
    yield scheme, "extends, a name", dict(base, name="mine"), True
    yield scheme, "extends, an observer", dict(base, name="mine", observer="outlier-aware"), True
    yield scheme, "extends, no such key", dict(base, nam="mine"), False
    yield scheme, "extends, no such observer", dict(base, observer="median"), False
    yield scheme, "extends two", dict(base, extends=["a", "b"]), False


def fault(case, folder):
    kind, name, document, valid = case
    by_schema, by_parser = kind.accepts(document), kind.parser_accepts(document, folder)
    if by_schema == by_parser == valid:
        return ""
    return f"{name}: schema {by_schema}, parser {by_parser}, expected {valid}"


def main():
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        every = [*cases(ranges()), *extensions()]
        faults = [text for text in pool.map(lambda case: fault(case, folder), every) if text]
    print("\n".join(faults))
    print(f"{len(every)} verdicts, {len(faults)} faults")
    return 1 if faults or len(every) < 500 else 0


if __name__ == "__main__":
    sys.exit(main())
