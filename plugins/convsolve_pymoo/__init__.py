"""convsolve in pymoo: sampling, repair, mutation, crossover and duplicates that stay within a space, and a problem.

>>> from pymoo.algorithms.moo.nsga2 import NSGA2  # doctest: +SKIP
>>> from pymoo.optimize import minimize
>>> import convsolve as cs
>>> from convsolve_pymoo import ShapeProblem, operators
>>> space = cs.Space("64@4", "1@64", layers=4)
>>> problem = ShapeProblem(space, lambda one: (one.costs.macs, -one.costs.receptive_field[0]), n_obj=2)
>>> result = minimize(problem, NSGA2(pop_size=50, **operators(space)), ("n_eval", 1000), seed=1)
>>> front = [problem.solution(x) for x in result.X]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convsolve.plugins import Framework

if TYPE_CHECKING:
    from convsolve_pymoo.moving import (
        LayerMutation,
        ProjectRepair,
        SameSolution,
        SpliceCrossover,
        UniformSampling,
        operators,
    )
    from convsolve_pymoo.problem import ShapeProblem

__all__ = [
    "LayerMutation",
    "ProjectRepair",
    "SameSolution",
    "ShapeProblem",
    "SpliceCrossover",
    "UniformSampling",
    "operators",
]

FRAMEWORK = Framework("pymoo", "pymoo", floor="0.6.2", ceiling="0.6.3", install="convsolve[pymoo]")

_HOME = {"ShapeProblem": "problem"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'convsolve_pymoo' has no attribute {name!r}")
    return FRAMEWORK.part(f"convsolve_pymoo.{_HOME.get(name, 'moving')}", name)


def __dir__() -> list[str]:
    return __all__
