"""Impossible questions with conditions, ties and up to three axes; what is claimed of them is asked again as questions.

A fact that is dropped is left out of the question, or written as wide as an explanation goes: another input or
target as ``[1..N]``, another depth as ``1..6``. Nothing of `convsolve.explain` is used.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterable, Iterator
from random import Random
from typing import NamedTuple

import convsolve as cs
from convsolve.answer import Solution
from convsolve.explanation import Change, Excluded, Explanation, Near, Reason
from convsolve.filling import Layer
from convsolve.posing import Question, ask
from convsolve.problem import Problem
from tests.command_line import convsolve
from tests.oracle.brute_force import out_size

WIDEST = {"kernel_size": 15, "stride": 8, "padding": 7, "dilation": 3, "output_padding": 7}
LEAST = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1, "output_padding": 0}
MOST_SIZE = 24  # that is looked at where a size is dropped: what is found there is enough
DEPTHS = "1..6"


class Demanded(NamedTuple):
    """A question: sizes, and all else by keyword; conditions are in `where` alone."""

    source: tuple[int, ...]
    target: tuple[int, ...]
    question: Question

    def problem(self) -> Problem:
        """The question as convsolve reads it."""
        return ask(_shape(self.source), _shape(self.target), **self.question)

    def answered(self, seconds: float | None = None, **changed: object) -> bool | None:
        """Whether it has an answer with some of it changed; None where nobody knows, or within so many seconds."""
        source, target = (
            changed.pop(name, _shape(sizes)) for name, sizes in (("input", self.source), ("target", self.target))
        )
        words = {name: value for name, value in {**self.question, **changed}.items() if value is not None}
        answer = cs.solve(source, target, count=0, timeout=seconds, **words)  # type: ignore[arg-type]
        if answer.established is not None and not answer.established.some:
            return None
        return bool(answer) or answer.established is not None


def _shape(sizes: Iterable[int]) -> str:
    return "x".join(map(str, sizes))


def demanded(draw: Random, seconds: float | None = None) -> Iterator[Demanded]:
    """Questions without an answer, one after the other."""
    while True:
        axes = draw.choice([1, 1, 2, 2, 2, 3])
        layers = draw.choice([1, 1, 2, 2, 3]) if axes < 3 else draw.choice([1, 2])
        question: Question = {"layers": layers, "layer": draw.choice(["conv", "conv_transpose"])}
        if draw.random() < 0.6:
            question["kernel_size"] = {draw.randint(1, 4), draw.randint(1, 6)}
        if draw.random() < 0.5:
            question["stride"] = {draw.randint(1, 3), draw.randint(1, 3)}
        if draw.random() < 0.4:
            question["padding"] = {draw.randint(0, 2)}
        if axes > 1 and draw.random() < 0.5:
            question["tie"] = draw.choice(["all", "none", "kernel_size", "stride,padding"])
        question["where"] = list({_condition(draw) for _ in range(draw.choice([0, 1, 1, 2]))})
        source = tuple(draw.randint(2, 14) for _ in range(axes))
        target = tuple(draw.choice([size, draw.randint(1, 30), 2 * size]) for size in source)
        found = Demanded(source, target, question)
        if (question["where"] or axes > 1) and found.answered(seconds) is False:
            yield found


def _condition(draw: Random) -> str:
    number = draw.randint(1, 5)
    return draw.choice(
        [
            f"stride == {number}",
            f"kernel_size >= {number}",
            f"kernel_size % 2 == {number % 2}",
            "kernel_size >= stride",
            "kernel_size % stride == 0",
            "stride[0] == stride[-1]",
            f"out_size[0] == {3 * number}",
            f"sum(kernel_size) <= {2 * number}",
            f"receptive_field >= {4 * number}",
            f"stride + padding == {number}",
            f"stride[0] > {number}",
        ]
    )


def _dropped(question: Demanded, facts: Collection[Reason], *, any_size: bool) -> dict[str, object]:
    """The words of the question without some facts."""
    changed: dict[str, object] = {}
    whats = {fact.what for fact in facts}
    values = question.problem().layers[0]
    for name in ("kernel_size", "stride", "dilation", "padding", "output_padding"):
        if name in whats:
            low, high = (
                LEAST[name],
                WIDEST[name] * (3 if any_size else 1),
            )  # without sizes, limits are dropped altogether
            if (
                name not in question.question
            ):  # default limits follow the others, and are never narrower for being dropped
                high = max(high, _default(values, name, whats))
            place = values.kind.positions()[name]
            now = {value for axis in values.domains for value in axis[place]}
            changed[name] = now | {*range(low, high + 1)}
    if "layers" in whats:
        changed["layers"] = DEPTHS
    if "tie" in whats:
        changed["tie"] = "none"
    left_out = {fact.value for fact in facts if fact.what == "where"}
    changed["where"] = [text for text in question.question.get("where") or () if text not in left_out]
    for end in ("input", "target"):
        if end in whats or any_size:
            changed[end] = _shape_of_any(len(question.source))
    return changed


def _default(layer: Layer, name: str, dropped: Collection[str]) -> int:
    """The end of a parameter's default limits, where some others are as wide as they go."""
    most = {
        other: max(WIDEST[other] if other in dropped else 0, *(axis[place][-1] for axis in layer.domains))
        for other, place in layer.kind.positions().items()
    }
    if name == "padding":
        return (most["dilation"] * (most["kernel_size"] - 1) + 1) // 2
    return max(most["stride"], most["dilation"]) - 1 if name == "output_padding" else 0


def _shape_of_any(axes: int) -> str:
    return "x".join([f"[1..{MOST_SIZE}]"] * axes)


def _alone(question: Demanded, found: Explanation) -> Demanded:
    """The question of the one axis that is told of, if it is one."""
    said = {reason.what: reason.value for reason in (*found.conflict, *found.acquitted)}
    if "x" in said["input"] or len(question.source) == 1:
        return question
    pair = int(said["input"]), int(said["target"])
    assert pair in zip(question.source, question.target, strict=True)
    words = {name: value for name, value in question.question.items() if name != "tie"}
    return Demanded((pair[0],), (pair[1],), words)  # type: ignore[arg-type]


def check(question: Demanded, found: Explanation, *, seconds: float | None = None) -> int:
    """Every claim of the explanation, asked again; how many of its members were seen to be needed."""
    by_setting = any(isinstance(cause, Excluded) for cause in found.causes)
    told = _alone(question, found)
    sizes = ("input", "target") if by_setting or len(told.source) > 1 else ()  # too many to look at, or of no matter
    acquitted = [fact for fact in found.acquitted if fact.what not in sizes]
    claimed = told.answered(seconds, **_dropped(told, acquitted, any_size=by_setting))
    assert claimed is not True, "the acquitted are to blame, too"
    needed = 0
    for member in found.conflict:
        if member not in found.unsettled and member.what not in sizes:
            answered = told.answered(seconds, **_dropped(told, [*acquitted, member], any_size=by_setting))
            # a size, or a limit where all values count, may have to be larger than those that are looked at
            beyond = member.what in ("input", "target") or (by_setting and member.what in WIDEST)
            assert answered is not False or beyond, f"{member} is not needed"
            needed += answered is True
    items: list[Change | Near] = [*found.changes, *found.nearest]
    for item in items:
        _run(item)
    return needed


def _run(item: Change | Near) -> None:
    """The command finds an answer, and the one that is shown is right by formulas that are written apart."""
    program, *arguments = shlex.split(item.command)
    assert program == "convsolve"
    said = convsolve(*arguments, "--json", "--count", "1")
    assert said.code == 0, item.command
    first = Solution.from_dict(json.loads(said.out)["solutions"][0])
    assert (first.input, first.output) == (item.solution.input, item.solution.output)
    for layer in item.solution.layers:
        for axis, setting in enumerate(layer.settings):
            window = layer.kind.window(setting)
            assert window is not None
            assert out_size(layer.kind.record, len(layer.in_size), layer.in_size[axis], window) == layer.out_size[axis]
