"""report.json and compare.json as pandas tables. `mambasic explain FIELD` tells what a column means."""

import json
import pathlib

import pandas


class Document:
    """A JSON document of the program; `data` is all of it."""

    schema = ""

    def __init__(self, data):
        found = data.get("schema")
        if found != self.schema:
            raise ValueError(f"schema {found!r} where {self.schema!r} was expected")
        self.data = data

    def table(self, name):
        """A list of the document, a row for each element; nested fields get names with dots."""
        return pandas.json_normalize(self.data.get(name, []))


class Report(Document):
    """What `mambasic run` or `mambasic check` tells."""

    schema = "mambasic-report/1"

    @property
    def totals(self):
        return pandas.json_normalize(self.data["totals"]).iloc[0]

    @property
    def layers(self):
        return self.table("layers").set_index("index")

    @property
    def ops(self):
        return self.table("ops").set_index("name")

    @property
    def blocks(self):
        return self.table("blocks").set_index("name")

    @property
    def tensors(self):
        """What a check compared; empty without one."""
        return pandas.json_normalize((self.data.get("check") or {}).get("tensors", []))

    @property
    def mismatches(self):
        """Elements that differ from the reference; None without a check."""
        return (self.data.get("check") or {}).get("mismatches")


class Comparison(Document):
    """What `mambasic compare` tells."""

    schema = "mambasic-compare/1"

    @property
    def schemes(self):
        return self.table("schemes").set_index("scheme")

    @property
    def refused(self):
        return self.table("refused")


def read_report(path):
    return Report(json.loads(pathlib.Path(path).read_text()))


def read_comparison(path):
    return Comparison(json.loads(pathlib.Path(path).read_text()))
