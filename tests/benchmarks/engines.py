"""Who takes part: each engine by name, with the tasks that it can be given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from tests.benchmarks.question import Outcome
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
    cp_sat = [
        _baseline(
            f"CP-SAT {way} {workers}",
            "cp_sat",
            ("first", "optimum", "listed") if workers == 1 else ("first", "optimum"),
            "ortools",
            way=way,
            workers=workers,
        )
        for way in ("division", "table")
        for workers in (1, 8)
    ]
    return [
        *_ours(),
        *cp_sat,
        _baseline("dynamic programme", "dynamic_programme", ("first", "count", "optimum")),
        _baseline("Z3 case split", "z3_split", ("first", "listed")),
        _baseline("Z3 by map", "z3_split", ("listed_by_map",)),
        _baseline("Z3 naive", "z3_naive", ("first",)),
        _baseline("Z3 Optimize", "z3_optimize", ("optimum",)),
        _baseline("python-constraint", "python_constraint", ("first",), "constraint"),
        _baseline("nested loops", "nested_loops", ("first", "count")),
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
    ]


def _baseline(name: str, file: str, functions: tuple[str, ...], module: str = "", **settings: object) -> Engine:
    if module and find_spec(module) is None:
        return Engine(name, {}, NAMES[module])
    found = import_module(f"tests.benchmarks.baselines.{file}")
    if "way" in settings:
        settings["state"] = import_module(f"tests.benchmarks.baselines.cp_sat_{settings.pop('way')}").state
    tasks: dict[str, Run] = {}
    for function in functions:
        run = getattr(found, function)
        given = {key: value for key, value in settings.items() if not (function == "listed" and key == "workers")}
        plain = partial(_plain, partial(run, **given))
        tasks["list" if function.startswith("listed") else function] = plain
        if function == "first":
            tasks["impossible"] = plain
    return Engine(name, tasks)


def _plain(run: Callable[..., Outcome], row: Row, limit: float) -> Outcome:
    return run(row.asked, limit)
