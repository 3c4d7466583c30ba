"""Messages of what is flattened: Linear, view, Unflatten, matrix products."""

from __future__ import annotations

from math import isqrt, prod

from convsolve.torch_messages.message import LIST, Known, N, Told, Unlikely, numbers

TRACE = "convsolve trace STACK --input SHAPE shows what each layer makes"


def _matrices(batch: str, features: str, wanted: str, out: str) -> Told:
    rows, came, meant = int(batch), int(features), int(wanted)
    if came == meant:
        raise Unlikely
    equation = f"in_features == channels*height*width: {meant} == {came}"
    if came and meant and meant % came == 0 and rows * came % meant == 0:
        return Told(
            equation,
            f"the maps were not flattened: {came} is but their last axis, and {rows} times {came} are"
            f" {rows * came // meant} times {meant}",
            ("put nn.Flatten() in front of the linear layer, or write x.flatten(1)",),
        )
    guess = _squares(came, meant)
    help_lines = [f"write nn.Linear({came}, {out})"]
    if guess:
        channels, side, right = guess
        help_lines.append(
            f"or let {right}x{right} come there in place of {side}x{side}, if these are {channels} channels"
        )
    because = f"the linear layer was made for {meant} features, and {came} come to it (batch {rows})"
    return Told(equation, because, (*help_lines, TRACE))


def _squares(features: int, wanted: int) -> tuple[int, int, int] | None:
    """Channels and two square maps that give both numbers of features, the most channels first."""
    for channels in range(min(features, wanted, 4096), 1, -1):
        if features % channels == 0 == wanted % channels:
            came, meant = isqrt(features // channels), isqrt(wanted // channels)
            if came**2 * channels == features and meant**2 * channels == wanted:
                return channels, came, meant
    return None


def _reduced(one: str, other: str) -> Told:
    sizes, weight = numbers(one), numbers(other)
    if len(sizes) < 2 or len(weight) < 2:
        raise Unlikely
    return _matrices(str(prod(sizes[:-1])), str(sizes[-1]), str(weight[0]), str(weight[1]))


def _batches(wanted: str, got: str) -> Told:
    return Told(
        f"the inner sizes must be equal: [{wanted}] == [{got}]",
        f"the second tensor of a batched product must begin with [{wanted}], and begins with [{got}]",
        ("transpose one of them, as in y.transpose(1, 2), or change what makes them",),
    )


def _view(shape: str, elements: str) -> Told:
    sizes, number = numbers(shape), int(elements)
    known = prod(size for size in sizes if size >= 0)
    if -1 in sizes:
        equation = f"elements % product of the known sizes == 0: {number} % {known} == {number % known if known else 0}"
    else:
        equation = f"product of the shape == elements: {known} == {number}"
    batch = max(sizes[0], 0)
    rest = number // batch if batch and number % batch == 0 else None
    return Told(
        equation,
        f"a tensor of {number} elements has no shape [{shape}]",
        (
            *([f"write {rest} for what is behind the batch of {batch}"] if rest and -1 not in sizes else []),
            "write x.flatten(1), or nn.Flatten(), which need no number",
            TRACE,
        ),
    )


def _unflatten(shape: str, _dim: str, elements: str) -> Told:
    sizes, number = numbers(shape), int(elements)
    known = prod(size for size in sizes if size >= 0)
    if -1 in sizes:
        equation = f"features % product of the known sizes == 0: {number} % {known} == {number % known if known else 0}"
        mends: tuple[str, ...] = (f"features that are a multiple of {known}",)
    else:
        equation = f"product of the sizes == features: {known} == {number}"
        behind = prod(sizes[1:])
        mends = (
            f"let the linear layer in front have out_features={known}",
            *([f"or write {number // behind} channels in place of {sizes[0]}"] if number % behind == 0 else []),
        )
    return Told(equation, f"{number} features cannot be laid out as {sizes}", mends)


KNOWN = (
    Known("linear", rf"mat1 and mat2 shapes cannot be multiplied \({N}x{N} and {N}x{N}\)", _matrices),
    Known("linear", rf"size mismatch, m1: \[{N} x {N}\], m2: \[{N} x {N}\]", _matrices),
    Known("linear", rf"a and b must have same reduction dim, but got {LIST} X {LIST}", _reduced),
    Known("product", rf"Expected size for first two dimensions of batch2 tensor to be: {LIST} but got: {LIST}", _batches),  # noqa: E501 - one a line
    Known("view", rf"shape '{LIST}' is invalid for input of size {N}", _view),
    Known("unflatten", rf"unflatten: Provided sizes {LIST} don't multiply up to the size of dim {N} \({N}\)", _unflatten),  # noqa: E501 - one a line
)  # fmt: skip
