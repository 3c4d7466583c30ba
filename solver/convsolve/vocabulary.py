"""The names that users' conditions and objectives may speak of, and what each has a value for."""

from __future__ import annotations

from collections.abc import Iterator

from convsolve.language.nodes import Call, Expr, Name, Scoped, children

ON_AXES = ("kernel_size", "stride", "padding", "dilation", "output_padding", "in_size", "out_size")
WIDTHS = ("in_channels", "out_channels")
OF_LAYERS = (*WIDTHS, "groups")
OF_CHANNELS = ("params", "macs", "activations", "peak")
OF_THE_WHOLE = ("layers", *OF_CHANNELS, "receptive_field", "jump")
KNOWN = (*ON_AXES, *OF_LAYERS, *OF_THE_WHOLE)

OVER, UNDER = "jump.over", "jump.under"  # jump is a fraction: the strides of convolutions over those of transposed ones


def used(node: Expr, *, inside: bool) -> Iterator[Scoped]:
    """Every name of a sentence, those inside sums over layers only where asked for."""
    if isinstance(node, Name | Scoped):
        yield scoped(node)
    if inside or not (isinstance(node, Call) and len(node.arguments) == 1 and node.function != "abs"):
        for child in children(node):
            yield from used(child, inside=inside)


def scoped(node: Name | Scoped) -> Scoped:
    """The name with what limits it; what is of the whole has an axis for an index."""
    if isinstance(node, Name):
        return Scoped(node.name)
    if node.name in ("receptive_field", "jump") and node.axis is None:
        return Scoped(node.name, axis=node.layer)
    return node


def of_a_layer(name: str) -> bool:
    """Whether each layer has its own value."""
    return name not in (*OF_THE_WHOLE, OVER, UNDER)


def on_an_axis(name: str) -> bool:
    """Whether each axis has its own value."""
    return name in (*ON_AXES, "receptive_field", OVER, UNDER)


def text_of(node: Scoped) -> str:
    """The name as it is written."""
    name = node.name if node.kind is None else f"{node.kind}.{node.name}"
    places = [place for place in (node.layer, node.axis) if place is not None]
    return name + "".join(f"[{place}]" for place in places)
