"""convsolve on Ray: searches that go on after they were cut off, and sweeps whose workers are killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import convsolve as cs

os.environ["RAY_memory_monitor_refresh_ms"] = "0"  # noqa: SIM112 - its name; else Ray ends workers where others use the memory
ray = pytest.importorskip("ray", reason="Ray is not installed: tests/plugins/run makes an environment for it")

from ray import tune  # noqa: E402

from convsolve_ray import ShapeSearcher, shards, solution_of, sweep  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)
SPACE = cs.Space(7, 28, layers=2)  # 865 combinations
LARGE = cs.Space("4x5", "61x79", layers=6, tie="none")  # of more than 2**64 combinations


def cost(solution: cs.Solution) -> float:
    return float(
        sum((at + 1) * (7 - layer.kernel_size[0]) + layer.stride[0] for at, layer in enumerate(solution.layers))
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray.init(num_cpus=3, include_dashboard=False, object_store_memory=100 * 2**20, log_to_driver=False)
    yield
    ray.shutdown()


def test_shards_have_all_between_them_and_none_twice() -> None:
    for n in (1, 3, 64, 1000):
        parts = shards(SPACE, n)
        assert [part.number for part in parts] == [*range(n)]
        assert [solution for part in parts for solution in part.solutions()] == list(SPACE)
        assert max(part.total for part in parts) - min(part.total for part in parts) <= 1
    assert sum(part.total for part in shards(LARGE, 7)) == LARGE.total > 2**64
    for wrong in (0, -1, 2.0, True):
        with pytest.raises(cs.Error, match="bad-value"):
            shards(SPACE, wrong)  # type: ignore[arg-type]


@pytest.mark.usefixtures("cluster")
def test_a_sweep_loses_nothing_and_has_nothing_twice_when_a_worker_is_killed(tmp_path: Path) -> None:
    workers = tmp_path / "workers"
    killed = tmp_path / "killed"
    workers.mkdir()

    def evaluate(solution: cs.Solution) -> tuple[str, int]:
        (workers / str(os.getpid())).touch()
        if solution == SPACE[400] and not killed.exists():  # in the midst of a shard
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return str(SPACE.index(solution)), os.getpid()

    found = [(part, values) for part, values in sweep(SPACE, evaluate, 12)]
    assert killed.exists()
    assert len(list(workers.iterdir())) >= 3
    numbers = [int(number) for part, values in sorted(found, key=lambda one: one[0].number) for number, _ in values]
    assert numbers == [*range(SPACE.total)]


@pytest.mark.usefixtures("cluster")
def test_a_sweep_goes_on_where_it_was() -> None:
    kept = {}
    for part, values in sweep(SPACE, cost, 9):
        kept[part.number] = values
        if len(kept) == 4:
            break
    rest = {part.number: values for part, values in sweep(SPACE, cost, 9, done=kept)}
    assert len(rest) == 5
    both = kept | rest
    assert [value for number in range(9) for value in both[number]] == [cost(solution) for solution in SPACE]


@pytest.mark.usefixtures("cluster")
def test_what_an_evaluation_raises_ends_the_sweep() -> None:
    def evaluate(_: cs.Solution) -> float:
        raise ZeroDivisionError("no value")

    with pytest.raises(ZeroDivisionError):
        list(sweep(SPACE, evaluate, 4))


@pytest.mark.usefixtures("cluster")
def test_shards_are_rows_for_ray_data() -> None:
    rows = ray.data.from_items([part._asdict() for part in shards(SPACE, 6)])

    def each(row: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"cost": cost(solution)} for solution in row["space"].stream(row["start"], row["stop"])]

    found = [row["cost"] for row in rows.flat_map(each).take_all()]
    assert sorted(found) == sorted(map(cost, SPACE))


def trainable(config: dict[str, Any]) -> dict[str, float]:
    solution = solution_of(config, SPACE)
    assert solution.sizes[-1] == (28,)
    return {"loss": cost(solution) + config.get("rate", 0)}


def tuned(searcher: Any, where: Path, samples: int, **space: Any) -> Any:
    return tune.Tuner(
        trainable,
        param_space=space,
        tune_config=tune.TuneConfig(
            search_alg=searcher, metric="loss", mode="min", num_samples=samples, max_concurrent_trials=3
        ),
        run_config=tune.RunConfig(storage_path=str(where), name="one", verbose=0),
    ).fit()


@pytest.mark.usefixtures("cluster")
def test_every_trial_of_tune_is_in_the_space_and_none_comes_twice(tmp_path: Path) -> None:
    searcher = ShapeSearcher(SPACE, seed=1, points_to_evaluate=[SPACE[7], SPACE[5]])
    results = tuned(searcher, tmp_path, 12, rate=tune.uniform(0, 1), name="kept")
    assert not results.errors
    configs = [result.config for result in results]
    numbers = [int(config["number"]) for config in configs]
    assert len(set(numbers)) == 12
    assert {5, 7} <= set(numbers)
    assert len({config["rate"] for config in configs}) == 12
    assert {config["name"] for config in configs} == {"kept"}
    # another searcher reads what Tune kept, and goes on
    other = ShapeSearcher(SPACE, metric="loss", mode="min")
    other.restore_from_dir(str(tmp_path / "one"))
    going = [other.suggest(f"more {at}") for at in range(20)]
    assert not {int(config["number"]) for config in going if isinstance(config, dict)} & set(numbers)


def test_a_searcher_that_was_restored_goes_on_as_the_other(tmp_path: Path) -> None:
    one = ShapeSearcher(LARGE, metric="loss", mode="max", seed=3)
    for at in range(30):
        config = one.suggest(str(at))
        assert isinstance(config, dict)
        one.on_trial_complete(str(at), {"loss": cost(solution_of(config, LARGE))}, error=at == 3)
    pending = one.suggest("pending")
    one.save(str(tmp_path / "state"))
    other = ShapeSearcher(LARGE, metric="loss", mode="max", seed=3)
    other.restore(str(tmp_path / "state"))
    assert isinstance(pending, dict)
    for searcher in (one, other):
        searcher.on_trial_complete("pending", {"loss": 1.0})
    for at in range(5):
        assert one.suggest(f"more {at}") == other.suggest(f"more {at}")
    with pytest.raises(cs.Error, match="other-space"):
        ShapeSearcher(SPACE).restore(str(tmp_path / "state"))


def test_a_space_that_is_exhausted_ends_the_search() -> None:
    space = cs.Space(7, 28)
    searcher = ShapeSearcher(space, metric="loss", mode="min")
    seen = [searcher.suggest(str(at)) for at in range(space.total)]
    assert len({config["number"] for config in seen if isinstance(config, dict)}) == space.total
    assert searcher.suggest("one more") == ShapeSearcher.FINISHED
    with pytest.raises(cs.Error, match="no-combination"):
        ShapeSearcher(cs.Space(7, 28, stride=1))
    with pytest.raises(cs.Error, match="bad-record"):
        solution_of({"number": "3"}, space)


def test_the_searcher_learns_what_is_wanted() -> None:
    space = cs.Space("4", "64", layers=4)
    found = {}
    for mode in ("min", "max"):
        searcher = ShapeSearcher(space, metric="loss", mode=mode, seed=0)
        told = []
        for at in range(80):
            config = searcher.suggest(str(at))
            assert isinstance(config, dict)
            told.append(cost(solution_of(config, space)))
            searcher.on_trial_complete(str(at), {"loss": told[-1]})
        found[mode] = sum(told[20:]) / 60
    assert found["min"] < 0.8 * found["max"]


def define(trial: Any) -> dict[str, Any]:
    from convsolve_optuna import suggest

    return {"number": str(SPACE.index(suggest(trial, SPACE)))}


@pytest.mark.usefixtures("cluster")
def test_optuna_in_tune_stays_in_the_space(tmp_path: Path) -> None:
    optuna = pytest.importorskip("optuna")
    from ray.tune.search.optuna import OptunaSearch

    from convsolve_optuna import FeasibleSampler

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    search = OptunaSearch(space=define, sampler=FeasibleSampler(SPACE, seed=0), metric="loss", mode="min")
    results = tuned(search, tmp_path, 6)
    assert not results.errors
    assert all(solution_of(result.config, SPACE) in SPACE for result in results)
