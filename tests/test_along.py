"""Conditions that are asked along each way: none is left too early, each ends rightly, the order stays what it is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice, product
from typing import Any

import pytest

from convsolve import answering, scouting
from convsolve.along import Along
from convsolve.answering import answer
from convsolve.assembly import stream
from convsolve.folds import BEHIND
from convsolve.foregone import Ranges
from convsolve.graph import whole_graph
from convsolve.language import parse
from convsolve.language.nodes import shaped
from convsolve.posing import ask
from convsolve.prospects import Stepped, Sums, foreseeable
from convsolve.render.answers import headline
from convsolve.scouting import Scout, scout
from convsolve.search import TooLong
from tests.oracle.order import place_in_order, settings
from tests.test_conditioned import combination, drawn


@pytest.mark.parametrize("seed", range(5000, 5040))
def test_no_beginning_of_a_right_way_is_left_and_no_wrong_way_ends(seed: int) -> None:
    problem, wanted = drawn(seed)
    right = set(wanted)
    graph = whole_graph(problem)
    along = Along(problem, graph)
    axes = [twins[0] for twins in graph.component.twins]
    others = list(stream(replace(problem, where=())))
    for solution in [*wanted[:200], *others[:: 1 + len(others) // 400]]:
        each = [tuple(layer.settings[axis] for axis in axes) for layer in solution.layers]
        sizes = [tuple(size[axis] for axis in axes) for size in solution.all_sizes]
        path = [each[place] for place in graph.places]
        passed = [sizes[0], *(sizes[place + 1] for place in graph.places)]
        met = [along.met(path[:depth], passed[: depth + 1]) for depth in range(1, len(path) + 1)]
        assert all(met) == (solution in right)


@pytest.mark.parametrize("seed", range(5100, 5130))
def test_the_order_is_the_same_whoever_finds_it(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, wanted = drawn(seed)
    first = sorted(map(combination, wanted), key=partial(place_in_order, problem))[:60]
    found: Scout = scout(problem)
    assert settings(islice(found.in_order([], 60), 60)) == first  # along each way
    for ways in (0, 7, 60):  # carried, after so many; what was told before is not told again
        monkeypatch.setattr(scouting, "FEW_WAYS", ways)
        used: list[Any] = []
        assert settings(islice(found.in_order(used, 60), 60)) == first
        assert found.conditions is None or not used or len(used) <= 2
    # where conditions cannot be carried at all
    assert settings(islice(found.along([], 60), 60)) == first


@pytest.mark.parametrize("seed", range(5200, 5215))
def test_what_cannot_be_carried_is_asked_along_each_way(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, wanted = drawn(seed)
    monkeypatch.setattr(scouting, "scout", lambda problem, *_: scout(problem, 0))
    monkeypatch.setattr(scouting, "MANY_STEPS", 0)
    if not scouting.scout(problem).plain.where or not wanted:
        return
    first = sorted(map(combination, wanted), key=partial(place_in_order, problem))[:20]
    found = answer(problem, count=20)
    assert found.order == "conventional"
    assert [*map(combination, found)] == first
    assert found.total == (len(wanted) if len(wanted) < 20 else None)


def test_a_ceiling_that_conventional_stacks_meet_is_answered_by_the_most_conventional() -> None:
    found = answer(ask("224x160", "7x5", layers=5, where="receptive_field <= 100"), count=1)
    assert found.order == "conventional"
    assert {layer.kernel_size for layer in found[0].layers} == {(3, 3)}
    assert max(found[0].costs.receptive_field or ()) <= 100
    assert headline(found).endswith(": 1 combination, most conventional first; how many there are was not counted")


def test_what_sums_may_still_come_to_is_exact() -> None:
    dilations = (1, 2, 4, 8, 16, 32)
    problem = ask(1024, 1024, layer="conv", layers=6, kernel_size=3, stride=1, dilation=set(dilations),
                  padding=set(dilations),
                  where="receptive_field == 101")  # fmt: skip
    graph = whole_graph(problem)
    along = Along(problem, graph)
    reachable = {2: {sum(some) for some in product(dilations, repeat=4)}}
    for first, second in product(dilations, repeat=2):
        path = [((3, 1, 1, first),), ((3, 1, 1, second),)]
        sizes = [(1024,), (1026 - 2 * first,), (1028 - 2 * first - 2 * second,)]
        assert along.met(path, sizes) == (50 - first - second in reachable[2])


def test_sums_join_what_layers_add() -> None:
    found = Sums(0, 1)
    for parts in ((-3, 2), (0, 5), (7,)):
        joined = found.joined(parts)
        assert joined is not None
        found = joined
    values = {first + second + 7 for first, second in product((-3, 2), (0, 5))}
    assert {value for value in range(-20, 40) if found.any_within(value, value)} == values
    assert not found.any_within(5, 8)
    assert found.any_within(-100, 4)
    assert Sums(0, 1).joined([0, 10**9]) is None


@pytest.mark.parametrize(
    ("step", "one_way"),
    [
        ("behind + v", True),
        ("(behind - 1)*v + 2*w + 1", True),
        ("v - behind", True),
        ("max(behind, v)", True),
        ("(behind + v - 1)//w + 1", True),
        ("v*w", True),
        ("abs(behind - v)", False),
        ("behind*behind", False),
        ("v//behind", False),
        ("behind % v", False),
    ],
)
def test_only_folds_that_turn_no_order_round_more_than_the_other_are_foreseen(step: str, *, one_way: bool) -> None:
    stepped = Stepped.of(*shaped(parse(step), BEHIND.name))
    assert foreseeable([stepped, None]) == one_way
    if not one_way:
        return
    values = [
        [stepped.function(*some[: len(stepped.said)], behind) for behind in range(-9, 9)] for some in ((2, 3), (5, 1))
    ]
    assert all(one in (sorted(one), sorted(one, reverse=True)) for one in values)


def test_ranges_are_those_of_the_graph() -> None:
    problem = ask(7, 28, layers=2, stride=2)
    ranges = Ranges(problem, [whole_graph(problem)])
    assert ranges.domains["layer.1.0.kernel_size"] == tuple(range(1, 8))
    sizes = {solution.sizes[1][0] for solution in stream(problem)}
    low, high = ranges.intervals["size.1.0"]
    assert low <= min(sizes)
    assert max(sizes) <= high


def test_a_search_that_asks_too_much_ends() -> None:
    dilations = (1, 2, 4, 8, 16, 32)
    problem = ask(1024, 1024, layer="conv", layers=24, kernel_size=3, stride=1, dilation=set(dilations),
                  padding=set(dilations),
                  where="receptive_field == 505")  # fmt: skip
    with pytest.raises(TooLong):
        next(scout(problem).along([], 1))


@pytest.mark.parametrize("count", [30, 300])
def test_stacks_of_as_many_layers_are_one_order_whoever_finds_it(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One and two layers in front, two and one behind: neither comes first as a whole."""
    where = ["padding[0] == padding[-1]", "stride[0] == stride[-1]", "sum(kernel_size) == 7"]
    limits: dict[str, Any] = {"kernel_size": "1..4", "stride": "1..2", "padding": "0..1", "where": where}
    problem = ask(12, 12, stack='Conv() * "1..2" >> ConvTranspose() * "1..2"', **limits)
    every = [(len(one.layers), place_in_order(one, combination(each)), combination(each))
             for one in problem.depths for each in stream(one)]  # fmt: skip
    wanted = [each for *_, each in sorted(every)[:count]]
    assert [*map(combination, answer(problem, count=count))] == wanted
    for few, most in ((10_000, 30_000), (3, 30_000), (3, 40), (3, 200)):
        monkeypatch.setattr(scouting, "FEW_WAYS", few)
        monkeypatch.setattr(scouting, "MOST_WAYS", most)
        monkeypatch.setattr(answering, "SOON_STEPS", 0)  # asked along each way, and carried after so many
        found = answer(problem, count=count)
        assert len(set(found)) == len(found)
        assert [*map(combination, found)] == wanted


@pytest.mark.parametrize(("stack", "layers"), [("Act('relu')", 1), ("Act('relu') >> Norm('batch')", 2)])
def test_layers_without_a_choice_meet_conditions_too(stack: str, layers: int) -> None:
    few = [size for size in range(5, 10) if layers * size <= 16]
    for where, sizes in (("in_size[0] == 7", [7]), ("activations <= 16", few), ("in_size[0] % 4 == 1", [5, 9])):
        found = answer(ask("1@[5..9]", "1@[5..9]", stack=stack, where=where))
        assert [one.sizes[0] for one in found] == [(size,) for size in sizes]
    assert answer(ask("8,9", "8,9", stack=stack, where="in_size == 8")).status == "impossible"
    assert answer(ask("8,9", "8,9", stack=stack, where="in_size >= 8")).status == "solved"


def test_a_size_in_the_middle_guides_the_search() -> None:
    """The input's size is to be found, too: of thousands of beginnings few come to the size that is wanted."""
    question = ask("3@[200..240]", "64@7", layers=5, where=["out_size[2] == 14", "receptive_field <= 100"])
    found = answer(question, count=1)
    assert (found.order, found[0].sizes[3]) == ("conventional", (14,))
    search = scout(question).asking(10_000)
    assert {*search.members.columns[3][0]} == {14}


def test_what_no_setting_can_meet_is_known_at_once() -> None:
    problem = ask("1@?x?", "8@14x14", layer="conv", layers=2, where="receptive_field >= 40")
    found = scout(problem)
    assert (found.never, found.total, [*found.combinations()], [*found.in_order([], 3)]) == (True, 0, [], [])
    assert answer(problem).status == "impossible"
    assert scout(ask(9, 3, layers=2, where="receptive_field <= 1000")).conditions is None
