"""Channels along a stack: as they were said, and completed where nobody said."""

from __future__ import annotations

from collections.abc import Sequence

from convsolve.errors import Error, shown_value
from convsolve.layers.base import LayerKind

ChannelsLike = str | Sequence[int | None] | None
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
    kinds: Sequence[LayerKind], first: int | None, last: int | None, channels: ChannelsLike
) -> tuple[int | None, ...]:
    """The channels in front of each layer and behind the last.

    What nobody gave is completed: transposed convolutions halve from their input, never below the
    output; convolutions double back from the output, never below the input.

    Raises:
        Error: ``bad-channels`` as `channels_said`; ``bad-groups`` where a layer's groups do not divide.
    """
    weighted = [kind for kind in kinds if kind.weighted]
    complete = _completed(weighted, channels_said(weighted, first, last, channels))
    chain: list[int | None] = [complete[0]]
    place = 0
    for index, kind in enumerate(kinds):
        place += kind.weighted
        chain.append(complete[place])
        _divisible(index, kind, chain[-2], chain[-1])
    return tuple(chain)


def _completed(weighted: Sequence[LayerKind], said: Sequence[int | None]) -> list[int | None]:
    chain = list(said)
    if chain[0] is None or chain[-1] is None:
        return chain
    while None in chain:
        ahead = {p: next(c for c in chain[p:] if c is not None) for p in range(len(chain))}
        behind = {p: next(c for c in chain[p::-1] if c is not None) for p in range(len(chain))}
        for place in [p for p, number in enumerate(chain) if number is None]:
            before, after = chain[place - 1], chain[place + 1]
            if before is not None and weighted[place - 1].record == "conv_transpose":
                chain[place] = max(before // 2, ahead[place])
                break
            if after is not None and weighted[place].record == "conv":
                chain[place] = max(after // 2, behind[place])
                break
        else:  # convolutions in front of transposed ones: the bottleneck is as wide as doubling makes it
            place = chain.index(None)
            chain[place] = behind[place] * 2
    return chain


def _divisible(index: int, kind: LayerKind, before: int | None, after: int | None) -> None:
    groups = kind.group_count()
    for number in (before, after):
        if number is not None and number % groups:
            raise Error(
                "bad-groups",
                f"layer {index} ({kind.name}): {number} channels do not divide into {groups} groups",
                help=["channels must be multiples of groups"],
            )
