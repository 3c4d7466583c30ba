"""Conditions on single parameters as domains: the same combinations, and nothing believed that Z3 does not prove."""

from __future__ import annotations

import pickle
import random
from dataclasses import replace
from typing import Any

import pytest

import convsolve as cs
from convsolve import plain, proofs
from convsolve.answering import answer
from convsolve.conditioned import Conditioned
from convsolve.graph import graphs, whole_graph
from convsolve.grounding import ground
from convsolve.judge import Verdict, none_possible
from convsolve.listing import Combination
from convsolve.plain import left_out, limited
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.scouting import scout, scouts
from tests.oracle.order import place_in_order

ALONE = (
    "kernel_size <= 5",
    "kernel_size % 2 == 1",
    "stride[0] == 2",
    "padding[-1] != 1",
    "kernel_size[0][0] in {2, 3, 6}",
    "not stride == 3",
    "kernel_size > 1 or 1 > 2",
    "dilation == 1",
)
TOGETHER = ("kernel_size % stride == 0", "sum(kernel_size) <= 9", "kernel_size[0] == kernel_size[-1]", "out_size <= 40")


def _drawn(seed: int) -> Problem:
    draw = random.Random(seed)
    source, target, tie = draw.choice([(9, 20, None), (20, 5, None), ("4x4", "11x13", None), ("13x9", "4x4", "none")])
    where = [*draw.sample(ALONE, draw.randint(1, 3)), *draw.sample(TOGETHER, draw.randint(0, 1))]
    limits: dict[str, Any] = {"kernel_size": "1..4", "stride": "1..3"} if tie else {}
    return ask(source, target, layers=2, where=where, tie=tie, **limits)


@pytest.mark.parametrize("seed", range(24))
def test_the_same_combinations_in_the_same_order(seed: int) -> None:
    problem = _drawn(seed)
    carried = Conditioned(whole_graph(problem), ground(problem))  # every condition, as it was given
    found = scout(problem)
    assert found.total == carried.total
    assert not found.plain.where or any(text in TOGETHER for text in map(str, found.plain.where))
    if not 0 < found.total <= 20_000:
        return

    def place(combination: Combination) -> tuple[object, ...]:
        return place_in_order(problem, combination)

    every = sorted(found.combinations(), key=place)
    assert len(set(every)) == found.total
    first = answer(problem, count=5)
    assert [tuple(layer.settings for layer in solution.layers) for solution in first] == every[:5]


def test_conditions_without_a_space_of_their_own_are_gone() -> None:
    problem = ask("4x4", "61x79", layers=4, where=["kernel_size <= 5", "stride[1] == 2"])
    found = scout(problem)
    assert found.conditions is None
    assert found.plain.layers[1].domains[0][:2] == ((1, 2, 3, 4, 5), (2,))
    assert found.plain.layers[0] is found.plain.layers[2]  # what is known of one is known of the other
    assert found.total == cs.count("4x4", "61x79", layers=4, kernel_size="1..5", padding="0..3", where="stride[1] == 2")


def test_objectives_are_kept_and_proved_with_the_narrower_domains() -> None:
    limits: dict[str, Any] = {"layers": 3, "minimize": "params", "channels": "16,8,8,3"}
    found = cs.solve("16@4x4", "3@32x32", where=["kernel_size >= 3", "stride != 4"], **limits)
    same = cs.solve(
        "16@4x4", "3@32x32", kernel_size="3..7", stride="1..3", padding="0..3", output_padding="0..3", **limits
    )
    assert found.optimal is same.optimal is True
    assert found[0] == same[0]
    assert found.total == same.total


def test_lists_of_channels_share_what_is_narrowed() -> None:
    where = ["kernel_size <= 4", "out_channels % 16 == 0", "kernel_size[0] <= in_channels"]
    problem = ask("64@4x4", "16@16x16", layers=2, channels="64,[16..64],16", where=where)
    found = scouts(problem)
    assert len(found) == len(problem.depths) > 1
    assert len({id(one.plain.layers) for one in found}) == 1
    for one in found:
        assert one.total == Conditioned(whole_graph(one.problem), ground(one.problem)).total


def test_a_value_that_no_condition_forbids_is_not_left_out_unseen() -> None:
    problem = ask(7, 28, where="kernel_size <= 5")
    known = limited(problem)
    assert none_possible(left_out(problem, known)).verdict == Verdict.UNSAT
    kernel, *others = known.layers[0].domains[0]
    wrong = replace(known, layers=(replace(known.layers[0], domains=((kernel[:-1], *others),)),))
    assert none_possible(left_out(problem, wrong)).verdict == Verdict.SAT


def test_an_impossibility_is_not_proved_by_a_wrong_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = ask(7, 28, where="kernel_size <= 5")
    known = limited(problem)
    kernel, *others = known.layers[0].domains[0]
    wrong = replace(known, layers=(replace(known.layers[0], domains=((kernel[:1], *others),)),))
    monkeypatch.setattr(proofs, "thoroughly", lambda _: Verdict.UNKNOWN)
    (empty,) = graphs(replace(wrong, target=problem.target.only((300,))))
    asked = replace(problem, target=problem.target.only((300,)))
    assert empty.total == 0
    assert proofs.prove_impossible(asked, empty, replace(wrong, target=asked.target)).verdict == Verdict.UNKNOWN
    assert proofs.prove_impossible(asked, empty, limited(asked)).verdict == Verdict.UNSAT


def test_a_parameter_without_a_value_is_left_to_the_conditions() -> None:
    problem = ask(7, 28, where="kernel_size > 9")
    assert limited(problem) is problem
    assert cs.solve(7, 28, where="kernel_size > 9").status == "impossible"
    assert plain.empty(plain.plain(problem))


@pytest.mark.parametrize(
    ("source", "target", "question"),
    [
        ("7", "28", {"layers": 2, "where": ["kernel_size <= 5", "kernel_size[0] <= kernel_size[1]"]}),
        ("[5..9]", "3", {"layers": 2, "layer": "conv", "kernel_size": "1..4", "stride": "1..3",
                         "where": ["stride != 3", "kernel_size[0] <= kernel_size[1]"]}),
    ],
)  # fmt: skip
def test_what_a_space_makes_of_its_members_meets_narrowed_and_carried_conditions(
    source: str, target: str, question: dict[str, Any]
) -> None:
    space = cs.Space(source, target, **question)
    for number in range(60):
        one = space[number * (space.total - 1) // 60]
        assert space.mutate(one, seed=number) in space
        assert space.complete({"0.kernel_size": one.layers[0].kernel_size[0]}, seed=number) in space
        assert space.crossover(one, space[number], seed=number) in space
        assert all(other in space for other in [*space.neighbors(one)][:20])


def test_several_inputs_are_explained_where_a_domain_is_left_empty() -> None:
    """And where a condition speaks of an axis that one input by itself does not have."""
    odd = cs.solve("64,96", "8,12", layers=3, layer="conv", where=["kernel_size % 2 == 1", "kernel_size in {2, 4}"])
    assert odd.explanation is not None
    assert "exclude each other" in " ".join(odd.explanation.because)
    other = cs.solve("64,96", "8,12", layers=3, layer="conv", where=["padding[0][1] <= 1", "kernel_size[0] > 7"])
    assert other.explanation is not None


def test_a_sum_that_divides_by_what_may_be_nothing_is_refused() -> None:
    with pytest.raises(cs.Error, match="divides by what may be 0"):
        ask_and_scout("sum(kernel_size // (stride - 1)) >= 3")


def ask_and_scout(where: str) -> None:
    scout(ask(7, 28, layers=2, where=where))


def test_a_layer_that_only_deeper_stacks_have_is_told_of() -> None:
    with pytest.raises(cs.Error) as refused:
        cs.solve("3@64x64", "64@4x4", layers="2..6", where="stride[4] == 2")
    assert refused.value.help == ("ask for 5 layers at least: then there is one",)
    assert len(cs.solve("3@64x64", "64@4x4", layers="5..6", where="stride[4] == 2", count=1)) == 1
    with pytest.raises(cs.Error) as refused:
        cs.solve(64, 4, layers="2..3", where="stride[4] == 2")
    assert refused.value.help == ("write stride[0] to stride[1], or stride[-1] for the last",)


def test_what_a_word_for_padding_forbids_is_said_of_it() -> None:
    found = cs.solve(1000, 500, layers=2, padding="same", where="stride[0] == 2").explanation
    assert found is not None
    assert found.because == (
        "because the condition stride[0] == 2 is false where padding is 'same'",
        "so nothing meets it, whatever the sizes and the other limits are",
    )


def test_what_begins_with_a_word_is_what_was_meant() -> None:
    with pytest.raises(cs.Error, match="did you mean 'kernel_size'"):
        cs.solve(7, 28, kernel=3)  # type: ignore[call-arg]


def test_what_is_kept_with_a_question_does_not_go_to_others() -> None:
    problem = ask(7, 28, layers=9, where="sum(kernel_size) <= 20")
    fresh, copy = pickle.dumps(problem), replace(problem)
    assert ground(problem) is ground(problem)
    assert len(pickle.dumps(problem)) < len(fresh) + 100
    assert pickle.loads(pickle.dumps(problem)) == problem == copy  # noqa: S301 - our own
    assert ground(copy) == ground(problem)
