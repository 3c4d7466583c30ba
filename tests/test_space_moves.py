"""Moves in a space: none leads out of it, and neighbours lead everywhere."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from random import Random

import pytest

import convsolve as cs
from convsolve.answer import Solution
from tests.oracle.spaces import spaces


def reached(first: Solution, beside: dict[Solution, list[Solution]], *, in_order: bool = True) -> set[Solution]:
    """What can be reached from the first combination, with or without those next to each other in the order."""
    found, waiting = {first}, [first]
    while waiting:
        solution = waiting.pop()
        for other in beside[solution]:
            steps = sum(a != b for a, b in zip_longest(solution.layers, other.layers))
            shifts = sum(a != b for a, b in zip_longest(solution.sizes, other.sizes))
            if other not in found and (in_order or shifts + (steps == 1) <= 1):
                found.add(other)
                waiting.append(other)
    return found


def test_neighbours_are_others_of_the_space_and_lead_everywhere() -> None:
    looked_at = apart = 0
    for space in spaces(40, most=500):
        if not 0 < space.total < 150:
            continue
        every = set(space)
        beside = {solution: space.neighbors(solution) for solution in every}
        for solution, near in beside.items():
            assert len(near) == len(set(near)), space
            assert solution not in near
            assert set(near) <= every
        assert reached(space[0], beside) == every
        looked_at += len(every) > 5
        apart += len(reached(space[0], beside, in_order=False)) < len(every)
    assert looked_at > 12
    assert apart > 5


def test_neighbours_replace_a_layer_keeping_its_sizes_or_shift_one_size() -> None:
    """By enumeration, where all axes are one component: every replacement, and for every shift one."""
    shifted = 0
    for space in spaces(40, most=500):
        if len(space.branches) > 1 or len(space.branches[0].parts) > 1 or not 0 < space.total < 120:
            continue
        every = list(space)
        for number, solution in enumerate(every):
            near = set(space.neighbors(solution))
            differing = {
                other: [
                    at
                    for at, pair in enumerate(zip(solution.layers, other.layers, strict=True))
                    if pair[0].settings != pair[1].settings
                ]
                for other in every
            }
            replaced = {other for other, at in differing.items() if len(at) == 1 and other.sizes == solution.sizes}
            assert replaced <= near
            shifts = {
                other.sizes
                for other, at in differing.items()
                if sum(a != b for a, b in zip(solution.sizes, other.sizes, strict=True)) == 1
                and (len(at) < 2 or at[1] == at[0] + 1)
                and len(at) <= 2
            }
            found = {other.sizes for other in near}
            assert shifts <= found
            beside = {every[number - 1].sizes, every[(number + 1) % len(every)].sizes}
            assert found <= shifts | beside | {solution.sizes}
            shifted += len(shifts)
    assert shifted > 100


def test_mutations_are_others_and_stay_inside() -> None:
    for space in spaces(40, most=500):
        draw = Random(space.total)
        for seed in range(20 if space else 0):
            solution = space[draw.randrange(space.total)]
            child = space.mutate(solution, seed=seed, strength=draw.choice((1, 1, 3)))
            assert child in space
            assert child == space.mutate(child, seed=1) if space.total == 1 else True
            assert space.mutate(solution, seed=seed) == space.mutate(solution, seed=seed)
            assert (space.mutate(solution, seed=seed) == solution) == (space.total == 1)


def test_mutations_reach_everything() -> None:
    space = cs.Space("2x3", "5x6", layers=2, kernel_size="2..3", stride="1..2")
    seen = Counter(space.mutate(space[0], seed=seed) for seed in range(60 * space.total))
    assert set(seen) == set(space) - {space[0]}


def test_crossovers_are_of_the_space_and_of_both_parents_where_they_can() -> None:
    spliced = 0
    for space in spaces(40, most=500):
        draw = Random(space.total)
        for seed in range(20 if space else 0):
            a, b = (space[draw.randrange(space.total)] for _ in range(2))
            child = space.crossover(a, b, seed=seed)
            assert child in space
            assert child == space.crossover(a, b, seed=seed)
            if len({len(one.layers) for one in (child, a, b)}) > 1:
                continue
            layers = list(zip(child.layers, a.layers, b.layers, strict=True))
            spliced += child not in (a, b) and all(layer in others for layer, *others in layers)
    assert spliced > 30
    space = cs.Space(7, 28, layers=4)
    draws = space.sample(400, seed=1)
    mixed = 0
    for seed, (a, b) in enumerate(zip(draws[::2], draws[1::2], strict=True)):
        layers = list(zip(space.crossover(a, b, seed=seed).layers, a.layers, b.layers, strict=True))
        mixed += sum(layer.settings in (one.settings, other.settings) for layer, one, other in layers) >= 3
    assert mixed > 120


@pytest.mark.parametrize("verb", ["neighbors", "mutate"])
def test_only_what_is_in_the_space_can_be_moved(verb: str) -> None:
    space = cs.Space(7, 28, layers=2)
    with pytest.raises(cs.Error, match="not-in-space"):
        getattr(space, verb)(cs.Space(7, 28)[0])
    with pytest.raises(cs.Error, match="not-in-space"):
        space.crossover(space[0], cs.Space(7, 28)[0])


def test_a_searcher_asks_each_once_and_goes_on_where_it_was() -> None:
    import json

    space = cs.Space("3@16", "8@4", layers=2, kernel_size="1..4")
    one, other = space.searcher(seed=5), space.searcher(seed=99)
    asked = []

    def params(solution: Solution) -> int:
        assert solution.costs.params is not None
        return solution.costs.params

    for number in range(120):
        solution = one.ask()
        assert solution is not None
        asked.append(solution)
        one.tell(solution, params(solution))
        if number == 60:
            other.load_state_dict(json.loads(json.dumps(one.state_dict())))
            again = other.ask()
            expected = one.ask()
            assert again is not None
            assert again == expected
            asked.append(again)
            one.tell(again, 10**6)
    assert len(set(asked)) == len(asked) == 121
    best = one.best
    assert best is not None
    assert best[1] == min(map(params, space))
    with pytest.raises(cs.Error, match="other-space"):
        cs.Space("3@16", "8@4", layers=2).searcher().load_state_dict(one.state_dict())
    with pytest.raises(cs.Error, match="bad-record"):
        one.load_state_dict({"schema": "convsolve.searcher/1"})
    with pytest.raises(cs.Error, match="bad-value"):
        one.tell(asked[0], float("nan"))


def test_a_searcher_ends_where_all_were_asked_about() -> None:
    space = cs.Space(7, 28)
    searcher = space.searcher()
    asked = [searcher.ask() for _ in range(space.total)]
    assert set(asked) == set(space)
    assert searcher.ask() is None
    assert searcher.best is None


def test_mutations_meet_conditions_on_axes_that_are_free_without_them() -> None:
    space = cs.Space("3x4", "7x9", layers=2, kernel_size="2..3", stride="1..2", tie="none", where="sum(stride) <= 3")
    assert space.total > 100
    seen = Counter(space.mutate(space[5], seed=seed) for seed in range(400))
    assert all(child in space for child in seen)
    assert len(seen) > 50
    assert space.complete({"0.stride.0": 1, "1.padding.1": 1}, seed=3) in space
