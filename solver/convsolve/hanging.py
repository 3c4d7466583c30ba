"""Channels that hang on sizes: as many as there are elements in front of a Flatten, or behind an Unflatten.

What layers without axes cost then depends on sizes that other layers have. It is counted where these are known: with
the Flatten or the Unflatten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from convsolve.filling import Layer
from convsolve.layers.base import LayerKind


class Amount(NamedTuple):
    """A number of channels: so many for each element of some sizes, or, where it hangs on none, in all."""

    number: int
    hangs: bool = False

    def at(self, elements: int) -> int:
        """The channels where there are so many elements."""
        return self.number * elements if self.hangs else self.number


class Hung(NamedTuple):
    """A layer that is counted with another one, since its channels hang on the sizes there.

    Attributes:
        kind: the layer's.
        before: the channels in front of it.
        after: those behind it.
    """

    kind: LayerKind
    before: Amount
    after: Amount

    def cost(self, name: str) -> tuple[int, int]:
        """What it adds to params, macs, or output elements: so many, and so many for each element."""
        none, one = (self._at(name, elements) for elements in (0, 1))
        return none, one - none

    def _at(self, name: str, elements: int) -> int:
        before, after = self.before.at(elements), self.after.at(elements)
        match name:
            case "params":
                return self.kind.weight_count(1, before, after)
            case "macs":
                return self.kind.mac_count(1, before, after, ((1,), (1,)))
        return after


class Share(NamedTuple):
    """Channels somewhere that are a number for each element of the sizes at a position."""

    number: int
    position: int
    bearer: int  # the layer that has these sizes, in front or behind


@dataclass(frozen=True)
class Hanging:
    """Where in a stack channels hang on sizes.

    Attributes:
        shares: by the position of such channels.
        borne: by the layer that has the sizes, those that are counted with it.
        places: the layers that are counted so; one of them may be the bearer itself.
        complete: whether every layer can be counted.
        channels: in front of each layer and behind the last; None where they hang on sizes, or nobody said them.
    """

    shares: Mapping[int, Share]
    borne: Mapping[int, Sequence[Hung]]
    places: frozenset[int]
    complete: bool
    channels: Sequence[int | None]

    def ends(self, place: int) -> tuple[int, int]:
        """The channels in front of a layer that is counted by itself, and behind it.

        An Unflatten is counted by those behind it alone: in front of it 0 may stand for what hangs on its sizes.
        """
        before, after = self.channels[place : place + 2]
        if after is None or (before is None and place not in self.shares):
            raise ValueError("channels are unknown")
        return before or 0, after


def hanging(layers: Sequence[Layer], channels: Sequence[int | None]) -> Hanging:
    """What hangs on sizes in a stack, by its channels as `wiring.wired` gives them.

    Example:
        >>> from convsolve.posing import ask
        >>> problem = ask("128@", "3@64x64", stack='Linear() >> Unflatten(256, "2..8") >> ConvTranspose()')
        >>> problem.hanging.shares[1]
        Share(number=256, position=2, bearer=1)
        >>> problem.hanging.borne[1][0].cost("params")  # 128*256 weights and 256 biases for each element
        (0, 33024)
    """
    shares = _shares(layers, channels)
    borne: dict[int, list[Hung]] = {}
    places: list[int] = []
    complete = True
    for place, layer in enumerate(layers):
        ends = [shares[position] for position in (place, place + 1) if position in shares]
        if layer.kind.lifts and channels[place + 1] is not None:
            continue  # what comes out of it is counted by its sizes
        if any(channels[position] is None and position not in shares for position in (place, place + 1)):
            complete = False
        elif ends and all(end.bearer == ends[0].bearer for end in ends):
            before, after = (
                Amount(shares[position].number, hangs=True) if position in shares else Amount(channels[position] or 0)
                for position in (place, place + 1)
            )
            borne.setdefault(ends[0].bearer, []).append(Hung(layer.kind, before, after))
            places.append(place)
        elif ends:
            complete = False
    return Hanging(shares, borne, frozenset(places), complete, channels)


def _shares(layers: Sequence[Layer], channels: Sequence[int | None]) -> dict[int, Share]:
    """The channels that hang on sizes: right beside what flattens or lifts, and past what keeps them."""
    found: dict[int, Share] = {}
    for place, layer in enumerate(layers):
        number = channels[place]
        if channels[place + 1] is None:
            if number is not None and layer.kind.flat_out and not layer.kind.flat_in:
                found[place + 1] = Share(number, place, place)
            elif place in found and _keeps(layer):
                found[place + 1] = found[place]
    for place in reversed(range(len(layers))):
        number = channels[place + 1]
        if channels[place] is None and place not in found:
            if number is not None and layers[place].kind.lifts:
                found[place] = Share(number, place + 1, place)
            elif place + 1 in found and _keeps(layers[place]):
                found[place] = found[place + 1]
    return found


def _keeps(layer: Layer) -> bool:
    """Whether as many channels without axes come out as go in."""
    return layer.kind.flat_in and layer.kind.flat_out and not layer.kind.weighted
