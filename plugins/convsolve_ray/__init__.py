"""convsolve on Ray: a searcher for Tune, and spaces in shards for tasks, Ray Data and sweeps.

>>> from ray import tune  # doctest: +SKIP
>>> import convsolve as cs
>>> from convsolve_ray import ShapeSearcher, solution_of
>>> space = cs.Space("64@7x7", "1@28x28", layers=3)
>>> def trainable(config):
...     solution = solution_of(config, space)
...     return {"loss": train(solution.module(activation="relu"))}  # your own
>>> searcher = ShapeSearcher(space, seed=0)
>>> tuned = tune.TuneConfig(search_alg=searcher, metric="loss", mode="min", num_samples=100)
>>> results = tune.Tuner(trainable, tune_config=tuned).fit()

Another algorithm: Tune's ``OptunaSearch(space=define, sampler=FeasibleSampler(space))`` of `convsolve_optuna`, where
``define(trial)`` calls ``suggest(trial, space)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convsolve.plugins import Framework

if TYPE_CHECKING:
    from convsolve_ray.searcher import ShapeSearcher, solution_of
    from convsolve_ray.sharding import Shard, shards
    from convsolve_ray.sweeping import sweep

__all__ = ["ShapeSearcher", "Shard", "shards", "solution_of", "sweep"]

FRAMEWORK = Framework("Ray", "ray", floor="2.60", ceiling="2.61", install="convsolve[ray]")

_HOME = {"Shard": "sharding", "shards": "sharding", "sweep": "sweeping"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'convsolve_ray' has no attribute {name!r}")
    return FRAMEWORK.part(f"convsolve_ray.{_HOME.get(name, 'searcher')}", name)


def __dir__() -> list[str]:
    return __all__
