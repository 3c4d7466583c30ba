"""The words of a command line as a question."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, get_args, get_type_hints

from convsolve.cli import options as given
from convsolve.errors import Error, shown

if TYPE_CHECKING:
    from convsolve.problem import Problem

Asking = TypeVar("Asking", bound=Callable[..., int])


class Preset(str):
    """A default that a project or the environment has set: it says nothing where the question has no place for it."""

    __slots__ = ()


class Words(TypedDict):
    """The options of a question: what a command declares, and what was typed."""

    layers: given.Layers
    layer: given.Layer
    stack: given.Stack
    channels: given.Channels
    latent: given.Latent
    tie: given.Tie
    kernel_size: given.KernelSize
    stride: given.Stride
    padding: given.Padding
    dilation: given.Dilation
    output_padding: given.OutputPadding
    where: given.Where
    no_checkerboard: given.NoCheckerboard
    exact: given.Exact
    odd_kernels: given.OddKernels
    monotone: given.Monotone


class ObjectiveWords(Words):
    """The same of a command that ranks what it finds."""

    minimize: given.Minimize
    maximize: given.Maximize


def asking(*, before: str) -> Callable[[Asking], Asking]:
    """What makes the ``**typed`` of a command options of a question, in front of another option.

    Typer reads the signature of a command, each of whose parameters is one of the command line.
    """

    def with_options(command: Asking) -> Asking:
        known = signature(command, eval_str=True)
        *own, typed = known.parameters.values()
        declared = get_type_hints(get_args(typed.annotation)[0], include_extras=True)
        options = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=False if hint.__origin__ is bool else None, annotation=hint)
            for name, hint in declared.items()
        ]
        place = list(known.parameters).index(before)
        vars(command)["__signature__"] = known.replace(parameters=[*own[:place], *options, *own[place:]])
        return command

    return with_options


def question(source: str, target: str, words: Words) -> Problem:
    """Read a question; raises Error where it is none."""
    from convsolve.filling import NowhereOpenError
    from convsolve.posing import ask

    try:
        return ask(source, target, **words)
    except NowhereOpenError as error:
        if not isinstance(words.get(error.parameter), Preset):
            raise
        left_aside: Any = {error.parameter: None}
    return question(source, target, words | left_aside)


def number(text: str, option: str, *, least: int = 0) -> int:
    """A whole number from an option."""
    if not (text.isascii() and text.isdigit() and len(text) < 10) or int(text) < least:
        raise Error("bad-value", f"{option}: {shown(text)} is no number from {least} on", help=[f"write {option} 4"])
    return int(text)
