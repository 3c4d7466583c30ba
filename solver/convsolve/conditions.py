"""What users demand beyond the sizes: conditions, read from text into the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from convsolve.errors import Error, shown, shown_value
from convsolve.language import Expr, compiled, evaluated, parse
from convsolve.language.nodes import Compare, Junction, Member, Name, Not, Scoped, rebuilt
from convsolve.registry import KINDS
from convsolve.vocabulary import KNOWN, used

ConditionLike = str | Sequence[str] | None

EXAMPLE = "write a comparison, as in params <= 2e6"
_REST = "(in_size + 2*padding - {extent} - 1) % stride <= padding"  # elements that no window reaches: padding only
# Named conditions: sentences, each for the layers of one kind or of all that have its names.
NAMED: Mapping[str, tuple[tuple[str | None, str], ...]] = {
    "no_checkerboard": (("ConvTranspose", "kernel_size % stride == 0"),),
    "exact": (
        ("Conv", _REST.format(extent="dilation*(kernel_size - 1)")),
        ("MaxPool", _REST.format(extent="dilation*(kernel_size - 1)")),
        ("AvgPool", _REST.format(extent="(kernel_size - 1)")),
        ("Conv", "stride <= kernel_size and (stride == 1 or dilation == 1)"),
        ("MaxPool", "stride <= kernel_size and (stride == 1 or dilation == 1)"),
        ("AvgPool", "stride <= kernel_size"),
    ),
    "odd_kernels": ((None, "kernel_size % 2 == 1"),),
}


@dataclass(frozen=True)
class Condition:
    """One condition: what the user wrote, and the sentences that must hold."""

    text: str
    sentences: tuple[Expr, ...]
    named: bool = False

    @classmethod
    def read(cls, text: object, letters: tuple[str, ...] = ()) -> Condition:
        """One condition from its text; `letters` are those of a family."""
        if not isinstance(text, str):
            raise Error("bad-condition", f"where: {shown_value(text)} is no condition", help=[EXAMPLE])
        sentence = parse(text, (*KNOWN, *letters), tuple(KINDS))
        if not isinstance(sentence, Compare | Member | Junction | Not):
            message = f"{text.strip()} is a number, not a condition"
            raise Error("bad-condition", message, help=["compare it, as in params <= 2e6"])
        if not any(used(sentence, inside=True)):
            message = f"{shown(text.strip())} is {_constant(sentence)} whatever the layers are: it has no name in it"
            raise Error("bad-condition", message, help=[EXAMPLE])
        return cls(text.strip(), (sentence,))

    @property
    def names(self) -> set[str]:
        """The names that it speaks of, without what limits them to layers and axes."""
        return {node.name for sentence in self.sentences for node in used(sentence, inside=True)}

    def __str__(self) -> str:
        return f"--{self.text.replace('_', '-')}" if self.named else self.text


def _constant(sentence: Expr) -> str:
    try:
        return "true" if compiled(sentence, ())() else "false"
    except ZeroDivisionError:
        return "a division by 0"


def read_conditions(
    where: ConditionLike,
    named: Mapping[str, bool],
    source: Sequence[range],
    target: Sequence[range],
    letters: tuple[str, ...] = (),
) -> tuple[Condition, ...]:
    """Conditions as they were given, the named ones behind.

    Args:
        where: expressions of the language (interface.md, section 3).
        named: which named ones are asked for.
        source: the input's sizes on each axis, which say with the next what ``monotone`` means there.
        target: the target's.
        letters: those of a family, which conditions may speak of, too.

    Raises:
        Error: ``bad-expression``, ``unknown-name``; ``bad-condition`` where it is a number, or no text.

    Example:
        >>> read_conditions("stride[0] == 2", {}, [range(7, 8)], [range(28, 29)])[0].sentences[0].operands[0]
        Scoped(name='stride', kind=None, layer=0, axis=None)
    """
    if where is None:
        where = ()
    texts: Sequence[object] = [where] if isinstance(where, str) else where
    if not isinstance(texts, Sequence):
        raise Error("bad-condition", f"where: {shown_value(where)} is no condition", help=[EXAMPLE])
    found = [Condition.read(text, letters) for text in texts]
    for name, asked in named.items():
        if asked:
            sentences = _monotone(source, target) if name == "monotone" else _named(name)
            found.append(Condition(name, sentences, named=True))
    return tuple(dict.fromkeys(found))


def permitted(conditions: Sequence[Condition], channels: int, *, inner: bool, outer: bool) -> bool:
    """Whether conditions on in_channels alone, or on out_channels alone, let a number of channels be.

    Args:
        conditions: of these, those that speak of nothing else, and of every layer.
        channels: the number.
        inner: whether a layer has it in front.
        outer: whether a layer has it behind.
    """
    for sentence in (sentence for condition in conditions for sentence in condition.sentences):
        every = [*used(sentence, inside=True)]
        names = {node.name if node == Scoped(node.name) else "" for node in every}
        says = (names == {"in_channels"} and inner) or (names == {"out_channels"} and outer)
        bare = every == [*used(sentence, inside=False)]
        if says and bare and not _holds(sentence, dict.fromkeys(names, channels)):
            return False
    return True


def _holds(sentence: Expr, values: Mapping[str, int]) -> bool:
    try:
        return bool(evaluated(sentence, values))
    except ZeroDivisionError:  # refused when the sentence is put to the layers
        return True


def conditions_record(conditions: Sequence[Condition]) -> dict[str, Any]:
    """The arguments that give these conditions again."""
    where = [condition.text for condition in conditions if not condition.named]
    named = {condition.text: True for condition in conditions if condition.named}
    return ({"where": where} if where else {}) | named


def _monotone(source: Sequence[range], target: Sequence[range]) -> tuple[Expr, ...]:
    """On each axis no layer's out_size is below its in_size where the target is not, none above where it is at most."""
    found: list[Expr] = []
    for axis, (start, end) in enumerate(zip(source, target, strict=True)):
        sizes = Scoped("out_size", axis=axis), Scoped("in_size", axis=axis)
        signs = (">=", end[0] >= start[-1]), ("<=", end[-1] <= start[0])
        if not any(said for _, said in signs):
            raise Error(
                "bad-condition",
                f"--monotone: on axis {axis} the sizes to be found are smaller and larger than the other end",
                help=["narrow the sizes, or write --where: out_size >= in_size"],
            )
        found += [Compare((sign,), sizes) for sign, said in signs if said]
    return tuple(found)


def _named(name: str) -> tuple[Expr, ...]:
    return tuple(_of_kind(parse(text), kind) for kind, text in NAMED[name])


def _of_kind(sentence: Expr, kind: str | None) -> Expr:
    """The sentence with every name that of one kind."""

    def scoped(node: Expr) -> Expr:
        return Scoped(node.name, kind) if isinstance(node, Name) else node

    return sentence if kind is None else rebuilt(sentence, scoped)
