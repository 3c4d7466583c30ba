"""A layer kind from elsewhere: power-average pooling, in one file. Take it as a template.

Installed beside convsolve (pip install examples/lp_pool) it is found by its name:

    convsolve solve 28x28 14x14 --stack "Conv(k=3) >> LPPool(2)"

and ``convsolve.testing.check(LPPool)`` holds it against its own sentences, against Z3 and against torch.
See https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html .
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convsolve.layers.base import (
    POSITIVE,
    AxisParameter,
    LayerKind,
    Option,
    Rule,
    Setting,
    TorchCall,
)
from convsolve.layers.maps import SizeMap, downwards


@dataclass(frozen=True)
class LPPool(LayerKind):
    """out = floor((in - kernel_size)/stride) + 1; the power average over each window."""

    # As a stack writes it, as a record has it (the same in small letters), and the class of torch.nn without 2d.
    name = "LPPool"
    record = "lppool"
    # One value an axis each. A hole is asked for where a question leaves it out, within its limits; `split` says
    # that a rule multiplies with it.
    axis_parameters = (
        AxisParameter("kernel_size", "k", 1, None, hole=True, limits=tuple(range(2, 8))),
        AxisParameter("stride", "s", 1, 1, hole=True, limits=(1, 2, 3, 4), split=True),
    )
    # What is said of the whole layer; each is a field of the class, too.
    options = (Option("norm_type", "", 2, int, least=1),)
    positional = ("kernel_size",)
    torch_keywords = ("norm_type",)
    # Backward: the receptive field in front, from that behind. Forward: the strides, over and under the line.
    field_rule = "(behind - 1)*stride + kernel_size"
    jump_rules = ("behind*stride", None)
    centre_rule = "kernel_size - 1"

    norm_type: int = 2

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What torch demands, as sentences over the parameters, in_size and out_size."""
        return (
            Rule("window", "in_size >= kernel_size", "the window must fit into the input"),
            Rule(
                "size",
                "stride*(out_size - 1) <= in_size - kernel_size <= stride*out_size - 1",
                "the size of a pool's output",
            ),
            POSITIVE,
        )

    def size_map(self, setting: Setting) -> SizeMap:
        """The same as a map: n -> (n + offset)//stride + 1, which the checks compare with the sentences."""
        kernel_size, stride = setting
        return downwards(stride, -kernel_size)

    def window(self, setting: Setting) -> tuple[int, int, int, int, int]:
        """Kernel, stride, padding, dilation, output_padding: what is conventional is told by these."""
        kernel_size, stride = setting
        return (kernel_size, stride, 0, 1, 0)

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        """nn.LPPool2d(2, 3, stride=2): the class, channels, keywords; those that stand without their names."""
        del in_channels, out_channels
        kernels, strides = zip(*settings, strict=True)
        keywords = (("norm_type", self.norm_type), ("kernel_size", _one(kernels)), ("stride", _one(strides)))
        return TorchCall(f"LPPool{self.dims}d", (), keywords, bare=("norm_type", "kernel_size"))


def _one(values: Sequence[int]) -> int | tuple[int, ...]:
    return values[0] if len(set(values)) == 1 else tuple(values)
