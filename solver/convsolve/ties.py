"""What axes share: parameters that are equal on all of them, or on those where the whole question is the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convsolve.errors import Error, did_you_mean, shown, shown_value
from convsolve.filling import Layer
from convsolve.layers.base import AxisParameter
from convsolve.problem import PARAMETERS
from convsolve.shapes import Extent

TIED_BY_DEFAULT = ("kernel_size", "stride", "dilation")


def tie_text(tie: str | Iterable[str] | None) -> str:
    """What is tied, as it was asked for: ``default``, ``none``, ``all`` or names in their order."""
    if tie is None or tie == "default":
        return "default"
    if not isinstance(tie, Iterable):
        raise Error("bad-value", f"tie: {shown_value(tie)} is no list of parameters")
    names = [str(name).strip().replace("-", "_") for name in (tie.split(",") if isinstance(tie, str) else tie)]
    if names in (["none"], ["all"]):
        return names[0]
    for name in names:
        if name in ("none", "all"):
            raise Error("bad-value", f"tie: {name} stands alone", help=[f"write {name}, or only parameters"])
        if name not in PARAMETERS:
            raise Error(
                "unknown-parameter",
                f"--tie: {shown(name)} is no parameter",
                help=did_you_mean(name, [*PARAMETERS, "none", "all"]),
            )
    return ",".join(name for name in PARAMETERS if name in names) or "none"


def ties(layers: Sequence[Layer], source: Extent, goal: Extent, tie: str) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Per layer and axis parameter, for each axis the axis whose value it shares."""
    axes = range(source.axes)
    alone = tuple(axes)
    together = (0,) * len(alone)
    tied = PARAMETERS if tie == "all" else tie.split(",")
    each = {id(layer): layer for layer in layers}
    ends = [end for extent in (source, goal) for end in extent.each]
    questions = [
        (
            *(end.alike(axis) for end in ends),
            *(layer.domains[axis] for layer in each.values()),
            *(axis for layer in each.values() if layer.kind.lifts and len(layer.domains[axis][0]) > 1),
        )
        for axis in axes
    ]
    twins = tuple(questions.index(question) for question in questions)

    def leaders(layer: Layer, parameter: AxisParameter) -> tuple[int, ...]:
        name = parameter.name
        if parameter.shared:
            return together
        if tie != "default":
            return together if name in tied else alone
        # a stride that follows the kernel is given per axis where the kernel is
        if name in layer.per_axis or (layer.kind.follows(name) and "kernel_size" in layer.per_axis):
            return alone
        return together if name in TIED_BY_DEFAULT else twins

    # all inputs pass the very same layers
    found = {
        key: tuple(leaders(layer, p) * source.inputs for p in layer.kind.axis_parameters) for key, layer in each.items()
    }
    return tuple([found[id(layer)] for layer in layers])
