"""Sequences of sizes, numbered, with the combinations that pass through each: for draws that are even over them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import prod
from typing import Any

from convsolve.answer import Solution
from convsolve.errors import Error
from convsolve.expansion import Settings
from convsolve.space.branch import Branch
from convsolve.space.branches import Branches
from convsolve.space.draws import Draws
from convsolve.space.ways import Way, Ways
from convsolve.tables import State


class Trajectories:
    """The sequences of states of one component, in ascending order.

    Raises:
        Error: ``unsupported`` where conditions relate layers: which sequences they leave is not counted.
    """

    def __init__(self, ways: Ways[Any]) -> None:
        if not ways.plain:
            raise Error(
                "unsupported",
                "conditions that relate layers leave sequences of sizes that are not counted exactly",
                help=["draw with strategy='uniform'", "leave out conditions on several layers"],
            )
        self._ways = ways
        self._outs: dict[tuple[int, State], list[State]] = {}
        self._counts: list[dict[State, int]] = [dict.fromkeys(ways.graph.live[-1], 1)]
        for place in reversed(range(ways.layers)):
            ahead = self._counts[0]
            self._counts.insert(
                0, {state: sum(ahead[out] for out in self.outs(place, state)) for state in ways.graph.live[place]}
            )
        self.total = sum(self._counts[0].values())

    def outs(self, place: int, state: State) -> list[State]:
        """The states that a layer leads to, and from which a way leads on, ascending."""
        found = self._outs.get((place, state))
        if found is None:
            ways = self._ways
            some = {
                out
                for choice, out in ways.expansion.groups(place, state)
                if ways.number(place + 1, (out, ())) and all(ways.leading(place, choice, state, out))
            }
            found = self._outs[place, state] = sorted(some)
        return found

    def states(self, number: int) -> list[State]:
        """The sequence with a number."""
        found: list[State] = []
        some = sorted(self._ways.graph.live[0])
        for place in range(self._ways.layers + 1):
            for state in some:
                count = self._counts[place][state]
                if number < count:
                    break
                number -= count
            found.append(state)
            if place < self._ways.layers:
                some = self.outs(place, state)
        return found

    def settings(self, states: list[State]) -> list[list[Settings]]:
        """The settings of each layer that lead through a sequence."""
        return [[*self._ways.between(place, *ends)] for place, ends in enumerate(pairwise(states))]


def even(branches: Branches, seed: int) -> Iterator[Solution]:
    """All combinations: round by round one of each sequence of sizes that has any left, both in random order."""
    each = [(branch, [Trajectories(part) for part in branch.parts]) for branch in branches if branch.total]
    totals = [prod(one.total for one in trajectories) for _, trajectories in each]
    left: dict[int, Iterator[Solution]] = {}
    order: Iterator[int] = Draws(seed).distinct(sum(totals))
    while True:
        again = []
        for number in order:
            if number not in left:
                left[number] = _through(each, totals, number, seed)
            solution = next(left[number], None)
            if solution is not None:
                again.append(number)
                yield solution
        if not again:
            return
        order = iter(again)


def _through(
    each: list[tuple[Branch, list[Trajectories]]], totals: list[int], number: int, seed: int
) -> Iterator[Solution]:
    """The combinations of one sequence of sizes, in random order."""
    draws = Draws.of(seed, number)
    for (branch, trajectories), total in zip(each, totals, strict=True):
        if number >= total:
            number -= total
            continue
        parts: list[tuple[State, list[list[Settings]]]] = []
        for one in reversed(trajectories):
            number, own = divmod(number, one.total)
            states = one.states(own)
            parts.insert(0, (states[0], one.settings(states)))
        lists = [settings for _, layers in parts for settings in layers]
        for which in draws.distinct(prod(map(len, lists))):
            chosen, rest = [], which
            for settings in lists:
                rest, at = divmod(rest, len(settings))
                chosen.append(settings[at])
            layers = len(branch.problem.layers)
            ways = [
                Way(state, tuple(chosen[part * layers : (part + 1) * layers])) for part, (state, _) in enumerate(parts)
            ]
            yield branch.assembled(ways)
        return
