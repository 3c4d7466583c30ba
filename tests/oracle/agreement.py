"""Questions drawn at random on which graph, Z3 and brute force must agree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import z3

from convsolve import judge, proofs
from convsolve.encoding import whole
from convsolve.errors import Error
from convsolve.graph import graphs, total
from convsolve.judge import Verdict
from convsolve.models import solution_of
from convsolve.posing import ask
from convsolve.problem import Problem
from tests.oracle import brute_force

NAMES = {"conv": "Conv", "conv_transpose": "ConvTranspose", "max_pool": "MaxPool", "avg_pool": "AvgPool"}
# What brute force knows nothing of: on these graph and Z3 must agree with each other.
OTHERS = ("Act('relu')", "Norm('instance')", "Conv(k={1, 3, 4}, s=1, padding='same')",
          "Conv(k={2, 3}, s={1, 2}, p={0, 1, 2}, padding_mode='reflect')")  # fmt: skip
DOMAINS: dict[str, list[tuple[int, ...]]] = {
    "kernel_size": [(1, 2, 3), (3,), (1, 3), (3, 5), (2, 4), (2, 3, 7), (4,), (1, 2, 3, 4, 5)],
    "stride": [(1,), (2,), (1, 2), (1, 3), (2, 4), (1, 2, 3), (3,)],
    "padding": [(0,), (0, 1), (1,), (0, 2), (0, 1, 2), (2,)],
    "dilation": [(1,), (1,), (1,), (1, 2), (2,), (3,)],
    "output_padding": [(0,), (0,), (0, 1), (1,), (0, 1, 2)],
}
PARAMETERS = {
    "conv": ("kernel_size", "stride", "padding", "dilation"),
    "conv_transpose": tuple(DOMAINS),
    "max_pool": ("kernel_size", "stride", "padding", "dilation"),
    "avg_pool": ("kernel_size", "stride", "padding"),
}
SIZES = {1: 60, 2: 24, 3: 9}
MOST = 1_000_000  # combinations: brute force counts those of smaller spaces
MOST_LISTED = 10 * MOST  # settings of a layer, ties left aside: with more its space is not looked at

SAVED = Path(__file__).parents[1] / "data" / "disagreements.jsonl"

Question = dict[str, Any]  # as it is saved: source, target, layers (kind, values, ceil_mode, or stack text), tie


class Compared(NamedTuple):
    """What became of one question.

    Attributes:
        possible: what the graph says; None where it refuses the question.
        verdict: what Z3 says by itself, nothing narrowed.
        brute: the number that brute force counts, where the space is small.
        wrong: what does not agree, in words; empty where all does.
    """

    possible: bool | None
    verdict: Verdict
    brute: int | None
    wrong: str


def drawn(draw: Random) -> Question:
    """One to five layers on one to three axes, small and odd domains; about half can be answered."""
    axes = draw.choice([1, 1, 1, 2, 2, 3])
    layers = [_layer(draw, axes) for _ in range(draw.choice([1, 1, 2, 2, 3, 3, 4, 5]))]
    source = [draw.randint(1, SIZES[axes]) for _ in range(axes)]
    if axes > 1 and draw.random() < 0.4:
        source = source[:1] * axes
    tie = draw.choice(["default", "default", "default", "none", "all", "kernel_size,stride", "padding"])
    question = {"source": source, "target": source, "layers": layers, "tie": tie}
    reached = _walked(draw, question)
    target = [size + draw.choice([0, 0, 0, 0, -1, 1, 2, -3, 6]) for size in reached]
    if len(set(source)) == 1 and draw.random() < 0.5:
        target = target[:1] * axes
    # as it is when it has been saved
    return json.loads(json.dumps(question | {"target": [max(1, size) for size in target]}))  # type: ignore[no-any-return]


def saved() -> list[Question]:
    """Questions on which there once was no agreement."""
    return [json.loads(line) for line in SAVED.read_text().splitlines()] if SAVED.exists() else []


def problem_of(question: Question) -> Problem:
    """The question as convsolve reads it."""
    stack = " >> ".join(map(_text, question["layers"]))
    return ask(tuple(question["source"]), tuple(question["target"]), stack=stack, tie=question["tie"])


def compared(question: Question) -> Compared:
    """Graph, Z3 and, where the space is small, brute force on one question."""
    problem = problem_of(question)
    try:
        found = graphs(problem)
    except Error as error:
        if error.code != "unsupported":
            raise
        return Compared(None, Verdict.UNKNOWN, None, "")
    number = total(found)
    verdict, wrong = alone(problem), ""
    if verdict != Verdict.UNKNOWN and (verdict == Verdict.SAT) != (number > 0):
        wrong = f"the graph counts {number}, Z3 says {verdict}"
    for graph in found:
        if graph.total == 0 and proofs.prove_impossible(problem, graph).verdict == Verdict.SAT:
            wrong = "a proof that there is none finds one"
    brute = _counted(question)
    if brute is not None and brute != number:
        wrong = f"the graph counts {number}, brute force {brute}"
    return Compared(number > 0, verdict, brute, wrong)


def alone(problem: Problem) -> Verdict:
    """Z3's own verdict: nothing is narrowed, nothing proposed; a model is put to the integer rules."""
    encoding = whole(problem)
    asked = judge.Alone(encoding, lambda context: z3.SimpleSolver(ctx=context), 10 * judge.FIND)
    verdict = asked.check()
    if verdict == Verdict.UNKNOWN:
        asked = judge.Alone(encoding, judge._thorough)
        verdict = asked.check()
    if verdict == Verdict.SAT:
        solution_of(problem, asked.numbers())
    return verdict


def _layer(draw: Random, axes: int) -> Question | str:
    if draw.random() < 0.1:
        return draw.choice(OTHERS)
    kind = draw.choice(["conv", "conv", "conv_transpose", "conv_transpose", "max_pool", "avg_pool"])
    values: dict[str, list[tuple[int, ...]]] = {}
    for name in PARAMETERS[kind]:
        if name == "stride" and "pool" in kind and draw.random() < 0.5:
            continue  # left out, it is the kernel's
        # one domain for all axes, or one an axis, which unties them
        values[name] = [draw.choice(DOMAINS[name]) for _ in range(axes if axes > 1 and draw.random() < 0.15 else 1)]
    return {"kind": kind, "values": values, "ceil_mode": "pool" in kind and draw.random() < 0.5}


def _text(layer: Question | str) -> str:
    if isinstance(layer, str):
        return layer
    said = []
    for name, each in layer["values"].items():
        sets = [f"{{{', '.join(map(str, domain))}}}" for domain in each]
        said.append(f"{name}={sets[0]}" if len(sets) == 1 else f"{name}=({', '.join(sets)})")
    if layer["ceil_mode"]:
        said.append("ceil_mode=True")
    return f"{NAMES[layer['kind']]}({', '.join(said)})"


def _walked(draw: Random, question: Question) -> list[int]:
    """Sizes that some settings lead to, one axis as good as another; where a layer refuses, the size stays."""
    found = []
    for axis, start in enumerate(question["source"]):
        size = start
        for layer in _known(question["layers"]):
            setting = _setting(draw, layer, axis, len(question["source"]))
            dims, ceil_mode = len(question["source"]), layer["ceil_mode"]
            size = brute_force.out_size(layer["kind"], dims, size, setting, ceil_mode=ceil_mode) or size
        found.append(min(size, 4000))
    return found


def _known(layers: Sequence[Question | str]) -> Iterator[Question]:
    return (layer for layer in layers if not isinstance(layer, str))


def _setting(draw: Random, layer: Question, axis: int, axes: int) -> brute_force.Setting:
    one = _brute(layer, axes)
    k, s, p, d, a = (draw.choice(one.values[name][axis]) for name in brute_force.PARAMETERS)
    return k, k if one.stride_follows else s, p, d, a


def _brute(layer: Question, axes: int) -> brute_force.Layer:
    given: Any = {
        name: tuple(each[0]) if len(each) == 1 else [tuple(domain) for domain in each]
        for name, each in layer["values"].items()
    }
    return brute_force.layer(layer["kind"], axes, ceil_mode=layer["ceil_mode"], **given)


def _counted(question: Question) -> int | None:
    layers = [_brute(layer, len(question["source"])) for layer in _known(question["layers"])]
    if len(layers) < len(question["layers"]):
        return None
    asked = question["source"], question["target"], layers, question["tie"]
    if any(prod(len(one) for domains in layer.values.values() for one in domains) > MOST_LISTED for layer in layers):
        return None
    return brute_force.count(*asked) if brute_force.space(*asked, MOST) < MOST else None
