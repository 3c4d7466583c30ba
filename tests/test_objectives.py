"""Objectives: the order they give, what they cost, and that nothing is better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

import convsolve as cs
from convsolve import judge, proofs
from convsolve.answer import Status
from convsolve.answering import answer, search_all
from convsolve.assembly import Assembly
from convsolve.cheapest import EVERYTHING, Cheapest, Out
from convsolve.errors import Error
from convsolve.expansion import Expansion
from convsolve.graph import graphs, whole_graph
from convsolve.listing import Combination, in_graph_order
from convsolve.objectives import Objective, read_objectives
from convsolve.posing import ask
from convsolve.prices import Prices
from convsolve.problem import Problem
from convsolve.ranking import STYLE_BITS
from convsolve.scouting import scout
from tests.oracle.order import place_in_order, settings

QUESTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("3@7", "8@28", {"layers": 2, "minimize": "params"}),
    ("3@7", "8@28", {"layers": 2, "maximize": "params"}),
    ("3@9", "8@9", {"layers": 2, "kernel_size": "1..4", "minimize": ["macs", "-params"]}),
    ("8@1", "2@16", {"layers": 3, "kernel_size": "1..4", "stride": "1..3", "maximize": ["macs", "activations"]}),
    ("8@1", "2@16", {"layers": 3, "kernel_size": "2,4", "minimize": "activations", "maximize": "params"}),
    ("2@17", "5@1", {"layers": 3, "kernel_size": "1..4", "stride": "1..2", "dilation": "1,2", "minimize": "macs"}),
    ("4@3x4", "2@7x9", {"layers": 2, "kernel_size": "2..4", "stride": "1..2", "minimize": "macs"}),
    ("4@3x3", "2@7x7", {"layers": 2, "kernel_size": "2..4", "stride": "1..2", "minimize": "macs"}),
    ("4@3x4", "2@7x9", {"layers": 1, "tie": "none", "minimize": "params"}),
    ("4@3x4", "2@7x9", {"layers": 2, "kernel_size": "2..3", "stride": "1..2", "padding": "0..1", "tie": "none",
                        "maximize": "macs"}),
    ("4@4x4x3", "2@8x8x7", {"layers": 2, "kernel_size": "2..4", "stride": "1..2", "minimize": ["activations", "macs"]}),
    ("4@12", "6@12", {"stack": "Conv(k='1..3', s='1..2', c=5) >> Act('relu') >> MaxPool('2,3') >> "
                               "ConvTranspose(k='2..4')", "minimize": ["activations", "params"]}),
    ("4@8x8", "4@8x8", {"stack": "Conv(k={1, 3}, s=1, groups=2) >> Norm('batch') >> Conv(k={1, 3}, s=1, bias=False) >> "
                                 "ConvTranspose(k=3, s=1)", "minimize": "params", "maximize": "activations"}),
    ("3@14", "16@8", {"stack": "Conv(k='1..3', s='1,2', c=8) >> Pad() >> Conv(k='1..3', s='1,2', c=16)",
                      "minimize": "activations"}),
    ("3@12x15", "8@6x6", {"stack": "Conv(k='1..3', s='1,2', c=8) >> AdaptiveAvgPool(6) >> Conv(k='1..3', s=1, c=8)",
                          "minimize": "macs"}),
    ("2@6", "3@20", {"stack": "Upsample('1..3') >> ConvTranspose(k='1..4', s='1,2', c=4) >> Conv(k='1..3', c=3)",
                     "minimize": ["macs", "-params"]}),
    ("8@3x3", "1@12x12", {"stack": "PixelShuffle(2) >> ConvTranspose(k='1..4', s='1,2', c=1) >> Crop()",
                          "maximize": "activations", "minimize": "macs"}),
    ("3@9", "3@9", {"stack": "Act('relu') >> Norm('batch') >> Conv(c=4, k={1, 3, 5}, s='1,2', p='0,1') >> "
                             "Act('relu') >> ConvTranspose(c=3, k={1, 3, 5}, s='1,2', p='0,1', op=0)",
                    "minimize": "activations"}),
    ("3@5", "2@2", {"stack": "Conv(c=1, k={1, 3, 5}, s=2, p='1,2', d=1) >> Conv(c=2, k={1, 2, 5}, s=2, p='1,2', d=1)",
                    "latent": 5, "minimize": "macs"}),
    ("3@9", "10@", {"stack": "Conv(c=4, k={1, 3, 5}, s='1,2', p='0,1') >> Conv(c=2, k={1, 3, 5}, s=2, p='0,1') >> "
                             "AdaptiveAvgPool(2) >> Flatten() >> Linear(10)", "maximize": "macs"}),
]  # fmt: skip


def cheapest_of(problem: Problem) -> Cheapest:
    graph = whole_graph(problem)
    return Cheapest(graph, Prices(problem, graph))


def costs(problem: Problem, combination: Combination) -> tuple[int, ...]:
    """The objectives' values, each turned so that less is better."""
    found = Assembly(problem)(combination).costs.to_dict()
    return tuple(found[objective.cost] * (1 if objective.least else -1) for objective in problem.objectives)


@pytest.mark.parametrize(("source", "target", "question"), QUESTIONS)
def test_objectives_come_before_style(source: str, target: str, question: dict[str, Any]) -> None:
    problem = ask(source, target, **question)
    everything = list(in_graph_order(problem, [Expansion(graph) for graph in graphs(problem)]))
    assert len(everything) > 5
    wanted = sorted(everything, key=lambda one: (costs(problem, one), place_in_order(problem, one)))
    for most in (len(everything), 5, 1):
        assert settings(scout(problem).by_objectives().first(most)) == wanted[:most]
    best = cheapest_of(problem).best_values
    assert tuple(o.sign * value for o, value in zip(problem.objectives, best, strict=True)) == costs(problem, wanted[0])


@pytest.mark.parametrize(("source", "target", "question"), QUESTIONS)
def test_z3_proves_that_nothing_is_better(source: str, target: str, question: dict[str, Any]) -> None:
    problem = ask(source, target, **question)
    proof = proofs.prove_optimal(problem, cheapest_of(problem))
    assert proof == judge.Proof(judge.Verdict.UNSAT, len(problem.layers))


@pytest.mark.parametrize(("source", "target", "question"), QUESTIONS)
def test_that_the_best_is_better_than_it_is_cannot_be_proved(
    source: str, target: str, question: dict[str, Any]
) -> None:
    problem = ask(source, target, **question)
    cheapest = cheapest_of(problem)
    (end,) = cheapest.spent[-1]
    cheapest.spent[-1][end] += 1 << STYLE_BITS
    assert proofs.prove_optimal(problem, cheapest).verdict == judge.Verdict.SAT


@pytest.mark.parametrize("number", [3, 5, 9, 12])
def test_a_state_left_out_is_missed(number: int) -> None:
    source, target, question = QUESTIONS[number]
    problem = ask(source, target, **question)
    cheapest = cheapest_of(problem)
    elements, rest = cheapest.graph.elements, cheapest.outlook.rest
    told = [
        (spent, state)
        for position, spent in enumerate(cheapest.spent)
        for state in spent
        if position and spent[state] + rest(position, elements(state)) < cheapest.optimum
    ]
    assert told
    for spent, state in told:
        price = spent.pop(state)
        assert proofs.prove_optimal(problem, cheapest).verdict == judge.Verdict.SAT
        spent[state] = price


@pytest.mark.parametrize(("source", "target", "question"), QUESTIONS)
def test_no_way_is_cheaper_than_what_is_told_of_a_size_on_one_axis(
    source: str, target: str, question: dict[str, Any]
) -> None:
    cheapest = cheapest_of(ask(source, target, **question))
    elements, rest = cheapest.graph.elements, cheapest.outlook.rest
    for place, states in enumerate(cheapest.graph.live[:-1]):
        for state in states:
            lows = [cheapest._lows(place, axis, size) for axis, size in enumerate(state)]
            edges = cheapest.edges(place, state, EVERYTHING - 1)
            ways = [edge.price + rest(place + 1, elements(edge.out)) for edge in edges]
            assert max(low.least for low in lows) <= min(ways)


def test_sizes_that_are_too_dear_by_themselves_are_not_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    affordable = Cheapest._affordable

    def counted(one: Cheapest, place: int, *given: Any) -> list[list[Out]]:  # noqa: ANN401 - the others' arguments
        looked.append(place)
        return affordable(one, place, *given)

    monkeypatch.setattr(Cheapest, "_affordable", counted)
    cheapest = cheapest_of(ask("3@?x?", "8@5x5", stack="Conv(c=8)*2", minimize="macs"))
    assert cheapest.best_values == (1624,)
    assert len(cheapest.spent[0]) > 10_000
    assert 0 < len(looked) < 1_000


LEADING = ("", "Act('relu') >> ", "Norm('batch') >> Act('relu') >> ", "Linear() >> Unflatten(3, '1..9') >> ")
KERNELS, STRIDES, PADDINGS = ("{1,3}", "{2,3,5}", "{1,2,4}"), ("1", "2", "{1,2}"), ("0", "{0,1}", "{1,2}")


@given(
    leading=st.sampled_from(LEADING),
    kinds=st.lists(st.sampled_from(("Conv", "ConvTranspose")), min_size=1, max_size=2),
    drawn=st.data(),
    objective=st.sampled_from(("params", "macs", "activations", "peak", "sum(kernel_size)", "receptive_field")),
    end=st.sampled_from(("minimize", "maximize")),
)
@settings_of(max_examples=25, deadline=None)
def test_lists_by_an_objective_are_everything_in_its_order(
    leading: str, kinds: list[str], drawn: st.DataObject, objective: str, end: str
) -> None:
    layers = []
    for kind in kinds:
        values = ", ".join(
            f"{name}={drawn.draw(st.sampled_from(some))}"
            for name, some in (("k", KERNELS), ("s", STRIDES), ("p", PADDINGS))
        )
        layers.append(f"{kind}(c=3, {values}{', op=0' * (kind == 'ConvTranspose')})")
    source = "7@" if leading.startswith("Linear") else drawn.draw(st.sampled_from(("3@9", "3@[3..9]", "3@?")))
    question: dict[str, Any] = {
        "stack": leading + " >> ".join(layers),
        "where": drawn.draw(st.sampled_from(([], ["params >= 0"]))),
    }
    everything = cs.solve(source, "3@[2..5]", all=True, **question)
    if source == "7@" and objective == "receptive_field":
        return  # there is none
    value = counted(objective)
    wanted = sorted(map(value, everything), reverse=end == "maximize")
    for most in (None, 5):
        how: dict[str, Any] = {end: objective, "all": most is None, "count": most}
        found = cs.solve(source, "3@[2..5]", **question, **how)
        assert [value(one) for one in found] == wanted[:most]
        assert len(set(found)) == len(found)


def counted(objective: str) -> Callable[[cs.Solution], int]:
    """What an objective comes to, from the record of a solution alone."""
    if objective == "sum(kernel_size)":
        return lambda one: sum(sum(layer["kernel_size"]) for layer in one.to_dict()["layers"] if "kernel_size" in layer)
    if objective == "receptive_field":
        return lambda one: max(one.to_dict()["costs"]["receptive_field"], default=0)
    return lambda one: int(one.to_dict()["costs"][objective])


def test_an_answer_says_what_is_best_and_that_it_is_proved() -> None:
    found = answer(ask("8@28x28", "3@4x4", layers=3, minimize=["macs", "params"]), count=2)
    assert (found.status, found.optimal, found.total, found.complete) == (Status.SOLVED, True, 145_215, False)
    assert found.values == found.bound == (found[0].costs.macs, found[0].costs.params)
    assert found[0].checked == ("arithmetic", "z3")
    again = ask(
        **{key: found.to_dict()["problem"][key] for key in ("input", "target", "stack", "tie", "channels", "minimize")}
    )
    assert again == found.problem


def test_what_z3_cannot_prove_is_not_called_optimal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "prove_optimal", lambda *_: judge.Proof(judge.Verdict.UNKNOWN, 1))
    found = answer(ask("8@7", "3@28", minimize="macs"), count=1)
    assert (found.optimal, found.bound, found.values) == (False, None, (found[0].costs.macs,))


def test_no_order_is_promised_that_cannot_be_kept() -> None:
    problem = ask("8@7", "3@28", layers=4, minimize="macs")
    with pytest.raises(Error, match="more than 100,000"):
        answer(problem, every=True)
    with pytest.raises(Error, match="no order"):
        search_all(problem, lambda _: None)


def test_what_is_minimised_comes_first_and_a_minus_turns_around() -> None:
    assert read_objectives(["macs", "-params"], "activations") == (
        Objective("macs", least=True),
        Objective("params", least=False),
        Objective("activations", least=False),
    )
    problem = ask("3@7", "8@28", maximize=["params", "-macs"])
    assert problem.to_dict()["minimize"] == ["-params", "macs"]
    assert read_objectives(problem.to_dict()["minimize"], None) == problem.objectives


@pytest.mark.parametrize(
    "text", ["-(macs + params)", "-macs + params", "(macs)", "-(-macs)", "-sum(stride)", "2 - macs"]
)
def test_an_objective_reads_back(text: str) -> None:
    (objective,) = read_objectives(text, None)
    assert read_objectives(str(objective), None) == (objective,)
    assert objective.least is not (text in {"-(macs + params)", "-(-macs)", "-sum(stride)"})


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"minimize": "marcs"}, "unknown-name]: minimize: 'marcs' in 'marcs' is not known"),
        ({"minimize": "sum("}, "bad-expression]: minimize: 'sum(' is not an expression"),
        (
            {"minimize": "len(stride)"},
            "unknown-name]: minimize: 'len' in 'len(stride)' is no function",
        ),
        ({"minimize": "params*1.5"}, "bad-expression]: minimize: 1.5 in 'params*1.5' is no integer"),
        ({"minimize": "stride"}, "bad-objective]: minimize: 'stride' is not one number: each layer has its stride"),
        ({"minimize": "stride == 2"}, "bad-objective]: minimize: 'stride == 2' is a condition, not a number"),
        ({"minimize": "jump"}, "bad-objective]: minimize: jump is a fraction, no number to be made small"),
        ({"minimize": "3 + 4"}, "bad-objective]: minimize: '3 + 4' is the same for every combination"),
        ({"minimize": "stride[4]"}, "no-such-layer]: stride[4]: stride[4][0]: 1 layer has stride"),
        (
            {"minimize": "receptive_field[1]"},
            "no-such-axis]: receptive_field[1]: there is no axis 1: they are counted from 0",
        ),
        (
            {"minimize": "sum(stride[0])"},
            "bad-condition]: sum(stride[0]): sum(...) of one argument takes names of layers, as stride",
        ),
        (
            {"minimize": "macs // padding[0]"},
            "bad-condition]: macs // padding[0]: it divides by what may be 0: multiply instead, as in a == 2*b",
        ),
        (
            {"minimize": "16 // product(padding)"},
            "bad-condition]: 16 // product(padding): it divides by what may be 0: multiply instead, as in a == 2*b",
        ),
        ({"minimize": "peak", "channels": None}, "unknown-channels]: peak cannot be counted without channels"),
        ({"minimize": "macs", "maximize": "macs"}, "bad-objective]: maximize: macs stands twice"),
        ({"maximize": 3}, "bad-objective]: maximize: '3' is no objective"),
        ({"minimize": "macs", "channels": None}, "unknown-channels]: macs cannot be counted without channels"),
    ],
)
def test_what_cannot_be_an_objective(question: dict[str, Any], message: str) -> None:
    known: dict[str, Any] = {"channels": "3,8"}
    with pytest.raises(Error) as caught:
        cs.solve(7, 28, **(known | question))
    assert str(caught.value).partition("\n")[0] == f"error[{message}"


STRIDED = "Conv(c=8, s=2)*2 >> Flatten() >> Linear() >> Unflatten(8)"
BEHIND_FLATTEN = (
    "cannot be counted: the channels behind layer 2 (Flatten) depend on the sizes in front of it, which are"
)


@pytest.mark.parametrize(
    ("source", "target", "question", "message", "help_"),
    [
        (
            "3@64x64", "8@5x5", {"stack": STRIDED, "minimize": "macs"},
            f"unsupported]: macs {BEHIND_FLATTEN} to be found", "AdaptiveAvgPool(4) >> Flatten()",
        ),
        (
            "3@64x64", "8@5x5", {"stack": STRIDED, "where": "params <= 100"},
            f"unsupported]: params <= 100: params {BEHIND_FLATTEN} to be found", "AdaptiveAvgPool(4) >> Flatten()",
        ),
        (
            "64@6x6", "3@12x12",
            {"stack": "PixelShuffle(factor='2,4') >> MaxPool() >> Conv(c=3)", "minimize": ["kernel_size[2]", "peak"]},
            ("unsupported]: peak cannot be counted: the channels behind layer 0 (PixelShuffle) depend on factor, which "
             "is to be found"),
            "PixelShuffle(2)",
        ),
        (
            "4@6", "12@", {"stack": "Conv(k={1,3}) >> Flatten()", "channels": "4,[2..4]"},
            ("unknown-channels]: layer 1 (Flatten): what it makes of the channels depends on sizes that are chosen, so "
             "12 behind it do not say how many stand in front"),
            "Conv(c=3)",
        ),
    ],
)  # fmt: skip
def test_channels_that_depend_on_a_choice_are_not_called_missing(
    source: str, target: str, question: dict[str, Any], message: str, help_: str
) -> None:
    with pytest.raises(Error) as caught:
        cs.solve(source, target, **question)
    assert str(caught.value).partition("\n")[0] == f"error[{message}"
    assert caught.value.help[0].endswith(f", as in {help_}")
    # what the help says answers the question
    if "Flatten()" in question["stack"]:
        written = {"Flatten()": help_} if ">>" in help_ else {"Conv(": "Conv(c=3, "}
        [(old, new)] = written.items()
        mended = question | {"stack": question["stack"].replace(old, new), "count": 1}
        mended |= {"where": "params <= 40000"} if "where" in question else {}
        mended.pop("channels", None)
        assert cs.solve(source, target, **mended).status is Status.SOLVED
