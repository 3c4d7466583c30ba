"""A latent vector in front of a stack: what it means, what there is of it, what it costs, and how it runs in torch."""

from __future__ import annotations

import json
import shlex
from functools import cache
from itertools import product
from random import Random
from typing import Any

import pytest
import torch

import convsolve as cs
from convsolve.errors import Error
from convsolve.judge import Verdict, decide
from convsolve.layers.unflatten import Unflatten
from convsolve.posing import ask
from tests.command_line import convsolve
from tests.oracle import brute_force
from tests.oracle.condition import holds, number

COSTS = ("params", "macs", "activations", "peak")
SMALL: dict[str, Any] = {"layers": 2, "kernel_size": {3, 4}, "stride": {1, 2}, "latent": 10}


def starts(solution: cs.Solution) -> tuple[int, ...]:
    """The size at which the stack behind the vector starts."""
    found: tuple[int, ...] = solution.layers[1].sizes
    return found


DECODERS = [
    ("256@?x?", "3@64x64", {"layers": 4}, (4, 4)),
    ("256@?x?", "3@61x79", {"layers": 4}, (4, 5)),
    ("256@[2..8]x[2..8]", "3@64x64", {"layers": 4}, (4, 4)),
    ("64@?x?", "1@28x28", {"layers": 2}, (7, 7)),
    ("?x?", "3@32x32", {"layers": 3, "channels": "256,128,64,3"}, (4, 4)),
    ("256@?", "1@16384", {"layers": 5}, (16,)),
    ("64@?x?x?", "1@32x32x32", {"layers": 3, "stride": 2}, (4, 4, 4)),
    ("64@4x4", "1@28x28", {"layers": 3}, (4, 4)),
    ("16@?x?", "3@32x32", {"stack": "Upsample(2) * 2 >> Conv(k=3, s=1) * 2"}, (8, 8)),
]


@pytest.mark.parametrize(("source", "target", "question", "size"), DECODERS)
def test_decoders_run_in_torch(source: str, target: str, question: dict[str, Any], size: tuple[int, ...]) -> None:
    answer = cs.solve(source, target, latent=128, count=2, **question)
    first = answer[0]
    assert (str(first.input), str(first.output), starts(first)) == ("128@", target, size)
    for one in answer:
        module = one.module(activation="relu", norm="batch", final_activation="tanh")
        names = [type(layer).__name__ for layer in module.children()]
        assert names[:2] == ["Linear", "Unflatten"]
        assert [type(layer) for layer in module.children()].count(torch.nn.Linear) == 1
        channels, shape = target.split("@")
        module.eval()
        assert module(torch.randn(1, 128)).shape == (1, int(channels), *map(int, shape.split("x")))
        bare = one.module()
        assert sum(weight.numel() for weight in bare.parameters()) == one.costs.params


def test_a_doubling_decoder_starts_at_4x4() -> None:
    first = cs.solve("256@?x?", "3@64x64", layers=4, latent=128)[0]
    assert [(layer.kernel_size, layer.stride, layer.padding) for layer in first.layers[2:]] == [
        ((4, 4), (2, 2), (1, 1))
    ] * 4
    assert [layer.out_channels for layer in first.layers] == [4096, 256, 128, 64, 32, 3]


def test_usual_sizes_to_start_from_come_first() -> None:
    assert sorted(range(1, 17), key=lambda size: Unflatten(2).charge((size,)))[:3] == [4, 8, 6]


TIES = "kernel_size,stride,dilation"  # a size to be found is that of one axis alone


def test_the_combinations_are_those_of_every_size_to_start_from() -> None:
    layers = [brute_force.layer("conv_transpose", 2, kernel_size=(3, 4), stride=(1, 2))] * 2
    wanted = {
        size: number
        for size in product(range(1, 10), range(1, 11))
        if (number := brute_force.count(size, (9, 10), layers, TIES))
    }
    assert len(wanted) > 30
    assert cs.count("8@?x?", "3@9x10", **SMALL) == sum(wanted.values())
    found = cs.solve("8@?x?", "3@9x10", all=True, **SMALL)
    assert {size: sum(starts(one) == size for one in found) for size in wanted} == wanted
    assert len(set(found)) == len(found) == found.total
    assert decide(ask("8@?x?", "3@9x10", **SMALL)).verdict == Verdict.SAT
    # from there on it is the question whose input is to be found
    without = {word: value for word, value in SMALL.items() if word != "latent"}
    assert cs.count("8@[1..9]x[1..10]", "3@9x10", **without) == found.total


@pytest.mark.parametrize(("tie", "alike"), [(None, False), ("all", True)])
def test_axes_to_be_found_share_no_padding_unless_it_is_said(tie: str | None, alike: bool) -> None:  # noqa: FBT001
    layers = [brute_force.layer("conv_transpose", 2, kernel_size=(3, 4), stride=2)] * 2
    question: dict[str, Any] = {"layers": 2, "kernel_size": {3, 4}, "stride": 2, "latent": 7, "tie": tie}
    wanted = sum(brute_force.count(size, (12, 12), layers, tie or TIES) for size in product(range(1, 13), range(1, 13)))
    found = cs.solve("4@?x?", "2@12x12", all=True, **question)
    assert found.total == wanted > 0
    assert all(len({*layer.padding}) == 1 for one in found for layer in one.layers[2:]) is alike
    # two given sizes are the same where they are equal, as ever
    given = cs.solve("4@3x3", "2@12x12", all=True, **question)
    assert given.total == brute_force.count((3, 3), (12, 12), layers, tie or "default")
    assert all(len({*layer.padding}) == 1 for one in given for layer in one.layers[2:])


everything = cache(lambda: cs.solve("8@?x?", "3@9x10", all=True, **SMALL).solutions)  # not while tests are collected


@pytest.mark.parametrize("cost", COSTS)
def test_costs_are_minimised_and_bounded_as_all_combinations_have_them(cost: str) -> None:
    values = sorted(number(cost, one) for one in everything())
    fewest = cs.solve("8@?x?", "3@9x10", count=3, minimize=cost, **SMALL)
    assert fewest.optimal
    assert [number(cost, one) for one in fewest] == values[:3]
    most = cs.solve("8@?x?", "3@9x10", count=1, maximize=cost, **SMALL)
    assert number(cost, most[0]) == values[-1]
    limit = f"{cost} <= {values[len(values) // 3]}"
    assert cs.count("8@?x?", "3@9x10", where=limit, **SMALL) == sum(holds(limit, one) for one in everything())
    assert cs.solve("8@?x?", "3@9x10", where=f"{cost} < {values[0]}", **SMALL).status == "impossible"


@pytest.mark.parametrize(
    "condition",
    ["out_channels[0] <= 64", "in_channels % 3 == 0", "out_channels[0] == in_channels[1] and out_size[1] >= 3",
     "layers == 4", "out_size[1][0] == out_size[1][1]"],
)  # fmt: skip
def test_conditions_speak_of_the_vector_too(condition: str) -> None:
    wanted = sum(holds(condition, one) for one in everything())
    assert cs.count("8@?x?", "3@9x10", where=condition, **SMALL) == wanted


def test_a_space_holds_the_same_combinations() -> None:
    space = cs.Space("8@?x?", "3@9x10", **SMALL)
    assert space.total == len(everything())
    assert {*space.stream()} == {*everything()}
    for one in Random(0).sample(everything(), 20):
        assert one in space
        assert space[space.index(one)] == one
        assert space.check(one).sizes == one.sizes
    weights = space.choices("1.sizes.0", weights=True)
    assert weights == {size: sum(starts(one)[0] == size for one in everything()) for size in range(1, 10)}
    points = space.pareto("params", "macs", "-peak")
    every = {(number("params", one), number("macs", one), -number("peak", one)) for one in everything()}
    best = {one for one in every if not any(other != one and all(map(int.__le__, other, one)) for other in every)}
    assert {point.values[:2] for point in points} == {one[:2] for one in best}
    assert len(points) == len(best)
    assert [point.values[0] for point in space.best("activations", k=4)] == sorted(
        number("activations", one) for one in everything()
    )[:4]
    assert space.mutate(everything()[0], seed=1) in space


FLATTENED = [
    ("3@8x9", "5@", "Conv(c=4, k={2, 3}) >> MaxPool(2) >> Flatten() >> Linear(6) >> Act('relu') >> Linear()", None),
    ("3@8x9", "5@", "Conv(c=4, k={2, 3}) >> Conv(k=3, s=1) >> Flatten() >> Act('relu') >> Linear()", "3,4,2,5"),
    ("3@[7..9]x8", "5@", "Conv(c=4, k={2, 3}, s=1) >> Flatten() >> Linear()", None),
    ("2@6", "2@6", "Conv(c=3, k={2, 3}) >> Flatten() >> Linear(4) >> Linear() >> Unflatten(3) >> ConvTranspose(k=3)",
     None),
    ("9@", "2@6x7", "Linear() >> Act('relu') >> Linear() >> Act('relu') >> Unflatten(4, '4..9') >> Conv(k=2, s=1)",
     None),
    ("24@", "2@6x7", "Unflatten(4, '1..6') >> ConvTranspose(k=3) * 2", None),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "stack", "channels"), FLATTENED)
def test_costs_hang_on_the_sizes_in_front_of_a_flatten_too(
    source: str, target: str, stack: str, channels: str | None
) -> None:
    question: dict[str, Any] = {"stack": stack, "channels": channels}
    every = cs.solve(source, target, all=True, **question).solutions
    assert len({one.costs for one in every}) > 2
    for cost in COSTS:
        values = sorted(number(cost, one) for one in every)
        found = cs.solve(source, target, minimize=cost, count=2, **question)
        assert [number(cost, one) for one in found] == values[:2]
        found = cs.solve(source, target, maximize=cost, count=1, **question)
        assert number(cost, found[0]) == values[-1]
        limit = f"{cost} <= {values[len(values) // 2]}"
        assert cs.count(source, target, where=limit, **question) == sum(holds(limit, one) for one in every)
    module = every[0].module()
    assert sum(weight.numel() for weight in module.parameters()) == every[0].costs.params
    space = cs.Space(source, target, **question)
    assert [point.values[0] for point in space.best("macs", k=2)] == sorted(number("macs", one) for one in every)[:2]


def test_a_stack_written_by_hand_says_the_same() -> None:
    answer = cs.solve("256@?x?", "3@64x64", layers=4, latent=128)
    stack = 'Linear() >> Unflatten(256, "1..16") >> ConvTranspose() * 4'
    for text in (stack, stack.replace(', "1..16"', "")):
        again = cs.solve("128@", "3@64x64", stack=text)
        assert (again.solutions, again.total) == (answer.solutions, answer.total)
    few = cs.solve("64@", "3@64x64", stack="Linear() >> Unflatten(256, {4, 7}) >> ConvTranspose(s=2) * 4", all=False)
    assert {starts(one) for one in few} <= set(product((4, 7), repeat=2))


@pytest.mark.parametrize(
    ("source", "target", "question"),
    [
        ("256@?x?", "3@64x64", {"layers": 4}),
        ("256@?x?", "3@64x64", {"layers": "3..4", "stride": 2}),
        ("?x[2..8]", "3@31x40", {"layers": 3, "channels": "256,?,20,3", "minimize": "params", "stride": 2}),
        ("64@?", "1@1000", {"layers": 3, "where": ["macs <= 4e6"], "no_checkerboard": True}),
        ("8@?x7", "2@9x14", {"stack": "Upsample() >> Conv(k=3)", "tie": "none"}),
    ],
)
def test_a_problem_fed_back_gives_the_same_answer(source: str, target: str, question: dict[str, Any]) -> None:
    spec = {"input": source, "target": target, "latent": 128, **question}
    said = convsolve("solve", "--spec", "-", "--json", stdin=json.dumps(spec).encode())
    assert said.code == 0, said.err
    problem = json.loads(said.out)["problem"]
    assert problem["input"] == "128@"
    assert convsolve("solve", "--spec", "-", "--json", stdin=json.dumps(problem).encode()).out == said.out
    assert ask(source, target, latent="128", **question).to_dict().items() <= problem.items()


def test_a_projects_or_an_environments_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSOLVE_LATENT", "100")
    assert "linear\t100\t\t4096" in convsolve("solve", "256@?x?", "3@64x64", "--layers", "4").out
    shown = json.loads(convsolve("solve", "256@?x?", "3@64x64", "--show-config", "--json").out)
    [latent] = [option for option in shown["options"] if option["name"] == "latent"]
    assert (latent["value"], latent["source"], latent["place"]) == ("100", "environment", "CONVSOLVE_LATENT")
    # where channels without axes go in, there is nothing for it to make
    plain = convsolve("solve", "128@", "3@8x8", "--stack", "Linear() >> Unflatten(3, (8, 8))")
    assert plain.code == 0
    assert convsolve("solve", "128@", "3@8x8", "--latent", "100").code == 2


@pytest.mark.parametrize(
    ("source", "target", "question", "message"),
    [
        (
            "?x?", "3@64x64", {"layers": 4},
            ("error[unknown-channels]: nobody says with how many channels the stack starts behind the latent vector\n"
             "  help: give them in front of the sizes, as in 256@[1..16]x[1..16]\n"
             "  help: or first in --channels: 256,128,64,32,3"),
        ),
        (
            "7x7", "3@64x64", {"layers": 1, "channels": [None, 3]},
            ("error[unknown-channels]: nobody says with how many channels the stack starts behind the latent vector\n"
             "  help: give them in front of the sizes, as in 256@7x7\n"
             "  help: or first in --channels: 256,3"),
        ),
        (
            "?x?", "3@64x64", {"layers": 1, "channels": "?,3"},
            ("error[bad-channels]: channels: '?' is no number, and those behind the latent vector cannot be found\n"
             "  help: give a number as the first of --channels: 256,128,64,32,3"),
        ),
        (
            "8@?x?", "3@64x64", {"layers": 1, "channels": "16,3"},
            ("error[bad-channels]: 8 channels and 16 channels at the same place\n"
             "  help: --channels, the shapes' C@ and out_channels must agree"),
        ),
        (
            "8@?x?", "3@64x64", {"layers": 2, "channels": "8,3"},
            ("error[bad-channels]: 2 channels for 2 convolution(s) behind the latent vector\n"
             "  help: give 3 numbers, the first of them those at the start"),
        ),
        (
            "8@?x?", "3@64x64", {"latent": "0"},
            "error[bad-value]: latent: '0' is no length of a vector\n  help: write --latent 128",
        ),
        (
            "8@?x?", "3@64x64", {"latent": 1.5},
            "error[bad-value]: latent: '1.5' is no length of a vector\n  help: write --latent 128",
        ),
        (
            "128@", "3@64x64", {"layers": 2},
            ("error[usage]: behind the latent vector the stack starts with axes, and 128@ has none\n"
             "  help: give the shape at which it starts, as in 256@4x4, or 256@?x? where its sizes are to be found"),
        ),
        (
            "8@4,5", "8,10", {"layers": 1},
            ("error[unsupported]: behind one latent vector the stack starts at one shape, and 8@4,5 are 2\n"
             "  help: ask for each by itself"),
        ),
        (
            "8@?x?", "10@", {"layers": 1},
            ("error[usage]: from 8@?x? to 10@ there are channels without axes, and no convolution takes these\n"
             '  help: write the layers, as in --stack "Conv() >> Flatten() >> Linear(10)"'),
        ),
        (
            "8@?", "3@64x64", {"layers": 1},
            ("error[dimension-mismatch]: input 8@? has 1 axes, target 3@64x64 has 2\n"
             "  help: give one size an axis on both sides, as in 8@?x? 3@64x64"),
        ),
        (
            "8@[2..8]x?", "3@4x64", {"layers": 1},
            ("error[mixed-directions]: from 8@[2..8]x[1..16] to 3@4x64 sizes may grow or shrink\n"
             "  help: what can be reached hangs on the layers: write --layer conv, --layer conv_transpose or --stack"),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(source: str, target: str, question: dict[str, Any], message: str) -> None:
    asked: dict[str, Any] = {"latent": 128} | question
    with pytest.raises(Error) as caught:
        cs.solve(source, target, **asked)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("source", "target", "stack", "more", "message"),
    [
        (
            "100@", "3@8x8", "Linear(5000) >> Unflatten(256, '1..8') >> ConvTranspose()", {},
            ("error[bad-channels]: layer 1 (Unflatten): 5000 channels come to it, and it takes a multiple of 256\n"
             "  help: change the channels in front of it, or its own numbers"),
        ),
        (
            "100@", "3@8x8", "Linear() >> Unflatten(16, '1..8') >> ConvTranspose()",
            {"where": "sum(out_channels) <= 300"},
            ("error[unsupported]: sum(out_channels) <= 300: sum of out_channels cannot be counted: the channels in"
             " front of layer 1 (Unflatten) depend on its sizes, which are to be found\n"
             "  help: give them, as in Unflatten(16, (4, 4))\n"
             "  help: or leave it out here"),
        ),
        (
            "3@8x8", "3@8x8", "Conv(c=4, k=3) >> Flatten() >> Linear() >> Unflatten(4) >> ConvTranspose(k=3)",
            {"minimize": "params"},
            ("error[unsupported]: params cannot be counted: the channels behind layer 1 (Flatten) depend on the sizes"
             " in front of it, which are to be found\n"
             "  help: give that size, as in AdaptiveAvgPool(4) >> Flatten()\n"
             "  help: or leave it out here: the costs of each combination are shown with it"),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_counted(source: str, target: str, stack: str, more: dict[str, Any], message: str) -> None:
    with pytest.raises(Error) as caught:
        cs.solve(source, target, stack=stack, **more)
    assert str(caught.value) == message


def test_why_nothing_leads_there_and_what_would() -> None:
    said = convsolve("solve", "256@4x4", "3@64x64", "--layers", "3", "--latent", "128", "-k", "4", "-s", "2", "-p", "1")
    assert said.code == 3
    assert said.err.splitlines()[3:7] == [
        "equal on all axes: output_padding",
        (
            "because the largest that 5 layers can make of 128@ with kernel_size, stride, dilation and sizes as they "
            "are is 39 (128@ -> 4 -> 9 -> 19 -> 39)"
        ),
        "because 64 is larger",
        "so no combination leads from 128@ to 64",
    ]
    assert "  help: sizes 8 in layer 1: 128@ -> 16384@ -> 8x8 -> 16x16 -> 32x32 -> 64x64\n" in said.err
    commands = [line.strip() for line in said.err.splitlines() if line.strip().startswith("convsolve ")]
    assert "convsolve solve 256@8x8 3@64x64 --layers 3 -k 4 -s 2 -p 1 --latent 128" in commands
    for command in commands:
        assert convsolve(*shlex.split(command)[1:]).code == 0


def test_a_length_that_no_sizes_have() -> None:
    said = convsolve("solve", "4096@", "3@8x8", "--stack", "Unflatten(256, '1..3') >> ConvTranspose()").err
    assert "because layer 0 (Unflatten) makes 256 channels of 4096 only as sizes with 16 elements\n" in said
    assert "  help: sizes 1..4 in layer 0: 4096@ -> 4x4 -> 8x8\n" in said


def test_sizes_with_gaps_are_written_as_a_stack() -> None:
    stack = "Linear() >> Unflatten(8, {3, 5}) >> ConvTranspose(k=4, s=2, p=1, output_padding=0)"
    said = convsolve("solve", "10@", "3@13x13", "--stack", stack).err
    commands = [line.strip() for line in said.splitlines() if line.strip().startswith("convsolve ")]
    assert any('Unflatten(8, "3,5")' in command for command in commands)
    for command in commands:
        assert convsolve(*shlex.split(command)[1:]).code == 0


def test_a_linear_is_as_wide_as_the_unflatten_behind_it_wants() -> None:
    found = cs.trace("Linear() >> Act('relu') >> Unflatten(256, (4, 4)) >> ConvTranspose(k=4, s=2, p=1, c=3)", "128@")
    assert [layer.out_channels for layer in found.layers] == [4096, 4096, 256, 3]
    assert found.costs.params == 128 * 4096 + 4096 + 256 * 3 * 16 + 3


@pytest.mark.parametrize(
    ("norm", "expected"),
    [
        ("batch", ["Linear", "Unflatten", "BatchNorm2d", "ReLU", "ConvTranspose2d"]),
        ("instance", ["Linear", "Unflatten", "InstanceNorm2d", "ReLU", "ConvTranspose2d"]),
        ("group:8", ["Linear", "Unflatten", "GroupNorm", "ReLU", "ConvTranspose2d"]),
    ],
)
def test_what_belongs_to_the_linear_stands_where_its_channels_are(norm: str, expected: list[str]) -> None:
    solution = cs.solve("16@?x?", "3@8x8", latent=10)[0]
    module = solution.module(activation="relu", norm=norm)
    assert [type(layer).__name__ for layer in module.children()] == expected
    assert module(torch.randn(2, 10)).shape == (2, 3, 8, 8)


@pytest.mark.parametrize(("norm", "behind"), [("batch", "BatchNorm1d"), ("group:2", "GroupNorm"), ("instance", "ReLU")])
def test_a_linear_without_axes_has_the_normalisation_that_torch_takes(norm: str, behind: str) -> None:
    solution = cs.solve("3@8x8", "5@", stack="Conv(c=4, k=3) >> Flatten() >> Linear(6) >> Linear()", count=1)[0]
    module = solution.module(activation="relu", norm=norm)
    names = [type(layer).__name__ for layer in module.children()]
    assert names[names.index("Linear") + 1] == behind
    assert module(torch.randn(2, 3, 8, 8)).shape == (2, 5)
    assert module.eval()(torch.randn(1, 3, 8, 8)).shape == (1, 5)
