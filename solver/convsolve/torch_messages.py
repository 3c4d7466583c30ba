"""torch's own messages about sizes, known by numbers and stable words, and told with the equation behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isqrt, prod
from typing import Any

from convsolve.errors import Error

LONGEST = 1_000_000  # characters that are looked at, the last ones
_N = r"(-?[0-9]{1,10})"
_SIZES = r"([-0-9x ]{1,80})"
_LIST = r"\[([-0-9, ]{1,120})\]"


@dataclass(frozen=True)
class Message:
    """What a message of torch's says.

    Attributes:
        name: what is wrong, in one word.
        message: the part that was recognised.
        equation: what must hold, and the same with the numbers put in.
        because: what that means.
        help: what to do, the smallest first.
        command: a question to convsolve that helps, where one does.

    Example:
        >>> read("RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x400 and 256x10)").help[0]
        'write nn.Linear(400, 10)'
    """

    name: str
    message: str
    equation: str
    because: str
    help: tuple[str, ...]
    command: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The message as a record (``convsolve.message/1``)."""
        return {
            "schema": "convsolve.message/1",
            "name": self.name,
            "message": self.message,
            "equation": self.equation,
            "because": self.because,
            "help": list(self.help),
            "command": self.command,
        }


Told = tuple[str, str, tuple[str, ...], str | None]  # equation, because, help, command


def read(text: str) -> Message:
    """The last message of torch's that a text has.

    Raises:
        Error: ``not-recognised``.
    """
    text = re.sub(r"\s+", " ", text[-LONGEST:])
    found: tuple[int, str, re.Match[str], Callable[..., Told]] | None = None
    for name, pattern, tell in KNOWN:
        for match in re.finditer(pattern, text):
            if found is None or match.start() > found[0]:
                found = match.start(), name, match, tell
    if found is None:
        raise _unknown()
    _, name, match, tell = found
    try:
        return Message(name, match[0].strip(), *tell(*match.groups()))
    except (StopIteration, IndexError):  # its numbers are not those that torch would have complained of
        raise _unknown() from None


def _unknown() -> Error:
    return Error(
        "not-recognised",
        "no message of torch's about sizes was recognised",
        help=[
            "paste the whole message, as in: Sizes of tensors must match except in dimension 1. ...",
            f"known: {', '.join(dict.fromkeys(name for name, _, _ in KNOWN))}",
        ],
    )


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"-?[0-9]{1,10}", text)]


def _joined(one: str, other: str) -> Told:
    small, large = sorted((int(one), int(other)))
    half = -(-small // 2)
    return (
        f"the sizes must be equal: {one} == {other}",
        f"two branches come to {small} and {large}: a stride rounds down, and the way back does not know what it lost",
        (
            f"where a transposed layer makes {small}: output_padding={large - small} more, as long as that stays"
            " below its stride or dilation"
            if large - small < 4
            else f"change the branch that makes {small}: {large - small} are missing",
            f"or crop the larger one to {small}",
        ),
        f"convsolve solve {half} {large} --layer conv_transpose -s 2" if large - small < 4 else None,
    )


def _kernel(padded: str, kernel: str) -> Told:
    sizes, windows = _numbers(padded), _numbers(kernel)
    size, window = next(pair for pair in zip(sizes, windows, strict=False) if pair[0] < pair[1])
    more = -(-(window - size) // 2)
    return (
        f"in_size + 2*padding >= dilation*(kernel_size - 1) + 1: {size} >= {window}",
        f"what comes there is {size} with its padding, and the kernel reaches over {window}",
        (
            f"padding {more} more",
            f"or a kernel_size of at most {size} (with dilation 1)",
            f"or {window - size} elements more in front of this layer: fewer or smaller strides before it",
        ),
        None,
    )


def _output_padding(text: str) -> Told:
    pairs = {name: int(number) for name, number in re.findall(r"(\w+): (-?[0-9]{1,10})", text)}
    axes = [axis for axis in ("depth", "height", "width") if f"output_padding_{axis}" in pairs]
    axis = next(
        (a for a in axes if pairs[f"output_padding_{a}"] >= max(pairs[f"stride_{a}"], pairs[f"dilation_{a}"])), axes[-1]
    )
    extra, stride, dilation = (pairs[f"{name}_{axis}"] for name in ("output_padding", "stride", "dilation"))
    most = max(stride, dilation) - 1
    return (
        f"output_padding < max(stride, dilation): {extra} < {max(stride, dilation)}",
        f"output_padding is {extra} where stride is {stride} and dilation {dilation}",
        (
            f"output_padding={most}"
            + (f", and kernel_size {extra - most} more: each adds one" if extra > most else ""),
            f"or a stride of at least {extra + 1}",
        ),
        None,
    )


def _too_small(sizes: str, out: str) -> Told:
    size, short = next(pair for pair in zip(_numbers(sizes), _numbers(out), strict=False) if pair[1] < 1)
    less = -(-(1 - short) // 2)
    equation = "(in_size - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1 >= 1"
    return (
        f"{equation}: {short} >= 1",
        f"of {size} so much is cropped that {short} would be left",
        (f"padding {less} less", f"or kernel_size {1 - short} more"),
        None,
    )


def _requested(wanted: str, low: str, high: str, given: str) -> Told:
    sizes, goals = _numbers(given), _numbers(wanted)
    both = "x".join(map(str, sizes)), "x".join(map(str, goals))
    return (
        f"{low} <= output_size <= {high}: ({wanted})",
        "output_size can only choose the output_padding, from 0 to stride - 1",
        ("an output_size between these", "or other settings of the layer, as the command finds them"),
        f"convsolve solve {both[0]} {both[1]} --layer conv_transpose",
    )


def _pool(sizes: str, out: str) -> Told:
    size, short = next(pair for pair in zip(_numbers(sizes), _numbers(out), strict=False) if pair[1] < 1)
    return (
        f"in_size + 2*padding >= dilation*(kernel_size - 1) + 1, so that out_size >= 1: out_size is {short}",
        f"the pool's window is larger than what comes there, which is {size}",
        (
            "a smaller kernel_size of the pool",
            "or one pool less",
            "or ceil_mode=True, where some window still begins inside",
        ),
        None,
    )


def _pool_flat(out: str) -> Told:
    return (
        f"in_size + 2*padding >= dilation*(kernel_size - 1) + 1, so that out_size >= 1: out_size is {out}",
        "the pool's window is larger than what comes there",
        ("a smaller kernel_size of the pool", "or one pool less"),
        None,
    )


def _volume(sizes: str, kernels: str) -> Told:
    size, kernel = next(pair for pair in zip(_numbers(sizes), _numbers(kernels), strict=False) if pair[0] < pair[1])
    return (
        f"in_size >= kernel_size: {size} >= {kernel}",
        "AvgPool3d wants its whole kernel inside the input, padding not counted",
        (f"a kernel_size of at most {size}",),
        None,
    )


def _half(padding: str, kernel: str) -> Told:
    return (
        f"2*padding <= kernel_size: {2 * int(padding)} <= {kernel}",
        "a pool's padding is at most half its kernel, dilation not counted",
        (f"padding={int(kernel) // 2}", f"or kernel_size={2 * int(padding)}"),
        None,
    )


def _matrices(batch: str, features: str, wanted: str, out: str) -> Told:
    guess = _squares(int(features), int(wanted))
    help_lines = [f"write nn.Linear({features}, {out})"]
    if guess:
        channels, came, meant = guess
        help_lines.append(f"or let {meant}x{meant} come there with {channels} channels: {came}x{came} does")
    return (
        f"in_features == channels*height*width: {wanted} == {features}",
        f"the linear layer was made for {wanted} features, and {features} come to it (batch {batch})",
        (*help_lines, "convsolve trace STACK --input SHAPE shows what each layer makes"),
        None,
    )


def _squares(features: int, wanted: int) -> tuple[int, int, int] | None:
    """Channels and two square maps that give both numbers of features, the most channels first."""
    for channels in range(min(features, wanted, 4096), 1, -1):
        if features % channels == 0 == wanted % channels:
            came, meant = isqrt(features // channels), isqrt(wanted // channels)
            if came**2 * channels == features and meant**2 * channels == wanted:
                return channels, came, meant
    return None


def _channels(transposed: str | None, weight: str, _given: str, wanted: str, got: str) -> Told:
    numbers = _numbers(weight)
    out = numbers[1] if transposed else numbers[0]
    return (
        f"in_channels == channels of the input: {wanted} == {got}",
        f"the layer's weight ({weight}) is for {wanted} channels, and {got} come to it",
        (
            f"write in_channels={got}, out_channels={out}",
            f"or let the layer in front have out_channels={wanted}",
            "or permute the input: torch wants channels in front of the sizes, as in (batch, channels, height, width)",
        ),
        None,
    )


def _statistics(got: str, wanted: str) -> Told:
    return (
        f"num_features == channels of the input: {wanted} == {got}",
        f"the normalisation was made for {wanted} channels, and {got} come to it",
        (f"write {got} in place of {wanted}",),
        None,
    )


def _single(what: str, size: str) -> Told:
    return (
        f"more than one {what} each: {size}",
        "the map has come down to a single element there, which has no variance",
        (
            "leave the normalisation out there",
            "or one stride less in front of it",
            "or a batch of more than one (BatchNorm)",
        ),
        None,
    )


def _reflected(padding: str, dimension: str, given: str) -> Told:
    size = _numbers(given)[int(dimension)]
    return (
        f"padding <= in_size - 1: {max(_numbers(padding))} <= {size - 1}",
        "reflection pads less than the input",
        (f"padding of at most {size - 1}", 'or padding_mode="zeros" or "replicate"'),
        None,
    )


def _same() -> Told:
    return (
        "stride == 1",
        "padding='same' is defined for stride 1 only",
        ("stride=1", "or a number as padding: half the kernel, as in kernel_size=3, padding=1"),
        None,
    )


def _view(shape: str, elements: str) -> Told:
    sizes, number = _numbers(shape), int(elements)
    known = prod(size for size in sizes[:1] if size > 0)
    rest = number // known if known and number % known == 0 else None
    return (
        f"product of the shape == elements: {prod(sizes)} == {elements}",
        f"a tensor of {elements} elements has no shape [{shape}]",
        (
            *([f"write {rest} for what is behind the batch of {known}"] if rest else []),
            "or nn.Flatten(), which needs no number",
            "convsolve trace STACK --input SHAPE shows what each layer makes",
        ),
        None,
    )


KNOWN: Sequence[tuple[str, str, Callable[..., Told]]] = (
    ("join", rf"Sizes of tensors must match except in dimension \d+\. ?(?:Expected|Got) (?:size )?{_N} (?:but got size|and) {_N}", _joined),  # noqa: E501 - one a line
    ("join", rf"The size of tensor a \({_N}\) must match the size of tensor b \({_N}\)", _joined),
    ("kernel", rf"[Cc]alculated padded input size per channel: \({_SIZES}\)\. Kernel size: \({_SIZES}\)", _kernel),
    ("output_padding", r"output padding must be smaller than either stride or dilation,? but got ((?:\w+: -?[0-9]{1,10} ?){6,9})", _output_padding),  # noqa: E501 - one a line
    ("output size", rf"Given input size per channel: \({_SIZES}\)\. Calculated output size per channel: \({_SIZES}\)", _too_small),  # noqa: E501 - one a line
    ("output_size", rf"requested an output size of \(([0-9, ]+)\), but valid sizes range from (\[[0-9, ]+\]) to (\[[0-9, ]+\]) \(for an input of torch\.Size\({_LIST}\)\)", _requested),  # noqa: E501 - one a line
    ("pool", rf"Given input size: \({_SIZES}\)\. Calculated output size: \({_SIZES}\)", _pool),
    ("pool", rf"max_pool1d\(\) Invalid computed output size: {_N}", _pool_flat),
    ("pool", r"input image \((T: [0-9]+ H: [0-9]+ W: [0-9]+)\) smaller than kernel size \((kT: [0-9]+ kH: [0-9]+ kW: [0-9]+)\)", _volume),  # noqa: E501 - one a line
    ("pool padding", rf"pad should be at most half of (?:effective )?kernel size, but got pad={_N}, kernel_size={_N}", _half),  # noqa: E501 - one a line
    ("linear", rf"mat1 and mat2 shapes cannot be multiplied \({_N}x{_N} and {_N}x{_N}\)", _matrices),
    ("channels", rf"Given (?:groups=\d+|(transposed)=\d+), weight of size {_LIST}, expected input{_LIST} to have {_N} channels, but got {_N} channels", _channels),  # noqa: E501 - one a line
    ("normalisation", rf"running_mean should contain {_N} elements not {_N}", _statistics),
    ("normalisation", rf"Expected more than 1 (value per channel|spatial element) when training, got input size torch\.Size\({_LIST}\)", _single),  # noqa: E501 - one a line
    ("reflection", rf"Padding size should be less than the corresponding input dimension, but got: padding \(([0-9, ]+)\) at dimension {_N} of input {_LIST}", _reflected),  # noqa: E501 - one a line
    ("same", r"padding='same' is not supported for strided convolutions", _same),
    ("view", rf"shape '{_LIST}' is invalid for input of size {_N}", _view),
)  # fmt: skip
