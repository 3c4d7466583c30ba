"""``convsolve sample``: draws that are the same however often they are interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

import convsolve as cs
from convsolve.schema import schema
from tests.command_line import convsolve
from tests.terminal import BIN, environment

QUESTION = ("sample", "7", "28", "--layers", "4", "--seed", "3")


def draws(path: Path) -> list[cs.Solution]:
    return [cs.Solution.from_dict(json.loads(line)) for line in path.read_text().splitlines()]


def test_draws_are_those_of_the_space() -> None:
    said = convsolve(*QUESTION, "--count", "20")
    records = [json.loads(line) for line in said.out.splitlines()]
    space = cs.Space(7, 28, layers=4)
    assert [cs.Solution.from_dict(record) for record in records] == space.sample(20, seed=3)
    assert [record["draw"] for record in records] == [
        {"space": space.fingerprint, "strategy": "uniform", "seed": 3, "number": number} for number in range(20)
    ]
    assert said.code == 0
    assert said.err.splitlines()[0] == (
        "7 -> 28 in 4 ConvTranspose layers: 20 of 3,678,185 combinations, drawn uniformly"
    )
    assert "draw" in schema("solution")["properties"]
    assert convsolve("sample", "7", "28", "--count", "99").out.count("\n") == 12


def test_a_killed_command_is_resumed_to_the_same_lines(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    assert convsolve(*QUESTION, "--count", "4000", "-o", str(whole)).code == 0
    command = [str(BIN / "convsolve"), *QUESTION, "--count", "4000", "-o", str(cut)]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not (cut.exists() and cut.stat().st_size > 200_000):
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    before = cut.read_bytes()
    assert 0 < len(before) < whole.stat().st_size
    assert whole.read_bytes().startswith(before)
    again = convsolve(*QUESTION, "--count", "4000", "-o", str(cut), "--resume")
    assert again.code == 0
    lines = before.count(b"\n")
    assert f"behind the {lines:,} that were there" in again.err
    assert cut.read_bytes() == whole.read_bytes()
    assert len(set(draws(cut))) == 4000


def test_a_torn_line_is_cut_off_and_more_are_added(tmp_path: Path) -> None:
    path = tmp_path / "draws.jsonl"
    convsolve(*QUESTION, "--count", "5", "-o", str(path))
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    convsolve(*QUESTION, "--count", "5", "-o", str(path), "--resume")
    assert path.read_bytes() == whole
    convsolve(*QUESTION, "--count", "9", "-o", str(path), "--resume")
    assert draws(path) == cs.Space(7, 28, layers=4).sample(9, seed=3)
    said = convsolve(*QUESTION, "--count", "2", "-o", str(path), "--resume")
    assert said.code == 0
    assert "wrote 0 lines" in said.err
    assert len(draws(path)) == 9


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--seed", "4"), "line 1 is of another seed"),
        (("--where", "stride[0] == 1"), "line 1 is of another question"),
    ],
)
def test_other_draws_are_left_alone(arguments: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    path = tmp_path / "draws.jsonl"
    convsolve(*QUESTION, "--count", "5", "-o", str(path))
    whole = path.read_bytes()
    said = convsolve(*QUESTION, *arguments, "--count", "9", "-o", str(path), "--resume")
    assert said.code == 2
    assert said.err.startswith(f"error[other-draws]: '{path}': {reason}")
    assert path.read_bytes() == whole
    said = convsolve(*QUESTION, "--count", "9", "-o", str(path))
    assert said.err == (
        f"error[file-exists]: '{path}' is already there\n  help: add --force\n  help: add --resume to go on with it\n"
    )
    assert path.read_bytes() == whole


def test_a_file_that_has_no_draws_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nothing of ours\n")
    said = convsolve(*QUESTION, "-o", str(path), "--resume")
    assert (said.code, path.read_text()) == (2, "nothing of ours\n")
    assert said.err.startswith(f"error[bad-record]: '{path}': line 1 is no draw")
    said = convsolve(*QUESTION, "--resume")
    assert said.err.startswith("error[usage]: --resume needs the file that it goes on with")
    assert convsolve(*QUESTION, "-o", str(tmp_path / "no" / "where.jsonl")).err.startswith("error[no-directory]")


def test_lines_out_of_their_place_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "draws.jsonl"
    convsolve(*QUESTION, "--count", "5", "-o", str(path))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], lines[2]]))
    said = convsolve(*QUESTION, "--count", "9", "-o", str(path), "--resume")
    assert said.err.startswith(f"error[other-draws]: '{path}': line 2 is out of place")


def test_none_to_draw_is_proved_and_says_where_to_ask_why() -> None:
    said = convsolve("sample", "7", "1000")
    assert (said.code, said.out) == (3, "")
    assert said.err.splitlines()[-1] == "  help: this says why: convsolve solve 7 1000"


def test_a_limit_ends_it_with_what_was_drawn() -> None:
    said = convsolve("sample", "7", "28", "--layers", "4", "--count", "3000000", "--timeout", "1.5")
    assert said.code == 0
    assert said.out.endswith("}\n")
    assert "then time ran out" in said.err
