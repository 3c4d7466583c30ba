"""That nothing is better than an optimum, as small questions that must all be unsatisfiable.

The potential says, for each size in front of a layer, the least that the rest of a way costs. It is right
if no layer contradicts it: wherever a layer leads from one size to another, its own price and the
potential behind it come to at least the potential in front. By induction from the target, no way costs
less than the potential of the input; since the answer costs just that, ``cost < answer`` is
unsatisfiable. Each step is about one layer, so a proof is as long as the stack is deep.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from convsolve.encoding import Encoding, encode_layer, setting_name, size_name
from convsolve.graph import Graph, State
from convsolve.language.smtlib import conjunction, disjunction, numeral
from convsolve.potential import Potential
from convsolve.prices import STYLE_BITS, Terms
from convsolve.problem import Problem

Step = tuple[Encoding, tuple[str, ...]]
REST_IN, REST_OUT, PRICE, INPUTS, OUTPUTS = "rest.in", "rest.out", "price", "elements.in", "elements.out"


def steps(problem: Problem, graph: Graph, potential: Potential) -> Iterator[Step]:
    """One question a layer, from the last to the first; each must be unsatisfiable."""
    least = [{state: price >> STYLE_BITS for state, price in here.items()} for here in potential.least]
    if least[-1] != {_leaders(graph, problem.target.size): 0}:
        raise ValueError("the potential does not end at the target")
    never = 1 + max(max(here.values()) for here in least if here)
    reach = list(zip(*(graph.reach(axis) for axis in range(len(graph.source))), strict=True))
    axes = range(problem.axes)
    for place in reversed(range(len(problem.layers))):
        layer = encode_layer(problem, place, axes, lone=True)
        names_in, names_out = ([size_name(at, axis) for axis in graph.component.axes] for at in (place, place + 1))
        terms = [
            _equals(REST_IN, _table(names_in, least[place], never)),
            _equals(REST_OUT, _table(names_out, least[place + 1], never)),
            _equals(INPUTS, _table(names_in, {state: graph.elements(state) for state in least[place]}, 0)),
            _equals(OUTPUTS, _table(names_out, {state: graph.elements(state) for state in least[place + 1]}, 0)),
            _equals(PRICE, _price(problem, place, potential)),
            _within(graph, place, reach[place]),
        ]
        dearer = disjunction([f"(= {REST_IN} {never})", f"(< (+ {PRICE} {REST_OUT}) {REST_IN})"])
        astray = f"(not {_within(graph, place + 1, reach[place + 1])})"
        wrong = disjunction([astray, conjunction([f"(< {REST_OUT} {never})", dearer])])
        variables = (*layer.variables, REST_IN, REST_OUT, PRICE, INPUTS, OUTPUTS)
        yield Encoding(variables, layer.sentences), (*terms, wrong)


def _leaders(graph: Graph, size: Sequence[int]) -> State:
    return tuple(size[axis] for axis in graph.component.axes)


def _within(graph: Graph, position: int, reach: Sequence[range]) -> str:
    """That sizes are within reach of the input, and equal on axes that stand for each other."""
    terms = []
    for axis, twins, sizes in zip(graph.component.axes, graph.component.twins, reach, strict=True):
        name = size_name(position, axis)
        terms.append(f"(<= {sizes[0]} {name} {sizes[-1]})" if sizes else "false")
        terms += [f"(= {name} {size_name(position, twin)})" for twin in twins if twin != axis]
    return conjunction(terms)


def _price(problem: Problem, place: int, potential: Potential) -> str:
    """The layer's price as a term over its kernels and the elements in front and behind."""
    layer = problem.layers[place]
    if not potential.prices.slope(place):
        return _linear(potential.prices.terms(place, 1))
    parameter = layer.kind.positions()["kernel_size"]
    sharing: dict[int, list[int]] = {}
    for axis, leader in enumerate(problem.ties[place][parameter]):
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
            return _linear(potential.prices.terms(place, elements))
        (name, axes, kernels), *others = rest
        return _cases(name, [(kernel, by_kernel(others, elements * kernel**axes)) for kernel in sorted(kernels)])

    return by_kernel(groups, 1)


def _linear(terms: Terms) -> str:
    constant, per_input, per_output = (numeral(number >> STYLE_BITS) for number in terms)
    return f"(+ {constant} (* {per_input} {INPUTS}) (* {per_output} {OUTPUTS}))"


def _table(names: Sequence[str], values: Mapping[State, int], other: int) -> str:
    """A value for each state, and one for all others."""
    tails: dict[int, dict[State, int]] = {}
    for state, value in values.items():
        tails.setdefault(state[0], {})[state[1:]] = value
    cases = [(0, numeral(other))]
    for size in sorted(tails):
        if size != cases[-1][0]:
            cases.append((size, ""))
        tail = tails[size]
        cases[-1] = (size, _table(names[1:], tail, other) if len(names) > 1 else numeral(tail[()]))
        cases.append((size + 1, numeral(other)))
    return _cases(names[0], cases)


def _cases(name: str, cases: Sequence[tuple[int, str]]) -> str:
    """By bisection: the term of the last case that the variable is not below."""
    if all(term == cases[0][1] for _, term in cases):
        return cases[0][1]
    middle = len(cases) // 2
    return f"(ite (< {name} {cases[middle][0]}) {_cases(name, cases[:middle])} {_cases(name, cases[middle:])})"


def _equals(name: str, term: str) -> str:
    return f"(= {name} {term})"
