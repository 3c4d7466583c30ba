"""Conditions that are asked along each way from the first layer on, instead of being carried by states.

To be carried, what relates layers to each other would have each state remember what the layers behind it chose, and a
sum all that it may come to. Best first needs no such memory: a way is left as soon as it knows all that a broken
condition speaks of, or that a sum cannot end well, and the others come in the order that they have.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence

from convsolve.folds import BEHIND
from convsolve.foregone import Ranges
from convsolve.graph import Graph
from convsolve.grounding import ground
from convsolve.language import Expr, compiled, names
from convsolve.language.nodes import Name, renamed, shaped
from convsolve.layers.base import Setting
from convsolve.problem import Problem
from convsolve.prospects import Stepped, foreseen
from convsolve.tables import State
from convsolve.variables import setting_name, size_name

ARGUMENTS = ("k", "n", "f")  # settings by layer, axis and parameter; sizes by position and axis; folds

Sentence = Callable[..., int]
Path = Sequence[Sequence[Setting]]


class Along:
    """The conditions of a question, each asked of ways as soon as they know what it speaks of.

    Args:
        problem: the question, with these conditions.
        graph: all axes together.
    """

    def __init__(self, problem: Problem, graph: Graph) -> None:
        grounding = ground(problem)
        terms, known = _variables(graph)
        whole = len(graph.places)
        for number, fold in enumerate(grounding.folds):
            terms[fold.name], known[fold.name] = Name(f"f[{number}]"), whole
        self._asked: list[list[Sentence]] = [[] for _ in range(whole + 1)]
        for one in grounding.instances:
            depth = max([0, *(known[name] for name in names(one.sentence))])
            self._asked[depth].append(_compiled(one.sentence, terms))
        self._lone: dict[str, list[Sentence]] = {}  # of a single size
        for one in grounding.instances:
            sentence, said = shaped(one.sentence)
            if len(said) == 1 and said[0].startswith("size."):
                self._lone.setdefault(said[0], []).append(compiled(sentence, ("v0",)))
        terms[BEHIND.name] = Name("f")
        layers = [*graph.places, len(problem.layers)]  # before the next one with a choice

        def step_of(step: Stepped) -> Sentence:
            own = {f"v{number}": terms[name] for number, name in enumerate(step.said)}
            return _compiled(step.sentence, own | {BEHIND.name: terms[BEHIND.name]})

        self._folds = [*foreseen(grounding, Ranges(problem, [graph]), layers, step_of)]
        self._prospects = [one.prospect for one in self._folds if one.prospect is not None]

    def columns(self, graph: Graph, columns: Sequence[Sequence[Collection[int]]]) -> list[list[Collection[int]]]:
        """Of the sizes by position and axis those that conditions on a single one leave."""
        found = [[*sizes] for sizes in columns]
        for at, twins in enumerate(graph.component.twins):
            for position in range(len(graph.steps) + 1):
                for sentence in (one for axis in twins for one in self._lone.get(size_name(position, axis), ())):
                    found[position][at] = {size for size in found[position][at] if sentence(size)}
        return found

    def met(self, path: Path, sizes: Sequence[State]) -> bool:
        """Whether a way breaks none of the conditions that its last layer completes, and may meet the others.

        Args:
            path: the settings of its layers with a choice.
            sizes: those at the input and behind each of these layers.
        """
        asked = self._asked[len(path)]
        ended = len(path) == len(self._asked) - 1
        folded = [fold.value(path, sizes) for fold in self._folds] if ended else []
        return all(sentence(path, sizes, folded) for sentence in asked) and (
            ended or not path or all(prospect.may(len(path), path, sizes) for prospect in self._prospects)
        )


def _variables(graph: Graph) -> tuple[dict[str, Name], dict[str, int]]:
    """What stands for each variable, and the number of layers with a choice after which a way knows it."""
    terms: dict[str, Name] = {}
    known: dict[str, int] = {}
    for at, twins in enumerate(graph.component.twins):
        for axis in twins:
            for position in range(len(graph.steps) + 1):
                depth = bisect_left(graph.places, position)
                terms[size_name(position, axis)] = Name(f"n[{depth}][{at}]")
                known[size_name(position, axis)] = depth
            for depth, place in enumerate(graph.places):
                for parameter, number in graph.steps[place].layer.kind.positions().items():
                    terms[setting_name(place, axis, parameter)] = Name(f"k[{depth}][{at}][{number}]")
                    known[setting_name(place, axis, parameter)] = depth + 1
    return terms, known


def _compiled(sentence: Expr, terms: Mapping[str, Name]) -> Sentence:
    return compiled(renamed(sentence, terms), ARGUMENTS)
