"""Adaptive max pooling, see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html ."""

from __future__ import annotations

from dataclasses import dataclass

from convsolve.layers.adaptive_pool import AdaptivePool


@dataclass(frozen=True)
class AdaptiveMaxPool(AdaptivePool):
    """A maximum over each of as many windows as shall come out."""

    name = "AdaptiveMaxPool"
    record = "adaptive_max_pool"
    torch_name = "AdaptiveMaxPool"
