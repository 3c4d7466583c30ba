"""``convsolve solve``: from two sizes to settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple, Unpack

import typer

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.question import ObjectiveWords, asking, number, question
from convsolve.cli.signals import CODES, Signals, Terminated
from convsolve.cli.sources import as_typed
from convsolve.cli.streams import Color, Look, look, say, write
from convsolve.errors import Error
from convsolve.limits import Limits

if TYPE_CHECKING:
    from convsolve.answer import Answer, Solution
    from convsolve.cli.checks import Checked
    from convsolve.problem import Problem


class Wanted(NamedTuple):
    """What is to come of an answer."""

    number: int | None
    every: bool
    check: given.Level | None
    emit: str | None
    force: bool
    json: bool
    jsonl: bool
    page: Look
    limits: Limits
    explain: given.Explain

    @property
    def confirm(self) -> int:
        """How many solutions are put to Z3."""
        from convsolve.answering import CONFIRMED, MOST_LISTED

        return CONFIRMED if self.check in {None, given.Level.ARITHMETIC} else MOST_LISTED

    @property
    def text(self) -> Callable[[int, Solution], str] | None:
        """How a solution is written; None where a table is drawn of all."""
        from convsolve.cli.output import record
        from convsolve.render.answers import rows

        return record if self.json or self.jsonl else None if self.page.table else rows

    @property
    def in_torch(self) -> bool:
        """Whether torch is to run what was found."""
        return self.emit is not None or self.check in {given.Level.TORCH, given.Level.BACKWARD, given.Level.FAMILY}


@asking(before="count")
def solve(  # noqa: PLR0913 - the options of interface.md
    ctx: typer.Context,
    source: given.Input,
    target: given.Target,
    *,
    count: Annotated[
        str | None,
        typer.Option(
            "--count",
            metavar="N",
            help="How many combinations to list.  [default: all for one layer, 5 for more]",
            rich_help_panel=given.ANSWER,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List every combination.", rich_help_panel=given.ANSWER)] = False,
    check: Annotated[
        given.Level | None,
        typer.Option(
            "--check",
            metavar="LEVEL",
            help="arithmetic, z3 (what is listed), torch, backward (the first 100 that are listed, in a child process)."
            "  [default: z3 for the first 100]",
            show_default=False,
            rich_help_panel=given.ANSWER,
        ),
    ] = None,
    emit: Annotated[
        str | None,
        typer.Option(
            "--emit",
            metavar="FILE.py",
            help="Write the first as an nn.Sequential, once torch has run it.",
            rich_help_panel=given.CODE,
        ),
    ] = None,
    smt2: given.Smt2 = None,
    explain: given.ExplainOption = given.Explain.SHORT,
    timeout: given.Timeout = None,
    memory: given.Memory = None,
    force: given.Force = False,
    json: given.Json = False,
    jsonl: Annotated[
        bool,
        typer.Option("--jsonl", help="A solution a line; with --all as they are found.", rich_help_panel=given.OUTPUT),
    ] = False,
    color: given.ColorOption = Color.AUTO,
    **typed: Unpack[ObjectiveWords],
) -> int:
    """Find the settings that turn one size into another, most conventional first.

    Examples:
      convsolve solve 28 14                              one layer: every combination
      convsolve solve 4x4 61x79 --layers 4               four layers, each axis on its own
      convsolve solve 100@1x1 3@64x64 --layers 5 --emit generator.py
      convsolve solve 28 7 --stack "Conv(k=3) >> MaxPool() >> Conv()"
      convsolve solve 46x62 368x489 -k 16 -s 8           the limits of what is tried
      convsolve solve HxW H/8xW/8 --layers 3             one stack for every size that 8 divides
      convsolve solve 128@4x4 3@64x64 --layers 4 --minimize macs --where "kernel_size >= stride"
      convsolve solve 224 7 --layers 5 --where "out_size[1] == 56" --odd-kernels
      convsolve solve --spec question.toml --count 1     the whole question in a file
    """
    if json and jsonl:
        raise Error("usage", "--json and --jsonl exclude each other", help=["leave one of them out"])
    if every and count is not None:
        raise Error("usage", "--all and --count exclude each other", help=["leave one of them out"])
    if emit == "-":
        raise Error("usage", "--emit writes a file", help=["convsolve solve ... --json | convsolve emit -"])
    limits = Limits.read(timeout, memory)
    wanted = None if count is None else number(count, "--count", least=0 if emit is None else 1)
    problem = question(source, target, typed)
    if jsonl and every and (emit is not None or check is not None):
        raise Error(
            "usage",
            "--jsonl --all prints combinations as they are found, checked by integers alone",
            help=["leave out --all, or --emit and --check"],
        )
    if smt2 is not None:
        from convsolve.cli.smt2 import write_question

        write_question(problem, smt2, force=force)
    asked = Wanted(wanted, every, check, emit, force, json, jsonl, look(color), limits, explain)
    return (_as_found if jsonl and not asked.in_torch else _listed)(problem, asked, ctx)


def _as_found(problem: Problem, wanted: Wanted, ctx: typer.Context) -> int:
    """A solution a line, each as soon as it is found."""
    from convsolve.answering import search, search_all
    from convsolve.cli.output import Lines, words
    from convsolve.cli.work import explained, heard
    from convsolve.events import Progress

    signals: Signals = ctx.obj
    progress = Progress(problem, count=wanted.number, every=wanted.every)
    lines = Lines(progress, head=wanted.every)
    work = (
        partial(search_all, problem)
        if wanted.every
        else partial(search, problem, count=wanted.number, confirm=wanted.confirm)
    )
    stop = heard(partial(explained, work, problem), lines, wanted.limits, signals, line=not wanted.page.table)
    with signals.noted():
        lines.finish()
        found = as_typed(progress.answer(stop), ctx)
        if not found:
            say(*words(found), *_advice(found, wanted))
        elif found.stopped:
            say(f"{lines.written:,} printed; then {found.stopped.words}", *_advice(found, wanted))
        return outcome(found)


def _listed(problem: Problem, wanted: Wanted, ctx: typer.Context) -> int:
    """All together, once all is known."""
    from convsolve.answering import search
    from convsolve.cli import output
    from convsolve.cli.work import explained, heard
    from convsolve.events import Progress

    signals: Signals = ctx.obj
    progress = Progress(problem, count=wanted.number, every=wanted.every)
    texts = output.Texts(progress, wanted.text)
    work = partial(search, problem, count=wanted.number, every=wanted.every, confirm=wanted.confirm)
    stop = heard(partial(explained, work, problem), texts, wanted.limits, signals)
    found = as_typed(progress.answer(stop), ctx)
    code, remarks = outcome(found), _advice(found, wanted)
    if found and signals.heard is None and (wanted.check is not None or wanted.emit is not None):
        try:
            found, code, more = _checked(found, wanted, signals.remaining(wanted.limits))
            remarks += more
        except (KeyboardInterrupt, Terminated):
            remarks.append("ended before torch had run it")
    with signals.noted():
        if wanted.json:
            output.write_answer(found, texts.of(found))
        elif wanted.jsonl:
            write(texts.of(found))
        else:
            output.show(found, wanted.page, texts.of(found), hint=wanted.emit is None, seconds=signals.left)
        if (wanted.json or wanted.jsonl) and (not found or found.stopped):
            say(*output.words(found))
        say(*remarks)
        return code if signals.heard is None else CODES[signals.heard]


def _checked(found: Answer, wanted: Wanted, limits: Limits) -> Checked:
    from convsolve.cli.checks import Checked, more_checked, written_first

    checked = more_checked(found, wanted.check, limits)
    if wanted.emit is None or checked.code is ExitCode.CHECK_FAILED:
        return checked
    written = written_first(checked.answer, wanted.emit, force=wanted.force, level=wanted.check, limits=limits)
    return Checked(written.answer, max(checked.code, written.code), [*checked.remarks, *written.remarks])


def outcome(found: Answer) -> ExitCode:
    """The exit code of an answer."""
    from convsolve.answer import Status

    if found.stopped in CODES:
        return CODES[found.stopped]
    codes = {
        Status.SOLVED: ExitCode.FOUND,
        Status.IMPOSSIBLE: ExitCode.IMPOSSIBLE,
        Status.GAVE_UP: ExitCode.GAVE_UP,
    }
    return codes[found.status]


def _advice(found: Answer, wanted: Wanted) -> list[str]:
    """Why there is no answer, and what to do."""
    from convsolve.answer import Status
    from convsolve.render.answers import explanation, known

    if found.status is Status.IMPOSSIBLE and found.stopped is None:
        return explanation(found, full=wanted.explain is given.Explain.FULL)
    if found.stopped is None or found.stopped in CODES:
        return []
    return known(found, wanted.limits)
