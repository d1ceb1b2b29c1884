"""How far long work is, on a terminal; quiet in a pipe."""

import sys
import time


class Progress:
    """One line on stderr that is written over: what is done, of how much, how long it will take."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._start = time.monotonic()
        self._shown = sys.stderr.isatty()

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        if not self._shown:
            return
        each = (time.monotonic() - self._start) / self._done
        left = each * (self._total - self._done)
        end = "\n" if self._done == self._total else ""
        print(
            f"\r{self._what}: {self._done} of {self._total}, {left:.0f} s left \x1b[K",
            end=end,
            file=sys.stderr,
            flush=True,
        )
