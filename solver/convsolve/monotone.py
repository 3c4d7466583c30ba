"""What more channels do to a question: nothing, or make it dearer and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from convsolve.conditions import Condition
from convsolve.language import Expr
from convsolve.language.nodes import TURNED, Compare, Name, Number
from convsolve.problem import Problem
from convsolve.vocabulary import OF_CHANNELS, OF_LAYERS, used

SPEAKING = {*OF_CHANNELS, *OF_LAYERS}


class Direction(NamedTuple):
    """What conditions want of channels.

    Attributes:
        least: whether some bound a cost from above.
        most: whether some bound a cost from below.
        others: those that speak of channels otherwise.

    Example:
        >>> found = Direction.of([Condition.read(text) for text in ("params <= 9", "out_channels % 8 == 0")])
        >>> found.least, found.most, [str(one) for one in found.others]
        (True, False, ['out_channels % 8 == 0'])
    """

    least: bool
    most: bool
    others: tuple[Condition, ...]

    @classmethod
    def of(cls, conditions: Sequence[Condition]) -> Direction:
        """What some conditions want."""
        spoken = {one: [sentence for sentence in one.sentences if _speaks(sentence)] for one in conditions}
        bounds = {bound_of(sentence) for some in spoken.values() for sentence in some}
        others = (one for one, some in spoken.items() if any(bound_of(sentence) is None for sentence in some))
        return cls("<" in bounds, ">" in bounds, tuple(others))

    @property
    def decisive(self) -> bool:
        """Whether no list of channels is better than that of the fewest, or of the most, the others left out."""
        return not (self.least and self.most)


def speaks(condition: Condition) -> bool:
    """Whether a condition has another meaning with other channels."""
    return any(map(_speaks, condition.sentences))


def speaks_of_channels(problem: Problem) -> bool:
    """Whether any condition or objective has another meaning with other channels."""
    return any(map(_speaks, (*_sentences(problem), *_numbers(problem))))


def decisive(problem: Problem) -> tuple[Problem, ...] | None:
    """The lists of channels than which no other can be better, one for each number of groups, where there are such.

    Where conditions that speak of channels are upper bounds on costs, and objectives costs to be made small, that is
    the list of the fewest: each weight, multiplication and output element of fewer channels is one of more channels,
    too. Where all of these point the other way, it is that of the most. None where it is not so, or where no list has
    the fewest, or the most, at every place.
    """
    bounds = {bound_of(sentence) for sentence in _sentences(problem) if _speaks(sentence)}
    for objective in problem.objectives:
        if _speaks(objective.number(1)):
            bounds.add(("<" if objective.least else ">") if objective.cost in OF_CHANNELS else None)
    if bounds not in ({"<"}, {">"}, set()):
        return None
    alike: dict[tuple[object, ...], list[Problem]] = {}
    for one in problem.depths:  # of a family those with other strides are questions of their own
        alike.setdefault((groups_of(one), id(one.layers) if problem.family else 0), []).append(one)
    end = max if bounds == {">"} else min
    found = []
    for some in alike.values():
        channels = tuple(end(numbers) for numbers in zip(*map(numbers_of, some), strict=True))
        best = next((one for one in some if one.channels == channels), None)
        if best is None:
            return None
        found.append(best)
    return tuple(found)


def numbers_of(problem: Problem) -> list[int]:
    """The channels of one list; 0 where nobody knows them."""
    return [number or 0 for number in problem.channels]


def groups_of(problem: Problem) -> tuple[int, ...]:
    """The number of groups of each layer."""
    return tuple(layer.kind.group_count() for layer in problem.layers)


def bound_of(sentence: Expr) -> str | None:
    """The direction in which a sentence bounds a cost, ``<`` or ``>``, if that is all that it does."""
    match sentence:
        case Compare((operator,), (Name(name), Number())) if operator in TURNED and name in OF_CHANNELS:
            return operator[0]
        case Compare((operator,), (Number(), Name(name))) if operator in TURNED and name in OF_CHANNELS:
            return TURNED[operator][0]
    return None


def _sentences(problem: Problem) -> Iterator[Expr]:
    return (sentence for one in problem.demands for sentence in one.sentences)


def _numbers(problem: Problem) -> Iterator[Expr]:
    return (one.number(1) for one in problem.objectives)


def _speaks(node: Expr) -> bool:
    return any(name.name in SPEAKING for name in used(node, inside=True))
