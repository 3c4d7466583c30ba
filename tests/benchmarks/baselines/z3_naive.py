"""Z3 as one writes it first: the two formulas with `/`, every number a variable."""

from __future__ import annotations

from typing import Any

import z3

from tests.benchmarks.question import PARAMETERS, Outcome, Question, RefusedError


def first(asked: Question, limit: float) -> Outcome:
    solver = z3.Solver()
    settings = _stated(asked, solver)
    solver.set("timeout", max(1, int(limit * 1000)))
    verdict = solver.check()
    if verdict == z3.sat:
        model = solver.model()
        found = [
            [tuple(model.eval(v, model_completion=True).as_long() for v in one) for one in layer] for layer in settings
        ]
        return Outcome("solved", [asked.whole(found)])
    return Outcome("impossible" if verdict == z3.unsat else "gave up")


def _stated(asked: Question, solver: Any) -> list[list[list[Any]]]:
    axes = range(len(asked.axes))
    sizes = [[z3.Int(f"n{place}_{axis}") for axis in axes] for place in range(len(asked.layers) + 1)]
    settings: list[list[list[Any]]] = []
    for axis, (source, target, _) in enumerate(asked.axes):
        solver.add(sizes[0][axis] == source, sizes[-1][axis] == target)
    for place, layer in enumerate(asked.layers):
        here = []
        for axis in axes:
            setting = [z3.Int(f"{name}{place}_{asked.leader(n, axis)}") for n, name in enumerate(PARAMETERS)]
            here.append(setting)
            for variable, domain in zip(setting, layer.domains, strict=True):
                solver.add(_within(variable, domain))
            kernel, stride, padding, dilation, extra = setting
            into, out = sizes[place][axis], sizes[place + 1][axis]
            window = dilation * (kernel - 1) + 1
            if layer.transposed:
                solver.add(out == (into - 1) * stride - 2 * padding + window + extra)
                solver.add(z3.Or(extra < stride, extra < dilation))
            else:
                solver.add(into + 2 * padding >= window, out == (into + 2 * padding - window) / stride + 1)
            solver.add(out >= 1)
        settings.append(here)
    for name, value in asked.conditions.items():
        solver.add(_condition(asked, settings, sizes, name, value))
    return settings


def _within(variable: Any, domain: tuple[int, ...]) -> Any:
    if domain == tuple(range(domain[0], domain[-1] + 1)):
        return z3.And(variable >= domain[0], variable <= domain[-1])
    return z3.Or([variable == value for value in domain])


def _condition(asked: Question, settings: Any, sizes: Any, name: str, value: int) -> Any:
    if name in ("params", "macs"):
        total = 0
        for place, layer in enumerate(asked.layers):
            into, out = asked.channels[place : place + 2]
            term: Any = into * out
            for axis, (_, _, copies) in enumerate(asked.axes):
                positions = sizes[place if layer.transposed else place + 1][axis]
                for _ in range(copies):
                    term = term * settings[place][axis][0] * (positions if name == "macs" else 1)
            total = total + term + (out if name == "params" else 0)
        return total <= value
    if name == "receptive_field" and not any(layer.transposed for layer in asked.layers):
        field: Any = 1
        for (kernel, stride, _, dilation, _), *_ in reversed(settings):
            field = (field - 1) * stride + dilation * (kernel - 1) + 1
        return field == value
    if name in ("mirrored", "repeated"):
        last = len(settings) - 1
        partners = [last - place if name == "mirrored" else place % value for place in range(last + 1)]
        length = 4 if name == "mirrored" else 5
        return z3.And(
            [
                one[parameter] == other[parameter]
                for place in range(last + 1)
                for one, other in zip(settings[place], settings[partners[place]], strict=True)
                for parameter in range(length)
                if partners[place] < place
            ]
        )
    raise RefusedError(name)
