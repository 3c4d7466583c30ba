"""What a stack costs: sums over its layers, as torch counts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from convsolve.joined_field import joined_field
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

    def to_json(self) -> str:
        """The record as JSON."""
        fields = "null" if self.receptive_field is None else f"[{', '.join(map(str, self.receptive_field))}]"
        if self.params is None:
            sums = '"params": null, "macs": null, "activations": null, "peak": null'
        else:
            sums = (
                f'"params": {self.params}, "macs": {self.macs}, "activations": {self.activations}, "peak": {self.peak}'
            )
        return f'{{{sums}, "receptive_field": {fields}}}'


def costs_of(layers: Sequence[SolvedLayer]) -> Costs:
    """The costs of the layers in a row."""
    fields = receptive_field(layers)
    figures = [layer.figures for layer in layers]
    known = [figure for figure in figures if figure is not None]
    if len(known) < len(figures):
        return Costs(None, None, None, None, fields)
    params, macs, outputs = zip(*known, strict=True) if known else ((), (), ())
    return Costs(sum(params), sum(macs), sum(outputs), max(outputs, default=0), fields)


def receptive_field(layers: Sequence[SolvedLayer]) -> tuple[int, ...]:
    """Of the input, on each of its axes: see `field_seen`."""
    return field_seen(layers) if layers and layers[0].in_size else ()


def field_seen(layers: Sequence[SolvedLayer]) -> tuple[int, ...]:
    """Backward from one output element, axis by axis; through all branches where there are skip connections.

    Of channels without axes a single element is seen on each axis.
    """
    if any(layer.kind.joins for layer in layers):
        return joined_field(layers)
    field = (1,) * len(layers[0].settings)
    for layer in reversed(layers):
        field = layer.fields[field]
    return field
