"""A question as labelled SMT-LIB: the one definition of what is feasible.

Variables are ``size.<position>.<axis>`` and ``layer.<layer>.<axis>.<parameter>``. Every sentence has
a label of its own and the words for it, so that a conflict can name what it is made of. What layers
demand on an axis is written once as functions, ``conv.0.0.rule.size``, and called wherever another
layer is of the same kind and domains: a deep stack is little longer than one layer. With numbers in
place of the variables the same sentences say that a combination is right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, pairwise, product
from typing import NamedTuple

from convsolve.domains import Domain
from convsolve.folds import BEHIND, Fold, Instance
from convsolve.grounding import ground
from convsolve.language import names, parse
from convsolve.language.nodes import Compare, Name
from convsolve.language.smtlib import conjunction, disjunction, members, numeral, smt
from convsolve.layers.base import SIZES, LayerKind
from convsolve.problem import Problem
from convsolve.shapes import LARGEST_SIZE
from convsolve.variables import fold_name, setting_name, size_name

HERE = Name("here")  # in a fold's step: its value in front of the layer


class Sentence(NamedTuple):
    """One assertion: its label, its SMT-LIB term, and what it says."""

    label: str
    term: str
    reason: str


class Clause(NamedTuple):
    """What a layer demands on one axis, wherever it stands: a function of its parameters and sizes."""

    label: str
    arguments: tuple[str, ...]
    term: str
    reason: str


class Encoding(NamedTuple):
    """Integer variables, the sentences over them, and the functions that they call, by name."""

    variables: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    functions: Mapping[str, Clause]

    def joined(self, sentences: Iterable[Sentence]) -> Encoding:
        """The same with more sentences."""
        return self._replace(sentences=(*self.sentences, *sentences))

    def with_all_of(self, other: Encoding) -> Encoding:
        """Both together."""
        return Encoding(
            (*self.variables, *other.variables),
            (*self.sentences, *other.sentences),
            {**self.functions, **other.functions},
        )

    def text(self) -> str:
        """The whole as SMT-LIB 2, each assertion once: identical layers make the same of the same numbers."""
        functions = (defined(name, clause) for name, clause in self.functions.items())
        asserted = (f"(assert {term})" for term in dict.fromkeys(sentence.term for sentence in self.sentences))
        return "\n".join([*functions, *map(declared, self.variables), *asserted])


def defined(name: str, clause: Clause) -> str:
    """The definition of a function."""
    arguments = " ".join(f"({argument} Int)" for argument in clause.arguments)
    return f"(define-fun {name} ({arguments}) Bool {clause.term})"


def declared(variable: str) -> str:
    """The declaration of a variable."""
    return f"(declare-const {variable} Int)"


def whole(problem: Problem, axis: int | None = None) -> Encoding:
    """The question: all layers, all axes or but one, the input and the target, and the conditions."""
    axes = range(problem.axes) if axis is None else [axis]
    return encode(problem, axes, lone=axis is None).with_all_of(encode_conditions(problem, only=axis))


def encode(problem: Problem, axes: Sequence[int], *, lone: bool) -> Encoding:
    """The question on some axes: less is demanded of them than of all together; `lone` as for a layer."""
    layers = [encode_layer(problem, place, axes, lone=lone) for place in range(len(problem.layers))]
    variables = dict.fromkeys(name for layer in layers for name in layer.variables)
    sentences = [*encode_ends(problem, axes), *(sentence for layer in layers for sentence in layer.sentences)]
    functions = {name: clause for layer in layers for name, clause in layer.functions.items()}
    return Encoding(tuple(variables), tuple(dict.fromkeys(sentences)), functions)


def encode_ends(problem: Problem, axes: Iterable[int], numbers: Mapping[str, int] | None = None) -> list[Sentence]:
    """The input and the target on the given axes."""
    ends = ("input", 0, problem.input), ("target", len(problem.layers), problem.target)
    return [
        Sentence(
            f"{word}.{axis}",
            within(_written(size_name(position, axis), numbers), extent.sizes[axis]),
            f"{word} size on axis {axis}",
        )
        for word, position, extent in ends
        for axis in axes
    ]


def within(term: str, sizes: range) -> str:
    """That a size is one of some."""
    return f"(= {term} {sizes[0]})" if len(sizes) == 1 else f"(<= {sizes[0]} {term} {sizes[-1]})"


def encode_layer(
    problem: Problem, place: int, axes: Iterable[int], *, lone: bool, numbers: Mapping[str, int] | None = None
) -> Encoding:
    """One layer on the given axes: its domains, its kind's rules, its ties, the range of its sizes.

    With `lone`, also that it is not reached by a single element where it refuses one: the axes must
    then stand for all. With `numbers` these stand in place of the variables that they are of, all settings
    at least, and a rule as it is: its products need no cases to be linear.
    """
    layer, ties = problem.layers[place], problem.ties[place]
    parameters = [parameter.name for parameter in layer.kind.axis_parameters]
    variables: list[str] = []
    sentences: list[Sentence] = []
    functions: dict[str, Clause] = {}
    axes = tuple(axes)
    for axis in axes:
        where = f"layer {place} ({layer.kind.name}), axis {axis}"
        own = {name: setting_name(place, axis, name) for name in parameters}
        own |= zip(SIZES, (size_name(place, axis), size_name(place + 1, axis)), strict=True)
        variables += own.values()
        terms = {name: _written(variable, numbers) for name, variable in own.items()}
        alike = f"{layer.kind.record}.{_first_alike(problem, place, axis)}"
        for clause in _clauses(layer.kind, layer.domains[axis], split=numbers is None):
            function = f"{alike}.{clause.label}" if numbers is None else f"{alike}.{clause.label}.told"
            functions[function] = clause
            call = f"({function} {' '.join([terms[argument] for argument in clause.arguments])})"
            sentences.append(Sentence(f"layer.{place}.{axis}.{clause.label}", call, f"{where}: {clause.reason}"))
        sentences += [
            Sentence(
                f"{own[name]}.range", f"(<= 1 {terms[name]} {LARGEST_SIZE})", f"axis {axis}: every size is at least 1"
            )
            for name in SIZES
        ]
        for name, leaders in zip(parameters, ties, strict=True):
            if leaders[axis] != axis and leaders[axis] in axes:
                leader = _written(setting_name(place, leaders[axis], name), numbers)
                sentences.append(
                    Sentence(f"{own[name]}.tie", f"(= {terms[name]} {leader})", f"{where}: {name} is tied")
                )
    if lone and (reason := problem.refuses_single(place)):
        single = conjunction([f"(= {_written(size_name(place, axis), numbers)} 1)" for axis in axes])
        where = f"layer {place} ({layer.kind.name})"
        sentences.append(Sentence(f"layer.{place}.rule.elements", f"(not {single})", f"{where}: {reason}"))
    return Encoding(tuple(dict.fromkeys(variables)) if numbers is None else (), tuple(sentences), functions)


def encode_conditions(problem: Problem, numbers: Mapping[str, int] | None = None, only: int | None = None) -> Encoding:
    """The conditions, and the folds that they speak of, carried from the last layer to the first.

    With `numbers` these stand in place of the variables. With `only` what is said of that axis alone.
    """
    grounding = ground(problem) if only is None else ground(problem).on(only)
    if not grounding.instances:
        return Encoding((), (), {})
    axes, last = range(problem.axes), len(problem.layers)
    cases: dict[str, Sequence[int]] = {}
    terms: dict[str, str] = {}
    for place, layer in enumerate(problem.layers):
        for axis, (name, position) in product(axes, layer.kind.positions().items()):
            variable = setting_name(place, axis, name)
            terms[variable] = _written(variable, numbers)
            if numbers is None and (name == "kernel_size" or layer.kind.axis_parameters[position].split):
                cases[variable] = layer.domains[axis][position]
    for variable in (size_name(position, axis) for position in range(last + 1) for axis in axes):
        terms[variable] = _written(variable, numbers)
    return _demanded(grounding.folds, enumerate(grounding.instances), terms, cases, numbers)


def encode_settings(problem: Problem, limits: Collection[str]) -> Encoding:
    """What limits, ties, the rules on settings and the conditions on them demand, sizes left out.

    Args:
        problem: the question.
        limits: the variables that keep to their domains; the others may be whatever torch takes.
    """
    terms: dict[str, str] = {}
    cases: dict[str, Sequence[int]] = {}
    sentences: list[Sentence] = []
    for place, (layer, ties) in enumerate(zip(problem.layers, problem.ties, strict=True)):
        for axis, domains in enumerate(layer.domains):
            own = {
                parameter.name: setting_name(place, axis, parameter.name) for parameter in layer.kind.axis_parameters
            }
            where = f"layer {place} ({layer.kind.name}), axis {axis}"
            terms |= {variable: variable for variable in own.values()}
            for parameter, domain, leaders in zip(layer.kind.axis_parameters, domains, ties, strict=True):
                variable = own[parameter.name]
                limited = variable in limits
                if limited and (parameter.name == "kernel_size" or parameter.split):
                    cases[variable] = domain
                term = members(variable, domain) if limited else f"(>= {variable} {parameter.least})"
                leader = setting_name(place, leaders[axis], parameter.name)
                sentences.append(Sentence(f"{variable}.domain", term, f"{where}: the values of {parameter.name}"))
                sentences.append(Sentence(f"{variable}.tie", f"(= {variable} {leader})", f"{where}: it is tied"))
            for rule in layer.kind.rules:
                if rule.sentence in layer.kind.setting_rules:
                    term = smt(parse(rule.sentence), own, {})
                    sentences.append(Sentence(f"layer.{place}.{axis}.rule.{rule.label}", term, rule.reason))
    grounding = ground(problem)
    folds = [fold for fold in grounding.folds if fold.variables <= terms.keys()]
    known = terms.keys() | {fold.name for fold in folds}
    said = [(number, one) for number, one in enumerate(grounding.instances) if known >= set(names(one.sentence))]
    demanded = _demanded(folds, said, terms, cases)
    return demanded._replace(variables=(*terms, *demanded.variables), sentences=(*sentences, *demanded.sentences))


def _demanded(
    folds: Sequence[Fold],
    instances: Iterable[tuple[int, Instance]],
    terms: Mapping[str, str],
    cases: Mapping[str, Sequence[int]],
    numbers: Mapping[str, int] | None = None,
) -> Encoding:
    """What conditions, each with its number, say over terms and over folds, and how these are carried.

    Folds are variables, too; where all that one is made of has a number, it has one at each position.
    """
    variables: list[str] = []
    sentences: list[Sentence] = []
    functions: dict[str, Clause] = {}
    known = dict(terms)
    for number, fold in enumerate(folds):
        positions = [fold_name(number, place) for place in range(len(fold.steps) + 1)]
        if numbers is not None and fold.variables <= numbers.keys():
            positions = list(map(numeral, fold.carried(numbers)))
        else:
            variables += positions
        known[fold.name] = positions[0]
        sentences += _carried(number, fold, positions, terms, cases, functions)
    for number, one in instances:
        sentences.append(Sentence(f"where.{number}", smt(one.sentence, known, cases), str(one.condition)))
    return Encoding(tuple(variables), tuple(sentences), functions)


def _carried(  # noqa: PLR0913, PLR0917 - a fold, and all that it is said with
    number: int,
    fold: Fold,
    positions: Sequence[str],
    terms: Mapping[str, str],
    cases: Mapping[str, Sequence[int]],
    functions: dict[str, Clause],
) -> Iterator[Sentence]:
    """A fold's values at every position, from the last layer to the first; what alike layers do is one function."""
    yield Sentence(f"fold.{number}.start", f"(= {positions[-1]} {fold.start})", fold.name)
    known: dict[object, str] = {}
    for place, (shape, (here, behind)) in enumerate(zip(fold.shapes, pairwise(positions), strict=True)):
        label, reason = f"fold.{number}.{place}.step", f"layer {place}: {fold.name}"
        if shape is None:
            yield Sentence(label, f"(= {here} {behind})", reason)
            continue
        step, said = shape
        own = {f"v{at}": cases[name] for at, name in enumerate(said) if name in cases}
        function = known.setdefault((step, tuple(own.items())), f"{label}.{'split' if own else 'told'}")
        if function not in functions:
            arguments = (HERE.name, BEHIND.name, *(f"v{at}" for at in range(len(said))))
            term = smt(Compare(("==",), (HERE, step)), {name: name for name in arguments}, own)
            functions[function] = Clause(label, arguments, term, reason)
        yield Sentence(label, f"({function} {' '.join([here, behind, *(terms[name] for name in said)])})", reason)


def _written(variable: str, numbers: Mapping[str, int] | None) -> str:
    return variable if numbers is None or variable not in numbers else numeral(numbers[variable])


def _first_alike(problem: Problem, place: int, axis: int) -> str:
    """Where a layer of this kind with these domains on an axis is first found: the name of what they share."""
    layer = problem.layers[place]
    return next(
        f"{number}.{other}"
        for number, earlier in enumerate(problem.layers)
        if earlier.kind == layer.kind
        for other, domains in enumerate(earlier.domains)
        if domains == layer.domains[axis]
    )


@lru_cache(maxsize=256)  # bounded: the domains are users'
def _clauses(kind: LayerKind, domains: tuple[Domain, ...], *, split: bool) -> tuple[Clause, ...]:
    by_name = dict(zip((parameter.name for parameter in kind.axis_parameters), domains, strict=True))
    found = [
        Clause(f"{name}.domain", (name,), members(name, domain), f"the values of {name}")
        for name, domain in by_name.items()
    ]
    cases = {p.name: by_name[p.name] for p in kind.axis_parameters if split and p.split}
    for rule in kind.rules:
        sentence = parse(rule.sentence)
        said = set(names(sentence))
        arguments = tuple(name for name in (*by_name, *SIZES) if name in said)
        term = smt(sentence, {name: name for name in arguments}, cases)
        found.append(Clause(f"rule.{rule.label}", arguments, term, rule.reason))
    return tuple(found)


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
