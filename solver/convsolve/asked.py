"""A question as its user would write it: what is default is left out, so that little of it has to change."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from convsolve.conditions import Condition, conditions_record
from convsolve.domains import Domain, Domains, domain_text
from convsolve.errors import Error
from convsolve.filling import Layer
from convsolve.layers.base import AxisParameter, Word
from convsolve.layers.unflatten import STARTS
from convsolve.objectives import Objective
from convsolve.posing import ask
from convsolve.problem import PARAMETERS, Problem
from convsolve.shapes import Extent
from convsolve.stack import Repeat, Stack, Written, write
from convsolve.widths import Widths

OPTIONS = dict(zip(PARAMETERS, ("-k", "-s", "-p", "-d", "--output-padding"), strict=True))


@dataclass(frozen=True)
class Asked:
    """A question as written.

    Attributes:
        source: the shape that goes in.
        target: the shape that must come out.
        layers: the layers; a hole with its default limits is left open. What is repeated a number of times
            that is to be found stands there once.
        tie: as the problem has it.
        channels: as a list has them; None where the shapes say all.
        objectives: what shall be least or most.
        where: what else must hold.
        repeats: which layers are repeated so.

    Example:
        >>> Asked.of(ask(7, 28, layers=2, kernel_size=3, stride="1..4")).command()
        'convsolve solve 7 28 --layers 2 -k 3'
    """

    source: Extent
    target: Extent
    layers: tuple[Written, ...]
    tie: str
    channels: tuple[int | str | None, ...] | None
    objectives: tuple[Objective, ...]
    where: tuple[Condition, ...]
    repeats: tuple[Repeat, ...] = ()

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """The question that gives this problem."""
        family = problem.family
        problem = problem.undivided or problem
        where = (*(family.where if family else ()), *problem.where)
        repeats = problem.open_stack.repeats if problem.open_stack else ()
        once = _once(problem.layers, repeats)
        made: dict[Layer, Written] = {}
        for layer in once:
            if layer not in made:
                made[layer] = _written(layer)
        layers = tuple(made[layer] for layer in once)
        if problem.open_stack:
            layers = tuple(_with_open(one, said) for one, said in zip(layers, problem.open_stack.layers, strict=True))
        asked = cls(problem.input, problem.target, layers, problem.tie, None, problem.objectives, where, repeats)
        if problem.widths and None in problem.widths.parts:  # they stand in the stack
            return replace(asked, layers=with_widths(layers, problem.widths))
        if problem.widths:
            return replace(asked, channels=tuple(problem.widths.record))
        if repeats or not any(problem.channels) or asked._channels() == problem.channels:
            return asked
        behind = (number for number, one in zip(problem.channels[1:], problem.layers, strict=True) if one.kind.weighted)
        return replace(asked, channels=(problem.channels[0], *behind))

    def _channels(self) -> tuple[int | None, ...] | None:
        try:
            return self.problem().channels
        except Error:
            return None

    @property
    def _stack(self) -> Stack:
        return Stack(self.layers, self.repeats)

    def problem(self) -> Problem:
        """The question, read; raises Error where it cannot be asked."""
        return ask(
            self.source,
            self.target,
            stack=self._stack,
            tie=self.tie,
            channels=self.channels,
            minimize=[*map(str, self.objectives)] or None,
            **conditions_record(self.where),
        )

    def with_depth(self, layers: Sequence[Written], problem: Problem) -> Self:
        """The same with other layers: their channels are completed anew."""
        if self.channels is None:
            return replace(self, layers=tuple(layers))
        first = replace(self.source, channels=problem.channels[0])
        last = replace(self.target, channels=problem.channels[-1])
        return replace(self, layers=tuple(layers), source=first, target=last, channels=None)

    def command(self) -> str:
        """The question as it is typed."""
        start = self._behind_latent()
        if start is not None:
            return f"{start.command()} --latent {self.source.channels}"
        words = ["convsolve", "solve", str(self.source), str(self.target)]
        options = self._options()
        words += ["--stack", str(self._stack)] if options is None else options
        if self.tie != "default":
            words += ["--tie", self.tie]
        if self.channels is not None:
            words += ["--channels", ",".join(map(str, self.channels))]
        for objective in self.objectives:
            words += ["--minimize" if objective.least else "--maximize", objective.cost]
        for condition in self.where:
            words += [str(condition)] if condition.named else ["--where", condition.text]
        return shlex.join(words)

    def _options(self) -> list[str] | None:
        """Options instead of a stack, where all layers are the same and say nothing that has no option."""
        first = self.layers[0]
        if not first.kind.weighted or any(layer != first for layer in self.layers):
            return None
        if any(name not in OPTIONS for name, _ in first.parameters):
            return None
        if self.repeats:
            if len(self.layers) > 1:
                return None
            words = ["--layers", domain_text(self.repeats[0].times)]
        else:
            words = ["--layers", str(len(self.layers))] if len(self.layers) > 1 else []
        if not self._automatic():
            words += ["--layer", first.kind.record]
        for name, value in first.parameters:
            words += [OPTIONS[name], str(value)]
        return words

    def _behind_latent(self) -> Self | None:
        """The question behind a latent vector, where it begins with one; None where it must be written as a stack."""
        if len(self.layers) < 3 or not self.source.flat or any(repeat.first < 2 for repeat in self.repeats):
            return None
        linear, unflatten, *others = self.layers
        if linear.kind.name != "Linear" or linear.parameters or not unflatten.kind.lifts or not self.target.sizes:
            return None
        said = dict(unflatten.parameters)
        sizes, channels = said.get("sizes"), said["channels"]
        each = sizes.on(self.source.axes) if isinstance(sizes, Domains) else (STARTS,) * self.source.axes
        spans = tuple(range(domain[0], domain[-1] + 1) for domain in each)
        if any(domain != tuple(span) for domain, span in zip(each, spans, strict=True)) or type(channels) is not int:
            return None
        return replace(
            self,
            source=Extent(channels, spans),
            layers=tuple(others),
            channels=self.channels and (channels, *self.channels[2:]),
            repeats=tuple(one._replace(first=one.first - 2, last=one.last - 2) for one in self.repeats),
        )

    def _automatic(self) -> bool:
        """Whether the kind of the layers goes without saying."""
        try:
            source, target = (end if end.forms else end.sizes for end in (self.source, self.target))
            return isinstance(ask(source, target).layers[0].kind, self.layers[0].kind)
        except Error:
            return False


def _with_open(layer: Written, said: Written) -> Written:
    """The layer with the options that are to be found."""
    known = dict(said.parameters)
    found = {option.name: known[option.name] for option in layer.kind.options if option.open and option.name in known}
    return write(layer.kind, (), dict(layer.parameters) | found)


def with_widths(layers: Sequence[Written], widths: Widths) -> tuple[Written, ...]:
    """The layers with the out_channels that are to be found, or were given."""
    behind = iter(widths.record[1:])
    said = [next(behind) if layer.kind.weighted else None for layer in layers]
    return tuple(
        layer if number is None else write(layer.kind, (), dict(layer.parameters) | {"out_channels": _bare(number)})
        for layer, number in zip(layers, said, strict=True)
    )


def _bare(number: int | str) -> int | str:
    return number.strip("[]") if isinstance(number, str) else number


def _once(layers: Sequence[Layer], repeats: Sequence[Repeat]) -> list[Layer]:
    """The fewest layers, with what is repeated taken once."""
    found: list[Layer] = []
    rest = list(layers)
    for repeat in repeats:
        length = repeat.last - repeat.first
        before = repeat.first - len(found)
        found += rest[: before + length]
        rest = rest[before + length * repeat.times[0] :]
    return found + rest


def _written(layer: Layer) -> Written:
    kind = layer.kind
    said: dict[str, Domains | Word] = {}
    known: list[dict[str, Domain]] = [
        {p.name: domain for p, domain in zip(kind.axis_parameters, axis, strict=True)} for axis in layer.of_one
    ]
    for place, parameter in enumerate(kind.axis_parameters):
        each = tuple(axis[place] for axis in layer.of_one)
        per_axis = parameter.name in layer.per_axis
        if kind.follows(parameter.name):
            continue
        if word := kind.word(parameter.name):
            said[parameter.name] = word
        elif per_axis or each != tuple(default(layer, parameter, axis) for axis in known):
            said[parameter.name] = Domains(each if per_axis else each[:1], per_axis, kind.units(parameter.name))
    for option in kind.options:
        value = getattr(kind, option.name)
        if value != option.default:
            said[option.name] = value
    names = [*(item.name for item in kind.axis_parameters), *(item.name for item in kind.options)]
    return Written(kind.__class__, tuple((name, said[name]) for name in names if name in said))


def default(layer: Layer, parameter: AxisParameter, known: dict[str, Domain]) -> Domain | None:
    """What the parameter's domain is on an axis where nobody says it; None where someone must."""
    if parameter.hole:
        return layer.kind.default_limits(parameter, known)
    return (parameter.default,) if isinstance(parameter.default, int) else None
