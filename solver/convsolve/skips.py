"""Skip connections: which places they make equal in size, and the channels of a stack that has some.

A join counts the layers as they stand in the whole stack, from 0: what is repeated a fixed number of times counts
as often, and every copy of a join that is itself repeated joins the same layer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from convsolve.channels import CHANNELS_HELP, ChannelsLike, Ratio, channels_said, divisible
from convsolve.conditions import Condition
from convsolve.errors import Error
from convsolve.filling import Layer
from convsolve.layers.base import LayerKind
from convsolve.layers.join import Join
from convsolve.stack import Stack

Chain = list[int | None]  # channels in front of each layer, and behind the last


def joins(kinds: Sequence[LayerKind]) -> Iterator[tuple[int, Join]]:
    """The joins among layers, each with its place."""
    return ((place, kind) for place, kind in enumerate(kinds) if isinstance(kind, Join))


def relations(layers: Sequence[Layer], without: Collection[int] = ()) -> tuple[Condition, ...]:
    """What joins demand of sizes: on each axis the same in front of the join and behind the layer that it joins."""
    kinds = [layer.kind for layer in layers]
    return tuple(
        Condition.read(f"{sized(kinds, place, 'in_size')} == {sized(kinds, kind.layer, 'out_size')}")
        for place, kind in joins(kinds)
        if place not in without and not kind.flat_in
    )


def sized(kinds: Sequence[LayerKind], place: int, name: str) -> str:
    """The size in front of a layer, or behind it, as conditions count: of the layers that have one."""
    flat = [kind.flat_in if name == "in_size" else kind.flat_out for kind in kinds[:place]]
    return f"{name}[{flat.count(False)}]"


def refuse_misjoined(stack: Stack) -> None:
    """Raise where it depends on a depth to be found which layer a join means.

    Raises:
        Error: ``bad-stack``.

    Example:
        >>> refuse_misjoined(Stack.read('Conv() >> Conv(k=3, p=1) * "1..3" >> Add(0)'))
        >>> refuse_misjoined(Stack.read('Conv(k=3, p=1) * "1..3" >> Add(0)'))
        Traceback (most recent call last):
        convsolve.errors.Error: error[bad-stack]: layer 1 (Add) joins layer 0, where it is to be found how many stand
          help: join a layer in front of those that are repeated, or repeat them a fixed number of times
    """
    if not stack.repeats:
        return
    first = min(repeat.first for repeat in stack.repeats)
    for place, written in enumerate(stack.layers):
        number = dict(written.parameters).get("layer")
        if written.kind.joins and isinstance(number, int) and number >= first:
            raise Error(
                "bad-stack",
                f"layer {place} ({written.kind.name}) joins layer {number}, where it is to be found how many stand",
                help=["join a layer in front of those that are repeated, or repeat them a fixed number of times"],
            )


def refuse_unjoinable(kinds: Sequence[LayerKind]) -> None:
    """Raise where a join has no layer in front of it to join, or one has axes and the other has none.

    Raises:
        Error: ``bad-stack``, ``dimension-mismatch``.
    """
    for place, kind in joins(kinds):
        where = f"layer {place} ({kind.name})"
        if kind.layer >= place:
            raise Error(
                "bad-stack",
                f"{where}: layer {kind.layer} does not stand in front of it",
                help=[
                    f"write a number from 0 to {place - 1}: layers are counted from 0"
                    if place
                    else 'put a layer in front of it, as in Act("identity") >> Conv() >> Add(0)'
                ],
            )
        other = kinds[kind.layer]
        if kind.flat_in is not other.flat_out:
            here, there = ("no axes", "axes") if kind.flat_in else ("axes", "no axes")
            raise Error(
                "dimension-mismatch",
                f"{where}: what comes to it has {here}, and what layer {kind.layer} ({other.name}) makes has {there}",
                help=["join layers that are both in front of Flatten, or both behind it"],
            )


def refuse_field(layers: Sequence[Layer], said: str) -> None:
    """Raise where a receptive field of several branches is asked for: it is no value that goes from layer to layer."""
    if any(layer.kind.joins for layer in layers):
        raise Error(
            "unsupported",
            f"{said}: the receptive field of several branches is not asked for in this version",
            help=["leave it out here: the costs of each combination are shown with it"],
        )


def joined_chain(
    layers: Sequence[Layer],
    first: int | None,
    last: int | None,
    channels: ChannelsLike,
    ratios: Sequence[Ratio | None],
) -> tuple[int | None, ...]:
    """The channels in front of each layer and behind the last, of a stack with joins.

    Concat adds both numbers, Add needs them equal, and what follows from that in either direction is put down. What
    then is still unsaid is completed from the first convolution to the last, where both ends are known: a transposed
    convolution halves, a convolution behind a Concat makes as many as came to that from in front, one behind a pool
    or with strides alone doubles, as the first does; any other keeps them. In front of an Unflatten whose sizes are to
    be found they hang on these, and stay None.

    Raises:
        Error: ``bad-channels`` where what is said contradicts itself, ``unsupported`` where a setting changes channels.
    """
    kinds = [layer.kind for layer in layers]
    said = channels_said([kind for kind in kinds if kind.weighted], first, None, channels)
    behind = iter(said[1:])
    chain: Chain = [said[0], *(next(behind) if kind.weighted else getattr(kind, "channels", None) for kind in kinds)]
    hung = _hung(kinds, ratios)
    if last is not None:
        if chain[-1] not in (None, last):
            raise _contradicting(f"{chain[-1]} channels come out of the last layer, and the target has {last}")
        chain[-1] = last
    _followed(kinds, ratios, chain)
    while chain[0] is not None and chain[-1] is not None:
        unsaid = (at for at, kind in enumerate(kinds) if kind.weighted and chain[at + 1] is None and at + 1 not in hung)
        place = next(unsaid, None)
        if place is None or (before := chain[place]) is None:
            break
        chain[place + 1] = _usual(layers, place, before, chain)
        _followed(kinds, ratios, chain)
    for place, (kind, ratio) in enumerate(zip(kinds, ratios, strict=True)):
        front = chain[place : place + 1 if place in hung else place + 2]
        if not kind.weighted and ratio is None and any(front):
            raise Error(
                "unsupported",
                f"layer {place} ({kind.name}): what it makes of the channels is to be found, which stacks with skip "
                "connections do not do in this version",
                help=["give its own numbers", "give no channels at all, and put them into the code"],
            )
    for place, kind in enumerate(kinds):
        divisible(place, kind, chain[place], chain[place + 1])
    return tuple(chain)


def _hung(kinds: Sequence[LayerKind], ratios: Sequence[Ratio | None]) -> set[int]:
    """Where channels hang on the sizes of an Unflatten, which are to be found: of a layer with weights, or the input.

    They are whole whatever these sizes are; no join meets them, and no layer makes groups of them.
    """
    found: set[int] = set()
    joined = {kind.layer + 1 for _, kind in joins(kinds)}
    for place, (kind, ratio) in enumerate(zip(kinds, ratios, strict=True)):
        if kind.lifts and ratio is None:
            start = place
            while start and _keeps(kinds[start - 1]):
                start -= 1
            positions = range(start, place + 1)
            if joined.isdisjoint(positions) and (not start or kinds[start - 1].weighted):
                found.update(positions)
    return found


def _keeps(kind: LayerKind) -> bool:
    """Whether any number of channels without axes comes out as it goes in."""
    return kind.flat_in and kind.flat_out and not (kind.weighted or kind.joins) and kind.group_count() == 1


def _usual(layers: Sequence[Layer], place: int, before: int, chain: Chain) -> int:
    """What a convolution makes of its channels where nobody said."""
    layer = layers[place]
    if layer.kind.record == "conv_transpose":
        return max(1, before // 2)
    at = place - 1
    while at >= 0 and not (layers[at].kind.weighted or layers[at].kind.joins or layers[at].kind.axis_parameters):
        at -= 1
    if at < 0 and not any(one.kind.weighted for one in layers[:place]):
        return before * 2
    front = layers[at].kind
    if isinstance(front, Join) and front.adds_channels:
        return chain[at] or before
    stride = type(layer.kind).positions().get("stride")
    strided = stride is not None and all(1 not in axis[stride] for axis in layer.domains)
    pooled = not front.weighted and "kernel_size" in type(front).positions()
    return before * 2 if strided or pooled else before


def _followed(kinds: Sequence[LayerKind], ratios: Sequence[Ratio | None], chain: Chain) -> None:
    """Put down all channels that follow from others, in either direction."""
    before: Chain = []
    while before != chain:
        before = list(chain)
        for place, (kind, ratio) in enumerate(zip(kinds, ratios, strict=True)):
            if isinstance(kind, Join):
                _join(kinds, place, kind, chain)
            elif not kind.weighted and ratio is not None:
                _change(place, kind, ratio, chain)


def _join(kinds: Sequence[LayerKind], place: int, kind: Join, chain: Chain) -> None:
    here, there, after = chain[place], chain[kind.layer + 1], chain[place + 1]
    found = kind.completed(here, there, after)
    if found is None:
        front = f"layer {place} ({kind.name})"
        other = f"layer {kind.layer} ({kinds[kind.layer].name})"
        come = f"{here if here is not None else 'some'} channels come to it"
        make = f"{other} makes {there if there is not None else 'others'}"
        raise _contradicting(
            f"{front}: {come}, {make}, and {after} are to be behind it"
            if kind.adds_channels
            else f"{front}: both channels must be the same: {come} and {make}"
            if None not in (here, there) and here != there
            else f"{front}: {come}, {make}, and {after} are to be behind it: all must be the same"
        )
    chain[place], chain[kind.layer + 1], chain[place + 1] = found


def _change(place: int, kind: LayerKind, ratio: Ratio, chain: Chain) -> None:
    """A layer without weights between other channels."""
    (over, under), before, after = ratio, chain[place], chain[place + 1]
    own: int | None = getattr(kind, "channels", None)
    after = own if after is None else after
    if before is None and after is not None:
        before, rest = divmod(after * under, over)
    else:
        after, rest = (after, 0) if before is None else divmod(before * over, under)
    if rest or before == 0 or after == 0 or {own, chain[place + 1], after} - {None, after}:
        said = chain[place + 1] if chain[place + 1] is not None else own
        raise _contradicting(
            f"layer {place} ({kind.name}) makes {over} channels of {under}: "
            f"{'some' if chain[place] is None else chain[place]} come to it"
            + ("" if said is None else f", and {said} are to be behind it")
        )
    chain[place], chain[place + 1] = before, after


def _contradicting(message: str) -> Error:
    return Error("bad-channels", message, help=["change out_channels, or the shapes' C@", CHANNELS_HELP])
