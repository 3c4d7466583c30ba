"""How long explanations take: the distribution of their processor time over drawn impossible questions.

Run with ``python -m tests.benchmarks.explanations [--questions N] [--seed N]``. What they claim is asked again in
tests/soak/explanations.py. The exit code is 1 where the goal is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from time import process_time
from typing import NamedTuple

from convsolve.explain import explain
from convsolve.problem import Problem
from tests.oracle import demanded, explained

LIMIT, GOAL = 0.5, 95  # seconds, and the percentage that shall be within
SECONDS = 2  # for a drawn question to be known to be impossible; what takes longer is left out


class Distribution(NamedTuple):
    """The processor seconds of one kind of questions, in ascending order, and how many conflicts were minimal."""

    name: str
    seconds: list[float]
    minimal: int

    @property
    def within(self) -> float:
        """The percentage within the limit."""
        return 100 * sum(one <= LIMIT for one in self.seconds) / len(self.seconds)

    def quantile(self, percent: int) -> float:
        """So many per cent take no longer."""
        return self.seconds[min(len(self.seconds) * percent // 100, len(self.seconds) - 1)]


def distributions(questions: int = 100, seed: int = 0) -> list[Distribution]:
    """One axis; and conditions, ties and up to three axes."""
    kinds: dict[str, Callable[[], Iterator[Problem]]] = {
        "explained, one axis": lambda: (one.problem() for one in explained.drawn(Random(seed))),
        "explained, conditions and axes": lambda: (one.problem() for one in demanded.demanded(Random(seed), SECONDS)),
    }
    return [_measured(name, islice(drawn(), questions)) for name, drawn in kinds.items()]


def _measured(name: str, problems: Iterator[Problem]) -> Distribution:
    seconds, minimal = [], 0
    for problem in problems:
        started = process_time()
        found = explain(problem)
        seconds.append(process_time() - started)
        minimal += found.minimal
    return Distribution(name, sorted(seconds), minimal)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures how long explanations take.")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    good = True
    for one in distributions(options.questions, options.seed):
        good &= one.within >= GOAL
        print(
            f"{one.name}: {len(one.seconds)}, median {one.quantile(50):.3f} s, 95 % within {one.quantile(95):.3f} s,"
            f" longest {one.seconds[-1]:.3f} s, {one.within:.0f} % within {LIMIT} s; {one.minimal} conflicts minimal"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
