"""That nothing is better than an optimum, as small questions that must all be unsatisfiable.

A potential says, for each size in front of a layer, what the rest of a way costs at least. It is right
if no layer contradicts it: wherever a layer leads from one size to another, its own price and the
potential behind it come to at least the potential in front. By induction from the target, no way costs
less than the potential of the input; since the answer costs just that, ``cost < answer`` is
unsatisfiable. Each step is about one layer, so a proof is as long as the stack is deep.

Many potentials prove this; the one taken is short. Within the hulls of the graph it is the outlook, a floor
and a line over the elements; only the few states that a cheaper way could pass for all that the outlook
knows have a number of their own, the optimum less what it costs to come there. Outside the hulls, from
where nothing leads to the target, it is the optimum less what the layers in front cost at least, and
nowhere is it more than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import NamedTuple

from convsolve.cheapest import Cheapest
from convsolve.encoding import Encoding, encode_layer
from convsolve.language.smtlib import conjunction, disjunction, numeral
from convsolve.outlook import Line
from convsolve.prices import Terms
from convsolve.problem import Problem
from convsolve.ranking import STYLE_BITS
from convsolve.tables import State
from convsolve.variables import setting_name, size_name

Step = tuple[Encoding, tuple[str, ...]]
PRICE = "price"


class _Side(NamedTuple):
    """What is said of the state in front of a layer, or of the one behind it."""

    rest: str
    outlook: str
    elements: str


IN, OUT = (_Side(f"rest.{side}", f"outlook.{side}", f"elements.{side}") for side in ("in", "out"))


class _Axis(NamedTuple):
    """An axis that stands for several, with the sizes of its hull."""

    name: str
    power: int
    sizes: range


def steps(problem: Problem, cheapest: Cheapest) -> Iterator[Step]:
    """One question a layer, from the last to the first; each must be unsatisfiable."""
    return map(_Certificate(problem, cheapest).step, reversed(range(len(problem.layers))))


class _Certificate:
    def __init__(self, problem: Problem, cheapest: Cheapest) -> None:
        self.problem = problem
        self.cheapest = cheapest
        self.graph = cheapest.graph
        self.optimum = cheapest.optimum >> STYLE_BITS
        axes = range(self.graph.axes)
        self.reach = list(zip(*(self.graph.reach(axis) for axis in axes), strict=True))
        # per position, the most that the potential is
        self.most = [self.optimum]
        for place in range(len(problem.layers)):
            self.most.append(self.most[-1] - self._least(place))

    def step(self, place: int) -> Step:
        """That a layer does not contradict the potential."""
        layer = encode_layer(self.problem, place, range(self.problem.axes), lone=True)
        terms = [f"(= {PRICE} {self._price(place)})", self._reached(place)]
        terms += [*self._side(place, place, IN), *self._side(place, place + 1, OUT)]
        wrong = [f"(not {self._reached(place + 1)})", f"(< (+ {PRICE} {OUT.rest}) {IN.rest})"]
        return layer._replace(variables=(*layer.variables, PRICE, *IN, *OUT)), (*terms, disjunction(wrong))

    def _least(self, place: int) -> int:
        """The least that a layer can cost, wherever sizes have come to."""
        inside, outside = self.reach[place], self.reach[place + 1]
        return min(
            terms.at(self._farthest(inside, terms.per_input), self._farthest(outside, terms.per_output))
            for terms in self._extremes(place)
        )

    def _extremes(self, place: int) -> list[Terms]:
        """The prices of a layer with its smallest and with its largest kernel."""
        prices = self.cheapest.prices
        return [self._terms(place, kernel) for kernel in dict.fromkeys(prices.kernels(place))]

    def _terms(self, place: int, kernel: int) -> Terms:
        return Terms(*(number >> STYLE_BITS for number in self.cheapest.prices.terms(place, kernel)))

    def _farthest(self, reach: Sequence[range], coefficient: int) -> int:
        """How many elements make the price least, of all states within reach."""
        return self.graph.elements([sizes[0 if coefficient > 0 else -1] if sizes else 0 for sizes in reach])

    def _names(self, position: int) -> list[str]:
        return [size_name(position, axis) for axis in self.graph.component.axes]

    def _reached(self, position: int) -> str:
        """That sizes are within reach of the input, and equal on axes that stand for each other."""
        terms = [self._inside(position, self.reach[position])]
        for name, axis, twins in zip(
            self._names(position), self.graph.component.axes, self.graph.component.twins, strict=True
        ):
            terms += [f"(= {name} {size_name(position, twin)})" for twin in twins if twin != axis]
        return conjunction(terms)

    def _inside(self, position: int, spans: Sequence[range]) -> str:
        return conjunction(
            [
                f"(<= {sizes[0]} {name} {sizes[-1]})" if sizes else "false"
                for name, sizes in zip(self._names(position), spans, strict=True)
            ]
        )

    def _side(self, place: int, position: int, side: _Side) -> Iterator[str]:
        """The elements of a state beside a layer, and the potential there."""
        hull, most = self.graph.hulls[position], self.most[position]
        within = self._inside(position, hull)

        def hulled(term: str, other: int) -> str:
            return term if list(self.reach[position]) == hull else f"(ite {within} {term} {numeral(other)})"

        one = self._terms(place, 1)
        coefficient = one.per_input if position == place else one.per_output
        lines = [Line(*(number >> STYLE_BITS for number in line)) for line in self.cheapest.outlook.lines[position]]
        if coefficient or any(line.slope for line in lines):
            elements = self._elements(place, position, lines)
            yield f"(= {side.elements} {hulled(elements, self._farthest(self.reach[position], coefficient))})"
        yield f"(= {side.outlook} {self._outlook(position, lines, side)})"
        own = self._own(position)
        rest = _table(self._names(position), own, side.outlook) if own else side.outlook
        yield f"(= {side.rest} {hulled(rest, most)})"

    def _outlook(self, position: int, lines: Sequence[Line], side: _Side) -> str:
        floor = self.cheapest.outlook.floors[position] >> STYLE_BITS
        found = numeral(self.most[position])
        for constant, slope in lines:
            line = f"(+ {numeral(constant)} (* {numeral(slope)} {side.elements}))" if slope else numeral(constant)
            found = f"(ite (< {line} {found}) {line} {found})"
        return f"(ite (< {found} {numeral(floor)}) {numeral(floor)} {found})"

    def _own(self, position: int) -> dict[State, int]:
        """The states that the outlook does not tell enough of, each with the potential there."""
        found = {}
        for state, spent in self.cheapest.spent[position].items():
            rest = self.cheapest.optimum - spent
            if self.cheapest.outlook.rest(position, self.graph.elements(state)) < rest:
                found[state] = rest >> STYLE_BITS
        barred = self.graph.barred[position]
        return found if barred is None else found | {barred: self.most[position]}

    def _elements(self, place: int, position: int, lines: Sequence[Line]) -> str:
        """The elements of a state; those that are far from the best as many as leave the potential at its most."""
        hull = self.graph.hulls[position]
        axes = [
            _Axis(name, len(twins), sizes)
            for name, twins, sizes in zip(self._names(position), self.graph.component.twins, hull, strict=True)
        ]
        enough = self.most[position]
        if position > place:
            if not any(line.slope for line in lines):
                floor, enough = self.cheapest.outlook.floors[position] >> STYLE_BITS, self.most[place]
                lines = [Line(terms.constant + floor, terms.per_output) for terms in self._extremes(place)]
            elif self._terms(place, 1).per_output * lines[0].slope < 0:
                lines = []
        few, many = (self.graph.elements([sizes[end] for sizes in hull]) for end in (0, -1))
        if lines and all(slope > 0 for _, slope in lines):
            cut = max(few, *(-((constant - enough) // slope) for constant, slope in lines))
            return _product(axes, 1, range(few, min(cut, many) + 1), rising=True)
        if lines and all(slope < 0 for _, slope in lines):
            cut = min(many, *((enough - constant) // slope for constant, slope in lines))
            return _product(axes, 1, range(max(cut, few), many + 1), rising=False)
        return _product(axes, 1, range(few, many + 1), rising=True)

    def _price(self, place: int) -> str:
        """The layer's price as a term over its kernels and the elements in front and behind."""
        layer = self.problem.layers[place]
        if not self.cheapest.prices.slope(place):
            return _linear(self._terms(place, 1))
        parameter = layer.kind.positions()["kernel_size"]
        sharing: dict[int, list[int]] = {}
        for axis, leader in enumerate(self.problem.ties[place][parameter]):
            sharing.setdefault(leader, []).append(axis)
        groups = [
            (
                setting_name(place, leader, "kernel_size"),
                len(axes),
                set.intersection(*(set(layer.domains[a][parameter]) for a in axes)),
            )
            for leader, axes in sharing.items()
        ]

        def by_kernel(rest: Sequence[tuple[str, int, set[int]]], elements: int) -> str:
            if not rest:
                return _linear(self._terms(place, elements))
            (name, axes, kernels), *others = rest
            return _cases(name, [(kernel, by_kernel(others, elements * kernel**axes)) for kernel in sorted(kernels)])

        return by_kernel(groups, 1)


def _linear(terms: Terms) -> str:
    constant, per_input, per_output = map(numeral, terms)
    parts = [constant]
    parts += [f"(* {per_input} {IN.elements})"] if terms.per_input else []
    parts += [f"(* {per_output} {OUT.elements})"] if terms.per_output else []
    return f"(+ {' '.join(parts)})" if len(parts) > 1 else constant


def _product(axes: Sequence[_Axis], factor: int, told: range, *, rising: bool) -> str:
    """The elements of a state as a term: exact within `told`; below and above it, what may be nearer to it."""
    (name, power, sizes), *others = axes
    if power == 1 and not others:
        return name if factor == 1 else f"(* {factor} {name})"
    few, many = (prod(axis.sizes[end] ** axis.power for axis in others) for end in (0, -1))
    cases: list[tuple[int, str]] = []
    for size in sizes:
        elements = factor * size**power
        if rising and elements * few >= told[-1]:
            cases.append((size, numeral(told[-1])))
            break
        if not rising and elements * many <= told[0]:
            cases = [(size, numeral(told[0]))]
            continue
        cases.append((size, _product(others, elements, told, rising=rising) if others else numeral(elements)))
    return _cases(name, cases)


def _table(names: Sequence[str], values: Mapping[State, int], other: str) -> str:
    """A value for each state, and a term for all others."""
    tails: dict[int, dict[State, int]] = {}
    for state, value in values.items():
        tails.setdefault(state[0], {})[state[1:]] = value
    cases = [(0, other)]
    for size in sorted(tails):
        if size != cases[-1][0]:
            cases.append((size, ""))
        tail = tails[size]
        cases[-1] = (size, _table(names[1:], tail, other) if len(names) > 1 else numeral(tail[()]))
        cases.append((size + 1, other))
    return _cases(names[0], cases)


def _cases(name: str, cases: Sequence[tuple[int, str]]) -> str:
    """By bisection: the term of the last case that the variable is not below."""
    if all(term == cases[0][1] for _, term in cases):
        return cases[0][1]
    middle = len(cases) // 2
    return f"(ite (< {name} {cases[middle][0]}) {_cases(name, cases[:middle])} {_cases(name, cases[middle:])})"
