"""Bayesian optimisation in a space, as a node of Ax's generation strategies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from ax.api.configs import RangeParameterConfig
from ax.core.data import Data
from ax.core.experiment import Experiment
from ax.core.types import TParameterization
from ax.generation_strategy.external_generation_node import ExternalGenerationNode
from botorch.acquisition import LogExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms import Standardize
from botorch.optim import optimize_acqf_discrete
from gpytorch.mlls import ExactMarginalLogLikelihood

from convsolve import Error, Solution, Space
from convsolve_ax.tensors import candidates, points, refuse_empty, solutions_of

POOL = 256  # uniform draws among which the acquisition function chooses
BEST = 4  # combinations of which mutations are added to these


def parameters(space: Space) -> list[RangeParameterConfig]:
    """The parameters of an experiment that searches a space: an integer for each decision.

    Example:
        >>> [one.name for one in parameters(Space(7, 28, stride=4))]  # doctest: +SKIP
        ['0.kernel_size', '0.padding', '0.output_padding']
    """
    return [
        RangeParameterConfig(name=name, bounds=(domain[0], domain[-1]), parameter_type="int")
        for name, domain in space.decisions.items()
    ]


def solution_of(values: Mapping[str, Any], space: Space) -> Solution:
    """The combination of a trial's parameters; the nearest one where a node of Ax's own proposed them.

    Raises:
        Error: ``no-combination`` where the space is empty.
    """
    found = space.project({name: values[name] for name in space.decisions if name in values})
    if not found:
        raise Error("no-combination", "the space is empty: there is nothing to search")
    return found[0].solution


class ShapeNode(ExternalGenerationNode):
    """Combinations of a space: uniform draws, then those with the largest expected improvement under a GP.

    The model sees the decisions on the unit cube. The acquisition function (LogExpectedImprovement) chooses among
    uniform draws and mutations of the best, so that nothing has to be rounded or moved; none is proposed twice before
    all were.

    Args:
        space: what is searched; the experiment has the `parameters` of it.
        start: how many are drawn before anything is modelled.
        seed: of the draws.
        options: of Ax's ``ExternalGenerationNode``: ``transition_criteria``, ...

    Raises:
        Error: ``no-combination`` where the space is empty; ``unsupported`` where the experiment has several objectives.
    """

    def __init__(self, space: Space, *, start: int = 10, seed: int = 0, **options: Any) -> None:  # noqa: ANN401 - as Ax has it
        refuse_empty(space)
        super().__init__(**{"name": "convsolve", "should_deduplicate": False, **options})
        self._space = space
        self._start = start
        self._seed = seed
        self._told: dict[Solution, float] = {}  # large is good
        self._seen: set[Solution] = set()

    def update_generator_state(self, experiment: Experiment, data: Data) -> None:
        config = experiment.optimization_config
        names = [] if config is None else list(config.objective.metric_names)
        if config is None or len(names) != 1:
            raise Error("unsupported", f"ShapeNode has one objective, not {len(names)}", help=["write a sum of them"])
        sign = -1 if config.objective.minimize else 1
        arms = {name: solution_of(arm.parameters, self._space) for name, arm in experiment.arms_by_name.items()}
        self._seen = set(arms.values())
        rows = data.df[data.df["metric_name"] == names[0]]
        told = {arms[name]: sign * float(mean) for name, mean in zip(rows["arm_name"], rows["mean"], strict=True)}
        self._told = {solution: value for solution, value in told.items() if abs(value) < float("inf")}

    def get_next_candidate(self, pending_parameters: list[TParameterization]) -> TParameterization:
        self._seen |= {solution_of(values, self._space) for values in pending_parameters}
        found = self._likely() if len(self._told) >= self._start else None
        if found is None:
            # the first of so many draws that one at least is new
            drawn = self._space.sample(len(self._seen) + 1, seed=self._seed)
            found = next((one for one in drawn if one not in self._seen), drawn[0])
        self._seen.add(found)
        values: TParameterization = {name: domain[0] for name, domain in self._space.decisions.items()}
        return values | self._space.values(found)

    def _likely(self) -> Solution | None:
        """The most promising of a pool; None where all of it was seen, or nothing can be learnt."""
        best = sorted(self._told, key=lambda one: -self._told[one])[:BEST]
        pool = candidates(self._space, POOL, seed=self._seed + len(self._seen) + 1, near=best)
        fresh = [one for one in pool if one not in self._seen]
        values = torch.tensor([*self._told.values()], dtype=torch.double).unsqueeze(-1)
        if not fresh or float(values.std()) == 0:
            return None
        model = SingleTaskGP(points(self._space, self._told), values, outcome_transform=Standardize(m=1))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        wanted = LogExpectedImprovement(model, best_f=float(values.max()))
        chosen, _ = optimize_acqf_discrete(wanted, q=1, choices=points(self._space, fresh))
        return solutions_of(chosen, self._space)[0]
