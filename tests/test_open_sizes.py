"""Sizes to be found: all that lie in their ranges, and no others, in one order."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

import convsolve as cs
from convsolve.answering import search_all
from convsolve.assembly import stream
from convsolve.events import Event, Found
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.shapes import Extent
from tests.command_line import convsolve
from tests.oracle.order import place_in_order

# With ties named, a size among several has the very combinations that it has alone.
QUESTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("[2..9]", "28", {"layers": 2, "layer": "conv_transpose"}),
    ("7", "[20..31]", {"layers": 2}),
    ("[5..9]", "[1..4]", {"layers": 2, "kernel_size": "1..4", "stride": "1..3"}),
    ("[3..5]x4", "7x[8..9]", {"layers": 1, "tie": "kernel_size,stride"}),
    ("[3..5]x[3..5]", "9x9", {"layers": 1, "tie": "none", "kernel_size": "2..4"}),
    ("[2..3]x2x[1..2]", "4x4x3", {"layers": 1, "tie": "all"}),
    ("1@[4..6]", "2@[12..14]", {"layers": 2, "where": ["receptive_field <= 3", "params <= 20", "in_size[1] > 6"]}),
]


def each(source: str, target: str) -> list[tuple[str, str]]:
    """Every pair of sizes in the ranges."""
    ends = []
    for text in (source, target):
        extent = Extent.read(text)
        front = "" if extent.channels is None else f"{extent.channels}@"
        ends.append([front + "x".join(map(str, size)) for size in product(*extent.sizes)])
    return [(start, end) for start, end in product(*ends)]


def told(problem: Problem) -> list[cs.Solution]:
    found: list[cs.Solution] = []

    def hear(event: Event) -> None:
        if isinstance(event, Found):
            found.append(event.solution)

    search_all(problem, hear)
    return found


@pytest.mark.parametrize(("source", "target", "question"), QUESTIONS)
def test_the_combinations_are_those_of_each_size(source: str, target: str, question: dict[str, Any]) -> None:
    layer = "conv_transpose" if Extent.read(source).sizes[0][0] < Extent.read(target).sizes[0][0] else "conv"
    question = {"layer": layer, **question}
    wanted = [solution for one in each(source, target) for solution in stream(ask(*one, **question))]
    problem = ask(source, target, **question)
    everything = told(problem)
    assert len(everything) == len(set(everything)) == len(wanted) > 2
    assert set(everything) == set(wanted)
    answer = cs.solve(source, target, all=True, **question)
    assert (answer.total, answer.complete) == (len(wanted), True)

    def in_order(solution: cs.Solution) -> tuple[Any, ...]:
        start = solution.sizes[0]
        return (*place_in_order(problem, tuple(layer.settings for layer in solution.layers), start), start)

    assert list(answer) == sorted(wanted, key=in_order)
    assert all("z3" in solution.checked for solution in answer[:100])


@pytest.mark.parametrize(("source", "target", "question"), QUESTIONS[:2])
def test_the_best_is_that_of_all_sizes(source: str, target: str, question: dict[str, Any]) -> None:
    source, target = f"3@{source}", f"2@{target}"
    found = cs.solve(source, target, minimize=["macs", "params"], **question)
    best = [cs.solve(*one, minimize=["macs", "params"], **question) for one in each(source, target)]
    values = min(one.values for one in best if one.values)
    assert (found.values, found.optimal) == (values, True)
    assert found.total == sum(one.total or 0 for one in best)


@pytest.mark.parametrize(
    ("source", "target", "question"),
    [
        ("7", "?", {"layer": "conv_transpose", "layers": 2}),
        ("30", "?", {"layer": "conv", "layers": 2, "where": "receptive_field <= 5"}),
        ("3x4", "?x?", {"layer": "conv_transpose", "kernel_size": "1..3", "stride": "1..2"}),
        ("4x4", "4x?", {"layer": "conv", "kernel_size": "1..3"}),
    ],
)
def test_what_can_be_reached_is_listed_by_size(source: str, target: str, question: dict[str, Any]) -> None:
    """One solution a size, ascending, each the most conventional of those that lead there."""
    answer = cs.solve(source, target, **question)
    reached = [solution.output.size for solution in answer]
    everything = told(ask(source, target, **question))
    assert reached == sorted({solution.output.size for solution in everything})
    assert answer.total == len(everything)
    problem = ask(source, target, **question)
    for solution in answer[:: max(1, len(answer) // 8)]:
        rivals = [tuple(layer.settings for layer in one.layers) for one in everything if one.output == solution.output]
        first = min(rivals, key=lambda one: place_in_order(problem, one))
        assert tuple(layer.settings for layer in solution.layers) == first


def test_any_input_is_every_one_that_leads_there() -> None:
    answer = cs.solve("?", 28, layer="conv_transpose", all=True)
    inputs = {solution.input.size[0] for solution in answer}
    assert inputs == {size for size in range(1, 40) if cs.count(size, 28, layer="conv_transpose")}
    assert answer.total == sum(cs.count(size, 28, layer="conv_transpose") for size in range(1, 40))


def test_two_sizes_to_be_found_are_never_the_same() -> None:
    open_axes = ask("[2..8]x[2..8]", "61x61", layers=2)
    names = [parameter.name for parameter in open_axes.layers[0].kind.axis_parameters]
    tied = {name for name, leaders in zip(names, open_axes.ties[0], strict=True) if leaders == (0, 0)}
    assert tied == {"kernel_size", "stride", "dilation"}
    assert all(leaders == (0, 0) for leaders in ask("4x4", "61x61", layers=2).ties[0])


@pytest.mark.parametrize(
    ("source", "target"), [("[2..3]", "61"), ("[6..7]", "[1000..1001]"), ("[2..3]x[2..3]", "[61..62]x9"), ("?", "999")]
)
def test_none_of_the_sizes_is_proved_impossible(source: str, target: str) -> None:
    answer = cs.solve(source, target, layer="conv_transpose", kernel_size=2, stride=2, padding=0, output_padding=0)
    assert (answer.status, answer.total) == (cs.Status.IMPOSSIBLE, 0)


def test_nothing_comes_out_of_an_input_that_no_layer_takes() -> None:
    answer = cs.solve(3, "?", layer="conv", kernel_size=7, padding=0)
    assert (answer.status, answer.total) == (cs.Status.IMPOSSIBLE, 0)


def test_a_problem_with_sizes_to_be_found_reads_back() -> None:
    said = convsolve("solve", "8@[2..3]x?", "3@9x[10..12]", "--layer", "conv_transpose", "--json", "--count", "2")
    record = json.loads(said.out)["problem"]
    assert (record["input"], record["target"]) == ("8@[2..3]x?", "3@9x[10..12]")
    again = ask(record["input"], record["target"], stack=record["stack"], tie=record["tie"])
    assert again.to_dict() == {name: record[name] for name in again.to_dict()}


def test_more_sizes_than_can_be_held_are_refused() -> None:
    with pytest.raises(cs.Error, match="too-many"):
        cs.solve("?x?x?", "900x900x900", layer="conv", layers=4)


def test_the_screen_of_what_can_be_reached() -> None:
    said = convsolve("solve", "7", "?", "--layer", "conv_transpose", "-k", "3,4", "-s", "2", "--color", "always")
    assert said.err.splitlines()[0] == (
        "7 -> ? by ConvTranspose: 7 sizes that can be reached, each by its most conventional of 12 combinations"
    )
    head, row, *_ = said.out.splitlines()
    assert "#  in -> out  kernel_size  stride  padding  output_padding" in head
    assert row.split() == ["1", "7", "->", "11", "3", "2", "2", "0"]
