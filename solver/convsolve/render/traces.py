"""A trace as a table: every layer with its sizes and costs, and the sums under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convsolve.field import Field
from convsolve.layers.solved import SolvedLayer
from convsolve.render.layers import FIELDS, axes, columns, fields, label, parameter, telling, way
from convsolve.render.table import Column, Part, tabbed
from convsolve.tracing import Trace

HEAD = ("layer_number", *FIELDS, "params", "macs", "receptive_field", "jump", "centre")


def table(trace: Trace) -> tuple[list[Column], list[Part]]:
    """A row a layer that was passed, numbered from 0 as reasons number them."""
    names = telling(trace.layers)
    costly = any(layer.figures for layer in trace.layers)
    head = [
        Column("#"),
        Column("layer", number=False),
        Column("in -> out", number=False),
        *columns(names),
        *([Column("params"), Column("macs")] if costly else []),
        Column("receptive field", "field"),
    ]
    parts: list[Part] = [
        (
            str(place),
            label(layer),
            way(layer),
            *(parameter(layer, name) for name in names),
            *(map(_count, figures) if costly else ()),
            axes(field.size, each=True),
        )
        for place, layer, figures, field in _steps(trace)
    ]
    return head, parts


def totals(trace: Trace) -> str:
    """The sums of a trace that came through."""
    costs = trace.costs
    counted = [
        f"{value:,} {name}"
        for name, value in (
            ("params", costs.params),
            ("macs", costs.macs),
            ("activations", costs.activations),
            ("at the peak", costs.peak),
        )
        if value is not None
    ]
    return ", ".join(["total: " + counted[0], *counted[1:]]) if counted else ""


def rows(trace: Trace) -> Iterator[str]:
    """The same for a program."""
    return tabbed(
        HEAD,
        (
            [
                str(place),
                *fields(layer),
                *map(_plain, figures),
                *(axes(part, each=True) for part in field),
            ]
            for place, layer, figures, field in _steps(trace)
        ),
    )


def alignment(trace: Trace) -> str:
    """How the outputs of a trace that came through lie over its input."""
    if not trace.input.size:
        return "channels without axes have no receptive field"
    size, jump, centre = (axes(part) for part in trace.fields[-1])
    return f"receptive field {size}, jump {jump}, centre of the first at {centre}"


def _steps(trace: Trace) -> Iterator[tuple[int, SolvedLayer, Sequence[int | None], Field]]:
    """Each layer with its own params and macs, and the receptive field of all up to it."""
    for place, (layer, field) in enumerate(zip(trace.layers, trace.fields, strict=True)):
        yield place, layer, (layer.figures or (None, None))[:2], field


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _plain(number: int | None) -> str:
    return "" if number is None else str(number)
