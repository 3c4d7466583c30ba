"""``convsolve solve``: from two sizes to settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.question import Words, number, question
from convsolve.cli.streams import Color, Look, look, record_text, say, write, write_now, write_record
from convsolve.errors import Error

if TYPE_CHECKING:
    from convsolve.answer import Answer, Solution
    from convsolve.events import Event
    from convsolve.problem import Problem

LARGEST_BLOCK = 1_024  # records that wait to be written together


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


def solve(  # noqa: PLR0913 - the options of interface.md
    source: given.Input,
    target: given.Target,
    *,
    layers: given.Layers = None,
    layer: given.Layer = None,
    stack: given.Stack = None,
    channels: given.Channels = None,
    tie: given.Tie = None,
    kernel_size: given.KernelSize = None,
    stride: given.Stride = None,
    padding: given.Padding = None,
    dilation: given.Dilation = None,
    output_padding: given.OutputPadding = None,
    minimize: given.Minimize = None,
    maximize: given.Maximize = None,
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
    force: given.Force = False,
    json: given.Json = False,
    jsonl: Annotated[
        bool,
        typer.Option("--jsonl", help="A solution a line; with --all as they are found.", rich_help_panel=given.OUTPUT),
    ] = False,
    color: given.ColorOption = Color.AUTO,
) -> int:
    """Find the settings that turn one size into another, most conventional first.

    Examples:
      convsolve solve 28 14                              one layer: every combination
      convsolve solve 4x4 61x79 --layers 4               four layers, each axis on its own
      convsolve solve 100@1x1 3@64x64 --layers 5 --emit generator.py
      convsolve solve 28 7 --stack "Conv(k=3) >> MaxPool() >> Conv()"
      convsolve solve 46x62 368x489 -k 16 -s 8           the limits of what is tried
      convsolve solve 128@4x4 3@64x64 --layers 4 --minimize macs
    """
    if json and jsonl:
        raise Error("usage", "--json and --jsonl exclude each other", help=["leave one of them out"])
    if every and count is not None:
        raise Error("usage", "--all and --count exclude each other", help=["leave one of them out"])
    if emit == "-":
        raise Error("usage", "--emit writes a file", help=["convsolve solve ... --json | convsolve emit -"])
    wanted = None if count is None else number(count, "--count", least=0 if emit is None else 1)
    problem = question(
        source,
        target,
        Words(
            layers=layers,
            layer=layer,
            stack=stack,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            output_padding=output_padding,
            tie=tie,
            channels=channels,
            minimize=minimize,
            maximize=maximize,
        ),
    )
    if jsonl and every:
        if emit is not None or check is not None:
            raise Error(
                "usage",
                "--jsonl --all prints combinations as they are found, checked by integers alone",
                help=["leave out --all, or --emit and --check"],
            )
        return _streamed(problem)
    return _listed(problem, Wanted(wanted, every, check, emit, force, json, jsonl, look(color)))


def _listed(problem: Problem, wanted: Wanted) -> ExitCode:
    from convsolve.answering import CONFIRMED, MOST_LISTED, answer

    confirm = MOST_LISTED if wanted.check not in {None, given.Level.ARITHMETIC} else CONFIRMED
    found = answer(problem, count=wanted.number, every=wanted.every, confirm=confirm)
    code = outcome(found)
    remarks: list[str] = []
    if found and (wanted.check is not None or wanted.emit is not None):
        from convsolve.cli.checks import more_checked, written_first

        found, code, remarks = more_checked(found, wanted.check)
        if wanted.emit is not None and code is not ExitCode.CHECK_FAILED:
            found, ended, written = written_first(found, wanted.emit, force=wanted.force, level=wanted.check)
            code, remarks = max(code, ended), [*remarks, *written]
    if wanted.json:
        write_record(found.to_dict())
    elif wanted.jsonl:
        write(record_text(solution.to_dict()) for solution in found)
    else:
        _shown(found, wanted.page, hint=wanted.emit is None)
    if (wanted.json or wanted.jsonl) and not found:
        say(*_words(found), *_advice(found))
    say(*remarks)
    return code


def outcome(found: Answer) -> ExitCode:
    """The exit code of an answer."""
    from convsolve.answer import Status

    codes = {
        Status.SOLVED: ExitCode.FOUND,
        Status.IMPOSSIBLE: ExitCode.IMPOSSIBLE,
        Status.GAVE_UP: ExitCode.GAVE_UP,
    }
    return codes[found.status]


def _words(found: Answer) -> list[str]:
    from convsolve.render.answers import headline, limits

    return [headline(found), *limits(found.problem)]


def _shown(found: Answer, page: Look, *, hint: bool) -> None:
    from convsolve.render import answers
    from convsolve.render.table import drawn

    err = look(Color.AUTO)
    first, *others = _words(found)
    say(err.bold(first) if page.colored else first)
    if not found.solutions:
        say(*others, *_advice(found))
        return
    if page.table:
        columns, parts = answers.table(found.solutions)
        say("")
        write(drawn(columns, parts, width=page.width, bold=page.bold, dim=page.dim))
        say("")
    else:
        write(answers.rows(found.solutions))
    say(*others, answers.checks(found.solutions))
    if page.table and hint:
        say(answers.hint(found.solutions[0]))


def _advice(found: Answer) -> list[str]:
    from convsolve.answer import Status

    if found.status is Status.SOLVED:  # --count 0
        return []
    if found.status is Status.GAVE_UP:
        return ["  help: ask for fewer layers, or narrow a limit, as in --kernel-size 3..5"]
    if all(len(domain) == 1 for layer in found.problem.layers for axis in layer.domains for domain in axis):
        return ["  help: leave a parameter of the stack open, as in ConvTranspose(), or change the layers"]
    lines = [f"  help: widen a limit, as in {_wider(found.problem)}, or change the layers"]
    if (
        any(len(set(leaders)) < found.problem.axes for ties in found.problem.ties for leaders in ties)
        and len(set(zip(found.problem.input.size, found.problem.target.size, strict=True))) > 1
    ):
        lines.append("  help: --tie none lets each axis have its own kernel_size and stride, -s 1x2 gives them")
    return lines


def _wider(problem: Problem) -> str:
    """Options that double what is allowed of kernel_size and stride, where the question leaves them open."""
    most = {"kernel_size": 8, "stride": 4}
    for layer in problem.layers:
        for axis in layer.domains:
            for parameter, domain in zip(layer.kind.axis_parameters, axis, strict=True):
                if parameter.name in most:
                    most[parameter.name] = max(most[parameter.name], domain[-1])
    return f"--kernel-size 1..{2 * most['kernel_size']} --stride 1..{2 * most['stride']}"


def _streamed(problem: Problem) -> int:
    from convsolve.answering import search_all

    lines = _Lines(problem)
    search_all(problem, lines)
    lines.flush()
    found = lines.progress.answer()
    if not found:
        say(*_words(found), *_advice(found))
    return outcome(found)


class _Lines:
    """A listener that writes a record a line: the first at once, then in blocks, since each write has its price."""

    def __init__(self, problem: Problem) -> None:
        from convsolve.events import Progress

        self.progress = Progress(problem)
        self.waiting: list[Solution] = []
        self.size = 1

    def __call__(self, event: Event) -> None:
        from convsolve.events import Confirmed, Counted, Found
        from convsolve.render.answers import limits, streamed

        match event:
            case Found(solution):
                if len(self.waiting) >= self.size:
                    self.flush()
                self.waiting.append(solution)
            case Confirmed(_, level):  # the last one found
                self.waiting[-1] = self.waiting[-1].with_checked(level)
                if len(self.waiting) >= self.size:
                    self.flush()
            case Counted(total, _):
                self.progress(event)
                if total:
                    say(streamed(self.progress.answer()), *limits(self.progress.problem))
            case _:
                self.progress(event)

    def flush(self) -> None:
        """Write what is waiting."""
        write_now([record_text(solution.to_dict()) for solution in self.waiting])
        self.waiting = []
        self.size = min(2 * self.size, LARGEST_BLOCK)
