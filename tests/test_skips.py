"""Skip connections: counted by brute force, run in torch, and told of where they do not fit."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import pytest
import torch
from torch import nn

import convsolve as cs
from convsolve.answer import Solution, Status
from convsolve.errors import Error
from convsolve.layers.join import Join
from convsolve.tracing import trace
from tests.oracle.skips import U_NET, drawn, text, ways


def test_as_many_combinations_as_by_brute_force() -> None:
    draw = Random(5)
    counts = []
    for _ in range(100):
        specs, sizes = drawn(draw), [draw.randint(3, 12), draw.randint(2, 12)]
        if not any("layer" in spec for spec in specs):
            continue
        expected = list(ways(specs, sizes, []))
        found = cs.solve(sizes[0], sizes[1], stack=text(specs), all=True)
        got = [
            tuple(
                () if isinstance(one.kind, Join) else (*one.kernel_size, *one.stride, *one.padding) for one in s.layers
            )
            for s in found.solutions
        ]
        assert sorted(got) == sorted(expected), (text(specs), sizes)
        assert found.status is (Status.SOLVED if expected else Status.IMPOSSIBLE)
        space = cs.Space(sizes[0], sizes[1], stack=text(specs))
        assert space.total == len(expected)
        if expected:
            assert [space.index(one) for one in space] == [*range(len(expected))]
        counts.append(len(expected))
    assert sum(count > 20 for count in counts) > 8
    assert sum(count == 0 for count in counts) > 8


def test_two_axes_and_several_inputs() -> None:
    stack = "Conv(k=3, p=1, s=1) >> MaxPool(2) >> Conv(k=3, p={0, 1}, s=1) >> ConvTranspose(k={2, 3, 4}, s=2) >> Add(0)"
    assert cs.solve("8x9", "8x9", stack=stack).total == len(
        [
            1
            for k, pads, adds in product((2, 3, 4), product((0, 1), (0, 1, 2), repeat=2), product((0, 1), repeat=2))
            if all(
                (n // 2 - 2 + 2 * pads[2 * axis] - 1) * 2 - 2 * pads[2 * axis + 1] + k + adds[axis] == n
                for axis, n in enumerate((8, 9))
            )
        ]
    )
    assert cs.solve("8,12", "8,12", stack=stack).total == cs.solve(8, 8, stack=stack).total


@pytest.mark.parametrize(
    ("source", "target", "stack", "said"),
    [
        (
            8,
            8,
            "Conv(k=3, p=1) >> Add(1)",
            (
                "error[bad-stack]: layer 1 (Add): layer 1 does not stand in front of it\n"
                "  help: write a number from 0 to 0: layers are counted from 0"
            ),
        ),
        (
            8,
            8,
            "Add(0) >> Conv(k=3, p=1)",
            (
                "error[bad-stack]: layer 0 (Add): layer 0 does not stand in front of it\n"
                '  help: put a layer in front of it, as in Act("identity") >> Conv() >> Add(0)'
            ),
        ),
        (
            "3@8",
            "4@",
            "Conv(k=3, p=1, c=4) >> Flatten() >> Concat(0)",
            (
                "error[dimension-mismatch]: layer 2 (Concat): what comes to it has no axes, and what layer 0 (Conv) "
                "makes has axes\n  help: join layers that are both in front of Flatten, or both behind it"
            ),
        ),
        (
            8,
            8,
            'Conv(k=3, p=1) * "1..2" >> Concat(0)',
            (
                "error[bad-stack]: layer 1 (Concat) joins layer 0, where it is to be found how many stand\n"
                "  help: join a layer in front of those that are repeated, or repeat them a fixed number of times"
            ),
        ),
        (
            "3@8",
            "8@8",
            "Conv(k=3, c=4) >> Conv(k=3, c=8) >> Add(0)",
            (
                "error[bad-channels]: layer 2 (Add): both channels must be the same: 8 channels come to it and layer 0 "
                "(Conv) makes 4\n  help: change out_channels, or the shapes' C@\n"
                "  help: write one number more than there are convolutions: 128,64,32,16,3"
            ),
        ),
        (
            "3@8",
            "9@8",
            "Conv(k=3, c=4) >> Conv(k=3, c=4) >> Add(0)",
            (
                "error[bad-channels]: layer 2 (Add): 4 channels come to it, layer 0 (Conv) makes 4, and 9 are to be "
                "behind it: all must be the same\n  help: change out_channels, or the shapes' C@\n"
                "  help: write one number more than there are convolutions: 128,64,32,16,3"
            ),
        ),
        (
            "3@8",
            "9@8",
            "Conv(k=3, c=4) >> Conv(k=3, c=8) >> Concat(0)",
            (
                "error[bad-channels]: layer 2 (Concat): 8 channels come to it, layer 0 (Conv) makes 4, and 9 are to be "
                "behind it\n  help: change out_channels, or the shapes' C@\n"
                "  help: write one number more than there are convolutions: 128,64,32,16,3"
            ),
        ),
        (
            "4@8x8",
            "4@8x8",
            "Conv(k=3, c=4) >> PixelShuffle() >> Add(1)",
            (
                "error[unsupported]: layer 1 (PixelShuffle): what it makes of the channels is to be found, which "
                "stacks with skip connections do not do in this version\n  help: give its own numbers\n"
                "  help: give no channels at all, and put them into the code"
            ),
        ),
    ],
)
def test_what_cannot_be_joined_is_told(source: object, target: object, stack: str, said: str) -> None:
    with pytest.raises(Error) as caught:
        cs.solve(source, target, stack=stack)
    assert str(caught.value) == said


def test_conditions_know_the_layers_but_not_the_field() -> None:
    stack = "Conv(k=3, p=1, s=1) >> Conv() >> Add(0) >> Conv(k=3)"
    found = cs.solve("2@8", "2@8", stack=stack, where=["kernel_size[1] >= 4", "params <= 200"], minimize="macs")
    assert found.status is Status.SOLVED
    assert found.optimal
    with pytest.raises(Error) as caught:
        cs.solve(8, 8, stack=stack, where="receptive_field >= 5")
    assert str(caught.value) == (
        "error[unsupported]: receptive_field >= 5: the receptive field of several branches is not asked for in "
        "this version\n  help: leave it out here: the costs of each combination are shown with it"
    )


def test_a_space_with_joins_never_leaves_them() -> None:
    stack = "Conv(c=2, k=3) >> MaxPool(2) >> Conv(c=4, k={1, 3}) >> ConvTranspose(c=2) >> Concat(0) >> Conv(c=1)"
    space = cs.Space("1@12", "1@12", stack=stack)
    drawn_ones = space.sample(20, seed=1)
    others = [space.mutate(one, seed=2) for one in drawn_ones] + [*space.neighbors(drawn_ones[0])][:20]
    others += [space.crossover(one, drawn_ones[-1], seed=3) for one in drawn_ones]
    for one in (*drawn_ones, *others):
        assert one in space
        assert one.layers[4].in_size == one.layers[0].out_size
        assert space[space.index(one)] == one
        assert space.decode(space.encode(one, "digits")) == one
        assert Solution.from_dict(one.to_dict()) == one
    wrong = drawn_ones[0].to_dict()
    wrong["layers"][4]["layer"] = 1
    with pytest.raises(Error, match="both sizes must be the same"):
        Solution.from_dict(wrong)
    with pytest.raises(Error, match="receptive field of several branches"):
        space.pareto("params", "-receptive_field")


def test_a_depth_behind_what_is_joined_is_found() -> None:
    answer = cs.solve(9, 9, stack='Conv(k=3, p=1, s=1) >> Conv(k=2, s=1) * "1..3" >> Add(0)')
    assert {len(solution.layers) for solution in answer} == {4}
    repeated = cs.solve("4@9", "4@9", stack="(Conv(k=3, p=1, s=1) >> Add(0)) * 2 >> Conv(k=3)")
    assert [one.kind.layer for one in repeated[0].layers if isinstance(one.kind, Join)] == [0, 0]


@pytest.mark.parametrize(
    ("stack", "channels", "chain"),
    [
        (
            U_NET.replace("c=32, ", "").replace("c=16, ", "").replace("c=64, ", ""),
            "1",
            [1, 8, 16, 32, 64, 32, 32, 16, 16, 8, 1],
        ),
        ("Conv(c=4, k=3) >> Conv(k=3) >> Conv(k=3) >> Add(0) >> Conv(k=1)", "1", [1, 4, 4, 4, 1]),
        ("Conv(k=3) >> MaxPool(2) >> Conv(k=3) >> ConvTranspose(s=2) >> Concat(0) >> Conv(k=1)", "1", [1, 2, 4, 2, 1]),
    ],
)
def test_channels_are_completed(stack: str, channels: str, chain: list[int]) -> None:
    answer = cs.solve(f"{channels}@16", "1@16", stack=stack, count=1)
    assert answer.problem.channel_list() == chain


LATENT = [
    ("4@[{}]", "4", "Conv(c=2, k={1, 3}, s=1) >> Concat(1)"),
    ("4@[{}]", "4", "Upsample({1, 2}) >> Crop() >> Concat(1)"),
    ("4@[{}]", "4@8", "Upsample(2) >> Conv(k={1, 3}) >> Conv(k={1, 3}) >> Add(2)"),
    ("4@[{}]", "6@8", "ConvTranspose(k={3, 4}) >> Conv(c=2, k=3, s=1, p=1) >> Concat(2)"),
    ("4@[{}]x[{}]", "4@6x8", "Upsample(2) >> Conv(k=3, s=1) * '1..2' >> Add(2)"),
]


@pytest.mark.parametrize(("start", "target", "stack"), LATENT)
def test_channels_hang_on_the_sizes_at_which_a_stack_with_joins_starts(start: str, target: str, stack: str) -> None:
    """What is asked of all sizes together is what is asked of each by itself, where nothing hangs."""
    question: dict[str, Any] = {"input": start.replace("{}", "3..5"), "target": target, "latent": 3, "stack": stack}
    found = cs.solve(**question, all=True)
    sizes = ["x".join(map(str, size)) for size in product((3, 4, 5), repeat=start.count("{}"))]
    alone = [cs.solve(**question | {"input": f"4@{size}"}, all=True) for size in sizes]
    assert found.total == sum(one.total or 0 for one in alone) > 1
    assert set(found) == {solution for one in alone for solution in one}
    for cost in ("params", "macs", "activations", "peak"):
        numbers = sorted(getattr(solution.costs, cost) for solution in found)
        best = cs.solve(**question, minimize=cost)
        assert best.values == (numbers[0],)
        assert tuple(best[0].module()(torch.zeros(2, 3)).shape[1:]) == (best[0].output.channels, *best[0].output.size)
        middle = numbers[len(numbers) // 2]
        few = cs.Space(**question, where=[f"{cost} <= {middle}"])
        assert few.total == sum(number <= middle for number in numbers)
        assert all(few[few.index(solution)] == solution for solution in few)


@pytest.mark.parametrize(
    "stack",
    [
        "Linear(5) >> Linear() >> Concat(0) >> Unflatten(4, '3..4') >> Conv(c=2, k=3, s=1, p=1) >> Concat(3)",
        "Linear() >> Linear(9) >> Unflatten(4, '3..4') >> Conv(c=2, k=3, s=1, p=1) >> Concat(2)",
        "Linear() >> Norm('group', 4) >> Unflatten(6, '3..4') >> Conv(c=2, k=3, s=1, p=1) >> Concat(2)",
    ],
)
def test_where_they_must_go_with_more_than_the_sizes_that_is_refused(stack: str) -> None:
    with pytest.raises(Error, match="what it makes of the channels is to be found") as caught:
        cs.solve("3@", "4", stack=stack)
    assert caught.value.code == "unsupported"


def test_lists_of_channels_may_be_open() -> None:
    stack = "Conv(k=3) >> Conv(k=3) >> Add(0) >> Conv(k=3) >> Concat(1) >> Conv(k=1)"
    answer = cs.solve(
        "1@8", "2@8", stack=stack, channels="1,?,?,4,2", minimize="-params", where="params <= 100", count=1
    )
    params = {c: (3 + 1) * c + (3 * c + 1) * c + (3 * c + 1) * 4 + (4 + c + 1) * 2 for c in range(1, 9)}
    most = max(number for number in params.values() if number <= 100)
    assert answer.values == (most,)
    first, second = answer[0].layers[:2]
    assert first.out_channels == second.out_channels
    assert params[first.out_channels or 0] == most


def test_an_impossible_join_is_named() -> None:
    stack = (
        "Conv(k=3, p=1, s=1) >> MaxPool(2) >> ConvTranspose(k=2, s=2, p=0, op=0) >> Concat(0) >> Conv(k=2, p=1, s=1)"
    )
    answer = cs.solve(43, 43, stack=stack)
    assert answer.status is Status.IMPOSSIBLE
    assert answer.explanation is not None
    assert [(one.what, one.value, one.layers) for one in answer.explanation.conflict if one.what == "join"] == [
        ("join", "0", (3,))
    ]
    assert answer.explanation.because[0].startswith(
        "because 5 layers can lead from 43 to 43, but not with the same size in front of layer 3 (Concat) as behind "
        "layer 0, which it joins"
    )


def seen(found: Solution) -> list[int]:
    """By torch's gradients of ones: how many inputs lie between the first and the last that an output sees."""
    layers = found.layers
    size = layers[0].in_size[0]
    reached = []
    for place in range(size):
        one = torch.zeros(1, 1, size, dtype=torch.float64)
        one[0, 0, place] = 1.0
        values: list[torch.Tensor] = []
        value = one
        for layer in layers:
            kind = layer.kind
            if isinstance(kind, Join):
                value = value + values[kind.layer]
            elif kind.name == "MaxPool":
                ((k, s, p, _),) = layer.settings
                value = nn.functional.avg_pool1d(value, k, s, p)
            else:
                ((k, s, p, d, *others),) = layer.settings
                ones = torch.ones(1, 1, k, dtype=torch.float64)
                if kind.name == "Conv":
                    value = nn.functional.conv1d(value, ones, stride=s, padding=p, dilation=d)
                else:
                    value = nn.functional.conv_transpose1d(
                        value, ones, stride=s, padding=p, dilation=d, output_padding=others[0]
                    )
            values.append(value)
        reached.append(value[0, 0] > 0)
    spans = []
    for column in torch.stack(reached).T.tolist():
        hit = [place for place, here in enumerate(column) if here]
        spans.append(hit[-1] - hit[0] + 1 if hit else 0)
    return spans


def test_the_receptive_field_is_never_below_what_torch_sees() -> None:
    draw = Random(9)
    exact = compared = 0
    for _ in range(20):
        specs = [spec if spec["kind"] != "Concat" else spec | {"kind": "Add"} for spec in drawn(draw)]
        size = draw.randint(8, 30)
        if not any("layer" in spec for spec in specs):
            continue
        for found in cs.solve(size, "[1..40]", stack=text(specs), count=4):
            assert found.costs.receptive_field is not None
            (field,) = found.costs.receptive_field
            most = max(seen(found))
            assert field >= most, (text(specs), size, found)
            compared += 1
            exact += field == most
    assert compared > 25
    assert exact > compared // 3


@pytest.mark.parametrize(
    ("stack", "size", "field"),
    [
        ("Conv(k=3, p=1) >> Conv(k=5, p=2) >> Add(0)", 16, 7),
        ("Conv(k=1) >> Pad((4, 0)) >> Conv(k=3) >> Crop((0, 2)) >> Add(0)", 16, 5),  # sees 4 to 2 in front, and itself
        ("Conv(k=1) >> MaxPool(2) >> ConvTranspose(k=2, s=2) >> Add(0)", 16, 2),
        ("Conv(k=3, p=1) >> Act('relu') >> Flatten() >> Linear(4) >> Add(2)", "1@4", 6),
    ],
)
def test_the_field_by_hand(stack: str, size: object, field: int) -> None:
    found = trace(stack, size, channels="1,1,4" if "Linear" in stack else None)
    assert found.costs.receptive_field == (field,)
