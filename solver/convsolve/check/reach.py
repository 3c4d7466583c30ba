"""Which elements matter: one pass of ones forward, one backward, weights 1 and bias 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import nn
from torch.nn import functional

from convsolve.emit.module import joined, layer_module
from convsolve.layers.act import Act
from convsolve.layers.adaptive_avg_pool import AdaptiveAvgPool
from convsolve.layers.adaptive_max_pool import AdaptiveMaxPool
from convsolve.layers.join import Join
from convsolve.layers.norm import Norm
from convsolve.layers.solved import SolvedLayer

_CONVOLUTIONS = (functional.conv1d, functional.conv2d, functional.conv3d)


def dead_elements(layers: Sequence[SolvedLayer]) -> tuple[int, int]:
    """How many output elements depend on no input, and how many inputs no output depends on.

    Counted in one channel. Values are set back to 0 and 1 behind every layer, so that none
    overflows; activation and normalisation, which hide nothing, are left out.

    Example:
        >>> from convsolve.layers.conv_transpose import ConvTranspose
        >>> layer = SolvedLayer(ConvTranspose(1), ((2, 5, 0, 1, 0),), 1, 1, (2,), (7,))
        >>> dead_elements([layer])  # stride 5, kernel 2: three holes
        (3, 0)
    """
    steps = [None if isinstance(layer.kind, (Act, Norm, Join)) else _step(layer) for layer in layers]
    first, last = layers[0], layers[-1]
    start = torch.ones((1, first.in_channels or 1, *first.in_size))
    values = [start]  # in front of each layer, and behind the last
    with torch.no_grad():
        for layer, step in zip(layers, steps, strict=True):
            value, kind = values[-1], layer.kind
            if isinstance(kind, Join):
                value = (joined(kind, value, values[kind.layer + 1]) > 0).float()
            values.append(value if step is None else (step(value) > 0).float())
    gradients = [torch.zeros_like(value) for value in values]
    gradients[-1] = torch.ones_like(values[-1])
    with torch.enable_grad():
        for place in reversed(range(len(layers))):
            kind, step, gradient = layers[place].kind, steps[place], gradients[place + 1]
            if isinstance(kind, Join):
                number = values[place].shape[1]
                parts = gradient[:, :number], gradient[:, number:]
                here, there = parts if kind.adds_channels else (gradient, gradient)
                gradients[kind.layer + 1] = ((gradients[kind.layer + 1] + there) > 0).float()
            elif step is None:
                here = gradient
            else:
                into = torch.ones_like(values[place], requires_grad=True)
                (here,) = torch.autograd.grad(step(into), into, gradient)
            gradients[place] = ((gradients[place] + here) > 0).float()
    return (
        int((values[-1] == 0).sum()) // (last.out_channels or 1),
        int((gradients[0] == 0).sum()) // (first.in_channels or 1),
    )


def _step(layer: SolvedLayer) -> Callable[[torch.Tensor], torch.Tensor]:
    if layer.kind.record == "max_pool":
        return _windows(layer)
    if isinstance(layer.kind, AdaptiveMaxPool):
        # a maximum's gradient would go to one of equals alone; a mean reaches just the same elements
        layer = replace(layer, kind=AdaptiveAvgPool(layer.kind.dims))
    module = layer_module(layer)
    for name, parameter in module.named_parameters():
        nn.init.constant_(parameter, 0.0 if name == "bias" else 1.0)
    return module


def _windows(layer: SolvedLayer) -> Callable[[torch.Tensor], torch.Tensor]:
    """A sum over the windows of a max pooling, whose own gradient would go to one of equals alone."""
    windows = [layer.kind.window(setting) for setting in layer.settings]
    kernels, strides, paddings, dilations, _ = zip(*filter(None, windows), strict=True)
    channels = layer.in_channels or 1
    borders: list[int] = []
    for axis, (kernel, stride, padding, dilation) in enumerate(zip(kernels, strides, paddings, dilations, strict=True)):
        # With ceil_mode the last window may end beyond the padding.
        needed = (layer.out_size[axis] - 1) * stride + dilation * (kernel - 1) + 1
        beyond = max(0, needed - layer.in_size[axis] - 2 * padding)
        borders = [padding, padding + beyond, *borders]  # torch counts the axes from the last
    weight = torch.ones((channels, 1, *kernels))
    convolution = _CONVOLUTIONS[len(kernels) - 1]

    def summed(value: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(value, borders)
        return convolution(padded, weight, stride=strides, dilation=dilations, groups=channels)

    return summed
