"""A space's branches: one for each number of layers that it has, their combinations numbered one behind the other."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from threading import Lock
from typing import overload

from convsolve.answer import Solution
from convsolve.domains import Domain, domain_text
from convsolve.errors import Error, did_you_mean, shown_value
from convsolve.problem import Problem
from convsolve.space.branch import Branch
from convsolve.space.decisions import Decision, Given, integer
from convsolve.space.restricted import Restricted

MOST_KEPT = 64  # sets of given decisions of which what was found out is kept


class Branches(Sequence[Branch]):
    """The branches of a question.

    Attributes:
        total: how many combinations there are.
        outer: what is decided by the choice of a branch, each with its value in all of them, in their order:
            nothing where there is one; ``layers``; ``stack``, which counts them, where two have as many layers;
            ``channels.1``, by their place in the list, where channels are to be found, with ``stack`` where two have
            the same.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._every = tuple(map(Branch, problem.depths))
        self._starts = [*accumulate((branch.total for branch in self._every), initial=0)]
        self._kept: dict[frozenset[tuple[str, int]], Sequence[tuple[Branch, Restricted]]] = {}
        self._lock = Lock()
        self.total = self._starts[-1]
        self.outer = _outer(self._every)

    def __reduce__(self) -> tuple[object, ...]:
        return (Branches, (self.problem,))  # the tables are made again where they are needed

    def __len__(self) -> int:
        return len(self._every)

    @overload
    def __getitem__(self, index: int) -> Branch: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Branch, ...]: ...

    def __getitem__(self, index: int | slice) -> Branch | tuple[Branch, ...]:
        return self._every[index]

    def solution(self, number: int) -> Solution:
        """The combination with a number from 0 on."""
        if len(self._every) == 1:
            return self._every[0].solution(number)
        at = bisect_right(self._starts, number) - 1
        return self._every[at].solution(number - self._starts[at])

    def number(self, solution: Solution) -> int | None:
        """The number of a combination; None where it is none of these."""
        for branch, start in zip(self._every, self._starts, strict=False):
            number = branch.number(solution)
            if number is not None:
                return start + number
        return None

    def of(self, solution: Solution) -> Branch:
        """The branch of a combination that is one of these; the last need not be asked, and is often the only one."""
        *others, last = self._every
        return next((branch for branch in others if branch.number(solution) is not None), last)

    @cached_property
    def decisions(self) -> Mapping[str, Domain]:
        """What is decided in any branch, and what it may be; first which branch it is."""
        found: dict[str, set[int]] = {}
        for branch in self._every:
            for decision in branch.decisions.open:
                found.setdefault(decision.name, set())
        for branch in self._every:
            for decision in branch.decisions:
                if decision.name in found:
                    found[decision.name].update(decision.domain)
        first = {name: tuple(sorted(set(values))) for name, values in self.outer.items()}
        return {**first, **{name: tuple(sorted(values)) for name, values in found.items()}}

    def values(self, solution: Solution) -> dict[str, int]:
        """What a combination decides."""
        branch = self.of(solution)
        first = self.outer_of(branch)
        each = (decision for decision in branch.decisions if decision.name in self.decisions)
        return {**first, **{decision.name: decision.of(solution, branch.problem) for decision in each}}

    def outer_of(self, branch: Branch) -> dict[str, int]:
        """What the choice of a branch decides."""
        place = self._every.index(branch)
        return {name: values[place] for name, values in self.outer.items()}

    def lacking(self, given: Given) -> str | None:
        """Why there is no branch with what is given of `outer`; None where there is one."""
        values = self._integers({name: value for name, value in given.items() if name in self.outer})
        for name, value in values.items():
            if value not in self.outer[name]:
                return f"{name} {value} is not among {domain_text(tuple(sorted({*self.outer[name]})))}"
        if any(values.items() <= self.outer_of(branch).items() for branch in self._every):
            return None
        return f"nothing here has {' and '.join(f'{name} {value}' for name, value in values.items())} together"

    def named(self, name: object) -> list[tuple[Branch, tuple[Decision, ...]]]:
        """The decisions of a name, in each branch.

        Raises:
            Error: ``unknown-decision`` where no branch has any.
        """
        found = [(branch, branch.decisions.named(name) if isinstance(name, str) else ()) for branch in self._every]
        if not any(some for _, some in found):
            every = [*self.decisions] or [decision.name for branch in self._every for decision in branch.decisions]
            near = did_you_mean(str(name), every)
            raise Error("unknown-decision", f"{shown_value(name)} is no decision of this space", help=near)
        return found

    def fixed(self, given: Given) -> Iterator[tuple[Branch, dict[Decision, int]]]:
        """The branches in which all that is given can be decided, with it.

        Raises:
            Error: ``unknown-decision``; ``bad-value`` where a value is no integer, or two are given.
        """
        values = self._integers(given)
        wanted = {name: values.pop(name) for name in self.outer if name in values}
        each = {name: dict(self.named(name)) for name in values}
        for branch in self._every:
            found: dict[Decision, int] = {}
            for name, value in values.items():
                for decision in each[name][branch]:
                    if found.setdefault(decision, value) != value:
                        raise Error("bad-value", f"{decision.name} is given {found[decision]} and {value}")
            if wanted.items() <= self.outer_of(branch).items() and all(each[name][branch] for name in values):
                yield branch, found

    def restricted(self, given: Given) -> Sequence[tuple[Branch, Restricted]]:
        """The parts of the branches in which some decisions are taken; what is found out of them is kept."""
        key = frozenset(self._integers(given).items())
        found = self._kept.get(key)
        if found is None:
            found = [(branch, Restricted(branch, fixed)) for branch, fixed in self.fixed(given)]
            with self._lock:  # trials may run in threads
                if len(self._kept) >= MOST_KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = found
        return found

    def _integers(self, given: Given) -> dict[str, int]:
        if not isinstance(given, Mapping):
            raise Error(
                "bad-value",
                f"{shown_value(given)} is no mapping of decisions to values",
                help=['write {"0.kernel_size": 3}'],
            )
        found = {}
        for name, value in given.items():
            number = integer(value)
            if number is None:
                raise Error("bad-value", f"{name} must be an integer, not {shown_value(value)}")
            found[name] = number
        return found


def _outer(branches: Sequence[Branch]) -> dict[str, tuple[int, ...]]:
    """What is decided by the choice of a branch, with its values."""
    first = branches[0].problem
    if first.open_channels:
        # by the place in the list of channels: that of the input, then one right behind each convolution
        places: dict[int, int] = {}
        for position in first.open_channels:
            places.setdefault(sum(layer.kind.weighted for layer in first.layers[:position]), position)
        found = {
            f"channels.{place}": tuple([branch.problem.channels[position] or 0 for branch in branches])
            for place, position in places.items()
        }
        seen: Counter[tuple[int, ...]] = Counter()
        number = []
        for channels in zip(*found.values(), strict=True):
            number.append(seen[channels])
            seen[channels] += 1
        return found | ({"stack": tuple(number)} if any(number) else {})
    depths = tuple([len(branch.problem.layers) for branch in branches])
    if len(depths) == 1:
        return {}
    return {"layers": depths} if len(set(depths)) == len(depths) else {"stack": tuple(range(len(depths)))}
