"""``--smt2``: the question in a file, before the work on it begins."""

from __future__ import annotations

from convsolve.cli.streams import named, say
from convsolve.emit.smt2 import script
from convsolve.emit.writing import write_text
from convsolve.errors import Error
from convsolve.problem import Problem


def write_question(problem: Problem, path: str, *, force: bool) -> None:
    """Write it; raises Error where that cannot be."""
    if path == "-":
        raise Error("usage", "--smt2 writes a file: stdout has the answer", help=["--smt2 question.smt2"])
    write_text(path, script(problem), force=force)
    say(f"wrote {named(path)}")
