"""Who takes part: each engine by name, with the tasks that it can be given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from tests.benchmarks.question import Outcome, Question
from tests.benchmarks.suite import Row

Run = Callable[[Row, float], Outcome]
NAMES = {"ortools": "ortools", "constraint": "python-constraint2"}  # modules, and what is installed for them


class Engine(NamedTuple):
    """One engine.

    Attributes:
        name: as tables have it.
        tasks: how it does each of them.
        needs: the distribution that is not installed, if any.
    """

    name: str
    tasks: Mapping[str, Run]
    needs: str = ""


def engines() -> list[Engine]:
    """All engines, ours first; those that need what is not installed have no tasks."""
    return [
        *_ours(),
        *_cp_sat(),
        _baseline("dynamic programme", "dynamic_programme", ("first", "count", "optimum")),
        _baseline("Z3 case split", "z3_split", ("first", "listed")),
        _baseline("Z3 by map", "z3_split", ("listed_by_map",)),
        _baseline("Z3 naive", "z3_naive", ("first",)),
        _baseline("Z3 Optimize", "z3_optimize", ("optimum",)),
        _baseline("python-constraint", "python_constraint", ("first",), "constraint"),
        _baseline("nested loops", "nested_loops", ("first",)),
    ]


def _ours() -> list[Engine]:
    from tests.benchmarks import convsolve_engine as ours

    return [
        Engine(
            "convsolve, graph",
            {"first": ours.first_by_graph, "count": ours.count, "list": ours.listed},
        ),
        Engine(
            "convsolve",
            {
                "first": ours.first_by_z3,
                "impossible": ours.impossible,
                "best": ours.best,
                "five": ours.first_five,
                "optimum": ours.optimum,
                "list": ours.listed_as_solutions,
            },
        ),
        Engine("convsolve, conflict", {"impossible": ours.impossible_with_conflict}),
        Engine("convsolve, explained", {"impossible": ours.impossible_explained}),
    ]


def _cp_sat() -> list[Engine]:
    names = [(way, workers) for way in ("division", "table") for workers in (1, 8)]
    if find_spec("ortools") is None:
        return [Engine(f"CP-SAT {way} {workers}", {}, NAMES["ortools"]) for way, workers in names]
    from tests.benchmarks.baselines import cp_sat, cp_sat_score
    from tests.benchmarks.baselines.cp_sat_division import DIVISION
    from tests.benchmarks.baselines.cp_sat_table import TABLE, WHOLE_TABLE

    found = []
    for way, workers in names:
        statement = DIVISION if way == "division" else TABLE
        tasks: dict[str, Run] = {
            task: _plain(partial(run, statement=statement, workers=workers))
            for task, run in (("first", cp_sat.first), ("impossible", cp_sat.first), ("optimum", cp_sat.optimum))
        }
        if way == "division":
            tasks["best"] = _plain(partial(cp_sat_score.best, workers=workers))
        if way == "division" and workers == 1:
            tasks["five"] = _plain(partial(cp_sat_score.first_five, workers=workers))
        if workers == 1:
            whole = DIVISION if way == "division" else WHOLE_TABLE
            tasks["list"] = _plain(partial(cp_sat.listed, statement=whole))
        found.append(Engine(f"CP-SAT {way} {workers}", tasks))
    return found


def _baseline(name: str, file: str, functions: tuple[str, ...], module: str = "") -> Engine:
    if module and find_spec(module) is None:
        return Engine(name, {}, NAMES[module])
    found = import_module(f"tests.benchmarks.baselines.{file}")
    tasks: dict[str, Run] = {}
    for function in functions:
        run = _plain(getattr(found, function))
        tasks["list" if function.startswith("listed") else function] = run
        if function == "first":
            tasks["impossible"] = run
    return Engine(name, tasks)


def _plain(run: Callable[[Question, float], Outcome]) -> Run:
    return lambda row, limit: run(row.asked, limit)
