"""Axes that must be chosen together, and a layer seen from them.

Axes that share parameters move together; axes on which the whole question is the same count once.
Axes that share nothing are components of their own, and what is counted there multiplies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from convsolve.domains import Domain
from convsolve.layers.base import SizeMap
from convsolve.problem import Layer, Problem

Choice = tuple[tuple[Domain, ...], ...]  # the domains of each axis, shared parameters decided
Slope = tuple[bool, int]  # up or down, and the stride: what tied axes have in common
# One level an axis: slope, number of the map, then the next axis' table; on the last axis a count.
Table = dict[Slope, dict[int, Any]]


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
    def alone(self) -> tuple[dict[SizeMap, int], ...]:
        """The size maps of each axis by itself, ties left out: never fewer than there are."""
        return tuple(self.layer.kind.maps(axis) for axis in self.layer.domains)

    @cached_property
    def maps(self) -> tuple[tuple[SizeMap, ...], ...]:
        """The size maps of each axis, numbered by their place."""
        return tuple(tuple(maps) for maps in self.alone)

    @cached_property
    def table(self) -> Table:
        """How many joint settings share each joint size map."""
        kind = self.layer.kind
        numbers = tuple({size_map: number for number, size_map in enumerate(maps)} for maps in self.maps)
        known: dict[tuple[Domain, ...], dict[SizeMap, int]] = {}
        choices = []
        for choice in self.choices:
            for domains in choice:
                if domains not in known:
                    known[domains] = kind.maps(domains)
            choices.append(tuple(known[domains] for domains in choice))
        return _table(choices, numbers)


def _table(choices: Sequence[tuple[Mapping[SizeMap, int], ...]], numbers: Sequence[Mapping[SizeMap, int]]) -> Table:
    """Counts of joint maps: products within a choice, summed over the choices."""
    found: Table = {}
    if not choices or len(choices[0]) == 1:
        for (counts,) in choices:
            for size_map, count in counts.items():
                row = found.setdefault(size_map[:2], {})
                number = numbers[0][size_map]
                row[number] = row.get(number, 0) + count
        return found
    # by the first axis' map, then the rest of the choices in which it occurs
    nested: dict[SizeMap, list[tuple[Mapping[SizeMap, int], ...]]] = {}
    for first, second, *rest in choices:
        scaled: dict[int, Mapping[SizeMap, int]] = {}
        for size_map, count in first.items():
            if count not in scaled:
                scaled[count] = {m: count * other for m, other in second.items()}
            nested.setdefault(size_map, []).append((scaled[count], *rest))
    for size_map, parts in nested.items():
        found.setdefault(size_map[:2], {})[numbers[0][size_map]] = _table(parts, numbers[1:])
    return found
