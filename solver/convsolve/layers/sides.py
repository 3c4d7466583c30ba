"""What padding and cropping share: an amount in front and one behind on each axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convsolve.errors import Error
from convsolve.layers.base import AxisParameter, LayerKind, Setting, TorchCall, Value

SIDE = tuple(range(4))
UNEQUAL = 2000  # in thousandths of a nat: sides that differ, and as much again an element
UNEVEN_STEP = 300
AMOUNT = 100  # an element
NOTHING = 900  # a layer that leaves all as it is


@dataclass(frozen=True)
class Sides(LayerKind):
    """A pair (before, after) an axis."""

    axis_parameters = (
        AxisParameter("before", "", 0, None, hole=True, limits=SIDE),
        AxisParameter("after", "", 0, None, hole=True, limits=SIDE),
    )
    torch_keywords = ("padding",)

    @classmethod
    def named(cls, values: Sequence[object]) -> dict[str, object]:
        match values:
            case []:
                return {}
            case [[[*_], *_] as pairs] if all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
                before, after = zip(*pairs, strict=True)  # ((1, 2), (0, 3))
            case [(before, after)]:
                pass
            case [both]:
                return {"before": both, "after": both}
            case [*pairs] if all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
                before, after = zip(*pairs, strict=True)
            case [before, after]:
                pass
            case _:
                raise Error(
                    "bad-stack",
                    f"{cls.name} takes (before, after), or one such pair an axis",
                    help=[f"write {cls.name}((1, 2)), or {cls.name}((1, 2), (0, 1)) for two axes"],
                )
        return {"before": before, "after": after}

    def text(self, settings: Sequence[Setting]) -> str:
        """``(1, 2)``, or such a pair an axis."""
        pairs = settings[:1] if len({*settings}) == 1 else settings
        return ", ".join([f"({before}, {after})" for before, after in pairs])

    def charge(self, setting: Setting) -> int:
        before, after = setting
        if before == after:
            return AMOUNT * before or NOTHING
        return UNEQUAL + UNEVEN_STEP * abs(before - after) + AMOUNT * max(setting)


def padding_call(name: str, settings: Sequence[Setting], sign: int = 1) -> TorchCall:
    """One number where all sides are alike; else pairs, the last axis first, as torch counts them."""
    amounts = tuple([sign * amount for setting in reversed(settings) for amount in setting])
    padding: Value = amounts[0] if len(set(amounts)) == 1 else amounts
    return TorchCall(name, (), (("padding", padding),), bare=("padding",))
