"""Conditions on the layers of a question: what each sentence speaks of."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from convsolve.answer import Solution
from convsolve.encoding import values
from convsolve.errors import Error
from convsolve.folds import broken
from convsolve.grounding import ground
from convsolve.posing import ask
from convsolve.problem import Problem
from tests.oracle import condition, solutions

CONDITIONS = (
    "stride == 1 or kernel_size % stride == 0",
    "kernel_size >= stride",
    "2*padding < kernel_size",
    "stride[0] <= 2",
    "stride[0] == stride[-1]",
    "kernel_size[-1] > kernel_size[0]",
    "out_size[0] <= 14",
    "out_size[0][0] >= 3",
    "in_size[1] != out_size[1]",
    "Conv.kernel_size % 2 == 1",
    "ConvTranspose.kernel_size % ConvTranspose.stride == 0",
    "Conv.stride[0] == 2",
    "sum(kernel_size) <= 12",
    "product(stride) in {1, 2, 4, 6, 8}",
    "product(Conv.stride) <= 4",
    "max(out_size) <= 40",
    "min(in_size) >= 2",
    "max(kernel_size) - min(kernel_size) <= 2",
    "max(stride, dilation) <= 2",
    "sum(dilation*(kernel_size - 1)) % 2 == 0",
    "abs(out_size - in_size) <= 10",
    "params <= 500",
    "macs < 30000",
    "activations // 100 <= 20",
    "peak <= 1000",
    "receptive_field >= 9",
    "receptive_field in range(3, 30, 2)",
    "receptive_field[0] == 7",
    "jump == 1",
    "1 <= jump < 5",
    "jump in (1, 2, 4)",
    "2*layers >= 5",
    "in_channels <= 2*out_channels",
    "out_channels[0] % 4 == 0",
    "groups == 1",
    "not (stride == 2 and padding == 0)",
    "sum(stride) - product(stride) <= 0",
    "max(in_size*out_size) <= 100",
)


def fixed(solution: Solution, where: list[str]) -> Problem:
    """The question whose one combination is the solution."""
    stack = " >> ".join(solutions.text(layer) for layer in solution.layers)
    return ask(str(solution.input), str(solution.output), stack=stack, where=where)


def numbers(problem: Problem, solution: Solution) -> dict[str, int]:
    return dict(values(problem, [layer.settings for layer in solution.layers], solution.sizes))


def test_every_condition_means_what_the_interface_says() -> None:
    draw, seen = Random(7), set()
    for _ in range(150):
        solution = solutions.drawn(draw)
        for text in CONDITIONS:
            problem = fixed(solution, [text])
            try:
                grounding = ground(problem)
            except Error as error:
                if error.code == "no-such-layer":
                    continue
                raise
            holds = not broken(grounding, numbers(problem, solution))
            assert holds == condition.holds(text, solution), (text, solution)
            seen.add((text, holds))
    assert len(seen) == 2 * len(CONDITIONS), {text for text in CONDITIONS if len({h for t, h in seen if t == text}) < 2}


DIVIDES = "it divides by what may be 0: multiply instead, as in a == 2*b"
NESTED = "a sum inside another one stands for nothing"
ONE = "sum(...) of one argument takes names of layers, as stride"


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("stide == 1", "error[unknown-name]: 'stide' in 'stide == 1' is not known"),
        ("stride", "error[bad-condition]: stride is a number, not a condition"),
        ("MaxPool.stride == 2", "error[no-such-layer]: MaxPool.stride == 2: no layer has MaxPool.stride"),
        ("stride[4] == 2", "error[no-such-layer]: stride[4] == 2: stride[4]: 3 layers have stride"),
        ("stride[0][2] == 2", "error[no-such-axis]: stride[0][2] == 2: there is no axis 2: they are counted from 0"),
        ("sum(sum(stride)) > 2", f"error[bad-condition]: sum(sum(stride)) > 2: {NESTED}"),
        ("sum(params) == 2", f"error[bad-condition]: sum(params) == 2: {ONE}"),
        ("2*jump == 2", "error[bad-condition]: 2*jump == 2: jump is a fraction: compare it by itself, as in jump == 8"),
        ("params <= 2", "error[unknown-channels]: params <= 2: params cannot be counted without channels"),
        ("kernel_size // padding == 2", f"error[bad-condition]: kernel_size // padding == 2: {DIVIDES}"),
        ("kernel_size % (stride - 1) == 0", f"error[bad-condition]: kernel_size % (stride - 1) == 0: {DIVIDES}"),
        ("len(stride)", "error[unknown-name]: 'len' in 'len(stride)' is no function"),
        ("Dense.stride == 2", "error[unknown-name]: 'Dense' in 'Dense.stride == 2' is not known"),
        ("stride[0.5] == 2", "error[bad-expression]: 0.5 in 'stride[0.5] == 2' is no integer"),
    ],
)  # fmt: skip
def test_what_is_no_condition(where: str, message: str) -> None:
    with pytest.raises(Error) as caught:
        ground(ask("28x28", "4x4", layers=3, where=where))
    assert str(caught.value).partition("\n")[0] == message


REST = "(in_size + 2*padding - dilation*(kernel_size - 1) - 1) % stride <= padding"
SHORT: dict[str, list[str]] = {
    "no_checkerboard": ["ConvTranspose.kernel_size % ConvTranspose.stride == 0"],
    "odd_kernels": ["kernel_size % 2 == 1"],
    "exact": [
        *(re.sub(r"([a-z_]+)", rf"{kind}.\1", REST) for kind in ("Conv", "MaxPool")),
        "(AvgPool.in_size + 2*AvgPool.padding - AvgPool.kernel_size) % AvgPool.stride <= AvgPool.padding",
        *(f"{kind}.stride <= {kind}.kernel_size" for kind in ("Conv", "MaxPool", "AvgPool")),
        *(f"{kind}.stride == 1 or {kind}.dilation == 1" for kind in ("Conv", "MaxPool")),
    ],
}


@pytest.mark.parametrize("name", SHORT)
def test_named_conditions_are_short_forms(name: str) -> None:
    draw, seen = Random(3), set()
    named: Any = {name: True}
    for _ in range(200):
        solution = solutions.drawn(draw)
        problem = replace(fixed(solution, []), where=ask(1, 1, **named).where)
        wanted = all(condition.holds(text, solution) for text in SHORT[name])
        assert wanted is (not broken(ground(problem), numbers(problem, solution))), solution
        seen.add(wanted)
    assert seen == {True, False}


def test_monotone_sizes_do_not_turn_back() -> None:
    draw, seen = Random(4), set()
    for _ in range(200):
        solution = solutions.drawn(draw)
        stack = " >> ".join(map(solutions.text, solution.layers))
        problem = ask(str(solution.input), str(solution.output), stack=stack, monotone=True)
        wanted = all(
            column in (tuple(sorted(column)), tuple(sorted(column, reverse=True)))
            for column in zip(*solution.sizes, strict=True)
        )
        assert wanted is (not broken(ground(problem), numbers(problem, solution))), solution
        seen.add(wanted)
    assert seen == {True, False}
