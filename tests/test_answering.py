"""The whole way of a question, against brute force, an equivalent question, and figures known from elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from random import Random
from typing import Any

import pytest

import convsolve as cs
from convsolve.assembly import stream
from convsolve.posing import ask
from tests.oracle import brute_force

Settings = tuple[tuple[tuple[int, ...], ...], ...]


def settings_of(solution: cs.Solution) -> Settings:
    """A solution as brute force lists it: five numbers an axis, layer by layer."""
    found = []
    for layer in solution.layers:
        windows = [layer.kind.window(setting) for setting in layer.settings]
        found.append(tuple(window for window in windows if window is not None))
    return tuple(found)


def all_of(answer: cs.Answer) -> set[Settings]:
    assert answer.complete
    found = {settings_of(solution) for solution in answer}
    assert len(found) == len(answer), "no combination is listed twice"
    return found


@pytest.mark.parametrize("kind", ["conv", "conv_transpose"])
def test_every_question_of_one_layer_to_size_40_in_the_default_limits(kind: str) -> None:
    one = brute_force.layer(kind, 1)
    settings = _each(one)
    listed = 0
    for source in range(1, 41):
        wanted = defaultdict(set)
        for setting in settings:
            out = brute_force.out_size(kind, 1, source, setting)
            wanted[out].add(((setting,),))
        for target in range(1, 41):
            problem = ask(source, target, layer=kind)
            assert {settings_of(solution) for solution in stream(problem)} == wanted[target], (source, target)
            listed += len(wanted[target])
    assert listed > 4_000, "the comparison was of something"


def _drawn_two_layer_questions(number: int) -> list[tuple[int, int, tuple[str, ...]]]:
    draw = Random(20)
    kinds = ("conv", "conv_transpose", "max_pool", "avg_pool")
    return [(draw.randint(1, 24), draw.randint(1, 40), (draw.choice(kinds), draw.choice(kinds))) for _ in range(number)]


def test_a_hundred_drawn_questions_of_two_layers() -> None:
    names = {"conv": "Conv()", "conv_transpose": "ConvTranspose()", "max_pool": "MaxPool()", "avg_pool": "AvgPool()"}
    possible = 0
    for source, target, kinds in _drawn_two_layer_questions(100):
        wanted: set[Settings] = set()
        first, second = (brute_force.layer(kind, 1) for kind in kinds)
        # the second layer's settings by what goes in, so that the loops stay short
        by_middle: dict[int, list[brute_force.Setting]] = defaultdict(list)
        for setting in _each(first):
            out = brute_force.out_size(first.kind, 1, source, setting)
            if out is not None:
                by_middle[out].append(setting)
        for middle, settings in by_middle.items():
            ends = [s for s in _each(second) if brute_force.out_size(second.kind, 1, middle, s) == target]
            wanted |= {((one,), (other,)) for one in settings for other in ends}
        stack = " >> ".join(names[kind] for kind in kinds)
        listed = [settings_of(solution) for solution in stream(ask(source, target, stack=stack))]
        assert set(listed) == wanted, (source, target, stack)
        assert len(listed) == len(wanted) == cs.count(source, target, stack=stack)
        possible += bool(wanted)
    assert 20 < possible < 100, "possible and impossible questions were drawn"


def _each(one: brute_force.Layer) -> list[brute_force.Setting]:
    found = []
    for k, s, p, d, a in product(*(one.values[name][0] for name in brute_force.PARAMETERS)):
        if one.kind != "conv_transpose" or a < max(s, d):
            found.append((k, k if one.stride_follows else s, p, d, a))
    return found


@pytest.mark.parametrize("tie", ["default", "none", "all", "kernel_size,stride", "padding", "dilation,output_padding"])
@pytest.mark.parametrize(("source", "target"), [((3, 3), (6, 6)), ((3, 4), (6, 7)), ((2, 2), (5, 6))])
def test_two_axes_under_every_kind_of_tie(tie: str, source: tuple[int, int], target: tuple[int, int]) -> None:
    given: dict[str, Any] = {"kernel_size": (2, 3), "stride": (1, 2), "padding": (0, 1), "dilation": (1, 2)}
    one = brute_force.layer("conv_transpose", 2, **given)
    wanted = set(brute_force.solutions(source, target, [one], tie))
    domains: Any = {name: set(values) for name, values in given.items()}
    answer = cs.solve(source, target, all=True, layer="conv_transpose", tie=tie, **domains)
    assert all_of(answer) == wanted
    assert answer.total == len(wanted) == cs.count(source, target, layer="conv_transpose", tie=tie, **domains)


def test_three_axes_of_which_two_are_the_same() -> None:
    given: dict[str, Any] = {"kernel_size": (2, 3), "stride": (1, 2), "padding": (0, 1), "dilation": (1,)}
    one = brute_force.layer("conv", 3, **given)
    wanted = set(brute_force.solutions((6, 6, 5), (3, 3, 2), [one]))
    domains: Any = {name: set(values) for name, values in given.items()}
    assert all_of(cs.solve("6x6x5", "3x3x2", all=True, **domains)) == wanted
    assert wanted


def test_a_parameter_given_per_axis_is_not_tied() -> None:
    kernels: list[Sequence[int]] = [(2, 3), (4,)]
    one = brute_force.layer("conv_transpose", 2, kernel_size=kernels, stride=(1, 2), padding=(0, 1))
    wanted = set(brute_force.solutions((3, 3), (6, 6), [one]))
    answer = cs.solve("3x3", "6x6", all=True, kernel_size="2,3x4", stride="1,2", padding="0,1")
    assert all_of(answer) == wanted
    assert wanted


@pytest.mark.parametrize(
    ("source", "target", "layers", "total"),
    [
        ("7", "28", 1, 12),
        ("7", "28", 2, 865),
        ("7", "28", 3, 56_124),
        ("7", "28", 4, 3_678_185),
        ("4", "64", 4, 14_893_895),
        ("4x4", "61x79", 4, 810_141_981),
    ],
)
def test_the_totals_of_the_interface(source: str, target: str, layers: int, total: int) -> None:
    assert cs.count(source, target, layers=layers) == total


def test_the_founding_cases_inverted() -> None:
    for stride, padding, out in [(2, 0, 5), (2, 1, 3), (2, 2, 1), (1, 0, 4), (1, 1, 2)]:
        answer = cs.solve("2x2", f"{out}x{out}", layer="conv_transpose", kernel_size=3, padding="0..2")
        assert answer.complete
        assert ((3, stride, padding, 1, 0),) * 2 in {settings_of(solution)[0] for solution in answer}
    # torch lets (stride 1, padding 2) pass with an output of 0x0; we do not
    only = cs.solve("2x2", "1x1", layer="conv_transpose", kernel_size=3, stride=1, padding=2, output_padding=0)
    assert only.status == cs.Status.IMPOSSIBLE
    for stride, out in [(1, 3), (2, 2)]:
        answer = cs.solve("5x5", f"{out}x{out}", kernel_size=3, padding=0)
        assert stride in {solution.layers[0].stride[0] for solution in answer}


def test_the_question_that_nobody_could_answer_by_trying() -> None:
    answer = cs.solve("46x62", "368x489", kernel_size=16, stride=8)
    layer = answer[0].layers[0]
    assert (layer.padding, layer.output_padding) == ((4, 8), (0, 1))
    assert answer.complete


@pytest.mark.parametrize(
    ("source", "target", "question"),
    [
        ("100@1x1", "3@64x64", {"layers": 5}),
        ("4x4x3", "64x64x48", {"layers": 4}),
        ("100", "20000", {"layers": 4, "kernel_size": "1..16", "stride": "1..8"}),
        ("28", "28", {"stack": "Conv() * 2 >> MaxPool() >> ConvTranspose() * 3"}),
    ],
)
def test_larger_questions_are_answered_and_confirmed(source: str, target: str, question: dict[str, Any]) -> None:
    answer = cs.solve(source, target, **question)
    assert answer.status == cs.Status.SOLVED
    assert len(answer) == 5
    assert not answer.complete
    for solution in answer:
        assert solution.checked == ("arithmetic", "z3")
        assert str(solution.output).rpartition("@")[2] == target.rpartition("@")[2]
    assert len(set(answer)) == 5


def test_impossible_is_an_answer() -> None:
    answer = cs.solve(100, 1000, layers=3)
    assert (answer.status, answer.total, len(answer), answer.complete) == (cs.Status.IMPOSSIBLE, 0, 0, True)
    assert not answer


def test_an_equivalent_question_has_the_same_answers() -> None:
    """Axes in another order: the same settings in that order."""
    one = cs.solve("4x5", "9x13", layers=2, stride="1..2", kernel_size="2..4", all=True)
    other = cs.solve("5x4", "13x9", layers=2, stride="1..2", kernel_size="2..4", all=True)
    turned = {tuple(tuple(reversed(layer)) for layer in settings_of(solution)) for solution in other}
    assert all_of(one) == turned


def test_count_is_all_for_one_layer_and_five_for_a_stack() -> None:
    assert len(cs.solve(7, 28)) == 12
    assert len(cs.solve(7, 28, layers=2)) == 5
    assert len(cs.solve(7, 28, layers=2, count=7)) == 7
    assert len(cs.solve(7, 28, layers=2, count=0)) == 0
    assert len(cs.solve(7, 28, layers=2, all=True)) == 865


def test_the_arrow_and_unknown_arguments() -> None:
    assert cs.solve("7 -> 28") == cs.solve(7, 28)
    with pytest.raises(cs.Error, match=r"error\[usage\]: the target is missing"):
        cs.solve("7")
    with pytest.raises(cs.Error, match="did you mean 'kernel_size'"):
        cs.solve(7, 28, kernal_size=3)  # type: ignore[call-arg]


def test_the_stream_is_the_whole_set() -> None:
    listed = [settings_of(solution) for solution in stream(ask(7, 28, layers=2))]
    assert len(listed) == len(set(listed))
    assert set(listed) == all_of(cs.solve(7, 28, layers=2, all=True))


@pytest.mark.parametrize("norm", ["Norm('instance')", "Norm('group', 4)"])
def test_a_normalisation_that_refuses_a_single_element_is_no_part_of_an_answer(norm: str) -> None:
    """torch refuses both at batch 1: https://github.com/pytorch/pytorch/issues/45687."""
    stack = f"Conv(c=4, k='3,5', s='1,2', p='0,1') >> {norm} >> ConvTranspose(k='3', s=1, p='0,1', op=0)"
    plain = cs.solve("4@5x5", "4@3x3", stack=stack.replace(norm, "Act('relu')"), all=True)
    answer = cs.solve("4@5x5", "4@3x3", stack=stack, all=True)
    assert (
        all_of(answer) == {settings_of(solution) for solution in plain if solution.sizes[1] != (1, 1)} < all_of(plain)
    )
    assert answer.total == len(answer)
    only = cs.solve("4@5x5", "4@1x1", stack=f"Conv(k=5, s=1, p=0, c=4) >> {norm}")
    assert only.status == cs.Status.IMPOSSIBLE
    with pytest.raises(cs.Error, match="refuses a single element"):
        cs.solve("4@5x5", "4@3x3", stack=stack, tie="none")


def test_answers_and_solutions_are_readable() -> None:
    answer = cs.solve("1@7", "1@28")
    assert repr(answer) == "<Answer to 1@7 -> 1@28: solved, 12 of 12 listed>"
    assert repr(answer[0]) == "<Solution 1@7 -> 1@28: ConvTranspose1d(1, 1, kernel_size=4, stride=4)>"
    with pytest.raises(IndexError, match="no solution 0: <Answer to 28 -> 1000: impossible, 0 of 0 listed>"):
        cs.solve(28, 1000)[0]
