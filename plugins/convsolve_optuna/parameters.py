"""A space as parameters of a trial: one integer for each decision, of which the range never changes.

Ranges that follow what was chosen before would make Optuna's samplers treat every such parameter by itself
(it leaves the intersection of the trials' search spaces), so what is not possible is moved, not left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import gcd
from threading import RLock

import optuna
from optuna.distributions import IntDistribution
from optuna.trial import FrozenTrial

from convsolve import Error, Solution, Space

# What shapes a network most is decided first: paddings take up what is left over.
FIRST = ("layers", "input", "stride", "kernel_size", "dilation", "padding", "output_padding")

Values = Mapping[str, float]


class Parameters:
    """The parameters of a space, under names with a prefix.

    Args:
        space: what is searched.
        prefix: in front of every name, so that one trial may search in several spaces.

    Raises:
        Error: ``no-combination`` where the space is empty.

    Attributes:
        distributions: the range of each, by its name.
    """

    def __init__(self, space: Space, prefix: str) -> None:
        if not space:
            raise Error(
                "no-combination",
                "the space is empty: there is nothing to search",
                help=["convsolve.solve() with the same question says why"],
            )
        self.space = space
        self.prefix = prefix
        self.distributions = {f"{prefix}{name}": _range(domain) for name, domain in space.decisions.items()}
        self._lock = RLock()
        self._in_order = self._weights()

    def __getstate__(self) -> tuple[Space, str]:
        return self.space, self.prefix

    def __setstate__(self, state: tuple[Space, str]) -> None:
        self.__init__(*state)  # type: ignore[misc] # locks are not pickled

    def own(self, values: Mapping[str, object]) -> dict[str, object]:
        """Those of these parameters that are among some, by the decisions' names."""
        return {name.removeprefix(self.prefix): value for name, value in values.items() if name in self.distributions}

    def named(self, solution: Solution) -> dict[str, int]:
        """A combination as parameters."""
        with self._lock:
            return {f"{self.prefix}{name}": value for name, value in self.space.values(solution).items()}

    def nearest(self, proposal: Mapping[str, object], fixed: Mapping[str, object], *, in_order: bool) -> Solution:
        """The combination nearest to values by decision.

        Args:
            proposal: the values, possible or not.
            fixed: those that must be kept.
            in_order: decision by decision, an earlier one bound by no later one; else as near as can be altogether.

        Raises:
            Error: ``no-completion`` where no combination has the fixed values.
        """
        with self._lock:
            found = self.space.project(proposal, weights=self._in_order if in_order else None, fixed=fixed)
            return found[0].solution if found else self.space.complete(fixed)

    def drawn(self, fixed: Mapping[str, object], seed: int) -> Solution:
        """A combination with the fixed values, each as likely as any other."""
        with self._lock:
            return self.space.complete(fixed, seed=seed)

    def number(self, solution: Solution) -> str:
        """The combination's number as text: what stores integers as floats keeps them up to 2**53 only."""
        with self._lock:
            return str(self.space.index(solution))

    def number_in(self, trial: FrozenTrial) -> str | None:
        """The number that `suggest` left in a trial."""
        found = trial.user_attrs.get(f"{self.prefix}number")
        return found if isinstance(found, str) else None

    def mutations(self, solution: Solution, n: int, seed: int) -> Iterator[Solution]:
        """Some that differ in a layer or two."""
        for at in range(n):
            with self._lock:
                found = self.space.mutate(solution, seed=seed + at)
            yield found

    def has(self, solution: Solution, fixed: Mapping[str, object]) -> bool:
        """Whether a combination has the fixed values."""
        with self._lock:
            return fixed.items() <= self.space.values(solution).items()

    def claim(self, study: optuna.Study) -> None:
        """Leave the space's fingerprint in a study, or find the same one there.

        Raises:
            Error: ``other-space``.
        """
        name, own = f"{self.prefix}convsolve", self.space.fingerprint
        known = study.user_attrs.get(name)
        if known is None:
            study.set_user_attr(name, own)
        elif known != own:
            raise Error(
                "other-space",
                f"the study {study.study_name!r} searches the space {known}, this one is {own}",
                help=["ask the same question again, or begin another study", "a second space needs a prefix"],
            )

    def _weights(self) -> dict[str, int]:
        """What a step costs, so that one outweighs all steps of the decisions behind it."""
        domains = self.space.decisions
        names = sorted(
            domains, key=lambda name: (_rank(name), [int(part) for part in name.split(".") if part.isdigit()])
        )
        weights: dict[str, int] = {}
        behind = 0
        for name in reversed(names):
            weights[name] = behind + 1
            behind += weights[name] * (len(domains[name]) - 1)
        return weights


def _rank(name: str) -> int:
    parameter = next(part for part in name.split(".") if not part.isdigit())
    return FIRST.index(parameter) if parameter in FIRST else len(FIRST)


def _range(domain: tuple[int, ...]) -> IntDistribution:
    """The narrowest range of even steps around a domain."""
    step = gcd(*(value - domain[0] for value in domain[1:]))
    return IntDistribution(domain[0], domain[-1], step=step)
