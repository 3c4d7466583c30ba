"""Families of sizes: one question for every H that its conditions leave, as finitely many straight lines.

The members of a letter are numbers step*t + start, one line for each residue that the conditions leave. Every size of a
question is straight over them, so one stack that serves the first member of each line, and whose strides divide what
they must, serves all of them: see `convsolve.slopes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise, zip_longest
from typing import Any

from convsolve.conditions import Condition
from convsolve.errors import Error
from convsolve.language import Expr
from convsolve.language.nodes import Arithmetic, Name, Number, Scoped, rebuilt
from convsolve.layers.solved import SolvedLayer
from convsolve.letters import CONDITION, Members, members_of
from convsolve.shapes import Extent
from convsolve.sizes import Affine, Form

MOST_LINES = 8  # that one stack is asked to serve at once
FAR = 1_000_000  # a member so far out that the slope alone decides what is larger
GROWING = ("macs", "activations", "peak")  # costs that no family has a number for


@dataclass(frozen=True)
class Family:
    """What the letters of a question stand for.

    Attributes:
        members: those of each letter, in the order in which the input has them.
        source: on each axis the form of the input, None where that is a number.
        where: the conditions on letters alone, as they were written.
        split: on how many times as many lines the members are as their conditions ask for.
        complete: whether every stack that serves all members is one of those that are looked for.
        steady: whether what is asked for beyond the sizes holds for all members where it does for the first.
    """

    members: tuple[Members, ...]
    source: tuple[Form | None, ...]
    where: tuple[Condition, ...] = ()
    split: int = 1
    complete: bool = True
    steady: bool = True

    @property
    def exact(self) -> bool:
        """Whether the combinations that are found are just those that serve all members."""
        return self.complete and self.steady

    @property
    def lines(self) -> int:
        """How many inputs one stack must serve for it to serve all."""
        return max(len(one.starts) for one in self.members)

    def of(self, letter: str) -> Members:
        """What a letter stands for."""
        return next(one for one in self.members if one.letter == letter)

    def sizes(self, extent: Extent) -> tuple[Affine, ...]:
        """An end of the question over the members, on the axes of all lines one behind the other."""
        forms = extent.forms or (None,) * extent.axes
        return tuple(
            self._line(form, line) if form else Affine(0, sizes[0])
            for line in range(self.lines)
            for form, sizes in zip(forms, extent.sizes, strict=False)
        )

    def _line(self, form: Form, line: int) -> Affine:
        members = self.of(form.letter)
        return form.over(members.step, members.start(line))

    def inputs(self, size: Sequence[int], line: int) -> tuple[Affine, ...]:
        """The input over the members of one line, where it is a number this one."""
        forms = zip(self.source, size, strict=True)
        return tuple(self._line(form, line) if form else Affine(0, number) for form, number in forms)

    def told(self, sizes: Sequence[Affine], line: int = 0) -> tuple[str | int, ...]:
        """Sizes as forms of the letters on their axes; those that do not grow as numbers."""
        return tuple(self._told(size, axis, line) for axis, size in enumerate(sizes))

    def extent(self, extent: Extent) -> Extent:
        """An end of the question with the first member of each line in the letters' place."""
        sizes = tuple(range(one.base, one.base + 1) for one in self.sizes(extent))
        return replace(extent, sizes=sizes, inputs=self.lines, forms=extent.forms or (None,) * extent.axes)

    def far(self, source: Extent, target: Extent) -> Iterator[tuple[range, range]]:
        """What goes in and comes out on each axis for members far out."""
        for one, other in zip(self.sizes(source), self.sizes(target), strict=True):
            into, out = one.at(FAR), other.at(FAR)
            yield range(into, into + 1), range(out, out + 1)

    def finer(self, times: int) -> Family:
        """The same members on several times as many lines."""
        return replace(self, members=tuple(one.finer(times) for one in self.members), split=self.split * times)

    def remaining(self, conditions: Sequence[Condition]) -> tuple[Condition, ...]:
        """The conditions that speak of layers, each letter as what the input is made of."""
        return tuple(self._of_layers(one) for one in conditions if one not in self.where)

    def _of_layers(self, condition: Condition) -> Condition:
        sentences = tuple(rebuilt(sentence, self._in_sizes) for sentence in condition.sentences)
        if sentences != condition.sentences and self.lines > 1:
            raise Error(
                "unsupported",
                f"{condition.text}: a letter stands beside layers, and one stack serves several residues",
                help=["ask for one residue, as in H % 16 == 12"],
            )
        return replace(condition, sentences=sentences)

    def _in_sizes(self, node: Expr) -> Expr:
        """A letter over the input's size on its axis; anything else as it is."""
        if not isinstance(node, Name) or all(node.name != one.letter for one in self.members):
            return node
        axis, form = next((axis, form) for axis, form in enumerate(self.source) if form and form.letter == node.name)
        size = Arithmetic("-", Scoped("in_size", layer=0, axis=axis), Number(form.shift))
        return Arithmetic("//", Arithmetic("*", Number(form.divisor), size), Number(form.factor))

    def some(self, number: int) -> list[dict[str, int]]:
        """So many members, the smallest, each letter with its own; fewer where there are no more."""
        each = [[*islice(one.numbers(), number)] for one in self.members]
        most = max(map(len, each))
        return [
            {one.letter: numbers[min(place, len(numbers) - 1)] for one, numbers in zip(self.members, each, strict=True)}
            for place in range(most)
        ]

    def _told(self, size: Affine, axis: int, line: int) -> str | int:
        form = self.source[axis]
        if form is None or not size.rate:
            return size.base
        members = self.of(form.letter)
        return size.text(form.letter, members.step, members.start(line))

    def to_dict(self) -> dict[str, Any]:
        """The letters as a record."""
        return {
            one.letter: {"step": one.step, "starts": [*one.starts], "last": one.last, "text": str(one)}
            for one in self.members
        }


def positions(family: Family, layers: Sequence[SolvedLayer], line: int = 0) -> list[tuple[Affine, ...]]:
    """The sizes on one line of members, in front of the first layer and behind each.

    Raises:
        ValueError: they do not stay straight, or a layer refuses them.
    """
    start = family.inputs([before for before, _ in layers[0].ends], line)
    columns = []
    for axis, size in enumerate(start):
        found = [size]
        for layer in layers:
            out = layer.kind.size_map(layer.settings[axis]).through(found[-1])
            if out is None:
                raise ValueError(f"{layer.kind.name} does not keep {found[-1]} straight")
            found.append(out)
        columns.append(found)
    return list(zip(*columns, strict=True))


def layers_at(family: Family, layers: Sequence[SolvedLayer], letters: Mapping[str, int]) -> tuple[SolvedLayer, ...]:
    """The layers as one member of the family passes them; raises as `positions`."""
    lines = [positions(family, layers, line) for line in range(family.lines)]
    columns = []
    for axis, form in enumerate(family.source):
        line, number = family.of(form.letter).line(letters[form.letter]) if form else (0, 0)
        columns.append([sizes[axis].at(number) for sizes in lines[line]])
    passed = pairwise(zip(*columns, strict=True))
    return tuple(
        SolvedLayer.passing(layer.kind, layer.settings, (layer.in_channels, layer.out_channels), sizes)
        for layer, sizes in zip(layers, passed, strict=True)
    )


def at(extent: Extent, letters: Sequence[Mapping[str, int]]) -> Extent:
    """An end of the question with numbers in the letters' place, one input for each."""
    sizes = tuple(
        range(number, number + 1)
        for one in letters
        for form, known in zip(extent.forms, extent.sizes, strict=False)
        for number in [form.at(one[form.letter]) if form else known[0]]
    )
    return Extent(extent.channels, sizes, extent.flat, inputs=len(letters))


def refuse_growing(names: Iterable[str]) -> None:
    """Raise where one of some costs grows with the letters of a family."""
    growing = next((name for name in names if name in GROWING), None)
    if growing is not None:
        raise Error(
            "unsupported",
            f"{growing} grow with the letters of a family, so that no number bounds them",
            help=["ask for params instead, or for one size"],
        )


def letters_of(*ends: Extent) -> tuple[str, ...]:
    """The letters of the question, in the order in which they stand there."""
    return tuple(dict.fromkeys(form.letter for end in ends for form in end.forms if form))


def family_of(source: Extent, target: Extent, conditions: Sequence[Condition]) -> Family:
    """The family that two ends and the conditions on their letters are about.

    Raises:
        Error: ``bad-size`` where the target has a letter that the input lacks; ``bad-condition`` where a condition
            cannot be read as residues and limits, or leaves nothing; ``unsupported`` where it leaves too many residues.
    """
    forms = [form for end in (source, target) for form in end.forms if form]
    known = letters_of(source)
    for end in (source, target):
        if end.inputs > 1 or not all(form or len(size) == 1 for form, size in zip_longest(end.forms, end.sizes)):
            raise Error(
                "unsupported",
                f"from {source} to {target}: beside a family no size is to be found in this version",
                help=["write each axis as a number or with a letter: Hx4, HxW"],
            )
    own_ones = [one for one in conditions if one.names <= {*known}]
    if known and len(source.forms) == len(target.forms):
        _refuse_crossed(source, target)
    for form in forms:
        if form.letter not in known:
            raise Error(
                "bad-size",
                f"target {target}: {form.letter} is no letter of the input {source}",
                help=[f"write the input with it, as in {form.letter} {form}"],
            )
    mixed = next((one for one in own_ones if len(one.names) > 1), None)
    if mixed is not None:
        raise Error("bad-condition", f"{mixed.text}: two letters in one condition", help=[CONDITION])
    members = []
    for letter in known:
        own = [form for form in forms if form.letter == letter]
        sentences = [sentence for one in own_ones for sentence in one.sentences if letter in one.names]
        members.append(members_of(letter, own, sentences))
    family = Family(tuple(members), source.forms or (None,) * source.axes, tuple(own_ones))
    if family.lines > MOST_LINES:
        raise Error(
            "unsupported",
            f"{' and '.join(map(str, members))}: that are more than {MOST_LINES} residues for one stack",
            help=["ask for fewer at once, as in H % 16 == 12"],
        )
    return family


def _refuse_crossed(source: Extent, target: Extent) -> None:
    """Raise where an axis ends with another letter than it begins with: no layer mixes axes."""
    for axis, (into, out) in enumerate(zip(source.forms, target.forms, strict=True)):
        if out and (into is None or into.letter != out.letter):
            begins = into or source.sizes[axis][0]
            raise Error(
                "bad-size",
                f"axis {axis} leads from {begins} to {out}, and no layer makes the size of one axis that of another",
                help=["write the same letter on both sides of an axis, as in HxW 2Hx2W"],
            )
