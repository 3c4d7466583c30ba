"""Size maps that are no straight line with its steps: found size by size."""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction

from convsolve.layers.maps import SizeMap
from convsolve.shapes import LARGEST_SIZE
from convsolve.sizes import Affine


class ListedMap(SizeMap):
    """A map by its method `raw`, which never falls as sizes grow: so what leads to a size is a range.

    What it is made of stands in ``stride`` and ``offset``. A kind from elsewhere may have one of its own.
    """

    __slots__ = ()

    def out(self, size: int) -> int | None:
        found = self.raw(size) if size >= self.least else 0
        return found if found > 0 else None

    def into(self, size: int) -> range:
        return range(self.first(size), self.first(size + 1)) if size > 0 else range(0)

    def ahead(self, sizes: range) -> range:
        """From the smallest to the largest size that comes out of some sizes in a row."""
        low = max(sizes.start, self.least)
        return range(max(1, self.raw(low)), self.raw(sizes.stop - 1) + 1) if low < sizes.stop else range(0)

    def behind(self, sizes: range) -> range:
        """From the smallest to the largest size that leads to some sizes in a row."""
        return range(self.first(max(sizes.start, 1)), self.first(sizes.stop)) if sizes else range(0)

    @property
    def slope(self) -> Fraction | None:
        return None

    def through(self, size: Affine) -> Affine | None:
        rate = 0 if not size.rate else self.rate(size)
        out = None if rate is None or (rate and size.divisor > 1) else self.out(size.at(0))
        return None if rate is None or out is None else Affine(rate, out)

    def rate(self, size: Affine) -> int | None:
        """How the output grows with the members of a family; None where that is no straight line."""
        del size
        return None

    def first(self, size: int) -> int:
        """The smallest input that gives at least a size."""
        return self.least + bisect_left(range(self.least, LARGEST_SIZE + 1), size, key=self.raw)


class Constant(ListedMap):
    """Whatever goes in, one and the same size comes out."""

    __slots__ = ()

    @classmethod
    def at(cls, size: int) -> Constant:
        """The map to a size."""
        return cls(up=False, stride=0, offset=size, least=1)

    def raw(self, size: int) -> int:
        del size
        return self.offset

    @property
    def slope(self) -> Fraction | None:
        return Fraction(0)

    def rate(self, size: Affine) -> int | None:
        del size
        return 0

    def into(self, size: int) -> range:
        return range(1, LARGEST_SIZE + 1) if size == self.offset else range(0)

    def ahead(self, sizes: range) -> range:
        return range(self.offset, self.offset + 1) if sizes else range(0)

    def behind(self, sizes: range) -> range:
        return self.into(self.offset) if self.offset in sizes else range(0)


class Division(ListedMap):
    """n -> n/stride, where that is whole."""

    __slots__ = ()

    @classmethod
    def by(cls, divisor: int) -> Division:
        """The map that divides."""
        return cls(up=False, stride=divisor, offset=-divisor, least=divisor)

    def raw(self, size: int) -> int:
        return size // self.stride

    @property
    def slope(self) -> Fraction | None:
        return Fraction(1, self.stride)

    def rate(self, size: Affine) -> int | None:
        rate, rest = divmod(size.rate, self.stride)
        return None if rest else rate

    def out(self, size: int) -> int | None:
        whole, rest = divmod(size, self.stride)
        return None if rest or size < self.least else whole

    def into(self, size: int) -> range:
        return range(size * self.stride, size * self.stride + 1) if size > 0 else range(0)

    def ahead(self, sizes: range) -> range:
        return range(max(1, -(-sizes.start // self.stride)), (sizes.stop - 1) // self.stride + 1)

    def behind(self, sizes: range) -> range:
        return range(sizes.start * self.stride, (sizes.stop - 1) * self.stride + 1) if sizes else range(0)


class Scaling(ListedMap):
    """n -> floor(float(n) * (offset/stride)) in double precision, as torch has it, where that is at least 1.

    Example:
        >>> Scaling.by(29, 100).out(100)  # 28.999999999999996
        28
    """

    __slots__ = ()

    @classmethod
    def by(cls, numerator: int, denominator: int) -> Scaling:
        """The map that multiplies with the double next to a fraction."""
        return cls(up=False, stride=denominator, offset=numerator, least=1)

    def raw(self, size: int) -> int:
        return int(float(size) * (self.offset / self.stride))

    @property
    def slope(self) -> Fraction | None:
        # only with a power of 2 under the line is the product what it should be, however large the size
        factor = Fraction(self.offset, self.stride)
        return None if factor.denominator & (factor.denominator - 1) else factor

    def rate(self, size: Affine) -> int | None:
        rate = None if self.slope is None else size.rate * self.slope
        return None if rate is None or rate.denominator > 1 else int(rate)
