"""Conditions relaxed to the nearest number that works, or left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from math import log2

from convsolve.conditions import Condition
from convsolve.explain.solving import least
from convsolve.explain.trial import A_CONDITION, DOUBLED, LEFT_OUT, Bench, Trial
from convsolve.explanation import Reason
from convsolve.objectives import COSTS, Objective

NEAR = 40  # numbers that are tried in an equation, in each direction
FARTHEST = 1_000  # times a bound
_BOUND = re.compile(r"([^<>=!]*[a-z][^<>=!]*?) *(<=|>=|<|>|==) *([0-9]+(?:\.[0-9]*)?(?:e[0-9]+)?)")
WAYS: Mapping[str, tuple[int, ...]] = {"<": (1,), "<=": (1,), ">": (-1,), ">=": (-1,), "==": (1, -1)}


def relaxed(bench: Bench, reason: Reason) -> Trial | None:
    """A condition with the nearest number that works, or the question without it, if that works."""
    place = [str(condition) for condition in bench.problem.where].index(reason.value)
    others = (*bench.problem.where[:place], *bench.problem.where[place + 1 :])
    left_out = Trial(replace(bench.asked, where=others), {"without": reason.value}, LEFT_OUT)
    if not bench.works(left_out):
        return None
    bound = _BOUND.fullmatch(reason.value)
    nearest = None
    if bound is not None and float(bound[3]).is_integer():
        expression, sign, number = bound[1], bound[2], int(float(bound[3]))

        def with_number(value: int) -> Trial:
            text = f"{expression} {sign} {value}"
            where = (*bench.problem.where[:place], Condition.read(text), *bench.problem.where[place + 1 :])
            price = A_CONDITION + DOUBLED * abs(log2(max(value, 1) / max(number, 1)))
            return Trial(replace(bench.asked, where=where), {"where": text}, price)

        if expression in COSTS and sign in ("<=", ">=") and not others:  # as an objective it is found at once
            bare = replace(with_number(0).asked.problem(), where=())
            best = least(bare, Objective(expression, least=sign == "<="), bench.asking)
            nearest = best and replace(with_number(best[0]), solution=best[1])
        else:
            found = [trial for way in WAYS[sign] if (trial := _nearest(bench, with_number, number, way, sign))]
            nearest = min(found, key=lambda trial: trial.price, default=None)
    return nearest or left_out


def _nearest(bench: Bench, with_number: Callable[[int], Trial], number: int, way: int, sign: str) -> Trial | None:
    """A bound is found by doubling the distance and then by halves, an equation number by number."""
    low = 0
    for far in range(1, NEAR) if sign == "==" else _doubling(number):
        value = number + way * far
        if value < 0 or bench.asking.spent:
            return None
        if bench.works(with_number(value)):
            if sign == "==":
                return with_number(value)
            return bench.nearest(low, far, lambda far: with_number(number + way * far))
        low = far
    return None


def _doubling(start: int) -> Iterator[int]:
    far = 1
    while far <= FARTHEST * max(start, 1):
        yield far
        far *= 2
