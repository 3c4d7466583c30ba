"""The space of a question against every combination of it, found by other means."""

from __future__ import annotations

import pickle
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import combinations, islice, product
from math import dist
from random import Random
from threading import Barrier
from typing import Any

import pytest

import convsolve as cs
from convsolve.answer import Solution
from convsolve.assembly import stream
from convsolve.layers.solved import SolvedLayer
from convsolve.space import Space
from tests.oracle import condition
from tests.oracle.spaces import CHANNELS, CONDITIONED, DEPTHS, OPEN, drawn, spaces

Values = dict[str, int]


def combination(solution: Solution) -> tuple[object, ...]:
    return tuple(
        tuple(layer.kind.window(setting) for setting in layer.settings)
        for layer in solution.layers
        if layer.kind.axis_parameters
    )


def steps(space: Space, values: Values, other: Values, weights: dict[str, int]) -> int:
    """The distance of two combinations, by the definition in `project`."""
    return sum(
        weights.get(name.partition(".")[2].partition(".")[0], 1)
        * abs(domain.index(values[name]) - domain.index(other[name]))
        for name, domain in space.decisions.items()
        if name in values and name in other
    )


def test_numbers_and_combinations_are_one_to_one_in_the_order_of_the_listing() -> None:
    empty, exhausted, several = 0, 0, 0
    for problem, wanted in islice(drawn(8, most=2000), 80):
        space = Space.of(problem)
        some = list(space[:])
        assert space.total == len(space) == len(set(some)) == len(some)
        assert some == list(stream(problem)) == list(space)
        assert [space.index(solution) for solution in some] == [*range(space.total)]
        if wanted is not None:
            assert {combination(solution) for solution in some} == wanted
            exhausted += 1
        empty += not space
        several += len(space.branches[0].parts) > 1
    assert empty > 3
    assert exhausted > 15
    assert several > 3


@pytest.mark.parametrize("number", range(len(OPEN)))
def test_sizes_to_be_found_are_part_of_a_combination(number: int) -> None:
    source, target, question = OPEN[number]
    space = Space(source, target, **question)
    some = list(space[:])
    assert some == list(space)
    assert len(set(some)) == space.total == cs.count(source, target, **question)
    assert [space.index(solution) for solution in some] == [*range(len(some))]
    starts, ends, kind = space.problem.input, space.problem.target, space.problem.layers[0].kind.record
    wanted: Counter[tuple[int, ...]] = Counter()
    for start in product(*starts.sizes):
        reached = ends if not ends.anything else replace(ends, sizes=(*ends.sizes[:-1], range(1, 40)))
        for end in product(*reached.sizes):
            asked: dict[str, Any] = {"layer": kind, **question}
            wanted[start] += cs.count(start, end, **asked)
    assert Counter(solution.input.size for solution in some) == +wanted
    assert all(space.check(space.values(solution)) for solution in some[:50])


@pytest.mark.parametrize("number", range(len(DEPTHS)))
def test_a_depth_to_be_found_is_the_first_decision(number: int) -> None:
    source, target, question = DEPTHS[number]
    space = Space(source, target, **question)
    some = list(space[:])
    answer = cs.solve(source, target, all=True, **question)
    assert len(set(some)) == len(some) == space.total == answer.total
    assert set(some) == set(answer)
    assert some == list(space)
    assert [space.index(solution) for solution in some] == [*range(len(some))]
    name = next(iter(space.decisions))
    depths = Counter(space.values(solution)[name] for solution in some)
    assert space.choices(name, weights=True) == depths
    assert name == ("stack" if "stack" in question else "layers")
    if name == "layers":
        assert depths == Counter(len(solution.layers) for solution in some)
    for solution in some[:: 1 + len(some) // 50]:
        assert space.check(space.values(solution))
    with pytest.raises(cs.Error, match=f"missing-decision.: {name} has no value"):
        space.check({"0.kernel_size": 3})
    for solution in space.sample(5, seed=1):
        assert space.project(solution)[0] == (solution, 0)


@pytest.mark.parametrize("number", range(len(CHANNELS)))
def test_channels_to_be_found_are_decided_first(number: int) -> None:
    source, target, question = CHANNELS[number]
    space = Space(source, target, **question)
    some = list(space[:])
    assert len(set(some)) == space.total == cs.count(source, target, **question) > 20
    assert [space.index(solution) for solution in some] == [*range(len(some))]
    names = [name for name in space.decisions if name.startswith("channels.")]
    assert names == [f"channels.{place}" for place in range(1, question["layers"])]
    for name in names:
        place = int(name.partition(".")[2])
        said = Counter(solution.layers[place].in_channels for solution in some)
        assert space.choices(name, weights=True) == said
    for solution in some[:: 1 + len(some) // 30]:
        assert space.check(space.values(solution))
        assert space.project(solution)[0] == (solution, 0)
        assert space.complete(space.values(solution)) == solution


@pytest.mark.parametrize("number", range(len(CONDITIONED)))
def test_conditions_leave_the_very_combinations_that_meet_them(number: int) -> None:
    source, target, question = CONDITIONED[number]
    space = Space(source, target, **question)
    texts = question.get("where", [])
    texts = [texts] if isinstance(texts, str) else texts
    if question.get("no_checkerboard"):
        texts = [*texts, "ConvTranspose.kernel_size % ConvTranspose.stride == 0"]
    plain = {name: value for name, value in question.items() if name not in ("where", "no_checkerboard")}
    every = list(Space(source, target, **plain))
    wanted = {solution for solution in every if all(condition.holds(text, solution) for text in texts)}
    some = list(space[:])
    assert some == list(space)
    assert 10 < len(some) == space.total < len(every)
    assert set(some) == wanted
    assert [space.index(solution) for solution in some] == [*range(len(some))]
    for solution in every[:: max(1, len(every) // 200)]:
        assert (solution in space) == bool(space.check(solution)) == (solution in wanted)


def test_numbers_of_more_digits_than_a_float_has() -> None:
    space = cs.Space("4x5", "61x79", layers=6, tie="none")
    assert space.total > 10**21
    draw = Random(0)
    for number in (0, space.total - 1, 2**53 + 1, *(draw.randrange(space.total) for _ in range(200))):
        assert space.index(space[number]) == number
    with pytest.raises(OverflowError, match=r"write space\.total"):
        len(space)
    assert 69 < space.log2() < 75


def test_what_is_drawn_is_all_of_it_and_no_two_the_same() -> None:
    for space in spaces(40, most=500):
        some = space.sample(space.total + 5, seed=3)
        assert len(some) == space.total
        assert set(some) == set(space)
        assert space.sample(7, seed=3) == some[:7]
        if space.total > 100:
            assert some != space.sample(space.total, seed=4)
            assert some != list(space)


@pytest.mark.parametrize("question", [{}, {"where": "kernel_size >= stride"}, {"tie": "none"}])
def test_draws_are_uniform_by_chi_square(question: dict[str, Any]) -> None:
    space = Space("2x3", "5x6", kernel_size="1..6", **question)
    counts = Counter(space.sample(1, seed=seed)[0] for seed in range(60 * space.total))
    assert len(counts) == space.total > 8
    statistic = sum((count - 60) ** 2 / 60 for count in counts.values())
    freedom = space.total - 1
    assert abs(statistic - freedom) < 4 * (2 * freedom) ** 0.5


def shapes(solution: Solution) -> tuple[object, ...]:
    return solution.sizes, tuple(layer.out_channels for layer in solution.layers)


def test_draws_over_trajectories_are_rounds_of_all_sequences_of_sizes() -> None:
    several = 0
    for space in spaces(40, most=500):
        if any(not part.plain for branch in space.branches if branch.total for part in branch.parts):
            with pytest.raises(cs.Error, match="unsupported"):
                space.sample(1, strategy="trajectory")
            continue
        some = space.sample(space.total + 3, seed=2, strategy="trajectory")
        assert len(some) == space.total
        assert set(some) == set(space)
        assert space.sample(5, seed=2, strategy="trajectory") == some[:5]
        left = Counter(map(shapes, space))
        drawn = iter(some)
        while left:
            assert {shapes(next(drawn)) for _ in left} == set(left)  # a round
            left = left - Counter(list(left))
        several += space.total > len({solution.sizes for solution in some}) > 5
    assert several > 5


def test_sequences_of_sizes_are_uniform_by_chi_square() -> None:
    space = Space("7", "12", layers=2, layer="conv_transpose", kernel_size="1..5", stride="1..2")
    sizes = {solution.sizes for solution in space}
    counts = Counter(space.sample(1, seed=seed, strategy="trajectory")[0].sizes for seed in range(60 * len(sizes)))
    assert set(counts) == sizes
    statistic = sum((count - 60) ** 2 / 60 for count in counts.values())
    assert len(sizes) > 5
    assert statistic < len(sizes) + 4 * (2 * len(sizes)) ** 0.5


def test_diverse_draws_are_farther_apart_than_uniform_ones() -> None:
    space = Space(4, 64, layers=4)
    nearest: dict[str, float] = {}
    some: list[Solution] = []
    for strategy in ("uniform", "diverse"):
        some = space.sample(40, seed=1, strategy=strategy)
        assert len(set(some)) == 40
        codes = [space.encode(solution, "unit") for solution in some]
        nearest[strategy] = min(dist(one, other) for one, other in combinations(codes, 2))
    assert nearest["diverse"] > 1.5 * nearest["uniform"]
    assert space.sample(3, seed=1, strategy="diverse") == some[:3]
    for small in spaces(40, most=500)[::4]:
        assert set(small.sample(small.total, strategy="diverse")) == set(small)


def test_a_decision_has_exactly_the_values_that_leave_a_combination() -> None:
    draw = Random(5)
    asked = 0
    for space in spaces(40, most=500):
        every = [space.values(solution) for solution in space]
        names = [*space.decisions]
        for _ in range(4 if names else 0):
            given = {
                name: draw.choice(space.decisions[name])
                for name in draw.sample(names, draw.randrange(min(4, len(names))))
            }
            if every and draw.random() < 0.7:
                one = draw.choice(every)
                given = {name: one[name] for name in given if name in one}
            name = draw.choice(names)
            left = [one for one in every if all(one.get(other) == value for other, value in given.items())]
            counts = Counter(one[name] for one in left if name in one)
            assert space.choices(name, given, weights=True) == counts
            assert space.choices(name, given) == tuple(sorted(counts))
            asked += bool(counts)
            if left:
                assert space.values(space.complete(given, seed=1)) in left
            else:
                with pytest.raises(cs.Error, match="no-completion"):
                    space.complete(given)
    assert asked > 80


def test_completions_are_uniform_by_chi_square() -> None:
    space = Space("2x3", "5x6", layers=2, stride="1..2")
    given = {"0.stride": 1, "1.padding.1": 1, "1.padding.0": 0}
    left = [one for one in space if all(space.values(one)[name] == value for name, value in given.items())]
    counts = Counter(space.complete(given, seed=seed) for seed in range(60 * len(left)))
    assert set(counts) == set(left)
    assert len(left) > 20
    statistic = sum((count - 60) ** 2 / 60 for count in counts.values())
    assert abs(statistic - len(left)) < 4 * (2 * len(left)) ** 0.5


def test_a_projection_is_exactly_the_nearest() -> None:
    draw = Random(6)
    projected = 0
    for space in spaces(40, most=500):
        every = [(number, space.values(solution)) for number, solution in enumerate(space)]
        for _ in range(3):
            proposal = {name: draw.choice(domain) for name, domain in space.decisions.items()}
            weights = {"stride": draw.randrange(4), "padding": draw.randrange(3)} if draw.random() < 0.5 else {}
            fixed = dict(draw.sample([*draw.choice(every)[1].items()], 1)) if every and proposal else {}
            left = [one for one in every if all(one[1].get(name) == value for name, value in fixed.items())]
            ordered = sorted((steps(space, proposal, values, weights), number) for number, values in left)
            found = space.project(proposal, 5, weights=weights, fixed=fixed)
            assert [(near.distance, space.index(near.solution)) for near in found] == ordered[:5]
            projected += bool(found)
    assert projected > 80


def test_what_a_projection_takes_for_a_proposal() -> None:
    space = Space(7, 28, layers=2, kernel_size="3,5,9", stride="1..2")
    near = space.project({"0.kernel_size": 6.9, "1.kernel_size": 100, "0.stride": 1.5})[0]
    assert near.distance == 0
    assert [layer.kernel_size for layer in near.solution.layers] == [(5,), (9,)]
    assert near.solution.layers[0].stride == (1,)
    solution = space[3]
    assert space.project(solution)[0] == (solution, 0)
    assert space.project(solution.to_dict())[0] == (solution, 0)
    assert space.project({}, 0) == []
    assert cs.Space(100, 1000, kernel_size="1..7").project({"0.kernel_size": 3}) == []


def test_a_space_is_a_value() -> None:
    space = cs.Space("1@7", "1@28", layers=2, where=["params <= 40"])
    same = cs.Space("1@7 -> 1@28", stack="ConvTranspose() * 2", where="params <= 40")
    assert space == same
    assert hash(space) == hash(same)
    assert space.fingerprint == same.fingerprint == "66f8a51e10b9475b7cc5631e2f611e43"
    assert space != cs.Space("1@7", "1@28", layers=2)
    assert space.fingerprint != cs.Space("1@7", "1@28", layers=2).fingerprint
    again = pickle.loads(pickle.dumps(space))  # noqa: S301 - our own
    assert again == space
    assert again[17] == space[17]
    with pytest.raises(AttributeError):
        space.total = 3
    with pytest.raises(AttributeError):
        del space.problem


def test_an_impossible_question_is_an_empty_space() -> None:
    space = cs.Space(7, 28, kernel_size=1, stride=1)
    assert not space
    assert (space.total, len(space), list(space), space.sample(3), space[:2]) == (0, 0, [], [], ())
    assert space.log2() == float("-inf")
    assert space.choices("0.padding") == ()
    with pytest.raises(IndexError):
        space[0]


def test_slices_and_indices_are_those_of_a_sequence() -> None:
    space = cs.Space(7, 28, layers=2)
    every = list(space)
    for part in (slice(3), slice(-4, None), slice(100, 3, -7), slice(5, 5), slice(0, 10**30, 50)):
        assert list(space[part]) == every[part]
    assert space[-1] == every[-1]
    for number in (space.total, -space.total - 1):
        with pytest.raises(IndexError):
            space[number]
    with pytest.raises(TypeError):
        space["0"]  # type: ignore[call-overload]
    with pytest.raises(cs.Error, match="too-many"):
        cs.Space(7, 28, layers=4)[:]


SIMPLE = {"0.kernel_size": 4, "0.stride": 2, "0.padding": 1, "0.output_padding": 0}
TOO_MUCH = (
    "layer 0 (ConvTranspose), axis 0: output_padding must be smaller than stride or dilation: "
    "output_padding < max(stride, dilation) is 2 < 2"
)


@pytest.mark.parametrize(
    ("values", "layer", "reason"),
    [
        (SIMPLE | {"0.kernel_size": 9}, 0, "layer 0 (ConvTranspose): kernel_size 9 is not among 1..7"),
        (SIMPLE | {"0.output_padding": 2}, 0, TOO_MUCH),
        (SIMPLE | {"0.padding": 2}, 0, "the layers make 12, not 14"),
        (SIMPLE | {"0.kernel_size": 2, "0.padding": 0}, None, "the condition kernel_size >= 3 is not met"),
        (SIMPLE, None, None),
    ],
)
def test_a_verdict_says_what_is_wrong(values: Values, layer: int | None, reason: str | None) -> None:
    space = cs.Space(7, 14, layer="conv_transpose", where="kernel_size >= 3")
    verdict = space.check(values)
    assert (bool(verdict), verdict.layer, verdict.reason) == (reason is None, layer, reason)


@pytest.mark.parametrize(
    ("source", "target", "question", "other", "reason"),
    [
        ("8@9", "8@36", {"stack": "ConvTranspose() * '1..3'"}, {"layers": 9}, "layers 9 is not among 1..3"),
        ("H", "H/4", {"layers": 2}, {"stack": 99}, "stack 99 is not among 0..2"),
        (
            "512@4", "3@8", {"layers": 2, "channels": "512,[8..16:8],3"}, {"channels.1": 9},
            "channels.1 9 is not among 8,16",
        ),
        (
            "64@4", "3@8", {"layers": 3, "channels": "64,[8..16:8],[8..16:8],3", "stride": "1,2",
                            "where": "in_channels[1] * out_channels[1] <= 128"},
            {"channels.1": 16, "channels.2": 16},
            "the condition in_channels[1] * out_channels[1] <= 128 is not met",
        ),
    ],
)  # fmt: skip
def test_what_the_branches_decide_is_judged_too(
    source: str, target: str, question: dict[str, Any], other: Values, reason: str
) -> None:
    space = cs.Space(source, target, **question)
    values = space.values(space[0])
    assert space.check(values)
    verdict = space.check({**values, **other})
    assert (verdict.ok, verdict.layer, verdict.reason) == (False, None, reason)


def test_solutions_of_other_stacks_are_refused_with_the_reason() -> None:
    space = cs.Space("2@7", "4@14", layer="conv_transpose")
    assert space[0] in space
    assert "solution" not in space
    for other, reason in (
        (cs.Space("2@7", "8@14", layer="conv_transpose"), "layer 0 (ConvTranspose) has channels 2 -> 8, not 2 -> 4"),
        (cs.Space("2@7", "4@14", layers=2), "there are 2 layers, not 1"),
        (cs.Space("2@14", "4@14", layer="conv"), "layer 0 is Conv, not ConvTranspose"),
        (cs.Space("2@6", "4@14", layer="conv_transpose"), "the input is 6, not 7"),
        (cs.Space("2@7", "4@14", stack="ConvTranspose(bias=False)"), "layer 0 (ConvTranspose) has other options"),
    ):
        assert other[0] not in space
        assert space.check(other[0]).reason == reason
        with pytest.raises(cs.Error, match="not-in-space"):
            space.index(other[0])


NO_COMPLETION = (
    "no combination has 0.stride=1\n"
    "  help: leave some of it out; space.choices(name, given) says what may still be chosen"
)
REFUSED: dict[str, tuple[Callable[[Space], object], str]] = {
    "unknown-decision": (
        lambda space: space.choices("0.kernel"),
        "'0.kernel' is no decision of this space\n  help: did you mean '0.kernel_size'?",
    ),
    "bad-value": (lambda space: space.choices("0.stride", {"0.stride": "2"}), "0.stride must be an integer, not '2'"),
    "missing-decision": (
        lambda space: space.check({"0.stride": 2}),
        "0.kernel_size has no value, nor have 2 others\n  help: space.complete(partial) fills in the rest",
    ),
    "bad-value ": (lambda space: space.project({"0.stride": float("nan")}), "0.stride must be a number, not 'nan'"),
    "bad-value  ": (
        lambda space: space.project({}, weights={"stride": -1}),
        "the weight of stride must be 0 or more, not '-1'",
    ),
    "no-completion": (
        lambda space: space.complete({"0.stride": 1}),
        NO_COMPLETION,
    ),
    "bad-value   ": (lambda space: space.sample(-1), "n must be a number from 0 on, not '-1'"),
    "usage": (lambda _: Space(7, 28, minimize="macs"), 'a space has no minimize\n  help: write space.best("macs")'),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_refused_says_what_to_write(code: str) -> None:
    call, text = REFUSED[code]
    with pytest.raises(cs.Error) as error:
        call(Space(7, 28))
    assert str(error.value) == f"error[{code.strip()}]: {text}"


@pytest.mark.parametrize("where", [None, "sum(kernel_size) <= 9"])
def test_threads_may_share_a_space(where: str | None) -> None:
    """As trials of a study do: what one thread is working out must not be taken for whole by another."""

    def ask(space: Space, together: Barrier, _: int) -> tuple[object, ...]:
        together.wait()
        weights = space.choices("1.stride", {"2.stride": 2}, weights=True)
        return weights, space.sample(20, seed=1), space.project({"1.stride": 2}, fixed={"2.stride": 2})

    alone = ask(cs.Space(7, 28, layers=3, where=where), Barrier(1), 0)
    switches = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(6) as pool:
            for _ in range(6):
                work = partial(ask, cs.Space(7, 28, layers=3, where=where), Barrier(6))
                assert list(pool.map(work, range(6))) == [alone] * 6
    finally:
        sys.setswitchinterval(switches)


@pytest.mark.parametrize("stack", ["Conv(k=3) >> PixelShuffle()", "Pad() >> Conv(k=3) >> PixelShuffle() >> Conv(k=1)"])
def test_combinations_whose_channels_follow_from_a_choice_are_of_their_space(stack: str) -> None:
    space = cs.Space("16@8x8", "4@16x16", stack=stack)
    assert space
    for solution in space.sample(20, seed=0):
        assert solution in space
        assert space.check(solution).ok
        assert space[space.index(solution)] == solution
        assert space.decode(space.encode(solution, "values"), "values") == solution


@pytest.mark.parametrize(
    ("source", "target", "stack"),
    [
        ("6x7x6", "5x5x5", "Pad(({0,1},0)) >> AdaptiveAvgPool(5)"),  # the first axis and the last are alike
        ("6x6x6", "2x5x2", "AdaptiveAvgPool({2,5})"),
        ("6x5x6", "7x5x7", "Pad()"),
        ("[6..10]", "8", "Conv(k='1..3') >> Concat(0)"),  # sizes to be found in front of a join
        ("[3..5]", "4", "Conv(k=3, s=1) >> Add(0)"),
    ],
)
def test_all_that_a_space_lists_is_in_it(source: str, target: str, stack: str) -> None:
    stack = stack.replace("(k", "(c=4, k")
    space = cs.Space(f"4@{source}", target, stack=stack)
    listed = list(space)
    assert len({*listed}) == len(listed) == space.total > 0
    for place, solution in enumerate(listed):
        assert space.index(solution) == place
        written = " >> ".join(
            f"{layer.kind.name}({_written(layer)})" if layer.kind.name != "Conv" else f"Conv(c=4, {_written(layer)})"
            for layer in solution.layers
        )
        traced = cs.trace(written, solution.input)
        assert traced.valid
        assert traced.sizes == solution.sizes
    best = cs.solve(f"4@{source}", target, stack=stack, minimize="params", all=True)
    assert {*best} == {*listed}


def _written(layer: SolvedLayer) -> str:
    if layer.kind.joins:
        return str(layer.kind.layer)  # type: ignore[attr-defined]
    values = {parameter.name: getattr(layer, parameter.name) for parameter in layer.kind.axis_parameters}
    if "before" in values:
        return str(tuple(zip(values["before"], values["after"], strict=True)))
    return ", ".join(f"{name}={value}" for name, value in values.items())


def test_a_decision_that_a_branch_leaves_open_has_its_values_in_all() -> None:
    space = cs.Space("5", "5", stack="Conv(k={1,3}, s=1, p='0..1') * '1..2' >> Conv(k=5, s=1, p={1,2})")
    for solution in space:
        (nearest,) = space.project(space.values(solution))
        assert (nearest.solution, nearest.distance) == (solution, 0)
        for code in ("unit", "onehot"):
            assert space.decode(space.encode(solution, code), code) == solution
    assert len({*space.sample(2, seed=0, strategy="diverse")}) == 2


def test_what_a_branch_cannot_decide_so_leaves_it_empty() -> None:
    stack = "Conv(c=4, k=2, s=1, p=0) * '1..3' >> Conv(c=4, k={2,3,4}, s={1,3}, p={1,2})"
    space = cs.Space("4@[5..8]", "2", stack=stack)
    # of two layers the second may have kernel 3, of three it has 2
    given = {"1.kernel_size": 3}
    assert space.complete(given, seed=0).layers[1].kernel_size == (3,)
    assert len(space.complete(given, seed=0).layers) == 2
    with pytest.raises(cs.Error):
        space.complete(given | {"layers": 3})
