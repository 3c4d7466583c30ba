"""The ways from some states through a layer to others, found axis by axis, as far as states begin so on both sides.

In front of a layer that makes all sizes the same, every size leads to one, on each axis; but there are few states
of all that could be put together out of these, and most decisions on a layer lead from none to none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from convsolve.tables import State

Known = tuple[int, ...]  # the parameters of a setting that conditions read
Source = tuple[int, Known, int]  # a size that leads to another, what is known of the settings, and how many
Nested = dict[int, "Nested"]  # by the size on one axis, what follows on the next
Leading = Mapping[int, Sequence[Source]]  # what leads to each size
Way = tuple[State, State, tuple[Known, ...], int]  # behind, in front, what is known of the settings, and how many


def nested(states: Iterable[State]) -> Nested:
    """States by the size on the first axis, then by that on the next."""
    found: Nested = {}
    for state in states:
        here = found
        for size in state:
            here = here.setdefault(size, {})
    return found


def crossings(
    fronts: Nested, behinds: Nested, sources: Sequence[Callable[[], Leading]], spend: Callable[[int], None]
) -> list[Way]:
    """All ways, those to one state in the order of the sources.

    Args:
        fronts: the states in front of the layer.
        behinds: those behind it.
        sources: on each axis, what leads to each size that anything leads to; asked for when it comes to that.
        spend: is told how much is looked at, before it is.
    """
    found: list[tuple[Nested, Nested, Way]] = [(behinds, fronts, ((), (), (), 1))]
    for leading in sources:
        begun, found = found, []
        into = leading() if begun else {}
        for ahead, front, (out, state, known, ways) in begun:
            few, many = (ahead, into) if len(ahead) < len(into) else (into, ahead)
            for size in [size for size in few if size in many]:
                some, further = into[size], ahead[size]
                spend(len(some))
                found += [
                    (further, front[source], ((*out, size), (*state, source), (*known, one), ways * count))
                    for source, one, count in some
                    if source in front
                ]
    return [way for _, _, way in found]
