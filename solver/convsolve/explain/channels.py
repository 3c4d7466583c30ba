"""Channels that are to be found, in a question that has no answer: one list of numbers stands for all of them.

Where conditions bound costs from above, no list is better than that of the fewest channels; where from below, than
that of the most. Only where both are asked for, or channels are related to each other, each list is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice, product
from math import prod

from convsolve.asked import Asked, with_widths
from convsolve.conditions import Condition, permitted
from convsolve.domains import Domain, domain_text
from convsolve.errors import Error
from convsolve.grounding import ground
from convsolve.language import evaluated
from convsolve.language.nodes import names
from convsolve.monotone import Direction, groups_of
from convsolve.problem import Problem
from convsolve.widths import Widths

MOST_TRIED = 100  # lists that are looked at one by one
WIDEST_CHANNELS = 4096  # the most that any channels are tried with


@dataclass(frozen=True)
class AskedOpen(Asked):
    """A question as written whose channels are to be found.

    Attributes:
        widths: what these may be.
        numbers: channels that fit together.
        open_channels: which of the problem's channels are to be found.
        free: whether they may be any number.
    """

    widths: Widths = field(default_factory=lambda: Widths(()))
    numbers: tuple[int | None, ...] = ()
    open_channels: tuple[int, ...] = ()
    free: bool = False

    def problem(self) -> Problem:
        """The question with the list of channels that stands for all; with every list where there is none such.

        Raises:
            Error: as `ask`; ``too-many`` where there are more lists than are looked at.
        """
        where = Direction.of(self.where)
        found = self.at_an_end(most=where.most) if where.decisive else None
        if found and _met_by_channels(found, where.others) and not Direction.of(found.relations).others:
            return found
        if not where.least and not where.most and (found := self._any_that_meets(where.others)) is not None:
            return found
        if self.free or prod(map(len, self.domains())) > MOST_TRIED:
            raise Error("too-many", "there are too many lists of channels to look at each")
        return self.every()

    def _any_that_meets(self, conditions: Sequence[Condition]) -> Problem | None:
        """The question with channels at the ends of their domains that meet conditions on them, if such are found."""
        ends = [sorted({way[0], way[-1]}) for way in self.domains() if way]
        for numbers in islice(product(*ends), MOST_TRIED):
            found = self._fitting(numbers) if len(ends) == len(self.widths.open) else None
            if found is not None and _met_by_channels(found, conditions):
                return found
        return None

    def every(self) -> Problem:
        """The question with every list of channels."""
        return self._open().problem()

    def standing(self, numbers: Sequence[int]) -> Problem:
        """The question with numbers for the channels that are to be found."""
        channels = self.widths.said()
        for place, number in zip(self.widths.open, numbers, strict=True):
            channels[place] = number
        closed = replace(self._written(), channels=tuple(channels)).problem()
        return replace(closed, widths=self.widths, open_channels=self.open_channels)

    def domains(self) -> list[Domain]:
        """What each of the channels to be found may be, conditions on one number of channels included."""
        return [tuple(self.permitted(number, domain)) for number, domain in enumerate(self._domains())]

    def permitted(self, number: int, domain: Sequence[int]) -> Iterator[int]:
        """Which of some numbers one of the channels to be found may be, by the conditions on it alone."""
        place, last = self.widths.open[number], len(self.widths.parts) - 1
        return (one for one in domain if permitted(self.where, one, inner=place < last, outer=place > 0))

    def freed(self) -> AskedOpen:
        """The same with whatever channels."""
        return replace(self, free=True)

    def with_domains(self, domains: Sequence[Domain | None]) -> AskedOpen:
        """The same with other numbers for those that are to be found; None where they stay."""
        parts = [*self.widths.parts]
        for place, domain in zip(self.widths.open, domains, strict=True):
            parts[place] = parts[place] if domain is None else domain
        return replace(self, widths=Widths(tuple(parts)))

    @property
    def text(self) -> str:
        """The channels as they are written."""
        return ",".join(self._pieces)

    @property
    def _pieces(self) -> tuple[str, ...]:
        each = zip(self.widths.parts, self.numbers, strict=True)
        parts = [number if part is None else part for part, number in each]
        return tuple([f"[{_text(part)}]" if isinstance(part, tuple) else str(part) for part in parts])

    def command(self) -> str:
        """The question as it is typed."""
        return self._open().command()

    def _open(self) -> Asked:
        """The question, its channels where they are said."""
        if None in self.widths.parts:
            return replace(self._written(), layers=with_widths(self.layers, self.widths))
        return replace(self._written(), channels=self._pieces)

    def _written(self) -> Asked:
        """What is written beside the channels."""
        return Asked(**{field.name: getattr(self, field.name) for field in fields(Asked)})

    def _domains(self) -> list[Sequence[int]]:
        if self.free:
            return [range(1, WIDEST_CHANNELS + 1)] * len(self.widths.open)
        if "?" not in self.widths.parts:
            return [*self.widths.domains(1)]
        usual = replace(self._written(), channels=tuple(self.widths.said())).problem().channels
        return [*self.widths.domains(max(number for number in (*self.widths.parts, *usual) if isinstance(number, int)))]

    def at_an_end(self, *, most: bool) -> Problem | None:
        """The question with the fewest channels, or the most; None where these cannot be had together."""
        ways = [islice(self.permitted(*way), MOST_TRIED) for way in self._from_an_end(most=most)]
        tried = [next(way, None) for way in ways]
        if (found := self._fitting(tried)) is not None:
            return found
        # each that does not fit where it stands: what is in front of it and behind it is another place's affair
        fit = [self.numbers[place] for place in self.widths.open]
        for number, (first, way) in enumerate(zip(tried, ways, strict=True)):
            every = () if first is None else (first, *way)
            alone = ((*fit[:number], one, *fit[number + 1 :]) for one in every)
            tried[number] = next((one[number] for one in alone if self._fitting(one) is not None), None)
        return self._fitting(tried)

    def _from_an_end(self, *, most: bool) -> Iterator[tuple[int, Sequence[int]]]:
        return ((number, domain[::-1] if most else domain) for number, domain in enumerate(self._domains()))

    def _fitting(self, numbers: Sequence[int | None]) -> Problem | None:
        """The question with these numbers, where they divide as the layers need it."""
        known = [number for number in numbers if number is not None]
        try:
            return self.standing(known) if len(known) == len(numbers) else None
        except Error as error:
            if error.code in {"bad-groups", "bad-channels"}:
                return None
            raise


def asked_of(problem: Problem) -> Asked:
    """The question as its user would write it, channels that are to be found as such.

    Example:
        >>> from convsolve.posing import ask
        >>> one = standing(asked_of(ask("8@7", "3@28", layers=2, channels="8,[2..6],3", where="params <= 9")))
        >>> one.channels, asked_of(one).command().rpartition(" --where")[0]
        ((8, 2, 3), "convsolve solve 8@7 3@28 --layers 2 --channels '8,[2..6],3'")
    """
    if problem.widths is None:
        return Asked.of(problem)
    return AskedOpen(
        **vars(Asked.of(replace(problem, widths=None, deeper=()))) | {"channels": None},
        widths=problem.widths,
        numbers=tuple(problem.channel_list()),
        open_channels=problem.open_channels,
    )


def of_one_group(problem: Problem) -> Problem:
    """A question whose groups are to be found with one number of them: the most; the fewest for bounds from below."""
    if problem.open_stack is None:
        return problem
    end = min if Direction.of(problem.where).most else max
    one = end(problem.depths, key=lambda one: prod(groups_of(one)))
    return replace(one, widths=problem.widths)


def standing(asked: Asked) -> Problem:
    """A question with one list of channels: the one that stands for all, if any does; else one that may be had."""
    if not isinstance(asked, AskedOpen):
        return asked.problem()
    where = Direction.of(asked.where)
    found = asked.at_an_end(most=where.most and not where.least)
    if found is None or not _met_by_channels(found, where.others):
        some = asked.every().depths[:MOST_TRIED]
        one = next((one for one in some if _met_by_channels(one, where.others)), some[0])
        return replace(one, widths=asked.widths)
    return found


def stands_for_all(problem: Problem) -> bool:
    """Whether no other list of channels does what the question's own does not."""
    asked = asked_of(problem)
    try:
        return not isinstance(asked, AskedOpen) or not asked.problem().deeper
    except Error:  # too many to look at each
        return False


def _met_by_channels(problem: Problem, conditions: Sequence[Condition]) -> bool:
    """Whether conditions hold by the channels alone."""
    for one in ground(replace(problem, where=tuple(conditions), relations=())).instances:
        if [*names(one.sentence)] or not evaluated(one.sentence, {}):
            return False
    return True


def _text(domain: Domain) -> str:
    """A domain with one number before or behind others that are evenly spaced."""
    whole = domain_text(domain)
    if len(domain) < 3 or ".." in whole:
        return whole
    return min(whole, f"{domain[0]},{domain_text(domain[1:])}", f"{domain_text(domain[:-1])},{domain[-1]}", key=len)
