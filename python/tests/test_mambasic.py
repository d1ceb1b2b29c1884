"""What the package hands out is what the program wrote, figure for figure."""

import json
import os
import pathlib
import re
import runpy
import subprocess

import numpy
import pytest

import mambasic
from mambasic.program import binary

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "traces/samples/tiny-prefill.safetensors"


def test_run_is_the_report_that_out_writes(tmp_path):
    report = mambasic.run("tiny", SAMPLE, settings={"gemm.rows": 16}, out=tmp_path)
    written = json.loads((tmp_path / "report.json").read_text())
    assert report.data == written
    assert report.data["provenance"]["overrides"] == ["gemm.rows=16"]
    assert mambasic.read_report(tmp_path / "report.json").data == written
    assert list(report.ops.index) == [op["name"] for op in written["ops"]]
    assert report.ops.loc["scan", "energy_pj.low"] == written["ops"][6]["energy_pj"]["low"]
    assert report.totals["cycles"] == written["totals"]["cycles"]
    assert report.blocks["busy_cycles"].sum() == sum(b["busy_cycles"] for b in written["blocks"])
    assert list(report.layers.index) == [0, 1]
    assert report.mismatches is None


def test_compare_has_a_row_for_each_scheme():
    made = mambasic.compare(SAMPLE, ["quamba1", "se8"], chip="tiny")
    assert list(made.schemes.index) == ["quamba1", "se8"]
    assert (made.schemes["check.mismatches"] == 0).all()
    assert len(made.refused) == 0


def test_a_difference_is_no_exception():
    equal = mambasic.check(SAMPLE, chip="tiny", against="recorded")
    assert equal.mismatches == 0 and len(equal.tensors) > 10
    table = mambasic.check(SAMPLE, chip="tiny", settings={"nonlinear.exp.kind": "table"})
    assert table.mismatches > 0


def test_a_refusal_is_the_programs_line():
    with pytest.raises(mambasic.ProgramError, match="did you mean 'tiny'") as refused:
        mambasic.run("tinny", SAMPLE)
    assert refused.value.status == 2


def test_a_trace_is_what_the_program_says_it_is():
    trace = mambasic.open_trace(SAMPLE)
    told = mambasic.call("trace", "info", SAMPLE, "--tensors")
    assert {t["name"]: t["shape"] for t in told["tensors"]} == {
        name: list(trace[name].shape) for name in trace
    }
    assert trace.metadata["model"] == told["facts"]["model"]
    with pytest.raises(KeyError):
        trace["nothing"]


def test_a_traces_numbers_are_those_of_the_file(tmp_path):
    values = numpy.array([[1.5, -2], [3, 4]], "<f4")
    head = json.dumps({"x": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(head).to_bytes(8, "little") + head + values.tobytes())
    assert (mambasic.open_trace(path)["x"] == values).all()
    path.write_bytes(b"\xff" * 8 + head)
    with pytest.raises(ValueError, match="no safetensors"):
        mambasic.open_trace(path)


def test_scales_and_explanations_are_tables():
    scales = mambasic.scales(SAMPLE, scheme="se8")
    assert {"x low", "x high"} <= set(scales["scale_of"])
    fields = mambasic.explain()
    assert "totals.cycles" in set(fields["path"])
    assert mambasic.explain("gemm.rows").loc[0, "type"] == "integer"


def test_traces_are_made_and_calibrated(tmp_path):
    made = mambasic.synthesize("tiny", "prefill", 4, tmp_path / "t.safetensors", layers=1)
    out = mambasic.calibrate([made], "quamba1-minmax", tmp_path / "c.safetensors")
    assert mambasic.open_trace(out).metadata["model"] == "tiny"


def test_the_example_runs(capsys):
    runpy.run_path(str(ROOT / "python/examples/which_scheme.py"))["main"](
        str(ROOT / "traces/samples/tiny2-prefill.safetensors")
    )
    assert "least energy with 30 dB" in capsys.readouterr().out


def test_the_versions_agree():
    version = subprocess.run([binary(), "--version"], capture_output=True, text=True, check=True)
    project = (ROOT / "pyproject.toml").read_text()
    assert re.search(r'^version = "(.*)"$', project, re.M)[1] == version.stdout.split()[1]


def test_the_binary_that_is_named_is_called(monkeypatch):
    monkeypatch.setenv("MAMBASIC_BINARY", os.fspath("/nowhere/mambasic"))
    with pytest.raises(FileNotFoundError):
        mambasic.explain("gemm.rows")


def test_the_newest_build_is_no_folder_that_pip_left(tmp_path, monkeypatch):
    package = tmp_path / "python/mambasic"
    built, left = tmp_path / "build/ci/mambasic", tmp_path / "build/lib/mambasic"
    for folder in (package, built.parent, left):
        folder.mkdir(parents=True)
    built.touch()
    os.utime(built, (1, 1))
    monkeypatch.setattr(mambasic.program, "__file__", str(package / "program.py"))
    monkeypatch.delenv("MAMBASIC_BINARY")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binary() == str(built)
