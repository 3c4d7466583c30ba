"""The space of a question: every combination, without listing them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain
from math import inf, log2
from typing import Unpack, overload

from convsolve.answer import Solution
from convsolve.answering import MOST_LISTED
from convsolve.asked import Asked
from convsolve.assembly import stream
from convsolve.conditions import read_conditions
from convsolve.domains import Domain
from convsolve.errors import Error, did_you_mean, shown_value
from convsolve.families import letters_of
from convsolve.posing import Question
from convsolve.problem import Problem
from convsolve.solving import read
from convsolve.space import checking, codes, drawing, moves, projecting, searching, streams
from convsolve.space import pareto as costing
from convsolve.space.branches import Branches
from convsolve.space.decisions import Given, integer

NAMES = ("no_checkerboard", "exact", "odd_kernels", "monotone")
ORDER = 2  # of the combinations: a new number wherever ranks come to mean something else


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
        _hold(found, _changed(problem, lambda one: replace(one, objectives=())))
        return found

    @cached_property
    def branches(self) -> Branches:
        """The combinations in their order."""
        return Branches(self.problem)

    @property
    def decisions(self) -> dict[str, Domain]:
        """What is decided, by name, and the values that the question allows: those of `choices` are fewer.

        Where the number of layers is to be found, that is the first decision, ``layers``, and a decision of a
        layer that not all have is one all the same. Values are integers: where a ``scale_factor`` may be a
        fraction, they count parts of 1, of ``{1.25, 1.5}`` 5 and 6 quarters.

        Example:
            >>> Space(7, 28, kernel_size={3, 5}, padding="0..1").decisions
            {'0.kernel_size': (3, 5), '0.stride': (1, 2, 3, 4), '0.padding': (0, 1), '0.output_padding': (0, 1, 2, 3)}
        """
        return dict(self.branches.decisions)

    @cached_property
    def fingerprint(self) -> str:
        """The question and the order of its combinations as a text: numbers mean something only under the same one."""
        return fingerprint(self.problem)

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
        depths = [len(branch.problem.layers) for branch in self.branches]
        layers = f"{depths[0]}" if len(set(depths)) == 1 else f"{depths[0]} to {depths[-1]}"
        return f"<Space {self.problem.input} -> {self.problem.target}, {layers} layers: {self.total:,}>"

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
            return tuple(map(self.branches.solution, numbers))
        number = integer(index)
        if number is None:
            raise TypeError(f"a space has integers and slices as indices, not {shown_value(index)}")
        if not -self.total <= number < self.total:
            raise IndexError(f"no combination {number}: {self!r}")
        return self.branches.solution(number % self.total)

    def __iter__(self) -> Iterator[Solution]:
        return chain.from_iterable(map(stream, self.problem.depths))

    def __contains__(self, solution: object) -> bool:
        return isinstance(solution, Solution) and self.branches.number(solution) is not None

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
        number = self.branches.number(solution)
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
        return checking.check(self.branches, proposal)

    def values(self, solution: Solution) -> dict[str, int]:
        """What a combination decides, by name.

        Example:
            >>> space = Space(7, 28, kernel_size="4..5")
            >>> space.values(space[0])
            {'0.kernel_size': 4, '0.stride': 4, '0.padding': 0, '0.output_padding': 0}
        """
        self.index(solution)
        return self.branches.values(solution)

    def where(self, *conditions: str, **named: bool) -> Space:
        """The part of this space that meets more conditions.

        Args:
            conditions: expressions, as for `convsolve.solve`.
            named: ``no_checkerboard``, ``exact``, ``odd_kernels``, ``monotone``.

        Raises:
            Error: as `Space`.

        Example:
            >>> space = Space("4@7", "1@28", layers=2)
            >>> space.total, space.where("params <= 20", no_checkerboard=True).total
            (865, 2)
        """
        problem = self.problem
        asked = {name: named.pop(name, False) for name in NAMES}
        letters = letters_of(problem.input, problem.target)
        found = read_conditions(conditions, asked, problem.input.sizes, problem.target.sizes, letters)
        if named:
            (word, *_) = named
            raise Error("unknown-parameter", f"{word!r} is no named condition", help=did_you_mean(word, NAMES))
        if problem.family:  # its strides are chosen anew
            known = Asked.of(problem)
            return Space.of(replace(known, where=tuple(dict.fromkeys((*known.where, *found)))).problem())
        where = tuple(dict.fromkeys((*problem.where, *found)))
        return Space.of(_changed(problem, lambda one: replace(one, where=where)))

    # what else can be done with a space stands in the rooms beside this one
    sample, choices, complete = drawing.sample, drawing.choices, drawing.complete
    project = projecting.project
    neighbors, mutate, crossover = moves.neighbors, moves.mutate, moves.crossover
    encode, decode = codes.encode, codes.decode
    stream, shard = streams.stream, streams.shard
    searcher = searching.searcher
    best, pareto = costing.best, costing.pareto


def fingerprint(problem: Problem) -> str:
    """The fingerprint of a question's space, without counting it."""
    from hashlib import sha256
    from json import dumps

    alone = _changed(problem, lambda one: replace(one, objectives=()))
    record = dumps({"order": ORDER, **alone.to_dict()}, sort_keys=True, ensure_ascii=True)
    return sha256(record.encode()).hexdigest()[:32]


def _changed(problem: Problem, change: Callable[[Problem], Problem]) -> Problem:
    """The question changed alike for each number of layers that it may have."""
    return replace(change(problem), deeper=tuple(map(change, problem.deeper)))


def _hold(space: Space, problem: Problem) -> None:
    if problem.inputs > 1:
        raise Error(
            "unsupported",
            "a space of several inputs is not held in this version",
            help=["solve and count take several inputs, as in 64,96,128 8,12,16"],
        )
    if problem.family and not problem.family.exact:
        raise Error(
            "unsupported",
            f"what serves all of {problem.input} -> {problem.target} is not known exactly, so there is no space of it",
            help=["leave out conditions on sizes", "convsolve solve lists some, each proved for every member"],
        )
    branches = Branches(problem)
    vars(space).update(problem=problem, total=branches.total, branches=branches)


def _again(problem: Problem, total: int) -> Space:
    found = Space.__new__(Space)
    vars(found).update(problem=problem, total=total)
    return found
