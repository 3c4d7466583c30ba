"""Max pooling, see https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html ."""

from __future__ import annotations

from dataclasses import dataclass

from convsolve.layers.base import AxisParameter
from convsolve.layers.pool import KERNEL, PADDING, STRIDE, Pool


@dataclass(frozen=True)
class MaxPool(Pool):
    """A maximum over each window; the padding is never the maximum."""

    name = "MaxPool"
    record = "max_pool"
    field_rule = "(behind - 1)*stride + dilation*(kernel_size - 1) + 1"
    centre_rule = "dilation*(kernel_size - 1) - 2*padding"
    torch_name = "MaxPool"
    axis_parameters = (KERNEL, STRIDE, PADDING, AxisParameter("dilation", "d", 1, 1, hole=False, split=True))
