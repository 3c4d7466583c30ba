"""Backjumping leaves nothing out: on drawn puzzles it finds an answer exactly where trying everything does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from random import Random

import pytest

from convsolve.backjumping import Choice, Values, chosen

Relation = tuple[tuple[int, ...], frozenset[tuple[int, ...]]]  # slots, and the values that they may have together


def _holds(relation: Relation, values: Values) -> bool:
    slots, allowed = relation
    return tuple([values[slot] for slot in slots]) in allowed


def _drawn(draw: Random) -> tuple[list[list[int]], list[Relation]]:
    domains = [draw.sample(range(5), draw.randint(1, 4)) for _ in range(draw.randint(2, 7))]
    relations: list[Relation] = []
    for _ in range(draw.randint(1, 8)):
        slots = tuple(sorted(draw.sample(range(len(domains)), draw.randint(1, min(3, len(domains))))))
        every = [*product(*(domains[slot] for slot in slots))]
        relations.append((slots, frozenset(draw.sample(every, draw.randint(0, max(1, len(every) // 2))))))
    return domains, relations


@pytest.mark.parametrize("seed", range(300))
def test_it_finds_one_exactly_where_there_is_one(seed: int) -> None:
    domains, relations = _drawn(Random(seed))
    every = [list(some) for some in product(*domains) if all(_holds(one, [*some]) for one in relations)]
    choices = [Choice(slot, domain, []) for slot, domain in enumerate(domains)]
    for relation in relations:
        test: Callable[[Values], object] = partial(_holds, relation)
        choices[relation[0][-1]].tests.append((test, sum(1 << slot for slot in relation[0])))
    values = [0] * len(domains)
    found = chosen(choices, [0] * len(domains), values, 10**6)
    assert found == bool(every)
    assert not found or values in every


def test_it_goes_back_to_the_choice_to_blame() -> None:
    """Twelve choices that nobody asks about lie between the first one and the last, which must be equal."""
    tried = 0

    def asked(values: Values) -> bool:
        nonlocal tried
        tried += 1
        return values[0] == values[13]

    choices = [Choice(0, [1, 2, 3], []), *(Choice(slot, [1, 2, 3], []) for slot in range(1, 13)), Choice(13, [3], [])]
    choices[13].tests.append((asked, 1 << 0 | 1 << 13))
    values = [0] * 14
    assert chosen(choices, [0] * 14, values, 100)
    assert values[0] == values[13] == 3
    assert tried == 3


def test_a_choice_that_is_tied_takes_no_value_that_it_may_not_have() -> None:
    choices = [Choice(0, [1, 2], []), Choice(1, [2, 3], [], like=0)]
    values = [0, 0]
    assert chosen(choices, [0, 1], values, 10)
    assert values == [2, 2]
    assert not chosen([Choice(0, [1], []), Choice(1, [2, 3], [], like=0)], [0, 1], values, 10)
    assert not chosen(choices, [0, 1], values, 1)
