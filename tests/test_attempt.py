"""Any combination that meets all conditions, tried parameter by parameter: right wherever it is found."""

from __future__ import annotations

from typing import Any

import pytest

from convsolve import attempt as module
from convsolve.assembly import Assembly
from convsolve.attempt import attempt
from convsolve.events import Progress
from convsolve.judge import Confirmation, Verdict
from convsolve.posing import ask
from convsolve.verdicts import by_z3
from tests.oracle import condition
from tests.test_conditioned import combination, drawn


@pytest.mark.parametrize("seed", range(6000, 6080))
def test_what_is_found_meets_every_condition(seed: int) -> None:
    problem, wanted = drawn(seed)
    found = attempt(problem)
    assert (found is not None) == bool(wanted)
    if found is not None:
        assert found[0] in set(map(combination, wanted))


QUESTIONS: tuple[tuple[object, object, dict[str, Any]], ...] = (
    # what people ask: user-asks, and the kinds of relations that states cannot carry
    (1024, 1024, {"layer": "conv", "layers": 24, "kernel_size": 3, "stride": 1, "dilation": {1, 2, 4, 8, 16, 32},
                  "padding": {1, 2, 4, 8, 16, 32}, "where": "receptive_field == 505"}),
    (6000, 10, {"layers": 4, "kernel_size": "1..20", "stride": "1..10",
                "where": ["product(stride) == 600", "kernel_size % stride == 0"]}),
    (100, 100, {"stack": "Conv() * 4 >> ConvTranspose() * 4", "stride": "2,3",
                "where": [f"{n}[{at}] == {n}[{7 - at}]" for at in range(4) for n in ("kernel_size", "stride")]}),
    (100, 100, {"stack": "Conv() * 4 >> ConvTranspose() * 4", "stride": "2,3",
                "where": [f"out_size[{at}] == in_size[{7 - at}]" for at in range(4)]}),
    ("224x160", "7x5", {"layers": 5, "where": ["sum(kernel_size) == 13", "kernel_size[0] > kernel_size[4]"]}),
    ("4x4x3", "64x64x48", {"layers": 4, "where": "out_size[1][0]*out_size[1][1]*out_size[1][2] in range(2000, 3000)"}),
    ("3@?x?", "8@4x4", {"layers": 3, "layer": "conv", "where": ["params <= 2000", "in_size[0][0] == 31"]}),
    ("3@[32..40]", "10@", {"stack": "Conv(c=8) * 2 >> MaxPool() >> AdaptiveAvgPool(1) >> Flatten() >> Linear()",
                           "where": ["stride[0] == stride[2]", "macs <= 20000", "kernel_size[0] > kernel_size[1]"]}),
    ("64,96,128", "8,12,16", {"layers": 3, "where": "kernel_size[0] != kernel_size[2]"}),
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_real_questions_are_soon_answered(number: int) -> None:
    source, target, question = QUESTIONS[number]
    problem = ask(source, target, **question)
    found = attempt(problem)
    assert found is not None
    solution = Assembly(problem)(*found)
    texts = question["where"]
    assert all(condition.holds(text, solution) for text in ([texts] if isinstance(texts, str) else texts))
    assert Confirmation(problem)(solution) == Verdict.SAT  # domains and ties, too


def test_ties_between_axes_and_layers_hold() -> None:
    problem = ask("20x30", "5x9", layers=2, tie="stride,padding", where="kernel_size[0][0] == kernel_size[1][1]")
    found = attempt(problem)
    assert found is not None
    (first, second), _ = found
    assert first[0][0] == second[1][0]
    assert all(on_axes[0][1:3] == on_axes[1][1:3] for on_axes in (first, second))


def test_a_value_is_not_taken_from_one_that_is_not_known_yet() -> None:
    """A padding that equals the size behind its own layer, or a sum over all layers."""
    for where in ("padding[0] == out_size[0]", "kernel_size[1] == sum(stride)", "padding[-1] == receptive_field"):
        problem = ask(9, 3, layers=2, where=where)
        found = attempt(problem)
        assert found is not None
        assert condition.holds(where, Assembly(problem)(*found))


def test_parity_is_seen_by_the_sizes_that_are_on_some_way() -> None:
    """Within the hulls there are too many ways that end beside the target."""
    odd: dict[str, Any] = {"kernel_size": {3, 5, 7}, "stride": 1, "where": "kernel_size[0] <= kernel_size[1]"}
    assert attempt(ask(20, 30, layers=16, layer="conv_transpose", **odd)) is not None
    assert attempt(ask(20, 31, layers=16, layer="conv_transpose", output_padding=0, **odd)) is None


def test_it_ends_where_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "USUAL", 2)
    monkeypatch.setattr(module, "FEW", 3)
    monkeypatch.setattr(module, "MANY", 5)
    assert attempt(ask(100, 3, layers=6, where="kernel_size[0] == 7")) is None
    assert attempt(ask(3, 100, layer="conv", where="kernel_size > 1")) is None


@pytest.mark.parametrize("seed", range(6100, 6110))
def test_z3_goes_on_from_what_was_found(seed: int) -> None:
    problem, wanted = drawn(seed)
    progress = Progress(problem, count=4)
    by_z3(problem, 4, progress, wanted[:1])
    found = progress.answer().solutions
    assert len(set(found)) == len(found) == min(4, len(wanted)) - bool(wanted)
    assert set(found) <= set(wanted[1:])
    assert all(one.checked == ("arithmetic", "z3") for one in found)


def test_a_layer_that_refuses_a_single_element_is_not_reached_by_one() -> None:
    for source, where in ((5, "kernel_size[0] >= 1"), ("3x3", "kernel_size[0] >= kernel_size[1]")):
        target = str(source).replace("5", "1").replace("3", "1")
        stack = "Conv(c=4, s=1, p=0) >> Norm('instance') >> Conv(c=4)"
        found = attempt(ask(f"4@{source}", f"4@{target}", stack=stack, where=where))
        assert found is not None
        assert found[0][0][0][0] < 5
        assert attempt(ask(f"4@{source}", f"4@{target}", stack=stack[:-1] + ", k=1, s=1, p=0)", where=where)) is None
