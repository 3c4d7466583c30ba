"""Domains: the numbers that a parameter may take, ``3,5,7`` or ``1..7``, one or one an axis."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from convsolve.errors import Error, shown, shown_number, shown_value

Domain = tuple[int, ...]  # ascending, without repetition, never empty

LARGEST_PARAMETER = 4096  # PyTorch's own kernels can crash the process on larger ones
MOST_LAYERS = 1_000
LONGEST_TEXT = 100_000  # characters: every number that a parameter may be fits in, three times
# Ranges share these numbers: a stack of a thousand layers may have four thousand of the widest.
_NUMBERS = tuple(range(LARGEST_PARAMETER + 1))
NUMBER = r"[0-9]{1,10}"
_RANGE = re.compile(rf"({NUMBER})\.\.({NUMBER})(?::({NUMBER}))?")
_NUMBER = re.compile(NUMBER)
_DECIMAL = re.compile(r"[0-9]\.[0-9]")
_NUMBER_OR_DECIMAL = re.compile(r"[0-9]{1,10}(\.[0-9]{1,20})?(e-[0-9]{1,2})?")
DEPTHS = "write a number (4), or what it may be (2..6)"
EXAMPLES = "write a number (3), a list (3,5,7), a range (1..7), a step (2..16:2), or one an axis (3x5)"

DomainLike = int | str | range | AbstractSet[int] | tuple["int | str | range | AbstractSet[int]", ...]


@dataclass(frozen=True, slots=True)
class Domains:
    """What was written for one parameter: one domain for every axis, or one an axis.

    Example:
        >>> Domains.read("1..3x5").on(2)
        ((1, 2, 3), (5,))
    """

    each: tuple[Domain, ...]
    per_axis: bool
    units: int = 1  # how many of them make 1: more than one where there are fractions

    @classmethod
    def read(
        cls,
        value: object,
        name: str = "domain",
        least: int = 0,
        *,
        most: int = LARGEST_PARAMETER,
        decimals: bool = False,
    ) -> Domains:
        """Read a domain as users write it, in text or in Python.

        Args:
            value: ``3``, ``"1..7"``, ``{3, 5}``, ``range(1, 8)``; a tuple has one of these an axis.
            name: the parameter's name, for messages.
            least: the smallest number that the parameter may be.
            most: the largest.
            decimals: whether it may be a fraction: ``1.5``, ``{1.5, 2}``, ``"1.5,2"``.

        Raises:
            Error: no domain (``bad-domain``), empty (``empty-domain``), or out of the parameter's
                range (``bad-value``).
        """
        parts: list[object]
        if isinstance(value, tuple):
            parts, per_axis = list(value), True
        elif isinstance(value, str):
            parts = _axes(value.strip(), name) if value.isascii() and len(value) <= LONGEST_TEXT else [value]
            per_axis = len(parts) > 1
        else:
            parts, per_axis = [value], False
        if not parts:
            raise Error("empty-domain", f"{name} has no value", help=[EXAMPLES])
        if decimals and any(map(_has_fraction, parts)):
            return _with_fractions(parts, name, most, per_axis=per_axis)
        return cls(tuple(_domain(part, name, least, most) for part in parts), per_axis)

    def on(self, axes: int, name: str = "domain") -> tuple[Domain, ...]:
        """One domain an axis; raises ``dimension-mismatch`` where their number is another."""
        if not self.per_axis:
            return self.each * axes
        if len(self.each) != axes:
            raise Error(
                "dimension-mismatch",
                f"{name} {self} has {len(self.each)} axes, the sizes have {axes}",
                help=[f"give one domain for all axes, or {axes}"],
            )
        return self.each

    def __str__(self) -> str:
        return "x".join(domain_text(domain, self.units) for domain in self.each)

    def python(self) -> str:
        """The same as Python source, as a stack expression has it."""
        parts = [_python(domain, self.units) for domain in self.each]
        if not self.per_axis:
            return parts[0]
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def _axes(text: str, name: str) -> list[object]:
    """What stands between the x of a text, one an axis."""
    parts = text.split("x")
    if "" in parts:
        raise Error("bad-domain", f"{name}: {shown(text)} is no domain", help=[EXAMPLES])
    return [*parts]


def domain_text(domain: Domain, units: int = 1) -> str:
    """The shortest text that reads back as the same domain: ``3``, ``1..2``, ``1..7``, ``2..16:2``, ``3,5,9``.

    Example:
        >>> domain_text((3, 4), units=2)
        '1.5,2'
    """
    if units > 1:
        return ",".join([_decimal(value, units) for value in domain])
    step = domain[1] - domain[0] if len(domain) > 1 else 1
    if len(domain) > 1 + (step > 1) and domain == tuple(range(domain[0], domain[-1] + 1, step)):
        return f"{domain[0]}..{domain[-1]}" + (f":{step}" if step > 1 else "")
    return ",".join(map(str, domain))


def _decimal(value: int, units: int) -> str:
    return str(value // units) if value % units == 0 else str(value / units)


def _python(domain: Domain, units: int) -> str:
    if len(domain) == 1:
        return _decimal(domain[0], units)
    return f"{{{', '.join([_decimal(one, units) for one in domain])}}}" if units > 1 else f'"{domain_text(domain)}"'


def _has_fraction(part: object) -> bool:
    if isinstance(part, str):
        return _DECIMAL.search(part) is not None
    if isinstance(part, AbstractSet):
        return any(map(_has_fraction, part))
    return isinstance(part, float)


def _with_fractions(parts: list[object], name: str, most: int, *, per_axis: bool) -> Domains:
    """Domains with decimals in them; a number is the one that its shortest text says."""
    each = []
    for part in parts:
        items = part.split(",") if isinstance(part, str) else part if isinstance(part, AbstractSet) else [part]
        texts = [str(item).strip() for item in items]
        for text in texts:
            if not _NUMBER_OR_DECIMAL.fullmatch(text) or not 0 < Fraction(text) <= most:
                raise Error(
                    "bad-value",
                    f"{name}: {shown(text)} is no number above 0 and up to {most}",
                    help=["write a number (2, 1.5), a list (1.5,2), or one an axis (1.5x2)"],
                )
        each.append(sorted({Fraction(text) for text in texts}))
    units = lcm(*(value.denominator for domain in each for value in domain))
    return Domains(tuple(tuple(int(value * units) for value in domain) for domain in each), per_axis, units)


def _domain(part: object, name: str, least: int, most: int) -> Domain:
    values = _values(part, name, most)
    for value in (values[0], values[-1]):
        if value < least:
            raise Error("bad-value", f"{name} must be at least {least}, not {shown_number(value)}", help=[EXAMPLES])
        if value > most:
            raise Error("bad-value", f"{name} must be at most {most}, not {shown_number(value)}", help=[EXAMPLES])
    return values


def _values(part: object, name: str, most: int) -> Domain:
    if isinstance(part, str):
        return _read_text(part, name, most)
    if type(part) is int:
        return (part,)
    if isinstance(part, AbstractSet | range):
        return _checked(part, name, most)
    raise Error("bad-domain", f"{name}: {shown_value(part)} is no domain", help=[EXAMPLES])


def _checked(values: AbstractSet[object] | range, name: str, most: int) -> Domain:
    if not values:
        what = shown_value(values) if isinstance(values, range) else "the set"
        raise Error("empty-domain", f"{name}: {what} is empty", help=[EXAMPLES])
    # len() of a longer range than memory has bytes is itself an error
    if isinstance(values, range) and max(abs(values[0]), abs(values[-1])) > most:
        raise Error("bad-value", f"{name} must be between 0 and {most}", help=[EXAMPLES])
    if isinstance(values, range):
        low, high = sorted((values[0], values[-1]))
        return _span(low, high, abs(values.step), name)
    numbers = list(values)
    wrong = [value for value in numbers if type(value) is not int]
    if wrong:
        raise Error("bad-domain", f"{name}: {shown_value(wrong[0])} is no integer", help=[EXAMPLES])
    return tuple(sorted({value for value in numbers if isinstance(value, int)}))


def _span(low: int, high: int, step: int, name: str) -> Domain:
    if (high - low) // step > LARGEST_PARAMETER:
        raise Error("bad-value", f"{name}: more than {LARGEST_PARAMETER} values", help=[EXAMPLES])
    return _NUMBERS[low : high + 1 : step] if low >= 0 and high <= LARGEST_PARAMETER else (*range(low, high + 1, step),)


def _read_text(text: str, name: str, most: int) -> Domain:
    values: set[int] = set()
    if re.fullmatch("0*[1-9][0-9]{10}[0-9]*", text):
        raise Error("bad-value", f"{name} must be at most {most}, not {shown(text)}", help=[EXAMPLES])
    if len(text) > LONGEST_TEXT:
        raise Error("bad-domain", f"{name}: {shown(text)} is too long", help=[EXAMPLES])
    for item in text.split(","):
        item = item.strip()  # noqa: PLW2901 - the same item, without its blanks
        if _NUMBER.fullmatch(item):
            values.add(int(item))
        elif match := _RANGE.fullmatch(item):
            low, high, step = int(match[1]), int(match[2]), int(match[3] or 1)
            if low > high:
                raise Error("empty-domain", f"{name}: the range {item} is empty", help=[f"write {high}..{low}"])
            if step == 0:
                raise Error("bad-domain", f"{name}: the step of {item} is 0", help=[f"write {low}..{high}"])
            if high > most:
                raise Error("bad-value", f"{name} must be at most {most}, not {high}", help=[EXAMPLES])
            if item == text:
                return _span(low, high, step, name)
            values.update(_span(low, high, step, name))
        elif re.fullmatch(r"([0-9]+\.\.)?0*[1-9][0-9]{10}[0-9]*", item):
            raise Error("bad-value", f"{name} must be at most {most}, not {shown(item)}", help=[EXAMPLES])
        else:
            raise Error("bad-domain", f"{name}: {shown(text)} is no domain", help=[EXAMPLES])
    return tuple(sorted(values))


def read_depth(value: object, what: str) -> Domain:
    """How often layers stand there: a number, or what it may be, as in ``"2..6"``.

    Raises:
        Error: ``bad-value`` where it is neither; `what` begins the message.
    """
    domains: tuple[Domain, ...] = ()
    if not isinstance(value, tuple | bool):
        try:
            domains = Domains.read(value, "layers").each
        except Error as error:
            if error.code == "empty-domain" and isinstance(value, str):
                raise
    if len(domains) == 1 and domains[0][0] >= 1 and domains[0][-1] <= MOST_LAYERS:
        return domains[0]
    raise Error("bad-value", f"{what}, not {shown_value(value)}", help=[DEPTHS])
