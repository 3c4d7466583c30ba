"""A question in a file: its words, its schema, what it may not be; a problem fed back gives the same answer."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convsolve.posing import Question
from convsolve.schema import schema
from convsolve.spec import KEYS, LARGEST_SPEC
from tests.command_line import Said, convsolve
from tests.records import valid

STACKS = (
    "Conv(k=3) >> MaxPool()",
    'Conv(k=3, padding="same", stride=1) >> Act("relu") >> AvgPool(2) >> ConvTranspose()',
    "Conv(k=(3, 5), s=1) >> ConvTranspose(k='2..4') * 2",
    'Conv(c=4, k="2,3", g=1, bias=False) >> Norm("batch") >> MaxPool(2, ceil_mode=True)',
)
CONDITIONS = (
    "stride <= 2",
    "kernel_size >= stride",
    "product(stride) == 4 or sum(kernel_size) <= 9",
    "params <= 2e3",
    "receptive_field >= 5",
    "padding[0] != 1",
)


def asked(question: dict[str, Any], *more: str) -> Said:
    return convsolve("solve", "--spec", "-", "--json", *more, stdin=json.dumps(question).encode())


def toml(table: dict[str, Any]) -> str:
    """The table without what says nothing: what JSON writes is TOML, too, as long as it holds no null."""
    return "".join(f"{key} = {json.dumps(given)}\n" for key, given in table.items() if "null" not in json.dumps(given))


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """One to three axes; of several, few layers and conditions: why they are impossible takes long to tell."""
    dims = draw(st.sampled_from([1, 1, 1, 2, 3]))
    source = draw(st.lists(st.integers(1, 12), min_size=dims, max_size=dims))
    ratio = draw(st.sampled_from([1, 2, 3, 4]))
    target = [size * ratio for size in source] if draw(st.booleans()) else [-(-size // ratio) for size in source]
    channels = draw(st.sampled_from([None, (1, 1), (4, 8), (16, 4)]))
    if channels:
        ends = zip(channels, (source, target), strict=True)
        texts = (f"{number}@{'x'.join(map(str, end))}" for number, end in ends)
        question: dict[str, Any] = dict(zip(("input", "target"), texts, strict=True))
        question |= draw(st.sampled_from([{}, {"minimize": "params"}, {"minimize": ["macs"], "maximize": "params"}]))
        question |= draw(st.sampled_from([{}, {}, {"maximize": ["receptive_field", "sum(stride) - max(padding)"]}]))
    else:
        question = {"input": source[0] if dims == 1 else source, "target": target}
    if dims == 1 and not channels:
        question |= draw(st.sampled_from([{}, {}, {"target": "?", "layer": "conv"}, {"input": ["[3..8]"]}]))
    if draw(st.booleans()):
        question.pop("layer", None)
        question["stack"] = draw(st.sampled_from(STACKS))
    else:
        question["layers"] = draw(st.sampled_from([1, 2, 3, "1..2"] if dims == 1 else [1, 2]))
        question |= draw(st.sampled_from([{}, {"kernel_size": "1..4"}, {"stride": 2, "padding": "0,1"}]))
        question |= draw(st.sampled_from([{}, {"dilation": "1..2"}]))
    question |= draw(st.sampled_from([{}, {}, {"tie": "none"}, {"tie": ["stride", "kernel_size"]}, {"tie": "all"}]))
    if where := draw(st.lists(st.sampled_from(CONDITIONS), max_size=2 if dims == 1 else 1, unique=True)):
        question["where"] = where
    if dims == 1:
        question |= draw(st.sampled_from([{}, {}, {"exact": True}, {"monotone": True, "odd_kernels": True}]))
    return question | draw(st.sampled_from([{}, {"count": 2}, {"count": "1"}, {"all": False, "count": 0}]))


@settings(max_examples=30, derandomize=True)
@given(questions(), st.booleans())
def test_a_problem_fed_back_gives_the_same_answer(question: dict[str, Any], whole: bool) -> None:  # noqa: FBT001
    valid(question, "spec")
    said = asked(question)
    if said.code == 2:  # such as a condition on params without channels
        assert said.err.startswith("error[")
        return
    answer = json.loads(said.out)
    valid(answer | {"solutions": []}, "answer")
    problem = answer["problem"]
    valid(problem, "spec")
    if whole or None in (problem["channels"] or ()):
        assert asked(answer if whole else problem) == said
    else:
        assert convsolve("solve", "--spec", "-", "--json", stdin=toml(problem).encode()) == said


def test_what_is_drawn_above_is_of_all_kinds() -> None:
    every: list[dict[str, Any]] = [
        {"input": [4, 4], "target": [8, 9], "tie": "none", "count": 2},
        {"input": "4@9", "target": "1@4", "stack": STACKS[1], "where": CONDITIONS[3], "minimize": ["params"]},
        {"input": 7, "target": 1000},
    ]
    assert [asked(question).code for question in every] == [0, 0, 3]


def test_the_same_question_in_every_form_gives_the_same_answer(tmp_path: Path) -> None:
    text = """
    # from the encoder of issue 7
    input = "8@4x4"
    target = [13, 17]
    layers = 2
    kernel-size = "3,5"
    where = ["stride <= 2", "params <= 2000"]
    no_checkerboard = false
    count = 3
    """
    typed = ["8@4x4", "13x17", "--layers", "2", "-k", "3,5", "--where", "stride <= 2", "--where", "params <= 2000"]
    wanted = convsolve("solve", *typed, "--channels", "8,4,2", "--count", "3", "--json")
    assert wanted.code == 0
    forms = {
        "question.toml": text + "channels = [8, 4, 2]",
        "question.json": json.dumps(tomllib.loads(text) | {"channels": "8,4,2", "schema": "convsolve.spec/1"}),
        "question": "\ufeff" + json.dumps(tomllib.loads(text) | {"channels": [8, 4, "2"], "seed": None}),
    }
    for name, form in forms.items():
        (tmp_path / name).write_text(form, encoding="utf-8")
        assert convsolve("solve", "--spec", str(tmp_path / name), "--json") == wanted
        counted = convsolve("count", "--spec", str(tmp_path / name))
        assert int(counted.out) == json.loads(wanted.out)["total"]


def test_what_is_typed_goes_before_the_file_and_conditions_add_up() -> None:
    question = {"input": 28, "target": 14, "layers": 2, "stride": 2, "where": "kernel_size == 3", "all": True}
    for more, same in (
        (["--stride", "1..2"], ["--layers", "2", "-s", "1..2", "--where", "kernel_size == 3", "--all"]),
        (
            ["--where", "padding <= 1", "--count", "1", "-s", "1,2"],
            ["--layers", "2", "-s", "1,2", "--where", "kernel_size == 3", "--where", "padding <= 1", "--count", "1"],
        ),
        (
            ["--stack", "Conv() >> MaxPool()", "--stride", "1"],
            ["--stack", "Conv() >> MaxPool()", "--where", "kernel_size == 3", "--all", "-s", "1"],
        ),
    ):
        assert asked(question, *more) == convsolve("solve", "28", "14", *same, "--json")
    costly = {"input": "4@28", "target": "8@7", "layers": 2, "minimize": ["macs", "params"], "count": 1}
    wanted = convsolve("solve", "4@28", "8@7", "--layers", "2", "--maximize", "params", "--count", "1", "--json")
    assert asked(costly, "--maximize", "params") == wanted


def test_an_answer_is_a_question_for_another_command() -> None:
    answer = convsolve("solve", "4x4", "61x79", "--layers", "4", "--count", "1", "--json").out
    assert convsolve("count", "--spec", "-", stdin=answer.encode()).out == "810141981\n"
    assert (
        convsolve("solve", "--spec", "-", "--json", stdin=json.dumps(json.loads(answer), indent=1).encode()).out
        == answer
    )


def test_a_trace_takes_stack_and_input_of_a_question() -> None:
    question = b'input = "3@28x28"\ntarget = "8@14x14"\nstack = "Conv(k=3, s=2, p=1, c=8)"'
    typed = convsolve("trace", "Conv(k=3, s=2, p=1, c=8)", "--input", "3@28x28", "--json")
    assert typed.code == 0
    assert convsolve("trace", "--spec", "-", "--json", stdin=question) == typed
    assert convsolve("trace", "Conv(k=3)", "--spec", "-", stdin=question).err.startswith(
        "error[usage]: --spec has the whole question: STACK cannot stand beside it\n"
    )
    assert convsolve("trace", "--spec", "-", stdin=b"input = 28").err == (
        'error[bad-spec]: stdin: stack is missing\n  help: write stack = "Conv(k=3)"\n'
    )


def test_draws_and_sets_of_the_best_take_a_question_in_a_file() -> None:
    question = json.dumps({"input": "1@7", "target": "1@28", "layers": 2, "kernel_size": "2..4", "count": 3}).encode()
    typed = ["1@7", "1@28", "--layers", "2", "-k", "2..4"]
    for command, more in (
        ("sample", ["--seed", "3"]),
        ("sweep", ["--format", "jsonl"]),
        ("pareto", ["--minimize", "params", "--maximize", "receptive_field", "--json"]),
    ):
        count = [] if command == "pareto" else ["--count", "3"]
        said = convsolve(command, "--spec", "-", *more, stdin=question)
        assert said.code == 0
        assert said == convsolve(command, *typed, *more, *count)


def test_every_word_of_a_question_is_a_key_and_in_the_schema() -> None:
    assert set(KEYS) >= {"input", "target", *Question.__annotations__}
    assert set(schema("spec")["properties"]) == {"schema", *KEYS}


MANUAL = 'write the words of the command line, as in input = "4x4" and target = "61x79"'
DIGITS = "9" * 5000
BAD: dict[str, tuple[str, str, str]] = {
    '{"strides": 2}': ("unknown-key", "'strides' is not known", "did you mean 'stride'?"),
    '{"kernel-size": 2, "kernel_size": 3}': ("bad-value", "kernel_size stands twice", "leave one of them out"),
    '{"input": 7}': ("bad-spec", "target is missing", 'write target = "28x28"'),
    '{"input": 7.5}': ("bad-value", "input: '7.5' cannot be", 'write input = "128@4x4"'),
    '{"input": true}': ("bad-value", "input: 'True' cannot be", 'write input = "128@4x4"'),
    "layers = true": ("bad-value", "layers: 'True' cannot be", "write layers = 4"),
    "exact = 1": ("bad-value", "exact: '1' cannot be", "write exact = true"),
    "stack = 3": ("bad-value", "stack: '3' cannot be", 'write stack = "Conv(k=3) >> MaxPool()"'),
    "where = [3]": ("bad-value", "where: '[3]' cannot be", 'write where = ["params <= 2e6"]'),
    "stride = 1979-05-27": ("bad-value", "stride: 'datetime.date(1979, 5, 27)' cannot be", 'write stride = "3,5,7"'),
    "stride = [2, 3]": (
        "bad-value",
        "stride: a list may be values to try, or one an axis",
        'write stride = "3,5" to try both, or stride = "3x5" for one an axis',
    ),
    "check = 'torhc'\ninput = 7\ntarget = 9": ("bad-value", "check: 'torhc' is not known", "did you mean 'torch'?"),
    "color = 'never'": ("unknown-key", "'color' is not known", f"known: {', '.join(KEYS)}"),
    "[question]\ninput = 7": ("unknown-key", "'question' is not known", f"known: {', '.join(KEYS)}"),
    "": ("bad-spec", "input is missing", 'write input = "28x28"'),
    "{": ("bad-spec", "no JSON at line 1, column 2", MANUAL),
    '{"schema": "convsolve.answer/1"}': ("bad-spec", "it is no question", MANUAL),
    '{"schema": "convsolve.answer/1", "problem": [1]}': ("bad-spec", "it is no question", MANUAL),
    '{"schema": "convsolve.solution/1"}': (
        "bad-spec",
        "its schema is neither convsolve.spec/1 nor convsolve.answer/1",
        MANUAL,
    ),
    '{"stride": 2, "stride": 3}': ("bad-spec", "the key 'stride' stands twice", MANUAL),
    '{"timeout": NaN}': ("bad-spec", "NaN is no number", MANUAL),
    f"input = {DIGITS}": ("bad-spec", "a number is too long", MANUAL),
    "x = " + "[" * 10_000: ("bad-spec", "it is nested too deeply", MANUAL),
    '{"x": ' + "[" * 100_000: ("bad-spec", "it is nested too deeply", MANUAL),
    "a." * 501 + "a = 1": ("bad-spec", "a line has too many dots", MANUAL),
    "# " + "x" * 2**18: ("bad-spec", "more than 256 KiB of TOML", MANUAL),
    "input = 7 \u202e": (
        "bad-spec",
        "no TOML: expected newline or end of document after a statement (at line 1, column 11)",
        MANUAL,
    ),
    'input = "\x00"': ("bad-spec", "no TOML: illegal character '\\x00' (at line 1, column 10)", MANUAL),
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:30])
def test_what_is_no_question_is_told_in_these_words(text: str) -> None:
    code, message, help_line = BAD[text]
    said = convsolve("solve", "--spec", "-", stdin=text.encode())
    assert said == (2, "", f"error[{code}]: stdin: {message}\n  help: {help_line}\n")


def test_what_a_file_says_wrongly_is_told_like_what_is_typed() -> None:
    question = {"input": "9" * 5000, "target": 7}
    typed = convsolve("solve", "9" * 5000, "7", "--json")
    assert asked(question) == typed
    assert typed.code == 2
    assert asked({"input": 7, "target": 28, "kernel_size": "7..1"}) == convsolve("solve", "7", "28", "-k7..1", "--json")


def test_bytes_that_are_no_text_and_too_many_of_them() -> None:
    for data, reason in ((b'input = "\xff"', "it is not UTF-8"), (b"{" * (LARGEST_SPEC + 1), "more than 8 MiB")):
        said = convsolve("solve", "--spec", "-", stdin=data)
        assert said == (2, "", f"error[bad-spec]: stdin: {reason}\n  help: {MANUAL}\n")


def test_a_question_in_a_file_is_whole() -> None:
    for typed, both in ((["7"], "INPUT"), (["7", "28"], "INPUT and TARGET")):
        assert convsolve("solve", *typed, "--spec", "-").err == (
            f"error[usage]: --spec has the whole question: {both} cannot stand beside it\n"
            f"  help: leave out {both}, or --spec\n"
            "  help: options may stand beside it, and go before the file\n"
        )


def test_a_file_that_is_not_there() -> None:
    assert convsolve("solve", "--spec", "nowhere.toml").err == (
        f"error[cannot-read]: 'nowhere.toml': no such file or directory\n  help: {MANUAL}\n  help: - reads stdin\n"
    )
