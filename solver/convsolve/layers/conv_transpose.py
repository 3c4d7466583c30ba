"""Transposed convolution, see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html ."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from convsolve.domains import Domain
from convsolve.layers.base import POSITIVE, AxisParameter, Rule, Setting, TorchCall
from convsolve.layers.conv import BIAS, GROUPS, KERNEL, OUT_CHANNELS, STRIDE, padding_limits
from convsolve.layers.convolution import Convolution, SettingsByMap
from convsolve.layers.fans import Fan, Part, counted, fan_of, part_of
from convsolve.layers.maps import SizeMap, upwards


@dataclass(frozen=True)
class ConvTranspose(Convolution):
    """out = (in - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1."""

    name = "ConvTranspose"
    record = "conv_transpose"
    field_rule = "(behind + dilation*(kernel_size - 1) - 1)//stride + 1"
    jump_rules = (None, "behind*stride")
    centre_rule = "2*padding - dilation*(kernel_size - 1)"
    on_input = True
    axis_parameters = (
        AxisParameter("kernel_size", "k", 1, None, hole=True, limits=KERNEL),
        AxisParameter("stride", "s", 1, 1, hole=True, limits=STRIDE, split=True),
        AxisParameter("padding", "p", 0, 0, hole=True),
        AxisParameter("dilation", "d", 1, 1, hole=True, limits=(1,), split=True),
        AxisParameter("output_padding", "op", 0, 0, hole=True),
    )
    options = (OUT_CHANNELS, GROUPS, BIAS)

    def default_limits(self, parameter: AxisParameter, known: Mapping[str, Domain]) -> Domain:
        if parameter.name == "padding":
            return padding_limits(known)
        if parameter.name == "output_padding":
            return tuple(range(max(known["stride"][-1], known["dilation"][-1])))
        return super().default_limits(parameter, known)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (
            Rule(
                "output_padding",
                "output_padding < max(stride, dilation)",
                "output_padding must be smaller than stride or dilation",
            ),
            Rule(
                "size",
                "out_size == (in_size - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1",
                "the size of a transposed convolution's output",
            ),
            POSITIVE,
        )

    def size_map(self, setting: Setting) -> SizeMap:
        kernel_size, stride, padding, dilation, output_padding = setting
        return upwards(stride, dilation * (kernel_size - 1) + output_padding + 1 - stride - 2 * padding)

    def fans(self, domains: Sequence[Domain]) -> tuple[Fan, ...]:
        kernels, strides, paddings, dilations, output_paddings = domains
        twice = part_of([-2 * p for p in paddings])
        added: dict[tuple[int, ...], tuple[int, Part]] = {}  # by the values of output_padding that are legal
        reach: dict[tuple[int, ...], tuple[int, Part]] = {}  # by the dilations that they are legal with
        found = []
        for stride in strides:
            alike: dict[tuple[int, ...], list[int]] = {}
            for dilation in dilations:
                legal = output_paddings[: bisect_left(output_paddings, max(stride, dilation))]
                alike.setdefault(legal, []).append(dilation)
            for legal, some in alike.items():
                if not legal:
                    continue
                key = tuple(some)
                if key not in reach:
                    reach[key] = counted([dilation * (k - 1) for dilation in some for k in kernels])
                if legal not in added:
                    added[legal] = part_of(legal)
                found.append(fan_of(stride, reach[key], added[legal], twice, constant=1 - stride, up=True))
        return tuple(found)

    def slide(self, domains: Sequence[Domain]) -> tuple[int, Part] | None:
        kernels, _, _, dilations, _ = domains
        return part_of([dilations[0] * (k - kernels[0]) for k in kernels]) if len(dilations) == 1 else None

    def settings_of(self, size_map: SizeMap, domains: Sequence[Domain]) -> Iterator[Setting]:
        """The padding that the other parameters need, from the equation of the offset."""
        kernels, _, paddings, dilations, output_paddings = domains
        stride, allowed = size_map.stride, set(paddings)
        legal = [output_paddings[: bisect_left(output_paddings, max(stride, dilation))] for dilation in dilations]
        for kernel_size in kernels:
            found = []
            for dilation, some in zip(dilations, legal, strict=True):
                whole = dilation * (kernel_size - 1) + 1 - stride - size_map.offset
                for output_padding in some:
                    padding, rest = divmod(whole + output_padding, 2)
                    if not rest and padding in allowed:
                        found.append((kernel_size, stride, padding, dilation, output_padding))
            yield from sorted(found)

    def settings_by_map(self, domains: Sequence[Domain]) -> Mapping[SizeMap, list[Setting]]:
        return SettingsByMap(self.maps(domains), lambda size_map: self.settings_of(size_map, domains))

    def window(self, setting: Setting) -> tuple[int, int, int, int, int]:
        kernel_size, stride, padding, dilation, output_padding = setting
        return (kernel_size, stride, padding, dilation, output_padding)

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        return TorchCall(f"ConvTranspose{self.dims}d", (in_channels, out_channels), self.keywords(settings))
