"""Questions over the kinds without weights: every combination by nested loops, Z3's own word, and torch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

import convsolve as cs
from convsolve.answer import Solution
from convsolve.check.execution import run
from convsolve.errors import Error
from convsolve.judge import Verdict, decide
from convsolve.posing import ask

SIDES = [*product(range(4), repeat=2)]
# What a hole may be on one axis, and what comes out; written from torch's documentation.
OPEN: dict[str, tuple[list[Any], Callable[[int, Any], int | None]]] = {
    "Pad()": (SIDES, lambda n, v: n + sum(v)),
    "Pad(mode='reflect')": (SIDES, lambda n, v: n + sum(v) if max(v) < n else None),
    "Pad(mode='circular')": (SIDES, lambda n, v: n + sum(v) if max(v) <= n else None),
    "Crop()": (SIDES, lambda n, v: n - sum(v)),
    "Upsample()": ([1, 2, 3, 4], lambda n, v: n * v),
    "Upsample({0.29, 1.5, 2})": ([0.29, 1.5, 2], lambda n, v: math.floor(float(n) * v)),
    "AdaptiveAvgPool()": ([*range(1, 65)], lambda _, v: v),
    "MaxPool()": ([*range(2, 8)], lambda n, v: (n - v) // v + 1 if n >= v else None),
}


def counted(stack: str, source: int, target: int) -> int:
    """How many combinations lead there, by trying all."""
    ways = {source: 1}
    for part in stack.split(" >> "):
        values, out = OPEN[part]
        found: dict[int, int] = {}
        for (size, number), value in product(ways.items(), values):
            into = out(size, value)
            if into is not None and into >= 1:
                found[into] = found.get(into, 0) + number
        ways = found
    return ways.get(target, 0)


@pytest.mark.parametrize(
    ("stack", "source", "target"),
    [
        ("Pad() >> Crop()", 5, 6),
        ("Pad(mode='reflect') >> Pad(mode='circular')", 2, 5),
        ("Upsample() >> Crop()", 7, 20),
        ("Upsample({0.29, 1.5, 2}) >> Pad()", 100, 29),
        ("Upsample({0.29, 1.5, 2}) >> Upsample()", 10, 30),
        ("MaxPool() >> AdaptiveAvgPool() >> Upsample()", 40, 12),
        ("AdaptiveAvgPool() >> MaxPool() >> Pad()", 9, 7),
        ("Crop() >> Upsample({0.29, 1.5, 2}) >> Crop()", 11, 9),
        ("Pad() >> AdaptiveAvgPool()", 3, 65),
        ("Crop() >> MaxPool() >> Upsample({0.29, 1.5, 2})", 4, 9),
    ],
)
def test_graph_brute_force_and_z3_agree(stack: str, source: int, target: int) -> None:
    wanted = counted(stack, source, target)
    assert cs.count(source, target, stack=stack) == wanted
    verdict = decide(ask(source, target, stack=stack)).verdict
    assert verdict == (Verdict.SAT if wanted else Verdict.UNSAT)
    answer = cs.solve(source, target, stack=stack, all=True)
    assert len(set(answer)) == len(answer) == wanted
    assert all(one.checked == ("arithmetic", "z3") for one in answer.solutions[:100])
    assert all(Solution.from_dict(one.to_dict()) == one for one in answer.solutions[:20])


@pytest.mark.parametrize(
    "stack", ["Upsample(1.5) >> Crop()", "AdaptiveAvgPool() >> Pad()", "PixelUnshuffle(2) >> Crop()"]
)
def test_axes_multiply(stack: str) -> None:
    """Axes that differ share nothing but the factor, which is said."""
    one, other = cs.solve("12x20", "5x9" if "Un" in stack else "16x29", stack=stack).total, 1
    for source, target in [(12, 5), (20, 9)] if "Un" in stack else [(12, 16), (20, 29)]:
        alone = cs.solve(f"{source}x{source}", f"{target}x{target}", stack=stack)
        other *= alone.total or 0
    assert one == other > 0


@pytest.mark.parametrize(
    ("stack", "source", "target"),
    [
        ("Pad()", (7, 7), (10, 9)),
        ("Pad()", (7, 7), (10, 10)),
        ("Pad() >> Crop()", (5, 7), (6, 9)),
        ("Upsample() >> Pad(mode='reflect')", (3, 4), (7, 13)),
        ("Upsample() >> Crop() >> Pad()", (3, 3), (7, 7)),
        ("Crop() >> AdaptiveAvgPool()", (6, 9), (5, 2)),
        ("Pad(mode='circular') >> Crop()", (2, 3, 4), (3, 5, 4)),
        ("Pad() >> Pad()", (2, 3, 3), (3, 5, 5)),
    ],
)
def test_axes_choose_for_themselves_unless_the_question_is_the_same_on_them(
    stack: str, source: tuple[int, ...], target: tuple[int, ...]
) -> None:
    pairs = {*zip(source, target, strict=True)}
    assert cs.count(source, target, stack=stack) == math.prod(counted(stack, *pair) for pair in pairs) > 0


@pytest.mark.parametrize(
    ("source", "target", "stack", "first"),
    [
        ("7x7", "9x9", "Pad()", "(1, 1)"),
        ("7x7", "10x9", "Pad()", "(1, 2), (1, 1)"),
        ("10x9x8", "7x7x7", "Crop()", "(1, 2), (1, 1), (0, 1)"),
        ("7x7", "31x30", "Upsample() >> Pad()", "(1, 2), (1, 1)"),
        ("7x7", "7x7", "Pad() >> Conv(k=4, s=1, p=0)", "(1, 2)"),
        ("7x7", "7x7", "Pad() >> Conv(k=3, s=1)", "(1, 1)"),
    ],
)
def test_sides_are_equal_where_they_can_be(source: str, target: str, stack: str, first: str) -> None:
    answer = cs.solve(source, target, stack=stack, count=1)
    [layer] = [layer for layer in answer[0].layers if layer.kind.name in {"Pad", "Crop"}]
    assert layer.kind.text(layer.settings) == first
    assert run(answer[0].layers).levels == ("torch",)


@pytest.mark.parametrize(
    ("source", "target", "stack", "change"),
    [
        ("28x20", "100x90", "AdaptiveAvgPool()", 'AdaptiveAvgPool("1..100")'),
        ("7", "49", "Upsample()", 'Upsample("1..7")'),
        ("64", "70", "AdaptiveMaxPool() >> Conv(k=3, p=0, s=1)", 'AdaptiveMaxPool("1..72")'),
        ("7", "12", "Upsample(size='3..9')", 'Upsample(size="3..12")'),
    ],
)
def test_their_limits_are_widened_too(source: str, target: str, stack: str, change: str) -> None:
    answer = cs.solve(source, target, stack=stack)
    assert answer.explanation is not None
    commands = [one.command for one in answer.explanation.changes]
    assert any(change in command for command in commands)


STACKS = [
    ("3@9x8", "5@18x18", "Pad() >> Conv(k=3) >> PixelShuffle()"),
    ("64@8x8", "1@32x32", "Conv() >> PixelShuffle()"),
    ("3@12x12", "8@7x7", "PixelUnshuffle() >> Conv() >> Upsample() >> Crop(before='0..2', after=0)"),
    ("100@", "3@14x14", "Linear() >> Unflatten(8, (7, 7)) >> Upsample() >> Conv(k=3)"),
    ("3@20x20", "10@", "Conv(c=4, k=3) >> AdaptiveMaxPool() >> Flatten() >> Linear(16) >> Act('relu') >> Linear()"),
    ("2@9", "2@13", "Upsample(scale_factor=1.5, mode='linear') >> Pad()"),
    ("1@6x6x6", "1@12x12x12", "Upsample(mode='trilinear') >> Pad(mode='replicate') >> Conv(k=3, s=1, p=0)"),
    ("4@16x16", "256@", "Conv(c=4, k=3) >> Flatten()"),
]


@pytest.mark.parametrize(("source", "target", "stack"), STACKS)
def test_answers_run_in_torch_and_are_read_back(source: str, target: str, stack: str) -> None:
    answer = cs.solve(source, target, stack=stack, count=3)
    assert answer.solutions
    for one in answer:
        assert run(one.layers).levels == ("torch",)
        assert Solution.from_dict(one.to_dict()) == one
        assert str(one.output) == target
        assert "nn." in one.code()
    again = ask(answer.problem.to_dict()["input"], target, stack=str(answer.problem.stack()))
    assert again.to_dict() == answer.problem.to_dict()


def test_an_upsampling_and_a_convolution_lead_from_7_to_30() -> None:
    answer = cs.solve(7, 30, stack="Upsample() >> Conv()")
    assert answer[0].sizes == ((7,), (28,), (30,))


def test_no_layer_of_the_question_leaves_the_elements_in_front_of_a_flatten_open() -> None:
    answer = cs.solve("3@32x32", "784@", stack="Conv(c=16) * 2 >> Flatten()", all=True)
    assert {one.sizes[2] for one in answer} == {(7, 7)}
    assert cs.solve("3@32x32", "785@", stack="Conv(c=16) * 2 >> Flatten()").status == "impossible"


@pytest.mark.parametrize(
    ("source", "target", "stack", "words"),
    [
        (8, 16, "PixelShuffle()", "torch has PixelShuffle for two axes only, not for 1"),
        ("8x8x8", "4x4x4", "PixelUnshuffle(2)", "torch has PixelUnshuffle for two axes only, not for 3"),
        (8, 16, "Upsample(mode='bilinear')", "mode bilinear is for 2 axes, not for 1"),
        ("8x8", "16x16", "PixelShuffle((2, 3))", "factor is the same on all axes"),
        ("3@8x8", "4@4x4", "Linear(4)", "Linear takes channels without axes"),
        ("3@8x8", "4@", "Flatten() >> Conv(k=3)", "Conv needs axes, and channels without axes come to it"),
        ("3@8x8", "4@", "Conv(k=3)", "behind the stack there are axes"),
        ("10@", "4@", "Conv(k=3)", "Conv needs axes"),
        ("3@8x8", "5@16x16", "PixelShuffle()", "no factor turns 3 channels into 5"),
        ("3@8x8", "6@8x8", "Conv(k=3, p=1) >> Concat(0)", "makes 6, and 6 are to be behind it"),
        (8, 9, "Pad(1, 2, 3)", "Pad takes (before, after), or one such pair an axis"),
        ("10@", "3@4x4", "Unflatten(2, (2, 2)) >> Conv()", "10 channels come to it, and it takes 8"),
    ],
)
def test_what_cannot_be_asked_is_told(source: object, target: object, stack: str, words: str) -> None:
    with pytest.raises(Error) as caught:
        cs.solve(source, target, stack=stack)
    assert words in str(caught.value)


def test_channels_are_completed_through_what_changes_them() -> None:
    solution = cs.solve(
        "64@8x8", "3@32x32", stack="ConvTranspose(k=4, s=2, p=1) >> PixelShuffle(2) >> Conv(k=3)", count=1
    )[0]
    assert [layer.out_channels for layer in solution.layers] == [32, 8, 3]
    solution = cs.solve("64@8x8", "3@32x32", stack="Conv(k=3) >> PixelShuffle()", count=1)[0]
    assert [layer.out_channels for layer in solution.layers] == [48, 3]
    # a factor that is to be found is not kept from 3 by channels that nobody said
    solution = cs.solve("16@8x8", "3@24x24", stack="Conv(k=3) >> PixelShuffle() >> Conv(k=3, p=1)", count=1)[0]
    assert [layer.out_channels for layer in solution.layers] == [144, 16, 3]


def test_asymmetric_padding_comes_last_and_only_where_it_is_needed() -> None:
    (first, *others) = cs.solve(8, 12, stack="Pad()")
    assert (first.layers[0].before, first.layers[0].after) == ((2,), (2,))
    assert {(one.layers[0].before, one.layers[0].after) for one in others} == {((1,), (3,)), ((3,), (1,))}
    assert cs.solve(8, 11, stack="Pad()").total == 4
