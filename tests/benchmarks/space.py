"""The space beside what is done without one: ``python -m tests.benchmarks.space [--quick]``.

The menu is that of a published comparison: kernel 1..7, stride 1..4, padding 0..3, dilation 1..2, output_padding
below the stride. Times are processor time of this process, rates are per second of it. Beside our draws stand those of
the shortest program that draws uniformly, a dynamic programme with a list of settings for each size, which makes bare
tuples; and the share of stacks drawn blindly that reach the target. ``per decision`` is drawing each parameter evenly
among the values that still lead to the target: how much likelier one combination is than another (95th to 5th
percentile), and to how many of a hundred uniform draws a hundred of those come (effective sample size).
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from random import Random
from time import process_time
from typing import NamedTuple

import convsolve as cs

WHERE = "output_padding < stride"


class Case(NamedTuple):
    """A question with its total, and what the build may take in seconds and a projection in milliseconds."""

    source: int
    target: int
    layers: int
    total: int | None
    build: float
    project: float
    draws: int  # a second

    @property
    def name(self) -> str:
        return f"{self.source} -> {self.target} in {self.layers}"


CASES = (
    Case(4, 64, 4, 184_506_272, 0.5, 2, 150_000),
    Case(8, 100, 6, None, 3, 10, 0),
    Case(100, 1000, 6, None, 3, 10, 0),
)

Setting = tuple[int, int, int, int, int]


class Naive:
    """Uniform draws by the shortest program that can: every size with its settings, and how many ways follow each."""

    def __init__(self, case: Case) -> None:
        self.case = case
        every = settings()
        reached = [{case.source}]
        for _ in range(case.layers):
            reached.append({out for size in reached[-1] for one in every if 1 <= (out := after(size, one)) <= 4096})
        counts = {case.target: 1}
        self.tables: list[dict[int, tuple[list[int], list[tuple[Setting, int]]]]] = []
        for place in reversed(range(case.layers)):
            table, here = {}, {}
            for size in reached[place]:
                ways = [(one, out) for one in every if (out := after(size, one)) in counts]
                if ways:
                    table[size] = ([*accumulate(counts[out] for _, out in ways)], ways)
                    here[size] = table[size][0][-1]
            self.tables.insert(0, table)
            counts = here
        self.total = counts.get(case.source, 0)

    def draw(self, random: Random) -> list[Setting]:
        number, size, found = random.randrange(self.total), self.case.source, []
        for table in self.tables:
            sums, ways = table[size]
            at = bisect_right(sums, number)
            number -= sums[at - 1] if at else 0
            one, out = ways[at]
            number %= sums[at] - (sums[at - 1] if at else 0)
            size = out
            found.append(one)
        return found


def settings() -> list[Setting]:
    return [
        (k, s, p, d, a) for k in range(1, 8) for s in range(1, 5) for p in range(4) for d in (1, 2) for a in range(s)
    ]


def after(size: int, setting: Setting) -> int:
    k, s, p, d, a = setting
    return (size - 1) * s - 2 * p + d * (k - 1) + a + 1


def blind(case: Case, draws: int, seed: int) -> float:
    """The share of stacks drawn without looking that reach the target."""
    random, hits = Random(seed), 0
    for _ in range(draws):
        size = case.source
        for _ in range(case.layers):
            stride = random.randint(1, 4)
            one = (random.randint(1, 7), stride, random.randrange(4), random.randint(1, 2), random.randrange(stride))
            size = after(size, one)
            if size < 1:
                break
        hits += size == case.target
    return hits / draws


def per_decision(space: cs.Space, draws: int, seed: int) -> tuple[float, float]:
    """How uneven draws decision by decision are: 95th to 5th percentile of probability, effective sample size."""
    uniform = [_likelihood(space, space.values(solution)) for solution in space.sample(draws, seed=seed)]
    ordered = sorted(uniform)
    spread = ordered[len(ordered) * 95 // 100] / ordered[len(ordered) * 5 // 100]
    random = Random(seed)
    own = [_likelihood(space, random) for _ in range(draws)]
    return spread, draws / sum(own)


def _likelihood(space: cs.Space, values: dict[str, int] | Random) -> float:
    """How many times as likely as among uniform draws a combination is: one that is given, or one drawn so."""
    given: dict[str, int] = {}
    likelihood = float(space.total)
    for name in space.decisions:
        some = space.choices(name, given)
        likelihood /= len(some)
        given[name] = values.choice(some) if isinstance(values, Random) else values[name]
    return likelihood


def seconds(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


def space_of(case: Case) -> cs.Space:
    return cs.Space(
        case.source,
        case.target,
        layers=case.layers,
        kernel_size="1..7",
        stride="1..4",
        padding="0..3",
        dilation="1..2",
        output_padding="0..3",
        where=WHERE,
    )


def measure(case: Case, *, quick: bool) -> list[tuple[str, str, bool]]:
    """Lines of name and figure, and whether its goal is met."""
    draws, few = (2_000, 20) if quick else (100_000, 200)
    space = space_of(case)
    build = seconds(lambda: space_of(case)[0])
    lines = [
        ("combinations", f"{space.total:,}", case.total in (None, space.total)),
        ("build", f"{build:.3f} s", build <= case.build),
    ]
    space.sample(draws, seed=0)
    rate = draws / seconds(lambda: space.sample(draws, seed=1))
    lines.append(("uniform draws", f"{rate:,.0f} a second", rate >= case.draws))
    if case.layers <= 4:
        naive, random = Naive(case), Random(1)
        base = draws / seconds(lambda: [naive.draw(random) for _ in range(draws)])
        lines.append(("  beside the naive programme", f"{rate / base:.2f} times as many", naive.total == space.total))
    share = blind(case, 10 * draws, 1)
    lines.append(("blind draws that reach the target", f"{share:.4%}", True))
    random = Random(2)
    proposals = [{name: random.choice(domain) for name, domain in space.decisions.items()} for _ in range(2 * few)]
    for proposal in proposals[:few]:
        space.project(proposal)
    each = seconds(lambda: [space.project(one) for one in proposals[few:]]) / few * 1000
    lines.append(("projection of a random proposal", f"{each:.2f} ms", each <= case.project))
    parents = space.sample(few + 1, seed=3)
    verbs: dict[str, Callable[[int], object]] = {
        "mutation": lambda at: space.mutate(parents[at], seed=at),
        "crossover": lambda at: space.crossover(parents[at], parents[at + 1], seed=at),
        "all neighbours": lambda at: space.neighbors(parents[at]),
        "index": lambda at: space.index(parents[at]),
    }
    for name, verb in verbs.items():
        lines.append((name, f"{seconds(partial(_each, verb, few)) / few * 1000:.2f} ms", True))
    spread, effective = per_decision(space, few, 4)
    lines.append(("per decision: likeliest to unlikeliest", f"{spread:,.0f} times", True))
    lines.append(("per decision: effective sample size", f"{effective:.2%} of the draws (ours: 100 %)", True))
    return lines


def _each(verb: Callable[[int], object], times: int) -> None:
    for at in range(times):
        verb(at)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.space", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="few draws, and no verdict on goals")
    parser.add_argument("--only", metavar="NAME", help="only questions whose name has this in it")
    options = parser.parse_args(arguments)
    good = True
    for case in CASES:
        if options.only and options.only not in case.name:
            continue
        print(case.name)
        for name, figure, met in measure(case, quick=options.quick):
            good &= met
            print(f"  {name:40} {figure}" + ("" if met or options.quick else "  missed"))
    return 0 if good or options.quick else 1


if __name__ == "__main__":
    sys.exit(main())
