"""Sentences over names of which only the least and the most are known: they hold always, never, or it depends."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise, product
from typing import NamedTuple

from convsolve.language.evaluation import ARITHMETIC, COMPARISON
from convsolve.language.nodes import (
    Arithmetic,
    Call,
    Compare,
    Expr,
    Junction,
    Member,
    Name,
    Negative,
    Not,
    Number,
)


class Interval(NamedTuple):
    """The least and the most that a number may be; there may be numbers between that it cannot be."""

    least: int
    most: int


def interval(node: Expr, known: Mapping[str, Interval]) -> Interval:
    """What a number may be. Names are taken as if each stood for itself wherever it stands, so it is never too narrow.

    Example:
        >>> from convsolve.language import parse
        >>> interval(parse("2*padding - kernel_size"), {"padding": Interval(0, 3), "kernel_size": Interval(1, 7)})
        Interval(least=-7, most=5)
    """
    match node:
        case Number(value):
            return Interval(value, value)
        case Name(name):
            return known[name]
        case Negative(operand):
            inner = interval(operand, known)
            return Interval(-inner.most, -inner.least)
        case Arithmetic(operator, left, right):
            return _arithmetic(operator, interval(left, known), interval(right, known))
        case Call(function, arguments):
            return _called(function, [interval(argument, known) for argument in arguments])
    raise TypeError(f"{node} is no number")


def always(node: Expr, known: Mapping[str, Interval]) -> bool | None:
    """Whether a sentence holds whatever its names are within their intervals; None where it depends, or may.

    Example:
        >>> from convsolve.language import parse
        >>> known = {"params": Interval(3, 9)}
        >>> always(parse("params <= 10"), known), always(parse("params < 3"), known), always(parse("params < 5"), known)
        (True, False, None)
    """
    match node:
        case Compare(operators, operands):
            sides = [interval(operand, known) for operand in operands]
            return _all([_compared(*both) for both in zip(operators, pairwise(sides), strict=True)])
        case Member(element, members):
            least, most = interval(element, known)
            if not any(least <= member <= most for member in members):
                return False
            return True if least == most else None
        case Junction("and", parts):
            return _all([always(part, known) for part in parts])
        case Junction(_, parts):
            return _not(_all([_not(always(part, known)) for part in parts]))
        case Not(operand):
            return _not(always(operand, known))
    raise TypeError(f"{node} is no sentence")


def _all(verdicts: list[bool | None]) -> bool | None:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _not(verdict: bool | None) -> bool | None:  # noqa: FBT001 - it is negated, not switched by
    return None if verdict is None else not verdict


def _compared(operator: str, sides: tuple[Interval, Interval]) -> bool | None:
    left, right = sides
    if left.most < right.least or left.least > right.most or left.least == left.most == right.least == right.most:
        return COMPARISON[operator](left.least, right.least)
    match operator:
        case "<=" if left.most <= right.least:
            return True
        case ">=" if left.least >= right.most:
            return True
        case "<" if left.least >= right.most:
            return False
        case ">" if left.most <= right.least:
            return False
    return None


def _arithmetic(operator: str, left: Interval, right: Interval) -> Interval:
    if operator == "%" and left.least == left.most and right.least == right.most:
        rest = left.least % right.least
        return Interval(rest, rest)
    if operator == "%":  # a divisor is at least 1
        return Interval(0, min(right.most - 1, left.most) if left.least >= 0 else right.most - 1)
    if operator == "//" and right.least < 1:
        raise ValueError("a divisor that may be 0")
    ends = [ARITHMETIC[operator](one, other) for one, other in product(left, right)]
    return Interval(min(ends), max(ends))


def _called(function: str, arguments: list[Interval]) -> Interval:
    least, most = ([argument.least for argument in arguments], [argument.most for argument in arguments])
    match function:
        case "max":
            return Interval(max(least), max(most))
        case "min":
            return Interval(min(least), min(most))
        case "abs":
            low, high = abs(least[0]), abs(most[0])
            return Interval(0 if least[0] <= 0 <= most[0] else min(low, high), max(low, high))
    raise TypeError(f"{function} over layers")
