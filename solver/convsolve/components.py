"""Axes that must be chosen together, and a layer seen from them.

Axes that share parameters move together; axes on which the whole question is the same count once.
Axes that share nothing are components of their own, and what is counted there multiplies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from convsolve.domains import Domain
from convsolve.filling import Layer
from convsolve.layers.fans import AnyFan, Fan, Listed, Part, pairs, part_of
from convsolve.layers.maps import SizeMap
from convsolve.problem import PARAMETERS, Problem

Choice = tuple[tuple[Domain, ...], ...]  # the domains of each axis, shared parameters decided
NO_SHIFT: tuple[int, Part] = (0, range(1))


@dataclass(frozen=True)
class Component:
    """Axes that must be chosen together.

    Attributes:
        axes: one axis of each kind.
        twins: for each of them, all axes that it stands for, itself included.
    """

    axes: tuple[int, ...]
    twins: tuple[tuple[int, ...], ...]

    def place(self, axis: int) -> int:
        """Where an axis of the question is among those of the component."""
        return next(place for place, twins in enumerate(self.twins) if axis in twins)


def components(problem: Problem) -> tuple[Component, ...]:
    """The axes, parted into those that share parameters, directly or through others."""
    if problem.axes == 1:
        return (Component((0,), ((0,),)),)
    merged: dict[int, list[int]] = {}
    for axis in range(problem.axes):
        leader = next((one for one in merged if _twins(problem, one, axis)), axis)
        merged.setdefault(leader, []).append(axis)
    groups = {axis: {axis} for axis in merged}
    for leaders in dict.fromkeys(tie for layer in dict.fromkeys(problem.ties) for tie in layer):
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
        problem.input.alike(one) == problem.input.alike(other)
        and problem.target.alike(one) == problem.target.alike(other)
        and all(layer.domains[one] == layer.domains[other] for layer in problem.layers)
        and all(
            leaders[one] == leaders[other] or len(domain) == 1
            for layer, ties in zip(problem.layers, problem.ties, strict=True)
            for leaders, domain in zip(ties, layer.domains[one], strict=True)
        )
    )


def tied_parameters(problem: Problem) -> tuple[str, ...]:
    """The parameters that are tied on some axes and have something to choose."""
    names = {
        parameter.name
        for layer, ties in zip(problem.layers, problem.ties, strict=True)
        for place, (parameter, leaders) in enumerate(zip(layer.kind.axis_parameters, ties, strict=True))
        if any(leaders[axis] != axis for axis in range(problem.axes))
        and any(len(each[place]) > 1 for each in layer.domains)
    }
    return tuple(name for name in PARAMETERS if name in names)


class Joint(NamedTuple):
    """The size maps of all axes, what they share decided: any fan of one axis goes with any of another.

    Attributes:
        fans: of each axis.
        least: what is added to the offsets of all axes, at the least.
        shift: what more is added, on all axes alike.
    """

    fans: tuple[tuple[AnyFan, ...], ...]
    least: int
    shift: Part


@dataclass(frozen=True)
class Step:
    """One layer on the axes of one component."""

    layer: Layer  # with the domains of these axes
    ties: tuple[tuple[int, ...], ...]  # per parameter, for each of these axes its leader

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """Every decision on the shared parameters, as the domains that it leaves on each axis."""
        return tuple(self._choices(None))

    def _choices(self, left_open: int | None) -> Iterator[Choice]:
        """The decisions on the shared parameters, one of these perhaps left open."""
        domains = [list(axis) for axis in self.layer.domains]
        shared = []  # (parameter, axes, values)
        for parameter, leaders in enumerate(self.ties):
            for leader in dict.fromkeys(leaders):
                axes = [axis for axis, other in enumerate(leaders) if other == leader]
                if len(axes) > 1:
                    common = tuple(sorted(set.intersection(*(set(domains[axis][parameter]) for axis in axes))))
                    values = [common] if common and parameter == left_open else [(value,) for value in common]
                    shared.append((parameter, axes, values))
        for decisions in product(*(values for _, _, values in shared)):
            for (parameter, axes, _), domain in zip(shared, decisions, strict=True):
                for axis in axes:
                    domains[axis][parameter] = domain
            yield tuple([tuple(axis) for axis in domains])

    @cached_property
    def fans(self) -> tuple[tuple[AnyFan, ...], ...]:
        """The size maps of each axis by itself, ties left out."""
        return tuple(self.layer.kind.fans(domains) for domains in self.layer.domains)

    @cached_property
    def joint(self) -> tuple[Joint, ...]:
        """The size maps of all axes together, decision by decision on what they share."""
        kind, known = self.layer.kind, dict(zip(self.layer.domains, self.fans, strict=True))
        found = []
        for choice, shift in self._shifts():
            for domains in choice:
                if domains not in known:
                    known[domains] = kind.fans(domains)
            found.append(Joint(tuple([known[domains] for domains in choice]), *shift))
        return tuple(found)

    @cached_property
    def bundles(self) -> tuple[AnyBundle, ...]:
        """Likewise, what differs by a shift of all axes taken together."""
        return bundles(self.joint)

    def _shifts(self) -> Iterator[tuple[Choice, tuple[int, Part]]]:
        """The choices, with a shift of all axes in place of each decision on a kernel_size that they share."""
        kind = self.layer.kind
        kernel = kind.positions().get("kernel_size")
        if kernel is None or len(self.layer.domains) == 1 or len(set(self.ties[kernel])) > 1:
            yield from ((choice, NO_SHIFT) for choice in self.choices)
            return
        for choice in self._choices(kernel):
            first, *others = [kind.slide(domains) for domains in choice]
            if first is not None and all(slide == first for slide in others):
                yield _with(choice, kernel, choice[0][kernel][0]), first
            else:
                yield from ((_with(choice, kernel, value), NO_SHIFT) for value in choice[0][kernel])

    @cached_property
    def alone(self) -> tuple[tuple[AnyBundle, ...], ...]:
        """The size maps of each axis by itself, ties left out."""
        return tuple(bundles([Joint((fans,), *NO_SHIFT)]) for fans in self.fans)


def _with(choice: Choice, parameter: int, value: int) -> Choice:
    """The choice with one parameter decided on all axes."""
    return tuple([(*domains[:parameter], (value,), *domains[parameter + 1 :]) for domains in choice])


@dataclass(frozen=True)
class Bundle:
    """Joint size maps of one direction, up to a common shift of their offsets on all axes.

    A shared kernel_size shifts every axis by as much, while padding and output_padding are each
    axis' own: so a few fans an axis and a few shifts stand for all their combinations.

    Attributes:
        up: the direction.
        least: on each axis, the smallest size that is accepted.
        members: for each stride, say, the fans of each axis; any of one axis goes with any of another.
        shift: what is added to the offsets of all axes alike.
    """

    up: bool
    least: tuple[int, ...]
    members: tuple[tuple[tuple[Fan, ...], ...], ...]
    shift: Part


@dataclass(frozen=True)
class Mixed:
    """Joint size maps that are no lines, or lead upwards on one axis and downwards on another.

    Attributes:
        maps: of each axis, with the number of settings that have them; any of one axis goes with any of another.
    """

    maps: tuple[tuple[tuple[SizeMap, int], ...], ...]

    @property
    def forgets(self) -> list[bool]:
        """On which axes sizes are made the same, whatever they are."""
        return [any(one.slope == 0 for one, _ in some) for some in self.maps]


AnyBundle = Bundle | Mixed


def bundles(joint: Iterable[Joint]) -> tuple[AnyBundle, ...]:
    """Joint maps, those that are shifts of each other taken together."""
    alike: dict[tuple[tuple[Fan, ...], ...], Counter[int]] = {}
    mixed: list[Mixed] = []
    for axes, least, part in joint:
        for some in product(*map(_alike, axes)):
            lines = tuple([fans for fans in some if not isinstance(fans, Listed)])
            if len(lines) < len(some) or len({fans[0].up for fans in lines}) > 1:
                mixed += _mixed(some, least, part)
                continue
            # what refuses more inputs than those that come out below 1 is no shift of anything
            low = lines[0][0].offset if all(fans[0].least == 1 for fans in lines) else 0
            base = tuple([tuple([fan._replace(offset=fan.offset - low) for fan in fans]) for fans in lines])
            shifts = alike.setdefault(base, Counter())
            for amount, times in pairs(part):
                shifts[low + least + amount] += times
    members: dict[tuple[bool, tuple[int, ...], Part], list[tuple[tuple[Fan, ...], ...]]] = {}
    for base, shifts in alike.items():
        low, shift = part_of(shifts, shifts)
        key = base[0][0].up, tuple([fans[0].least for fans in base]), shift
        lowest = tuple([tuple([fan._replace(offset=fan.offset + low) for fan in fans]) for fans in base])
        members.setdefault(key, []).append(lowest)
    return (*[Bundle(up, least, tuple(some), shift) for (up, least, shift), some in members.items()], *mixed)


def _mixed(axes: Sequence[tuple[Fan, ...] | Listed], least: int, shift: Part) -> Iterator[Mixed]:
    """The same maps one by one, a bundle for each amount that is added on all axes alike."""
    for amount, times in pairs(shift):
        each: list[tuple[tuple[SizeMap, int], ...]] = []
        for fans in axes:
            if isinstance(fans, Listed):
                each.append(tuple(fans.maps()))
            else:
                some = [fan._replace(offset=fan.offset + least + amount) for fan in fans]
                each.append(tuple([one for fan in some for one in fan.maps()]))
        each[0] = tuple([(size_map, settings * times) for size_map, settings in each[0]])
        yield Mixed(tuple(each))


def _alike(fans: Sequence[AnyFan]) -> Iterable[tuple[Fan, ...] | Listed]:
    """The fans of one axis, by direction and by what they refuse; those that are no lines one by one."""
    found: dict[tuple[bool, int], list[Fan]] = {}
    for fan in fans:
        if isinstance(fan, Listed):
            yield fan
        else:
            found.setdefault((fan.up, fan.least), []).append(fan)
    yield from map(tuple, found.values())
