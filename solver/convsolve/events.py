"""What a search tells while it runs, and the answer that this amounts to so far.

The core never prints. It reports events to a listener, any callable that takes one; what has been
told stands, however the search ends. `Progress` is the listener that makes an answer of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convsolve.answer import Answer, Established, Solution, Status
from convsolve.limits import Stop
from convsolve.problem import Problem

if TYPE_CHECKING:
    from convsolve.explanation import Explanation


@dataclass(frozen=True)
class Counted:
    """The graph has counted the combinations of the question, which will come in this order.

    None counted is not a proof yet: Z3 is asked for that.
    """

    total: int | None  # None: too many cases to count
    order: str


@dataclass(frozen=True)
class CountedBare:
    """How many combinations there are, were there no conditions."""

    total: int


@dataclass(frozen=True)
class NoneIn:
    """No combination has so many layers: the graph has found none, or Z3 has proved it."""

    layers: int
    proved: bool


@dataclass(frozen=True)
class Partly:
    """Of a family that no stack was found for: the residues of which one serves all members."""

    residues: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A combination at its final place: those before it were told before it."""

    solution: Solution


@dataclass(frozen=True)
class Confirmed:
    """The solution found at this place, counted from 0, has passed a further level of checks."""

    place: int
    level: str


@dataclass(frozen=True)
class Incumbent:
    """A combination that serves the objectives better than all before it, with their values."""

    solution: Solution
    values: tuple[int, ...]


@dataclass(frozen=True)
class Bound:
    """Proved: no combination has values better than these, compared in the order of the objectives."""

    values: tuple[int, ...]


@dataclass(frozen=True)
class Worked:
    """Counts of work done, each to replace what was told of the same name."""

    stats: Mapping[str, int]


@dataclass(frozen=True)
class Ended:
    """The search is over, with all that was wanted, with a proof, or with Z3's budget spent."""

    status: Status


@dataclass(frozen=True)
class Explained:
    """Why there is no answer; told behind the end."""

    explanation: Explanation


Event = Counted | CountedBare | NoneIn | Partly | Found | Confirmed | Incumbent | Bound | Worked | Ended | Explained
Listener = Callable[[Event], None]


class Progress:
    """A listener that keeps what it is told, and makes an answer of it at any moment.

    Example:
        >>> from convsolve.posing import ask
        >>> progress = Progress(ask(7, 28, layers=4))
        >>> progress(Counted(3_678_185, "conventional"))
        >>> answer = progress.answer(Stop.TIMEOUT)
        >>> str(answer.status), answer.total, answer.complete
        ('gave_up', 3678185, False)
    """

    def __init__(self, problem: Problem, *, count: int | None = None, every: bool = False) -> None:
        self.problem = problem
        self.asked, self.asked_all = count, every
        self.total: int | None = None
        self.order = "conventional"
        self.found: list[Solution] = []
        self.told = 0  # how many were found, where not all are kept here
        self.best: Solution | None = None
        self.values: tuple[int, ...] | None = None
        self.bound: tuple[int, ...] | None = None
        self.stats: dict[str, int] = {}
        self.ended: Status | None = None
        self.explanation: Explanation | None = None
        self.without_conditions: int | None = None
        self.none_in: dict[int, bool] = {}
        self.residues: tuple[str, ...] = ()

    def __call__(self, event: Event) -> None:
        match event:
            case Found(solution):
                self.found.append(solution)
            case Confirmed(place, level):
                self.found[place] = self.found[place].with_checked(level)
            case Counted(total, order):
                self.total, self.order = total, order
            case Incumbent(solution, values):
                self.best, self.values = solution, values
            case Bound(values):
                self.bound = values
            case CountedBare(bare):
                self.without_conditions = bare
            case NoneIn(layers, proved):
                self.none_in[layers] = proved
            case Partly(residues):
                self.residues = residues
            case Worked(stats):
                self.stats |= stats
            case Ended(status):
                self.ended = status
            case Explained(explanation):
                self.explanation = explanation

    def _stopped(self, stop: Stop | None) -> Stop | None:
        if self.ended is None or (self.ended is Status.IMPOSSIBLE and self.explanation is None):
            return stop
        return Stop.BUDGET if self.ended is Status.GAVE_UP else None

    def answer(self, stop: Stop | None = None) -> Answer:
        """What is known by now.

        Args:
            stop: what ended the search before it had told its end.
        """
        solutions = tuple(self.found) or ((self.best,) if self.best else ())
        status = self.ended or (Status.SOLVED if solutions else Status.GAVE_UP)
        if self._uncounted:
            status = Status.GAVE_UP
        impossible = status is Status.IMPOSSIBLE
        return Answer(
            status,
            self.problem,
            solutions,
            complete=impossible or (bool(solutions) and len(solutions) == self.total),
            total=0 if impossible else self.total or None,  # none counted, and no proof: not known
            order=self.order,
            stats=self.stats,
            asked=self.asked,
            asked_all=self.asked_all,
            optimal=None if self.values is None else self.values == self.bound,
            values=self.values,
            bound=self.bound,
            stopped=self._stopped(stop),
            explained=self.explanation,
            established=self._established() if status is Status.GAVE_UP else None,
        )

    @property
    def _uncounted(self) -> bool:
        """Whether there are combinations, of which only the number was asked for, and is not known."""
        return self.ended is Status.SOLVED and self.asked == 0 and self.total is None

    def _established(self) -> Established:
        return Established(
            impossible_layers=tuple(sorted(layers for layers, proved in self.none_in.items() if proved)),
            empty_layers=tuple(sorted(layers for layers, proved in self.none_in.items() if not proved)),
            without_conditions=self.without_conditions,
            residues=self.residues,
            some=self._uncounted,
        )
