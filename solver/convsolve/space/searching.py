"""A search of one's own: ask for a combination, say what it is worth, ask again."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nsmallest
from math import isnan
from typing import TYPE_CHECKING, Any, cast

from convsolve.answer import Solution
from convsolve.errors import Error, shown_value
from convsolve.space.draws import Draws

if TYPE_CHECKING:
    from convsolve.space.core import Space

SCHEMA = "convsolve.searcher/1"
STARTS = 20  # drawn uniformly before anything is learnt
BEST = 10  # among which parents are chosen
CROSSED = 3  # one child of so many has two parents
TRIES = 20  # to find a child that was not asked about yet


class Searcher:
    """Evolution in a space, small values first: uniform draws, then children of the best.

    A child is a mutation, or a mutated crossover, and never one that was asked about. What it proposes depends
    on its seed and on what it was told alone.

    Args:
        space: where to search.
        seed: of the random numbers.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space("3@16", "8@4", layers=2)
        >>> searcher = space.searcher(seed=0)
        >>> for _ in range(60):
        ...     solution = searcher.ask()
        ...     searcher.tell(solution, solution.costs.macs)
        >>> searcher.best[1]
        224.0
    """

    def __init__(self, space: Space, seed: int = 0) -> None:
        self.space = space
        self.seed = seed
        self._asked: dict[int, None] = {}
        self._told: dict[int, float] = {}
        self._starts = Draws(seed).distinct(space.total)

    @property
    def best(self) -> tuple[Solution, float] | None:
        """The combination with the smallest value, and that; None before anything was told."""
        if not self._told:
            return None
        number = min(self._told, key=lambda one: (self._told[one], one))
        return self.space[number], self._told[number]

    def ask(self) -> Solution | None:
        """A combination to be tried, each once; None where all were asked about."""
        if len(self._asked) >= self.space.total:
            return None
        number = self._child() if len(self._asked) >= STARTS and self._told else None
        if number is None:
            number = next(one for one in self._starts if one not in self._asked)
        self._asked[number] = None
        return self.space[number]

    def tell(self, solution: Solution, value: float) -> None:
        """What a combination is worth; smaller is better. It need not be one that was asked about.

        Raises:
            Error: ``not-in-space``; ``bad-value`` where the value is no number.
        """
        number = self.space.index(solution)
        worth = _worth(value)
        if worth is None:
            raise Error("bad-value", f"{shown_value(value)} is no number", help=["a trial that failed is worth inf"])
        self._asked.setdefault(number)
        self._told[number] = worth

    def state_dict(self) -> dict[str, Any]:
        """All that it knows, for JSON; numbers of combinations are text, as floats lose digits of large ones."""
        return {
            "schema": SCHEMA,
            "fingerprint": self.space.fingerprint,
            "seed": self.seed,
            "asked": [str(number) for number in self._asked],
            "told": {str(number): value for number, value in self._told.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another one was.

        Raises:
            Error: ``bad-record``; ``other-space`` where it searched in another space.
        """
        try:
            if state["schema"] != SCHEMA:
                raise ValueError("schema")
            fingerprint, seed = state["fingerprint"], int(state["seed"])
            asked = dict.fromkeys(map(int, state["asked"]))
            told = {int(number): float(value) for number, value in state["told"].items()}
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Error("bad-record", "no state of a searcher", help=["give what state_dict() returned"]) from None
        if fingerprint != self.space.fingerprint:
            raise Error(
                "other-space",
                f"the state is of the space {fingerprint}, this one is {self.space.fingerprint}",
                help=["ask the same question again"],
            )
        self.seed, self._asked, self._told = seed, asked, told
        self._starts = Draws(seed).distinct(self.space.total)

    def _child(self) -> int | None:
        draws = Draws.of(self.seed, len(self._asked))
        parents = nsmallest(BEST, self._told, key=lambda one: (self._told[one], one))
        for _ in range(TRIES):
            child = self.space[parents[draws.below(len(parents))]]
            if draws.below(CROSSED) == 0:
                other = self.space[parents[draws.below(len(parents))]]
                child = self.space.crossover(child, other, seed=draws.below(1 << 32))
            number = self.space.index(self.space.mutate(child, seed=draws.below(1 << 32)))
            if number not in self._asked:
                return number
        return None


def _worth(value: object) -> float | None:
    """A value as a number, be it numpy's or another library's; None where it is none."""
    try:
        found = float(cast("float", value))
    except (TypeError, ValueError):
        return None
    return None if isnan(found) or isinstance(value, str) else found


def searcher(space: Space, *, seed: int = 0) -> Searcher:
    """A search of one's own: see `Searcher`."""
    return Searcher(space, Draws.seed(seed))
