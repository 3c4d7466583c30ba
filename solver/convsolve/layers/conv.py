"""Convolution, see https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from convsolve.domains import Domain
from convsolve.layers.base import POSITIVE, AxisParameter, Option, Rule, Setting, TorchCall
from convsolve.layers.convolution import Convolution, SettingsByMap
from convsolve.layers.fans import AnyFan, Part, counted, fan_of, part_of
from convsolve.layers.maps import IDENTITY, SizeMap, downwards

KERNEL = tuple(range(1, 8))
STRIDE = (1, 2, 3, 4)
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")

OUT_CHANNELS = Option("out_channels", "c", None, int, least=1, open=True)
GROUPS = Option("groups", "g", 1, int, least=1, open=True)
BIAS = Option("bias", "", default=True, type=bool)


def padding_limits(known: Mapping[str, Domain]) -> Domain:
    """0 to half of the largest effective kernel."""
    effective = known["dilation"][-1] * (known["kernel_size"][-1] - 1) + 1
    return tuple(range(effective // 2 + 1))


@dataclass(frozen=True)
class Conv(Convolution):
    """out = floor((in + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1."""

    name = "Conv"
    record = "conv"
    field_rule = "(behind - 1)*stride + dilation*(kernel_size - 1) + 1"
    jump_rules = ("behind*stride", None)
    centre_rule = "dilation*(kernel_size - 1) - 2*padding"
    axis_parameters = (
        AxisParameter("kernel_size", "k", 1, None, hole=True, limits=KERNEL),
        AxisParameter("stride", "s", 1, 1, hole=True, limits=STRIDE, split=True),
        AxisParameter("padding", "p", 0, 0, hole=True, words=("same", "valid")),
        AxisParameter("dilation", "d", 1, 1, hole=True, limits=(1,), split=True),
    )
    options = (
        OUT_CHANNELS,
        GROUPS,
        BIAS,
        Option("padding_mode", "", "zeros", str, words=PADDING_MODES),
    )

    padding_mode: str = "zeros"
    padding_word: str | None = None

    def word(self, parameter: str) -> str | None:
        return self.padding_word if parameter == "padding" else None

    def default_limits(self, parameter: AxisParameter, known: Mapping[str, Domain]) -> Domain:
        if parameter.name == "padding":
            return padding_limits(known)
        return super().default_limits(parameter, known)

    @property
    def rules(self) -> tuple[Rule, ...]:
        if self.padding_word == "same":
            size: tuple[Rule, ...] = (
                Rule("same_stride", "stride == 1", "padding='same' is defined for stride 1 only"),
                Rule("size", "out_size == in_size", "padding='same' keeps the size"),
            )
        else:
            size = (
                Rule(
                    "window",
                    "in_size + 2*padding >= dilation*(kernel_size - 1) + 1",
                    "the kernel must fit into the padded input",
                ),
                Rule(
                    "size",
                    "stride*(out_size - 1) <= in_size + 2*padding - dilation*(kernel_size - 1) - 1"
                    " <= stride*out_size - 1",
                    "the size of a convolution's output",
                ),
            )
        side = "(dilation*(kernel_size - 1) + 1)//2" if self.padding_word == "same" else "padding"
        limits = {
            "reflect": Rule("reflect", f"{side} <= in_size - 1", "reflection pads less than the input"),
            "circular": Rule("circular", f"{side} <= in_size", "circular padding is at most the input"),
        }
        return (*size, *filter(None, [limits.get(self.padding_mode)]), POSITIVE)

    def size_map(self, setting: Setting) -> SizeMap:
        kernel_size, stride, padding, dilation = setting
        extent = dilation * (kernel_size - 1)
        if self.padding_word == "same":
            return IDENTITY._replace(least=self._least((extent + 1) // 2))
        return downwards(stride, 2 * padding - extent - 1, self._least(padding))

    def _least(self, side: int) -> int:
        return max(1, {"reflect": side + 1, "circular": side}.get(self.padding_mode, 1))

    def fans(self, domains: Sequence[Domain]) -> tuple[AnyFan, ...]:
        kernels, strides, paddings, dilations = domains
        if self.padding_word == "same" or self.padding_mode != "zeros":
            return super().fans(domains)
        extents = counted([-d * (k - 1) for d in dilations for k in kernels])
        whole = fan_of(1, extents, part_of([2 * p for p in paddings]), constant=-1, up=False)
        return tuple([whole._replace(stride=stride) for stride in strides])

    def slide(self, domains: Sequence[Domain]) -> tuple[int, Part] | None:
        kernels, _, _, dilations = domains
        if self.padding_word == "same" or self.padding_mode != "zeros" or len(dilations) > 1:
            return None
        return part_of([-dilations[0] * (k - kernels[0]) for k in kernels])

    def settings_of(self, size_map: SizeMap, domains: Sequence[Domain]) -> Iterator[Setting]:
        """The padding that each kernel_size and dilation needs, from the equation of the offset."""
        if self.padding_word == "same" or self.padding_mode != "zeros":
            yield from super().settings_of(size_map, domains)
            return
        kernels, _, paddings, dilations = domains
        allowed = set(paddings)
        for kernel_size in kernels:
            found = []
            for dilation in dilations:
                padding, rest = divmod(size_map.offset + dilation * (kernel_size - 1) + 1, 2)
                if not rest and padding in allowed:
                    found.append((kernel_size, size_map.stride, padding, dilation))
            yield from sorted(found)

    def settings_by_map(self, domains: Sequence[Domain]) -> Mapping[SizeMap, list[Setting]]:
        if self.padding_word == "same" or self.padding_mode != "zeros":
            return super().settings_by_map(domains)
        return SettingsByMap(self.maps(domains), lambda size_map: self.settings_of(size_map, domains))

    def window(self, setting: Setting) -> tuple[int, int, int, int, int]:
        kernel_size, stride, padding, dilation = setting
        if self.padding_word == "same":
            padding = dilation * (kernel_size - 1) // 2
        return (kernel_size, stride, padding, dilation, 0)

    def view(self, setting: Setting, in_size: int, out_size: int) -> tuple[Fraction, Fraction]:
        if self.padding_word == "same":  # what is odd goes behind
            setting = self.window(setting)[:4]
        return super().view(setting, in_size, out_size)

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        keywords = self.keywords(settings, padding_mode=(self.padding_mode, "zeros"))
        return TorchCall(f"Conv{self.dims}d", (in_channels, out_channels), keywords)
