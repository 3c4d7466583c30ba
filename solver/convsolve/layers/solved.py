"""A layer with nothing left to choose, at its place in a stack: settings, channels, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from convsolve.layers.base import LayerKind, Setting, TorchCall


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

    def __post_init__(self) -> None:
        # what a record cannot say must not make two equal layers different
        object.__setattr__(self, "kind", self.kind.settled(self.out_channels))

    def __getattr__(self, name: str) -> tuple[int, ...]:
        # copy and pickle ask an object that has no fields yet: nothing here may ask for a field then
        if name == "kind" or name.startswith("__"):
            raise AttributeError(name)
        position = type(self.kind).positions().get(name)
        if position is None:
            raise AttributeError(f"{self.kind.name} has no {name}")
        return tuple(setting[position] for setting in self.settings)

    def torch_call(self) -> TorchCall:
        """The constructor of this layer's torch module."""
        return self.kind.torch_call(self.settings, self.in_channels, self.out_channels)

    def to_dict(self) -> dict[str, Any]:
        """The layer as a record."""
        return {name: [*value] if isinstance(value, tuple) else value for name, value in self._record.items()}

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
            if option.name != "out_channels"
        }
        return {
            "kind": self.kind.record,
            **values,
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "in_size": self.in_size,
            "out_size": self.out_size,
        }


def per_axis(record: Mapping[str, Any], name: str, axes: int) -> tuple[int, ...]:
    """A record's list of one integer an axis; raises ValueError where it is anything else."""
    values = record[name]
    if not isinstance(values, list) or len(values) != axes or any(type(value) is not int for value in values):
        raise ValueError(name)
    return tuple(values)
