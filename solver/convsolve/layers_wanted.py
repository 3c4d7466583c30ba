"""The layers that a question asks for: a stack, or a number of layers of one kind."""

from __future__ import annotations

from collections.abc import Iterable

from convsolve.domains import MOST_LAYERS, DomainLike, read_depth
from convsolve.errors import Error, did_you_mean, shown_value
from convsolve.layers.base import LayerKind
from convsolve.registry import KINDS, WORDS
from convsolve.shapes import Extent
from convsolve.stack import Stack, write


def wanted_layers(  # noqa: PLR0913 - the words that a question has for them
    source: Extent,
    goal: Extent,
    *,
    stack: Stack | str | None,
    layer: str | None,
    layers: DomainLike | None,
    far: Iterable[tuple[range, range]],
) -> Stack:
    """The stack of a question, or the layers that stand in its place; `far` are sizes far out in a family."""
    if stack is not None:
        if layer is not None or layers is not None:
            raise Error("usage", "a stack already says its layers", help=["leave out --layer and --layers"])
        written = Stack.read(stack)
        if not written.layers:
            raise Error("bad-stack", "the stack has no layers", help=["write one, as in Conv()"])
        return written
    depths = read_depth(1 if layers is None else layers, f"layers must be a number from 1 to {MOST_LAYERS}")
    kind = _auto(source, goal, far) if layer in (None, "auto") else _layer_kind(layer)
    one = Stack((write(kind, (), {}),))
    return one * set(depths)


def _layer_kind(layer: object) -> type[LayerKind]:
    if isinstance(layer, str) and layer in WORDS:
        other = KINDS[WORDS[layer]]
        if other.weighted and layer == other.record:
            return other
        mend = [f"write --layer {other.record}" if other.weighted else f'write --stack "{other.name}()"']
        raise Error("usage", f"--layer {layer} is not conv, conv_transpose or auto", help=mend)
    words = [kind.record for kind in KINDS.values() if kind.weighted]
    raise Error(
        "unknown-kind", f"--layer {shown_value(layer)} is not known", help=did_you_mean(str(layer), [*words, "auto"])
    )


def _auto(source: Extent, goal: Extent, far: Iterable[tuple[range, range]]) -> type[LayerKind]:
    pairs = [*zip(source.sizes, goal.sizes, strict=True), *far]
    grows = any(start[0] < end[-1] for start, end in pairs)
    shrinks = any(start[-1] > end[0] for start, end in pairs)
    if grows and shrinks and (source.forms or not (source.fixed and goal.fixed)):
        how = "some sizes grow and others shrink" if source.forms else "sizes may grow or shrink"
        raise Error(
            "mixed-directions",
            f"from {source} to {goal} {how}",
            help=["what can be reached hangs on the layers: write --layer conv, --layer conv_transpose or --stack"],
        )
    if grows and shrinks:
        raise Error(
            "mixed-directions",
            f"from {source} to {goal} one axis grows and another shrinks",
            help=['write the layers, as in --stack "Conv() >> ConvTranspose()"'],
        )
    return KINDS["ConvTranspose"] if grows else KINDS["Conv"]
