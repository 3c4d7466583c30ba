"""Targets next to the one asked for that can be reached within the same limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from convsolve.asked import Asked
from convsolve.errors import Error
from convsolve.explain.changes import twins
from convsolve.explain.reach import LARGEST, Axis
from convsolve.explain.solving import solved
from convsolve.explain.trial import Bench
from convsolve.explanation import Near
from convsolve.plain import plain
from convsolve.problem import Problem

A_FEW = 3  # candidates that are tried in each direction where axes depend on each other


def nearest(bench: Bench, impossible: Sequence[int]) -> list[Near]:
    """The nearest in each direction, axis by axis where but one is in the way."""
    problem = bench.problem
    found = []
    for size in _sizes(bench, impossible):
        other = _aimed(bench, size)
        found.append(Near(size, other.command(), solved(other.problem(), bench.asking)))
    return sorted(found, key=lambda near: _distance(near.size, problem.target.size))


def _sizes(bench: Bench, impossible: Sequence[int]) -> Iterator[tuple[int, ...]]:
    problem, target = bench.problem, bench.problem.target.size
    alone = plain(problem)
    if len(impossible) > 1:  # what is in the way on each axis must go on all
        around = [around_target(Axis(alone, axis)) for axis in impossible]
        closest = [
            min(filter(None, (*below[:1], *above[:1])), key=lambda size: abs(size - goal), default=goal)
            for (below, above), goal in zip(around, (target[axis] for axis in impossible), strict=True)
        ]
        moved = _moved(problem, dict(zip(impossible, closest, strict=True)))
        if _possible(bench, moved):
            yield moved
        return
    tried = impossible or [axis for axis in range(problem.axes) if axis == twins(problem, axis)[0]]
    seen = set()
    for axis in tried:
        for some in around_target(Axis(alone, axis)):
            for size in some[:A_FEW]:
                moved = _moved(problem, {axis: size})
                if moved not in seen and _possible(bench, moved):
                    seen.add(moved)
                    yield moved
                    break


def around_target(axis: Axis) -> tuple[list[int], list[int]]:
    """The sizes that can be reached below and above the target, the nearest first; none where they are too large."""
    if axis.target > LARGEST and axis.hulls[-1].stop > LARGEST:
        return [], []
    below: list[int] = []
    above: list[int] = []
    for most in (2 * axis.target + 64, LARGEST):
        found = axis.reached(most)[-1]
        below = [size for size in reversed(found) if size < axis.target]
        above = [size for size in found if size > axis.target]
        if above or axis.hulls[-1].stop <= most:
            break
    return below, above


def _moved(problem: Problem, sizes: dict[int, int]) -> tuple[int, ...]:
    moved = list(problem.target.size)
    for axis, size in sizes.items():
        for twin in twins(problem, axis):
            moved[twin] = size
    return tuple(moved)


def _possible(bench: Bench, size: tuple[int, ...]) -> bool:
    """Whether a target is known to be possible."""
    try:
        return bench.asking.possible(_aimed(bench, size).problem())
    except Error:  # as where channels are to be found, and there are too many lists to look at each
        return False


def _aimed(bench: Bench, size: tuple[int, ...]) -> Asked:
    return replace(bench.asked, target=bench.problem.target.only(size))


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
