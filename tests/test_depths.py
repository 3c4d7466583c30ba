"""A depth to be found: all that each number of layers has, the fewest layers first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import convsolve as cs
from convsolve.asked import Asked
from convsolve.domains import Domains
from convsolve.posing import ask
from convsolve.stack import Stack
from tests.command_line import convsolve
from tests.oracle.order import place_in_order

QUESTIONS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("7", "28", "1..3", {"kernel_size": "2..4", "stride": "1..3"}),
    ("9", "4", "1,3", {"kernel_size": "1..3"}),
    ("3x4", "12x16", "1..2", {"kernel_size": "3,4"}),
    ("2@[5..6]", "3@20", "1..3", {"kernel_size": "2..4", "where": ["layers != 2", "params <= 200"]}),
]


@pytest.mark.parametrize(("source", "target", "depths", "question"), QUESTIONS)
def test_each_number_of_layers_is_answered(source: str, target: str, depths: str, question: dict[str, Any]) -> None:
    alone = [cs.solve(source, target, layers=depth, all=True, **question) for depth in Domains.read(depths).on(1)[0]]
    answer = cs.solve(source, target, layers=depths, all=True, **question)
    assert (answer.total, answer.complete) == (sum(one.total or 0 for one in alone), True)
    assert list(answer) == [solution for one in alone for solution in one]
    assert cs.solve(source, target, layers=depths, count=7, **question)[:] == answer[:7]
    assert all("z3" in solution.checked for solution in answer[:100])


def test_stacks_of_the_same_number_of_layers_are_merged() -> None:
    stack = 'Conv(k=3, s="1..2") * "1..2" >> MaxPool(2) * "1..2"'
    answer = cs.solve("28", "7", stack=stack, all=True)
    closed = [cs.solve("28", "7", stack=one, all=True) for one in Stack.read(stack).depths()]
    assert answer.total == sum(one.total or 0 for one in closed)
    places = [
        (
            len(solution.layers),
            place_in_order(one.problem, tuple(layer.settings for layer in solution.layers)),
            solution,
        )
        for one in closed
        for solution in one
    ]
    assert list(answer) == [solution for *_, solution in sorted(places, key=lambda place: place[:2])]


@pytest.mark.parametrize("objective", ["params", "macs", "-params"])
def test_the_best_of_all_depths(objective: str) -> None:
    question: dict[str, Any] = {"kernel_size": "2..5", "minimize": [objective]}
    alone = [cs.solve("8@7", "2@28", layers=depth, **question) for depth in (1, 2, 3)]
    answer = cs.solve("8@7", "2@28", layers="1..3", count=12, **question)
    sign = -1 if objective.startswith("-") else 1
    best = min(sign * one.values[0] for one in alone if one.values)
    assert (answer.values, answer.bound, answer.optimal) == ((sign * best,), (sign * best,), True)
    name = objective.removeprefix("-")
    places = [(sign * getattr(solution.costs, name), len(solution.layers)) for solution in answer]
    assert places == sorted(places)
    every = [
        solution
        for depth in (1, 2, 3)
        for solution in cs.solve("8@7", "2@28", layers=depth, all=True, kernel_size="2..5")
    ]
    assert places == sorted((sign * getattr(one.costs, name), len(one.layers)) for one in every)[:12]


def test_none_of_the_depths_is_proved_impossible() -> None:
    answer = cs.solve(7, 29, layers="1..4", kernel_size=2, stride=2, padding=0, output_padding=0)
    assert (answer.status, answer.total, answer.stats["z3_checks"]) == (cs.Status.IMPOSSIBLE, 0, 4)


def test_the_fewest_layers_come_first_where_few_are_impossible() -> None:
    answer = cs.solve(7, 1000, layers="1..6")
    assert {len(solution.layers) for solution in answer} == {4}
    assert all(cs.solve(7, 1000, layers=depth).status is cs.Status.IMPOSSIBLE for depth in (1, 2, 3))


def test_what_can_be_reached_by_any_depth() -> None:
    answer = cs.solve(3, "?", layer="conv_transpose", layers="1..2", kernel_size="3,4", stride=2)
    by_depth = [cs.solve(3, "?", layer="conv_transpose", layers=n, kernel_size="3,4", stride=2) for n in (1, 2)]
    wanted = {solution.output.size: solution for one in reversed(by_depth) for solution in one}
    assert list(answer) == [wanted[size] for size in sorted(wanted)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"layers": 1, "input": 5, "0.stride": 1}, "no way leads from input 5 to the target"),
        ({"layers": 1, "0.stride": 1}, "no input leads to the target with layers 1"),
        ({"layers": 2, "0.stride": 1, "1.stride": 2}, "no input leads to the target with layers 2"),
    ],
)
def test_a_depth_that_no_input_leads_through_is_judged_like_others(values: dict[str, int], reason: str) -> None:
    stack = "Conv(k=3, s={1, 2}, p=0) * '1..3'"
    space = cs.Space("[11..14]", "7", stack=stack, where="in_size[0] >= 13")
    assert {space.values(solution)["layers"] for solution in space} == {3}
    verdict = space.check(values)
    assert (verdict.ok, verdict.layer, verdict.reason) == (False, None, reason)
    assert not cs.Space("[3..7]", "7", stack=stack).check(values)


@pytest.mark.parametrize(
    "options",
    [
        ["--layers", "2..4"],
        ["--stack", '(ConvTranspose(k=2) >> Conv(k=3)) * "1..2" >> ConvTranspose()'],
    ],
)
def test_a_problem_with_a_depth_to_be_found_reads_back(options: list[str]) -> None:
    said = convsolve("solve", "1@7", "3@28", *options, "--json", "--count", "2")
    record = json.loads(said.out)["problem"]
    again = ask(record["input"], record["target"], stack=record["stack"], tie=record["tie"])
    assert again.to_dict() == {name: record[name] for name in again.to_dict()}
    assert Asked.of(again).problem() == again


def test_the_command_line_counts_and_lists_depths() -> None:
    totals = [convsolve("count", "7", "28", "--layers", depth).out for depth in ("2", "3", "2..3")]
    assert int(totals[0]) + int(totals[1]) == int(totals[2])
    said = convsolve("solve", "7", "28", "--layers", "2..3", "--count", "1")
    assert said.err.startswith(
        "7 -> 28 in 2 to 3 ConvTranspose layers: 1 of 56,989 combinations, most conventional first"
    )
    lines = convsolve(
        "solve", "7", "28", "--layers", "1..2", "-k", "2,4", "-s", "2,4", "--all", "--jsonl"
    ).out.splitlines()
    assert len(lines) == int(convsolve("count", "7", "28", "--layers", "1..2", "-k", "2,4", "-s", "2,4").out)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"layers": "0..2"}, "error[bad-value]: layers must be a number from 1 to 1000, not '0..2'"),
        ({"layers": (2, 3)}, "error[bad-value]: layers must be a number from 1 to 1000, not '(2, 3)'"),
        ({"layers": "1..2000"}, "error[bad-value]: layers must be a number from 1 to 1000, not '1..2000'"),
        ({"stack": '(Conv() * "1..2") * "1..2"'}, "error[bad-stack]: a depth to be found stands inside another one"),
        (
            {"stack": 'Conv() * "1..40" >> Conv() * "1..40"'},
            "error[bad-stack]: it stands for 1,600 stacks, more than 1,000",
        ),
        (
            {"layers": "2..3", "channels": "8,4,2"},
            "error[bad-channels]: a list of channels, or out_channels to be found, need a number of layers",
        ),
    ],
)
def test_depths_that_are_none(question: dict[str, Any], said: str) -> None:
    with pytest.raises(cs.Error) as caught:
        cs.solve(28, 7, **question)
    assert str(caught.value).startswith(said)


def test_one_file_is_one_question(tmp_path: Path) -> None:
    said = convsolve("solve", "7", "28", "--layers", "2..3", "--smt2", str(tmp_path / "q.smt2"))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error[usage]: --smt2 writes one question, and each of 2 to 3 layers is one")
    assert not list(tmp_path.iterdir())
