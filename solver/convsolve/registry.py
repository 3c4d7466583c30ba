"""The layer kinds by name: a static table, so that nothing is scanned at start-up."""

from __future__ import annotations

from convsolve.errors import Error, did_you_mean, shown
from convsolve.layers.act import Act
from convsolve.layers.adaptive_avg_pool import AdaptiveAvgPool
from convsolve.layers.adaptive_max_pool import AdaptiveMaxPool
from convsolve.layers.avg_pool import AvgPool
from convsolve.layers.base import LayerKind
from convsolve.layers.conv import Conv
from convsolve.layers.conv_transpose import ConvTranspose
from convsolve.layers.crop import Crop
from convsolve.layers.flatten import Flatten
from convsolve.layers.linear import Linear
from convsolve.layers.max_pool import MaxPool
from convsolve.layers.norm import Norm
from convsolve.layers.pad import Pad
from convsolve.layers.pixel_shuffle import PixelShuffle
from convsolve.layers.pixel_unshuffle import PixelUnshuffle
from convsolve.layers.unflatten import Unflatten
from convsolve.layers.upsample import Upsample

KINDS: dict[str, type[LayerKind]] = {
    kind.name: kind
    for kind in (
        Conv,
        ConvTranspose,
        MaxPool,
        AvgPool,
        AdaptiveAvgPool,
        AdaptiveMaxPool,
        Upsample,
        PixelShuffle,
        PixelUnshuffle,
        Pad,
        Crop,
        Flatten,
        Unflatten,
        Linear,
        Act,
        Norm,
    )
}


def kind_named(name: str) -> type[LayerKind]:
    """The kind as a stack writes it (``ConvTranspose``) or a record has it (``conv_transpose``)."""
    for kind in KINDS.values():
        if name in (kind.name, kind.record):
            return kind
    raise Error("unknown-kind", f"{shown(name)} is no layer kind", help=did_you_mean(name, KINDS))
