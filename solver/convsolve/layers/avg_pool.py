"""Average pooling, see https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html ."""

from __future__ import annotations

from dataclasses import dataclass

from convsolve.layers.base import Rule
from convsolve.layers.pool import KERNEL, PADDING, STRIDE, Pool


@dataclass(frozen=True)
class AvgPool(Pool):
    """A mean over each window. In three dimensions torch wants the window inside the bare input."""

    name = "AvgPool"
    record = "avg_pool"
    field_rule = "(behind - 1)*stride + kernel_size"
    centre_rule = "kernel_size - 1 - 2*padding"
    torch_name = "AvgPool"
    axis_parameters = (KERNEL, STRIDE, PADDING)
    extent = "(kernel_size - 1)"

    @property
    def rules(self) -> tuple[Rule, ...]:
        if self.dims == 3:
            bare = Rule("bare_window", "in_size >= kernel_size", "AvgPool3d's window must fit without padding")
            return (bare, *super().rules)
        return super().rules

    def smallest_input(self, kernel_size: int) -> int:
        return kernel_size if self.dims == 3 else 1
