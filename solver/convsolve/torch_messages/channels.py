"""Messages of channels: convolutions, groups, normalisations."""

from __future__ import annotations

from convsolve.torch_messages.message import LIST, Known, N, Told, Unlikely, numbers


def _channels(transposed: str | None, weight: str, _given: str, wanted: str, got: str) -> Told:
    sizes = numbers(weight)
    if len(sizes) < 2:
        raise Unlikely
    return Told(
        f"in_channels == channels of the input: {wanted} == {got}",
        f"the layer's weight ({weight}) is for {wanted} channels; {got} {'comes' if got == '1' else 'come'} to it",
        (
            f"write in_channels={got}, out_channels={sizes[1] if transposed else sizes[0]}",
            f"or let the layer in front have out_channels={wanted}",
            "or permute the input: torch wants channels in front of the sizes, as in (batch, channels, height, width)",
        ),
    )


def _groups(which: str) -> Told:
    return Told(
        f"{which} % groups == 0",
        f"a convolution parts its {which} into groups, all equally large",
        (f"a number of groups that divides {which}", f"or {which} that is a multiple of groups"),
    )


def _statistics(got: str, made: str) -> Told:
    return Told(
        f"num_features == channels of the input: {made} == {got}",
        f"the layer was made for {made} channels, and {got} come to it",
        (f"write {got} in place of {made}",),
    )


def _features(made: str, got: str) -> Told:
    return _statistics(got, made)


def _vector(made: str, given: str) -> Told:
    sizes = numbers(given)
    if len(sizes) < 2:
        raise Unlikely
    return _statistics(str(sizes[1]), made)


def _group_norm(channels: str, groups: str) -> Told:
    known, by = int(channels), int(groups)
    lower = max(number for number in range(1, by + 1) if known % number == 0)
    return Told(
        f"num_channels % num_groups == 0: {known} % {by} == {known % by}",
        f"GroupNorm parts {known} channels into {by} groups, all equally large",
        (f"num_groups={lower}", f"or {-(-known // by) * by} channels"),
    )


def _grouped(given: str, groups: str) -> Told:
    sizes = numbers(given)
    if len(sizes) < 2:
        raise Unlikely
    return _group_norm(str(sizes[1]), groups)


def _single(what: str, size: str) -> Told:
    return Told(
        f"more than one {what}: the input is [{size}]",
        "a single number has no variance, and no more comes to each channel",
        (
            "a batch of more than one (BatchNorm), or drop_last=True where the last batch is the one"
            if what.startswith("value")
            else "leave the normalisation out there, or take LayerNorm",
            "or one stride less in front of it, so that more than 1 is left of the size",
            *(("or model.eval(), where it is not trained",) if what.startswith("value") else ()),
        ),
    )


def _shape(made: str, given: str) -> Told:
    wanted, sizes = numbers(made), numbers(given)
    return Told(
        f"the last sizes == normalized_shape: {sizes[-len(wanted) :]} == {wanted}",
        f"LayerNorm was made for {wanted}, and [{given}] comes to it",
        (
            f"write nn.LayerNorm({sizes[-len(wanted) :]})",
            "or GroupNorm(1, channels), which does not hang on the size",
        ),
    )


KNOWN = (
    Known("channels", rf"Given (?:groups=\d+|(transposed)=\d+), weight of size {LIST}, expected input ?{LIST} to have {N} channels, but got {N} channels", _channels),  # noqa: E501 - one a line
    Known("groups", r"(in_channels|out_channels) must be divisible by groups", _groups),
    Known("groups", rf"num_channels \({N}\) must be divisible by num_groups \({N}\)", _group_norm),
    Known("groups", rf"number of channels in input to be divisible by num_groups, but got input of shape {LIST} and num_groups={N}", _grouped),  # noqa: E501 - one a line
    Known("normalisation", rf"(?:running_mean|running_var|weight|bias) should contain {N} elements not {N}", _statistics),  # noqa: E501 - one a line
    Known("normalisation", rf"expected input's size at dim=1 to match num_features \({N}\), but got: {N}", _features),
    Known("normalisation", rf"equal to the number of channels in input, but got weight of shape \[{N}\] and input of shape {LIST}", _vector),  # noqa: E501 - one a line
    Known("normalisation", rf"Found parameter numbers = {N} and channel size = {N}", _features),
    Known("normalisation", rf"Expected more than 1 (value per channel|spatial element) when training, got input size torch\.Size\({LIST}\)", _single),  # noqa: E501 - one a line
    Known("normalisation", rf"Given normalized_shape={LIST}, expected input with shape \[\*[0-9, ]+\], but got input of size ?{LIST}", _shape),  # noqa: E501 - one a line
)  # fmt: skip
