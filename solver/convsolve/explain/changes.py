"""The smallest changes of a question that suffice, each tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import Any

from convsolve.asked import Asked
from convsolve.domains import Domain, domain_text
from convsolve.errors import Error
from convsolve.explain.facts import LATE, WIDEST, depths, facts, said, widest, without
from convsolve.explain.reach import Axis, possible, sizes
from convsolve.explain.solving import best
from convsolve.explanation import Change, Reason
from convsolve.problem import PARAMETERS, Problem
from convsolve.shapes import Shape

# How much a change asks of its user: one more value of a limit, a layer, a looser tie, another input.
PRICES = {"kernel_size": 2, "stride": 4, "padding": 2, "dilation": 8, "output_padding": 1}
A_LAYER, A_TIE, AN_INPUT, DOUBLED = 5, 5, 9, 6

MOST = 5  # changes that are worth reading

Each = tuple[Domain, ...]  # one domain an axis


@dataclass(frozen=True)
class Trial:
    """A changed question, what was changed, and how large a change that is."""

    asked: Asked
    relax: Mapping[str, Any]
    price: float

    @property
    def possible(self) -> bool:
        """Whether it has an answer."""
        try:
            return possible(self.asked.problem())
        except Error:
            return False


def changes(problem: Problem, axis: int | None, conflict: Sequence[Reason]) -> list[Change]:
    """Each alone suffices; the smallest first."""
    found = sorted(_single(problem, axis, conflict), key=lambda trial: trial.price)
    if all("input" in trial.relax for trial in found):
        found = [*_joint(problem), *found]
    made = []
    for trial in found[:MOST]:
        solution = best(trial.asked.problem())
        if solution is not None:
            made.append(Change(trial.relax, trial.asked.command(), solution))
    return made


def _single(problem: Problem, axis: int | None, conflict: Sequence[Reason]) -> Iterator[Trial]:
    asked = Asked.of(problem)
    for reason in conflict:
        trial = None
        if reason.what in WIDEST:
            trial = _widened(problem, asked, reason)
        elif reason.what == "layers":
            trial = _deeper(problem, asked)
        elif reason.what == "tie":
            trial = _looser(problem, asked)
        elif reason.what == "input" and axis is not None:
            trial = _another_input(problem, asked, axis)
        if trial is not None:
            yield trial


def _widened(problem: Problem, asked: Asked, reason: Reason) -> Trial | None:
    """A limit as little wider as suffices."""
    current = values(problem, reason)
    whole = tuple(widest(domain, reason.what) for domain in current)
    if not _with(problem, asked, reason, whole, 0).possible:
        return None
    for price, each in wider(current, reason.what):
        trial = _with(problem, asked, reason, each, price)
        if trial.possible:
            alone = tuple(tuple(sorted({*new} - {*old})) for new, old in zip(each, current, strict=True))
            if reason.what not in LATE and all(len(old) == 1 for old in current) and all(alone):
                other = _with(
                    problem,
                    asked,
                    reason,
                    tuple((_farthest(new, old[0]),) for new, old in zip(alone, current, strict=True)),
                    price,
                )
                if other.possible:
                    return other
            return trial
    return None


def _farthest(values: Domain, origin: int) -> int:
    return max(values, key=lambda value: abs(value - origin))


def values(problem: Problem, reason: Reason) -> Each:
    """What a limit allows on each axis."""
    layer = problem.layers[reason.layers[0]]
    place = layer.kind.positions()[reason.what]
    if layer.kind.word(reason.what):
        return ((),) * problem.axes
    return tuple(axis[place] for axis in layer.domains)


def wider(current: Each, name: str) -> Iterator[tuple[int, Each]]:
    """Ever wider limits, and how much wider they are: first what lies between their values, then beyond."""
    least, most = 0 if name in LATE else 1, WIDEST[name]

    def between(domain: Domain, down: int, up: int) -> Domain:
        low = max(min(domain, default=least) - down, min(domain[:1] or (least,)) if not down else least)
        high = max(domain[-1] if domain else least - 1, min((domain[-1] if domain else least - 1) + up, most))
        return tuple(sorted({*domain, *range(low, high + 1)}))

    seen = {current}
    for step in range(most + 1):
        for down, up in ((0, step), (step, 0)):
            each = tuple(between(domain, down, up) for domain in current)
            if each not in seen:
                seen.add(each)
                yield max(step, 1) * PRICES[name], each


def _with(problem: Problem, asked: Asked, reason: Reason, each: Each, price: float) -> Trial:
    layers = list(asked.layers)
    for place in reason.layers:
        layers[place] = said(layers[place], reason.what, each, problem.layers[place])
    text = domain_text(each[0]) if len(set(each)) == 1 else "x".join(map(domain_text, each))
    relax: dict[str, Any] = {reason.what: text}
    if len(reason.layers) < len(layers):
        relax["of_layers"] = list(reason.layers)
    return Trial(replace(asked, layers=tuple(layers)), relax, price)


def _deeper(problem: Problem, asked: Asked) -> Trial | None:
    now = len(problem.layers)
    for depth in sorted(depths(problem), key=lambda depth: (abs(depth - now), -depth)):
        trial = Trial(
            asked.with_depth(asked.layers[:1] * depth, problem), {"layers": depth}, A_LAYER * abs(depth - now)
        )
        if depth != now and trial.possible:
            return trial
    return None


def _looser(problem: Problem, asked: Asked) -> Trial | None:
    bound = [name for name in PARAMETERS if _binds(problem, name)]
    for free in reversed(bound):
        tie = ",".join(name for name in bound if name != free)
        trial = Trial(replace(asked, tie=tie), {"tie": tie}, A_TIE)
        if tie and trial.possible:
            return trial
    trial = Trial(replace(asked, tie="none"), {"tie": "none"}, 2 * A_TIE)
    return trial if trial.possible else None


def _binds(problem: Problem, name: str) -> bool:
    return any(
        leaders[axis] != axis
        for layer, ties in zip(problem.layers, problem.ties, strict=True)
        for parameter, leaders in zip(layer.kind.axis_parameters, ties, strict=True)
        for axis in range(problem.axes)
        if parameter.name == name
    )


def _another_input(problem: Problem, asked: Asked, axis: int) -> Trial | None:
    """The nearest input from which the target can be reached."""
    now = problem.input.size[axis]
    alike = twins(problem, axis)
    near = sorted(sizes(Axis(problem, axis).sources()[0]), key=lambda size: (abs(size - now), size))
    for size in near[:3]:
        new = tuple(size if place in alike else number for place, number in enumerate(problem.input.size))
        shape = Shape(problem.input.channels, new)
        trial = Trial(replace(asked, source=shape), {"input": str(shape)}, AN_INPUT + DOUBLED * abs(log2(size / now)))
        if trial.possible:
            return trial
    return None


def twins(problem: Problem, axis: int) -> list[int]:
    """The axes with the same sizes as this one."""
    both = problem.input.size[axis], problem.target.size[axis]
    return [place for place in range(problem.axes) if (problem.input.size[place], problem.target.size[place]) == both]


def _joint(problem: Problem) -> Iterator[Trial]:
    """Several limits at once, as few and as little wider as suffice, with another layer where it takes that."""
    asked = Asked.of(problem)
    known = [reason for reason in facts(problem) if reason.what in WIDEST or reason.what == "tie"]
    if not possible(without(problem, asked, known)):
        return
    kept: list[Reason] = []
    for reason in known:
        rest = [one for one in known if one not in kept and one != reason]
        if possible(without(problem, asked, rest)):
            kept.append(reason)
    needed = [reason for reason in known if reason not in kept]
    each: dict[Reason, tuple[int, Each]] = {}
    for reason in needed:
        if reason.what in WIDEST:
            each[reason] = (
                WIDEST[reason.what] * PRICES[reason.what],
                tuple(widest(domain, reason.what) for domain in values(problem, reason)),
            )
    for reason in each:
        for price, less in wider(values(problem, reason), reason.what):
            if _all(problem, asked, needed, each | {reason: (price, less)}).possible:
                each[reason] = price, less
                break
    trial = _all(problem, asked, needed, each)
    if trial.possible:
        yield trial


def _all(problem: Problem, asked: Asked, needed: Sequence[Reason], each: Mapping[Reason, tuple[int, Each]]) -> Trial:
    relax: dict[str, Any] = {}
    price: float = 0
    for reason in needed:
        if reason.what == "tie":
            asked = replace(asked, tie="none")
            relax["tie"] = "none"
            price += 2 * A_TIE
        else:
            much, domains = each[reason]
            trial = _with(problem, asked, reason, domains, much)
            asked = trial.asked
            name = reason.what if len(reason.layers) == len(problem.layers) else f"{reason.what} of {reason.kind}"
            relax[name] = trial.relax[reason.what]
            price += much
    return Trial(asked, relax, price)
