"""The goals of the engine, each with what this run reached.

A ratio is theirs by ours, the geometric mean over the problems that both solved; it is met only where ours solved all
that it was asked. Where another engine comes in several models, it is the best of them: the one that solves most, and
of these the fastest. CP-SAT's table model stands beside its best, as the goals' figures were taken against a model
like it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.benchmarks.explanations import GOAL, LIMIT, Distribution
from tests.benchmarks.question import bounds
from tests.benchmarks.results import Results
from tests.benchmarks.suite import SUITE
from tests.benchmarks.tasks import LISTED, STYLED, WIDE_AXES

OURS, GRAPH, CONFLICT = "convsolve", "convsolve, graph", "convsolve, conflict"
NAIVE, SPLIT, OPTIMIZE = "Z3 naive", "Z3 case split", "Z3 Optimize"
CP_SAT, TABLE = "CP-SAT", "CP-SAT table"
DEEP = [row for row in SUITE if row.group == "deep"]
PLAIN = [row.name for row in SUITE if not row.conditions]
CARRIED = [row.name for row in SUITE if row.group == "conditions"]
RELATED = [row.name for row in SUITE if row.group == "relations"]
WIDE = [row.name for row in SUITE if row.group == "wide"]


class Goal(NamedTuple):
    """A line of the goal table; `met` is None where nothing was measured, `why` is said where it was missed."""

    what: str
    goal: str
    reached: str
    met: bool | None
    why: str = ""


class Faster(NamedTuple):
    """A goal that is a ratio: ours and theirs, each a task and an engine or the beginning of its name."""

    what: str
    ours: tuple[str, str]
    theirs: tuple[str, str]
    goal: float
    rows: Sequence[str] | None = None


FIRST = "first answer, decided by Z3"
ALONE = "first answer from the graph alone"
WIDER = "wide domains, first answer, decided by Z3"


# Why a goal is missed, from profiles of the problems that miss it: the beginning of its line, and the reason, which is
# that of the first beginning that fits.
WHY = """
first answer, decided by Z3: Z3 naive | one Context, one parse and one check are the floor of both where a question is
    small
first answer, decided by Z3 | without conditions, of 1.2 to 2 ms the words of the question take 0.1 to 0.3, the graph
    0.2 to 0.4, the solution 0.1, Z3's parse and check 0.3 to 0.5
first answer from the graph alone | of 0.3 to 0.6 ms the words of the question take 0.1 to 0.3; CP-SAT's division model
    takes 1.4 to 7 ms for everything
wide domains | the division model has no domain to go through and takes 2 ms, as for narrow ones
whole process solve | the imports: beside those of Z3 and of the command line, our modules and the classes in them
explained, conditions and axes | a mend is tried on the whole question, and a limit widened under a condition on costs
    is an encoding of its own
conditions, first answer | the words of the question take 0.3 ms, trying 0.6 to 3, the solution 0.2, Z3's parse and
    check 0.6 to 1; CP-SAT's division model takes 2 to 3 ms for everything
conditions, most conventional | what was not solved, the limit ended; counting is most of the others' time
relations | where trying finds none at once, Z3 searches by itself: its Context and first check alone are 1 to 3 ms
proved optimum: Z3 Optimize | Optimize ends on the smallest problems alone, where the checks of a proof are most of our
    time
proved optimum | a proof has one check a layer, of 1 ms and more: one of them takes as long as CP-SAT's presolve, which
    proves most of these by bounds; the rest is the count, the order and the check of the answer, which CP-SAT has not
proved impossible | both are one check of Z3, of 0.3 to 1 ms, where bounds or few values are in the way; what case split
    cannot do is parity over many layers
... | a conflict is minimised by the graph, a question for each fact; the proof is that of the line above
depth 64 / 8, first five | there are 36 times as many sizes, of which a tenth are told apart
"""


def _why(goal: Goal) -> str:
    reasons = [line.partition(" | ") for line in WHY.replace("\n    ", " ").strip().splitlines()]
    return next((why for what, _, why in reasons if goal.what.startswith(what)), "")


def goals(
    found: Results,
    startup: Sequence[tuple[str, float, float]],
    explained: Sequence[Distribution] = (),
    draws: float | None = None,
) -> list[Goal]:
    """Every goal, in the order of the list."""
    every = _goals(found, startup, explained, draws)
    return [goal if goal.met is not False else goal._replace(why=_why(goal)) for goal in every]


def _goals(
    found: Results,
    startup: Sequence[tuple[str, float, float]],
    explained: Sequence[Distribution],
    draws: float | None,
) -> list[Goal]:
    best, optimum, count = ("best", OURS), ("optimum", OURS), ("count", GRAPH)
    return [
        *(_faster(found, Faster(FIRST, ("first", OURS), ("first", who), 2)) for who in (CP_SAT, TABLE)),
        _faster(found, Faster(FIRST, ("first", OURS), ("first", NAIVE), 20)),
        _solved(found),
        *(_faster(found, Faster(ALONE, ("first", GRAPH), ("first", who), 8, PLAIN)) for who in (CP_SAT, TABLE)),
        *_styled(found),
        _growth(found, "depth 64 / 8, first five", ("five", OURS), 10),
        _faster(found, Faster("most conventional", best, ("best", CP_SAT), 1, PLAIN)),
        *(_faster(found, Faster("exact count; first answer of", count, ("first", who), 1)) for who in (CP_SAT, TABLE)),
        *(_faster(found, Faster("proved optimum", optimum, ("optimum", who), 2)) for who in (CP_SAT, TABLE)),
        _faster(found, Faster("proved optimum", optimum, ("optimum", OPTIMIZE), 100)),
        _faster(found, Faster("proved impossible", ("impossible", OURS), ("impossible", SPLIT), 10)),
        _faster(found, Faster("... with a minimal conflict", ("impossible", CONFLICT), ("impossible", SPLIT), 10)),
        _listed(found, CP_SAT, 1000),
        _listed(found, SPLIT, 20_000),
        _drawn(draws),
        _growth(found, "depth 64 / 8, first answer, graph", ("first", GRAPH), 2),
        _growth(found, "depth 64 / 8, first answer, decided by Z3", ("first", OURS), 10),
        _growth(found, "depth 64 / 8, exact count", count, 10),
        *(_faster(found, Faster(WIDER, ("first", OURS), ("first", who), 15, WIDE)) for who in (CP_SAT, TABLE)),
        *(
            _faster(found, Faster(f"{what}, {words}", (task, OURS), (task, CP_SAT), 1, rows))
            for what, rows in (("conditions", CARRIED), ("relations", RELATED))
            for task, words in (("first", "first answer"), ("best", "most conventional"))
        ),
        *(Goal(f"whole process {name}", f"<= {goal}x", f"{own:.2f}x", own <= goal) for name, own, goal in startup),
        *(
            Goal(f"{one.name}, within {LIMIT} s", f">= {GOAL} %", f"{one.within:.0f} %", one.within >= GOAL)
            for one in explained
        ),
    ]


def _drawn(draws: float | None) -> Goal:
    reached = "" if draws is None else f"{draws:,.0f}/s"
    return Goal("uniform draws on 1 -> 64 in five", ">= 50,000/s", reached, None if draws is None else draws >= 50_000)


def _solved(found: Results) -> Goal:
    """How many problems of the suite were answered in time, each by its own task."""
    tasks = {"impossible": "impossible", "optimum": "optimum"}
    asked = [one for row in SUITE if (one := found.get(tasks.get(row.group, "first"), row.name, OURS))]
    right = sum(1 for one in asked if not one.miss)
    return Goal(
        "decided by Z3, of the whole suite", "all", f"{right} of {len(asked)}", right == len(asked) if asked else None
    )


def _styled(found: Results) -> Iterator[Goal]:
    for rows, limit, name in ((STYLED, 0.1, "one axis to five layers"), ((WIDE_AXES,), 1.0, WIDE_AXES)):
        for task, title in (("best", "most conventional"), ("five", "first five")):
            asked = [one for row in rows if (one := found.get(task, row, OURS))]
            slowest = max((one.wall for one in asked), default=0)
            met = slowest <= limit and not any(one.miss for one in asked) if asked else None
            yield Goal(f"{title}, {name}", f"<= {limit} s", f"{slowest:.3f} s" if asked else "", met)


def _listed(found: Results, family: str, goal: float) -> Goal:
    rates = {engine: rate for engine in found.engines("list") if (rate := _rate(found, engine))}
    others = [engine for engine in rates if engine.startswith(family)]
    if GRAPH not in rates or not others:
        return Goal(f"listing: {family}", f">= {goal:,}x", "", None)
    engine = max(others, key=lambda other: rates[other])
    ratio = rates[GRAPH] / rates[engine]
    reached = f"{ratio:,.0f}x ({rates[GRAPH]:,.0f} against {rates[engine]:,.0f}/s)"
    return Goal(f"listing: {engine}", f">= {goal:,}x", reached, ratio >= goal)


def _rate(found: Results, engine: str) -> float | None:
    one = found.get("list", LISTED, engine)
    return one.number / one.wall if one is not None and one.number and not one.miss else None


def _faster(found: Results, one: Faster) -> Goal:
    task, family = one.theirs
    engine = found.best(task, family, one.rows)
    what, goal = f"{one.what}: {engine or family}", f">= {one.goal:g}x"
    rows = found.rows(one.ours[0]) if one.rows is None else one.rows
    asked = [row for row in rows if found.get(one.ours[0], row, one.ours[1])]
    right = found.solved(*one.ours, asked)
    ratio = found.ratio(one.ours, (task, engine), asked) if engine else None
    if ratio is None:
        nothing = bool(asked) and not right and engine is not None
        return Goal(what, goal, f"solved 0 of {len(asked)}" if nothing else "", False if nothing else None)
    reached = f"{_number(ratio.factor)}x on {ratio.problems} of {len(asked)}"
    beyond = sum(1 for row in right if (other := found.get(task, row, engine or "")) and other.miss == "time")
    if beyond:
        reached += f", {beyond} more beyond its limit"
    return Goal(what, goal, reached, ratio.factor >= one.goal and len(right) == len(asked))


def _growth(found: Results, what: str, ours: tuple[str, str], goal: float) -> Goal:
    """The time at the largest depth by that at the smallest, and how many more sizes there are within bounds."""
    ends = [DEEP[0], DEEP[-1]]
    times = found.solved(*ours, [row.name for row in ends])
    if len(times) < 2:
        missed = any((one := found.get(ours[0], row.name, ours[1])) and one.miss for row in ends)
        return Goal(what, f"<= {goal:g}x", "over the limit" if missed else "", False if missed else None)
    few, many = (sum(high - low + 1 for low, high in bounds(row.asked, 0)) for row in ends)
    ratio = times[DEEP[-1].name] / times[DEEP[0].name]
    return Goal(what, f"<= {goal:g}x", f"{ratio:.1f}x, on {many / few:.0f} times the sizes", ratio <= goal)


def _number(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 20 else f"{factor:.2g}" if factor < 1 else f"{factor:.1f}"
