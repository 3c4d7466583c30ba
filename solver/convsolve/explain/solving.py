"""The most conventional answer to a question."""

from __future__ import annotations

from convsolve.answer import Solution
from convsolve.answering import answer
from convsolve.problem import Problem


def best(problem: Problem) -> Solution | None:
    """The first answer, put to Z3."""
    found = answer(problem, count=1)
    return found[0] if found else None
