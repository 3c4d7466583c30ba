"""convsolve in Optuna: every trial is in the space, whatever the sampler, the storage and the number of threads."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

import convsolve as cs

optuna = pytest.importorskip("optuna", reason="Optuna is not installed: tests/plugins/run makes an environment for it")

from convsolve_optuna import FeasibleSampler, enqueue, solution_of, suggest  # noqa: E402

SPACE = cs.Space(7, 28, layers=3)
UNEVEN = cs.Space("2@4x5", "1@16x19", layers=2, kernel_size={1, 3, 4, 7}, tie="kernel_size")
LARGE = cs.Space("4x5", "61x79", layers=6, tie="none")  # of more than 2**64 combinations
DEEP = cs.Space(7, 28, layers="1..3", dilation="1..2")
SPACES = {"7->28": SPACE, "uneven": UNEVEN, "large": LARGE, "deep": DEEP}


def cost(solution: cs.Solution) -> float:
    """Something that depends on every layer."""
    return sum((at + 1) * (7 - layer.kernel_size[0]) + layer.stride[0] for at, layer in enumerate(solution.layers))


def objective(trial: Any, space: cs.Space, **names: str) -> float:
    solution = suggest(trial, space, **names)
    assert solution in space
    return cost(solution)


def bases() -> dict[str, Callable[[], Any]]:
    made = optuna.samplers
    return {
        "TPE": partial(made.TPESampler, seed=1, multivariate=True, n_startup_trials=3),
        "TPE, univariate": partial(made.TPESampler, seed=1, multivariate=False, n_startup_trials=3),
        "TPE, grouped": partial(made.TPESampler, seed=1, multivariate=True, group=True, n_startup_trials=3),
        "NSGA-II": partial(made.NSGAIISampler, seed=1, population_size=3),
        "NSGA-III": partial(made.NSGAIIISampler, seed=1, population_size=3),
        "CMA-ES": partial(made.CmaEsSampler, seed=1, n_startup_trials=3),
        "QMC": partial(made.QMCSampler, seed=1, warn_asynchronous_seeding=False),
        "random": partial(made.RandomSampler, seed=1),
        "GP": partial(made.GPSampler, seed=1, n_startup_trials=3),
    }


def made(base: str) -> Any:
    if base == "GP":
        pytest.importorskip("torch", reason="Optuna's GP sampler needs torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # of the sampler itself, up to 4.9
        return bases()[base]()


@pytest.fixture(autouse=True)
def quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("base", bases())
def test_every_trial_is_in_the_space_without_the_sampler(base: str, space: str) -> None:
    study = optuna.create_study(sampler=made(base))
    study.optimize(partial(objective, space=SPACES[space]), n_trials=8)
    assert len(study.trials) == 8
    assert all(trial.state.is_finished() and trial.value is not None for trial in study.trials)


@pytest.mark.parametrize("mode", ["project", "domain", "uniform"])
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("base", bases())
def test_with_the_sampler_parameters_are_those_of_the_combination(base: str, space: str, mode: str) -> None:
    study = optuna.create_study(sampler=FeasibleSampler(SPACES[space], made(base), mode, seed=3))
    study.optimize(partial(objective, space=SPACES[space]), n_trials=8)
    for trial in study.trials:
        values = SPACES[space].values(solution_of(trial, SPACES[space]))
        assert {name: trial.params[name] for name in values} == values


def test_uniform_is_uniform() -> None:
    space = cs.Space(7, 28)  # 12 combinations
    study = optuna.create_study(sampler=FeasibleSampler(space, mode="uniform", seed=0))
    study.optimize(partial(objective, space=space), n_trials=600)
    counts = [0] * space.total
    for trial in study.trials:
        counts[int(trial.user_attrs["number"])] += 1
    assert space.total == 12
    assert sum((count - 50) ** 2 / 50 for count in counts) < 31.3  # chi-square, 11 degrees, one in a thousand


def test_domain_keeps_what_may_still_be_taken_decision_by_decision() -> None:
    from convsolve_optuna.trials import parameters_of

    order = ["stride", "kernel_size", "dilation", "padding", "output_padding"]
    draw = Random(5)
    space = cs.Space(7, 28, layers=2, dilation="1..2")
    names = sorted(space.decisions, key=lambda name: (order.index(name[2:]), name))
    for _ in range(20):
        proposal = {name: draw.choice(domain) for name, domain in space.decisions.items()}
        given: dict[str, int] = {}
        for name in names:
            domain = space.decisions[name]
            left = space.choices(name, given)
            given[name] = min(left, key=lambda value: abs(domain.index(value) - domain.index(proposal[name])))
        found = space.values(parameters_of(space, "").nearest(proposal, {}, in_order=True))
        steps = [
            [
                abs(space.decisions[name].index(some[name]) - space.decisions[name].index(proposal[name]))
                for name in names
            ]
            for some in (found, given)
        ]
        assert steps[0] <= steps[1]  # of two values that are as near the one is taken that suits the rest


def test_what_was_tried_is_not_tried_again_while_there_is_more() -> None:
    study = optuna.create_study(sampler=FeasibleSampler(SPACE, seed=0))
    study.optimize(partial(objective, space=SPACE), n_trials=50)
    assert len({trial.user_attrs["number"] for trial in study.trials}) == 50
    small = cs.Space(7, 28)
    study = optuna.create_study(sampler=FeasibleSampler(small, seed=0))
    study.optimize(partial(objective, space=small), n_trials=40)
    assert {int(trial.user_attrs["number"]) for trial in study.trials} == {*range(small.total)}


def test_the_sampler_finds_better_than_uniform_draws() -> None:
    best = {}
    for mode in ("domain", "uniform"):
        values = []
        for seed in range(2):
            study = optuna.create_study(sampler=FeasibleSampler(SPACE, mode=mode, seed=seed))
            study.optimize(partial(objective, space=SPACE), n_trials=40)
            values.append(study.best_value)
        best[mode] = sum(values)
    assert best["domain"] < best["uniform"]


@pytest.mark.parametrize("sampled", [True, False], ids=["with the sampler", "without"])
def test_what_is_enqueued_is_tried(sampled: bool) -> None:  # noqa: FBT001 - a parameter of the test
    study = optuna.create_study(sampler=FeasibleSampler(LARGE, seed=0) if sampled else made("random"))
    wanted = [LARGE[10**21], LARGE[0], LARGE[-1]]
    enqueue(study, LARGE, wanted)
    study.optimize(partial(objective, space=LARGE), n_trials=3)
    assert [solution_of(trial, LARGE) for trial in study.trials] == wanted


@pytest.mark.parametrize("sampled", [True, False], ids=["with the sampler", "without"])
@pytest.mark.parametrize("ours", [True, False], ids=["enqueue", "enqueue_trial"])
def test_what_is_enqueued_in_part_is_completed(sampled: bool, ours: bool) -> None:  # noqa: FBT001 - as above
    study = optuna.create_study(sampler=FeasibleSampler(SPACE, seed=0) if sampled else made("TPE"))
    part = {"2.output_padding": 1, "0.stride": 1, "1.kernel_size": 5}
    for _ in range(5):
        if ours:
            enqueue(study, SPACE, [part])
        else:
            study.enqueue_trial(part)
    study.optimize(partial(objective, space=SPACE), n_trials=5)
    for trial in study.trials:
        assert part.items() <= SPACE.values(solution_of(trial, SPACE)).items()


def test_what_a_sampler_around_ours_fixes_is_kept() -> None:
    inner = FeasibleSampler(SPACE, made("TPE"))
    fixed = {"2.padding": 3, "1.stride": 2}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(sampler=optuna.samplers.PartialFixedSampler(fixed, inner))
    study.optimize(partial(objective, space=SPACE), n_trials=8)
    for trial in study.trials:
        values = SPACE.values(solution_of(trial, SPACE))
        assert trial.params == values
        assert fixed.items() <= values.items()


def test_what_cannot_be_completed_is_said() -> None:
    study = optuna.create_study(sampler=FeasibleSampler(SPACE))
    impossible = {"0.stride": 4, "1.stride": 4, "2.stride": 4, "2.padding": 0}
    with pytest.raises(cs.Error, match="no-completion"):
        enqueue(study, SPACE, [impossible])
    with pytest.raises(cs.Error, match="no-completion"):
        enqueue(study, SPACE, [{"2.stride": 9}])
    with pytest.raises(cs.Error, match="not-in-space"):
        enqueue(study, SPACE, [cs.Space(7, 29, layers=3)[0]])
    assert not study.trials
    study.enqueue_trial(impossible)
    study.optimize(partial(objective, space=SPACE), n_trials=2, catch=cs.Error)
    assert [trial.state.name for trial in study.trials] == ["FAIL", "COMPLETE"]


def test_two_spaces_and_parameters_beside_them() -> None:
    encoder = cs.Space(28, 7, layers=2)

    def both(trial: Any) -> float:
        rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        return objective(trial, encoder, prefix="encoder.") + objective(trial, SPACE, prefix="decoder.") + float(rate)

    inner = FeasibleSampler(encoder, made("TPE"), prefix="encoder.")
    study = optuna.create_study(sampler=FeasibleSampler(SPACE, inner, prefix="decoder."))
    study.optimize(both, n_trials=25)
    rates = {trial.params["rate"] for trial in study.trials}
    assert len(rates) == 25
    for trial in study.trials:
        for space, prefix in ((encoder, "encoder."), (SPACE, "decoder.")):
            values = space.values(solution_of(trial, space, prefix))
            assert {name: trial.params[prefix + name] for name in values} == values


def test_a_study_of_another_space_is_refused() -> None:
    study = optuna.create_study(sampler=made("random"))
    study.optimize(partial(objective, space=SPACE), n_trials=1)
    with pytest.raises(cs.Error, match="other-space"):
        study.optimize(partial(objective, space=cs.Space(7, 28, layers=2)), n_trials=1)
    with pytest.raises(cs.Error, match="other-space"):
        enqueue(study, DEEP, [DEEP[0]])
    study.optimize(partial(objective, space=DEEP, prefix="deep."), n_trials=1)


def test_an_empty_space_and_unknown_words_are_refused() -> None:
    empty = cs.Space(7, 28, stride=1)
    with pytest.raises(cs.Error, match="no-combination"):
        FeasibleSampler(empty)
    with pytest.raises(cs.Error, match="known: project, domain, uniform"):
        FeasibleSampler(SPACE, mode="mask")
    study = optuna.create_study(sampler=made("random"))
    with pytest.raises(cs.Error, match="no-combination"):
        study.optimize(partial(objective, space=empty), n_trials=1)
    with pytest.raises(cs.Error, match="bad-record"):
        solution_of(study.trials[0], SPACE)


def test_threads_share_a_space() -> None:
    study = optuna.create_study(sampler=FeasibleSampler(DEEP, seed=0))
    study.optimize(partial(objective, space=DEEP), n_trials=40, n_jobs=2)
    assert len(study.trials) == 40
    for trial in study.trials:
        values = DEEP.values(solution_of(trial, DEEP))
        assert {name: trial.params[name] for name in values} == values


RESUME = """
import sys
import optuna
import convsolve as cs
from convsolve_optuna import FeasibleSampler, suggest
optuna.logging.set_verbosity(optuna.logging.ERROR)
space = cs.Space(*sys.argv[2].split(" -> "), layers=6, tie="none")
sampler = FeasibleSampler(space, seed=int(sys.argv[3]))
study = optuna.create_study(storage=sys.argv[1], study_name="one", load_if_exists=True, sampler=sampler)
def objective(trial):
    solution = suggest(trial, space)
    trial.set_user_attr("exact", str(space.index(solution)))
    return float(solution.layers[0].kernel_size[0])
study.optimize(objective, n_trials=6)
"""


def test_a_study_in_a_file_goes_on_in_other_processes(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    run = [sys.executable, "-c", RESUME, storage]
    for seed in ("1", "2"):
        subprocess.run([*run, "4x5 -> 61x79", seed], check=True)
    refused = subprocess.run([*run, "4x5 -> 61x80", "3"], check=False, capture_output=True, text=True)
    assert "error[other-space]" in refused.stderr
    study = optuna.load_study(study_name="one", storage=storage)
    done = [trial for trial in study.trials if trial.value is not None]
    assert len(done) == 12
    numbers = [int(trial.user_attrs["exact"]) for trial in done]
    assert max(numbers) > 2**64
    assert [LARGE.index(solution_of(trial, LARGE)) for trial in done] == numbers
    assert all(LARGE.values(LARGE[number]) == trial.params for number, trial in zip(numbers, done, strict=True))


def test_a_finished_trial_gives_its_combination_again() -> None:
    for sampler in (FeasibleSampler(SPACE, seed=0), made("random")):
        study = optuna.create_study(sampler=sampler)
        study.optimize(partial(objective, space=SPACE), n_trials=3)
        assert suggest(study.best_trial, SPACE) == solution_of(study.best_trial, SPACE)


def test_a_sampler_can_be_kept() -> None:
    sampler = pickle.loads(pickle.dumps(FeasibleSampler(SPACE, seed=4, mode="uniform")))  # noqa: S301 - our own
    study = optuna.create_study(sampler=sampler)
    study.optimize(partial(objective, space=SPACE), n_trials=3)
    other = optuna.create_study(sampler=FeasibleSampler(SPACE, seed=4, mode="uniform"))
    other.optimize(partial(objective, space=SPACE), n_trials=3)
    assert [trial.params for trial in study.trials] == [trial.params for trial in other.trials]


def test_importance_works_on_the_decisions() -> None:
    study = optuna.create_study(sampler=FeasibleSampler(SPACE, seed=0))
    study.optimize(partial(objective, space=SPACE), n_trials=30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    assert set(found) == set(SPACE.decisions)


def test_what_is_no_space_is_refused_in_words() -> None:
    with pytest.raises(cs.Error) as caught:
        FeasibleSampler("x")  # type: ignore[arg-type]
    assert str(caught.value).startswith(
        "error[bad-value]: 'x' is no space\n  help: make one first, as in convsolve.Space("
    )
