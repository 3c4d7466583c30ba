"""Explanations: what is to blame, what is not, what mends it; every claim asked again."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from itertools import islice
from random import Random
from typing import Unpack

import pytest

import convsolve as cs
from convsolve.events import Counted, Ended, Explained, Progress
from convsolve.explain import blame, explain
from convsolve.explain.asking import Asking
from convsolve.explain.nearest import around_target
from convsolve.explain.reach import Axis
from convsolve.explanation import Change, Explanation, Gap, Near, Range, Residue, Tied, Unlawful, Window
from convsolve.limits import Stop
from convsolve.plain import plain
from convsolve.posing import Question, ask
from convsolve.wording import short
from tests.command_line import convsolve
from tests.oracle.brute_force import out_size
from tests.oracle.demanded import check as check_demanded
from tests.oracle.demanded import demanded
from tests.oracle.explained import check, drawn

SEED: Question = {"layers": 2, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 0}


def explained(source: object, target: object, **question: Unpack[Question]) -> Explanation:
    return explain(ask(source, target, **question))


def whats(found: Explanation) -> tuple[list[str], list[str]]:
    return [reason.what for reason in found.conflict], [reason.what for reason in found.acquitted]


def test_padding_whose_sides_differ_is_offered_where_no_other_will_do() -> None:
    found = cs.solve("16x16", "16x16", stack="Conv(k=4, s=1)").explanation
    assert found is not None
    change = next(change for change in found.changes if "Pad" in change.relax)
    assert (dict(change.relax), change.solution.layers[0].kind.name) == ({"Pad": "in front of layer 0"}, "Pad")
    assert change.command == "convsolve solve 16x16 16x16 --stack 'Pad() >> Conv(kernel_size=4, stride=1)'"
    # where a padding of the layer's own will do, that is what is widened
    window = cs.solve(3, 1, kernel_size=7, padding=0).explanation
    assert window is not None
    assert not any("Pad" in change.relax for change in window.changes)


def test_channels_that_leave_one_factor_are_told() -> None:
    found = cs.solve("4@8x8", "4@16x16", stack="PixelShuffle()").explanation
    assert found is not None
    assert found.because[0] == (
        "because 4 channels in front of layer 0 (PixelShuffle) and 4 behind it leave factor 1: factor 2 makes 1 of 4"
    )


def test_seven_to_twenty_eight_is_a_matter_of_parity() -> None:
    found = explained(7, 28, **SEED)
    blamed, innocent = whats(found)
    assert blamed == ["output_padding", "kernel_size", "input", "target"]
    assert innocent == ["dilation", "padding", "stride", "layers"]
    assert found.causes[0] == Residue(0, 7, 28, 2, (1,), anyway=True)
    assert [dict(change.relax) for change in found.changes] == [
        {"output_padding": "0..1"},
        {"kernel_size": "4"},
        {"stride": "3", "input": "4"},
    ]
    assert [near.size for near in found.nearest] == [(25,)]
    assert found.because == (
        "because kernel_size 3 and output_padding 0 can make only odd sizes of 7",
        "because 28 is even",
        "so nothing leads from 7 to 28, whatever stride, padding, dilation and the number of layers are",
    )


@pytest.mark.parametrize("kernel_size", [2, 4, 6])
def test_stride_one_and_an_even_kernel_keep_no_length(kernel_size: int) -> None:
    found = explained(9, 9, layer="conv_transpose", kernel_size=kernel_size, stride=1, dilation=1)
    blamed, innocent = whats(found)
    assert {"kernel_size", "stride", "dilation"} <= set(blamed)
    assert innocent == ["padding", "output_padding"]
    assert found.causes[0] == Residue(0, 9, 9, 2, (0,), anyway=True)


@pytest.mark.parametrize("layers", [3, 4, 5, 6])
def test_a_gap_between_two_products_of_strides(layers: int) -> None:
    found = explained(100, 1000, layers=layers, kernel_size="3..5", stride="1..2", padding="0..2")
    (gap,) = found.causes
    assert isinstance(gap, Gap if layers > 3 else Range)
    if layers == 6:
        assert gap == Gap(0, 100, 1000, 924, 1491)
        assert [near.size for near in found.nearest] == [(924,), (1491,)]


def test_the_largest_size_of_each_layer_says_what_is_out_of_range() -> None:
    found = explained(7, 224, layers=3, stride="1..2")
    (cause,) = found.causes
    assert isinstance(cause, Range)
    assert [most for _, most in cause.reach] == [20, 46, 98]
    assert "stride" in whats(found)[0]
    assert [near.size for near in found.nearest] == [(98,)]


def test_a_tie_is_the_cause_where_each_axis_has_an_answer() -> None:
    found = explained("4x4", "61x79", layers=4, tie="all")
    assert whats(found)[0] == ["tie", "input", "target"]
    assert found.causes == (Tied(("kernel_size", "stride", "padding", "output_padding")),)
    assert found.changes[0].relax == {"tie": "kernel_size,stride,padding,dilation"}


def test_a_kernel_that_is_larger_than_its_padded_input() -> None:
    found = explained(3, 1, kernel_size=7, padding=0)
    assert whats(found)[0] == ["padding", "kernel_size", "input"]  # the target is innocent
    assert found.causes == (Window(0, 0, 3, 7),)


def test_a_rule_that_no_setting_obeys() -> None:
    found = explained(3, 9, stride=3, kernel_size=3, padding=0, output_padding=5)
    assert whats(found)[0] == ["output_padding", "stride"]
    (cause,) = found.causes
    assert isinstance(cause, Unlawful)
    assert cause.sentence == "output_padding < max(stride, dilation)"


CASES: dict[str, tuple[object, object, Question]] = {
    "parity": (7, 28, SEED),
    "gap": (100, 1000, {"layers": 6, "kernel_size": "3..5", "stride": "1..2", "padding": "0..2"}),
    "range": (7, 224, {"layers": 3, "stride": "1..2"}),
    "deep": (7, 1000, {}),
    "tie": ("4x4", "61x79", {"layers": 4, "tie": "all"}),
    "both axes": ("28x28", "14x500", {"layer": "conv_transpose", "layers": 2}),
    "window": (3, 1, {"kernel_size": 7, "padding": 0}),
    "pools": (28, 7, {"stack": "MaxPool(2) >> MaxPool(3)"}),
    "channels": ("128@7", "3@224", {"layers": 3, "stride": "1..2"}),
    "word": (28, 28, {"stack": "Conv(k=2, padding='same', s=2)"}),
}


@pytest.mark.parametrize("name", CASES)
def test_every_change_and_every_near_target_is_what_its_command_finds(name: str) -> None:
    source, target, question = CASES[name]
    found = explained(source, target, **question)
    assert found.changes
    items: list[Change | Near] = [*found.changes, *found.nearest]
    for item in items:
        program, *arguments = shlex.split(item.command)
        assert program == "convsolve"
        said = convsolve(*arguments, "--json", "--count", "1")
        assert said.code == 0, item.command
        first = cs.Solution.from_dict(json.loads(said.out)["solutions"][0])
        assert first == item.solution
        for layer in item.solution.layers:  # and by formulas that are written apart
            for axis, setting in enumerate(layer.settings):
                kernel_size, stride, padding, dilation, output_padding = layer.kind.window(setting) or (1, 1, 0, 1, 0)
                numbers = kernel_size, stride, padding, dilation, output_padding
                if layer.kind.word("padding") is None:
                    out = out_size(layer.kind.record, len(layer.in_size), layer.in_size[axis], numbers)
                    assert out == layer.out_size[axis]


def test_an_impossible_answer_explains_itself_once_it_is_asked() -> None:
    answer = cs.solve(7, 28, **SEED)
    assert answer.explanation is answer.explanation
    assert answer.explanation is not None
    assert answer.to_dict()["explanation"]["nearest"][0]["size"] == [25]
    assert cs.solve(7, 28).explanation is None


def test_who_asks_why_of_a_question_with_answers_is_told_so() -> None:
    with pytest.raises(ValueError, match="has an answer"):
        explained(7, 28)


def test_a_condition_is_to_blame_only_where_the_sizes_alone_would_do() -> None:
    demands = ["kernel_size == 3", "stride == 2", "padding == 1", "output_padding == 0"]
    found = explained(7, 28, layers=2, where=demands)
    blamed = [reason.value for reason in found.conflict if reason.what == "where"]
    assert blamed == ["kernel_size == 3", "output_padding == 0"]
    assert [dict(change.relax) for change in found.changes] == [
        {"where": "output_padding == 1"},
        {"where": "kernel_size == 4"},
    ]
    innocent = explained(7, 28, **(SEED | {"where": "stride >= 2"}))
    assert "where" not in whats(innocent)[0]
    assert "where" in whats(innocent)[1]


def test_a_budget_is_relaxed_to_the_least_that_can_be_had() -> None:
    budget = explained("8@7", "3@28", layers=2, where="params <= 10")
    least = cs.solve("8@7", "3@28", layers=2, minimize="params").values
    assert least is not None
    assert dict(budget.changes[0].relax) == {"where": f"params <= {least[0]}"}
    assert convsolve(*shlex.split(budget.changes[0].command)[1:]).code == 0


def test_a_field_is_relaxed_to_the_largest_that_can_be_had() -> None:
    found = explained(28, 28, layers=3, stride=1, where="receptive_field >= 30")
    assert {"where": "receptive_field >= 19"} in [
        dict(change.relax) for change in found.changes
    ]  # 3 times 7 - 1, and 1


@pytest.mark.parametrize(
    ("source", "target", "question", "blamed", "because"),
    [
        (7, 28, {"where": ["stride < 1", "stride <= 4"]}, ["stride < 1"], "the condition stride < 1 is always false"),
        (7, 28, {"where": "stride == 0"}, ["stride == 0"], "the condition stride == 0 is always false"),
        (7, 28, {"where": "kernel_size % 2 == 2"}, ["kernel_size % 2 == 2"], "is always false"),
        (7, 28, {"layers": 2, "where": "output_padding > max(stride, dilation)"}, None, "is always false"),
        ("8@7", "3@28", {"where": "in_channels == 9"}, ["in_channels == 9"], "is always false: 8 == 9"),
        (7, 28, {"layers": 2, "where": "layers == 3"}, ["2", "layers == 3"], "2 layers exclude each other: 2 == 3"),
        (7, 28, {"where": "stride > 5"}, ["1..4", "stride > 5"], "stride > 5 and stride 1..4 exclude each other"),
        (7, 28, {"where": ["stride == 2", "stride == 3"]}, ["stride == 2", "stride == 3"], "exclude each other"),
        (
            "4x4",
            "8x10",
            {"where": "stride[0][0] != stride[0][1]"},
            ["default", "stride[0][0] != stride[0][1]"],
            "--tie default (kernel_size and stride equal on all axes) exclude each other",
        ),
        (
            7,
            28,
            {"layers": 2, "where": ["kernel_size == 3", "stride == 2"], "no_checkerboard": True},
            ["kernel_size == 3", "stride == 2", "--no-checkerboard"],
            "kernel_size == 3, stride == 2 and --no-checkerboard cannot hold together",
        ),
        (
            "8@7",
            "3@28",
            {"layers": 2, "where": "params <= 50"},
            ["2", "params <= 50"],
            "params <= 50 and 2 layers exclude each other",
        ),
    ],
)
def test_a_condition_that_nothing_can_meet_is_named_with_what_it_is_up_against(
    source: object, target: object, question: Question, blamed: list[str] | None, because: str
) -> None:
    found = explained(source, target, **question)
    assert found.minimal
    assert because in found.because[0]
    if blamed is not None:
        assert [reason.value for reason in found.conflict] == blamed
    assert {"input", "target"} <= {reason.what for reason in found.acquitted}
    assert found.nearest == ()
    for change in found.changes:
        assert convsolve(*shlex.split(change.command)[1:], "--count", "1").code == 0


def test_what_no_number_near_it_mends_is_left_out() -> None:
    found = explained(7, 28, where="not 2 <= kernel_size + 2")
    assert [dict(change.relax) for change in found.changes] == [{"without": "not 2 <= kernel_size + 2"}]


def test_what_conditions_leave_of_limits_is_told_as_limits_are() -> None:
    found = explained("16x16", "4x8", layers=2, where="stride == 3")
    (cause,) = found.causes
    assert isinstance(cause, Range)
    assert (cause.axis, cause.reach[-1][1]) == (1, 5)
    assert "stride == 3" in found.because[0]
    assert found.minimal


def test_one_axis_is_enough_to_be_told_of_where_a_condition_is_about_each() -> None:
    found = explained("4x4", "61x79", layers=4, where="out_size[0] == 100")
    assert [reason.value for reason in found.conflict] == ["out_size[0] == 100", "4"]
    assert found.minimal


def test_of_several_depths_and_sizes_the_nearest_is_told() -> None:
    found = explained(7, 28, **(SEED | {"layers": "1..3"}))
    assert len(found.problem.layers) == 2
    assert found.because[0].startswith("with 2 ConvTranspose layers, which come nearest (all else")
    assert dict(found.changes[0].relax) == {"output_padding": "0..1"}
    wide = explained("[2..8]", "[900..1000]", layers=2)
    assert (str(wide.problem.input), str(wide.problem.target)) == ("8", "900")
    assert wide.because[0].startswith("from 8 to 900, which comes nearest (all else")
    small = explained("[40..50]", "[1..2]", stride=1)
    assert (str(small.problem.input), str(small.problem.target)) == ("40", "2")
    assert cs.solve("[2..8]", 1000, layers="1..2").to_dict()["explanation"]["told"] == {
        "input": "8",
        "target": "1000",
        "layers": 2,
    }


def test_what_a_budget_leaves_unsettled_is_said() -> None:
    problem = ask("8@4x4", "3@61x79", layers=4, where="macs <= 1e3")
    conflict = blame(problem, Asking(30)).conflict
    assert {"where"} <= {reason.what for reason in conflict.facts}
    assert {reason.what for reason in conflict.unsettled} >= {"stride", "layers"}
    found = explained(7, 28, **SEED)
    said = short(replace(found, unsettled=found.conflict[:2], cut=True))
    assert (
        "not minimal: whether kernel_size and output_padding matter is not settled; it takes too long to tell" in said
    )
    assert "not settled: whether there are smaller changes or nearer targets; it takes too long to tell" in said
    assert not {line for line in short(found) if line.startswith("not ")}


def test_a_spent_budget_claims_nothing() -> None:
    asking = Asking(0)
    assert asking.answer(ask(7, 28)) is None
    conflict = blame(ask("8@4x4", "3@61x79", layers=4, where="macs <= 1e3"), asking).conflict
    assert (conflict.acquitted, conflict.unsettled) == ((), conflict.facts)


@pytest.mark.parametrize("seed", range(4))
def test_every_claim_is_true_of_questions_that_were_drawn(seed: int) -> None:
    for question in islice(drawn(Random(seed)), 5):
        check(question, explain(question.problem()), commands=seed == 0)


def test_every_claim_is_true_of_ties_that_were_drawn() -> None:
    """Several axes without conditions, which are quick to ask again: the soak has both at once."""
    fitting = (one for one in demanded(Random(1)) if not one.question["where"])
    for question in islice(fitting, 3):
        found = explain(question.problem())
        assert check_demanded(question, found) > 0
        assert found.minimal


def test_an_explanation_that_was_cut_leaves_what_was_proved() -> None:
    progress = Progress(ask(7, 28, **SEED))
    progress(Counted(0, "conventional"))
    progress(Ended(cs.Status.IMPOSSIBLE))
    cut = progress.answer(Stop.TIMEOUT)
    assert (cut.status, cut.total, cut.stopped) == (cs.Status.IMPOSSIBLE, 0, Stop.TIMEOUT)
    assert cut.explanation is None
    whole = explained(7, 28, **SEED)
    progress(Explained(whole))
    assert progress.answer(Stop.TIMEOUT).stopped is None
    assert progress.answer(Stop.TIMEOUT).explanation is whole


@pytest.mark.parametrize("question", [["7", "28", "--layers", "2", "-k", "3", "-s", "2", "-p", "1"]])
def test_limits_hold_for_explanations_too(question: list[str]) -> None:
    whole = convsolve("solve", *question, "--output-padding", "0", "--json")
    limited = convsolve("solve", *question, "--output-padding", "0", "--json", "--timeout", "60")
    assert limited.code == 3
    assert limited.out == whole.out


@pytest.mark.parametrize(
    "stack",
    [
        "Conv(c=6, groups=3, k=2, s=2, p=0) * 2",
        "Conv(k=2, s=2, p=0, padding_mode='reflect') >> Norm('batch') >> ConvTranspose(k=2, s=2, p=0, op=0)",
        "MaxPool(2, ceil_mode=True) >> AvgPool(3, s=2)",
    ],
)
def test_what_stacks_say_beside_their_numbers_is_kept(stack: str) -> None:
    found = explained("6@20x20", "6@9x13", stack=stack)
    assert found.conflict
    for change in found.changes:
        assert convsolve(*shlex.split(change.command)[1:]).code == 0


def test_a_limit_is_widened_as_far_as_a_condition_needs() -> None:
    said = convsolve("solve", "16000", "80", "--layers", "2", "-k", "1..9", "--where", "product(stride)==200")
    assert said.code == 3
    assert "  help: stride 1..20: 16000 -> 801 -> 80\n" in said.err
    command = said.err.rpartition("convsolve ")[2]
    assert convsolve(*shlex.split(command)).code == 0
    # 10 and 20 are the two nearest numbers whose product is 200: no smaller limit does
    narrower = convsolve(*shlex.split(command.replace("1..20", "1..19")))
    assert narrower.code == 3


@pytest.mark.parametrize(
    ("source", "target", "stack", "because"),
    [
        ("10", "20", "Pad()", "the largest that one Pad layer can make of 10 within the limits is 16"),
        ("7", "3", "AdaptiveAvgPool(4)",
         "the smallest that one AdaptiveAvgPool layer can make of 7 with output_size 4 is 4"),
        ("7", "3", "AdaptiveAvgPool({2,4})",
         "one AdaptiveAvgPool layer can make 2 and, next, 4 of 7 with output_size 2,4, and nothing in between"),
        ("30x30", "16@", "Conv(k=3,c=16) >> Flatten()",
         "layer 1 (Flatten) makes 16 channels of 16 only of sizes with 1 element"),
        ("30x30", "17@", "Conv(k=3,c=16) >> Flatten()", "layer 1 (Flatten) makes only multiples of 16 of 16 channels"),
    ],
)  # fmt: skip
def test_the_reason_is_the_one_that_a_person_would_give(source: str, target: str, stack: str, because: str) -> None:
    found = explained(source, target, stack=stack)
    assert found.because[0] == f"because {because}"
    assert not any("any size to" in line or "from 30x30 to any size" in line for line in found.because)
    for change in found.changes:
        assert convsolve(*shlex.split(change.command)[1:], "--count", "1").code == 0


def test_a_way_to_channels_without_axes_ends_with_these() -> None:
    said = convsolve("solve", "30x30", "16@", "--stack", "Conv(k=3,c=16) >> Flatten()").err.splitlines()
    (way,) = [line for line in said if line.startswith("  help: ")]
    assert way.endswith(": 30x30 -> 1x1 -> 16@")


def test_many_remainders_are_no_reason() -> None:
    found = explained("10", "20", stack="Pad()")
    assert [type(cause) for cause in found.causes] == [Range]


def test_a_size_far_out_of_range_says_how_many_layers_it_takes() -> None:
    said = convsolve("solve", "1000000", "14", "--layers", "3")
    assert "because the smallest that 3 Conv layers can make of 1000000 within the limits is 15624 (" in said.err
    assert "because 14 is smaller\nso no combination leads from 1000000 to 14: that takes at least 8 " in said.err
    layers = "Conv(k=7, s=4, p=0) * 3"
    assert str(cs.trace(layers, 1000000).output) == "15624"
    smallest = [1000000]  # kernel 7, stride 4
    for _ in range(8):
        smallest.append((smallest[-1] - 7) // 4 + 1)
    assert smallest[8] <= 14 < smallest[7]
    told = convsolve("solve", "28", "100000000", "--layers", "3")
    assert "so no combination leads from 28 to 100000000: that takes at least 11 such layers\n" in told.err
    # kernel 7, stride 4, output_padding 3: 4*(n - 1) + 10
    largest = [28]
    for _ in range(11):
        largest.append(4 * (largest[-1] - 1) + 10)
    assert largest[10] < 100000000 <= largest[11]


def test_no_nearest_is_claimed_among_sizes_too_large_to_be_looked_at() -> None:
    def around(target: int, layers: int) -> tuple[list[int], list[int]]:
        return around_target(Axis(plain(ask(28, target, layers=layers)), 0))

    assert around(100_000_000, 11) == ([], [])
    below, above = around(100_000_000, 4)
    assert (below[0], above) == (7678, [])
