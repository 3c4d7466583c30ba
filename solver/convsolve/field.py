"""What an output element sees of the input: how much, how far from its neighbour's, and where its middle lies."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from convsolve.costs import receptive_field
from convsolve.layers.solved import SolvedLayer


class Field(NamedTuple):
    """The receptive field of the output elements of a stack, one entry an axis.

    Output element i lies over ``size`` input elements whose middle is at ``jump*i + centre``, counted from the middle
    of input element 0: half a place is between two elements, and a place below 0 or behind the last is padding. In a
    stack whose centre is ``(jump - 1)/2`` outputs lie evenly over the input.

    The size is by the usual recursion, backward from r = 1: ``(r-1)*s + d*(k-1) + 1`` for a convolution or a pool,
    ``(r + d*(k-1) - 1)//s + 1`` for a transposed convolution, of whose outputs some see more than others: it is the
    most, holes counted. Where skip connections join branches it is what all of them together let an output see (see
    `convsolve.joined_field`), while places are those along the layers as written. Places are exact for convolutions
    and pools: output j of one reads around ``s*j + d*(k-1)/2 - p``. Output j of a transposed one is written by the
    inputs i with ``j = s*i - p + d*t`` for some t from 0 to k-1; they lie around ``(j + p - d*(k-1)/2)/s``, on average
    over all j exactly so.

    Source: Araujo, Norris and Sim, Computing Receptive Fields of Convolutional Neural Networks, Distill 2019
    (https://distill.pub/2019/computing-receptive-fields): equation 2, effective stride, and the centre from their
    effective padding; the transposed case is the adjoint of theirs.

    Attributes:
        size: elements.
        jump: input elements between neighbouring outputs; a fraction behind transposed convolutions.
        centre: the place in the input of output element 0.
    """

    size: tuple[int, ...]
    jump: tuple[Fraction, ...]
    centre: tuple[Fraction, ...]

    def to_dict(self) -> dict[str, Any]:
        """The field as a record: fractions are texts, ``"4"`` or ``"3/2"``."""
        return {
            "receptive_field": [*self.size],
            "jump": [*map(str, self.jump)],
            "centre": [*map(str, self.centre)],
        }


def fields_of(layers: Sequence[SolvedLayer]) -> list[Field]:
    """The field behind each of the layers, in the input of the first.

    Example:
        >>> from convsolve.tracing import trace
        >>> field = fields_of(trace("Conv(k=7, s=2, p=3) >> MaxPool(3, s=2, p=1)", 224).layers)[-1]
        >>> field.size, [*map(str, field.jump)], [*map(str, field.centre)]
        ((11,), ['4'], ['0'])
    """
    found: list[Field] = []
    for place, layer in enumerate(layers):
        if not layers[0].in_size:  # channels without axes have no places
            found.append(Field((), (), ()))
            continue
        before = [*zip(*found[-1][1:], strict=True)] if found else [(Fraction(1), Fraction(0))] * len(layer.settings)
        each = zip(before, layer.settings, layer.ends, strict=True)
        views = [(known, layer.kind.view(setting, *ends)) for known, setting, ends in each]
        jumps, centres = zip(*[(jump * a, jump * b + centre) for (jump, centre), (a, b) in views], strict=True)
        found.append(Field(receptive_field(layers[: place + 1]), jumps, centres))
    return found
