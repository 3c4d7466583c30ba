"""pymoo's operators on a space: none of them leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pymoo.core.crossover import Crossover
from pymoo.core.duplicate import DuplicateElimination
from pymoo.core.mutation import Mutation
from pymoo.core.repair import Repair
from pymoo.core.sampling import Sampling

from convsolve import Space
from convsolve_pymoo.vectors import Vectors

SEEDS = 2**62


class UniformSampling(Sampling):
    """Combinations drawn uniformly, no two the same; over again where the space has fewer."""

    def __init__(self, space: Space) -> None:
        super().__init__()
        self._vectors = Vectors(space)

    def _do(self, problem: Any, n_samples: int, *_: Any, random_state: Any = None, **__: Any) -> Any:  # noqa: ANN401, ARG002 - as pymoo has it
        drawn = self._vectors.space.sample(n_samples, seed=_seed(random_state))
        return self._vectors.rows(drawn[at % len(drawn)] for at in range(n_samples))


class ProjectRepair(Repair):
    """Each row becomes that of the nearest combination: any operator of pymoo's may come before it."""

    def __init__(self, space: Space) -> None:
        super().__init__()
        self._vectors = Vectors(space)

    def _do(self, problem: Any, X: Any, **_: Any) -> Any:  # noqa: ANN401, ARG002, N803 - as pymoo has it
        return self._vectors.rows(map(self._vectors.solution, X))


class LayerMutation(Mutation):
    """One or two layers in a row drawn anew: see `Space.mutate`.

    Args:
        space: what is searched.
        options: of pymoo's ``Mutation``: ``prob``.
    """

    def __init__(self, space: Space, **options: Any) -> None:  # noqa: ANN401 - as pymoo has it
        super().__init__(**options)
        self._vectors = Vectors(space)

    def _do(self, problem: Any, X: Any, *_: Any, random_state: Any = None, **__: Any) -> Any:  # noqa: ANN401, ARG002, N803 - as pymoo has it
        mutate = self._vectors.space.mutate
        return self._vectors.rows(mutate(self._vectors.solution(x), seed=_seed(random_state)) for x in X)


class SpliceCrossover(Crossover):
    """Two children of two parents: the first layers of one and the last of the other, see `Space.crossover`.

    Args:
        space: what is searched.
        options: of pymoo's ``Crossover``: ``prob``.
    """

    def __init__(self, space: Space, **options: Any) -> None:  # noqa: ANN401 - as pymoo has it
        super().__init__(2, 2, **options)
        self._vectors = Vectors(space)

    def _do(self, problem: Any, X: Any, *_: Any, random_state: Any = None, **__: Any) -> Any:  # noqa: ANN401, ARG002, N803 - as pymoo has it
        one, other = ([self._vectors.solution(x) for x in parents] for parents in X)
        cross = self._vectors.space.crossover
        return np.array(
            [
                self._vectors.rows(cross(a, b, seed=_seed(random_state)) for a, b in zip(*pair, strict=True))
                for pair in ((one, other), (other, one))
            ]
        )


class SameSolution(DuplicateElimination):
    """Rows of the same combination are duplicates, whatever numbers stand in them."""

    def __init__(self, space: Space) -> None:
        super().__init__()
        self._vectors = Vectors(space)

    def _do(self, pop: Any, other: Any, is_duplicate: Any) -> Any:  # noqa: ANN401 - as pymoo has it
        known = set() if other is None else {self._vectors.solution(one.X) for one in other}
        for at, one in enumerate(pop):
            solution = self._vectors.solution(one.X)
            is_duplicate[at] = is_duplicate[at] or solution in known
            known.add(solution)
        return is_duplicate


def operators(space: Space) -> dict[str, Any]:
    """What an algorithm needs to stay within a space, by the names that pymoo's algorithms have for it.

    Args:
        space: what is searched.

    Raises:
        Error: ``no-combination`` where the space is empty.

    Example:
        >>> sorted(operators(Space(7, 28)))  # doctest: +SKIP
        ['crossover', 'eliminate_duplicates', 'mutation', 'sampling']
    """
    made: dict[str, Callable[[Space], Any]] = {
        "sampling": UniformSampling,
        "crossover": SpliceCrossover,
        "mutation": LayerMutation,
        "eliminate_duplicates": SameSolution,
    }
    return {name: kind(space) for name, kind in made.items()}


def _seed(random_state: Any) -> int:  # noqa: ANN401 - numpy's
    return int(random_state.integers(SEEDS))
