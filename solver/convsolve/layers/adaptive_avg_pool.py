"""Adaptive average pooling, see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html ."""

from __future__ import annotations

from dataclasses import dataclass

from convsolve.layers.adaptive_pool import AdaptivePool


@dataclass(frozen=True)
class AdaptiveAvgPool(AdaptivePool):
    """A mean over each of as many windows as shall come out."""

    name = "AdaptiveAvgPool"
    record = "adaptive_avg_pool"
    torch_name = "AdaptiveAvgPool"
