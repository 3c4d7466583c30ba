"""Upsampling, see https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd
from typing import ClassVar, Self

from convsolve.errors import Error
from convsolve.layers.base import POSITIVE, AxisParameter, LayerKind, Option, Rule, Setting, TorchCall, Value
from convsolve.layers.listed import Constant, Scaling
from convsolve.layers.maps import SizeMap, upwards
from convsolve.layers.shuffle import scaling_charge
from convsolve.shapes import LARGEST_SIZE

# mode -> the axes that torch has it for, and how many neighbours one output is made of
MODES: dict[str, tuple[tuple[int, ...], int]] = {
    "nearest": ((1, 2, 3), 1),
    "nearest-exact": ((1, 2, 3), 1),
    "linear": ((1,), 2),
    "bilinear": ((2,), 2),
    "bicubic": ((2,), 4),
    "trilinear": ((3,), 2),
}
SMOOTH = {1: "linear", 2: "bilinear", 3: "trilinear"}
LARGEST_EXACT = 2**22  # numerators up to here times any size are doubles: nothing is rounded


@dataclass(frozen=True)
class Resize(LayerKind):
    """What upsampling by a factor and to a size share."""

    options = (
        Option("mode", "", "nearest", str, words=tuple(MODES)),
        Option("align_corners", "", default=False, type=bool),
    )
    torch_classes = ("Upsample",)

    mode: str = "nearest"
    align_corners: bool = False

    def __post_init__(self) -> None:
        axes, _ = MODES[self.mode]
        if self.dims not in axes:
            raise Error(
                "bad-value",
                f"Upsample: mode {self.mode} is for {axes[0]} axes, not for {self.dims}",
                help=[f'write mode="{SMOOTH.get(self.dims, "nearest")}", or leave it out for nearest'],
            )
        if self.align_corners and self.mode.startswith("nearest"):
            raise Error("bad-value", f"Upsample: mode {self.mode} takes no align_corners", help=["leave it out"])

    @property
    def neighbours(self) -> int:
        """How many elements along an axis one output is made of."""
        return MODES[self.mode][1]

    def view(self, setting: Setting, in_size: int, out_size: int) -> tuple[Fraction, Fraction]:
        """Where torch looks for output j: j*jump rounded down (nearest), or else (j + 1/2)*jump - 1/2."""
        if self.align_corners:
            return Fraction(in_size - 1, out_size - 1) if out_size > 1 else Fraction(1), Fraction(0)
        jump, _ = super().view(setting, in_size, out_size)
        # What is lost by rounding down is, over all j, as often each of 0, 1/q, ... of a jump p/q.
        lost = Fraction(jump.denominator - 1, 2 * jump.denominator)
        if self.mode == "nearest":
            return jump, -lost
        if self.mode == "nearest-exact" and jump.numerator % 2 == 0:
            return jump, jump / 2 - lost
        return jump, (jump - 1) / 2

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del in_channels, out_channels
        (parameter,) = self.axis_parameters
        values = tuple([self.told(parameter.name, value) for (value,) in settings])
        keywords: list[tuple[str, Value]] = [(parameter.name, values[0] if len(set(values)) == 1 else values)]
        if self.mode != "nearest":
            keywords.append(("mode", self.mode))
        if self.align_corners:
            keywords.append(("align_corners", True))
        return TorchCall("Upsample", (), tuple(keywords), bare=())


@dataclass(frozen=True)
class UpsampleTo(Resize):
    """out = size."""

    name = "Upsample"
    record = "upsample"
    jump_rules = ("behind*in_size", "behind*size")
    axis_parameters = (AxisParameter("size", "", 1, None, hole=False, split=True, most=LARGEST_SIZE),)

    @property
    def field_rule(self) -> str:  # type: ignore[override]
        return f"((behind - 1)*in_size + size - 1)//size + {self.neighbours}"

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (Rule("size", "out_size == size", "an upsampling to a size makes just that"),)

    def size_map(self, setting: Setting) -> SizeMap:
        return Constant.at(setting[0])


@dataclass(frozen=True)
class Upsample(Resize):
    """out = floor(in*scale_factor), the product rounded to double precision as torch does.

    Attributes:
        denominator: a setting's scale_factor counts parts of 1/denominator.
        fractions: the settings that are no whole factors.
    """

    name = "Upsample"
    record = "upsample"
    positional = ("scale_factor",)
    variants: ClassVar[tuple[type[LayerKind], ...]] = (UpsampleTo,)
    axis_parameters = (
        AxisParameter("scale_factor", "", 1, None, hole=True, limits=(1, 2, 3, 4), split=True, decimals=True),
    )

    denominator: int = 1
    fractions: tuple[int, ...] = ()

    def chosen(self, settings: tuple[Setting, ...]) -> tuple[Self, tuple[Setting, ...]]:
        if self.denominator == 1:
            return self, settings
        common = gcd(self.denominator, *(value for (value,) in settings))
        units, values = self.denominator // common, [value // common for (value,) in settings]
        fractions = tuple(sorted({value for value in values if value % units}))
        return replace(self, denominator=units, fractions=fractions), tuple((value,) for value in values)

    def recounted(self, other: LayerKind, settings: tuple[Setting, ...]) -> tuple[Setting, ...]:
        units = other.units("scale_factor")
        return tuple((round(Fraction(value * self.denominator, units)),) for (value,) in settings)

    def units(self, parameter: str) -> int:
        return self.denominator if parameter == "scale_factor" else 1

    @property
    def field_rule(self) -> str:  # type: ignore[override]
        whole = "" if self.denominator == 1 else f"*{self.denominator}"
        return f"((behind - 1){whole} + scale_factor - 1)//scale_factor + {self.neighbours}"

    @property
    def jump_rules(self) -> tuple[str | None, str | None]:  # type: ignore[override]
        return (None if self.denominator == 1 else f"behind*{self.denominator}", "behind*scale_factor")

    @property
    def rules(self) -> tuple[Rule, ...]:
        reason = "an upsampling multiplies the size"
        if self.denominator == 1:
            return (Rule("size", "out_size == in_size*scale_factor", reason),)
        d = self.denominator
        found = [Rule("size", f"scale_factor % {d} != 0 or {d}*out_size == scale_factor*in_size", reason)]
        for value in self.fractions:
            for number, sentence in enumerate(_rounded(value, self.denominator)):
                label = f"size_{value}_{number}" if number else f"size_{value}"
                found.append(Rule(label, f"scale_factor != {value} or ({sentence})", reason))
        return (*found, POSITIVE)

    def size_map(self, setting: Setting) -> SizeMap:
        whole, rest = divmod(setting[0], self.denominator)
        return Scaling.by(setting[0], self.denominator) if rest else upwards(whole, 0)

    def charge(self, setting: Setting) -> int:
        return scaling_charge(self.told("scale_factor", setting[0]))


def _rounded(numerator: int, denominator: int) -> Iterator[str]:
    """That out_size is the floor of in_size times a double, that product rounded to the nearest double itself.

    The double is p/q with q a power of 2. The exact product lies below a whole m and is rounded up to it where it is
    at most half a step of doubles away: 2^-53 of the power of two below m, 2^-54 where m is one itself.
    """
    p, q = (numerator / denominator).as_integer_ratio()
    if p <= LARGEST_EXACT:
        yield f"{q}*out_size <= {p}*in_size <= {q}*out_size + {q - 1}"
        return
    yield f"{q}*out_size - {q >> 22} <= {p}*in_size <= {q}*out_size + {q - 1}"
    for power in range(31):
        low, high = 2**power, 2 ** (power + 1)
        for name, at_low, between in (
            (
                "out_size",
                f"{p}*in_size >= {q * low - (q * low >> 54)}",
                f"{p}*in_size >= {q}*out_size - {q * low >> 53}",
            ),
            (
                "(out_size + 1)",
                f"{p}*in_size < {q * low - (q * low >> 54)}",
                f"{p}*in_size < {q}*(out_size + 1) - {q * low >> 53}",
            ),
        ):
            yield f"{name} != {low} or {at_low}"
            yield f"{name} <= {low} or {name} >= {high} or {between}"
