"""What a run in torch showed: levels that ran, faults, notes, and on what it ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from convsolve.errors import Error, did_you_mean, shown

TORCH = "torch"  # meta with real channels, then CPU execution, thin; every size compared
TORCH_PER_AXIS = "torch-per-axis"  # the same, executed one axis at a time
FAMILY = "family"  # the first of these, for members with every rest that a stride can leave, and for one far out
BACKWARD = "backward"  # what depends on what, from one pass of ones in each direction
EXECUTED = "executed"  # a model of the user's own, run as it is: nobody says what its layers should give
LEVELS = (TORCH, BACKWARD)  # what may be asked for


class Outcome(StrEnum):
    """How a check ended. Only the first says that the layers are right, only the second that they are wrong."""

    PASSED = "passed"
    FAILED = "failed"
    CRASHED = "backend crash"  # torch took its process with it
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    TOO_LARGE = "too large"  # to be executed even one axis at a time


def refuse_unknown(levels: Iterable[str]) -> None:
    """Raise ``unknown-level`` for one that cannot be asked for, so that none is passed over in silence."""
    for level in levels:
        if level not in LEVELS:
            raise Error(
                "unknown-level", f"{shown(level)} is no level of a run in torch", help=did_you_mean(level, LEVELS)
            )


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        layer: the layer's place, from 0; None where it is the whole.
        what: ``size``, ``dtype``, ``not-finite``, ``refused``, ``not-a-tensor``, ``crash-zone`` or ``crash``.
        expected: what was promised.
        got: what came instead.
        where: the run that showed it.
    """

    layer: int | None
    what: str
    expected: str
    got: str
    where: str

    def __str__(self) -> str:
        place = "the model" if self.layer is None else f"layer {self.layer}"
        return f"{place}: expected {self.expected}, got {self.got} ({self.where})"


@dataclass(frozen=True)
class Backend:
    """What the run ran on."""

    torch: str
    device: str
    threads: int
    onednn: bool


@dataclass(frozen=True)
class Step:
    """One intermediate of a user's model: the module, and the shape behind it with its batch axis left out."""

    module: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Attributes:
        outcome: how it ended.
        levels: what ran on these very layers and found nothing wrong, never more.
        faults: what is wrong.
        notes: what was left out, or is worth knowing.
        backend: None where torch never came to answer.
        dead_outputs: output elements of one channel that depend on no input; None unless ``backward`` ran.
        dead_inputs: input elements of one channel that no output depends on.
        steps: the intermediate shapes of a user's ``nn.Sequential``.

    Example:
        >>> Report(Outcome.PASSED, levels=("torch",)).passed
        True
    """

    outcome: Outcome
    levels: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    backend: Backend | None = None
    dead_outputs: int | None = None
    dead_inputs: int | None = None
    steps: tuple[Step, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything that was asked for ran, and nothing is wrong."""
        return self.outcome is Outcome.PASSED

    def to_dict(self) -> dict[str, Any]:
        """The report in the terms of JSON."""
        return asdict(self) | {"outcome": str(self.outcome)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Report:
        """The report that `to_dict` wrote."""
        backend = record["backend"]
        return cls(
            outcome=Outcome(record["outcome"]),
            levels=tuple(record["levels"]),
            faults=tuple(Fault(**fault) for fault in record["faults"]),
            notes=tuple(record["notes"]),
            backend=None if backend is None else Backend(**backend),
            dead_outputs=record["dead_outputs"],
            dead_inputs=record["dead_inputs"],
            steps=tuple(Step(step["module"], tuple(step["shape"])) for step in record["steps"]),
        )
