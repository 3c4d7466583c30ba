"""A solution as source text: what a person would write, and nothing that was not checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from convsolve.emit.allowed import identifier, refuse_others, words
from convsolve.emit.dressing import Place, channel_stages, dressed
from convsolve.errors import Error, shown
from convsolve.layers.act import Act
from convsolve.layers.norm import Norm

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
        name: the value's name.

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
    title = f"From {_shape(layers[0], into=True)} to {_shape(layers[-1])}"
    opening, indent = _opening(title, class_name, name)
    lines = [
        line
        for place, layer in enumerate(layers)
        for line in _layer(layer, None if known else place, texts, indent + _INDENT)
    ]
    lines = [*opening, *lines, f"{indent})"]
    if any("CHANNELS[" in line for line in lines):
        gap = "\n" if class_name else ""
        lines = [*_channels(stages), gap, *lines]
    elif class_name:
        lines = ["", *lines]
    text = "\n".join([f'"""{title}, by convsolve."""', "", "from torch import nn", "", *lines, ""])
    refuse_others(text)
    return text


def _refuse_untrue(layer: SolvedLayer) -> None:
    """Raise unless every number and word of the layer is of exactly the type that it should be."""
    channels = [number for number in (layer.in_channels, layer.out_channels) if number is not None]
    for number in (*channels, *layer.in_size, *layer.out_size, *(n for setting in layer.settings for n in setting)):
        _integer(number)
    for option in layer.kind.options:
        value = getattr(layer.kind, option.name)
        if type(value) is not option.type and value is not option.default:
            raise _unsafe(value)


def _opening(title: str, class_name: str | None, name: str) -> tuple[list[str], str]:
    """The lines up to the first layer, and the indentation of the bracket that closes them."""
    if class_name is None:
        return [f"{identifier(name, 'name')} = nn.Sequential("], ""
    opening = [
        f"class {identifier(class_name, 'class name')}(nn.Sequential):",
        f'{_INDENT}"""{title}."""',
        "",
        f"{_INDENT}def __init__(self) -> None:",
        f"{_INDENT * 2}super().__init__(",
    ]
    return opening, _INDENT * 2


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
    text = f"CHANNELS[{_integer(place.stage)}]"
    if place.over != 1:
        text += f" * {_integer(place.over)}"
    return text if place.under == 1 else f"{text} // {_integer(place.under)}"


def _layer(layer: SolvedLayer, place: int | None, texts: Sequence[str], indent: str) -> Iterator[str]:
    """One layer, laid out as ruff does: on one line, its arguments on one, or each on its own."""
    # Numbers that no channel can be stand for what is written instead: ~0 for the first text.
    call = layer.torch_call() if place is None else layer.kind.torch_call(layer.settings, ~place, ~(place + 1))
    if call.name not in words().classes:
        raise _unsafe(call.name)
    arguments = [texts[~value] if type(value) is int and value < 0 else _integer(value) for value in call.arguments]
    for name, value in call.keywords:
        arguments.append(_value(value) if name in call.bare else f"{_keyword(name)}={_value(value)}")
    comment = ""
    if not isinstance(layer.kind, (Act, Norm)):
        comment = f"  # {_shape(layer, into=True)} -> {_shape(layer)}"
    inside = ", ".join(arguments)
    if len(flat := f"{indent}nn.{call.name}({inside}),{comment}") <= LINE_LENGTH or not arguments:
        yield flat
        return
    yield f"{indent}nn.{call.name}("
    if len(line := f"{indent}{_INDENT}{inside}") <= LINE_LENGTH:
        yield line
    else:
        yield from (f"{indent}{_INDENT}{argument}," for argument in arguments)
    yield f"{indent}),{comment}"


def _shape(layer: SolvedLayer, *, into: bool = False) -> str:
    channels = layer.in_channels if into else layer.out_channels
    size = "x".join(map(_integer, layer.in_size if into else layer.out_size)) or ("?@" if channels is None else "")
    return size if channels is None else f"{_integer(channels)}@{size}"


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
