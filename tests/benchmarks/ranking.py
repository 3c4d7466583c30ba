"""How often the order of answers puts first what authors chose, each asked without its own repository.

Run with ``python -m tests.benchmarks.ranking [--misses]``. The questions are tests/data/targets.json; before each the
table is counted anew from tests/data/stacks.json without the repository asked. Printed are

- given: kernels, strides and dilations are the authors'; padding and output_padding are right at the first answer;
- open: nothing is given but the bounds, axes are equal and sizes at most 300: the authors' whole choice is the first
  answer, or among the first five; up to four layers, and five and more.

The exit code is 1 where fewer are right than the floors below say: what was measured when the score was settled.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from convsolve.expansion import Expansion
from convsolve.graph import graphs
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.ranking import Setting, Style
from convsolve.search import BestFirst, conventional

DATA = Path(__file__).parents[1] / "data"
KINDS = ("conv", "conv_transpose", "max_pool", "avg_pool")
FLOORS = {"given": 163, "open, 1 to 4 layers": 48, "open, 5 layers and more": 11}

NOTHING: Setting = (0, 0, 0, 0, 0)

Answer = tuple[Setting, ...]


def repository(source: str) -> str:
    """The repository of an entry's source, `owner/repository:path`."""
    return source.partition(":")[0]


def load(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return entries


@cache
def users() -> dict[tuple[str, Setting], frozenset[str]]:
    """Which repositories use a setting on any axis; "same" as the number it amounts to, where there is one."""
    found: dict[tuple[str, Setting], set[str]] = defaultdict(set)
    for stack in load("stacks.json"):
        for layer in stack["layers"]:
            if layer["op"] in KINDS:
                for setting in settings_of(layer):
                    found[layer["op"], setting].add(repository(stack["source"]))
    return {key: frozenset(names) for key, names in found.items()}


def settings_of(layer: dict[str, Any]) -> Iterator[Setting]:
    """A layer's setting on each axis; none where "same" has no one number."""
    axes = range(len(layer["kernel"]))
    for axis in axes:
        kernel: int = layer["kernel"][axis]
        stride: int = layer["stride"][axis]
        dilation: int = layer.get("dilation", [1 for _ in axes])[axis]
        output_padding: int = layer.get("output_padding", [0 for _ in axes])[axis]
        reach = dilation * (kernel - 1)
        if layer["padding"] == "same" and reach % 2:
            continue
        padding: int
        if isinstance(layer["padding"], str):
            padding = reach // 2 if layer["padding"] == "same" else 0
        else:
            padding = layer["padding"][axis]
        yield kernel, stride, padding, dilation, output_padding


@cache
def style_without(name: str | None) -> Style:
    """The style that the stacks teach without one repository."""
    counts = {key: len(names - {name}) for key, names in users().items()}
    return Style({key: count for key, count in counts.items() if count})


def first_answers(problem: Problem, style: Style, count: int) -> list[Answer]:
    """The first answers to a question on one axis, in the order that a style gives them."""
    searches = [BestFirst(graph, style, Expansion(graph)) for graph in graphs(problem)]
    kind = problem.layers[0].kind
    return [
        tuple(kind.window(settings[0]) or NOTHING for settings in placed.combination)
        for placed in islice(conventional(problem, searches, count), count)
    ]


def question(target: dict[str, Any], axis: int, given: Answer | None = None) -> Problem:
    """A target on one axis, inside its bounds; with `given`, its kernels, strides and dilations are those."""
    name = {"conv": "Conv", "conv_transpose": "ConvTranspose"}[target["kind"]]
    bounds = {f"{word}_size" if word == "kernel" else word: ends for word, ends in target["bounds"].items()}
    layers = []
    for place in range(target["layers"]):
        domains = {word: f"{first}..{last}" for word, (first, last) in bounds.items()}
        if given is not None:
            kernel, stride, _, dilation, _ = given[place]
            domains |= {"kernel_size": str(kernel), "stride": str(stride), "dilation": str(dilation)}
        layers.append(f"{name}({', '.join(f'{word}={domain!r}' for word, domain in domains.items())})")
    return ask(target["in_size"][axis], target["out_size"][axis], stack=" >> ".join(layers))


def authors(target: dict[str, Any], axis: int) -> Answer:
    return tuple(next(s for at, s in enumerate(settings_of(layer)) if at == axis) for layer in target["real_answer"])


def given_is_first(target: dict[str, Any]) -> bool:
    """Whether the authors' paddings come first on every axis, the rest given."""
    style = style_without(repository(target["source"]))
    every = [(axis, authors(target, axis)) for axis in range(target["dims"])]
    return all(first_answers(question(target, axis, wanted), style, 1) == [wanted] for axis, wanted in every)


def open_place(target: dict[str, Any]) -> int:
    """The place of the authors' choice among the first five, nothing given; 0 where it is not there."""
    answers = first_answers(question(target, 0), style_without(repository(target["source"])), 5)
    wanted = authors(target, 0)
    return answers.index(wanted) + 1 if wanted in answers else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--misses", action="store_true", help="name the questions that missed")
    options = parser.parse_args(arguments)
    targets = load("targets.json")
    small = [t for t in targets if not t["per_axis"] and max(*t["in_size"], *t["out_size"]) <= 300]
    rows = {
        "given": [(t["id"], int(given_is_first(t))) for t in targets],
        "open, 1 to 4 layers": [(t["id"], open_place(t)) for t in small if t["layers"] <= 4],
        "open, 5 layers and more": [(t["id"], open_place(t)) for t in small if t["layers"] > 4],
    }
    print(f"{'question':24} {'asked':>5} {'first':>13} {'first five':>13}")
    for name, places in rows.items():
        first, five = (sum(1 <= place <= most for _, place in places) for most in (1, 5))
        shares = [f"{hits:4} ({hits / len(places):6.1%})" for hits in (first, five)]
        print(f"{name:24} {len(places):5} {shares[0]:>13} {shares[1] if name != 'given' else '':>13}")
        if options.misses:
            print(*(f"    {identifier}" for identifier, place in places if not place), sep="\n")
    return int(any(sum(place > 0 for _, place in places) < FLOORS[name] for name, places in rows.items()))


if __name__ == "__main__":
    sys.exit(main())
