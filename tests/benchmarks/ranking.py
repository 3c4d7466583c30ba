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
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, NamedTuple

from convsolve.ranking import Setting, Style

DATA = Path(__file__).parents[1] / "data"
KINDS = ("conv", "conv_transpose", "max_pool", "avg_pool")
FLOORS = {"given": 163, "open, 1 to 4 layers": 46, "open, 5 layers and more": 11}

Domain = Sequence[Setting]
Answer = tuple[Setting, ...]


class Question(NamedTuple):
    """One axis: layers of one kind, each with the settings it may have, that map one size to another."""

    kind: str
    domains: tuple[Domain, ...]
    source: int
    target: int


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


def out_size(kind: str, setting: Setting, size: int) -> int:
    """The size behind a layer; below 1 where there is none."""
    kernel, stride, padding, dilation, output_padding = setting
    window = dilation * (kernel - 1) + 1
    if kind == "conv_transpose":
        return (size - 1) * stride - 2 * padding + window + output_padding
    return (size + 2 * padding - window) // stride + 1 if size + 2 * padding >= window else 0


def first_answers(question: Question, style: Style, count: int) -> list[Answer]:
    """The first answers to a question, most conventional first, ties by the settings themselves."""
    kind, layers = question.kind, len(question.domains)
    ahead = _bounds(question, style)
    options: dict[tuple[int, int], list[tuple[int, Setting, int]]] = {}

    def options_at(place: int, size: int) -> list[tuple[int, Setting, int]]:
        if (place, size) not in options:
            outs = ((setting, out_size(kind, setting, size)) for setting in question.domains[place])
            options[place, size] = sorted(
                (style.layer_cost(kind, setting, size, out) + ahead[place + 1][out], setting, out)
                for setting, out in outs
                if out in ahead[place + 1]
            )
        return options[place, size]

    found: list[tuple[int, Answer]] = []
    heap: list[tuple[int, Answer, int, int, int]] = []  # bound, path, next option (-1: not opened), size, cost so far
    if question.source in ahead[0]:
        heap.append((ahead[0][question.source], (), -1, question.source, 0))
    while heap and (len(found) < count or heap[0][0] <= found[-1][0]):
        bound, path, index, size, cost = heappop(heap)
        place = len(path)
        if place == layers:
            found.append((bound, path))
            continue
        ordered = options_at(place, size)
        if index >= 0:
            rest, setting, out = ordered[index]
            paid = cost + rest - ahead[place + 1][out] + _change(kind, style, path, setting, question.source)
            heappush(heap, (paid + ahead[place + 1][out], (*path, setting), -1, out, paid))
        if index + 1 < len(ordered):
            heappush(heap, (cost + ordered[index + 1][0], path, index + 1, size, cost))
    return [path for _, path in sorted(found)[:count]]


def _change(kind: str, style: Style, path: Answer, setting: Setting, source: int) -> int:
    if not path:
        return 0
    sizes = [source]
    for step in (*path, setting):
        sizes.append(out_size(kind, step, sizes[-1]))
    before = style.active(kind, path[-1], *sizes[-3:-1])
    return style.change_cost(kind, before, style.active(kind, setting, *sizes[-2:]))


def _bounds(question: Question, style: Style) -> list[dict[int, int]]:
    """Per place and size, the least that the rest of the way costs, charges for change left out."""
    kind = question.kind
    floors = [_by_map(kind, domain, style) for domain in question.domains]
    # What a transposed layer makes can shrink again by the paddings that are still to come, and no further.
    spare = [2 * max(setting[2] for setting in domain) for domain in question.domains]
    sizes = [{question.source}]
    for place, maps in enumerate(floors):
        most = question.target + sum(spare[place + 1 :]) if kind == "conv_transpose" else None
        outs = {out_size(kind, some, size) for size in sizes[-1] for some, _ in maps}
        sizes.append({out for out in outs if out >= 1 and (most is None or out <= most)})
    ahead: list[dict[int, int]] = [{question.target: 0}]
    for here, maps in zip(reversed(sizes[:-1]), reversed(floors), strict=True):
        costs = {}
        for size in here:
            ways = [floor + ahead[0][out] for some, floor in maps if (out := out_size(kind, some, size)) in ahead[0]]
            if ways:
                costs[size] = min(ways)
        ahead.insert(0, costs)
    return ahead


def _by_map(kind: str, domain: Domain, style: Style) -> list[tuple[Setting, int]]:
    """One setting for each size map, with the least cost of all that share it."""
    least: dict[tuple[int, int], tuple[Setting, int]] = {}
    for setting in domain:
        kernel, stride, padding, dilation, output_padding = setting
        key = (stride, dilation * (kernel - 1) + output_padding * (kind == "conv_transpose") - 2 * padding)
        floor = style.layer_floor(kind, setting)
        if key not in least or floor < least[key][1]:
            least[key] = (setting, floor)
    return list(least.values())


def choices(kind: str, bounds: dict[str, list[int]], given: Setting | None = None) -> Domain:
    """The settings inside a target's bounds; with `given`, those of its kernel, stride and dilation."""

    def values(name: str, position: int) -> Iterable[int]:
        if given is not None and name not in {"padding", "output_padding"}:
            return (given[position],)
        first, last = bounds.get(name, (0, 0))
        return range(first, last + 1)

    return [
        (kernel, stride, padding, dilation, output_padding)
        for kernel in values("kernel", 0)
        for stride in values("stride", 1)
        for dilation in values("dilation", 3)
        for padding in values("padding", 2)
        for output_padding in values("output_padding", 4)
        if kind != "conv_transpose" or output_padding < max(stride, dilation)
    ]


def authors(target: dict[str, Any], axis: int) -> Answer:
    return tuple(next(s for at, s in enumerate(settings_of(layer)) if at == axis) for layer in target["real_answer"])


def given_is_first(target: dict[str, Any]) -> bool:
    """Whether the authors' paddings come first on every axis, the rest given."""
    style, kind = style_without(repository(target["source"])), target["kind"]
    for axis in range(target["dims"]):
        wanted = authors(target, axis)
        domains = tuple(choices(kind, target["bounds"], setting) for setting in wanted)
        question = Question(kind, domains, target["in_size"][axis], target["out_size"][axis])
        if first_answers(question, style, 1) != [wanted]:
            return False
    return True


def open_place(target: dict[str, Any]) -> int:
    """The place of the authors' choice among the first five, nothing given; 0 where it is not there."""
    domains = (choices(target["kind"], target["bounds"]),) * target["layers"]
    question = Question(target["kind"], domains, target["in_size"][0], target["out_size"][0])
    answers = first_answers(question, style_without(repository(target["source"])), 5)
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
