"""From text to nodes, through ast and a white list; nothing is ever evaluated here."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isfinite

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
    Scoped,
)
from convsolve.strict import python_expression

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
OVER_LAYERS = ("sum", "product", "min", "max")  # with one argument, in a condition
SENTENCES = (Compare, Member, Junction, Not)  # what is true or false; every other node is a number
EXAMPLES = "write Python, as in stride[0] == 2, sum(padding) <= 3 or params <= 2e6"
LONGEST = 10_000  # characters; a condition is a line
DEEPEST = 80  # nested parts: Python reads no more than 200 parentheses, and a part is written with up to two
LARGEST = 10**30
LONGEST_RANGE = 10_000


@lru_cache(maxsize=4096)  # bounded: the texts are users'
def parse(text: str, known: Collection[str] | None = None, kinds: Collection[str] | None = None) -> Expr:
    """Read one sentence, or one number.

    Args:
        text: Python syntax: comparisons, ``+ - * // %``, ``and or not in``, min, max, abs, integers.
        known: the names that may occur; None allows any.
        kinds: in a user's condition, the kinds that may stand in front of a name; then layers and axes may
            stand behind it (``stride[0][1]``), and sum, product, min and max of one argument range over layers.

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
        return _Reader(text, known, kinds).read(python_expression(text))
    except (ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, Error):
            raise
        raise Error("bad-expression", f"{shown(text)} is not an expression", help=[EXAMPLES]) from None


@dataclass(frozen=True)
class _Reader:
    text: str
    known: Collection[str] | None
    kinds: Collection[str] | None
    depth: int = 0

    def read(self, tree: ast.expr) -> Expr:
        if self.depth > DEEPEST:
            message = f"{shown(self.text)} is nested more than {DEEPEST} deep"
            raise Error("bad-expression", message, help=["write several conditions"])
        inner = replace(self, depth=self.depth + 1)
        found = inner.read_sentence(tree) or inner.read_number(tree)
        if found is None:
            raise self._refused(tree)
        return found

    def _refused(self, tree: ast.expr) -> Error:
        """Why a part is none of the language, and what to write instead."""
        message = f"{shown(ast.unparse(tree))} in {shown(self.text)} cannot be used in an expression"
        listed = OVER_LAYERS if self.kinds is not None else ()
        functions = [*dict.fromkeys((*listed, *FUNCTIONS))]
        match tree:
            case ast.Call(func=ast.Name(id=name)) if name not in functions:
                message = f"{shown(name)} in {shown(self.text)} is no function"
                return Error("unknown-name", message, help=did_you_mean(name, functions))
            case ast.Call(func=ast.Name(id=name)):
                each = "one argument" if name in ("abs", "sum", "product") else "one argument or more"
                mend = f"{name} takes {each}, without keywords"
            case ast.BinOp(op=ast.Div()):
                mend = "write stride // 2, which rounds down, or multiply: stride / 2 == 3 is stride == 2*3"
            case ast.BinOp(op=ast.Pow()):
                mend = "write a product, as in stride*stride"
            case ast.Constant(value=bool()):
                mend = "a condition is true as it stands: write stride == 2, or not stride == 2"
            case _:
                mend = (
                    "use comparisons, + - * // %, and, or, not, in, sum, product, min, max, abs, integers, listed names"
                )
        return Error("bad-expression", message, help=[mend])

    def read_sentence(self, tree: ast.expr) -> Expr | None:
        """What is true or false, if it is that."""
        match tree:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.sentence(operand))
            case ast.BoolOp(op=junction, values=parts):
                word = "and" if isinstance(junction, ast.And) else "or"
                return Junction(word, tuple(map(self.sentence, parts)))
            case ast.Compare(left=element, ops=[ast.In() | ast.NotIn() as word], comparators=[collection]):
                member = Member(self.number(element), self._members(collection))
                return member if isinstance(word, ast.In) else Not(member)
            case ast.Compare(left=first, ops=operators, comparators=rest) if all(
                type(operator) in COMPARISON for operator in operators
            ):
                return Compare(
                    tuple(COMPARISON[type(operator)] for operator in operators),
                    tuple(map(self.number, [first, *rest])),
                )
        return None

    def read_number(self, tree: ast.expr) -> Expr | None:
        """What has a value, if it is that."""
        match tree:
            case ast.Constant(value=int() | float() as value) if _whole(value):
                if abs(value) > LARGEST:
                    raise self._too_large()
                return Number(int(value))
            case ast.Constant(value=float() as value) if not isfinite(value):
                raise self._too_large()
            case ast.Constant(value=float() as value):
                raise Error(
                    "bad-expression",
                    f"{value!r} in {shown(self.text)} is no integer",
                    help=["everything that is counted is an integer: 2e6 is one, and 2*a <= 3*b says a <= 1.5*b"],
                )
            case ast.Name(id=name):
                return Name(self._known(name, self.known))
            case ast.Attribute() | ast.Subscript() if self.kinds is not None:
                return self._scoped(tree)
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in ARITHMETIC:
                return self._arithmetic(ARITHMETIC[type(operator)], self.number(left), self.number(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Negative(self.number(operand))
            case ast.Call(func=ast.Name(id=function), args=[argument], keywords=[]) if (
                self.kinds is not None and function in OVER_LAYERS
            ):
                return Call(function, (self.number(argument),))
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]) if (
                function in FUNCTIONS and (len(arguments) == 1) == (function == "abs") and arguments
            ):
                return Call(function, tuple(map(self.number, arguments)))
        return None

    def _too_large(self) -> Error:
        message = f"a number in {shown(self.text)} is larger than 10^30"
        return Error("bad-expression", message, help=["no size, parameter or cost is that large"])

    def _known(self, name: str, known: Collection[str] | None) -> str:
        if known is not None and name not in known:
            message = f"{shown(name)} in {shown(self.text)} is not known"
            raise Error("unknown-name", message, help=did_you_mean(name, known))
        return name

    def _scoped(self, tree: ast.expr) -> Expr:
        places: list[int] = []
        inner = tree
        while isinstance(inner, ast.Subscript):
            place = _literal(self.read(inner.slice))
            if place is None:
                break
            places.insert(0, place)
            inner = inner.value
        layer, axis = (*places, None, None)[:2]
        match inner:
            case ast.Name(id=name) if len(places) <= 2:
                return Scoped(self._known(name, self.known), None, layer, axis)
            case ast.Attribute(value=ast.Name(id=kind), attr=name) if len(places) <= 2:
                return Scoped(self._known(name, self.known), self._known(kind, self.kinds), layer, axis)
        raise Error(
            "bad-expression",
            f"{shown(ast.unparse(tree))} in {shown(self.text)} is no name of a layer",
            help=["write stride[0] for the first layer, stride[0][1] for its axis 1, Conv.stride for convolutions"],
        )

    def number(self, tree: ast.expr) -> Expr:
        """A part that must be a number: Python would count with truth values, SMT-LIB does not."""
        node = self.read(tree)
        if isinstance(node, SENTENCES):
            raise Error(
                "bad-expression",
                f"{shown(ast.unparse(tree))} in {shown(self.text)} is true or false, not a number",
                help=["join conditions with and, or, not"],
            )
        return node

    def sentence(self, tree: ast.expr) -> Expr:
        """A part that must be true or false."""
        node = self.read(tree)
        if not isinstance(node, SENTENCES):
            raise Error(
                "bad-expression",
                f"{shown(ast.unparse(tree))} in {shown(self.text)} is a number, not true or false",
                help=["compare it, as in stride >= 2"],
            )
        return node

    def _arithmetic(self, operator: str, left: Expr, right: Expr) -> Expr:
        divisor = _literal(right)
        if operator in ("//", "%") and divisor is not None and divisor < 1:
            # Python and SMT-LIB round alike for positive divisors only
            raise Error("bad-expression", f"{shown(self.text)} divides by {divisor}", help=["divide by 1 or more"])
        return Arithmetic(operator, left, right)

    def _members(self, tree: ast.expr) -> tuple[int, ...]:
        match tree:
            case ast.Set(elts=parts) | ast.Tuple(elts=parts):
                values = [_literal(self.read(part)) for part in parts]
                numbers = [value for value in values if value is not None]
                if len(numbers) == len(values):
                    return tuple(sorted(set(numbers)))
            case ast.Call(func=ast.Name(id="range"), args=[*bounds], keywords=[]) if 1 <= len(bounds) <= 3:
                values = [_literal(self.read(bound)) for bound in bounds]
                numbers = [value for value in values if value is not None]
                if len(numbers) == len(values) and 0 not in numbers[2:]:
                    members = range(*numbers)
                    if not members or abs(members[-1] - members[0]) <= LONGEST_RANGE * abs(members.step):
                        return tuple(sorted(members))
                    message = f"{shown(ast.unparse(tree))} has more than {LONGEST_RANGE} numbers"
                    raise Error("bad-expression", message, help=["write a comparison, as in 1 <= params <= 2e6"])
        message = f"'in' takes a literal set, tuple or range, not {shown(ast.unparse(tree))}"
        raise Error("bad-expression", message, help=["write stride in {1, 2}, or stride in range(1, 4)"])


def _whole(value: object) -> bool:
    """Whether a literal is an integer: ``7`` and ``2e6`` are, ``2.5`` and ``True`` are not."""
    return type(value) is int or (isinstance(value, float) and value.is_integer())


def _literal(node: Expr) -> int | None:
    match node:
        case Number(value):
            return value
        case Negative(Number(value)):
            return -value
    return None
