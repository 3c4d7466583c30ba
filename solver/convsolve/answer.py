"""Solution and Answer: what a question comes back as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, overload

from convsolve.costs import Costs, costs_of
from convsolve.families import Family, positions
from convsolve.layers.base import TorchCall
from convsolve.layers.solved import SolvedLayer
from convsolve.limits import Stop
from convsolve.problem import Problem
from convsolve.shapes import Shape, shape_text

if TYPE_CHECKING:
    from torch import nn

    from convsolve.explanation import Explanation


class Status(StrEnum):
    """How a question ended: answered, proved to have no answer, or neither."""

    SOLVED = "solved"
    IMPOSSIBLE = "impossible"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, repr=False)
class Solution:
    """One combination: every layer with its settings and sizes.

    Attributes:
        layers: the layers, first to last.
        checked: the levels that ran on this very solution: ``arithmetic``, ``z3``, ``torch`` ...
        others: the same layers on the way of further inputs, where one stack serves several.
        family: what the letters stand for, where the sizes are those of a family's first members.

    Example:
        >>> import convsolve as cs
        >>> cs.solve(7, 28)[0].layers[0].stride
        (4,)
    """

    layers: tuple[SolvedLayer, ...]
    checked: tuple[str, ...] = ()
    others: tuple[tuple[SolvedLayer, ...], ...] = ()
    family: Family | None = None

    @classmethod
    def of(cls, layers: Sequence[SolvedLayer], problem: Problem, checked: tuple[str, ...]) -> Solution:
        """The solution of layers on the axes of all inputs of a question, these told apart."""
        if problem.inputs == 1:
            return cls(tuple(layers), checked, family=problem.family)
        first, *others = (tuple([layer.part(number) for layer in layers]) for number in range(problem.inputs))
        return cls(first, checked, tuple(others), problem.family)

    def __repr__(self) -> str:
        stack = " >> ".join(f"{call.name}({_arguments(call)})" for call in map(SolvedLayer.torch_call, self.layers))
        into, out = shape_text(self.input.channels, self.told[0][0]), shape_text(self.output.channels, self.told[0][-1])
        return f"<Solution {into} -> {out}: {stack}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Solution) and self.layers == other.layers

    def __hash__(self) -> int:
        return hash(self.layers)

    @property
    def input(self) -> Shape:
        """The shape that goes in."""
        return Shape(self.layers[0].in_channels, self.layers[0].in_size)

    @property
    def output(self) -> Shape:
        """The shape that comes out."""
        return Shape(self.layers[-1].out_channels, self.layers[-1].out_size)

    @property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """The spatial sizes: the input's, then each layer's output."""
        return (self.layers[0].in_size, *(layer.out_size for layer in self.layers))

    @property
    def start(self) -> tuple[int, ...]:
        """The size that goes in; 1 on each axis where channels come without axes."""
        return tuple(before for before, _ in self.layers[0].ends)

    @property
    def all_sizes(self) -> tuple[tuple[int, ...], ...]:
        """Likewise, 1 on each axis where channels stand without axes."""
        stacks = (self.layers, *self.others)
        passed = [[tuple(zip(*layer.ends, strict=True)) for layer in layers] for layers in stacks]
        lines = [(ends[0][0], *(out for _, out in ends)) for ends in passed]
        return tuple(tuple(size for here in at for size in here) for at in zip(*lines, strict=True))

    @property
    def sizes_of_each(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """For each input `sizes`."""
        stacks = (self.layers, *self.others)
        return tuple((layers[0].in_size, *(layer.out_size for layer in layers)) for layers in stacks)

    @cached_property
    def costs(self) -> Costs:
        """params, macs, activations, peak and the receptive field; of a family those that do not grow with it."""
        costs = costs_of(self.layers)
        return costs if self.family is None else replace(costs, macs=None, activations=None, peak=None)

    def with_checked(self, *levels: str) -> Solution:
        """The same solution, with further levels that ran on it."""
        return replace(self, checked=tuple(dict.fromkeys((*self.checked, *levels))))

    def module(
        self, *, activation: str | None = None, norm: str | None = None, final_activation: str | None = None
    ) -> nn.Module:
        """A checked ``nn.Sequential``, or a module with its skip connections; see `convsolve.emit.module`."""
        from convsolve.emit.module import module

        return module(self, activation=activation, norm=norm, final_activation=final_activation)

    def code(
        self,
        *,
        activation: str | None = None,
        norm: str | None = None,
        final_activation: str | None = None,
        class_name: str | None = None,
    ) -> str:
        """Its source text; see `convsolve.emit.code`."""
        from convsolve.emit.code import code

        return code(self, activation=activation, norm=norm, final_activation=final_activation, class_name=class_name)

    @cached_property
    def told(self) -> tuple[tuple[tuple[str | int, ...], ...], ...]:
        """For each input `sizes`, those of a family as forms of its letters: once where all its lines have the same."""
        if self.family is None:
            return self.sizes_of_each
        each = []
        for line in range(self.family.lines):
            told = [self.family.told(sizes, line) for sizes in positions(self.family, self.layers, line)]
            flat = [layer.kind.flat_out for layer in self.layers]
            each.append(
                tuple(() if gone else size for size, gone in zip(told, (not self.input.size, *flat), strict=True))
            )
        return tuple(dict.fromkeys(each))

    @property
    def ends(self) -> tuple[tuple[tuple[str | int, ...], tuple[str | int, ...]], ...]:
        """The sizes in front of each layer and behind it, as they are told."""
        return tuple(pairwise(self.told[0]))

    def to_dict(self) -> dict[str, Any]:
        """The solution as a record (``convsolve.solution/1``)."""
        layers = [layer.to_dict() for layer in self.layers]
        for layer, (into, out) in zip(layers, self.ends, strict=True):
            layer["in_size"], layer["out_size"] = [*into], [*out]
        return {
            "schema": "convsolve.solution/1",
            "input": {"channels": self.input.channels, "size": [*self.told[0][0]]},
            "output": {"channels": self.output.channels, "size": [*self.told[0][-1]]},
            "layers": layers,
            "costs": self.costs.to_dict(),
            "changes": [],
            "checked": list(self.checked),
            **({"sizes": [[[*size] for size in sizes] for sizes in self.told]} if len(self.told) > 1 else {}),
            **({"family": self.family.to_dict()} if self.family else {}),
        }

    def to_json(self) -> str:
        """The record as JSON, on one line; the text of a layer is made once for all solutions that share it."""
        if self.others or self.family:
            from json import dumps

            return dumps(self.to_dict())
        texts = [layer.texts for layer in self.layers]
        layers = ", ".join([text for text, _, _ in texts])
        checked = ", ".join([f'"{level}"' for level in self.checked])
        return (
            f'{{"schema": "convsolve.solution/1", "input": {texts[0][1]}, "output": {texts[-1][2]}, '
            f'"layers": [{layers}], "costs": {self.costs.to_json()}, "changes": [], '
            f'"checked": [{checked}]}}'
        )

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Solution:
        """Read a record back; what it says is checked by integers first.

        Raises:
            Error: ``bad-record`` where it is no solution, or its sizes are not what its settings give.
        """
        from convsolve.solution_records import solution_of_record

        return solution_of_record(record)


@dataclass(frozen=True)
class Established:
    """What is known of a question that was given up.

    Attributes:
        impossible_layers: numbers of layers of which Z3 has proved that they have no combination.
        empty_layers: those in which the graph has found none, which is not proved.
        without_conditions: how many combinations there are, were there no conditions; None where nobody counted.
        residues: of a family, those of which some stack serves all members.
        some: whether there are combinations, which only could not be counted.
    """

    impossible_layers: tuple[int, ...] = ()
    empty_layers: tuple[int, ...] = ()
    without_conditions: int | None = None
    residues: tuple[str, ...] = ()
    some: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The same in the terms of JSON."""
        return {
            "impossible_layers": list(self.impossible_layers),
            "empty_layers": list(self.empty_layers),
            "without_conditions": self.without_conditions,
            "residues": list(self.residues),
            "some": self.some,
        }


@dataclass(frozen=True, repr=False)
class Answer(Sequence[Solution]):
    """What a question came to: its solutions, best first, and what is known beside them.

    Attributes:
        status: ``solved``, ``impossible`` (proved) or ``gave_up``.
        problem: the question in full.
        solutions: those that were asked for.
        complete: whether these are all.
        total: the exact number of combinations, where known.
        order: ``conventional``, or ``graph`` beyond what is sorted.
        stats: counts of work done, never times.
        asked, asked_all: how many solutions were asked for, and whether all were.
        optimal: whether the first is proved best; None without an objective.
        values: the objectives' values of the first.
        bound: the values that none can be better than, as far as that is proved.
        stopped: what ended the search early, or its explanation; what it had found until then is here.
        explained: the explanation, where it was made together with the answer.
        established: of a question that was given up, what is known all the same.

    Example:
        >>> import convsolve as cs
        >>> answer = cs.solve(7, 28)
        >>> answer.status, answer.total, answer.complete
        (<Status.SOLVED: 'solved'>, 12, True)
    """

    status: Status
    problem: Problem
    solutions: tuple[Solution, ...]
    complete: bool
    total: int | None
    order: str
    stats: Mapping[str, int] = field(hash=False)
    asked: int | None = None
    asked_all: bool = False
    optimal: bool | None = None
    values: tuple[int, ...] | None = None
    bound: tuple[int, ...] | None = None
    stopped: Stop | None = None
    explained: Explanation | None = field(default=None, compare=False)
    established: Established | None = None

    @cached_property
    def explanation(self) -> Explanation | None:
        """Why there is no answer, and what would mend it; None where there is one, or it is not known."""
        if self.explained is not None or self.status is not Status.IMPOSSIBLE or self.stopped is not None:
            return self.explained
        from convsolve.explain import explain

        return explain(self.problem)

    @property
    def by_size(self) -> bool:
        """Whether what can be reached was asked for: then there is one solution a size, ascending."""
        return self.problem.target.anything and not self.problem.objectives and not self.asked_all

    def __len__(self) -> int:
        return len(self.solutions)

    @overload
    def __getitem__(self, index: int) -> Solution: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Solution, ...]: ...

    def __getitem__(self, index: int | slice) -> Solution | tuple[Solution, ...]:
        if isinstance(index, int) and not -len(self) <= index < len(self):
            raise IndexError(f"no solution {index}: {self!r}")
        return self.solutions[index]

    def __repr__(self) -> str:
        total = "an unknown number" if self.total is None else f"{self.total}"
        sizes = f"{self.problem.input} -> {self.problem.target}"
        stopped = f", stopped: {self.stopped}" if self.stopped else ""
        return f"<Answer to {sizes}: {self.status}, {len(self)} of {total} listed{stopped}>"

    def __iter__(self) -> Iterator[Solution]:
        return iter(self.solutions)

    def __bool__(self) -> bool:
        return self.status is Status.SOLVED

    def to_dict(self) -> dict[str, Any]:
        """The answer as a record (``convsolve.answer/1``); the same question gives the same bytes."""
        from convsolve.versions import versions

        return {
            "schema": "convsolve.answer/1",
            "status": str(self.status),
            "complete": self.complete,
            "optimal": self.optimal,
            "values": None if self.values is None else list(self.values),
            "bound": None if self.bound is None else list(self.bound),
            "stopped": self.stopped and str(self.stopped),
            "total": self.total,
            "problem": self.problem.to_dict() | {"count": self.asked, "all": self.asked_all},
            "solutions": [solution.to_dict() for solution in self.solutions],
            "explanation": self.explanation and self.explanation.to_dict(),
            "established": self.established and self.established.to_dict(),
            "order": self.order,
            "stats": dict(self.stats),
            "versions": versions(),
        }


def _arguments(call: TorchCall) -> str:
    return ", ".join([*map(repr, call.arguments), *(f"{name}={value!r}" for name, value in call.keywords)])
