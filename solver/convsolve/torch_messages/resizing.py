"""Messages of pads, shuffles, Upsample, adaptive pools, Unfold and Fold."""

from __future__ import annotations

from math import prod

from convsolve.torch_messages.message import LIST, Known, N, Told, Unlikely, crossed, first, numbers, paired

_AXES = r"\(([DHWT: 0-9,]{1,80}?) ?\)"


def _reflected(padding: str, dimension: str, given: str) -> Told:
    sizes, most = numbers(given), max(numbers(padding))
    if int(dimension) >= len(sizes):
        raise Unlikely
    size = sizes[int(dimension)]
    return Told(
        f"padding <= in_size - 1: {most} <= {size - 1}",
        "reflection pads less than the input",
        (f"padding of at most {size - 1}", 'or padding_mode="zeros" or "replicate"'),
    )


def _wrapped() -> Told:
    return Told(
        "padding <= in_size, on each side",
        "circular padding goes round the input once at most",
        ("padding of at most the size that comes there", 'or padding_mode="zeros" or "replicate"'),
    )


def _cropped(sizes: str, out: str) -> Told:
    size, short = first(paired(sizes, out), where=lambda _, out: out < 1)
    return Told(
        f"in_size + before + after >= 1: {short} >= 1",
        f"negative padding crops {size - short} of {size}",
        (f"crop {1 - short} less",),
    )


def _shuffled(channels: str, square: str) -> Told:
    known, factor = int(channels), int(square)
    lower, higher = known // factor * factor, -(-known // factor) * factor
    some = f"{lower} or {higher}" if lower else f"{higher}"
    return Told(
        f"channels % upscale_factor**2 == 0: {known} % {factor} == {known % factor}",
        f"a PixelShuffle makes each {factor} channels one, and {known} come to it",
        (f"let the layer in front have out_channels={some}",),
    )


def _unshuffled(side: str, size: str, factor: str) -> Told:
    known, by = int(size), int(factor)
    return Told(
        f"{side} % downscale_factor == 0: {known} % {by} == {known % by}",
        f"a PixelUnshuffle cuts the {side} of {known} into pieces of {by}",
        (f"a {side} of {known // by * by} or {-(-known // by) * by}: crop, or pad {-known % by}",),
    )


def _grouped(channels: str, groups: str) -> Told:
    return Told(
        f"channels % groups == 0: {channels} % {groups} == {int(channels) % int(groups)}",
        f"a ChannelShuffle parts {channels} channels into {groups} groups",
        (f"let the layer in front have out_channels={-(-int(channels) // int(groups)) * int(groups)}",),
    )


def _scaled(sizes: str, out: str) -> Told:
    size, short = first(paired(sizes, out), where=lambda size, out: min(size, out) < 1)
    return Told(
        f"floor(in_size*scale_factor) >= 1: {short} >= 1",
        f"of {size} nothing is left",
        (f"a scale_factor of at least 1/{size}" if size else "more in front of it", "or size= in its place"),
    )


def _negative(got: str) -> Told:
    return Told(
        f"output_size >= 0: ({got})",
        "an adaptive pool makes the sizes that it is told, and these are none",
        ("output_size=1, or more",),
    )


def _empty(pool: str, given: str, dimension: str) -> Told:
    return Told(
        f"in_size >= 1: {given} has 0 at dimension {dimension}",
        f"nothing comes to {pool}",
        ("one stride or one pool less in front of it", "convsolve trace STACK --input SHAPE shows where it vanishes"),
    )


def _unfolded(size: str, kernel: str, dilation: str, padding: str, blocks: str) -> Told:
    each = zip(*map(numbers, (size, kernel, dilation, padding, blocks)), strict=False)
    into, kernel_size, by, pad, _ = first(each, where=lambda *axis: axis[-1] < 1)
    return Told(
        f"in_size + 2*padding >= dilation*(kernel_size - 1) + 1: {into} + {2 * pad} >= {by * (kernel_size - 1) + 1}",
        "Unfold slides a window that is larger than what comes there",
        (f"padding={-(-(by * (kernel_size - 1) + 1 - into) // 2)}", f"or a kernel_size of at most {into + 2 * pad}"),
    )


def _folded(blocks: str, wanted: str, got: str) -> Told:
    return Told(
        f"input.size(-1) == number of windows: {got} == {wanted}",
        f"Fold lays {blocks.strip()} windows onto the output, and {got} columns come to it",
        (f"bring {wanted} columns", "or the output_size, kernel_size, stride, padding of the Unfold that made them"),
    )


def _columns(channels: str, kernel: str) -> Told:
    area = prod(numbers(kernel))
    return Told(
        f"channels % product of kernel_size == 0: {channels} % {area} == {int(channels) % area}",
        f"Fold takes {area} rows for each channel (kernel_size {crossed(numbers(kernel))})",
        (f"bring a multiple of {area} rows",),
    )


KNOWN = (
    Known("reflection", rf"Padding size should be less than the corresponding input dimension, but got: padding \(([0-9, ]+)\) at dimension {N} of input {LIST}", _reflected),  # noqa: E501 - one a line
    Known("circular", r"Padding value causes wrapping around more than once", _wrapped),
    Known("pad", rf"input {_AXES} is too small\. Calculated output ((?:[DHWT]: -?[0-9]+ ?){{1,3}})", _cropped),
    Known("shuffle", rf"input\.size\(-3\)={N} is not divisible by {N}", _shuffled),
    Known("shuffle", rf"pixel_unshuffle expects (height|width) to be divisible by downscale_factor, but input\.size\(-\d\)={N} is not divisible by {N}", _unshuffled),  # noqa: E501 - one a line
    Known("shuffle", rf"Number of channels must be divisible by groups\. Got {N} channels and {N} groups", _grouped),
    Known("upsample", rf"Input and output sizes should be greater than 0, but got input {_AXES} (?:and )?output {_AXES}", _scaled),  # noqa: E501 - one a line
    Known("adaptive", r"elements of output_size must be greater than or equal to 0 but received \{([-0-9, ]{1,60})\}", _negative),  # noqa: E501 - one a line
    Known("adaptive", rf"(adaptive_\w{{3}}_pool[123]d)\(\): Expected input to have non-zero size for non-batch dimensions, but input has sizes {LIST} with dimension {N} being empty", _empty),  # noqa: E501 - one a line
    Known("unfold", r"Given input with spatial size \(([0-9, ]+)\), kernel_size=\(([0-9, ]+)\), dilation=\(([0-9, ]+)\), padding=\(([0-9, ]+)\), calculated shape of the array of sliding blocks as \(([-0-9, ]+)\)", _unfolded),  # noqa: E501 - one a line
    Known("unfold", rf"match the calculated number of sliding blocks ([0-9* ]{{1,40}})= {N}, but got input\.size\(\d\)={N}", _folded),  # noqa: E501 - one a line
    Known("unfold", rf"to be divisible by the product of kernel_size, but got input\.size\(\d\)={N} and kernel_size=\(([0-9, ]+)\)", _columns),  # noqa: E501 - one a line
)  # fmt: skip
