"""Channels along a stack: as they were said, and completed where nobody said."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from math import gcd, lcm

from convsolve.errors import Error, shown_value
from convsolve.layers.base import LayerKind

ChannelsLike = str | Sequence[int | str | AbstractSet[int] | range | None] | None
Ratio = tuple[int, int]  # channels behind a layer over those in front of it
Stage = list[tuple[LayerKind, Ratio | None]]  # layers without weights; None where settings or sizes decide
CHANNELS_HELP = "write one number more than there are convolutions: 128,64,32,16,3"


def _channel_list(channels: ChannelsLike) -> tuple[int | None, ...] | None:
    if channels is None:
        return None
    if not isinstance(channels, Sequence):
        raise Error("bad-channels", f"channels: {shown_value(channels)} is no list", help=[CHANNELS_HELP])
    parts: Sequence[object] = channels.split(",") if isinstance(channels, str) else channels
    numbers: list[int | None] = []
    for part in parts:
        if part is None:  # as a record has what nobody said
            numbers.append(None)
            continue
        text = part.strip() if isinstance(part, str) else part
        if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10:
            text = int(text)
        if type(text) is not int or not 1 <= text < 2**31:
            raise Error(
                "bad-channels",
                f"channels: {shown_value(part)} is no number of channels",
                help=[CHANNELS_HELP],
            )
        numbers.append(text)
    return tuple(numbers)


def channels_said(
    weighted: Sequence[LayerKind], first: int | None, last: int | None, channels: ChannelsLike
) -> list[int | None]:
    """The channels in front of the first convolution and behind each, as far as they were said.

    Raises:
        Error: ``bad-channels`` where the list is none, has another length, or where what was said
            in two places differs.
    """
    listed = _channel_list(channels)
    said: list[int | None] = [None] * (len(weighted) + 1)
    if listed is not None:
        if len(listed) != len(said):
            raise Error(
                "bad-channels",
                f"{len(listed)} channels for {len(weighted)} convolution(s)",
                help=[f"give {len(said)} numbers, one more than there are convolutions"],
            )
        said = list(listed)
    for place in range(len(said)):
        wanted = [
            first if place == 0 else None,
            getattr(weighted[place - 1], "out_channels", None) if place else None,
            last if place == len(weighted) else None,
        ]
        for number in wanted:
            if number is None:
                continue
            if said[place] not in (None, number):
                raise Error(
                    "bad-channels",
                    f"{said[place]} channels and {number} channels at the same place",
                    help=["--channels, the shapes' C@ and out_channels must agree"],
                )
            said[place] = number
    return said


def channel_chain(
    kinds: Sequence[LayerKind],
    first: int | None,
    last: int | None,
    channels: ChannelsLike,
    ratios: Sequence[Ratio | None],
) -> tuple[int | None, ...]:
    """The channels in front of each layer and behind the last; None also where they hang on what is chosen.

    What nobody gave is completed: transposed convolutions halve from their input, never below the
    output; convolutions double back from the output, never below the input.

    Raises:
        Error: ``bad-channels`` as `channels_said`; ``bad-groups`` where a layer's groups do not divide.
    """
    weighted = [kind for kind in kinds if kind.weighted]
    stages = _stages(kinds, ratios)
    _same_at_the_end(
        kinds, stages[-1], first if len(stages) == 1 else getattr(weighted[-1], "out_channels", None), last
    )
    said = channels_said(weighted, first, _first_of(stages[-1], last), channels)
    said = told_behind(kinds, ratios, said)
    complete = [
        number if number is None or known is not None else _whole(number, stage)
        for number, known, stage in zip(_completed(weighted, said, stages), said, stages, strict=True)
    ]
    # what nobody said is that behind a shuffle whose factor is to be found: those in front follow from it
    behind = [said[place] is None and _gathers(stage) for place, stage in enumerate(stages)]
    chain: list[int | None] = [None if behind[0] else complete[0]]
    place = 0
    for index, (kind, ratio) in enumerate(zip(kinds, ratios, strict=True)):
        if kind.weighted:
            place += 1
            chain.append(None if behind[place] else complete[place])
        elif ratio is None and behind[place]:
            chain.append(complete[place])
        else:
            chain.append(_changed(index, kind, chain[-1], ratio))
    chain[-1] = last if chain[-1] is None else chain[-1]
    if last not in (None, chain[-1]):
        raise Error(
            "bad-channels",
            f"{chain[-1]} channels come out of the last layer, and the target has {last}",
            help=["change the channels of either"],
        )
    _look_back(kinds, ratios, chain)
    for index, kind in enumerate(kinds):
        divisible(index, kind, chain[index], chain[index + 1])
    return tuple(chain)


def _stages(kinds: Sequence[LayerKind], ratios: Sequence[Ratio | None]) -> list[Stage]:
    """The layers without weights in front of the first with weights, and behind each of these."""
    found: list[Stage] = [[]]
    for kind, ratio in zip(kinds, ratios, strict=True):
        if kind.weighted:
            found.append([])
        else:
            found[-1].append((kind, ratio))
    return found


def _gathers(stage: Stage) -> bool:
    """Whether just one layer of a stage, a shuffle, is to find how many channels become one."""
    return [kind.gathers for kind, ratio in stage if ratio is None] == [True]


def _first_of(stage: Stage, behind: int | None) -> int | None:
    """The channels that a stage begins with, from those that it ends with; None where they hang on a choice."""
    for kind, ratio in reversed(stage):
        if ratio is None or behind is None:
            return None
        over, under = ratio
        whole, rest = divmod(behind * under, over)
        if rest or not whole:
            raise Error(
                "bad-channels",
                f"{kind.name} makes {over} channels of {under}, so never {behind}",
                help=["channels behind it must be a multiple of that"],
            )
        behind = whole
    return behind


def _same_at_the_end(kinds: Sequence[LayerKind], stage: Stage, before: int | None, last: int | None) -> None:
    """Raise where a last layer that changes channels makes others of those before it than the target has."""
    number = before
    for index, (kind, ratio) in enumerate(stage, start=len(kinds) - len(stage)):
        if number is None or ratio is None or last is None:
            return
        here, (over, under) = number, ratio
        number = _changed(index, kind, here, ratio)
        ends = all(after == (1, 1) for _, after in stage[index + 1 - len(kinds) + len(stage) :])
        if ends and over != under and number != last:
            raise Error(
                "bad-channels",
                f"layer {index} ({kind.name}) makes {number} of {here} channels, and the target has {last}",
                help=[f"{here} channels make {number}: {last} need {last * under // over}"],
            )


def told_behind(
    kinds: Sequence[LayerKind], ratios: Sequence[Ratio | None], said: Sequence[int | None]
) -> list[int | None]:
    """The channels that were said, and what an Unflatten says of those in front of it."""
    stages = _stages(kinds, ratios)
    return [_told(stage) if number is None else number for number, stage in zip(said, stages, strict=True)]


def _told(stage: Stage) -> int | None:
    """What an Unflatten says of the channels that its stage begins with."""
    for place, (kind, _) in enumerate(stage):
        if (channels := getattr(kind, "channels", None)) is not None:
            return _first_of(stage[: place + 1], channels)
    return None


def _whole(number: int, stage: Stage) -> int:
    """The number, or the next that divides on its way through a stage."""
    over, under, needed = 1, 1, 1
    for _, ratio in stage:
        if ratio is None:
            break
        over, under = over * ratio[0], under * ratio[1]
        needed = lcm(needed, under // gcd(over, under))
    return -(-number // needed) * needed


def _changed(index: int, kind: LayerKind, before: int | None, ratio: Ratio | None) -> int | None:
    """The channels behind a layer without weights."""
    own: int | None = getattr(kind, "channels", None)
    if before is None or ratio is None:
        return own
    over, under = ratio
    after, rest = divmod(before * over, under)
    if rest or own not in (None, after):
        wanted = f"{own * under // over}" if own is not None else f"a multiple of {under // gcd(over, under)}"
        raise Error(
            "bad-channels",
            f"layer {index} ({kind.name}): {before} channels come to it, and it takes {wanted}",
            help=["change the channels in front of it, or its own numbers"],
        )
    return after


def _look_back(kinds: Sequence[LayerKind], ratios: Sequence[Ratio | None], chain: list[int | None]) -> None:
    """Put down the channels that those behind a layer say of those in front of it."""
    for place in reversed(range(len(kinds))):
        ratio, behind = ratios[place], chain[place + 1]
        if not kinds[place].weighted and ratio is not None and behind is not None and chain[place] is None:
            chain[place] = _first_of([(kinds[place], ratio)], behind)


def _completed(weighted: Sequence[LayerKind], said: Sequence[int | None], stages: Sequence[Stage]) -> list[int | None]:
    chain = list(said)
    if chain[0] is None or chain[-1] is None:
        return chain
    hanging = [place for place, stage in enumerate(stages) if chain[place] is None and _lifted(stage)]
    for place in hanging:  # never completed; the others go by what comes behind
        chain[place] = _lifted(stages[place])
    while None in chain:
        ahead = {p: next(c for c in chain[p:] if c is not None) for p in range(len(chain))}
        behind = {p: next(c for c in chain[p::-1] if c is not None) for p in range(len(chain))}
        for place in [p for p, number in enumerate(chain) if number is None]:
            before, after = chain[place - 1], chain[place + 1]
            if before is not None and weighted[place - 1].record == "conv_transpose":
                chain[place] = max(_through(stages[place - 1], before) // 2, ahead[place])
                break
            if after is not None and weighted[place].record == "conv":
                chain[place] = _back(stages[place], max(after // 2, behind[place]))
                break
        else:  # convolutions in front of transposed ones: the bottleneck is as wide as doubling makes it
            place = chain.index(None)
            chain[place] = behind[place] * 2
    for place in hanging:
        chain[place] = None
    return chain


def _through(stage: Stage, number: int) -> int:
    """What a stage makes of its channels, as far as no choice decides; rounded down."""
    for kind, ratio in stage:
        over, under = ratio or (1, 1)
        number = max(1, number * over // under) if ratio or not kind.lifts else getattr(kind, "channels", number)
    return number


def _lifted(stage: Stage) -> int | None:
    """The channels behind an Unflatten whose sizes are to be found: those in front of it hang on these."""
    return next((getattr(kind, "channels", None) for kind, ratio in stage if kind.lifts and ratio is None), None)


def _back(stage: Stage, number: int) -> int:
    """What a stage begins with, if it shall end so; rounded up."""
    for _, ratio in reversed(stage):
        over, under = ratio or (1, 1)
        number = -(-number * under // over)
    return number


def divisible(index: int, kind: LayerKind, before: int | None, after: int | None) -> None:
    """Raise where a layer's groups do not divide its channels."""
    groups = kind.group_count()
    for number in (before, after):
        if number is not None and number % groups:
            raise Error(
                "bad-groups",
                f"layer {index} ({kind.name}): {number} channels do not divide into {groups} groups",
                help=["channels must be multiples of groups"],
            )
