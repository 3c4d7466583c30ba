"""Cheap stacks that see far: a Pareto front of multiplications and receptive field with pymoo, beside the exact one.

The exact front is that of `Space.pareto`, which needs no search; objectives that only an experiment can tell need one.
Run it: pip install 'convsolve[pymoo]' && python pareto_front.py [EVALUATIONS]
"""

import sys

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.optimize import minimize
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

import convsolve as cs
from convsolve_pymoo import ShapeProblem, operators

EVALUATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
space = cs.Space("3@64", "16@8", layers=3, layer="conv", channels=[3, 8, 16, 16])


def worth(solution: cs.Solution) -> tuple[float, float]:
    return solution.costs.macs, -solution.costs.receptive_field[0]


def front(found: list[tuple[float, float]]) -> set[tuple[float, float]]:
    """Those that no other one betters."""
    if not found:
        return set()
    values = np.array(found)
    return {found[at] for at in NonDominatedSorting().do(values, only_non_dominated_front=True)}


problem = ShapeProblem(space, worth, n_obj=2)
result = minimize(problem, NSGA2(pop_size=50, **operators(space)), ("n_eval", EVALUATIONS), seed=1)
ours = front([worth(problem.solution(row)) for row in np.atleast_2d(result.X)])

draws = np.random.default_rng(1)
proposals = [{name: int(draws.choice(domain)) for name, domain in space.decisions.items()} for _ in range(EVALUATIONS)]
valid = [space.complete(values) for values in proposals if space.check(values)]
naive = front([worth(solution) for solution in valid])

print(f"{space.total:,} stacks from 64 to 8, {EVALUATIONS} evaluations")
for macs, field in sorted(ours):
    print(f"  {int(macs):>8,} macs, receptive field {int(-field)}")
bettered = len(naive - front([*ours, *naive]))
print(f"drawn and pruned: {len(valid)} of {EVALUATIONS} fitted; ours betters {bettered} of its front of {len(naive)}")
assert ours
