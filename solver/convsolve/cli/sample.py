"""``convsolve sample``: combinations drawn at random, a record a line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.question import Words, asking, number, question
from convsolve.cli.signals import Signals
from convsolve.cli.solve import outcome
from convsolve.cli.streams import Color, named, say
from convsolve.errors import Error
from convsolve.limits import Limits, to_change

if TYPE_CHECKING:
    from convsolve.answer import Solution
    from convsolve.space import Space


@asking(before="timeout")
def sample(  # noqa: PLR0913 - the options of interface.md
    ctx: typer.Context,
    source: given.Input,
    target: given.Target,
    *,
    count: Annotated[
        str,
        typer.Option("--count", metavar="N", help="How many; all where there are fewer.", rich_help_panel=given.ANSWER),
    ] = "10",
    seed: given.Seed = "0",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Append each draw to a file instead: whatever ends the command, all lines but the last are whole.",
            rich_help_panel=given.OUTPUT,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Keep what the file has of the same draws, and add the rest up to --count.",
            rich_help_panel=given.OUTPUT,
        ),
    ] = False,
    timeout: given.Timeout = None,
    memory: given.Memory = None,
    force: given.Force = False,
    color: given.ColorOption = Color.AUTO,
    **typed: Unpack[Words],
) -> int:
    """Draw combinations uniformly at random, no two the same, as JSON lines.

    Examples:
      convsolve sample 4 64 --layers 4 --count 1000 --seed 1 -o draws.jsonl
      convsolve sample 4 64 --layers 4 --count 5000 --seed 1 -o draws.jsonl --resume
      convsolve sample 3@224x224 512@7x7 --layers 5 --where "params <= 2e6" --count 3
    """
    del color  # records have none
    limits = Limits.read(timeout, memory)
    wanted, seeded = number(count, "--count"), number(seed, "--seed")
    if resume and output is None:
        raise Error("usage", "--resume needs the file that it goes on with", help=["add -o FILE.jsonl"])
    problem = question(source, target, typed)
    from convsolve.cli.draws import Drawn, File, Source
    from convsolve.cli.output import words
    from convsolve.cli.work import drawn, heard
    from convsolve.events import Progress
    from convsolve.render import answers
    from convsolve.space.core import fingerprint

    draws = Source(fingerprint(problem), "uniform", seeded)
    file = None if output is None else File(output, draws, resume=resume, force=force)
    known = file.known if file else 0
    signals: Signals = ctx.obj
    kept = Drawn(Progress(problem, count=wanted), draws, file)
    work = partial(drawn, partial(_solutions, known, wanted, seeded), problem)
    found = kept.progress.answer(heard(work, kept, limits, signals, line=output is not None))
    code = outcome(found)
    with signals.noted():
        kept.finish()
        if not found:
            say(*words(found))
        elif output is None:
            say(*answers.sampled(found, kept.number))
        else:
            before = f" behind the {known:,} that were there" if known else ""
            say(*answers.sampled(found, kept.number), f"wrote {kept.number - known:,} lines to {named(output)}{before}")
        if code is ExitCode.IMPOSSIBLE:
            say(answers.where_it_is_told(problem))
        elif found.stopped is not None:
            say(f"  help: {to_change(found.stopped, limits)}")
        return code


def _solutions(start: int, count: int, seed: int, space: Space) -> Iterator[Solution]:
    """The draws from one place on."""
    from convsolve.space.draws import Draws

    return map(space.branches.solution, islice(Draws(seed).distinct(space.total), start, count))
