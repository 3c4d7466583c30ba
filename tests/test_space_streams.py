"""Streams, shards and vectors: every combination once, wherever one begins, and back again."""

from __future__ import annotations

import pickle
from itertools import islice
from random import Random

import pytest

import convsolve as cs
from convsolve.space.streams import Shuffle
from tests.oracle.spaces import spaces


@pytest.mark.parametrize("order", ["rank", "shuffled"])
def test_a_stream_has_everything_once_wherever_it_is_interrupted(order: str) -> None:
    for space in spaces(40, most=500):
        every = list(space.stream(order=order, seed=7))
        assert len(every) == space.total
        assert set(every) == set(space)
        cut = space.total // 3
        stream = space.stream(order=order, seed=7)
        before = list(islice(stream, cut))
        assert before == every[:cut]
        assert stream.cursor == cut
        assert len(stream) == space.total - cut
        assert list(pickle.loads(pickle.dumps(stream))) == every[cut:]  # noqa: S301 - our own
        assert list(space.stream(cut, order=order, seed=7)) == every[cut:]
        assert list(space.stream(0, cut, order=order, seed=7)) == every[:cut]
        shards = [list(space.shard(i, 3, order=order, seed=7)) for i in range(3)]
        assert [one for shard in shards for one in shard] == every
        assert max(map(len, shards)) - min(map(len, shards)) <= 1
    assert list(cs.Space(7, 28, layers=2).stream()) == list(cs.Space(7, 28, layers=2))


@pytest.mark.parametrize("bound", [1, 2, 3, 12, 1000, 4099])
def test_a_shuffle_is_a_permutation(bound: int) -> None:
    for seed in range(3):
        shuffle = Shuffle(bound, seed)
        assert sorted(map(shuffle, range(bound))) == [*range(bound)]


def test_shuffles_of_all_seeds_together_are_even() -> None:
    """By chi-square: which number stands at which place, over many seeds."""
    bound, seeds = 7, 7000
    for place in (0, 3, 6):
        counts = [0] * bound
        for seed in range(seeds):
            counts[Shuffle(bound, seed)(place)] += 1
        assert (
            sum((count - seeds / bound) ** 2 * bound / seeds for count in counts) < 22.5
        )  # one of a thousand is above


def test_a_shuffle_of_a_number_that_no_float_holds() -> None:
    bound = 10**400 + 7
    shuffle = Shuffle(bound, 1)
    some = [shuffle(place) for place in range(500)]
    assert len(set(some)) == 500
    assert all(0 <= one < bound for one in some)
    assert 0.4 < sum(one > bound // 2 for one in some) / 500 < 0.6


@pytest.mark.parametrize("code", ["digits", "values", "unit", "onehot"])
def test_a_vector_leads_back_to_its_combination(code: str) -> None:
    for space in spaces(40, most=500):
        every = list(space)
        vectors = [space.encode(solution, code) for solution in every]
        assert len({len(vector) for vector in vectors}) <= 1
        assert len(set(vectors)) == len(vectors)
        for solution, vector in list(zip(every, vectors, strict=True))[:: 1 + len(every) // 40]:
            assert space.decode(vector, code) == solution
            assert space.decode([float(entry) for entry in vector], code) == solution


def test_digits_are_small_and_in_order() -> None:
    space = cs.Space("4x5", "61x79", layers=6, tie="none")
    draw = Random(2)
    numbers = sorted(draw.randrange(space.total) for _ in range(100))
    vectors = [space.encode(space[number]) for number in numbers]
    assert vectors == sorted(vectors)
    assert all(0 <= digit < 2**20 for vector in vectors for digit in vector)
    assert [space.index(space.decode(vector)) for vector in vectors] == numbers


def test_any_vector_of_numbers_leads_to_the_nearest() -> None:
    space = cs.Space(7, 28, layers=2)
    draw = Random(3)
    names = [*space.decisions]
    for _ in range(30):
        vector = [draw.random() for _ in names]
        places = [round(one * (len(domain) - 1)) for one, domain in zip(vector, space.decisions.values(), strict=True)]
        proposal = {name: space.decisions[name][at] for name, at in zip(names, places, strict=True)}
        assert space.decode(vector, "unit") == space.project(proposal)[0].solution
        assert space.decode([*proposal.values()], "values") == space.project(proposal)[0].solution


@pytest.mark.parametrize(
    ("vector", "code", "text"),
    [
        ([0, 0], "digits", "error[bad-code]: 2 entries, where digits has 1"),
        ([2**20], "digits", "error[bad-code]: '1048576' is no digit from 0 to 1048575"),
        ([12], "digits", "error[bad-code]: no combination has the number 12: there are 12"),
        ([0.5], "digits", "error[bad-code]: '0.5' is no digit from 0 to 1048575"),
        (3, "unit", "error[bad-code]: '3' is no vector"),
        ([0, 0, 0, float("nan")], "unit", "error[bad-code]: 'nan' is no number"),
        ([0], "gray", "error[bad-value]: 'gray' is no code\n  help: known: digits, values, unit, onehot"),
    ],
)
def test_vectors_that_are_none_are_refused(vector: object, code: str, text: str) -> None:
    with pytest.raises(cs.Error) as error:
        cs.Space(7, 28).decode(vector, code)
    assert str(error.value) == text


def test_an_empty_space_has_nothing_to_decode() -> None:
    space = cs.Space(7, 28, kernel_size=1, stride=1)
    assert list(space.stream(order="shuffled")) == []
    with pytest.raises(cs.Error, match="no-combination"):
        space.decode([0])


@pytest.mark.parametrize(
    ("verb", "arguments", "text"),
    [
        ("stream", (13,), "error[bad-value]: start must be a number from 0 to 12, not '13'"),
        ("stream", (0, -1), "error[bad-value]: stop must be a number from 0 to 12, not '-1'"),
        ("shard", (3, 3), "error[bad-value]: shard 3 of 3 does not exist\n  help: count from 0 to n - 1"),
    ],
)
def test_places_that_are_none_are_refused(verb: str, arguments: tuple[int, ...], text: str) -> None:
    with pytest.raises(cs.Error) as error:
        getattr(cs.Space(7, 28), verb)(*arguments)
    assert str(error.value) == text
    with pytest.raises(cs.Error, match="order must be rank or shuffled, not 'best'"):
        cs.Space(7, 28).stream(order="best")
