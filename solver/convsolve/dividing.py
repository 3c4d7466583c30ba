"""Channels that hang on settings: which of these leave whole numbers of them, in as many groups as layers make."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from math import lcm
from typing import NamedTuple

from convsolve.channels import Ratio
from convsolve.errors import Error
from convsolve.filling import Layer


class Step(NamedTuple):
    """A layer on the way from channels that are known.

    Attributes:
        options: what each setting makes of the channels; None stands for all of them.
        divisor: what there must be a multiple of behind it.
    """

    options: Mapping[int | None, Ratio]
    divisor: int


def fitted(layers: Sequence[Layer], chain: Sequence[int | None], ratios: Sequence[Ratio | None]) -> tuple[Layer, ...]:
    """The layers with those settings left that go with the channels.

    Args:
        layers: as they were asked for.
        chain: the channels in front of each layer and behind the last; None where they hang on choices.
        ratios: what each layer makes of its channels; None where that is to be chosen.

    Raises:
        Error: ``bad-channels``, ``bad-groups`` where no setting does; ``unsupported`` where it takes those of several
            layers together.

    Example:
        >>> from convsolve.posing import ask
        >>> ask("8@6x6", "12x12", stack="PixelShuffle() >> Conv(c=4, groups=2)").layers[0].domains[0][0]
        (1, 2)
    """
    found = list(layers)
    for places in _stretches(layers, chain):
        first, last = chain[places[0]], chain[places[-1] + 1]
        number, goal = (first, last) if first is not None else (last, None)
        if number is None or all(ratios[place] is not None for place in places):
            continue
        backward = first is None
        ahead = places[::-1] if backward else places
        steps = [_step(layers, place, ratios[place], backward=backward) for place in ahead]
        choices = [place for place in places if ratios[place] is None]
        sized = [at for at, place in enumerate(ahead) if place in choices and _by_sizes(layers[place])]
        if sized and goal is not None and len(places) == 1:
            continue  # a condition on these sizes says it
        if sized and (goal is not None or any(layers[ahead[at]].kind.lifts is not backward for at in sized)):
            raise _together(layers, choices)
        known = sized[0] if sized else len(steps)
        kept = _kept(number, steps[:known], goal)
        if kept is None:
            raise _together(layers, choices)
        if not all(kept):
            whole = _kept(number, [one._replace(divisor=1) for one in steps[:known]], goal)
            parts = max(one.divisor for one in steps[:known]) if whole is None or all(whole) else 1
            raise _none(ahead[0], layers[ahead[0]], (first, last if parts == 1 or backward else None), parts)
        # from there on channels are more by as many elements: what one of these leaves whole is whole with all
        if sized and _kept(number, steps, None) != [*kept, *(one.options.keys() for one in steps[known:])]:
            raise _together(layers, choices)
        for place, values in zip(ahead, kept, strict=False):
            if ratios[place] is None:
                domain = tuple([value for value in layers[place].domains[0][0] if value in values])
                found[place] = replace(layers[place], domains=((domain,),) * len(layers[place].domains))
    _refuse_unsettled(found, chain)
    return tuple(found)


def _stretches(layers: Sequence[Layer], chain: Sequence[int | None]) -> Iterator[range]:
    """The layers between which channels are neither known nor made anew, as many as there are at a time."""
    start = 0
    for place, layer in enumerate(layers):
        end = place if layer.kind.weighted else place + 1
        if layer.kind.weighted or chain[end] is not None or end == len(layers):
            if start < end:
                yield range(start, end)
            start = place + 1


def in_front(layers: Sequence[Layer], chain: Sequence[int | None], place: int) -> set[int]:
    """What the channels in front of a layer may be that hang on settings before it; nothing where nobody knows."""
    start = place
    while start and chain[start] is None and not layers[start - 1].kind.weighted:
        start -= 1
    number, passed = chain[start], range(start, place)
    kinds = [layers[at].kind for at in passed]
    if number is None or any(kind.flat_out or kind.lifts or kind.joins for kind in kinds):
        return set()
    return _reached(number, [_step(layers, at, None, backward=False)._replace(divisor=1) for at in passed])[-1]


def _refuse_unsettled(layers: Sequence[Layer], chain: Sequence[int | None]) -> None:
    """Raise where what a layer refuses hangs on settings in front of it."""
    for place, layer in enumerate(layers):
        if chain[place] is None and layer.kind.refuses_single(None) is not None:
            refused = {layer.kind.refuses_single(one) for one in in_front(layers, chain, place)}
            if len(refused) > 1:
                raise Error(
                    "unsupported",
                    f"layer {place} ({layer.kind.name}): the channels that a group has hang on what is to be found",
                    help=["give what decides them, as in PixelShuffle(2)"],
                )


def _by_sizes(layer: Layer) -> bool:
    """Whether sizes decide what becomes of its channels, which are then more by as many elements."""
    return layer.kind.lifts or not layer.kind.axis_parameters


def _step(layers: Sequence[Layer], place: int, ratio: Ratio | None, *, backward: bool) -> Step:
    layer = layers[place]
    options: dict[int | None, Ratio] = {None: ratio or (1, 1)}
    if ratio is None and not _by_sizes(layer):
        axes = len(layer.domains)
        options = {value: layer.kind.channel_ratio(((value,),) * axes, ()) for value in layer.domains[0][0]}
    if backward:
        options = {value: (under, over) for value, (over, under) in options.items()}
    at = place if backward else place + 1
    return Step(options, lcm(*(one.kind.group_count() for one in layers[max(at - 1, 0) : at + 1])))


def _reached(number: int, steps: Sequence[Step]) -> list[set[int]]:
    """The channels in front of the first layer and behind each, as far as they are whole."""
    reached = [{number}]
    for options, divisor in steps:
        each = [(one * over, under) for one in reached[-1] for over, under in options.values()]
        reached.append({over // under for over, under in each if over % (under * divisor) == 0})
    return reached


def _kept(number: int, steps: Sequence[Step], goal: int | None) -> list[Collection[int | None]] | None:
    """The settings of each layer that pass; None where only some of all these together do."""
    reached = _reached(number, steps)
    if goal is not None:
        reached[-1] &= {goal}
    kept: list[Collection[int | None]] = []
    for at in reversed(range(len(steps))):
        passing = [
            (one, value)
            for one in reached[at]
            for value, (over, under) in steps[at].options.items()
            if one * over % under == 0 and one * over // under in reached[at + 1]
        ]
        reached[at] = {one for one, _ in passing}
        kept.append({value for _, value in passing})
        if len(passing) < len(reached[at]) * len(kept[-1]):
            return None
    return kept[::-1]


def _together(layers: Sequence[Layer], places: Sequence[int]) -> Error:
    """Why settings are not looked for: whether one goes with the channels hangs on another, or on sizes."""
    kinds = [layers[place].kind for place in sorted(places)]
    if len(kinds) == 1:
        said = f"layer {places[0]} ({kinds[0].name}) is to make channels that go with the layers next to it"
    else:
        numbers = [*map(str, sorted(places))]
        said = f"layers {', '.join(numbers[:-1])} and {numbers[-1]} are to change the channels together"
    some = "of one of them" if len(kinds) == 2 else "of all of them but one"
    mends = []
    for kind in dict.fromkeys(kinds):
        if kind.lifts:
            mends.append(f"give its sizes, as in {kind.name}({getattr(kind, 'channels', None) or 8}, (4, 4))")
        elif kind.axis_parameters:
            mends.append(f"give the {kind.axis_parameters[0].name} {some}, as in {kind.name}(2)")
        else:
            mends.append(f"give the sizes in front of it, as in AdaptiveAvgPool(4) >> {kind.name}()")
    return Error("unsupported", said, help=mends)


def _none(place: int, layer: Layer, ends: tuple[int | None, int | None], parts: int) -> Error:
    """Why no setting goes with the channels on both sides, or with the parts that a layer makes of them."""
    other = "a whole number" if parts == 1 else f"a multiple of {parts}"
    first, last = [other if number is None else number for number in ends]
    does = f"makes {last} channels of {first}" if ends[0] is None else f"turns {first} channels into {last}"
    return Error(
        "bad-channels" if parts == 1 else "bad-groups",
        f"layer {place} ({layer.kind.name}): no {layer.kind.axis_parameters[0].name} {does}",
        help=["change the channels in front of it, or behind"],
    )
