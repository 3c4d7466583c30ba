"""What more channels do to a question: nothing, or make it dearer and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from convsolve.language import Expr
from convsolve.language.nodes import Compare, Name, Number
from convsolve.problem import Problem
from convsolve.vocabulary import OF_CHANNELS, OF_LAYERS, used

SPEAKING = {*OF_CHANNELS, *OF_LAYERS}
UPWARDS = ("<", "<=")


def speaks_of_channels(problem: Problem) -> bool:
    """Whether any condition or objective has another meaning with other channels."""
    return any(map(_speaks, (*_sentences(problem), *_numbers(problem))))


def least(problem: Problem) -> Problem | None:
    """The list of channels than which no other can be better, in a question where more channels only cost more.

    That is so where conditions that speak of channels are upper bounds on costs, and objectives costs to be made
    small: each weight, multiplication and output element of fewer channels is one of more channels, too. None where
    it is not so, or where there is no list that has the fewest at every place.
    """
    if not all(_bounded(sentence) for sentence in _sentences(problem) if _speaks(sentence)):
        return None
    if any(_speaks(one.number(1)) and not (one.least and one.cost in OF_CHANNELS) for one in problem.objectives):
        return None
    every = problem.depths
    known = [[number or 0 for number in one.channels] for one in every]
    fewest = [min(numbers) for numbers in zip(*known, strict=True)]
    return next((one for one, numbers in zip(every, known, strict=True) if numbers == fewest), None)


def _bounded(sentence: Expr) -> bool:
    match sentence:
        case Compare((operator,), (Name(name), Number())):
            return operator in UPWARDS and name in OF_CHANNELS
    return False


def _sentences(problem: Problem) -> Iterator[Expr]:
    return (sentence for one in problem.demands for sentence in one.sentences)


def _numbers(problem: Problem) -> Iterator[Expr]:
    return (one.number(1) for one in problem.objectives)


def _speaks(node: Expr) -> bool:
    return any(name.name in SPEAKING for name in used(node, inside=True))
