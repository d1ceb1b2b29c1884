"""Runs the mambasic program and reads what it writes: reports into pandas, traces into numpy.

Nothing is computed here: every figure comes from the program.
"""

from mambasic.program import (
    ProgramError,
    calibrate,
    call,
    check,
    compare,
    explain,
    run,
    scales,
    synthesize,
)
from mambasic.reports import Comparison, Report, read_comparison, read_report
from mambasic.traces import Trace, open_trace

__all__ = [
    "Comparison",
    "ProgramError",
    "Report",
    "Trace",
    "calibrate",
    "call",
    "check",
    "compare",
    "explain",
    "open_trace",
    "read_comparison",
    "read_report",
    "run",
    "scales",
    "synthesize",
]
