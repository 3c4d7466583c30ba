"""That nothing is better than an optimum, as small questions that must all be unsatisfiable.

The potential says, for each size in front of a layer, what the rest of a way costs at least. It is right
if no layer contradicts it: wherever a layer leads from one size to another, its own price and the
potential behind it come to at least the potential in front. By induction from the target, no way costs
less than the potential of the input; since the answer costs just that, ``cost < answer`` is
unsatisfiable. Each step is about one layer, so a proof is as long as the stack is deep.

Only what is cheap must be told apart: a way that is at a position has paid at least what the layers
before it cost by themselves. So a potential of the optimum less that sum proves as much as a larger
one, and it is given to all other sizes, those that lead nowhere included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from convsolve.encoding import Encoding, encode_layer
from convsolve.graph import Graph
from convsolve.language.smtlib import conjunction, disjunction, numeral
from convsolve.potential import Potential
from convsolve.prices import STYLE_BITS, Terms
from convsolve.problem import Problem
from convsolve.tables import State
from convsolve.variables import setting_name, size_name

Step = tuple[Encoding, tuple[str, ...]]
REST_IN, REST_OUT, PRICE, INPUTS, OUTPUTS = "rest.in", "rest.out", "price", "elements.in", "elements.out"


def steps(problem: Problem, graph: Graph, potential: Potential) -> Iterator[Step]:
    """One question a layer, from the last to the first; each must be unsatisfiable."""
    least = [{state: price >> STYLE_BITS for state, price in here.items()} for here in potential.least]
    if least[-1] != dict.fromkeys(product(*graph.narrowed.end(-1)), 0):
        raise ValueError("the potential does not end at the target")
    reach = list(zip(*(graph.reach(axis) for axis in range(graph.axes)), strict=True))
    enough = [min(least[0][state] for state in graph.live[0])]
    for place in range(len(problem.layers)):
        enough.append(enough[-1] - _cheapest(graph, place, potential, reach))
    for place in reversed(range(len(problem.layers))):
        layer = encode_layer(problem, place, range(problem.axes), lone=True)
        price = _price(problem, place, potential)
        one = potential.prices.terms(place, 1)
        terms = [f"(= {PRICE} {price})", _within(graph, place, reach[place])]
        sides = (place, REST_IN, INPUTS, one.per_input), (place + 1, REST_OUT, OUTPUTS, one.per_output)
        for position, rest, elements, coefficient in sides:
            names = [size_name(position, axis) for axis in graph.component.axes]
            cheap = {state: cost for state, cost in least[position].items() if cost < enough[position]}
            terms.append(f"(= {rest} {_table(names, cheap, enough[position])})")
            if coefficient:
                sizes = {state: graph.elements(state) for state in least[position]}
                terms.append(f"(= {elements} {_table(names, sizes, _elements(graph, reach[position], coefficient))})")
        astray = f"(not {_within(graph, place + 1, reach[place + 1])})"
        wrong = disjunction([astray, f"(< (+ {PRICE} {REST_OUT}) {REST_IN})"])
        variables = (*layer.variables, REST_IN, REST_OUT, PRICE, INPUTS, OUTPUTS)
        yield layer._replace(variables=variables), (*terms, wrong)


def _cheapest(graph: Graph, place: int, potential: Potential, reach: Sequence[Sequence[range]]) -> int:
    """The least that a layer can cost, wherever sizes have come to."""
    found = []
    for kernel in potential.prices.kernels(place):
        terms = potential.prices.terms(place, kernel)
        inputs = _elements(graph, reach[place], terms.per_input)
        found.append(terms.at(inputs, _elements(graph, reach[place + 1], terms.per_output)))
    return min(found) >> STYLE_BITS


def _elements(graph: Graph, reach: Sequence[range], coefficient: int) -> int:
    """How many elements make the price least, of all states within reach."""
    return graph.elements([sizes[0 if coefficient > 0 else -1] if sizes else 0 for sizes in reach])


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
