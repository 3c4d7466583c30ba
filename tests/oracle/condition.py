"""Whether a condition holds for a solution: interface.md, section 3, read once more, with Python's own ast.

Nothing is shared with convsolve but the solution itself: numbers are looked up, never solved for.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any

from convsolve.answer import Solution

ON_AXES = ("kernel_size", "stride", "padding", "dilation", "output_padding", "in_size", "out_size")
OF_LAYERS = ("in_channels", "out_channels", "groups")
OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b, ast.Mod: lambda a, b: a % b,
}  # fmt: skip
SIGNS: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b, ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b, ast.GtE: lambda a, b: a >= b,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
OVER_LAYERS: dict[str, Callable[[list[Any]], Any]] = {"sum": sum, "product": prod, "min": min, "max": max}


def holds(text: str, solution: Solution) -> bool:
    """Whether a condition holds on every layer and axis that it speaks of."""
    tree = _read(text)
    layers = [layer.to_dict() for layer in solution.layers]
    bare = _bare(tree)
    places: list[int | None] = [None]
    if bare:
        places = [p for p, layer in enumerate(layers) if all(_has(layer, kind, name) for kind, name in bare)]
    axes = range(len(solution.layers[0].settings))
    return all(_value(tree, layers, place, axis) for place in places for axis in axes)


def number(text: str, solution: Solution) -> int:
    """What an objective comes to: each of its terms summed over the axes where it has a value on each."""
    layers = [layer.to_dict() for layer in solution.layers]
    return _number(_read(text), layers, len(solution.layers[0].settings))


@cache
def _read(text: str) -> ast.expr:
    """The text as a tree, one and the same for all solutions that it is held against."""
    return ast.parse(text.strip(), mode="eval").body


def _number(tree: ast.AST, layers: list[dict[str, Any]], axes: int) -> int:
    match tree:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operator, right=right):
            total: int = OPERATORS[type(operator)](_number(left, layers, axes), _number(right, layers, axes))
            return total
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return -_number(part, layers, axes)
    return sum(int(_value(tree, layers, None, axis)) for axis in range(axes if _on_axes(tree) else 1))


def _on_axes(tree: ast.AST) -> bool:
    """Whether a term has a value on each axis."""
    match tree:
        case ast.Subscript(value=ast.Subscript()) | ast.Subscript(value=ast.Name(id="receptive_field")):
            return False
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in (*ON_AXES, "receptive_field")
    return any(map(_on_axes, ast.iter_child_nodes(tree)))


def _has(layer: dict[str, Any], kind: str | None, name: str) -> bool:
    record = {"Conv": "conv", "ConvTranspose": "conv_transpose", "MaxPool": "max_pool", "AvgPool": "avg_pool"}
    return layer.get(name, []) != [] and (kind is None or layer["kind"] == record[kind])


@cache
def _bare(tree: ast.AST) -> list[tuple[str | None, str]]:
    """Names that stand for every layer: not indexed, and not inside a sum over layers."""
    match tree:
        case ast.Name(id=name):
            return [(None, name)] if name in ON_AXES + OF_LAYERS else []
        case ast.Attribute(value=ast.Name(id=kind), attr=name):
            return [(kind, name)]
        case ast.Subscript():
            return []
        case ast.Call(func=ast.Name(id=function), args=[argument]):
            return _bare(argument) if function == "abs" else []
        case ast.Call(args=arguments):
            return [found for argument in arguments for found in _bare(argument)]
    return [found for child in ast.iter_child_nodes(tree) for found in _bare(child)]


def _value(tree: ast.AST, layers: list[dict[str, Any]], place: int | None, axis: int) -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912
    def value(part: ast.AST) -> Any:  # noqa: ANN401
        return _value(part, layers, place, axis)

    match tree:
        case ast.Constant(value=number):
            return number
        case ast.Set(elts=parts) | ast.Tuple(elts=parts):
            return [value(part) for part in parts]
        case ast.BinOp(left=left, op=operator, right=right):
            return OPERATORS[type(operator)](value(left), value(right))
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return -value(part)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return not value(part)
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(value(part) for part in parts)
        case ast.BoolOp(values=parts):
            return any(value(part) for part in parts)
        case ast.Compare(left=first, ops=operators, comparators=rest):
            sides = [value(part) for part in (first, *rest)]
            return all(SIGNS[type(op)](a, b) for op, a, b in zip(operators, sides, sides[1:], strict=False))
        case ast.Call(func=ast.Name(id="range"), args=arguments):
            return range(*map(value, arguments))
        case ast.Call(func=ast.Name(id="abs"), args=[argument]):
            return abs(value(argument))
        case ast.Call(func=ast.Name(id=function), args=[argument]):
            each = [
                _value(argument, layers, at, axis)
                for at, layer in enumerate(layers)
                if all(_has(layer, kind, name) for kind, name in _bare(argument))
            ]
            return OVER_LAYERS[function](each)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return OVER_LAYERS[function](list(map(value, arguments)))
        case ast.Name(id=name):
            return _of_layer(layers, place, name, axis) if name in ON_AXES + OF_LAYERS else _whole(layers, name, axis)
        case ast.Attribute(attr=name):
            return _of_layer(layers, place, name, axis)
        case ast.Subscript(value=ast.Subscript(value=inner, slice=index), slice=other):
            return _of_layer(layers, _indexed(layers, inner, value(index)), _named(inner)[1], value(other))
        case ast.Subscript(value=ast.Name(id="receptive_field" | "jump" as name), slice=index):
            return _whole(layers, name, value(index))
        case ast.Subscript(value=inner, slice=index):
            return _of_layer(layers, _indexed(layers, inner, value(index)), _named(inner)[1], axis)
    raise NotImplementedError(ast.dump(tree))


def _named(tree: ast.AST) -> tuple[str | None, str]:
    if isinstance(tree, ast.Attribute) and isinstance(tree.value, ast.Name):
        return tree.value.id, tree.attr
    assert isinstance(tree, ast.Name)
    return None, tree.id


def _indexed(layers: list[dict[str, Any]], tree: ast.AST, index: int) -> int:
    having = [place for place, layer in enumerate(layers) if _has(layer, *_named(tree))]
    return having[index]


def _of_layer(layers: list[dict[str, Any]], place: int | None, name: str, axis: int) -> int:
    assert place is not None
    number: int | list[int] = layers[place][name]
    return number[axis] if isinstance(number, list) else number


def _whole(layers: list[dict[str, Any]], name: str, axis: int) -> int | Fraction:
    if name == "layers":
        return len(layers)
    field, jump = 1, Fraction(1)
    params = macs = 0
    outputs = []
    for layer in reversed(layers):
        windowed = "kernel_size" in layer
        elements = prod(layer["kernel_size"]) if windowed else 1
        outputs.append((layer["out_channels"] or 0) * prod(layer["out_size"]))
        if layer["kind"] in ("conv", "conv_transpose"):
            pairs = (layer["in_channels"] or 0) * (layer["out_channels"] or 0) // layer["groups"] * elements
            params += pairs + ((layer["out_channels"] or 0) if layer["bias"] else 0)
            macs += pairs * prod(layer["out_size"] if layer["kind"] == "conv" else layer["in_size"])
        if layer["kind"] == "linear":
            params += (layer["in_channels"] + layer["bias"]) * layer["out_channels"]
            macs += layer["in_channels"] * layer["out_channels"]
        if windowed:
            kernel, stride = layer["kernel_size"][axis], layer["stride"][axis]
            reach = layer.get("dilation", [1, 1, 1])[axis] * (kernel - 1)
            if layer["kind"] == "conv_transpose":
                field, jump = (field + reach - 1) // stride + 1, jump / stride
            else:
                field, jump = (field - 1) * stride + reach + 1, jump * stride
    found: dict[str, int | Fraction] = {
        "params": params,
        "macs": macs,
        "activations": sum(outputs),
        "peak": max(outputs),
        "receptive_field": field,
        "jump": jump,
    }
    return found[name]
