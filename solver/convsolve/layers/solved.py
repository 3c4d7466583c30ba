"""A layer with nothing left to choose, at its place in a stack: settings, channels, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from math import prod
from typing import Any, cast

from convsolve.layers.base import LayerKind, Setting, TorchCall

OF_CHANNELS = frozenset({"out_channels", "out_features"})  # options that a record has as out_channels


@dataclass(frozen=True)
class SolvedLayer:
    """One layer of a solution or a trace.

    Every axis parameter of its kind can be read by name, one entry an axis:

    Example:
        >>> from convsolve.layers.conv import Conv
        >>> SolvedLayer(Conv(2), ((3, 2, 1, 1), (3, 2, 1, 1)), None, None, (8, 8), (4, 4)).stride
        (2, 2)
    """

    kind: LayerKind
    settings: tuple[Setting, ...]
    in_channels: int | None
    out_channels: int | None
    in_size: tuple[int, ...]
    out_size: tuple[int, ...]

    @classmethod
    def passing(
        cls,
        kind: LayerKind,
        settings: tuple[Setting, ...],
        channels: tuple[int | None, int | None],
        sizes: tuple[tuple[int, ...], tuple[int, ...]],
    ) -> SolvedLayer:
        """A layer of a question, whose sizes are 1 where channels stand without axes."""
        in_size, out_size = sizes
        return cls(kind, settings, *channels, () if kind.flat_in else in_size, () if kind.flat_out else out_size)

    def part(self, number: int) -> SolvedLayer:
        """The layer on the axes of one of several inputs."""
        axes = slice(number * self.kind.dims, (number + 1) * self.kind.dims)
        sizes = self.in_size[axes], self.out_size[axes]
        return SolvedLayer(self.kind, self.settings[axes], self.in_channels, self.out_channels, *sizes)

    def __post_init__(self) -> None:
        # what a record cannot say must not make two equal layers different
        kind, settings = self.kind.settled(self.out_channels).chosen(self.settings)
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "settings", settings)

    def __getattr__(self, name: str) -> tuple[int, ...]:
        # copy and pickle ask an object that has no fields yet: nothing here may ask for a field then
        if name == "kind" or name.startswith("__"):
            raise AttributeError(name)
        position = type(self.kind).positions().get(name)
        if position is None:
            raise AttributeError(f"{self.kind.name} has no {name}")
        # all are integers, but for a scale_factor that is a fraction
        return cast("tuple[int, ...]", tuple([self.kind.told(name, setting[position]) for setting in self.settings]))

    def __getstate__(self) -> dict[str, Any]:
        # what is remembered of a layer is found again where it is needed
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def torch_call(self) -> TorchCall:
        """The constructor of this layer's torch module."""
        return self.kind.torch_call(self.settings, self.in_channels, self.out_channels)

    def to_dict(self) -> dict[str, Any]:
        """The layer as a record."""
        return {name: [*value] if isinstance(value, tuple) else value for name, value in self._record.items()}

    @cached_property
    def texts(self) -> tuple[str, str, str]:
        """As JSON: the record, the shape that goes in, the shape that comes out; made once for all that share it."""
        from json import dumps

        ends = ((self.in_channels, self.in_size), (self.out_channels, self.out_size))
        shapes = [dumps({"channels": channels, "size": size}) for channels, size in ends]
        return dumps(self.to_dict()), shapes[0], shapes[1]

    @cached_property
    def figures(self) -> tuple[int, int, int] | None:
        """Parameters, multiplications and output elements; None where the channels are unknown."""
        if self.in_channels is None or self.out_channels is None:
            return None
        channels = self.in_channels, self.out_channels
        elements = self.kind.elements(self.settings)
        return (
            self.kind.weight_count(elements, *channels),
            self.kind.mac_count(elements, *channels, (self.in_size, self.out_size)),
            self.out_channels * prod(self.out_size),
        )

    @cached_property
    def ends(self) -> tuple[tuple[int, int], ...]:
        """The sizes in front and behind on each axis; 1 where channels stand without axes."""
        axes = (1,) * len(self.settings)
        return tuple(zip(self.in_size or axes, self.out_size or axes, strict=True))

    @cached_property
    def fields(self) -> Mapping[tuple[int, ...], tuple[int, ...]]:
        """How far so many neighbouring outputs on each axis see into the input; remembered."""
        return _Fields(self)

    @cached_property
    def _record(self) -> dict[str, Any]:
        # Many solutions share a layer; its record is made once, and its lists are each reader's own.
        values: dict[str, Any] = {
            parameter.name: getattr(self, parameter.name) for parameter in self.kind.axis_parameters
        }
        if word := self.kind.word("padding"):
            values["padding"] = word
        values |= {
            option.name: getattr(self.kind, option.name)
            for option in self.kind.options
            if option.name not in OF_CHANNELS
        }
        return {
            "kind": self.kind.record,
            **values,
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "in_size": self.in_size,
            "out_size": self.out_size,
        }


class _Fields(dict[tuple[int, ...], tuple[int, ...]]):
    """Receptive fields by those behind a layer, found when they are first asked for."""

    def __init__(self, layer: SolvedLayer) -> None:
        super().__init__()
        self._layer = layer

    def __missing__(self, behind: tuple[int, ...]) -> tuple[int, ...]:
        kind, sizes = self._layer.kind, self._layer.ends
        each = zip(behind, self._layer.settings, sizes, strict=True)
        found = self[behind] = tuple([kind.receptive_field(*one) for one in each])
        return found


def per_axis(record: Mapping[str, Any], name: str, axes: int, *, fractions: bool = False) -> tuple[Any, ...]:
    """A record's list of one integer an axis; raises ValueError where it is anything else."""
    values = record[name]
    known = {int, float} if fractions else {int}
    if not isinstance(values, list) or len(values) != axes or any(type(value) not in known for value in values):
        raise ValueError(name)
    return tuple(values)
