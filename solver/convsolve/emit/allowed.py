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

from convsolve.emit.blocks import BLOCK, VALUE
from convsolve.errors import Error, shown
from convsolve.layers.act import ACTIVATIONS
from convsolve.layers.base import LayerKind
from convsolve.layers.norm import NORMALISATIONS
from convsolve.registry import known_kinds

_DIMENSIONS = ("1d", "2d", "3d")
_TAKEN = {"nn", "torch", "CHANNELS"}
_TENSOR = ast.Attribute(value=ast.Name(id="torch", ctx=ast.Load()), attr="Tensor", ctx=ast.Load())


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
        case [
            ast.Expr(value=ast.Constant(value=str())),
            ast.Import(names=[ast.alias(name="torch", asname=None)]),
            ast.ImportFrom() as line,
            *rest,
        ]:
            _import(line)
            joined = True
        case [ast.Expr(value=ast.Constant(value=str())), ast.ImportFrom() as line, *rest]:
            _import(line)
            joined = False
        case _:
            raise _unsafe("another beginning")
    match rest:
        case [ast.Assign(targets=[ast.Name(id="CHANNELS")], value=ast.Tuple(elts=parts)), *rest]:
            for part in parts:
                _integer(part)
    match rest:
        case [ast.ClassDef() as definition] if joined:
            _module(definition)
        case [
            ast.ClassDef() as definition,
            ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id=class_name), args=[], keywords=[]),
            ),
        ] if joined and class_name == definition.name != name:
            identifier(name, "name")
            _module(definition)
        case [ast.Assign(targets=[ast.Name(id=name)], value=model)] if not joined:
            identifier(name, "name")
            _sequential(model)
        case [ast.ClassDef() as definition] if not joined:
            _class(definition)
        case _:
            raise _unsafe("another statement")


def _import(line: ast.ImportFrom) -> None:
    match line:
        case ast.ImportFrom(module="torch", names=[ast.alias(name="nn", asname=None)], level=0):
            return
    raise _unsafe("another import")


def _class(definition: ast.ClassDef) -> None:
    """A class that is an nn.Sequential."""
    match _body(definition, "Sequential"):
        case [ast.FunctionDef() as made]:
            body = _method(made, "__init__", ast.Constant(value=None))
        case _:
            raise _unsafe("another class")
    match body:
        case [ast.Expr(value=ast.Call() as call)] if _is_super(call):
            _layers(call)
        case _:
            raise _unsafe("another call")


def _module(definition: ast.ClassDef) -> None:
    """A class with blocks of layers, and a forward pass that goes through them and joins what they make."""
    match _body(definition, "Module"):
        case [ast.FunctionDef() as made, ast.FunctionDef() as forward]:
            first, *blocks = _method(made, "__init__", ast.Constant(value=None))
            passed = _method(forward, "forward", _TENSOR, value=True)
        case _:
            raise _unsafe("another class")
    match first:
        case ast.Expr(value=ast.Call(args=[], keywords=[]) as call) if _is_super(call):
            pass
        case _:
            raise _unsafe("another call")
    known = set()
    for statement in blocks:
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)],
                value=ast.Call(func=ast.Attribute(value=ast.Name(id="nn"), attr=called)) as call,
            ) if BLOCK.fullmatch(name) and name not in known:
                known.add(name)
                if called == "Sequential":
                    _layers(call)
                else:
                    _layer(call)
            case _:
                raise _unsafe("another block")
    _forward(passed, known)


def _body(definition: ast.ClassDef, base: str) -> list[ast.stmt]:
    """The methods of a class without anything beside them."""
    match definition:
        case ast.ClassDef(
            name=name,
            bases=[ast.Attribute(value=ast.Name(id="nn"), attr=base_name)],
            keywords=[],
            decorator_list=[],
            body=[ast.Expr(value=ast.Constant(value=str())), *methods],
        ) if base_name == base:
            identifier(name, "class name")
            return methods
        case _:
            raise _unsafe("another class")


def _method(method: ast.FunctionDef, name: str, returns: ast.expr, *, value: bool = False) -> list[ast.stmt]:
    """The statements of a method that takes nothing but a tensor, or not even that."""
    match method:
        case ast.FunctionDef(
            args=ast.arguments(
                posonlyargs=[],
                args=[ast.arg(arg="self", annotation=None), *others],
                vararg=None,
                kwonlyargs=[],
                kwarg=None,
                defaults=[],
            ),
            decorator_list=[],
            returns=ast.expr() as returned,
            body=[*body],
        ) if method.name == name and ast.dump(returned) == ast.dump(returns):
            pass
        case _:
            raise _unsafe("another method")
    match others:
        case [] if not value:
            return body
        case [ast.arg(arg="x", annotation=ast.expr() as kind)] if value and ast.dump(kind) == ast.dump(_TENSOR):
            return body
    raise _unsafe("another parameter")


def _is_super(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[], keywords=[]), attr="__init__"):
            return True
    return False


def _forward(statements: list[ast.stmt], blocks: set[str]) -> None:
    """Values that come from blocks, and from two others joined; the last one is returned."""
    known = {"x"}
    for place, statement in enumerate(statements):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=made) if VALUE.fullmatch(name):
                _passed(made, blocks, known)
                known.add(name)
            case ast.Return(value=ast.expr() as made) if place == len(statements) - 1:
                _passed(made, blocks, known)
            case _:
                raise _unsafe("another statement")


def _passed(made: ast.expr, blocks: set[str], known: set[str]) -> None:
    match made:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="self"), attr=name), args=[ast.Name(id=value)], keywords=[]
        ) if name in blocks and value in known:
            return
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="torch"), attr="cat"),
            args=[ast.Tuple(elts=[ast.Name(id=one), ast.Name(id=other)])],
            keywords=[ast.keyword(arg="dim", value=ast.Constant(value=1))],
        ) if {one, other} <= known:
            return
        case ast.BinOp(left=ast.Name(id=one), op=ast.Add(), right=ast.Name(id=other)) if {one, other} <= known:
            return
    raise _unsafe("another value")


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
        _layer(layer)


def _layer(layer: ast.expr) -> None:
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
        case ast.BinOp(left=left, op=ast.Add(), right=right):  # what is concatenated
            _argument(left, crops=False)
            _argument(right, crops=False)
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
