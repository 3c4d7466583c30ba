"""What layers cost, as expressions over the settings and sizes of a question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convsolve.language import Expr
from convsolve.language.nodes import Arithmetic, Name, Number
from convsolve.problem import Problem
from convsolve.variables import setting_name, size_name


def channels_at(problem: Problem, position: int) -> Expr | None:
    """The channels in front of a layer: a number, or so many for each element of some sizes; None where unknown."""
    channels, share = problem.channels[position], problem.hanging.shares.get(position)
    if channels is not None:
        return Number(channels)
    return None if share is None else _times(share.number, _sizes(problem, share.position))


def costs_at(problem: Problem, place: int, name: str) -> Iterator[Expr]:
    """What is counted with one layer: what it costs itself, and what those do whose channels hang on its sizes."""
    if place not in problem.hanging.places:
        yield _own(problem, place, name)
    elements = _sizes(problem, place + problem.layers[place].kind.lifts)
    for hung in problem.hanging.borne.get(place, ()):
        fixed, each = hung.cost(name)
        yield _plus(_times(each, elements), fixed)


def _own(problem: Problem, place: int, name: str) -> Expr:
    """What one layer adds to a cost, over its kernels and sizes."""
    kind = problem.layers[place].kind
    before, after = problem.hanging.ends(place)
    outputs = _sizes(problem, place + 1)
    if name not in ("params", "macs"):
        return _times(after, outputs)
    windowed = "kernel_size" in kind.positions()
    axes = range(problem.axes)
    kernels: list[Expr] = [Name(setting_name(place, axis, "kernel_size")) for axis in axes] if windowed else []
    if name == "params":
        fixed = kind.weight_count(0, before, after)
        return _plus(_times(kind.weight_count(1, before, after) - fixed, kernels), fixed)
    each = kind.mac_count(1, before, after, ((1,), (1,)))
    return _times(each, [*kernels, *(_sizes(problem, place) if kind.on_input else outputs)])


def _sizes(problem: Problem, position: int) -> list[Expr]:
    return [Name(size_name(position, axis)) for axis in range(problem.axes)]


def _times(number: int, factors: Sequence[Expr]) -> Expr:
    product: Expr = Number(number)
    for factor in factors if number else ():
        product = Arithmetic("*", product, factor)
    return product


def _plus(number: Expr, fixed: int) -> Expr:
    return Arithmetic("+", number, Number(fixed)) if fixed else number
