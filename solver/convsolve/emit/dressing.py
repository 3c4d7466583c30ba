"""Normalisation and activation behind the convolutions of a solution, and channels for all of them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from convsolve.errors import Error, did_you_mean, shown
from convsolve.layers.act import ACTIVATIONS, Act
from convsolve.layers.norm import NORMALISATIONS, Norm
from convsolve.layers.solved import SolvedLayer

if TYPE_CHECKING:
    from convsolve.answer import Solution
    from convsolve.layers.base import LayerKind

_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,12})?([eE]-?[0-9]{1,2})?")
_LARGEST_VALUE = 1e6  # as `Act` has it in a stack
_MOST_GROUPS = 2**20


def dressed(
    solution: Solution,
    activation: str | None = None,
    norm: str | None = None,
    final_activation: str | None = None,
) -> tuple[SolvedLayer, ...]:
    """The solution's layers with normalisation, then activation, behind each convolution.

    The last convolution gets `final_activation` alone, since its output is the network's. Where the
    stack itself already has a normalisation or an activation behind a convolution, that one stays
    and no second is added.

    Args:
        solution: the layers to dress.
        activation: a name as in ``Act("relu")``; its number behind a colon: ``"leaky_relu:0.2"``.
        norm: ``"batch"``, ``"instance"``, or ``"group:8"`` for GroupNorm with 8 groups.
        final_activation: as `activation`, for the last convolution; a stack without any
            convolution gets it at its end.

    Raises:
        Error: ``unknown-activation``, ``unknown-norm``, ``bad-value``, or ``bad-norm`` where the
            normalisation cannot work on the layer in front of it.

    Example:
        >>> import convsolve as cs
        >>> layers = dressed(cs.solve("1@7", "1@28", layers=2)[0], "relu", "batch", "tanh")
        >>> [layer.kind.name for layer in layers]
        ['ConvTranspose', 'Norm', 'Act', 'ConvTranspose', 'Act']
    """
    layers = solution.layers
    dims = len(layers[0].in_size)
    between = [
        None if norm is None else norm_named(norm, dims),
        None if activation is None else activation_named(activation, dims),
    ]
    last = None if final_activation is None else activation_named(final_activation, dims)
    weighted = [place for place, layer in enumerate(layers) if layer.kind.weighted]
    inserted: dict[int, list[SolvedLayer]] = {}
    for place in weighted[:-1]:
        for kind in filter(None, between):
            _insert(layers, place, kind, inserted)
    if last is not None:
        _insert(layers, weighted[-1] if weighted else len(layers) - 1, last, inserted)
    return tuple(part for place, layer in enumerate(layers) for part in (layer, *inserted.get(place, ())))


def activation_named(text: str, dims: int = 1) -> Act:
    """An activation from ``"relu"`` or, with its number, ``"leaky_relu:0.2"``."""
    name, number = _parts(text, "unknown-activation", "activation", ACTIVATIONS)
    if number is None:
        return Act(dims, name)
    keyword = ACTIVATIONS[name][1]
    if keyword is None:
        raise Error("bad-value", f"the activation {name} takes no number", help=[f"write {name}"])
    if not _NUMBER.fullmatch(number) or abs(float(number)) >= _LARGEST_VALUE:
        raise Error(
            "bad-value",
            f"{shown(number)} is no {keyword} of {name}",
            help=[f"write a number behind the colon: {name}:0.2"],
        )
    return Act(dims, name, float(number))


def norm_named(text: str, dims: int = 1) -> Norm:
    """A normalisation from ``"batch"``, ``"instance"`` or ``"group:8"``."""
    name, number = _parts(text, "unknown-norm", "normalisation", NORMALISATIONS)
    if number is None:
        return Norm(dims, name)
    if name != "group":
        raise Error("bad-value", f"the normalisation {name} takes no number", help=[f"write {name}"])
    if not re.fullmatch("[0-9]{1,7}", number) or not 1 <= int(number) <= _MOST_GROUPS:
        raise Error(
            "bad-value",
            f"{shown(number)} is no number of groups",
            help=["write a number behind the colon: group:8"],
        )
    return Norm(dims, name, int(number))


def filled(layers: Sequence[SolvedLayer]) -> tuple[SolvedLayer, ...]:
    """The layers with a number for every unknown channel: the smallest that all groups divide.

    That is 1 except in front of and behind grouped layers.
    """
    stages, behind = channel_stages(layers)
    return tuple(
        replace(
            layer,
            in_channels=stages[before] if layer.in_channels is None else layer.in_channels,
            out_channels=stages[after] if layer.out_channels is None else layer.out_channels,
        )
        for layer, (before, after) in zip(layers, pairwise([0, *behind]), strict=True)
    )


def channel_stages(layers: Sequence[SolvedLayer]) -> tuple[list[int], list[int]]:
    """The channels at the start and behind each convolution; and, for each layer, the stage behind it."""
    behind = list(accumulate(int(layer.kind.weighted) for layer in layers))
    found: list[int | None] = [None] * (behind[-1] + 1)
    groups = [1] * len(found)
    for layer, (before, after) in zip(layers, pairwise([0, *behind]), strict=True):
        for stage, channels in ((before, layer.in_channels), (after, layer.out_channels)):
            found[stage] = channels if found[stage] is None else found[stage]
            groups[stage] = math.lcm(groups[stage], layer.kind.group_count())
    return [known or least for known, least in zip(found, groups, strict=True)], behind


def _parts(text: object, code: str, what: str, known: Mapping[str, object]) -> tuple[str, str | None]:
    name, colon, number = text.partition(":") if isinstance(text, str) else (repr(text), "", "")
    if name not in known:
        raise Error(code, f"{shown(name)} is no {what}", help=did_you_mean(name, known))
    return name, number if colon else None


def _insert(layers: Sequence[SolvedLayer], place: int, kind: LayerKind, inserted: dict[int, list[SolvedLayer]]) -> None:
    """Put the kind behind the convolution, unless the stack has one of the same kind there."""
    at = place
    for later in range(place + 1, len(layers)):
        if not isinstance(layers[later].kind, (Act, Norm)):
            break
        if isinstance(layers[later].kind, type(kind)):
            return
        if isinstance(layers[later].kind, Norm):
            at = later
    layer = layers[place]
    if isinstance(kind, Norm):
        _refuse_norm(kind, layer)
    channels, size = layer.out_channels, layer.out_size
    inserted.setdefault(at, []).append(SolvedLayer(kind, ((),) * len(size), channels, channels, size, size))


def _refuse_norm(norm: Norm, layer: SolvedLayer) -> None:
    """What torch refuses at every batch or at batch 1, in evaluation too."""
    channels, single = layer.out_channels, math.prod(layer.out_size) == 1
    if norm.function == "group" and channels is not None and channels % norm.groups:
        raise Error(
            "bad-norm",
            f"{channels} channels do not divide into {norm.groups} groups",
            help=[f"choose groups that divide {channels}, or --norm batch"],
        )
    if single and (reason := norm.refuses_single(channels)):
        raise Error("bad-norm", f"behind a layer of one element {reason}", help=["write --norm batch"])
