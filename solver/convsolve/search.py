"""Combinations in order, most conventional first.

Best first is exact: a partial stack is bounded by what it cost so far and by the least that the
layers to come can cost (`bounds`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import groupby, islice, takewhile
from operator import attrgetter, itemgetter
from typing import Generic, NamedTuple, TypeVar

from convsolve.along import Along
from convsolve.conditioned import Conditioned, Folded
from convsolve.expansion import Expansion, Settings
from convsolve.graph import Graph
from convsolve.listing import Combination, Path, spread
from convsolve.members import Active, Member, Members, unequal
from convsolve.potential import Potential
from convsolve.problem import Problem
from convsolve.ranking import Style, of_families, standard
from convsolve.tables import State

Item = TypeVar("Item")


class TooLong(Exception):  # noqa: N818 - no error: any other combination will do
    """The most conventional one takes more states to find than were granted."""


class Ranked(NamedTuple):
    """A path and its place in the order: score, then unequal axes, then the settings, then where it begins."""

    score: int
    unequal: int
    path: Path
    start: State


class Placed(NamedTuple):
    """A combination of the whole question, with its score and the input's size."""

    score: int
    combination: Combination
    size: tuple[int, ...]

    @property
    def place(self) -> tuple[int, int, Combination, tuple[int, ...]]:
        """What the order goes by."""
        return self.score, sum(map(unequal, self.combination)), self.combination, self.size


class _Node(NamedTuple):
    start: State
    depth: int  # layers chosen so far, of those with something to choose
    state: State
    cost: int
    previous: tuple[tuple[str, Active], ...]  # by kind: its last layer's active settings
    folded: Folded
    sizes: tuple[State, ...] = ()  # all that it passed, where conditions are asked along the way


class Listed(Generic[Item]):
    """An iterator that can be read by index, and remembers."""

    def __init__(self, source: Iterator[Item]) -> None:
        self._source = source
        self._read: list[Item] = []

    def get(self, index: int) -> Item | None:
        while len(self._read) <= index:
            following = next(self._source, None)
            if following is None:
                return None
            self._read.append(following)
        return self._read[index]


class BestFirst:
    """The paths of one component by ascending score; with a potential, by its objectives first.

    Args:
        graph: of the component.
        style: what is usual.
        expansion: the graph's edges.
        potential: what guides the search by objectives.
        conditions: those that are carried.
        along: those that are asked of each way.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that a way is held against
        self,
        graph: Graph,
        style: Style,
        expansion: Expansion,
        potential: Potential | None = None,
        conditions: Conditioned | None = None,
        along: Along | None = None,
    ) -> None:
        self.graph = graph
        self.style = style
        self.expansion = expansion
        self.along = along
        self.expanded = 0
        self.most_expanded: int | None = None  # after which `TooLong` is raised
        self.members = Members(graph, style, expansion, potential, conditions)
        if along is not None:
            self.members.columns = along.columns(graph, self.members.columns)

    def paths(self, most: int | None = None) -> Iterator[Ranked]:
        """Every path, or the first `most`, in the total order of `Ranked`."""
        if self.members.potential is not None:
            knows = self.members.potential.knows
            yield from takewhile(lambda ranked: knows(ranked.score), _Walk(self, self.members).paths(most))
            return
        told = 0
        for cap in self.members.caps():
            walk = _Walk(self, self.members.within(cap)).paths(most)
            for ranked in islice(walk, told, None):  # those told before come first again
                if ranked.score > cap:
                    break
                told += 1
                yield ranked
            if told == most:
                return

    def expand(self) -> None:
        """Count a state that is looked into, or a way of which a condition is asked."""
        self.expanded += 1
        if self.most_expanded is not None and self.expanded > self.most_expanded:
            raise TooLong


class _Walk:
    """One walk through the members of a search."""

    def __init__(self, search: BestFirst, members: Members) -> None:
        self.search = search
        self.members = members
        self._streams: dict[tuple[int, State, Folded], Listed[Member]] = {}

    def paths(self, most: int | None) -> Iterator[Ranked]:
        """The paths that lead through the members."""
        # An entry is a lower bound, in that very order, of all paths that it can still become. The
        # index keeps a node (-1) before the members of its stream, so that nothing behind it is compared.
        visits: dict[tuple[object, ...], int] = {}
        heap: list[tuple[int, int, Path, State, int, _Node]] = []
        along = self.search.along
        for state, folded, price in self.members.starts():
            if along is not None and not along.met((), (state,)):
                continue
            bound = price + self.members.bound(0, state, ()) + self.members.rest(0, state, folded)
            heap.append((bound, 0, (), state, -1, _Node(state, 0, state, price, (), folded, (state,))))
        heapify(heap)
        while heap:
            score, uneven, path, start, index, node = heappop(heap)
            if node.depth == len(self.members.places):
                yield Ranked(score, uneven, self._whole(path), start)
                continue
            stream = self._stream(node)
            if index >= 0:
                member = stream.get(index)
                if member is None:
                    continue
                onward, sizes = (*path, member.settings), self._met(node, path, member)
                if sizes is not None:
                    charge, previous = self._change(node, member)
                    cost = node.cost + member.cost + charge
                    after = _Node(start, node.depth + 1, member.out, cost, previous, member.folded, sizes)
                    entry = (node.cost + member.bound + charge, uneven + member.unequal, onward)
                    heappush(heap, (*entry, start, -1, after))
            elif most is not None and self.search.along is None:
                # whoever comes here after `most` others can only end behind them
                key = (node.depth, node.state, node.folded, node.previous)
                visits[key] = visits.get(key, 0) + 1
                if visits[key] > most:
                    continue
            following = stream.get(index + 1)
            if following is not None:
                heappush(heap, (node.cost + following.bound, uneven, path, start, index + 1, node))

    def _met(self, node: _Node, path: Path, member: Member) -> tuple[State, ...] | None:
        """The sizes that a way passes with one layer more, where any condition asks; None where one is broken."""
        along = self.search.along
        if along is None:
            return ()
        self.search.expand()
        sizes = (*node.sizes, member.out)
        return sizes if along.met((*path, member.settings), sizes) else None

    def _whole(self, path: Path) -> Path:
        graph = self.members.graph
        layers = len(graph.steps)
        if len(path) == layers:
            return path
        # layers that have nothing to choose are put back
        chosen = dict(zip(self.members.places, path, strict=True))
        nothing: Settings = ((),) * graph.axes
        return tuple(chosen.get(place, nothing) for place in range(layers))

    def _stream(self, node: _Node) -> Listed[Member]:
        key = (node.depth, node.state, node.folded)
        found = self._streams.get(key)
        if found is None:
            self.search.expand()
            found = self._streams[key] = Listed(self.members.behind(*key))
        return found

    def _change(self, node: _Node, member: Member) -> tuple[int, tuple[tuple[str, Active], ...]]:
        """The charge for settings that differ from those of the last layer of the same kind."""
        if not member.active:
            return 0, node.previous
        record = self.members.graph.steps[self.members.places[node.depth]].layer.kind.record
        charge, others = 0, []
        for kind, before in node.previous:
            if kind == record:
                for weight, was, now in zip(self.members.weights, before, member.active, strict=True):
                    charge += weight * self.members.style.change_cost(record, was, now)
            else:
                others.append((kind, before))
        return charge, (*others, (record, member.active))


def style_of(problem: Problem) -> Style:
    """What is usual where the question is asked."""
    return standard() if problem.family is None else of_families()


class ByObjectives:
    """The combinations of a question by its objectives, the most conventional first of those that are as good.

    Attributes:
        expanded: how many states were looked into.
    """

    def __init__(
        self,
        problem: Problem,
        graph: Graph,
        potentials: Iterable[Potential | None],
        conditions: Conditioned | None = None,
    ) -> None:
        self.problem = problem
        self.expanded = 0
        self._graph = graph
        self._potentials = potentials
        self._conditions = conditions

    def first(self, most: int) -> Iterator[Placed]:
        """The first `most` of them: with each potential those that no potential before it knew."""
        told, expansion, style = 0, Expansion(self._graph), style_of(self.problem)
        for potential in self._potentials:
            search = BestFirst(self._graph, style, expansion, potential, self._conditions)
            for placed in islice(conventional(self.problem, [search], most), told, most):
                told += 1
                yield placed
            self.expanded += search.expanded
            if told == most:
                return


def conventional(problem: Problem, searches: Sequence[BestFirst], most: int | None) -> Iterator[Placed]:
    """All combinations of the whole question, or the first `most`, most conventional first."""
    twins = [search.graph.component.twins for search in searches]
    if len(searches) == 1:
        for ranked in searches[0].paths(most):
            yield _placed(problem, twins, [ranked])
        return
    sums = _merged([Listed(search.paths()) for search in searches])
    for _, tied in groupby(sums, key=itemgetter(0)):
        yield from sorted((_placed(problem, twins, each) for _, each in tied), key=attrgetter("place"))


def _placed(problem: Problem, twins: Sequence[Sequence[Sequence[int]]], each: Sequence[Ranked]) -> Placed:
    size = [0] * problem.axes
    for groups, ranked in zip(twins, each, strict=True):
        for axes, number in zip(groups, ranked.start, strict=True):
            for axis in axes:
                size[axis] = number
    score = sum(ranked.score for ranked in each)
    return Placed(score, spread(problem, twins, [ranked.path for ranked in each]), tuple(size))


def _merged(lists: Sequence[Listed[Ranked]]) -> Iterator[tuple[int, list[Ranked]]]:
    """All combinations of one entry a list, by ascending sum of their scores."""

    def entry(indices: tuple[int, ...]) -> tuple[int, list[Ranked]] | None:
        found = [part for part in (one.get(index) for one, index in zip(lists, indices, strict=True)) if part]
        if len(found) < len(lists):
            return None
        return sum(ranked.score for ranked in found), found

    start = (0,) * len(lists)
    first = entry(start)
    heap = [(first[0], start, first[1])] if first else []
    seen = {start}
    while heap:
        score, indices, each = heappop(heap)
        yield score, each
        for place in range(len(indices)):
            following = (*indices[:place], indices[place] + 1, *indices[place + 1 :])
            if following not in seen and (found := entry(following)):
                seen.add(following)
                heappush(heap, (found[0], following, found[1]))
