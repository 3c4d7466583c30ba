"""Conditions on single parameters are limits, too: the question with these in its domains instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from convsolve.domains import Domain
from convsolve.encoding import Encoding, encode_settings
from convsolve.filling import Layer
from convsolve.folds import Instance
from convsolve.grounding import ground
from convsolve.language import compiled, evaluated
from convsolve.language.nodes import Name, names, rebuilt
from convsolve.language.smtlib import disjunction, members
from convsolve.problem import Problem
from convsolve.variables import setting_name

Place = tuple[int, int, str]  # a layer, an axis, a parameter


def plain(problem: Problem) -> Problem:
    """The same combinations, asked with as few conditions as possible; a domain may be left empty.

    Example:
        >>> from convsolve.posing import ask
        >>> found = plain(ask(7, 28, kernel_size="1..7", where=["kernel_size % 2 == 1", "kernel_size >= stride"]))
        >>> found.layers[0].domains[0][0], [str(condition) for condition in found.where]
        ((1, 3, 5, 7), ['kernel_size >= stride'])
    """
    if not problem.where or problem.deeper:  # the lists of channels are asked one by one
        return problem
    domains = [[list(axis) for axis in layer.domains] for layer in problem.layers]
    kept = []
    for condition in problem.where:
        instances = ground(replace(problem, where=(condition,))).instances
        places = [_place(problem, one) for one in instances]
        if any(place is None for place in places):
            kept.append(condition)
            continue
        for place, one in zip(places, instances, strict=True):
            if place is not None:
                layer, axis, name = place
                at = problem.layers[layer].kind.positions()[name]
                domains[layer][axis][at] = _filtered(one, tuple(domains[layer][axis][at]))
    layers = [_with(layer, axes) for layer, axes in zip(problem.layers, domains, strict=True)]
    # equal layers stay one object: what is known of it need not be found again
    same: dict[Layer, Layer] = {}
    return replace(
        problem, layers=tuple(same.setdefault(layer, layer) for layer in layers), where=tuple(kept), objectives=()
    )


def limited(problem: Problem) -> Problem:
    """The question of one list of channels in the same way, its objectives kept.

    It stays the one that it is where no condition is of that kind, and where a domain would be left empty.

    Example:
        >>> from convsolve.posing import ask
        >>> limited(ask(7, 28, where="stride == 4")).layers[0].domains[0][1]
        (4,)
    """
    found = plain(replace(problem, deeper=())) if problem.where else problem
    return problem if found.where == problem.where or empty(found) else replace(found, objectives=problem.objectives)


def left_out(problem: Problem, known: Problem) -> Iterator[tuple[Encoding, Sequence[str]]]:
    """That the conditions which a question has no more forbid the values that its domains have no more."""
    lost = [
        (setting_name(place, axis, parameter.name), domain)
        for place, (was, now) in enumerate(zip(problem.layers, known.layers, strict=True))
        for axis, (before, domains) in enumerate(zip(was.domains, now.domains, strict=True))
        for parameter, wide, domain in zip(was.kind.axis_parameters, before, domains, strict=True)
        if wide != domain
    ]
    if lost:
        gone = tuple(one for one in problem.where if one not in known.where)
        encoding = encode_settings(replace(problem, where=gone, relations=()), {name for name, _ in lost})
        yield encoding, [disjunction([f"(not {members(*one)})" for one in lost])]


def empty(problem: Problem) -> bool:
    """Whether some domain has no value left."""
    return not all(domain for layer in problem.layers for axis in layer.domains for domain in axis)


def _place(problem: Problem, instance: Instance) -> Place | None:
    """The one parameter that a sentence speaks of; of a sentence of numbers alone, any."""
    said = set(names(instance.sentence))
    if not said:
        return next(
            ((place, 0, one.kind.axis_parameters[0].name) for place, one in enumerate(problem.layers) if _open(one)),
            None,
        )
    if len(said) > 1 or not (name := said.pop()).startswith("layer."):
        return None
    _, layer, axis, parameter = name.split(".")
    return (int(layer), int(axis), parameter) if _open(problem.layers[int(layer)]) else None


def _open(layer: Layer) -> bool:
    """Whether a layer has parameters, each with a domain of its own."""
    kind = layer.kind
    return bool(kind.axis_parameters) and not any(kind.follows(parameter.name) for parameter in kind.axis_parameters)


@lru_cache(maxsize=256)
def _filtered(instance: Instance, domain: Domain) -> Domain:
    if not set(names(instance.sentence)):
        return domain if evaluated(instance.sentence, {}) else ()
    sentence = rebuilt(instance.sentence, lambda node: Name("value") if isinstance(node, Name) else node)
    holds = compiled(sentence, ("value",))
    return tuple(value for value in domain if holds(value))


def _with(layer: Layer, axes: Sequence[Sequence[Domain]]) -> Layer:
    return replace(layer, domains=tuple(tuple(axis) for axis in axes))
