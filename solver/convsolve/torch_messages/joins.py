"""Messages of what brings two tensors together: torch.cat, additions, losses, checkpoints."""

from __future__ import annotations

from convsolve.torch_messages.message import LIST, Known, N, Told, Unlikely, crossed, first, numbers, paired


def _joined(one: str, other: str) -> Told:
    small, large = sorted((int(one), int(other)))
    missing = large - small
    if not missing:
        raise Unlikely
    near = missing < 4
    return Told(
        f"the sizes must be equal: {one} == {other}",
        f"two branches come to {small} and {large}"
        + (": a stride rounds down, and the way back does not know what it lost" if near else ""),
        (
            f"where a transposed layer makes {small}: output_padding={missing} more, as long as that stays"
            " below its stride or dilation"
            if near
            else f"change the branch that makes {small}: {missing} are missing",
            f"or crop the larger one to {small}",
        ),
        f"convsolve solve {-(-small // 2)} {large} --layer conv_transpose -s 2" if near else None,
    )


def _shapes(one: str, other: str) -> Told:
    return _joined(*map(str, first(paired(one, other), where=lambda a, b: a != b)))


def _broadcast(length: str, wanted: str) -> Told:
    others = [size for size in numbers(wanted) if size not in (1, int(length))]
    if not others:
        raise Unlikely
    return _joined(str(min(others, key=lambda size: abs(size - int(length)))), length)


def _loss(target: str, given: str) -> Told:
    """A loss compares what comes out with what is wanted: the whole network has the wrong size."""
    if len(numbers(target)) != len(numbers(given)):
        return _ranks(str(len(numbers(given))), str(len(numbers(target))))
    made, wanted = first(paired(given, target), where=lambda a, b: a != b)
    return Told(
        f"the sizes must be equal: {made} == {wanted}",
        f"the network makes {crossed(numbers(given))}, and the loss compares it with {crossed(numbers(target))}",
        (
            f"let the last layers make {wanted}: the command finds settings for the last one",
            f"or crop or resize the target to {made}",
        ),
        f"convsolve solve {-(-made // 2)} {wanted}" if made >= 1 and abs(made - wanted) < 4 else None,
    )


def _maps(given: str, target: str) -> Told:
    """Cross entropy: a class map has no channels."""
    return _loss(target, ", ".join(str(size) for size in numbers(given)[:1] + numbers(given)[2:]))


def _ranks(one: str, other: str) -> Told:
    return Told(
        f"as many axes in both: {one} == {other}",
        f"one tensor has {one} axes and the other {other}",
        ("unsqueeze the one that lacks an axis, as in x.unsqueeze(0), or flatten the other",),
    )


def _batch(one: str, other: str) -> Told:
    return Told(
        f"the batches must be equal: {one} == {other}",
        f"the network's output has a batch of {one}, the target one of {other}:"
        " often a view(-1, ...) with a wrong number, which moves what is too much into the batch",
        ("write x.flatten(1) in place of view(-1, ...)", "convsolve trace STACK --input SHAPE shows what comes there"),
    )


def _checkpoint(saved: str, made: str) -> Told:
    return Told(
        f"the shapes must be equal: {crossed(numbers(saved))} == {crossed(numbers(made))}",
        f"the checkpoint's layer was made with {crossed(numbers(saved))}, the model's with {crossed(numbers(made))}",
        ("give the layer the numbers of the checkpoint: out_channels, in_channels // groups, kernel_size",),
    )


KNOWN = (
    Known("join", rf"Sizes of tensors must match except in dimension \d+\. ?(?:Expected|Got) (?:size )?{N}(?: in dimension \d+)? (?:but got(?: size)?|and) {N}", _joined),  # noqa: E501 - one a line
    Known("join", rf"The size of tensor a \({N}\) must match the size of tensor b \({N}\)", _joined),
    Known("join", rf"expanded size of the tensor \({N}\) must match the existing size \({N}\)", _joined),
    Known("join", rf"output with shape {LIST} doesn't match the broadcast shape {LIST}", _shapes),
    Known("join", rf"stack expects each tensor to be equal size, but got {LIST} at entry \d+ and {LIST}", _shapes),
    Known("join", rf"Attempting to broadcast a dimension of length {N} at -?\d+!.{{1,120}}broadcastable to {LIST}", _broadcast),  # noqa: E501 - one a line
    Known("loss", rf"(?:Using a target|Target) size \(torch\.Size\({LIST}\)\) (?:that is different to the|must be the same as) input size \(torch\.Size\({LIST}\)\)", _loss),  # noqa: E501 - one a line
    Known("loss", rf"size mismatch \(got input: {LIST} ?, target: {LIST}", _maps),
    Known("batch", rf"Expected input batch_size \({N}\) to match target batch_size \({N}\)", _batch),
    Known("axes", rf"Tensors must have same number of dimensions: got {N} and {N}", _ranks),
    Known("checkpoint", rf"copying a param with shape torch\.Size\({LIST}\) from checkpoint, the shape in current model is torch\.Size\({LIST}\)", _checkpoint),  # noqa: E501 - one a line
)  # fmt: skip
