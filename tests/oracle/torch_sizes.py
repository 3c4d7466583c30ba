"""What torch itself makes of a stack: real modules on the CPU, thin, at batch 1 and 2.

Written from torch's documentation and nothing of convsolve's: plain numbers in, sizes or a refusal out.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

Plain = Mapping[str, Any]  # {"kind": "conv", "kernel_size": (3, 3), "stride": (2, 2), ...}, as a record has it
Sizes = tuple[tuple[int, ...], ...]

_CLASSES: dict[str, tuple[type[nn.Module], ...]] = {
    "conv": (nn.Conv1d, nn.Conv2d, nn.Conv3d),
    "conv_transpose": (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
    "max_pool": (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
    "avg_pool": (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
}
_WEIGHTED = ("conv", "conv_transpose")
_NOT_ARGUMENTS = ("kind", "in_size", "out_size", "in_channels", "out_channels")


@dataclass(frozen=True)
class Refusal:
    """The layer that torch would not run, and what it said."""

    layer: int
    words: str


def torch_sizes(layers: Sequence[Plain], in_size: Sequence[int]) -> Sizes | Refusal:
    """Every size behind a layer, the input's first, or the first refusal.

    An empty output counts as a refusal: whether torch lets it pass hangs on batch and threads.
    Activations and normalisations keep their size and are passed over.
    """
    sizes: list[tuple[int, ...]] = [tuple(in_size)]
    for place, layer in enumerate(layers):
        if layer["kind"] in ("act", "norm"):
            sizes.append(sizes[-1])
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an empty weight, say: what counts is whether it runs
            found = [_size(layer, sizes[-1], batch) for batch in (1, 2)]
        for one in found:
            if isinstance(one, str):
                return Refusal(place, one)
        first, second = found
        assert first == second, (layer, found)
        assert isinstance(first, tuple)
        sizes.append(first)
    return tuple(sizes)


def _size(layer: Plain, in_size: tuple[int, ...], batch: int) -> tuple[int, ...] | str:
    """The size behind one layer, or torch's words."""
    weighted = layer["kind"] in _WEIGHTED
    channels = layer.get("groups", 1) if weighted else 1
    keywords = {
        name: tuple(value) if isinstance(value, (list, tuple)) else value
        for name, value in layer.items()
        if name not in _NOT_ARGUMENTS
    }
    try:
        made = _CLASSES[layer["kind"]][len(in_size) - 1](*([channels] * 2 if weighted else []), **keywords)
        with torch.no_grad():
            out = made(torch.zeros((batch, channels, *in_size)))
    except (RuntimeError, ValueError, TypeError, ZeroDivisionError) as error:
        return f"{type(error).__name__}: {error}"
    assert isinstance(out, torch.Tensor)
    size = tuple(out.shape[2:])
    return "an empty output" if 0 in size else size
