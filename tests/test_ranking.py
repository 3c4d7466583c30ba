from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsolve.posing import ask
from convsolve.ranking import Setting, Style, standard
from tests.benchmarks.ranking import (
    first_answers,
    given_is_first,
    load,
    repository,
    settings_of,
    style_without,
    users,
)
from tests.oracle import brute_force

STANDARD = standard()
active, change_cost = STANDARD.active, STANDARD.change_cost
layer_cost, layer_floor = STANDARD.layer_cost, STANDARD.layer_floor

KINDS = st.sampled_from(["conv", "conv_transpose", "max_pool", "avg_pool"])
SETTINGS = st.tuples(st.integers(1, 64), st.integers(1, 16), st.integers(0, 40), st.integers(1, 8), st.integers(0, 15))
SIZES = st.integers(1, 300)


def out_size(kind: str, setting: Setting, size: int) -> int:
    """The size behind a layer of one dimension; 0 where it is refused."""
    return brute_force.out_size(kind, 1, size, setting) or 0


@st.composite
def layers(draw: st.DrawFn) -> tuple[str, Setting, int, int]:
    kind, setting, size = draw(KINDS), draw(SETTINGS), draw(SIZES)
    if kind != "conv_transpose":
        setting = (*setting[:4], 0)
    out = out_size(kind, setting, size)
    if out < 1:  # rather a layer that keeps one element than none at all
        setting, size, out = (1, setting[1], 0, setting[3], 0), 1, 1
    return kind, setting, size, out


def test_the_table_is_what_the_stacks_give() -> None:
    assert standard().repositories == {key: len(names) for key, names in users().items()}


def test_leaving_a_repository_out_forgets_what_only_it_had() -> None:
    assert ("conv_transpose", (1024, 256, 0, 1, 0)) in style_without(None).repositories
    assert ("conv_transpose", (1024, 256, 0, 1, 0)) not in style_without("NVIDIA/waveglow").repositories


@given(layers())
def test_costs_are_integers_from_zero_and_never_below_their_floor(layer: tuple[str, Setting, int, int]) -> None:
    kind, setting, size, out = layer
    cost, floor = layer_cost(kind, setting, size, out), layer_floor(kind, setting, idle=True)
    assert isinstance(cost, int)
    assert isinstance(floor, int)
    assert 0 <= floor <= cost


@given(st.integers(1, 4096), st.integers(1, 4096), st.integers(0, 4096), st.integers(1, 4096), KINDS)
def test_extreme_settings_have_a_cost_too(kernel: int, stride: int, padding: int, dilation: int, kind: str) -> None:
    assert layer_floor(kind, (kernel, stride, padding, dilation, 0), idle=True) >= 0


@given(st.integers(1, 64), st.integers(2, 16), st.integers(0, 40), st.integers(1, 8), st.integers(0, 40))
def test_an_idle_stride_comes_after_the_value_1(
    kernel: int, stride: int, padding: int, dilation: int, output_padding: int
) -> None:
    setting = (kernel, stride, padding, dilation, output_padding)
    plain = (kernel, 1, padding, dilation, output_padding)
    out = out_size("conv_transpose", setting, 1)
    assert layer_cost("conv_transpose", plain, 1, out) < layer_cost("conv_transpose", setting, 1, out)
    window = dilation * (kernel - 1) + 1
    if window > 2 * padding:
        size = window - 2 * padding  # a convolution at one position
        for kind in ("conv", "max_pool", "avg_pool"):
            one = layer_cost(kind, (kernel, 1, padding, dilation, 0), size, 1)
            assert one < layer_cost(kind, (kernel, stride, padding, dilation, 0), size, 1)


@given(KINDS, st.integers(1, 16), st.integers(0, 3), st.integers(2, 8), st.integers(8, 100))
def test_an_idle_dilation_comes_after_the_value_1(
    kind: str, stride: int, padding: int, dilation: int, size: int
) -> None:
    plain, idle = (1, stride, padding, 1, 0), (1, stride, padding, dilation, 0)
    out = out_size(kind, plain, size)
    if out >= 1:
        assert layer_cost(kind, plain, size, out) < layer_cost(kind, idle, size, out)


def test_idle_parameters_are_none() -> None:
    assert active("conv", (4, 1, 0, 1, 0), 4, 1) == (4, None, 0, 1, 0)
    assert active("conv", (1, 2, 0, 3, 0), 8, 4) == (1, 2, 0, None, 0)
    assert active("conv_transpose", (4, 1, 0, 1, 0), 1, 4) == (4, None, 0, 1, 0)
    assert active("conv_transpose", (4, 2, 1, 1, 0), 2, 4) == (4, 2, 1, 1, 0)
    assert active("max_pool", (2, 2, 0, 1, 0), 2, 1) == (2, None, 0, 1, 0)


@given(KINDS, SETTINGS, SETTINGS)
def test_a_change_from_or_to_an_idle_value_is_free(kind: str, one: Setting, other: Setting) -> None:
    same_but_stride = (one[0], other[1], *one[2:])
    idle = (one[0], None, *one[2:])
    assert change_cost(kind, idle, same_but_stride) == change_cost(kind, same_but_stride, idle) == 0
    same_but_dilation = (1, one[1], one[2], other[3], one[4])
    undilated = (1, one[1], one[2], None, one[4])
    assert change_cost(kind, undilated, same_but_dilation) == change_cost(kind, same_but_dilation, undilated) == 0


@given(KINDS, SETTINGS, SETTINGS)
def test_change_costs_nothing_only_where_nothing_changes(kind: str, one: Setting, other: Setting) -> None:
    assert (change_cost(kind, one, other) == 0) == (one == other)
    assert change_cost(kind, one, other) >= 0


@pytest.mark.parametrize(
    ("kind", "better", "worse", "size"),
    [
        pytest.param("conv_transpose", (4, 2, 1, 1, 0), (3, 2, 1, 1, 1), 7, id="no output_padding where it can be"),
        pytest.param("conv_transpose", (4, 2, 1, 1, 0), (5, 2, 2, 1, 1), 7, id="even overlap"),
        pytest.param("conv_transpose", (5, 3, 1, 1, 0), (5, 3, 2, 1, 2), 7, id="no output_padding at the same kernel"),
        pytest.param("conv", (3, 1, 1, 1, 0), (1, 1, 0, 1, 0), 28, id="a window that sees its neighbours"),
        pytest.param("conv", (3, 1, 1, 1, 0), (5, 1, 2, 1, 0), 28, id="small kernels"),
        pytest.param("conv", (5, 1, 2, 1, 0), (3, 1, 2, 2, 0), 28, id="no dilation"),
        pytest.param("conv", (3, 1, 2, 1, 0), (1, 1, 1, 1, 0), 28, id="no outputs that see no input"),
        pytest.param("conv", (2, 2, 0, 1, 0), (1, 2, 0, 1, 0), 28, id="no input between the windows"),
        pytest.param("conv", (4, 2, 1, 1, 0), (2, 2, 0, 1, 0), 29, id="no unread input at the end"),
        pytest.param("max_pool", (2, 2, 0, 1, 0), (3, 2, 1, 1, 0), 112, id="pooling without overlap"),
        pytest.param("avg_pool", (7, 7, 0, 1, 0), (4, 4, 0, 1, 0), 7, id="the global average"),
    ],
)
def test_documented_style(kind: str, better: Setting, worse: Setting, size: int) -> None:
    out = out_size(kind, better, size)
    assert out == out_size(kind, worse, size)
    assert layer_cost(kind, better, size, out) < layer_cost(kind, worse, size, out)


def test_one_setting_throughout_beats_a_mixture_of_good_ones() -> None:
    problem = ask(4, 32, layers=3, stride="1..2", output_padding=0)
    first, second = first_answers(problem, standard(), 2)
    assert first == ((4, 2, 1, 1, 0),) * 3
    assert second == ((2, 2, 0, 1, 0),) * 3


def test_large_kernels_and_strides_cost_more_and_more() -> None:
    unknown = [layer_cost("conv", (kernel, 1, kernel // 2, 1, 0), 300, 300) for kernel in (19, 29, 39, 49, 59)]
    assert unknown == sorted(unknown)
    strides = [layer_cost("conv_transpose", (2 * s, s, s // 2, 1, 0), 9, 9 * s) for s in (6, 12, 14)]
    assert strides == sorted(strides)
    assert all(after - before < 300 for before, after in pairwise(unknown + strides[:1]))


def test_the_goal_for_paddings_where_kernels_and_strides_are_given() -> None:
    targets = load("targets.json")
    hits = sum(map(given_is_first, targets))
    assert hits / len(targets) >= 0.95


def test_a_table_of_ones_own_decides() -> None:
    fond_of_fives = Style({("conv", (5, 1, 2, 1, 0)): 40})
    assert fond_of_fives.layer_cost("conv", (5, 1, 2, 1, 0), 28, 28) < fond_of_fives.layer_cost(
        "conv", (3, 1, 1, 1, 0), 28, 28
    )
    assert Style({}).layer_cost("conv", (3, 1, 1, 1, 0), 28, 28) >= 0


def test_expectations_can_be_answered() -> None:
    for expectation in load("expectations.json"):
        wanted = [answer for answer in (expectation["first"], *expectation["within_five"]) if answer]
        assert wanted, expectation["id"]
        for answer in wanted:
            size = int(expectation["input"])
            for setting in answer:
                size = out_size(expectation["layer"], tuple(setting), size)
                assert size >= 1, expectation["id"]
            assert size == int(expectation["target"]), expectation["id"]


def test_targets_name_their_repository_and_their_answers_are_inside_their_bounds() -> None:
    names = {repository(stack["source"]) for stack in load("stacks.json")}
    for target in load("targets.json"):
        assert repository(target["source"]) in names
        names_of_bounds = ("kernel", "stride", "padding", "dilation", "output_padding")
        for setting in (setting for layer in target["real_answer"] for setting in settings_of(layer)):
            for name, value in zip(names_of_bounds, setting, strict=True):
                first, last = target["bounds"].get(name, (0, 0))
                assert first <= value <= last, target["id"]


def test_importing_reads_no_table() -> None:
    code = "import convsolve.ranking as r; assert r.standard.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", code], check=True)
