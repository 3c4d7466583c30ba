"""Impossible questions drawn at random, and what an explanation claims of them put to sums of their own.

Nothing of convsolve's search is used: sizes are carried on as plain sets by the formulas of the PyTorch pages.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from random import Random
from typing import Any, NamedTuple

from convsolve.answer import Solution
from convsolve.explanation import Change, Explanation, Gap, Near, Range, Reason, Residue, Window
from convsolve.posing import ask
from convsolve.problem import Problem
from tests.command_line import convsolve
from tests.oracle.brute_force import PARAMETERS, Layer, layer

WIDEST = {"kernel_size": 15, "stride": 8, "padding": 7, "dilation": 3, "output_padding": 7}
NAMES = {"conv": "Conv", "conv_transpose": "ConvTranspose"}
CAP = 4_000  # sizes beyond are not looked at
Given = dict[str, tuple[int, ...]]


class Drawn(NamedTuple):
    """One axis, so many layers of a kind, and the limits that were given."""

    source: int
    target: int
    kind: str
    layers: int
    given: Given

    def problem(self) -> Problem:
        """The question as convsolve reads it."""
        domains: dict[str, Any] = {name: set(values) for name, values in self.given.items()}
        return ask(self.source, self.target, layer=self.kind, layers=self.layers, **domains)

    def possible(self) -> bool:
        """Whether it has an answer."""
        return self.target in reached({self.source}, [self.made(self.given)] * self.layers)[-1]

    def made(self, given: Mapping[str, Iterable[int]]) -> Layer:
        """One of the layers, its default limits written out."""
        return _layer(self.kind, given)


def _layer(kind: str, given: Mapping[str, Iterable[int]]) -> Layer:
    return layer(kind, 1, ceil_mode=False, **{name: tuple(values) for name, values in given.items()})


def drawn(draw: Random) -> Iterator[Drawn]:
    """Questions without an answer, one after the other."""
    while True:
        kind = draw.choice(["conv", "conv_transpose"])
        layers = draw.choice([1, 1, 2, 2, 3, 4])
        given: Given = {}
        for name, values in (("kernel_size", range(1, 8)), ("stride", range(1, 5)), ("padding", range(4))):
            if draw.random() < 0.7:
                some = draw.sample(list(values), draw.choice([1, 1, 1, 2, 3]))
                given[name] = tuple(sorted(some))
        if draw.random() < 0.2:
            given["dilation"] = (draw.choice([1, 2]),)
        if kind == "conv_transpose" and draw.random() < 0.6:
            given["output_padding"] = tuple(sorted(draw.sample(range(3), draw.choice([1, 1, 2]))))
        for name in ("padding", "output_padding"):  # what equals its default limits nobody need have said
            rest = {other: values for other, values in given.items() if other != name}
            if given.get(name) == _layer(kind, rest).values[name][0]:
                given = rest
        source = draw.randint(1, 40)
        found = Drawn(source, draw.choice([draw.randint(1, 60), source, 2 * source, source**2]), kind, layers, given)
        if found.target < CAP / 4 and not found.possible():
            yield found


def reached(sources: Iterable[int], layers: Iterable[Layer]) -> list[set[int]]:
    """Per position the sizes that come there, from one size or from many."""
    found = [set(sources)]
    for one in layers:
        known: set[int] = set()
        strides = one.values["stride"][0]
        if one.kind == "conv_transpose":
            for stride in strides:
                amounts = _amounts(one, stride)
                starts = {(size - 1) * stride for size in found[-1]}
                last = CAP - min(amounts, default=0)  # from a start beyond everything leads above the cap
                known |= {start + amount for start in starts if start <= last for amount in amounts}
        else:
            amounts = _amounts(one, 1)  # whatever the stride
            rests = {size - amount for size in found[-1] for amount in amounts}
            for stride in strides:
                known |= {rest // stride + 1 for rest in rests if rest >= 0}
        found.append({size for size in known if 1 <= size <= CAP})
    return found


def _amounts(one: Layer, stride: int) -> set[int]:
    """What a layer's kernels, paddings, dilations and output_paddings come to beside the size, each in its place."""
    kernels, _, paddings, dilations, extras = (one.values[name][0] for name in PARAMETERS)
    found = set()
    for dilation, extra in product(dilations, extras):
        if one.kind != "conv_transpose" or extra < max(stride, dilation):
            windows = {dilation * (k - 1) + 1 for k in kernels}
            found |= {window - 2 * padding + extra for window in windows for padding in paddings}
    return found


def without(question: Drawn, dropped: Iterable[Reason]) -> bool:
    """Whether the question has an answer once some of its facts are dropped."""
    whats = {reason.what for reason in dropped}
    given: dict[str, tuple[int, ...]] = dict(question.given)
    for name in ("kernel_size", "stride", "dilation"):
        if name in whats:
            now = question.made(question.given).values[name][0]
            given[name] = tuple(sorted({*now, *range(1, WIDEST[name] + 1)}))
    for name in ("padding", "output_padding"):
        if name in whats:
            now = question.made(given).values[name][0]
            given[name] = tuple(sorted({*now, *range(WIDEST[name] + 1)}))
    depths = range(1, max(question.layers + 2, 6) + 1) if "layers" in whats else [question.layers]
    sources = range(1, CAP + 1) if "input" in whats else [question.source]
    sizes = reached(sources, [question.made(given)] * max(depths))
    return any(sizes[depth] if "target" in whats else question.target in sizes[depth] for depth in depths)


def check(question: Drawn, found: Explanation, *, commands: bool = True) -> None:
    """Every claim of the explanation, asked again."""
    assert not without(question, found.acquitted), "the acquitted are to blame, too"
    for member in found.conflict:
        assert without(question, [*found.acquitted, member]), f"{member} is not needed"
    for cause in found.causes:
        _check_cause(question, cause)
    anything = [reason for reason in (*found.conflict, *found.acquitted) if reason.what in WIDEST]
    deeper = question._replace(layers=question.layers + 1)
    if without(question, anything) or deeper.possible():
        assert found.changes, "no change was found"
    if not commands:
        return
    items: list[Change | Near] = [*found.changes, *found.nearest]
    for item in items:
        program, *arguments = shlex.split(item.command)
        assert program == "convsolve"
        said = convsolve(*arguments, "--json", "--count", "1")
        assert said.code == 0, item.command
        assert Solution.from_dict(json.loads(said.out)["solutions"][0]) == item.solution
    for near in found.nearest:
        if near.size[0] > CAP / 8:
            continue
        last = reached([question.source], [question.made(question.given)] * question.layers)[-1]
        between = range(min(near.size[0], question.target) + 1, max(near.size[0], question.target))
        assert near.size[0] in last
        assert not last & set(between)


def _check_cause(question: Drawn, cause: object) -> None:
    sizes = reached([question.source], [question.made(question.given)] * question.layers)
    if any(max(here, default=0) > CAP / 8 for here in sizes):
        return  # some sizes were not looked at
    match cause:
        case Range(_, _, target, reach):
            for (low, high), here in zip(reach, sizes[1:], strict=True):
                assert high == max(here)
                assert low in here  # the smallest that leads on
            assert reach[-1][0] == min(sizes[-1])
            assert not min(sizes[-1]) <= target <= max(sizes[-1])
        case Gap(_, _, target, below, above):
            assert below in sizes[-1]
            assert above in sizes[-1]
            assert below < target < above
            assert not sizes[-1] & set(range(below + 1, above))
        case Residue(_, _, target, modulus, residues, _):
            assert target % modulus not in residues
            assert {size % modulus for size in sizes[-1]} <= set(residues)
        case Window(_, place, largest, needed):
            assert max(sizes[place]) == largest < needed
            assert not sizes[place + 1]
