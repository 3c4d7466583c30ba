"""Letters of a family: the numbers that each stands for, by conditions on residues and limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, takewhile
from math import lcm

from convsolve.errors import Error
from convsolve.language import Expr, evaluated
from convsolve.language.nodes import TURNED, Arithmetic, Compare, Junction, Name, Number, children, parts_of
from convsolve.shapes import LARGEST_SIZE
from convsolve.sizes import Form

LONGEST_PERIOD = 10_000  # of conditions on a letter
CONDITION = "write H % 16 == 12, H % 4 in {0, 1}, H >= 64 or 64 <= H <= 512"


@dataclass(frozen=True)
class Members:
    """The numbers that a letter stands for: step*t + start for each of its starts, up to the last.

    Example:
        >>> from itertools import islice
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

    def start(self, line: int) -> int:
        """The first number of a line; those of a letter with fewer lines than others come again."""
        return self.starts[line % len(self.starts)]

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
        from_one_on = len(self.starts) == self.step and self.last is None
        return f"every {self}" if from_one_on else f"every {self.letter} with {self}"


def members_of(letter: str, forms: Sequence[Form], sentences: Sequence[Expr]) -> Members:
    """What a letter stands for where its forms are sizes and the sentences hold.

    Raises:
        Error: ``bad-condition`` where a sentence is neither a residue nor a limit, or nothing is left.
    """
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
                sign = TURNED.get(operator, operator)
            case _:
                raise wrong
        low = {">": value + 1, ">=": value, "==": value}.get(sign, 1)
        high = {"<": value - 1, "<=": value, "==": value}.get(sign)
        if sign == "!=":
            raise wrong
        least = max(least, low)
        most = high if most is None or (high is not None and high < most) else most
    return least, most
