"""``convsolve pareto``: the combinations that no other one beats in every cost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.question import Words, asking, question
from convsolve.cli.signals import CODES, Signals
from convsolve.cli.solve import outcome
from convsolve.cli.streams import Color, look, say, write, write_record
from convsolve.errors import Error
from convsolve.limits import Limits, to_change

if TYPE_CHECKING:
    from convsolve.answer import Answer

_COSTS = "params, macs, activations, peak, receptive_field, overlap (elements that neighbouring windows share)"


@asking(before="timeout")
def pareto(  # noqa: PLR0913 - the options of interface.md
    ctx: typer.Context,
    source: given.Input,
    target: given.Target,
    *,
    minimize: Annotated[
        list[str] | None,
        typer.Option("--minimize", metavar="COST", help=f"{_COSTS}; once for each.", rich_help_panel=given.ANSWER),
    ] = None,
    maximize: Annotated[
        list[str] | None,
        typer.Option("--maximize", metavar="COST", help="Likewise to be large.", rich_help_panel=given.ANSWER),
    ] = None,
    timeout: given.Timeout = None,
    memory: given.Memory = None,
    json: given.Json = False,
    color: given.ColorOption = Color.AUTO,
    **typed: Unpack[Words],
) -> int:
    """Find the combinations that no other one beats in every cost.

    Examples:
      convsolve pareto 128@4x4 3@64x64 --layers 4 --minimize macs --maximize receptive_field
      convsolve pareto 3@224 512@7 --layers 3..5 --minimize macs --maximize overlap --json
    """
    limits = Limits.read(timeout, memory)
    costs = [*(minimize or ()), *(f"-{cost}" for cost in maximize or ())]
    if not costs:
        raise Error(
            "usage",
            "no cost is given",
            help=["write --minimize params --maximize receptive_field", f"costs are {_COSTS}"],
        )
    problem = question(source, target, typed)
    from convsolve.cli.output import Texts, words
    from convsolve.cli.work import drawn, heard
    from convsolve.events import Progress
    from convsolve.render import answers

    signals: Signals = ctx.obj
    kept = Texts(Progress(problem), None)
    work = partial(drawn, lambda space: [point.solution for point in space.pareto(*costs)], problem)
    found = kept.progress.answer(heard(work, kept, limits, signals))
    whole = kept.progress.ended is not None  # before, a better one may be missing
    code = outcome(found) if whole or found.stopped in CODES else ExitCode.GAVE_UP
    with signals.noted():
        if whole and found:
            _show(found, costs, json=json, color=color)
        elif json:
            write_record(_record(found, costs) | {"solutions": [], "values": []})
        if not whole:
            say(f"gave up: {found.stopped.words if found.stopped else 'it ended'} before the set was complete")
            say(f"  help: {to_change(found.stopped, limits)}")
        elif not found:
            say(*words(found))
        else:
            say(*answers.limits(problem))
        return code


def _show(found: Answer, costs: list[str], *, json: bool, color: Color) -> None:
    from convsolve.render import answers, points
    from convsolve.render.table import drawn, tabbed

    if json:
        write_record(_record(found, costs))
        return
    page = look(color)
    pairs = list(zip(found.solutions, _values(found, costs), strict=True))
    columns, rows = points.table(costs, pairs, every=not page.table)
    headline = answers.beaten_by_none(found, costs)
    say(look(Color.AUTO).bold(headline) if page.colored else headline)
    if page.table:
        say("")
        write(drawn(columns, rows, width=page.width, bold=page.bold))
        say("")
    else:
        write(tabbed([column.name for column in columns], rows))


def _values(found: Answer, costs: list[str]) -> list[tuple[int, ...]]:
    from convsolve.space.labels import cost_of

    return [tuple([cost_of(solution, cost) for cost in costs]) for solution in found.solutions]


def _record(found: Answer, costs: list[str]) -> dict[str, object]:
    from convsolve.versions import versions

    return {
        "schema": "convsolve.pareto/1",
        "costs": costs,
        "total": found.total,
        "problem": found.problem.to_dict(),
        "values": _values(found, costs),
        "solutions": [solution.to_dict() for solution in found.solutions],
        "versions": versions(),
    }
