"""Families of sizes: what serves every H, counted by brute force, proved by Z3 and run in torch."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise, product
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import convsolve as cs
from convsolve.answer import Solution, Status
from convsolve.assembly import Assembly
from convsolve.check.child import check_solutions
from convsolve.claims import broken_claim
from convsolve.errors import Error
from convsolve.families import family_of, layers_at, positions
from convsolve.judge import Session, Verdict
from convsolve.letters import Members
from convsolve.posing import ask
from convsolve.scouting import scouts
from convsolve.search import conventional
from convsolve.shapes import Extent
from convsolve.sizes import Affine, Form
from convsolve.tiers import Tier
from tests.command_line import convsolve

LEVELS = ("Conv(k=3, s=1, p=0) * 2 >> MaxPool(2)", "ConvTranspose(k=2, s=2, p=0, op=0) >> Conv(k=3, s=1, p=0) * 2")
LIKE = "write H % 16 == 12, H % 4 in {0, 1}, H >= 64 or 64 <= H <= 512"
SMALL = {"kernel_size": "1..3", "stride": "1..3", "padding": "0..1", "output_padding": "0..1"}


def unpadded(levels: int) -> str:
    """A U-Net of so many levels without padding, its skips left out."""
    down, up = LEVELS
    return f"({down}) * {levels} >> Conv(k=3, s=1, p=0) * 2 >> ({up}) * {levels}"


# ---- an oracle of its own: each setting's formula as torch's page has it, tried at the first hundreds of members


def served(kind: str, setting: Mapping[str, int], size: int) -> int | None:
    """What a layer makes of a size; None where it refuses."""
    if kind.startswith("Adaptive"):
        return setting["output_size"]
    k, s, p = setting["kernel_size"], setting["stride"], setting["padding"]
    if kind == "Conv":
        return (size + 2 * p - k) // s + 1 if size + 2 * p >= k else None
    out = (size - 1) * s - 2 * p + k + setting["output_padding"]
    return out if out >= 1 else None


def all_settings(kind: str) -> Iterator[dict[str, int]]:
    """The settings within `SMALL` that torch takes."""
    if kind.startswith("Adaptive"):
        yield {"output_size": int(kind[-2])}
        return
    for k, s, p in product(range(1, 4), range(1, 4), range(2)):
        for op in range(2) if kind == "ConvTranspose" else (0,):
            if op < s or op == 0:
                yield {"kernel_size": k, "stride": s, "padding": p, "output_padding": op}


def by_brute_force(kinds: Sequence[str], members: Sequence[tuple[int, int]]) -> int:
    """How many combinations lead from each member's input to its target."""
    ways: dict[tuple[int, ...], int] = {tuple(start for start, _ in members): 1}
    for kind in kinds:
        behind: dict[tuple[int, ...], int] = {}
        for sizes, number in ways.items():
            for setting in all_settings(kind):
                outs = [served(kind, setting, size) for size in sizes]
                if None not in outs:
                    key = tuple(out for out in outs if out is not None)
                    behind[key] = behind.get(key, 0) + number
        ways = behind
    return ways.get(tuple(end for _, end in members), 0)


QUESTIONS = [
    ("H", "2H", ["ConvTranspose"], ""),
    ("H", "2H", ["ConvTranspose"] * 2, ""),
    ("H", "2H-1", ["ConvTranspose"] * 2, ""),
    ("H", "3H+1", ["ConvTranspose"] * 2, ""),
    ("H", "H", ["Conv"] * 2, ""),
    ("H", "H-2", ["Conv"] * 2, ""),
    ("H", "H/2", ["Conv"] * 2, ""),
    ("H", "H/4", ["Conv"] * 2, ""),
    ("H", "H/2-1", ["Conv"] * 2, "H % 8 in {2, 4}"),
    ("H", "H", ["Conv", "ConvTranspose"], ""),
    ("H", "H", ["Conv", "ConvTranspose"], "H % 2 == 1"),
    ("H", "H", ["ConvTranspose", "Conv"], ""),
    ("2H", "H", ["Conv", "ConvTranspose", "Conv"], ""),
    ("3H", "H", ["Conv", "ConvTranspose", "Conv"], ""),
    ("2H+1", "H", ["Conv"] * 2, "H >= 3"),
    ("H", "H", ["Conv", "Conv", "ConvTranspose"], "H % 4 == 0"),
    ("H", "H", ["Conv", "Conv", "ConvTranspose", "ConvTranspose"], "H % 4 == 0"),
    ("H", "3", ["Conv", "AdaptiveAvgPool(3)"], ""),
    ("H", "3", ["Conv", "Conv", "AdaptiveAvgPool(3)"], "H >= 4"),
    ("2H+1", "2", ["Conv", "AdaptiveMaxPool(4)", "Conv"], "H % 3 == 1"),
    ("H", "4", ["Conv", "AdaptiveAvgPool(2)", "ConvTranspose"], "H <= 60"),
]


@pytest.mark.parametrize(("source", "target", "kinds", "where"), QUESTIONS)
def test_the_number_of_combinations_is_that_of_brute_force(
    source: str, target: str, kinds: list[str], where: str
) -> None:
    given_ones: dict[str, Any] = {
        name: value for name, value in SMALL.items() if name != "output_padding" or "ConvTranspose" in kinds
    }
    stack = " >> ".join(kind if kind.endswith(")") else f"{kind}()" for kind in kinds)
    problem = ask(source, target, stack=stack, where=where or None, tie="none", **given_ones)
    family = problem.family
    assert family is not None
    assert family.exact
    forms = Form.read(source), Form.read(target)
    # far more members than the product of all strides: a stack that serves these serves every one
    numbers = [
        number
        for number in range(1, 200)
        if all(number % form.divisor == 0 and form.at(number) >= 1 for form in forms if form)
        and (not where or eval(where, {}, {"H": number}))  # noqa: S307 - a constant of this file
    ]
    members = [
        (forms[0].at(number), forms[1].at(number) if forms[1] else int(target)) for number in numbers if forms[0]
    ]
    answer = cs.solve(source, target, stack=stack, where=where or None, tie="none", count=3, **given_ones)
    assert (answer.total or 0) == by_brute_force(kinds, members)
    assert [*islice(family.members[0].finer(2).numbers(), 20)] == numbers[:20]


@pytest.mark.parametrize(
    ("source", "target", "more"),
    [
        ("H", "2H", {"layers": 2}),
        ("H", "4H", {"layers": 2}),
        ("H", "H/8", {"layers": 3}),
        ("HxW", "H/4xW/4", {"layers": 2}),
        ("HxH", "HxH", {"layers": 2}),
        ("Hx7", "2Hx14", {}),
        ("3H", "H", {"stack": "Conv(s=2) >> ConvTranspose(s=2) >> Conv(s=3)"}),
        ("H", "H-88", {"stack": unpadded(3), "where": "H % 8 == 4"}),
        ("H", "H-184", {"stack": unpadded(4), "where": "H % 16 == 12"}),
        ("H", "7", {"stack": "Conv(s=1) >> AdaptiveAvgPool(7)"}),
        ("H", "3H", {"stack": "Upsample(1.5) >> Upsample(2)", "where": "H % 2 == 0"}),
        ("H", "H", {"stack": "Pad((1, 2)) >> Conv(k=4, s=1, p=0)"}),
        ("H", "H", {"stack": "MaxPool(2) >> Upsample(2)", "where": "H % 2 == 0"}),
        ("HxW", "3x3", {"stack": "Conv(k={3, 5}, s=2) * 3 >> AdaptiveAvgPool(3)"}),
        (
            "H",
            "9",
            {
                "stack": "ConvTranspose(s=3) >> MaxPool(3) >> Conv(s=4) >> AdaptiveAvgPool(5) >> Upsample(2) >> "
                "Conv(k=2, s=1, p=0)",
                "where": "H >= 9",
            },
        ),
    ],
)
def test_a_solution_serves_a_hundred_members_in_torch(source: str, target: str, more: dict[str, Any]) -> None:
    solution = cs.solve(source, target, count=1, **more)[0]
    assert solution.checked == ("arithmetic", "z3")
    family = solution.family
    assert family is not None
    goal = Extent.read(target).forms or (None,)
    calls = [layer.kind.torch_call(layer.settings, 1, 1) for layer in solution.layers]
    modules = [getattr(torch.nn, call.name)(*call.arguments, **dict(call.keywords)) for call in calls]
    for letters in family.some(100):
        layers = layers_at(family, solution.layers, letters)
        for axis, form in enumerate(family.source):
            assert form is None or layers[0].in_size[axis] == form.at(letters[form.letter])
        value = torch.zeros((1, 1, *layers[0].in_size))
        with torch.inference_mode():
            for layer, module in zip(layers, modules, strict=True):
                value = module(value)
                assert value.shape[2:] == layer.out_size
        for axis, form in enumerate(goal if any(goal) else ()):
            assert form is None or value.shape[2 + axis] == form.at(letters[form.letter])


def test_torch_runs_a_period_and_a_member_far_out() -> None:
    solutions = [cs.solve("H", "4H", layers=2)[0], cs.solve("HxW", "H/4xW/4", layers=2)[0]]
    assert [report.levels for report in check_solutions(solutions)] == [("torch", "family")] * 2


@given(st.integers(0, 6), st.integers(0, 40), st.integers(1, 8), st.integers(1, 9), st.integers(1, 12))
@settings(max_examples=300, derandomize=True)
def test_a_size_is_told_as_what_it_is(rate: int, base: int, step: int, start: int, divisor: int) -> None:
    size = Affine.of(rate, base, divisor)
    text = size.text("H", step, start)
    assert ("//" in text) == (size.divisor > 1)
    spelled = re.sub("/+", "//", re.sub(r"(\d)H", r"\1*H", text))
    for number in range(8):
        value = eval(spelled, {"__builtins__": {}}, {"H": step * number + start})  # noqa: S307 - digits, H and signs
        assert value == size.at(number) == (rate * number + base) // divisor


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ([], "H >= 1"),
        (["H % 16 == 12"], "H % 16 == 12"),
        (["H % 4 in {0, 2}"], "H % 2 == 0"),
        (["H % 4 == 0 or H % 4 == 1"], "H % 4 in {0, 1}"),
        (["H >= 64", "H % 8 == 0"], "H % 8 == 0 and H >= 64"),
        (["64 <= H < 512"], "H >= 64 and H <= 511"),
        (["10 < H", "H % 3 == 0"], "H % 3 == 0 and H >= 12"),
    ],
)
def test_conditions_on_a_letter_are_residues_and_limits(where: list[str], told: str) -> None:
    problem = ask("H", "2H", where=where)
    assert problem.family is not None
    assert str(problem.family.members[0]) == told
    numbers = [*islice(problem.family.members[0].numbers(), 30)]
    scope: dict[str, Any] = {"__builtins__": {}}
    assert numbers == [n for n in range(1, 600) if all(eval(one, scope, {"H": n}) for one in where)][:30]  # noqa: S307


def test_the_record_says_sizes_as_text_and_reads_back() -> None:
    for solution in cs.solve("8@HxW", "3@2Hx2W", layers=2, count=3):
        record = json.loads(solution.to_json())
        assert record["layers"][-1]["out_size"] == ["2H", "2W"]
        assert (record["costs"]["macs"], record["costs"]["params"]) == (None, solution.costs.params)
        again = Solution.from_dict(record)
        assert (again, again.family) == (solution, solution.family)
        record["layers"][0]["out_size"] = ["5H", "W"]
        with pytest.raises(Error, match="the record contradicts itself: layer 0"):
            Solution.from_dict(record)


def test_a_stack_on_several_lines_says_the_sizes_of_each() -> None:
    solution = cs.solve("3H", "H", stack="Conv(s=2) >> ConvTranspose(s=2) >> Conv(s=3)", count=1)[0]
    record = json.loads(solution.to_json())
    assert record["sizes"] == [[["3H"], ["(3H+1)/2"], ["3H+1"], ["H"]], [["3H"], ["3H/2"], ["3H"], ["H"]]]
    assert Solution.from_dict(record).to_dict() | {"checked": []} == record | {"checked": []}


def test_asked_again_the_problem_gives_the_same_answer(tmp_path: Path) -> None:
    first = convsolve("solve", "8@H", "3@H/4", "--layers", "3", "--where", "H % 16 == 0", "--json")
    record = json.loads(first.out)
    path = tmp_path / "question.json"
    path.write_text(json.dumps(record["problem"]))
    again = json.loads(convsolve("solve", "--spec", str(path), "--json").out)
    assert (again["solutions"], again["total"]) == (record["solutions"], record["total"])


def test_z3_refuses_what_serves_the_first_member_alone() -> None:
    # 1 -> 1 by kernel 1, stride 2, and yet 2 -> 1: as a family's answer this claim must break
    problem = ask("H", "H", stack="Conv(k=1, s=1, p=0)")
    assert problem.family is not None
    wrong = ask(1, 1, stack="Conv(k=1, s=2, p=0)")
    found = Assembly(wrong)((((1, 2, 0, 1),),))
    assert Session().ask(broken_claim(problem, found)) == Verdict.SAT
    # what was rounded is not multiplied
    doubled = Assembly(ask(1, 1, stack="Conv(k=1, s=2, p=0) >> ConvTranspose(k=1, s=2, p=0, op=0)"))(
        (((1, 2, 0, 1),), ((1, 2, 0, 1, 0),))
    )
    with pytest.raises(ValueError, match="does not keep"):
        positions(problem.family, doubled.layers)
    conditioned = ask("H", "2H", where="out_size <= 100")
    encoding = broken_claim(conditioned.depths[0], cs.solve("H", "2H")[0])
    assert Session().ask(encoding) == Verdict.SAT
    assert Session().ask(broken_claim(ask("H", "2H").depths[0], cs.solve("H", "2H")[0])) == Verdict.UNSAT


def test_conditions_on_sizes_hold_for_every_member() -> None:
    answer = cs.solve("H", "2H", layers=2, where="out_size[0] == H", count=4)
    assert (answer.status, answer.total, answer.complete) == (Status.SOLVED, None, False)
    assert {solution.told[0] for solution in answer} == {(("H",), ("H",), ("2H",))}
    even = cs.solve("H", "2H", layers=2, where="out_size % 2 == 0", count=50)
    assert all(solution.told[0][1][0] != "H" for solution in even)
    assert cs.solve("H", "2H", layers=2, where="out_size[1] <= 100").status is Status.GAVE_UP


@pytest.mark.parametrize(
    ("stack", "more", "status"),
    [
        # of 1 all holds, and not of 2, where a size was rounded
        ("Conv(k=1, s=2, p=0) >> AdaptiveAvgPool(3)", {"where": "out_size[0] % 2 == 1"}, Status.IMPOSSIBLE),
        ("Conv(k=1, s=2, p=0) >> AdaptiveAvgPool(3)", {"exact": True}, Status.IMPOSSIBLE),
        ("Conv(k=1, s=1, p=0) >> Conv(k=1, s=2, p=0) >> Add(0) >> AdaptiveAvgPool(3)", {}, Status.IMPOSSIBLE),
        ("Conv(k=3, s=2, p=1) >> Conv(k={1, 3}, s=1) >> Add(0) >> AdaptiveAvgPool(3)", {}, Status.SOLVED),
        ("Conv(k=3, s=2, p=1) >> Conv(k=2, s=2, p=0) >> AdaptiveAvgPool(3)", {"where": "H >= 3"}, Status.SOLVED),
        ("Conv(k=3, s=2, p=1) >> Conv(k=2, s=2, p=0) >> AdaptiveAvgPool(3)", {}, Status.IMPOSSIBLE),
        ("Conv(s=2) >> AdaptiveAvgPool(3)", {"monotone": True, "where": "H >= 8"}, Status.SOLVED),
    ],
)
def test_what_is_rounded_holds_for_every_member(stack: str, more: dict[str, Any], status: Status) -> None:
    answer = cs.solve("4@H", "4@3", stack=stack.replace("(k", "(c=4, k").replace("(s", "(c=4, s"), count=2, **more)
    assert answer.status is status
    for solution in answer:
        assert solution.family is not None
        for letters in solution.family.some(40):
            layers = layers_at(solution.family, solution.layers, letters)
            assert all(out.in_size == into.out_size for into, out in pairwise(layers))
            joined = [layer for layer in layers if layer.kind.joins]
            assert all(layer.in_size == layers[0].out_size for layer in joined)


def test_a_classifier_for_every_size() -> None:
    convolutions = "Conv(c=16, s=2) >> MaxPool(k=3, s=2, p=1) >> Conv(c=32, s=2) * 2"
    answer = cs.solve("3@HxW", "10@", stack=f"{convolutions} >> AdaptiveAvgPool(1) >> Flatten() >> Linear()", count=3)
    assert answer.total is not None
    assert answer[0].told[0][:3] == (("H", "W"), ("(H+1)//2", "(W+1)//2"), ("(H+3)//4", "(W+3)//4"))
    assert Solution.from_dict(json.loads(answer[0].to_json())) == answer[0]
    assert [report.levels for report in check_solutions([answer[0]])] == [("torch", "family")]
    module = answer[0].module()
    for size in ((1, 1), (7, 30), (224, 100)):
        assert module(torch.zeros((2, 3, *size))).shape == (2, 10)


def test_a_classifier_that_small_sizes_do_not_pass_says_from_which_on() -> None:
    stack = "Conv(c=8, k=3, p=0, s=2) * 3 >> AdaptiveAvgPool(1) >> Flatten() >> Linear()"
    answer = cs.solve("3@HxW", "10@", stack=stack)
    assert answer.status is Status.IMPOSSIBLE
    assert answer.explanation is not None
    assert dict(answer.explanation.changes[0].relax) == {"members": "H >= 15 and W >= 15"}
    for size, passes in ((14, False), (15, True)):
        assert cs.trace(stack.replace("Linear()", "Linear(10)"), f"3@{size}x40").valid is passes


SQUARES = "Conv(k=1, s=1, p=0)"


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("HxW", ["H % 4 in {0, 1}", "W % 4 in {0, 1}", "in_size % 4 <= 1"]),
        ("HxW", ["H % 4 in {0, 1}", "W % 2 == 0", "in_size[0][0] % 4 <= in_size[0][1]"]),
        ("HxW", ["H % 4 in {0, 1}", "W % 2 == 0", "in_size[0][0] % 2 == in_size[0][1] % 2"]),
        ("HxH", ["H % 4 in {0, 1}", "in_size[0][0] % 4 == in_size[0][1] % 4"]),
    ],
)
def test_a_condition_on_two_axes_holds_for_all_pairs_of_members(source: str, where: list[str]) -> None:
    family = ask(source, source, stack=SQUARES, where=where).family
    assert family is not None
    each = [[*islice(one.numbers(), 12)] for one in family.members]
    pairs = [(one[0], one[-1]) for one in product(*each)]
    residues = [text for text in where if "in_size" in text]
    holds = all(cs.count(f"{h}x{w}", f"{h}x{w}", stack=SQUARES, where=residues) for h, w in pairs)
    assert (cs.solve(source, source, stack=SQUARES, where=where).status is Status.SOLVED) == holds


def test_monotone_is_kept_far_out_too() -> None:
    # 1 -> 1 -> 1 keeps its size, where 2 -> 1 -> 2 and all behind it do not
    stack = "Conv(k=1, p=0) >> ConvTranspose(p=0)"
    turning = cs.solve("2H", "2H", stack=stack, all=True)
    kept = cs.solve("2H", "2H", stack=stack, monotone=True, all=True)
    assert {solution.told[0][1] for solution in turning} == {("2H",), ("H",)}
    assert {solution.told[0][1] for solution in kept} == {("2H",)}


def test_no_checkerboard_exact_and_monotone_are_counted() -> None:
    question: dict[str, Any] = {"layers": 2, "where": "H % 4 == 0"}
    every = cs.solve("H", "H/4", exact=True, monotone=True, all=True, **question)
    assert every.complete
    kept = [
        solution
        for solution in cs.solve("H", "H/4", all=True, **question)
        if all(
            (layer.in_size[0] + 2 * layer.padding[0] - layer.kernel_size[0]) % layer.stride[0] <= layer.padding[0]
            and layer.stride[0] <= layer.kernel_size[0]
            for layer in solution.layers
        )
        and all(one.at(number) >= other.at(number) for one, other in _steps(solution) for number in (0, 30))
    ]
    assert {*every.solutions} == {*kept}


def _steps(solution: Solution) -> Iterator[tuple[Affine, Affine]]:
    assert solution.family is not None
    passed = [size for (size,) in positions(solution.family, solution.layers)]
    return pairwise(passed)


def test_an_impossible_family_names_members_residues_and_what_is_near() -> None:
    said = convsolve("solve", "H", "H", "--stack", "Conv(s=2) >> ConvTranspose(s=2)")
    assert said.code == 3
    assert "because H -> H asks 1 -> 1 and 2 -> 2 of one stack, which is impossible:" in said.err
    assert "help: members H % 2 == 0: H -> H/2 -> H" in said.err
    assert "--where 'H % 2 == 0'" in said.err
    near = cs.solve("H", "2H+1", kernel_size=3, stride=2, padding=1)
    assert near.status is Status.IMPOSSIBLE
    assert near.explanation is not None
    assert [one.to_dict()["size"] for one in near.explanation.nearest] == [["2H"]]
    for change in near.explanation.changes:
        assert change.solution.told[0][-1] == ("2H+1",)


def test_axes_that_share_a_stride_may_be_in_the_way() -> None:
    answer = cs.solve("HxW", "2HxW/2", stack="Conv() >> ConvTranspose()")
    assert answer.status is Status.IMPOSSIBLE
    assert answer.explanation is not None
    change = answer.explanation.changes[0]
    assert dict(change.relax) == {"tie": "none"}
    said = convsolve(*shlex.split(change.command)[1:], "--count", "1", "--json")
    assert json.loads(said.out)["solutions"][0]["output"]["size"] == ["2H", "W/2"]


def test_the_residues_of_an_unpadded_u_net() -> None:
    explanation = cs.solve("H", "H-184", stack=unpadded(4)).explanation
    assert explanation is not None
    assert [dict(change.relax) for change in explanation.changes] == [{"members": "H % 16 == 12"}]


def test_of_many_residues_the_most_conventional_comes_first() -> None:
    down, up = "Conv(k=3, s=1, p=0) * 2 >> MaxPool(2)", "ConvTranspose(k=2, s=2) >> Conv(k=3, s=1, p=0) * 2"
    stack = f"({down}) * 2 >> Conv(k=3, s=1, p=0) * 2 >> ({up}) * 2"
    explanation = cs.solve("HxW", "H-40xW-40", stack=stack).explanation
    assert explanation is not None
    assert dict(explanation.changes[0].relax) == {"members": "H % 4 == 0 and W % 4 == 0"}
    said = "yet there are 4 residues of which a stack serves all, the most conventional first"
    assert explanation.because[-1] == said
    told = [str(change.relax) for change in explanation.changes]
    assert len({*told}) == len(told)


def test_where_neither_settles_it_the_answer_is_given_up() -> None:
    said = convsolve("solve", "H", "2H", "--where", "out_size[0] <= 100")
    why = "none was found that keeps every size straight, and no few of its members rule all others out"
    assert (said.code, said.err.splitlines()[0]) == (4, f"H -> 2H by ConvTranspose: gave up: {why}")


@pytest.mark.parametrize(
    ("source", "target", "question"),
    [
        ("H", "H/4", {"layers": 3}),
        ("H", "4H", {"layers": 2}),
        ("H", "H", {"stack": "Conv() * 2 >> ConvTranspose() * 2", "kernel_size": "2..4", "where": "H % 4 == 0"}),
        ("H", "H/8", {"stack": "(Conv(k='3,5') >> MaxPool()) * 2", "stride": "1,2"}),
    ],
)
def test_choices_of_strides_are_looked_into_only_where_they_may_be_next(
    source: str, target: str, question: dict[str, Any]
) -> None:
    problem = ask(source, target, **question)
    every = sorted(
        placed.place
        for found in scouts(problem)
        for placed in islice(conventional(found.problem, found.searches(), 300), 300)
    )
    merged = [placed.place for _, placed in islice(Tier(scouts(problem), 300), 300)]
    assert merged == every[: len(merged)]
    assert len(merged) == min(300, len(every))


def test_a_space_of_a_family() -> None:
    space = cs.Space("4@H", "2@4H", layers=2)
    assert space.total == cs.count("4@H", "2@4H", layers=2)
    drawn = space.sample(50, seed=3)
    assert len({*drawn}) == 50
    for solution in drawn:
        assert space[space.index(solution)] == solution
        assert solution.told[0][-1] == ("4H",)
    assert space.where("H % 3 == 0", no_checkerboard=True).total < space.total


@pytest.mark.parametrize(
    ("source", "target", "question"),
    [
        ("H", "H/4", {"layers": 2}),
        ("HxW", "H/2xW/2", {"stack": "Conv(k='1..3', s='1,2', p='0..1') * 2"}),
        ("4@H", "2@2H", {"layers": "1..2", "kernel_size": "1..4"}),
    ],
)
def test_a_space_checks_each_of_its_own_members_and_no_other(
    source: str, target: str, question: dict[str, Any]
) -> None:
    space = cs.Space(source, target, **question)
    for place, solution in enumerate(space):
        assert space.check(solution), place
        assert space.check(space.values(solution)), place
    others = cs.Space(source, source, **question | {"layer": "conv"} if "layers" in question else question)
    assert not any(space.check(solution) for solution in others.sample(20, seed=1))


REFUSED: list[tuple[Sequence[str], str, str]] = [
    (
        ("HxW", "2Wx2H", "--layer", "conv"),
        "error[bad-size]: axis 0 leads from H to 2W, and no layer makes the size of one axis that of another",
        "write the same letter on both sides of an axis, as in HxW 2Hx2W",
    ),
    (
        ("28", "2W"),
        "error[bad-size]: target 2W: W is no letter of the input 28",
        "write the input with it, as in W 2W",
    ),
    (
        ("H/0", "H"),
        "error[bad-size]: input 'H/0': H/0 is no size",
        "write each size of a family as a factor, a capital letter, a divisor and a shift: H, 2H, H/8, H-184",
    ),
    (
        ("H", "?"),
        "error[unsupported]: from H to ?: beside a family no size is to be found in this version",
        "write each axis as a number or with a letter: Hx4, HxW",
    ),
    (
        ("H", "2H", "--where", "H * H >= 4"),
        "error[bad-condition]: a condition on H is neither a residue nor a limit",
        LIKE,
    ),
    (
        ("H", "2H", "--where", "H >= 9 and H <= 8"),
        "error[bad-condition]: there is no H of which all of it is true",
        "change the conditions on H, or the sizes",
    ),
    (
        ("H", "2H", "--where", "H % 11 != 0"),
        "error[unsupported]: H % 11 in {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}: that are more than 8 residues for one stack",
        "ask for fewer at once, as in H % 16 == 12",
    ),
    (
        ("HxW", "HxW", "--where", "H % 4 in {0,1}", "--where", "W % 4 in {0,1}",
         "--where", "out_size[0][0] % 2 == in_size[0][1] % 2"),
        ("error[unsupported]: out_size[0][0] % 2 == in_size[0][1] % 2: it is about two axes at once, and H and W have "
         "several residues each"),
        "ask for one residue of H at a time, as in H % 4 == 1",
    ),
    (("HxW", "2Hx2W", "--where", "H >= W"), "error[bad-condition]: H >= W: two letters in one condition", LIKE),
    (
        ("8@H", "8@2H", "--minimize", "macs"),
        "error[unsupported]: macs grow with the letters of a family, so that no number bounds them",
        "ask for params instead, or for one size",
    ),
    (
        ("H", "2H-10"),
        "error[mixed-directions]: from H to 2H-10 some sizes grow and others shrink",
        "what can be reached hangs on the layers: write --layer conv, --layer conv_transpose or --stack",
    ),
    (
        ("H", "2H-10", "--layer", "conv", "--monotone"),
        "error[bad-condition]: --monotone: H -> 2H-10 grows for some members and shrinks for others",
        "ask for those that grow and those that shrink by themselves, as in --where 'H >= 8'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "text", "mend"), REFUSED)
def test_what_is_refused(arguments: Sequence[str], text: str, mend: str) -> None:
    said = convsolve("solve", *arguments)
    assert (said.code, said.err.strip()) == (2, f"{text}\n  help: {mend}")


def test_all_but_the_smallest_members_are_named() -> None:
    explanation = cs.solve("H", "H", stack="Pad((1, 1), mode='reflect') >> Conv(k=3, p=0, s=1)").explanation
    assert explanation is not None
    assert [dict(change.relax) for change in explanation.changes] == [{"members": "H >= 2"}]


def test_a_space_checks_its_own_members_with_skip_connections() -> None:
    space = cs.Space("8@H", "8@H", stack="Conv(c=8) >> Conv(c=8) >> Add(0)")
    assert all(space.check(solution) for solution in space.sample(5, seed=0))


def test_a_u_net_with_holes_is_explained_in_time() -> None:
    stack = "Conv(c=8) >> MaxPool(2) >> Conv(c=16) >> ConvTranspose(c=8) >> Concat(0) >> Conv(c=3)"
    explanation = cs.solve("3@H", "3@H", stack=stack).explanation
    assert explanation is not None
    assert {"members": "H % 2 == 0"} in [dict(change.relax) for change in explanation.changes]


THREE = "Conv(k=2, s={1, 2}, p='0..1') >> ConvTranspose(k=2, s={1, 2}, p='0..1', op=0) >> Conv(k={1, 3}, s=3, p='0..1')"


def test_no_best_is_claimed_where_not_all_stacks_are_looked_for() -> None:
    every = cs.solve("3H", "H", stack=THREE, all=True)
    most = max(sum(layer.stride[0] for layer in solution.layers) for solution in every)
    found = cs.solve("3H", "H", stack=THREE, maximize="sum(stride)")
    assert (found.optimal, found.bound) == (False, None)
    assert found.values is not None
    assert found.values[0] <= most
    whole = cs.solve("H", "5", stack="Conv(k=3, s={1, 3}, p=1) >> AdaptiveAvgPool(5)", maximize="sum(stride)")
    assert (whole.optimal, whole.values, whole.total) == (True, (3,), 2)


LISTS = (
    "ConvTranspose(c={2,4}, k={1,2}, s={2,3}, p={1,2}, d=2, op=0) >> Conv(c=8, k=1, s={1,2}, p=0) >> "
    "Conv(c=2, k=5, s={1,2}, p=0)"
)


def test_channels_to_be_found_beside_several_choices_of_strides() -> None:
    question: dict[str, Any] = {"input": "8@H/2+2", "target": "2@H/2-3", "stack": LISTS}
    every = cs.solve(**question, all=True)
    params = sorted(solution.costs.params or 0 for solution in every)
    assert len(params) == every.total == 4
    for end, wanted in (("minimize", params), ("maximize", params[::-1])):
        found = cs.solve(**question | {end: "params"}, count=3)
        assert [solution.costs.params for solution in found] == wanted[:3]
        assert found.optimal
    for limit in (params[0] - 1, params[0], params[1], params[3]):
        some = cs.solve(**question, where=f"params <= {limit}", all=True)
        assert sorted(solution.costs.params or 0 for solution in some) == [one for one in params if one <= limit]


def test_a_space_tells_lists_of_channels_and_choices_of_strides_apart() -> None:
    stack = "Conv(c={2,4}, k=1, s={1,2}, p=0) >> ConvTranspose(c=2, k={1,2}, s={1,2}, p=0, op=0)"
    space = cs.Space("2@H", "2@H", stack=stack, where="H % 2 == 0")
    values = [tuple(sorted(space.values(solution).items())) for solution in space]
    assert len({*values}) == len(values) == space.total == 4
    for solution in space:
        assert space.check(space.values(solution))
        (nearest,) = space.project(space.values(solution))
        assert (nearest.solution, nearest.distance) == (solution, 0)


def test_a_count_that_nobody_knows_is_refused() -> None:
    said = convsolve("count", "H", "2H", "--layers", "2", "--where", "out_size[0] == H")
    assert said.code == 2
    assert said.err.startswith("error[unsupported]: how many combinations serve H -> 2H is not known")


def test_members_lie_on_their_lines() -> None:
    members = Members("H", 8, (2, 4), 60)
    assert [members.line(number) for number in (2, 4, 18)] == [(0, 0), (1, 0), (0, 2)]
    assert family_of(Extent.read("H"), Extent.read("2H"), ()).some(3) == [{"H": 1}, {"H": 2}, {"H": 3}]
