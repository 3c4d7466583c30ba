from __future__ import annotations

import pickle
from itertools import product
from math import prod
from random import Random
from typing import Any

import pytest

from convsolve.domains import EXAMPLES, Domain
from convsolve.errors import Error
from convsolve.filling import statement
from convsolve.posing import ask
from convsolve.problem import PARAMETERS, Problem
from convsolve.shapes import Shape
from convsolve.stack import AvgPool, Conv, ConvTranspose, MaxPool, Norm, Stack
from tests.oracle import brute_force

LARGE = 10**5000


def domains(problem: Problem, layer: int = 0, axis: int = 0) -> dict[str, Domain]:
    one = problem.layers[layer]
    return {p.name: domain for p, domain in zip(one.kind.axis_parameters, one.domains[axis], strict=True)}


def test_the_default_limits() -> None:
    assert domains(ask(7, 28)) == {
        "kernel_size": (1, 2, 3, 4, 5, 6, 7),
        "stride": (1, 2, 3, 4),
        "padding": (0, 1, 2, 3),
        "dilation": (1,),
        "output_padding": (0, 1, 2, 3),
    }
    assert domains(ask(28, 7, kernel_size=16, stride=8))["padding"] == tuple(range(9))
    wide = domains(ask(7, 99, kernel_size=16, stride=8))
    assert (wide["padding"], wide["output_padding"]) == (tuple(range(9)), tuple(range(8)))
    dilated = domains(ask(7, 28, kernel_size="1..3", dilation="1..6"))
    assert (dilated["padding"], dilated["output_padding"]) == (tuple(range(7)), tuple(range(6)))
    assert domains(ask(28, 7, stack="MaxPool()")) == {
        "kernel_size": (2, 3, 4, 5, 6, 7),
        "stride": (2, 3, 4, 5, 6, 7),
        "padding": (0,),
        "dilation": (1,),
    }


def test_limits_follow_the_axis() -> None:
    problem = ask((28, 28), (14, 14), kernel_size="3x7")
    assert [domains(problem, axis=axis)["padding"] for axis in (0, 1)] == [(0, 1), (0, 1, 2, 3)]


def test_options_are_the_domains_of_holes_and_leave_what_the_stack_says() -> None:
    problem = ask(28, 7, stack="Conv(k=5) >> MaxPool() >> Conv()", kernel_size={3, 5}, stride=2)
    assert [domains(problem, place)["kernel_size"] for place in range(3)] == [(5,), (3, 5), (3, 5)]
    # a pool's stride is no hole: left out it is the kernel's
    assert [domains(problem, place)["stride"] for place in range(3)] == [(2,), (3, 5), (2,)]


def test_a_statement_has_torchs_defaults() -> None:
    conv, pool = statement("Conv(k=3) >> MaxPool(2)", Shape(None, (9, 9)))
    assert conv.domains == (((3,), (1,), (0,), (1,)),) * 2
    assert pool.domains == (((2,), (2,), (0,), (1,)),) * 2
    assert all(len(domain) == 1 for domain in conv.domains[0])
    assert any(len(domain) > 1 for domain in ask(7, 28).layers[0].domains[0])
    assert pool.kind.follows("stride")
    assert not conv.kind.follows("stride")


@pytest.mark.parametrize(
    ("source", "target", "kind"),
    [("7", "28", "ConvTranspose"), ("28", "7", "Conv"), ("7", "7", "Conv"), ("7x7", "7x8", "ConvTranspose")],
)
def test_auto_looks_at_the_direction(source: str, target: str, kind: str) -> None:
    assert ask(source, target).layers[0].kind.name == kind
    assert ask(source, target, layer="auto", layers=2).layers[1].kind.name == kind
    assert ask(source, target, layer="conv").layers[0].kind.name == "Conv"


def tied(*names: str, free: tuple[str, ...] = ()) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(names, (0, 0)) | dict.fromkeys(free, (0, 1))


KSD = ("kernel_size", "stride", "dilation")
PADS = ("padding", "output_padding")


@pytest.mark.parametrize(
    ("source", "target", "said", "ties"),
    [
        # kernel_size, stride, dilation are equal; the others too where both axes ask the same
        ("4x4", "8x8", {}, tied(*KSD, *PADS)),
        ("4x4", "8x9", {}, tied(*KSD, free=PADS)),
        ("4x5", "8x8", {}, tied(*KSD, free=PADS)),
        ("4x4", "8x8", {"kernel_size": "3x3"}, tied("stride", "dilation", *PADS, free=("kernel_size",))),
        ("4x4", "8x8", {"kernel_size": "3x5"}, tied("stride", "dilation", free=("kernel_size", *PADS))),
        ("4x4", "8x8", {"padding": (1, "0..3")}, tied(*KSD, free=PADS)),
        ("4x4", "8x8", {"tie": "none"}, tied(free=PARAMETERS)),
        ("4x5", "8x8", {"tie": "all"}, tied(*PARAMETERS)),
        ("4x4", "8x8", {"tie": "stride, kernel-size"}, tied("stride", "kernel_size", free=("dilation", *PADS))),
        ("4x4", "8x8", {"tie": ["dilation"]}, tied("dilation", free=("kernel_size", "stride", *PADS))),
        ("4x4", "8x8", {"tie": []}, tied(free=PARAMETERS)),
        ("8x8", "4x4", {"stack": "MaxPool()"}, tied("kernel_size", "stride")),
        ("8x8", "4x4", {"stack": "MaxPool((2, 2))"}, tied(free=("kernel_size", "stride"))),
        ("8x8", "4x2", {"stack": "MaxPool((2, 4))"}, tied(free=("kernel_size", "stride"))),
        ("8x8", "4x4", {"stack": "MaxPool((2, 2), stride=2)"}, tied("stride", free=("kernel_size",))),
    ],
)
def test_ties(source: str, target: str, said: dict[str, Any], ties: dict[str, tuple[int, int]]) -> None:
    problem = ask(source, target, **said)
    kind = problem.layers[0].kind
    found = {p.name: tie for p, tie in zip(kind.axis_parameters, problem.ties[0], strict=True)}
    assert {name: found[name] for name in ties} == ties


def test_a_domain_anywhere_in_the_stack_unties_the_axes_everywhere() -> None:
    problem = ask("8x8", "8x8", stack="Conv() >> Conv(padding=(1, 2))")
    assert [ties[2] for ties in problem.ties] == [(0, 1), (0, 1)]


def test_three_axes_are_tied_by_twos() -> None:
    assert ask("4x5x4", "8x8x8").ties[0][2] == (0, 1, 0)


def total(problem: Problem) -> int:
    """How many combinations a problem has, by its domains, ties and size maps, one after the other."""
    every = []
    for layer, ties in zip(problem.layers, problem.ties, strict=True):
        legal = [list(layer.kind.settings(axis)) for axis in layer.domains]
        every.append(
            [
                (layer.kind, settings)
                for settings in product(*legal)
                if all(
                    settings[axis][place] == settings[leaders[axis]][place]
                    for place, leaders in enumerate(ties)
                    for axis in range(problem.axes)
                )
            ]
        )
    found = 0
    for chosen in product(*every):
        for axis in range(problem.axes):
            size: int | None = problem.input.size[axis]
            for kind, settings in chosen:
                size = None if size is None else kind.size_map(settings[axis]).out(size)
            if size != problem.target.size[axis]:
                break
        else:
            found += 1
    return found


@pytest.mark.parametrize(("layers", "number"), [(1, 12), (2, 865)])
def test_the_totals_of_the_interface(layers: int, number: int) -> None:
    assert brute_force.count([7], [28], [brute_force.layer("conv_transpose", 1)] * layers) == number
    assert total(ask(7, 28, layers=layers)) == number


MAKERS = {"conv": Conv, "conv_transpose": ConvTranspose, "max_pool": MaxPool, "avg_pool": AvgPool}


def drawn_question(draw: Random) -> tuple[Problem, list[brute_force.Layer]]:
    """A question small enough to try every number, once for convsolve and once for the oracle."""
    axes = draw.choice([1, 1, 2, 2, 3])
    number = draw.choice([1, 1, 2]) if axes < 3 else 1
    mine, theirs = Stack(()), []
    for _ in range(number):
        kind = draw.choice(list(MAKERS))
        limits = {"kernel_size": 4, "stride": 3, "padding": 2, "dilation": 2, "output_padding": 2}
        names = list(PARAMETERS) if kind == "conv_transpose" else list(PARAMETERS[:4])
        said: dict[str, Any] = {}
        meant: dict[str, Any] = {}
        for name in names[:3] if kind == "avg_pool" else names:
            least = 0 if "padding" in name else 1
            if axes == 1 and number == 1 and draw.random() < 0.4:
                continue  # a hole: the default limits are compared
            if kind in brute_force.POOLS and name == "stride" and draw.random() < 0.5:
                continue

            def some(low: int = least, high: int = limits[name]) -> tuple[int, ...]:
                return tuple(sorted(draw.sample(range(low, high + 1), draw.randint(1, 2))))

            if axes > 1 and draw.random() < 0.25:
                each = [some() for _ in range(axes)]
                said[name], meant[name] = tuple(map(set, each)), each
            else:
                one = some()
                said[name], meant[name] = set(one), one
        ceil_mode = kind in brute_force.POOLS and draw.random() < 0.5
        if ceil_mode:
            said["ceil_mode"] = True
        mine = mine >> MAKERS[kind](**said)
        theirs.append(brute_force.layer(kind, axes, ceil_mode=ceil_mode, **meant))
    source = tuple(draw.choices([draw.randint(2, 8), draw.randint(2, 12)], k=axes))
    target = tuple(draw.choices([draw.randint(1, 8), draw.randint(1, 8)], k=axes))
    tie = draw.choice(["default", "default", "default", "none", "all", "kernel_size,stride"])
    return ask(source, target, stack=mine, tie=tie), theirs


def test_limits_ties_and_maps_count_what_brute_force_counts() -> None:
    draw = Random(9)
    counts = []
    for _ in range(400):
        problem, layers = drawn_question(draw)
        if prod(len(domain) for layer in problem.layers for axis in layer.domains for domain in axis) > 200_000:
            continue
        counts.append(brute_force.count(problem.input.size, problem.target.size, layers, problem.tie))
        assert total(problem) == counts[-1], problem
    assert len(counts) > 300
    assert sum(number > 0 for number in counts) > 50


@pytest.mark.parametrize(
    ("source", "target", "said", "chain"),
    [
        ("128@4", "3@64", {"layers": 4}, (128, 64, 32, 16, 3)),
        ("128@4", "3@64", {"layers": 4, "channels": "128,64,32,16,3"}, (128, 64, 32, 16, 3)),
        ("4", "64", {"layers": 2, "channels": [8, 4, 2]}, (8, 4, 2)),
        ("3@64", "128@4", {"layers": 4}, (3, 16, 32, 64, 128)),
        ("16@4", "8@64", {"layers": 4}, (16, 8, 8, 8, 8)),
        ("4", "64", {"layers": 2}, (None, None, None)),
        ("8@4", "64", {"layers": 2}, (8, None, None)),
        ("3@8", "3@8", {"stack": "Conv() >> ConvTranspose()"}, (3, 6, 3)),
        ("3@8", "8", {"stack": "Conv(c=6) >> MaxPool(2) >> Conv(c=9)"}, (3, 6, 6, 9)),
        ("3@8", "4", {"stack": "MaxPool(2)"}, (3, 3)),
        ("8", "5@4", {"stack": "MaxPool(2)"}, (5, 5)),
    ],
)
def test_channels(source: str, target: str, said: dict[str, Any], chain: tuple[int | None, ...]) -> None:
    assert ask(source, target, **said).channels == chain


DEPTHS = "\n  help: write a number (4), or what it may be (2..6)"
HELP = "\n  help: write one number more than there are convolutions: 128,64,32,16,3"
AGREE = "\n  help: --channels, the shapes' C@ and out_channels must agree"


@pytest.mark.parametrize(
    ("source", "target", "said", "text"),
    [
        (
            "4x4",
            "8",
            {},
            (
                "[dimension-mismatch]: input 4x4 has 2 axes, target 8 has 1\n"
                "  help: give one size an axis on both sides, as in 4x4 8x8"
            ),
        ),
        (
            "4x8",
            "8x4",
            {},
            (
                "[mixed-directions]: from 4x8 to 8x4 one axis grows and another shrinks\n"
                '  help: write the layers, as in --stack "Conv() >> ConvTranspose()"'
            ),
        ),
        (
            "4",
            "8",
            {"stack": "Conv()", "layers": 2},
            "[usage]: a stack already says its layers\n  help: leave out --layer and --layers",
        ),
        ("4", "8", {"stack": Stack(())}, "[bad-stack]: the stack has no layers\n  help: write one, as in Conv()"),
        ("4", "8", {"layers": 0}, "[bad-value]: layers must be a number from 1 to 1000, not '0'" + DEPTHS),
        ("4", "8", {"layers": 1001}, "[bad-value]: layers must be a number from 1 to 1000, not '1001'" + DEPTHS),
        (
            "4",
            "8",
            {"layers": LARGE},
            "[bad-value]: layers must be a number from 1 to 1000, not a value of type int" + DEPTHS,
        ),
        ("4", "8", {"layers": "3..2"}, "[empty-domain]: layers: the range 3..2 is empty\n  help: write 2..3"),
        (
            "8",
            "4",
            {"layer": "max_pool"},
            '[usage]: --layer max_pool is not conv, conv_transpose or auto\n  help: write --stack "MaxPool()"',
        ),
        ("8", "4", {"layer": "con"}, "[unknown-kind]: --layer 'con' is not known\n  help: did you mean 'conv'?"),
        (
            "8",
            "4",
            {"output_padding": 1},
            (
                "[unknown-parameter]: output_padding was given, and no layer (Conv) leaves it open\n"
                "  help: leave out --output-padding, or change the layers"
            ),
        ),
        (
            "8",
            "4",
            {"stack": "MaxPool(2)", "padding": 1},
            (
                "[unknown-parameter]: padding was given, and no layer (MaxPool) leaves it open\n"
                "  help: leave out --padding, or change the layers"
            ),
        ),
        (
            "28",
            "7",
            {"stack": "Conv(k=3) >> MaxPool(2) >> Conv(k=5)", "kernel_size": 5},
            (
                "[unknown-parameter]: kernel_size was given, and no layer (Conv, MaxPool) leaves it open\n"
                "  help: leave out --kernel-size, or leave kernel_size out of a layer"
            ),
        ),
        (
            "8x8",
            "4x4",
            {"kernel_size": "3x3x3"},
            (
                "[dimension-mismatch]: kernel_size 3x3x3 has 3 axes, the sizes have 2\n"
                "  help: give one domain for all axes, or 2"
            ),
        ),
        ("8", "4", {"stride": 0}, f"[bad-value]: stride must be at least 1, not 0\n  help: {EXAMPLES}"),
        (
            "8",
            "4",
            {"tie": "strides"},
            "[unknown-parameter]: --tie: 'strides' is no parameter\n  help: did you mean 'stride'?",
        ),
        (
            "8",
            "4",
            {"tie": ["none", "stride"]},
            "[bad-value]: tie: none stands alone\n  help: write none, or only parameters",
        ),
        ("8", "4", {"tie": 3}, "[bad-value]: tie: '3' is no list of parameters"),
        ("8", "4", {"channels": 3}, f"[bad-channels]: channels: '3' is no list{HELP}"),
        ("8", "4", {"channels": "3,x"}, f"[bad-channels]: channels: 'x' is no number of channels{HELP}"),
        ("8", "4", {"channels": "3,0"}, f"[bad-channels]: channels: '0' is no number of channels{HELP}"),
        ("8", "4", {"channels": "3,\uff13"}, f"[bad-channels]: channels: '\\uff13' is no number of channels{HELP}"),
        ("8", "4", {"channels": [3, True]}, f"[bad-channels]: channels: 'True' is no number of channels{HELP}"),
        (
            "8",
            "4",
            {"channels": [3, LARGE]},
            f"[bad-channels]: channels: a value of type int is no number of channels{HELP}",
        ),
        (
            "8",
            "4",
            {"channels": "3"},
            (
                "[bad-channels]: 1 channels for 1 convolution(s)\n"
                "  help: give 2 numbers, one more than there are convolutions"
            ),
        ),
        ("3@8", "4", {"channels": "4,8"}, f"[bad-channels]: 4 channels and 3 channels at the same place{AGREE}"),
        ("8", "3@4", {"stack": "Conv(c=4)"}, f"[bad-channels]: 4 channels and 3 channels at the same place{AGREE}"),
        ("3@8", "4@4", {"stack": "MaxPool(2)"}, f"[bad-channels]: 3 channels and 4 channels at the same place{AGREE}"),
        (
            "3@8",
            "4@4",
            {"stack": "Conv(groups=2)"},
            (
                "[bad-groups]: layer 0 (Conv): 3 channels do not divide into 2 groups\n"
                "  help: channels must be multiples of groups"
            ),
        ),
        (
            "8",
            "4",
            {"stack": Conv(c=6) >> Norm("group", 4)},
            (
                "[bad-groups]: layer 1 (Norm): 6 channels do not divide into 4 groups\n"
                "  help: channels must be multiples of groups"
            ),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_asked(source: str, target: str, said: dict[str, Any], text: str) -> None:
    with pytest.raises(Error) as caught:
        ask(source, target, **said)
    assert str(caught.value) == f"error{text}"


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("7", "28", {}),
        ("128@4x4", "3@61x79", {"layers": 4, "kernel_size": {3, 5}, "tie": "none"}),
        (
            "8x9",
            "4x4",
            {"stack": "Conv(k=(3, '1..5'), p='same') >> Norm('group', 4) >> MaxPool() >> AvgPool(2, s='1..3')"},
        ),
        ("46x62", "368x489", {"kernel_size": 16, "stride": 8, "tie": ["stride"]}),
        ("28x28x28", "14x14x14", {"kernel_size": "3x7x3"}),
        ("8", "4", {"stack": "Conv() >> MaxPool() >> Conv()", "channels": "3,5,70"}),
        ("8", "4", {"stack": "Conv() >> MaxPool() >> Conv()", "channels": [3, None, None]}),
    ],
)
def test_a_question_is_asked_again_by_its_record(source: str, target: str, said: dict[str, Any]) -> None:
    problem = ask(source, target, **said)
    record = problem.to_dict()
    again = ask(record.pop("input"), record.pop("target"), **record)
    assert (again.layers, again.ties, again.channels) == (problem.layers, problem.ties, problem.channels)
    assert again.to_dict() == problem.to_dict()
    assert pickle.loads(pickle.dumps(problem)) == problem  # noqa: S301 - our own


def test_the_shapes_of_a_question() -> None:
    problem = ask("3@8x9", (4, 4))
    assert (problem.input.shape, problem.target.shape, problem.axes) == (Shape(3, (8, 9)), Shape(None, (4, 4)), 2)
