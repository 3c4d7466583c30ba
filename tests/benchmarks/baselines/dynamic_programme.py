"""What a good engineer writes in forty lines: a dictionary of the sizes that can be reached, layer by layer.

Settings with the same stride and offset lead to the same size; they are one step, with their number and the first of
them, whose kernel is the smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod

from tests.benchmarks.question import Layer, Outcome, Question, RefusedError, Setting, bounds

State = tuple[int, ...]
Joint = tuple[Setting, ...]  # a setting an axis
Step = tuple[tuple[tuple[int, int], ...], Joint, int]  # stride and offset of each axis; the first; how many
Ways = Callable[[int, State], Iterator[tuple[State, Joint, int]]]


def first(asked: Question, _limit: float) -> Outcome:
    return _best(asked, lambda *_: 0)


def optimum(asked: Question, _limit: float) -> Outcome:
    copies = [axis.copies for axis in asked.axes]

    def cost(place: int, before: State, after: State, settings: Joint) -> int:
        into, out = asked.channels[place : place + 2]
        kernels = [one[0] for one, number in zip(settings, copies, strict=True) for _ in range(number)]
        weights = into * out * prod(kernels)
        if asked.objective == "params":
            return weights + out
        counted = before if asked.layers[place].transposed else after
        return weights * prod(size for size, number in zip(counted, copies, strict=True) for _ in range(number))

    if asked.objective is None:
        raise RefusedError("no objective")
    return _best(asked, cost)


def count(asked: Question, _limit: float) -> Outcome:
    ways, source, target = _ways(asked)
    numbers = {source: 1}
    for place in range(len(asked.layers)):
        following: dict[State, int] = {}
        for before, so_far in numbers.items():
            for after, _, number in ways(place, before):
                following[after] = following.get(after, 0) + so_far * number
        numbers = following
    total = numbers.get(target, 0)
    return Outcome("solved" if total else "impossible", number=total)


def _best(asked: Question, cost: Callable[[int, State, State, Joint], int]) -> Outcome:
    ways, source, target = _ways(asked)
    tables: list[dict[State, tuple[int, State, Joint]]] = [{source: (0, source, ())}]
    for place in range(len(asked.layers)):
        following: dict[State, tuple[int, State, Joint]] = {}
        for before, (so_far, _, _) in tables[-1].items():
            for after, settings, _ in ways(place, before):
                total = so_far + cost(place, before, after, settings)
                if after not in following or total < following[after][0]:
                    following[after] = (total, before, settings)
        tables.append(following)
    if target not in tables[-1]:
        return Outcome("impossible")
    path, state = [], target
    for table in reversed(tables[1:]):
        _, state, settings = table[state]
        path.append(settings)
    return Outcome("solved", [asked.whole(path[::-1])], tables[-1][target][0])


def _ways(asked: Question) -> tuple[Ways, State, State]:
    if asked.conditions:
        raise RefusedError("conditions")
    hulls = [bounds(asked, axis) for axis in range(len(asked.axes))]
    steps = {layer: _steps(asked, layer) for layer in dict.fromkeys(asked.layers)}

    def ways(place: int, state: State) -> Iterator[tuple[State, Joint, int]]:
        transposed, ranges = asked.layers[place].transposed, [hull[place + 1] for hull in hulls]
        for maps, settings, number in steps[asked.layers[place]]:
            after = []
            for size, (stride, offset), (low, high) in zip(state, maps, ranges, strict=True):
                out = stride * size + offset if transposed else (size + offset) // stride + 1
                if not low <= out <= high or (not transposed and size + offset < 0):
                    break
                after.append(out)
            else:
                yield tuple(after), settings, number

    return ways, tuple(axis.source for axis in asked.axes), tuple(axis.target for axis in asked.axes)


def _steps(asked: Question, layer: Layer) -> list[Step]:
    found: dict[tuple[tuple[int, int], ...], tuple[Joint, int]] = {}
    kernels, strides, paddings, dilations, extras = layer.domains
    for kernel, stride, dilation in product(kernels, strides, dilations):
        reach = dilation * (kernel - 1)
        own: dict[tuple[int, int], tuple[Setting, int]] = {}
        for padding, extra in product(paddings, extras):
            if layer.transposed and extra >= max(stride, dilation):
                continue
            offset = reach + extra + 1 - stride - 2 * padding if layer.transposed else 2 * padding - reach - 1
            setting, number = own.get((stride, offset), ((kernel, stride, padding, dilation, extra), 0))
            own[stride, offset] = (setting, number + 1)
        number_of_axes = len(asked.axes)
        together = "padding" in asked.shared  # and so is output_padding
        for maps in ((one,) * number_of_axes for one in own) if together else product(own, repeat=number_of_axes):
            settings, number = found.get(maps, (tuple(own[one][0] for one in maps), 0))
            found[maps] = (settings, number + (own[maps[0]][1] if together else prod(own[one][1] for one in maps)))
    return [(maps, *rest) for maps, rest in found.items()]
