"""Any combination that meets all conditions, tried parameter by parameter: what breaks one of them is left at once.

Layer by layer and axis by axis each parameter takes the values of its domain: first the stride that would do if all
layers had the same, a kernel of 3, and of the paddings, which come last, the one that leads into the middle of the
sizes ahead. A condition is asked as soon as all that it speaks of has a value; of a sum, behind each layer, whether it
may still end well. Where no value is left, the choice to blame is made anew (`convsolve.backjumping`). Where that takes
long nothing is known: to find none is no proof that there is none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property, partial

from convsolve.backjumping import Choice, Passed, Test, Values, chosen
from convsolve.folds import Grounding
from convsolve.foregone import Ranges
from convsolve.graph import Graph, common, whole_graph
from convsolve.grounding import ground
from convsolve.language import Expr, names
from convsolve.language.nodes import Compare, Name, shaped
from convsolve.layers.base import Setting
from convsolve.layers.fans import AnyFan, behind
from convsolve.listing import Combination, spread
from convsolve.problem import Problem
from convsolve.prospects import Foreseen, Step, Stepped, foreseen
from convsolve.tables import State
from convsolve.variables import setting_name, size_name

# Values that are tried: the usual ones first, then small kernels first, at last within live sizes. A thousand take some
# milliseconds.
USUAL, FEW, MANY = 200, 1_000, 4_000
KERNEL = 3
EARLY = 6  # parameters that relate layers and are chosen first


def attempt(problem: Problem) -> tuple[Combination, tuple[int, ...]] | None:
    """A combination that meets the conditions, and the size of its input; None where none was found.

    Example:
        >>> from convsolve.posing import ask
        >>> problem = ask(7, 28, layers=2, where=["kernel_size[0] == kernel_size[1]", "stride == 2"])
        >>> attempt(problem)
        ((((3, 2, 0, 1, 0),), ((3, 2, 2, 1, 1),)), (7,))
    """
    graph = whole_graph(problem)
    if not all(graph.hulls[0]):
        return None
    trial = _Trial(problem, graph)
    found = trial.found(USUAL)
    if found is None:
        trial.take_small_kernels_first()
        found = trial.found(FEW)
    if found is None and graph.live[0]:
        trial.keep_to_live_sizes()
        found = trial.found(MANY)
    return found


class _Trial:
    """The values of a question in the order in which they are chosen, with what is asked of them."""

    def __init__(self, problem: Problem, graph: Graph) -> None:
        self._problem, self._graph = problem, graph
        self._choices: list[Choice] = []
        self._slots: dict[str, int] = {}  # of each variable
        self._order: dict[int, int] = {}  # of each slot, the choice that gives it a value
        self._kernels: set[int] = set()  # the slots of kernel_size
        self._orders: dict[tuple[int, int, int], list[int]] = {}
        self._values: Values = []
        self._path: list[list[list[int]]] = []  # the slots of settings, by layer with a choice and by axis
        positions = [0, *(place + 1 for place in graph.places)]
        self._sizes = [[self._slot() for _ in range(graph.axes)] for _ in positions]
        self._hulls = [[*graph.hulls[position]] for position in positions]  # narrower once early choices are made
        for slot, hull in zip(self._sizes[0], graph.hulls[0], strict=True):
            self._choices.append(Choice(slot, [*hull], []))
        for depth, place in enumerate(graph.places):
            self._path.append([])
            for axis in range(graph.axes):
                self._choose(depth, place, axis)
        self._name()
        grounding = ground(problem)
        self._early = self._relating([one.sentence for one in grounding.instances])
        late = sorted(self._choices[graph.axes :], key=lambda choice: choice.slot not in self._early)
        self._choices[graph.axes :] = late
        for number, choice in enumerate(self._choices):
            self._order[choice.slot] = number
            if choice.passed is not None:
                self._order[choice.passed.out] = number
        # likewise, of each variable
        self._known = {name: self._order[slot] for name, slot in self._slots.items()}
        if self._early:
            narrow = partial(self._narrow, {}), self._bits(self._early)
            self._choices[graph.axes + len(self._early) - 1].tests.append(narrow)
        for position, state in enumerate(graph.barred):
            if state is not None:
                depth = bisect_left(graph.places, position)
                slots = self._sizes[depth]
                self._choices[self._ends[depth]].tests.append((partial(_apart, state, slots), self._bits(slots)))
        self._ask(grounding)

    @property
    def _ends(self) -> list[int]:
        """The choices after which the sizes on all axes are known, from the input on."""
        return [max(self._order[slot] for slot in slots) for slots in self._sizes]

    def take_small_kernels_first(self) -> None:
        """Begin with the kernels that cost least, not with the most usual ones."""
        for choice in self._choices:
            if choice.slot in self._kernels:
                choice.domain.sort()

    def keep_to_live_sizes(self) -> None:
        """Ask of the sizes on all axes together whether they are on some way, as soon as they are known."""
        positions = [0, *(place + 1 for place in self._graph.places)]
        for end, slots, position in zip(self._ends, self._sizes, positions, strict=True):
            live = partial(_among, self._graph.live[position], slots), self._bits(slots)
            self._choices[end].tests.insert(0, live)

    def found(self, most: int) -> tuple[Combination, tuple[int, ...]] | None:
        """What was found when so many values were tried, at most."""
        early = self._bits(self._early)
        hangs_on = [self._bits(choice.hangs_on) | (early if choice.passed else 0) for choice in self._choices]
        return self._read() if chosen(self._choices, hangs_on, self._values, most) else None

    def _bits(self, slots: Iterable[int]) -> int:
        """The choices that give some slots their values."""
        bits = 0
        for slot in slots:
            bits |= 1 << self._order[slot]
        return bits

    def _slot(self) -> int:
        self._values.append(0)
        return len(self._values) - 1

    def _choose(self, depth: int, place: int, axis: int) -> None:
        """The parameters of a layer on one axis, the padding last."""
        kind = self._graph.steps[place].layer.kind
        slots = [self._slot() for _ in kind.axis_parameters]
        self._path[depth].append(slots)
        size, out = self._sizes[depth][axis], self._sizes[depth + 1][axis]
        passed = Passed(kind, kind.allowed, slots, size, out, self._hulls[depth + 1], axis)
        order = sorted(range(len(slots)), key=lambda number: kind.axis_parameters[number].name == "padding")
        for number in order[:-1] if order else ():
            self._choices.append(self._parameter(depth, place, axis, number))
        last = self._parameter(depth, place, axis, order[-1]) if order else Choice(self._slot(), [0], [])
        self._choices.append(last._replace(passed=passed))

    def _parameter(self, depth: int, place: int, axis: int, number: int) -> Choice:
        step, slot = self._graph.steps[place], self._path[depth][axis][number]
        name, leaders = step.layer.kind.axis_parameters[number].name, step.ties[number]
        first = leaders.index(leaders[axis])
        if name == "kernel_size":
            self._kernels.add(slot)
        key = id(step), axis, number  # alike layers take the same values in the same order
        if key not in self._orders:
            alike = [
                domains for domains, leader in zip(step.layer.domains, leaders, strict=True) if leader == leaders[axis]
            ]
            usual = {"stride": self._usual[axis], "kernel_size": KERNEL}.get(name, 0)
            values = set(alike[0][number]).intersection(*(domains[number] for domains in alike[1:]))
            self._orders[key] = sorted(values, key=lambda value: (abs(value - usual), value))
        return Choice(slot, self._orders[key], [], self._path[depth][first][number] if first < axis else None)

    @cached_property
    def _usual(self) -> list[float]:
        """On each axis, the stride that would do if all layers had the same."""
        ends = zip(self._graph.hulls[0], self._graph.hulls[-1], strict=True)
        middles = [((one[0] + one[-1]) / 2, (other[0] + other[-1]) / 2) for one, other in ends]
        return [(max(pair) / min(pair)) ** (1 / max(1, len(self._graph.places))) for pair in middles]

    def _name(self) -> None:
        """Say where each variable stands."""
        places = self._graph.places
        for axis, twins in enumerate(self._graph.component.twins):
            for twin in twins:
                for position in range(len(self._problem.layers) + 1):
                    self._slots[size_name(position, twin)] = self._sizes[bisect_left(places, position)][axis]
                for depth, place in enumerate(places):
                    for name, number in self._graph.steps[place].layer.kind.positions().items():
                        self._slots[setting_name(place, twin, name)] = self._path[depth][axis][number]

    def _relating(self, sentences: Iterable[Expr]) -> set[int]:
        """The settings that conditions relate to those of other layers otherwise than by saying that they are equal.

        They are chosen first, if they are few: what is wanted of the last layer is then known in front of it.
        """
        found: set[int] = set()
        for sentence in sentences:
            said = set(names(sentence))
            if all(name.startswith("layer.") for name in said) and len({name.split(".")[1] for name in said}) > 1:
                found |= set() if _equal(sentence) else {self._slots[name] for name in said}
        open_ones = {
            one.slot for one in self._choices if one.passed is None and one.like is None and len(one.domain) > 1
        }
        return found & open_ones if len(found & open_ones) <= EARLY else set()

    def _narrow(self, known: dict[object, tuple[AnyFan, ...]], values: Values) -> bool:
        """Whether there are sizes between those of both ends, after the early choices; they are noted."""
        graph = self._graph
        for axis in range(graph.axes):
            ahead = graph.hulls[-1][axis]
            for depth in reversed(range(len(graph.places))):
                layer = graph.steps[graph.places[depth]].layer
                slots = self._path[depth][axis]
                domains = [
                    (values[slot],) if slot in self._early else domain
                    for slot, domain in zip(slots, layer.domains[axis], strict=True)
                ]
                key = layer.kind, tuple(domains)
                if key not in known:
                    known[key] = layer.kind.fans(domains)
                ahead = common(behind(known[key], ahead), graph.hulls[graph.places[depth]][axis])
                if not ahead:
                    return False
                if depth:
                    self._hulls[depth][axis] = ahead
        return True

    def _ask(self, grounding: Grounding) -> None:
        """Have each condition asked when all that it speaks of is known, and of folds whether they may end well."""
        last = len(self._choices) - 1
        layers = [*self._graph.places, len(self._problem.layers)]
        folded: dict[str, int] = {}  # the choices that folds hang on
        for one in foreseen(grounding, Ranges(self._problem, [self._graph]), layers, self._step):
            fold, prospect = one.fold, one.prospect
            bits = known = 0
            for depth in range(1, len(layers) if prospect else 0):
                shapes = fold.shapes[layers[depth - 1] : layers[depth]]
                said = [name for shape in shapes if shape for name in shape[1]]
                bits |= self._bits([self._slots[name] for name in said])
                if said and prospect:
                    known = max(known, *(self._known[name] for name in said))
                    self._choices[known].tests.append((partial(prospect.may, depth, ()), bits))
            folded[fold.name] = self._bits([self._slots[name] for name in fold.variables])
            self._slots[fold.name], self._known[fold.name] = self._slot(), last
            self._order[self._slots[fold.name]] = last
            self._choices[last].tests.append((partial(_noted, one, self._slots[fold.name]), 0))
        for sentence in (one.sentence for one in grounding.instances):
            known = max([0, *(self._known[name] for name in names(sentence))])
            if not self._like(sentence, known):
                asked = Stepped.of(*shaped(sentence))
                bits = 0
                for name in asked.said:
                    bits |= 1 << self._known[name] | folded.get(name, 0)
                self._choices[known].tests.append((self._test(asked), bits))
                self._foresee(asked, known, bits)

    def _like(self, sentence: Expr, known: int) -> bool:
        """Whether a sentence is that two values are equal, and the latter is now chosen like the former."""
        match sentence:
            case Compare(("==",), (Name(one), Name(other))):
                choice, slots = self._choices[known], {self._slots[one], self._slots[other]}
                before = min(self._known[one], self._known[other]) < known
                if before and choice.like is None and choice.slot in slots:
                    (like,) = slots - {choice.slot}
                    self._choices[known] = choice._replace(like=like)
                    return True
        return False

    def _foresee(self, sentence: Stepped, known: int, bits: int) -> None:
        """Ask whether the last value that a sentence speaks of can still be one with which it holds."""
        last, slots = self._choices[known], [self._slots[name] for name in sentence.said]
        before = max([self._known[name] for name in sentence.said if self._slots[name] != last.slot], default=known)
        if before < known and last.slot in slots:
            at, function = slots.index(last.slot), sentence.function

            def holds_once(values: Values) -> bool:
                said = [values[slot] for slot in slots]
                return any(function(*said[:at], value, *said[at + 1 :], 0) for value in last.domain)

            self._choices[before].tests.append((holds_once, bits))

    def _test(self, sentence: Stepped) -> Test:
        function, slots = sentence.function, [self._slots[name] for name in sentence.said]
        if len(slots) == 2:
            one, other = slots
            return lambda values: function(values[one], values[other], 0)
        return lambda values: function(*[values[slot] for slot in slots], 0)

    def _step(self, step: Stepped) -> Step:
        function, slots = step.function, [self._slots[name] for name in step.said]
        return lambda _, values, behind: function(*[values[slot] for slot in slots], behind)

    def _read(self) -> tuple[Combination, tuple[int, ...]]:
        """The values as a combination."""
        values, twins = self._values, self._graph.component.twins
        nothing: tuple[Setting, ...] = ((),) * len(twins)
        path = [nothing] * len(self._problem.layers)
        for place, slots in zip(self._graph.places, self._path, strict=True):
            path[place] = tuple([tuple([values[slot] for slot in axis]) for axis in slots])
        size = [0] * self._problem.axes
        for axes, slot in zip(twins, self._sizes[0], strict=True):
            for axis in axes:
                size[axis] = values[slot]
        return spread(self._problem, [twins], [tuple(path)]), tuple(size)


def _equal(sentence: Expr) -> bool:
    return (
        isinstance(sentence, Compare)
        and all(isinstance(part, Name) for part in sentence.operands)
        and (sentence.operators == ("==",))
    )


def _among(states: Collection[State], slots: Sequence[int], values: Values) -> bool:
    return tuple([values[slot] for slot in slots]) in states


def _apart(state: State, slots: Sequence[int], values: Values) -> bool:
    return tuple([values[slot] for slot in slots]) != state


def _noted(fold: Foreseen, slot: int, values: Values) -> bool:
    """Note what a fold comes to, now that all is known."""
    values[slot] = fold.value((), values)
    return True
