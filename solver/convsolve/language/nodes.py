"""The few frozen nodes that every rule and condition is read into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """An integer."""

    value: int


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A sum, difference, product, quotient or remainder, rounded down as in Python."""

    operator: str  # + - * // %
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Negative:
    """The number with the other sign."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """A minimum, maximum or absolute value."""

    function: str  # min max abs
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """A chain, as in Python: operands[0] operators[0] operands[1] operators[1] ..."""

    operators: tuple[str, ...]  # == != < <= > >=
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """Whether a number is one of a literal few."""

    element: Expr
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Junction:
    """All, or any, of several sentences."""

    operator: str  # and or
    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a sentence."""

    operand: Expr


Expr = Number | Name | Arithmetic | Negative | Call | Compare | Member | Junction | Not


def children(node: Expr) -> tuple[Expr, ...]:
    """The parts of a node, in the order in which they are written."""
    match node:
        case Arithmetic(_, left, right):
            return (left, right)
        case Negative(part) | Not(part) | Member(part, _):
            return (part,)
        case Call(_, parts) | Compare(_, parts) | Junction(_, parts):
            return parts
    return ()


def names(node: Expr) -> Iterator[str]:
    """Every name in the sentence, in reading order, with repetitions."""
    if isinstance(node, Name):
        yield node.name
    for child in children(node):
        yield from names(child)


def substitute(node: Expr, values: Mapping[str, int]) -> Expr:
    """The sentence with numbers in place of the given names."""
    match node:
        case Name(name):
            return Number(values[name]) if name in values else node
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, substitute(left, values), substitute(right, values))
        case Negative(part):
            return Negative(substitute(part, values))
        case Not(part):
            return Not(substitute(part, values))
        case Member(part, members):
            return Member(substitute(part, values), members)
        case Call(function, parts):
            return Call(function, tuple(substitute(part, values) for part in parts))
        case Compare(operators, parts):
            return Compare(operators, tuple(substitute(part, values) for part in parts))
        case Junction(operator, parts):
            return Junction(operator, tuple(substitute(part, values) for part in parts))
    return node
