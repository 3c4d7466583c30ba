"""What shall be least or most: a cost as torch counts it, or a number in the language of conditions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache, reduce
from typing import NamedTuple

from convsolve.errors import Error, shown, shown_value
from convsolve.language import Expr, parse
from convsolve.language.nodes import Arithmetic, Compare, Junction, Member, Name, Negative, Not, Number, Scoped, rebuilt
from convsolve.registry import KINDS
from convsolve.vocabulary import KNOWN, OF_CHANNELS, of_a_layer, on_an_axis, scoped, text_of, used

COSTS = ("params", "macs", "activations")  # sums over layers of what each costs, whatever the others are

ObjectiveLike = str | Sequence[str] | None


class Objective(NamedTuple):
    """One number, to be made as small or as large as it can be.

    Attributes:
        cost: its text.
        least: whether it is to be small.

    Example:
        >>> str(Objective.read("-macs", least=True)), Objective.read("max(padding)", least=True).additive
        ('-macs', False)
    """

    cost: str
    least: bool

    @classmethod
    def read(cls, text: str, *, least: bool) -> Objective:
        """One objective from its text; a minus in front of the whole turns it around.

        Raises:
            Error: ``bad-expression``, ``unknown-name``; ``bad-objective`` where it is not one number.
        """
        cost = text.strip()
        sentence = _parsed(cost)
        if isinstance(sentence, Negative) and _parsed(bare := cost.removeprefix("-").strip()) == sentence.operand:
            cost, sentence, least = bare, sentence.operand, not least
        if cost.startswith("(") and cost.endswith(")"):
            inner = cost[1:-1].strip()
            cost = inner if _same(inner, sentence) else cost
        _one_number(cost, sentence)
        return cls(cost, least)

    def __str__(self) -> str:
        if self.least:
            return self.cost
        return f"-{self.cost}" if self.cost.replace("_", "").isalnum() else f"-({self.cost})"

    @property
    def words(self) -> str:
        """What the best has, as in ``fewest params``."""
        if self.cost in (*COSTS, "layers"):
            return f"{'fewest' if self.least else 'most'} {self.cost}"
        return f"{'smallest' if self.least else 'largest'} {self.cost}"

    @property
    def sign(self) -> int:
        """What turns the cost into something to be made small."""
        return 1 if self.least else -1

    @property
    def additive(self) -> bool:
        """Whether it is a sum over layers of what each costs by its own settings and sizes."""
        return self.cost in COSTS

    @property
    def needs_channels(self) -> bool:
        """Whether it cannot be counted without channels."""
        return any(node.name in OF_CHANNELS for node in used(_parsed(self.cost), inside=True))

    def number(self, axes: int) -> Expr:
        """The number itself: what has a value on each axis is summed over the axes."""
        return _summed(_parsed(self.cost), axes)


def read_objectives(minimize: ObjectiveLike, maximize: ObjectiveLike) -> tuple[Objective, ...]:
    """The objectives in order of importance: what is minimised, then what is maximised; ``-macs`` turns one around.

    Raises:
        Error: as `Objective.read`; ``bad-objective`` where one stands twice.
    """
    found: list[Objective] = []
    for word, wishes, least in (("minimize", minimize, True), ("maximize", maximize, False)):
        for text in _texts(wishes, word):
            try:
                objective = Objective.read(text, least=least)
            except Error as error:
                raise Error(error.code, f"{word}: {error.message}", help=error.help) from None
            if any(other.cost == objective.cost for other in found):
                raise Error(
                    "bad-objective", f"{word}: {objective.cost} stands twice", help=["give each objective once"]
                )
            found.append(objective)
    return tuple(found)


def _texts(wishes: object, word: str) -> Iterable[str]:
    if wishes is None:
        return ()
    listed = [wishes] if isinstance(wishes, str) else wishes
    if not isinstance(listed, Sequence) or not all(isinstance(text, str) for text in listed):
        raise Error("bad-objective", f"{word}: {shown_value(wishes)} is no objective", help=[f'write {word}="macs"'])
    return [str(text) for text in listed]


def _one_number(cost: str, sentence: Expr) -> None:
    """Raises Error where an expression is no number, or has one for each layer."""
    if isinstance(sentence, Compare | Member | Junction | Not):
        raise _error(f"{shown(cost)} is a condition, not a number", f'write it as one: --where "{cost}"')
    for node in used(sentence, inside=False):
        if of_a_layer(node.name) and node.layer is None:
            what = text_of(node)
            raise _error(
                f"{shown(cost)} is not one number: each layer has its {what}",
                f"write sum({what}), max({what}), or {what}[0] for that of the first layer",
            )
        if node.name == "jump":
            raise _error(
                "jump is a fraction, no number to be made small", "write product(Conv.stride), or that of another kind"
            )
    if not any(used(sentence, inside=True)):
        raise _error(f"{shown(cost)} is the same for every combination", "write what changes, as in sum(kernel_size)")


def _error(message: str, mend: str) -> Error:
    return Error("bad-objective", message, help=[mend])


@lru_cache(maxsize=64)  # a question has few, and asks for them often
def _parsed(text: str) -> Expr:
    return parse(text, KNOWN, tuple(KINDS))


def _same(text: str, sentence: Expr) -> bool:
    try:
        return _parsed(text) == sentence
    except Error:
        return False


def _summed(sentence: Expr, axes: int) -> Expr:
    match sentence:
        case Arithmetic("+" | "-" as operator, left, right):
            return Arithmetic(operator, _summed(left, axes), _summed(right, axes))
        case Negative(operand):
            return Negative(_summed(operand, axes))
    if not any(on_an_axis(node.name) and node.axis is None for node in used(sentence, inside=True)):
        return sentence
    return reduce(lambda left, right: Arithmetic("+", left, right), [_on(sentence, axis) for axis in range(axes)])


def _on(sentence: Expr, axis: int) -> Expr:
    """The sentence about one axis."""

    def placed(node: Expr) -> Expr:
        if not isinstance(node, Name | Scoped):
            return node
        named = scoped(node)
        return replace(named, axis=axis) if named.axis is None and on_an_axis(named.name) else named

    return rebuilt(sentence, placed)


def better_than(objectives: Sequence[Objective], values: Sequence[int], axes: int) -> Expr:
    """The sentence that the objectives have better values, the first one first."""
    wishes: list[Expr] = []
    alike: list[Expr] = []
    for objective, value in zip(objectives, values, strict=True):
        both = objective.number(axes), Number(value)
        wish = Compare(("<" if objective.least else ">",), both)
        wishes.append(Junction("and", (*alike, wish)) if alike else wish)
        alike.append(Compare(("==",), both))
    return wishes[0] if len(wishes) == 1 else Junction("or", tuple(wishes))
