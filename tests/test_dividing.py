"""Channels that hang on settings: what is counted, against a trace of every choice written out, and what is refused."""

from __future__ import annotations

import re
from itertools import product

import pytest

import convsolve as cs
from convsolve.errors import Error

OPEN = re.compile(r"\{([\d,]+)\}")


def written_out(stack: str) -> list[str]:
    """The stack with each choice of all that it leaves open."""
    parts = OPEN.split(stack)
    choices = product(*([part] if number % 2 == 0 else part.split(",") for number, part in enumerate(parts)))
    return ["".join(choice) for choice in choices]


def traced(source: str, target: str, stack: str) -> int:
    """How many choices lead there, each traced by itself."""
    traces = [cs.trace(one, source) for one in written_out(stack)]
    return sum(one.valid and str(one.output) == target for one in traces)


GROUPED = "Conv(c=4, k=1, s=1, p=0, groups=2)"
COUNTED = [
    ("4@6x6", "4@12x12", f"PixelShuffle({{1,2}}) >> {GROUPED} >> Upsample({{1,2}})"),
    ("1@6x6", "1@12x12", "PixelUnshuffle({1,2}) >> Conv(c=4, k=1, s=1, p=0, groups=4) >> PixelShuffle({1,2,4})"),
    ("8@6x6", "4@12x12", f"PixelShuffle({{1,2,3}}) >> Act('relu') >> {GROUPED} >> Upsample({{1,2}})"),
    ("4@4x4", "1@16x16", "PixelShuffle({1,2}) >> Upsample({1,2}) >> PixelShuffle(2)"),
    ("16@4x4", "1@16x16", "PixelShuffle({1,2,3,4}) >> Upsample({1,2}) >> PixelShuffle(2)"),
    ("16@6x6", "4@12x12", "PixelShuffle({1,2}) >> Norm('group', 4) >> Upsample({1,2})"),
    ("16@12x12", "16@12x12", "PixelShuffle({1,2}) >> PixelUnshuffle({1,2}) >> Conv(c=16, k=1, s=1, p=0)"),
    ("16@6x6", "3@24x24", "PixelShuffle({1,2}) >> PixelShuffle({1,2}) >> Conv(c=3, k=1, s={1,2}, p=0)"),
    ("16@6x6", "4@12x12", "PixelShuffle({1,2}) >> PixelUnshuffle({1,2})"),
    ("16@12x12", "16@12x12", "PixelShuffle(2) >> Norm('group', 2) >> PixelUnshuffle({1,2,3})"),
    ("3@8x8", "5@", "PixelShuffle({1,2}) >> AdaptiveAvgPool({2,3}) >> Flatten() >> Linear(5)"),
]


@pytest.mark.parametrize(("source", "target", "stack"), COUNTED)
def test_only_what_makes_whole_channels_is_counted(source: str, target: str, stack: str) -> None:
    wanted = traced(source, target, stack)
    found = cs.solve(source, target, stack=stack, all=True)
    assert (found.total, len(set(found))) == (wanted, wanted)


def test_channels_that_nobody_gave_in_front_are_whole_too() -> None:
    """Behind the convolution there are 3 channels, or 12, or 27, and these do not divide into 2 groups."""
    stack = "Conv(k=1, s={1,2}, p=0, groups=2) >> PixelShuffle({1,2,3})"
    for target, wanted in (("3@4x4", 1), ("3@6x6", 0), ("3@8x8", 1), ("3@12x12", 0)):
        found = cs.solve("4@4x4", target, stack=stack, all=True)
        assert (found.total, len(found)) == (wanted, wanted)
    # of one channel 4 are made once, and twice 16
    stack = "PixelUnshuffle(2) >> Upsample({1,2}) >> PixelUnshuffle({1,2})"
    (only,) = cs.solve("8x8", "4@4x4", stack=stack, all=True).solutions
    assert [layer.settings[0][0] for layer in only.layers] == [2, 1, 1]


TOGETHER = [
    ("4@6x6", "24x24", "PixelShuffle({1,2}) >> PixelShuffle({1,2})", "layers 0 and 1", "PixelShuffle(2)"),
    ("4@HxH", "4Hx4H", "PixelShuffle({1,2}) >> PixelShuffle({1,2})", "layers 0 and 1", "PixelShuffle(2)"),
    ("4@6x6,8x8", "24x24,32x32", "PixelShuffle() >> PixelShuffle()", "layers 0 and 1", "PixelShuffle(2)"),
    ("2@6x6", "12x12", "PixelUnshuffle({1,2}) >> PixelShuffle({1,2,4})", "layers 0 and 1", "PixelUnshuffle(2)"),
    ("8x8", "4@4x4", "PixelUnshuffle({1,2}) >> PixelUnshuffle({1,2})", "layers 0 and 1", "PixelUnshuffle(2)"),
    ("4@6x6", "12x12", f"PixelShuffle({{1,2}}) >> PixelUnshuffle({{1,2}}) >> {GROUPED} >> Upsample({{2,4}})",
     "layers 0 and 1", "PixelShuffle(2)"),
    ("16@6x6", "16@6x6", "PixelShuffle({1,2}) >> PixelUnshuffle({1,2})", "layers 0 and 1", "PixelUnshuffle(2)"),
    ("4@6x6", "12x12", "PixelShuffle() * 3", "layers 0, 1 and 2", "of all of them but one"),
    ("6x6", "4@?x?", "AdaptiveAvgPool({2,3}) >> Flatten() >> Unflatten(4)", "layers 1 and 2", "Unflatten(4, (4, 4))"),
    ("3@6x6", "9@", "AdaptiveAvgPool({2,3}) >> Flatten() >> Norm('group', 4) >> Linear(9)", "layer 1 (Flatten)", "Ad"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "stack", "layers", "mend"), TOGETHER)
def test_what_goes_only_together_is_refused(source: str, target: str, stack: str, layers: str, mend: str) -> None:
    with pytest.raises(Error) as caught:
        cs.count(source, target, stack=stack)
    assert caught.value.code == "unsupported"
    assert layers in str(caught.value)
    assert mend in str(caught.value)


@pytest.mark.parametrize("at", [0, 1])
def test_the_mend_that_is_told_is_one(at: int) -> None:
    """With the factor of either given, as the help says, the other is counted."""
    for factor in (1, 2):
        parts = ["PixelShuffle({1,2})"] * 2
        parts[at] = f"PixelShuffle({factor})"
        stack = " >> ".join(parts)
        for size in (6, 12, 24):
            target = f"{4 * 36 // size**2}@{size}x{size}"
            wanted = traced("4@6x6", target, stack)
            assert cs.count("4@6x6", f"{size}x{size}", stack=stack) == wanted


@pytest.mark.parametrize(
    ("source", "target", "stack", "code", "said"),
    [
        ("2@6x6", "12x12", "PixelShuffle({2,3})", "bad-channels", "no factor turns 2 channels into a whole number"),
        ("6x6", "5@3x3", "PixelUnshuffle({2,3})", "bad-channels", "no factor makes 5 channels of a whole number"),
        ("8@6x6", "18x18", f"PixelShuffle({{2,4}}) >> {GROUPED.replace('groups=2', 'groups=4')}", "bad-groups",
         "no factor turns 8 channels into a multiple of 4"),
    ],
)  # fmt: skip
def test_no_setting_goes_with_the_channels(source: str, target: str, stack: str, code: str, said: str) -> None:
    with pytest.raises(Error) as caught:
        cs.count(source, target, stack=stack)
    assert str(caught.value).startswith(f"error[{code}]: layer 0 ({stack.partition('(')[0]}): {said}\n")


def test_what_an_unflatten_makes_is_what_the_target_has() -> None:
    stack = "AdaptiveAvgPool({2,4}) >> Flatten() >> Unflatten(4, 2)"
    assert cs.count("4@12x12", "4@2x2", stack=stack) == traced("4@12x12", "4@2x2", stack) == 1
    with pytest.raises(Error, match="4 channels come out of the last layer, and the target has 1"):
        cs.count("4@12x12", "1@2x2", stack=stack)


@pytest.mark.parametrize(
    ("source", "target", "stack"),
    [
        ("3@", "4@4", "Linear() >> Norm('group', 2) >> Unflatten(4, {1,2,4}) >> Upsample({1,2,4})"),
        (
            "3@",
            "2@4x4",
            "Linear() >> Norm('group', 2) >> Act('relu') >> Unflatten(4, {2,4}) >> Conv(c=2, k=1, s={1,2})",
        ),
        ("4@6x6", "9@", "AdaptiveAvgPool({2,3}) >> Flatten() >> Norm('group', 2) >> Linear(9)"),
    ],
)
def test_as_many_groups_divide_whatever_the_sizes_are(source: str, target: str, stack: str) -> None:
    """Of a row of channels a group has more than one, or torch would refuse it."""
    found = cs.solve(source, target, stack=stack, all=True)
    alone = [cs.count(source, target, stack=one) for one in written_out(stack)]
    assert found.total == len(set(found)) == sum(alone) > 0


def test_a_group_of_one_element_is_refused_where_it_is_one() -> None:
    stack = "PixelShuffle({1,2}) >> Norm('group', 2)"
    # 16 channels or 4 are more than one a group, so one element is taken
    assert cs.count("16@1x1", "1x1", stack=stack) == cs.count("16@1x1", "1x1", stack=stack.replace("{1,2}", "1")) == 1
    with pytest.raises(Error, match=r"layer 1 \(Norm\): the channels that a group has hang on what is to be found"):
        cs.count("8@1x1", "1x1", stack=stack)
