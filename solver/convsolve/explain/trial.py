"""A changed question, and how large a change that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from convsolve.answer import Solution
from convsolve.asked import Asked
from convsolve.errors import Error
from convsolve.explain.asking import Asking
from convsolve.explanation import Reason
from convsolve.problem import Problem

# How much a change asks of its user: one more value of a limit, a layer, a looser tie, another input, ...
PRICES = {
    "kernel_size": 2,
    "stride": 4,
    "padding": 2,
    "dilation": 8,
    "output_padding": 1,
    "sizes": 2,
    "output_size": 1,
    "size": 1,
    "scale_factor": 2,
}
A_PAD, A_LAYER, A_TIE, AN_INPUT, A_CONDITION = 4, 5, 5, 9, 2
DOUBLED = 6  # a number twice as large, or half
LEFT_OUT = 12  # a condition that its user wanted: changed a little it is worth more


@dataclass(frozen=True)
class Trial:
    """A changed question.

    Attributes:
        asked: the question as its user would write it.
        relax: what was changed, by its name, and to what.
        price: how large a change that is.
        solution: an answer, where it is known without asking.
    """

    asked: Asked
    relax: Mapping[str, Any]
    price: float
    solution: Solution | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Bench:
    """What changes are tried on: the question, as read and as written, what is to blame, and who is asked.

    Attributes:
        problem: the question.
        asked: the same as its user would write it.
        axis: the axis that has no answer by itself; None where all are in the way together.
        acquitted: what is not to blame.
        asking: who is asked.
        whole: the question of several inputs that this is one of, if it is; a change must serve them all.
    """

    problem: Problem
    asked: Asked
    axis: int | None
    acquitted: Sequence[Reason]
    asking: Asking
    whole: Problem | None = None

    def serving(self, trial: Trial) -> Asked:
        """What is asked with a change: of all inputs, where there are several."""
        if self.whole is None:
            return trial.asked
        return replace(trial.asked, source=self.whole.input, target=self.whole.target)

    def works(self, trial: Trial) -> bool:
        """Whether a changed question is known to have an answer."""
        try:
            if trial.solution is not None and self.whole is None:
                return True
            if self.whole is not None and ("input" in trial.relax or not self.asking.possible(trial.asked.problem())):
                return False
            return self.asking.possible(self.serving(trial).problem())
        except Error:
            return False

    def least(self, trials: Sequence[Trial]) -> Trial | None:
        """The first that works, of trials each of which allows all that the one before does."""
        if not trials or not self.works(trials[-1]):
            return None
        return self.nearest(-1, len(trials) - 1, trials.__getitem__)

    def nearest(self, low: int, high: int, make: Callable[[int], Trial]) -> Trial:
        """The trial of the smallest number that works, between one that does not and one that does."""
        while high - low > 1:
            middle = (low + high + 1) // 2
            if self.works(make(middle)):
                high = middle
            else:
                low = middle
        return make(high)


def joined(trials: Sequence[Trial]) -> Trial:
    """The last of trials that were made one upon the other, with all that was changed."""
    relax = {name: value for trial in trials for name, value in trial.relax.items()}
    return replace(trials[-1], relax=relax, price=sum(trial.price for trial in trials))
