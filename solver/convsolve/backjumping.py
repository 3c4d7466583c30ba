"""Values chosen one by one, each from what those before it leave; where none is left, the choice to blame is made anew.

That is the last one that has to do with the values that were refused, not the last one at all: conflict-directed
backjumping (P. Prosser, Hybrid algorithms for the constraint satisfaction problem, 1993).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from convsolve.layers.base import LayerKind

Values = list[int]  # of settings, sizes and folds, each in its slot
Test = Callable[[Values], object]
Asked = tuple[Test, int]  # and the choices that it hangs on, as bits


class Passed(NamedTuple):
    """A layer on one axis, once its setting is known: the slots of that and of the sizes, and those that lie ahead."""

    kind: LayerKind
    allowed: Callable[..., int]
    setting: Sequence[int]
    size: int
    out: int
    hulls: Sequence[range]
    axis: int

    def outs(self, values: Values) -> int | None:
        """The size behind it, if that lies ahead."""
        setting = tuple([values[slot] for slot in self.setting])
        out = self.kind.size_map(setting).out(values[self.size]) if self.allowed(*setting) else None
        return out if out in self.hulls[self.axis] else None


class Choice(NamedTuple):
    """A value that is chosen: a parameter on one axis, or a size of the input.

    Attributes:
        slot: where it stands.
        domain: what it may be.
        tests: what must hold as soon as it is chosen.
        like: where the value stands that it must be equal to, where it is tied.
        passed: the layer that it completes on its axis.
    """

    slot: int
    domain: list[int]
    tests: list[Asked]
    like: int | None = None
    passed: Passed | None = None

    @property
    def hangs_on(self) -> list[int]:
        """The slots that say which values it may have at all."""
        like = [] if self.like is None else [self.like]
        return like if self.passed is None else [*like, *self.passed.setting, self.passed.size]

    def candidates(self, values: Values) -> Iterator[None]:
        """The values that it may have after those chosen before, one after the other put into its slot."""
        domain = self.domain
        if self.like is not None:
            domain = [values[self.like]] if values[self.like] in domain else []
        if self.passed is None:
            for value in domain:
                values[self.slot] = value
                yield
            return
        found, ahead = [], self.passed.hulls[self.passed.axis]
        for value in domain:
            values[self.slot] = value
            if (out := self.passed.outs(values)) is not None:
                found.append((abs(2 * out - ahead.start - ahead.stop), value, out))
        for _, values[self.slot], values[self.passed.out] in sorted(found):
            yield


def chosen(choices: Sequence[Choice], hangs_on: Sequence[int], values: Values, most: int) -> bool:
    """Whether all values were chosen, as all tests want them, before so many were tried.

    Args:
        choices: in their order.
        hangs_on: of each, the choices before it that say which values it may have at all, as bits.
        values: in which they are put.
        most: how many are tried.
    """
    waiting = [choices[0].candidates(values)]
    conflicts = [*hangs_on]  # per choice, those that its values were refused for
    while True:
        at = len(waiting) - 1
        for _ in waiting[at]:
            most -= 1
            if most < 0:
                return False
            for test, bits in choices[at].tests:
                if not test(values):
                    conflicts[at] |= bits
                    break
            else:
                break
        else:
            before = conflicts[at] & ((1 << at) - 1)
            if not before:
                return False
            back = before.bit_length() - 1
            conflicts[back] |= before ^ (1 << back)
            del waiting[back + 1 :]
            continue
        if at + 1 == len(choices):
            return True
        conflicts[at + 1] = hangs_on[at + 1]
        waiting.append(choices[at + 1].candidates(values))
