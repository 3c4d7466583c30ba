"""The numbers behind a conflict, where it has a simple cause."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import product
from math import prod

from convsolve.components import tied_parameters
from convsolve.explain.channels import asked_of
from convsolve.explain.facts import depths, repeated, without
from convsolve.explain.reach import LARGEST, Axis
from convsolve.explanation import Cause, Excluded, Gap, Range, Reason, Residue, Tied, Unlawful, Window
from convsolve.grounding import ground
from convsolve.language import compiled, evaluated, parse
from convsolve.language.nodes import Compare, names
from convsolve.layers.fans import AnyFan, Listed, pairs
from convsolve.layers.listed import Constant
from convsolve.plain import plain
from convsolve.problem import Problem

LARGEST_MODULUS = 16
FEW = 3  # remainders that a person takes in at once


def excluded(problem: Problem, conflict: Sequence[Reason]) -> list[Cause]:
    """Conditions that are false by themselves, or that limits, ties or each other exclude."""
    texts = [reason.value for reason in conflict if reason.what == "where"]
    said = [one.sentence for one in ground(problem).instances if str(one.condition) in texts]
    constant = [one for one in said if isinstance(one, Compare) and not [*names(one)] and not evaluated(one, {})]
    numbers = _numbers(constant[0]) if constant else None
    numbers = None if numbers in texts or problem.widths else numbers  # these are of one list of channels
    return [Excluded(tuple(texts), always=len(texts) == len(conflict) == 1, numbers=numbers)]


def _numbers(sentence: Compare) -> str:
    first, *others = [str(evaluated(operand, {})) for operand in sentence.operands]
    return " ".join([first, *(f"{sign} {other}" for sign, other in zip(sentence.operators, others, strict=True))])


def tied(problem: Problem, conflict: Sequence[Reason]) -> list[Cause]:
    """Ties that bind axes of which each has an answer."""
    whats = {reason.what for reason in conflict}
    return [Tied(tied_parameters(problem))] if "tie" in whats and "where" not in whats else []


def on_axis(problem: Problem, axis: int, acquitted: Sequence[Reason]) -> list[Cause]:
    """What a person can check of an axis that has no answer by itself, the most telling first."""
    known = plain(problem)
    alone = Axis(known, axis)
    refused = _refused(known, alone, axis)
    if refused is not None:
        return [refused]
    reach = alone.reached(min(max(alone.target, alone.hulls[-1][-1]), LARGEST))
    constant = _makes_what_it_is_told(alone.fans[-1])
    residues = () if constant else _residues(problem, axis, acquitted)
    found = [one for one in residues if len(one.residues) <= FEW]
    # remainders say more than a range does, if not of the one size that can be made
    parity = not any(map(_makes_what_it_is_told, alone.fans))
    if any(residue.anyway and (len(reach[-1]) > 1 or (parity and residue.modulus == 2)) for residue in found):
        return [*found]
    ends = [(sizes[0], hull[-1]) for sizes, hull in zip(reach, alone.hulls, strict=True) if sizes]
    if len(ends) == len(reach) and not ends[-1][0] <= alone.target <= ends[-1][1]:
        return [Range(axis, alone.source, alone.target, tuple(ends[1:]), _needed_layers(problem, alone))]
    if not all(reach) and (low := _smallest(alone)) is not None:  # too large to be looked at one by one
        return [Range(axis, alone.source, alone.target, low, _needed_layers(problem, alone))]
    below = max((size for size in reach[-1] if size < alone.target), default=None)
    above = min((size for size in reach[-1] if size > alone.target), default=None)
    if not found and below is not None and above is not None:
        return [Gap(axis, alone.source, alone.target, below, above)]
    return [*found]


def _makes_what_it_is_told(fans: Sequence[AnyFan]) -> bool:
    """Whether a layer makes its sizes of any input, as an adaptive pool does."""
    return all(isinstance(fan, Listed) and all(isinstance(one, Constant) for one, _ in fan.each) for fan in fans)


def _smallest(alone: Axis) -> tuple[tuple[int, int], ...] | None:
    """Behind each layer the smallest size and the largest, where the target is smaller and every map takes them."""
    hulls = alone.hulls
    if alone.target >= hulls[-1].start:
        return None
    if any(hull.start < max(map(_always, fans)) for hull, fans in zip(hulls, alone.fans, strict=False)):
        return None
    return tuple((hull.start, hull[-1]) for hull in hulls[1:])


def _needed_layers(problem: Problem, alone: Axis) -> int | None:
    """How many such layers the target needs at least, where these are more than are looked at one by one."""
    fans, here, target = alone.fans[-1], alone.hulls[-1], alone.target
    if not repeated(problem) or any(isinstance(fan, Listed) for fan in fans):
        return None
    upwards, number = target > here[-1], len(problem.layers)
    size = here[-1] if upwards else here.start
    while size < target if upwards else size > target:
        behind = [_ends(fan, size)[upwards] for fan in fans]
        after = max(behind) if upwards else max(min(behind), 1)
        if after <= size if upwards else after >= size:
            return None
        size, number = after, number + 1
    return number if number > depths(problem)[-1] else None


def _ends(fan: AnyFan, size: int) -> tuple[int, int]:
    """The smallest and the largest that a fan makes of a size, legal or not."""
    if isinstance(fan, Listed):
        raise TypeError(fan)
    ends = fan.offset, fan.offset + fan.reach
    least, most = (fan.stride * size + end if fan.up else (size + end) // fan.stride + 1 for end in ends)
    return least, most


def _always(fan: AnyFan) -> int:
    """A size from which on every map of a fan takes what comes."""
    return LARGEST if isinstance(fan, Listed) else max(fan.least, 1 - fan.offset)


def _refused(problem: Problem, alone: Axis, axis: int) -> Cause | None:
    """A layer that takes nothing of what comes to it."""
    for place, fans in enumerate(alone.fans):
        if not fans:
            return _unlawful(problem, place, axis)
        if not alone.hulls[place + 1]:
            return Window(axis, place, alone.hulls[place][-1], min(map(_needed, fans)))
    return None


def _needed(fan: AnyFan) -> int:
    """The smallest size that some map of a fan takes."""
    if isinstance(fan, Listed):
        return min(size_map.least for size_map, _ in fan.each)
    most = fan.offset + fan.reach
    return max(fan.least, -((most - 1) // fan.stride) if fan.up else -most)


def _unlawful(problem: Problem, place: int, axis: int) -> Cause | None:
    layer = problem.layers[place]
    parameters = tuple(parameter.name for parameter in layer.kind.axis_parameters)
    for rule in layer.kind.rules:
        if rule.sentence in layer.kind.setting_rules:
            lawful = compiled(parse(rule.sentence), parameters)
            if not any(lawful(*setting) for setting in product(*layer.domains[axis])):
                return Unlawful(place, rule.sentence, rule.reason)
    return None


def _residues(problem: Problem, axis: int, acquitted: Collection[Reason]) -> Iterator[Residue]:
    """Remainders that all reachable sizes leave, and the target does not: whatever the acquitted, or as it is."""
    target, source = problem.target.size[axis], problem.input.size[axis]
    whats = {reason.what for reason in acquitted}
    widest = Axis(plain(without(problem, asked_of(problem), acquitted)), axis)
    anyhow = None if "input" in whats else source
    for modulus in _moduli(widest):
        found = _remainders(widest, anyhow, modulus, any_depth="layers" in whats)
        if target % modulus not in found:
            yield Residue(axis, anyhow, target, modulus, tuple(sorted(found)), anyway=True)
            return
    alone = Axis(plain(problem), axis)
    for modulus in _moduli(alone):
        found = _remainders(alone, source, modulus, any_depth=False)
        if target % modulus not in found:
            yield Residue(axis, source, target, modulus, tuple(sorted(found)), anyway=False)
            return


def _moduli(axis: Axis) -> list[int]:
    """Small numbers, and the product of all strides where each layer has but one."""
    strides = [{0 if isinstance(fan, Listed) else fan.stride for fan in fans} for fans in axis.fans]
    whole = prod(min(some) for some in strides) if all(len(some) == 1 for some in strides) else 1
    return [*range(2, LARGEST_MODULUS + 1), *([whole] if LARGEST_MODULUS < whole <= 4096 else [])]


def _remainders(axis: Axis, source: int | None, modulus: int, *, any_depth: bool) -> set[int]:
    """What the sizes behind the last layer, or behind any, leave by division; never less than all of it."""
    here = set(range(modulus)) if source is None else {source % modulus}
    seen: set[int] = set()
    for fans in axis.fans:
        here = {rest for fan in fans for rest in _behind(fan, here, modulus)}
        seen |= here
    return seen if any_depth else here


def _behind(fan: AnyFan, rests: Collection[int], modulus: int) -> Collection[int]:
    if isinstance(fan, Listed):
        if _makes_what_it_is_told([fan]):
            return {size_map.raw(1) % modulus for size_map, _ in fan.each}
        return range(modulus)
    if not fan.up and fan.stride > 1:
        return range(modulus)
    amounts = {(fan.offset + (0 if fan.up else 1)) % modulus}
    for part in fan.parts:
        amounts = {(amount + more) % modulus for amount in amounts for more, _ in pairs(part)}
    return {(fan.stride * rest + amount) % modulus for rest in rests for amount in amounts}
