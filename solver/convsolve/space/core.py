"""The space of a question: every combination, without listing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice
from math import inf, log2
from typing import Any, Literal, NamedTuple, Unpack, overload

from convsolve.answer import Solution
from convsolve.answering import MOST_LISTED, stream
from convsolve.domains import Domain
from convsolve.errors import Error, shown_value
from convsolve.problem import Problem, Question
from convsolve.solving import read
from convsolve.space import checking
from convsolve.space.branch import Branch
from convsolve.space.decisions import NOTHING, Decisions, Given, integer
from convsolve.space.draws import Draws
from convsolve.space.nearest import Distance, nearest
from convsolve.space.restricted import Restricted

MOST_KEPT = 64  # sets of given decisions of which what was found out is kept
ORDER = 1  # of the combinations: a new number wherever ranks come to mean something else


class Projection(NamedTuple):
    """A combination near a proposal."""

    solution: Solution
    distance: Distance


class Space:
    """Every combination of a question.

    Args:
        input: the shape that goes in, ``"128@4x4"``, or the whole question, ``"4x4 -> 61x79"``.
        target: the shape that must come out.
        question: as for `convsolve.solve`, objectives left out.

    Raises:
        Error: the question cannot be understood; ``too-many`` where its conditions have too many cases
            to be carried, so that nothing here would be exact.

    Attributes:
        problem: the question.
        total: the exact number of combinations.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space("1@4x4", "1@64x64", layers=4)
        >>> space.total
        14893895
        >>> space.index(space[1000000])
        1000000
        >>> solution = space.sample(1, seed=0)[0]
        >>> solution in space, solution.sizes[-1]
        (True, (64, 64))
    """

    problem: Problem
    total: int

    def __init__(
        self,
        input: object,  # noqa: A002 - the user's word
        target: object = None,
        **question: Unpack[Question],
    ) -> None:
        for word in ("minimize", "maximize"):
            if question.get(word) is not None:
                raise Error("usage", f"a space has no {word}", help=['write space.best("macs")'])
        _hold(self, read(input, target, question))

    @classmethod
    def of(cls, problem: Problem) -> Space:
        """The space of a question that is read already."""
        found = cls.__new__(cls)
        _hold(found, replace(problem, objectives=()))
        return found

    @cached_property
    def _branch(self) -> Branch:
        return Branch(self.problem)

    @cached_property
    def _decisions(self) -> Decisions:
        return Decisions(self._branch)

    @property
    def decisions(self) -> dict[str, Domain]:
        """What is decided, by name, and the values that the question allows: those of `choices` are fewer.

        Example:
            >>> Space(7, 28, kernel_size={3, 5}, padding="0..1").decisions
            {'0.kernel_size': (3, 5), '0.stride': (1, 2, 3, 4), '0.padding': (0, 1), '0.output_padding': (0, 1, 2, 3)}
        """
        return {decision.name: decision.domain for decision in self._decisions.open}

    @cached_property
    def fingerprint(self) -> str:
        """The question and the order of its combinations as a text: numbers mean something only under the same one."""
        from hashlib import sha256
        from json import dumps

        record = dumps({"order": ORDER, **self.problem.to_dict()}, sort_keys=True, ensure_ascii=True)
        return sha256(record.encode()).hexdigest()[:32]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a space cannot be changed: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a space cannot be changed: {name}")

    def __reduce__(self) -> tuple[object, ...]:
        return (_again, (self.problem, self.total))  # what is worked out of it is found again where it is needed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Space) and self.problem == other.problem

    def __hash__(self) -> int:
        return hash(self.problem)

    def __repr__(self) -> str:
        return (
            f"<Space {self.problem.input} -> {self.problem.target}, {len(self.problem.layers)} layers: {self.total:,}>"
        )

    def __bool__(self) -> bool:
        return self.total > 0

    def __len__(self) -> int:
        if self.total >> 63:
            raise OverflowError(f"len() cannot say more than 2**63: {self!r}; write space.total")
        return self.total

    def log2(self) -> float:
        """The logarithm of the number of combinations, in bits; minus infinity where there is none.

        Example:
            >>> round(Space(7, 28, layers=4).log2(), 3)
            21.811
        """
        return log2(self.total) if self.total else -inf

    @overload
    def __getitem__(self, index: int) -> Solution: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Solution, ...]: ...

    def __getitem__(self, index: int | slice) -> Solution | tuple[Solution, ...]:
        if isinstance(index, slice):
            numbers = range(self.total)[index]
            if numbers and (numbers[-1] - numbers[0]) // numbers.step >= MOST_LISTED:
                raise Error(
                    "too-many",
                    f"more than {MOST_LISTED:,} combinations are too many to hold at once",
                    help=["space.stream(start, stop) gives one at a time"],
                )
            return tuple(map(self._branch.solution, numbers))
        number = integer(index)
        if number is None:
            raise TypeError(f"a space has integers and slices as indices, not {shown_value(index)}")
        if not -self.total <= number < self.total:
            raise IndexError(f"no combination {number}: {self!r}")
        return self._branch.solution(number % self.total)

    def __iter__(self) -> Iterator[Solution]:
        return stream(self.problem) if self else iter(())

    def __contains__(self, solution: object) -> bool:
        return isinstance(solution, Solution) and checking.number(self._branch, solution) is not None

    def index(self, solution: Solution) -> int:
        """The number of a combination.

        Args:
            solution: one of this space; what was made by hand or read from a record is one too.

        Raises:
            Error: ``not-in-space``, with the reason that `check` gives.

        Example:
            >>> space = Space("4x5", "61x79", layers=6, tie="none")
            >>> space.index(space[10**21])
            1000000000000000000000
        """
        if not isinstance(solution, Solution):
            raise Error(
                "bad-value", f"{shown_value(solution)} is no Solution", help=["write Solution.from_dict(record)"]
            )
        number = checking.number(self._branch, solution)
        if number is None:
            raise Error("not-in-space", str(self.check(solution).reason))
        return number

    def check(self, proposal: Solution | Given) -> checking.Verdict:
        """Whether something is a combination of this space, and if not, why.

        Args:
            proposal: a Solution, its record, or a value for every decision by name.

        Returns:
            A verdict, true where it is one; else with the ``layer`` that is at fault, where it is one
            layer, and the ``reason``.

        Raises:
            Error: ``bad-record``, ``unknown-decision``, ``bad-value`` or ``missing-decision`` where it is
                no proposal at all.

        Example:
            >>> space = Space(7, 28, layers=2, dilation=1)
            >>> values = {f"{layer}.{name}": 2 for layer in (0, 1) for name in ("kernel_size", "stride")}
            >>> values |= {f"{layer}.{name}": 0 for layer in (0, 1) for name in ("padding", "output_padding")}
            >>> bool(space.check(values))
            True
            >>> space.check(values | {"1.padding": 1})
            Verdict(ok=False, layer=1, reason='the layers make 26, not 28', sizes=((7,), (14,), (26,)))
        """
        return checking.check(self.problem, self._branch, self._decisions, proposal)

    def sample(self, n: int = 1, *, seed: int = 0) -> list[Solution]:
        """Combinations drawn at random, no two the same, each as likely as any other.

        Args:
            n: how many; all in random order where there are fewer. The first n are the same however many are drawn.
            seed: of the random numbers.

        Example:
            >>> space = Space(7, 28, layers=4)
            >>> len(set(space.sample(1000, seed=0))), space.sample(5, seed=0) == space.sample(9, seed=0)[:5]
            (1000, True)
        """
        return [*map(self._branch.solution, islice(Draws(seed).distinct(self.total), _number("n", n)))]

    def values(self, solution: Solution) -> dict[str, int]:
        """What a combination decides, by name.

        Example:
            >>> space = Space(7, 28, kernel_size="4..5")
            >>> space.values(space[0])
            {'0.kernel_size': 4, '0.stride': 4, '0.padding': 0, '0.output_padding': 0}
        """
        self.index(solution)
        return self._decisions.values(solution)

    @overload
    def choices(self, name: str, given: Given = ..., *, weights: Literal[False] = ...) -> tuple[int, ...]: ...

    @overload
    def choices(self, name: str, given: Given = ..., *, weights: Literal[True]) -> dict[int, int]: ...

    def choices(self, name: str, given: Given = NOTHING, *, weights: bool = False) -> tuple[int, ...] | dict[int, int]:
        """The values that a decision may still take, so that at least one combination is left.

        Args:
            name: of the decision: ``0.kernel_size``; ``0.padding.1``, axis 1, where axes are free.
            given: what is decided already, by name.
            weights: also say how many combinations each value leaves, as a dict.

        Raises:
            Error: ``unknown-decision``, ``bad-value``.

        Example:
            >>> space = Space(7, 28)
            >>> space.choices("0.stride"), space.choices("0.kernel_size", given={"0.stride": 4}, weights=True)
            ((4,), {1: 1, 2: 1, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2})
        """
        (decision, *others) = self._decisions.named(name)
        if others:
            raise Error("unknown-decision", f"{name} is decided axis by axis", help=[f"write {decision.name}"])
        found = self._restricted(given).choices(decision)
        return found if weights else tuple(found)

    def complete(self, partial: Given, *, seed: int = 0) -> Solution:
        """A combination that has the given values, each as likely as any other.

        Args:
            partial: what is decided already, by name.
            seed: of the random numbers.

        Raises:
            Error: ``no-completion`` where no combination has these values together; ``unknown-decision``,
                ``bad-value``.

        Example:
            >>> space = Space(7, 28, layers=2)
            >>> space.complete({"0.kernel_size": 3, "1.stride": 4}, seed=0).layers[0].kernel_size
            (3,)
        """
        ways = self._restricted(partial).drawn(Draws(seed))
        if ways is None:
            said = ", ".join(f"{name}={value}" for name, value in partial.items())
            raise Error(
                "no-completion",
                f"no combination has {said}" if said else "there is no combination",
                help=["leave some of it out; space.choices(name, given) says what may still be chosen"],
            )
        return self._branch.assembled(ways)

    def project(
        self,
        proposal: Solution | Mapping[str, Any],
        k: int = 1,
        *,
        weights: Mapping[str, Distance] | None = None,
        fixed: Given = NOTHING,
    ) -> list[Projection]:
        """The combinations that are nearest to a proposal, which need not be one.

        The distance is the sum over all decisions of the steps between the proposed value and the combination's,
        a step being one place further in the decision's domain. A value that is not in the domain, be it no
        integer, counts as the nearest one there (the smaller of two); a decision that the proposal leaves out
        costs nothing. Equally near ones come in the space's order.

        Args:
            proposal: values by decision, a Solution, or its record.
            k: how many; all where there are fewer.
            weights: what a step costs (1 where nothing is said), by decision (``"0.stride"``) or for a parameter
                of all layers (``"stride"``); 0 or more.
            fixed: values that must be kept, by decision.

        Returns:
            Pairs of a ``solution`` and its ``distance``, the nearest first; none where there is no combination.

        Raises:
            Error: ``unknown-decision``, ``bad-value``, ``bad-record``.

        Example:
            >>> space = Space(7, 28, layers=2, stride=2, output_padding="0..1")
            >>> proposal = {f"{layer}.{name}": 3 for layer in (0, 1) for name in ("kernel_size", "padding")}
            >>> near = space.project(proposal)[0]
            >>> near.distance, [layer.kernel_size for layer in near.solution.layers], near.solution.sizes
            (3, [(3,), (3,)], ((7,), (16,), (28,)))
        """
        count = _number("k", k)
        wanted = checking.wanted(self.problem, self._decisions, proposal)
        charges = checking.weights(self._decisions, weights or {})
        restricted = self._restricted(fixed)
        found = nearest(self._branch, restricted, wanted, charges)
        return [Projection(self._branch.assembled(ways), distance) for distance, ways in islice(found, count)]

    def _restricted(self, given: Given) -> Restricted:
        fixed = self._decisions.fixed(given)
        key = frozenset(fixed.items())
        known: dict[frozenset[object], Restricted] = vars(self).setdefault("_known", {})
        found = known.get(key)
        if found is None:
            if len(known) >= MOST_KEPT:
                del known[next(iter(known))]
            found = known[key] = Restricted(self._branch, fixed)
        return found


def _hold(space: Space, problem: Problem) -> None:
    branch = Branch(problem)
    vars(space).update(problem=problem, total=branch.total, _branch=branch)


def _again(problem: Problem, total: int) -> Space:
    found = Space.__new__(Space)
    vars(found).update(problem=problem, total=total)
    return found


def _number(name: str, value: object) -> int:
    number = integer(value)
    if number is None or number < 0:
        raise Error("bad-value", f"{name} must be a number from 0 on, not {shown_value(value)}")
    return number
