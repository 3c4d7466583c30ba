"""What a check that fails, or cannot be made, comes to: torch is played by a report."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from convsolve import answering
from convsolve.answer import Status
from convsolve.check import child
from convsolve.check.report import Backend, Fault, Outcome, Report
from convsolve.cli import checks, doctor
from convsolve.events import CountedBare, Ended, Event, Listener, NoneIn
from convsolve.posing import ask
from convsolve.problem import Problem
from tests.command_line import Said, convsolve

FAILED = Report(Outcome.FAILED, faults=(Fault(0, "size", "1x1x28", "1x1x27", "cpu, batch 1"),))
TIMED_OUT = Report(Outcome.TIMED_OUT, notes=("stopped after 120 s",))
CRASHED = Report(Outcome.CRASHED, faults=(Fault(None, "crash", "an answer", "torch's process ended", "cpu"),))
PASSED = Report(Outcome.PASSED, levels=("torch",), backend=Backend("2.13.0", "cpu", 2, onednn=True))


@pytest.fixture
def torch_says(monkeypatch: pytest.MonkeyPatch) -> Callable[[Report], None]:
    def says(report: Report) -> None:
        def check(stacks: Sequence[object], *_: object, **__: object) -> list[Report]:
            return [report] * len(stacks)

        monkeypatch.setattr(checks, "check_solutions", check)
        monkeypatch.setattr(child, "check_layers", lambda *_, **__: report)
        monkeypatch.setattr(child, "check_solution", lambda *_, **__: report)
        monkeypatch.setattr(child, "verify_file", lambda *_, **__: report)

    return says


TorchSays = Callable[[Report], None]


def emitted(file: Path, *options: str) -> Said:
    return convsolve("solve", "1@7", "1@28", "--count", "1", "--emit", str(file), *options)


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (FAILED, "the check failed: layer 0: expected 1x1x28, got 1x1x27 (cpu, batch 1)"),
        (
            CRASHED,
            "not checked in torch (backend crash): the model: expected an answer, got torch's process ended (cpu)",
        ),
    ],
)
def test_code_that_torch_contradicts_is_not_written(
    torch_says: TorchSays, tmp_path: Path, report: Report, words: str
) -> None:
    torch_says(report)
    file = tmp_path / "up.py"
    said = emitted(file, "--json")
    assert said.code == 5
    assert said.err == f"{words}\n{file} was not written\n"
    assert json.loads(said.out)["solutions"][0]["checked"] == ["arithmetic", "z3"]
    assert not file.exists()


def test_code_that_torch_could_not_run_is_written_where_a_lower_level_is_asked_for(
    torch_says: TorchSays, tmp_path: Path
) -> None:
    torch_says(TIMED_OUT)
    file = tmp_path / "up.py"
    said = emitted(file, "--json")
    assert said.code == 4
    assert said.err == (
        f"not checked in torch (timed out): stopped after 120 s\n{file} was not written\n"
        "  help: --check z3 writes it without a run in torch\n"
    )
    assert json.loads(said.out)["status"] == "solved"
    assert not file.exists()
    said = emitted(file, "--json", "--check", "z3")
    assert (said.code, said.err) == (0, f"wrote {file}, checked: arithmetic, z3\n")
    assert file.exists()


@pytest.mark.parametrize(("report", "code"), [(FAILED, 5), (CRASHED, 5), (TIMED_OUT, 4)])
def test_a_check_that_was_asked_for_decides_the_exit_code(torch_says: TorchSays, report: Report, code: int) -> None:
    torch_says(report)
    said = convsolve("solve", "28", "28", "--count", "2", "--check", "torch")
    assert said.code == code
    assert said.out.count("\n") == 3
    assert "checked: arithmetic, z3\nsolution 1: " in said.err
    assert "solution 2: " in said.err


@pytest.mark.parametrize(("report", "code"), [(PASSED, 0), (FAILED, 5), (CRASHED, 5), (TIMED_OUT, 4)])
def test_what_verify_exits_with(torch_says: TorchSays, report: Report, code: int) -> None:
    torch_says(report)
    said = convsolve("verify", "up.py:model", "--input", "1@7", "--output", "1@28", "--json")
    assert said.code == code
    assert said.err.startswith("importing up.py: this runs its code, in a child process\n")
    record = json.loads(said.out)
    assert (record["schema"], record["model"], record["outcome"]) == (
        "convsolve.check/1",
        "up.py:model",
        str(report.outcome),
    )


def test_emit_stops_where_torch_contradicts(torch_says: TorchSays, tmp_path: Path) -> None:
    lines = convsolve("solve", "1@7", "1@28", "--jsonl").out.encode()
    torch_says(FAILED)
    file = tmp_path / "up.py"
    said = convsolve("emit", "-", "-o", str(file), stdin=lines)
    assert (said.code, said.out) == (5, "")
    assert not file.exists()
    torch_says(PASSED)
    assert convsolve("emit", "-", stdin=lines).out.startswith('"""From 1@7 to 1@28, by convsolve."""\n')


def test_z3_is_asked_beyond_the_first_hundred() -> None:
    question = ["solve", "7", "28", "--layers", "2", "--count", "103"]
    assert "checked: arithmetic, z3 (the first 100)\n" in convsolve(*question).err
    assert "checked: arithmetic, z3\n" in convsolve(*question, "--check", "z3").err


def test_giving_up_is_neither_found_nor_impossible(monkeypatch: pytest.MonkeyPatch) -> None:
    def undecided(_: Problem, report: Listener, **__: object) -> None:
        report(Ended(Status.GAVE_UP))

    monkeypatch.setattr(answering, "search", undecided)
    said = convsolve("solve", "7", "1000")
    assert (said.code, said.out) == (4, "")
    assert "gave up: none was found, and Z3 could not prove within its budget that there is none" in said.err
    assert "impossible" not in said.err
    assert convsolve("count", "7", "1000")[:2] == (4, "")
    assert json.loads(convsolve("solve", "7", "1000", "--json").out)["status"] == "gave_up"


def test_giving_up_tells_what_is_known_and_what_leads_further(monkeypatch: pytest.MonkeyPatch) -> None:
    def undecided(_: Problem, report: Listener, **__: object) -> None:
        report(CountedBare(434_729_355))
        for layers in (3, 4, 5):
            report(NoneIn(layers, proved=False))
        for layers in (3, 4):
            report(NoneIn(layers, proved=True))
        report(Ended(Status.GAVE_UP))

    monkeypatch.setattr(answering, "search", undecided)
    question = ["solve", "8@4x4", "3@61x79", "--layers", "3..6", "--where", "macs <= 1e3"]
    assert convsolve(*question).err.splitlines()[-4:] == [
        "known: no combination in 3 to 4 layers, proved by Z3",
        "known: none was found in 5 layers, which is not proved",
        "known: without the conditions there are 434,729,355 combinations",
        "  help: ask for fewer layers, leave out a condition, or narrow a limit, as in --kernel-size 3..5",
    ]
    record = json.loads(convsolve(*question, "--json").out)
    assert record["established"] == {
        "impossible_layers": [3, 4],
        "empty_layers": [5],
        "without_conditions": 434_729_355,
        "residues": [],
        "some": False,
    }


def test_layers_that_z3_rules_out_are_told_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []
    monkeypatch.setattr(answering, "proved_impossible", lambda found: len(found.problem.layers) < 3)
    answering.search(ask(7, 1000, layers="1..3"), told.append)
    assert [event for event in told if isinstance(event, NoneIn)] == [
        *(NoneIn(layers, proved=False) for layers in (1, 2, 3)),
        *(NoneIn(layers, proved=True) for layers in (1, 2)),
    ]
    assert told[-1] == Ended(Status.GAVE_UP)


def test_a_broken_installation_is_found(monkeypatch: pytest.MonkeyPatch, torch_says: TorchSays) -> None:
    torch_says(CRASHED)
    said = convsolve("doctor")
    assert said.code == 1
    assert "7 -> 28, run in torch\tbackend crash; the model: expected an answer" in said.out
    assert said.err == "something is broken: what is not ok above stands in the way\n"
    monkeypatch.setattr(doctor, "_solved", lambda: "ImportError: no z3")
    assert "7 -> 28, run in torch\tnot run\n" in convsolve("doctor").out


def test_emit_to_stdout_is_another_command() -> None:
    said = convsolve("solve", "7", "28", "--emit", "-")
    assert said.err == "error[usage]: --emit writes a file\n  help: convsolve solve ... --json | convsolve emit -\n"


def test_a_model_that_fails_is_told_what_mends_it(tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text(
        "from torch import nn\n"
        "flat = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.Flatten(), nn.Linear(10, 2))\n"
        "short = nn.Sequential(nn.ConvTranspose2d(3, 3, 3, stride=2, padding=1))\n",
        encoding="utf-8",
    )
    flat = convsolve("verify", f"{model}:flat", "--input", "3@9x9", "--output", "2@1")
    assert flat.code == 5
    assert "in_features == channels*height*width: 10 == 64" in flat.err
    assert "  help: write nn.Linear(64, 2)\n" in flat.err
    short = convsolve("verify", f"{model}:short", "--input", "3@14x14", "--output", "3@28x28")
    assert short.code == 5
    assert short.err.splitlines()[-1] == "          convsolve solve 14x14 28x28 --layer conv_transpose"
