"""What a search reaches in a space, beside one that finds out by trying.

Run with ``python -m tests.benchmarks.architecture_search [--trials N] [--seeds N] [--method NAME]`` where Optuna is
installed (``tests/plugins/run optuna`` makes such an environment: ``.venv.plugins/optuna``). All methods have the same
question, cost, number of trials and seeds. The cost stood before any method was tried, and was not changed since. The
exit code is 1 where a trial of ours is not in the space, or where ours is worse than 0.85 times uniform draws.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from math import inf, log2, log10
from statistics import mean
from time import process_time
from typing import Any, NamedTuple

import optuna
from optuna.samplers import BaseSampler, CmaEsSampler, NSGAIISampler, TPESampler

import convsolve as cs
from convsolve_optuna import FeasibleSampler, suggest

SPACE = partial(
    cs.Space,
    "64@4",
    "1@64",
    layers=4,
    channels=[64, 32, 16, 8, 1],
    padding="0..3",
    dilation="1..2",
    where=["output_padding < stride"],
)
TOTAL = 184_506_272
WANTED = 0.85  # of uniform's mean best, at most
OURS = "domain (TPE)"


def cost(solution: cs.Solution) -> float:
    """Multiplications, growth that is not even, kernels that the stride does not divide, and small kernels."""
    sizes = [size[0] for size in solution.sizes]
    found = log10(solution.costs.macs or 1)
    for place, layer in enumerate(solution.layers):
        kernel, stride = layer.kernel_size[0], layer.stride[0]
        found += abs(log2(sizes[place + 1] / sizes[place]) - 1)
        found += 0.5 * (kernel % stride != 0)
        found += (7 - kernel) / 7
    return found


class Method(NamedTuple):
    """A way to search: what a trial is worth, by which sampler."""

    objective: Callable[..., float]
    sampler: Callable[[cs.Space, int], BaseSampler | None]


def ours(trial: Any, space: cs.Space) -> float:  # noqa: ANN401 - Optuna's
    solution = suggest(trial, space)
    assert solution in space
    return cost(solution)


def pruned(trial: Any, space: cs.Space) -> float:  # noqa: ANN401 - Optuna's
    """Each parameter by itself, output_padding below the stride; what has the wrong size ends there."""
    values = {}
    for place in range(4):
        for name in ("kernel_size", "stride", "padding", "dilation"):
            domain = space.decisions[f"{place}.{name}"]
            values[f"{place}.{name}"] = trial.suggest_int(f"{place}.{name}", domain[0], domain[-1])
        share = trial.suggest_float(f"{place}.output_padding", 0, 1)
        values[f"{place}.output_padding"] = min(int(share * values[f"{place}.stride"]), values[f"{place}.stride"] - 1)
    if not space.check(values):
        raise optuna.TrialPruned
    return cost(space.complete(values))


def tpe(seed: int) -> BaseSampler:
    return TPESampler(seed=seed, multivariate=True)


METHODS = {
    "uniform": Method(ours, lambda space, seed: FeasibleSampler(space, mode="uniform", seed=seed)),
    "prune (TPE)": Method(pruned, lambda _, seed: tpe(seed)),
    "suggest alone (TPE)": Method(ours, lambda _, seed: tpe(seed)),
    "project (TPE)": Method(ours, lambda space, seed: FeasibleSampler(space, tpe(seed), "project")),
    OURS: Method(ours, lambda space, seed: FeasibleSampler(space, tpe(seed))),
    "domain (univariate TPE)": Method(
        ours, lambda space, seed: FeasibleSampler(space, TPESampler(seed=seed, multivariate=False))
    ),
    "domain (NSGA-II)": Method(ours, lambda space, seed: FeasibleSampler(space, NSGAIISampler(seed=seed))),
    "domain (CMA-ES)": Method(ours, lambda space, seed: FeasibleSampler(space, CmaEsSampler(seed=seed))),
}


class Row(NamedTuple):
    """What a method came to: in each study, trials with a value, and the best of them; processor time of a trial."""

    valid: list[int]
    best: list[float]
    seconds: float


def measured(method: Method, trials: int, seeds: int) -> Row:
    space = SPACE()
    assert space.total == TOTAL
    valid, best = [], []
    start = process_time()
    for seed in range(seeds):
        study = optuna.create_study(sampler=method.sampler(space, seed))
        study.optimize(partial(method.objective, space=space), n_trials=trials)
        values = [trial.value for trial in study.trials if trial.value is not None]
        valid.append(len(values))
        best.append(min(values, default=inf))
    return Row(valid, best, (process_time() - start) / (trials * seeds))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.architecture_search")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--method", action="append", choices=METHODS, help="only this one")
    given = parser.parse_args(arguments)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    chosen = given.method or [*METHODS]
    print(f"Optuna {optuna.__version__}, 4 -> 64 in four layers, {TOTAL:,} combinations, {given.trials} trials")
    print("\n| method | valid | mean best | beside uniform | ms a trial |\n| --- | --- | --- | --- | --- |", flush=True)
    rows: dict[str, Row] = {}
    for name in chosen:
        row = rows[name] = measured(METHODS[name], given.trials, given.seeds)
        some = [value for value in row.best if value < inf]
        best = f"{mean(some):.2f}" + (f" ({len(row.best) - len(some)} found none)" if len(some) < len(row.best) else "")
        base = mean(rows["uniform"].best) if "uniform" in rows else None
        ratio = f"{mean(some) / base:.2f}" if some and base else ""
        counts = f"{min(row.valid)}..{max(row.valid)}" if len(set(row.valid)) > 1 else str(row.valid[0])
        shown = best if some else "none"
        print(f"| {name} | {counts} | {shown} | {ratio} | {row.seconds * 1000:.0f} |", flush=True)
    faults = [
        name
        for name, row in rows.items()
        if METHODS[name].objective is ours and any(one != given.trials for one in row.valid)
    ]
    if {"uniform", OURS} <= set(rows) and mean(rows[OURS].best) > WANTED * mean(rows["uniform"].best):
        faults.append(f"{OURS} beside uniform")
    for fault in faults:
        print(f"wrong: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
