"""What shall be least or most: sums over layers, as torch counts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from convsolve.errors import Error, did_you_mean, shown_value

COSTS = ("params", "macs", "activations")

ObjectiveLike = str | Sequence[str] | None


class Objective(NamedTuple):
    """One cost, to be made as small or as large as it can be."""

    cost: str
    least: bool

    def __str__(self) -> str:
        return self.cost if self.least else f"-{self.cost}"

    @property
    def sign(self) -> int:
        """What turns the cost into something to be made small."""
        return 1 if self.least else -1


def read_objectives(minimize: ObjectiveLike, maximize: ObjectiveLike) -> tuple[Objective, ...]:
    """The objectives in order of importance: what is minimised, then what is maximised; ``-macs`` turns one around.

    Raises:
        Error: ``bad-objective`` where one is no cost, or stands twice.
    """
    found: list[Objective] = []
    for word, wishes, least in (("minimize", minimize, True), ("maximize", maximize, False)):
        for text in _texts(wishes, word):
            bare = text.strip()
            name = bare.removeprefix("-").strip()
            if name not in COSTS:
                raise Error(
                    "bad-objective",
                    f"{word}: {shown_value(text)} is no objective of this version",
                    help=did_you_mean(name, COSTS),
                )
            if any(other.cost == name for other in found):
                raise Error("bad-objective", f"{word}: {name} stands twice", help=["give each objective once"])
            found.append(Objective(name, least is (bare == name)))
    return tuple(found)


def _texts(wishes: object, word: str) -> Iterable[str]:
    if wishes is None:
        return ()
    listed = [wishes] if isinstance(wishes, str) else wishes
    if not isinstance(listed, Sequence) or not all(isinstance(text, str) for text in listed):
        raise Error("bad-objective", f"{word}: {shown_value(wishes)} is no objective", help=[f'write {word}="macs"'])
    return [str(text) for text in listed]
