"""A question from the words of a call, or of a command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from math import log2
from typing import NamedTuple, TypedDict

from convsolve.channels import ChannelsLike
from convsolve.conditions import Condition, ConditionLike, permitted, read_conditions
from convsolve.domains import DomainLike
from convsolve.errors import Error
from convsolve.families import Family, family_of, letters_of, refuse_growing
from convsolve.filling import Layer, axes_made, every_domain_used, filled, written_out
from convsolve.hanging import hanging
from convsolve.latent import behind_latent, starting
from convsolve.layers_wanted import wanted_layers
from convsolve.objectives import Objective, ObjectiveLike, read_objectives
from convsolve.problem import PARAMETERS, Problem
from convsolve.shapes import Extent
from convsolve.skips import refuse_misjoined
from convsolve.slopes import divided
from convsolve.stack import Stack
from convsolve.ties import tie_text, ties
from convsolve.vocabulary import OF_CHANNELS, used
from convsolve.widths import DOUBLING, Widths, listed
from convsolve.wiring import not_counted, wired


class Question(TypedDict, total=False):
    """The arguments of a question beside its sizes; `ask` says what they mean."""

    stack: Stack | str | None
    layer: str | None
    layers: DomainLike | None
    kernel_size: DomainLike | None
    stride: DomainLike | None
    padding: DomainLike | None
    dilation: DomainLike | None
    output_padding: DomainLike | None
    tie: str | Iterable[str] | None
    channels: ChannelsLike
    latent: int | str | None
    minimize: ObjectiveLike
    maximize: ObjectiveLike
    where: ConditionLike
    no_checkerboard: bool
    exact: bool
    odd_kernels: bool
    monotone: bool


def ask(  # noqa: PLR0913 - the options of interface.md, all by keyword
    input: object,  # noqa: A002 - the user's word
    target: object,
    *,
    stack: Stack | str | None = None,
    layer: str | None = None,
    layers: DomainLike | None = None,
    kernel_size: DomainLike | None = None,
    stride: DomainLike | None = None,
    padding: DomainLike | None = None,
    dilation: DomainLike | None = None,
    output_padding: DomainLike | None = None,
    tie: str | Iterable[str] | None = None,
    channels: ChannelsLike = None,
    latent: int | str | None = None,
    minimize: ObjectiveLike = None,
    maximize: ObjectiveLike = None,
    where: ConditionLike = None,
    no_checkerboard: bool = False,
    exact: bool = False,
    odd_kernels: bool = False,
    monotone: bool = False,
) -> Problem:
    """Read a question.

    Args:
        input: the shape that goes in: ``"128@4x4"``, ``28``, ``(4, 4)``; ``"?"`` and ``"[2..8]"``, or a
            range, are sizes to be found.
        target: the shape that must come out.
        stack: the layers, holes where something is asked for.
        layer: without a stack, their kind: ``conv``, ``conv_transpose`` or ``auto``.
        layers: without a stack, their number (1); ``"2..6"`` is a number to be found.
        kernel_size: what holes of this name may be; likewise the next four.
        stride: see kernel_size.
        padding: see kernel_size; also ``same`` and ``valid``.
        dilation: see kernel_size.
        output_padding: see kernel_size.
        tie: ``none``, ``all``, or the parameters that are equal on all axes.
        channels: one number more than there are convolutions; None in a list is one that nobody said.
        latent: the length of a vector that goes in; a Linear and an Unflatten make `input` of it, the shape at
            which the stack starts.
        minimize: ``params``, ``macs``, ``activations``, the most important first; ``-macs`` is made large.
        maximize: likewise, to be made large; less important than what is minimised.
        where: conditions in the language of expressions.
        no_checkerboard: transposed convolutions overlap evenly.
        exact: strided convolutions and pools use every element of their input.
        odd_kernels: every kernel_size is odd.
        monotone: on no axis a size turns back on its way.

    Raises:
        Error: whatever of these cannot be understood or does not fit together.

    Example:
        >>> str(ask("128@4x4", "3@61x79", layers=4).layers[0].kind.name)
        'ConvTranspose'
    """
    source, goal = Extent.read(input, "input"), Extent.read(target, "target")
    _refuse_unlike(source, goal, written=stack is not None or (latent is not None and bool(goal.sizes)))
    named = {"no_checkerboard": no_checkerboard, "exact": exact, "odd_kernels": odd_kernels, "monotone": monotone}
    family = None
    letters = letters_of(source, goal)
    if letters:
        family = family_of(source, goal, read_conditions(where, {}, (), (), letters))
        source, goal = family.extent(source), family.extent(goal)
    far = family.far(source, goal) if family else ()
    start = source if latent is None else starting(source, goal)
    written = wanted_layers(start, goal, stack=stack, layer=layer, layers=layers, far=far)
    if latent is not None:
        source, written, channels = behind_latent(latent, start, written, channels)
    source, goal = _with_axes(source, goal, written)
    given = {
        name: value
        for name, value in zip(PARAMETERS, (kernel_size, stride, padding, dilation, output_padding), strict=True)
        if value is not None
    }
    every_domain_used(given, written)
    refuse_misjoined(written)
    open_widths = [one.widths for one in written.layers if one.kind.weighted]
    if written.repeats and (channels is not None or any(open_widths)):
        raise Error(
            "bad-channels",
            "a list of channels, or out_channels to be found, need a number of layers",
            help=["give the first and the last in front of the sizes, as in 64@7x7 1@28x28", "give one depth"],
        )
    conditions = read_conditions(where, named, source.sizes, goal.sizes, letters)
    objectives = read_objectives(minimize, maximize)
    if family:
        conditions = family.remaining(conditions)
        _refuse_turning(family, source, goal, named)
        refuse_growing(_names(objectives, conditions))
    widths = Widths.read(channels, open_widths)
    words = _Words(written, given, channels, widths, objectives, conditions, tie_text(tie))
    if family is None:
        return _posed(words, source, goal)
    return divided(family, lambda finer: _posed(words, finer.extent(source), finer.extent(goal)))


class _Words(NamedTuple):
    """A question without its sizes, each part read."""

    written: Stack
    given: Mapping[str, DomainLike]
    channels: ChannelsLike
    widths: Widths | None
    objectives: tuple[Objective, ...]
    conditions: tuple[Condition, ...]
    tied: str


def _posed(words: _Words, source: Extent, goal: Extent) -> Problem:
    """The question of numbers, with every depth and every list of channels that it may have."""
    written, widths, objectives, conditions = words.written, words.widths, words.objectives, words.conditions
    every: list[Problem] = []
    stacks = written.depths()
    refused: Error | None = None
    for closed in stacks:
        layers_filled = filled(closed, source.axes, words.given, holes=True, flat=source.flat)
        _refuse_ends(layers_filled, goal)
        try:
            said = widths.said() if widths else words.channels
            found, chain, relations = wired(layers_filled, source.each[0], goal.each[0], said)
        except Error as error:
            refused = error
            if error.code == "bad-groups" and len(stacks) > 1:
                continue  # one of several numbers of groups
            raise
        if source.inputs > 1:
            _refuse_for_several(found, chain, objectives, conditions)
        needing = next((one.cost for one in objectives if one.needs_channels), None)
        if needing is not None and not hanging(found, chain).complete:
            raise not_counted(needing, found, chain)
        shared = ties(found, source, goal, words.tied)
        found = _for_each(found, source.inputs)
        one = Problem(source, goal, found, chain, shared, words.tied, objectives, conditions, relations)
        if len(stacks) > 1:
            one = replace(one, charge=round(DOUBLING * sum(log2(layer.kind.group_count()) for layer in found)))
        every += _with_widths(one, layers_filled, widths).depths if widths else (one,)
    if refused is not None and not every:
        raise refused
    if len(stacks) > 1:
        once = filled(written, source.axes, words.given, holes=True, flat=source.flat)
        open_stack = Stack(tuple(map(written_out, once, written.layers)), written.repeats)
        return replace(every[0], open_stack=open_stack, widths=widths, deeper=tuple(every[1:]))
    return replace(every[0], widths=widths, deeper=tuple(every[1:])) if widths else every[0]


def _refuse_unlike(source: Extent, goal: Extent, *, written: bool) -> None:
    """Raise where input and target do not go together, by the layers that are written out or by those that are not."""
    if source.inputs != goal.inputs:
        raise Error(
            "dimension-mismatch",
            f"{source.inputs} input(s) and {goal.inputs} target(s)",
            help=["give as many targets as there are inputs, as in 64,96,128 8,12,16"],
        )
    if source.sizes and goal.sizes and source.axes != goal.axes:
        raise Error(
            "dimension-mismatch",
            f"input {source} has {source.axes} axes, target {goal} has {goal.axes}",
            help=_with_as_many_axes(source, goal),
        )
    if not (source.sizes and goal.sizes) and not written:
        raise Error(
            "usage",
            f"from {source} to {goal} there are channels without axes, and no convolution takes these",
            help=['write the layers, as in --stack "Conv() >> Flatten() >> Linear(10)"'],
        )


def _with_as_many_axes(source: Extent, goal: Extent) -> list[str]:
    """What to write where an end has fewer axes: the same size on each, if it has one."""
    axes = max(source.axes, goal.axes)
    both = [_on_axes(one, axes) if one.axes == 1 else str(one) for one in (source, goal)]
    if min(source.axes, goal.axes) > 1:
        return ["give one size an axis on both sides, as in 4x4 61x79"]
    ways = [f"give one size an axis on both sides, as in {' '.join(both)}"]
    if source.axes == 1 and source.fixed and source.channels is None and goal.channels:
        start = "x".join(["?"] * axes)
        ways.append(f"or, of a vector with {source}: --latent {source}, and where its stack starts: 64@{start} {goal}")
    return ways


def _on_axes(extent: Extent, axes: int) -> str:
    """An end of one axis, with the same size on several."""
    channels, at, size = str(extent).rpartition("@")
    return channels + at + "x".join([size] * axes)


def _names(objectives: Sequence[Objective], conditions: Sequence[Condition]) -> Iterator[str]:
    """The names that objectives and conditions speak of."""
    for objective in objectives:
        yield objective.cost
        yield from (node.name for node in used(objective.number(1), inside=True))
    for condition in conditions:
        yield from condition.names


def _refuse_turning(family: Family, source: Extent, goal: Extent, named: Mapping[str, bool]) -> None:
    """Raise where monotone means one thing for the first members of a family and another for those far out."""
    near = [*zip(source.sizes, goal.sizes, strict=True)]
    ways = [read_conditions(None, named, *zip(*pairs, strict=True)) for pairs in (near, family.far(source, goal))]
    if ways[0] != ways[1]:
        raise Error(
            "bad-condition",
            f"--monotone: {source} -> {goal} grows for some members and shrinks for others",
            help=["ask for those that grow and those that shrink by themselves, as in --where 'H >= 8'"],
        )


def _for_each(layers: Sequence[Layer], inputs: int) -> tuple[Layer, ...]:
    """The layers on the axes of all inputs; those that are one object stay one."""
    if inputs == 1:
        return tuple(layers)
    made = {id(layer): replace(layer, domains=layer.domains * inputs) for layer in layers}
    return tuple([made[id(layer)] for layer in layers])


def _refuse_for_several(
    layers: Sequence[Layer],
    chain: Sequence[int | None],
    objectives: Sequence[Objective],
    conditions: Sequence[Condition],
) -> None:
    """Raise where what is asked of one stack would have to be counted once for each input."""
    said = {name for one in conditions for name in one.names}
    if objectives or not said.isdisjoint(OF_CHANNELS):
        raise Error(
            "unsupported",
            "costs are not asked of several inputs in this version",
            help=["leave out --minimize, --maximize and conditions on params, macs, activations and peak"],
        )
    for place, (layer, channels) in enumerate(zip(layers, chain, strict=False)):
        if layer.kind.flat_in or layer.kind.flat_out or layer.kind.refuses_single(channels):
            raise Error(
                "unsupported",
                f"layer {place} ({layer.kind.name}) is not solved for several inputs in this version",
                help=["ask for each input by itself", "leave the layer out of the stack"],
            )


def _refuse_ends(layers: Sequence[Layer], goal: Extent) -> None:
    """Raise where axes come out and none shall, or the other way round."""
    if layers[-1].kind.flat_out is not goal.flat:
        raise Error(
            "dimension-mismatch",
            f"behind the stack there are {'axes' if goal.flat else 'channels without axes'}, and the target is {goal}",
            help=["channels without axes, as behind Flatten, are written 128@; Unflatten makes axes of them"],
        )


def _with_axes(source: Extent, goal: Extent, stack: Stack) -> tuple[Extent, Extent]:
    """Channels without axes as sizes of 1 on as many axes as the question has."""
    lone = (range(1, 2),) * (len(source.sizes) or len(goal.sizes) or axes_made(stack))
    ends = (end if end.sizes else Extent(end.channels, lone, flat=True) for end in (source, goal))
    return next(ends), next(ends)


def _with_widths(problem: Problem, layers: Sequence[Layer], widths: Widths) -> Problem:
    """The question with every list of channels that it may have, the most usual first; its layers not wired yet."""
    kinds = [layer.kind for layer in layers]
    behind = [0, *accumulate(kind.weighted for kind in kinds)]  # how many convolutions stand in front of each position
    usual = [problem.channels[behind.index(place)] for place in widths.open]
    given = [part for part in (*widths.parts, *problem.channels) if isinstance(part, int)]
    if None in usual or not given:
        raise Error(
            "bad-channels",
            "channels to be found need numbers in front of the first convolution and behind the last",
            help=["give both, as in --channels 512,?,?,3"],
        )
    last = behind[-1]
    domains = [
        tuple(number for number in domain if permitted(problem.where, number, inner=place < last, outer=place > 0))
        for place, domain in zip(widths.open, widths.domains(max(given)), strict=True)
    ]
    open_channels = tuple(position for position, place in enumerate(behind) if place in widths.open)
    found = []
    for charge, numbers in listed(domains, [number or 1 for number in usual]):
        parts = widths.said()
        for place, number in zip(widths.open, numbers, strict=True):
            parts[place] = number
        try:
            made, chain, relations = wired(layers, problem.input.each[0], problem.target.each[0], parts)
        except Error as error:
            if error.code not in {"bad-groups", "bad-channels"}:
                raise
            continue
        made = _for_each(made, problem.inputs)
        same = problem.layers if made == problem.layers else made  # layers that are one object share their graphs
        one = replace(problem, layers=same, channels=chain, relations=relations)
        found.append(replace(one, open_channels=open_channels, charge=problem.charge + charge))
    if not found:
        raise Error(
            "bad-channels", "no numbers of channels are left", help=["widen their domains, or leave out a condition"]
        )
    return replace(found[0], widths=widths, deeper=tuple(found[1:]))
