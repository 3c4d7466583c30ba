"""A search loop of one's own: ask for a stack, say what it is worth, ask again.

Run it: python examples/own_search.py [TRIALS]
"""

import sys
from random import Random

import convsolve as cs

TRIALS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
space = cs.Space("64@4x4", "1@64x64", layers=4, channels=[64, 32, 16, 8, 1])


def worth(solution: cs.Solution) -> float:
    """What your training would say; here multiplications, and a charge where outputs overlap unevenly."""
    uneven = sum(layer.kernel_size[0] % layer.stride[0] > 0 for layer in solution.layers)
    return solution.costs.macs * (1 + uneven) + sum((7 - layer.kernel_size[0]) * 1e5 for layer in solution.layers)


searcher = space.searcher(seed=0)
for _ in range(TRIALS):
    solution = searcher.ask()
    searcher.tell(solution, worth(solution))
solution, value = searcher.best
print(f"best of {TRIALS} among {space.total:,} stacks: {value:,.0f}, {solution}")

draws = Random(0)
proposals = [{name: draws.choice(domain) for name, domain in space.decisions.items()} for _ in range(TRIALS)]
fitting = [worth(space.complete(values)) for values in proposals if space.check(values)]
reached = f"{min(fitting):,.0f}" if fitting else "nothing"
print(f"drawn and pruned: {len(fitting)} of {TRIALS} fitted; it reached {reached}")
assert not fitting or value <= min(fitting)
