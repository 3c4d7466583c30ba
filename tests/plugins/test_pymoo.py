"""convsolve in pymoo: whatever the operators do, every row is a combination of the space."""

from __future__ import annotations

from math import log2, log10
from typing import Any

import pytest

import convsolve as cs

pytest.importorskip("pymoo", reason="pymoo is not installed: tests/plugins/run makes an environment for it")

import itertools

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.soo.nonconvex.ga import GA
from pymoo.core.population import Population
from pymoo.indicators.hv import HV
from pymoo.optimize import minimize

from convsolve_pymoo import (
    LayerMutation,
    ProjectRepair,
    SameSolution,
    ShapeProblem,
    SpliceCrossover,
    UniformSampling,
    operators,
)

SPACES = {
    "4->64": cs.Space("64@4", "1@64", layers=4, channels=[64, 32, 16, 8, 1], dilation="1..2", padding="0..3"),
    "uneven": cs.Space("2@4x5", "1@16x19", layers=2, kernel_size={1, 3, 4, 7}, tie="kernel_size"),
    "large": cs.Space("4x5", "61x79", layers=6, tie="none"),
    "deep": cs.Space(7, 28, layers="1..3"),
}


def evaluate(solution: cs.Solution) -> tuple[float, float]:
    """Costs beside how uneven the growth and how small the kernels are."""
    sizes = [size[0] for size in solution.sizes]
    growth = [log2(after / before) for before, after in itertools.pairwise(sizes)]
    mean = sum(growth) / len(growth)
    shape = sum(abs(one - mean) for one in growth) + sum((7 - layer.kernel_size[0]) / 7 for layer in solution.layers)
    return log10(solution.costs.macs or 1), shape


def plain(solution: cs.Solution) -> tuple[float, float]:
    kernels = [layer.kernel_size[0] for layer in solution.layers]
    return float(sum(kernels)), -float(min(kernels))


def rows(space: cs.Space, array: Any) -> list[cs.Solution]:
    """The combinations of rows that are exactly such."""
    found = [space.decode(row, "values") for row in array]
    assert [space.encode(solution, "values") for solution in found] == [tuple(map(int, row)) for row in array]
    assert all(solution in space for solution in found)
    return found


@pytest.mark.parametrize("name", SPACES)
def test_every_operator_stays_in_the_space(name: str) -> None:
    space = SPACES[name]
    problem = ShapeProblem(space, plain, n_obj=2)
    state = np.random.default_rng(1)
    drawn = UniformSampling(space).do(problem, 20, random_state=state)
    first = rows(space, drawn.get("X"))
    assert len(set(first)) == 20
    mutated = LayerMutation(space, prob=1.0).do(problem, drawn, inplace=False, random_state=state)
    assert all(one != other for one, other in zip(first, rows(space, mutated.get("X")), strict=True))
    pairs = np.array([[at, at + 1] for at in range(0, 20, 2)])
    crossed = SpliceCrossover(space, prob=1.0).do(problem, drawn, pairs, random_state=state)
    assert len(rows(space, crossed.get("X"))) == 20
    anything = state.uniform(problem.xl - 3, problem.xu + 3, (20, problem.n_var))
    repaired = ProjectRepair(space).do(problem, Population.new("X", anything))
    rows(space, repaired.get("X"))


@pytest.mark.parametrize("name", SPACES)
def test_every_evaluation_of_a_search_is_of_the_space(name: str) -> None:
    space = SPACES[name]
    seen: list[cs.Solution] = []

    def measured(solution: cs.Solution) -> tuple[float, float]:
        seen.append(solution)
        return plain(solution)

    problem = ShapeProblem(space, measured, n_obj=2)
    result = minimize(problem, NSGA2(pop_size=12, **operators(space)), ("n_eval", 60), seed=1)
    assert len(seen) == 60
    assert len(set(seen)) >= 55  # pymoo compares with who is alive, not with all who were
    assert all(solution in space for solution in seen)
    assert all(problem.solution(x) in space for x in np.atleast_2d(result.X))
    again = minimize(
        ShapeProblem(space, plain, n_obj=2), NSGA2(pop_size=12, **operators(space)), ("n_eval", 60), seed=1
    )
    assert (result.F == again.F).all()


def test_other_operators_are_evaluated_in_the_space_too() -> None:
    space = SPACES["uneven"]
    seen: list[cs.Solution] = []

    def measured(solution: cs.Solution) -> float:
        seen.append(solution)
        return plain(solution)[0]

    minimize(ShapeProblem(space, measured), GA(pop_size=10), ("n_eval", 40), seed=2)
    minimize(ShapeProblem(space, measured), GA(pop_size=10, repair=ProjectRepair(space)), ("n_eval", 40), seed=2)
    assert len(seen) == 80
    assert all(solution in space for solution in seen)


def test_duplicates_are_of_combinations_not_of_rows() -> None:
    space = SPACES["deep"]
    row = np.array(space.encode(space[0], "values"), dtype=float)
    other = np.array(space.encode(space[9], "values"), dtype=float)
    pop = Population.new("X", np.array([row, row + 0.1, other]))
    left = SameSolution(space).do(pop)
    assert len(left) == 2
    assert len(SameSolution(space).do(left, Population.new("X", np.array([other])))) == 1


def test_a_small_space_is_drawn_over_again_and_an_empty_one_refused() -> None:
    space = cs.Space(7, 28)
    problem = ShapeProblem(space, plain, n_obj=2)
    drawn = UniformSampling(space).do(problem, 30, random_state=np.random.default_rng(0))
    assert set(rows(space, drawn.get("X"))) == set(space)
    with pytest.raises(cs.Error, match="no-combination"):
        operators(cs.Space(7, 28, stride=1))


def test_hypervolume_is_that_of_a_uniform_start_with_projection_or_more() -> None:
    space = SPACES["4->64"]
    volumes = []
    for given in (operators(space), {"sampling": UniformSampling(space), "repair": ProjectRepair(space)}):
        problem = ShapeProblem(space, evaluate, n_obj=2)
        result = minimize(problem, NSGA2(pop_size=50, **given), ("n_eval", 1000), seed=0)
        volumes.append(float(HV(ref_point=np.array([8.0, 12.0]))(result.F)))
    assert volumes[0] >= volumes[1]
