"""A question and its answer, in Python."""

from __future__ import annotations

from typing import Unpack

from convsolve.answer import Answer
from convsolve.answering import answer
from convsolve.errors import Error, did_you_mean
from convsolve.limits import Limits, Stop, to_change
from convsolve.posing import Question, ask
from convsolve.problem import Problem


def solve(  # noqa: PLR0913 - the words of interface.md
    input: object,  # noqa: A002 - the user's word
    target: object = None,
    *,
    count: int | None = None,
    all: bool = False,  # noqa: A002 - the user's word
    timeout: float | str | None = None,
    memory: float | str | None = None,
    **question: Unpack[Question],
) -> Answer:
    """The layers that turn one size into another, most conventional first.

    Args:
        input: the shape that goes in, ``"128@4x4"``, or the whole question, ``"4x4 -> 61x79"``.
        target: the shape that must come out.
        count: how many combinations to list (all for one layer, 5 for a stack).
        all: list every combination.
        timeout: seconds after which the search ends; ``stopped`` then says so, and what was found is here.
        memory: MiB that it may take; either limit makes it run in a child process.
        question: ``stack``, or ``layer`` and ``layers``; ``kernel_size``, ``stride``, ``padding``,
            ``dilation``, ``output_padding`` (domains); ``tie``; ``channels``; ``latent``; ``minimize`` and ``maximize``
            (``params``, ``macs``, ``activations``): see `posing.ask`.

    Returns:
        An Answer; that nothing can be found is an answer too.

    Raises:
        Error: the question cannot be understood.

    Example:
        >>> import convsolve as cs
        >>> answer = cs.solve("1@7x7", "1@14x14", layer="conv_transpose")
        >>> layer = answer[0].layers[0]
        >>> layer.kernel_size, layer.stride, layer.padding
        ((4, 4), (2, 2), (1, 1))
        >>> answer = cs.solve("1@7x7", "1@14x14", layers=2, minimize="macs")
        >>> answer[0].costs.macs, answer.optimal
        (74, True)
    """
    problem = read(input, target, question)
    if count is not None and (type(count) is not int or count < 0):
        raise Error("bad-value", f"count must be a number from 0 on, not {count!r}")
    return answer(problem, count=count, every=all, limits=Limits.read(timeout, memory))


def count(
    input: object,  # noqa: A002 - the user's word
    target: object = None,
    *,
    timeout: float | str | None = None,
    memory: float | str | None = None,
    **question: Unpack[Question],
) -> int:
    """The exact number of combinations, without listing them; arguments as for `solve`.

    Raises:
        Error: as `solve`; ``gave-up`` where a limit ends it first, where conditions leave too many cases to be
            counted, or where none is found and Z3 cannot prove that there is none.

    Example:
        >>> import convsolve as cs
        >>> cs.count(7, 28, layers=4)
        3678185
    """
    problem = read(input, target, question)
    limits = Limits.read(timeout, memory)
    found = answer(problem, count=0, limits=limits)
    if found.total is None:
        raise Error("gave-up", _unknown(found), help=[to_change(found.stopped, limits)])
    return found.total


def _unknown(found: Answer) -> str:
    if found.established is not None and found.established.some:
        return "there are combinations, in too many cases to be counted"
    if found.stopped is None or found.stopped is Stop.BUDGET:
        return "no combination was found, and Z3 could not prove within its budget that there is none"
    return f"{found.stopped.words} before the combinations were counted, or proved to be none"


def read(input: object, target: object, question: Question) -> Problem:  # noqa: A002 - the user's word
    """The question from the arguments of a call."""
    for word in question:
        if word not in Question.__annotations__:
            raise Error(
                "unknown-parameter",
                f"{word!r} is no argument of a question",
                help=did_you_mean(word, Question.__annotations__),
            )
    if target is None:
        if not isinstance(input, str) or "->" not in input:
            raise Error("usage", "the target is missing", help=['write solve("4x4", "61x79")'])
        input, _, target = input.partition("->")  # noqa: A001 - the user's word
    return ask(input, target, **question)
