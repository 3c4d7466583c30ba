"""What combinations come to in costs, carried backward through the graph: those labels alone that can matter."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import product
from operator import add
from typing import NamedTuple

from convsolve.answer import Solution
from convsolve.costs import field_seen
from convsolve.errors import Error, did_you_mean, shown_value
from convsolve.expansion import Settings
from convsolve.layers.base import Setting
from convsolve.listing import Node
from convsolve.skips import refuse_field
from convsolve.space.branch import Branch, Passed
from convsolve.space.ways import Run
from convsolve.tables import State

Values = tuple[int, ...]  # of the costs, all to be made small; on the way the receptive field on each axis behind them
Label = tuple[Values, int]  # with the number of a way that has them


class Cost(StrEnum):
    """What a combination may be judged by."""

    PARAMS = "params"
    MACS = "macs"
    ACTIVATIONS = "activations"
    PEAK = "peak"
    RECEPTIVE_FIELD = "receptive_field"  # summed over the axes
    OVERLAP = "overlap"  # elements that neighbouring windows share: kernel_size - stride, summed over layers and axes


OF_CHANNELS = (Cost.PARAMS, Cost.MACS, Cost.ACTIVATIONS, Cost.PEAK)


class Wish(NamedTuple):
    """A cost to be made small, or large."""

    cost: Cost
    sign: int

    @classmethod
    def read(cls, text: object) -> Wish:
        """A wish from its name; ``-macs`` is to be made large.

        Raises:
            Error: ``bad-objective``.
        """
        bare = text.strip() if isinstance(text, str) else ""
        name = bare.removeprefix("-").strip()
        if name not in list(Cost):
            raise Error("bad-objective", f"{shown_value(text)} is no cost", help=did_you_mean(name, list(Cost)))
        return cls(Cost(name), 1 if name == bare else -1)


def cost_of(solution: Solution, name: str) -> int:
    """What a combination costs, by the name of a cost; without channels those that need them are unknown.

    Example:
        >>> import convsolve as cs
        >>> solution = cs.solve("1@7x7", "1@28x28")[0]
        >>> cost_of(solution, "params"), cost_of(solution, "-receptive_field"), cost_of(solution, "overlap")
        (17, 2, 0)
    """
    cost = Wish.read(name).cost
    if cost is Cost.OVERLAP:
        windows = (layer.kind.window(setting) for layer in solution.layers for setting in layer.settings)
        return sum(max(0, window[0] - window[1]) for window in windows if window is not None)
    if cost is Cost.RECEPTIVE_FIELD:
        return sum(field_seen(solution.layers))
    value = getattr(solution.costs, cost)
    if value is None:
        raise ValueError(f"{cost} is unknown")
    return int(value)


class Budget:
    """Counts what is carried through layers."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        """Count some more; raises where it is too much."""
        self._left -= steps
        if self._left < 0:
            raise Error(
                "too-many",
                "the Pareto set takes more labels than its budget has",
                help=["give fewer costs, or narrow the limits", "give more, as in budget=100_000_000"],
            )


class Labels:
    """What the combinations of a branch come to; all axes together, as weights multiply over them.

    Args:
        branch: the combinations.
        wishes: the costs.
        most: how many of the first are looked for, by one cost; None for the Pareto set.
        budget: of steps.
    """

    def __init__(self, branch: Branch, wishes: Sequence[Wish], most: int | None, budget: Budget) -> None:
        problem = branch.problem
        cost = next((wish.cost for wish in wishes if wish.cost in OF_CHANNELS), None)
        if not problem.hanging.complete and any(problem.channels) and cost is not None:
            raise Error(
                "unsupported",
                f"{cost}: what settings and sizes make of the channels is not counted over all combinations",
                help=["say the channels behind each layer", "leave out the costs that need them"],
            )
        if not problem.hanging.complete and cost is not None:
            raise Error(
                "unknown-channels",
                f"{cost} cannot be counted without channels",
                help=["give them in front of the sizes, as in 128@4x4 3@64x64, or with channels="],
            )
        self._branch = branch
        self._wishes = wishes
        self._most = most
        self._budget = budget
        self._ways = branch.together
        self._sums = [wish for wish in wishes if wish.cost is not Cost.RECEPTIVE_FIELD]
        self._joins = [_join(wish) for wish in self._sums]
        field = next((wish.sign for wish in wishes if wish.cost is Cost.RECEPTIVE_FIELD), 0)
        if field:
            refuse_field(problem.layers, str(Cost.RECEPTIVE_FIELD))
        self._fields = [field] * (self._ways.graph.axes if field else 0)
        self._known: dict[tuple[int, Setting, int, tuple[int, int]], int] = {}

    def found(self) -> list[tuple[Values, Solution]]:
        """The values of the costs, to be made small, each with a combination that has them."""
        layers, ways = self._ways.layers, self._ways
        nodes: list[dict[Node, None]] = [dict.fromkeys(ways.sources)]
        for place in range(layers):
            nodes.append({run.out: None for node in nodes[-1] for _, run in self._runs(place, node)})
        start = (*(0 for _ in self._sums), *self._fields)
        ahead: dict[Node, list[Label]] = {node: [(start, 0)] for node in nodes[-1]}
        for place in reversed(range(layers)):
            ahead = {node: self._carried(place, node, ahead) for node in nodes[place]}
        every: list[Label] = []
        before = 0
        for node in ways.sources:
            every += [(self._values(values), before + number) for values, number in ahead[node]]
            before += ways.number(0, node)
        return [(values, self._branch.of_together(number)) for values, number in kept_of(every, self._most)]

    def _runs(self, place: int, node: Node) -> Iterator[tuple[int, Run[Passed]]]:
        """The settings that lead on from a node, each run with the number of ways before it."""
        crossing = self._ways.crossing(place, node)
        for start, group in zip(crossing.starts, crossing.groups, strict=False):
            inside = start
            for run in group.runs:
                yield inside, run
                inside += run.total

    def _carried(self, place: int, node: Node, ahead: Mapping[Node, list[Label]]) -> list[Label]:
        """The labels of a node, from those behind its layer."""
        found: dict[Values, list[int]] = {}
        for start, run in self._runs(place, node):
            labels = ahead[run.out]
            ends = [*zip(node[0], run.out[0], strict=True)]
            for settings, places in self._classes(place, run):
                self._budget.spend(len(labels) * len(places))
                parts = [self._part(wish.cost, place, settings, node[0], run.out[0]) * wish.sign for wish in self._sums]
                for values, number in labels:
                    here = found.setdefault(self._through(place, settings, parts, values, ends), [])
                    here += [start + at * run.behind + number for at in places]
        few = 1 if self._most is None else self._most
        return kept_of([(values, one) for values, some in found.items() for one in sorted(some)[:few]], self._most)

    def _classes(self, place: int, run: Run[Passed]) -> Iterator[tuple[Settings, list[int]]]:
        """The settings of a run that cost differently, each with the places of those that cost as much."""
        found: dict[object, tuple[Settings, list[int]]] = {}
        window = self._ways.graph.steps[place].layer.kind.window
        for at, settings in enumerate(product(*run.each)):
            windows = map(window, settings)
            key = tuple(
                [own if one is None else (one[0], one[1], one[3]) for own, one in zip(settings, windows, strict=True)]
            )
            places = found.setdefault(key, (settings, []))[1]
            if len(places) < (self._most or 1):
                places.append(at)
        yield from found.values()

    def _through(
        self, place: int, settings: Settings, parts: Sequence[int], values: Values, ends: Sequence[tuple[int, int]]
    ) -> Values:
        """The values in front of a layer."""
        here = [join(part, value) for join, part, value in zip(self._joins, parts, values, strict=False)]
        if not self._fields:
            return tuple(here)
        fields = zip(self._fields, settings, values[len(parts) :], ends, strict=True)
        found = (sign * self._field(place, setting, sign * value, sizes) for sign, setting, value, sizes in fields)
        return (*here, *found)

    def _field(self, place: int, setting: Setting, field: int, sizes: tuple[int, int]) -> int:
        key = (place, setting, field, sizes)
        found = self._known.get(key)
        if found is None:
            kind = self._ways.graph.steps[place].layer.kind
            found = self._known[key] = kind.receptive_field(field, setting, sizes)
        return found

    def _part(self, cost: Cost, place: int, settings: Settings, state: State, out: State) -> int:
        """What a layer adds."""
        graph, problem = self._ways.graph, self._branch.problem
        kind = graph.steps[place].layer.kind
        windows = [kind.window(setting) for setting in settings]
        if cost is Cost.OVERLAP:
            shared = [0 if window is None else max(0, window[0] - window[1]) for window in windows]
            return sum(one * len(twins) for one, twins in zip(shared, graph.component.twins, strict=True))
        sizes, hanging = (graph.elements(state), graph.elements(out)), problem.hanging
        hung = [one.cost(cost) for one in hanging.borne.get(place, ())]
        costs = [fixed + each * sizes[kind.lifts] for fixed, each in hung]
        if place not in hanging.places:
            before, after = hanging.ends(place)
            kernels = graph.elements([1 if window is None else window[0] for window in windows])
            match cost:
                case Cost.PARAMS:
                    costs.append(kind.weight_count(kernels, before, after))
                case Cost.MACS:
                    costs.append(kind.mac_count(kernels, before, after, ((sizes[0],), (sizes[1],))))
                case _:
                    costs.append(after * sizes[1])
        return max(costs, default=0) if cost is Cost.PEAK else sum(costs)

    def _values(self, values: Values) -> Values:
        """Of the costs alone, in their order."""
        sums, fields = iter(values), values[len(self._sums) :]
        twins = self._ways.graph.component.twins
        field = sum(one * len(axes) for one, axes in zip(fields, twins, strict=False))
        return tuple([field if wish.cost is Cost.RECEPTIVE_FIELD else next(sums) for wish in self._wishes])


def _join(wish: Wish) -> Callable[[int, int], int]:
    if wish.cost is Cost.PEAK:
        return max if wish.sign > 0 else min
    return add


def kept_of(labels: Sequence[Label], most: int | None) -> list[Label]:
    """The labels that matter: those that fewer than `most` others are before in every value, ties by number.

    With `most` None those that no other beats, one for each set of values.
    """
    if most is None:
        return _undominated(labels)
    if labels and len(labels[0][0]) == 1:
        return sorted(labels)[:most]
    found: list[Label] = []
    for label in sorted(labels):
        beaten = sum(all(map(int.__le__, other, label[0])) for other, _ in found)
        if beaten < most:
            found.append(label)
    return found


def _undominated(labels: Sequence[Label]) -> list[Label]:
    least: dict[Values, int] = {}
    for values, number in labels:
        if values not in least or number < least[values]:
            least[values] = number
    ordered = sorted(least)
    width = len(ordered[0]) if ordered else 0
    found: list[Values] = []
    if width <= 3:
        # what comes earlier is no larger in the first value: of the others a staircase suffices
        firsts: list[int] = []
        seconds: list[int] = []
        for values in ordered:
            _, first, second, *_ = (*values, 0, 0)
            at = bisect_right(firsts, first)
            if at and seconds[at - 1] <= second:
                continue
            found.append(values)
            start = bisect_left(firsts, first)
            end = start
            while end < len(firsts) and seconds[end] >= second:
                end += 1
            firsts[start:end] = [first]
            seconds[start:end] = [second]
    else:
        for values in ordered:
            if not any(all(map(int.__le__, other, values)) for other in found):
                found.append(values)
    return [(values, least[values]) for values in found]
