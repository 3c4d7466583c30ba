from __future__ import annotations

from collections.abc import Iterator
from math import prod
from random import Random

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from convsolve.costs import Costs, costs_of, receptive_field
from convsolve.tracing import Trace, trace
from tests.oracle import drawn, torch_run


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    # small tensors: waking a second thread costs more than it saves
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


WINDOWED = ("Conv", "MaxPool", "AvgPool")


def legal(seed: int, number: int, kinds: tuple[str, ...], most: int = 4) -> list[tuple[Trace, list[drawn.Spec]]]:
    """So many drawn stacks that trace accepts."""
    draw = Random(seed)
    found: list[tuple[Trace, list[drawn.Spec]]] = []
    while len(found) < number:
        channels, size, specs = drawn.stack(draw, kinds, most=most, legal=1)
        traced = trace(torch_run.text(specs), f"{channels}@{'x'.join(map(str, size))}")
        if traced.valid:
            found.append((traced, specs))
    return found


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # torch on even kernels: a slow copy, no fault
def test_params_and_macs_are_what_torch_counts() -> None:
    seen = set()
    for traced, specs in legal(4, 300, ("Conv", "ConvTranspose")):
        channels = traced.input.channels
        assert channels is not None
        with torch.device("meta"):
            modules = []
            for spec, layer in zip(specs, traced.layers, strict=True):
                modules.append(torch_run.module(spec, len(traced.input.size), layer.in_channels or 0))
            x = torch.zeros(1, channels, *traced.input.size)
        with FlopCounterMode(display=False) as counter:
            for module in modules:
                x = module(x)
        params = sum(p.numel() for module in modules for p in module.parameters())
        assert (traced.costs.params, traced.costs.macs) == (params, counter.get_total_flops() / 2), specs
        seen |= {(spec["kind"], len(traced.input.size), spec["groups"] > 1, spec["bias"]) for spec in specs}
    assert len(seen) == 2 * 3 * 2 * 2  # every kind, dimension, with and without groups and bias


def test_activations_and_peak_are_the_output_elements() -> None:
    for traced, _ in legal(5, 50, ("Conv", "ConvTranspose", "MaxPool", "Norm", "Act")):
        elements = [torch.zeros(layer.out_channels or 0, *layer.out_size).numel() for layer in traced.layers]
        assert (traced.costs.activations, traced.costs.peak) == (sum(elements), max(elements))


def test_a_known_network_stem() -> None:
    costs = trace(
        "Conv(c=64, k=7, s=2, p=3, bias=False) >> Norm('batch') >> Act('relu') >> MaxPool(3, s=2, p=1)", "3@224x224"
    ).costs
    assert costs.params == 9408
    assert costs.macs == 118_013_952
    assert costs.receptive_field == (11, 11)


def test_layers_without_weights_cost_nothing() -> None:
    assert trace("MaxPool(2) >> AvgPool(2) >> Act('prelu') >> Norm('group', 2)", "4@16x16").costs == Costs(
        params=0, macs=0, activations=4 * (64 + 16 * 3), peak=4 * 64, receptive_field=(4, 4)
    )


def test_unknown_channels_leave_the_receptive_field() -> None:
    assert trace("Conv(k=3) >> Conv(k=3, s=2)", "9x9").costs == Costs(None, None, None, None, (5, 5))


def test_of_no_layers() -> None:
    assert receptive_field([]) == ()
    assert costs_of([]) == Costs(0, 0, 0, 0, ())


def seen_by(specs: list[drawn.Spec], size: int) -> int:
    """The most input elements that one output lies across, by an impulse at each input in turn.

    With positive weights nothing cancels; a maximum passes an impulse on as a sum does.
    """
    x = torch.eye(size, dtype=torch.float64).reshape(size, 1, size)
    for spec in specs:
        module = torch_run.module(spec, 1, 1).double()
        for parameter in module.parameters():
            torch.nn.init.ones_(parameter)
        with torch.no_grad():
            x = module(x)
            x = (x > 0).double()
    spans = [0]
    for column in x[:, 0, :].T:
        seen = column.nonzero()
        if len(seen):
            spans.append(int(seen[-1] - seen[0]) + 1)
    return max(spans)


def stacks_in_one_dimension(seed: int, kinds: tuple[str, ...], number: int) -> list[list[drawn.Spec]]:
    draw = Random(seed)
    # padding with the input's own elements would let an output at one border see the other
    plain = {"out_channels": 1, "groups": 1, "bias": False}
    found: list[list[drawn.Spec]] = []
    while len(found) < number:
        specs = [drawn.layer(draw, 1, 1, kinds) for _ in range(draw.randint(1, 4))]
        specs = [spec | (plain if "out_channels" in spec else {}) for spec in specs]
        specs = [spec | ({"padding_mode": "zeros"} if spec["kind"] == "Conv" else {}) for spec in specs]
        if trace(torch_run.text(specs), 100).valid:
            found.append(specs)
    return found


@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_the_receptive_field_is_exact_for_convolutions_and_pools() -> None:
    exact = 0
    for specs in stacks_in_one_dimension(6, WINDOWED, 200):
        found = trace(torch_run.text(specs), 100)
        (field,) = found.costs.receptive_field or ()
        size = field + prod(layer.stride[0] for layer in found.layers)  # so long that some output sees no border
        if size <= 100:
            assert seen_by(specs, size) == field, specs
            exact += 1
    assert exact > 150


@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_the_receptive_field_is_never_too_small() -> None:
    for specs in stacks_in_one_dimension(7, (*WINDOWED, "ConvTranspose", "ConvTranspose"), 100):
        found = trace(torch_run.text(specs), 60)
        if found.valid:
            (field,) = found.costs.receptive_field or ()
            assert seen_by(specs, 60) <= field, specs


@pytest.mark.parametrize(
    ("stack", "field"),
    [
        ("Conv(k=3, d=4)", 9),
        ("Conv(k=(3)) * 3", 7),
        ("Conv(k=3, s=2) >> Conv(k=3)", 7),
        ("ConvTranspose(k=4, s=2, p=1)", 2),
        ("ConvTranspose(k=5, s=2)", 3),
        ("Conv(k=3, padding='same', d=3)", 7),
        ("Conv(k=3) >> ConvTranspose(k=2, s=2)", 3),
    ],
)
def test_receptive_fields_by_hand(stack: str, field: int) -> None:
    assert trace(stack, 64).costs.receptive_field == (field,)


def test_a_receptive_field_has_one_entry_an_axis() -> None:
    assert trace("Conv(k=(3, 5), s=(1, 2)) >> Conv(k=3)", (20, 20)).costs.receptive_field == (5, 9)


def test_the_record() -> None:
    assert Costs(1, 2, 3, 4, (5, 6)).to_dict() == {
        "params": 1,
        "macs": 2,
        "activations": 3,
        "peak": 4,
        "receptive_field": [5, 6],
    }
    assert Costs(None, None, None, None, None).to_dict()["receptive_field"] is None
