"""A space as a search algorithm of Ray Tune."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from numpy.random import RandomState
from ray.tune.search import Searcher
from ray.tune.search.sample import Domain

from convsolve import Error, Solution, Space

NUMBER = "number"  # the key in a trial's config
FINISHED: Any = Searcher.FINISHED  # said when all combinations were proposed: a text, though Tune annotates a dict


class ShapeSearcher(Searcher):
    """Evolution in a space for Ray Tune: uniform draws, then children of the best, none proposed twice.

    A trial's config has the combination's number, as text, and its decisions by name; `solution_of` makes the
    combination of it. What else stands in Tune's ``param_space`` is added: constants as they are, ``tune.uniform``
    and its like drawn at random. Tune saves and restores it with the experiment.

    Args:
        space: what is searched.
        metric: the name of the result; left out, that of ``TuneConfig``.
        mode: ``min`` or ``max``; likewise.
        points_to_evaluate: combinations to be tried first.
        seed: of the random numbers.

    Raises:
        Error: ``no-combination`` where the space is empty; ``not-in-space``.

    Example:
        >>> searcher = ShapeSearcher(Space(7, 28, layers=3), metric="loss", mode="min")  # doctest: +SKIP
        >>> searcher.suggest("trial 1")["0.kernel_size"]
        5
    """

    def __init__(
        self,
        space: Space,
        metric: str | None = None,
        mode: str | None = None,
        *,
        points_to_evaluate: Iterable[Solution] = (),
        seed: int = 0,
    ) -> None:
        super().__init__(metric=metric, mode=mode)
        if not space:
            raise Error("no-combination", "the space is empty: there is nothing to search")
        self._space = space
        self._searcher = space.searcher(seed=seed)
        self._first = [space.index(solution) for solution in points_to_evaluate]
        self._running: dict[str, int] = {}
        self._others: Mapping[str, Any] = {}
        self._seed = seed

    def set_search_properties(
        self,
        metric: str | None,
        mode: str | None,
        config: dict[str, Any],
        **spec: Any,  # noqa: ARG002, ANN401 - as Tune has it
    ) -> bool:
        if metric:
            self._metric = metric
        if mode:
            self._mode = mode
        self._others = config
        return True

    def suggest(self, trial_id: str) -> Any:  # noqa: ANN401 - as FINISHED is
        solution = self._space[self._first.pop(0)] if self._first else self._searcher.ask()
        if solution is None:
            return FINISHED
        number = self._space.index(solution)
        self._running[trial_id] = number
        return {**self._drawn(number), NUMBER: str(number), **self._space.values(solution)}

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:  # noqa: FBT001, FBT002 - as Tune has it
        number = self._running.pop(trial_id, None)
        if number is not None:
            value = None if error or result is None else result.get(self.metric)
            self._tell(self._space[number], value)

    def add_evaluated_point(
        self,
        parameters: dict[str, Any],
        value: float,
        error: bool = False,  # noqa: FBT001, FBT002 - as Tune has it
        pruned: bool = False,  # noqa: ARG002, FBT001, FBT002 - as above
        intermediate_values: list[float] | None = None,  # noqa: ARG002 - as above
    ) -> None:
        self._tell(solution_of(parameters, self._space), None if error else value)

    def save(self, checkpoint_path: str) -> None:
        Path(checkpoint_path).write_text(json.dumps(self.get_state()), encoding="utf-8")

    def restore(self, checkpoint_path: str) -> None:
        self.set_state(json.loads(Path(checkpoint_path).read_text(encoding="utf-8")))

    def get_state(self) -> dict[str, Any]:
        numbers = {name: str(number) for name, number in self._running.items()}
        return {"searcher": self._searcher.state_dict(), "running": numbers, "first": [*map(str, self._first)]}

    def set_state(self, state: dict[str, Any]) -> None:
        self._searcher.load_state_dict(state["searcher"])
        self._running = {name: int(number) for name, number in state["running"].items()}
        self._first = [*map(int, state["first"])]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_searcher": self.get_state()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _searcher=state["_space"].searcher(seed=state["_seed"]))
        self.set_state(state["_searcher"])

    def _tell(self, solution: Solution, value: float | None) -> None:
        worth = float("inf") if value is None or value != value else float(value)  # noqa: PLR0124 - nan
        self._searcher.tell(solution, -worth if self.mode == "max" and worth != float("inf") else worth)

    def _drawn(self, number: int) -> dict[str, Any]:
        # By the combination alone, so that a search that was restored draws the same.
        draws = RandomState(Random(f"{self._seed} {number}").getrandbits(32))  # noqa: S311 - no secret is made of it
        return {
            name: value.sample(random_state=draws) if isinstance(value, Domain) else value
            for name, value in self._others.items()
        }


def solution_of(config: Mapping[str, Any], space: Space) -> Solution:
    """The combination of a trial's config.

    Raises:
        Error: ``bad-record`` where the config is none of this space.
    """
    number = config.get(NUMBER)
    if isinstance(number, str) and number.isdecimal() and int(number) < space.total:
        solution = space[int(number)]
        if space.values(solution).items() <= config.items():
            return solution
    raise Error(
        "bad-record", "the config has no combination of this space", help=["give the space that the searcher has"]
    )
