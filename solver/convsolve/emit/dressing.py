"""Normalisation and activation behind the convolutions of a solution, and channels for all of them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

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
    and no second is added. What belongs to a Linear stands behind the Unflatten that follows it; without axes
    there is no instance normalisation.

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
    weighted = [_dressed_at(layers, place) for place, layer in enumerate(layers) if layer.kind.weighted]
    inserted: dict[int, list[SolvedLayer]] = {}
    for place in weighted[:-1]:
        for kind in filter(None, between):
            _insert(layers, place, kind, inserted)
    if last is not None:
        _insert(layers, weighted[-1] if weighted else len(layers) - 1, last, inserted)
    return tuple(part for place, layer in enumerate(layers) for part in (layer, *inserted.get(place, ())))


def _dressed_at(layers: Sequence[SolvedLayer], place: int) -> int:
    """Behind which layer what belongs to one with weights stands: behind the Unflatten that its channels are for."""
    return place + 1 if any(layer.kind.lifts for layer in layers[place + 1 : place + 2]) else place


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
    stages, places = channel_stages(layers)
    numbers = [place.of(stages) for place in places]
    return tuple(
        replace(
            layer,
            in_channels=before if layer.in_channels is None else layer.in_channels,
            out_channels=after if layer.out_channels is None else layer.out_channels,
        )
        for layer, (before, after) in zip(layers, pairwise(numbers), strict=True)
    )


class Place(NamedTuple):
    """Channels somewhere: `over`/`under` of those that a stage begins with, behind a convolution or at the start."""

    stage: int
    over: int = 1
    under: int = 1

    def of(self, stages: Sequence[int]) -> int:
        """Their number."""
        return stages[self.stage] * self.over // self.under


def channel_stages(layers: Sequence[SolvedLayer]) -> tuple[list[int], list[Place]]:
    """The channels at the start and behind each convolution; and what they are in front of each layer, and at the end.

    What is unknown is the smallest number that all groups divide, and that shuffles leave whole.
    """
    places = [Place(0)]
    for layer in layers:
        stage, over, under = places[-1]
        if layer.kind.weighted:
            places.append(Place(stage + 1))
            continue
        ratio = layer.kind.channel_ratio(layer.settings, layer.in_size)
        over, under = over * ratio[0], under * ratio[1]
        common = math.gcd(over, under)
        places.append(Place(stage, over // common, under // common))
    known: list[int | None] = [None] * (places[-1].stage + 1)
    least = [1] * len(known)
    for layer, (before, after) in zip(layers, pairwise(places), strict=True):
        for place, channels in ((before, layer.in_channels), (after, layer.out_channels)):
            groups = layer.kind.group_count() * place.under
            least[place.stage] = math.lcm(least[place.stage], groups // math.gcd(groups, place.over))
            if channels is not None and known[place.stage] is None:
                known[place.stage] = channels * place.under // place.over
        own = getattr(layer.kind, "channels", None)
        if own is not None and known[after.stage] is None:
            known[after.stage] = own * after.under // after.over
    return [number or needed for number, needed in zip(known, least, strict=True)], places


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
        if kind.function == "instance" and layer.kind.flat_out:
            return  # it would normalise each channel by itself, of one element
        _refuse_norm(kind, layer)
    channels, size = layer.out_channels, layer.out_size
    kind = replace(kind, dims=len(size))
    inserted.setdefault(at, []).append(SolvedLayer(kind, ((),) * len(layer.settings), channels, channels, size, size))


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
