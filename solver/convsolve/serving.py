"""What is said of a family as a whole: that no stack serves it, or for which of its members one does.

A family is impossible only where a few of its members, asked of one stack as several inputs, already are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from convsolve.answer import Status
from convsolve.asked import Asked
from convsolve.assembly import Answered
from convsolve.conditioned import TooManyStates
from convsolve.conditions import Condition
from convsolve.errors import Error
from convsolve.events import Counted, Ended, Listener, Partly
from convsolve.families import at
from convsolve.problem import Problem
from convsolve.scouting import scout
from convsolve.slopes import NOTHING
from convsolve.verdicts import Confirmations, proved_impossible

SAMPLES = ((0,), (1,), (0, 1), (0, 9), (0, 1, 2), (0, 1, 2, 3))  # which members are asked of one stack
LEAST = (*range(2, 17), 32, 64, 128)  # of members, where the smaller ones are in the way
MODULI = (2, 3, 4, 6, 8, 12, 16, 24, 32)  # of residues that are tried
MOST_STEPS = 200_000  # of what is carried for one question that is only tried
MOST_REFUSED = 1_000  # combinations in a row that serve some members and not all


def settle(problem: Problem, report: Listener) -> None:
    """Say of a family for which no stack was found whether there can be none, and for which residues there is one."""
    report(Counted(0, "conventional"))
    proved = impossible_members(problem) is not None
    if not proved:
        report(Partly(tuple(served for served, _ in parts(problem))))
    report(Ended(Status.IMPOSSIBLE if proved else Status.GAVE_UP))


def impossible_members(problem: Problem) -> Problem | None:
    """The question of a few members of which Z3 proves that no stack serves them; None where none is known."""
    for some in _samples(problem):
        try:
            found = [scout(one, MOST_STEPS) for one in some.depths]
            if not any(one.total for one in found) and all(map(proved_impossible, found)):
                return some
        except (Error, TooManyStates):  # such a question cannot be asked, or it takes too long
            continue
    return None


def _samples(problem: Problem) -> Iterator[Problem]:
    family = problem.family
    if family is None:
        return
    letters = family.some(max(map(max, SAMPLES)) + 1)
    bare = replace(Asked.of(problem), objectives=(), where=tuple(filter(_of_numbers, problem.where)))
    for places in SAMPLES:
        if places[-1] < len(letters):
            chosen = [letters[place] for place in places]
            asked = replace(bare, source=at(problem.input, chosen), target=at(problem.target, chosen))
            try:
                yield asked.problem()
            except Error:  # what is asked cannot be asked of several inputs
                continue


def _of_numbers(condition: Condition) -> bool:
    """Whether a condition can be asked of numbers: no letter stands in it."""
    if condition.named:
        return True
    try:
        return bool(Condition.read(condition.text))
    except Error:
        return False


def possible(problem: Problem, steps: int = MOST_STEPS) -> bool:
    """Whether the graphs find that a question has an answer, as far as they are carried."""
    for one in problem.depths:
        try:
            if scout(one, steps).total:
                return True
        except TooManyStates:
            return False
    return False


def parts(problem: Problem) -> Iterator[tuple[str, Problem]]:
    """The members of which some stack serves all: all but the smallest, or residues by the smallest modulus."""
    if problem.family is None:
        return
    letters = tuple(one.letter for one in problem.family.members)
    limits = [[f">= {least}"] for least in LEAST]
    residues = [[f"% {modulus} == {rest}" for rest in range(modulus)] for modulus in MODULI]
    for some in ([] if problem.relations == (NOTHING,) else limits) + residues:
        found = [(text, part) for text, part in _narrower(problem, letters, some) if _likely(part) or possible(part)]
        yield from found
        if found:
            return


def _likely(problem: Problem) -> bool:
    """Whether a question of several axes has an answer that is the same on all of them, which is soon known."""
    if problem.axes == problem.inputs or problem.tie == "all":
        return False
    try:
        return possible(replace(Asked.of(problem), tie="all").problem())
    except Error:  # not all axes can be the same
        return False


def _narrower(problem: Problem, letters: tuple[str, ...], some: Sequence[str]) -> Iterator[tuple[str, Problem]]:
    """The question for some of its members, each letter with one condition more."""
    asked = Asked.of(problem)
    for condition in some:
        texts = [f"{letter} {condition}" for letter in letters]
        narrower = replace(asked, where=(*asked.where, *(Condition.read(text, letters) for text in texts)))
        try:
            yield " and ".join(texts), narrower.problem()
        except Error:  # there is no such member
            continue


def served(problem: Problem, answered: Iterable[Answered], confirmations: Confirmations) -> Iterator[Answered]:
    """Of combinations that serve the first members of a question's family those that serve all, as Z3 proves."""
    if problem.family is None or problem.family.steady:
        yield from answered
        return
    refused = 0
    for one, solution in answered:
        if confirmations.for_all(one, solution):
            refused = 0
            yield one, solution
        else:
            refused += 1
        if refused > MOST_REFUSED:
            return
