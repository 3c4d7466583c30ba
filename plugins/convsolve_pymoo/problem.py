"""A space as a problem of pymoo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pymoo.core.problem import ElementwiseProblem

from convsolve import Solution, Space
from convsolve_pymoo.vectors import Vectors


class ShapeProblem(ElementwiseProblem):
    """What is to be minimised over the combinations of a space.

    A variable is a decision of the space. Whatever a row has in it, a combination is evaluated: the nearest one, with
    other operators than ours, too.

    Args:
        space: what is searched.
        evaluate: the objectives of a combination, one number or several, all to be small.
        n_obj: how many numbers that are.
        options: of pymoo's ``Problem``: ``elementwise_runner`` to evaluate in parallel, ...

    Raises:
        Error: ``no-combination`` where the space is empty.

    Example:
        >>> space = Space("3@16", "8@4", layers=2)  # doctest: +SKIP
        >>> problem = ShapeProblem(space, lambda solution: solution.costs.macs)
        >>> problem.solution(problem.xl).sizes[-1]
        (4,)
    """

    def __init__(
        self,
        space: Space,
        evaluate: Callable[[Solution], float | Sequence[float]],
        n_obj: int = 1,
        **options: Any,  # noqa: ANN401 - as pymoo has it
    ) -> None:
        self._vectors = Vectors(space)
        self._measured = evaluate
        domains = space.decisions.values()
        super().__init__(
            n_var=self._vectors.width,
            n_obj=n_obj,
            xl=np.array([domain[0] for domain in domains]),
            xu=np.array([domain[-1] for domain in domains]),
            vtype=int,
            **options,
        )

    def solution(self, row: Sequence[float]) -> Solution:
        """The combination that a row of a result stands for."""
        return self._vectors.solution(row)

    def _evaluate(self, x: Sequence[float], out: dict[str, Any], *_: Any, **__: Any) -> None:  # noqa: ANN401 - as pymoo has it
        out["F"] = self._measured(self.solution(x))
