"""Combinations in and out of trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import optuna
from optuna.samplers import BaseSampler, PartialFixedSampler
from optuna.trial import BaseTrial, FrozenTrial, Trial

from convsolve import Error, Solution, Space
from convsolve_optuna.parameters import Parameters


def suggest(trial: BaseTrial, space: Space, prefix: str = "") -> Solution:
    """A combination for a trial, valid whatever the sampler is.

    Each decision is one integer parameter with a fixed range. Where the values that the sampler proposes do not fit
    together they are moved, decision by decision, to the nearest that do: strides first, then kernels, dilations and
    paddings. With a `FeasibleSampler` nothing is left to be moved, so the trial's parameters are those of the
    combination. Its number stands among the trial's user attributes, as text.

    Args:
        trial: as Optuna gives it to an objective; a finished one gives the same combination again.
        space: what is searched.
        prefix: in front of the parameters' names, where a trial searches in several spaces.

    Raises:
        Error: ``no-combination`` where the space is empty; ``other-space`` where the study searches in another one;
            ``no-completion`` where no combination has the values that were enqueued.

    Example:
        >>> import optuna  # doctest: +SKIP
        >>> space = Space(7, 28, layers=2)
        >>> study = optuna.create_study()
        >>> study.optimize(lambda trial: sum(suggest(trial, space).layers[0].kernel_size), n_trials=10)
    """
    parameters = parameters_of(space, prefix)
    fixed: Mapping[str, object] = {}
    if isinstance(trial, Trial):
        parameters.claim(trial.study)
        system = trial.storage.get_trial_system_attrs(trial._trial_id)  # noqa: SLF001 - Optuna has no other way to it
        fixed = parameters.own(fixed_in(system, trial.study.sampler))
    values = {
        name: trial.suggest_int(name, one.low, one.high, step=one.step)
        for name, one in parameters.distributions.items()
    }
    solution = parameters.nearest(parameters.own(values), fixed, in_order=True)
    trial.set_user_attr(f"{prefix}number", parameters.number(solution))
    return solution


def enqueue(
    study: optuna.Study, space: Space, solutions: Iterable[Solution | Mapping[str, int]], prefix: str = ""
) -> None:
    """Have combinations tried next, in their order.

    Args:
        study: where.
        space: what it searches.
        solutions: combinations of the space, or values of some decisions (``{"0.stride": 2}``), which the sampler
            completes. The whole space, or ``space.stream()``, makes a grid.
        prefix: as for `suggest`.

    Raises:
        Error: ``not-in-space``, with the reason; ``no-completion`` where no combination has the values;
            ``other-space``.
    """
    parameters = parameters_of(space, prefix)
    parameters.claim(study)
    for one in solutions:
        if isinstance(one, Solution):
            study.enqueue_trial(parameters.named(one))
        else:
            parameters.drawn(one, 0)
            study.enqueue_trial({f"{prefix}{name}": value for name, value in one.items()})


def solution_of(trial: FrozenTrial, space: Space, prefix: str = "") -> Solution:
    """The combination of a finished trial, such as ``study.best_trial``.

    Raises:
        Error: ``bad-record`` where the trial is none of this space.
    """
    number = parameters_of(space, prefix).number_in(trial)
    if number is None or not number.isdecimal() or int(number) >= space.total:
        raise Error(
            "bad-record",
            f"trial {trial.number} has no combination of this space",
            help=["give the space and the prefix that suggest() was given"],
        )
    return space[int(number)]


def fixed_in(system: Mapping[str, Any], sampler: BaseSampler) -> dict[str, Any]:
    """What is decided for a trial before its sampler is asked: enqueued, or fixed by a sampler around others."""
    found: dict[str, Any] = {}
    while isinstance(sampler, PartialFixedSampler):
        found = {**sampler._fixed_params, **found}  # noqa: SLF001 - Optuna has no other way to it
        sampler = sampler._base_sampler  # noqa: SLF001 - as above
    return {**found, **system.get("fixed_params", {})}


_KNOWN: dict[tuple[str, str], Parameters] = {}
MOST_KNOWN = 16


def parameters_of(space: Space, prefix: str) -> Parameters:
    """The parameters of a space, worked out once; raises ``bad-value`` for what is no space."""
    if not isinstance(space, Space):
        raise Error(
            "bad-value",
            f"{space!r:.40} is no space",
            help=["make one first, as in convsolve.Space(7, 28, layers=2)"],
        )
    key = space.fingerprint, prefix
    found = _KNOWN.get(key)
    if found is None:
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        found = _KNOWN[key] = Parameters(space, prefix)
    return found
