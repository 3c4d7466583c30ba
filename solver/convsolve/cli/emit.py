"""``convsolve emit``: a solution from a record as code."""

from __future__ import annotations

from typing import Annotated

import typer

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.question import number
from convsolve.cli.streams import named, say, write

_STDOUT = "-"


def emit(  # noqa: PLR0913 - the options of interface.md
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help="A file of solve --json or --jsonl, or - for stdin.")],
    *,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE.py", help="Where to write; - for stdout.", rich_help_panel=given.CODE
        ),
    ] = _STDOUT,
    pick: Annotated[
        str, typer.Option("--pick", metavar="N", help="Which solution, from 1.", rich_help_panel=given.CODE)
    ] = "1",
    activation: Annotated[
        str | None,
        typer.Option(
            "--activation",
            metavar="NAME",
            help="Behind every convolution but the last: relu, leaky_relu:0.2, ...",
            rich_help_panel=given.CODE,
        ),
    ] = None,
    norm: Annotated[
        str | None,
        typer.Option(
            "--norm",
            metavar="NAME",
            help="In front of the activation: batch, instance, group:8.",
            rich_help_panel=given.CODE,
        ),
    ] = None,
    final_activation: Annotated[
        str | None,
        typer.Option(
            "--final-activation", metavar="NAME", help="Behind the last convolution.", rich_help_panel=given.CODE
        ),
    ] = None,
    class_name: Annotated[
        str | None,
        typer.Option(
            "--class-name",
            metavar="NAME",
            help="A class of this name; else a value named model.",
            rich_help_panel=given.CODE,
        ),
    ] = None,
    force: given.Force = False,
) -> int:
    """Write a solution as a torch module, once torch has run it.

    Examples:
      convsolve solve 100@1x1 3@64x64 --layers 5 --json > found.json
      convsolve emit found.json -o generator.py --norm batch --activation relu --final-activation tanh
      convsolve solve 7 28 --jsonl | convsolve emit - --pick 3 --class-name Upsample
    """
    from convsolve.answer import Solution
    from convsolve.cli.records import read_solution

    place = number(pick, "--pick", least=1)
    # Imported late: a file that is no record should be refused at once.
    solution = Solution.from_dict(read_solution(answer, place))

    from convsolve.check.child import check_layers
    from convsolve.cli.checks import code_of, to_edit, told
    from convsolve.emit.code import code
    from convsolve.emit.dressing import dressed
    from convsolve.emit.writing import refuse, write_text

    if output != _STDOUT:
        refuse(output, force=force)
    text = code(solution, activation=activation, norm=norm, final_activation=final_activation, class_name=class_name)
    layers = dressed(solution, activation, norm, final_activation)
    if (activation or norm or final_activation) and len(layers) == len(solution.layers):
        say("nothing was added: the solution has activations and norms of its own, or no convolution to follow")
    report = check_layers(layers)
    if not report.passed:
        say(*told(report), "nothing was written")
        return code_of(report)
    if output == _STDOUT:
        write(text.splitlines())
    else:
        write_text(output, text, force=force)
    checked = ", ".join(dict.fromkeys((*solution.checked, *report.levels)))
    where = "the code" if output == _STDOUT else output
    say(f"wrote {named(where)}, checked: {checked}", *to_edit(solution, where))
    return ExitCode.FOUND
