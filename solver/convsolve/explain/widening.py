"""Limits as little wider as suffices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from convsolve.asked import Asked
from convsolve.domains import Domain, domain_text
from convsolve.explain.facts import LATE, farthest, most, said
from convsolve.explain.trial import PRICES, Bench, Trial
from convsolve.explanation import Reason
from convsolve.problem import Problem

Each = tuple[Domain, ...]  # one domain an axis


class Width(NamedTuple):
    """A wider limit, and what that asks of its user."""

    each: Each
    price: int


def widened(bench: Bench, reason: Reason) -> Trial | None:
    """A limit as little wider as suffices; a single value is changed into another one where that does."""
    current = values(bench.problem, reason)
    ways = [
        [with_limit(bench.asked, bench.problem, reason, width) for width in way]
        for way in wider(current, reason.what, farthest(bench.problem, reason.what))
    ]
    found = [trial for way in ways if (trial := bench.least(way)) is not None]
    if not found:
        return None
    smallest = min(found, key=lambda trial: trial.price)
    other = another_value(current, values(smallest.asked.problem(), reason), reason.what)
    if other is None:
        return smallest
    trial = with_limit(bench.asked, bench.problem, reason, Width(other, 0))
    return replace(trial, price=smallest.price) if bench.works(trial) else smallest


def another_value(current: Each, wider: Each, name: str) -> Each | None:
    """A single value in place of a single value: the farthest of a wider limit; None where there were more."""
    if name in LATE or any(len(old) != 1 for old in current):
        return None
    return tuple((max(new, key=lambda value: abs(value - old)),) for new, (old,) in zip(wider, current, strict=True))


def values(problem: Problem, reason: Reason) -> Each:
    """What a limit allows on each axis."""
    layer = problem.layers[reason.layers[0]]
    if layer.kind.word(reason.what):
        return ((),) * problem.axes
    place = layer.kind.positions()[reason.what]
    return tuple(axis[place] for axis in layer.domains)


def wider(current: Each, name: str, end: int) -> Iterator[list[Width]]:
    """Ever wider limits, at most up to `end`: upwards, downwards, and both ways.

    What lies between the values of a limit is the first step of each.
    """
    least, top = 0 if name in LATE else 1, max(most(domain, name, end) for domain in current)
    for downwards, upwards in ((False, True), (True, False), (True, True)):
        found: list[Width] = []
        for step in range(top + 1):
            each = tuple(
                _stretched(domain, step * downwards, step * upwards, range(least, top + 1)) for domain in current
            )
            if each != (found[-1].each if found else current):
                found.append(Width(each, max(step, 1) * (downwards + upwards) * PRICES[name]))
        yield found


def _stretched(domain: Domain, down: int, up: int, within: range) -> Domain:
    """A domain without holes, and so much longer at its ends."""
    low, high = (domain[0], domain[-1]) if domain else (within.start, within.start - 1)
    return tuple(range(max(low - down, min(low, within.start)), min(high + up, max(high, within.stop - 1)) + 1))


def with_limit(asked: Asked, problem: Problem, reason: Reason, width: Width) -> Trial:
    """The question with one limit said anew."""
    layers = list(asked.layers)
    for place in reason.layers:
        layers[place] = said(layers[place], reason.what, width.each, problem.layers[place])
    return Trial(replace(asked, layers=tuple(layers)), _relaxed(problem, reason, width), width.price)


def _relaxed(problem: Problem, reason: Reason, width: Width) -> Mapping[str, Any]:
    each = width.each
    text = domain_text(each[0]) if len(set(each)) == 1 else "x".join(map(domain_text, each))
    if len(reason.layers) == len(problem.layers):
        return {reason.what: text}
    return {reason.what: text, "of_layers": list(reason.layers)}
