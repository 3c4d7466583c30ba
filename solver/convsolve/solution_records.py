"""Solutions read back from their records: nothing is believed that the integers do not say, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convsolve.answer import Solution
from convsolve.check.integers import faults
from convsolve.errors import Error
from convsolve.families import Family
from convsolve.filling import layer_of
from convsolve.layers.base import SIZES, LayerKind
from convsolve.layers.solved import OF_CHANNELS, SolvedLayer, per_axis
from convsolve.letters import Members
from convsolve.registry import kind_named
from convsolve.shapes import LARGEST_SIZE, MOST_AXES
from convsolve.sizes import Form
from convsolve.stack import Written, write


def solution_of_record(record: Mapping[str, Any]) -> Solution:
    """A solution from its record.

    Raises:
        Error: ``bad-record`` where it is no solution, or its sizes are not what its settings give.
    """
    try:
        if record["schema"] != "convsolve.solution/1":
            raise ValueError("schema")
        if not record["layers"]:
            raise ValueError("layers")
        axes = max(len(layer[end]) for layer in record["layers"] for end in SIZES)
        if axes > MOST_AXES:
            raise ValueError("layers")
        family = _family(record, max(axes, 1)) if "family" in record else None
        read = [_layer(one, max(axes, 1), sized=family is None) for one in record["layers"]]
        layers, *others = [tuple(read)] if family is None else _on_lines(read, family, record["input"]["size"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Error(
            "bad-record",
            f"no convsolve.solution/1 record ({error})" if str(error) else "no solution record",
            help=["give a solution as convsolve solve --json or --jsonl prints it"],
        ) from None
    solution = Solution(layers, others=tuple(others), family=family)
    if found := [one for some in (layers, *others) for one in faults(some)] or _untold(solution, record):
        raise Error("bad-record", f"the record contradicts itself: {found[0]}")
    return solution.with_checked("arithmetic")


def _family(record: Mapping[str, Any], axes: int) -> Family:
    """What the letters of a record stand for."""
    members = []
    for letter, said in record["family"].items():
        step, starts, last = said["step"], tuple(said["starts"]), said["last"]
        numbers = (step, *starts, *(() if last is None else (last,)))
        if (
            Form.read(letter) != Form(letter)
            or not starts
            or any(type(number) is not int or not 1 <= number <= LARGEST_SIZE for number in numbers)
        ):
            raise ValueError("family")
        members.append(Members(letter, step, starts, last))
    sizes = record["input"]["size"]
    source = tuple(Form.read(size) if isinstance(size, str) else None for size in sizes)
    known = {one.letter for one in members}
    if len(sizes) != axes or not members or any(form and form.letter not in known for form in source):
        raise ValueError("family")
    return Family(tuple(members), source)


def _on_lines(
    layers: Sequence[SolvedLayer], family: Family, source: Sequence[str | int]
) -> Iterator[tuple[SolvedLayer, ...]]:
    """The layers on the way of the first member of each line."""
    numbers = [size if isinstance(size, int) else 1 for size in source]
    for line in range(family.lines):
        size = tuple(one.base for one in family.inputs(numbers, line))
        found = []
        for layer in layers:
            maps = (layer.kind.size_map(setting) for setting in layer.settings)
            out = tuple(size_map.out(one) or 0 for size_map, one in zip(maps, size, strict=True))
            channels = layer.in_channels, layer.out_channels
            found.append(SolvedLayer.passing(layer.kind, layer.settings, channels, (size, out)))
            size = out
        yield tuple(found)


def _untold(solution: Solution, record: Mapping[str, Any]) -> list[str]:
    """Where a family's record has other sizes than its settings give."""
    if solution.family is None:
        return []
    try:
        ends = solution.ends
    except ValueError as error:
        return [str(error)]
    return [
        f"layer {place} ({layer.kind.name}) leads from {'x'.join(map(str, into))} to {'x'.join(map(str, out))}"
        for place, (layer, said, (into, out)) in enumerate(zip(solution.layers, record["layers"], ends, strict=True))
        if ([*into], [*out]) != (said["in_size"], said["out_size"])
    ]


def _layer(record: Mapping[str, Any], axes: int, *, sized: bool) -> SolvedLayer:
    """A layer with the sizes of its record; without any where these are a family's, which are text."""
    layer = layer_of(_written(record, axes), axes, {}, holes=False, flat=not record["in_size"])
    ends = [
        per_axis(record, end, axes) if sized and not flat else ()
        for end, flat in zip(SIZES, (layer.kind.flat_in, layer.kind.flat_out), strict=True)
    ]
    settings = tuple(tuple(domain[0] for domain in axis) for axis in layer.domains)
    channels = _channels(record["in_channels"]), _channels(record["out_channels"])
    return SolvedLayer(layer.kind, settings, *channels, *ends)


def _written(record: Mapping[str, Any], axes: int) -> Written:
    """A layer's record as it would be written in a stack."""
    kind_class = kind_named(record["kind"]).variant([*record])
    said: dict[str, Any] = {
        option.name: record[option.name]
        for option in kind_class.options
        if option.name in record and option.name not in OF_CHANNELS
        if record[option.name] is not None or option.default is not None
    }
    said |= {name: record["out_channels"] for name in _names(kind_class) & OF_CHANNELS if record["out_channels"]}
    for parameter in kind_class.axis_parameters:
        value = record[parameter.name]
        if isinstance(value, str) and parameter.words:
            said[parameter.name] = value
        else:
            said[parameter.name] = per_axis(record, parameter.name, axes, fractions=parameter.decimals)
    return write(kind_class, (), said)


def _names(kind: type[LayerKind]) -> set[str]:
    return {option.name for option in kind.options}


def _channels(value: object) -> int | None:
    if value is not None and (type(value) is not int or not 1 <= value <= LARGEST_SIZE):
        raise ValueError("channels")
    return value
