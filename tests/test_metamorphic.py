"""Questions put another way: what must hold between two answers, whatever they are."""

from __future__ import annotations

import pickle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import convsolve as cs
from convsolve.assembly import stream
from convsolve.posing import ask
from convsolve.problem import Problem

KINDS = ["Conv()", "ConvTranspose()", "MaxPool()", "AvgPool()", "Conv(s=1, padding='same')", "Act('relu')"]
WRITTEN = ["Conv(k='1..4', s='1..3')", "ConvTranspose(k='1..4', s='1..3')", "MaxPool()", "AvgPool(ceil_mode=True)"]
stacks_written = st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=2).map(" >> ".join)
stacks_short = st.lists(st.sampled_from(KINDS), min_size=1, max_size=2).map(" >> ".join)
stacks = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3).map(" >> ".join)
sizes = st.integers(1, 24)
NARROW: dict[str, Any] = {"kernel_size": "1..4", "stride": "1..3"}


def question(stack: str, **domains: Any) -> dict[str, Any]:  # noqa: ANN401 - domains of any form
    """The stack, and domains for its holes where it has any."""
    return {"stack": stack} | (domains if "Conv()" in stack or "ConvTranspose()" in stack else {})


def everything(problem: Problem) -> set[cs.Solution]:
    return set(stream(problem))


@settings(max_examples=60)
@given(stacks_short, sizes, sizes, st.sampled_from(["kernel_size", "stride", "padding", "dilation"]))
def test_a_narrower_domain_never_has_more(stack: str, source: int, target: int, name: str) -> None:
    wide: dict[str, Any] = {**NARROW, "padding": "0..2", "dilation": "1,2"}
    narrow = wide | {name: {"kernel_size": "2,3", "stride": "1,2", "padding": "0,1", "dilation": "1"}[name]}
    some = everything(ask(source, target, **question(stack, **narrow)))
    assert some <= everything(ask(source, target, **question(stack, **wide)))


@settings(max_examples=30)
@given(st.sampled_from(WRITTEN), stacks_written, st.integers(1, 12), sizes)
def test_the_count_of_two_stacks_in_a_row_is_the_sum_over_what_lies_between(
    first: str, second: str, source: int, target: int
) -> None:
    whole = cs.count(source, target, stack=f"{first} >> {second}")
    # no layer here more than triples a size and adds six
    ways = {size: cs.count(source, size, stack=first) for size in range(1, 3 * source + 7)}
    assert whole == sum(n * cs.count(size, target, stack=second) for size, n in ways.items() if n)


@settings(max_examples=40)
@given(stacks, sizes, sizes)
def test_a_layer_that_does_nothing_changes_nothing(stack: str, source: int, target: int) -> None:
    plain = cs.count(source, target, **question(stack, **NARROW))
    for idle in ("Conv(k=1, s=1, p=0, d=1)", "ConvTranspose(k=1, s=1, p=0, d=1, op=0)", "Norm('batch')"):
        assert cs.count(source, target, **question(f"{stack} >> {idle}", **NARROW)) == plain
        assert cs.count(source, target, **question(f"{idle} >> {stack}", **NARROW)) == plain


@settings(max_examples=40)
@given(
    st.sampled_from(["Conv()", "ConvTranspose()", "Conv() >> ConvTranspose()"]), st.permutations([0, 1, 2]), st.data()
)
def test_axes_in_another_order(stack: str, order: list[int], data: st.DataObject) -> None:
    source = data.draw(st.tuples(*[st.integers(1, 9)] * 3))
    target = data.draw(st.tuples(*[st.integers(1, 9)] * 3))
    domains: dict[str, Any] = {"kernel_size": "2,3", "stride": "1,2", "padding": "0,1"}

    def moved(size: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(size[axis] for axis in order)

    there = cs.count(source, target, stack=stack, **domains)
    assert cs.count(moved(source), moved(target), stack=stack, **domains) == there


@settings(max_examples=40)
@given(sizes, st.integers(1, 7), st.integers(1, 4), st.integers(0, 3), st.integers(1, 2))
def test_a_transposed_convolution_undoes_a_convolution(
    source: int, kernel_size: int, stride: int, padding: int, dilation: int
) -> None:
    forward = cs.trace(cs.Conv(k=kernel_size, s=stride, p=padding, d=dilation), source)
    if not forward.valid:
        return
    back = cs.solve(
        forward.sizes[-1],
        source,
        layer="conv_transpose",
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
    )
    rest = (source + 2 * padding - dilation * (kernel_size - 1) - 1) % stride
    assert rest in {solution.layers[0].output_padding[0] for solution in back}


@settings(max_examples=30)
@given(stacks, sizes, sizes, st.sampled_from(["default", "none", "all", "kernel_size"]), st.booleans())
def test_the_problem_of_a_record_asked_again_gives_the_same_answer(
    stack: str,
    source: int,
    target: int,
    tie: str,
    channels: bool,  # noqa: FBT001 - drawn
) -> None:
    shapes = (f"4@{source}x{source}", f"8@{target}x{target + 1}") if channels else (f"{source}x3", f"{target}x3")
    if channels and "Conv" not in stack:
        shapes = (shapes[0], shapes[1].replace("8@", "4@"))
    answer = cs.solve(*shapes, count=3, tie=tie, **question(stack, **NARROW))
    record = answer.problem.to_dict() | answer.to_dict()["problem"]
    again = cs.solve(record.pop("input"), record.pop("target"), **record)
    assert [cs.Solution.from_dict(solution.to_dict()) for solution in answer] == list(answer)
    assert pickle.loads(pickle.dumps(answer)) == answer  # noqa: S301 - our own bytes
    assert again.to_dict() == answer.to_dict()
