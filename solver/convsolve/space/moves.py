"""From combination to combination: neighbours, mutations, crossovers; none leads out of the space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from convsolve.answer import Solution
from convsolve.expansion import Settings
from convsolve.space.branches import Branches
from convsolve.space.decisions import NOTHING, whole
from convsolve.space.draws import Draws
from convsolve.space.nearest import Charges, Costs, charges_of
from convsolve.space.projecting import nearest
from convsolve.space.restricted import Restricted
from convsolve.space.ways import Way, Ways
from convsolve.tables import State

if TYPE_CHECKING:
    from convsolve.space.core import Space

JUMP = 16  # one of so many mutations leads anywhere
Replaced = tuple[int, tuple[Settings, ...]]  # from a layer on, these settings


def _near(branches: Branches, solution: Solution) -> list[Solution]:
    """The neighbours of a combination, each once."""
    branch = branches.of(solution)
    ways = branch.ways(solution)
    charges = charges_of(
        branch,
        branches.decisions,
        {decision: decision.of(solution, branch.problem) for decision in branch.decisions.open},
        {},
    )
    found: dict[Solution, None] = {}
    for number, (part, way) in enumerate(zip(branch.parts, ways, strict=True)):
        for other in _others(part, way, charges[number]):
            found[branch.assembled([*ways[:number], other, *ways[number + 1 :]])] = None
    place = branches.number(solution) or 0
    for at in (place - 1, place + 1):
        found[branches.solution(at % branches.total)] = None
    found.pop(solution, None)
    return [*found]


def _mutated(branches: Branches, solution: Solution, draws: Draws) -> Solution:
    """Another combination: one or two layers in a row drawn anew on the axes of one component, now and then all."""
    branch = branches.of(solution)
    layers = len(branch.problem.layers)
    part = draws.below(len(branch.parts))
    length = min(1 + draws.below(2), layers)
    first = draws.below(layers - length + 1)
    last = first + length
    anywhere = draws.below(JUMP) == 0
    while branches.total > 1:
        if anywhere or branch.total == 1:
            found = branches.solution(draws.below(branches.total))
            if found != solution:
                return found
            continue
        drawn_anew = range(first - (first == 0), last)  # in front of the first layer is the input
        fixed = {
            decision: decision.of(solution, branch.problem)
            for decision in branch.decisions.open
            if not (decision.place in drawn_anew and branch.places[decision.axes[0]][0] == part)
        }
        other = Restricted(branch, fixed).another(draws, solution)
        if other is not None:
            return other
        anywhere = length >= layers
        first, last = max(0, first - 1), min(layers, last + 1)
        length = last - first
    return solution


def _crossed(branches: Branches, one: Solution, other: Solution, draws: Draws) -> Solution:
    """A combination made of two: the first layers of one, the last of the other, joined where that can be."""
    pair = [one, other] if draws.below(2) else [other, one]
    branch = branches.of(pair[0])
    if branches.of(pair[1]) is branch:
        ways: list[Way] = []
        spliced = False
        for part, front, back in zip(branch.parts, *map(branch.ways, pair), strict=True):
            some = [way for way in _splices(part, front, back, draws) if way not in (front, back)]
            spliced = spliced or bool(some)
            ways.append(some[draws.below(len(some))] if some else (front, back)[draws.below(2)])
        if spliced:
            return branch.assembled(ways)
    mixed: dict[str, float] = {}
    each = [branches.values(parent) for parent in pair]
    for name in dict.fromkeys((*each[0], *each[1])):
        said = [values[name] for values in each if name in values]
        mixed[name] = said[draws.below(len(said))]
    return next(nearest(branches, NOTHING, mixed, {})).solution


def neighbors(space: Space, solution: Solution) -> list[Solution]:
    """Combinations that differ little, so that every combination can be reached from every other.

    Those are, component of axes by component: all that replace one layer and keep both its sizes; for each
    other size that may stand between two layers (or at an end that is to be found) the nearest with it that
    differs in these two alone; and the two that come before and behind it in the space's order, the last and
    the first being next to each other: they join what the others leave apart.

    Args:
        space: the space.
        solution: one of this space.

    Raises:
        Error: ``not-in-space``.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space(7, 28, layers=2)
        >>> near = space.neighbors(space[100])
        >>> len(near), all(one in space for one in near)
        (42, True)
    """
    space.index(solution)
    return _near(space.branches, solution)


def mutate(space: Space, solution: Solution, *, seed: int = 0, strength: int = 1) -> Solution:
    """Another combination at random: one or two layers in a row drawn anew, now and then (1 of 16) any other.

    What is drawn is uniform among all that keep the other layers' settings; where these leave nothing else,
    more layers are drawn. Only in a space of one combination is it the same again.

    Args:
        space: the space.
        solution: one of this space.
        seed: of the random numbers.
        strength: how many times in a row, 1 or more.

    Raises:
        Error: ``not-in-space``, ``bad-value``.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space(7, 28, layers=4)
        >>> child = space.mutate(space[0], seed=1)
        >>> child in space, child == space[0]
        (True, False)
    """
    space.index(solution)
    draws = Draws(seed)
    for _ in range(max(1, whole("strength", strength))):
        solution = _mutated(space.branches, solution, draws)
    return solution


def crossover(space: Space, a: Solution, b: Solution, *, seed: int = 0) -> Solution:
    """A combination made of two at random.

    It has the first layers of one and the last of the other: cut at a size that both have, else with the
    layer in between replaced; where that gives nothing new, the nearest combination (see `project`) to a
    mixture of their decisions.

    Args:
        space: the space.
        a: one of this space.
        b: another one.
        seed: of the random numbers.

    Raises:
        Error: ``not-in-space``.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space(7, 28, layers=4)
        >>> space.crossover(space[0], space[-1], seed=1) in space
        True
    """
    space.index(a)
    space.index(b)
    return _crossed(space.branches, a, b, Draws(seed))


def _others(part: Ways[Any], way: Way, charges: Charges) -> Iterator[Way]:
    """Ways with one layer replaced between its sizes, or with another size between two layers, or at an open end."""
    states = [state for state, _ in part.nodes(way) or ()]
    costs = [[Costs(charges.get((place, axis), ())) for axis in range(part.graph.axes)] for place in range(part.layers)]
    for place in range(part.layers):
        for settings in part.between(place, states[place], states[place + 1]):
            yield from _valid(part, way, [(place, (settings,))])
    for place in range(1, part.layers):
        before, behind = states[place - 1], states[place + 1]
        for middle in _outs(part, place - 1, before):
            if middle != states[place]:
                each = [
                    _closest(costs[at], part.between(at, *ends))
                    for at, ends in ((place - 1, (before, middle)), (place, (middle, behind)))
                ]
                pairs = sorted(
                    ((first + second, (one, other)) for (first, one), (second, other) in product(*each)),
                    key=lambda pair: pair[0],
                )
                yield from _first(_valid(part, way, [(place - 1, pair) for _, pair in pairs]))
    for state, _ in part.sources:
        if state != states[0]:
            some = _closest(costs[0], part.between(0, state, states[1]))
            yield from _first(_valid(part, way._replace(state=state), [(0, (settings,)) for _, settings in some]))
    last = part.layers - 1
    for state in _outs(part, last, states[last]):
        if state != states[-1]:
            some = _closest(costs[last], part.between(last, states[last], state))
            yield from _first(_valid(part, way, [(last, (settings,)) for _, settings in some]))


def _splices(part: Ways[Any], front: Way, back: Way, draws: Draws) -> Iterator[Way]:
    """The first layers of one way and the last of another: at sizes that they share, else joined by one layer."""
    fronts, backs = ([state for state, _ in part.nodes(way) or ()] for way in (front, back))
    found = [
        Way(front.state, front.path[:place] + back.path[place:])
        for place in range(1, part.layers)
        if fronts[place] == backs[place]
    ]
    valid = [way for way in found if part.holds(way)]
    if any(way not in (front, back) for way in valid):
        yield from valid
        return
    for place in range(part.layers):
        some = [*part.between(place, fronts[place], backs[place + 1])]
        if some:
            way = Way(front.state, (*front.path[:place], some[draws.below(len(some))], *back.path[place + 1 :]))
            if part.holds(way):
                yield way


def _outs(part: Ways[Any], place: int, state: State) -> list[State]:
    """The states that a layer leads to."""
    return sorted({group.out for group in part.expansion.groups(place, state)})


def _closest(costs: Sequence[Costs], some: Iterator[Settings]) -> list[tuple[int, Settings]]:
    """Settings by how far they are from those at hand."""
    found = [(sum(cost[one] for cost, one in zip(costs, settings, strict=True)), settings) for settings in some]
    return sorted(found)


def _valid(part: Ways[Any], way: Way, replaced: Sequence[Replaced]) -> Iterator[Way]:
    for place, settings in replaced:
        found = Way(way.state, (*way.path[:place], *settings, *way.path[place + len(settings) :]))
        if part.holds(found):
            yield found


def _first(ways: Iterator[Way]) -> Iterator[Way]:
    found = next(ways, None)
    if found is not None:
        yield found
