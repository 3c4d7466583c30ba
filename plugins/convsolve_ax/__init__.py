"""convsolve in Ax and BoTorch: a generation node, candidate pools and post-processing, all within a space.

>>> from ax.api.client import Client  # doctest: +SKIP
>>> from ax.generation_strategy.generation_strategy import GenerationStrategy
>>> import convsolve as cs
>>> from convsolve_ax import ShapeNode, parameters, solution_of
>>> space = cs.Space("64@7x7", "1@28x28", layers=3)
>>> client = Client()
>>> client.configure_experiment(parameters=parameters(space))
>>> client.configure_optimization(objective="-loss")
>>> client.set_generation_strategy(GenerationStrategy(nodes=[ShapeNode(space)]))
>>> for trial, values in client.get_next_trials(max_trials=1).items():
...     solution = solution_of(values, space)
...     client.complete_trial(trial, raw_data={"loss": train(solution.module())})  # your own
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convsolve.plugins import Framework

if TYPE_CHECKING:
    from convsolve_ax.node import ShapeNode, parameters, solution_of
    from convsolve_ax.tensors import candidate_pool, post_processing, solutions_of

__all__ = ["ShapeNode", "candidate_pool", "parameters", "post_processing", "solution_of", "solutions_of"]

FRAMEWORK = Framework("Ax", "ax-platform", floor="1.3.1", ceiling="1.4", install="convsolve[ax]")

_HOME = {"ShapeNode": "node", "parameters": "node", "solution_of": "node"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'convsolve_ax' has no attribute {name!r}")
    return FRAMEWORK.part(f"convsolve_ax.{_HOME.get(name, 'tensors')}", name)


def __dir__() -> list[str]:
    return __all__
