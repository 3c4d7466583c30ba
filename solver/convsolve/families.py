"""Families of sizes: one question for every H that its conditions leave, as finitely many straight lines.

The members of a letter are numbers step*t + start, one line for each residue that the conditions leave. Every size of a
question is straight over them, so one stack that serves the first member of each line, and whose strides divide what
they must, serves all of them: see `convsolve.slopes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice, pairwise, takewhile, zip_longest
from math import lcm
from typing import Any

from convsolve.conditions import Condition
from convsolve.errors import Error
from convsolve.language import Expr, evaluated
from convsolve.language.nodes import Arithmetic, Compare, Junction, Name, Number, Scoped, children, parts_of, rebuilt
from convsolve.layers.solved import SolvedLayer
from convsolve.shapes import LARGEST_SIZE, Extent
from convsolve.sizes import Affine, Form
from convsolve.vocabulary import used

MOST_LINES = 8  # that one stack is asked to serve at once
LONGEST_PERIOD = 10_000  # of conditions on a letter
FAR = 1_000_000  # a member so far out that the slope alone decides what is larger
GROWING = ("macs", "activations", "peak")  # costs that no family has a number for
CONDITION = "write H % 16 == 12, H % 4 in {0, 1}, H >= 64 or 64 <= H <= 512"


@dataclass(frozen=True)
class Members:
    """The numbers that a letter stands for: step*t + start for each of its starts, up to the last.

    Example:
        >>> members = Members("H", 16, (12,))
        >>> [*islice(members.numbers(), 3)], str(members)
        ([12, 28, 44], 'H % 16 == 12')
    """

    letter: str
    step: int
    starts: tuple[int, ...]
    last: int | None = None

    def numbers(self) -> Iterator[int]:
        """All of them, ascending."""
        every = (self.step * t + start for t in count() for start in self.starts)
        return every if self.last is None else takewhile(self.last.__ge__, every)

    def finer(self, times: int) -> Members:
        """The same numbers on several times as many lines."""
        starts = [start + self.step * number for number in range(times) for start in self.starts]
        kept = tuple(start for start in starts if self.last is None or start <= self.last)
        return replace(self, step=self.step * times, starts=kept)

    def line(self, number: int) -> tuple[int, int]:
        """On which line a number lies, and as which member of it."""
        place = next(place for place, start in enumerate(self.starts) if (number - start) % self.step == 0)
        return place, (number - self.starts[place]) // self.step

    def __str__(self) -> str:
        rests = sorted(start % self.step for start in self.starts)
        said = []
        if len(rests) == 1 and self.step > 1:
            said.append(f"{self.letter} % {self.step} == {rests[0]}")
        elif len(rests) < self.step:
            said.append(f"{self.letter} % {self.step} in {{{', '.join(map(str, rests))}}}")
        first = min(self.starts)
        if first > min(rest or self.step for rest in rests) or not said:
            said.append(f"{self.letter} >= {first}")
        if self.last is not None:
            said.append(f"{self.letter} <= {self.last}")
        return " and ".join(said)

    @property
    def every(self) -> str:
        """All of them, in words."""
        return (
            f"every {self}"
            if str(self).count(self.letter) == 1 and ">=" in str(self)
            else f"every {self.letter} with {self}"
        )


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
        return form.over(members.step, members.starts[line % len(members.starts)])

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
        return size.text(form.letter, members.step, members.starts[line % len(members.starts)])

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
    return Extent(extent.channels, sizes, inputs=len(letters))


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
    own_ones = [one for one in conditions if all(said <= {*known} for said in map(_names, one.sentences))]
    if known and len(source.forms) == len(target.forms):
        _refuse_crossed(source, target)
    for form in forms:
        if form.letter not in known:
            raise Error(
                "bad-size",
                f"target {target}: {form.letter} is no letter of the input {source}",
                help=[f"write the input with it, as in {form.letter} {form}"],
            )
    members = []
    for letter in known:
        own = [form for form in forms if form.letter == letter]
        sentences = [sentence for one in own_ones for sentence in one.sentences if letter in _names(sentence)]
        mixed = next((one for one in own_ones if any(len(_names(sentence)) > 1 for sentence in one.sentences)), None)
        if mixed is not None:
            raise Error("bad-condition", f"{mixed.text}: two letters in one condition", help=[CONDITION])
        members.append(_members(letter, own, sentences))
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


def _members(letter: str, forms: Sequence[Form], sentences: Sequence[Expr]) -> Members:
    parts = [part for sentence in sentences for part in _conjuncts(sentence)]
    periodic = [part for part in parts if _periodic(part)]
    low, high = max(form.least for form in forms), None
    for part in parts:
        if part not in periodic:
            least, most = _limits(part, letter)
            low = max(low, least)
            high = most if high is None or (most is not None and most < high) else high
    step = lcm(*(form.divisor for form in forms), *(_period(part) for part in periodic))
    if step > LONGEST_PERIOD:
        raise Error("bad-condition", f"the conditions on {letter} repeat only every {step:,}", help=[CONDITION])
    rests = {
        rest
        for rest in range(step)
        if all(rest % form.divisor == 0 for form in forms)
        and all(evaluated(part, {letter: rest + step}) for part in periodic)
    }
    step = next(one for one in range(1, step + 1) if step % one == 0 and _repeats(rests, one, step))
    starts = sorted(low + (rest - low) % step for rest in {rest % step for rest in rests})
    starts = [start for start in starts if high is None or start <= high]
    if not starts or starts[-1] > LARGEST_SIZE:
        said = f"there is no {letter} of which all of it is true"
        raise Error("bad-condition", said, help=[f"change the conditions on {letter}, or the sizes"])
    return Members(letter, step, tuple(starts), high)


def _names(sentence: Expr) -> set[str]:
    return {node.name for node in used(sentence, inside=True)}


def _repeats(rests: set[int], period: int, step: int) -> bool:
    return all((rest + period) % step in rests for rest in rests)


def _conjuncts(sentence: Expr) -> Iterator[Expr]:
    if isinstance(sentence, Junction) and sentence.operator == "and":
        for part in sentence.parts:
            yield from _conjuncts(part)
    else:
        yield sentence


def _periodic(sentence: Expr) -> bool:
    """Whether a letter stands only where a remainder is taken of it."""
    match sentence:
        case Arithmetic("%", left, Number()):
            return all(isinstance(one, Name | Number) or _linear(one) for one in parts_of(left))
        case Name():
            return False
        case _:
            return all(map(_periodic, children(sentence)))


def _linear(node: Expr) -> bool:
    return isinstance(node, Arithmetic) and node.operator in "+-*"


def _period(sentence: Expr) -> int:
    found = (
        one.right.value
        for one in parts_of(sentence)
        if isinstance(one, Arithmetic) and isinstance(one.right, Number) and one.operator == "%"
    )
    return lcm(*(max(1, abs(number)) for number in found))


def _limits(part: Expr, letter: str) -> tuple[int, int | None]:
    """The least and the most that a comparison with numbers leaves."""
    least, most = 1, None
    wrong = Error("bad-condition", f"a condition on {letter} is neither a residue nor a limit", help=[CONDITION])
    if not isinstance(part, Compare):
        raise wrong
    for operator, left, right in zip(part.operators, part.operands, part.operands[1:], strict=False):
        match left, right:
            case (Name(), Number(value)):
                sign = operator
            case (Number(value), Name()):
                sign = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
            case _:
                raise wrong
        low = {">": value + 1, ">=": value, "==": value}.get(sign, 1)
        high = {"<": value - 1, "<=": value, "==": value}.get(sign)
        if sign == "!=":
            raise wrong
        least = max(least, low)
        most = high if most is None or (high is not None and high < most) else most
    return least, most
