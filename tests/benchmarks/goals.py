"""The goals of the engine, each with what this run reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.benchmarks.results import CP_SAT, Results
from tests.benchmarks.suite import SUITE
from tests.benchmarks.tasks import LISTED, STYLED, WIDE_AXES

OURS, GRAPH = "convsolve", "convsolve, graph"
NAIVE, SPLIT, OPTIMIZE = "Z3 naive", "Z3 case split", "Z3 Optimize"
DEEP = [row.name for row in SUITE if row.group == "deep"]
WIDE = [row.name for row in SUITE if row.group == "wide"]


class Goal(NamedTuple):
    """A line of the goal table; `met` is None where nothing was measured."""

    what: str
    goal: str
    reached: str
    met: bool | None


def goals(found: Results, startup: Sequence[tuple[str, float, float]]) -> list[Goal]:
    """Every goal, in the order of the list."""
    return [
        *_first(found),
        *_styled(found),
        _faster(found, "exact count, against the first answer of", ("count", GRAPH), ("first", CP_SAT), 1),
        _faster(found, "proved optimum, against", ("optimum", OURS), ("optimum", CP_SAT), 2),
        _faster(found, "proved optimum, against", ("optimum", OURS), ("optimum", OPTIMIZE), 100),
        _faster(found, "proved impossible, against", ("impossible", OURS), ("impossible", SPLIT), 10),
        Goal("... with a minimal named conflict", "yes", "waits for explanations", None),
        *_listed(found),
        Goal("uniform draws on 1 -> 64 in five", ">= 50,000/s", "waits for Space", None),
        _growth(found, "depth 64 / 8, first answer, graph", ("first", GRAPH), 2),
        _growth(found, "depth 64 / 8, first answer, decided by Z3", ("first", OURS), 10),
        _growth(found, "depth 64 / 8, exact count", ("count", GRAPH), 10),
        _faster(found, "wide domains, decided by Z3, against", ("first", OURS), ("first", CP_SAT), 15, rows=WIDE),
        *(
            Goal(f"whole process {name}", f"<= {goal}x", f"{ratio:.2f}x", ratio <= goal)
            for name, ratio, goal in startup
        ),
    ]


def _first(found: Results) -> Iterator[Goal]:
    what = "first answer, decided by Z3, against"
    yield _faster(found, what, ("first", OURS), ("first", CP_SAT), 2)
    yield _faster(found, what, ("first", OURS), ("first", NAIVE), 20)
    rows = [row.name for row in SUITE if not row.waits and row.group in ("plain", "deep", "wide")]
    asked = [row for row in rows if found.get("first", row, OURS)]
    solved = len(found.solved("first", OURS, rows))
    waiting = sum(1 for row in SUITE if row.waits)
    yield Goal(
        "first answer, decided by Z3, solved",
        "all",
        f"{solved} of {len(asked)}, {waiting} wait for conditions",
        solved == len(asked) if asked else None,
    )
    yield _faster(found, "first answer from the graph alone, against", ("first", GRAPH), ("first", CP_SAT), 8)


def _styled(found: Results) -> Iterator[Goal]:
    for rows, limit, name in ((STYLED, 0.1, "one axis to five layers"), ((WIDE_AXES,), 1.0, WIDE_AXES)):
        for task, title in (("best", "most conventional"), ("five", "first five")):
            times = found.solved(task, OURS, rows)
            asked = sum(1 for row in rows if found.get(task, row, OURS))
            slowest = max(times.values(), default=0)
            yield Goal(
                f"{title}, {name}",
                f"<= {limit} s",
                f"{slowest:.3f} s" if times else "",
                slowest <= limit and len(times) == asked if asked else None,
            )
    yield _growth(found, "depth 64 / 8, first five", ("five", OURS), 10)
    yield _faster(found, "most conventional, against", ("best", OURS), ("best", CP_SAT), 1)


def _listed(found: Results) -> Iterator[Goal]:
    for family, goal in ((CP_SAT, 1000), (SPLIT, 20_000)):
        own = _rate(found, GRAPH)
        engine = found.best("list", family)
        other = _rate(found, engine) if engine else None
        reached = f"{own / other:,.0f}x ({own:,.0f} against {other:,.0f}/s)" if own and other else ""
        yield Goal(
            f"listing, against {engine or family}",
            f">= {goal:,}x",
            reached,
            own / other >= goal if own and other else None,
        )


def _rate(found: Results, engine: str) -> float | None:
    one = found.get("list", LISTED, engine)
    return one.number / one.wall if one is not None and one.number and not one.miss else None


def _faster(
    found: Results,
    what: str,
    ours: tuple[str, str],
    theirs: tuple[str, str],
    goal: float,
    *,
    rows: Sequence[str] | None = None,
) -> Goal:
    """Ours against the best engine of a family, each with its task."""
    task, family = theirs
    engine = found.best(task, family, rows)
    ratio = found.ratio(ours, (task, engine), rows) if engine else None
    reached = f"{_number(ratio.factor)}x on {ratio.problems}" if ratio else ""
    return Goal(f"{what} {engine or family}", f">= {goal:g}x", reached, ratio.factor >= goal if ratio else None)


def _growth(found: Results, what: str, ours: tuple[str, str], goal: float) -> Goal:
    times = found.solved(*ours, [DEEP[0], DEEP[-1]])
    if len(times) < 2:
        missed = any((one := found.get(ours[0], row, ours[1])) and one.miss == "time" for row in (DEEP[0], DEEP[-1]))
        return Goal(what, f"<= {goal:g}x", "over the limit" if missed else "", False if missed else None)
    ratio = times[DEEP[-1]] / times[DEEP[0]]
    return Goal(what, f"<= {goal:g}x", f"{ratio:.1f}x", ratio <= goal)


def _number(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 20 else f"{factor:.2g}" if factor < 1 else f"{factor:.1f}"
