"""What is decided in a question, by name: ``0.kernel_size``, ``2.padding.1``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from convsolve.answer import Solution
from convsolve.domains import Domain
from convsolve.errors import Error, shown_value
from convsolve.expansion import Settings
from convsolve.layers.base import Setting
from convsolve.listing import Combination
from convsolve.problem import Problem
from convsolve.tables import State

if TYPE_CHECKING:
    from convsolve.space.branch import Branch

Word = TypeVar("Word", bound=StrEnum)
Given = Mapping[str, object]
Fixed = Mapping["Decision", int]
INPUT = -1  # in place of a layer's number, where the input's size is decided
NOTHING: Given = MappingProxyType({})


class Decision(NamedTuple):
    """One number to be chosen: a parameter of a layer on one axis, or on several that share it; an input's size.

    Attributes:
        name: ``layer.parameter``, behind it the first of its axes where others do not share it; ``input``.
        place: the layer's number, or `INPUT`.
        position: where the parameter stands in a setting.
        axes: the axes that it holds for.
        domain: what it may be.
    """

    name: str
    place: int
    position: int
    axes: tuple[int, ...]
    domain: Domain

    def of(self, solution: Solution, problem: Problem) -> int:
        """Its value in a combination, as the question counts it."""
        axis = self.axes[0]
        if self.place == INPUT:
            return solution.start[axis]
        return problem.layers[self.place].recounted(solution.layers[self.place])[axis][self.position]

    @property
    def parameter(self) -> str:
        """What is decided, without the layer and the axis."""
        return "input" if self.place == INPUT else self.name.split(".")[1]

    @property
    def bare(self) -> str:
        """The name without an axis."""
        return "input" if self.place == INPUT else f"{self.place}.{self.parameter}"


class Decisions:
    """All decisions of a question, layer by layer, with one value or more."""

    def __init__(self, branch: Branch) -> None:
        self._every = (*_inputs(branch), *_decisions(branch.problem))

    def __iter__(self) -> Iterator[Decision]:
        return iter(self._every)

    @cached_property
    def open(self) -> tuple[Decision, ...]:
        """Those with something to choose."""
        return tuple(decision for decision in self if len(decision.domain) > 1)

    @cached_property
    def _named(self) -> Mapping[str, tuple[Decision, ...]]:
        """Every name that is understood, with the decisions that it stands for."""
        found: dict[str, list[Decision]] = {}
        for decision in self:
            found.setdefault(decision.bare, []).append(decision)
            for axis in decision.axes:
                found[f"{decision.bare}.{axis}"] = [decision]
        return {name: tuple(some) for name, some in found.items()}

    def named(self, name: str) -> tuple[Decision, ...]:
        """The decisions of a name, of ``0.padding`` those of all axes; none where there are none."""
        return self._named.get(name, ())

    def decided(self, problem: Problem, values: Fixed) -> dict[int, Settings]:
        """The layers in which every open decision has a value, with their settings."""
        missing = {decision.place for decision in self if len(decision.domain) != 1 and decision not in values}
        found = {
            place: [[domain[0] for domain in axis] for axis in layer.domains]
            for place, layer in enumerate(problem.layers)
            if place not in missing
        }
        for decision in self:
            if decision.place in found:
                value = values[decision] if decision in values else decision.domain[0]
                for axis in decision.axes:
                    found[decision.place][axis][decision.position] = value
        return {
            place: tuple([_completed(problem, place, tuple(setting)) for setting in settings])
            for place, settings in found.items()
        }


def integer(value: object) -> int | None:
    """A number as an int, be it numpy's or another library's; None where it is none."""
    if isinstance(value, bool):
        return None
    index = getattr(value, "__index__", None)
    return None if index is None else int(index())


def word_of(kind: type[Word], value: object, what: str) -> Word:
    """One of some words, as it is given."""
    try:
        return kind(str(value))
    except ValueError:
        raise Error("bad-value", f"{shown_value(value)} is no {what}", help=[f"known: {', '.join(kind)}"]) from None


def whole(name: str, value: object) -> int:
    """A number from 0 on, as it is given."""
    number = integer(value)
    if number is None or number < 0:
        raise Error("bad-value", f"{name} must be a number from 0 on, not {shown_value(value)}")
    return number


def combination_of(problem: Problem, decisions: Decisions, values: Fixed) -> tuple[State, Combination]:
    """The input's size, and the combination in which every decision has its value."""
    inputs = {decision.axes[0]: value for decision, value in values.items() if decision.place == INPUT}
    size = tuple(inputs.get(axis, sizes[0]) for axis, sizes in enumerate(problem.input.sizes))
    settings = decisions.decided(problem, values)
    return size, tuple(settings[place] for place in range(len(problem.layers)))


def _completed(problem: Problem, place: int, setting: Setting) -> Setting:
    """The setting with what follows another parameter put in."""
    kind = problem.layers[place].kind
    found = list(setting)
    for position, parameter in enumerate(kind.axis_parameters):
        if isinstance(parameter.default, str) and kind.follows(parameter.name):
            found[position] = setting[kind.positions()[parameter.default]]
    return tuple(found)


def _inputs(branch: Branch) -> Iterator[Decision]:
    """The input's size on each axis on which it is to be found; those sizes that lead to the target."""
    for axis, sizes in enumerate(branch.problem.input.sizes):
        if len(sizes) > 1:
            part, at = branch.places[axis]
            name = "input" if branch.problem.axes == 1 else f"input.{axis}"
            live = sorted({state[at] for state, _ in branch.parts[part].sources})
            yield Decision(name, INPUT, 0, (axis,), tuple(live))


def _decisions(problem: Problem) -> Iterator[Decision]:
    for place, (layer, ties) in enumerate(zip(problem.layers, problem.ties, strict=True)):
        for position, (parameter, leaders) in enumerate(zip(layer.kind.axis_parameters, ties, strict=True)):
            if layer.kind.follows(parameter.name) or layer.kind.word(parameter.name):
                continue
            for leader in dict.fromkeys(leaders):
                axes = tuple(axis for axis, one in enumerate(leaders) if one == leader)
                common = set.intersection(*(set(layer.domains[axis][position]) for axis in axes))
                whole = len(axes) == problem.axes
                name = f"{place}.{parameter.name}" if whole else f"{place}.{parameter.name}.{leader}"
                yield Decision(name, place, position, axes, tuple(sorted(common)))
