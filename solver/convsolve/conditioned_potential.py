"""The least that the rest of a way costs where conditions must be met: by state, and by what folds come to there."""

from __future__ import annotations

from collections.abc import Iterable

from convsolve.cheapest import ANY, Cheapest
from convsolve.conditioned import Conditioned, Folded
from convsolve.potential import Edges, Potential, Way
from convsolve.tables import State

Case = tuple[State, Folded]


class ConditionedPotential(Potential):
    """The least price of what is still to come, with the conditions."""

    def __init__(self, conditions: Conditioned, cheapest: Cheapest) -> None:
        super().__init__(cheapest)
        self._conditions = conditions
        last = len(conditions.graph.steps)
        self._met: list[dict[Case, int]] = [{} for _ in range(last)]
        self._met.append({(state, folded): 0 for state, some in conditions.counts[last].items() for folded in some})
        for place in reversed(range(last)):
            self.best.insert(0, self._carried(place))
        self._lowest: list[dict[State, int]] = []
        for here in self._met:
            lowest: dict[State, int] = {}
            for (state, _), price in here.items():
                lowest[state] = min(price, lowest.get(state, price))
            self._lowest.append(lowest)

    def at_start(self, folded: Folded) -> int:
        return self.prices.of_numbers(self._conditions.numbers(folded))

    def states(self, position: int) -> Iterable[State]:
        return self._lowest[position]

    def rest(self, position: int, state: State, folded: Folded | None = None) -> int | None:
        if folded is None:
            return self._lowest[position].get(state)
        return self._met[position].get((state, folded))

    def _carried(self, place: int) -> list[Edges]:
        """Carry the potential back through one layer; returns the edges that the cheapest ways take."""
        conditions, slope = self._conditions, self.prices.slope(place)
        behind = self._met[place + 1]
        found: dict[Case, int] = {}
        ways: dict[Case, list[Way]] = {}
        for state, known, out in conditions.passages(place):
            kernels = conditions.kernels(place, known) if slope else [ANY] * len(state)
            price = self.price(place, kernels, state, out)
            for folded, after in conditions.folded(place, known, state, out):
                rest = behind.get((out, after))
                if rest is None:
                    continue
                case, cost = (state, folded), price + rest
                if case not in found or cost < found[case]:
                    found[case], ways[case] = cost, [Way(tuple(kernels), state, out)]
                elif cost == found[case]:
                    ways[case].append(Way(tuple(kernels), state, out))
        accepted = conditions.counts[place]
        self._met[place] = {(s, folded): cost for (s, folded), cost in found.items() if folded in accepted.get(s, {})}
        return self._edges_of(ways.values(), slope)
