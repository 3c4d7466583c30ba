"""The integer rules, put to a solution as it stands: every axis, every layer, every size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from convsolve.language import compiled, parse
from convsolve.layers.base import SIZES, LayerKind, Rule, Setting
from convsolve.layers.join import Join
from convsolve.layers.solved import SolvedLayer
from convsolve.shapes import LARGEST_SIZE


def faults(layers: Sequence[SolvedLayer]) -> list[str]:
    """What is wrong with the layers, in words; empty where every rule holds."""
    return list(_faults(layers))


def broken_rule(kind: LayerKind, setting: Setting, in_size: int, out_size: int) -> Rule | None:
    """The first of the kind's rules that one axis does not meet."""
    parameters = (*kind.positions(), *SIZES)
    for rule in kind.rules:
        if not compiled(parse(rule.sentence), parameters)(*setting, in_size, out_size):
            return rule
    return None


def faults_of(layer: SolvedLayer) -> list[str]:
    """What is wrong with a layer by itself, wherever it stands and whatever it joins."""
    return list(_alone(layer))


def _faults(layers: Sequence[SolvedLayer]) -> Iterator[str]:
    for place, layer in enumerate(layers):
        where = f"layer {place} ({layer.kind.name})"
        if place and layer.in_size != layers[place - 1].out_size:
            yield f"{where}: in_size {layer.in_size} is not the size in front of it"
        if place and layer.in_channels != layers[place - 1].out_channels:
            yield f"{where}: in_channels {layer.in_channels} is not the number in front of it"
        if wrong := misjoined(layer, layers[:place]):
            yield f"{where}{wrong}"
        yield from (f"{where}{wrong}" for wrong in _alone(layer))


def misjoined(layer: SolvedLayer, passed: Sequence[SolvedLayer]) -> str | None:
    """Why a layer cannot join the one that it names, of those in front of it; None also where it joins none."""
    kind = layer.kind
    if not isinstance(kind, Join):
        return None
    if kind.layer >= len(passed):
        return f": layer {kind.layer} does not stand in front of it: layers are counted from 0"
    other = passed[kind.layer]
    made = f"layer {kind.layer} ({other.kind.name}) makes"
    if layer.in_size != other.out_size:
        sizes = f"{_text(layer.in_size)} comes to it, and {made} {_text(other.out_size)}"
        return f": both sizes must be the same: {sizes}"
    if kind.completed(layer.in_channels, other.out_channels, layer.out_channels) is None:
        numbers = f"{layer.in_channels} come to it, and {made} {other.out_channels}"
        equal = kind.completed(layer.in_channels, other.out_channels, None) is None
        rule = "both channels must be the same" if equal else f"they do not become {layer.out_channels} channels"
        return f": {rule}: {numbers}"
    return None


def _text(size: Sequence[int]) -> str:
    return "x".join(map(str, size)) or "no axes"


def _alone(layer: SolvedLayer) -> Iterator[str]:
    """What is wrong, to be put behind the layer's name."""
    if not layer.kind.weighted and not layer.kind.joins and not _keeps_ratio(layer):
        yield f": {layer.in_channels} channels do not become {layer.out_channels}"
    yield from (f": {wrong}" for wrong in _undivided(layer))
    if prod(layer.in_size) == 1 and (reason := layer.kind.refuses_single(layer.in_channels)):
        yield f": {reason}"
    if wrong := _misplaced(layer):
        yield f": {wrong}"
        return
    for axis, (setting, sizes) in enumerate(zip(layer.settings, layer.ends, strict=True)):
        for parameter, value in zip(layer.kind.axis_parameters, setting, strict=True):
            if not parameter.least <= value <= parameter.most * layer.kind.units(parameter.name):
                yield f", axis {axis}: {parameter.name} {value} is out of range"
        if not all(1 <= size <= LARGEST_SIZE for size in sizes):
            yield f", axis {axis}: a size is out of range"
        elif rule := broken_rule(layer.kind, setting, *sizes):
            yield f", axis {axis}: {rule.reason} ({rule.sentence})"


def _undivided(layer: SolvedLayer) -> Iterator[str]:
    """Channels that are no multiple of the groups."""
    groups = layer.kind.group_count()
    for channels in (layer.in_channels, layer.out_channels):
        if channels is not None and channels % groups:
            yield f"{channels} channels do not divide into {groups} groups"


def _misplaced(layer: SolvedLayer) -> str | None:
    """Whether there are axes where there should be none, or the other way round."""
    for flat, size in ((layer.kind.flat_in, layer.in_size), (layer.kind.flat_out, layer.out_size)):
        if len(size) != (0 if flat else len(layer.settings)):
            return f"{len(size)} axes are wrong here"
    shared = [place for place, parameter in enumerate(layer.kind.axis_parameters) if parameter.shared]
    if any(len({setting[place] for setting in layer.settings}) > 1 for place in shared):
        return "what all axes share differs"
    return None


def _keeps_ratio(layer: SolvedLayer) -> bool:
    """Whether the channels behind are what the kind makes of those in front; unknown ones may be anything."""
    before, after = layer.in_channels, layer.out_channels
    over, under = layer.kind.channel_ratio(layer.settings, layer.in_size)
    if before is None or after is None:
        return over != under or before is after
    own: int | None = getattr(layer.kind, "channels", None)
    return before * over == after * under and own in (None, after)
