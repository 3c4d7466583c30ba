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
from convsolve.layers.join import Join
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
    there is no instance normalisation. A skip connection takes what comes out behind all that was added to its layer.

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
    made: list[SolvedLayer] = []
    moved: list[int] = []
    for place, layer in enumerate(layers):
        own = layer.kind
        joined = replace(layer, kind=replace(own, layer=moved[own.layer])) if isinstance(own, Join) else layer
        made += [joined, *inserted.get(place, ())]
        moved.append(len(made) - 1)
    return tuple(made)


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

    That is 1 except in front of and behind grouped layers, and where channels are concatenated.

    Raises:
        Error: ``unknown-channels`` where an Add is too far from what decides its channels.
    """
    stages, places = channel_stages(layers)
    numbers = [place.of(stages) for place in places]
    made = tuple(
        replace(
            layer,
            in_channels=before if layer.in_channels is None else layer.in_channels,
            out_channels=after if layer.out_channels is None else layer.out_channels,
        )
        for layer, (before, after) in zip(layers, pairwise(numbers), strict=True)
    )
    for place, layer in enumerate(made):
        kind = layer.kind
        if isinstance(kind, Join):
            other = made[kind.layer].out_channels
            if kind.completed(layer.in_channels, other, layer.out_channels) is None:
                raise Error(
                    "unknown-channels",
                    f"layer {place} ({kind.name}): no numbers of channels were found with which both are the same",
                    help=["give all channels, as with --channels"],
                )
    return made


class Place(NamedTuple):
    """Channels somewhere: so many times those of stages, summed, over a number.

    A stage begins behind each convolution, and at the start. Where nothing is concatenated there is but one term.
    """

    terms: tuple[tuple[int, int], ...]  # stages, each with how often it counts
    under: int = 1

    @classmethod
    def reduced(cls, terms: Mapping[int, int], under: int) -> Place:
        """In lowest terms."""
        common = math.gcd(under, *terms.values())
        return cls(tuple((stage, over // common) for stage, over in sorted(terms.items())), under // common)

    def times(self, over: int, under: int) -> Place:
        """Its channels times a fraction."""
        return self.reduced({stage: number * over for stage, number in self.terms}, self.under * under)

    def __add__(self, other: object) -> Place:
        if not isinstance(other, Place):
            return NotImplemented
        under = math.lcm(self.under, other.under)
        terms: dict[int, int] = {}
        for one in (self, other):
            for stage, over in one.terms:
                terms[stage] = terms.get(stage, 0) + over * (under // one.under)
        return self.reduced(terms, under)

    def of(self, stages: Sequence[int]) -> int:
        """Their number."""
        return sum(stages[stage] * over for stage, over in self.terms) // self.under


def channel_stages(layers: Sequence[SolvedLayer]) -> tuple[list[int], list[Place]]:
    """The channels at the start and behind each convolution; and what they are in front of each layer, and at the end.

    What is unknown is the smallest number that all groups divide, and that shuffles leave whole. A convolution whose
    output is added to an earlier one has as many as that, and no number of its own.
    """
    places = [Place(((0, 1),))]
    added = _added(layers)
    stages = 1
    for number, layer in enumerate(layers):
        kind, before = layer.kind, places[-1]
        if number in added:
            places.append(places[added[number] + 1])
        elif kind.weighted:
            places.append(Place(((stages, 1),)))
            stages += 1
        elif isinstance(kind, Join):
            places.append(before + places[kind.layer + 1] if kind.adds_channels else before)
        else:
            places.append(before.times(*kind.channel_ratio(layer.settings, layer.in_size)))
    known: list[int | None] = [None] * stages
    least = [1] * stages
    for layer, (before, after) in zip(layers, pairwise(places), strict=True):
        own = getattr(layer.kind, "channels", None)
        for place, channels in ((before, layer.in_channels), (after, layer.out_channels), (after, own)):
            groups = layer.kind.group_count() * place.under
            for stage, over in place.terms:
                least[stage] = math.lcm(least[stage], groups // math.gcd(groups, over))
            if channels is not None and len(place.terms) == 1 and known[place.terms[0][0]] is None:
                stage, over = place.terms[0]
                known[stage] = channels * place.under // over
    return [number or needed for number, needed in zip(known, least, strict=True)], places


def _added(layers: Sequence[SolvedLayer]) -> dict[int, int]:
    """The convolutions whose output is added to that of an earlier layer, each with this layer's number."""
    found: dict[int, int] = {}
    for place, layer in enumerate(layers):
        if isinstance(layer.kind, Join) and not layer.kind.adds_channels:
            at = place - 1
            while at > layer.kind.layer and not layers[at].kind.weighted and _keeps(layers[at]):
                at -= 1
            if at > layer.kind.layer and layers[at].kind.weighted:
                found.setdefault(at, layer.kind.layer)
    return found


def _keeps(layer: SolvedLayer) -> bool:
    """Whether a layer without weights leaves the channels as they are."""
    return not layer.kind.joins and layer.kind.channel_ratio(layer.settings, layer.in_size) == (1, 1)


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
