"""Channels to be found: all that each list of numbers has, the usual ones first."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

import convsolve as cs
from convsolve import answering
from convsolve.asked import Asked
from convsolve.assembly import stream
from convsolve.posing import ask
from convsolve.widths import Widths, listed
from tests.command_line import convsolve
from tests.oracle import condition
from tests.oracle.order import place_in_order

FEW: dict[str, Any] = {"layers": 2, "kernel_size": "2..4", "stride": "1..3"}
QUESTIONS: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("8@7", "3@28", {"channels": "8,[2..6],3", **FEW}, []),
    ("8@7", "3@28", {"channels": "8,[2..6],3", **FEW}, ["params <= 150", "kernel_size[0] >= stride[0]"]),
    ("8@7", "3@28", {"channels": "8,[2..12:2],3", **FEW}, ["out_channels % 4 == 0"]),
    ("12@9", "2@4", {"channels": [12, {3, 4, 6}, "[2,4]", 2], "stack": "Conv(k=3, s='1..2', groups=2) * 3"}, []),
    ("4@6x5", "2@12x10", {"channels": "4,[2..3],2", "layers": 2, "kernel_size": "3,4"}, ["macs < 6000"]),
    ("8@7", "3@28", {"channels": "8,?,3", **FEW}, ["in_channels[1] > 2*padding[0] + 1", "activations <= 220"]),
]


def lists(channels: object) -> list[list[int]]:
    """Every list of numbers."""
    widths = Widths.read(channels)  # type: ignore[arg-type]
    assert widths
    numbers = [part for part in widths.parts if isinstance(part, int)]
    domains = iter(widths.domains(max(numbers)))
    return [
        list(one) for one in product(*([part] if isinstance(part, int) else next(domains) for part in widths.parts))
    ]


def met(texts: list[str], solution: cs.Solution, channels: list[int], given: set[int]) -> bool:
    """Whether conditions hold; one on out_channels alone speaks of those that are to be found."""
    for text in texts:
        if text.startswith("out_channels %"):
            if any(number % 4 for place, number in enumerate(channels) if place not in given):
                return False
        elif not condition.holds(text, solution):
            return False
    return True


@pytest.mark.parametrize(("source", "target", "question", "where"), QUESTIONS)
def test_the_combinations_are_those_of_each_list(
    source: str, target: str, question: dict[str, Any], where: list[str]
) -> None:
    widths = Widths.read(question["channels"])
    assert widths
    given = {place for place, part in enumerate(widths.parts) if isinstance(part, int)}
    wanted = []
    for channels in lists(question["channels"]):
        if "groups" in str(question) and any(number % 2 for number in channels):
            continue
        every = stream(ask(source, target, **(question | {"channels": channels})))
        wanted += [one for one in every if met(where, one, channels, given)]
    found = cs.solve(source, target, **question, where=where, all=True)
    assert len(wanted) > 10
    assert (found.total, found.complete, len(found)) == (len(wanted), True, len(wanted))
    assert set(found) == set(wanted)
    usual = found.problem.depths[0].channels
    charges = {one.channels: one.charge for one in found.problem.depths}
    assert charges[usual] == min(charges.values())

    def place(solution: cs.Solution) -> tuple[Any, ...]:
        channels = (solution.layers[0].in_channels, *(layer.out_channels for layer in solution.layers))
        score, *others = place_in_order(found.problem, tuple(layer.settings for layer in solution.layers))
        return (score + charges[channels], *others, list(charges).index(channels))

    assert list(found) == sorted(wanted, key=place)
    assert cs.solve(source, target, **question, where=where, count=7)[:] == found[:7]
    assert all("z3" in solution.checked for solution in found[:100])


@pytest.mark.parametrize("objective", ["params", "-params", "macs", "peak", "max(out_channels) + sum(kernel_size)"])
def test_the_best_of_all_lists(objective: str) -> None:
    question: dict[str, Any] = {"layers": 2, "kernel_size": "2..4", "where": ["params <= 180", "stride <= 3"]}
    alone = [cs.solve("8@7", "3@28", channels=one, minimize=objective, **question) for one in lists("8,[2..6],3")]
    sign = -1 if objective.startswith("-") else 1
    best = min(sign * one.values[0] for one in alone if one.values)
    found = cs.solve("8@7", "3@28", channels="8,[2..6],3", minimize=objective, **question)
    assert found.values
    assert (sign * found.values[0], found.bound, found.optimal) == (best, found.values, True)
    numbers = [sign * condition.number(objective.removeprefix("-"), solution) for solution in found]
    assert numbers == sorted(numbers)


def test_no_list_is_possible_and_that_is_proved() -> None:
    """Where more channels only cost more, of the list with the fewest; else of each."""
    found = cs.solve("8@7", "3@28", layers=2, channels="8,[2..4],3", where="params <= 1")
    assert (found.status, found.total, found.stats["z3_checks"]) == (cs.Status.IMPOSSIBLE, 0, 1)
    found = cs.solve("8@7", "3@28", layers=2, channels="8,[2..4],3", where="params == 1")
    assert (found.status, found.total, found.stats["z3_checks"]) == (cs.Status.IMPOSSIBLE, 0, 3)
    many = cs.solve("512@4x4", "3@64x64", layers=4, channels="512,?,?,?,3", where="params <= 300")
    assert (many.status, many.stats["z3_checks"]) == (cs.Status.IMPOSSIBLE, 1)
    most = cs.solve("8@7", "3@28", layers=2, channels="8,[2..4],3", where="params >= 1e6")
    assert (most.status, most.stats["z3_checks"]) == (cs.Status.IMPOSSIBLE, 1)


def test_as_many_lists_as_there_are_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conditions that do not speak of channels are carried once; others, where a number is asked for."""
    where = ["stride == 2", "kernel_size >= 2"]
    one = cs.count("16@4", "3@32", layers=3, channels="16,8,4,3", where=where)
    assert cs.count("16@4", "3@32", layers=3, channels="16,?,?,3", where=where) == 64 * one
    question: dict[str, Any] = {"layers": 2, "where": "sum(kernel_size) == 2 and sum(padding) == 0"}
    alone = cs.count("8@7", "3@28", channels="8,4,3", **question)
    assert cs.count("8@7", "3@28", channels="8,[1..250],3", **question) == 250 * alone
    monkeypatch.setattr(answering, "MOST_COUNTED", 20)  # not one after the other of hundreds
    whole = cs.solve("8@7", "3@28", channels="8,[1..25],3", all=True, minimize="macs", **question)
    assert (len(whole), whole.complete, whole.order) == (25 * alone, True, "conventional")


def test_a_proof_of_the_best_is_one_of_all_lists() -> None:
    """Each list that is not proved by itself is put to Z3, or only costs more than one that is."""
    found = cs.solve("8@7", "3@28", layers=2, channels="8,[2..200],3", minimize="params", count=1)
    assert (found[0].layers[0].out_channels, found.optimal) == (2, True)
    most = cs.solve("8@7", "3@28", layers=2, channels="8,[2..200],3", maximize="params", count=1)
    assert (most[0].layers[0].out_channels, most.optimal) == (200, True)
    few = cs.solve("8@7", "3@28", layers=2, channels="8,[2..20],3", maximize="params", count=1)
    assert (few[0].layers[0].out_channels, few.optimal) == (20, True)


def test_what_is_equally_good_comes_as_without_an_objective() -> None:
    question: dict[str, Any] = {"channels": "8,[2..6],3", "count": 200, **FEW}
    assert cs.solve("8@7", "3@28", minimize="layers", **question)[:] == cs.solve("8@7", "3@28", **question)[:]


def test_a_condition_on_channels_speaks_of_those_that_are_to_be_found() -> None:
    totals = {
        where: cs.count("8@7", "3@28", layers=2, channels="8,[2..8],3", where=where)
        for where in (
            "out_channels % 4 == 0",
            "out_channels % 4 == 0 and stride <= 4",
            "out_channels <= in_channels",
            "out_channels[0] == 4 or out_channels[0] == 8",
        )
    }
    one = cs.count("8@7", "3@28", layers=2, channels="8,4,3")
    assert totals == dict(zip(totals, (2 * one, 2 * one, 6 * one, 2 * one), strict=True))


def test_channels_of_several_inputs_may_be_to_be_found() -> None:
    alone = cs.count("8@28,8@32", "3@14,3@16", layers=2, channels="8,4,3")
    assert alone > 0
    assert cs.count("8@28,8@32", "3@14,3@16", layers=2, channels="8,[2..5],3") == 4 * alone


@pytest.mark.parametrize("where", ["16 // (out_channels - 4) == 1", "16 % (out_channels - 4) == 1"])
def test_a_division_by_what_may_be_nothing_is_refused(where: str) -> None:
    with pytest.raises(cs.Error, match="it divides by what may be 0"):
        cs.solve("8@7", "3@28", layers=2, channels="8,[2..6],3", where=where)


def test_more_lists_than_can_be_counted_are_listed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where conditions would have to be carried through too many of them the total is not known."""
    question: dict[str, Any] = {"channels": "8,[2..6],3", "where": ["params <= 150", "stride <= 3"], "layers": 2}
    whole = cs.solve("8@7", "3@28", **question)
    every = cs.solve("8@7", "3@28", all=True, **question)
    monkeypatch.setattr(answering, "MOST_COUNTED", 3)
    found = cs.solve("8@7", "3@28", **question)
    assert (found.total, found[:]) == (None, whole[:])
    best = cs.solve("8@7", "3@28", maximize="params", **question)
    assert (best.values, best.optimal) == ((max(solution.costs.params or 0 for solution in every),), True)
    none = cs.solve("8@7", "3@28", **(question | {"where": ["params <= 150", "receptive_field > 50"]}))
    assert (none.status, none.total) == (cs.Status.IMPOSSIBLE, 0)


def test_the_usual_numbers_come_first() -> None:
    usual = [one.numbers for one in listed([(16, 24, 32, 40, 64), (8, 16)], [32, 16])]
    assert usual[:4] == [(32, 16), (32, 8), (64, 16), (16, 16)] or usual[0] == (32, 16)
    assert len(set(usual)) == 10
    charges = [one.charge for one in listed([(16, 24, 32, 40, 64), (8, 16)], [32, 16])]
    assert charges == sorted(charges)
    assert usual.index((24, 16)) < usual.index((40, 16)) < usual.index((40, 8))


def test_a_question_reads_back() -> None:
    options = ["--layers", "3", "--channels", "16,?,[4..16:4],3", "--json", "--count", "2"]
    said = convsolve("solve", "4x4", "30x30", *options)
    record = json.loads(said.out)["problem"]
    assert record["channels"] == [16, "?", "[4..16:4]", 3]
    again = ask(**{word: record[word] for word in ("input", "target", "stack", "tie", "channels")})
    assert again.to_dict() == {name: record[name] for name in again.to_dict()}
    assert Asked.of(again).problem() == again
    assert "channels: 16,?,[4..16:4],3" in convsolve("solve", "4x4", "30x30", *options[:4]).err.splitlines()


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ("8,[6..2],3", "bad-channels]: channels: '6..2' is no number of channels"),
        ("8,[],3", "bad-channels]: channels: '' is no number of channels"),
        ("8,[2..3,3", "bad-channels]: channels: '[2..3' is no number of channels"),
        ("8,?,?,3", "bad-channels]: 4 channels for 2 convolution(s)"),
        (
            "?,?,?",
            "bad-channels]: channels to be found need numbers in front of the first convolution and behind the last",
        ),
        ("8,[2..4000],[2..4000],3", "too-many]: the channels to be found may be"),
        ([8, {0, 2}, 3], "bad-channels]: channels: '{0, 2}' is no number of channels"),
        ("8,[5,7],3", "bad-channels]: no numbers of channels are left"),
    ],
)
def test_channels_that_are_none(channels: Any, said: str) -> None:  # noqa: ANN401 - anything
    with pytest.raises(cs.Error) as caught:
        cs.solve(
            "7", "28", layers=3 if "4000" in str(channels) else 2, channels=channels, where="out_channels % 2 == 0"
        )
    assert str(caught.value).startswith(f"error[{said}")


def test_a_space_names_channels_as_the_list_has_them_whatever_a_shuffle_makes_of_them() -> None:
    stack = "Conv(k={1,3}, s=1, p={0,1}) >> PixelShuffle(2) >> Conv(k=3, s=1, p=1)"
    space = cs.Space("4@3x3", "2@6x6", stack=stack, channels="4,[4..16:4],2")
    assert space.decisions["channels.1"] == (4, 8, 12, 16)
    for solution in space:
        assert space.values(solution)["channels.1"] == solution.layers[0].out_channels


def test_a_space_has_every_list() -> None:
    space = cs.Space("8@7", "3@28", layers=2, channels="8,[2..3],3", kernel_size="2..4")
    alone = [cs.Space("8@7", "3@28", layers=2, channels=[8, n, 3], kernel_size="2..4") for n in (2, 3)]
    assert space.total == sum(one.total for one in alone)
    drawn = space.sample(space.total, seed=1)
    assert set(drawn) == {one[rank] for one in alone for rank in range(one.total)}
    assert all(space[space.index(solution)] == solution for solution in drawn)


GROUPED: list[tuple[str, str, str, list[str]]] = [
    ("16@8", "32@8", "Conv(k=3, groups={1, 2, 3, 16}) >> Conv(k=1, c=32)", []),
    ("16@8", "32@8", "Conv(k=3, s='1,2', groups='1..16') >> Conv(k='1,3', c=32)", ["groups[0] == in_channels[0]"]),
    ("8@7", "4@14", "ConvTranspose(k='2..4', groups={1, 2}) >> Conv(k=1)", []),
    ("8@7", "4@14", "ConvTranspose(k='2..4', s=2, c={4, 6}) >> Conv(k=3, p='0,1', groups={2, 4})", ["params <= 300"]),
]
SPANS = {
    "groups={1, 2, 3, 16}": [1, 2, 3, 16],
    "groups='1..16'": [*range(1, 17)],
    "groups={1, 2})": [1, 2],
    "groups={2, 4}": [2, 4],
    "c={4, 6}": [4, 6],
}


@pytest.mark.parametrize(("source", "target", "stack", "where"), GROUPED)
def test_groups_and_out_channels_may_be_to_be_found(source: str, target: str, stack: str, where: list[str]) -> None:
    """Each number written instead of its domain is a question of its own."""
    found = cs.solve(source, target, stack=stack, where=where, all=True)
    open_ones = [text for text in SPANS if text in stack]
    wanted = []
    for numbers in product(*(SPANS[text] for text in open_ones)):
        one = stack
        for text, number in zip(open_ones, numbers, strict=True):
            one = one.replace(text, f"{text.partition('=')[0]}={number}{')' if text.endswith(')') else ''}")
        try:
            every = [*stream(ask(source, target, stack=one))]
        except cs.Error as error:
            assert error.code in {"bad-groups", "bad-channels"}  # noqa: PT017
            continue
        wanted += [solution for solution in every if all(condition.holds(text, solution) for text in where)]
    assert wanted
    assert found.total == len(found) == len(wanted)
    assert set(found) == set(wanted)
    assert Asked.of(found.problem).problem() == found.problem
    record = found.problem.to_dict()
    assert ask(**record).to_dict() == record
    assert set(cs.solve(**record, all=True)) == set(wanted)


def test_no_number_of_groups_that_divides() -> None:
    with pytest.raises(cs.Error, match="16 channels do not divide into 5 groups"):
        cs.solve("16@8", "32@8", stack="Conv(groups={3, 5})")
