"""A layer on one axis as a size map: a stride, an offset, and the sizes that it takes."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from convsolve.sizes import Affine


class SizeMap(NamedTuple):
    """A layer on one axis: ``up``: n -> stride*n + offset, else n -> (n + offset)//stride + 1.

    Legal inputs are those from ``least`` on; the result is then at least 1.
    """

    up: bool
    stride: int
    offset: int
    least: int

    @classmethod
    def of(cls, stride: int, offset: int, *, up: bool, least: int = 1) -> SizeMap:
        """The map that refuses what is below `least` or would come out below 1."""
        return cls(up, stride, offset, max(least, -((offset - 1) // stride) if up else -offset))

    def raw(self, size: int) -> int:
        """What the equation makes of a size, also where the layer refuses it."""
        return self.stride * size + self.offset if self.up else (size + self.offset) // self.stride + 1

    def out(self, size: int) -> int | None:
        """The size that comes out, or None where the layer refuses."""
        return None if size < self.least else self.raw(size)

    def into(self, size: int) -> range:
        """The sizes that give this one."""
        if self.up:
            source, rest = divmod(size - self.offset, self.stride)
            return range(0) if rest or source < self.least else range(source, source + 1)
        first = (size - 1) * self.stride - self.offset
        return range(max(first, self.least), max(first + self.stride, self.least))

    @property
    def slope(self) -> Fraction | None:
        """How much larger the output gets as the input grows, in the long run; None where no line says that."""
        return Fraction(self.stride) if self.up else Fraction(1, self.stride)

    def through(self, size: Affine) -> Affine | None:
        """What becomes of a size over all members of a family; None where it is refused, or multiplied once rounded."""
        if size.at(0) < self.least or (self.up and self.stride > 1 and size.divisor > 1):
            return None
        rate, base, divisor = size
        if self.up:
            return Affine.of(self.stride * rate, self.stride * base + self.offset * divisor, divisor)
        # rounding down twice is rounding down once
        return Affine.of(rate, base + (self.offset + self.stride) * divisor, self.stride * divisor)


IDENTITY = SizeMap(up=True, stride=1, offset=0, least=1)


def upwards(stride: int, offset: int) -> SizeMap:
    """The map n -> stride*n + offset, legal where that is at least 1."""
    return SizeMap.of(stride, offset, up=True)


def downwards(stride: int, offset: int, least: int = 1) -> SizeMap:
    """The map n -> (n + offset)//stride + 1, legal from `least` on and where n + offset >= 0."""
    return SizeMap.of(stride, offset, up=False, least=least)
