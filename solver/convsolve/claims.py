"""That a stack serves every member of a family, as one question to Z3 that must be unsatisfiable.

Over the members of a line each size is claimed to be (rate*t + base)//divisor. Some t would break the claim if a rule
of a layer, the target or a condition did not hold there; all of them are sentences of t alone, and linear.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from convsolve.answer import Solution
from convsolve.encoding import Clause, Encoding, Sentence, encode_conditions, encode_layer, values
from convsolve.families import Family, positions
from convsolve.language.smtlib import conjunction, numeral
from convsolve.problem import Problem
from convsolve.shapes import LARGEST_SIZE, Extent
from convsolve.sizes import Affine
from convsolve.variables import size_name


def broken_claim(problem: Problem, solution: Solution) -> Encoding:
    """That there is a member which the solution does not serve.

    Sizes beyond the largest that there are belong to no member.

    Raises:
        ValueError: the problem is about no family.
    """
    family = problem.family
    if family is None:
        raise ValueError("no family")
    lines = range(family.lines)
    columns = [size for line in lines for size in zip(*positions(family, solution.layers, line), strict=True)]
    settings = [
        asked.recounted(found) * problem.inputs for asked, found in zip(problem.layers, solution.layers, strict=True)
    ]
    sizes = {size_name(place, axis) for place in range(len(problem.layers) + 1) for axis in range(problem.axes)}
    told = {name: number for name, number in values(problem, settings, solution.all_sizes) if name not in sizes}
    demanded = [*_ends(problem.input, 0, family), *_ends(problem.target, len(problem.layers), family)]
    functions: dict[str, Clause] = {}
    for place in range(len(problem.layers)):
        layer = encode_layer(problem, place, range(problem.axes), lone=True, numbers=told)
        demanded += [sentence.term for sentence in layer.sentences]
        functions |= layer.functions
    conditions = encode_conditions(problem, told)
    functions |= conditions.functions
    demanded += [one.term for one in conditions.sentences if one.label.startswith("where.")]
    given = [one for one in conditions.sentences if not one.label.startswith("where.")]
    given += _members(family)
    given += _sizes(columns, family)
    given.append(Sentence("claim", f"(not {conjunction([*dict.fromkeys(demanded)])})", "some member is not served"))
    letters = [name for line, one in product(lines, family.members) for name in _names(one.letter, line)]
    return Encoding((*letters, *sorted(sizes), *conditions.variables), tuple(given), functions)


def _names(letter: str, line: int) -> tuple[str, str]:
    """A letter's value on a line, and the number of that member there."""
    return f"letter.{letter}.{line}", f"member.{letter}.{line}"


def _members(family: Family) -> Iterator[Sentence]:
    for line, one in product(range(family.lines), family.members):
        value, number = _names(one.letter, line)
        start = one.start(line)
        yield Sentence(number, f"(>= {number} 0)", "members are counted from 0")
        yield Sentence(value, f"(= {value} (+ (* {one.step} {number}) {start}))", str(one))
        if one.last is not None:
            yield Sentence(f"{value}.last", f"(<= {value} {one.last})", str(one))


def _sizes(columns: Sequence[Sequence[Affine]], family: Family) -> Iterator[Sentence]:
    axes = len(family.source)
    for axis, column in enumerate(columns):
        form = family.source[axis % axes]
        number = _names(form.letter, axis // axes)[1] if form else "0"
        for place, size in enumerate(column):
            name = size_name(place, axis)
            term = f"(+ (* {numeral(size.rate)} {number}) {numeral(size.base)})"
            whole = term if size.divisor == 1 else f"(div {term} {size.divisor})"
            yield Sentence(name, f"(= {name} {whole})", "what the size is claimed to be")
            yield Sentence(f"{name}.most", f"(<= {name} {LARGEST_SIZE})", "no size is larger")


def _ends(extent: Extent, place: int, family: Family) -> Iterator[str]:
    """What the forms of an end say of its sizes."""
    for line, (axis, form) in product(range(family.lines), enumerate(extent.forms)):
        name = size_name(place, line * extent.axes + axis)
        if form is None:
            yield f"(= {name} {extent.sizes[axis][0]})"
        else:
            letter = _names(form.letter, line)[0]
            shifted = f"(* {form.divisor} (- {name} {numeral(form.shift)}))"
            yield f"(= {shifted} (* {form.factor} {letter}))"
