"""Several inputs for one stack: the one that has no answer by itself, or the fewest that exclude each other.

Each input by itself is a question, which is explained as such; what mends it is tried on the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from convsolve.asked import Asked
from convsolve.errors import Error
from convsolve.explain.asking import CHANGES, Asking
from convsolve.explain.channels import asked_of
from convsolve.explain.conflict import minimal
from convsolve.explain.facts import facts
from convsolve.explain.nearest import around_target
from convsolve.explain.reach import Axis
from convsolve.explain.solving import solved
from convsolve.explanation import Change, Explanation, Reason
from convsolve.plain import empty, plain
from convsolve.problem import Problem
from convsolve.shapes import Extent

Explain = Callable[[Problem, Problem], Explanation]  # a question of one input, and the whole that its changes must mend
A_FEW = 3  # targets that are tried in each direction


def several(problem: Problem, alone: Explain) -> Explanation:
    """Explain an impossible question with several inputs.

    Args:
        problem: the question, with one number of layers.
        alone: explains one of them.
    """
    asking = Asking()
    every = range(problem.inputs)
    for place in every:
        one = _of(problem, [place])
        if asking.answer(one) is False:
            found = alone(one, problem)
            so = f"because {one.input} -> {one.target} has no answer by itself, and one stack must serve all inputs:"
            made = (*_dropped(problem, place, asking), *found.changes, *_moved(problem, place, asking))
            return replace(found, because=(so, *found.because), changes=made, nearest=())
    return _together(problem, asking)


def _together(problem: Problem, asking: Asking) -> Explanation:
    """The explanation where no input is known to have no answer by itself."""
    every = range(problem.inputs)
    marks = [Reason("input", str(place)) for place in every]

    def oracle(dropped: Collection[Reason]) -> bool | None:
        kept = [place for place in every if marks[place] not in dropped]
        return asking.answer(_of(problem, kept)) if kept else True

    kept = [int(mark.value) for mark in minimal(marks, oracle).facts]
    core = _of(problem, kept)
    known = [fact for fact in facts(core) if fact.what != "tie" or core.axes > core.inputs]
    each_does = all(asking.possible(_of(problem, [place])) for place in kept)
    which = "possible, each by itself, and not together" if each_does else "asked of one stack"
    ways = " and ".join(f"{one.input} -> {one.target}" for one in (_of(problem, [place]) for place in kept))
    return Explanation(
        problem=core,
        conflict=tuple(known),
        acquitted=(),
        causes=(),
        changes=tuple(change for mend in (_dropped, _moved) for at in kept for change in mend(problem, at, asking)),
        nearest=(),
        because=(
            f"because {ways} are {which}",
            "so no stack within the limits serves them all",
        ),
        unsettled=tuple(fact for fact in known if fact.what not in ("input", "target")),
    )


def _of(problem: Problem, places: Sequence[int]) -> Problem:
    """The question of some of the inputs."""
    sources, goals = ([end.each[at] for at in places] for end in (problem.input, problem.target))
    return _written(problem, sources, goals).problem()


def _written(problem: Problem, sources: Sequence[Extent], goals: Sequence[Extent]) -> Asked:
    return replace(asked_of(problem), source=_joined(sources), target=_joined(goals))


def _joined(each: Sequence[Extent]) -> Extent:
    sizes = tuple(size for one in each for size in one.sizes)
    return replace(each[0], sizes=sizes, inputs=len(each))


def _dropped(problem: Problem, place: int, asking: Asking) -> Iterator[Change]:
    """The question without one of its inputs, where that is possible."""
    kept = [other for other in range(problem.inputs) if other != place]
    sources, goals = ([end.each[at] for at in kept] for end in (problem.input, problem.target))
    yield from _tried(problem, sources, goals, asking, "input", "target")


def _moved(problem: Problem, place: int, asking: Asking) -> Iterator[Change]:
    """The question with the nearest target of one input that all the others can stand, below and above."""
    goal = problem.target.each[place]
    if len(goal.sizes) > 1:
        return
    try:
        alone = plain(_of(problem, [place]))
    except Error:  # a condition speaks of another input's axis
        return
    if empty(alone):
        return
    for some in around_target(Axis(alone, 0)):
        for size in some[:A_FEW]:
            goals = [*problem.target.each]
            goals[place] = replace(goal, sizes=(range(size, size + 1),))
            if found := [*_tried(problem, problem.input.each, goals, asking, "target")]:
                yield from found
                break


def _tried(
    problem: Problem, sources: Sequence[Extent], goals: Sequence[Extent], asking: Asking, *names: str
) -> Iterator[Change]:
    asked = _written(problem, sources, goals)
    said = {"input": str(asked.source), "target": str(asked.target)}
    try:
        changed = asked.problem()
    except Error:
        return
    if asking.possible(changed):
        solution = solved(changed, asking.renewed(CHANGES))
        yield Change({name: said[name] for name in names}, asked.command(), solution)
