"""Shapes as users write them: ``28``, ``28x28``, ``128@4x5x6``; with sizes to be found: ``128@[2..8]x?``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from convsolve.domains import NUMBER
from convsolve.errors import Error, shown, shown_number, shown_value
from convsolve.sizes import Form

LARGEST_SIZE = 2**31 - 1  # PyTorch's pools count in 32 bits, and so do we everywhere
MOST_AXES = 3
LONGEST_TEXT = 1_000  # characters
ANY_SIZE = range(1, LARGEST_SIZE + 1)
EXAMPLES = "write a size an axis: 28, 28x28, 4x5x6, with channels in front: 128@4x4"
FAMILY_HELP = "write each size of a family as a factor, a capital letter, a divisor and a shift: H, 2H, H/8, H-184"
_OPEN = rf"(?:{NUMBER}|\?|\[{NUMBER}\.\.{NUMBER}\])"
_AXIS = rf"(?:{_OPEN}|(?:{NUMBER})?[A-Z](?:/{NUMBER})?(?:[+-]{NUMBER})?)"
_SHAPE = re.compile(rf"(?:({NUMBER})@)?({_AXIS}(?:x{_AXIS})*)?")


@dataclass(frozen=True, slots=True)
class Shape:
    """Channels, where they were said, and one size an axis.

    Example:
        >>> Shape.read("128@4x5")
        Shape(channels=128, size=(4, 5))
    """

    channels: int | None
    size: tuple[int, ...]
    flat: bool = field(default=False, repr=False)  # no axes: sizes of 1 stand in their place in a question

    @classmethod
    def read(cls, value: object, what: str = "size") -> Shape:
        """Read a shape from text, an int, or a tuple of ints.

        Raises:
            Error: ``bad-size`` where it is no shape, or leaves a size to be found; ``unsupported`` where it is
                one of a kind that this version cannot solve for.
        """
        extent = Extent.read(value, what)
        if extent.forms:
            raise Error(
                "bad-size", f"{_named(what)}{extent} is a family of sizes", help=["give one of them: 28, 28x28"]
            )
        if extent.inputs > 1:
            raise Error("bad-size", f"{_named(what)}{extent} are several sizes", help=[EXAMPLES])
        if not extent.fixed:
            raise Error("bad-size", f"{_named(what)}{extent} leaves a size to be found", help=[EXAMPLES])
        return extent.shape

    def __str__(self) -> str:
        return shape_text(self.channels, () if self.flat else self.size)


@dataclass(frozen=True, slots=True)
class Extent:
    """Channels, where they were said, and on each axis the sizes that a shape may have there.

    Example:
        >>> Extent.read("128@[2..8]x5")
        Extent(channels=128, sizes=(range(2, 9), range(5, 6)))
        >>> str(Extent.read("7x?"))
        '7x?'
        >>> several = Extent.read("64,96,128")
        >>> several.inputs, several.size
        (3, (64, 96, 128))
        >>> str(Extent.read("8@H/8x2W+1"))
        '8@H/8x2W+1'
    """

    channels: int | None
    sizes: tuple[range, ...]
    flat: bool = field(default=False, repr=False)  # as a shape has it
    inputs: int = field(default=1, repr=False)  # so many that one stack shall serve; their axes one behind the other
    # of a family, on each axis of one input; None where that is a number
    forms: tuple[Form | None, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, value: object, what: str = "size") -> Extent:
        """Read sizes from text, an int, a range, or a tuple of these; a shape has one of each.

        Raises:
            Error: ``bad-size`` where it is none, ``unsupported`` where it is of a kind that this
                version cannot solve for.
        """
        channels = None
        forms: tuple[Form | None, ...] = ()
        match value:
            case Extent():
                return value
            case Shape():
                return cls.of(value)
            case str() if "," in value:
                return cls._several(value, what)
            case str():
                channels, sizes, forms = _read_text(value, what)
            case int() | range() if type(value) in {int, range}:
                sizes = (_range(value, what),)
            case tuple() if value and all(type(part) in {int, range} for part in value):
                sizes = tuple(map(partial(_range, what=what), value))
            case _:
                raise Error("bad-size", f"{_named(what)}{shown_value(value)} is no size", help=[EXAMPLES])
        if len(sizes) > MOST_AXES:
            raise Error(
                "bad-size",
                f"{what} {shown_value(value)} has {len(sizes)} axes; PyTorch convolves over 1 to 3",
                help=[EXAMPLES],
            )
        ends = (number for here in sizes for number in (here[0], here[-1]))
        for number in ends if channels is None else (channels, *ends):
            if not 1 <= number <= LARGEST_SIZE:
                raise Error(
                    "bad-size", f"{what}: {shown_number(number)} is not between 1 and {LARGEST_SIZE}", help=[EXAMPLES]
                )
        return cls(channels, sizes, forms=forms)

    @classmethod
    def _several(cls, text: str, what: str) -> Extent:
        """Several inputs that one stack shall serve."""
        if len(text) > LONGEST_TEXT or not all(part.strip() for part in text.split(",")):
            raise Error("bad-size", f"{_named(what)}{shown(text)} is no size", help=[EXAMPLES])
        each = [cls.read(part, what) for part in text.split(",")]
        channels = {one.channels for one in each if one.channels is not None}
        if len({len(one.sizes) for one in each}) > 1 or len(channels) > 1 or not all(one.sizes for one in each):
            raise Error(
                "bad-size",
                f"{_named(what)}{shown(text)}: several inputs have the same axes and channels",
                help=["write 64,96,128, or 8x8,12x12"],
            )
        if not all(one.fixed for one in each):
            raise Error(
                "unsupported",
                f"{shown(text)}: of several inputs none is to be found, or a family, in this version",
                help=["give one size an axis for each"],
            )
        sizes = tuple(sizes for one in each for sizes in one.sizes)
        return cls(channels.pop() if channels else None, sizes, inputs=len(each))

    @property
    def axes(self) -> int:
        """The axes of each input."""
        return len(self.sizes) // self.inputs

    @property
    def each(self) -> tuple[Extent, ...]:
        """The inputs one by one."""
        starts = range(0, len(self.sizes), max(self.axes, 1))
        parts = [Extent(self.channels, self.sizes[at : at + self.axes], self.flat, forms=self.forms) for at in starts]
        return tuple(parts) or (self,)

    @classmethod
    def of(cls, shape: Shape) -> Extent:
        """One shape."""
        return cls(shape.channels, tuple(range(size, size + 1) for size in shape.size), shape.flat)

    @property
    def fixed(self) -> bool:
        """Whether no size is to be found."""
        return all(len(sizes) == 1 for sizes in self.sizes)

    def alike(self, axis: int) -> tuple[int | str, ...]:
        """What is equal for axes whose sizes are the same; two sizes to be found never are."""
        sizes = self.sizes[axis]
        if self.forms:
            return str(self.forms[axis % len(self.forms)]), sizes[0]
        return (sizes[0],) if len(sizes) == 1 else (sizes[0], sizes[-1], axis)

    @property
    def anything(self) -> bool:
        """Whether some axis may have any size: what can be reached is asked for."""
        return ANY_SIZE in self.sizes

    @property
    def size(self) -> tuple[int, ...]:
        """The size on each axis.

        Raises:
            ValueError: some are to be found.
        """
        if not self.fixed:
            raise ValueError(f"{self} is no single size")
        return tuple(sizes[0] for sizes in self.sizes)

    def only(self, size: tuple[int, ...]) -> Extent:
        """The same with one size on each axis."""
        return Extent.of(Shape(self.channels, size))

    @property
    def shape(self) -> Shape:
        """The shape; as `size`."""
        return Shape(self.channels, self.size, self.flat)

    def __contains__(self, size: tuple[int, ...]) -> bool:
        return len(size) == len(self.sizes) and all(one in here for one, here in zip(size, self.sizes, strict=True))

    def __str__(self) -> str:
        if any(self.forms):
            sizes = zip(self.forms, self.sizes, strict=False)
            return shape_text(self.channels, (form or size_text(known) for form, known in sizes))
        if self.inputs > 1:
            first, *others = self.each
            return ",".join([str(first), *(shape_text(None, map(size_text, one.sizes)) for one in others)])
        return shape_text(self.channels, () if self.flat else map(size_text, self.sizes))


def size_text(sizes: range) -> str:
    """``28``, ``[2..8]``, or ``?`` for any."""
    if sizes == ANY_SIZE:
        return "?"
    return f"{sizes[0]}" if len(sizes) == 1 else f"[{sizes[0]}..{sizes[-1]}]"


def shape_text(channels: int | None, size: Iterable[object]) -> str:
    """``128@4x4``, the notation of network figures."""
    axes = "x".join(map(str, size))
    if not axes and channels is None:
        return "?@"
    return axes if channels is None else f"{channels}@{axes}"


def _range(value: int | range, what: str) -> range:
    if isinstance(value, int):
        return range(value, value + 1)
    if not value or value.step != 1:
        raise Error("bad-size", f"{_named(what)}{shown_value(value)} is no range of sizes", help=["write range(2, 9)"])
    return value


def _read_text(text: str, what: str) -> tuple[int | None, tuple[range, ...], tuple[Form | None, ...]]:
    if re.fullmatch("[0-9x@]*[1-9][0-9]{10}[0-9x@]*", text[:100]):
        raise Error("bad-size", f"{_named(what)}{shown(text)}: no number is above {LARGEST_SIZE}", help=[EXAMPLES])
    if len(text) > LONGEST_TEXT:
        raise Error("bad-size", f"{_named(what)}{shown(text)} is no size", help=[EXAMPLES])
    found = _SHAPE.fullmatch(text.strip()) if text.isascii() else None
    if found and text.strip():
        axes = found[2].split("x") if found[2] else []
        forms = tuple(map(Form.read, axes))
        sizes = tuple(_axis(part, text, what) for part in axes)
        if any(forms) and not all(form or len(known) == 1 for form, known in zip(forms, sizes, strict=True)):
            raise Error(
                "unsupported",
                f"{_named(what)}{shown(text)}: beside a letter no size is to be found in this version",
                help=["write each axis as a number or with a letter: Hx4, HxW"],
            )
        return int(found[1]) if found[1] else None, sizes, forms if any(forms) else ()
    like = FAMILY_HELP if re.search("[A-Z]", text) else EXAMPLES
    family = "".join(sign if sign == "x" else sign.upper() for sign in text.strip())
    capital = f"a family has capital letters: {family}"
    meant = [capital] if family != text.strip() and _SHAPE.fullmatch(family) else []
    raise Error("bad-size", f"{_named(what)}{shown(text)} is no size", help=[*meant, like])


def _axis(text: str, whole: str, what: str) -> range:
    if text == "?":
        return ANY_SIZE
    if any(map(str.isupper, text)):
        if Form.read(text) is None:
            raise Error("bad-size", f"{_named(what)}{shown(whole)}: {text} is no size", help=[FAMILY_HELP])
        return ANY_SIZE  # until it is known which members the family has
    low, _, high = text.strip("[]").partition("..")
    first, final = int(low), int(high or low)
    if first > final:
        raise Error(
            "bad-size", f"{_named(what)}{shown(whole)}: the range {text} is empty", help=[f"write [{final}..{first}]"]
        )
    return range(first, final + 1)


def _named(what: str) -> str:
    return "" if what == "size" else f"{what} "
