"""Running a program as a person sees it: on a terminal of a fixed width."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

COLUMNS = 100
BIN = Path(sys.executable).parent  # where the installed `convsolve` and this `python` are
_FORCED = {"FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS"}  # with these Typer draws for a terminal in a pipe, too
_OVERWRITTEN = re.compile(r"[^\n]*\r")
_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")


def environment(**more: str) -> dict[str, str]:
    """This process's environment with the installed commands first and a plain terminal of a known width."""
    kept = {k: v for k, v in os.environ.items() if k not in _FORCED | {"PYTHONDONTWRITEBYTECODE"}}
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    return kept | {"PATH": path, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": str(COLUMNS)} | more


def run_on_terminal(
    command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None
) -> tuple[int, str]:
    """The exit code, and what stands on the screen: stdout and stderr together, without escape codes."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, cwd=cwd, env=env or environment()
    )
    os.close(theirs)
    seen = bytearray()
    try:
        while chunk := os.read(ours, 65536):
            seen += chunk
    except OSError:  # how Linux says that the last writer has closed the terminal
        pass
    finally:
        os.close(ours)
    text = _ESCAPE.sub("", seen.decode(errors="replace")).replace("\r\n", "\n")
    text = _OVERWRITTEN.sub("", text)  # a line of progress, which the next one erases
    return process.wait(), text
