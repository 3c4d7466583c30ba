"""Z3 against brute force, the graph against Z3, and what is done with each of its verdicts."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import pytest
import z3

import convsolve as cs
from convsolve import judge
from convsolve.encoding import Encoding, setting_name, whole
from convsolve.graph import graphs
from convsolve.problem import Problem, ask
from tests.oracle import brute_force


def models(problem: Problem) -> set[tuple[int, ...]]:
    """Every answer to a question of one layer on one axis that Z3 finds by itself."""
    encoding = whole(problem)
    solver = z3.SolverFor("QF_LIA", ctx=z3.Context())
    solver.from_string(encoding.text())
    names = [setting_name(0, 0, parameter.name) for parameter in problem.layers[0].kind.axis_parameters]
    variables = [z3.Int(name, solver.ctx) for name in names]
    found = set()
    while solver.check() == z3.sat:
        model = solver.model()
        values = tuple(model.eval(variable, model_completion=True).as_long() for variable in variables)
        found.add(values)
        solver.add(z3.Or([variable != value for variable, value in zip(variables, values, strict=True)]))
    return found


def test_z3_alone_finds_the_same_answers_as_brute_force() -> None:
    draw = Random(7)
    found = 0
    for _ in range(200):
        kind = draw.choice(["conv", "conv_transpose"])
        source, target = draw.randint(1, 40), draw.randint(1, 40)
        one = brute_force.layer(kind, 1)
        wanted = set()
        for k, s, p, d, a in product(*(one.values[name][0] for name in brute_force.PARAMETERS)):
            if brute_force.out_size(kind, 1, source, (k, s, p, d, a)) == target:
                wanted.add((k, s, p, d, a))
        answers = models(ask(source, target, layer=kind))
        assert {(*values, 0)[:5] for values in answers} == wanted, (kind, source, target)
        found += len(wanted)
    assert found > 300


def _drawn(draw: Random) -> Problem:
    kinds = ["Conv()", "ConvTranspose()", "MaxPool()", "AvgPool(ceil_mode=True)", "Conv(padding='same', s=1)"]
    axes = draw.choice([1, 1, 2])
    stack = " >> ".join(draw.choice(kinds) for _ in range(draw.randint(1, 3)))
    sizes = [tuple(draw.randint(1, 30) for _ in range(axes)) for _ in range(2)]
    narrow: Any = {"kernel_size": draw.choice(["3", "2,4", "1..5"]), "stride": draw.choice(["1", "2", "1..3"])}
    question = narrow if "Conv()" in stack or "ConvTranspose()" in stack else {}
    return ask(*sizes, stack=stack, **question)


def test_graph_and_z3_agree_on_drawn_questions() -> None:
    draw = Random(11)
    verdicts = {judge.Verdict.SAT: 0, judge.Verdict.UNSAT: 0}
    for _ in range(120):
        problem = _drawn(draw)
        verdict = judge.decide(problem)
        empty = [graph for graph in graphs(problem) if not graph.total]
        assert verdict == (judge.Verdict.UNSAT if empty else judge.Verdict.SAT), problem.to_dict()
        if empty:
            assert judge.prove_impossible(problem, empty[0]).verdict == judge.Verdict.UNSAT
        verdicts[verdict] += 1
    assert min(verdicts.values()) > 20


def test_impossible_by_parity_is_proved_layer_by_layer() -> None:
    problem = ask(4, 65, layers=16, kernel_size="3,5", stride=1, output_padding=0)
    (graph,) = graphs(problem)
    proof = judge.prove_impossible(problem, graph)
    assert proof == (judge.Verdict.UNSAT, 17)


def test_impossible_by_a_tie_alone_is_proved() -> None:
    question: Any = {"layers": 1, "layer": "conv_transpose", "padding": "0", "output_padding": 0, "stride": "1..3"}
    free = cs.solve("3x3", "7x8", tie="none", **question)
    tied = cs.solve("3x3", "7x8", **question)
    assert free.status == cs.Status.SOLVED
    assert tied.status == cs.Status.IMPOSSIBLE


def test_a_wrong_solution_is_refused() -> None:
    problem = ask(7, 28)
    wrong = cs.solve(7, 27)[0]
    assert judge.confirm(problem, [wrong]) == [judge.Verdict.UNSAT]


def test_every_sentence_has_a_label_of_its_own() -> None:
    encoding = whole(ask("4x4", "61x79", layers=4))
    labels = [sentence.label for sentence in encoding.sentences]
    assert len(set(labels)) == len(labels)
    assert isinstance(encoding, Encoding)
    assert all(sentence.reason for sentence in encoding.sentences)


def test_unknown_is_neither_a_yes_nor_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "_check", lambda *_: judge.Verdict.UNKNOWN)
    gave_up = cs.solve(100, 1000, layers=3)
    assert (gave_up.status, gave_up.total, gave_up.complete) == (cs.Status.GAVE_UP, None, False)
    found = cs.solve(7, 28)
    assert found.status == cs.Status.SOLVED
    assert found[0].checked == ("arithmetic",), "what Z3 did not confirm is not called confirmed"


def test_a_disagreement_is_a_defect_and_not_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "_check", lambda *_: judge.Verdict.SAT)
    with pytest.raises(AssertionError, match="Z3 finds an answer"):
        cs.solve(100, 1000, layers=3)
    monkeypatch.setattr(judge, "_check", lambda *_: judge.Verdict.UNSAT)
    with pytest.raises(AssertionError, match="Z3 refuses"):
        cs.solve(7, 28)


def test_a_verdict_has_no_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(judge.Verdict.UNSAT)


def test_an_interrupt_inside_z3_is_one_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    monkeypatch.setattr(z3.Solver, "reason_unknown", lambda _: "interrupted from keyboard")
    with pytest.raises(KeyboardInterrupt):
        judge.decide(ask(7, 28))
