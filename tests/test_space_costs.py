"""The best and the Pareto set of a space, against every combination of it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import convsolve as cs
from convsolve.answer import Solution
from convsolve.space.labels import cost_of, kept_of

QUESTIONS: tuple[tuple[Any, ...], ...] = (
    ("3@7", "8@28", {"layers": 2}),
    ("2@9", "4@9", {"layers": 3, "kernel_size": "1..3", "stride": "1..2", "padding": "0..1"}),
    ("2@17", "5@1", {"layers": 2, "kernel_size": "1..4", "padding": "0..1", "dilation": "1,2"}),
    ("4@3x4", "2@7x9", {"layers": 2, "kernel_size": "2..4", "stride": "1..2"}),
    ("4@3x3", "2@7x7", {"layers": 2, "kernel_size": "1..4", "stride": "1..3"}),
    ("4@3x4", "2@7x9", {"layers": 1, "tie": "none"}),
    ("4@12", "6@12", {"stack": "Conv(k='1..3', s='1..2', c=5) >> Act('relu') >> MaxPool('2,3') >> "
                               "ConvTranspose(k='2..4')"}),
    ("3@7", "8@28", {"layers": 2, "where": ["receptive_field >= 3", "kernel_size >= stride"]}),
    ("4@3x4", "2@7x9", {"layers": 2, "kernel_size": "2..4", "stride": "1..2", "where": "kernel_size[0] < 4"}),
    ("2@[5..6]", "3@20", {"layers": "1..2", "kernel_size": "2..4"}),
)  # fmt: skip
COSTS = ("params", "macs", "activations", "peak", "receptive_field", "overlap")


def cost(solution: Solution, name: str) -> int:
    """A cost by its definition."""
    bare = name.removeprefix("-")
    if bare == "overlap":
        windows = [
            (kernel_size, stride)
            for layer in solution.to_dict()["layers"]
            if "kernel_size" in layer
            for kernel_size, stride in zip(layer["kernel_size"], layer["stride"], strict=True)
        ]
        value: int = sum(max(0, k - s) for k, s in windows)
    else:
        found = getattr(solution.costs, bare)
        value = int(sum(found) if isinstance(found, tuple) else found)
    assert cost_of(solution, name) == value
    return -value if name.startswith("-") else value


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_the_pareto_set_is_that_of_all_combinations(number: int) -> None:
    source, target, question = QUESTIONS[number]
    space = cs.Space(source, target, **question)
    every = list(space)
    assert 10 < len(every) < 4000
    draw = Random(number)
    for _ in range(5):
        names = [draw.choice(("", "-")) + name for name in draw.sample(COSTS, draw.choice((1, 2, 2, 3, 4)))]
        vectors = {tuple(cost(solution, name) for name in names) for solution in every}
        wanted = {
            one for one in vectors if not any(all(map(int.__le__, other, one)) for other in vectors if other != one)
        }
        points = space.pareto(*names)
        signs = [-1 if name.startswith("-") else 1 for name in names]
        found = [tuple(sign * value for sign, value in zip(signs, point.values, strict=True)) for point in points]
        assert found == sorted(wanted), names
        for point, values in zip(points, found, strict=True):
            assert point.solution in space
            assert tuple(cost(point.solution, name) for name in names) == values


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_the_best_are_the_first_of_all_combinations(number: int) -> None:
    source, target, question = QUESTIONS[number]
    space = cs.Space(source, target, **question)
    every = list(space)
    for name in (*COSTS, "-receptive_field", "-macs", "-peak"):
        wanted = sorted(cost(solution, name) for solution in every)[:7]
        points = space.best(name, 7)
        sign = -1 if name.startswith("-") else 1
        assert [sign * point.values[0] for point in points] == wanted
        assert [cost(point.solution, name) for point in points] == wanted
        assert len({point.solution for point in points}) == len(wanted)
        places = [(sign * point.values[0], space.index(point.solution)) for point in points]
        if "x" not in source:  # where axes are chosen one by one their order is that of the components
            assert places == sorted(places)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_labels_that_no_other_beats(width: int) -> None:
    draw = Random(width)
    for _ in range(200):
        labels = [(tuple(draw.randrange(6) for _ in range(width)), number) for number in range(draw.randrange(40))]
        vectors = {values for values, _ in labels}
        wanted = {one for one in vectors if not any(all(map(int.__le__, o, one)) for o in vectors if o != one)}
        found = kept_of(labels, None)
        assert {values for values, _ in found} == wanted
        assert all(number == min(other for values, other in labels if values == one) for one, number in found)


@pytest.mark.parametrize(
    ("costs", "budget", "text"),
    [
        (("params", "macs"), 100, "error[unknown-channels]: params cannot be counted without channels"),
        (("latency",), 100, "error[bad-objective]: 'latency' is no cost"),
        (("overlap", "-overlap"), 100, "error[bad-objective]: a cost stands twice"),
        ((), 100, "error[bad-objective]: no cost is given"),
        (("overlap", "receptive_field"), 10, "error[too-many]: the Pareto set takes more labels than its budget has"),
    ],
)
def test_what_cannot_be_said_is_refused(costs: tuple[str, ...], budget: int, text: str) -> None:
    with pytest.raises(cs.Error) as error:
        cs.Space(7, 28, layers=2).pareto(*costs, budget=budget)
    assert str(error.value).startswith(text)


def test_of_none_there_is_no_best() -> None:
    assert cs.Space(7, 28, layers=2).best("-receptive_field", 0) == []
    assert cs.Space(7, 28, kernel_size=1, stride=1).pareto("overlap") == []
