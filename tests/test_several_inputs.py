"""One stack for several inputs: what serves each of them, no more and no less."""

from __future__ import annotations

from typing import Any

import pytest

import convsolve as cs
from convsolve.answer import Solution
from convsolve.check.child import check_solutions
from convsolve.errors import Error
from convsolve.judge import Verdict, decide
from convsolve.layers.solved import SolvedLayer
from convsolve.posing import ask
from convsolve.shapes import Extent


def serving(source: str, target: str, **question: Any) -> set[Solution]:  # noqa: ANN401 - a question's arguments
    """The answers to the first input that trace leads from every other to its target, too."""
    (first, *inputs), (goal, *targets) = source.split(","), target.split(",")
    found = set()
    for one in cs.solve(first, goal, all=True, **question):
        layers = [f"{layer.kind.name}({_said(layer)})" for layer in one.layers]
        traced = [cs.trace(" >> ".join(layers), into) for into in inputs]
        if [str(trace.output) for trace in traced] == targets:
            found.add(one)
    return found


def _said(layer: SolvedLayer) -> str:
    return ", ".join(f"{parameter.name}={getattr(layer, parameter.name)}" for parameter in layer.kind.axis_parameters)


@pytest.mark.parametrize(
    ("source", "target", "question"),
    [
        ("64,96", "16,24", {"layers": 2, "kernel_size": "1..5"}),
        ("16,17,24", "8,8,12", {}),
        ("7,8", "14,16", {"layer": "conv_transpose"}),
        ("8x8,12x16", "16x16,24x32", {"stack": "ConvTranspose()"}),
        ("20,30", "10,15", {"stack": "Pad() >> MaxPool() >> Crop()"}),
        ("9,10", "3,4", {"stack": "Conv(k=3) >> MaxPool()"}),
        ("9x8,10x8", "4x8,5x8", {"stack": "Conv(k='3x1')", "tie": "none"}),
        ("5,6", "10,13", {"layer": "conv_transpose"}),
    ],
)
def test_every_answer_serves_all_and_none_is_missing(source: str, target: str, question: dict[str, Any]) -> None:
    wanted = serving(source, target, **question)
    answer = cs.solve(source, target, all=True, **question)
    assert answer.total == len(answer) == len(wanted)
    assert {Solution(one.layers) for one in answer} == wanted
    assert decide(ask(source, target, **question)).verdict == (Verdict.SAT if wanted else Verdict.UNSAT)
    assert all(one.checked == ("arithmetic", "z3") for one in answer.solutions[:100])


def test_the_question_of_the_interface() -> None:
    answer = cs.solve("1@64,96,128", "8@8,12,16", layers=3, count=2)
    assert [sizes[-1] for sizes in answer[0].sizes_of_each] == [(8,), (12,), (16,)]
    assert answer[0].sizes == answer[0].sizes_of_each[0]
    assert answer[0].to_dict()["sizes"] == [[[*size] for size in sizes] for sizes in answer[0].sizes_of_each]
    assert {report.levels for report in check_solutions([*answer])} == {("torch",)}
    assert answer.problem.to_dict()["input"] == "1@64,96,128"
    again = ask("1@64,96,128", "8@8,12,16", stack=str(answer.problem.stack()))
    assert again.to_dict()["stack"] == answer.problem.to_dict()["stack"]


def test_an_impossible_one_is_proved() -> None:
    answer = cs.solve("7,8", "14,17", layer="conv_transpose", kernel_size=4, stride=2)
    assert answer.status == "impossible"
    assert answer.explanation is None


@pytest.mark.parametrize(
    ("source", "target", "question", "words"),
    [
        ("64,96", "8", {}, "2 input(s) and 1 target(s)"),
        ("64,8x8", "8,4x4", {}, "several inputs have the same axes and channels"),
        ("3@64,4@96", "8,12", {}, "several inputs have the same axes and channels"),
        ("64,?", "8,12", {}, "none is to be found in this version"),
        ("1@64,96", "1@8,12", {"minimize": "params"}, "costs are not asked of several inputs"),
        ("1@64,96", "1@8,12", {"where": "macs <= 10"}, "costs are not asked of several inputs"),
        ("3@8x8,9x9", "4@,4@", {"stack": "Flatten() >> Linear(4)"}, "several inputs have the same axes"),
        ("64,96", "8,12", {"stack": "Conv() >> Norm('instance')"}, "is not solved for several inputs"),
    ],
)
def test_what_is_not_asked_of_several_inputs(source: str, target: str, question: dict[str, Any], words: str) -> None:
    with pytest.raises(Error) as caught:
        cs.solve(source, target, **question)
    assert words in str(caught.value)


def test_several_inputs_are_read_and_written() -> None:
    assert str(Extent.read("3@8x8,12x16")) == "3@8x8,12x16"
    assert Extent.read("64,96").each == (Extent.read(64), Extent.read(96))
    with pytest.raises(Error, match="are several sizes"):
        cs.trace("Conv(k=3)", "64,96")
    with pytest.raises(Error, match="a space of several inputs"):
        cs.Space("64,96", "8,12")
