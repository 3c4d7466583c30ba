"""What convolution and transposed convolution share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Self

from convsolve.layers.base import LayerKind, Setting, Value, Word, axis_keywords
from convsolve.layers.maps import SizeMap


@dataclass(frozen=True)
class Convolution(LayerKind):
    """Channels, weights and their cost."""

    weighted = True

    out_channels: int | None = None
    groups: int = 1
    bias: bool = True

    def settled(self, out_channels: int | None) -> Self:
        return self if self.out_channels == out_channels else replace(self, out_channels=out_channels)

    def group_count(self) -> int:
        return self.groups

    def weight_count(self, elements: int, in_channels: int, out_channels: int) -> int:
        return in_channels * out_channels // self.groups * elements + (out_channels if self.bias else 0)

    def mac_count(
        self, elements: int, in_channels: int, out_channels: int, sizes: tuple[tuple[int, ...], tuple[int, ...]]
    ) -> int:
        positions = prod(sizes[0] if self.on_input else sizes[1])
        return elements * in_channels * out_channels // self.groups * positions

    def keywords(self, settings: Sequence[Setting], **others: tuple[Word, Word]) -> tuple[tuple[str, Value], ...]:
        """Axis parameters and options that differ from torch's default, in torch's order."""
        found = list(axis_keywords(self, settings))
        options = {
            "groups": (self.groups, 1),
            "bias": (self.bias, True),
            **others,
        }
        found += [(name, value) for name, (value, default) in options.items() if value != default]
        return tuple(found)


class SettingsByMap(Mapping[SizeMap, list[Setting]]):
    """Settings found map by map, when asked for: wide domains have many more settings than are looked at."""

    def __init__(self, maps: Collection[SizeMap], find: Callable[[SizeMap], Iterable[Setting]]) -> None:
        self._maps = maps
        self._find = find
        self._found: dict[SizeMap, list[Setting]] = {}

    def __getitem__(self, size_map: SizeMap) -> list[Setting]:
        if size_map not in self._found:
            if size_map not in self._maps:
                raise KeyError(size_map)
            self._found[size_map] = [*self._find(size_map)]
        return self._found[size_map]

    def __iter__(self) -> Iterator[SizeMap]:
        return iter(self._maps)

    def __len__(self) -> int:
        return len(self._maps)
