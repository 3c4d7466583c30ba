"""What emitted code may consist of: every node of its tree is compared with a closed list.

The names come from the layer kinds themselves, so that a new kind needs no entry here.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import math
from functools import cache
from typing import NamedTuple

from convsolve.errors import Error, shown
from convsolve.layers.act import ACTIVATIONS
from convsolve.layers.base import LayerKind
from convsolve.layers.norm import NORMALISATIONS
from convsolve.registry import known_kinds

_DIMENSIONS = ("1d", "2d", "3d")
_TAKEN = {"nn", "torch", "CHANNELS"}


class Words(NamedTuple):
    """The closed sets: classes of torch.nn, keywords of their calls, text values."""

    classes: frozenset[str]
    keywords: frozenset[str]
    values: frozenset[str]


def words() -> Words:
    """The closed sets that the layer kinds make up.

    Example:
        >>> "ConvTranspose2d" in words().classes, "Module" in words().classes
        (True, False)
    """
    return _words(known_kinds())


@cache
def _words(known: tuple[type[LayerKind], ...]) -> Words:
    kinds = [one for kind in known for one in (kind, *kind.variants)]
    bases = [*NORMALISATIONS.values(), *(name for kind in kinds for name in kind.torch_classes or (kind.name,))]
    classes = {base + dimension for base in bases for dimension in _DIMENSIONS}
    classes |= {*bases, *(name for name, _ in ACTIVATIONS.values())}
    keywords = {key for _, key in ACTIVATIONS.values() if key}
    keywords |= {key for kind in kinds for key in kind.torch_keywords}
    values: set[str] = set()
    for kind in kinds:
        for parameter in kind.axis_parameters:
            keywords.add(parameter.name)
            values.update(parameter.words)
        for option in kind.options:
            keywords.add(option.name)
            values.update(option.words)
    return Words(frozenset(classes), frozenset(keywords), frozenset(values))


def identifier(name: object, what: str) -> str:
    """The name, if code may define it; raises ``bad-name`` otherwise.

    Example:
        >>> identifier("Decoder", "class name")
        'Decoder'
    """
    if (
        type(name) is str
        and name.isascii()
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and not hasattr(builtins, name)
        and name not in _TAKEN
    ):
        return name
    text = name if isinstance(name, str) else repr(name)
    raise Error(
        "bad-name",
        f"{shown(text)} cannot be the {what}",
        help=["write a Python name in plain letters that means nothing yet, such as decoder or Decoder"],
    )


def refuse_others(text: str) -> None:
    """Raise ``unsafe-code`` unless the text is emitted code, node by node."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _unsafe("text that is no Python") from None
    plain = text.isascii() and all(sign.isprintable() or sign == "\n" for sign in text)
    if not plain:
        raise _unsafe("a character that is not plain text")
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), ast.ImportFrom() as line, *rest]:
            _import(line)
        case _:
            raise _unsafe("another beginning")
    match rest:
        case [ast.Assign(targets=[ast.Name(id="CHANNELS")], value=ast.Tuple(elts=parts)), *rest]:
            for part in parts:
                _integer(part)
    match rest:
        case [ast.Assign(targets=[ast.Name(id=name)], value=model)]:
            identifier(name, "name")
            _sequential(model)
        case [ast.ClassDef() as definition]:
            _class(definition)
        case _:
            raise _unsafe("another statement")


def _import(line: ast.ImportFrom) -> None:
    match line:
        case ast.ImportFrom(module="torch", names=[ast.alias(name="nn", asname=None)], level=0):
            return
    raise _unsafe("another import")


def _class(definition: ast.ClassDef) -> None:
    match definition:
        case ast.ClassDef(
            name=name,
            bases=[ast.Attribute(value=ast.Name(id="nn"), attr="Sequential")],
            keywords=[],
            decorator_list=[],
            body=[
                ast.Expr(value=ast.Constant(value=str())),
                ast.FunctionDef(
                    name="__init__",
                    args=ast.arguments(
                        posonlyargs=[],
                        args=[ast.arg(arg="self", annotation=None)],
                        vararg=None,
                        kwonlyargs=[],
                        kwarg=None,
                        defaults=[],
                    ),
                    decorator_list=[],
                    returns=ast.Constant(value=None),
                    body=[ast.Expr(value=ast.Call() as call)],
                ),
            ],
        ):
            identifier(name, "class name")
        case _:
            raise _unsafe("another class")
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[], keywords=[]), attr="__init__"):
            _layers(call)
        case _:
            raise _unsafe("another call")


def _sequential(model: ast.expr) -> None:
    match model:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="nn"), attr="Sequential")):
            _layers(model)
        case _:
            raise _unsafe("another value")


def _layers(call: ast.Call) -> None:
    if call.keywords:
        raise _unsafe("a keyword")
    for layer in call.args:
        match layer:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="nn"), attr=name), args=arguments) if (
                name in words().classes
            ):
                for argument in arguments:
                    _argument(argument, crops=name.startswith("ZeroPad"))
                for named in layer.keywords:
                    if named.arg not in words().keywords:
                        raise _unsafe("another keyword")
                    _value(named.value)
            case _:
                raise _unsafe("another layer")


def _argument(part: ast.expr, *, crops: bool) -> None:
    """Integers, or rows of them, or channels that are to be edited; below 0 where a layer crops."""
    match part:
        case ast.Subscript(value=ast.Name(id="CHANNELS"), slice=ast.expr() as place):
            _integer(place)
        case ast.BinOp(left=left, op=ast.Mult() | ast.FloorDiv(), right=right):
            _argument(left, crops=False)
            _integer(right)
        case ast.Tuple(elts=parts):
            for inner in parts:
                _argument(inner, crops=crops)
        case ast.UnaryOp(op=ast.USub(), operand=operand) if crops:
            _integer(operand)
        case _:
            _integer(part)


def _value(part: ast.expr) -> None:
    match part:
        case ast.Tuple(elts=parts):
            for inner in parts:
                _number(inner)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=float()) as number):
            _number(number)
        case ast.Constant(value=bool() | int()):
            return
        case ast.Constant(value=float() as number) if math.isfinite(number):
            return
        case ast.Constant(value=str() as word) if word in words().values:
            return
        case _:
            raise _unsafe("another value")


def _number(part: ast.expr) -> None:
    match part:
        case ast.Constant(value=float() as number) if math.isfinite(number):
            return
        case _:
            _integer(part)


def _integer(part: ast.expr) -> None:
    if not (isinstance(part, ast.Constant) and type(part.value) is int):
        raise _unsafe("something else than an integer")


def _unsafe(what: str) -> Error:
    return Error("unsafe-code", f"the code would contain {what}; it was not written")
