"""A latent vector in front of a stack: Linear, Unflatten, then the layers of the question.

`Linear() >> Unflatten(256, "1..16")` behind ``128@`` says the same: its out_features follow from what is behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from convsolve.channels import ChannelsLike
from convsolve.errors import Error, shown_value
from convsolve.filling import NowhereOpenError
from convsolve.layers.unflatten import STARTS
from convsolve.registry import KINDS
from convsolve.shapes import ANY_SIZE, Extent
from convsolve.stack import Stack, write
from convsolve.widths import pieces

EXAMPLE = "write --latent 128"


def starting(source: Extent, goal: Extent) -> Extent:
    """The shape at which a stack behind a latent vector starts; ``?`` is 1 to 16, and no more than the target.

    Raises:
        Error: ``usage`` where it has no axes, ``unsupported`` where there are several.

    Example:
        >>> str(starting(Extent.read("256@?x7"), Extent.read("3@8x64")))
        '256@[1..8]x7'
    """
    if not source.sizes:
        error = NowhereOpenError(
            "usage",
            f"behind the latent vector the stack starts with axes, and {source} has none",
            help=["give the shape at which it starts, as in 256@4x4, or 256@?x? where its sizes are to be found"],
        )
        error.parameter = "latent"
        raise error
    if source.inputs > 1 or source.forms:
        number = "a family" if source.forms else source.inputs
        raise Error(
            "unsupported",
            f"behind one latent vector the stack starts at one shape, and {source} are {number}",
            help=["ask for each by itself"],
        )
    most = [*(sizes[-1] for sizes in goal.sizes), *(STARTS[-1] for _ in source.sizes)]
    sizes = [
        range(1, min(STARTS[-1], end) + 1) if here == ANY_SIZE else here
        for here, end in zip(source.sizes, most, strict=False)
    ]
    return replace(source, sizes=tuple(sizes))


def behind_latent(
    latent: object, source: Extent, stack: Stack, channels: ChannelsLike
) -> tuple[Extent, Stack, ChannelsLike]:
    """The question that begins with the latent vector: what goes in, the layers, and their channels.

    Args:
        latent: the length of the vector.
        source: the shape at which the stack starts.
        stack: what is behind it.
        channels: from that shape on.

    Raises:
        Error: ``bad-value`` where the vector has no length; ``unknown-channels``, ``bad-channels``.
    """
    text = _number(latent.strip() if isinstance(latent, str) else latent)
    if type(text) is not int or not 1 <= text < 2**31:
        raise Error("bad-value", f"latent: {shown_value(latent)} is no length of a vector", help=[EXAMPLE])
    first = source.channels
    if channels is not None:
        listed = pieces(channels)
        _refuse_length(listed, stack)
        first = _first(source, listed[0])
        channels = [text, None, *listed[1:]]
    if first is None:
        raise Error(
            "unknown-channels",
            "nobody says with how many channels the stack starts behind the latent vector",
            help=[f"give them in front of the sizes, as in 256@{source}", f"or first in --channels: {_like(stack)}"],
        )
    front = write(KINDS["Linear"], (), {}), write(KINDS["Unflatten"], (), {"channels": first, "sizes": source.sizes})
    return Extent.read(f"{text}@"), Stack(front) >> stack, channels


def _like(stack: Stack) -> str:
    """A list of channels of the length that a stack wants: each half of the one before, at last three."""
    convolutions = sum(layer.kind.weighted for layer in stack.layers)
    halves = [max(8, 256 >> number) for number in range(convolutions)]
    return ",".join(map(str, [*halves, 3] if convolutions < 8 else [*halves[:3], "...", 3]))


def _refuse_length(listed: Sequence[object], stack: Stack) -> None:
    """Raise where a list of channels is longer or shorter than the stack wants; one of a depth to be found has none."""
    convolutions = sum(layer.kind.weighted for layer in stack.layers)
    if not stack.repeats and len(listed) != convolutions + 1:
        raise Error(
            "bad-channels",
            f"{len(listed)} channels for {convolutions} convolution(s) behind the latent vector",
            help=[f"give {convolutions + 1} numbers, the first of them those at the start"],
        )


def _first(source: Extent, said: object) -> int | None:
    """The channels at the start: what the shape says, or the first of a list."""
    number = _number(said)
    if number is None:
        return source.channels
    if type(number) is not int or not 1 <= number < 2**31:
        raise Error(
            "bad-channels",
            f"channels: {shown_value(said)} is no number, and those behind the latent vector cannot be found",
            help=["give a number as the first of --channels: 256,128,64,32,3"],
        )
    if source.channels not in (None, number):
        raise Error(
            "bad-channels",
            f"{source.channels} channels and {number} channels at the same place",
            help=["--channels, the shapes' C@ and out_channels must agree"],
        )
    return number


def _number(said: object) -> object:
    """A number that came as text; anything else as it is."""
    return int(said) if isinstance(said, str) and said.isascii() and said.isdigit() and len(said) < 11 else said
