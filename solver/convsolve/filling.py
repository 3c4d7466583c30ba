"""Layers as they were written, with their holes filled: the domain of every parameter on every axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convsolve.domains import Domain, Domains
from convsolve.errors import Error
from convsolve.layers.base import LayerKind, Setting
from convsolve.layers.solved import SolvedLayer
from convsolve.shapes import Shape
from convsolve.stack import Stack, Written, axis_value, write


@dataclass(frozen=True)
class Layer:
    """One layer of a question: its kind and, on each axis, the domains of its parameters."""

    kind: LayerKind
    domains: tuple[tuple[Domain, ...], ...]
    per_axis: frozenset[str]  # the parameters that were given one domain an axis

    def recounted(self, found: SolvedLayer) -> tuple[Setting, ...]:
        """The settings of a layer of a solution, as this one's domains count them."""
        return self.kind.recounted(found.kind, found.settings)

    @property
    def of_one(self) -> tuple[tuple[Domain, ...], ...]:
        """The domains on the axes of one input, where several pass it."""
        return self.domains[: self.kind.dims or None]


class NowhereOpenError(Error):
    """A domain was given for a parameter that every layer has fixed, or lacks."""

    parameter = ""


def every_domain_used(given: Mapping[str, object], stack: Stack) -> None:
    """Raises NowhereOpenError where a domain was given that no layer leaves open."""
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


def filled(
    stack: Stack, axes: int, given: Mapping[str, object], *, holes: bool, flat: bool = False
) -> tuple[Layer, ...]:
    """The layers of a stack.

    Args:
        stack: as written; what is repeated is taken once.
        axes: how many there are.
        given: domains for what the layers leave open.
        holes: whether holes are asked for; else what is left out has torch's default.
        flat: whether channels without axes go in.

    Raises:
        Error: ``missing-parameter`` where nobody says what has no default; ``dimension-mismatch``; ``bad-stack``
            where a layer cannot stand where it does.
    """
    # a repeated layer is one and the same object: what is known of it need not be found again
    made: dict[tuple[int, bool], Layer] = {}
    found = []
    for place, written in enumerate(stack.layers):
        key = id(written), flat
        if key not in made:
            _refuse_misplaced(place, written, 0 if flat else axes)
            made[key] = layer_of(written, axes, given, holes=holes, flat=flat)
        found.append(made[key])
        flat = found[-1].kind.flat_out
    return tuple(found)


def _refuse_misplaced(place: int, written: Written, axes: int) -> None:
    """Raise where a layer cannot stand behind so many axes."""
    if complaint := written.kind.complaint(axes, [name for name, _ in written.parameters]):
        wrong, mend = complaint
        raise Error("bad-stack", f"layer {place} ({written.kind.name}): {wrong}", help=[mend])


def layer_of(written: Written, axes: int, given: Mapping[str, object], *, holes: bool, flat: bool = False) -> Layer:
    """A layer as written, on so many axes, behind channels without axes or not."""
    said = dict(written.parameters)
    kind_class = written.kind
    for parameter in kind_class.axis_parameters:
        if parameter.hole and parameter.name in given and parameter.name not in said:
            said[parameter.name] = axis_value(kind_class, parameter, given[parameter.name])
    options = {
        option.name: said[option.name]
        for option in kind_class.options
        if option.name in said and not isinstance(said[option.name], Domains)  # what is to be found has no value yet
    }
    extra: dict[str, Any] = {}
    if isinstance(word := said.get("padding"), str):
        extra["padding_word"] = word
        said["padding"] = Domains(((0,),), per_axis=False)
    for parameter in kind_class.axis_parameters:
        if isinstance(parameter.default, str):
            extra[f"{parameter.name}_follows"] = parameter.name not in said
        extra |= _fractions(said.get(parameter.name))
    kind = kind_class(dims=0 if flat and not kind_class.lifts else axes, **options, **extra)
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


def _fractions(value: object) -> dict[str, Any]:
    """What a kind must know of a parameter that may be a fraction."""
    if not isinstance(value, Domains) or value.units == 1:
        return {}
    fractions = sorted({one for each in value.each for one in each if one % value.units})
    return {"denominator": value.units, "fractions": tuple(fractions)}


def axes_made(stack: Stack) -> int:
    """The axes that a stack makes of channels without any; 1 where it makes none."""
    for layer in stack.layers:
        sizes = dict(layer.parameters).get("sizes")
        if isinstance(sizes, Domains):
            return len(sizes.each)
    return 1


def with_axes(source: Shape, stack: Stack | str) -> Shape:
    """A shape for a statement: channels without axes as sizes of 1, on as many axes as the stack makes of them."""
    return source if source.size else Shape(source.channels, (1,) * axes_made(Stack.read(stack)), flat=True)


def statement(stack: Stack | str, shape: Shape) -> tuple[Layer, ...]:
    """The layers of a stack in which nothing is asked for, behind a shape: what is left out has torch's default."""
    written = Stack.read(stack)
    if not written.layers:
        raise Error("bad-stack", "the stack has no layers", help=["write one, as in Conv()"])
    if written.repeats:
        raise Error("not-fixed", "how often layers are repeated is to be found", help=["give a number, as in * 4"])
    layers = filled(written, len(shape.size), {}, holes=False, flat=shape.flat)
    for place, layer in enumerate(layers):
        for parameter, domains in zip(layer.kind.axis_parameters, zip(*layer.domains, strict=True), strict=True):
            if (most := max(map(len, domains))) > 1:
                raise Error(
                    "not-fixed",
                    f"layer {place} ({layer.kind.name}): {parameter.name} has {most} values",
                    help=["give every parameter one value; a question is asked with convsolve solve"],
                )
    return layers


def written_out(layer: Layer, written: Written | None = None) -> Written:
    """The layer as it would be written with every domain said, the limits included.

    What a layer cannot know, as it is to be found, is taken from how it was `written`.
    """
    said: dict[str, object] = {}
    for place, parameter in enumerate(layer.kind.axis_parameters):
        if isinstance(parameter.default, str) and layer.kind.follows(parameter.name):
            continue
        if word := layer.kind.word(parameter.name):
            said[parameter.name] = word
            continue
        each = tuple(axis[place] for axis in layer.of_one)
        per_axis = parameter.name in layer.per_axis
        if len(set(each)) > 1 and not per_axis:
            continue  # default limits that follow another parameter: written per axis they would untie the axes
        said[parameter.name] = Domains(each if per_axis else each[:1], per_axis, layer.kind.units(parameter.name))
    for option in layer.kind.options:
        value = getattr(layer.kind, option.name)
        if value != option.default:
            said[option.name] = value
    if written is not None:
        found = {option.name for option in layer.kind.options if option.open}
        said |= {name: value for name, value in written.parameters if name in found and isinstance(value, Domains)}
    return write(layer.kind.__class__, (), said)
