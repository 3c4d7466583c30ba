"""Sentences on numbers: compiled once to a Python function of the names they mention."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

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


@lru_cache(maxsize=4096)  # bounded: the texts are users'
def compiled(node: Expr, parameters: tuple[str, ...]) -> Callable[..., bool]:
    """The sentence as a function of the named parameters, in that order.

    Example:
        >>> from convsolve.language import parse
        >>> compiled(parse("2*padding <= kernel_size"), ("kernel_size", "padding"))(3, 1)
        True
    """
    source = f"lambda {', '.join(parameters)}: {written(node)}"
    function: Callable[..., bool] = eval(source, {"__builtins__": {"min": min, "max": max, "abs": abs}})  # noqa: S307 - the source is written from our own nodes, see `written`
    return function


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
