"""From text to nodes, through ast and a white list; nothing is ever evaluated here."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import cache

from convsolve.errors import Error, did_you_mean, shown
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

ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
FUNCTIONS = ("min", "max", "abs")
LONGEST = 10_000  # characters; a condition is a line, and ast recurses


@cache
def parse(text: str, known: Collection[str] | None = None) -> Expr:
    """Read one sentence.

    Args:
        text: Python syntax: comparisons, ``+ - * // %``, ``and or not in``, min, max, abs, integers.
        known: the names that may occur; None allows any.

    Raises:
        Error: the text is no sentence of the language (``bad-expression``), or has an unknown name
            (``unknown-name``).

    Example:
        >>> parse("stride*(out_size - 1) <= in_size").operators
        ('<=',)
    """
    try:
        if len(text) > LONGEST:
            raise ValueError
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Error("bad-expression", f"{shown(text)} is not an expression") from None
    return _read(tree, text, known)


def _read(tree: ast.expr, text: str, known: Collection[str] | None) -> Expr:
    def read(part: ast.expr) -> Expr:
        return _read(part, text, known)

    match tree:
        case ast.Constant(value=int(value)) if type(value) is int:
            return Number(value)
        case ast.Constant(value=float(value)) if value.is_integer():
            return Number(int(value))
        case ast.Name(id=name):
            if known is not None and name not in known:
                raise Error(
                    "unknown-name",
                    f"{shown(name)} in {shown(text)} is not known",
                    help=did_you_mean(name, known),
                )
            return Name(name)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in ARITHMETIC:
            return Arithmetic(ARITHMETIC[type(operator)], read(left), read(right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Negative(read(operand))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Not(read(operand))
        case ast.BoolOp(op=junction, values=parts):
            operator_text = "and" if isinstance(junction, ast.And) else "or"
            return Junction(operator_text, tuple(read(part) for part in parts))
        case ast.Compare(left=element, ops=[ast.In()], comparators=[collection]):
            return Member(read(element), _members(collection, text))
        case ast.Compare(left=element, ops=[ast.NotIn()], comparators=[collection]):
            return Not(Member(read(element), _members(collection, text)))
        case ast.Compare(left=first, ops=operators, comparators=rest) if all(
            type(operator) in COMPARISON for operator in operators
        ):
            return Compare(
                tuple(COMPARISON[type(operator)] for operator in operators),
                tuple(read(part) for part in [first, *rest]),
            )
        case ast.Call(func=ast.Name(id=function), args=[_, *_] as arguments, keywords=[]) if (
            function in FUNCTIONS
        ):
            return Call(function, tuple(read(part) for part in arguments))
    raise Error(
        "bad-expression",
        f"{shown(ast.unparse(tree))} in {shown(text)} cannot be used in an expression",
        help=[
            "use comparisons, + - * // %, and, or, not, in, min, max, abs, integers and the listed names"
        ],
    )


def _members(tree: ast.expr, text: str) -> tuple[int, ...]:
    match tree:
        case ast.Set(elts=parts) | ast.Tuple(elts=parts):
            values = [_read(part, text, ()) for part in parts]
            if all(isinstance(value, Number) for value in values):
                return tuple(sorted({v.value for v in values if isinstance(v, Number)}))
        case ast.Call(func=ast.Name(id="range"), args=[*bounds], keywords=[]) if (
            1 <= len(bounds) <= 3
        ):
            numbers = [_read(bound, text, ()) for bound in bounds]
            if all(isinstance(number, Number) for number in numbers):
                return tuple(range(*(n.value for n in numbers if isinstance(n, Number))))
    raise Error("bad-expression", f"'in' takes a literal set, tuple or range, not {shown(ast.unparse(tree))}")
