"""Forward through a stack: every size on the way, what it costs, and where and why it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, NamedTuple

from convsolve.channels import channels_said, told_behind
from convsolve.check.integers import broken_rule, misjoined
from convsolve.costs import Costs, costs_of
from convsolve.field import Field, fields_of
from convsolve.filling import statement, with_axes
from convsolve.language import Expr, compiled, names, parse
from convsolve.language.nodes import Arithmetic, Compare, Negative
from convsolve.layers.base import LayerKind, Rule, Setting
from convsolve.layers.join import Join
from convsolve.layers.solved import SolvedLayer
from convsolve.shapes import LARGEST_SIZE, Shape
from convsolve.stack import Stack

MOST_ADDED = 64  # to a parameter, to see whether that mends a layer
MOST_AWAY = 1024  # from an input's size, to find one that passes
NOTHING = Costs(None, None, None, None, None)


class Mend(NamedTuple):
    """A parameter's nearest value with which a layer takes what comes to it, and the sizes that it then makes."""

    parameter: str
    value: int
    out_size: tuple[int, ...]


@dataclass(frozen=True)
class Trace:
    """What became of an input on its way through a stack.

    Attributes:
        input: the shape that went in.
        layers: the layers that it passed, with their sizes; all of them where `valid`.
        failed_at: the number of the layer that refused, counted from 0; None where none did.
        reason: why it refused: the rule, and its equation with the numbers put in.
        fitting: where a join refused because of sizes, the nearest inputs that pass: none larger, none smaller.
        mends: parameters of that layer, each with the nearest value that it alone would need; the nearest first.
        instead: where no input passes a join, what could be written in its place.
    """

    input: Shape
    layers: tuple[SolvedLayer, ...]
    failed_at: int | None = None
    reason: str | None = None
    mends: tuple[Mend, ...] = ()
    fitting: tuple[tuple[int, ...], ...] = ()
    instead: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether every layer accepts what reaches it."""
        return self.failed_at is None

    @property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """The spatial sizes: the input's, then each layer's output, as far as it came."""
        return (self.input.size, *(layer.out_size for layer in self.layers))

    @property
    def output(self) -> Shape | None:
        """The shape that comes out of the last layer; None where it is never reached."""
        if not self.valid:
            return None
        return Shape(self.layers[-1].out_channels, self.layers[-1].out_size)

    @cached_property
    def costs(self) -> Costs:
        """What one pass costs; every entry is None where the stack fails."""
        return costs_of(self.layers) if self.valid else NOTHING

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """What an output of each layer that was passed sees of the input: see `convsolve.field.Field`."""
        return tuple(fields_of(self.layers))

    def to_dict(self) -> dict[str, Any]:
        """The trace as a record (``convsolve.trace/1``)."""
        output = self.output
        return {
            "schema": "convsolve.trace/1",
            "valid": self.valid,
            "failed_at": self.failed_at,
            "reason": self.reason,
            "mends": [mend._asdict() | {"out_size": list(mend.out_size)} for mend in self.mends],
            "fitting": [[*size] for size in self.fitting],
            "instead": [*self.instead],
            "input": {"channels": self.input.channels, "size": list(self.input.size)},
            "layers": [layer.to_dict() for layer in self.layers],
            "fields": [field.to_dict() for field in self.fields],
            "output": {
                "channels": output.channels if output else None,
                "size": list(output.size) if output else None,
            },
            "costs": self.costs.to_dict(),
        }


def trace(
    stack: Stack | str,
    input: object,  # noqa: A002 - the user's word
    *,
    channels: str | Sequence[int | None] | None = None,
) -> Trace:
    """Go forward through a stack, layer by layer.

    Args:
        stack: the layers; what is left out has torch's default, a kernel_size must be given.
        input: the shape that goes in: ``"3@224x224"``, ``28``, ``(4, 4)``; sizes in elements.
        channels: one number more than there are convolutions, where neither the input nor
            out_channels says them; without channels the costs that need them are None.

    Returns:
        Every size, and the costs; where a layer refuses, which and why. The rules are torch's
        (https://docs.pytorch.org/docs/stable/nn.html), and that every output axis is at least 1,
        also where torch lets an empty tensor pass.

    Raises:
        Error: the stack or the shape cannot be read, has holes or other axes, or the channels
            contradict each other.

    Example:
        >>> found = trace("Conv(out_channels=8, kernel_size=3, stride=2, padding=1) >> MaxPool(2)", "3@28x28")
        >>> found.sizes, str(found.output), found.costs.params
        (((28, 28), (14, 14), (7, 7)), '8@7x7', 224)
        >>> trace("Conv(kernel_size=5) >> Conv(kernel_size=3)", (28, 6)).reason
        'layer 1 (Conv), axis 1: the kernel must fit into the padded input: in_size + 2*padding >= \
dilation*(kernel_size - 1) + 1 is 2 + 0 >= 3'
    """
    source = with_axes(Shape.read(input, "input"), stack)
    layers = statement(stack, source)
    kinds = [layer.kind for layer in layers]
    settings = [tuple(tuple(domain[0] for domain in axis) for axis in layer.domains) for layer in layers]
    said = channels_said([kind for kind in kinds if kind.weighted], source.channels, None, channels)
    ratios = [
        kind.channel_ratio(on_axes, (1,)) if kind.flat_in else None
        for kind, on_axes in zip(kinds, settings, strict=True)
    ]
    said = told_behind(kinds, ratios, said)
    before, size = said[0], source.size
    weighted = 0
    passed: list[SolvedLayer] = []
    for place, (kind, on_axes) in enumerate(zip(kinds, settings, strict=True)):
        weighted += kind.weighted
        if isinstance(kind, Join):
            after = _channels_joined(kind, passed, before)
            joined = SolvedLayer.passing(kind, on_axes, (before, after), (size, size))
            fault = misjoined(joined, passed)
        else:
            after = said[weighted] if kind.weighted else _channels_behind(kind, on_axes, size, before)
            fault = next(_faults(kind, on_axes, size, (before, after)), None)
        if fault is not None:
            reason = f"layer {place} ({kind.name}){fault}"
            mends = tuple(_mends(kind, on_axes, size, (before, after)))
            near = tuple(_fitting(kinds, settings, source.size)) if kind.joins else ()
            instead = tuple(_instead(kind, size, passed)) if isinstance(kind, Join) and not near else ()
            return Trace(_shape(said[0], source), tuple(passed), place, reason, mends, near, instead)
        out = tuple(kind.size_map(setting).raw(number) for setting, number in zip(on_axes, size, strict=True))
        passed.append(SolvedLayer.passing(kind, on_axes, (before, after), (size, out)))
        before, size = after, out
    return Trace(_shape(said[0], source), tuple(passed))


def _shape(channels: int | None, source: Shape) -> Shape:
    return Shape(channels, () if source.flat else source.size)


def _channels_joined(kind: Join, passed: Sequence[SolvedLayer], before: int | None) -> int | None:
    """The channels behind a join; None where they are unknown, and where it cannot be."""
    other = passed[kind.layer].out_channels if kind.layer < len(passed) else None
    found = kind.completed(before, other, None)
    return found and found[2]


def _channels_behind(
    kind: LayerKind, settings: Sequence[Setting], size: Sequence[int], before: int | None
) -> int | None:
    """The channels behind a layer without weights; rounded down where they do not divide, which is a fault."""
    if before is None:
        return getattr(kind, "channels", None)
    over, under = kind.channel_ratio(settings, size)
    return before * over // under


def _faults(
    kind: LayerKind, settings: Sequence[Setting], size: Sequence[int], channels: tuple[int | None, int | None]
) -> Iterator[str]:
    """Why the layer refuses, behind its name: what concerns all axes, then axis by axis."""
    groups = kind.group_count()
    for name, number in zip(("in_channels", "out_channels"), channels, strict=True):
        if number is not None and number % groups:
            yield f": channels must be multiples of groups: {name} % groups == 0 is {number} % {groups} == 0"
    if not kind.weighted and channels[0] is not None:
        over, under = kind.channel_ratio(settings, size)
        own: int | None = getattr(kind, "channels", None)
        if channels[0] * over % under:
            equation = f"in_channels % {under} == 0 is {channels[0]} % {under} == 0"
            yield f": channels must be a multiple of {under}: {equation}"
        elif own is not None and own != channels[1]:
            yield f": in_channels == {own * under // over} is {channels[0]} == {own * under // over}"
    if prod(size) == 1 and (reason := kind.refuses_single(channels[0])):
        yield f": {reason}"
    for axis, (setting, number) in enumerate(zip(settings, size, strict=True)):
        out = kind.size_map(setting).raw(number)
        values = {p.name: value for p, value in zip(kind.axis_parameters, setting, strict=True)}
        rule = broken_rule(kind, setting, number, out)
        if rule is None and out > LARGEST_SIZE:
            rule = Rule("largest", f"out_size <= {LARGEST_SIZE}", "a size is at most 2^31 - 1")
        if rule is not None:
            sentence = _spelled_out(kind, rule)
            numbers = with_numbers(sentence, values | {"in_size": number, "out_size": out})
            yield f", axis {axis}: {rule.reason}: {sentence} is {numbers}"


def _fitting(
    kinds: Sequence[LayerKind], settings: Sequence[Sequence[Setting]], size: Sequence[int]
) -> Iterator[tuple[int, ...]]:
    """The nearest inputs with which every layer of a stack passes: no axis larger, then no axis smaller."""
    for step in (-1, 1):
        found = []
        for axis, number in enumerate(size):
            on_axis = [setting[axis] for setting in settings]
            near = (number + step * away for away in range(MOST_AWAY + 1) if number + step * away >= 1)
            found.append(next((one for one in near if _passes(kinds, on_axis, one)), None))
        known = tuple([number for number in found if number is not None])
        if len(known) == len(found) and known != tuple(size):
            yield known


def _instead(kind: Join, size: Sequence[int], passed: Sequence[SolvedLayer]) -> Iterator[str]:
    """What would stand where a join refuses two sizes: another layer to join, or what makes the sizes equal."""
    wanted = passed[kind.layer].out_size if kind.layer < len(passed) else ()
    missing = [there - here for there, here in zip(wanted, size, strict=False)]
    like = [place for place, layer in enumerate(passed[:-1]) if layer.out_size == tuple(size)]
    if any(missing) and like:
        yield f"{kind.name}({like[-1]})"
    for name, sign in (("Pad", 1), ("Crop", -1)):
        if any(missing) and not like and all(0 <= sign * one <= MOST_AWAY for one in missing):
            each = [(one // 2, one - one // 2) for one in (sign * one for one in missing)]
            sides = each[0] if len({*each}) == 1 else tuple(each)
            yield f"{name}({sides}) >> {kind.name}({kind.layer})"


def _passes(kinds: Sequence[LayerKind], settings: Sequence[Setting], size: int) -> bool:
    outs: list[int] = []
    for kind, setting in zip(kinds, settings, strict=True):
        if isinstance(kind, Join) and (kind.layer >= len(outs) or outs[kind.layer] != size):
            return False
        out = kind.size_map(setting).out(size)
        if out is None:
            return False
        outs.append(out)
        size = out
    return True


def _mends(
    kind: LayerKind, settings: Sequence[Setting], size: Sequence[int], channels: tuple[int | None, int | None]
) -> list[Mend]:
    """The nearest value of each parameter that suffices alone, on all axes the same."""
    found = []
    for place, parameter in enumerate(kind.axis_parameters):
        if kind.word(parameter.name) or kind.follows(parameter.name) or kind.units(parameter.name) > 1:
            continue
        now = max(setting[place] for setting in settings)
        for value in sorted(range(parameter.least, now + MOST_ADDED), key=lambda value: (abs(value - now), value)):
            changed = tuple((*setting[:place], value, *setting[place + 1 :]) for setting in settings)
            if next(_faults(kind, changed, size, channels), None) is None:
                maps = zip(changed, size, strict=True)
                out = tuple([kind.size_map(setting).raw(number) for setting, number in maps])
                found.append((abs(value - now), Mend(parameter.name, value, out)))
                break
    return [mend for _, mend in sorted(found)]


def _spelled_out(kind: LayerKind, rule: Rule) -> str:
    """The rule's sentence; one on out_size alone says what that is, where the kind has it in one formula."""
    definition = "out_size == "
    formula = next((r.sentence.removeprefix(definition) for r in kind.rules if r.sentence.startswith(definition)), None)
    if formula is None or set(names(parse(rule.sentence))) != {"out_size"}:
        return rule.sentence
    return rule.sentence.replace("out_size", formula)


def with_numbers(sentence: str, values: dict[str, int]) -> str:
    """A comparison with numbers for its names: a sum over a size term by term, anything else as one number.

    Example:
        >>> with_numbers("in_size + 2*padding >= kernel_size - 1", {"in_size": 2, "padding": 1, "kernel_size": 6})
        '2 + 2 >= 5'
    """
    node = parse(sentence)
    assert isinstance(node, Compare)  # noqa: S101 - every rule is one
    sides = [_side(part, values) for part in node.operands]
    return " ".join([sides[0], *(f"{op} {side}" for op, side in zip(node.operators, sides[1:], strict=True))])


def _side(node: Expr, values: dict[str, int]) -> str:
    if not {"in_size", "out_size"} & set(names(node)):
        return str(_number(node, values))
    first, *others = _terms(node, 1)
    text = str(first[0] * _number(first[1], values))
    for sign, term in others:
        number = sign * _number(term, values)
        text += f" - {-number}" if number < 0 or (number == 0 and sign < 0) else f" + {number}"
    return text


def _terms(node: Expr, sign: int) -> Iterator[tuple[int, Expr]]:
    match node:
        case Arithmetic("+" | "-" as operator, left, right):
            yield from _terms(left, sign)
            yield from _terms(right, sign if operator == "+" else -sign)
        case Negative(part):
            yield from _terms(part, -sign)
        case _:
            yield sign, node


def _number(node: Expr, values: dict[str, int]) -> int:
    return int(compiled(node, tuple(values))(*values.values()))
