"""The few frozen nodes that every rule and condition is read into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}  # a comparison as it reads from the other side


@dataclass(frozen=True, slots=True)
class Number:
    """An integer."""

    value: int


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Scoped:
    """A name of one kind of layers, of one layer, or on one axis: ``Conv.stride``, ``stride[0]``, ``stride[0][1]``.

    In a user's condition only: before it is evaluated, each layer's own names take its place.
    """

    name: str
    kind: str | None = None
    layer: int | None = None  # counted among the layers that have the name, from the end where negative
    axis: int | None = None


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
    """A minimum, maximum, absolute value, sum or product; of one argument, over all layers."""

    function: str  # min max abs sum product
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


Expr = Number | Name | Scoped | Arithmetic | Negative | Call | Compare | Member | Junction | Not


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
    return (part.name for part in parts_of(node) if isinstance(part, Name))


def parts_of(node: Expr) -> Iterator[Expr]:
    """The node and everything in it, outermost first."""
    yield node
    for child in children(node):
        yield from parts_of(child)


def with_children(node: Expr, parts: tuple[Expr, ...]) -> Expr:
    """The node with other parts, as many as it has."""
    match node:
        case Arithmetic(operator, _, _):
            left, right = parts
            return Arithmetic(operator, left, right)
        case Negative():
            return Negative(*parts)
        case Not():
            return Not(*parts)
        case Member(_, members):
            return Member(parts[0], members)
        case Call(function, _):
            return Call(function, parts)
        case Compare(operators, _):
            return Compare(operators, parts)
        case Junction(operator, _):
            return Junction(operator, parts)
    return node


def rebuilt(node: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The sentence with every part changed, the innermost first."""
    return change(with_children(node, tuple(rebuilt(part, change) for part in children(node))))


def renamed(node: Expr, terms: Mapping[str, Name]) -> Expr:
    """The sentence with another name in place of each of its own."""
    return rebuilt(node, lambda part: terms[part.name] if isinstance(part, Name) else part)


def shaped(node: Expr, *kept: str) -> tuple[Expr, tuple[str, ...]]:
    """The sentence over ``v0``, ``v1`` and so on, some names kept as they are, and the names that these stand for.

    Sentences that say the same of different layers have one shape.
    """
    said = tuple([name for name in dict.fromkeys(names(node)) if name not in kept])
    terms = {name: Name(f"v{number}") for number, name in enumerate(said)}
    return renamed(node, terms | {name: Name(name) for name in kept}), said


def substitute(node: Expr, values: Mapping[str, int]) -> Expr:
    """The sentence with numbers in place of the given names."""

    def known(part: Expr) -> Expr:
        return Number(values[part.name]) if isinstance(part, Name) and part.name in values else part

    return rebuilt(node, known)
