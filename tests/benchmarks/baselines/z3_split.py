"""Z3 as one writes it in the end, without a graph: stride and dilation split by case, so that all is linear.

Written as SMT-LIB text, which Z3 reads in less than half the time that its Python terms take to build, and put to
QF_LIA. Nothing is computed beforehand: no reachable sizes, no bounds but the domains.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product
from time import perf_counter
from typing import Any

import z3

from tests.benchmarks.question import PARAMETERS, Combination, Domain, Outcome, Question, RefusedError, Setting

Names = list[list[list[str]]]  # of the settings, layer by layer, axis by axis


def first(asked: Question, limit: float) -> Outcome:
    solver, names = _solver(asked)
    verdict = _check(solver, limit)
    if verdict == z3.sat:
        return Outcome("solved", [_read(asked, solver.model(), names)])
    return Outcome("impossible" if verdict == z3.unsat else "gave up")


def listed(asked: Question, limit: float) -> Outcome:
    """Answers one after another, each blocked by a clause of its own."""
    end = perf_counter() + limit
    solver, names = _solver(asked)
    leaders = sorted({name for layer in names for axis in layer for name in axis})
    found: list[Combination] = []
    while (left := end - perf_counter()) > 0 and (verdict := _check(solver, left)) != z3.unknown:
        if verdict == z3.unsat:
            return Outcome("solved", found, len(found), complete=True)
        model = solver.model()
        found.append(_read(asked, model, names))
        solver.add(z3.Or([z3.Int(name) != model.eval(z3.Int(name), model_completion=True) for name in leaders]))
    return Outcome("solved", found, len(found))


def listed_by_map(asked: Question, limit: float) -> Outcome:
    """Stride and offset of every layer blocked at once; the settings that share them are expanded outside of Z3."""
    if len(asked.axes) > 1 or any(len(layer.domains[3]) > 1 for layer in asked.layers):
        raise RefusedError("more than one axis, or dilations")
    end = perf_counter() + limit
    solver, names = _solver(asked)
    groups = [_by_map(layer.transposed, layer.domains) for layer in asked.layers]
    maps = []
    for place, (layer, ((kernel, stride, padding, dilation, extra),)) in enumerate(
        zip(asked.layers, names, strict=True)
    ):
        offset = z3.Int(f"c{place}")
        k, s, p, d, a = map(z3.Int, (kernel, stride, padding, dilation, extra))
        reach = layer.domains[3][0] * (k - 1)
        solver.add(offset == (reach + a - 2 * p if layer.transposed else 2 * p - reach), d == layer.domains[3][0])
        maps.append((s, offset))
    found: list[Combination] = []
    while (left := end - perf_counter()) > 0 and (verdict := _check(solver, left)) != z3.unknown:
        if verdict == z3.unsat:
            return Outcome("solved", found, len(found), complete=True)
        model = solver.model()
        values = [(model.eval(s).as_long(), model.eval(c).as_long()) for s, c in maps]
        alike = product(*(groups[place][value] for place, value in enumerate(values)))
        found += [asked.whole([[one] for one in settings]) for settings in alike]
        solver.add(z3.Or([z3.Or(s != x, c != y) for (s, c), (x, y) in zip(maps, values, strict=True)]))
    return Outcome("solved", found, len(found))


def _by_map(transposed: bool, domains: Sequence[Domain]) -> dict[tuple[int, int], list[Setting]]:  # noqa: FBT001
    groups: dict[tuple[int, int], list[Setting]] = defaultdict(list)
    for k, s, p, d, a in product(*domains):
        if not transposed or a < max(s, d):
            reach = d * (k - 1)
            groups[s, reach + a - 2 * p if transposed else 2 * p - reach].append((k, s, p, d, a))
    return groups


def _solver(asked: Question) -> tuple[Any, Names]:
    text, names = stated(asked)
    solver = z3.SolverFor("QF_LIA")
    solver.from_string(text)
    return solver, names


def _check(solver: Any, limit: float) -> Any:
    solver.set("timeout", max(1, int(limit * 1000)))
    return solver.check()


def _read(asked: Question, model: Any, names: Names) -> Combination:
    def value(name: str) -> int:
        found: int = model.eval(z3.Int(name), model_completion=True).as_long()
        return found

    return asked.whole([[tuple(map(value, axis)) for axis in layer] for layer in names])


def stated(asked: Question) -> tuple[str, Names]:
    """The question as SMT-LIB, and the names of its settings."""
    if asked.conditions:
        raise RefusedError("conditions")
    names = [
        [
            [f"{name}{place}_{asked.leader(n, axis)}" for n, name in enumerate(PARAMETERS)]
            for axis in range(len(asked.axes))
        ]
        for place in range(len(asked.layers))
    ]
    lines = list(_lines(asked, names))
    variables = dict.fromkeys(name for layer in names for axis in layer for name in axis)
    sizes = [f"n{place}_{axis}" for place in range(len(asked.layers) + 1) for axis in range(len(asked.axes))]
    return "\n".join([*(f"(declare-const {name} Int)" for name in [*variables, *sizes]), *lines]), names


def _lines(asked: Question, names: Names) -> Iterator[str]:
    for axis, (source, target, _) in enumerate(asked.axes):
        yield f"(assert (= n0_{axis} {source}))(assert (= n{len(asked.layers)}_{axis} {target}))"
    for place, layer in enumerate(asked.layers):
        for axis, setting in enumerate(names[place]):
            for name, domain in zip(setting, layer.domains, strict=True):
                yield f"(assert {_within(name, domain)})"
            kernel, stride, padding, dilation, extra = setting
            into, out = f"n{place}_{axis}", f"n{place + 1}_{axis}"
            yield f"(assert (>= {out} 1))"
            for s, d in product(layer.domains[1], layer.domains[3]):
                reach = f"(* {d} (- {kernel} 1))"
                if layer.transposed:
                    size = f"(= {out} (+ (* {s} (- {into} 1)) (* (- 2) {padding}) {reach} {extra} 1))"
                    rule = f"(and {size} (< {extra} {max(s, d)}))"
                else:
                    top = f"(- (+ {into} (* 2 {padding})) {reach} 1)"
                    rule = f"(and (<= (* {s} (- {out} 1)) {top}) (<= {top} (- (* {s} {out}) 1)))"
                yield f"(assert (=> (and (= {stride} {s}) (= {dilation} {d})) {rule}))"


def _within(name: str, domain: Domain) -> str:
    if len(domain) == 1:
        return f"(= {name} {domain[0]})"
    if domain == tuple(range(domain[0], domain[-1] + 1)):
        return f"(<= {domain[0]} {name} {domain[-1]})"
    return f"(or {' '.join(f'(= {name} {value})' for value in domain)})"
