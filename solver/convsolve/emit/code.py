"""A solution as source text: what a person would write, and nothing that was not checked."""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from convsolve.emit.allowed import identifier, refuse_others, words
from convsolve.emit.blocks import BLOCK, VALUE, Line, lines
from convsolve.emit.dressing import Place, channel_stages, dressed
from convsolve.errors import Error, shown
from convsolve.families import Family, positions
from convsolve.layers.act import Act
from convsolve.layers.join import Join
from convsolve.layers.norm import Norm
from convsolve.shapes import shape_text

if TYPE_CHECKING:
    from convsolve.answer import Solution
    from convsolve.layers.solved import SolvedLayer

LINE_LENGTH = 88  # ruff's own default, which most projects keep
_INDENT = "    "


def code(  # noqa: PLR0913 - one keyword a choice of style
    solution: Solution,
    *,
    activation: str | None = None,
    norm: str | None = None,
    final_activation: str | None = None,
    class_name: str | None = None,
    name: str = "model",
) -> str:
    """The source text of a module that imports torch alone, formatted as ruff would.

    Where channels are unknown, ``CHANNELS`` stands on top, to be edited: one number more than there
    are convolutions, the unknown ones the smallest that torch takes (1, or the groups).

    Args:
        solution: what to write.
        activation: behind every convolution but the last, see `convsolve.emit.dressing.dressed`.
        norm: likewise, in front of the activation.
        final_activation: behind the last convolution.
        class_name: write a class of this name instead of a value.
        name: the value's name. Stacks with skip connections are a class in any case, of which it is the only one.

    Raises:
        Error: ``bad-name`` for a name that cannot be one, and what `dressed` raises;
            ``unsafe-code`` for a solution that holds anything else than integers and known words.

    Example:
        >>> import convsolve as cs
        >>> print(code(cs.solve("1@7x7", "1@28x28")[0]), end="")
        \"\"\"From 1@7x7 to 1@28x28, by convsolve.\"\"\"
        <BLANKLINE>
        from torch import nn
        <BLANKLINE>
        model = nn.Sequential(
            nn.ConvTranspose2d(1, 1, 4, stride=4),  # 1@7x7 -> 1@28x28
        )
    """
    for layer in solution.layers:
        _refuse_untrue(layer)
    layers = dressed(solution, activation, norm, final_activation)
    stages, places = channel_stages(layers)
    texts = [*map(_of_channels, places)]
    known = all(None not in (layer.in_channels, layer.out_channels) for layer in layers)
    shapes = _shapes(layers, solution.family)
    title = f"From {shapes[0]} to {shapes[-1]}"
    written = _Written(title, None if known else texts, shapes)
    joined = any(isinstance(layer.kind, Join) for layer in layers)
    if joined:
        called = _class_of(identifier(name, "name")) if class_name is None else class_name
        body = written.module(lines(layers), called)
        body += ["", "", f"{name} = {called}()"] if class_name is None else []
    elif class_name is not None:
        body = written.subclass(layers, class_name)
    else:
        body = [f"{identifier(name, 'name')} = nn.Sequential(", *written.layers(layers, 0, _INDENT), ")"]
    if any("CHANNELS[" in line for line in body):
        gap = "\n" if class_name or joined else ""
        body = [*_channels(stages), gap, *body]
    elif class_name or joined:
        body = ["", *body]
    imports = ["import torch"] * joined + ["from torch import nn"]
    text = "\n".join([*_said(title, solution.family), "", *imports, "", *body, ""])
    refuse_others(text)
    return text


def _said(title: str, family: Family | None) -> list[str]:
    """The lines in front of all others: what it is, and for which members of a family."""
    if family is None:
        return [f'"""{title}, by convsolve."""']
    every = [one.every for one in family.members]
    lines = [f"{'For' if one == every[0] else 'and'} {one}{'.' if one == every[-1] else ''}" for one in every]
    return [f'"""{title}, by convsolve.', "", *lines, '"""']


def _class_of(name: str) -> str:
    """What a class is called whose only value has the name."""
    made = name[:1].upper() + name[1:]
    return f"{name}Module" if made == name or keyword.iskeyword(made) or hasattr(builtins, made) else made


class _Written(NamedTuple):
    """How layers are written: what the whole leads to, and the text of channels that are to be edited, if any are."""

    title: str
    texts: Sequence[str] | None
    shapes: Sequence[str]  # in front of each layer, and behind the last

    def subclass(self, layers: Sequence[SolvedLayer], class_name: str) -> list[str]:
        """A class that is an nn.Sequential."""
        opening = self._opening(class_name, "Sequential")
        return [*opening, f"{_INDENT * 2}super().__init__(", *self.layers(layers, 0, _INDENT * 3), f"{_INDENT * 2})"]

    def module(self, passed: Sequence[Line], class_name: str) -> list[str]:
        """A class with the blocks between skip connections, and their forward pass."""
        inside = _INDENT * 2
        made = [*self._opening(class_name, "Module"), f"{inside}super().__init__()"]
        for line in passed:
            if line.block is None:
                continue
            if len(line.layers) == 1:
                front = f"{inside}self.{line.block} = "
                made += _laid_out(
                    front, self._call(line.layers[0], line.first), "", self._comment(line.layers[0], line.first)
                )
            else:
                made += [f"{inside}self.{line.block} = nn.Sequential("]
                made += [*self.layers(line.layers, line.first, inside + _INDENT), f"{inside})"]
        made += ["", f"{_INDENT}def forward(self, x: torch.Tensor) -> torch.Tensor:"]
        for line in passed:
            front = f"{inside}return " if line is passed[-1] else f"{inside}{line.value} = "
            text, comment = front + _passed(line), ""
            if line.join is not None:
                comment = self._comment(line.layers[0], line.first)
            if len(text + comment) > LINE_LENGTH:
                made.append(inside + comment.strip())
                comment = ""
            made.append(text + comment)
        return made

    def _opening(self, class_name: str, base: str) -> list[str]:
        return [
            f"class {identifier(class_name, 'class name')}(nn.{base}):",
            f'{_INDENT}"""{self.title}."""',
            "",
            f"{_INDENT}def __init__(self) -> None:",
        ]

    def layers(self, layers: Sequence[SolvedLayer], first: int, indent: str) -> Iterator[str]:
        """Layers in a row, the first of that number in the stack, each followed by a comma."""
        for place, layer in enumerate(layers, first):
            yield from _laid_out(indent, self._call(layer, place), ",", self._comment(layer, place))

    def _comment(self, layer: SolvedLayer, place: int) -> str:
        """The shapes in front of a layer and behind it."""
        if isinstance(layer.kind, (Act, Norm)):
            return ""
        return f"  # {self.shapes[place]} -> {self.shapes[place + 1]}"

    def _call(self, layer: SolvedLayer, place: int) -> tuple[str, list[str]]:
        """The class and the arguments of a layer."""
        # Numbers that no channel can be stand for what is written instead: ~0 for the first text.
        ends = (layer.in_channels, layer.out_channels) if self.texts is None else (~place, ~(place + 1))
        call = layer.kind.torch_call(layer.settings, *ends)
        if call.name not in words().classes:
            said, base = f"layer {place} ({layer.kind.name}): its torch_call names {shown(call.name)}", call.name[:-2]
            kind = [f"the kind must say so: torch_classes = ({base!r},), without 1d, 2d and 3d"]
            raise Error("unsafe-code", f"{said}, which is none of its torch_classes", help=kind)
        texts = self.texts or ()
        arguments = [texts[~value] if type(value) is int and value < 0 else _integer(value) for value in call.arguments]
        for name, value in call.keywords:
            arguments.append(_value(value) if name in call.bare else f"{_keyword(name)}={_value(value)}")
        return call.name, arguments


def _laid_out(front: str, call: tuple[str, list[str]], end: str, comment: str) -> Iterator[str]:
    """A layer as ruff lays it out: on one line, its arguments on one, or each on its own."""
    name, arguments = call
    inside, indent = ", ".join(arguments), front[: len(front) - len(front.lstrip())]
    if len(flat := f"{front}nn.{name}({inside}){end}{comment}") <= LINE_LENGTH or not arguments:
        yield flat
        return
    yield f"{front}nn.{name}("
    if len(line := f"{indent}{_INDENT}{inside}") <= LINE_LENGTH:
        yield line
    else:
        yield from (f"{indent}{_INDENT}{argument}," for argument in arguments)
    yield f"{indent}){end}{comment}"


def _passed(line: Line) -> str:
    """What a line of the forward pass makes."""
    values = [_named(value, VALUE) for value in line.of]
    if line.join is None:
        return f"self.{_named(line.block, BLOCK)}({values[0]})"
    return f"torch.cat(({', '.join(values)}), dim=1)" if line.join.adds_channels else " + ".join(values)


def _named(name: object, known: re.Pattern[str]) -> str:
    if type(name) is str and known.fullmatch(name):
        return name
    raise _unsafe(name)


def _refuse_untrue(layer: SolvedLayer) -> None:
    """Raise unless every number and word of the layer is of exactly the type that it should be."""
    channels = [number for number in (layer.in_channels, layer.out_channels) if number is not None]
    for number in (*channels, *layer.in_size, *layer.out_size, *(n for setting in layer.settings for n in setting)):
        _integer(number)
    for option in layer.kind.options:
        value = getattr(layer.kind, option.name)
        if type(value) is not option.type and value is not option.default:
            raise _unsafe(value)


def _channels(stages: Sequence[int]) -> Iterator[str]:
    numbers = [_integer(stage) for stage in stages]
    flat = f"CHANNELS = ({', '.join(numbers)}{',' * (len(numbers) == 1)})"
    yield "# Edit these: the channels in front of the first convolution, then behind each."
    if len(flat) <= LINE_LENGTH:
        yield flat
    else:
        yield from ("CHANNELS = (", *(f"{_INDENT}{number}," for number in numbers), ")")


def _of_channels(place: Place) -> str:
    """Channels that are to be edited."""
    terms = [
        f"CHANNELS[{_integer(stage)}]" + ("" if over == 1 else f" * {_integer(over)}") for stage, over in place.terms
    ]
    text = " + ".join(terms)
    if place.under == 1:
        return text
    return f"({text}) // {_integer(place.under)}" if len(terms) > 1 else f"{text} // {_integer(place.under)}"


def _shapes(layers: Sequence[SolvedLayer], family: Family | None) -> list[str]:
    """The shapes in front of each layer and behind the last; of a family over its letters."""
    sizes: list[Sequence[object]] = [layers[0].in_size, *(layer.out_size for layer in layers)]
    if family is not None:
        told = [family.told(size) for size in positions(family, layers)]
        sizes = [some if size else () for size, some in zip(sizes, told, strict=True)]
    channels = [layers[0].in_channels, *(layer.out_channels for layer in layers)]
    return [shape_text(number, size) for number, size in zip(channels, sizes, strict=True)]


def _keyword(name: object) -> str:
    if type(name) is str and name in words().keywords:
        return name
    raise _unsafe(name)


def _value(value: object) -> str:
    # By exact type: a subclass may say anything of itself.
    if type(value) is bool:
        return "True" if value else "False"
    if type(value) is float and math.isfinite(value):
        return float.__repr__(value)
    if type(value) is str and value in words().values:
        return f'"{value}"'
    if type(value) is tuple:
        return f"({_row(value)})"
    return _integer(value)


def _row(values: Iterable[object]) -> str:
    numbers = [float.__repr__(value) if type(value) is float else _integer(value) for value in values]
    return f"{numbers[0]}," if len(numbers) == 1 else ", ".join(numbers)


def _integer(value: object) -> str:
    if type(value) is not int:
        raise _unsafe(value)
    return int.__repr__(value)


def _unsafe(value: object) -> Error:
    try:
        text = value if type(value) is str else repr(value)
    except Exception:  # noqa: BLE001 - a hostile object may refuse even this
        text = type(value).__name__
    return Error("unsafe-code", f"{shown(text)} cannot be written as code", help=["solve anew"])
