"""Whether questions have answers, asked as long as a budget lasts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

from convsolve.answer import Solution
from convsolve.components import Component
from convsolve.conditioned import Conditioned, TooManyStates
from convsolve.errors import Error
from convsolve.first import first
from convsolve.folds import Grounding
from convsolve.graph import Graph, graphs, whole_graph
from convsolve.grounding import ground
from convsolve.objectives import COSTS, Objective
from convsolve.plain import empty, plain
from convsolve.problem import Problem
from convsolve.scouting import scout

# Of about a millisecond each, counted by the work, so that the same question has the same explanation.
CONFLICT, CHANGES, NEAREST = 600, 600, 300
STATES = 50_000  # that are carried in a millisecond
STEPS = 1_000  # of states through layers with conditions, likewise
MOST_STEPS = 100_000  # for one question
MOST_SETTINGS = 3_000  # of layers, where conditions are put to each
GLANCE = 600_000  # of Z3's units, for one question
AGREE = 100_000  # likewise, where sizes are left out
UNITS = 7_000  # of them in a millisecond
LETTERS = 10_000  # of a question's text, likewise
MOST_CASES = 1_000  # of kernels on all axes, where what costs them is written out
BOTH = ("input", "target")
_CEILING = re.compile(rf"({'|'.join(COSTS)}) *<= *([0-9.e]+)")

if TYPE_CHECKING:
    from convsolve.judge import Glance

Key = tuple[Problem, int | None, tuple[str, ...]]


class Asking:
    """Tells whether questions have answers, and what it could not tell within its budget.

    Example:
        >>> from convsolve.posing import ask
        >>> asking = Asking()
        >>> asking.answer(ask(7, 28)), asking.answer(ask(7, 29, stride=2)), Asking(0).answer(ask(7, 28))
        (True, False, None)
    """

    def __init__(self, budget: int = CONFLICT) -> None:
        self.left = budget
        self._known: dict[Key, bool | None] = {}
        self._found: dict[Problem, Solution] = {}

    def renewed(self, budget: int) -> Asking:
        """One that knows what this one was told, with a budget of its own."""
        found = Asking(budget)
        found._known, found._found = self._known, self._found
        return found

    @property
    def spent(self) -> bool:
        """Whether the budget is."""
        return self.left <= 0

    def spend(self, milliseconds: float) -> None:
        """Take some work off."""
        self.left -= 1 + int(milliseconds)

    def possible(self, problem: Problem) -> bool:
        """Whether a question is known to have an answer."""
        return self.answer(problem) is True

    def answer(self, problem: Problem, ends: Collection[str] = BOTH, axis: int | None = None) -> bool | None:
        """Whether a question has an answer; None where that is not known.

        Args:
            problem: the question.
            ends: of ``input`` and ``target`` those that hold; the other may be of any size.
            axis: the one that is looked at, with the conditions that speak of it alone; None for all.
        """
        if problem.deeper:  # lists of channels
            return any_of(self.answer(one, ends, axis) for one in problem.depths)
        key = replace(problem, objectives=()), axis, tuple(sorted(ends))
        if key not in self._known:
            if self.spent:
                return None
            try:
                self._known[key] = self._answer(plain(problem), ends, axis)
            except Error:  # a question that cannot be asked
                self._known[key] = None
        return self._known[key]

    def found(self, problem: Problem) -> Solution | None:
        """The answer that Z3 gave to a question as `plain` has it, if it did."""
        return self._found.get(problem)

    def agree(self, problem: Problem, limits: Collection[str]) -> bool | None:
        """Whether limits, ties and conditions on settings leave any setting, whatever the sizes are.

        Args:
            problem: the question.
            limits: the variables that keep to their domains; the others may be whatever torch takes.
        """
        from convsolve.judge import agree

        if problem.deeper:
            return any_of(self.agree(one, limits) for one in problem.depths)
        return None if self.spent else self._said(agree(problem, limits, AGREE))

    def _answer(self, problem: Problem, ends: Collection[str], axis: int | None) -> bool | None:
        if empty(problem):
            return False
        if axis is None and not problem.demands and len(ends) == len(BOTH):
            return self._unconditioned(problem)
        found = self._by_z3(problem, ends, axis)
        if found is not None or len(ends) < len(BOTH):
            return found
        found = self._bounded(problem) if axis is None else None
        return self._conditioned(problem, axis) if found is None else found

    def _unconditioned(self, problem: Problem) -> bool:
        found = graphs(problem)
        for graph in found:
            self.spend(sum(prod(map(len, sizes)) for sizes in graph.narrowed.allowed) / STATES)
        return first(problem, found) is not None

    def _bounded(self, problem: Problem) -> bool | None:
        """Where one cost must not exceed a number, its minimum says all."""
        ceiling = _CEILING.fullmatch(str(problem.where[0])) if len(problem.where) == 1 else None
        if ceiling is None:
            return None
        bare = replace(problem, where=())
        if not self._unconditioned(bare):
            return False
        found = scout(replace(bare, objectives=(Objective(ceiling[1], least=True),)))
        steps = steps_of(found.whole)
        if steps > MOST_STEPS:
            return None
        self.spend(steps / STEPS)
        value: int = found.cheapest.best_values[0]
        return value <= float(ceiling[2])

    def _conditioned(self, problem: Problem, axis: int | None) -> bool | None:
        if settings_of(problem) > (MOST_SETTINGS if axis is None else 10 * MOST_SETTINGS):
            return None
        grounding: Grounding = ground(problem)
        graph = whole_graph(problem)
        if axis is not None:
            grounding, graph = grounding.on(axis), Graph(problem, Component((axis,), ((axis,),)))
        steps = steps_of(graph)
        if steps > MOST_STEPS:
            return None
        self.spend(steps / STEPS)
        try:
            return Conditioned(graph, grounding, steps=MOST_STEPS).total > 0
        except TooManyStates:
            self.spend(MOST_STEPS / STEPS)
            return None

    def _by_z3(self, problem: Problem, ends: Collection[str], axis: int | None) -> bool | None:
        from convsolve.judge import glance

        cases = max(
            prod(len(domains[0]) for domains in layer.domains) for layer in problem.layers if any(layer.domains)
        )
        if axis is None and problem.axes > 1 and cases > MOST_CASES:
            return None
        seen = glance(problem, ends, GLANCE, axis)
        if seen.solution is not None:
            self._found[problem] = seen.solution
        return self._said(seen)

    def _said(self, seen: Glance) -> bool | None:
        from convsolve.judge import Verdict

        self.spend(seen.work / UNITS + seen.letters / LETTERS)
        return None if seen.verdict == Verdict.UNKNOWN else seen.verdict == Verdict.SAT


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """Whether one is true; None where one may be."""
    unknown = False
    for found in answers:
        if found:
            return True
        unknown = unknown or found is None
    return None if unknown else False


def settings_of(problem: Problem) -> int:
    """How many settings the layers have on one axis, alike ones counted once."""
    return sum(max(prod(map(len, axis)) for axis in layer.domains) for layer in dict.fromkeys(problem.layers))


def steps_of(graph: Graph) -> int:
    """From how many states to how many the layers lead at most: a measure of what it takes to look at all of them."""
    live = [len(states) for states in graph.live]
    return sum(one * other for one, other in pairwise(live))
