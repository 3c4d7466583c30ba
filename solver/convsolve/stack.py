"""Stacks as they are written: ``Conv(kernel_size=3) >> Act("relu") >> ConvTranspose() * 4``."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby, pairwise, product, takewhile
from math import prod
from typing import NamedTuple

from convsolve.domains import MOST_LAYERS, Domain, DomainLike, Domains, domain_text, read_depth
from convsolve.errors import Error, did_you_mean, shown, shown_number, shown_value
from convsolve.layers.base import AxisParameter, LayerKind, Option, Word
from convsolve.registry import KINDS, kind_named
from convsolve.strict import python_expression

LONGEST_TEXT = 100_000  # characters
MOST_DEPTHS = 1_000  # stacks that one with depths to be found may stand for
EXAMPLE = 'write a stack such as "Conv(kernel_size=3, stride=2) >> MaxPool(2) >> ConvTranspose() * 4"'


@dataclass(frozen=True, slots=True)
class Written:
    """One layer as written: its kind and what was said of it, long names, in the kind's order."""

    kind: type[LayerKind]
    parameters: tuple[tuple[str, Domains | Word], ...]

    def grouped(self) -> tuple[Written, ...]:
        """The layer with each number of groups that it may have."""
        groups = dict(self.parameters).get("groups")
        if not isinstance(groups, Domains):
            return (self,)
        others = dict(self.parameters)
        return tuple(write(self.kind, (), others | {"groups": number}) for number in groups.each[0])

    @property
    def widths(self) -> Domain | None:
        """What its out_channels may be, where that is to be found."""
        said = dict(self.parameters).get("out_channels")
        return said.each[0] if isinstance(said, Domains) else None

    def __str__(self) -> str:
        said = {name: _python(value) for name, value in self.parameters}
        bare = [*takewhile(said.__contains__, self.kind.positional)]
        others = [f"{name}={text}" for name, text in said.items() if name not in bare]
        return f"{self.kind.name}({', '.join([*(said[name] for name in bare), *others])})"


class Repeat(NamedTuple):
    """Layers of a stack, from `first` up to `last`, that stand there so many times."""

    first: int
    last: int
    times: Domain


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers in a row; ``>>`` joins two stacks, ``* 4`` repeats one with independent holes.

    ``* "2..6"`` leaves it to be found how often.

    Attributes:
        layers: the layers; what is repeated a number of times to be found stands there once.
        repeats: which these are, from the first to the last.

    Example:
        >>> str(Stack.read("Conv(k=3) >> Conv(k=3) >> MaxPool(2)"))
        'Conv(kernel_size=3) * 2 >> MaxPool(2)'
        >>> [len(stack.layers) for stack in Stack.read('(Conv() >> MaxPool(2)) * "1..3" >> Conv()').depths()]
        [3, 5, 7]
    """

    layers: tuple[Written, ...]
    repeats: tuple[Repeat, ...] = ()

    @classmethod
    def read(cls, value: Stack | str) -> Stack:
        """A stack from its text; raises Error where it is none."""
        return value if isinstance(value, Stack) else _read(value)

    def __rshift__(self, other: Stack) -> Stack:
        if not isinstance(other, Stack):
            return NotImplemented
        if len(self.layers) + len(other.layers) > MOST_LAYERS:
            raise Error("bad-stack", f"more than {MOST_LAYERS} layers", help=["repeat it less often"])
        moved = (
            repeat._replace(first=repeat.first + len(self.layers), last=repeat.last + len(self.layers))
            for repeat in other.repeats
        )
        return Stack(self.layers + other.layers, (*self.repeats, *moved))

    def __mul__(self, times: DomainLike) -> Stack:
        domain = read_depth(times, f"a stack can be repeated 1 to {MOST_LAYERS} times")
        if len(self.layers) * domain[-1] > MOST_LAYERS:
            raise Error("bad-stack", f"more than {MOST_LAYERS} layers", help=["repeat it less often"])
        if len(domain) == 1:
            found = self
            for _ in range(domain[0] - 1 if self.repeats else 0):
                found = found >> self
            return found if self.repeats else Stack(self.layers * domain[0])
        if self.repeats:
            raise Error(
                "bad-stack",
                "a depth to be found stands inside another one",
                help=["give one of the two as a number, as in * 4"],
            )
        return Stack(self.layers, (Repeat(0, len(self.layers), domain),))

    __rmul__ = __mul__

    def depths(self) -> tuple[Stack, ...]:
        """The stacks that it stands for: each depth, the fewest layers first, with each number of groups.

        Raises:
            Error: ``bad-stack`` where they are too many.
        """
        number = prod(len(repeat.times) for repeat in self.repeats)
        found: list[Stack] = []
        for times in product(*(repeat.times for repeat in self.repeats)) if number <= MOST_DEPTHS else ():
            layers: list[Written] = []
            for part, often in zip(self._parts(), self._often(times), strict=True):
                layers += part * often
            choices = [one.grouped() for one in layers]
            number += prod(map(len, choices)) - 1
            if number > MOST_DEPTHS:
                break
            found += (Stack(each) for each in product(*choices))
        if number > MOST_DEPTHS:
            raise Error(
                "bad-stack",
                f"it stands for {number:,} stacks, more than {MOST_DEPTHS:,}",
                help=["narrow the depths, or the numbers of groups"],
            )
        return tuple(sorted(found, key=lambda stack: len(stack.layers)))

    def _parts(self) -> list[tuple[Written, ...]]:
        """The layers, in turn those that stand once and those that are repeated."""
        cuts = [0, *(cut for repeat in self.repeats for cut in (repeat.first, repeat.last)), len(self.layers)]
        return [self.layers[first:last] for first, last in pairwise(cuts)]

    @staticmethod
    def _often(times: Sequence[int]) -> list[int]:
        return [1, *(number for one in times for number in (one, 1))]

    def __str__(self) -> str:
        texts = []
        for place, part in enumerate(self._parts()):
            text, several = _row(part)
            if place % 2:
                times = domain_text(self.repeats[place // 2].times)
                text = f'({text}) * "{times}"' if several else f'{text} * "{times}"'
            texts += [text] if part else []
        return " >> ".join(texts)


def _row(layers: Sequence[Written]) -> tuple[str, bool]:
    """Layers as text, and whether that needs parentheses to be repeated."""
    parts = []
    for text, same in groupby(map(str, layers)):
        times = len(list(same))
        parts.append(text if times == 1 else f"{text} * {times}")
    return " >> ".join(parts), len(layers) > 1


class LayerMaker:
    """``Conv(kernel_size=3)``: a stack of one layer, its parameters PyTorch's.

    Called with numbers, sets, ranges, texts such as ``"1..7"``, or tuples of these, one an axis;
    raises Error for a parameter that the kind does not have or a value that it cannot take.
    """

    def __init__(self, kind: type[LayerKind]) -> None:
        self._kind = kind
        self.__name__ = kind.name
        self.__doc__ = f"{kind.__doc__}\n\nParameters: {', '.join(_known(kind))}."

    def __call__(self, *values: object, **parameters: object) -> Stack:
        return Stack((write(self._kind, values, parameters),))

    def __repr__(self) -> str:
        return f"convsolve.{self._kind.name}"


def write(kind: type[LayerKind], values: Sequence[object], parameters: Mapping[str, object]) -> Written:
    """One layer from the arguments of its call."""
    given: dict[str, object] = {}
    kind = kind.variant(parameters)
    try:
        named = [*kind.named(values).items(), *parameters.items()]
    except ValueError as error:
        if isinstance(error, Error):
            raise
        known = _known(kind)
        write_so = f"write {kind.name}({known[0]}=...)" if known else f"write {kind.name}()"
        number = len(kind.positional) or "no"
        raise Error("bad-stack", f"{kind.name} takes {number} parameter(s) without a name", help=[write_so]) from None
    long_names = _long_names(kind)
    for word, value in named:
        if word not in long_names:
            raise Error(
                "unknown-parameter",
                f"{kind.name} has no parameter {shown(word)}",
                help=did_you_mean(word, _known(kind)),
            )
        name = long_names[word]
        if name in given:
            raise Error("bad-stack", f"{kind.name}: {name} is given twice", help=["leave one of them out"])
        given[name] = value
    ordered = [item for item in _every(kind) if item.name in given]
    for option in kind.options:
        if option.words and option.default is None and option.name not in given:
            raise Error(
                "bad-stack",
                f"{kind.name} needs a name",
                help=[f'write {kind.name}("{option.words[0]}")', f"known: {', '.join(option.words)}"],
            )
    return Written(
        kind,
        tuple(
            (item.name, axis_value(kind, item, given[item.name]))
            if isinstance(item, AxisParameter)
            else (item.name, _option_value(kind, item, given[item.name]))
            for item in ordered
        ),
    )


def axis_value(kind: type[LayerKind], parameter: AxisParameter, value: object) -> Domains | Word:
    """A parameter's value as users write it: a word that it knows, or domains."""
    if isinstance(value, str) and parameter.words and value.isalpha() and len(value) > 1:
        if value not in parameter.words:
            raise Error(
                "bad-value",
                f"{kind.name}: {parameter.name}={shown(value)} is not known",
                help=did_you_mean(value, parameter.words),
            )
        return value
    if isinstance(value, Domains):
        return value
    found = Domains.read(value, parameter.name, parameter.least, most=parameter.most, decimals=parameter.decimals)
    if parameter.shared and found.per_axis:
        if len({*found.each}) > 1:
            raise Error("bad-value", f"{kind.name}: {parameter.name} is the same on all axes", help=["give one number"])
        return Domains(found.each[:1], per_axis=False)
    return found


def _option_value(kind: type[LayerKind], option: Option, value: object) -> Domains | Word:
    what = f"{kind.name}: {option.name}"
    if option.open and isinstance(value, Domains):
        return value
    if option.open and isinstance(value, str | range | AbstractSet):
        found = Domains.read(value, what, least=option.least or 0)
        if found.per_axis:
            raise Error("bad-value", f"{what} is the same on all axes, not {shown_value(value)}")
        return found if len(found.each[0]) > 1 else found.each[0][0]
    if option.words:
        if not isinstance(value, str):
            raise Error("bad-value", f"{what} must be a text", help=[f"known: {', '.join(option.words)}"])
        if value not in option.words:
            raise Error("bad-value", f"{what}={shown(value)} is not known", help=did_you_mean(value, option.words))
        return value
    if option.type is float and isinstance(value, int | float) and type(value) is not bool:
        return _ordinary(value, what)
    if type(value) is not option.type:
        raise Error("bad-value", f"{what} must be {option.type.__name__}, not {shown_value(value)}")
    if option.least is not None and isinstance(value, int):
        if value < option.least:
            raise Error("bad-value", f"{what} must be at least {option.least}, not {shown_number(value)}")
        if value >= 2**31:
            raise Error("bad-value", f"{what} must be below 2^31")
    if not isinstance(value, int | float | str):  # cannot be: its type was just compared with the option's
        raise TypeError(what)
    return value


def _ordinary(value: float, what: str) -> float:
    if not -1e6 < value < 1e6:  # also refuses nan
        raise Error("bad-value", f"{what} is no ordinary number")
    return float(value)


def _every(kind: type[LayerKind]) -> list[AxisParameter | Option]:
    return [*kind.axis_parameters, *kind.options]


def _known(kind: type[LayerKind]) -> list[str]:
    return [item.name for item in _every(kind)]


def _long_names(kind: type[LayerKind]) -> dict[str, str]:
    every = _every(kind)
    return {item.name: item.name for item in every} | {item.short: item.name for item in every if item.short}


def _python(value: Domains | Word) -> str:
    if isinstance(value, Domains):
        return value.python()
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _read(text: str) -> Stack:
    if not isinstance(text, str):
        raise Error("bad-stack", f"{shown_value(text)} is no stack", help=[EXAMPLE])
    try:
        if len(text) > LONGEST_TEXT:
            raise ValueError
        return _stack(python_expression(text), text)
    except (ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, Error):
            raise
        raise Error("bad-stack", f"{shown(text)} is no stack", help=[EXAMPLE]) from None


def _stack(tree: ast.expr, text: str) -> Stack:
    # a >> b >> c is ((a >> b) >> c): its spine is walked, as a recursion would end at a few hundred layers
    parts = []
    while isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.RShift):
        parts.append(tree.right)
        tree = tree.left
    stack = _repeated(tree, text)
    for part in reversed(parts):
        stack = stack >> _repeated(part, text)
    return stack


def _repeated(tree: ast.expr, text: str) -> Stack:
    match tree:
        case ast.BinOp(op=ast.RShift()):  # in parentheses
            return _stack(tree, text)
        case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=int() | str() as times)):
            return _repeated(left, text) * times
        case ast.BinOp(left=ast.Constant(value=int() as times), op=ast.Mult(), right=right):
            return _repeated(right, text) * times
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords) if all(
            keyword.arg for keyword in keywords
        ):
            kind = kind_named(name)
            named: dict[str, object] = {}
            for keyword in keywords:
                if keyword.arg in named:  # Python itself notices only when it compiles
                    raise Error("bad-stack", f"{name}: {keyword.arg} is given twice", help=["leave one of them out"])
                named[str(keyword.arg)] = _value(keyword.value, text)
            return Stack((write(kind, [_value(part, text) for part in arguments], named),))
        case ast.Name(id=name):
            kind_named(name)
            raise Error("bad-stack", f"{name} stands without its call", help=[f"write {name}()"])
    raise Error("bad-stack", f"{shown(ast.unparse(tree))} is no layer", help=[EXAMPLE])


def _value(tree: ast.expr, text: str) -> object:
    match tree:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Set(elts=parts):
            return {_element(_value(part, text)) for part in parts}
        case ast.Tuple(elts=parts):
            return tuple(_value(part, text) for part in parts)
        case ast.Call(func=ast.Name(id="range"), args=[_, *_] as bounds, keywords=[]) if len(bounds) < 4:
            numbers = [_value(bound, text) for bound in bounds]
            integers = [number for number in numbers if type(number) is int]
            if len(integers) == len(numbers):
                return range(*integers)
    raise Error(
        "bad-stack",
        f"{shown(ast.unparse(tree))} in {shown(text)} is no value",
        help=['write a number, a set {3, 5}, range(1, 8), a text "1..7", or a tuple, one an axis'],
    )


def _element(value: object) -> object:
    if isinstance(value, set | tuple | range):
        raise Error("bad-domain", f"{shown_value(value)} in a set is no number", help=["write {3, 5}"])
    return value


def __getattr__(name: str) -> LayerMaker:
    """``Conv`` and every other kind as a maker of layers."""
    if name in KINDS:
        return LayerMaker(KINDS[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
