"""The facts of a question that may be to blame, and the question without some of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from convsolve.asked import Asked
from convsolve.domains import Domain, Domains, domain_text
from convsolve.explain.channels import AskedOpen, asked_of
from convsolve.explanation import LIMITED, Reason
from convsolve.filling import Layer
from convsolve.layers.base import LayerKind
from convsolve.problem import PARAMETERS, Problem
from convsolve.skips import joins, relations
from convsolve.stack import Written, write

# As far as a limit is widened: what networks have, and a little more; where a condition names a number, up to that.
WIDEST = {
    "kernel_size": 15,
    "stride": 8,
    "padding": 7,
    "dilation": 3,
    "output_padding": 7,
    "sizes": 32,
    "output_size": 512,
    "size": 512,
    "scale_factor": 16,
}
DEMANDED = 64  # the farthest that a condition takes a limit
LATE = ("padding", "output_padding")  # their default limits follow the others
MORE_LAYERS = 2
FEW_LAYERS = 6
_NAMES, _NUMBERS = re.compile(r"[a-z_]+"), re.compile(r"(?<![\w.\[])[0-9]{1,9}(?![\w.])")


def facts(problem: Problem) -> Iterator[Reason]:
    """All facts, those first that are the least telling."""
    limits = sorted(_limits(problem), key=lambda reason: (not reason.default, RANK.index(reason.what)))
    yield from limits
    if isinstance(asked := asked_of(problem), AskedOpen):
        yield Reason("channels", asked.text)
    if repeated(problem):
        yield Reason("layers", str(len(problem.layers)), default=len(problem.layers) == 1)
    if tied(problem):
        yield Reason("tie", problem.tie, default=problem.tie == "default")
    for condition in problem.where:
        yield Reason("where", str(condition))
    for place, join in joins([layer.kind for layer in problem.layers]):
        yield Reason("join", str(join.layer), (place,), join.name)
    yield Reason("input", str(problem.input))
    yield Reason("target", str(problem.target))


RANK = ("dilation", "padding", "output_padding", "kernel_size", "stride", *LIMITED[len(PARAMETERS) :])


def _limits(problem: Problem) -> Iterator[Reason]:
    asked = asked_of(problem)
    groups: dict[tuple[str, str, str], list[int]] = {}
    said: dict[tuple[str, str, str], bool] = {}
    for place, (layer, written) in enumerate(zip(problem.layers, asked.layers, strict=True)):
        for parameter in layer.kind.axis_parameters:
            if parameter.name in WIDEST and layer.kind.units(parameter.name) == 1:  # no fractions are tried
                key = parameter.name, limit_text(layer, parameter.name), layer.kind.name
                groups.setdefault(key, []).append(place)
                said[key] = said.get(key, False) or parameter.name in dict(written.parameters)
    for key, places in groups.items():
        yield Reason(*key[:2], tuple(places), key[2], default=not said[key])


def limit_text(layer: Layer, name: str) -> str:
    """What a parameter may be, as it is written."""
    if word := layer.kind.word(name):
        return word
    if layer.kind.follows(name):
        return "kernel_size"
    place = layer.kind.positions()[name]
    each = [domain_text(axis[place]) for axis in layer.domains]
    return each[0] if len(set(each)) == 1 else "x".join(each)


def repeated(problem: Problem) -> bool:
    """Whether all layers are alike, so that there may be more of them or fewer; a list of channels says how many."""
    return len(set(problem.layers)) == 1 and problem.widths is None


def tied(problem: Problem) -> bool:
    """Whether ties bind axes whose sizes differ."""
    sizes = list(zip(problem.input.size, problem.target.size, strict=True))
    return any(
        leaders[axis] != axis and sizes[leaders[axis]] != sizes[axis]
        for layer in problem.ties
        for leaders in layer
        for axis in range(problem.axes)
    )


def depths(problem: Problem) -> range:
    """The numbers of layers that are looked at where the depth is free."""
    return range(1, max(len(problem.layers) + MORE_LAYERS, FEW_LAYERS) + 1)


def without(problem: Problem, asked: Asked, dropped: Collection[Reason]) -> Problem:
    """The question with limits at their widest and ties loose; where the depth is dropped, as deep as is looked at.

    The sizes are left to whoever asks.
    """
    layers = list(asked.layers)
    limits = [reason for reason in dropped if reason.what in WIDEST]
    for reason in limits:
        if reason.what not in LATE:
            for place in reason.layers:
                end = farthest(problem, reason.what)
                layers[place] = widened(layers[place], problem.layers[place], reason.what, end)
    whats = {reason.what for reason in dropped}
    if "channels" in whats and isinstance(asked, AskedOpen):
        asked = asked.freed()
    if "layers" in whats:
        layers = [layers[0]] * depths(problem)[-1]
        limits = [replace(reason, layers=tuple(range(len(layers)))) for reason in limits]
    if "tie" in whats:
        asked = replace(asked, tie="none")
    if "where" in whats:
        texts = {reason.value for reason in dropped if reason.what == "where"}
        asked = replace(asked, where=tuple(one for one in asked.where if str(one) not in texts))
    found = (
        asked.with_depth(layers, problem).problem()
        if len(layers) != len(asked.layers)
        else replace(asked, layers=tuple(layers)).problem()
    )
    if open_joins := [place for reason in dropped if reason.what == "join" for place in reason.layers]:
        found = replace(found, relations=relations(found.layers, open_joins))
    late = [reason for reason in limits if reason.what in LATE]
    if not late:
        return found
    opened = list(found.layers)
    made: dict[tuple[Layer, str], Layer] = {}
    for reason in late:
        for place in reason.layers:
            key = opened[place], reason.what
            if key not in made:
                made[key] = _opened(*key, farthest(problem, reason.what))
            opened[place] = made[key]
    return replace(found, layers=tuple(opened))


def widened(written: Written, layer: Layer, name: str, end: int) -> Written:
    """The layer with one parameter at its widest."""
    return said(written, name, tuple(widest(domain, name, end) for domain in _each(layer, name)), layer)


def said(written: Written, name: str, each: tuple[Domain, ...], layer: Layer) -> Written:
    """The layer with one parameter said anew, one domain an axis where it was so before."""
    per_axis = name in layer.per_axis or len(set(each)) > 1
    parameters = dict(written.parameters) | {name: Domains(each if per_axis else each[:1], per_axis)}
    return write(written.kind, (), parameters)


def farthest(problem: Problem, name: str) -> int:
    """As far as a parameter is widened in a question: its conditions may need more than networks have.

    Example:
        >>> from convsolve.posing import ask
        >>> farthest(ask(16000, 80, layers=2, where="product(stride) == 20"), "stride")
        21
    """
    named = {name, "jump"} if name == "stride" else {name}
    demanded = [
        int(word) + 1
        for condition in problem.where
        if named & {*_NAMES.findall(str(condition))}
        for word in _NUMBERS.findall(str(condition))
    ]
    return max(WIDEST[name], min(max(demanded, default=0), DEMANDED))


def widest(domain: Domain, name: str, end: int) -> Domain:
    """Every value that a parameter is tried with, up to `end` where its limit is no wider."""
    return tuple(sorted({*domain, *range(0 if name in LATE else 1, most(domain, name, end) + 1)}))


def most(domain: Domain, name: str, end: int) -> int:
    """The largest value that a parameter is tried with: a kernel that is wide already may be half as wide again."""
    now = domain[-1] if domain and name not in LATE else 0
    return now + now // 2 if now >= end else max(end, now)


def _each(layer: Layer, name: str) -> tuple[Domain, ...]:
    place = layer.kind.positions()[name]
    return tuple(axis[place] for axis in layer.domains)


def _opened(layer: Layer, name: str, end: int) -> Layer:
    place = layer.kind.positions()[name]
    domains = tuple((*axis[:place], widest(axis[place], name, end), *axis[place + 1 :]) for axis in layer.domains)
    kind: LayerKind = layer.kind
    if kind.word(name):
        kind = replace(kind, padding_word=None)  # type: ignore[call-arg]
    return replace(layer, kind=kind, domains=domains)
