"""Sentences, and numbers, compiled once to a Python function of the names they mention."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise

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
    Scoped,
)

ARITHMETIC: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
}  # fmt: skip
COMPARISON: Mapping[str, Callable[[int, int], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@lru_cache(maxsize=4096)  # bounded: the texts are users'
def compiled(node: Expr, parameters: tuple[str, ...]) -> Callable[..., int]:
    """The sentence as a function of the named parameters, in that order.

    Example:
        >>> from convsolve.language import parse
        >>> compiled(parse("2*padding <= kernel_size"), ("kernel_size", "padding"))(3, 1)
        True
    """
    source = f"lambda {', '.join(parameters)}: {written(node)}"
    function: Callable[..., int] = eval(source, {"__builtins__": {"min": min, "max": max, "abs": abs}})  # noqa: S307 - the source is written from our own nodes, see `written`
    return function


def evaluated(node: Expr, values: Mapping[str, int]) -> int:
    """The value of a sentence or number, each name looked up: once, where `compiled` is for a thousand times.

    Example:
        >>> from convsolve.language import parse
        >>> evaluated(parse("2*padding + 1"), {"padding": 3})
        7
    """
    match node:
        case Number(value):
            return value
        case Name(name):
            return values[name]
        case Arithmetic(sign, left, right):
            return ARITHMETIC[sign](evaluated(left, values), evaluated(right, values))
        case Negative(part):
            return -evaluated(part, values)
        case Not(part):
            return not evaluated(part, values)
        case Member(part, members):
            return evaluated(part, values) in members
        case Call("abs", (part,)):
            return abs(evaluated(part, values))
        case Call(function, parts):
            return (min if function == "min" else max)(evaluated(part, values) for part in parts)
        case Compare(operators, parts):
            numbers = [evaluated(part, values) for part in parts]
            return all(COMPARISON[op](a, b) for op, (a, b) in zip(operators, pairwise(numbers), strict=True))
        case Junction(word, parts):
            every = (evaluated(part, values) for part in parts)
            return all(every) if word == "and" else any(every)
        case Scoped():
            raise TypeError(f"{node} stands for several numbers")


def written(node: Expr) -> str:
    """The sentence as Python text, every part in parentheses."""
    match node:
        case Number(value):
            return f"({int.__repr__(value)})"
        case Name(name):
            return name
        case Arithmetic(operator, left, right):
            return f"({written(left)} {operator} {written(right)})"
        case Negative(part):
            return f"(-{written(part)})"
        case Not(part):
            return f"(not {written(part)})"
        case Member(part, values):
            return f"({written(part)} in {values!r})"
        case Call(function, parts):
            return f"{function}({', '.join(map(written, parts))})"
        case Compare(operators, parts):
            rest = zip(operators, map(written, parts[1:]), strict=True)
            return f"({written(parts[0])} {' '.join(f'{op} {part}' for op, part in rest)})"
        case Junction(operator, parts):
            return f"({f' {operator} '.join(map(written, parts))})"
        case Scoped():
            raise TypeError(f"{node} stands for several numbers")
