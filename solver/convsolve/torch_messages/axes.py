"""Messages of the number of axes: a batch that is missing, a layer for other dimensions."""

from __future__ import annotations

from convsolve.torch_messages.message import LIST, Known, N, Told, numbers


def _layer(bare: str, batched: str, layer: str, given: str) -> Told:
    return _wanted((int(bare), int(batched)), layer, len(numbers(given)), f"[{given}]")


def _adaptive(layer: str, bare: str, batched: str, given: str) -> Told:
    return _layer(bare, batched, layer, given)


def _pool(bare: str, batched: str) -> Told:
    least, most = int(bare), int(batched)
    return Told(
        f"axes of the input == {least} or {most}",
        f"a {least - 1}-dimensional pool takes channels and {least - 1} sizes, with or without a batch in front",
        _mends(least),
    )


def _normalisation(wanted: str, other: str | None, got: str) -> Told:
    return _wanted((int(wanted), int(other or wanted)), "the normalisation", int(got), f"{got} axes")


def _upsample(got: str, mode: str, wanted: str) -> Told:
    modes = {3: "linear", 4: "bilinear or bicubic", 5: "trilinear"}
    named = modes.get(int(got))
    return Told(
        f"axes of the input == {wanted}: {got}",
        f"Upsample counts batch and channels too, and {mode} is made for {int(wanted) - 2} sizes",
        (
            *([f"mode={named} for {int(got) - 2} sizes, or mode=nearest for any"] if named else []),
            *(["unsqueeze(0), if the batch is missing"] if int(got) == int(wanted) - 1 else []),
        ),
    )


def _wanted(wanted: tuple[int, int], layer: str, got: int, shown: str) -> Told:
    words = " or ".join(dict.fromkeys(map(str, wanted)))
    return Told(
        f"axes of the input == {words}: {got}",
        f"{layer} takes a batch, channels and its sizes, which are {words} axes, and {shown} comes to it",
        _mends(wanted[0], got),
    )


def _mends(least: int, got: int | None = None) -> tuple[str, ...]:
    if got is not None and got > least:
        kind = f", or the layer's {got - 2}d form, if the input has {got - 2} sizes" if got <= 5 else ""
        return (f"squeeze or flatten what is too much, as in x.squeeze(0){kind}",)
    return ("x.unsqueeze(0) adds the batch in front, x.unsqueeze(1) channels behind the batch",)


def _interpolated(sizes: str, name: str, wanted: str) -> Told:
    return _list("size" if name.startswith("output") else "scale_factor", str(len(numbers(sizes))), wanted)


def _list(name: str, wanted: str, got: str) -> Told:
    return Told(
        f"numbers of {name} == {wanted}: {len(numbers(got))}",
        f"one number of {name} for each of {wanted} sizes, or one for all",
        (f"{name}={numbers(got)[0]}, or {wanted} numbers" if numbers(got) else f"{wanted} numbers",),
    )


def _dimension(low: str, high: str, got: str) -> Told:
    return Told(
        f"{low} <= dim <= {high}: {got}",
        f"the tensor has {int(high) + 1} axes, counted from 0, and axis {got} was asked for",
        ("a dim that it has; channels are axis 1 behind a batch, and axis 0 without one",),
    )


KNOWN = (
    Known("axes", rf"Expected {N}D \(unbatched\) or {N}D \(batched\) input to (\w{{1,40}}), but got input of size: {LIST}", _layer),  # noqa: E501 - one a line
    Known("axes", rf"(adaptive_\w{{3}}_pool[123]d)\(\): Expected {N}D or {N}D tensor, but got {LIST}", _adaptive),
    Known("axes", rf"non-empty {N}D or {N}D \(batch mode\) tensor expected for input", _pool),
    Known("axes", rf"expected {N}D (?:or {N}D )?input \(got {N}D input\)", _normalisation),
    Known("axes", rf"Got {N}D input, but (\w+) mode needs {N}D input", _upsample),
    Known("axes", rf"expected (stride|padding|dilation|output_padding) to be a single integer value or a list of {N} values to match the convolution dimensions, but got \w+={LIST}", _list),  # noqa: E501 - one a line
    Known("axes", rf"got input with spatial dimensions of {LIST} and (output size of|scale_factor of shape) \(([-0-9., ]{{1,60}})\)", _interpolated),  # noqa: E501 - one a line
    Known("axes", rf"Dimension out of range \(expected to be in range of \[{N}, {N}\], but got {N}\)", _dimension),
)  # fmt: skip
