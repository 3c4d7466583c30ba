"""Spaces of questions whose settings may be fractions: every combination is in its space, with its number."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

import convsolve as cs

SPACES: list[tuple[tuple[str, str], dict[str, Any]]] = [
    (("8@8", "10"), {"stack": "Upsample(scale_factor={1.25, 1.5})"}),
    (("8@8", "10"), {"stack": "Upsample(scale_factor={1.25, 1.5, 2}) >> Crop()"}),
    (("8@8x9", "12x15"), {"stack": "Upsample(scale_factor=({1.25, 1.5, 2}, {1.25, 1.5})) >> Pad()"}),
    (("8@[4..9]", "12"), {"stack": "Upsample(scale_factor={1.25, 1.5, 2}) >> Conv(k={2, 3}, s=1)"}),
    (("8@[4..9]", "12"), {"stack": "Upsample(scale_factor={1.25, 1.5, 2}) >> Conv(k={2, 3}, s=1)", "latent": 8}),
    (("8@8", "18"), {"stack": "Upsample(scale_factor={1.25, 1.5, 2}) * '1..3' >> Conv(c=4, k={2, 3}, s=1)"}),
    (("8@2H", "3H"), {"stack": "Upsample(scale_factor={1, 1.5, 2}) >> Conv(c=4, k={1, 2, 3}, s=1)"}),
]


@pytest.mark.parametrize(("ends", "question"), SPACES)
def test_every_combination_is_in_its_space(ends: tuple[str, str], question: dict[str, Any]) -> None:
    space = cs.Space(*ends, **question)
    every = set(space)
    assert len(every) == space.total > 0
    for number in range(space.total):
        solution = space[number]
        assert solution in space
        assert space.index(solution) == number
        assert space.check(solution).ok
        values = space.values(solution)
        assert space.check(values).ok
        assert space.complete(values) == solution
        assert space.project(solution)[0] == (solution, 0)
        for code in ("digits", "values", "unit", "onehot"):
            assert space.decode(space.encode(solution, code), code) == solution
        near = space.neighbors(solution)
        assert every.issuperset([*near, space.mutate(solution, seed=number)])
        assert space.crossover(solution, space[-1 - number], seed=number) in every
        if space.problem.family is None:
            assert space.index(cs.Solution.from_dict(solution.to_dict())) == number
    for strategy in ("uniform", "trajectory", "diverse"):
        assert every.issuperset(space.sample(5, seed=1, strategy=strategy))
    assert set(space.stream(order="shuffled", seed=1)) == every


def test_its_combinations_are_those_that_a_trace_finds() -> None:
    space = cs.Space("2@8x8", "17x17", stack="Upsample(scale_factor={0.75, 1.25, 1.5, 2}) >> Crop('0..3', '0..3')")
    stack = "Upsample(scale_factor={}) >> Crop({}, {})"
    traced = {
        (factor, before, after)
        for factor, before, after in product((0.75, 1.25, 1.5, 2), range(4), range(4))
        if str(cs.trace(stack.format(factor, before, after), "2@8x8").output) == "2@17x17"
    }
    solutions = list(space)
    found = {(one.layers[0].scale_factor[0], one.layers[1].before[0], one.layers[1].after[0]) for one in solutions}
    assert found == traced
    # as decisions they are quarters
    quarters = {space.values(one)["0.scale_factor"] / 4 for one in solutions}
    assert quarters == {factor for factor, _, _ in traced}
    assert space.decisions["0.scale_factor"] == (3, 5, 6, 8)


@pytest.mark.parametrize(
    ("stack", "reason"),
    [
        ("Upsample(scale_factor=1.3)", "layer 0 (Upsample) has 1.3, which is in no domain"),
        ("Upsample(scale_factor=1.5)", "the layers make 12, not 10"),
        ("Upsample(scale_factor=2)", "layer 0 (Upsample): scale_factor 2 is not among 1.25,1.5"),
        ("Upsample(scale_factor=1.25, mode='linear')", "layer 0 (Upsample) has other options"),
    ],
)
def test_what_is_not_in_a_space_is_told(stack: str, reason: str) -> None:
    space = cs.Space("8@8", "10", stack="Upsample(scale_factor={1.25, 1.5})")
    other = cs.solve("8@8", str(cs.trace(stack, "8@8").output), stack=stack)[0]
    assert other not in space
    assert space.check(other).reason == reason
    assert space.project(other)[0].solution == space[0]


def test_the_nearest_to_a_fraction_that_a_space_counts_no_parts_for() -> None:
    space = cs.Space("8@8", "12", stack="Upsample(scale_factor={1.25, 1.5}) >> Pad('0..2', 0)")
    other = cs.solve("8@8", "11", stack="Upsample(scale_factor=1.49) >> Pad(0, 0)")[0]
    found = space.project(other)[0]
    assert (found.solution.layers[0].scale_factor, found.distance) == ((1.5,), 0)
