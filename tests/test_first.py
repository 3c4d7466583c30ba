"""Any one combination: there is one exactly where the graph counts some, and it leads where it should."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from convsolve import first as module
from convsolve.check.integers import faults
from convsolve.expansion import between
from convsolve.first import first
from convsolve.graph import graphs, total
from convsolve.layers.fans import fan_of, part_of
from convsolve.layers.solved import SolvedLayer
from convsolve.listing import Combination
from convsolve.posing import ask
from convsolve.problem import Problem
from tests.oracle import brute_force, ways


def found(problem: Problem) -> Combination | None:
    return first(problem, graphs(problem))


def leads_to_the_target(problem: Problem, combination: Combination) -> bool:
    """Layer by layer, with domains, ties and the integer rules."""
    size = problem.input.size
    for layer, ties, settings in zip(problem.layers, problem.ties, combination, strict=True):
        assert all(
            value in domain
            for setting, domains in zip(settings, layer.domains, strict=True)
            for value, domain in zip(setting, domains, strict=True)
        )
        assert all(
            settings[axis][parameter] == settings[leader][parameter]
            for parameter, leaders in enumerate(ties)
            for axis, leader in enumerate(leaders)
        )
        each = zip(settings, size, strict=True)
        out = tuple([layer.kind.size_map(setting).out(number) or 0 for setting, number in each])
        assert not faults([SolvedLayer(layer.kind, settings, None, None, size, out)])
        size = out
    return size == problem.target.size


@pytest.mark.parametrize("few", [0, 1, 16])
def test_there_is_one_where_the_plain_programme_counts_some(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With hardly a decision tried, the live states have to answer."""
    monkeypatch.setattr(module, "FEW", few)
    monkeypatch.setattr(module, "MANY", 10 * few)
    draw = Random(few)
    verdicts: Counter[bool] = Counter()
    for _ in range(250):
        one = ways.drawn(draw)
        problem = ask(one.source, one.target, stack=one.stack, tie=one.tie)
        combination = found(problem)
        possible = one.source in ways.by_position(one.source, one.target, one.layers, one.tie)[0]
        assert (combination is not None) == possible, one
        assert combination == found(problem)
        if combination is not None:
            assert leads_to_the_target(problem, combination), one
            for setting, layer in zip(combination[0], one.layers[:1] * len(one.source), strict=True):
                window = problem.layers[0].kind.window(setting)
                assert window is not None
                assert brute_force.out_size(layer.kind, 1, 10_000, window) is not None
        verdicts[possible] += 1
    assert min(verdicts.values()) > 30


DEEP: list[tuple[str, str, dict[str, Any], bool]] = [
    ("28", "14", {"layers": 1000}, True),
    ("1", "64", {"layers": 500}, True),
    ("4x5", "61x79", {"layers": 40}, True),
    ("4x4x3", "64x64x48", {"layers": 6}, True),
    ("4", "65", {"layers": 16, "kernel_size": "3,5", "stride": 1, "output_padding": 0}, False),
    ("100", "1000", {"layers": 6, "kernel_size": "3..5", "stride": "1,2", "padding": "0..2"}, False),
    ("100", "1491", {"layers": 6, "kernel_size": "3..5", "stride": "1,2", "padding": "0..2"}, True),
    ("100", "24000", {"layers": 3, "kernel_size": "1..48", "stride": "1..24"}, True),
    ("46x62", "368x489", {"kernel_size": "1..16", "stride": "1..8"}, True),
    ("4x4", "61x79", {"layers": 4, "tie": "all"}, False),
    ("4x4", "61x79", {"layers": 4, "tie": "none"}, True),
    ("7", "7", {"stack": "Conv(k=3, s=1, p='0..1', d=1) * 999"}, True),
    ("104", "104", {"stack": "(Conv(s=2) * 3 >> ConvTranspose(s=2) * 3) * 100"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "question", "possible"), DEEP)
def test_deep_long_and_wide_questions(source: str, target: str, question: dict[str, Any], possible: bool) -> None:  # noqa: FBT001
    problem = ask(source, target, **question)
    combination = found(problem)
    assert (combination is not None) == possible
    assert combination is None or leads_to_the_target(problem, combination)
    if "*" not in question.get("stack", "") and question.get("layers", 0) < 100:
        assert bool(total(graphs(problem))) == possible


def test_states_that_a_layer_refuses_are_not_entered() -> None:
    stack = "Conv(c=4, k='3,5', s='1,2', p='0,1') >> Norm('instance') >> ConvTranspose(k='3', s=1, p='0,1', op=0)"
    (graph,) = graphs(problem := ask("4@5x5", "4@3x3", stack=stack))
    combination = found(problem)
    assert combination is not None
    first_layer = problem.layers[0].kind.size_map(combination[0][0]).out(5)
    assert first_layer != 1
    only = ask("4@5x5", "4@1x1", stack="Conv(k=5, s=1, p=0, c=4) >> Norm('instance')")
    assert found(only) is None
    assert found(ask("4@5x5", "4@1x1", stack="Conv(k=5, s=1, p=0, c=4) >> Act('relu')")) is not None
    assert graph.total


def test_every_setting_between_two_states() -> None:
    draw = Random(8)
    listed = 0
    for _ in range(400):
        one = ways.drawn(draw, most_layers=1)
        problem = ask(one.source, one.target, stack=one.stack, tie=one.tie)
        wanted = set(brute_force.solutions(one.source, one.target, one.layers, one.tie))
        each = [list(between(graph.steps[0], graph.source, graph.target)) for graph in graphs(problem)]
        number = 1
        for settings in each:
            assert len(set(settings)) == len(settings)
            number *= len(settings)
        assert number == len(wanted), one
        listed += number
    assert listed > 300


@pytest.mark.parametrize(
    "stack",
    [
        "Conv(k='2,3,5', s='1,2', p='0..3', d=1, padding_mode='reflect') * 2",
        "Conv(k='2,5', s='1,3', p='0..4', d=1, padding_mode='circular') * 2",
        "AvgPool(k='2..6', s='1,2', p='0..3') >> AvgPool(k='2..6', s=1, p='1..3')",
    ],
)
@pytest.mark.parametrize("axes", [1, 3])
def test_sizes_that_are_too_small_for_a_layer_are_not_put_in(stack: str, axes: int) -> None:
    """Reflection, circular padding and AvgPool3d refuse sizes that the equation of the output would let pass."""
    verdicts: Counter[bool] = Counter()
    for source in range(1, 8):
        for target in range(1, 10):
            problem = ask((source,) * axes, (target,) * axes, stack=stack)
            combination = found(problem)
            assert (combination is not None) == bool(total(graphs(problem))), (source, target)
            assert combination is None or leads_to_the_target(problem, combination)
            verdicts[combination is not None] += 1
    assert min(verdicts.values()) > 3


@pytest.mark.parametrize("up", [True, False])
def test_only_the_sizes_that_a_layer_accepts_are_carried_on(up: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Of a line with 1, 2 and 6, a layer that wants 4 at least carries on the 6 alone."""
    fan = fan_of(2, part_of([0]), constant=0, up=up, least=4)
    line = module.Line(1, 1 | 1 << 8 | 1 << 40)
    (out,) = module.Decision((fan,), 0).ahead([line], [range(1, 100)])
    sizes = [out.first + place for place, there in enumerate(out.row.to_bytes(100, "little")) if there]
    assert sizes == [12 if up else 4]
    assert module.Decision((fan,), 0).behind(0, sizes[0], line) == 6
