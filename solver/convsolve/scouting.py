"""What the graphs know of a question, conditions and all: how many combinations, in the graph's order, best first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from convsolve.along import Along
from convsolve.cheapest import Cheapest
from convsolve.conditioned import MANY_STEPS, MOST_STEPS, Conditioned, TooManyStates
from convsolve.conditioned_potential import ConditionedPotential
from convsolve.conditions import Condition
from convsolve.errors import Error
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
from convsolve.search import BestFirst, ByObjectives, Placed, TooLong, conventional, style_of

MOST_WAYS = 30_000  # of which conditions are asked, beginnings included; half a second, more where some are carried
FEW_WAYS = MOST_WAYS // 3


@dataclass(frozen=True, eq=False)
class Scout:
    """The graphs of a question.

    Attributes:
        problem: the question.
        plain: the same combinations, conditions on single parameters in the domains: see `convsolve.plain`.
        graphs: of that, one a component, conditions left out.
        conditions: all axes together, with the conditions that are left, where there are any.
        never: whether there is a condition that no setting and no size can meet.
    """

    problem: Problem
    plain: Problem
    graphs: Sequence[Graph]
    conditions: Conditioned | None
    never: bool = False

    @property
    def total(self) -> int:
        """The exact number of combinations."""
        if self.never:
            return 0
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
        if self.never:
            return iter(())
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

    def asking(self, most: int) -> BestFirst:
        """A search for the most conventional that asks the conditions along each way, of so many at most."""
        return _asking(self.plain, self.whole, self.plain.demands, most)

    def in_order(self, used: list[BestFirst], most: int | None = None) -> Iterator[Placed]:
        """The most conventional combinations first, so many at least; the searches that find them are added to `used`.

        At first conditions are asked along each way: these are soon found where conventional ones meet them. Where
        they are rare, it helps to know from which states none is left.
        """
        told = 0
        if self.never:
            return
        if self.conditions is not None:
            used.append(self.asking(FEW_WAYS))
            with suppress(TooLong):
                for placed in conventional(self.problem, used[-1:], most):
                    told += 1
                    yield placed
                return
        searches = self.searches()
        used += searches
        yield from islice(conventional(self.problem, searches, most), told, None)

    def along(self, used: list[BestFirst], most: int | None = None) -> Iterator[Placed]:
        """The same where conditions may be too much to be carried: those that are not are, the others are asked.

        Raises:
            TooLong: more ways would have to be asked.
        """
        if self.never:
            return
        found = self.searches() if self.conditions is None else [self._asking_some()]
        used += found
        yield from conventional(self.problem, found, most)

    def _asking_some(self) -> BestFirst:
        """A search that asks the conditions along each way that are too much to be carried, and carries the others."""
        carried: Conditioned | None = None
        along: tuple[Condition, ...] = ()
        for along in dict.fromkeys(_asked_along(self.plain)):
            carried = None
            if others := tuple(one for one in self.plain.demands if one not in along):
                carried = Conditioned(self.whole, ground(_demanding(self.plain, others)), steps=MANY_STEPS)
            with suppress(TooManyStates):
                if carried is None or carried.total >= 0:
                    break
        return _asking(self.plain, self.whole, along, MOST_WAYS, carried)

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


def _asking(
    problem: Problem, graph: Graph, some: tuple[Condition, ...], most: int, carried: Conditioned | None = None
) -> BestFirst:
    """A search that asks some conditions of each way, of so many at most."""
    along = Along(_demanding(problem, some), graph)
    search = BestFirst(graph, style_of(problem), Expansion(graph), conditions=carried, along=along)
    search.most_expanded = most
    return search


def _asked_along(problem: Problem) -> Iterator[tuple[Condition, ...]]:
    """The conditions that relate layers one by one, if any; with them those that speak of sums over layers; then all.

    The first have states remember what layers behind them chose, the second what these come to.
    """
    plans = {one: plan(ground(_demanding(problem, (one,))), len(problem.layers)) for one in problem.demands}
    relating = tuple(one for one, found in plans.items() if found.remembers)
    summing = tuple(one for one, found in plans.items() if found.folds)
    yield from (some for some in (relating, summing) if some)
    yield problem.demands


def _demanding(problem: Problem, some: tuple[Condition, ...]) -> Problem:
    """The question with some of its conditions, and nothing else that is asked."""
    return replace(problem, where=some, relations=(), objectives=())


def scout(problem: Problem, steps: int = MOST_STEPS) -> Scout:
    """The graphs of a question; what they know is worked out when it is asked for."""
    known = limited(problem)
    found = graphs(known)
    left = Foregone(known, found).left() if known.demands else known
    made = _scouted(problem, known, found, left or known, steps)
    return replace(made, never=True) if left is None else made


def _scouted(problem: Problem, known: Problem, found: Sequence[Graph], left: Problem, steps: int = MOST_STEPS) -> Scout:
    """The graphs of a question, with those of its conditions that are left to be carried."""
    additive = [objective.additive for objective in problem.objectives]
    if not left.demands and all(additive):
        return Scout(problem, known, found, None)
    whole = found[0] if len(found) == 1 else whole_graph(known)
    conditions = Conditioned(whole, ground(left), kernels=any(additive), steps=steps)
    return Scout(problem, known, found, conditions)


def _deep_enough(error: Error, every: Sequence[Problem]) -> Error:
    """What is wrong with a condition, with the numbers of layers that it can be asked of."""
    having = []
    for one in every:
        with suppress(Error):
            ground(one)
            having.append(len(one.layers))
    if error.code != "no-such-layer" or not having:
        return error
    return Error(error.code, error.message, help=[f"ask for {min(having)} layers at least: then there is one"])


def scouts(problem: Problem, steps: int = MOST_STEPS) -> list[Scout]:
    """One for each number of layers and channels that a question may have, those left out that no setting can mend.

    Questions that differ in their channels alone share their graphs, and what all their settings meet is not carried.
    """
    every = problem.depths
    if not problem.open_channels:
        try:
            return [scout(one, steps) for one in every]
        except Error as error:
            raise _deep_enough(error, every) from None
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
        same, one = narrower[id(asked.layers)], asked
        if same.where != silent:  # some are in the domains now
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
        made = known[id(some)] = None if left is None else _scouted(asked, one, some, left, steps)
        found += [] if made is None else [made]
    return found
