"""Sets of sizes that the graph hands to Z3: wrong ones prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convsolve import chains, judge, proofs
from convsolve.components import AnyBundle
from convsolve.graph import Course, graphs, meet
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.tables import Table
from tests.oracle.brute_force import layer, out_size, solutions

FIXED: Any = {"kernel_size": 4, "stride": 2, "padding": 1, "output_padding": 0, "layers": 3}
Found = chains.Chains


def _course() -> tuple[Problem, Course]:
    problem = ask(4, 32, **FIXED)
    (graph,) = graphs(problem)
    assert graph.total == 1
    return problem, graph.course()


def _verdicts(steps: list[chains.Step]) -> list[judge.Verdict]:
    return [judge.Session().ask(encoding, extra) for encoding, extra in steps]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda course: course._replace(sources=(range(5, 6),)),
        lambda course: course._replace(targets=(range(33, 34),)),
        lambda course: course._replace(layers=[course.layers[0], [], course.layers[2]]),
        lambda course: course._replace(layers=[course.layers[0], *bundles_of("5", 2), course.layers[2]]),
        lambda course: course._replace(barred=[None, (8,), None, None]),
        lambda course: course._replace(barred=[(4,), None, None, None]),
        lambda course: course._replace(allowed=[[range(1, 10)]] * 4),
        lambda course: course._replace(allowed=[*course.allowed[:2], [range(1, 9)], course.allowed[3]]),
    ],
    ids=["source", "target", "no maps", "other maps", "barred", "barred input", "target out of sight", "narrowed"],
)
def test_a_mistaken_scout_proves_nothing(wrong: Callable[[Course], Course]) -> None:
    problem, course = _course()
    found = chains.follow((0,), wrong(course))
    assert found is not None
    assert found.apart, "the mistake makes the question look impossible"
    assert proofs._apart(problem, found).verdict == judge.Verdict.UNKNOWN


def bundles_of(kernel_size: str, layers: int) -> list[tuple[AnyBundle, ...]]:
    fixed: Any = FIXED | {"kernel_size": kernel_size, "layers": layers}
    (graph,) = graphs(ask(4, 4, **fixed, layer="conv_transpose"))
    return [step.bundles for step in graph.steps][:1]


def test_a_proof_asks_whether_the_two_chains_meet() -> None:
    """With one state in both, every question but the last is unsatisfiable."""
    problem, course = _course()
    front, back = meet(course)
    verdicts = _verdicts(list(chains.impossible(problem, Found((0,), front, back, lone=False))))
    assert verdicts == [judge.Verdict.UNSAT] * (len(verdicts) - 1) + [judge.Verdict.SAT]


def _narrowed() -> tuple[Problem, chains.Narrowing]:
    problem = ask(7, 20, layers=3, kernel_size="2..4", stride="1..2", padding="0..1")
    found = chains.narrow(problem, 0)
    assert found is not None
    return problem, found


def test_sizes_that_an_axis_can_have_are_those_of_brute_force_and_proved() -> None:
    problem, found = _narrowed()
    one = layer("conv_transpose", 1, kernel_size=range(2, 5), stride=(1, 2), padding=(0, 1))
    sizes: list[set[int]] = [set() for _ in range(4)]
    for chosen in solutions((7,), (20,), [one] * 3):
        size: int | None = 7
        for position in range(4):
            assert size is not None
            sizes[position].add(size)
            size = out_size("conv_transpose", 1, size, chosen[position][0]) if position < 3 else None
    assert [{size for (size,) in states} for states in found.live] == sizes
    assert set(_verdicts(list(found.steps(problem)))) == {judge.Verdict.UNSAT}


@pytest.mark.parametrize("position", range(4))
def test_no_size_can_be_left_out_of_the_proof(position: int) -> None:
    problem, found = _narrowed()
    live = list(found.live)
    live[position] = Table.single(next(iter(live[position])), 0, counting=False).empty()
    for state in found.live[position]:
        if state != max(found.live[position]):
            live[position].merge(Table.single(state, 0, counting=False))
    assert judge.Verdict.SAT in _verdicts(list(found._replace(live=live).steps(problem)))
