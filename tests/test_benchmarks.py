"""The benchmarks' engines on small problems, and that their judge can say no. No time is asserted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from convsolve.assembly import stream
from convsolve.posing import ask
from convsolve.scouting import scout
from tests.benchmarks import explanations
from tests.benchmarks.__main__ import main, measure
from tests.benchmarks.checker import CheckerError, check, cost, receptive_field
from tests.benchmarks.engines import Engine, engines
from tests.benchmarks.goals import goals
from tests.benchmarks.measuring import Measured, judge, score
from tests.benchmarks.question import PARAMETERS, Combination, Outcome, RefusedError, bounds
from tests.benchmarks.results import Results
from tests.benchmarks.suite import CONV, SUITE, TRANSPOSED, Row, down, up
from tests.benchmarks.tables import goal_table
from tests.benchmarks.tasks import TASKS
from tests.oracle import brute_force, condition

SMALL = (
    Row("one layer", (7,), (28,), up(1), count=12),
    Row("down", (28,), (4,), down(2), {"kernel_size": (3, 4)}, count=79),
    Row("two axes", (3, 3), (6, 7), up(1), {"kernel_size": (1, 2, 3, 4)}, count=13),
    Row("there and back", (9,), (9,), ((CONV, 1), (TRANSPOSED, 1)), {"kernel_size": (3,), "stride": (2, 3)}, count=6),
    Row("dilated", (9,), (13,), up(1), {"kernel_size": (2, 3), "stride": (1, 2), "dilation": (1, 3)}, count=5),
    Row("all tied, solved", (3, 4), (6, 8), up(1), {"kernel_size": (1, 2, 3, 4)}, tie="all", count=4),
    Row("parity", (7,), (28,), up(2), {"kernel_size": (3,), "stride": (2,), "output_padding": (0,)}, "impossible"),
    Row("all tied", (3, 3), (6, 7), up(1), {"kernel_size": (1, 2, 3, 4)}, "impossible", tie="all"),
    Row("range", (7,), (224,), up(2), {"stride": (1, 2)}, "impossible"),
)
NARROW = {"kernel_size": (2, 3), "stride": (1, 2), "padding": (0, 1)}
RELATED = (
    Row("mirrored", (9,), (9,), ((CONV, 1), (TRANSPOSED, 1)), NARROW, conditions={"mirrored": 1}),
    Row("repeated", (15,), (4,), down(2), NARROW, conditions={"repeated": 1}),
    Row("skips", (9,), (9,), ((CONV, 2), (TRANSPOSED, 2)), NARROW | {"stride": (2,)}, conditions={"skips": 1}),
    Row("alike", (20,), (3,), down(3), NARROW, conditions={"alike": 1}),
    Row("ratio", (9,), (12,), up(2), {"kernel_size": (1, 2, 4), "stride": (1, 2)}, conditions={"ratio": 1}),
    Row("volume", (2, 3, 2), (6, 8, 6), up(2), NARROW | {"padding": (0,)}, conditions={"volume": 60}),
)
CHEAPEST = (
    Row("params", (2, 2), (9, 9), up(2), channels=(4, 3, 2), objective="params"),
    Row("macs", (2, 2), (9, 9), up(2), channels=(4, 3, 2), objective="macs"),
    Row("macs, two axes", (2, 3), (7, 9), up(2), {"stride": (1, 2)}, channels=(4, 3, 2), objective="macs"),
    Row("macs, down", (20,), (4,), down(2), channels=(2, 3, 4), objective="macs"),
)
STYLED = (
    *SMALL[:4],
    Row("kernels that change", (6,), (9,), up(2), {"kernel_size": (1, 2, 3), "stride": (1, 2)}),
    Row("from a single element", (1,), (5,), up(2), {"kernel_size": (1, 3, 4), "stride": (1, 2)}),
    Row("to a single element", (9,), (1,), down(2), {"kernel_size": (1, 3, 7), "stride": (1, 2, 3)}),
    Row("unread input", (11,), (3,), down(2), {"kernel_size": (2, 3), "stride": (1, 2, 3)}),
    Row("tied squares", (3, 3), (6, 6), up(1)),
)
ENGINES = engines()
REFUSED = {
    ("python-constraint", "first", "two axes"),
    ("python-constraint", "first", "all tied, solved"),
    *((name, "first", "all tied, solved") for name in ("CP-SAT table 1", "CP-SAT table 8")),
    *((name, "impossible", "all tied") for name in ("python-constraint", "CP-SAT table 1", "CP-SAT table 8")),
    *((f"CP-SAT division {workers}", task, "dilated") for workers in (1, 8) for task in ("best", "five")),
}


def oracle_layers(row: Row) -> list[brute_force.Layer]:
    limits: dict[str, Any] = {name: tuple(values) for name, values in row.limits.items()}
    kinds = [kind for kind, number in row.layers for _ in range(number)]
    return [brute_force.layer(kind, len(row.source), **limits) for kind in kinds]


@pytest.mark.parametrize("row", [*SUITE, *SMALL, *RELATED, *CHEAPEST], ids=lambda row: row.name)
def test_a_row_says_the_same_to_every_engine(row: Row) -> None:
    problem, asked = ask(**row.keywords), row.asked
    assert [layer.kind.record for layer in problem.layers] == [layer.kind for layer in asked.layers]
    for theirs, plain, ties in zip(problem.layers, asked.layers, problem.ties, strict=True):
        names = [parameter.name for parameter in theirs.kind.axis_parameters]
        for axis, place in enumerate(asked.places):
            domains = dict(zip(names, theirs.domains[axis], strict=True))
            assert [domains.get(name, (0,)) for name in PARAMETERS] == list(plain.domains)
            for name, leaders in zip(names, ties, strict=True):
                leader = asked.leader(PARAMETERS.index(name), place)
                assert leaders[axis] == asked.places.index(leader)
    assert problem.input.size == tuple(asked.axes[place].source for place in asked.places)
    assert problem.target.size == tuple(asked.axes[place].target for place in asked.places)
    if row.channels:
        assert problem.channels == row.channels


@pytest.mark.parametrize(
    ("engine", "task"),
    [(engine, task) for engine in ENGINES for task in (engine.tasks if not engine.needs else ("none",))],
    ids=lambda part: part.name if isinstance(part, Engine) else part,
)
def test_every_engine_does_its_tasks_on_small_problems(engine: Engine, task: str) -> None:
    if engine.needs:
        pytest.skip(f"{engine.needs} is not installed (the bench extra)")
    rows = {"optimum": CHEAPEST, "list": SMALL[:1]}.get(task, SMALL)
    for row in rows:
        if (task == "impossible") != (row.verdict == "impossible"):
            continue
        try:
            outcome = engine.tasks[task](row, 10.0)
        except RefusedError:
            assert (engine.name, task, row.name) in REFUSED, row.name
            continue
        judge(row, task, outcome)
        assert outcome.complete or task != "list"


@pytest.mark.parametrize("row", [row for row in SMALL if row.count], ids=lambda row: row.name)
def test_the_checker_takes_exactly_what_brute_force_finds(row: Row) -> None:
    every = set(brute_force.solutions(row.source, row.target, oracle_layers(row), row.tie))
    assert len(every) == row.count
    for answer in every:
        check(row.asked, answer)


@pytest.mark.parametrize("row", [row for row in STYLED if row.verdict == "solved"], ids=lambda row: row.name)
def test_cp_sat_minimises_the_very_score(row: Row) -> None:
    pytest.importorskip("ortools", reason="ortools is not installed (the bench extra)")
    every = brute_force.solutions(row.source, row.target, oracle_layers(row), row.tie)
    least = sorted(score(row, answer) for answer in every)[:5]
    engine = next(engine for engine in ENGINES if engine.name == "CP-SAT division 1")
    found = engine.tasks["five"](row, 20.0).answers
    assert sorted(score(row, answer) for answer in found) == least
    assert [score(row, answer) for answer in engine.tasks["best"](row, 20.0).answers] == least[:1]


@pytest.mark.parametrize("row", CHEAPEST, ids=lambda row: row.name)
def test_the_least_cost_is_that_of_brute_force(row: Row) -> None:
    every = brute_force.solutions(row.source, row.target, oracle_layers(row), row.tie)
    least = min(cost(row.asked, answer, row.objective or "") for answer in every)
    programme = next(engine for engine in ENGINES if engine.name == "dynamic programme")
    assert programme.tasks["optimum"](row, 10.0).number == least


def test_bounds_hold_all_sizes_of_answers() -> None:
    for row in SMALL[:2]:
        low_high = bounds(row.asked, 0)
        for answer in brute_force.solutions(row.source, row.target, oracle_layers(row), row.tie):
            size: int | None = row.source[0]
            for layer, ((low, high), settings) in zip(
                row.asked.layers, zip(low_high[1:], answer, strict=True), strict=True
            ):
                assert size is not None
                size = brute_force.out_size(layer.kind, 1, size, settings[0])
                assert size is not None
                assert low <= size <= high


RIGHT: Combination = (((4, 4, 0, 1, 0),),)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((), "0 layers instead of 1"),
        ((((4, 4, 0, 1, 0),) * 2,), "2 axes"),
        ((((4, 4, 0, 1, 1),),), "the layers lead to"),
        ((((9, 4, 0, 1, 0),),), "kernel_size 9 is not in"),
        ((((2, 1, 0, 1, 1),),), "output_padding 1 with stride 1"),
        ((((4, 4, 0, True, 0),),), "dilation True"),
    ],
)
def test_the_checker_says_what_is_wrong(answer: Combination, words: str) -> None:
    check(SMALL[0].asked, RIGHT)
    with pytest.raises(CheckerError, match=words):
        check(SMALL[0].asked, answer)


def test_the_checker_holds_ties_and_conditions() -> None:
    row = SMALL[2]
    (answer, *_) = brute_force.solutions(row.source, row.target, oracle_layers(row), row.tie)
    ((first, second),) = answer
    with pytest.raises(CheckerError, match="stride differs"):
        check(row.asked, ((first, (second[0], second[1] + 1, *second[2:])),))
    asked = SMALL[0].asked
    with pytest.raises(CheckerError, match="params 330 is above 320"):
        check(replace(asked, channels=(8, 10), conditions={"params": 320}), RIGHT)
    assert receptive_field(asked, RIGHT, 0) == 1
    two = replace(asked, layers=asked.layers * 2, conditions={"repeated": 1})
    with pytest.raises(CheckerError, match="lead to"):
        check(two, RIGHT * 2)


@pytest.mark.parametrize("row", RELATED, ids=lambda row: row.name)
def test_what_relates_layers_is_the_same_for_every_engine(row: Row) -> None:
    """The checker against conditions as users write them, put to every combination without them; then the engines."""
    problem = ask(**row.keywords)
    met, every = 0, [*stream(replace(problem, where=()))]
    for solution in every:
        answer = tuple(tuple((*setting, 0)[:5] for setting in layer.settings) for layer in solution.layers)
        right = all(condition.holds(text, solution) for text in row.keywords["where"])
        try:
            check(row.asked, answer)
        except CheckerError:
            assert not right, answer
        else:
            assert right, answer
            met += 1
    assert 0 < met < len(every)
    assert scout(problem).total == met
    for engine in ENGINES:
        if engine.name.startswith(("CP-SAT division", "convsolve")) and engine.name != "convsolve, graph":
            for task in {"first", "best"} & engine.tasks.keys():
                judge(row, task, engine.tasks[task](row, 10.0))


def test_the_judge_compares_verdicts_counts_and_costs() -> None:
    row, cheapest = SMALL[0], CHEAPEST[0]
    judge(row, "first", Outcome("solved", [RIGHT]))
    for task, outcome in (
        ("first", Outcome("impossible")),
        ("first", Outcome("solved")),
        ("five", Outcome("solved", [RIGHT] * 5)),
        ("count", Outcome("solved", number=11)),
        ("list", Outcome("solved", [RIGHT] * 12, 12, complete=True)),
        ("list", Outcome("solved", [RIGHT], 1, complete=True)),
    ):
        with pytest.raises(CheckerError):
            judge(row, task, outcome)
    programme = next(engine for engine in ENGINES if engine.name == "dynamic programme")
    best = programme.tasks["optimum"](cheapest, 10.0)
    with pytest.raises(CheckerError, match="it is"):
        judge(cheapest, "optimum", best._replace(number=(best.number or 0) - 1))


def test_an_engine_that_lies_or_sleeps_is_listed() -> None:
    def lies(_row: Row, _limit: float) -> Outcome:
        return Outcome("solved", number=11)

    def sleeps(_row: Row, _limit: float) -> Outcome:
        while True:
            pass

    def breaks(_row: Row, _limit: float) -> Outcome:
        raise ValueError("no")

    some = [Engine("breaks", {"count": breaks}), Engine("lies", {"count": lies}), Engine("sleeps", {"count": sleeps})]
    found = measure([task for task in TASKS if task.name == "count"], some, 1, only="one layer", limit=0.1)
    assert [fault.partition(",")[0] for fault in found.wrong()] == ["breaks", "lies"]
    assert found.solved("count", "sleeps") == {}
    assert all(goal.met is None or not goal.met for goal in goals(found, []))


def test_what_is_missed_says_why() -> None:
    found = Results()
    row = TASKS[0].rows[0]
    for task, engine, seconds in (("first", "convsolve", 2.0), ("first", "CP-SAT division 1", 1.0)):
        found.keep(task, row, engine, Measured(seconds, seconds, None, "", 1))
    missed = [goal for goal in goals(found, []) if goal.met is False]
    assert missed[0].what == "first answer, decided by Z3: CP-SAT division 1"
    assert missed[0].why.startswith("without conditions, of 1.2 to 2 ms the words")
    assert missed[0].why.endswith("0.3 to 0.5")
    assert f"- {missed[0].what}: {missed[0].why}" in goal_table(missed, markdown=False)


def test_the_whole_runs_and_prints_its_goals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "7 -> 28, one layer", "--task", "count", "--markdown"]) == 0
    printed = capsys.readouterr().out
    assert "| 7 -> 28, one layer" in printed
    assert "| depth 64 / 8, exact count" in printed


def test_explanations_have_a_distribution() -> None:
    for one in explanations.distributions(questions=2):
        assert len(one.seconds) == 2
        assert one.quantile(0) == one.seconds[0] <= one.quantile(95) == one.seconds[-1]
        assert one.within in {0, 50, 100}
    (drawn,) = [goal for goal in goals(Results(), [], draws=40_000.0) if goal.what.startswith("uniform draws")]
    assert (drawn.reached, drawn.met) == ("40,000/s", False)
    (goal,) = goals(Results(), [], [explanations.Distribution("x", [0.1, 0.2, 0.6], 3)])[-1:]
    assert (goal.goal, goal.reached, goal.met) == (">= 95 %", "67 %", False)
