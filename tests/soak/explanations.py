"""Five hundred impossible questions, drawn: every claim of their explanations asked again, every command run.

python -m tests.soak.explanations [SEED]; about eight minutes.
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import islice
from random import Random
from time import perf_counter

from convsolve.explain import explain
from tests.oracle.explained import check, drawn

QUESTIONS = 500


def main() -> None:
    """Draw and check, and say what the causes were and how long explanations take."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    causes: Counter[str] = Counter()
    seconds = []
    for question in islice(drawn(Random(seed)), QUESTIONS):
        problem = question.problem()
        started = perf_counter()
        found = explain(problem)
        seconds.append(perf_counter() - started)
        causes[found.causes[0].name if found.causes else "none"] += 1
        check(question, found)
    seconds.sort()
    median, most = seconds[len(seconds) // 2], seconds[len(seconds) * 95 // 100]
    said = ", ".join(f"{number} {name}" for name, number in causes.most_common())
    sys.stdout.write(f"seed {seed}: {QUESTIONS} explanations hold; causes: {said}\n")
    sys.stdout.write(f"median {median:.3f} s, 95 % within {most:.3f} s, the longest {seconds[-1]:.3f} s\n")


if __name__ == "__main__":
    main()
