"""Stacks that keep the sizes of a family straight: which strides may stand where.

Over the members of a family a size is rate*t + base. A convolution keeps it straight where its stride divides the rate,
and a transposed one always: so what rates become hangs on the strides alone, and once these are chosen, a stack
serves every member just where it serves the first. A family is asked as one ordinary question for each choice.

Rates that are no whole numbers are straight on every few members. A rate below 1 takes several members to one size,
and nothing tells them apart again: so no other stack serves a family whose target grows with it.

In front of a layer that makes all sizes the same, as an adaptive pool does, they may be rounded: layers that make
sizes smaller, or add to them, pass every member where they pass the smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import inf, lcm
from typing import NamedTuple

from convsolve.conditions import Condition
from convsolve.domains import Domain
from convsolve.errors import Error
from convsolve.families import MOST_LINES, Family
from convsolve.filling import Layer
from convsolve.language.nodes import Compare, Expr, Name, Number, Scoped
from convsolve.layers.base import SIZES
from convsolve.layers.fans import AnyFan, Fan
from convsolve.layers.join import Join
from convsolve.problem import Problem
from convsolve.vocabulary import OF_CHANNELS, used

MOST_CHOICES = 1_000  # of strides, along a whole stack

Rates = tuple[Fraction, ...]  # one an axis
Ties = Sequence[tuple[tuple[int, ...], ...]]  # per layer and axis parameter, for each axis the one that it follows


NOTHING = Condition("strides", (Compare(("<",), (Name("layers"), Number(0))),))  # that no choice of them will do


def divided(family: Family, pose: Callable[[Family], Problem]) -> Problem:
    """The question of a family as one for each choice of strides.

    Args:
        family: what the letters stand for.
        pose: the question of the first members of a family.

    Raises:
        Error: as `straight`; ``unsupported`` where a condition is about pairs of residues, of two letters.
    """
    whole = pose(family)
    _refuse_pairs(whole, family)
    found = _straight(whole, family)
    finer = lcm(*(one.finer for one in found))
    lines = finer * family.lines
    if 1 < finer <= lines <= MOST_LINES and not _costly(whole) and (len(family.members) == 1 or not _pairing(whole)):
        with suppress(Error):  # not every layer serves several lines
            whole = pose(family.finer(finer))
            family = family.finer(finer)
            found = _straight(whole, family)
    endless = all(one.last is None for one in family.members)
    grows = all(size.rate for size in family.sizes(whole.target))
    told_apart = endless and grows and all(one.finer == 1 for one in found)
    steady = not _sized(whole) and not any(
        one.rounded and _rounding_matters(whole, some) for one, some in zip(found, whole.depths, strict=True)
    )
    family = replace(family, complete=told_apart or all(one.anything for one in found), steady=steady)
    every = [
        replace(one, layers=layers, family=family)
        for one, some in zip(whole.depths, found, strict=True)
        for layers in some.choices
    ]
    if not every:
        one = whole.depths[0]
        every = [replace(one, layers=tuple(map(_least, one.layers)), family=family, relations=(NOTHING,))]
    first, *others = every
    return replace(
        first,
        widths=whole.widths,
        open_stack=whole.open_stack,
        deeper=tuple(others),
        undivided=replace(whole, family=family),
    )


def _least(layer: Layer) -> Layer:
    """The layer with one setting left, as it is of no use whichever it is."""
    return replace(layer, domains=tuple(tuple(domain[:1] for domain in axis) for axis in layer.domains))


def _straight(whole: Problem, family: Family) -> list[Straight]:
    source, target = ([size.rate for size in family.sizes(end)] for end in (whole.input, whole.target))
    within = _monotone(whole)
    known: dict[int, Straight] = {}
    for one in whole.depths:
        if id(one.layers) not in known:
            known[id(one.layers)] = straight(one.layers, one.ties, source, target, split=family.split, within=within)
    return [known[id(one.layers)] for one in whole.depths]


def _monotone(whole: Problem) -> list[tuple[int, float]]:
    """By how much a layer may multiply the rate of each axis where no size is to turn back."""
    monotone = next((one for one in whole.where if one.named and one.text == "monotone"), None)
    signs: dict[int | None, set[str]] = {}
    for sentence in monotone.sentences if monotone else ():
        if isinstance(sentence, Compare) and isinstance(size := sentence.operands[0], Scoped):
            signs.setdefault(size.axis, set()).update(sentence.operators)
    each = [signs.get(axis, set()) for axis in range(whole.axes)]
    return [(1 if ">=" in some else 0, 1 if "<=" in some else inf) for some in each]


def _costly(problem: Problem) -> bool:
    """Whether what is asked for would be counted once for each line."""
    sought = {name.name for one in problem.objectives for name in used(one.number(1), inside=True)}
    return not all(names.isdisjoint(OF_CHANNELS) for names in (sought, *(one.names for one in problem.where)))


def _sized(problem: Problem) -> bool:
    """Whether conditions speak of sizes of which some members may have others than the first.

    Of the named ones none does: all members leave a stride the same rest, and what a size turns to its rate does, too.
    """
    return not all(one.named or one.names.isdisjoint(SIZES) for one in problem.where)


def _pairing(problem: Problem) -> Condition | None:
    """A condition on the sizes of two axes together."""
    return next((one for one in problem.where if not one.named and any(map(_pairs, one.sentences))), None)


def _pairs(sentence: Expr) -> bool:
    return len({node.axis for node in used(sentence, inside=True) if node.name in SIZES}) > 1


def _refuse_pairs(whole: Problem, family: Family) -> None:
    """Raise where a condition would have to hold of more than each line of one letter beside one of another."""
    several = [one for one in family.members if len(one.starts) > 1]
    condition = _pairing(whole)
    if condition is not None and len(several) > 1:
        letters, first = " and ".join(one.letter for one in several), several[0]
        residue = f"{first.letter} % {first.step} == {first.starts[0] % first.step}"
        raise Error(
            "unsupported",
            f"{condition.text}: it is about two axes at once, and {letters} have several residues each",
            help=[f"ask for one residue of {first.letter} at a time, as in {residue}"],
        )


def _rounding_matters(whole: Problem, one: Problem) -> bool:
    """Whether rounded sizes must agree, or leave strides the same rest: what one member does, others may not do."""
    exact = any(condition.named and condition.text == "exact" for condition in whole.where)
    return exact or any(isinstance(layer.kind, Join) for layer in one.layers)


class Option(NamedTuple):
    """A layer with its strides chosen, and what it makes of the rates: a factor an axis."""

    layer: Layer
    factors: Rates

    @property
    def joins(self) -> int | None:
        """The layer that it joins, whose rates must be those in front of it."""
        return self.layer.kind.layer if isinstance(self.layer.kind, Join) else None

    def multiplies(self, within: Sequence[tuple[int, float]]) -> bool:
        """Whether its factors are within limits."""
        return all(low <= one <= high for one, (low, high) in zip(self.factors, within, strict=False))

    def takes(self, rates: Rates) -> bool:
        """Whether such rates may come to it: of a size that grows, Flatten would make channels that do."""
        return not any(rates) or not self.layer.kind.flat_out


class Straight(NamedTuple):
    """The stacks that keep a family straight.

    Attributes:
        choices: the layers of each, their strides chosen.
        finer: on how many times as many lines of members no stack would be left out; 1 where none is.
        rounded: the layers whose strides are left open, as nothing hangs on what they make of the rates.
    """

    choices: tuple[tuple[Layer, ...], ...]
    finer: int
    rounded: range

    @property
    def anything(self) -> bool:
        """Whether all that is in front of a layer that makes sizes the same may be rounded."""
        return bool(self.rounded) and self.rounded.start == 0


def straight(  # noqa: PLR0913 - what a question has to say of it
    layers: Sequence[Layer],
    ties: Ties,
    source: Sequence[int],
    target: Sequence[int],
    *,
    split: int = 1,
    within: Sequence[tuple[int, float]] = (),
) -> Straight:
    """The choices of strides that lead from the rates of the input to those of the target.

    Args:
        layers: the layers.
        ties: what their axes share.
        source: the rates of the input.
        target: those of the target.
        split: how many lines the members are on for each that they need: so much is the least rate.
        within: on each axis the least and the most by which a layer may multiply a rate; empty for any.

    Raises:
        Error: ``unsupported`` where they are too many, or where a layer's kind cannot be told apart by one parameter.
    """
    made: dict[tuple[int, tuple[tuple[int, ...], ...]], list[Option]] = {}
    rounded = range(0) if any(low for low, _ in within) else _rounded(layers, len(source))
    options = []
    for place, (layer, leaders) in enumerate(zip(layers, ties, strict=True)):
        key = id(layer), leaders
        if place in rounded:
            options.append([Option(layer, (Fraction(1),) * len(source))])  # behind them it comes to the same
            continue
        if key not in made:
            made[key] = _options(layer, leaders, len(source))
        options.append(made[key])
    options = [[one for one in some if one.multiplies(within)] for some in options]
    start, goal = tuple(map(Fraction, source)), tuple(map(Fraction, target))
    alive = _alive(options, start, goal, split)
    finer = lcm(*(rate.denominator for rates in alive for state in rates for rate in state))
    choices = tuple(_choices(options, alive, start))
    return Straight(choices, finer, rounded)


def _rounded(layers: Sequence[Layer], axes: int) -> range:
    """The layers in front of one that makes all sizes the same, as many in a row as may round them."""
    ends = (
        place
        for place, layer in enumerate(layers)
        if not layer.kind.flat_out and all(_slopes(layer, layer.domains[axis]) == {0} for axis in range(axes))
    )
    end = start = next(ends, 0)
    while start and all(isinstance(fan, Fan) and (not fan.up or fan.stride == 1) for fan in _fans(layers[start - 1])):
        start -= 1
    return range(start, end)


def _fans(layer: Layer) -> Iterator[AnyFan]:
    return (fan for domains in layer.domains for fan in layer.kind.fans(domains))


def _alive(options: Sequence[Sequence[Option]], start: Rates, goal: Rates, split: int) -> list[set[Rates]]:
    """Per position, the rates on some way from the input's to the target's, whole or not."""
    least = [split if end else 0 for end in goal]
    reached: list[set[Rates]] = [{start}]
    for some in options:
        found = {_after(rates, option) for rates in reached[-1] for option in some if option.takes(rates)}
        reached.append({rates for rates in found if all(rate >= most for rate, most in zip(rates, least, strict=True))})
    alive = [reached[-1] & {goal}]
    for some, rates in zip(reversed(options), reversed(reached[:-1]), strict=True):
        behind = alive[0]
        alive.insert(
            0, {one for one in rates if any(option.takes(one) and _after(one, option) in behind for option in some)}
        )
    return alive


def _choices(
    options: Sequence[Sequence[Option]], alive: Sequence[set[Rates]], start: Rates
) -> Iterator[tuple[Layer, ...]]:
    found = 0
    # depth first, without recursion: a stack may have thousands of layers
    trail: list[tuple[Rates, Iterator[Option]]] = (
        [(start, iter(options[0]))] if _whole(start) and start in alive[0] else []
    )
    chosen: list[Layer] = []
    while trail:
        rates, some = trail[-1]
        option = next(some, None)
        if option is None:
            trail.pop()
            if chosen:
                chosen.pop()
            continue
        after = _after(rates, option)
        joined = rates if option.joins is None else trail[option.joins + 1][0]
        if not option.takes(rates) or joined != rates or not _whole(after) or after not in alive[len(trail)]:
            continue
        if len(trail) == len(options):
            found += 1
            if found > MOST_CHOICES:
                raise Error(
                    "unsupported",
                    f"there are more than {MOST_CHOICES:,} ways to choose the strides of a stack for the family",
                    help=["give some of them, as in -s 1,2", "ask for fewer layers"],
                )
            yield (*chosen, option.layer)
            continue
        chosen.append(option.layer)
        trail.append((after, iter(options[len(trail)])))


def _after(rates: Rates, option: Option) -> Rates:
    return tuple([rate * factor for rate, factor in zip(rates, option.factors, strict=True)])


def _whole(rates: Rates) -> bool:
    return all(rate.denominator == 1 for rate in rates)


def _options(layer: Layer, leaders: tuple[tuple[int, ...], ...], axes: int) -> list[Option]:
    """The layer with what decides its rate restricted to values that make the same of it."""
    slopes = [_slopes(layer, layer.domains[axis]) for axis in range(axes)]
    if all(len(some) == 1 for some in slopes):
        factors = tuple(next(iter(some)) for some in slopes)
        return [] if None in factors else [Option(layer, tuple(one for one in factors if one is not None))]
    place = _deciding(layer, axes)
    groups: dict[int, list[int]] = {}
    for axis in range(axes):
        groups.setdefault(leaders[place][axis], []).append(axis)
    each = [[*_of_group(layer, place, group).items()] for group in groups.values()]
    found = []
    for some in product(*each):
        domains = [list(axis) for axis in layer.domains]
        factors_of: dict[int, Fraction] = {}
        for group, (factors, values) in zip(groups.values(), some, strict=True):
            for axis, factor in zip(group, factors, strict=True):
                domains[axis][place] = values
                factors_of[axis] = factor
        narrowed = replace(layer, domains=tuple(tuple(axis) for axis in domains))
        found.append(Option(narrowed, tuple(factors_of[axis] for axis in range(axes))))
    return found


def _of_group(layer: Layer, place: int, axes: Sequence[int]) -> dict[Rates, Domain]:
    """The values that axes share, by the factors that they make."""
    found: dict[Rates, list[int]] = {}
    shared = [
        value for value in layer.domains[axes[0]][place] if all(value in layer.domains[axis][place] for axis in axes)
    ]
    for value in shared:
        factors = [_factor(layer, axis, place, value) for axis in axes]
        known = tuple(factor for factor in factors if factor is not None)
        if len(known) == len(axes):
            found.setdefault(known, []).append(value)
    return {factors: tuple(values) for factors, values in found.items()}


def _deciding(layer: Layer, axes: int) -> int:
    """The parameter that alone decides the slope."""
    for place in range(len(layer.kind.axis_parameters)):
        if all(
            len(_slopes(layer, _with(layer.domains[axis], place, value))) <= 1
            for axis in range(axes)
            for value in layer.domains[axis][place]
        ):
            return place
    raise Error(
        "unsupported",
        f"{layer.kind.name}: no single parameter decides how its output grows, so no family is asked of it",
        help=["ask for single sizes, as in 64,96,128"],
    )


def _factor(layer: Layer, axis: int, place: int, value: int) -> Fraction | None:
    return next(iter(_slopes(layer, _with(layer.domains[axis], place, value))), None)


def _with(domains: tuple[Domain, ...], place: int, value: int) -> tuple[Domain, ...]:
    return (*domains[:place], (value,), *domains[place + 1 :])


def _slopes(layer: Layer, domains: tuple[Domain, ...]) -> set[Fraction | None]:
    """How the outputs of all settings grow with their input."""
    return {slope for fan in layer.kind.fans(domains) for slope in fan.slopes}
