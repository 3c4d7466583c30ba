"""What the graphs know of a question, conditions and all: how many combinations, in the graph's order, best first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from convsolve.along import Along
from convsolve.cheapest import Cheapest
from convsolve.conditioned import MANY_STEPS, MOST_STEPS, Conditioned
from convsolve.conditioned_potential import ConditionedPotential
from convsolve.conditions import Condition
from convsolve.expansion import Expansion
from convsolve.foregone import Foregone
from convsolve.graph import Graph, graphs, total, whole_graph
from convsolve.grounding import ground
from convsolve.listing import Combination, Dress, Item, dressed, in_graph_order, meeting
from convsolve.monotone import speaks, speaks_of_channels
from convsolve.plain import limited
from convsolve.plans import plan
from convsolve.potential import growing
from convsolve.prices import Prices
from convsolve.problem import Problem
from convsolve.promise import Promises
from convsolve.search import BestFirst, ByObjectives, style_of

MOST_WAYS = 200_000  # of which a condition is asked, beginnings included; some two seconds


@dataclass(frozen=True, eq=False)
class Scout:
    """The graphs of a question.

    Attributes:
        problem: the question.
        plain: the same combinations, conditions on single parameters in the domains: see `convsolve.plain`.
        graphs: of that, one a component, conditions left out.
        conditions: all axes together, with the conditions that are left, where there are any.
    """

    problem: Problem
    plain: Problem
    graphs: Sequence[Graph]
    conditions: Conditioned | None

    @property
    def total(self) -> int:
        """The exact number of combinations."""
        return total(self.graphs) if self.conditions is None else self.conditions.total

    @cached_property
    def whole(self) -> Graph:
        """All axes together."""
        if self.conditions is not None:
            return self.conditions.graph
        return self.graphs[0] if len(self.graphs) == 1 else whole_graph(self.plain)

    @property
    def states(self) -> int:
        """How many states there are, as a measure of the question."""
        if self.conditions is not None:
            return sum(len(folded) for states in self.conditions.counts for folded in states.values())
        return sum(len(states) for graph in self.graphs for states in graph.live)

    def reached(self) -> list[tuple[int, ...]]:
        """The sizes that come out, conditions left out."""
        places = [self.whole.component.place(axis) for axis in range(self.problem.axes)]
        return [tuple([state[place] for place in places]) for state in self.whole.live[-1]]

    def combinations(self) -> Iterator[Combination]:
        """All, in the graph's order."""
        if self.conditions is None:
            return in_graph_order(self.problem, [Expansion(graph) for graph in self.graphs])
        return meeting(self.problem, Expansion(self.whole), self.conditions)

    def listed(self, dress: Dress[Item]) -> Iterator[tuple[Item, ...]] | None:
        """Likewise, of each layer what is made of it; None where the axes are in several components.

        Where sizes are to be found there always is: they are those of the layers.
        """
        if self.conditions is None and len(self.graphs) > 1 and self.problem.fixed:
            return None
        return dressed(self.problem, Expansion(self.whole), self.conditions, dress)

    def searches(self) -> list[BestFirst]:
        """Searches for the most conventional, which `conventional` merges."""
        some = self.graphs if self.conditions is None else [self.whole]
        style = style_of(self.problem)
        return [BestFirst(graph, style, Expansion(graph), conditions=self.conditions) for graph in some]

    @cached_property
    def cheapest(self) -> Cheapest:
        """What it costs to come to a state, conditions left out."""
        return Cheapest(self.whole, self.prices)

    @cached_property
    def floors(self) -> tuple[int, ...]:
        """What the objectives cannot be below, whatever is chosen, each as it is to be made small."""
        return Foregone(self.plain, self.graphs).floors

    @cached_property
    def prices(self) -> Prices:
        """What layers, and the whole, add to the objectives."""
        if self.conditions is None:
            return Prices(self.plain, self.whole)
        numbers = [self.conditions.numbers(folded) for _, folded in self.conditions.starts]
        return Prices(self.plain, self.whole, numbers)

    def by_objectives(self) -> ByObjectives:
        """A search for the best by the objectives."""
        if self.conditions is None:
            return ByObjectives(self.problem, self.whole, growing(self.cheapest))
        additive = any(objective.additive for objective in self.problem.objectives)
        potential = ConditionedPotential(self.conditions, self.cheapest) if additive else None
        return ByObjectives(self.problem, self.whole, [potential], self.conditions)


def along_ways(problem: Problem) -> BestFirst | None:
    """A search that asks the conditions which relate layers along each way, and carries the others.

    None where no condition relates layers to each other, so that to carry some would not help.

    Raises:
        TooManyStates: the others are too much to be carried, too.
    """
    problem = limited(problem)
    relating = tuple(one for one in problem.where if _relates(problem, one))
    if not relating:
        return None
    graph = whole_graph(problem)
    others = replace(problem, where=tuple(one for one in problem.where if one not in relating), objectives=())
    carried = Conditioned(graph, ground(others), steps=MANY_STEPS) if others.demands else None
    along = Along(graph, ground(replace(problem, where=relating, relations=(), objectives=())))
    search = BestFirst(graph, style_of(problem), Expansion(graph), conditions=carried)
    search.along, search.most_expanded = along, MOST_WAYS
    return search


def _relates(problem: Problem, condition: Condition) -> bool:
    """Whether a condition speaks of several layers one by one, so that states would have to remember some."""
    alone = ground(replace(problem, where=(condition,), relations=(), objectives=()))
    return len(plan(alone, len(problem.layers)).folds) > len(alone.folds)


def scout(problem: Problem, steps: int = MOST_STEPS) -> Scout:
    """The graphs of a question; what they know is worked out when it is asked for."""
    known = limited(problem)
    return _scouted(problem, known, graphs(known), known, steps)


def _scouted(problem: Problem, known: Problem, found: Sequence[Graph], left: Problem, steps: int = MOST_STEPS) -> Scout:
    """The graphs of a question, with those of its conditions that are left to be carried."""
    additive = [objective.additive for objective in problem.objectives]
    if not left.demands and all(additive):
        return Scout(problem, known, found, None)
    whole = found[0] if len(found) == 1 else whole_graph(known)
    conditions = Conditioned(whole, ground(left), kernels=any(additive), steps=steps)
    return Scout(problem, known, found, conditions)


def scouts(problem: Problem) -> list[Scout]:
    """One for each number of layers and channels that a question may have, those left out that no setting can mend.

    Questions that differ in their channels alone share their graphs, and what all their settings meet is not carried.
    """
    every = problem.depths
    if not problem.open_channels:
        return [scout(one) for one in every]
    alike = not speaks_of_channels(problem)
    silent = tuple(one for one in problem.where if not speaks(one))
    promises = Promises()
    narrower: dict[int, Problem] = {}
    shared: dict[tuple[object, ...], list[Graph]] = {}
    known: dict[int, Scout | None] = {}
    bare: dict[int, Problem | None] = {}  # without the bounds of costs, where nothing else speaks of channels
    found = []
    for asked in every:
        if id(asked.layers) not in narrower:
            narrower[id(asked.layers)] = limited(replace(asked, where=silent))
        same = narrower[id(asked.layers)]
        one = replace(asked, layers=same.layers, where=(*same.where, *(w for w in asked.where if w not in silent)))
        key = (id(one.layers), *(one.refuses_single(place) for place in range(len(one.layers))))
        some = shared.get(key)
        if some is None:
            some = shared[key] = graphs(one)
        if alike and id(some) in known:
            twin = known[id(some)]
            found += [] if twin is None else [replace(twin, problem=asked, plain=one)]
            continue
        promise = promises.of(one, some)
        if promise.bounds and promise.floor(one, exactly=not problem.objectives) is None:
            continue
        if promise.says_all:
            if id(some) not in bare:
                others = replace(one, where=promise.others)
                bare[id(some)] = Foregone(others, some).left() if others.demands else others
            kept = bare[id(some)]
            left = kept and replace(one, where=(*kept.where, *promise.undecided(one)))
        else:
            left = Foregone(one, some).left() if one.demands else one
        made = known[id(some)] = None if left is None else _scouted(asked, one, some, left)
        found += [] if made is None else [made]
    return found
