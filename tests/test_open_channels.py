"""Channels to be found: why none will do, what would mend it, and the best of many lists, against each by itself."""

from __future__ import annotations

import shlex
from itertools import pairwise
from typing import Any

import pytest

import convsolve as cs
from convsolve import optimum
from convsolve.covering import covering
from convsolve.explanation import Explanation
from convsolve.graph import graphs
from convsolve.monotone import decisive
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.promise import Promise
from convsolve.scouting import scout
from convsolve.wording import full, short
from tests.command_line import convsolve
from tests.oracle import condition

SMALL: dict[str, Any] = {"layers": 2, "kernel_size": "2..4", "stride": "1..3"}


def explained(source: str, target: str, **question: Any) -> Explanation:  # noqa: ANN401 - the words of a question
    found = cs.solve(source, target, **question)
    assert found.status is cs.Status.IMPOSSIBLE
    assert found.explanation
    return found.explanation


def test_a_budget_below_all_that_channels_allow() -> None:
    decoder: dict[str, Any] = {"layers": 3, "channels": "128,[16..512:16],[16..512:16],3"}
    found = explained("128@8x8", "3@64x64", **decoder, where="params <= 1000")
    command = "          convsolve solve 128@8x8 3@64x64 --layers 3 --channels"
    assert short(found) == [
        "because params <= 1000 and channels 128,[16..512:16],[16..512:16],3 exclude each other",
        "because the nearest that any of these channels allow is params <= 2387",
        "so no setting meets them all, whatever the sizes are",
        "  help: channels 128,[6,16..512:16],[16..512:16],3: 8x8 -> 8x8 -> 22x22 -> 64x64",
        f"{command} '128,[6,16..512:16],[16..512:16],3' --where 'params <= 1000'",
        "  help: the condition params <= 2387 instead: 8x8 -> 8x8 -> 22x22 -> 64x64",
        f"{command} '128,[16..512:16],[16..512:16],3' --where 'params <= 2387'",
    ]
    below = cs.solve("128@8x8", "3@64x64", **decoder, where="params <= 2386")
    assert below.status is cs.Status.IMPOSSIBLE
    narrower = decoder | {"channels": "128,[7,16..512:16],[16..512:16],3"}
    assert cs.solve("128@8x8", "3@64x64", **narrower, where="params <= 1000").status is cs.Status.IMPOSSIBLE


def test_channels_that_are_no_matter_are_not_blamed() -> None:
    question: dict[str, Any] = {"layers": 3, "channels": "128,?,?,3"}
    found = explained("128@8x8", "3@64x64", **question, kernel_size=2, stride=3)
    assert [reason.what for reason in found.conflict] == ["padding", "kernel_size", "stride", "input", "target"]
    assert "channels 128,?,?,3" in full(found)[4]
    assert all("--channels '128,?,?,3'" in change.command for change in found.changes)
    always = explained("128@8x8", "3@64x64", **question, where="params <= 100")
    assert [reason.value for reason in always.conflict] == ["params <= 100"]
    assert [change.relax for change in always.changes] == [{"where": "params <= 137"}]


def test_a_bound_from_below() -> None:
    found = explained("128@8x8", "3@64x64", layers=3, channels="128,[16..512:16],?,3", where="params >= 1e8")
    assert [reason.what for reason in found.conflict] == ["kernel_size", "channels", "where"]
    assert [change.relax for change in found.changes] == [
        {"where": "params >= 6441987"},
        {"channels": "128,[16..512:16],[128,3836],3"},
    ]


def test_channels_that_no_condition_on_them_leaves() -> None:
    question: dict[str, Any] = {"channels": "128,[16..48:16],[16..64:16],3", "layers": 3}
    found = explained("128@8x8", "3@64x64", **question, where="out_channels[0] >= out_channels[1] + 40")
    assert found.minimal
    assert found.because[0] == (
        "because out_channels[0] >= out_channels[1] + 40 and channels 128,[16..48:16],[16..64:16],3 exclude each other"
    )


def test_conditions_that_want_more_and_fewer_channels() -> None:
    """One of them alone is to blame, which is found although no list stands for all."""
    where = ["params <= 1e6", "params >= 9e5", "macs <= 1e5"]
    question: dict[str, Any] = {"layers": 3, "kernel_size": 3, "stride": 2}
    found = explained("128@8x8", "3@64x64", **question, channels="128,?,?,3", where=where)
    assert [reason.value for reason in found.conflict if reason.what == "where"] == ["macs <= 1e5"]
    assert found.minimal


def test_channels_in_a_stack_stay_there() -> None:
    stack = "Conv(k=3, c='8..64:8', groups={2, 4}) >> Conv(k=3, c='8..64:8') >> Conv(k=3)"
    found = explained("4@32x32", "64@8x8", stack=stack, where="params <= 300")
    assert found.because[0] == "because params <= 300 and channels 4,[8..64:8],[8..64:8],64 exclude each other"
    assert "--channels" not in found.changes[-1].command
    assert 'out_channels="8..64:8"' in found.changes[-1].command


def test_conditions_between_channels_and_settings_stand_for_no_list() -> None:
    """What one list makes of them is no limit of the others."""
    stack = "Conv(k='2..4', s='1..3', c='4..12:4', groups={1, 2}) >> Conv(k='2..4', s='1..3')"
    where = ["out_channels[0] > in_channels[0]", "in_channels[1] >= 5*stride[0]", "peak <= 30"]
    found = explained("8@6x6", "3@6x6", stack=stack, where=where)
    assert {reason.value for reason in found.conflict if reason.what == "where"} <= set(where)
    assert found.nearest == ()
    stack = "ConvTranspose(k='2..4', s='1..3', c='4..12:4', groups={1, 2}) >> Conv(k='2..4', s='1..3')"
    found = explained("4@8x8", "3@33x33", stack=stack, where="out_channels[0] > in_channels[0]")
    assert "where" not in {reason.what for reason in found.conflict}


def test_sizes_and_channels_to_be_found() -> None:
    found = explained("8@[2..4]", "3@400", layers=2, channels="8,[2..4],3", where="params <= 9")
    assert found.because[0].startswith("from 8@4 to 3@400, which comes nearest")


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"channels": "8,[4..6],3", **SMALL}, ["params <= 60"]),
    ({"channels": "8,[4..6],3", **SMALL}, ["params >= 900"]),
    ({"channels": "8,[4..6],3", **SMALL}, ["macs <= 100", "kernel_size >= stride"]),
    ({"channels": "8,[4,8],3", **SMALL}, ["activations <= 90"]),
    ({"channels": "8,[4,8],3", "layers": 2}, ["activations <= 40", "in_channels[1] >= 5*stride[0]"]),
    ({"channels": "8,[4,6],3", **SMALL}, ["params <= 160", "macs >= 2500"]),
    ({"channels": "8,[4..6],3", **SMALL}, ["receptive_field >= 40", "params <= 2000"]),
    ({"channels": "8,[4..8],3", **SMALL}, ["out_channels[0] % 3 == 0", "peak <= 50"]),
]


@pytest.mark.parametrize(("question", "where"), REFUSED)
def test_what_is_told_is_so(question: dict[str, Any], where: list[str]) -> None:
    """Each change suffices as it is typed, a smaller budget does not, and what is blamed is impossible by itself."""
    found = explained("8@7", "3@28", **question, where=where)
    for change in found.changes:
        words = shlex.split(change.command)[1:]
        assert convsolve(*words, "--count", "1").code == 0, change.command
        number = change.relax.get("where", "").rpartition("<= ")[2]
        if number.isdigit():  # asked for its status alone: why that is impossible takes longer to tell
            given = [text for word, text in pairwise(words) if word == "--where"]
            nearer = [text.replace(f"<= {number}", f"<= {int(number) - 1}") for text in given]
            assert nearer != given
            assert cs.solve("8@7", "3@28", **question, where=nearer).status is cs.Status.IMPOSSIBLE, nearer
    blamed = [reason.value for reason in found.conflict if reason.what == "where"]
    alone = cs.solve("8@7", "3@28", **question, where=blamed)
    assert alone.status is cs.Status.IMPOSSIBLE


LISTS: list[tuple[dict[str, Any], list[str], str]] = [
    ({"channels": "8,[2..9],3", **SMALL}, ["params <= 200"], "-params"),
    ({"channels": "8,[2..9],3", **SMALL}, ["params <= 200", "stride <= 2"], "-macs"),
    ({"channels": "8,[2..9],3", **SMALL}, ["params >= 150", "macs <= 2000"], "macs"),
    ({"channels": "8,[2..9],3", **SMALL}, ["params >= 150", "activations < 150"], "activations"),
    ({"channels": "8,[2..9],3", **SMALL}, ["101 <= params"], "params"),
    ({"channels": "8,[2..9],3", **SMALL}, ["params <= 180"], "-receptive_field"),
    ({"channels": "8,[2..9],3", **SMALL}, ["params < 181", "out_channels[0] >= 4"], "-params"),
    ({"stack": "Conv(k='1..3', c='2..8:2', p=1, groups={1,2}) >> ConvTranspose(k='3..4')"}, ["params <= 90"], "-macs"),
]


ALONE: dict[str, list[cs.Answer]] = {}


def numbers(question: dict[str, Any]) -> list[cs.Answer]:
    """The question with each list of channels by itself, which conditions and objectives do not change."""
    if str(question) not in ALONE:
        ALONE[str(question)] = listed = []
        for one in ask("8@7", "3@28", **question).depths:
            if "stack" in question:
                listed.append(cs.solve("8@7", "3@28", stack=one.stack(), channels=one.channel_list(), all=True))
            else:
                listed.append(cs.solve("8@7", "3@28", **question | {"channels": one.channel_list()}, all=True))
    return ALONE[str(question)]


@pytest.mark.parametrize(("question", "where", "objective"), LISTS)
def test_the_best_of_many_lists_is_the_best_of_each(
    question: dict[str, Any], where: list[str], objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where bounds alone tell of most lists that they cannot be better."""
    monkeypatch.setattr(optimum, "MOST_PROVED", 2)
    sign, cost = (-1, objective[1:]) if objective.startswith("-") else (1, objective)
    values = sorted(
        sign * condition.number(cost, solution)
        for one in numbers(question)
        for solution in one
        if all(condition.holds(text, solution) for text in where)
    )
    found = cs.solve("8@7", "3@28", **question, where=where, minimize=objective, count=9)
    assert values
    assert [sign * condition.number(cost, solution) for solution in found] == values[:9]
    assert found.values == (sign * values[0],)
    if found.optimal:
        assert found.bound == found.values


@pytest.mark.parametrize(("question", "where", "objective"), LISTS)
def test_a_promise_is_never_too_small(question: dict[str, Any], where: list[str], objective: str) -> None:
    """What bounds exclude has no answer, and no answer is better than a floor."""
    problem = ask("8@7", "3@28", **question, where=where, minimize=objective)
    promise = Promise(problem, graphs(problem.depths[0]))
    sign, cost = (-1, objective[1:]) if objective.startswith("-") else (1, objective)
    exact = 0
    for one, answers in zip(problem.depths, numbers(question), strict=True):
        met = [each for each in answers if all(condition.holds(text, each) for text in where)]
        best = min((sign * condition.number(cost, each) for each in met), default=None)
        for exactly in (False, True):
            floor = promise.floor(one, exactly=exactly)
            assert floor is not None or best is None
            if floor is not None and best is not None and promise.objective:
                assert floor <= best
                exact += exactly and floor == best
        assert promise.says_all is (where[-1] != "out_channels[0] >= 4")
        for text in where:
            if text not in [str(left) for left in (*promise.undecided(one), *promise.others)]:
                assert all(condition.holds(text, each) for each in answers)
    assert exact or not promise.objective


def test_the_list_that_decides_is_one_for_each_number_of_groups() -> None:
    """With more groups there are fewer weights, whatever the channels are."""
    stack = "Conv(k=3, c='4..8:4', groups={1, 4}) >> Conv(k=3)"
    problem = ask("4@9", "3@5", stack=stack, where="params <= 100")
    found = decisive(problem)
    assert found
    assert [(one.channels, one.layers[0].kind.group_count()) for one in found] == [((4, 4, 3), 1), ((4, 4, 3), 4)]
    assert decisive(ask("4@9", "3@5", stack=stack, where="params <= 100", maximize="macs")) is None
    most = decisive(ask("4@9", "3@5", stack=stack, maximize="macs"))
    assert most
    assert [one.channels for one in most] == [(4, 8, 3), (4, 8, 3)]


MIXED: list[tuple[list[str], int]] = [
    (["params >= 400", "macs <= 900"], 12),
    (["params >= 400", "macs <= 900", "stride <= 2"], 12),
    (["params > 999", "activations <= 40"], 8),
]


def stands_for(one: Problem, other: Problem, where: list[str]) -> bool:
    """Whether what one list breaks, the other breaks, too."""
    numbers = [(a or 0, b or 0) for a, b in zip(one.channels, other.channels, strict=True)]
    said = [*map(str, one.where)]
    if where[0] not in said:  # upper bounds alone
        return all(a <= b for a, b in numbers)
    return one is other or (where[1] not in said and all(a >= b for a, b in numbers))


@pytest.mark.parametrize(("where", "most"), MIXED)
def test_few_lists_stand_for_all_that_bounds_exclude(where: list[str], most: int) -> None:
    """Each list has none, and is one of those asked, or has more channels than one that is, or fewer."""
    question: dict[str, Any] = {"layers": 3, "channels": "8,[2..9],[2..9],3", "kernel_size": "2..4", "stride": "1..3"}
    problem = ask("8@7", "3@28", **question, where=where)
    asked = [*covering(problem)]
    assert len(asked) < most < len(problem.depths) == 64
    for one in asked:
        assert not scout(one).total
    for one in problem.depths:
        assert not scout(one).total
        assert any(stands_for(other, one, where) for other in asked)
    found = cs.solve("8@7", "3@28", **question, where=where)
    assert (found.status, found.stats["z3_checks"]) == (cs.Status.IMPOSSIBLE, len(asked))


def test_many_lists_are_proved() -> None:
    """As many as 1,024, where each by itself would have to be put to Z3."""
    question: dict[str, Any] = {"layers": 3, "channels": "128,[16..512:16],[16..512:16],3"}
    where = ["params <= 153600", "out_channels[0] >= out_channels[1]"]
    found = cs.solve("128@8x8", "3@64x64", **question, where=where, maximize="macs", count=1)
    assert (found.values, found.optimal) == ((241762304,), True)
    assert len(found.problem.depths) == 1024
