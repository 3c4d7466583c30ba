"""Layers as plain data, built from torch.nn and run on the CPU one after another: what torch says."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

NORMS = {"batch": "BatchNorm", "instance": "InstanceNorm"}
PADS = {"constant": "ZeroPad", "reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}
SHORT = {"k": "kernel_size", "s": "stride", "p": "padding", "d": "dilation", "op": "output_padding"}

Spec = Mapping[str, Any]  # {"kind": "Conv", "k": (3, 3), "s": (1, 2), ...}; numbers are one an axis


class Ran(NamedTuple):
    """How far an input came: the shapes behind each layer, and at which layer it ended, if before the last."""

    shapes: list[tuple[int, ...]]
    failed_at: int | None
    why: str | None  # "refused", or "empty" where torch let an empty tensor pass


def module(spec: Spec, dims: int, channels: int) -> nn.Module:  # noqa: PLR0912 - a kind a branch
    """The torch module of one layer."""
    numbers = {SHORT[name]: value for name, value in spec.items() if name in SHORT}
    match spec["kind"]:
        case "Conv" | "ConvTranspose" as kind:
            others = {name: spec[name] for name in ("groups", "bias", "padding_mode") if name in spec}
            built = getattr(nn, f"{kind}{dims}d")(channels, spec["out_channels"], **numbers, **others)
        case "MaxPool" | "AvgPool" as kind:
            built = getattr(nn, f"{kind}{dims}d")(**numbers, ceil_mode=spec.get("ceil_mode", False))
        case "Act":
            built = nn.LeakyReLU(0.2)
        case "Norm" if spec["function"] == "group":
            built = nn.GroupNorm(spec["groups"], channels)
        case "Norm":
            built = getattr(nn, f"{NORMS[spec['function']]}{dims}d")(channels)
        case "AdaptiveAvgPool" | "AdaptiveMaxPool" as kind:
            built = getattr(nn, f"{kind}{dims}d")(spec["output_size"])
        case "Upsample":
            built = nn.Upsample(**{name: value for name, value in spec.items() if name != "kind"})
        case "PixelShuffle" | "PixelUnshuffle" as kind:
            built = getattr(nn, kind)(spec["factor"])
        case "Pad" | "Crop" as kind:
            name, sign = (PADS[spec.get("mode", "constant")], 1) if kind == "Pad" else ("ZeroPad", -1)
            pairs = [*zip(spec["before"], spec["after"], strict=True)]
            built = getattr(nn, f"{name}{dims}d")(tuple(sign * one for pair in reversed(pairs) for one in pair))
        case "Flatten":
            built = nn.Flatten()
        case "Unflatten":
            built = nn.Unflatten(1, (spec["channels"], *spec["sizes"]))
        case "Linear":
            built = nn.Linear(channels, spec["out_features"], bias=spec.get("bias", True))
        case other:
            raise LookupError(other)
    assert isinstance(built, nn.Module)
    return built


def run(specs: Sequence[Spec], channels: int, size: Sequence[int], batch: int = 1) -> Ran:
    """Build and run the layers one by one, in evaluation mode, until one refuses or nothing is left."""
    x = torch.zeros(batch, channels, *size)
    shapes: list[tuple[int, ...]] = []
    for place, spec in enumerate(specs):
        try:
            # torch warns of slow copies and the like: that is no refusal
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                x = module(spec, len(size), x.shape[1]).eval()(x)
        except (ValueError, RuntimeError):
            return Ran(shapes, place, "refused")
        if x.numel() == 0:
            return Ran(shapes, place, "empty")
        shapes.append(tuple(x.shape[1:]))
    return Ran(shapes, None, None)


def text(specs: Sequence[Spec]) -> str:
    """The same layers as a stack expression."""
    return " >> ".join(map(_layer_text, specs))


def _layer_text(spec: Spec) -> str:
    if spec["kind"] == "Act":
        return 'Act("leaky_relu", 0.2)'
    if spec["kind"] == "Norm":
        groups = f", {spec['groups']}" if spec["function"] == "group" else ""
        return f'Norm("{spec["function"]}"{groups})'
    inside = ", ".join(f"{name}={value!r}" for name, value in spec.items() if name != "kind")
    return f"{spec['kind']}({inside})"
