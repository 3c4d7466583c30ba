"""Any of Optuna's samplers, kept within a space."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from convsolve import Error, Solution, Space
from convsolve_optuna.trials import fixed_in, parameters_of

TRIES = 16  # mutations of what was tried already


class Mode(StrEnum):
    """What becomes of a proposal."""

    PROJECT = "project"  # the nearest combination, all decisions weighing the same
    DOMAIN = "domain"  # decision by decision the nearest value that may still be taken
    UNIFORM = "uniform"  # none is asked for: each combination is as likely as any other


class FeasibleSampler(BaseSampler):
    """A sampler whose every proposal is a combination of a space.

    Another sampler proposes, as if all parameters were free; what it proposes is moved into the space, and what was
    enqueued or fixed is kept. It learns from what was tried, not from what it had proposed. Parameters that
    are not the space's are left to it; where there are none, what was tried is not tried again while its mutations
    were not.

    Args:
        space: what is searched, by `suggest` in the objective.
        base: the sampler that proposes; TPE over all parameters together where nothing is said. In a study of
            several spaces a FeasibleSampler may be the base of another.
        mode: ``domain``, decision by decision the value nearest to the proposal that may still be taken, strides
            first; ``project``, the combination nearest to the proposal altogether; ``uniform``, drawn from the
            space, each as likely as any other.
        prefix: as for `suggest`.
        seed: of the draws, and of the base where none is given.

    Raises:
        Error: ``no-combination`` where the space is empty; ``bad-value``.

    Example:
        >>> import optuna  # doctest: +SKIP
        >>> sampler = FeasibleSampler(Space(7, 28, layers=3), optuna.samplers.CmaEsSampler(seed=1))
        >>> study = optuna.create_study(sampler=sampler)
    """

    def __init__(
        self,
        space: Space,
        base: BaseSampler | None = None,
        mode: str = "domain",
        *,
        prefix: str = "",
        seed: int | None = None,
    ) -> None:
        try:
            self._mode = Mode(mode)
        except ValueError:
            raise Error("bad-value", f"{mode!r} is no mode", help=[f"known: {', '.join(Mode)}"]) from None
        self._parameters = parameters_of(space, prefix)
        self._draws = Random(seed)  # noqa: S311 - no secret is made of it
        self._base = _default(self._mode, seed) if base is None else base

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {**self._base.infer_relative_search_space(study, trial), **self._parameters.distributions}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        known = self._base.infer_relative_search_space(study, trial)
        relative = {name: one for name, one in known.items() if name in search_space}
        found = self._base.sample_relative(study, trial, relative)
        own = self._parameters.distributions
        free = {name: one for name, one in own.items() if name in search_space}
        solution = self._chosen(study, trial, found, free)
        if solution is not None and self._mode is not Mode.UNIFORM and found.keys() <= own.keys():
            solution = self._fresh(study, trial, solution)
        values = {} if solution is None else self._parameters.named(solution)
        return {name: value for name, value in found.items() if name not in own} | {
            name: values[name] for name in free if name in values
        }

    def _chosen(
        self, study: optuna.Study, trial: FrozenTrial, found: dict[str, Any], free: Mapping[str, BaseDistribution]
    ) -> Solution | None:
        fixed = self._parameters.own(fixed_in(trial.system_attrs, study.sampler))
        try:
            if self._mode is Mode.UNIFORM:
                return self._parameters.drawn(fixed, self._draws.getrandbits(62))
            proposal = {
                name: found[name] if name in found else self._base.sample_independent(study, trial, name, one)
                for name, one in free.items()
            }
            return self._parameters.nearest(self._parameters.own(proposal), fixed, in_order=self._mode is Mode.DOMAIN)
        except Error:
            return None  # what is fixed fits no combination: suggest() says so, where the objective can answer for it

    def _fresh(self, study: optuna.Study, trial: FrozenTrial, solution: Solution) -> Solution:
        """The solution, or a mutation of it where it was tried already and nothing but it makes a trial."""
        others = [one for one in study.get_trials(deepcopy=False) if one.number != trial.number]
        tried = {number for one in others if (number := self._parameters.number_in(one)) is not None}
        number = self._parameters.number(solution)
        if number not in tried or any(not one.params.keys() <= self._parameters.distributions.keys() for one in others):
            return solution
        fixed = self._parameters.own(fixed_in(trial.system_attrs, study.sampler))
        found = self._parameters.mutations(solution, TRIES, self._draws.getrandbits(62))
        return next(
            (one for one in found if self._parameters.number(one) not in tried and self._parameters.has(one, fixed)),
            solution,
        )

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # noqa: ANN401 - as Optuna has it
        return self._base.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        self._base.before_trial(study, trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        self._base.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        self._draws = Random()  # noqa: S311 - as above
        self._base.reseed_rng()


def _default(mode: Mode, seed: int | None) -> BaseSampler:
    if mode is Mode.UNIFORM:
        return RandomSampler(seed)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", optuna.exceptions.ExperimentalWarning
        )  # up to 4.9; it is the default from 5.0 on
        return TPESampler(multivariate=True, seed=seed)
