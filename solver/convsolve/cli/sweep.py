"""``convsolve sweep``: combinations as proposals for other tools."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.question import Words, asking, number, question
from convsolve.cli.signals import Signals
from convsolve.cli.solve import outcome
from convsolve.cli.streams import Color, named, say, write
from convsolve.limits import Limits, to_change

if TYPE_CHECKING:
    from convsolve.answer import Solution
    from convsolve.space import Space


class Format(StrEnum):
    """Who is to read the proposals."""

    WANDB = "wandb"
    CSV = "csv"
    JSONL = "jsonl"
    OPTUNA = "optuna"


class Strategy(StrEnum):
    """What they are to be even over; see `Space.sample`."""

    DIVERSE = "diverse"
    TRAJECTORY = "trajectory"
    UNIFORM = "uniform"


@asking(before="timeout")
def sweep(  # noqa: PLR0913 - the options of interface.md
    ctx: typer.Context,
    source: given.Input,
    target: given.Target,
    *,
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            metavar="TOOL",
            help="wandb: a sweep in YAML; csv, jsonl: the decisions of each, a line; optuna: a list for enqueue_trial.",
            rich_help_panel=given.OUTPUT,
        ),
    ] = Format.JSONL,
    count: Annotated[
        str,
        typer.Option("--count", metavar="N", help="How many; all where there are fewer.", rich_help_panel=given.ANSWER),
    ] = "100",
    strategy: Annotated[
        Strategy,
        typer.Option(
            "--strategy",
            metavar="HOW",
            help="diverse: as far apart as can be; trajectory: even over sequences of sizes; uniform.",
            rich_help_panel=given.ANSWER,
        ),
    ] = Strategy.DIVERSE,
    seed: given.Seed = "0",
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write a file instead.", rich_help_panel=given.OUTPUT),
    ] = None,
    timeout: given.Timeout = None,
    memory: given.Memory = None,
    force: given.Force = False,
    color: given.ColorOption = Color.AUTO,
    **typed: Unpack[Words],
) -> int:
    """Write combinations as proposals for a tool that sweeps over what it is given.

    Examples:
      convsolve sweep 128@4x4 3@64x64 --layers 4 --format wandb --count 200 -o sweep.yaml
      convsolve sweep 3@224 512@7 --layers 5 --format csv --strategy trajectory
    """
    del color  # proposals have none
    limits = Limits.read(timeout, memory)
    wanted, seeded = number(count, "--count"), number(seed, "--seed")
    if output is not None:
        from convsolve.emit.writing import refuse

        refuse(output, force=force)
    problem = question(source, target, typed)
    from convsolve.cli.output import Texts, words
    from convsolve.cli.work import drawn, heard
    from convsolve.events import Progress
    from convsolve.render import answers

    signals: Signals = ctx.obj
    kept = Texts(Progress(problem, count=wanted), None)
    work = partial(drawn, partial(_solutions, wanted, seeded, str(strategy)), problem)
    found = kept.progress.answer(heard(work, kept, limits, signals))
    with signals.noted():
        if found:
            from convsolve.cli.proposals import written

            lines = written(form, found.problem, found.solutions)
            if output is None:
                write(lines)
            else:
                from convsolve.emit.writing import write_text

                write_text(output, "".join(f"{line}\n" for line in lines), force=force)
            say(*answers.sampled(found, len(found), f"strategy {strategy}"))
            if output is not None:
                say(f"wrote {named(output)}")
        else:
            say(*words(found))
        code = outcome(found)
        if code is ExitCode.IMPOSSIBLE:
            say(answers.where_it_is_told(problem))
        elif found.stopped is not None:
            say(f"  help: {to_change(found.stopped, limits)}")
        return code


def _solutions(count: int, seed: int, strategy: str, space: Space) -> Iterator[Solution]:
    """The draws, made only once they are asked for: how many there are is told before."""
    yield from space.sample(count, seed=seed, strategy=strategy)
