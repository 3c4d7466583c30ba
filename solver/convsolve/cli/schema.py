"""``convsolve schema``: what the records look like."""

from __future__ import annotations

import json as json_format
from typing import Annotated

import typer

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.streams import Color, look, write, write_record


def names() -> list[str]:
    """What completion offers."""
    from convsolve.schema import NAMES

    return [name.removeprefix("convsolve.").partition("/")[0] for name in NAMES]


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            autocompletion=names,
            help="answer, solution, spec, trace, ... ; without a name, a list.",
            show_default=False,
        ),
    ] = None,
    json: given.Json = False,
    color: given.ColorOption = Color.AUTO,
) -> int:
    """Print the JSON Schema of a record, or the records that there are.

    Examples:
      convsolve schema
      convsolve schema answer > answer.schema.json
    """
    from convsolve.schema import NAMES, TITLES, schema

    if name is not None:
        found = schema(name)
        if json:
            write_record(found)
        else:
            write([json_format.dumps(found, indent=2)])
    elif json:
        write_record({known: schema(known) for known in NAMES})
    else:
        from convsolve.render.table import Column, drawn, tabbed

        page, rows = look(color), [(known, TITLES[known]) for known in NAMES]
        columns = [Column("record", number=False), Column("where", number=False)]
        names = [column.name for column in columns]
        write(drawn(columns, rows, width=page.width, bold=page.bold) if page.table else tabbed(names, rows))
    return ExitCode.FOUND
