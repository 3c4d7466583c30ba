"""How long a start takes beside the smallest Typer application on the same installed versions.

Run with ``python -m tests.benchmarks.startup [--rounds N]``. Whole processes, the pairs interleaved in one run so that
a slow moment of the machine falls on both, medians, and the ratio of the medians. Each pair is measured with its output
in a pipe and on a terminal, since a table is drawn only there. The exit code is 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from tests.terminal import BIN, environment, run_on_terminal

SMALL_APP = '''\
import typer

app = typer.Typer()


@app.command()
def solve(source: str, target: str) -> None:
    """Imports what a question needs, and answers nothing."""
    import rich.table
    import z3

    print(source, target)


@app.command()
def other(source: str) -> None:
    """Makes the application one of two commands."""
    print(source)


if __name__ == "__main__":
    app()
'''


class Pair(NamedTuple):
    """One of convsolve's commands, its baseline, and the ratio that is allowed."""

    name: str
    arguments: list[str]
    goal: float


PAIRS = [Pair("--help", ["--help"], 1.2), Pair("solve 7 28", ["solve", "7", "28"], 1.3)]


Case = tuple[Pair, Callable[[list[str]], int]]  # and how it is run


def in_pipe(command: list[str]) -> int:
    return subprocess.run(
        command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False
    ).returncode


def on_terminal(command: list[str]) -> int:
    return run_on_terminal(command)[0]


def milliseconds(run: Callable[[], int]) -> float:
    start = time.perf_counter()
    code = run()
    if code:
        sys.exit(f"a measured command failed with exit code {code}")
    return (time.perf_counter() - start) * 1000


def ratios(rounds: int) -> list[tuple[str, float, float]]:
    """For each command, in a pipe: its name, how many times the small application's time it takes, and the goal."""
    with tempfile.TemporaryDirectory() as directory:
        small_app = Path(directory, "small_app.py")
        small_app.write_text(SMALL_APP, encoding="utf-8")
        found = []
        for (pair, way), (own, base) in zip(*_measured(small_app, rounds), strict=True):
            if way is in_pipe:
                found.append((pair.name, statistics.median(own) / statistics.median(base), pair.goal))
        return found


def _measured(small_app: Path, rounds: int) -> tuple[list[Case], list[tuple[list[float], list[float]]]]:
    """The cases, and for each the milliseconds of both programs."""
    ours, small = [str(BIN / "convsolve")], [sys.executable, str(small_app)]
    cases: list[Case] = [(pair, way) for pair in PAIRS for way in (in_pipe, on_terminal)]
    times: list[tuple[list[float], list[float]]] = [([], []) for _ in cases]
    for number in range(rounds + 1):
        for (pair, way), pair_times in zip(cases, times, strict=True):
            for program, series in zip((ours, small), pair_times, strict=True):
                taken = milliseconds(partial(way, [*program, *pair.arguments]))
                if number:  # the first round fills the caches
                    series.append(taken)
    return cases, times


def measure(small_app: Path, rounds: int) -> bool:
    """Prints the table; true where every goal is met."""
    cases, times = _measured(small_app, rounds)
    print(f"{'command':12} {'output':10} {'convsolve':>10} {'small app':>10} {'ratio':>6} {'goal':>5}")
    good = True
    for (pair, way), (own, base) in zip(cases, times, strict=True):
        own_median, base_median = statistics.median(own), statistics.median(base)
        ratio = own_median / base_median
        good &= ratio <= pair.goal
        where = "pipe" if way is in_pipe else "terminal"
        print(
            f"{pair.name:12} {where:10} {own_median:7.0f} ms {base_median:7.0f} ms {ratio:6.2f} {pair.goal:5.2f}"
            + ("" if ratio <= pair.goal else "  missed")
        )
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures convsolve's start beside the smallest Typer application.")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    print(", ".join(f"{name} {version(name)}" for name in ("typer", "rich", "z3-solver")), f"- medians of {rounds}")
    with tempfile.TemporaryDirectory() as directory:
        small_app = Path(directory, "small_app.py")
        small_app.write_text(SMALL_APP, encoding="utf-8")
        return 0 if measure(small_app, rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
