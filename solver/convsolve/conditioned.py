"""The graph of a question with conditions: beside its sizes a state carries what each fold comes to behind it.

All axes move together. Conditions on single layers leave settings and sizes out. Folds are carried
backward from the target, and at the input the conditions on them are asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import NamedTuple

from convsolve.collecting import seldom
from convsolve.crossing import Known, Leading, Source, crossings, nested
from convsolve.folds import BEHIND, Grounding
from convsolve.graph import Graph
from convsolve.language import compiled, names
from convsolve.language.nodes import Name, renamed
from convsolve.layers.base import Setting
from convsolve.layers.maps import SizeMap
from convsolve.plans import Plan, plan
from convsolve.ranking import STYLE_BITS
from convsolve.spans import Within, span_of
from convsolve.tables import State
from convsolve.variables import setting_name, size_name

Folded = tuple[int, ...]  # what each fold comes to
Bound = Callable[..., int]  # of k (what is known of the settings, an axis), i and o (sizes), f (folds behind)
ARGUMENTS = ("k", "i", "o", "f")


LARGEST_FAN = 100_000  # sizes that lead to one, looked at one by one
MOST_STEPS = 20_000_000  # of states through layers; some twenty seconds
SOON_STEPS = 3_000_000
MANY_STEPS = MOST_STEPS // 10
SOME_STEPS = MANY_STEPS // 40


class TooManyStates(Exception):  # noqa: N818 - no error: Z3 is asked instead
    """What the conditions say of a question has too many cases to be carried."""


class _Reads(NamedTuple):
    """What conditions and folds read of one layer.

    Attributes:
        parameters: the positions of the parameters that they read, the same on each axis.
        alone: per axis, sentences about what is known of its setting alone.
        together: sentences about several axes, or about sizes too.
        across: sentences about what folds are behind it, too.
        steps: how each fold goes on.
    """

    parameters: tuple[int, ...]
    alone: tuple[tuple[Bound, ...], ...]
    together: tuple[Bound, ...]
    across: tuple[Bound, ...]
    steps: tuple[Bound | None, ...]


class Conditioned:
    """All ways through the layers that meet the conditions of a question.

    Args:
        graph: the question without them, all axes together.
        grounding: the conditions.
        kernels: whether the kernels of settings must be known, whatever the conditions read.
        steps: after how many `TooManyStates` is raised.
    """

    def __init__(self, graph: Graph, grounding: Grounding, *, kernels: bool = False, steps: int = MOST_STEPS) -> None:
        self.graph = graph
        self._always = ("kernel_size",) if kernels else ()
        found = plan(grounding, len(graph.steps))
        self.folds = found.folds
        self._remembers = found.remembers
        places = {axis: place for place, twins in enumerate(graph.component.twins) for axis in twins}
        self._reads = [self._read(place, found, places) for place in range(len(graph.steps))]
        order = {fold.name: Name(f"f[{number}]") for number, fold in enumerate(self.folds)}
        self._final = [compiled(renamed(sentence, order), ("f",)) for sentence in found.final]
        self._numbers = [compiled(renamed(number, order), ("f",)) for number in found.numbers]
        across = [*(sentence for some in found.across.values() for sentence in some), *found.numbers]
        self._spans = [span_of(fold, found.final, across) for fold in self.folds]
        # layers of which the same is asked share what is found out of them
        seen: dict[tuple[int, _Reads], int] = {}
        each = enumerate(zip(graph.steps, self._reads, strict=True))
        self._alike = [seen.setdefault((id(step), reads), place) for place, (step, reads) in each]
        self._known_sources: dict[tuple[int, int, int, int], list[Source]] = {}
        self._steps_left = steps
        self._beyond = max(0, MOST_STEPS - steps) if steps >= SOON_STEPS else 0  # steps that others would take, too
        self._steps_before = 0  # of the layer that was carried last
        self._known_settings: dict[tuple[int, int, int], dict[SizeMap, Counter[Known]]] = {}
        self._onward: dict[tuple[int, State, State, tuple[Known, ...]], dict[Folded, list[Folded]]] = {}

    @property
    def total(self) -> int:
        """The exact number of combinations."""
        return sum(sum(here.values()) for here in self.counts[0].values())

    def numbers(self, folded: Folded) -> tuple[int, ...]:
        """What objectives come to that are no sums of what layers cost, to be made small; by the folds in all."""
        return tuple([number(folded) for number in self._numbers])

    def at_start(self, folded: Folded) -> int:
        """What that puts a way behind others, where there are no other objectives: more than any style."""
        return self._ranks[self.numbers(folded)] << STYLE_BITS

    @cached_property
    def _ranks(self) -> dict[tuple[int, ...], int]:
        every = {self.numbers(folded) for _, folded in self.starts}
        return {numbers: rank for rank, numbers in enumerate(sorted(every))}

    @property
    def starts(self) -> list[tuple[State, Folded]]:
        """The states of the input with what the folds may come to in all, in ascending order."""
        return sorted((state, folded) for state, here in self.counts[0].items() for folded in here)

    @cached_property
    def columns(self) -> list[list[set[int]]]:
        """Per position and axis the sizes from which conditions can be met."""
        return [[{state[axis] for state in states} for axis in range(self.graph.axes)] for states in self.counts]

    @cached_property
    @seldom
    def counts(self) -> list[dict[State, dict[Folded, int]]]:
        """Per position and size what the folds may come to behind it, each with the number of ways to the target."""
        start = tuple(fold.start for fold in self.folds)
        found: list[dict[State, dict[Folded, int]]] = [{state: {start: 1} for state in self.graph.live[-1]}]
        for place in reversed(range(len(self.graph.steps))):
            found.insert(0, self._carried(place, found[0]))
        for state, ends in [*found[0].items()]:
            met = {folded: ways for folded, ways in ends.items() if all(final(folded) for final in self._final)}
            found[0][state] = met
            if not met:
                del found[0][state]
        return found

    def onward(self, place: int, state: State, settings: Sequence[Setting], out: State, folded: Folded) -> list[Folded]:
        """What the folds may come to behind a layer, if with these settings it may be passed at all."""
        known = tuple([self.read_of(place, setting) for setting in settings])
        key = (place, state, out, known)
        found = self._onward.get(key)
        if found is None:
            found = {}
            if self._passes(place, known, state, out):
                for before, behind in self._folded(place, known, state, out, self.counts[place + 1].get(out, ())):
                    found.setdefault(before, []).append(behind)
            self._onward[key] = found  # whole, as other threads may look
        return found.get(folded, [])

    @cached_property
    def separate(self) -> bool:
        """Whether each condition speaks of one setting alone, so that nothing is carried."""
        return not self.folds and not any(reads.together or reads.across for reads in self._reads)

    def allows(self, place: int, axis: int, setting: Setting) -> bool:
        """Whether a setting meets the conditions that speak of nothing else."""
        known = {axis: self.read_of(place, setting)}
        return all(one(known, (), (), 0) for one in self._reads[place].alone[axis])

    def read_of(self, place: int, setting: Setting) -> Known:
        """What conditions read of a setting."""
        return tuple([setting[position] for position in self._reads[place].parameters])

    def folds_of(self, path: Sequence[Sequence[Setting]], states: Sequence[State]) -> list[Folded] | None:
        """What the folds come to at each position of a way through these states; None where a condition is not met."""
        found: list[Folded] = [tuple(fold.start for fold in self.folds)]
        for place in reversed(range(len(path))):
            known = tuple([self.read_of(place, setting) for setting in path[place]])
            state, out = states[place : place + 2]
            if out not in self.counts[place + 1] or not self._passes(place, known, state, out):
                return None
            before = next((before for before, _ in self._folded(place, known, state, out, found[:1])), None)
            if before is None:
                return None
            found.insert(0, before)
        return found

    def passages(self, place: int) -> Iterator[tuple[State, tuple[Known, ...], State]]:
        """The ways through a layer, by what is known of the settings."""
        return ((state, known, out) for out, edges in self._edges[place].items() for state, known, _ in edges)

    def kernels(self, place: int, known: tuple[Known, ...]) -> list[int]:
        """The kernels in what is known of settings, an axis."""
        position = self.graph.steps[place].layer.kind.positions()["kernel_size"]
        at = self._reads[place].parameters.index(position)
        return [one[at] for one in known]

    def folded(self, place: int, known: tuple[Known, ...], state: State, out: State) -> Iterator[tuple[Folded, Folded]]:
        """What the folds come to in front of a passage and, with each, behind it."""
        return self._folded(place, known, state, out, self.counts[place + 1].get(out, ()))

    def _carried(self, place: int, ahead: Mapping[State, Mapping[Folded, int]]) -> dict[State, dict[Folded, int]]:
        found: dict[State, dict[Folded, int]] = {}
        steps = sum(len(edges) * len(ahead.get(out, ())) for out, edges in self._edges[place].items())
        self._spend(steps)
        self._foresee(place, steps)
        for out, edges in self._edges[place].items():
            foldeds = ahead.get(out, {})
            for state, known, ways in edges if foldeds else ():
                here = found.setdefault(state, {})
                for folded, behind in self._folded(place, known, state, out, foldeds):
                    here[folded] = here.get(folded, 0) + ways * foldeds[behind]
        return found

    def _folded(
        self, place: int, known: tuple[Known, ...], state: State, out: State, behinds: Iterable[Folded]
    ) -> Iterator[tuple[Folded, Folded]]:
        """What the folds come to in front of a layer, by what they come to behind it, as far as that can end well."""
        steps, across = self._steps(place, known, state, out), self._reads[place].across
        if steps is None:
            return
        for behind in behinds:
            if across and not all(one(known, state, out, behind) for one in across):
                continue
            folded = [step(value) for step, value in zip(steps, behind, strict=True)]
            ended = tuple([value for value in folded if value is not None])
            if len(ended) == len(folded):
                yield ended, behind

    def _foresee(self, place: int, steps: int) -> None:
        """Give up before a layer that takes long, where those in front of it would take longer than there is time for.

        There are most cases in the middle: until there each layer is taken to add as much as this one did, and those in
        front of it to need half as much each. The next one is taken to need a tenth of what it would by the growth so
        far; where what layers chose is remembered until another one asks, the next two are.
        """
        before, self._steps_before = self._steps_before, steps
        growth = steps // max(before, 1)
        middle = len(self.graph.steps) // 2
        climb = max(0, place - middle)
        most = steps + max(0, steps - before) * climb
        ahead = (steps + most) // 2 * climb + most * min(place, middle) // 2
        soon = steps * growth**2 if self._remembers else steps * growth
        if (
            self.folds
            and steps > SOME_STEPS
            and place > 1
            and max(10 * ahead, soon) > 10 * (self._steps_left + self._beyond)
        ):
            raise TooManyStates

    def _spend(self, steps: int) -> None:
        self._steps_left -= steps
        if self._steps_left < 0:
            raise TooManyStates

    @cached_property
    def _edges(self) -> list[dict[State, list[tuple[State, tuple[Known, ...], int]]]]:
        """Per layer and size behind it, the sizes in front with what is known of the settings between, and how many."""
        found, live = [], self.graph.live
        nests = [nested(states) for states in live]
        for place, step in enumerate(self.graph.steps):
            together = self._reads[place].together
            edges: dict[State, Counter[tuple[State, tuple[Known, ...]]]] = {out: Counter() for out in live[place + 1]}
            for number, _ in enumerate(step.choices):
                sources = [partial(self._leading, place, number, axis) for axis in range(self.graph.axes)]
                for out, state, known, ways in crossings(nests[place], nests[place + 1], sources, self._spend):
                    if all(one(known, state, out, 0) for one in together):
                        edges[out][state, known] += ways
            found.append({out: [(*edge, ways) for edge, ways in some.items()] for out, some in edges.items()})
        return found

    @cached_property
    def _fronts(self) -> list[list[dict[State, tuple[int, int]]]]:
        """Per fold that is to lie in a span and position, the least and the most that comes in front of each size."""
        return [[] if span is None else self._front(number) for number, span in enumerate(self._spans)]

    def _front(self, number: int) -> list[dict[State, tuple[int, int]]]:
        found = [dict.fromkeys(self.graph.live[0], (0, 0))]
        for place, by_out in enumerate(self._edges):
            step, before = self._reads[place].steps[number], found[-1]
            here: dict[State, tuple[int, int]] = {}
            for out, edges in by_out.items():
                lows, highs = [], []
                for state, known, _ in edges:
                    if state in before:
                        part = 0 if step is None else step(known, state, out, 0)
                        lows.append(before[state][0] + part)
                        highs.append(before[state][1] + part)
                if lows:
                    here[out] = (min(lows), max(highs))
            found.append(here)
        return found

    def _leading(self, place: int, choice: int, axis: int) -> Leading:
        """On one axis, the sizes that lead to each behind a layer, if there are any."""
        every = {size: self._sources(place, choice, axis, size) for size in self._columns[place + 1][axis]}
        return {size: some for size, some in every.items() if some}

    def _sources(self, place: int, choice: int, axis: int, size: int) -> list[Source]:
        """The sizes that lead to one, by what is known of the settings, each with the number of settings."""
        key = (self._alike[place], choice, axis, size)
        every = self._known_sources.get(key)
        if every is None:
            found: Counter[tuple[int, Known]] = Counter()
            for size_map, settings in self._settings(self._alike[place], choice, axis).items():
                # what any size leads to is looked at for those within reach alone
                sources = size_map.into(size)
                for source in (
                    sources if len(sources) <= LARGEST_FAN else [one for one in self._within[axis] if one in sources]
                ):
                    for known, count in settings.items():
                        found[source, known] += count
            every = self._known_sources[key] = [(source, known, count) for (source, known), count in found.items()]
        live = self._columns[place][axis]
        return [one for one in every if one[0] in live]

    @cached_property
    def _within(self) -> list[set[int]]:
        """On each axis all sizes that are on some way, wherever."""
        return [set().union(*(columns[axis] for columns in self._columns)) for axis in range(self.graph.axes)]

    @cached_property
    def _columns(self) -> list[list[set[int]]]:
        return [[{state[axis] for state in live} for axis in range(self.graph.axes)] for live in self.graph.live]

    def _settings(self, place: int, choice: int, axis: int) -> dict[SizeMap, Counter[Known]]:
        """The settings of one axis that meet its own conditions, by size map and by what is read of them."""
        key = (place, choice, axis)
        found = self._known_settings.get(key)
        if found is None:
            found = {}
            step, reads = self.graph.steps[place], self._reads[place]
            for setting in step.layer.kind.settings(step.choices[choice][axis]):
                known = tuple([setting[position] for position in reads.parameters])
                if all(one({axis: known}, (), (), 0) for one in reads.alone[axis]):
                    found.setdefault(step.layer.kind.size_map(setting), Counter())[known] += 1
            self._known_settings[key] = found
        return found

    def _passes(self, place: int, known: tuple[Known, ...], state: State, out: State) -> bool:
        reads = self._reads[place]
        return all(one(known, state, out, 0) for axis in reads.alone for one in axis) and all(
            one(known, state, out, 0) for one in reads.together
        )

    def _steps(
        self, place: int, known: tuple[Known, ...], state: State, out: State
    ) -> list[Within | Callable[[int], int]] | None:
        """How each fold goes on through a layer, from behind it to its front; None where none can end as it must."""
        found: list[Within | Callable[[int], int]] = []
        for number, (step, span) in enumerate(zip(self._reads[place].steps, self._spans, strict=True)):
            if span is not None:
                front = self._fronts[number][place].get(state)
                if front is None:
                    return None
                found.append(span.within(0 if step is None else step(known, state, out, 0), *front))
            else:
                found.append(_same if step is None else partial(step, known, state, out))
        return found

    def _read(self, place: int, found: Plan, places: Mapping[int, int]) -> _Reads:
        kind = self.graph.steps[place].layer.kind
        steps = [fold.steps[place] for fold in self.folds]
        within, across = found.within.get(place, ()), found.across.get(place, ())
        said = {name for part in (*within, *across, *steps) if part for name in names(part)}
        variables = {
            setting_name(place, axis, parameter): (at, position)
            for axis, at in places.items()
            for parameter, position in kind.positions().items()
        }
        read = {variables[name][1] for name in said if name in variables}
        parameters = tuple(sorted(read | {kind.positions()[n] for n in self._always if n in kind.positions()}))
        terms = {fold.name: Name(f"f[{number}]") for number, fold in enumerate(self.folds)}
        for axis, at in places.items():
            terms |= {size_name(place, axis): Name(f"i[{at}]"), size_name(place + 1, axis): Name(f"o[{at}]")}
        for name, (at, position) in variables.items():
            if position in parameters:
                terms[name] = Name(f"k[{at}][{parameters.index(position)}]")
        alone: list[list[Bound]] = [[] for _ in range(self.graph.axes)]
        together: list[Bound] = []
        for sentence in within:
            here = set(names(sentence))
            axes = {variables[name][0] for name in here & variables.keys()}
            own = len(axes) == 1 and here <= variables.keys()
            (alone[axes.pop()] if own else together).append(compiled(renamed(sentence, terms), ARGUMENTS))
        related = tuple(compiled(renamed(sentence, terms), ARGUMENTS) for sentence in across)
        bounds = tuple(
            None if step is None else compiled(renamed(step, terms | {BEHIND.name: Name("f")}), ARGUMENTS)
            for step in steps
        )
        return _Reads(parameters, tuple(map(tuple, alone)), tuple(together), related, bounds)


def _same(value: int) -> int:
    return value
