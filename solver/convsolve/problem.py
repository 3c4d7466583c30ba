"""The question, frozen: sizes, layers with their domains, ties, channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from convsolve.channels import ChannelsLike, channel_chain
from convsolve.conditions import Condition, ConditionLike, conditions_record, read_conditions
from convsolve.domains import Domain, DomainLike, Domains
from convsolve.errors import Error, did_you_mean, shown, shown_value
from convsolve.layers.base import LayerKind
from convsolve.objectives import Objective, ObjectiveLike, read_objectives
from convsolve.registry import KINDS
from convsolve.shapes import Extent
from convsolve.stack import MOST_LAYERS, Stack, Written, axis_value, write

PARAMETERS = ("kernel_size", "stride", "padding", "dilation", "output_padding")
TIED_BY_DEFAULT = ("kernel_size", "stride", "dilation")


@dataclass(frozen=True)
class Layer:
    """One layer of a question: its kind and, on each axis, the domains of its parameters."""

    kind: LayerKind
    domains: tuple[tuple[Domain, ...], ...]
    per_axis: frozenset[str]  # the parameters that were given one domain an axis


@dataclass(frozen=True)
class Problem:
    """A question in full. Everything after it works on this alone.

    Attributes:
        input: the shapes that may go in; one, where its size is not to be found.
        target: the shapes that may come out.
        layers: what may be chosen, layer by layer.
        channels: in front of each layer and behind the last; None where nobody said.
        ties: per layer and axis parameter, for each axis the axis whose value it shares.
        tie: what was asked for as ties: ``default``, ``none``, ``all`` or names.
        objectives: what shall be least or most, the most important first.
        where: what else must hold.
    """

    input: Extent
    target: Extent
    layers: tuple[Layer, ...]
    channels: tuple[int | None, ...]
    ties: tuple[tuple[tuple[int, ...], ...], ...]
    tie: str
    objectives: tuple[Objective, ...] = ()
    where: tuple[Condition, ...] = ()

    @property
    def axes(self) -> int:
        """The number of spatial axes."""
        return len(self.input.sizes)

    @property
    def fixed(self) -> bool:
        """Whether neither the input's size nor the target's is to be found."""
        return self.input.fixed and self.target.fixed

    def refuses_single(self, place: int) -> str | None:
        """Why layer `place` refuses an input of one element, if it does; the only rule across axes."""
        return self.layers[place].kind.refuses_single(self.channels[place])

    def stack(self) -> Stack:
        """The layers with every domain written out, the limits included."""
        return Stack(tuple(map(_written, self.layers)))

    def to_dict(self) -> dict[str, Any]:
        """The question as a record; asked again it gives the same answer."""
        return {
            "input": str(self.input),
            "target": str(self.target),
            "stack": str(self.stack()),
            "tie": self.tie,
            "channels": [
                self.channels[0],
                *(number for number, one in zip(self.channels[1:], self.layers, strict=True) if one.kind.weighted),
            ],
            **({"minimize": [*map(str, self.objectives)]} if self.objectives else {}),
            **conditions_record(self.where),
        }


class NowhereOpenError(Error):
    """A domain was given for a parameter that every layer has fixed, or lacks."""

    parameter = ""


class Question(TypedDict, total=False):
    """The arguments of a question beside its sizes; `ask` says what they mean."""

    stack: Stack | str | None
    layer: str | None
    layers: int | None
    kernel_size: DomainLike | None
    stride: DomainLike | None
    padding: DomainLike | None
    dilation: DomainLike | None
    output_padding: DomainLike | None
    tie: str | Iterable[str] | None
    channels: ChannelsLike
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
    layers: int | None = None,
    kernel_size: DomainLike | None = None,
    stride: DomainLike | None = None,
    padding: DomainLike | None = None,
    dilation: DomainLike | None = None,
    output_padding: DomainLike | None = None,
    tie: str | Iterable[str] | None = None,
    channels: ChannelsLike = None,
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
        layers: without a stack, their number (1).
        kernel_size: what holes of this name may be; likewise the next four.
        stride: see kernel_size.
        padding: see kernel_size; also ``same`` and ``valid``.
        dilation: see kernel_size.
        output_padding: see kernel_size.
        tie: ``none``, ``all``, or the parameters that are equal on all axes.
        channels: one number more than there are convolutions; None in a list is one that nobody said.
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
    if len(source.sizes) != len(goal.sizes):
        raise Error(
            "dimension-mismatch",
            f"input {source} has {len(source.sizes)} axes, target {goal} has {len(goal.sizes)}",
            help=["give one size an axis on both sides, as in 4x4 61x79"],
        )
    given = {
        name: value
        for name, value in zip(PARAMETERS, (kernel_size, stride, padding, dilation, output_padding), strict=True)
        if value is not None
    }
    written = _layers_asked_for(source, goal, stack, layer, layers)
    found = _layers(written, len(source.sizes), given, holes=True)
    _every_domain_used(given, written)
    chain = channel_chain([layer.kind for layer in found], source.channels, goal.channels, channels)
    objectives = read_objectives(minimize, maximize)
    if objectives and None in chain:
        raise Error(
            "unknown-channels",
            f"{objectives[0].cost} cannot be counted without channels",
            help=[f"give all of them, as in --channels {_some_channels(found)}"],
        )
    tie_text = _tie_text(tie)
    named = {"no_checkerboard": no_checkerboard, "exact": exact, "odd_kernels": odd_kernels, "monotone": monotone}
    conditions = read_conditions(where, named, source.sizes, goal.sizes)
    ties = _ties(found, source, goal, tie_text)
    return Problem(source, goal, found, chain, ties, tie_text, objectives, conditions)


def _some_channels(layers: Sequence[Layer]) -> str:
    """As many channels as the layers need, to show how they are written."""
    convolutions = sum(layer.kind.weighted for layer in layers)
    return ",".join(["16"] * convolutions + ["3"]) if convolutions < 8 else "16,16,...,3"


def statement(stack: Stack | str, axes: int) -> tuple[Layer, ...]:
    """The layers of a stack in which nothing is asked for: what is left out has torch's default."""
    written = Stack.read(stack)
    if not written.layers:
        raise Error("bad-stack", "the stack has no layers")
    layers = _layers(written, axes, {}, holes=False)
    for place, layer in enumerate(layers):
        for parameter, domains in zip(layer.kind.axis_parameters, zip(*layer.domains, strict=True), strict=True):
            if (most := max(map(len, domains))) > 1:
                raise Error(
                    "not-fixed",
                    f"layer {place} ({layer.kind.name}): {parameter.name} has {most} values",
                    help=["give every parameter one value; a question is asked with convsolve solve"],
                )
    return layers


def _layers_asked_for(
    source: Extent, goal: Extent, stack: Stack | str | None, layer: str | None, layers: int | None
) -> Stack:
    if stack is not None:
        if layer is not None or layers is not None:
            raise Error("usage", "a stack already says its layers", help=["leave out --layer and --layers"])
        written = Stack.read(stack)
        if not written.layers:
            raise Error("bad-stack", "the stack has no layers")
        return written
    number = 1 if layers is None else layers
    if type(number) is not int or not 1 <= number <= MOST_LAYERS:
        raise Error("bad-value", f"layers must be a number from 1 to {MOST_LAYERS}, not {shown_value(number)}")
    kind = _auto(source, goal) if layer in (None, "auto") else _layer_kind(layer)
    return Stack((write(kind, (), {}),)) * number


def _layer_kind(layer: object) -> type[LayerKind]:
    found = {kind.record: kind for kind in KINDS.values()}
    if isinstance(layer, str) and layer in found and found[layer].weighted:
        return found[layer]
    if isinstance(layer, str) and (other := found.get(layer) or KINDS.get(layer)):
        mend = [f"write --layer {other.record}" if other.weighted else f'write --stack "{other.name}()"']
        raise Error("usage", f"--layer {layer} is not conv, conv_transpose or auto", help=mend)
    words = [record for record, kind in found.items() if kind.weighted]
    raise Error(
        "unknown-kind", f"--layer {shown_value(layer)} is not known", help=did_you_mean(str(layer), [*words, "auto"])
    )


def _auto(source: Extent, goal: Extent) -> type[LayerKind]:
    pairs = list(zip(source.sizes, goal.sizes, strict=True))
    grows = any(start[0] < end[-1] for start, end in pairs)
    shrinks = any(start[-1] > end[0] for start, end in pairs)
    if grows and shrinks and not (source.fixed and goal.fixed):
        raise Error(
            "mixed-directions",
            f"from {source} to {goal} some sizes grow and others shrink",
            help=["say which layers: --layer conv or --layer conv_transpose"],
        )
    if grows and shrinks:
        raise Error(
            "mixed-directions",
            f"from {source} to {goal} one axis grows and another shrinks",
            help=['write the layers, as in --stack "Conv() >> ConvTranspose()"'],
        )
    return KINDS["ConvTranspose"] if grows else KINDS["Conv"]


def _layers(stack: Stack, axes: int, given: Mapping[str, object], *, holes: bool) -> tuple[Layer, ...]:
    # a repeated layer is one and the same object: what is known of it need not be found again
    each = {id(written): written for written in stack.layers}
    made = {key: _layer(written, axes, given, holes=holes) for key, written in each.items()}
    return tuple([made[id(written)] for written in stack.layers])


def _layer(written: Written, axes: int, given: Mapping[str, object], *, holes: bool) -> Layer:
    said = dict(written.parameters)
    kind_class = written.kind
    for parameter in kind_class.axis_parameters:
        if parameter.hole and parameter.name in given and parameter.name not in said:
            said[parameter.name] = axis_value(kind_class, parameter, given[parameter.name])
    options = {option.name: said[option.name] for option in kind_class.options if option.name in said}
    extra: dict[str, Any] = {}
    if isinstance(word := said.get("padding"), str):
        extra["padding_word"] = word
        said["padding"] = Domains(((0,),), per_axis=False)
    for parameter in kind_class.axis_parameters:
        if isinstance(parameter.default, str):
            extra[f"{parameter.name}_follows"] = parameter.name not in said
    kind = kind_class(dims=axes, **options, **extra)
    by_axis: list[dict[str, Domain]] = [{} for _ in range(axes)]
    # a hole whose limits depend on other parameters (padding on dilation) comes after them
    for parameter in sorted(kind.axis_parameters, key=lambda p: p.hole and p.limits is None):
        value = said.get(parameter.name)
        if isinstance(value, Domains):
            domains = value.on(axes, parameter.name)
        elif holes and parameter.hole:
            domains = tuple(kind.default_limits(parameter, known) for known in by_axis)
        elif parameter.default is None:
            raise Error(
                "missing-parameter",
                f"{kind.name} needs {parameter.name}",
                help=[f"write {kind.name}({parameter.name}=3)"],
            )
        elif isinstance(parameter.default, str):
            domains = tuple(known[parameter.default] for known in by_axis)
        else:
            domains = ((parameter.default,),) * axes
        for known, domain in zip(by_axis, domains, strict=True):
            known[parameter.name] = domain
    return Layer(
        kind,
        tuple(tuple(known[p.name] for p in kind.axis_parameters) for known in by_axis),
        frozenset(name for name, value in said.items() if isinstance(value, Domains) and value.per_axis),
    )


def _every_domain_used(given: Mapping[str, object], stack: Stack) -> None:
    each = {id(written): written for written in stack.layers}
    open_ones = {
        p.name
        for one in each.values()
        for p in one.kind.axis_parameters
        if p.hole and p.name not in dict(one.parameters)
    }
    for name in given:
        if name not in open_ones:
            kinds = ", ".join(dict.fromkeys(one.kind.name for one in stack.layers))
            written = any(name in dict(one.parameters) for one in stack.layers)
            mend = f"leave {name} out of a layer" if written else "change the layers"
            error = NowhereOpenError(
                "unknown-parameter",
                f"{name} was given, and no layer ({kinds}) leaves it open",
                help=[f"leave out --{name.replace('_', '-')}, or {mend}"],
            )
            error.parameter = name
            raise error


def _tie_text(tie: str | Iterable[str] | None) -> str:
    if tie is None or tie == "default":
        return "default"
    if not isinstance(tie, Iterable):
        raise Error("bad-value", f"tie: {shown_value(tie)} is no list of parameters")
    names = [str(name).strip().replace("-", "_") for name in (tie.split(",") if isinstance(tie, str) else tie)]
    if names in (["none"], ["all"]):
        return names[0]
    for name in names:
        if name in ("none", "all"):
            raise Error("bad-value", f"tie: {name} stands alone", help=[f"write {name}, or only parameters"])
        if name not in PARAMETERS:
            raise Error(
                "unknown-parameter",
                f"--tie: {shown(name)} is no parameter",
                help=did_you_mean(name, [*PARAMETERS, "none", "all"]),
            )
    return ",".join(name for name in PARAMETERS if name in names) or "none"


def _ties(layers: Sequence[Layer], source: Extent, goal: Extent, tie: str) -> tuple[tuple[tuple[int, ...], ...], ...]:
    axes = range(len(source.sizes))
    alone = tuple(axes)
    together = (0,) * len(alone)
    tied = PARAMETERS if tie == "all" else tie.split(",")
    each = {id(layer): layer for layer in layers}
    questions = [
        (source.alike(axis), goal.alike(axis), *(layer.domains[axis] for layer in each.values())) for axis in axes
    ]
    twins = tuple(questions.index(question) for question in questions)

    def leaders(layer: Layer, name: str) -> tuple[int, ...]:
        if tie != "default":
            return together if name in tied else alone
        # a stride that follows the kernel is given per axis where the kernel is
        if name in layer.per_axis or (layer.kind.follows(name) and "kernel_size" in layer.per_axis):
            return alone
        return together if name in TIED_BY_DEFAULT else twins

    found = {key: tuple(leaders(layer, p.name) for p in layer.kind.axis_parameters) for key, layer in each.items()}
    return tuple([found[id(layer)] for layer in layers])


def _written(layer: Layer) -> Written:
    said: dict[str, object] = {}
    for place, parameter in enumerate(layer.kind.axis_parameters):
        if isinstance(parameter.default, str) and layer.kind.follows(parameter.name):
            continue
        if word := layer.kind.word(parameter.name):
            said[parameter.name] = word
            continue
        each = tuple(axis[place] for axis in layer.domains)
        per_axis = parameter.name in layer.per_axis
        if len(set(each)) > 1 and not per_axis:
            continue  # default limits that follow another parameter: written per axis they would untie the axes
        said[parameter.name] = Domains(each if per_axis else each[:1], per_axis)
    for option in layer.kind.options:
        value = getattr(layer.kind, option.name)
        if value != option.default or (option.default is None and value is not None):
            said[option.name] = value
    return write(layer.kind.__class__, (), said)
