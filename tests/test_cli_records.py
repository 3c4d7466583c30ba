"""What programs read: records that match their schemas, lines, and records that others have written."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from convsolve import answering
from convsolve.answer import Status
from convsolve.cli import records
from convsolve.errors import Error
from convsolve.events import Counted, Ended, Listener
from convsolve.problem import Problem
from convsolve.schema import NAMES, schema
from tests.command_line import convsolve
from tests.records import valid

STACK = 'Conv(k=3, padding="same", stride=1) >> Norm("group", 4) >> Act("leaky_relu", 0.2) >> MaxPool(ceil_mode=True)'
ANSWERS = [
    ["solve", "7", "28"],
    ["solve", "100@1x1", "3@64x64", "--layers", "5"],
    ["solve", "4x5x6", "8x10x12", "--count", "2"],
    ["solve", "1@9x9", "8@5x5", "--stack", STACK],
    ["solve", "7", "1000"],
    ["count", "4x4", "61x79", "--layers", "4"],
    ["count", "7", "1000"],
]
TRACES = [
    ["trace", STACK.replace("MaxPool(", "MaxPool(2, "), "--input", "8@28x28"],
    ["trace", "Conv(k=9)", "--input", "4"],
]


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_and_has_an_id(name: str) -> None:
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$id"].startswith("urn:convsolve.")
    assert found["properties"]["schema"] == {"const": name}
    bare = name.removeprefix("convsolve.")
    assert schema(bare) == schema(bare.removesuffix("/1")) == found


@pytest.mark.parametrize("arguments", ANSWERS, ids=" ".join)
def test_answers_match_their_schema(arguments: list[str]) -> None:
    said = convsolve(*arguments, "--json")
    record = json.loads(said.out)
    valid(record, "answer")
    assert said.out.count("\n") == 1
    assert said.code == {"solved": 0, "impossible": 3, "gave_up": 4}[record["status"]]
    assert (said.err == "") == (said.code == 0)
    assert convsolve(*arguments, "--json").out == said.out


def test_an_explanation_matches_its_schema_and_its_solutions_are_records() -> None:
    question = ["solve", "7", "28", "--layers", "2", "-k", "3", "-s", "2", "-p", "1", "--output-padding", "0"]
    record = json.loads(convsolve(*question, "--json").out)
    explanation = record["explanation"]
    assert [fact["what"] for fact in explanation["conflict"]] == ["output_padding", "kernel_size", "input", "target"]
    assert [change["relax"] for change in explanation["changes"]] == [
        {"output_padding": "0..1"},
        {"kernel_size": "4"},
        {"stride": "3", "input": "4"},
    ]
    for part in (*explanation["changes"], *explanation["nearest"]):
        valid(part["solution"], "solution")
        assert part["solution"]["checked"] == ["arithmetic", "z3"]
    assert json.loads(convsolve("count", *question[1:], "--json").out)["explanation"] == explanation
    for wrong in ("conflict", "changes", "nearest", "causes"):
        with pytest.raises(jsonschema.ValidationError):
            valid(record | {"explanation": explanation | {wrong: [{}]}}, "answer")


@pytest.mark.parametrize("arguments", TRACES, ids=["valid", "not valid"])
def test_traces_match_their_schema(arguments: list[str]) -> None:
    said = convsolve(*arguments, "--json")
    record = json.loads(said.out)
    valid(record, "trace")
    assert said.code == (0 if record["valid"] else 5)


def test_errors_match_their_schema() -> None:
    valid(json.loads(convsolve("solve", "7", "--json").out), "error")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("solutions", 0, "layers", 0, "stride"), [0]),
        (("solutions", 0, "layers", 0, "kernel_size"), [2.5]),
        (("solutions", 0, "layers", 0, "padding"), "full"),
        (("solutions", 0, "costs", "params"), -1),
        (("solutions", 0, "checked"), ["z3", "hope"]),
        (("status",), "gave up"),
        (("total",), "12"),
        (("schema",), "convsolve.answer/2"),
    ],
)
def test_a_schema_refuses_what_is_wrong(where: tuple[str | int, ...], value: object) -> None:
    record: Any = json.loads(convsolve("solve", "7", "28", "--count", "1", "--json").out)
    valid(record, "answer")
    inner = record
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        valid(record, "answer")


def test_lines_are_the_solutions_of_the_answer() -> None:
    answer = json.loads(convsolve("solve", "4x4", "61x79", "--layers", "4", "--json").out)
    lines = convsolve("solve", "4x4", "61x79", "--layers", "4", "--jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == answer["solutions"]
    valid(json.loads(lines[0]), "solution")


def test_all_as_lines_are_all_in_the_graphs_order() -> None:
    said = convsolve("solve", "7", "28", "--layers", "2", "--jsonl", "--all")
    lines = said.out.splitlines()
    listed = json.loads(convsolve("solve", "7", "28", "--layers", "2", "--all", "--json").out)
    assert said.err.splitlines()[0] == "7 -> 28 in 2 ConvTranspose layers: 865 combinations, in the graph's order"
    assert [json.loads(line)["checked"] for line in lines] == [["arithmetic", "z3"]] * 100 + [["arithmetic"]] * 765
    assert len(set(lines)) == len(lines) == listed["total"] == 865

    def layers(record: dict[str, Any]) -> str:
        return json.dumps(record["layers"])

    assert sorted(layers(json.loads(line)) for line in lines) == sorted(map(layers, listed["solutions"]))
    assert listed["order"] == "conventional"
    valid(json.loads(lines[-1]), "solution")


def test_all_as_lines_of_an_impossible_question_is_a_proof() -> None:
    said = convsolve("solve", "7", "1000", "--jsonl", "--all")
    assert (said.code, said.out) == (3, "")
    assert "impossible, proved by Z3" in said.err


def test_a_count_may_have_thousands_of_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    def huge(_: Problem, report: Listener, **__: object) -> None:
        report(Counted(10**9999, "conventional"))
        report(Ended(Status.SOLVED))

    monkeypatch.setattr(answering, "search", huge)
    assert convsolve("count", "7", "28").out == f"1{'0' * 9999}\n"
    assert f'"total": 1{"0" * 9999}, ' in convsolve("count", "7", "28", "--json").out
    assert "0 of about 1.0e9999 combinations" in convsolve("solve", "7", "28", "--count", "0").err


def test_piped_tables_have_a_cell_for_every_column() -> None:
    for arguments in (ANSWERS[0], ANSWERS[1], ANSWERS[3], [*TRACES[0]]):
        rows = list(csv.reader(io.StringIO(convsolve(*arguments).out), delimiter="\t", quoting=csv.QUOTE_NONE))
        assert len(rows) > 1
        assert {len(row) for row in rows} == {len(rows[0])}


# --- records that others have written


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


STRANGE = {
    "": "is empty",
    "[]": "it is no object",
    "null": "it is no object",
    "{": "no JSON at line 1, column 2",
    '{"schema": "convsolve.answer/1", "schema": "x"}': "the key 'schema' stands twice",
    '{"schema": NaN}': "NaN is no number",
    '{"schema": -Infinity}': "-Infinity is no number",
    '{"schema": 1e999}': "a number is too large",
    f'{{"schema": {"9" * 5000}}}': "neither convsolve.answer/1 nor convsolve.solution/1",
    f'{{"schema": {nested(100_000)}}}': "it is nested too deeply",
    '{"schema": "convsolve.answer/2"}': "neither convsolve.answer/1 nor convsolve.solution/1",
    '{"schema": "convsolve.answer/1"}': "the answer has no list of solutions",
    '{"schema": "convsolve.answer/1", "solutions": [7]}': "solution 1 is no object",
}


@pytest.mark.parametrize(("text", "reason"), STRANGE.items(), ids=lambda text: text[:30])
def test_strange_records_are_refused_in_words(text: str, reason: str) -> None:
    said = convsolve("emit", "-", stdin=text.encode())
    space = " " if text == "" else ": "
    assert said == (
        2,
        "",
        f"error[bad-record]: stdin{space}{reason}\n  help: give a file of convsolve solve --json or --jsonl\n",
    )


def test_bytes_that_are_no_text_are_refused() -> None:
    said = convsolve("emit", "-", stdin=b'{"schema": "\xff"}')
    assert (said.code, said.err.splitlines()[0]) == (2, "error[bad-record]: stdin: it is not UTF-8")


def test_a_record_larger_than_any_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LARGEST_RECORD", 2**20)
    said = convsolve("emit", "-", stdin=b" " * (2**20 + 1))
    assert (said.code, said.err.splitlines()[0]) == (2, "error[bad-record]: stdin: more than 1 MiB")


def test_a_record_that_contradicts_itself_is_refused() -> None:
    record = json.loads(convsolve("solve", "7", "28", "--count", "1", "--json").out)
    record["solutions"][0]["layers"][0]["out_size"] = [29]
    said = convsolve("emit", "-", stdin=json.dumps(record).encode())
    assert said.code == 2
    assert said.err.startswith("error[bad-record]: the record contradicts itself")


def test_a_record_says_every_option_or_leaves_it_out() -> None:
    record = json.loads(convsolve("solve", "4@7", "4@7", "--count", "1", "--json").out)
    record["solutions"][0]["layers"][0]["groups"] = None
    said = convsolve("emit", "-", stdin=json.dumps(record).encode())
    assert said.code == 2
    assert "groups must be int, not 'None'" in said.err


@pytest.fixture
def found() -> dict[str, str]:
    """One question's answer in each of its three forms."""
    question = ["solve", "7", "28"]
    answer = convsolve(*question, "--json").out
    return {
        "answer": answer,
        "answer, indented": json.dumps(json.loads(answer), indent=2),
        "lines": convsolve(*question, "--jsonl").out,
        "lines apart": convsolve(*question, "--jsonl").out.replace("\n", "\n\n"),
    }


@pytest.mark.parametrize("form", ["answer", "answer, indented", "lines", "lines apart"])
def test_a_solution_is_picked_from_every_form(found: dict[str, str], form: str, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    file.write_text(found[form], encoding="utf-8")
    wanted = json.loads(found["answer"])["solutions"]
    assert [records.read_solution(str(file), place) for place in (1, 12)] == [wanted[0], wanted[11]]
    with pytest.raises(Error, match=r"--pick 13: .* has 12 solution\(s\)"):
        records.read_solution(str(file), 13)


def test_a_solution_is_picked_however_many_digits_the_total_has(tmp_path: Path) -> None:
    answer = convsolve("solve", "28", "14", "--layers", "30", "--count", "1", "--json").out
    record = json.loads(answer)
    assert record["total"] > 10**20
    file = tmp_path / "deep.json"
    file.write_text(answer, encoding="utf-8")
    assert records.read_solution(str(file), 1) == record["solutions"][0]


def test_one_solution_is_picked_whatever_its_layout(found: dict[str, str], tmp_path: Path) -> None:
    solution = json.loads(found["lines"].splitlines()[0])
    file = tmp_path / "one.json"
    for indent in (None, 2):
        file.write_text(json.dumps(solution, indent=indent), encoding="utf-8")
        assert records.read_solution(str(file), 1) == solution
        with pytest.raises(Error, match="has 1 solution"):
            records.read_solution(str(file), 2)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        (("61x79", "64x80", "--stack", "Pad()"), "Pad((1, 2), (1, 0))"),
        (("61", "59", "--stack", "Crop()"), "Crop((1, 1))"),
        (("8x8", "16x16", "--stack", "Upsample()"), "Upsample(2)"),
        (("8x8", "16x16", "--stack", "PixelShuffle()"), "PixelShuffle(2)"),
        (("8x8", "4x4", "--stack", "PixelUnshuffle()"), "PixelUnshuffle(2)"),
        (("12", "4", "--stack", "AdaptiveAvgPool()"), "AdaptiveAvgPool(4)"),
    ],
)
def test_a_table_of_one_layer_says_what_has_no_column(question: tuple[str, ...], first: str) -> None:
    _, _, head, row, *_ = convsolve("solve", *question, terminal=True).out.splitlines()
    assert head.split()[:2] == ["#", "layer"]
    assert not {"kernel_size", "stride", "padding"} & {*head.split()}
    assert row.split(maxsplit=1)[1].startswith(first)
