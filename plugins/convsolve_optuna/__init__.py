"""convsolve in Optuna: every trial is a combination that fits.

>>> import optuna  # doctest: +SKIP
>>> import convsolve as cs
>>> from convsolve_optuna import FeasibleSampler, suggest
>>> space = cs.Space("64@7x7", "1@28x28", layers=3)
>>> def objective(trial):
...     solution = suggest(trial, space)
...     return train(solution.module(activation="relu"))  # your own
>>> study = optuna.create_study(sampler=FeasibleSampler(space))
>>> study.optimize(objective, n_trials=100)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convsolve.plugins import Framework

if TYPE_CHECKING:
    from convsolve_optuna.sampler import FeasibleSampler
    from convsolve_optuna.trials import enqueue, solution_of, suggest

__all__ = ["FeasibleSampler", "enqueue", "solution_of", "suggest"]

FRAMEWORK = Framework("Optuna", "optuna", floor="4.5", ceiling="6", install="convsolve[optuna]")

_HOME = {"FeasibleSampler": "sampler"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'convsolve_optuna' has no attribute {name!r}")
    return FRAMEWORK.part(f"convsolve_optuna.{_HOME.get(name, 'trials')}", name)


def __dir__() -> list[str]:
    return __all__
