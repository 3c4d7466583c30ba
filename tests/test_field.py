"""Receptive field, jump and centre against what torch's outputs depend on, axis by axis."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import prod

import pytest
import torch
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from torch import nn

from convsolve.answer import Status
from convsolve.layers.base import SizeKeeping
from convsolve.registry import KINDS
from convsolve.solving import solve
from convsolve.tracing import trace
from tests.command_line import convsolve
from tests.oracle import drawn, torch_run
from tests.records import valid

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")


def seen(specs: list[drawn.Spec], size: tuple[int, ...], axis: int) -> list[list[float]]:
    """For each input place on the axis, which outputs on that axis it reaches: by torch, with a slab of ones there.

    With positive weights nothing cancels, and a maximum passes a slab on as a sum does; 0 and 1 again behind every
    layer, so that nothing overflows.
    """
    x = torch.zeros(size[axis], 1, *size, dtype=torch.float64)
    for place in range(size[axis]):
        x[place].select(1 + axis, place).fill_(1.0)
    for spec in specs:
        module = torch_run.module(spec, len(size), 1).double()
        for parameter in module.parameters():
            torch.nn.init.ones_(parameter)
        with torch.no_grad():
            x = (module(x) > 0).double()
    others = [1 + place for place in range(1, 1 + len(size)) if place != 1 + axis]
    reached = x.amax(dim=others) if others else x
    return [[float(value) for value in column] for column in reached.reshape(size[axis], -1).T]


def span(column: list[float]) -> tuple[int, int] | None:
    """The first and last input that an output sees."""
    places = [place for place, sees in enumerate(column) if sees]
    return (places[0], places[-1]) if places else None


@st.composite
def stacks(draw: st.DrawFn, kinds: tuple[str, ...]) -> tuple[int, list[drawn.Spec]]:
    """One to three axes and as many layers; padding of zeros, as another shows an output the other border."""
    dims = draw(st.sampled_from([1, 1, 2, 3]))
    random = draw(st.randoms(use_true_random=False))
    plain = {"out_channels": 1, "groups": 1, "bias": False}
    specs = []
    for _ in range(draw(st.integers(1, 4 - dims if dims > 1 else 3))):
        spec = drawn.layer(random, dims, 1, kinds)
        if "out_channels" in spec:
            spec |= plain | ({"padding_mode": "zeros"} if spec["kind"] == "Conv" else {})
        specs.append(spec)
    return dims, specs


@settings(max_examples=80, derandomize=True, deadline=None)
@given(stacks(("Conv", "Conv", "MaxPool", "AvgPool", "Act")))
def test_of_convolutions_and_pools_every_number_is_exact(stack: tuple[int, list[drawn.Spec]]) -> None:
    dims, specs = stack
    probe = trace(torch_run.text(specs), (200,) * dims)
    assume(probe.valid)
    found = probe.fields[-1]
    # So long that one output in the middle sees no border of any layer.
    reach = max(4 * field + 2 * int(jump) for field, jump in zip(found.size, found.jump, strict=True))
    assume(reach <= {1: 120, 2: 40, 3: 20}[dims])
    size = (reach,) * dims
    passed = trace(torch_run.text(specs), size)
    assume(passed.valid)
    assert passed.fields == probe.fields or any("p" in spec and spec["p"] == "same" for spec in specs)
    for axis, (field, jump, centre) in enumerate(zip(*passed.fields[-1], strict=True)):
        columns = seen(specs, size, axis)
        middle = min(range(len(columns)), key=lambda place: abs(jump * place + centre - Fraction(reach - 1, 2)))
        first, last = span(columns[middle]) or (0, -1)
        assert last - first + 1 == field, (specs, axis)
        assert Fraction(first + last, 2) == jump * middle + centre, (specs, axis)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(stacks(("Conv", "ConvTranspose", "ConvTranspose", "MaxPool", "AvgPool", "Act")))
def test_of_no_stack_a_field_is_too_small_or_far_from_its_centre(stack: tuple[int, list[drawn.Spec]]) -> None:
    dims, specs = stack
    size = ({1: 40, 2: 14, 3: 8}[dims],) * dims
    passed = trace(torch_run.text(specs), size)
    assume(passed.valid and prod(passed.sizes[-1]) < 10_000)
    for axis, (field, jump, centre) in enumerate(zip(*passed.fields[-1], strict=True)):
        # Of a transposed convolution an output may see one input, a hole's width, more on one side than on the other.
        before = [Fraction(1), *(behind.jump[axis] for behind in passed.fields)]
        up = [place for place, spec in enumerate(specs) if spec["kind"] == "ConvTranspose"]
        slack = sum((before[place] * specs[place]["d"][axis] for place in up), Fraction(0))
        for place, column in enumerate(seen(specs, size, axis)):
            first, last = span(column) or (0, -1)
            assert last - first + 1 <= field, (specs, axis)
            middle = jump * place + centre
            borders = min(middle, size[axis] - 1 - middle)  # three fields away from both no layer's border is seen
            if borders >= 3 * field and first <= last:
                assert abs(Fraction(first + last, 2) - middle) <= slack, (specs, axis, place)
                event("a place was compared")


def test_the_middle_of_a_transposed_convolution_is_right_on_average() -> None:
    for kernel_size, stride, padding, dilation in [
        (4, 2, 1, 1),
        (5, 3, 0, 1),
        (3, 4, 1, 1),
        (2, 2, 0, 3),
        (7, 4, 3, 1),
    ]:
        spec: drawn.Spec = {"kind": "ConvTranspose", "k": (kernel_size,), "s": (stride,), "p": (padding,)}
        spec |= {"d": (dilation,), "out_channels": 1, "bias": False}
        (field,) = trace(torch_run.text([spec]), 24).fields
        columns = seen([spec], (24,), 0)
        start = stride * 8
        period = [(place, span(columns[place])) for place in range(start, start + stride)]
        middles = [Fraction(sum(ends), 2) - field.jump[0] * place for place, ends in period if ends]
        if len(middles) == stride:
            assert sum(middles) / stride == field.centre[0], spec


BY_HAND: list[tuple[str, int, int, str, str]] = [
    ("Conv(k=3)", 8, 3, "1", "1"),
    ("Conv(k=3, p=1)", 8, 3, "1", "0"),
    ("Conv(k=4, s=2, p=1)", 8, 4, "2", "1/2"),
    ("Conv(k=4, padding='same')", 8, 4, "1", "1/2"),
    ("MaxPool(2)", 8, 2, "2", "1/2"),
    ("AvgPool(3, s=2, p=1)", 8, 3, "2", "0"),
    ("Conv(k=7, s=2, p=3) >> MaxPool(3, s=2, p=1)", 64, 11, "4", "0"),
    ("ConvTranspose(k=4, s=2, p=1)", 8, 2, "1/2", "-1/4"),
    ("ConvTranspose(k=2, s=2)", 8, 1, "1/2", "-1/4"),
    ("Conv(k=4, s=2, p=1) >> ConvTranspose(k=4, s=2, p=1)", 8, 6, "1", "0"),
]


@pytest.mark.parametrize(("stack", "size", "field", "jump", "centre"), BY_HAND, ids=str)
def test_by_hand(stack: str, size: int, field: int, jump: str, centre: str) -> None:
    found = trace(stack, size).fields[-1]
    assert found.to_dict() == {"receptive_field": [field], "jump": [jump], "centre": [centre]}


@pytest.mark.parametrize(("strided", "field"), [(0, 483), (1, 427)], ids=["in the 1x1", "in the 3x3"])
def test_resnet_50_has_the_field_of_the_article(strided: int, field: int) -> None:
    """483 in its table, for blocks that stride in their first convolution; torchvision's stride in the second."""
    text = "Conv(k=7, s=2, p=3) >> MaxPool(3, s=2, p=1)"
    for blocks, stride in [(3, 1), (4, 2), (6, 2), (3, 2)]:
        for place in range(blocks):
            steps = [stride if place == 0 and at == strided else 1 for at in (0, 1)]
            text += f" >> Conv(k=1, s={steps[0]}) >> Conv(k=3, p=1, s={steps[1]}) >> Conv(k=1)"
    found = trace(text, 1024).fields[-1]
    assert found.to_dict() == {"receptive_field": [field], "jump": ["32"], "centre": ["0"]}


def test_a_trace_shows_them() -> None:
    stack = "Conv(k=4, s=2, p=1) >> ConvTranspose(k=(2, 4), s=(2, 4))"
    said = convsolve("trace", stack, "--input", "8x8", terminal=True)
    assert said.out.endswith("\nreceptive field 4, jump 1x1/2, centre of the first at 0x-1/4\n")
    record = json.loads(convsolve("trace", stack, "--input", "8x8", "--json").out)
    assert record["fields"] == [
        {"receptive_field": [4, 4], "jump": ["2", "2"], "centre": ["1/2", "1/2"]},
        {"receptive_field": [4, 4], "jump": ["1", "1/2"], "centre": ["0", "-1/4"]},
    ]
    assert json.loads(convsolve("trace", "Conv(k=9)", "--input", "8", "--json").out)["fields"] == []


OTHERS: list[tuple[str, Callable[[], nn.Module], int, int]] = [
    ("AdaptiveAvgPool(3)", lambda: nn.AdaptiveAvgPool1d(3), 1, 12),
    ("AdaptiveAvgPool(4)", lambda: nn.AdaptiveAvgPool1d(4), 1, 10),
    ("AdaptiveMaxPool(5)", lambda: nn.AdaptiveMaxPool1d(5), 1, 13),
    ("AdaptiveMaxPool(7)", lambda: nn.AdaptiveMaxPool1d(7), 1, 3),
    ("Upsample(3)", lambda: nn.Upsample(scale_factor=3), 1, 6),
    ("Upsample(1.5)", lambda: nn.Upsample(scale_factor=1.5), 1, 8),
    ("Upsample(size=15)", lambda: nn.Upsample(size=15), 1, 6),
    ("Upsample(size=6)", lambda: nn.Upsample(size=6), 1, 15),
    ("Upsample(size=4)", lambda: nn.Upsample(size=4), 1, 12),
    ('Upsample(2, mode="nearest-exact")', lambda: nn.Upsample(scale_factor=2, mode="nearest-exact"), 1, 6),
    ('Upsample(size=6, mode="nearest-exact")', lambda: nn.Upsample(size=6, mode="nearest-exact"), 1, 15),
    ('Upsample(size=9, mode="nearest-exact")', lambda: nn.Upsample(size=9, mode="nearest-exact"), 1, 6),
    ('Upsample(size=6, mode="nearest-exact")', lambda: nn.Upsample(size=6, mode="nearest-exact"), 1, 4),
    ('Upsample(2, mode="bilinear")', lambda: nn.Upsample(scale_factor=2, mode="bilinear"), 2, 5),
    ('Upsample(size=9, mode="linear")', lambda: nn.Upsample(size=9, mode="linear"), 1, 6),
    ('Upsample(size=9, mode="linear", align_corners=True)',
     lambda: nn.Upsample(size=9, mode="linear", align_corners=True), 1, 6),
    ("Pad((2, 1))", lambda: nn.ZeroPad1d((2, 1)), 1, 6),
    ("Crop((2, 1))", lambda: nn.ZeroPad1d((-2, -1)), 1, 9),
    ("PixelUnshuffle(3)", lambda: nn.PixelUnshuffle(3), 2, 9),
    ("PixelShuffle(2)", lambda: nn.PixelShuffle(2), 2, 5),
    ("Flatten()", nn.Flatten, 1, 6),
]  # fmt: skip


@pytest.mark.parametrize(("stack", "built", "dims", "size"), OTHERS, ids=[f"{case[0]} of {case[3]}" for case in OTHERS])
def test_of_other_kinds_fields_hold_what_is_seen_around_their_centres(
    stack: str, built: Callable[[], nn.Module], dims: int, size: int
) -> None:
    """An output may see a part of an element more on one side; over all outputs that evens out."""
    channels = 4 if stack.startswith("PixelShuffle") else 1
    (found,) = trace(stack, f"{channels}@{'x'.join([str(size)] * dims)}").fields
    x = torch.zeros(size, channels, *(size,) * dims, dtype=torch.float64)
    for place in range(size):
        x[place, :, place] = 1.0
    y = built()(x).flatten(3) if dims == 2 else built()(x)
    # which outputs on the first axis each place reaches
    reached = (
        (y.reshape(size, y.shape[1], y.shape[2], -1) if y.dim() > 2 else y.unsqueeze(2).unsqueeze(3)).amax(1).amax(-1)
    )
    spans = [(place, span([float(value) for value in column])) for place, column in enumerate(reached.T)]
    seen_at = [(place, ends) for place, ends in spans if ends is not None]
    away = [Fraction(sum(ends), 2) - (found.jump[0] * place + found.centre[0]) for place, ends in seen_at]
    assert all(last - first + 1 <= found.size[0] for _, (first, last) in seen_at)
    assert all(abs(distance) <= 1 for distance in away)
    assert sum(away) == 0


@pytest.mark.parametrize("kind", ["AdaptiveAvgPool", "AdaptiveMaxPool"])
def test_of_an_adaptive_pool_the_field_is_exact_where_the_output_divides_the_input(kind: str) -> None:
    """By torch, with a difference in each window; neighbours together through a Conv behind the pool."""
    for size, out in product(range(1, 16), range(1, 16)):
        pool = nn.AdaptiveAvgPool1d(out)
        reached = pool(torch.eye(size, dtype=torch.float64).unsqueeze(1)).squeeze(1).T
        for width in range(1, min(out, 3) + 1):
            together = [reached[place : place + width].sum(0).tolist() for place in range(out - width + 1)]
            most = max(last - first + 1 for first, last in filter(None, map(span, together)))
            stack = f"{kind}({out}) >> Conv(k={width})"
            found = trace(stack, size).fields[-1].size[0]
            if size % out == 0:
                assert found == most, (size, out, width)
            assert found >= most, (size, out, width)


@pytest.mark.parametrize(("size", "out", "field"), [(14, 7, 2), (12, 3, 4), (9, 3, 3), (8, 4, 2), (6, 6, 1)])
def test_conditions_and_objectives_know_the_field_of_an_adaptive_pool(size: int, out: int, field: int) -> None:
    stack = f"AdaptiveAvgPool({out})"
    assert solve(size, out, stack=stack, where=f"receptive_field == {field}").status is Status.SOLVED
    assert solve(size, out, stack=stack, where=f"receptive_field != {field}").status is Status.IMPOSSIBLE
    best = solve(size, out, stack=stack, minimize="receptive_field")
    assert (best.values, best.optimal) == ((field,), True)


def test_the_largest_field_through_an_adaptive_pool_is_proved() -> None:
    best = solve("3@32x32", "8@5x5", stack="Conv(c=8)*2 >> AdaptiveAvgPool(5)", maximize="receptive_field", count=1)
    assert best.optimal
    assert best.values == (sum(best.solutions[0].costs.receptive_field or ()),)


def test_every_kind_is_looked_at() -> None:
    looked_at = {"Conv", "ConvTranspose", "MaxPool", "AvgPool", *(stack.partition("(")[0] for stack, *_ in OTHERS)}
    without_axes = {"Linear", "Unflatten"}
    keeping = {name for name, kind in KINDS.items() if issubclass(kind, SizeKeeping)}
    assert set(KINDS) == looked_at | without_axes | keeping


def test_channels_alone_have_no_field() -> None:
    found = trace("Unflatten(4, (4, 4)) >> ConvTranspose(k=4, s=2, p=1, c=3)", "64@")
    assert [field.size for field in found.fields] == [(), ()]
    shown = convsolve("trace", "Unflatten(4, (4, 4)) >> ConvTranspose(k=4, s=2, p=1, c=3)", "--input", "64@")
    assert (shown.code, shown.err.splitlines()[-1]) == (0, "channels without axes have no receptive field")
    record = json.loads(convsolve("trace", "Unflatten(4, (4, 4))", "--input", "64@", "--json").out)
    valid(record, "trace")
