"""What a stack costs: sums over its layers, as torch counts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from convsolve.layers.solved import SolvedLayer


@dataclass(frozen=True)
class Costs:
    """The costs of one pass at batch 1; None where channels are unknown, or the pass itself fails.

    Attributes:
        params: weights and biases, ``sum(p.numel())`` without normalisation and activation layers.
        macs: multiplications with accumulation, half of what torch.utils.flop_counter counts.
        activations: output elements, summed over all layers.
        peak: output elements of the largest layer.
        receptive_field: input elements that one output can see, an axis; holes and the worst
            alignment count (https://distill.pub/2019/computing-receptive-fields, equation 2).
    """

    params: int | None
    macs: int | None
    activations: int | None
    peak: int | None
    receptive_field: tuple[int, ...] | None

    def to_dict(self) -> dict[str, Any]:
        """The costs as a record."""
        fields = None if self.receptive_field is None else [*self.receptive_field]
        return {**vars(self), "receptive_field": fields}


def costs_of(layers: Sequence[SolvedLayer]) -> Costs:
    """The costs of the layers in a row."""
    fields = receptive_field(layers)
    if any(layer.in_channels is None or layer.out_channels is None for layer in layers):
        return Costs(None, None, None, None, fields)
    params = macs = 0
    outputs = []
    for layer in layers:
        channels = (layer.in_channels or 0, layer.out_channels or 0)
        elements = layer.kind.elements(layer.settings)
        params += layer.kind.weight_count(elements, *channels)
        macs += layer.kind.mac_count(elements, *channels, (layer.in_size, layer.out_size))
        outputs.append(channels[1] * prod(layer.out_size))
    return Costs(params, macs, sum(outputs), max(outputs, default=0), fields)


def receptive_field(layers: Sequence[SolvedLayer]) -> tuple[int, ...]:
    """Backward from one output element, axis by axis."""
    if not layers:
        return ()
    fields = []
    for axis in range(len(layers[0].in_size)):
        field = 1
        for layer in reversed(layers):
            setting = layer.settings[axis] if layer.settings else ()
            field = layer.kind.receptive_field(field, setting)
        fields.append(field)
    return tuple(fields)
