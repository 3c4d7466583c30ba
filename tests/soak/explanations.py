"""Impossible questions, drawn: every claim of their explanations asked again, every command run.

Five hundred of one axis, and a hundred with conditions, ties and up to three axes.

python -m tests.soak.explanations [SEED]; about fifteen minutes.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from random import Random
from time import process_time
from typing import TypeVar

from convsolve.explain import explain
from convsolve.explanation import Explanation
from convsolve.problem import Problem
from tests.oracle import demanded, explained

QUESTIONS, DEMANDING = 500, 100
SECONDS = 5  # for one question that asks a claim again; what takes longer is not checked
Drawn = TypeVar("Drawn", explained.Drawn, demanded.Demanded)


def soak(name: str, drawn: Iterator[Drawn], check: Callable[[Drawn, Explanation], object]) -> None:
    """Explain and check, and say what the causes were and how long explanations take."""
    causes: Counter[str] = Counter()
    seconds, minimal, changed = [], 0, 0
    for question in drawn:
        problem: Problem = question.problem()
        started = process_time()
        found = explain(problem)
        seconds.append(process_time() - started)
        causes[found.causes[0].name if found.causes else "none"] += 1
        minimal += found.minimal
        changed += bool(found.changes)
        try:
            check(question, found)
        except AssertionError as error:
            raise AssertionError(f"{question}: {found}") from error
    seconds.sort()
    median, most = seconds[len(seconds) // 2], seconds[len(seconds) * 95 // 100]
    within = 100 * sum(one <= 0.5 for one in seconds) / len(seconds)
    said = ", ".join(f"{number} {cause}" for cause, number in causes.most_common())
    sys.stdout.write(f"{name}: {len(seconds)} explanations hold; causes: {said}\n")
    sys.stdout.write(f"  {minimal} conflicts minimal, {changed} with a change that works\n")
    sys.stdout.write(
        f"  processor time: median {median:.3f} s, 95 % within {most:.3f} s, the longest {seconds[-1]:.3f} s;"
        f" {within:.1f} % within 0.5 s\n"
    )
    sys.stdout.flush()


def main() -> None:
    """Both kinds of questions."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    sys.stdout.write(f"seed {seed}\n")
    conditioned = islice(demanded.demanded(Random(seed), SECONDS), DEMANDING)
    soak("with conditions", conditioned, partial(demanded.check, seconds=SECONDS))
    soak("on one axis", islice(explained.drawn(Random(seed)), QUESTIONS), explained.check)


if __name__ == "__main__":
    main()
