"""The graph's order: what it is, that nothing is missing or comes twice, however much of it is held."""

from __future__ import annotations

import json
from itertools import islice
from math import prod
from random import Random
from typing import Any

import pytest

import convsolve as cs
from convsolve import listing
from convsolve.assembly import stream
from convsolve.graph import graphs, total
from convsolve.layers.solved import SolvedLayer
from convsolve.listing import Combination
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.scouting import scout
from tests.oracle import brute_force, ways
from tests.oracle.drawn import stack as drawn_stack


def combinations(problem: Problem) -> list[Combination]:
    return list(scout(problem).combinations())


def place_in_order(problem: Problem, combination: Combination) -> list[tuple[object, ...]]:
    """Component by component and layer by layer: what axes share, the state behind, the settings."""
    found: list[tuple[object, ...]] = []
    for graph in graphs(problem):
        state = graph.source
        for step, layer, settings in zip(graph.steps, problem.layers, combination, strict=True):
            own = [settings[axis] for axis in graph.component.axes]
            shared = [
                own[leaders.index(leader)][parameter]
                for parameter, leaders in enumerate(step.ties)
                for leader in dict.fromkeys(leaders)
                if leaders.count(leader) > 1
            ]
            outs = [layer.kind.size_map(setting).out(size) for setting, size in zip(own, state, strict=True)]
            state = tuple(size for size in outs if size is not None)
            found.append((shared, state, own))
    return found


PLAIN: dict[int, set[Any]] = {}


@pytest.mark.parametrize("held", [0, 3, 50, 50_000])
def test_drawn_questions_are_listed_whole_and_in_order(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "HELD", held)
    draw = Random(4)
    listed, several = 0, 0
    for number in range(250):
        one = ways.drawn(draw)
        problem = ask(one.source, one.target, stack=one.stack, tie=one.tie)
        found = graphs(problem)
        if total(found) > 3000:
            continue
        some = combinations(problem)
        assert len(some) == len(set(some)) == total(found), one
        assert some == sorted(some, key=lambda combination: place_in_order(problem, combination)), one
        if prod(len(values[0]) for layer in one.layers for values in layer.values.values()) < 100:
            if number not in PLAIN:  # the same however much is held
                PLAIN[number] = set(brute_force.solutions(one.source, one.target, one.layers, one.tie))
            plain = {
                tuple(
                    tuple(layer.kind.window(setting) for setting in settings)
                    for layer, settings in zip(problem.layers, combination, strict=True)
                )
                for combination in some
            }
            assert plain == PLAIN[number], one
        assert [tuple(layer.settings for layer in solution.layers) for solution in stream(problem)] == some
        listed += len(some)
        several += len(found) > 1 and len(some) > 1
    assert listed > 2000
    assert several > 3


@pytest.mark.parametrize("held", [0, 20, 50_000])
def test_conditions_are_met_however_much_is_held(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    question: dict[str, Any] = {"layers": 3, "kernel_size": "1..4", "stride": "1..2"}
    every = combinations(ask("5x4", "12x9", **question))
    monkeypatch.setattr(listing, "HELD", held)
    met = combinations(ask("5x4", "12x9", **question, where=["sum(kernel_size) == 9", "stride[0] == 1"]))
    wanted = [one for one in every if sum(layer[0][0] for layer in one) == 9 and one[0][0][1] == 1]
    assert len(met) == len(set(met))
    assert set(met) == set(wanted)
    assert len(wanted) > 20
    # in front of a layer that has the largest kernel, others behind it may have come to less or as much
    met = combinations(ask("5x4", "12x9", **question, where=["max(kernel_size) == 4"]))
    wanted = [one for one in every if max(layer[0][0] for layer in one) == 4]
    assert len(met) == len(set(met)) == len(wanted) > 20
    assert set(met) == set(wanted)


def test_a_thousand_layers_are_listed_without_recursion() -> None:
    (only,) = combinations(ask("7", "7", stack="Conv(k=3, s=1, p='0..1', d=1) * 999"))
    assert len(only) == 999
    first = next(stream(ask("28", "14", layers=300)))
    assert first.sizes[-1] == (14,)


def test_the_first_of_many_come_at_once() -> None:
    """Wide domains have hundreds of thousands of settings a layer; they are not listed before they are asked for."""
    problem = ask("7", "28", layers=3, kernel_size="1..48", stride="1..24")
    some = list(islice(stream(problem), 100))
    assert len(set(some)) == 100


def test_a_solution_as_text_is_its_record() -> None:
    draw = Random(12)
    seen = set()
    for _ in range(300):
        channels, size, specs = drawn_stack(draw)
        text = " >> ".join(_written(spec) for spec in specs)
        trace = cs.trace(text, f"{channels}@{'x'.join(map(str, size))}")
        if not trace.valid:
            continue
        for layers in (trace.layers, tuple(_without_channels(layer) for layer in trace.layers)):
            for checked in [(), ("arithmetic",), ("arithmetic", "z3")]:
                solution = cs.Solution(tuple(layers), checked)
                assert solution.to_json() == json.dumps(solution.to_dict(), allow_nan=False)
        seen |= {layer.kind.record for layer in trace.layers}
    assert len(seen) == 6


def _without_channels(layer: SolvedLayer) -> SolvedLayer:
    return SolvedLayer(layer.kind, layer.settings, None, None, layer.in_size, layer.out_size)


def _written(spec: dict[str, Any]) -> str:
    if spec["kind"] == "Act":
        return "Act('leaky_relu', 0.2)"
    if spec["kind"] == "Norm":
        return f"Norm('{spec['function']}'" + (f", {spec['groups']})" if "groups" in spec else ")")
    words = [f"{name}={value!r}" for name, value in spec.items() if name != "kind"]
    return f"{spec['kind']}({', '.join(words)})"
