"""Which sizes can be reached at all on one axis, from a size or towards one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from convsolve.components import Component
from convsolve.graph import Course, Graph, Walk, common
from convsolve.layers.fans import AnyFan, behind
from convsolve.problem import Problem
from convsolve.tables import Table

LARGEST = 1 << 18  # sizes beyond are not looked at one by one


class Axis:
    """One axis of a question, as if it were alone."""

    def __init__(self, problem: Problem, axis: int) -> None:
        self.graph = Graph(problem, Component((axis,), ((axis,),)))
        self.source, self.target = self.graph.source[0], self.graph.target[0]
        self.fans: list[Sequence[AnyFan]] = [step.fans[0] for step in self.graph.steps]

    @property
    def possible(self) -> bool:
        """Whether the target can be reached."""
        return self.graph.total > 0

    @cached_property
    def hulls(self) -> list[range]:
        """Per position, the sizes between the smallest and the largest that come there; the largest is exact."""
        return self.graph.reach(0)

    def reached(self, most: int) -> list[list[int]]:
        """Per position the sizes that come there, of those that may still lead to sizes up to `most`."""
        walk = Walk(self._course(self.leading(range(1, most + 1), self.hulls)), counting=False)
        tables = [walk.end(0)]
        for place in range(len(self.fans)):
            tables.append(walk.forward(tables[-1], place))
        return [sizes(table) for table in tables]

    def depths(self) -> set[int]:
        """After how many of the layers the target is there."""
        within = self.leading(range(self.target, self.target + 1), self.hulls, anywhere=True)
        walk = Walk(self._course(within), counting=False)
        table, found = walk.end(0), set()
        for place in range(len(self.fans)):
            table = walk.forward(table, place)
            if (self.target,) in table:
                found.add(place + 1)
        return found

    def sources(self) -> list[Table]:
        """Per position the sizes that lead to the target, whatever the input."""
        within = self.leading(range(self.target, self.target + 1), [range(1, LARGEST)] * (len(self.fans) + 1))
        walk = Walk(self._course(within), counting=False)
        tables = [walk.end(-1)]
        for place in reversed(range(len(self.fans))):
            tables.insert(0, walk.backward(tables[0], place))
        return tables

    def leading(self, goal: range, within: Sequence[range], *, anywhere: bool = False) -> list[range]:
        """Per position, between which sizes those lie that may lead into a range, or are in it (`anywhere`)."""
        found = [common(goal, within[-1])]
        for fans, here in zip(reversed(self.fans), reversed(within[:-1]), strict=True):
            before = behind(fans, found[-1])
            found.append(common(_hull([before, goal] if anywhere else [before]), here))
        return [common(sizes, range(1, LARGEST)) for sizes in reversed(found)]

    def _course(self, within: Sequence[range]) -> Course:
        return self.graph.course()._replace(allowed=[[sizes] for sizes in within])


def sizes(table: Table) -> list[int]:
    """The sizes of a table of one axis, ascending."""
    return sorted(size for (size,) in table)


def _hull(ranges: Sequence[range]) -> range:
    some = [sizes for sizes in ranges if sizes]
    return range(min((r.start for r in some), default=1), max((r.stop for r in some), default=1))
