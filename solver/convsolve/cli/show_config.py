"""``--show-config``: what every option of a command is, and where that comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from convsolve.cli.streams import Color, look, named, write, write_record

if TYPE_CHECKING:
    from typer._click.core import Context, Parameter

_DEFAULT = re.compile(r"\[default: (.*)\]", re.DOTALL)


class Row(NamedTuple):
    """An option, its value, what it is where nobody says it, and where it comes from."""

    name: str
    value: object
    default: str | None
    source: str  # command-line, spec, environment, pyproject or built-in
    place: str | None


def show(
    context: Context,
    parameters: Mapping[str, Parameter],
    sources: Mapping[str, tuple[str, str | None]],
) -> None:
    """Print the options of a command, as a table or as a record.

    Args:
        context: of the command, its values settled.
        parameters: by their names.
        sources: where the value of each that is not built in comes from, and its place there.
    """
    rows = [_row(context, name, parameter, sources) for name, parameter in parameters.items()]
    if context.params.get("json"):
        record = {"schema": "convsolve.config/1", "command": context.command.name}
        write_record(record | {"options": [row._asdict() for row in rows]})
    else:
        _draw(rows, Color(context.params.get("color") or Color.AUTO))


def _draw(rows: Sequence[Row], color: Color) -> None:
    from convsolve.render.table import Column, drawn, tabbed

    head = ("option", "value", "from")
    lines = [(row.name, _shown(row), _from(row)) for row in rows]
    page = look(color)
    columns = [Column(name, number=False) for name in head]
    write(drawn(columns, lines, width=page.width, bold=page.bold) if page.table else tabbed(head, lines))


def _row(context: Context, name: str, parameter: Parameter, sources: Mapping[str, tuple[str, str | None]]) -> Row:
    source, place = sources.get(name, ("built-in", None))
    value = context.params.get(str(parameter.name))
    text = _DEFAULT.search(getattr(parameter, "help", None) or "")
    default = text[1] if text else None
    return Row(name, getattr(value, "value", value), default, source, place)


def _shown(row: Row) -> str:
    if row.source == "built-in" and row.default is not None:
        return row.default
    match row.value:
        case None | [] | ():
            return "-"
        case bool():
            return "yes" if row.value else "no"
        case list() | tuple():
            return "; ".join("?" if part is None else named(str(part)) for part in row.value)
    return named(str(row.value))


def _from(row: Row) -> str:
    return {"command-line": "command line", "built-in": "built in"}.get(row.source) or str(row.place)
