"""Other channels for those that are to be found: the nearest numbers that suffice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log2

from convsolve.domains import Domain
from convsolve.explain.channels import WIDEST_CHANNELS, AskedOpen
from convsolve.explain.trial import DOUBLED, Bench, Trial
from convsolve.monotone import Direction


def other_channels(bench: Bench) -> Trial | None:
    """One of the channels as little beyond its domain as suffices, else all of them; None where that is no matter."""
    asked = bench.asked
    where = Direction.of(bench.problem.where)
    if not isinstance(asked, AskedOpen) or where.least == where.most:
        return None
    ends = [domain[-1] if where.most else domain[0] for domain in asked.domains()]
    ways = [_beyond(asked, number, domain, most=where.most) for number, domain in enumerate(asked.domains())]
    alone = [_least(bench, asked, {number: way}, ends) for number, way in enumerate(ways)]
    together = [None] if any(alone) else [_least(bench, asked, dict(enumerate(ways)), ends)]
    return min((trial for trial in (*alone, *together) if trial), key=lambda trial: trial.price, default=None)


def _beyond(asked: AskedOpen, number: int, domain: Domain, *, most: bool) -> list[int]:
    """Numbers that are not in a domain, the nearest first."""
    step = domain[1] - domain[0] if len(domain) > 1 and len({*_steps(domain)}) == 1 else 1
    further: Sequence[int] = range(domain[0] - 1, 0, -1)
    if most:
        further = range(domain[-1] + step, WIDEST_CHANNELS + 1, step)
    return [*asked.permitted(number, further)]


def _steps(domain: Domain) -> Iterator[int]:
    return (after - before for before, after in pairwise(domain))


def _least(bench: Bench, asked: AskedOpen, ways: dict[int, list[int]], ends: Sequence[int]) -> Trial | None:
    """Some of the channels so far beyond their domains as suffices."""
    far = max(map(len, ways.values()))

    def with_numbers(index: int) -> Trial:
        domains: list[Domain | None] = [None] * len(ends)
        price = 0.0
        for number, way in ways.items():
            if way:
                other = way[min(index, len(way) - 1)]
                domains[number] = _joined(asked, number, other)
                price += DOUBLED * abs(log2(other / ends[number]))
        changed = asked.with_domains(domains)
        return Trial(changed, {"channels": changed.text}, price)

    if not far or not bench.works(with_numbers(far - 1)):
        return None
    return bench.nearest(-1, far - 1, with_numbers)


def _joined(asked: AskedOpen, number: int, other: int) -> Domain:
    """A domain with one number more; where nobody said any, the nearest that there was stands for all."""
    domain = asked.domains()[number]
    if asked.widths.parts[asked.widths.open[number]] == "?":
        domain = domain[-1:] if other > domain[-1] else domain[:1]
    return tuple(sorted({*domain, other}))
