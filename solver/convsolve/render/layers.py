"""One layer in words and numbers, the same in every table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from convsolve.layers.solved import OF_CHANNELS, SolvedLayer
from convsolve.render.table import Column
from convsolve.shapes import shape_text

PARAMETERS = {
    "kernel_size": "k",
    "stride": "s",
    "padding": "p",
    "dilation": "d",
    "output_padding": "op",
}
USUAL = {"dilation": "1"}  # not worth a column where they are nothing else
Ends = tuple[Sequence[object], Sequence[object]]  # the sizes in front of a layer and behind it
# What a program reads: always these, so that a column keeps its place.
FIELDS = ("layer", "in_channels", "in_size", "out_channels", "out_size", *PARAMETERS, "options")


def axes(values: Sequence[object], *, each: bool = False) -> str:
    """``3``, or ``3x5`` where the axes differ; sizes always name each axis.

    Example:
        >>> axes((3, 3)), axes((3, 5)), axes((4, 4), each=True)
        ('3', '3x5', '4x4')
    """
    return str(values[0]) if not each and len(set(values)) == 1 else "x".join(map(str, values))


def way(layer: SolvedLayer, ends: Ends | None = None) -> str:
    """``128@4x4 -> 64@8x8``; with other words for its sizes, as those of a family."""
    into, out = ends or (layer.in_size, layer.out_size)
    return f"{shape_text(layer.in_channels, into)} -> {shape_text(layer.out_channels, out)}"


def parameter(layer: SolvedLayer, name: str) -> str:
    """A parameter's value in a cell; empty where the kind has none."""
    if word := layer.kind.word(name):
        return str(word)
    if name not in type(layer.kind).positions():
        return ""
    return axes(getattr(layer, name))


def options(layer: SolvedLayer) -> str:
    """What was said of the layer beside the numbers that have a column, as a stack has it.

    Example:
        >>> from convsolve.layers.act import Act
        >>> options(SolvedLayer(Act(1, "leaky_relu", 0.2), ((),), 1, 1, (4,), (4,)))
        '"leaky_relu", 0.2'
    """
    kind = layer.kind
    numbers = [named.name for named in kind.axis_parameters if named.name not in PARAMETERS]
    said = [kind.text(layer.settings)] if numbers else []
    for option in kind.options:
        value = getattr(kind, option.name)
        if option.name in OF_CHANNELS or value == option.default or option.name == "channels":
            continue
        text = f'"{value}"' if isinstance(value, str) else str(value)
        said.append(text if option.name in kind.positional else f"{option.name}={text}")
    return ", ".join(said)


def label(layer: SolvedLayer) -> str:
    """``Conv``, ``Conv(groups=2)``, ``Upsample(2)``."""
    inside = options(layer)
    return f"{layer.kind.name}({inside})" if inside else layer.kind.name


def telling(layers: Sequence[SolvedLayer], usual: Mapping[str, str] = USUAL) -> list[str]:
    """The parameters worth a column: those that some layer has, and not only with its usual value."""
    return [name for name in PARAMETERS if {parameter(layer, name) for layer in layers} - {"", usual.get(name, "")}]


def columns(names: Sequence[str]) -> list[Column]:
    """The columns of parameters."""
    return [Column(name, PARAMETERS[name]) for name in names]


def fields(layer: SolvedLayer, ends: Ends | None = None) -> list[str]:
    """The cells of `FIELDS`; `ends` as `way` has them."""
    into, out = ends or (layer.in_size, layer.out_size)
    return [
        layer.kind.record,
        "" if layer.in_channels is None else str(layer.in_channels),
        axes(into, each=True),
        "" if layer.out_channels is None else str(layer.out_channels),
        axes(out, each=True),
        *(parameter(layer, name) for name in PARAMETERS),
        options(layer),
    ]


def call(layer: SolvedLayer) -> str:
    """The layer as torch builds it, to be pasted; unknown channels by their names."""
    made = layer.torch_call()
    names = ("in_features", "out_features") if made.name == "Linear" else ("in_channels", "out_channels")
    arguments = [name if value is None else str(value) for name, value in zip(names, made.arguments, strict=False)]
    arguments += [f'{key}="{value}"' if isinstance(value, str) else f"{key}={value}" for key, value in made.keywords]
    return f"nn.{made.name}({', '.join(arguments)})"
