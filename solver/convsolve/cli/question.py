"""The words of a command line as a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from convsolve.errors import Error, shown

if TYPE_CHECKING:
    from convsolve.problem import Problem


class Preset(str):
    """A default that a project or the environment has set: it says nothing where no layer leaves its parameter open."""

    __slots__ = ()


class Words(TypedDict):
    """The options of a question, as they were typed."""

    layers: str | None
    layer: str | None
    stack: str | None
    kernel_size: str | None
    stride: str | None
    padding: str | None
    dilation: str | None
    output_padding: str | None
    tie: str | None
    channels: str | None
    where: list[str] | None
    no_checkerboard: bool
    exact: bool
    odd_kernels: bool
    monotone: bool
    minimize: NotRequired[list[str] | None]
    maximize: NotRequired[list[str] | None]


def question(source: str, target: str, words: Words) -> Problem:
    """Read a question; raises Error where it is none."""
    from convsolve.filling import NowhereOpenError

    try:
        return _asked(source, target, words)
    except NowhereOpenError as error:
        if not isinstance(words.get(error.parameter), Preset):
            raise
        left_aside: Any = {error.parameter: None}
    return question(source, target, words | left_aside)


def _asked(source: str, target: str, words: Words) -> Problem:
    from convsolve.posing import ask

    return ask(
        source,
        target,
        layers=words["layers"],
        layer=words["layer"],
        stack=words["stack"],
        kernel_size=words["kernel_size"],
        stride=words["stride"],
        padding=words["padding"],
        dilation=words["dilation"],
        output_padding=words["output_padding"],
        tie=words["tie"],
        channels=words["channels"],
        where=words["where"],
        no_checkerboard=words["no_checkerboard"],
        exact=words["exact"],
        odd_kernels=words["odd_kernels"],
        monotone=words["monotone"],
        minimize=words.get("minimize"),
        maximize=words.get("maximize"),
    )


def number(text: str, option: str, *, least: int = 0) -> int:
    """A whole number from an option."""
    if not (text.isascii() and text.isdigit() and len(text) < 10) or int(text) < least:
        raise Error("bad-value", f"{option}: {shown(text)} is no number from {least} on", help=[f"write {option} 4"])
    return int(text)
