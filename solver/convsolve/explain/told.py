"""The one question that is told of, where sizes or the number of layers are to be found."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from convsolve.components import Component
from convsolve.explain.channels import asked_of, standing
from convsolve.explain.conflict import leaders
from convsolve.explain.nearest import around_target
from convsolve.explain.reach import Axis
from convsolve.graph import Graph
from convsolve.plain import empty, plain
from convsolve.problem import Problem
from convsolve.shapes import ANY_SIZE


def told(problem: Problem) -> Problem:
    """The question with the number of layers and the sizes that come nearest to an answer.

    Example:
        >>> from convsolve.posing import ask
        >>> found = told(ask("[2..8]", 1000, layers="1..2"))
        >>> str(found.input), len(found.layers)
        ('8', 2)
    """
    return min(map(_with_sizes, problem.depths), key=_distance)


def _with_sizes(problem: Problem) -> Problem:
    if problem.fixed:
        return problem
    pairs = [_nearest(problem, axis) for axis in range(problem.axes)]
    into, out = zip(*pairs, strict=True)
    asked = replace(asked_of(problem), source=problem.input.only(into), target=problem.target.only(out))
    return standing(asked)


def _distance(problem: Problem) -> float:
    """How far what can be made is from the target, all axes together."""
    known = plain(problem)
    if empty(known):
        return inf
    return sum(_short(Axis(known, axis)) for axis in leaders(known))


def _short(axis: Axis) -> float:
    if axis.possible:
        return 0
    return min((abs(some[0] - axis.target) for some in around_target(axis) if some), default=inf)


def _nearest(problem: Problem, axis: int) -> tuple[int, int]:
    """Of the sizes to be found on an axis, those at the ends where what can be made leaves off."""
    into, out = problem.input.sizes[axis], problem.target.sizes[axis]
    if into == ANY_SIZE:
        into = into[:1]
    if out == ANY_SIZE:
        out = out[:1]
    made = Graph(problem, Component((axis,), ((axis,),))).reach(0)[-1]
    upwards = out[0] >= made.stop if made else True
    if upwards or (out[-1] >= made.start and out[0] > into[0]):
        return into[-1], out[0]
    return into[0], out[-1]
