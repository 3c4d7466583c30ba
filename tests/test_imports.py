"""What a start imports, seen from outside: whole processes that report each import to stderr."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.terminal import BIN, environment

CONVSOLVE = str(BIN / "convsolve")


def imported(*command: str) -> set[str]:
    """The top-level names that the process, or one that it starts, tried to import."""
    env = environment(PYTHONPROFILEIMPORTTIME="1")
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-c", "import convsolve"],
        [sys.executable, "-c", "from convsolve import *"],
        [CONVSOLVE, "--help"],
        [CONVSOLVE, "--version"],
        [CONVSOLVE, "solve", "--help"],
    ],
    ids=["import", "import *", "--help", "--version", "solve --help"],
)
def test_a_start_imports_neither_torch_nor_z3(command: list[str]) -> None:
    names = imported(*command)
    assert "convsolve" in names
    assert not names & {"torch", "z3", "numpy", "pydantic"}


def test_a_plain_question_does_without_torch() -> None:
    names = imported(CONVSOLVE, "solve", "7", "28")
    assert not names & {"torch", "numpy", "pydantic"}


@pytest.mark.parametrize("name", ["torch", "z3"])
def test_an_import_that_must_not_be_would_be_seen(name: str) -> None:
    assert name in imported(sys.executable, "-c", f"import convsolve, {name}")


def test_an_import_in_a_child_would_be_seen() -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import z3'], check=True)"
    assert "z3" in imported(sys.executable, "-c", child)
