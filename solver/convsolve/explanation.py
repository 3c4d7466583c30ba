"""Why a question has no answer, as data: a tree of reasons whose sentences are written elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from convsolve.answer import Solution
from convsolve.problem import PARAMETERS, Problem

LIMITED = (*PARAMETERS, "sizes", "output_size", "size", "scale_factor")  # parameters whose limits may be to blame


@dataclass(frozen=True)
class Reason:
    """One fact of a question that may be to blame: a limit, the depth, the ties, a skip connection, a size.

    Attributes:
        what: ``kernel_size`` and the other parameters, ``layers``, ``tie``, ``where`` (a condition), ``join``,
            ``input`` or ``target``.
        value: what it is there, as a user writes it: ``3``, ``1..7``, ``28``.
        layers: the layers that it concerns; empty where it concerns the whole.
        kind: the kind of these layers, as a stack has it.
        default: whether nobody said it: a default limit.
    """

    what: str
    value: str
    layers: tuple[int, ...] = ()
    kind: str = ""
    default: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The reason in the terms of JSON."""
        return {"what": self.what, "value": self.value, "layers": list(self.layers), "default": self.default}


@dataclass(frozen=True)
class Cause:
    """What a person can check: numbers behind a conflict."""

    name: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """The cause in the terms of JSON."""
        return {"name": self.name} | asdict(self)


@dataclass(frozen=True)
class Range(Cause):
    """The target lies beyond all that can be reached on an axis."""

    name = "range"
    axis: int
    source: int
    target: int
    reach: tuple[tuple[int, int], ...]  # behind each layer, the smallest and the largest size
    layers: int | None = None  # so many are needed at least, where these are more than an explanation tries


@dataclass(frozen=True)
class Gap(Cause):
    """The target lies between two neighbouring sizes that can be reached."""

    name = "gap"
    axis: int
    source: int
    target: int
    below: int
    above: int


@dataclass(frozen=True)
class Residue(Cause):
    """All sizes that can be reached leave remainders that the target does not."""

    name = "residue"
    axis: int
    source: int | None  # None: from whatever size
    target: int
    modulus: int
    residues: tuple[int, ...]
    anyway: bool  # whatever the acquitted facts are


@dataclass(frozen=True)
class Window(Cause):
    """No kernel of a layer fits into its padded input."""

    name = "window"
    axis: int
    layer: int
    largest: int  # the largest size that comes there
    needed: int  # the smallest that the layer takes


@dataclass(frozen=True)
class Unlawful(Cause):
    """No setting of a layer obeys a rule of torch's, whatever the size."""

    name = "rule"
    layer: int
    sentence: str
    reason: str


@dataclass(frozen=True)
class Tied(Cause):
    """Each axis has an answer of its own, and no setting serves all."""

    name = "tie"
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Excluded(Cause):
    """Conditions that are false by themselves, or that limits, ties or each other exclude, whatever the sizes."""

    name = "condition"
    conditions: tuple[str, ...]
    always: bool  # one alone, whatever the limits are
    numbers: str | None  # a sentence of numbers alone that it comes to


@dataclass(frozen=True)
class Change:
    """A change of the question that suffices.

    Attributes:
        relax: what is changed, by its name, and to what.
        command: the question with that change, as it is typed.
        solution: an answer to it: the most conventional one, or any where that takes long to find.
    """

    relax: Mapping[str, Any]
    command: str
    solution: Solution

    def to_dict(self) -> dict[str, Any]:
        """The change in the terms of JSON."""
        return {"relax": dict(self.relax), "command": self.command, "solution": self.solution.to_dict()}


@dataclass(frozen=True)
class Near:
    """A target next to the one asked for that can be reached within the same limits, with an answer as in `Change`."""

    size: tuple[int, ...]
    command: str
    solution: Solution

    @property
    def told(self) -> tuple[int | str, ...]:
        """The size, of a family over its letters."""
        return self.size if self.solution.family is None else self.solution.told[0][-1]

    def to_dict(self) -> dict[str, Any]:
        """The target in the terms of JSON."""
        return {"size": list(self.told), "command": self.command, "solution": self.solution.to_dict()}


@dataclass(frozen=True)
class Explanation:
    """Why a question has no answer, and what would mend it.

    Attributes:
        problem: the question that is told of; of several numbers of layers the most, of sizes to be found the nearest.
        conflict: facts that cannot hold together; without any one of them the others can.
        acquitted: the other facts: whatever they were, the conflict would stand.
        causes: the numbers behind it, the most telling first; empty where there is no simple one.
        changes: each alone suffices, the smallest first.
        nearest: targets that can be reached.
        because: the same in sentences.
        unsettled: facts of the conflict of which it takes too long to tell whether they are needed.
        cut: whether the search for changes and near targets ended before all were tried.
    """

    problem: Problem
    conflict: tuple[Reason, ...]
    acquitted: tuple[Reason, ...]
    causes: tuple[Cause, ...]
    changes: tuple[Change, ...]
    nearest: tuple[Near, ...]
    because: tuple[str, ...] = ()
    unsettled: tuple[Reason, ...] = ()
    cut: bool = False

    @property
    def minimal(self) -> bool:
        """Whether every fact of the conflict was seen to be needed."""
        return not self.unsettled

    def to_dict(self) -> dict[str, Any]:
        """The explanation as an answer's record has it."""
        return {
            "told": {
                "input": str(self.problem.input),
                "target": str(self.problem.target),
                "layers": len(self.problem.layers),
            },
            "because": list(self.because),
            "conflict": [reason.to_dict() for reason in self.conflict],
            "minimal": self.minimal,
            "unsettled": [reason.to_dict() for reason in self.unsettled],
            "cut": self.cut,
            "acquitted": [reason.to_dict() for reason in self.acquitted],
            "causes": [cause.to_dict() for cause in self.causes],
            "changes": [change.to_dict() for change in self.changes],
            "nearest": [near.to_dict() for near in self.nearest],
        }
