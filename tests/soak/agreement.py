"""Five thousand questions on which the graph's count and Z3's own verdict must agree, and brute force with both.

``python -m tests.soak.agreement [NUMBER] [SEED]``; questions that once failed are saved and come first.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from random import Random
from time import perf_counter

from tests.oracle.agreement import SAVED, Question, compared, drawn, saved

QUESTIONS = 5_000


def main() -> int:
    """Compare, print the figures, and end with 1 where anything did not agree."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else QUESTIONS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    draw, start = Random(seed), perf_counter()
    known = saved()
    seen: Counter[str] = Counter()
    failed: list[Question] = []
    for done in range(len(known) + number):
        question = known[done] if done < len(known) else drawn(draw)
        found = compared(question)
        seen["possible" if found.possible else "refused" if found.possible is None else "impossible"] += 1
        seen["undecided by Z3"] += found.possible is not None and found.verdict == "unknown"
        seen["counted by brute force"] += found.brute is not None
        seen[f"{len(question['source'])} axes"] += 1
        seen[f"{len(question['layers'])} layers"] += 1
        seen[f"tie {question['tie']}"] += 1
        if found.wrong:
            sys.stdout.write(f"{found.wrong}: {json.dumps(question)}\n")
            failed.append(question)
        if done % 500 == 499:
            sys.stdout.write(f"{done + 1} questions, {perf_counter() - start:.0f} s\n")
            sys.stdout.flush()
    if failed:
        with SAVED.open("a") as file:
            file.writelines(f"{json.dumps(question)}\n" for question in failed if question not in known)
    figures = ", ".join(f"{what}: {count}" for what, count in sorted(seen.items()))
    sys.stdout.write(f"seed {seed}: {number} drawn, {len(known)} saved ones first; {figures}; ")
    sys.stdout.write(f"{len(failed)} disagree; {perf_counter() - start:.0f} s\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
