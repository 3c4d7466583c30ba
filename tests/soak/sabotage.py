"""Five hundred solutions with one wrong integer each: every one must be caught (reliability.md, R19).

python -m tests.soak.sabotage [SEED]; about a minute.
"""

from __future__ import annotations

import sys
from random import Random

from tests.oracle.sabotage import one_is_caught

WRONG = 500


def main() -> None:
    """Draw until so many were wrong, and say how many draws that took."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    draw = Random(seed)
    wrong = draws = 0
    while wrong < WRONG:
        wrong += one_is_caught(draw)
        draws += 1
    sys.stdout.write(f"seed {seed}: {wrong} of {draws} drawn were wrong, all of them caught\n")


if __name__ == "__main__":
    main()
