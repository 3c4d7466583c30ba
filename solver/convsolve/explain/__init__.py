"""Why a question has no answer: what cannot hold together, what would mend it, what is near."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from convsolve.answer import Status
from convsolve.events import Ended, Event, Explained, Listener
from convsolve.explain.causes import causes
from convsolve.explain.changes import changes
from convsolve.explain.conflict import impossible_axes, minimal
from convsolve.explain.facts import facts
from convsolve.explain.nearest import nearest
from convsolve.explain.reach import possible
from convsolve.explanation import Explanation
from convsolve.problem import Problem
from convsolve.wording import because


def explain(problem: Problem) -> Explanation:
    """Explain an impossible question.

    Args:
        problem: the question; that it has no answer must be known.

    Example:
        >>> from convsolve.problem import ask
        >>> found = explain(ask(7, 28, layers=2, kernel_size=3, stride=2, padding=1, output_padding=0))
        >>> [reason.what for reason in found.conflict]
        ['output_padding', 'kernel_size', 'input', 'target']
        >>> found.changes[0].relax, [near.size for near in found.nearest]
        ({'output_padding': '0..1'}, [(25,)])
    """
    blamed, axis, impossible = problem, None, []
    if problem.where:
        # conditions are to blame only where the sizes alone would do
        bare = replace(problem, where=())
        if not possible(bare):
            blamed = bare
    if not blamed.where:
        impossible = impossible_axes(blamed)
        axis = impossible[0] if impossible else None
    conflict = minimal(blamed, axis)
    innocent = [reason for reason in facts(problem) if reason.what == "where"] if blamed is not problem else []
    found = Explanation(
        conflict=conflict.facts,
        acquitted=(*conflict.acquitted, *innocent),
        causes=tuple(causes(blamed, axis, conflict.facts, conflict.acquitted)),
        changes=tuple(changes(problem, axis, conflict.facts)),
        nearest=tuple(nearest(problem, impossible)),
        minimal=conflict.minimal,
    )
    return replace(found, because=because(problem, found))


def explained(work: Callable[[Listener], None], problem: Problem, report: Listener) -> None:
    """Do the work of a search; where it ends in impossibility, tell why, too."""
    ended: list[Status] = []

    def hear(event: Event) -> None:
        if isinstance(event, Ended):
            ended.append(event.status)
        report(event)

    work(hear)
    if ended == [Status.IMPOSSIBLE] and problem.single:
        report(Explained(explain(problem)))
