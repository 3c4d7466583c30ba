"""Z3 against brute force, the graph against Z3, and what is done with each of its verdicts."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from random import Random
from threading import Timer
from typing import Any

import pytest
import z3

import convsolve as cs
from convsolve import judge, proofs
from convsolve.encoding import Encoding, whole
from convsolve.graph import graphs
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.variables import setting_name
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
        verdict, answer = judge.decide(problem)
        assert (answer is not None) == (verdict == judge.Verdict.SAT)
        empty = [graph for graph in graphs(problem) if not graph.total]
        assert verdict == (judge.Verdict.UNSAT if empty else judge.Verdict.SAT), problem.to_dict()
        if empty:
            assert proofs.prove_impossible(problem, empty[0]).verdict == judge.Verdict.UNSAT
        verdicts[verdict] += 1
    assert min(verdicts.values()) > 20


def test_what_is_not_decided_at_once_is_proved_layer_by_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "FIRST_TRY", dict.fromkeys((1, 2, 3), 1))
    monkeypatch.setattr(judge, "_thorough", lambda *_: pytest.fail("the layers should have sufficed"))
    draw = Random(12)
    checks = []
    for _ in range(60):
        problem = _drawn(draw)
        empty = [graph for graph in graphs(problem) if not graph.total]
        if empty:
            proof = proofs.prove_impossible(problem, empty[0])
            assert proof.verdict == judge.Verdict.UNSAT, problem.to_dict()
            checks.append(proof.checks)
    assert len(checks) > 20
    assert max(checks) > 4


def test_a_record_does_not_say_which_attempt_proved_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """How far little work gets may hang on what was asked before; the same question has the same record."""
    at_once = cs.solve(100, 1000, layers=3).to_dict()
    monkeypatch.setattr(proofs, "FIRST_TRY", dict.fromkeys((1, 2, 3), 1))
    assert cs.solve(100, 1000, layers=3).to_dict() == at_once
    assert at_once["status"] == "impossible"


def test_impossible_by_parity_is_proved_layer_by_layer() -> None:
    stack = "ConvTranspose(k=4, s='1,3', p='0,2', output_padding='0,2') * 12"
    problem = ask(12, 1229, stack=stack)
    (graph,) = graphs(problem)
    proof = proofs.prove_impossible(problem, graph)
    # every layer makes even sizes odd and odd ones even, so twelve change nothing
    assert proof == (judge.Verdict.UNSAT, 1 + 15)


def test_impossible_by_a_tie_alone_is_proved() -> None:
    question: Any = {"layers": 1, "layer": "conv_transpose", "padding": "0", "output_padding": 0, "stride": "1..3"}
    free = cs.solve("3x3", "7x8", tie="none", **question)
    tied = cs.solve("3x3", "7x8", **question)
    assert free.status == cs.Status.SOLVED
    assert tied.status == cs.Status.IMPOSSIBLE


def test_count_does_not_say_none_without_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cs.count(100, 1000, layers=3) == 0
    monkeypatch.setattr(judge, "_check", lambda *_: judge.Verdict.UNKNOWN)
    with pytest.raises(cs.Error, match=r"error\[gave-up\]"):
        cs.count(100, 1000, layers=3)


def test_a_wrong_solution_is_refused() -> None:
    problem = ask(7, 28)
    wrong = cs.solve(7, 27)[0]
    assert judge.Confirmation(problem)(wrong) == judge.Verdict.UNSAT


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


def test_want_of_memory_inside_z3_is_one_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise z3.Z3Exception(b"out of memory")

    monkeypatch.setattr(z3.Solver, "from_string", refuse)
    with pytest.raises(MemoryError):
        judge.decide(ask(7, 28))


def test_what_went_wrong_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    cs.solve(7, 28)
    (spare,) = judge._spare
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    monkeypatch.setattr(z3.Solver, "reason_unknown", lambda _: "interrupted from keyboard")
    with pytest.raises(KeyboardInterrupt):
        cs.solve(7, 28)
    monkeypatch.undo()
    assert spare not in judge._spare
    assert cs.solve(7, 28)[0].checked == ("arithmetic", "z3")


def test_a_confirmed_layer_does_not_vouch_for_another() -> None:
    """Layers that are right by themselves, and sizes in front of them or at the ends that are not theirs."""
    problem = ask(7, 28, layers=2)
    confirm = judge.Confirmation(problem)
    answers = list(cs.solve(7, 28, layers=2, count=200))
    assert {confirm(answer) for answer in answers} == {judge.Verdict.SAT}
    refused = 0
    for one, other in product(answers[::7], repeat=2):
        mixed = cs.Solution((one.layers[0], other.layers[1]))
        fits = one.layers[0].out_size == other.layers[1].in_size
        assert (confirm(mixed) == judge.Verdict.SAT) == fits
        refused += not fits
    assert refused > 100
    last = answers[0].layers[1]
    assert confirm(cs.Solution((answers[0].layers[0], replace(last, out_size=(27,))))) == judge.Verdict.UNSAT
    first = replace(answers[0].layers[0], in_size=(8,))
    assert confirm(cs.Solution((first, last))) == judge.Verdict.UNSAT


def test_sessions_at_the_same_time_have_contexts_of_their_own() -> None:
    problem = ask("4x5", "61x79", layers=4)
    answers = list(cs.solve("4x5", "61x79", layers=4, count=5))
    wrong = cs.Solution((*answers[0].layers[:3], answers[1].layers[2]))

    def work(_: int) -> list[judge.Verdict]:
        confirm = judge.Confirmation(problem)
        return [confirm(answer) for answer in (*answers, wrong)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(64)))
    assert found == [[judge.Verdict.SAT] * 5 + [judge.Verdict.UNSAT]] * 64


@pytest.mark.skipif(not hasattr(signal, "siginterrupt"), reason="system calls that wait are of Unix")
def test_behind_z3_ctrl_c_still_interrupts_what_waits() -> None:
    """Z3 takes Ctrl-C while it works, and gives it back so that a call that waits goes on waiting."""
    waiting, written = os.pipe()
    late = Timer(5, os.write, (written, b"late"))

    class HeardError(Exception):
        pass

    def hear(*_: object) -> None:
        raise HeardError

    before = signal.signal(signal.SIGINT, hear)
    try:
        cs.solve(7, 28)
        cs.solve(100, 1000, layers=3)
        Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        late.start()
        with pytest.raises(HeardError):
            os.read(waiting, 4)
        assert late.is_alive(), "it was heard before the read had ended"
    finally:
        signal.signal(signal.SIGINT, before)
        late.cancel()
        os.close(waiting)
        os.close(written)
