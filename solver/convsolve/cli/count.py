"""``convsolve count``: how many combinations there are."""

from __future__ import annotations

from functools import partial
from typing import Unpack

import typer

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.question import Words, asking, question
from convsolve.cli.signals import Signals
from convsolve.cli.solve import outcome
from convsolve.cli.sources import as_typed
from convsolve.cli.streams import Color, say, write_record
from convsolve.limits import Limits


@asking(before="timeout")
def count(  # noqa: PLR0913 - the options of interface.md
    ctx: typer.Context,
    source: given.Input,
    target: given.Target,
    *,
    timeout: given.Timeout = None,
    memory: given.Memory = None,
    smt2: given.Smt2 = None,
    force: given.Force = False,
    json: given.Json = False,
    color: given.ColorOption = Color.AUTO,
    **typed: Unpack[Words],
) -> int:
    """Count the combinations exactly, without listing them.

    Examples:
      convsolve count 7 28                     12
      convsolve count 4x4 61x79 --layers 4     810141981
      convsolve count 224 7 --stack "Conv() * 4 >> MaxPool()"
      convsolve count 28 4 --layers 3 --where "product(stride) == 8"
    """
    del color  # a number has none
    limits = Limits.read(timeout, memory)
    problem = question(source, target, typed)
    if smt2 is not None:
        from convsolve.cli.smt2 import write_question

        write_question(problem, smt2, force=force)
    from convsolve.answering import search
    from convsolve.cli.output import Texts, words
    from convsolve.cli.work import explained, heard
    from convsolve.events import Progress
    from convsolve.render import answers

    work = partial(search, problem, count=0)
    if json:
        work = partial(explained, work, problem)
    signals: Signals = ctx.obj
    kept = Texts(Progress(problem, count=0), None)
    found = as_typed(kept.progress.answer(heard(work, kept, limits, signals)), ctx)
    code = outcome(found)
    headline, *others = words(found)
    with signals.noted():
        if json:
            write_record(found.to_dict())
        elif found.total is not None:
            write_record(found.total)
        if code is not ExitCode.FOUND:
            say(headline)
        if code is not ExitCode.FOUND or not json:
            say(*others)
        if code is ExitCode.IMPOSSIBLE:
            say(answers.where_it_is_told(problem))
        if code is ExitCode.GAVE_UP:
            say(*answers.known(found, limits))
        return code
