"""The question as a file: another solver reads it, and comes to the same."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from convsolve import judge
from convsolve.emit.smt2 import script
from convsolve.graph import graphs, total
from convsolve.models import solution_of
from convsolve.posing import ask
from tests.command_line import convsolve

cvc5: Any = import_module("cvc5")  # its compiled part carries no type information
MIXED = "Conv(k='1..3', s='1..2') >> Norm('batch') >> MaxPool(2, ceil_mode=True) >> ConvTranspose(k='2,4', d='1..2')"
QUESTIONS: list[tuple[Any, Any, dict[str, Any]]] = [
    (7, 28, {}),
    (28, 4, {"layers": 3}),
    ("1@7", "1@28", {"layers": 2, "minimize": "macs"}),
    ("4x5", "61x79", {"layers": 4}),
    ("4x4x3", "16x16x12", {"layers": 2, "tie": "all"}),
    ("16@28", "4@28", {"stack": MIXED}),
    (12, 12, {"stack": "Conv(k=3, padding='same') >> AvgPool() >> ConvTranspose(k=2, s='2..16:7')"}),
    (40, 10, {"kernel_size": {1, 2, 5, 9, 11}, "stride": {4, 7}, "layer": "conv"}),
    # with conditions
    (7, 28, {"layers": 2, "where": "stride[0] == stride[1]"}),
    ("8@7", "4@28", {"layers": 2, "channels": "8,16,4", "where": ["params <= 900", "receptive_field >= 4"]}),
    (7, 28, {"layers": 3, "where": "in_size*out_size % 7 == 0", "kernel_size": "1..4"}),
    (7, 28, {"layers": 2, "where": "receptive_field >= 12"}),
    ("8@7", "4@28", {"layers": 2, "channels": "8,16,4", "where": "macs < 100"}),
    # impossible: by range, by a gap, by parity, by a tie
    (7, 224, {"layers": 3, "stride": "1..2"}),
    (100, 1000, {"layers": 3, "kernel_size": "3..5", "stride": "1..2", "padding": "0..2"}),
    (7, 28, {"layers": 2, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 0}),
    (20, 31, {"layers": 6, "kernel_size": "3,5,7", "stride": 1, "output_padding": 0, "layer": "conv_transpose"}),
    ("3x3", "7x8", {"layer": "conv_transpose", "padding": 0, "output_padding": 0, "stride": "1..3"}),
]


def cvc5_says(text: str) -> tuple[str, dict[str, int]]:
    """The verdict, and the values of a model."""
    solver = cvc5.Solver(cvc5.TermManager())
    symbols = cvc5.SymbolManager(solver)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "question")
    said: list[str] = []
    while not (command := parser.nextCommand()).isNull():
        said.append(command.invoke(solver, symbols))
    verdict, *values = [words for words in said if words.strip() != "success" and words]
    found = re.findall(r"\(([a-z][^ ()]*) ([0-9]+)\)", values[0]) if verdict.strip() == "sat" else []
    return verdict.strip(), {name: int(number) for name, number in found}


@pytest.mark.parametrize(("source", "target", "question"), QUESTIONS)
def test_cvc5_comes_to_the_same(source: Any, target: Any, question: dict[str, Any]) -> None:  # noqa: ANN401
    problem = ask(source, target, **question)
    verdict, numbers = cvc5_says(script(problem))
    possible = judge.decide(problem).verdict == judge.Verdict.SAT if problem.where else total(graphs(problem)) > 0
    assert verdict == ("sat" if possible else "unsat")
    if verdict == "sat":
        # by the integer rules, its domains, ties and ends: raises where anything is wrong
        assert solution_of(problem, numbers).output.size == problem.target.size


def test_both_verdicts_are_among_the_questions() -> None:
    found = [judge.decide(ask(source, target, **question)).verdict for source, target, question in QUESTIONS]
    assert (found.count(judge.Verdict.SAT), found.count(judge.Verdict.UNSAT)) == (11, 7)


def test_the_logic_is_linear_where_the_question_is() -> None:
    linear = ["stride[0] == stride[1]", "kernel_size*stride == 4", "params <= 900", "in_size % 3 == 1"]
    for where in [*linear, "in_size[1]*out_size[1] == 49", "40 // in_size == 2"]:
        text = script(ask("8@7", "4@28", layers=3, channels="8,16,8,4", where=where))
        assert f"(set-logic {'QF_LIA' if where in linear else 'QF_NIA'})" in text, where


def test_every_reason_stands_beside_its_sentence() -> None:
    lines = script(ask("4x5", "61x79", layers=2)).splitlines()
    asserted = [line for line in lines if line.startswith("(assert")]
    assert all(re.fullmatch(r"\(assert \(! .* :named \S+\)\)  ; \S.*", line) for line in asserted)
    assert "; input: 4x5" in lines
    assert "(set-logic QF_LIA)" in lines
    assert lines[-3] == "(check-sat)"


def test_the_command_line_writes_it_before_the_answer(tmp_path: Path) -> None:
    file = tmp_path / "question.smt2"
    said = convsolve("solve", "7", "28", "--smt2", str(file))
    assert said.code == 0
    assert said.err.startswith(f"wrote {file}\n")
    assert file.read_text() == script(ask(7, 28))
    said = convsolve("count", "7", "1000", "--smt2", str(tmp_path / "none.smt2"), "--json")
    assert said.code == 3
    assert cvc5_says((tmp_path / "none.smt2").read_text())[0] == "unsat"


@pytest.mark.parametrize("command", ["solve", "count"])
def test_a_file_is_not_replaced_unless_it_may(tmp_path: Path, command: str) -> None:
    file = tmp_path / "question.smt2"
    file.write_text("mine")
    said = convsolve(command, "7", "28", "--smt2", str(file))
    assert (said.code, said.out) == (2, "")
    assert "file-exists" in said.err
    assert file.read_text() == "mine"
    assert convsolve(command, "7", "28", "--smt2", str(file), "--force").code == 0
    assert file.read_text() != "mine"
    said = convsolve(command, "7", "28", "--smt2", "-")
    assert (said.code, said.out) == (2, "")
    assert said.err == ("error[usage]: --smt2 writes a file: stdout has the answer\n  help: --smt2 question.smt2\n")
