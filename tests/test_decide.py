"""Z3 by itself, with conditions that relate any numbers of a question: against brute force."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import z3

import convsolve as cs
from convsolve import chains, judge
from convsolve.conditions import Condition
from convsolve.encoding import values
from convsolve.models import solution_of
from convsolve.posing import ask
from convsolve.problem import Problem
from tests.oracle import brute_force

KERNELS, STRIDES = range(1, 4), range(1, 4)

# The text, and the same in Python on a combination's variables, in a question of so many layers.
FREE: list[tuple[str, Callable[[Mapping[str, int], int], bool]]] = [
    ("kernel_size[0] == kernel_size[-1]", lambda v, n: v["layer.0.0.kernel_size"] == v[f"layer.{n - 1}.0.kernel_size"]),
    ("stride[0] < stride[-1]", lambda v, n: v["layer.0.0.stride"] < v[f"layer.{n - 1}.0.stride"]),
    ("kernel_size[0]*kernel_size[-1] >= 6",
     lambda v, n: v["layer.0.0.kernel_size"] * v[f"layer.{n - 1}.0.kernel_size"] >= 6),
    ("in_size[-1] % 3 == 1", lambda v, n: v[f"size.{n - 1}.0"] % 3 == 1),
    ("out_size[0] == 2*kernel_size[0] + 1 or kernel_size[0] == 3",
     lambda v, _: v["size.1.0"] == 2 * v["layer.0.0.kernel_size"] + 1 or v["layer.0.0.kernel_size"] == 3),
    ("kernel_size[0]*out_size[0] > 40", lambda v, _: v["size.1.0"] * v["layer.0.0.kernel_size"] > 40),
    ("padding[0] in {1, 2} and not kernel_size[0] == 2",
     lambda v, _: v["layer.0.0.padding"] in {1, 2} and v["layer.0.0.kernel_size"] != 2),
    ("max(kernel_size[0], kernel_size[-1]) - min(kernel_size[0], kernel_size[-1]) == 2",
     lambda v, n: abs(v["layer.0.0.kernel_size"] - v[f"layer.{n - 1}.0.kernel_size"]) == 2),
]  # fmt: skip


def _drawn(draw: Random) -> tuple[Problem, list[str], tuple[int, int]]:
    kinds = draw.choices(["conv", "conv_transpose"], k=draw.randint(1, 3))
    ends = draw.randint(3, 12), draw.randint(3, 30)
    names = {"conv": "Conv", "conv_transpose": "ConvTranspose"}
    stack = " >> ".join(f"{names[kind]}()" for kind in kinds)
    return ask(*ends, stack=stack, kernel_size=KERNELS, stride=STRIDES), kinds, ends


def _answers(kinds: list[str], ends: tuple[int, int]) -> Iterator[dict[str, int]]:
    """Every answer by brute force, as values of the variables."""
    layers = [brute_force.layer(kind, 1, kernel_size=KERNELS, stride=STRIDES) for kind in kinds]
    for chosen in brute_force.solutions(ends[:1], ends[1:], layers):
        size: int | None = ends[0]
        found = {"size.0.0": ends[0]}
        for place, (kind, (setting,)) in enumerate(zip(kinds, chosen, strict=True)):
            found |= {f"layer.{place}.0.{name}": v for name, v in zip(brute_force.PARAMETERS, setting, strict=True)}
            size = brute_force.out_size(kind, 1, size or 0, setting)
            found[f"size.{place + 1}.0"] = size or 0
        yield found


def _where(some: Sequence[tuple[str, object]]) -> tuple[Condition, ...]:
    return ask(1, 1, where=[text for text, _ in some]).where


@pytest.mark.parametrize("work", [judge.FIND, 1], ids=["at once", "with the sizes that are left"])
def test_decisions_on_free_conditions_are_those_of_brute_force(work: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "FIND", work)
    draw = Random(5)
    verdicts = []
    for _ in range(60):
        problem, kinds, ends = _drawn(draw)
        some = draw.sample(FREE, draw.randint(1, 3))
        possible = any(all(holds(one, len(kinds)) for _, holds in some) for one in _answers(kinds, ends))
        verdict, answer = judge.decide(replace(problem, where=_where(some)))
        assert verdict == (judge.Verdict.SAT if possible else judge.Verdict.UNSAT), (problem.to_dict(), some)
        verdicts.append(verdict)
        if answer is not None:
            numbers = {"size.0.0": ends[0]}
            for place, layer in enumerate(answer.layers):
                numbers[f"size.{place + 1}.0"] = layer.out_size[0]
                numbers |= {f"layer.{place}.0.{p}": getattr(layer, p)[0] for p in ("kernel_size", "stride", "padding")}
            assert any(numbers.items() <= one.items() for one in _answers(kinds, ends))
            assert all(holds(numbers, len(kinds)) for _, holds in some)
    assert min(verdicts.count(judge.Verdict.SAT), verdicts.count(judge.Verdict.UNSAT)) > 12


def test_the_same_question_has_the_same_answer_whatever_was_asked_before() -> None:
    draw = Random(8)
    questions = [replace(_drawn(draw)[0], where=_where(draw.sample(FREE, 2))) for _ in range(12)]
    first = [judge.decide(question) for question in questions]
    draw.shuffle(order := list(range(12)))
    again = {number: judge.decide(questions[number]) for number in order}
    assert [again[number] for number in range(12)] == first


def _numbers(problem: Problem, answer: cs.Solution) -> dict[str, int]:
    return dict(values(problem, [layer.settings for layer in answer.layers], answer.sizes))


def test_an_answer_that_is_none_is_a_defect() -> None:
    one: Any = {"layers": 1, "layer": "conv_transpose", "padding": "0", "output_padding": 0, "stride": "1..3"}
    tied, narrow = ask("3x3", "7x8", **one), ask(7, 28, kernel_size="1..3")
    wrong = [
        (tied, cs.solve("3x3", "7x8", tie="none", **one)[0], "breaks a tie"),
        (narrow, next(found for found in cs.solve(7, 28) if found.layers[0].kernel_size > (3,)), "out of its domains"),
        (ask(7, 28), cs.solve(7, 27)[0], "does not lead"),
        (ask(7, 28), cs.solve(8, 28)[0], "does not lead"),
    ]
    for problem, answer, reason in wrong:
        with pytest.raises(AssertionError, match=reason):
            solution_of(problem, _numbers(problem, answer))
    problem, answer = ask(7, 28), cs.solve(7, 28)[0]
    numbers = _numbers(problem, answer)
    assert solution_of(problem, numbers) == answer
    with pytest.raises(AssertionError, match="the size of a transposed"):
        solution_of(problem, numbers | {"layer.0.0.padding": answer.layers[0].padding[0] + 1})
    with pytest.raises(AssertionError, match="kernel_size > 7"):
        solution_of(ask(7, 28, where="kernel_size > 7"), numbers)


def test_undecided_is_neither_a_yes_nor_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    monkeypatch.setattr(z3.Solver, "reason_unknown", lambda _: "canceled")
    assert judge.decide(ask(7, 28)) == (judge.Verdict.UNKNOWN, None)


def test_wrong_sizes_of_the_graph_are_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = ask(7, 28, layers=2)
    found = chains.narrow(problem, 0)
    assert found is not None
    nothing = [states.empty() for states in found.live]
    monkeypatch.setattr(chains, "narrow", lambda *_: found._replace(live=nothing))
    monkeypatch.setattr(judge, "FIND", 1)
    assert judge.decide(problem) == (judge.Verdict.UNKNOWN, None)
