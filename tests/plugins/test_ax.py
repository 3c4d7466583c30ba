"""convsolve in Ax and BoTorch: whatever is proposed is a combination of the space."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import pytest

import convsolve as cs

pytest.importorskip("ax", reason="Ax is not installed: tests/plugins/run makes an environment for it")

import torch
from ax.api.client import Client
from ax.generation_strategy.generation_strategy import GenerationStrategy
from botorch.acquisition import LogExpectedImprovement
from botorch.models import SingleTaskGP
from botorch.optim import optimize_acqf, optimize_acqf_discrete

from convsolve_ax import ShapeNode, candidate_pool, parameters, post_processing, solution_of, solutions_of

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("default")  # what Ax and BoTorch warn of is not ours
SPACES = {
    "7->28": cs.Space(7, 28, layers=3),
    "uneven": cs.Space("2@4x5", "1@16x19", layers=2, kernel_size={1, 3, 4, 7}, tie="kernel_size"),
    "large": cs.Space("4x5", "61x79", layers=6, tie="none"),
    "deep": cs.Space(7, 28, layers="1..3"),
}


def cost(solution: cs.Solution) -> float:
    return float(
        sum((at + 1) * (7 - layer.kernel_size[0]) + layer.stride[0] for at, layer in enumerate(solution.layers))
    )


def client(space: cs.Space, *nodes: Any) -> Client:
    logging.getLogger("ax").setLevel(logging.ERROR)
    made = Client(random_seed=0)
    made.configure_experiment(name="shapes", parameters=parameters(space))
    made.configure_optimization(objective="-loss")
    if nodes:
        made.set_generation_strategy(GenerationStrategy(nodes=list(nodes)))
    return made


def tried(space: cs.Space, search: Client, trials: int, at_once: int = 1) -> list[cs.Solution]:
    found: list[cs.Solution] = []
    while len(found) < trials:
        for number, values in search.get_next_trials(max_trials=at_once).items():
            solution = solution_of(values, space)
            assert solution in space
            assert space.values(solution).items() <= values.items()  # nothing had to be moved
            found.append(solution)
            search.complete_trial(number, raw_data={"loss": cost(solution)})
    return found


@pytest.mark.parametrize("name", SPACES)
def test_every_trial_of_the_node_is_in_the_space_and_none_comes_twice(name: str) -> None:
    space = SPACES[name]
    found = tried(space, client(space, ShapeNode(space, start=3)), 5)
    assert len(set(found)) == 5


def test_several_trials_at_once_are_several_combinations() -> None:
    space = SPACES["7->28"]
    found = tried(space, client(space, ShapeNode(space, start=3)), 6, at_once=3)
    assert len(set(found)) == 6


def test_the_node_learns() -> None:
    space = SPACES["7->28"]
    found = [*map(cost, tried(space, client(space, ShapeNode(space, start=6, seed=1)), 14))]
    assert min(found[6:]) < min(found[:6])
    assert sum(found[8:]) / 6 < sum(found[:6]) / 6


def test_what_ax_proposes_itself_is_moved_to_the_nearest() -> None:
    space = SPACES["uneven"]
    search = client(space)
    for number, values in search.get_next_trials(max_trials=3).items():
        assert solution_of(values, space) == space.project(values)[0].solution
        search.complete_trial(number, raw_data={"loss": 1.0})


@pytest.mark.parametrize("name", SPACES)
def test_pools_and_post_processing_are_of_the_space(name: str) -> None:
    space = SPACES[name]
    pool = candidate_pool(space, 30, seed=1, near=[space[5]])
    some = solutions_of(pool, space)
    assert len(set(some)) == len(some) == len(pool) > 30
    assert all(one in space for one in some)
    assert pool.tolist() == [[*space.encode(one, "unit")] for one in some]
    moved = post_processing(space)
    anything = torch.rand(2, 5, pool.shape[-1], generator=torch.Generator().manual_seed(0))
    near = moved(anything)
    assert (near.shape, near.dtype) == (anything.shape, anything.dtype)
    assert torch.equal(moved(near), near)
    assert torch.equal(moved(pool), pool)


def test_botorch_chooses_among_them() -> None:
    space = SPACES["7->28"]
    pool = candidate_pool(space, 40, seed=0)
    values = torch.tensor([[-cost(one)] for one in solutions_of(pool[:12], space)], dtype=torch.double)
    model = SingleTaskGP(pool[:12], values)
    wanted = LogExpectedImprovement(model, best_f=float(values.max()))
    chosen, _ = optimize_acqf_discrete(wanted, q=1, choices=pool[12:])
    assert chosen.tolist()[0] in pool[12:].tolist()
    bounds = torch.tensor([[0.0], [1.0]], dtype=torch.double).expand(2, pool.shape[-1])
    found, _ = optimize_acqf(
        wanted, bounds, q=1, num_restarts=2, raw_samples=16, post_processing_func=post_processing(space)
    )
    (solution,) = solutions_of(found, space)
    assert found.tolist()[0] == pytest.approx(space.encode(solution, "unit"))


def test_what_cannot_be_is_said() -> None:
    empty = cs.Space(7, 28, stride=1)
    pool, one = partial(candidate_pool, n=3), partial(solution_of, {})
    for refused in (ShapeNode, post_processing, pool, one):
        with pytest.raises(cs.Error, match="no-combination"):
            refused(empty)
    space = SPACES["7->28"]
    search = client(space, ShapeNode(space))
    search.configure_optimization(objective="-loss, -size")
    with pytest.raises(cs.Error, match="one objective, not 2"):
        search.get_next_trials(max_trials=1)
