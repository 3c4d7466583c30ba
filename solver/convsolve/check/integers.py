"""The integer rules, put to a solution as it stands: every axis, every layer, every size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from convsolve.domains import LARGEST_PARAMETER
from convsolve.language import compiled, parse
from convsolve.layers.base import LayerKind, Rule, Setting
from convsolve.layers.solved import SolvedLayer
from convsolve.shapes import LARGEST_SIZE


def faults(layers: Sequence[SolvedLayer]) -> list[str]:
    """What is wrong with the layers, in words; empty where every rule holds."""
    return list(_faults(layers))


def broken_rule(kind: LayerKind, setting: Setting, in_size: int, out_size: int) -> Rule | None:
    """The first of the kind's rules that one axis does not meet."""
    parameters = (*(p.name for p in kind.axis_parameters), "in_size", "out_size")
    for rule in kind.rules:
        if not compiled(parse(rule.sentence), parameters)(*setting, in_size, out_size):
            return rule
    return None


def _faults(layers: Sequence[SolvedLayer]) -> Iterator[str]:
    for place, layer in enumerate(layers):
        where = f"layer {place} ({layer.kind.name})"
        if place and layer.in_size != layers[place - 1].out_size:
            yield f"{where}: in_size {layer.in_size} is not the size in front of it"
        if place and layer.in_channels != layers[place - 1].out_channels:
            yield f"{where}: in_channels {layer.in_channels} is not the number in front of it"
        if not layer.kind.weighted and layer.in_channels != layer.out_channels:
            yield f"{where}: the kind does not change the number of channels"
        groups = layer.kind.group_count()
        for channels in (layer.in_channels, layer.out_channels):
            if channels is not None and channels % groups:
                yield f"{where}: {channels} channels do not divide into {groups} groups"
        if prod(layer.in_size) == 1 and (reason := layer.kind.refuses_single(layer.in_channels)):
            yield f"{where}: {reason}"
        for axis, setting in enumerate(layer.settings):
            sizes = (layer.in_size[axis], layer.out_size[axis])
            for parameter, value in zip(layer.kind.axis_parameters, setting, strict=True):
                if not parameter.least <= value <= LARGEST_PARAMETER:
                    yield f"{where}, axis {axis}: {parameter.name} {value} is out of range"
            if not all(1 <= size <= LARGEST_SIZE for size in sizes):
                yield f"{where}, axis {axis}: a size is out of range"
            elif rule := broken_rule(layer.kind, setting, *sizes):
                yield f"{where}, axis {axis}: {rule.reason} ({rule.sentence})"
