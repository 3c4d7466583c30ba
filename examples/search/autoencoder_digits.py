"""An autoencoder of scikit-learn's digits (8x8), its decoder found by Optuna under a ceiling of parameters.

Every trial is a decoder that makes 8x8 of 1x1 and has at most 4,000 parameters; beside it the same number of trials in
which each setting is drawn by itself and what does not fit is pruned.
Run it: pip install 'convsolve[optuna]' scikit-learn && python autoencoder_digits.py [TRIALS]
"""

import sys

import optuna
import torch
from sklearn.datasets import load_digits
from torch import nn

import convsolve as cs
from convsolve_optuna import FeasibleSampler, solution_of, suggest

TRIALS = int(sys.argv[1]) if len(sys.argv) > 1 else 30
space = cs.Space("16@1x1", "1@8x8", layers=3, channels=[16, 16, 8, 1], where=["params <= 4000"])
print(f"{space.total:,} decoders from 1x1 to 8x8 in three layers with at most 4,000 parameters")

images = torch.tensor(load_digits().images / 16, dtype=torch.float32).unsqueeze(1)
known, unseen = images[:1500], images[1500:]


def trained(solution: cs.Solution) -> float:
    """The error on digits that it has not seen, after two rounds over the others."""
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 4))
    model = nn.Sequential(encoder, solution.module(activation="relu", final_activation="sigmoid"))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(2):
        for batch in known[torch.randperm(len(known))].split(50):
            optimizer.zero_grad()
            nn.functional.mse_loss(model(batch), batch).backward()
            optimizer.step()
    with torch.no_grad():
        return nn.functional.mse_loss(model(unseen), unseen).item()


def solved(trial: optuna.Trial) -> float:
    return trained(suggest(trial, space))


def pruned(trial: optuna.Trial) -> float:
    values = {name: trial.suggest_int(name, domain[0], domain[-1]) for name, domain in space.decisions.items()}
    if not space.check(values):
        raise optuna.TrialPruned
    return trained(space.complete(values))


optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(sampler=FeasibleSampler(space, seed=0))
study.optimize(solved, n_trials=TRIALS)
best = solution_of(study.best_trial, space)
print(f"best of {TRIALS} trials: error {study.best_value:.4f}, {best.costs.params:,} parameters, {best.sizes}")
print(best.code())

naive = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
naive.optimize(pruned, n_trials=TRIALS)
complete = naive.get_trials(states=[optuna.trial.TrialState.COMPLETE])
reached = f"error {naive.best_value:.4f}" if complete else "nothing"
print(f"sampled and pruned: {len(complete)} of {TRIALS} trials fitted; it reached {reached}")
assert len(study.get_trials(states=[optuna.trial.TrialState.COMPLETE])) == TRIALS
