"""What sizes a way can have, as two chains of sets, and the small questions that prove it.

The first chain begins with the input, and each layer leads from a set into the next; the second ends
with the target, and each set can be entered from the one before it only. Where the chains meet, a size
must be in both. The sets come from the graph, but nothing is believed: each question is about one
layer, and all of them must be unsatisfiable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import NamedTuple

from convsolve.components import Component
from convsolve.encoding import Encoding, Sentence, among, encode_layer, within
from convsolve.graph import Course, Graph, meet
from convsolve.language.smtlib import conjunction
from convsolve.problem import Problem
from convsolve.tables import State, Table
from convsolve.variables import size_name

Step = tuple[Encoding, tuple[str, ...]]

MOST_STATES = 20_000  # a set of sizes larger than this is no help in a proof


class Chains(NamedTuple):
    """Both chains on some axes.

    Attributes:
        axes: those of the question that the states are about.
        front, back: sets of states; the last of the one and the first of the other are at one position.
        lone: whether the axes stand for all, so that a layer that refuses single elements refuses them.
    """

    axes: tuple[int, ...]
    front: Sequence[Table]
    back: Sequence[Table]
    lone: bool

    @property
    def apart(self) -> bool:
        """Whether no state is in both where they meet: then there is no way."""
        return not self.front[-1].within(self.back[0])


def follow(axes: tuple[int, ...], course: Course) -> Chains | None:
    """The chains that a course has; None where their sets grow too large."""
    if any(prod(map(len, course.end(position))) > MOST_STATES for position in (0, -1)):
        return None
    front, back = meet(course, most=MOST_STATES)
    complete = len(front) + len(back) == len(course.layers) + 2
    return Chains(axes, front, back, any(course.barred)) if complete else None


def impossible(problem: Problem, chains: Chains) -> Iterator[Step]:
    """That the chains are right, and do not meet."""
    yield from _right(problem, chains)
    middle = len(chains.front) - 1
    yield _at(chains, middle, [_in(chains, chains.front[-1], middle), _in(chains, chains.back[0], middle)])


class Narrowing(NamedTuple):
    """The sizes that are on some way, each axis seen by itself.

    Attributes:
        chains: from which they follow.
        live: per position; empty where there is no way.
    """

    chains: Chains
    live: Sequence[Table]

    def sentences(self) -> Iterator[Sentence]:
        """That each size is one of them."""
        (axis,) = self.chains.axes
        for position, states in enumerate(self.live):
            name = size_name(position, axis)
            yield Sentence(f"{name}.live", among(sorted(states), [name]), f"axis {axis}: the sizes on some way")

    def steps(self, problem: Problem) -> Iterator[Step]:
        """That they are right."""
        chains, live = self
        yield from _right(problem, chains)
        middle = len(chains.front) - 1
        both = [_in(chains, chains.front[-1], middle), _in(chains, chains.back[0], middle)]
        yield _at(chains, middle, [*both, _out(chains, live[middle], middle)])
        for place in range(len(problem.layers)):
            here, ahead = _in(chains, live[place], place), _in(chains, live[place + 1], place + 1)
            if place < middle:
                passes = _in(chains, chains.front[place], place), f"(not {here})", ahead
            else:
                passes = here, _in(chains, chains.back[place + 1 - middle], place + 1), f"(not {ahead})"
            yield encode_layer(problem, place, chains.axes, lone=chains.lone), passes


def narrow(problem: Problem, axis: int) -> Narrowing | None:
    """The sizes that one axis can have, whatever is chosen on the others; None where they are too many."""
    graph = Graph(problem, Component((axis,), ((axis,),)))
    chains = follow((axis,), graph.course())
    return Narrowing(chains, graph.live) if chains else None


def _right(problem: Problem, chains: Chains) -> Iterator[Step]:
    """That every way keeps to the chains: the sets come from the graph, their ends from the question itself."""
    axes, front, back, lone = chains
    last, middle = len(problem.layers), len(front) - 1
    starts = conjunction([within(size_name(0, axis), problem.input.sizes[axis]) for axis in axes])
    ends = conjunction([within(size_name(last, axis), problem.target.sizes[axis]) for axis in axes])
    yield encode_layer(problem, 0, axes, lone=lone), (starts, _out(chains, front[0], 0))
    yield _at(chains, last, [ends, _out(chains, back[-1], last)])
    for place in range(middle):
        leaves = _in(chains, front[place], place), _out(chains, front[place + 1], place + 1)
        yield encode_layer(problem, place, axes, lone=lone), leaves
    for place in range(middle, last):
        ahead = place - middle
        enters = _out(chains, back[ahead], place), _in(chains, back[ahead + 1], place + 1)
        yield encode_layer(problem, place, axes, lone=lone), enters


def _names(chains: Chains, position: int) -> list[str]:
    return [size_name(position, axis) for axis in chains.axes]


def _in(chains: Chains, states: Iterable[State], position: int) -> str:
    return among(sorted(states), _names(chains, position))


def _out(chains: Chains, states: Iterable[State], position: int) -> str:
    return f"(not {_in(chains, states, position)})"


def _at(chains: Chains, position: int, terms: Iterable[str]) -> Step:
    """A question about a position, and no layer."""
    return Encoding(tuple(_names(chains, position)), (), {}), tuple(terms)
