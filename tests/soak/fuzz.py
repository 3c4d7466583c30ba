"""A hundred thousand command lines, files and variables that nobody would write (reliability.md, R8).

``python -m tests.soak.fuzz [NUMBER] [SEED]``; cases that once ended wrongly are saved and come first. No traceback, no
defect, no more than two seconds of processor time, an exit code of the documented ones, and errors with help; at the
end the largest memory that the process has had.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from time import process_time

from tests.oracle.fuzzing import SAVED, Case, drawn, judged, saved, unsearched

CASES = 100_000
MOST_MEMORY = 500  # MiB


def main() -> int:
    """Run them, print the figures, and end with 1 where anything went wrong."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    draw, start, known = Random(seed), process_time(), saved()
    codes: Counter[int] = Counter()
    failed: list[Case] = []
    with tempfile.TemporaryDirectory() as directory, unsearched():
        for done in range(len(known) + number):
            case = known[done] if done < len(known) else drawn(draw)
            code, wrong = judged(case, Path(directory), timed=True)
            codes[code] += 1
            if wrong:
                sys.stdout.write(f"{wrong}: {json.dumps(case)[:600]}\n")
                failed.append(case)
            if done % 10_000 == 9_999:
                sys.stdout.write(f"{done + 1} cases, {process_time() - start:.0f} s of processor time\n")
                sys.stdout.flush()
    if failed:
        with SAVED.open("a") as file:
            file.writelines(f"{json.dumps(case)}\n" for case in failed if case not in known)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures = ", ".join(f"{count} ended with {code}" for code, count in sorted(codes.items()))
    sys.stdout.write(f"seed {seed}: {number} drawn, {len(known)} saved ones first; {figures}; {len(failed)} wrong; ")
    sys.stdout.write(f"at most {memory} MiB, {process_time() - start:.0f} s of processor time\n")
    return 1 if failed or memory > MOST_MEMORY else 0


if __name__ == "__main__":
    sys.exit(main())
