"""One stack for several inputs: what serves each of them, no more and no less."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import pytest

import convsolve as cs
from convsolve.answer import Solution
from convsolve.check.child import check_solutions
from convsolve.conditioned import Conditioned
from convsolve.errors import Error
from convsolve.explanation import Explanation
from convsolve.graph import Walk, graphs, meet, whole_graph
from convsolve.grounding import ground
from convsolve.judge import Verdict, decide
from convsolve.layers.solved import SolvedLayer
from convsolve.posing import ask
from convsolve.shapes import Extent
from convsolve.sizewise import Listing
from tests.command_line import convsolve


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
        ("20,31,44", "3,3,3", {"stack": "Conv(k='1..4', s='1..3') >> AdaptiveAvgPool('1..5') >> Conv(k='1..3')"}),
    ],
)
def test_every_answer_serves_all_and_none_is_missing(source: str, target: str, question: dict[str, Any]) -> None:
    wanted = serving(source, target, **question)
    answer = cs.solve(source, target, all=True, **question)
    assert answer.total == len(answer) == len(wanted)
    assert {Solution(one.layers) for one in answer} == wanted
    assert decide(ask(source, target, **question)).verdict == (Verdict.SAT if wanted else Verdict.UNSAT)
    assert all(one.checked == ("arithmetic", "z3") for one in answer.solutions[:100])


def test_no_size_is_looked_at_that_no_input_comes_to() -> None:
    # in front of a pool that makes any size the same, four sizes of up to 130 each could be any 200 million
    (graph,) = graphs(ask("64,96,100,128", "7,7,7,7", stack="Conv()*2 >> AdaptiveAvgPool(7)"))
    front, back = meet(graph.narrowed)
    assert max(map(len, [*front, *back])) < 20_000
    # what leads on from each live state is counted there alone, and comes to the same
    assert [*map(len, graph.totals)] == [*map(len, graph.live)]
    assert [sum(at.values()) for at in graph.totals][::3] == [graph.total, 1]
    forward = Walk(graph.narrowed, counting=True)
    table = forward.end(0)
    for place, rest in enumerate(graph.totals):
        assert sum(number * rest.get(state, 0) for state, number in table.items()) == graph.total
        table = forward.forward(table, place) if place < len(graph.steps) else table


def test_of_the_sizes_that_a_pool_may_make_only_those_asked_for_are_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    carried: list[Listing] = []

    def counted(method: Callable[..., None]) -> Callable[..., None]:
        def called(one: Listing, *given: object) -> None:
            carried.append(one)
            method(one, *given)

        return called

    monkeypatch.setattr(Listing, "carry", counted(Listing.carry))
    monkeypatch.setattr(Listing, "ask", counted(Listing.ask))
    for source, target in (("20x20,31x25", "7x7,7x7"), ("9x9,9x8", "7x7,7x7")):
        (graph,) = graphs(ask(source, target, stack="Conv(k='1..3', s='1,2', p=0) >> AdaptiveAvgPool()"))
        totals = [sum(at.values()) for at in graph.totals]
        assert totals[0] == graph.total > 0
    assert 0 < len(carried) < 20  # of 64 * 64


@pytest.mark.parametrize(
    ("pool", "where"),
    [("AdaptiveAvgPool(7)", "out_size <= 40"), ("AdaptiveAvgPool()", "kernel_size <= 6")],
)
def test_conditions_are_asked_of_no_state_that_no_input_comes_to(pool: str, where: str) -> None:
    # sizes in front of the pool that could be put together were eleven million
    problem = ask("32x32,48x40", "7x7,7x7", stack=f"Conv()*2 >> {pool}", where=where)
    few = Conditioned(whole_graph(problem), ground(problem), steps=2_000_000)
    assert sum(map(len, few.graph.live)) < 2_000
    assert few.total > 100_000  # and not too many steps


@pytest.mark.parametrize("last", ["AdaptiveAvgPool('2..4')", "Upsample(size=2) >> ConvTranspose(k='1..3', s=1, p=0)"])
def test_the_same_meet_conditions_as_are_left_of_all(last: str) -> None:
    stack = f"Conv(k='1..3', s='1..2', p='0,1')*2 >> {last}"
    every = cs.solve("6x6,9x7", "3x3,3x3", stack=stack, all=True)
    conditions: dict[str, Callable[[Solution], bool]] = {
        "out_size <= 6": lambda one: all(size <= 6 for sizes in one.sizes_of_each for out in sizes[1:] for size in out),
        "in_size[1] == 4 or stride[0] == 1": lambda one: (
            one.layers[0].stride == (1, 1) or all(sizes[1] == (4, 4) for sizes in one.sizes_of_each)
        ),
        "kernel_size[0] + kernel_size[1] <= 4": lambda one: all(
            sum(kernels) <= 4 for kernels in zip(one.layers[0].kernel_size, one.layers[1].kernel_size, strict=True)
        ),
    }
    for where, holds in conditions.items():
        found = cs.solve("6x6,9x7", "3x3,3x3", stack=stack, where=where, all=True)
        assert set(found) == set(filter(holds, every))
        assert found.total == len(found) > 0


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
    told = answer.explanation
    assert told is not None
    assert told.because[0] == "because 7 -> 14 and 8 -> 17 are possible, each by itself, and not together"
    assert [dict(change.relax) for change in told.changes[:2]] == [
        {"input": "8", "target": "17"},
        {"input": "7", "target": "14"},
    ]
    assert not told.minimal
    _mended(told)


def test_the_input_that_cannot_is_told() -> None:
    said = convsolve(*shlex.split("solve 64,96,100 8,12,14 --layers 3 -k 3 -s 2 -p 1 --explain full"))
    assert said.code == 3
    assert "because 100 -> 14 has no answer by itself, and one stack must serve all inputs:\n" in said.err
    assert "make of 100 with kernel_size 3, stride 2 and padding 1 is 13 (100 -> 50 -> 25 -> 13)\n" in said.err
    assert "convsolve solve 64,96 8,12 --layers 3 -k 3 -s 2 -p 1\n" in said.err
    assert "convsolve solve 64,96,100 8,12,13 --layers 3 -k 3 -s 2 -p 1\n" in said.err


def test_what_mends_one_input_must_serve_all() -> None:
    told = cs.solve("64,96", "8,12", layers=3, where="stride==3").explanation
    assert told is not None
    assert (str(told.problem.input), str(told.problem.target)) == ("64", "8")
    assert _mended(told) > 0
    assert all("64,96 8," in change.command for change in told.changes)


def test_the_fewest_inputs_that_exclude_each_other_are_told() -> None:
    told = cs.solve("7,8,9", "14,17,18", layer="conv_transpose", kernel_size=4, stride=2).explanation
    assert told is not None
    pairs = {("7", "14"), ("8", "17"), ("9", "18")}
    told_of = {*zip(str(told.problem.input).split(","), str(told.problem.target).split(","), strict=True)}
    assert told_of < pairs
    question: dict[str, Any] = {"layer": "conv_transpose", "kernel_size": 4, "stride": 2}
    assert not cs.solve(str(told.problem.input), str(told.problem.target), **question)
    assert all(cs.solve(*pair, **question) for pair in told_of)
    _mended(told)


def _mended(told: Explanation) -> int:
    """How many changes there are; each is asked again as it would be typed."""
    for change in told.changes:
        assert convsolve(*shlex.split(change.command)[1:]).code == 0, change.command
    return len(told.changes)


@pytest.mark.parametrize(
    ("source", "target", "question", "words"),
    [
        ("64,96", "8", {}, "2 input(s) and 1 target(s)"),
        ("64,8x8", "8,4x4", {}, "several inputs have the same axes and channels"),
        ("3@64,4@96", "8,12", {}, "several inputs have the same axes and channels"),
        ("64,?", "8,12", {}, "none is to be found, or a family, in this version"),
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
