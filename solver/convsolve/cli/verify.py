"""``convsolve verify``: a model in a file, run in torch."""

from __future__ import annotations

from typing import Annotated

import typer

from convsolve.cli import options as given
from convsolve.cli.streams import Color, look, named, say, write, write_record


def verify(
    model: Annotated[str, typer.Argument(metavar="FILE.py:NAME", help="The model; module:NAME works, too.")],
    source: given.Shape,
    target: Annotated[
        str,
        typer.Option("--output", metavar="SHAPE", help="The shape that must come out.", rich_help_panel=given.SHAPES),
    ],
    json: given.Json = False,
    color: given.ColorOption = Color.AUTO,
) -> int:
    """Build a model of your own and run it in torch. This runs the file's code, in a child process.

    Examples:
      convsolve verify decoder.py:model --input 128@4x4 --output 3@61x79
      convsolve verify mypackage.nets:Decoder --input 7x7 --output 28x28
    """
    from convsolve.shapes import Shape

    into, out = Shape.read(source, "input"), Shape.read(target, "output")

    from convsolve.check.child import split_model, verify_file
    from convsolve.cli.checks import announce, code_of, told

    path, name = split_model(model)
    announce(path)
    report = verify_file(path, name, into, out)
    if json:
        write_record(
            {"schema": "convsolve.check/1", "model": model, "input": str(into), "output": str(out)} | report.to_dict()
        )
    elif report.steps and look(color).table:
        from convsolve.render.table import Column, drawn

        columns = [Column("#"), Column("module", number=False), Column("output", number=False)]
        rows = [(str(place), step.module, "x".join(map(str, step.shape))) for place, step in enumerate(report.steps)]
        write(drawn(columns, rows, width=look(color).width, bold=look(color).bold))
    elif report.steps:
        from convsolve.render.table import tabbed

        steps = enumerate(report.steps)
        write(
            tabbed(
                ("number", "module", "output"),
                ((str(place), step.module, "x".join(map(str, step.shape))) for place, step in steps),
            )
        )
    if report.passed:
        backend = f" {report.backend.torch}" if report.backend else ""
        say(f"{named(model)}: {into} -> {out} holds in torch{backend}, batch 1 and 2", *report.notes)
    else:
        say(*told(report), *(report.notes if report.faults else ()))
    return code_of(report)
