"""The smallest changes of a question that suffice, each tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import Any

from convsolve.asked import Asked
from convsolve.conditions import Condition
from convsolve.domains import Domain, domain_text
from convsolve.errors import Error
from convsolve.explain.facts import LATE, WIDEST, depths, facts, said, widest, without
from convsolve.explain.reach import Axis, possible, sizes
from convsolve.explain.solving import best
from convsolve.explanation import Change, Reason
from convsolve.objectives import COSTS, Objective
from convsolve.problem import PARAMETERS, Problem
from convsolve.shapes import Extent, Shape

# How much a change asks of its user: one more value of a limit, a layer, a looser tie, another input.
PRICES = {"kernel_size": 2, "stride": 4, "padding": 2, "dilation": 8, "output_padding": 1}
A_LAYER, A_TIE, AN_INPUT, A_CONDITION, DOUBLED = 5, 5, 9, 2, 6
NEAR_NUMBERS = 40  # that are tried in an equation, in each direction

MOST = 5  # changes that are worth reading

_BOUND = re.compile(r"([^<>=!]*[^<>=! ]) *(<=|>=|<|>|==) *([0-9]+(?:\.[0-9]*)?(?:e[0-9]+)?)")

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
    if not problem.where and all("input" in trial.relax for trial in found):  # conditions make that too long a search
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
        elif reason.what == "where":
            trial = _relaxed(problem, asked, reason)
        elif reason.what == "input" and axis is not None:
            trial = _another_input(problem, asked, axis)
        if trial is not None:
            yield trial


def _widened(problem: Problem, asked: Asked, reason: Reason) -> Trial | None:
    """A limit as little wider as suffices."""
    current = values(problem, reason)

    def trial(step: tuple[int, Each]) -> Trial:
        return _with(problem, asked, reason, step[1], step[0])

    found = [least for way in wider(current, reason.what) if (least := _least(list(map(trial, way)))) is not None]
    if not found:
        return None
    smallest = min(found, key=lambda one: one.price)
    if reason.what not in LATE and all(len(old) == 1 for old in current):
        new = values(smallest.asked.problem(), reason)
        alone = tuple((_farthest(domain, old[0]),) for domain, old in zip(new, current, strict=True))
        other = _with(problem, asked, reason, alone, smallest.price)
        if other.possible:
            return other
    return smallest


def _least(trials: Sequence[Trial]) -> Trial | None:
    """The first that is possible, of trials that are each wider than the one before."""
    if not trials or not trials[-1].possible:
        return None
    low, high = 0, len(trials) - 1
    while low < high:
        middle = (low + high) // 2
        if trials[middle].possible:
            high = middle
        else:
            low = middle + 1
    return trials[high]


def _farthest(values: Domain, origin: int) -> int:
    return max(values, key=lambda value: abs(value - origin))


def values(problem: Problem, reason: Reason) -> Each:
    """What a limit allows on each axis."""
    layer = problem.layers[reason.layers[0]]
    place = layer.kind.positions()[reason.what]
    if layer.kind.word(reason.what):
        return ((),) * problem.axes
    return tuple(axis[place] for axis in layer.domains)


def wider(current: Each, name: str) -> Iterator[list[tuple[int, Each]]]:
    """Ever wider limits, and how much wider they are: upwards, downwards, and both ways.

    What lies between the values of a limit is the first step of each.
    """
    least, most = 0 if name in LATE else 1, WIDEST[name]
    for downwards, upwards in ((False, True), (True, False), (True, True)):
        found: list[tuple[int, Each]] = []
        for step in range(most + 1):
            each = tuple(
                _stretched(domain, step * downwards, step * upwards, range(least, most + 1)) for domain in current
            )
            if each != (found[-1][1] if found else current):
                found.append((max(step, 1) * (downwards + upwards) * PRICES[name], each))
        yield found


def _stretched(domain: Domain, down: int, up: int, within: range) -> Domain:
    """A domain without holes, and so much longer at its ends."""
    low, high = (domain[0], domain[-1]) if domain else (within.start, within.start - 1)
    return tuple(range(max(low - down, min(low, within.start)), min(high + up, max(high, within.stop - 1)) + 1))


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


def _relaxed(problem: Problem, asked: Asked, reason: Reason) -> Trial | None:
    """A condition with the nearest number that works, or else left out."""
    place = [str(condition) for condition in problem.where].index(reason.value)
    others = (*problem.where[:place], *problem.where[place + 1 :])

    def with_(text: str) -> Trial:
        where = (*problem.where[:place], Condition.read(text), *problem.where[place + 1 :])
        return Trial(replace(asked, where=where), {"where": text}, A_CONDITION)

    left_out = Trial(replace(asked, where=others), {"without": reason.value}, 2 * A_CONDITION)
    if not left_out.possible:
        return None
    found = _BOUND.fullmatch(reason.value)
    if found is None:
        return left_out
    expression, sign, text = found.groups()
    now = int(float(text)) if float(text).is_integer() else None
    if now is None:
        return left_out
    if expression in COSTS and sign == "<=":
        # as an objective it is found at once
        least = best(replace(left_out.asked, objectives=(Objective(expression, least=True),)).problem())
        if least is not None:
            value = getattr(least.costs, expression)
            price = A_CONDITION + DOUBLED * log2(value / max(now, 1))
            return replace(with_(f"{expression} <= {value}"), price=price)
    ways = {"<": [1], "<=": [1], ">": [-1], ">=": [-1], "==": [1, -1]}[sign]
    found_best: Trial | None = None
    for way in ways:
        # a bound is found by doubling the distance and then by halves, an equation number by number
        distances = range(1, NEAR_NUMBERS) if sign == "==" else _doubling(now)
        low = 0
        for far in distances:
            trial = with_(f"{expression} {sign} {now + way * far}")
            if now + way * far >= 0 and trial.possible:
                if sign != "==":
                    far, trial = _nearest(low, far, lambda d: with_(f"{expression} {sign} {now + way * d}"), trial)  # noqa: B023, PLW2901
                price = A_CONDITION + DOUBLED * abs(log2(max(now + way * far, 1) / max(now, 1)))
                if found_best is None or price < found_best.price:
                    found_best = replace(trial, price=price)
                break
            low = far
    return found_best or left_out


def _doubling(start: int) -> Iterator[int]:
    """Distances to look at, the last a thousand times the number itself."""
    far = 1
    while far <= 1000 * max(start, 1):
        yield far
        far *= 2


def _nearest(low: int, high: int, make: Callable[[int], Trial], best: Trial) -> tuple[int, Trial]:
    """The smallest distance that works between one that does not and one that does."""
    while high - low > 1:
        middle = (low + high) // 2
        trial = make(middle)
        if trial.possible:
            high, best = middle, trial
        else:
            low = middle
    return high, best


def _another_input(problem: Problem, asked: Asked, axis: int) -> Trial | None:
    """The nearest input from which the target can be reached."""
    now = problem.input.size[axis]
    alike = twins(problem, axis)
    near = sorted(sizes(Axis(problem, axis).sources()[0]), key=lambda size: (abs(size - now), size))
    for size in near[:3]:
        new = tuple(size if place in alike else number for place, number in enumerate(problem.input.size))
        shape = Extent.of(Shape(problem.input.channels, new))
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
        found = [
            least
            for way in wider(values(problem, reason), reason.what)
            if (least := _least([_all(problem, asked, needed, each | {reason: step}) for step in way])) is not None
        ]
        if found:
            smallest = min(found, key=lambda one: one.price)
            each[reason] = 0, values(smallest.asked.problem(), reason)
            widths = [
                price
                for way in wider(values(problem, reason), reason.what)
                for price, some in way
                if some == each[reason][1]
            ]
            each[reason] = min(widths), each[reason][1]
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
