"""Questions with conditions: the very combinations that meet them, each in its place, counted exactly."""

from __future__ import annotations

from dataclasses import replace
from itertools import compress, islice
from random import Random
from typing import Any

import pytest

from convsolve import answering, scouting
from convsolve.answer import Solution, Status
from convsolve.answering import answer, search_all
from convsolve.assembly import Assembly, stream
from convsolve.conditioned import TooManyStates
from convsolve.conditions import Condition
from convsolve.errors import Error
from convsolve.events import Progress
from convsolve.judge import Verdict, decide
from convsolve.objectives import read_objectives
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.render.answers import headline
from convsolve.scouting import scout
from convsolve.search import conventional
from tests.oracle import condition
from tests.oracle.order import place_in_order, settings

QUESTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("3@7", "8@28", {"layers": 2}),
    ("2@9", "4@9", {"layers": 3, "kernel_size": "1..3", "stride": "1..2", "padding": "0..1"}),
    ("8@1", "2@16", {"layers": 3, "kernel_size": "1..4", "stride": "1..3", "output_padding": "0..1"}),
    ("2@17", "5@1", {"layers": 3, "kernel_size": "1..4", "stride": "1..2", "padding": "0..1", "dilation": "1,2"}),
    ("4@3x4", "2@7x9", {"layers": 2, "kernel_size": "2..4", "stride": "1..2"}),
    ("4@3x3", "2@7x7", {"layers": 2, "kernel_size": "1..4", "stride": "1..3"}),
    ("4@3x4", "2@7x9", {"layers": 1, "tie": "none"}),
    ("4@4x4x3", "2@8x8x7", {"layers": 2, "kernel_size": "2..4", "stride": "1..2", "padding": "0..1"}),
    ("4@12", "6@12", {"stack": "Conv(k='1..3', s='1..2', c=5) >> Act('relu') >> MaxPool('2,3') >> "
                               "ConvTranspose(k='2..4')"}),
    ("4@8x8", "4@8x8", {"stack": "Conv(k={1, 3}, s=1, groups=2) >> Norm('batch') >> Conv(k='1..3', s=1, d='1,2') >> "
                                 "ConvTranspose(k='1..3', s='1,2')"}),
    ("2@10x12", "3@4x5", {"stack": "AvgPool(k='2,3', s='1,2', ceil_mode=True) >> Conv(k='1..3', s='1..2', c=3)"}),
)  # fmt: skip
CONDITIONS = (
    "kernel_size >= stride", "stride == 1 or kernel_size % stride == 0", "2*padding < kernel_size",
    "stride[0] == stride[-1]", "kernel_size[0] <= kernel_size[-1]", "padding[0] != 1", "out_size[0] % 2 == 1",
    "out_size[0] >= in_size[-1]", "in_size[-1] == 2*out_size[0] or stride[0] == 1", "sum(kernel_size) <= 6",
    "sum(kernel_size) in {4, 5, 6, 7}", "product(stride) == 2", "product(stride) <= 4", "max(out_size) <= 14",
    "min(kernel_size) >= 2", "max(kernel_size) - min(kernel_size) <= 1", "sum(padding) == sum(stride)", "params <= 200",
    "params > 60", "100 < macs <= 3000", "activations < 300", "peak <= 60", "peak >= 60", "receptive_field == 5",
    "receptive_field <= 7", "receptive_field >= 2*kernel_size[0]", "jump >= 1", "jump in {1, 2, 4}",
    "not (stride == 2 and padding == 0)", "kernel_size[0][0] == 3", "abs(out_size - in_size) <= 8", "params % 3 != 0",
    "sum(padding - kernel_size) <= -3", "sum(padding - kernel_size) >= -5", "-4 <= sum(stride - padding - 1) <= 1",
    "sum(padding - kernel_size + 3) >= 2",
    "macs <= 20*params", "sum(in_size*out_size) <= 300", "layers <= 3", "out_channels[-1] >= 2*groups[0]",
)  # fmt: skip
OBJECTIVES = (
    "sum(kernel_size)", "max(padding)", "min(stride)", "product(stride)", "receptive_field", "peak", "params", "macs",
    "activations", "sum(out_size)", "abs(out_size[0] - 9)", "stride[0] + params", "max(kernel_size) - min(kernel_size)",
    "2*sum(padding) - sum(stride)", "receptive_field[0]", "kernel_size[-1][0]", "max(params, macs)", "layers",
    "sum(in_channels*kernel_size)", "(params + macs) // 7",
)  # fmt: skip
SPACES: dict[int, list[Solution]] = {}
HELD: dict[tuple[int, int, str], bool] = {}


def every(number: int) -> list[Solution]:
    """All combinations of a question, whatever its conditions."""
    if number not in SPACES:
        source, target, question = QUESTIONS[number]
        SPACES[number] = list(stream(ask(source, target, **question)))
    return SPACES[number]


def meets(number: int, place: int, text: str) -> bool:
    """Whether a combination of a question meets a condition by the oracle, which is asked once."""
    key = number, place, text
    if key not in HELD:
        HELD[key] = condition.holds(text, every(number)[place])
    return HELD[key]


def combination(solution: Solution) -> Any:  # noqa: ANN401
    return tuple(layer.settings for layer in solution.layers)


def drawn(seed: int) -> tuple[Problem, list[Solution]]:
    """A question with one to ten conditions, and the combinations that meet them by the oracle."""
    draw = Random(seed)
    number = draw.randrange(len(QUESTIONS))
    source, target, question = QUESTIONS[number]
    where = draw.sample(CONDITIONS, draw.choice((1, 2, 2, 3, 5, 10)))
    while True:
        try:
            problem = ask(source, target, **question, where=where)
            scout(problem)
        except Error as error:  # of a layer that this question has not
            assert error.code == "no-such-layer"  # noqa: PT017
            where = [text for text in where if not str(error).partition("]: ")[2].startswith(f"{text}:")]
            continue
        met = [all(meets(number, place, text) for text in where) for place in range(len(every(number)))]
        return problem, [*compress(every(number), met)]


@pytest.mark.parametrize("number", [0, 1, 4])
@pytest.mark.parametrize(
    "where",
    ["receptive_field <= in_size[0]", "in_size[0] <= params", "sum(kernel_size) + in_size[0] < 14",
     "12 // product(stride) >= 3", "in_size[0] + out_size[-1] > receptive_field*max(stride)"],
)  # fmt: skip
def test_what_is_said_of_the_input_or_divided_by_a_product(number: int, where: str) -> None:
    source, target, question = QUESTIONS[number]
    wanted = [one for one in every(number) if condition.holds(where, one)]
    found = scout(ask(source, target, **question, where=where))
    assert found.total == len(wanted)
    assemble = Assembly(found.problem)
    assert {combination(assemble(one)) for one in found.combinations()} == {combination(one) for one in wanted}


@pytest.mark.parametrize("seed", range(60))
def test_what_is_best_by_any_number(seed: int) -> None:
    """Sorted by the objectives as the oracle has them, then by style; and proved by Z3."""
    problem, wanted = drawn(seed)
    draw = Random(seed)
    texts = draw.sample(OBJECTIVES, draw.choice((1, 1, 2, 3)))
    signs = [draw.choice((1, -1)) for _ in texts]
    written = [text if sign == 1 else f"-({text})" for text, sign in zip(texts, signs, strict=True)]
    if not wanted:
        return
    asked = replace(problem, objectives=read_objectives(written, None))

    def place(solution: Solution) -> tuple[Any, ...]:
        numbers = [sign * condition.number(text, solution) for text, sign in zip(texts, signs, strict=True)]
        return numbers, place_in_order(problem, combination(solution))

    in_order = sorted(wanted, key=place)
    found = answer(asked, count=12)
    assert list(found) == in_order[:12]
    assert found.values == tuple(condition.number(text, in_order[0]) for text in texts)
    assert (found.optimal, found.bound) == (True, found.values)


@pytest.mark.parametrize("seed", range(200))
def test_just_those_that_meet_all_conditions(seed: int) -> None:
    problem, wanted = drawn(seed)
    found = scout(problem)
    assert found.total == len(wanted)
    assemble = Assembly(problem)
    assert {combination(assemble(one)) for one in found.combinations()} == {combination(one) for one in wanted}
    in_order = sorted(map(combination, wanted), key=lambda one: place_in_order(problem, one))
    some = min(len(wanted), 40)
    assert settings(islice(conventional(problem, found.searches(), some), some)) == in_order[:some]


@pytest.mark.parametrize(
    ("where", "total"),
    [
        ("sum(padding - kernel_size) <= -3", 95),
        ("sum(padding - kernel_size) >= -3", 111),
        ("sum(padding - kernel_size + 3) >= 2", 139),
        ("sum(stride - padding - 1) <= 1", 148),
    ],
)
def test_parts_of_a_sum_may_be_negative(where: str, total: int) -> None:
    """Totals by a reviewer's brute force."""
    limits: Any = {"layers": 2, "kernel_size": "1..4", "stride": "1..3", "padding": "0..2"}
    assert scout(ask(4, 16, **limits, where=where)).total == total
    assert sum(condition.holds(where, one) for one in stream(ask(4, 16, **limits))) == total


@pytest.mark.parametrize("seed", range(1000, 1040))
def test_z3_says_the_same(seed: int) -> None:
    problem, wanted = drawn(seed)
    found = answer(problem, count=3)
    assert found.status in ((Status.SOLVED,) if wanted else (Status.IMPOSSIBLE, Status.GAVE_UP))
    assert all("z3" in solution.checked for solution in found)
    verdict, solution = decide(problem)
    assert verdict in ((Verdict.SAT if wanted else Verdict.UNSAT), Verdict.UNKNOWN)
    assert solution is None or solution in wanted


def test_what_is_found_meets_the_conditions_in_all_its_numbers() -> None:
    where = ["params <= 153600", "kernel_size >= stride"]
    found = answer(ask("100@1x1", "3@64x64", layers=5, where=where, no_checkerboard=True), count=3)
    assert len(found) == 3
    assert all((solution.costs.params or 0) <= 153_600 for solution in found)
    assert all(layer.kernel_size[0] % layer.stride[0] == 0 for solution in found for layer in solution.layers)


@pytest.mark.parametrize("seed", range(2000, 2030))
def test_the_best_of_those_that_meet_the_conditions(seed: int) -> None:
    problem, wanted = drawn(seed)
    objectives = read_objectives(["macs", "-params"], None)
    found = answer(replace(problem, objectives=objectives), count=2)
    assert (found.total or 0) == len(wanted)
    if wanted:
        best = min((one.costs.macs or 0, -(one.costs.params or 0)) for one in wanted)
        assert found.values == (best[0], -best[1])
        assert found.optimal is (found.values == found.bound)


def test_most_bests_are_proved() -> None:
    found = []
    for seed in range(2000, 2030):
        problem, wanted = drawn(seed)
        if wanted:
            found.append(answer(replace(problem, objectives=read_objectives("macs", None)), count=1).optimal)
    assert found.count(True) > 0.8 * len(found) > 8


@pytest.mark.parametrize("seed", range(3000, 3020))
def test_z3_alone_lists_as_many_as_are_asked_for_and_knows_when_there_are_no_more(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scouting, "scout", lambda problem, *_: scout(problem, 0))
    monkeypatch.setattr(scouting, "MOST_WAYS", 0)
    problem, wanted = drawn(seed)
    few = answer(problem, count=3)
    assert len(set(few)) == len(few) == min(3, len(wanted))
    assert set(few) <= set(wanted)
    if len(wanted) <= 60:
        every = answer(problem, every=True)
        assert set(every) == set(wanted)
        assert (every.total, every.complete) == (len(wanted), True)
        progress = Progress(problem)
        search_all(problem, progress)
        found = progress.answer()
        assert found.solutions == every.solutions if found.order == every.order else set(found) == set(every)
    best = answer(replace(problem, objectives=read_objectives(["macs", "-params"], None)))
    assert best.optimal is (True if wanted else None)
    if wanted:
        least = min((one.costs.macs or 0, -(one.costs.params or 0)) for one in wanted)
        assert best.values == (least[0], -least[1])


def test_that_cases_will_be_too_many_is_foreseen() -> None:
    names = ("kernel_size", "stride", "padding", "dilation")
    alike = [f"{name}[{place}] == {name}[{place % 2}]" for place in range(2, 6) for name in names]
    narrow: dict[str, Any] = {"kernel_size": 3, "stride": 1, "dilation": "1,2,4,8,16,32", "padding": "1,2,4,8,16,32"}
    for problem, begun in (
        (ask(100, 3, layers=6, where=alike), 100_000),
        (ask(1024, 1024, layers=24, layer="conv", where="receptive_field == 505", **narrow), 1_000_000),
    ):
        conditions = scout(problem).conditions
        assert conditions is not None
        with pytest.raises(TooManyStates):
            assert conditions.total
        assert 10_000 < conditions._steps_before < begun  # what the next layers would have taken was not begun


RELATING = "stride[0] <= stride[-1]"


@pytest.mark.parametrize("seed", range(3000, 3040))
def test_what_relates_layers_is_asked_along_each_way(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scouting, "scout", lambda problem, *_: scout(problem, 0))
    monkeypatch.setattr(answering, "by_z3", lambda *_: pytest.fail("Z3 is not needed"))
    problem, wanted = drawn(seed)
    problem = replace(problem, where=(*problem.where, Condition.read(RELATING)))
    meeting = [one for one in wanted if one.layers[0].stride <= one.layers[-1].stride]
    if not meeting or len(problem.layers) == 1:
        return
    ordered = sorted(map(combination, meeting), key=lambda one: place_in_order(problem, one))
    for most in (3, len(ordered) + 1):
        found = answer(problem, count=most)
        assert [*map(combination, found)] == ordered[:most]
        assert found.order == "conventional"
        assert all(one.checked == ("arithmetic", "z3") for one in found.solutions[:100])
        assert (found.total, found.complete) == ((len(ordered), True) if most > len(ordered) else (None, False))
    assert answer(problem, count=0).total == len(ordered)


def test_ways_are_not_followed_without_end() -> None:
    mirrored = [f"{n}[{at}] == {n}[{7 - at}]" for at in range(4) for n in ("kernel_size", "stride", "padding")]
    problem = ask(100, 100, stack="Conv() * 4 >> ConvTranspose() * 4", stride="2,3", where=mirrored)
    few, many, none = (answer(problem, count=count) for count in (2, 100, 0))
    assert (few.order, few.total, len(few)) == ("conventional", None, 2)
    # those that were found in order stay the first; the others are Z3's
    assert (many.order, many.total, len({*many})) == ("graph", None, 100)
    assert many.solutions[:2] == few.solutions
    assert (none.status, none.total, none.established and none.established.some) == (Status.GAVE_UP, None, True)
    assert headline(none).endswith(": gave up: there are some, in too many cases to be counted")


def test_where_the_graph_has_too_many_cases_z3_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scouting, "scout", lambda problem, *_: scout(problem, 10))
    statuses = []
    for seed in range(3000, 3030):
        problem, wanted = drawn(seed)
        found = answer(problem)
        statuses.append(found.status)
        if found.total is None and found:
            assert found.complete == (len(found) == len(wanted) == found.total)
            assert set(found) <= set(wanted)
        assert found.status in ((Status.SOLVED, Status.GAVE_UP) if wanted else (Status.IMPOSSIBLE, Status.GAVE_UP))
    assert {Status.SOLVED, Status.IMPOSSIBLE} <= set(statuses)
