"""What is proposed to a space: read, and judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from convsolve.space.branches import Branches
from convsolve.space.decisions import INPUT, combination_of
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


def check(branches: Branches, proposal: Solution | Mapping[str, Any]) -> Verdict:
    """The verdict on a proposal."""
    if (read := record(proposal)) is not None:
        proposal = read
    if isinstance(proposal, Solution):
        others = [branch.unlike(proposal) for branch in branches]
        if None not in others:
            # of several branches the one that it gets furthest in
            furthest = max((one for one in others if one), key=lambda one: -1 if one[0] is None else one[0])
            return Verdict(False, *furthest)  # noqa: FBT003 - the verdict itself
        like = [branch for branch, other in zip(branches, others, strict=True) if other is None]
        # of several that differ in their domains the one that has it, or the most of it
        branch = next((one for one in like if one.number(proposal) is not None), None) or min(
            like, key=lambda one: sum(1 for _ in _outside(one, proposal.start, one.settings(proposal)))
        )
        return _checked(branch, proposal.start, branch.settings(proposal))
    if unsaid := [name for name in branches.outer if name not in proposal]:
        raise _missing(unsaid)
    if (reason := branches.lacking(proposal)) is not None:
        return Verdict(False, None, reason)  # noqa: FBT003
    for branch, fixed in branches.fixed(proposal):
        missing = [decision.name for decision in branch.decisions.open if decision not in fixed]
        if missing:
            raise _missing(missing)
        free = [decision for decision in branch.decisions if decision not in fixed]
        if (empty := next((decision for decision in free if not decision.domain), None)) is not None:
            outer = " and ".join(f"{name} {value}" for name, value in branches.outer_of(branch).items())
            reason = f"no {empty.name} leads to the target{outer and f' with {outer}'}"
            return Verdict(False, None, reason)  # noqa: FBT003
        values = fixed | {decision: decision.domain[0] for decision in free}
        return _checked(branch, *combination_of(branch.problem, branch.decisions, values))
    raise Error(
        "bad-value",
        f"no combination of this space has all of these decisions: {', '.join(proposal)}",
        help=["space.values(solution) shows those of one"],
    )


def _missing(names: Sequence[str]) -> Error:
    others = f", nor have {len(names) - 1} others" if len(names) > 1 else ""
    help_line = "space.complete(partial) fills in the rest"
    return Error("missing-decision", f"{names[0]} has no value{others}", help=[help_line])


def _checked(branch: Branch, size: State, combination: Combination) -> Verdict:
    problem = branch.problem
    fault: tuple[int | None, str] | None = next(_outside(branch, size, combination), None)
    passed = _traced(problem, size, combination)
    if fault is None and not passed.valid:
        fault = (passed.failed_at, str(passed.reason))
    came_out = branch.comes_out(size, combination)
    if fault is None and came_out is not None and came_out not in problem.target:
        came, goal = Shape(None, came_out), replace(problem.target, channels=None)
        fault = (len(combination) - 1, f"the layers make {came}, not {goal}")
    if fault is None and branch.number_of(size, combination) is None:
        fault = (None, _unmet(problem, size, combination))
    return Verdict(True, None, None, passed.sizes) if fault is None else Verdict(False, *fault, passed.sizes)  # noqa: FBT003


def record(proposal: object) -> Solution | None:
    """The solution of a record; None where it is no record."""
    return Solution.from_dict(proposal) if isinstance(proposal, Mapping) and "schema" in proposal else None


def _outside(branch: Branch, size: State, combination: Combination) -> Iterator[tuple[int | None, str]]:
    """Values that are not in their domain, or differ where axes share them."""
    for decision in branch.decisions:
        if decision.place == INPUT:
            if size[decision.axes[0]] not in decision.domain:
                yield None, f"no way leads from {decision.name} {size[decision.axes[0]]} to the target"
            continue
        layer = branch.problem.layers[decision.place]
        what = f"layer {decision.place} ({layer.kind.name}): {decision.parameter}"
        values = [combination[decision.place][axis][decision.position] for axis in decision.axes]
        if len(set(values)) > 1:
            each = "x".join(str(layer.kind.told(decision.parameter, value)) for value in values)
            yield decision.place, f"{what} is {each}, and equal on all axes here"
        elif values[0] not in decision.domain:
            domain = domain_text(decision.domain, layer.kind.units(decision.parameter))
            yield decision.place, f"{what} {layer.kind.told(decision.parameter, values[0])} is not among {domain}"


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
    source = Extent.of(_input(problem, size, problem.input.channels))
    return replace(problem, layers=layers, input=source, open_stack=None, undivided=None)


def _input(problem: Problem, size: State, channels: int | None = None) -> Shape:
    return Shape(channels, size, problem.input.flat)


def _traced(problem: Problem, size: State, combination: Combination) -> Trace:
    stack = _fixed(problem, size, combination).stack()
    return trace(stack, _input(problem, size), channels=problem.channel_list())


def _unmet(problem: Problem, size: State, combination: Combination) -> str:
    """Which condition is not met."""
    alone = _fixed(problem, size, combination)
    for condition in problem.where:
        if not Branch(replace(alone, where=(condition,))).total:
            return f"the condition {condition} is not met"
    raise AssertionError(combination)
