"""A question as labelled SMT-LIB: the one definition of what is feasible.

Variables are ``size.<position>.<axis>`` and ``layer.<layer>.<axis>.<parameter>``; every sentence has
a label of its own and the words for it, so that a conflict can name what it is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from convsolve.language import parse
from convsolve.language.smtlib import conjunction, disjunction, members, numeral, smt
from convsolve.problem import Problem
from convsolve.shapes import LARGEST_SIZE

SPLIT = ("stride", "dilation")  # what makes products linear once it is a number


class Sentence(NamedTuple):
    """One assertion: its label, its SMT-LIB term, and what it says."""

    label: str
    term: str
    reason: str


class Encoding(NamedTuple):
    """Integer variables and the sentences over them."""

    variables: tuple[str, ...]
    sentences: tuple[Sentence, ...]

    def declarations(self) -> str:
        """The variables, declared."""
        return "\n".join(f"(declare-const {name} Int)" for name in self.variables)

    def text(self) -> str:
        """The whole as SMT-LIB 2, every assertion named."""
        named = (f"(assert (! {s.term} :named {s.label}))" for s in self.sentences)
        return "\n".join([self.declarations(), *named])


def size_name(position: int, axis: int) -> str:
    """The size in front of layer `position`, or, behind the last, the output's."""
    return f"size.{position}.{axis}"


def setting_name(layer: int, axis: int, parameter: str) -> str:
    """One parameter of one layer on one axis."""
    return f"layer.{layer}.{axis}.{parameter}"


def whole(problem: Problem) -> Encoding:
    """The question: all layers, all axes, the input and the target."""
    axes = range(problem.axes)
    layers = [encode_layer(problem, place, axes, lone=True) for place in range(len(problem.layers))]
    last = len(problem.layers)
    ends = [
        Sentence(f"{word}.{axis}", f"(= {size_name(position, axis)} {size})", f"{word} size on axis {axis}")
        for word, position, shape in (("input", 0, problem.input), ("target", last, problem.target))
        for axis, size in enumerate(shape.size)
    ]
    variables = dict.fromkeys(name for layer in layers for name in layer.variables)
    sentences = [*ends[: problem.axes], *(s for layer in layers for s in layer.sentences), *ends[problem.axes :]]
    return Encoding(tuple(variables), tuple(dict.fromkeys(sentences)))


def encode_layer(problem: Problem, place: int, axes: Iterable[int], *, lone: bool) -> Encoding:
    """One layer on the given axes: its domains, its kind's rules, its ties, the range of its sizes.

    With `lone`, also that it is not reached by a single element where it refuses one: the axes must
    then stand for all.
    """
    layer, ties = problem.layers[place], problem.ties[place]
    parameters = [parameter.name for parameter in layer.kind.axis_parameters]
    variables: list[str] = []
    sentences: list[Sentence] = []
    axes = tuple(axes)
    for axis in axes:
        where = f"layer {place} ({layer.kind.name}), axis {axis}"
        terms = {name: setting_name(place, axis, name) for name in parameters}
        domains = dict(zip(parameters, layer.domains[axis], strict=True))
        sizes = {"in_size": size_name(place, axis), "out_size": size_name(place + 1, axis)}
        variables += [*terms.values(), *sizes.values()]
        sentences += [
            Sentence(f"{terms[name]}.domain", members(terms[name], domain), f"{where}: the values of {name}")
            for name, domain in domains.items()
        ]
        sentences += [
            Sentence(f"{name}.range", f"(<= 1 {name} {LARGEST_SIZE})", f"axis {axis}: every size is at least 1")
            for name in sizes.values()
        ]
        cases = {name: domain for name, domain in domains.items() if name in SPLIT}
        sentences += [
            Sentence(
                f"layer.{place}.{axis}.rule.{rule.label}",
                smt(parse(rule.sentence), terms | sizes, cases),
                f"{where}: {rule.reason}",
            )
            for rule in layer.kind.rules
        ]
        for name, leaders in zip(parameters, ties, strict=True):
            if leaders[axis] != axis and leaders[axis] in axes:
                leader = setting_name(place, leaders[axis], name)
                sentences.append(
                    Sentence(f"{terms[name]}.tie", f"(= {terms[name]} {leader})", f"{where}: {name} is tied")
                )
    if lone and (reason := problem.refuses_single(place)):
        single = conjunction([f"(= {size_name(place, axis)} 1)" for axis in axes])
        where = f"layer {place} ({layer.kind.name})"
        sentences.append(Sentence(f"layer.{place}.rule.elements", f"(not {single})", f"{where}: {reason}"))
    return Encoding(tuple(dict.fromkeys(variables)), tuple(sentences))


def among(states: Sequence[tuple[int, ...]], names: Sequence[str]) -> str:
    """That the named sizes are one of the states; runs and equal tails are written once."""
    if len(names) == 1:
        return members(names[0], sorted({state[0] for state in states}))
    tails: dict[tuple[tuple[int, ...], ...], list[int]] = {}
    for first, group in groupby(sorted(states), key=lambda state: state[0]):
        tails.setdefault(tuple(state[1:] for state in group), []).append(first)
    return disjunction(
        [conjunction([members(names[0], firsts), among(tail, names[1:])]) for tail, firsts in tails.items()]
    )


def values(
    problem: Problem, settings: Sequence[Sequence[Sequence[int]]], sizes: Sequence[Sequence[int]]
) -> Iterator[tuple[str, int]]:
    """A combination as values of the variables: settings by layer and axis, sizes by position."""
    for place, (layer, on_axes) in enumerate(zip(problem.layers, settings, strict=True)):
        for axis, setting in enumerate(on_axes):
            for parameter, value in zip(layer.kind.axis_parameters, setting, strict=True):
                yield setting_name(place, axis, parameter.name), value
    for position, size in enumerate(sizes):
        for axis, number in enumerate(size):
            yield size_name(position, axis), number


def equal(pairs: Iterable[tuple[str, int]]) -> str:
    """That each variable has its value."""
    return conjunction([f"(= {name} {numeral(value)})" for name, value in pairs])
