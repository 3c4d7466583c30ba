"""Axes that must be chosen together, and a layer seen from them.

Axes that share parameters move together; axes on which the whole question is the same count once.
Axes that share nothing are components of their own, and what is counted there multiplies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from convsolve.domains import Domain
from convsolve.layers.base import SizeMap, downwards, upwards
from convsolve.problem import Layer, Problem

Choice = tuple[tuple[Domain, ...], ...]  # the domains of each axis, shared parameters decided
FREE = -(1 << 62)  # the least of a shifted map: its input may lie below 1 until the shift is added


@dataclass(frozen=True)
class Component:
    """Axes that must be chosen together.

    Attributes:
        axes: one axis of each kind.
        twins: for each of them, all axes that it stands for, itself included.
    """

    axes: tuple[int, ...]
    twins: tuple[tuple[int, ...], ...]


def components(problem: Problem) -> tuple[Component, ...]:
    """The axes, parted into those that share parameters, directly or through others."""
    merged: dict[int, list[int]] = {}
    for axis in range(problem.axes):
        leader = next((one for one in merged if _twins(problem, one, axis)), axis)
        merged.setdefault(leader, []).append(axis)
    groups = {axis: {axis} for axis in merged}
    for leaders in (tie for layer in problem.ties for tie in layer):
        for one, other in product(merged, merged):
            if leaders[one] == leaders[other] and groups[one] is not groups[other]:
                groups[one] |= groups[other]
                for axis in groups[one]:
                    groups[axis] = groups[one]
    parts = sorted({tuple(sorted(group)) for group in groups.values()})
    return tuple(Component(part, tuple(tuple(merged[axis]) for axis in part)) for part in parts)


def together(problem: Problem) -> Component:
    """All axes as one component: what multiplies over axes, as weights do, is not chosen one by one."""
    parts = components(problem)
    twins = sorted(twins for part in parts for twins in part.twins)
    return Component(tuple(axes[0] for axes in twins), tuple(twins))


def _twins(problem: Problem, one: int, other: int) -> bool:
    """Whether two axes have the same sizes and share, or have no choice in, every parameter."""
    return (
        problem.input.size[one] == problem.input.size[other]
        and problem.target.size[one] == problem.target.size[other]
        and all(layer.domains[one] == layer.domains[other] for layer in problem.layers)
        and all(
            leaders[one] == leaders[other] or len(domain) == 1
            for layer, ties in zip(problem.layers, problem.ties, strict=True)
            for leaders, domain in zip(ties, layer.domains[one], strict=True)
        )
    )


@dataclass(frozen=True)
class Step:
    """One layer on the axes of one component."""

    layer: Layer  # with the domains of these axes
    ties: tuple[tuple[int, ...], ...]  # per parameter, for each of these axes its leader

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """Every decision on the shared parameters, as the domains that it leaves on each axis."""
        domains = self.layer.domains
        shared = []  # (parameter, axes, values)
        for parameter, leaders in enumerate(self.ties):
            for leader in dict.fromkeys(leaders):
                axes = [axis for axis, other in enumerate(leaders) if other == leader]
                if len(axes) > 1:
                    common = set.intersection(*(set(domains[axis][parameter]) for axis in axes))
                    shared.append((parameter, axes, sorted(common)))
        found = []
        for values in product(*(values for _, _, values in shared)):
            decided = [list(axis) for axis in domains]
            for (parameter, axes, _), value in zip(shared, values, strict=True):
                for axis in axes:
                    decided[axis][parameter] = (value,)
            found.append(tuple(tuple(axis) for axis in decided))
        return tuple(found)

    @cached_property
    def maps(self) -> tuple[dict[SizeMap, int], ...]:
        """The size maps of each axis by itself, ties left out, with the number of settings that share each."""
        return tuple(self.layer.kind.maps(domains) for domains in self.layer.domains)

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """All joint size maps."""
        if len(self.choices) == 1 and self.choices[0] == self.layer.domains:
            return families([self.maps])
        known: dict[tuple[Domain, ...], dict[SizeMap, int]] = {}
        for domains in dict.fromkeys(domains for choice in self.choices for domains in choice):
            known[domains] = self.layer.kind.maps(domains)
        return families([known[domains] for domains in choice] for choice in self.choices)


AxisMaps = tuple[tuple[SizeMap, int], ...]  # size maps with the number of settings that share each


@dataclass(frozen=True)
class Family:
    """Joint size maps, up to a common shift of their offsets on all axes.

    A shared kernel_size shifts every axis by as much, while padding and output_padding are each
    axis' own: so a few maps an axis and a few shifts stand for all their combinations.

    Attributes:
        members: for each stride, say, the maps of each axis; any of one axis goes with any of another.
        shifts: what is added to the offset on every axis, and how many choices add it.
    """

    members: tuple[tuple[AxisMaps, ...], ...]
    shifts: tuple[tuple[int, int], ...]


def families(choices: Iterable[Sequence[Mapping[SizeMap, int]]]) -> tuple[Family, ...]:
    """The choices' joint maps, those that are shifts of each other taken together."""
    alike: dict[tuple[AxisMaps, ...], dict[int, int]] = {}
    for axes in choices:
        if not all(axes):
            continue
        shift = min(size_map.offset for size_map in axes[0]) if all(map(_shiftable, axes)) else None
        base = tuple(tuple(sorted((_base(m, shift), count) for m, count in maps.items())) for maps in axes)
        shifts = alike.setdefault(base, {})
        shifts[shift or 0] = shifts.get(shift or 0, 0) + 1
    members: dict[tuple[tuple[int, int], ...], list[tuple[AxisMaps, ...]]] = {}
    for base, shifts in alike.items():
        low = min(shifts)
        lowest = tuple(tuple((m._replace(offset=m.offset + low), count) for m, count in maps) for maps in base)
        members.setdefault(tuple((shift - low, count) for shift, count in shifts.items()), []).append(lowest)
    return tuple(Family(tuple(some), shifts) for shifts, some in members.items())


def _shiftable(maps: Mapping[SizeMap, int]) -> bool:
    """Whether the maps refuse exactly what would come out below 1: then the sizes themselves say so."""
    return all(m == (upwards(m.stride, m.offset) if m.up else downwards(m.stride, m.offset)) for m in maps)


def _base(size_map: SizeMap, shift: int | None) -> SizeMap:
    return size_map if shift is None else size_map._replace(offset=size_map.offset - shift, least=FREE)
