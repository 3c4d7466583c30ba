"""``convsolve pareto`` and ``sweep``: what the space says, for people and for other tools."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

import convsolve as cs
from tests.command_line import convsolve
from tests.records import valid

QUESTION = ("8@7", "3@28", "--layers", "2")
SWEEP = ("sweep", "7", "28", "--layers", "2..3", "--count", "12", "--seed", "5")


def test_the_pareto_set_is_the_space_s() -> None:
    said = convsolve("pareto", *QUESTION, "--minimize", "params", "--maximize", "overlap", "--json")
    record = json.loads(said.out)
    valid(record, "pareto")
    points = cs.Space("8@7", "3@28", layers=2).pareto("params", "-overlap")
    assert [tuple(values) for values in record["values"]] == [point.values for point in points]
    assert [cs.Solution.from_dict(one) for one in record["solutions"]] == [point.solution for point in points]
    assert (record["costs"], record["total"], said.code) == (["params", "-overlap"], 865, 0)
    lines = convsolve("pareto", *QUESTION, "--minimize", "params", "--maximize", "overlap").out.splitlines()
    assert [tuple(map(int, line.split("\t")[1:3])) for line in lines[1:]] == [point.values for point in points]


def test_a_point_can_be_emitted(tmp_path: Path) -> None:
    path = tmp_path / "points.json"
    path.write_text(convsolve("pareto", *QUESTION, "--minimize", "params", "--maximize", "overlap", "--json").out)
    said = convsolve("emit", str(path), "--pick", "2")
    assert said.code == 0
    assert "nn.Sequential(" in said.out


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("7", "28"), 2, "error[usage]: no cost is given\n  help: write --minimize params --maximize receptive_field"),
        (("7", "28", "--minimize", "size"), 2, "error[bad-objective]: 'size' is no cost"),
        (("7", "28", "--minimize", "macs"), 2, "error[unknown-channels]: macs cannot be counted without channels"),
        (("7", "1000", "--minimize", "overlap"), 3, "7 -> 1000 by ConvTranspose: impossible, proved by Z3"),
    ],
)
def test_what_has_no_pareto_set_says_so(arguments: tuple[str, ...], code: int, text: str) -> None:
    said = convsolve("pareto", *arguments)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith(text)


def test_proposals_are_draws_of_the_space() -> None:
    space = cs.Space(7, 28, layers="2..3")
    wanted = space.sample(12, seed=5, strategy="diverse")
    numbers = [str(space.index(solution)) for solution in wanted]
    said = convsolve(*SWEEP, "--format", "jsonl")
    assert said.err.splitlines()[0] == (
        "7 -> 28 in 2 to 3 ConvTranspose layers: 12 of 56,989 combinations, strategy diverse"
    )
    records = [json.loads(line) for line in said.out.splitlines()]
    assert records == [
        {"rank": number, "values": space.values(solution)} for number, solution in zip(numbers, wanted, strict=True)
    ]
    assert json.loads(convsolve(*SWEEP, "--format", "optuna").out) == [record["values"] for record in records]
    rows = list(csv.DictReader(io.StringIO(convsolve(*SWEEP, "--format", "csv").out)))
    assert [*rows[0]] == ["rank", *space.decisions]
    for row, record in zip(rows, records, strict=True):
        assert row.pop("rank") == record["rank"]
        assert {name: int(value) for name, value in row.items() if value} == record["values"]
    even = convsolve(*SWEEP, "--format", "csv", "--strategy", "trajectory").out
    assert even != convsolve(*SWEEP, "--format", "csv", "--strategy", "uniform").out


def test_a_sweep_of_weights_and_biases_says_how_to_read_it() -> None:
    space = cs.Space(7, 28, layers="2..3")
    text = convsolve(*SWEEP, "--format", "wandb", "--where", "stride <= 3").out
    values = re.findall(r'^      - "(\d+)"$', text, re.MULTILINE)
    call = re.search(r"space = (.*)", text)
    assert call is not None
    again = eval(call[1], {"cs": cs})  # noqa: S307 - what is to be pasted
    assert again == space.where("stride <= 3")
    assert [again[int(value)] for value in values] == again.sample(12, seed=5, strategy="diverse")
    assert f"fingerprint {again.fingerprint}" in text


def test_a_file_of_proposals_is_never_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    assert convsolve(*SWEEP, "--format", "csv", "-o", str(path)).code == 0
    before = path.read_text()
    assert before == convsolve(*SWEEP, "--format", "csv").out
    said = convsolve(*SWEEP, "--format", "jsonl", "-o", str(path))
    assert (said.code, path.read_text()) == (2, before)
    assert said.err.startswith("error[file-exists]")
    assert convsolve("sweep", "7", "1000").code == 3
