"""The scout: sizes as nodes, size maps as edges with the number of settings that share them.

A state is a tuple of sizes, one for each axis of a component. All states of a position are carried through
a layer at once (`passages`), from both ends, and where they meet the ways are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from math import inf, prod
from typing import NamedTuple

from convsolve.components import AnyBundle, Component, Mixed, Step, components, together
from convsolve.errors import Error
from convsolve.filling import Layer
from convsolve.layers.base import SizeKeeping
from convsolve.layers.fans import AnyFan, ahead, behind
from convsolve.passages import AnyPassage, Passage, passage
from convsolve.problem import Problem
from convsolve.shapes import ANY_SIZE
from convsolve.sizewise import Asked, Listing, Sizes
from convsolve.tables import State, Table

MOST_STATES = 10_000_000  # that a question may begin or end with


class Graph:
    """All ways through the layers on the axes of one component.

    Attributes:
        component: the axes.
        steps: one a layer.
        sources, targets: on each axis the sizes at both ends.
        barred: per position, the state of single elements where the layer behind it refuses that.
    """

    def __init__(self, problem: Problem, component: Component) -> None:
        self.component = component
        self.sources = tuple(problem.input.sizes[axis] for axis in component.axes)
        self.targets = tuple(problem.target.sizes[axis] for axis in component.axes)
        self.steps = self._steps(problem)
        stands_for_all = sum(map(len, component.twins)) == problem.axes
        lone = (1,) * self.axes
        self.barred: list[State | None] = [
            lone if stands_for_all and problem.refuses_single(place) else None for place in range(len(self.steps))
        ]
        self.barred.append(None)

    @property
    def axes(self) -> int:
        """The number of axes in a state."""
        return len(self.component.axes)

    @cached_property
    def places(self) -> list[int]:
        """The layers with something to choose, or that change sizes; the others keep every size."""
        return [place for place, step in enumerate(self.steps) if not isinstance(step.layer.kind, SizeKeeping)]

    @property
    def source(self) -> State:
        """The input's size; raises ValueError where it is to be found."""
        return _single(self.sources)

    @property
    def target(self) -> State:
        """The target's; as `source`."""
        return _single(self.targets)

    def _steps(self, problem: Problem) -> tuple[Step, ...]:
        """One a layer, equal ones as one object."""
        axes = self.component.axes
        made: dict[tuple[int, int], Step] = {}
        known: dict[Step, Step] = {}
        found = []
        for layer, ties in zip(problem.layers, problem.ties, strict=True):
            key = id(layer), id(ties)
            if key not in made:
                domains = tuple([layer.domains[axis] for axis in axes])
                leaders = tuple([tuple([leader[axis] for axis in axes]) for leader in ties])
                step = Step(Layer(layer.kind, domains, layer.per_axis), leaders)
                made[key] = known.setdefault(step, step)
            found.append(made[key])
        return tuple(found)

    @cached_property
    def live(self) -> list[Table]:
        """Per position the states that are on some way from source to target."""
        return _live(self.narrowed)

    @cached_property
    def total(self) -> int:
        """The exact number of combinations on these axes."""
        walk = Walk(self.narrowed, counting=True)
        front, back = walk.end(0), walk.end(-1)
        for front, back in _approach(walk):  # noqa: B007 - where they meet; those before are not kept
            pass
        return front.product(back)

    @cached_property
    def totals(self) -> list[dict[State, int]]:
        """Per position the live states, each with the number of ways from there to the target."""
        walk = Walk(self.narrowed, counting=True)
        tables = [walk.end(-1).within(self.live[-1])]
        for place in reversed(range(len(self.steps))):
            tables.insert(0, walk.backward(tables[0], place, self.live[place]))
        return [dict(table.items()) for table in tables]

    @cached_property
    def narrowed(self) -> Course:
        """The course, with no sizes that are out of reach from one end or the other."""
        return self.course()._replace(allowed=self.hulls)

    @cached_property
    def hulls(self) -> list[list[range]]:
        """Per position and axis, the sizes between the smallest and the largest that may be on a way."""
        hulls = [
            _hulls([step.fans[axis] for step in self.steps], self.sources[axis], self.targets[axis])
            for axis in range(self.axes)
        ]
        return [list(sizes) for sizes in zip(*hulls, strict=True)]

    def course(self) -> Course:
        """The layers on all axes of the component, ties and all."""
        allowed = [[ANY_SIZE] * self.axes] * (len(self.steps) + 1)
        return Course([step.bundles for step in self.steps], self.sources, self.targets, allowed, self.barred)

    def alone(self, axis: int) -> Course:
        """The layers on one axis of the component, ties left out."""
        if self.axes == 1:
            return self.course()
        positions = len(self.steps) + 1
        ends = (self.sources[axis],), (self.targets[axis],)
        layers = [step.alone[axis] for step in self.steps]
        return Course(layers, *ends, [[ANY_SIZE]] * positions, [None] * positions)

    def elements(self, numbers: Sequence[int]) -> int:
        """The product over all axes of the question, those that an axis stands for included."""
        return prod(number ** len(twins) for number, twins in zip(numbers, self.component.twins, strict=True))

    def reach(self, axis: int) -> list[range]:
        """Per position, the sizes between the smallest and the largest that come there from the source."""
        return _reach([step.fans[axis] for step in self.steps], self.sources[axis])


class Course(NamedTuple):
    """Layers to be passed from one state to another.

    Attributes:
        layers: the joint size maps of each.
        sources, targets: on each axis the sizes at both ends.
        allowed: per position, the sizes that are looked at on each axis; on one of the axes, all between
            the smallest and the largest.
        barred: per position, a state that the layer behind it refuses as a whole.
    """

    layers: Sequence[Sequence[AnyBundle]]
    sources: Sequence[range]
    targets: Sequence[range]
    allowed: Sequence[Sequence[Sizes]]
    barred: Sequence[State | None]

    def end(self, position: int) -> list[Sizes]:
        """On each axis the sizes at the input (0) or the target (-1), as far as they are looked at."""
        ends = self.targets if position else self.sources
        return [
            common(sizes, here) if isinstance(here, range) else [size for size in here if size in sizes]
            for sizes, here in zip(ends, self.allowed[position], strict=True)
        ]


class Walk:
    """A course, walked with all states of a position at once."""

    def __init__(self, course: Course, *, counting: bool) -> None:
        self.course = course
        self.counting = counting
        spans = [max(map(len, sizes)) for sizes in zip(*course.allowed, strict=True)]
        self.long = spans.index(max(spans))
        self._made: dict[tuple[int, bool], list[AnyPassage]] = {}

    def end(self, position: int) -> Table:
        """The states of the input (0) or of the target (-1), where they are allowed.

        Raises:
            Error: ``too-many`` where more sizes are to be found than can be held.
        """
        sizes = self.course.end(position)
        if prod(map(len, sizes)) > MOST_STATES:
            raise Error(
                "too-many",
                f"more than {MOST_STATES:,} sizes are to be found",
                help=["narrow them, as in [32..64]x[32..64]"],
            )
        table = Table.all_of(sizes, self.long, counting=self.counting)
        barred = self.course.barred[position]
        if barred is not None:
            table.drop(barred)
        return table

    def forward(self, table: Table, place: int, only: Table | None = None) -> Table:
        """The states behind layer `place`, or those of them that are in another table."""
        return self._carried(table, place, only, forward=True)

    def backward(self, table: Table, place: int, only: Table | None = None) -> Table:
        """The states in front of layer `place`, or those of them that are in another table."""
        return self._carried(table, place, only, forward=False)

    def extent_in_front(self, table: Table, place: int) -> float:
        """How much a table comes to in front of layer `place`, if that makes any size the same; else how much it is."""
        mixed = [bundle for bundle in self.course.layers[place] if isinstance(bundle, Mixed)]
        allowed = [len(sizes) for sizes in self.course.allowed[place]]
        if mixed and max(allowed) == len(ANY_SIZE):
            return inf  # sizes that cannot be looked at one by one
        each = [prod([most for most, anything in zip(allowed, one.forgets, strict=True) if anything]) for one in mixed]
        return table.extent * max(each, default=1)

    def _carried(self, table: Table, place: int, only: Table | None, *, forward: bool) -> Table:
        bundles = self.course.layers[place]
        key = id(bundles), forward
        if key not in self._made:
            self._made[key] = [passage(bundle, self.long, forward=forward) for bundle in bundles]
        position = place + forward
        allowed = self.course.allowed[position]
        if only is not None:
            allowed = only.columns(allowed)
        passages, states = self._made[key], 1
        if any(isinstance(one, Listing) for one in passages):
            # there may be thousands of these, so what all of them need is looked up once
            behind = allowed if forward else table.columns(self.course.allowed[place + 1])
            passages = [one for one in passages if isinstance(one, Passage) or one.leads(behind)]
            states = len(table) if table.counting and forward else 1
        table = table.roomy(max(1, sum(one.growth(states) for one in passages)))
        found = table.empty()
        asked = None if forward or only is None else Asked(table, only)
        for one in passages:
            if asked is not None and isinstance(one, Listing):
                one.ask(asked, found)
            else:
                one.carry(table, found, allowed)
        barred = self.course.barred[position]
        if barred is not None:
            found.drop(barred)
        return found if only is None else found.within(only)


def meet(course: Course, most: int | None = None) -> tuple[list[Table], list[Table]]:
    """States that can be reached from the source, and states that lead to the target.

    The first list begins at the source; the second ends at the target. The last of the first and the
    first of the second are at the same position, unless `most` states were exceeded before.
    """
    front: list[Table] = []
    back: list[Table] = []
    for reached, leading in _approach(Walk(course, counting=False)):
        if not front or reached is not front[-1]:
            front.append(reached)
        if not back or leading is not back[0]:
            back.insert(0, leading)
        if most is not None and min(len(reached), len(leading)) > most:
            break
    return front, back


def _approach(walk: Walk) -> Iterator[tuple[Table, Table]]:
    """From both ends to one position: always the smaller table moves."""
    front, back = walk.end(0), walk.end(-1)
    first, last = 0, len(walk.course.layers)
    yield front, back
    while first < last:
        if front.extent <= walk.extent_in_front(back, last - 1):
            front = walk.forward(front, first)
            first += 1
        else:
            last -= 1
            back = walk.backward(back, last)
        yield front, back


def _live(course: Course) -> list[Table]:
    """Per position the states that are on some way."""
    walk = Walk(course, counting=False)
    front, back = meet(course)
    middle = len(front) - 1
    found = [front[-1].within(back[0])]
    for place in range(middle, len(course.layers)):
        found.append(walk.forward(found[-1], place, back[place - middle + 1]))
    for place in reversed(range(middle)):
        found.insert(0, walk.backward(found[0], place, front[place]))
    return found


def _reach(layers: Sequence[Sequence[AnyFan]], sources: range) -> list[range]:
    """Per position, the sizes between the smallest and the largest that may come there."""
    found = [sources]
    for fans in layers:
        found.append(common(ahead(fans, found[-1]), ANY_SIZE))
    return found


def _hulls(layers: Sequence[Sequence[AnyFan]], sources: range, targets: range) -> list[range]:
    """Per position, the sizes between the smallest and the largest that may be on a way."""
    reached = _reach(layers, sources)
    found = [common(targets, reached[-1])]
    for fans, sizes in zip(reversed(layers), reversed(reached[:-1]), strict=True):
        found.append(common(behind(fans, found[-1]), sizes))
    return found[::-1]


def common(one: range, other: range) -> range:
    """The sizes that are in both."""
    return range(max(one.start, other.start), min(one.stop, other.stop))


def _single(sizes: Sequence[range]) -> State:
    if any(len(here) != 1 for here in sizes):
        raise ValueError("the sizes are to be found")
    return tuple([here[0] for here in sizes])


def whole_graph(problem: Problem) -> Graph:
    """One graph of all axes together, for what is not chosen axis by axis."""
    return Graph(problem, together(problem))


def total(graphs: Iterable[Graph]) -> int:
    """The exact number of combinations of the whole question."""
    return prod(graph.total for graph in graphs)


def graphs(problem: Problem) -> list[Graph]:
    """One graph a component.

    Raises:
        Error: a layer refuses a single element, axes are chosen independently of each other, and all
            of them could come down to 1 there: what the graphs count would not be exact.
    """
    found = [Graph(problem, component) for component in components(problem)]
    for place, layer in enumerate(problem.layers if len(found) > 1 else ()):
        if problem.refuses_single(place) and all((1,) * graph.axes in graph.live[place] for graph in found):
            raise Error(
                "unsupported",
                f"layer {place} ({layer.kind.name}) refuses a single element, which axes that are not tied may leave",
                help=["leave --tie out, or take the layer out of the stack and give it to --norm"],
            )
    return found
