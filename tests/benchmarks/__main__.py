"""Our engine beside what an expert would write, in one run.

Run with ``python -m tests.benchmarks [--task NAME] [--only NAME] [--engine NAME] [--rounds N] [--quick] [--markdown]``;
``pip install -c tests/constraints.txt -c tests/benchmarks/constraints.txt -e '.[bench]'`` brings the other engines.

Every problem is given to every engine in rounds, in an order drawn anew for each (``--seed``), so that a slow moment
of the machine falls on all; solvers keep their own default seeds. Medians are shown, with the geometric mean over the
problems that an engine solved, and ratios are taken over those that both solved. An engine has six seconds a problem;
what it does not solve in time, gives up or cannot express is listed as such, and what is over the limit in 16 layers
counts so in 32 without a trial. Each answer goes through one checker that shares no code with any engine; counts,
scores and proved minima must be the same for all. Each engine has solved a small problem before it is measured; the
heap is cleaned before every measurement and the collector stays on; what convsolve remembers from one question to the
next is forgotten. The exit code is 1 where an answer is wrong.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from os import cpu_count
from random import Random
from time import perf_counter

from tests.benchmarks import explanations, startup
from tests.benchmarks.convsolve_engine import draws_a_second
from tests.benchmarks.engines import Engine, engines
from tests.benchmarks.goals import goals
from tests.benchmarks.measuring import Series
from tests.benchmarks.results import Results
from tests.benchmarks.suite import SUITE
from tests.benchmarks.tables import goal_table, task_table
from tests.benchmarks.tasks import TASKS, Task

ROUNDS, QUICK = 5, 1
BUDGET = 2.0  # seconds after which an engine's rounds on one problem end


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    chosen = [task for task in TASKS if not options.task or task.name in options.task]
    able = [engine for engine in engines() if not options.engine or any(part in engine.name for part in options.engine)]
    print(_versions() + (", processor time" if options.processor else ""))
    for engine in able:
        if engine.needs:
            print(f"{engine.name}: {engine.needs} is not installed")
    start = perf_counter()
    rounds = options.rounds or (QUICK if options.quick else ROUNDS)
    limit = 1.5 if options.quick else None
    found = measure(chosen, able, rounds, only=options.only, limit=limit, seed=options.seed)
    if options.processor:
        found = found.by_processor()
    for task in chosen:
        if found.rows(task.name):
            print(f"\n{task.title}\n\n{task_table(task, found, markdown=options.markdown)}")
    everything = not (options.quick or options.task or options.only or options.engine)
    whole, explained = (startup.ratios(rounds=5), explanations.distributions()) if everything else ([], [])
    draws = draws_a_second() if everything else None
    print(f"\nGoals\n\n{goal_table(goals(found, whole, explained, draws), markdown=options.markdown)}")
    print(f"\n{perf_counter() - start:.0f} s, medians of {rounds}, seed {options.seed}, {cpu_count()} processors")
    faults = [*found.wrong(), *found.disagreements()]
    for fault in faults:
        print(f"wrong: {fault}", file=sys.stderr)
    return 1 if faults else 0


def measure(
    tasks: Sequence[Task],
    able: Sequence[Engine],
    rounds: int,
    *,
    only: str | None = None,
    limit: float | None = None,
    seed: int = 0,
) -> Results:
    """Problem by problem, all its tasks and engines in turn."""
    found = Results()
    lost: set[tuple[str, str]] = set()  # tasks and engines that were over the limit at some depth
    draw = Random(seed)
    _warm(tasks, able)
    for row in SUITE:
        if only and only not in row.name:
            continue
        series = [
            (
                task,
                engine,
                Series(engine.tasks[task.name], task.name, row, min(limit or task.limit, task.limit), BUDGET),
            )
            for task in tasks
            if row in task.rows
            for engine in able
            if task.name in engine.tasks
        ]
        if series:
            print(row.name, end="\r", file=sys.stderr, flush=True)
        for task, engine, one in series:
            if row.group == "deep" and (task.name, engine.name) in lost:
                one.miss = "time"
        for _ in range(rounds):
            for _, _, one in draw.sample(series, len(series)):
                if not one.done:
                    one.round()
        for task, engine, one in series:
            found.keep(task.name, row, engine.name, one.measured())
            if row.group == "deep" and one.miss == "time":
                lost.add((task.name, engine.name))
    return found


def _warm(tasks: Sequence[Task], able: Sequence[Engine]) -> None:
    """Every engine's imports and first use."""
    for task in tasks:
        row = min(task.rows, key=lambda one: len(one.asked.layers))
        for engine in able:
            if task.name in engine.tasks:
                Series(engine.tasks[task.name], task.name, row, min(task.limit, 0.5), 0).round()


def _versions() -> str:
    names = ("z3-solver", "ortools", "python-constraint2")
    return ", ".join([f"Python {platform.python_version()}", *map(_version, names)])


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"no {name}"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--task", action="append", choices=[task.name for task in TASKS], help="only this task")
    parser.add_argument("--only", metavar="NAME", help="only problems whose name has this in it")
    parser.add_argument("--engine", action="append", metavar="NAME", help="only engines whose name has this in it")
    parser.add_argument("--rounds", type=int, help=f"how often each is measured ({ROUNDS})")
    parser.add_argument("--processor", action="store_true", help="processor time of all threads, where others work too")
    parser.add_argument("--seed", type=int, default=0, help="of the order of engines (0)")
    parser.add_argument("--quick", action="store_true", help="one round, and 1.5 seconds a problem instead of six")
    parser.add_argument("--markdown", action="store_true", help="tables as Markdown")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
