"""Messages of convolutions, transposed convolutions and pools: what a window needs, and what comes out."""

from __future__ import annotations

import re

from convsolve.torch_messages.message import BY, LIST, Known, N, Told, crossed, first, numbers, paired

FITS = "in_size + 2*padding >= dilation*(kernel_size - 1) + 1"
TRANSPOSED = "(in_size - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1"


def _kernel(padded: str, kernel: str) -> Told:
    size, window = first(paired(padded, kernel), where=lambda size, window: size < window)
    return Told(
        f"{FITS}: {size} >= {window}",
        f"what comes there is {size} with its padding, and the kernel reaches over {window}",
        (
            f"padding {-(-(window - size) // 2)} more",
            *([f"or a kernel_size of at most {size} (with dilation 1)"] if size > 0 else []),
            f"or a size larger by {window - size} in front of this layer: fewer or smaller strides before it",
        ),
    )


def _output_padding(text: str) -> Told:
    pairs = {name: int(number) for name, number in re.findall(r"(\w+): (-?[0-9]{1,10})", text)}
    axes = [axis for axis in ("depth", "height", "width") if f"output_padding_{axis}" in pairs]
    each = [tuple(pairs.get(f"{name}_{axis}", 0) for name in ("output_padding", "stride", "dilation")) for axis in axes]
    extra, stride, dilation = first(each, where=lambda extra, stride, dilation: extra >= max(stride, dilation))
    most = max(stride, dilation) - 1
    return Told(
        f"output_padding < max(stride, dilation): {extra} < {max(stride, dilation)}",
        f"output_padding is {extra} where stride is {stride} and dilation {dilation}",
        (
            f"output_padding={most}, and kernel_size {extra - most} more: each adds one (dilation {dilation})"
            if dilation == 1
            else f"output_padding={most}",
            f"or a stride of at least {extra + 1}",
        ),
    )


def _too_small(sizes: str, out: str) -> Told:
    size, short = first(paired(sizes, out), where=lambda _, out: out < 1)
    return Told(
        f"{TRANSPOSED} >= 1: {short} >= 1",
        f"of {size} so much is cropped that {short} would be left",
        (f"padding {-(-(1 - short) // 2)} less", f"or kernel_size {1 - short} more (with dilation 1)"),
    )


def _requested(wanted: str, low: str, high: str, given: str) -> Told:
    goals, sizes = numbers(wanted), numbers(given)
    sizes = sizes[-len(goals) :] * (len(goals) if len(sizes) == 1 else 1)
    return Told(
        f"[{low}] <= output_size <= [{high}]: [{wanted.rstrip(', ')}]",
        "output_size can only choose the output_padding, from 0 to stride - 1",
        ("an output_size between these", "or other settings of the layer, as the command finds them"),
        f"convsolve solve {crossed(sizes)} {crossed(goals)} --layer conv_transpose",
    )


def _pool(sizes: str, out: str) -> Told:
    size, short = first(paired(sizes, out), where=lambda _, out: out < 1)
    return Told(
        f"{FITS}, so that out_size >= 1: out_size is {short}",
        f"the pool's window is larger than what comes there, which is {size}",
        (
            "a smaller kernel_size of the pool",
            "or one pool less",
            "or ceil_mode=True, where some window still begins inside",
        ),
    )


def _pool_flat(out: str) -> Told:
    return Told(
        f"{FITS}, so that out_size >= 1: out_size is {out}",
        "the pool's window is larger than what comes there",
        ("a smaller kernel_size of the pool", "or one pool less"),
    )


def _volume(sizes: str, kernels: str) -> Told:
    size, kernel = first(paired(sizes, kernels), where=lambda size, kernel: size < kernel)
    return Told(
        f"in_size >= kernel_size: {size} >= {kernel}",
        "AvgPool3d and LPPool3d want their whole kernel inside the input, padding not counted",
        (f"a kernel_size of at most {size}",),
    )


def _half(padding: str, kernel: str) -> Told:
    return Told(
        f"2*padding <= kernel_size: {2 * int(padding)} <= {kernel}",
        "a pool's padding is at most half its kernel, dilation not counted",
        (f"padding={int(kernel) // 2}", f"or kernel_size={2 * int(padding)}"),
    )


def _halves(wide: str, high: str, kernel_wide: str, kernel_high: str) -> Told:
    pairs = [(int(wide), int(kernel_wide)), (int(high), int(kernel_high))]
    padding, kernel = first(pairs, where=lambda padding, kernel: 2 * padding > kernel)
    return _half(str(padding), str(kernel))


def _unpool(wanted: str, _axis: str, low: str, high: str) -> Told:
    return Told(
        f"{low} < output_size < {high}: ({wanted})",
        "a MaxUnpool can only come within one stride of (in_size - 1)*stride - 2*padding + kernel_size",
        (
            f"an output_size from {int(low) + 1} to {int(high) - 1}",
            "or the kernel_size and stride of the pool in front",
        ),
    )


def _same() -> Told:
    return Told(
        "stride == 1",
        "padding='same' is defined for stride 1 only",
        ("stride=1", "or a number as padding: half the kernel, as in kernel_size=3, padding=1"),
    )


def _at_least(name: str, least: int) -> Known:
    """A parameter that torch's layers never take below a number, and the words in which it says so."""
    words = {
        "stride": r"non-positive stride is not supported|stride should not be zero",
        "padding": r"negative padding is not supported|pad must be non-negative",
        "output_padding": r"negative output_padding is not supported",
        "dilation": r"dilation should be greater than zero",
        "kernel_size": r"kernel size should be greater than zero",
    }[name]
    why = f"no {name} below {least} means anything"
    return Known("parameter", words, lambda: Told(f"{name} >= {least}", why, (f"{name}={least}, or more",)))


KNOWN = (
    Known("kernel", rf"[Cc]alculated padded input size per channel: \({BY}\)\. Kernel size: \({BY}\)", _kernel),
    Known("output_padding", r"output padding must be smaller than either stride or dilation,? but got ((?:\w+: -?[0-9]{1,10} ?){6,9})", _output_padding),  # noqa: E501 - one a line
    Known("output size", rf"Given input size per channel: \({BY}\)\. Calculated output size per channel: \({BY}\)", _too_small),  # noqa: E501 - one a line
    Known("output size", rf"Given input size per channel: {LIST}\. Calculated output size per channel: {LIST}", _too_small),  # noqa: E501 - one a line
    Known("output_size", rf"requested an output size of (?:torch\.Size)?[(\[]{{1,2}}([0-9, ]{{1,60}})[)\]]{{1,2}}, but valid sizes range from {LIST} to {LIST} \(for an input of torch\.Size\({LIST}\)\)", _requested),  # noqa: E501 - one a line
    Known("output_size", rf'invalid output_size "\(([0-9, ]{{1,60}})\)" \(dim {N} must be between {N} and {N}\)', _unpool),  # noqa: E501 - one a line
    Known("pool", rf"Given input size: \({BY}\)\. Calculated output size: \({BY}\)", _pool),
    Known("pool", rf"max_pool1d\(\) Invalid computed output size: {N}", _pool_flat),
    Known("pool", r"input image \((T: [0-9]+ H: [0-9]+ W: [0-9]+)\) smaller than kernel size \((kT: [0-9]+ kH: [0-9]+ kW: [0-9]+)\)", _volume),  # noqa: E501 - one a line
    Known("pool padding", rf"pad(?:ding)? should be at most half of (?:effective )?kernel size, but got pad(?:ding)?={N}(?:,| and) kernel_size={N}", _half),  # noqa: E501 - one a line
    Known("pool padding", rf"pad should be smaller than (?:or equal to )?half of kernel size, but got padW = {N}, padH = {N}, kW = {N}, kH = {N}", _halves),  # noqa: E501 - one a line
    Known("same", r"padding='same' is not supported for strided convolutions", _same),
    *(_at_least(name, least) for name, least in (("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1), ("kernel_size", 1))),  # noqa: E501 - one a line
)  # fmt: skip
