"""Why a question has no answer: what cannot hold together, what would mend it, what is near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from convsolve.explain.asking import CHANGES, NEAREST, Asking
from convsolve.explain.causes import excluded, on_axis, tied
from convsolve.explain.changes import changes
from convsolve.explain.channels import asked_of, of_one_group, standing, stands_for_all
from convsolve.explain.conflict import Conflict, impossible_axes, of_settings, on_all_axes, on_one_axis
from convsolve.explain.facts import facts
from convsolve.explain.families import of_family
from convsolve.explain.nearest import nearest
from convsolve.explain.several import several
from convsolve.explain.told import told
from convsolve.explain.trial import Bench
from convsolve.explanation import Cause, Explanation
from convsolve.plain import plain
from convsolve.problem import Problem
from convsolve.wording import because, told_of


def explain(problem: Problem) -> Explanation:
    """Explain an impossible question.

    Args:
        problem: the question; that it has no answer must be known. Where sizes or the number of layers
            are to be found, one of the questions that it stands for is told of: see `convsolve.explain.told`;
            of channels that are, all lists: see `convsolve.explain.channels`;
            of several inputs, those that are to blame: see `convsolve.explain.several`; of a family, a few
            members: see `convsolve.explain.families`.

    Example:
        >>> from convsolve.posing import ask
        >>> found = explain(ask(7, 28, layers=2, kernel_size=3, stride=2, padding=1, output_padding=0))
        >>> [reason.what for reason in found.conflict]
        ['output_padding', 'kernel_size', 'input', 'target']
        >>> found.changes[0].relax, [near.size for near in found.nearest]
        ({'output_padding': '0..1'}, [(25,)])
    """
    if problem.family:
        return of_family(problem, explain)
    problem = standing(asked_of(of_one_group(problem))) if problem.widths else problem
    one = problem if problem.single else told(problem)
    found = several(one, _explained) if one.inputs > 1 else _explained(one)
    return replace(found, because=(*told_of(problem, one), *_by_channels(one), *found.because))


def _by_channels(problem: Problem) -> Iterator[str]:
    """The layers to which the channels on both sides leave one setting."""
    for place, (layer, (before, after)) in enumerate(zip(problem.layers, pairwise(problem.channels), strict=True)):
        kind = layer.kind
        if kind.weighted or kind.lifts or not kind.axis_parameters or before is None or after is None:
            continue
        (value, *others), name = layer.domains[0][0], kind.axis_parameters[0].name
        over, under = kind.channel_ratio(((value + 1,),) * problem.axes, ())
        if not others and over != under:
            ends = f"{before} channels in front of layer {place} ({kind.name}) and {after} behind it"
            yield f"because {ends} leave {name} {value}: {name} {value + 1} makes {over} of {under}"


def _explained(problem: Problem, whole: Problem | None = None) -> Explanation:
    found = _with_causes(problem, whole)
    return replace(found, because=because(problem, found))


def _with_causes(problem: Problem, whole: Problem | None) -> Explanation:
    asking = Asking()
    blamed = blame(problem, asking)
    bench = Bench(problem, asked_of(problem), blamed.axis, blamed.conflict.acquitted, asking.renewed(CHANGES), whole)
    made = changes(bench, blamed.conflict.facts)
    near = replace(bench, asking=asking.renewed(NEAREST))
    return Explanation(
        problem=problem,
        conflict=blamed.conflict.facts,
        acquitted=blamed.conflict.acquitted,
        causes=blamed.causes,
        changes=tuple(made),
        nearest=tuple(nearest(near, blamed.axes)) if blamed.by_size else (),
        unsettled=blamed.conflict.unsettled,
        cut=bench.asking.spent or near.asking.spent,
    )


class Blame(NamedTuple):
    """What is to blame, and why.

    Attributes:
        conflict: facts that cannot hold together.
        causes: the numbers behind it.
        axes: those that have no answer by themselves.
        by_size: whether sizes have to do with it at all.
    """

    conflict: Conflict
    causes: tuple[Cause, ...]
    axes: Sequence[int] = ()
    by_size: bool = True

    @property
    def axis(self) -> int | None:
        """The axis that is told of; None where all are in the way together."""
        return self.axes[0] if self.axes else None


def blame(problem: Problem, asking: Asking) -> Blame:
    """What cannot hold together, the simplest first: conditions and limits, an axis alone, all together."""
    conflict = of_settings(problem, asking) if problem.where else None
    if conflict is not None:
        return Blame(conflict, tuple(excluded(problem, conflict.facts)), by_size=False)
    if not stands_for_all(problem):
        return Blame(on_all_axes(problem, asking), (), by_size=False)
    # conditions that are no limits are to blame only where the sizes alone would do
    demanded = plain(problem).where
    bare = replace(problem, where=tuple(one for one in problem.where if one not in demanded))
    blamed, axes = bare, impossible_axes(bare, asking)
    if not axes and asking.answer(bare) is not False:
        blamed, axes = problem, impossible_axes(problem, asking)
    conflict = on_one_axis(blamed, axes[0], asking) if axes else on_all_axes(blamed, asking)
    innocent = [fact for fact in facts(problem) if fact.what == "where" and fact not in conflict.of_all]
    conflict = conflict._replace(acquitted=(*conflict.acquitted, *innocent))
    if not axes:
        return Blame(conflict, tuple(tied(problem, conflict.facts)))
    causes = on_axis(blamed, axes[0], conflict.acquitted) if blamed is bare else ()
    return Blame(conflict, tuple(causes), axes)
