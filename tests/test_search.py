"""The order of answers: exactly that of the score, ties broken as documented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from random import Random
from typing import Any

import pytest

from convsolve import members
from convsolve.bounds import After
from convsolve.expansion import Expansion
from convsolve.filling import Layer
from convsolve.graph import graphs
from convsolve.layers.base import AxisParameter, LayerKind, Rule, Setting, TorchCall
from convsolve.layers.maps import SizeMap, upwards
from convsolve.listing import in_graph_order
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.ranking import standard
from convsolve.search import BestFirst, conventional
from tests.oracle.order import place_in_order, settings

QUESTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("7", "28", {"layers": 2}),
    ("9", "9", {"layers": 2, "kernel_size": "1..4"}),
    ("1", "16", {"layers": 3, "kernel_size": "1..4", "stride": "1..3"}),
    ("17", "1", {"layers": 3, "kernel_size": "1..4", "stride": "1..2", "dilation": "1,2"}),
    ("3x4", "7x9", {"layers": 2, "kernel_size": "2..4", "stride": "1..2"}),
    ("3x4", "7x9", {"layers": 1, "tie": "none"}),
    ("4x4x3", "8x8x7", {"layers": 2, "kernel_size": "2..4", "stride": "1..2"}),
    ("12", "12", {"stack": "Conv(k='1..3', s='1..2') >> Act('relu') >> MaxPool('2,3') >> ConvTranspose(k='2..4')"}),
    ("8x8", "8x8", {"stack": "Conv(k={1, 3}, s=1) >> Norm('batch') >> Conv(k={1, 3}, s=1) >> ConvTranspose(k=3, s=1)"}),
    ("8", "16", {"stack": "Upsample() >> Conv(k={3, 7}, s=1) >> Conv(k={3, 7}, s=1)"}),
    ("8", "16", {"stack": "Upsample() >> Conv(k={5, 7}) >> Conv(k=3)"}),
    ("9", "7", {"stack": "Conv(k='1..7', s=1) >> Crop()"}),
]  # fmt: skip


def searches(problem: Problem) -> list[BestFirst]:
    return [BestFirst(graph, standard(), Expansion(graph)) for graph in graphs(problem)]


@pytest.mark.parametrize(("source", "target", "question"), QUESTIONS)
def test_best_first_is_all_of_them_sorted(source: str, target: str, question: dict[str, Any]) -> None:
    problem = ask(source, target, **question)
    found = searches(problem)
    everything = list(in_graph_order(problem, [search.expansion for search in found]))
    assert len(everything) > 5
    wanted = sorted(everything, key=lambda combination: place_in_order(problem, combination))
    assert settings(conventional(problem, found, len(everything))) == wanted
    assert settings(islice(conventional(problem, searches(problem), 5), 5)) == wanted[:5]


@pytest.mark.parametrize(("source", "target", "question"), QUESTIONS)
def test_the_order_does_not_hang_on_how_far_is_looked_at_first(
    source: str, target: str, question: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = ask(source, target, **question)
    wanted = settings(islice(conventional(problem, searches(problem), 200), 200))
    monkeypatch.setattr(members, "SLACK", 1)
    if (source, target) in (("7", "28"), ("1", "16"), ("17", "1")):
        assert all(len([*search.members.caps()]) > 1 for search in searches(problem))
    assert settings(islice(conventional(problem, searches(problem), 200), 200)) == wanted


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7])
def test_a_corridor_has_the_sizes_of_all_ways_within_its_cap(number: int) -> None:
    source, target, question = QUESTIONS[number]
    problem = ask(source, target, **question)
    (search,) = searches(problem)
    (corridor,) = search.members.corridors
    ways: dict[int, list[set[int]]] = {}
    places = search.members.places
    for combination in in_graph_order(problem, [search.expansion]):
        sizes, cost = [problem.input.size[0]], 0
        for depth, place in enumerate(places):
            (setting,) = combination[place]
            kind, size_map = problem.layers[place].kind, problem.layers[place].kind.size_map(setting)
            out = size_map.out(sizes[-1])
            assert out is not None
            window = kind.window(setting)
            assert window is not None
            still = (sizes[-1] if size_map.up else out) == 1
            cost += standard().layer_floor(kind.record, window, idle=still, first=depth == 0 and len(places) > 1)
            sizes.append(out)
        for passed, size in zip(ways.setdefault(cost, [set() for _ in sizes]), sizes, strict=True):
            passed.add(size)
    assert corridor.least == min(ways)
    for cap in {*list(ways)[:: max(1, len(ways) // 8)], max(ways)}:
        wanted = [set[int]().union(*(ways[cost][at] for cost in ways if cost <= cap)) for at in range(len(places) + 1)]
        assert [{*here} for here in corridor.within(cap, [range(10**6)] * len(wanted))] == wanted


def test_the_first_k_are_the_same_for_every_k() -> None:
    draw = Random(5)
    problem = ask("5", "33", layers=3, kernel_size="2..5", stride="1..3")
    longest = settings(islice(conventional(problem, searches(problem), 60), 60))
    for most in (1, 2, 3, draw.randint(4, 59)):
        assert settings(islice(conventional(problem, searches(problem), most), most)) == longest[:most]


def test_bounds_are_never_above_what_follows() -> None:
    problem = ask("1", "16", layers=3, kernel_size="1..4", stride="1..3")
    (search,) = searches(problem)
    for ranked in islice(search.paths(), 500):
        assert ranked.score >= search.members.bound(0, search.graph.source, ())
        assert ranked.score == place_in_order(problem, ranked.path)[0]


def test_bounds_charge_for_changes_as_the_style_does() -> None:
    draw = Random(3)
    classes: list[tuple[int, int | None]] = [*product(range(1, 5), (None, 1, 2, 3))]
    for _ in range(200):
        ways = {one: draw.randint(0, 5000) for one in draw.sample(classes, draw.randint(1, 6))}
        before = draw.choice(classes)
        charged = [
            cost + standard().change_cost("conv_transpose", (*before, 0, None, 0), (*following, 0, None, 0))
            for following, cost in ways.items()
        ]
        assert After(ways)(before) == min(charged)


@dataclass(frozen=True)
class Stretch(LayerKind):
    """A kind without a window but with something to choose, as upsampling is."""

    name = "Stretch"
    record = "stretch"
    axis_parameters = (AxisParameter("scale", "sc", 1, None, hole=True, limits=(1, 2, 3)),)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (Rule("size", "out_size == scale*in_size", "every element is repeated"),)

    def size_map(self, setting: Setting) -> SizeMap:
        return upwards(setting[0], 0)

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        raise AssertionError(settings, in_channels, out_channels)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_kind_without_a_window_is_searched_too(place: int) -> None:
    plain = ask("4", "12", layers=2, kernel_size="1..3", stride="1..2")
    layers, ties = list(plain.layers), list(plain.ties)
    for _ in range(2):
        layers.insert(place, Layer(Stretch(1), (((1, 2, 3),),), frozenset()))
        ties.insert(place, ((0,),))
    problem = replace(plain, layers=tuple(layers), ties=tuple(ties), channels=(None,) * 5)
    found = searches(problem)
    everything = list(in_graph_order(problem, [search.expansion for search in found]))
    assert len(everything) > 20
    wanted = sorted(everything, key=lambda combination: place_in_order(problem, combination))
    assert settings(conventional(problem, found, len(everything))) == wanted


def test_a_thousand_layers_are_walked() -> None:
    problem = ask("7", "7", stack="Conv(k=3, s=1, p='0..1', d=1) * 999")
    found = searches(problem)
    (only,) = in_graph_order(problem, [search.expansion for search in found])
    assert len(only) == 999
