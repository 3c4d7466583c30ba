"""An answer as a table, and the words around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from math import floor, log10
from operator import itemgetter

from convsolve.answer import Answer, Solution, Status
from convsolve.costs import Costs
from convsolve.domains import domain_text
from convsolve.filling import Layer
from convsolve.limits import UNLIMITED, Limits, Stop, to_change
from convsolve.problem import Problem
from convsolve.render.layers import (
    FIELDS,
    PARAMETERS,
    axes,
    call,
    columns,
    fields,
    label,
    options,
    parameter,
    telling,
    way,
)
from convsolve.render.table import Column, Part, Row
from convsolve.shapes import shape_text

HEAD = ("solution", *FIELDS)
LARGEST_WRITTEN_OUT = 10**15


def headline(answer: Answer) -> str:
    """What came out, in one line."""
    return f"{_question(answer.problem)}: {_came_out(answer)}"


def streamed(answer: Answer) -> str:
    """The line in front of all combinations, as they are found."""
    return f"{_question(answer.problem)}: {amount(answer.total or 0)} combinations, in the graph's order"


def beaten_by_none(answer: Answer, costs: Sequence[str]) -> str:
    """Of how many combinations a Pareto set is, and by which costs."""
    total = amount(answer.total or 0)
    return f"{_question(answer.problem)}: {len(answer):,} of {total} combinations, beaten by none in {', '.join(costs)}"


def sampled(answer: Answer, number: int, how: str = "drawn uniformly") -> list[str]:
    """What was drawn, and the limits of what there is."""
    drawn = f"{number:,} of {amount(answer.total or 0)} combinations, {how}"
    stopped = f"; then {answer.stopped.words}" if answer.stopped else ""
    return [f"{_question(answer.problem)}: {drawn}{stopped}", *limits(answer.problem)]


def limits(problem: Problem) -> list[str]:
    """The limits that the question was answered in, a line for all layers that share them."""
    lines: list[str] = []
    asked = problem.undivided or problem
    numbered = enumerate((layer.kind.name, _limits(layer)) for layer in asked.depths[-1].layers)
    runs = [(said, [place for place, _ in run]) for said, run in groupby(numbered, key=itemgetter(1)) if said[1]]
    for (kind, text), places in runs:
        which = f"layer {places[0]}" if len(places) == 1 else f"layers {places[0]} to {places[-1]}"
        lines.append(f"limits: {text}" if len(runs) == 1 else f"limits of {which} ({kind}): {text}")
    if ties := _ties(problem):
        lines.append(f"equal on all axes: {ties}")
    if problem.widths:
        known = zip(problem.widths.record, problem.channel_list(), strict=True)
        told = [number if part is None else part for part, number in known]
        lines.append(f"channels: {','.join('-' if one is None else str(one) for one in told)}")
    if problem.family:
        lines.append(f"family: {' and '.join(one.every for one in problem.family.members)}")
    if problem.where:
        lines.append(f"conditions: {'; '.join(map(str, problem.where))}")
    return lines


def explanation(answer: Answer, *, full: bool = False) -> list[str]:
    """Why there is no answer, and what would mend it."""
    found = answer.explanation
    if found is None:
        return []
    from convsolve.wording import full as at_length
    from convsolve.wording import short

    return at_length(found) if full else short(found)


def where_it_is_told(problem: Problem) -> str:
    """The command that says why there is no answer."""
    from convsolve.asked import Asked

    return f"  help: this says why: {Asked.of(problem).command()}"


def known(answer: Answer, limits: Limits = UNLIMITED) -> list[str]:
    """Of a question that was given up or cut short: what is known all the same, and what would lead further."""
    lines, found = [], answer.established
    if found is not None and found.impossible_layers:
        lines.append(f"known: no combination in {_number_of_layers(found.impossible_layers)}, proved by Z3")
    if found is not None and found.empty_layers:
        lines.append(f"known: none was found in {_number_of_layers(found.empty_layers)}, which is not proved")
    if found is not None and found.residues:
        lines.append(f"known: there are stacks where {', or '.join(found.residues)}")
    if found is not None and found.without_conditions is not None:
        number = found.without_conditions
        combinations = "is 1 combination" if number == 1 else f"are {amount(number)} combinations"
        lines.append(f"known: without the conditions there {combinations}")
    layers = max(len(one.layers) for one in answer.problem.depths)
    way = to_change(answer.stopped, limits, layers=layers, conditions=len(answer.problem.where))
    return [*lines, f"  help: {way}"]


def checks(solutions: Sequence[Solution]) -> str:
    """Which levels ran, and on how many where not on all."""
    counts: dict[str, int] = {}
    for solution in solutions:
        for level in solution.checked:
            counts[level] = counts.get(level, 0) + 1
    levels = [level if count == len(solutions) else f"{level} (the first {count:,})" for level, count in counts.items()]
    return f"checked: {', '.join(levels)}"


def hint(solution: Solution) -> str:
    """How to go on: the layer to paste, or the option that writes the code."""
    if len(solution.layers) == 1:
        return f"first: {call(solution.layers[0])}"
    made = "nn.Module" if any(layer.kind.joins for layer in solution.layers) else "nn.Sequential"
    return f"add --emit FILE.py to write the first as an {made}"


def table(solutions: Sequence[Solution]) -> tuple[list[Column], list[Part]]:
    """A row a solution where each has one layer; else a block a solution, and its costs under it."""
    layers = [layer for solution in solutions for layer in solution.layers]
    names = telling(layers)
    if all(len(solution.layers) == 1 and len(solution.told) == 1 for solution in solutions):
        counted = [column for column, value in _counted(solutions[0].costs) if value is not None]
        sized = len({solution.sizes for solution in solutions}) > 1
        named = any(map(options, layers))  # what has no column of its own, as Pad's sides
        said = [Column(name, number=False) for name, shown in (("layer", named), ("in -> out", sized)) if shown]
        head = [Column("#"), *said, *columns(names), *map(Column, counted)]
        numbered = enumerate(solutions, start=1)
        return head, [_single(number, solution, names, named=named, sized=sized) for number, solution in numbered]
    head = [Column("#"), Column("layer", number=False), Column("in -> out", number=False), *columns(names)]
    parts: list[Part] = []
    indent = " " * (len(str(len(solutions))) + 2)
    for number, solution in enumerate(solutions, start=1):
        if number > 1:
            parts.append("")
        for place, (layer, ends) in enumerate(zip(solution.layers, solution.ends, strict=True)):
            mark = "" if place else str(number)
            cells = [parameter(layer, name) for name in names]
            parts.append((mark, label(layer), way(layer, ends), *cells))
        parts += [indent + line for line in _other_ways(solution)]
        parts.append(indent + costs_text(solution.costs))
    return head, parts


def _other_ways(solution: Solution) -> list[str]:
    """The sizes of further inputs that the stack serves."""
    return [f"also {' -> '.join(shape_text(None, size) for size in sizes)}" for sizes in solution.told[1:]]


def rows(place: int, solution: Solution) -> str:
    """The same for a program: a line a layer, with the solution's number in front."""
    each = zip(solution.layers, solution.ends, strict=True)
    return "\n".join(["\t".join([str(place + 1), *fields(layer, ends)]) for layer, ends in each])


def costs_text(costs: Costs) -> str:
    """``1,792 params, 86,704,128 macs, receptive field 3x3``; what is unknown is left out."""
    counted = [f"{value:,} {name}" for name, value in _counted(costs) if value is not None]
    field = costs.receptive_field
    return ", ".join([*counted, *([f"receptive field {axes(field, each=True)}"] if field else [])])


def _counted(costs: Costs) -> tuple[tuple[str, int | None], ...]:
    """The costs that are told, with their names; macs of a family grow with its letters, and are not known."""
    return ("params", costs.params), ("macs", costs.macs)


def amount(number: int) -> str:
    """A count for a person: written out up to fifteen digits, then its size.

    Example:
        >>> amount(3678185), amount(2 * 10**40)
        ('3,678,185', 'about 2.0e40')
    """
    if number < LARGEST_WRITTEN_OUT:
        return f"{number:,}"
    exponent = len(str(number)) - 1 if number < 10**4000 else floor(log10(number))
    tenths = number // 10 ** (exponent - 1)
    return f"about {tenths // 10}.{tenths % 10}e{exponent}"


def _question(problem: Problem) -> str:
    ends = (problem.input, problem.target)
    sizes = " -> ".join(str(one if one.flat else replace(one, channels=None)) for one in ends)
    depths = [len(one.layers) for one in problem.depths]
    kinds = {layer.kind.name for one in problem.depths for layer in one.layers}
    if depths == [1]:
        return f"{sizes} by {kinds.pop()}"
    number = f"{depths[0]}" if len(set(depths)) == 1 else f"{depths[0]} to {depths[-1]}"
    return f"{sizes} in {number} {kinds.pop() if len(kinds) == 1 else ''} layers".replace("  ", " ")


def _came_out(answer: Answer) -> str:
    if answer.status is Status.IMPOSSIBLE:
        return "impossible, proved by Z3: no combination within the limits"
    if answer.status is Status.GAVE_UP:
        return f"gave up: {_gave_up(answer)}"
    return f"{_found(answer)}; then {answer.stopped.words}" if answer.stopped else _found(answer)


def _gave_up(answer: Answer) -> str:
    if answer.established is not None and answer.established.some:
        return "there are some, in too many cases to be counted"
    if answer.stopped is None or answer.stopped is Stop.BUDGET:
        if answer.problem.family:
            return "none was found that keeps every size straight, and no few of its members rule all others out"
        return "none was found, and Z3 could not prove within its budget that there is none"
    if answer.total:
        return f"{answer.stopped.words} before one of {amount(answer.total)} combinations was listed"
    return f"{answer.stopped.words} before an answer or a proof"


def _number_of_layers(numbers: Sequence[int]) -> str:
    from convsolve.wording import runs

    return f"{runs(numbers)} layer{'' if tuple(numbers) == (1,) else 's'}"


def _found(answer: Answer) -> str:
    total = answer.total
    order = _order(answer)
    if answer.by_size:
        said = f"{len(answer):,} sizes" if answer.asked is None or len(answer) < answer.asked else "the first sizes"
        return f"{said} that can be reached, each by its most conventional of {amount(total or 0)} combinations"
    if total == 1:
        return "the only combination"
    if answer.complete:
        return f"{len(answer)} combinations, {order}" if total is None else f"{amount(total)} combinations, {order}"
    if total is None:
        plural = "" if len(answer) == 1 else "s"
        return f"{len(answer):,} combination{plural}, {order}; how many there are was not counted"
    return f"{len(answer):,} of {amount(total)} combinations, {order}"


def _order(answer: Answer) -> str:
    """What the first has before all others, and whether that is proved."""
    if not answer.problem.objectives:
        if answer.order == "conventional":
            return "most conventional first"
        return "in the graph's order" if answer.total is not None else "as Z3 found them"
    values = answer.values or ()
    said = [
        f"{objective.words}{f' ({value:,})' if values else ''}"
        for objective, value in zip(
            answer.problem.objectives, values or [0] * len(answer.problem.objectives), strict=True
        )
    ]
    first = answer.problem.objectives[0]
    if answer.optimal:
        end = f"first, proved by {'bounds of each list of channels and ' if answer.problem.open_channels else ''}Z3"
    elif answer.bound:
        end = f"so far; proved: none has {first.cost} {'below' if first.least else 'above'} {answer.bound[0]:,}"
    else:
        partly = answer.stopped or answer.problem.open_channels  # not all lists of channels were looked into
        end = "so far, not proved the best" if partly else "first, not proved"
    return f"{', then '.join(said)} {end}"


def _limits(layer: Layer) -> str:
    said = []
    for place, given in enumerate(layer.kind.axis_parameters):
        domains = [axis[place] for axis in layer.domains]
        texts = [domain_text(domain, layer.kind.units(given.name)) for domain in domains]
        text = texts[0] if len({*texts}) == 1 else "x".join(texts)
        if word := layer.kind.word(given.name):
            text = word
        said.append("stride as kernel_size" if layer.kind.follows(given.name) else f"{given.name} {text}")
    return ", ".join(said)


def _ties(problem: Problem) -> str:
    """The parameters with something to choose that are equal on all axes in every layer."""
    if problem.input.axes == 1:
        return ""
    tied: dict[str, bool] = {}
    asked = problem.undivided or problem
    for layer, leaders in zip(asked.layers, asked.ties, strict=True):
        for place, (given, axis_leaders) in enumerate(zip(layer.kind.axis_parameters, leaders, strict=True)):
            if any(len(axis[place]) > 1 for axis in layer.domains) and not layer.kind.follows(given.name):
                tied[given.name] = tied.get(given.name, True) and len(set(axis_leaders)) == 1
    return ", ".join(name for name in PARAMETERS if tied.get(name))


def _single(number: int, solution: Solution, names: Sequence[str], *, named: bool, sized: bool) -> Row:
    layer = solution.layers[0]
    said = [label(layer)] if named else []
    said += [way(layer, solution.ends[0])] if sized else []
    counted = [f"{value:,}" for _, value in _counted(solution.costs) if value is not None]
    return (str(number), *said, *(parameter(layer, name) for name in names), *counted)
