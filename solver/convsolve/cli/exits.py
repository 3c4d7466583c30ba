"""What the program exits with."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The contract of interface.md, section 4."""

    FOUND = 0  # and, for verify and trace, right
    DEFECT = 1
    USAGE = 2
    IMPOSSIBLE = 3  # proved
    GAVE_UP = 4
    CHECK_FAILED = 5  # also: trace of a stack that is not valid
    INTERRUPTED = 130
    TERMINATED = 143
