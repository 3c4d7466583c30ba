"""``convsolve verify``: a model in a file, run in torch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from convsolve.cli import options as given
from convsolve.cli.streams import Color, look, named, say, write, write_record

if TYPE_CHECKING:
    from convsolve.check.report import Report
    from convsolve.shapes import Shape


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
        say(*told(report), *_mends(report, into, out), *(report.notes if report.faults else ()))
    return code_of(report)


def _mends(report: Report, source: Shape, target: Shape) -> list[str]:
    """What torch's own words mean; and, where only the last size is wrong, which settings of its layer give it."""
    from convsolve.errors import Error
    from convsolve.torch_messages import read

    for fault in report.faults:
        try:
            found = read(fault.got)
        except Error:
            continue
        return [f"because {found.because}: {found.equation}", *(f"  help: {line}" for line in found.help)]
    steps = report.steps
    kind = re.match(r"(Conv|ConvTranspose)[123]d", steps[-1].module) if steps else None
    if kind is None or steps[-1].shape[1:] == target.size:
        return []
    size = steps[-2].shape[1:] if len(steps) > 1 else source.size
    record = {"Conv": "conv", "ConvTranspose": "conv_transpose"}[kind[1]]
    command = f"convsolve solve {'x'.join(map(str, size))} {'x'.join(map(str, target.size))} --layer {record}"
    return ["  help: settings of the last layer that give that size, or why there are none:", f"          {command}"]
