"""Channels through a stack whose layers change them by settings and sizes, as shuffles and Flatten do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from convsolve.channels import ChannelsLike, Ratio, channel_chain
from convsolve.conditions import Condition
from convsolve.dividing import fitted
from convsolve.domains import Domain
from convsolve.errors import Error
from convsolve.filling import Layer
from convsolve.layers.base import LayerKind, Setting
from convsolve.layers.listed import Constant
from convsolve.shapes import Extent
from convsolve.skips import joined_chain, refuse_unjoinable, relations, sized


def wired(
    layers: Sequence[Layer], source: Extent, goal: Extent, channels: ChannelsLike
) -> tuple[tuple[Layer, ...], tuple[int | None, ...], tuple[Condition, ...]]:
    """The layers with no settings that channels rule out, the channels, and what these demand of sizes.

    Raises:
        Error: ``bad-channels``, ``bad-groups`` where channels contradict each other; ``unsupported`` as `fitted`; and
            what `refuse_unjoinable` does.
    """
    refuse_unjoinable([layer.kind for layer in layers])
    sizes = known_sizes(layers, source)
    ratios = [_ratio(layer, size) for layer, size in zip(layers, sizes, strict=False)]
    if any(layer.kind.joins for layer in layers):
        return tuple(layers), joined_chain(layers, source.channels, goal.channels, channels, ratios), relations(layers)
    chain = channel_chain([layer.kind for layer in layers], source.channels, goal.channels, channels, ratios)
    demanded = []
    for place, layer in enumerate(layers):
        before, after = chain[place : place + 2]
        if layer.kind.weighted or ratios[place] is not None or (before is None and after is None):
            continue
        if layer.kind.lifts:
            if before is not None and after is not None:
                demanded.append(_elements(layers, place, "out_size", _whole(place, layer, before, after)))
        elif layer.kind.axis_parameters:
            continue  # settings decide, and no sizes
        elif before is not None and after is not None:
            elements, rest = divmod(after, before)
            demanded.append(_elements(layers, place, "in_size", elements if not rest else 0))
        elif after is not None:
            number = next(one for one in range(int(after**0.5), 0, -1) if after % one == 0)
            weighted = [one.kind.name for one in layers[:place] if one.kind.weighted]
            written = f"{weighted[-1]}(c={number})" if weighted else str(replace(source, channels=number))
            raise Error(
                "unknown-channels",
                f"layer {place} ({layer.kind.name}): what it makes of the channels depends on sizes that are chosen, "
                f"so {after} behind it do not say how many stand in front",
                help=[f"give one number of channels in front of it, as in {written}"],
            )
    return fitted(layers, chain, ratios), chain, tuple(demanded)


def _elements(layers: Sequence[Layer], place: int, name: str, number: int) -> Condition:
    """That the sizes in front of a layer, or behind it, have so many elements."""
    size = sized([layer.kind for layer in layers], place, name)
    factors = "*".join(f"{size}[{axis}]" for axis in range(len(layers[place].domains)))
    return Condition.read(f"{factors} == {number}")


def _whole(place: int, layer: Layer, before: int, after: int) -> int:
    """How many elements an Unflatten makes of each of its channels."""
    elements, rest = divmod(before, after)
    if rest:
        raise Error(
            "bad-channels",
            f"layer {place} ({layer.kind.name}): {before} channels come to it, and it takes a multiple of {after}",
            help=["change the channels in front of it, or its own numbers"],
        )
    return elements


def not_counted(said: str, layers: Sequence[Layer], chain: Sequence[int | None]) -> Error:
    """Why a cost cannot be counted where some channels are None: a choice decides them, or nobody said them."""
    for place, (layer, (before, after)) in enumerate(zip(layers, pairwise(chain), strict=True)):
        if layer.kind.lifts and before is None and after is not None:
            return Error(
                "unsupported",
                f"{said} cannot be counted: the channels in front of layer {place} ({layer.kind.name}) depend on its "
                "sizes, which are to be found",
                help=[f"give them, as in {layer.kind.name}({after}, (4, 4))", "or leave it out here"],
            )
        if before is not None and after is None and not layer.kind.weighted:
            name, own = layer.kind.name, layer.kind.axis_parameters
            on = f"{own[0].name}, which is" if own else "the sizes in front of it, which are"
            return Error(
                "unsupported",
                f"{said} cannot be counted: the channels behind layer {place} ({name}) depend on {on} to be found",
                help=[
                    f"give it, as in {name}(2)" if own else f"give that size, as in AdaptiveAvgPool(4) >> {name}()",
                    "or leave it out here: the costs of each combination are shown with it",
                ],
            )
    convolutions = sum(layer.kind.weighted for layer in layers)
    some = ",".join(["16"] * convolutions + ["3"]) if convolutions < 8 else "16,16,...,3"
    return Error(
        "unknown-channels",
        f"{said} cannot be counted without channels",
        help=[f"give all of them, as in --channels {some}"],
    )


def known_sizes(layers: Sequence[Layer], source: Extent) -> list[tuple[int, ...] | None]:
    """The size in front of each layer and behind the last, where it does not depend on any choice."""
    found: list[tuple[int, ...] | None] = [source.size if source.fixed else None]
    for layer in layers:
        before = found[-1] or (None,) * len(source.sizes)
        outs = [_only_out(layer.kind, domains, size) for domains, size in zip(layer.domains, before, strict=True)]
        known = [out for out in outs if out is not None]
        found.append(tuple(known) if len(known) == len(outs) else None)
    return found


def _only_out(kind: LayerKind, domains: Sequence[Domain], size: int | None) -> int | None:
    if any(len(domain) > 1 for domain in domains):
        return None
    size_map = kind.size_map(tuple(domain[0] for domain in domains))
    if isinstance(size_map, Constant):
        return size_map.raw(1)
    return None if size is None else size_map.out(size)


def _ratio(layer: Layer, size: tuple[int, ...] | None) -> Ratio | None:
    """What the channels become, where no choice changes that."""
    if any(len(domain) > 1 for axis in layer.domains for domain in axis):
        ratios = {layer.kind.channel_ratio(settings, size or (2,)) for settings in _some(layer)}
        return ratios.pop() if len(ratios) == 1 else None
    settings = tuple(tuple(domain[0] for domain in axis) for axis in layer.domains)
    one, other = (layer.kind.channel_ratio(settings, each) for each in ((1,), (2,)))
    if one == other:
        return one
    return None if size is None else layer.kind.channel_ratio(settings, size)


def _some(layer: Layer) -> list[tuple[Setting, ...]]:
    """Settings that differ in every parameter, on each axis, as much as they can."""
    return [tuple(tuple(domain[end] for domain in axis) for axis in layer.domains) for end in (0, -1)]


def resolved(
    layers: Sequence[Layer],
    chain: Sequence[int | None],
    settings: Sequence[tuple[Setting, ...]],
    sizes: Sequence[tuple[int, ...]],
) -> tuple[int | None, ...]:
    """The channels of a combination: what depended on its settings and sizes is known now."""
    if None not in chain:
        return tuple(chain)
    found = list(chain)
    ratios = [
        None if layer.kind.weighted or layer.kind.joins else layer.kind.channel_ratio(on_axes, size)
        for layer, on_axes, size in zip(layers, settings, sizes, strict=False)
    ]
    for place, ratio in enumerate(ratios):
        number = found[place]
        if found[place + 1] is None and ratio and number is not None:
            found[place + 1] = number * ratio[0] // ratio[1]
    for place in reversed(range(len(ratios))):
        ratio, number = ratios[place], found[place + 1]
        if found[place] is None and ratio and number is not None and number * ratio[1] % ratio[0] == 0:
            found[place] = number * ratio[1] // ratio[0]
    return tuple(found)
