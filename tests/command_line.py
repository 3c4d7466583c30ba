"""The command line in this process: its exit code, and what it writes where."""

from __future__ import annotations

import io
import sys
from typing import NamedTuple

import pytest

from convsolve.cli.app import run
from tests.terminal import COLUMNS


class Said(NamedTuple):
    """What a command came to; on a terminal all that it wrote is in `out`."""

    code: int
    out: str
    err: str


class Stream(io.StringIO):
    """A stream that may say that it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def convsolve(*arguments: str, terminal: bool = False, stdin: bytes = b"", color: bool = False) -> Said:
    """Run `convsolve` with these arguments on a terminal of 100 columns, or in a pipe."""
    out = Stream(terminal=terminal)
    err = out if terminal else Stream(terminal=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(COLUMNS))
        patch.setenv("TERM", "xterm")
        patch.delenv("NO_COLOR", raising=False)
        patch.delenv("CONVSOLVE_GOLDEN", raising=False)  # the tests' own
        if not color:
            patch.setenv("NO_COLOR", "1")
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        code = run(arguments)
    return Said(code, out.getvalue(), "" if terminal else err.getvalue())
