"""The one judge of all engines: settings in, right or wrong out, by torch's two formulas and its rules.

Nothing of convsolve is used here, and nothing of any other engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from tests.benchmarks.question import PARAMETERS, Combination, Question, Setting


class CheckerError(Exception):
    """An engine gave a wrong answer."""


def sizes(kind: str, size: int, setting: Setting) -> int:
    """The size behind a layer, as torch has it; raises CheckerError where torch refuses."""
    kernel, stride, padding, dilation, extra = setting
    if min(kernel, stride, dilation, size) < 1 or min(padding, extra) < 0:
        raise CheckerError(f"{setting} on {size}")
    window = dilation * (kernel - 1) + 1
    if kind == "conv_transpose":
        if extra >= stride and extra >= dilation:
            raise CheckerError(f"output_padding {extra} with stride {stride} and dilation {dilation}")
        out = (size - 1) * stride - 2 * padding + window + extra
    else:
        if window > size + 2 * padding:
            raise CheckerError(f"a window of {window} on {size} with padding {padding}")
        out = (size + 2 * padding - window) // stride + 1
    if out < 1:
        raise CheckerError(f"an output of {out}")
    return out


def check(asked: Question, answer: Combination) -> None:
    """Raises CheckerError where the answer is none of the question's."""
    ends = [asked.axes[place] for place in asked.places]
    if len(answer) != len(asked.layers):
        raise CheckerError(f"{len(answer)} layers instead of {len(asked.layers)}")
    state = [axis.source for axis in ends]
    for place, (one, on_axes) in enumerate(zip(asked.layers, answer, strict=True)):
        if len(on_axes) != len(ends):
            raise CheckerError(f"layer {place} has {len(on_axes)} axes")
        for setting in on_axes:
            for name, value, domain in zip(PARAMETERS, setting, one.domains, strict=True):
                if type(value) is not int or value not in domain:
                    raise CheckerError(f"layer {place}: {name} {value!r} is not in {domain}")
        for number, name in enumerate(PARAMETERS):
            for axis in range(len(ends)):
                # all axes, or those on which the whole question is the same
                leader = 0 if name in asked.shared else asked.places.index(asked.places[axis])
                if on_axes[axis][number] != on_axes[leader][number]:
                    raise CheckerError(f"layer {place}: {name} differs between axes {leader} and {axis}")
        state = [sizes(one.kind, size, setting) for size, setting in zip(state, on_axes, strict=True)]
    if state != [axis.target for axis in ends]:
        raise CheckerError(f"the layers lead to {state}")
    for name, value in asked.conditions.items():
        _condition(asked, answer, name, value)


def cost(asked: Question, answer: Combination, what: str) -> int:
    """``params`` or ``macs`` (batch 1, bias in params alone) of an answer."""
    state = [asked.axes[place].source for place in asked.places]
    total = 0
    for number, (one, on_axes) in enumerate(zip(asked.layers, answer, strict=True)):
        after = [sizes(one.kind, size, setting) for size, setting in zip(state, on_axes, strict=True)]
        into, out = asked.channels[number : number + 2]
        weights = into * out * prod(setting[0] for setting in on_axes)
        # a transposed layer multiplies each input element with the whole kernel
        total += weights + out if what == "params" else weights * prod(state if one.transposed else after)
        state = after
    return total


def receptive_field(asked: Question, answer: Combination, axis: int) -> int:
    """How many input elements one output sees, backward from 1; holes count."""
    field = 1
    for one, on_axes in zip(reversed(asked.layers), reversed(answer), strict=True):
        kernel, stride, _, dilation, _ = on_axes[axis]
        reach = dilation * (kernel - 1)
        field = (field + reach - 1) // stride + 1 if one.transposed else (field - 1) * stride + reach + 1
    return field


def _condition(asked: Question, answer: Combination, name: str, value: int) -> None:
    if name in ("params", "macs"):
        if (found := cost(asked, answer, name)) > value:
            raise CheckerError(f"{name} {found} is above {value}")
    elif name == "receptive_field":
        found = receptive_field(asked, answer, 0)
        if found != value:
            raise CheckerError(f"receptive field {found} instead of {value}")
    elif name == "mirrored":
        _equal(answer, [(one, len(answer) - 1 - one) for one in range(len(answer) // 2)], PARAMETERS[:4])
    elif name == "repeated":
        _equal(answer, [(one, one % value) for one in range(len(answer))], PARAMETERS)
    else:
        _relation(asked, answer, name, value)


def _relation(asked: Question, answer: Combination, name: str, value: int) -> None:
    passed = [[asked.axes[place].source for place in asked.places]]
    for one, on_axes in zip(asked.layers, answer, strict=True):
        passed.append([sizes(one.kind, size, setting) for size, setting in zip(passed[-1], on_axes, strict=True)])
    ends = [*zip(answer[0], answer[-1], strict=True)]
    pairs = [pair for both in pairwise(answer) for pair in zip(*both, strict=True)]
    wrong = {
        "skips": passed[1:-1] != passed[-2:0:-1],
        "alike": any(here[1] != 1 and here[:2] != before[:2] for before, here in pairs),
        "ratio": any(one[0] * other[1] != other[0] * one[1] or one[0] <= other[0] for one, other in ends),
        "volume": prod(passed[len(answer) // 2]) > value,
    }
    if name not in wrong:
        raise CheckerError(f"condition {name} is not known")
    if wrong[name]:
        raise CheckerError(f"{answer} with the sizes {passed} is not {name} {value}")


def _equal(answer: Combination, pairs: Sequence[tuple[int, int]], names: Sequence[str]) -> None:
    for one, other in pairs:
        for first, second in zip(answer[one], answer[other], strict=True):
            if first[: len(names)] != second[: len(names)]:
                raise CheckerError(f"layers {one} and {other} differ: {first}, {second}")
