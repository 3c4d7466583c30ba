"""What is proposed to a space: read, and judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from convsolve.answer import Solution
from convsolve.domains import domain_text
from convsolve.errors import Error
from convsolve.filling import Layer
from convsolve.listing import Combination
from convsolve.problem import Problem
from convsolve.shapes import Extent, Shape
from convsolve.space.branch import Branch
from convsolve.space.decisions import INPUT, Decisions, combination_of
from convsolve.tables import State
from convsolve.tracing import Trace, trace


@dataclass(frozen=True)
class Verdict:
    """Whether something is a combination of a space; true where it is.

    Attributes:
        ok: whether it is.
        layer: the number of the layer that is at fault; None where no single one is.
        reason: what is wrong.
        sizes: the input's size and each layer's output, as far as the layers pass it.
    """

    ok: bool
    layer: int | None = None
    reason: str | None = None
    sizes: tuple[tuple[int, ...], ...] = ()

    def __bool__(self) -> bool:
        return self.ok


def number(branch: Branch, solution: Solution) -> int | None:
    """The number of a solution in a branch; None where it is none of it."""
    if unlike(branch.problem, solution) is not None:
        return None
    found = branch.number(solution.input.size, tuple([layer.settings for layer in solution.layers]))
    return None if found is None or branch.solution(found) != solution else found


def check(problem: Problem, branch: Branch, decisions: Decisions, proposal: Solution | Mapping[str, Any]) -> Verdict:
    """The verdict on a proposal."""
    if (read := record(proposal)) is not None:
        proposal = read
    if isinstance(proposal, Solution):
        if (other := unlike(problem, proposal)) is not None:
            return Verdict(False, *other)  # noqa: FBT003 - the verdict itself
        size, combination = proposal.input.size, tuple([layer.settings for layer in proposal.layers])
    else:
        fixed = decisions.fixed(proposal)
        missing = [decision.name for decision in decisions.open if decision not in fixed]
        if missing:
            raise Error(
                "missing-decision",
                f"{missing[0]} has no value" + (f", nor have {len(missing) - 1} others" if len(missing) > 1 else ""),
                help=["space.complete(partial) fills in the rest"],
            )
        values = {decision: fixed.get(decision, decision.domain[0]) for decision in decisions}
        size, combination = combination_of(problem, decisions, values)
    fault: tuple[int | None, str] | None = next(_outside(problem, decisions, size, combination), None)
    passed = _traced(problem, size, combination)
    if fault is None and not passed.valid:
        fault = (passed.failed_at, str(passed.reason))
    if fault is None and passed.sizes[-1] not in problem.target:
        came, goal = Shape(None, passed.sizes[-1]), replace(problem.target, channels=None)
        fault = (len(combination) - 1, f"the layers make {came}, not {goal}")
    if fault is None and branch.number(size, combination) is None:
        fault = (None, _unmet(problem, size, combination))
    return Verdict(True, None, None, passed.sizes) if fault is None else Verdict(False, *fault, passed.sizes)  # noqa: FBT003


def record(proposal: object) -> Solution | None:
    """The solution of a record; None where it is no record."""
    return Solution.from_dict(proposal) if isinstance(proposal, Mapping) and "schema" in proposal else None


def unlike(problem: Problem, solution: Solution) -> tuple[int | None, str] | None:
    """What makes the solution one of another stack, with the layer: its kinds, channels or input."""
    if len(solution.layers) != len(problem.layers):
        return None, f"there are {len(solution.layers)} layers, not {len(problem.layers)}"
    for place, (layer, asked) in enumerate(zip(solution.layers, problem.layers, strict=True)):
        wanted_kind = asked.kind.settled(problem.channels[place + 1])
        if type(layer.kind) is not type(wanted_kind):
            return place, f"layer {place} is {layer.kind.name}, not {wanted_kind.name}"
        channels = (layer.in_channels, layer.out_channels)
        if channels != problem.channels[place : place + 2]:
            said = [
                " -> ".join("?" if one is None else str(one) for one in some)
                for some in (channels, problem.channels[place : place + 2])
            ]
            return place, f"layer {place} ({layer.kind.name}) has channels {said[0]}, not {said[1]}"
        if layer.kind != wanted_kind:
            return place, f"layer {place} ({layer.kind.name}) has other options"
    if solution.input.size not in problem.input:
        return None, f"the input is {Shape(None, solution.input.size)}, not {replace(problem.input, channels=None)}"
    return None


def _outside(
    problem: Problem, decisions: Decisions, size: State, combination: Combination
) -> Iterator[tuple[int | None, str]]:
    """Values that are not in their domain, or differ where axes share them."""
    for decision in decisions:
        if decision.place == INPUT:
            if size[decision.axes[0]] not in decision.domain:
                yield None, f"no way leads from {decision.name} {size[decision.axes[0]]} to the target"
            continue
        layer = problem.layers[decision.place]
        what = f"layer {decision.place} ({layer.kind.name}): {decision.parameter}"
        values = [combination[decision.place][axis][decision.position] for axis in decision.axes]
        if len(set(values)) > 1:
            each = "x".join(map(str, values))
            yield decision.place, f"{what} is {each}, and equal on all axes here"
        elif values[0] not in decision.domain:
            yield decision.place, f"{what} {values[0]} is not among {domain_text(decision.domain)}"


def _fixed(problem: Problem, size: State, combination: Combination) -> Problem:
    """The question with nothing left to choose."""
    layers = tuple(
        Layer(
            layer.kind,
            tuple(tuple((value,) for value in setting) for setting in settings),
            frozenset(parameter.name for parameter in layer.kind.axis_parameters),
        )
        for layer, settings in zip(problem.layers, combination, strict=True)
    )
    return replace(problem, layers=layers, input=Extent.of(Shape(problem.input.channels, size)))


def _traced(problem: Problem, size: State, combination: Combination) -> Trace:
    channels = problem.to_dict()["channels"]
    return trace(_fixed(problem, size, combination).stack(), Shape(None, size), channels=channels)


def _unmet(problem: Problem, size: State, combination: Combination) -> str:
    """Which condition is not met."""
    alone = _fixed(problem, size, combination)
    for condition in problem.where:
        if not Branch(replace(alone, where=(condition,))).total:
            return f"the condition {condition} is not met"
    raise AssertionError(combination)
