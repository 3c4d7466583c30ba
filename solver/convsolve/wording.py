"""Explanations as sentences: because ... and because ... so ...; the only English of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from re import findall

from convsolve.components import tied_parameters
from convsolve.explanation import (
    LIMITED,
    Cause,
    Change,
    Excluded,
    Explanation,
    Gap,
    Near,
    Range,
    Reason,
    Residue,
    Tied,
    Unlawful,
    Window,
)
from convsolve.filling import Layer
from convsolve.problem import Problem

SIZES = ("input", "target")
MANIFOLD = ("the channels", "the ties", "the conditions")
MANY = 3  # limits that are worth reading one by one


def because(problem: Problem, found: Explanation) -> tuple[str, ...]:
    """Why there is no answer: reasons, then what follows."""
    if found.causes:
        *reasons, so = _said(problem, found, found.causes[0])
        return (*(f"because {reason}" for reason in reasons), f"so {so}")
    if any(reason.what in ("where", "join") for reason in found.conflict):
        return _demanded(problem, found)
    return _plainly(problem, found)


def told_of(problem: Problem, one: Problem) -> list[str]:
    """Which of several questions is told of, where there are several."""
    if problem.single:
        return []
    way = "" if problem.fixed else f"from {one.input} to {one.target} "
    layers = f"{'in' if way else 'with'} {_layers(one)}" if problem.deeper else ""
    comes = "comes" if way or len(one.layers) == 1 else "come"
    return [f"{way}{layers}".rstrip() + f", which {comes} nearest (all else that was asked for is impossible, too):"]


def _said(problem: Problem, found: Explanation, cause: Cause) -> list[str]:
    match cause:
        case Residue():
            return _residue(problem, found, cause)
        case Range():
            return _range(problem, found, cause)
        case Gap():
            with_ = limits(found.conflict, problem)
            made = f"{_layers(problem)} can make {cause.below} and, next, {cause.above} of {_start(problem, cause)}"
            return [
                f"{made}{f' with {with_}' if with_ else ''}, and nothing in between",
                f"{cause.target} lies in between{_on(problem, cause.axis)}",
                f"no combination leads from {_start(problem, cause)} to {cause.target}",
            ]
        case Window():
            where = f"layer {cause.layer} ({problem.layers[cause.layer].kind.name})"
            with_ = limits(found.conflict, problem)
            return [
                f"{where}{f' with {with_}' if with_ else ''} needs an input of at least {cause.needed}",
                f"the largest size that comes to it is {cause.largest}{_on(problem, cause.axis)}",
                "nothing comes out of it",
            ]
        case Unlawful():
            where = f"layer {cause.layer} ({problem.layers[cause.layer].kind.name})"
            return [
                f"{cause.reason}: {cause.sentence}",
                f"{limits(found.conflict, problem)} cannot obey that",
                f"{where} has no legal setting, whatever the sizes are",
            ]
        case Tied():
            ways = dict.fromkeys(zip(problem.input.size, problem.target.size, strict=True))
            return [
                f"{_and([f'{a} -> {b}' for a, b in ways])} are possible, each by itself",
                f"{_and(cause.parameters)} must be equal on all axes",
                "no setting serves all axes",
            ]
        case Excluded():
            return _excluded(problem, found, cause)
    raise TypeError(cause)


def _start(problem: Problem, cause: Range | Gap) -> str:
    """What goes in on the axis that is told of; without axes the channels are all that does."""
    return str(problem.input if problem.input.flat else cause.source)


def _residue(problem: Problem, found: Explanation, cause: Residue) -> list[str]:
    source = "" if cause.source is None else str(cause.source)
    with_ = limits(found.conflict, problem)
    subject = with_ or _layers(problem)
    reasons = [f"{subject} can make only {_remainders(cause)}{f' of {source}' if source else ''}"]
    whole, rest = divmod(cause.target, cause.modulus)
    left = f"is {_parity(cause.target)}" if cause.modulus == 2 else f"= {whole}*{cause.modulus} + {rest}"
    reasons.append(f"{cause.target} {left}{_on(problem, cause.axis)}")
    demanded = {word for reason in found.conflict if reason.what == "where" for word in findall(r"\w+", reason.value)}
    blamed = {reason.what for reason in found.conflict}  # perhaps of other layers
    innocent = [name for name in _names(found.acquitted) if name not in demanded | blamed]
    so = f"nothing leads{f' from {source}' if source else ''} to {cause.target}"
    return [*reasons, f"{so}, whatever {_and(innocent)} {'is' if len(innocent) == 1 else 'are'}" if innocent else so]


def _remainders(cause: Residue) -> str:
    if cause.modulus == 2:
        return f"{_parity(cause.residues[0])} sizes"
    if cause.residues == (0,):
        return f"multiples of {cause.modulus}"
    return f"sizes that leave {_or(list(map(str, cause.residues)))} when divided by {cause.modulus}"


def _parity(number: int) -> str:
    return "odd" if number % 2 else "even"


def _range(problem: Problem, found: Explanation, cause: Range) -> list[str]:
    large = cause.target > cause.reach[-1][1]
    start, passed = _start(problem, cause), zip(problem.layers, cause.reach, strict=True)
    ends = [str(high if large else low) for layer, (low, high) in passed if not layer.kind.flat_out]
    way = " -> ".join([start, *(ends if len(ends) < 8 else [*ends[:3], "...", ends[-1]])])
    with_ = limits(found.conflict, problem)
    most = f"the {'largest' if large else 'smallest'} that {_layers(problem)} can make of {start}"
    within = f"with {with_}" if with_ else "within the limits"
    return [
        f"{most} {within} is {ends[-1]}{f' ({way})' if len(ends) > 1 else ''}",
        f"{cause.target} is {'larger' if large else 'smaller'}{_on(problem, cause.axis)}",
        f"no combination leads from {start} to {cause.target}"
        + (f": that takes at least {cause.layers} such layers" if cause.layers else ""),
    ]


def _excluded(problem: Problem, found: Explanation, cause: Excluded) -> list[str]:
    numbers = f": {cause.numbers}" if cause.numbers else ""
    if cause.always:
        words = {word for layer in problem.layers if (word := layer.kind.word("padding"))}
        always = f"false where padding is {' or '.join(map(repr, sorted(words)))}" if words else "always false"
        whatever = f"nothing meets it, whatever the sizes and the {'other ' if words else ''}limits are"
        return [f"the condition {cause.conditions[0]} is {always}{numbers}", whatever]
    blamed = _and([_demand(reason, problem) for reason in _as_said(found.conflict)])
    nearest = [f"{_the_nearest(problem)} is {text}" for text in _relaxed(found)]
    so = "no setting meets them all, whatever the sizes are"
    clash = "exclude each other" if len(found.conflict) == 2 else "cannot hold together"
    return [f"{blamed} {clash}{numbers}", *nearest, so]


def _demanded(problem: Problem, found: Explanation) -> tuple[str, ...]:
    sizes = {reason.what: reason.value for reason in (*found.conflict, *found.acquitted) if reason.what in SIZES}
    sure = [reason for reason in _as_said(found.conflict) if reason not in found.unsettled]
    joined = [reason for reason in found.conflict if reason.what == "join"]
    demands = _and([reason.value for reason in found.conflict if reason.what == "where"] + [*map(_equal, joined)])
    within = _and([_demand(reason, problem) for reason in sure if reason.what in (*LIMITED, "channels", "tie")])
    return (
        f"because {_layers(problem)} can lead from {sizes['input']} to {sizes['target']}, but not with {demands}"
        + ("," if joined and within else "")
        + (f" as long as {within} stay{'s' if ' and ' not in within else ''}" if within else ""),
        *(f"because {_the_nearest(problem)} is {text}" for text in _relaxed(found)),
        "so no combination meets all conditions",
    )


def _equal(reason: Reason) -> str:
    """What a skip connection demands."""
    place = reason.layers[0]
    return f"the same size in front of layer {place} ({reason.kind}) as behind layer {reason.value}, which it joins"


def _the_nearest(problem: Problem) -> str:
    return "the nearest that any of these channels allow" if problem.widths else "the nearest that can be had"


def _relaxed(found: Explanation) -> list[str]:
    """The condition as far as it can be met, where there is but one in the way."""
    texts = [change.relax["where"] for change in found.changes if "where" in change.relax]
    return texts if len(texts) == len([reason for reason in found.conflict if reason.what == "where"]) == 1 else []


def _as_said(reasons: Iterable[Reason]) -> list[Reason]:
    """What the user demands first, then limits, ties and the rest."""
    order = ["where", "join", *LIMITED, "channels", "tie", "layers", *SIZES]
    return sorted(reasons, key=lambda reason: order.index(reason.what))


def _plainly(problem: Problem, found: Explanation) -> tuple[str, ...]:
    sizes = {reason.what: reason.value for reason in found.conflict if reason.what in SIZES}
    with_ = limits(found.conflict, problem)
    said = []
    for place, layer, before, after in _related(problem):
        name = f"layer {place} ({layer.kind.name})"
        elements, rest = divmod(before, after) if layer.kind.lifts else divmod(after, before)
        if rest:
            return (
                f"because {name} makes only multiples of {before} of {before} channels",
                f"because {after} is none",
                "so no combination leads there, whatever the sizes and the limits are",
            )
        of = f"{'as sizes' if layer.kind.lifts else 'of sizes'} with {elements} element{'' if elements == 1 else 's'}"
        said.append(f"because {name} makes {after} channels of {before} only {of}")
    target = str(problem.target) if problem.target.flat else sizes.get("target", "any size")
    way = f"{sizes.get('input', 'any size')} to {target} in {_layers(problem)}"
    return (
        *said,
        f"because no combination{f' of {with_}' if with_ else ''} leads from {way}",
        "so one of these must change",
    )


def _related(problem: Problem) -> Iterator[tuple[int, Layer, int, int]]:
    """Each Flatten and Unflatten whose channels are known on both sides, with these, where its sizes are chosen."""
    each = zip(problem.layers, pairwise(problem.channels), strict=True)
    for place, (layer, (before, after)) in enumerate(each):
        changing = layer.kind.lifts or (layer.kind.flat_out and not layer.kind.weighted)
        if problem.relations and changing and before and after:
            yield place, layer, before, after


def limits(reasons: Sequence[Reason], problem: Problem) -> str:
    """The limits among some reasons, conditions that are such included: ``kernel_size 3 and output_padding 0``."""
    ranked = _as_said(reason for reason in reasons if reason.what in LIMITED)
    demands = [reason.value for reason in reasons if reason.what == "where"]
    places = {reason.layers for reason in ranked}
    if len(ranked) > MANY and len(places) > 1:
        names = dict.fromkeys(reason.what for reason in ranked)
        return _and([*demands, f"{_and([*names])} as they are"])
    if len(ranked) > 1 and len(places) == 1 and len(ranked[0].layers) < len(problem.layers):
        alone = [_limit(replace(reason, layers=tuple(range(len(problem.layers)))), problem) for reason in ranked]
        return _and([*demands, f"{_and(alone)} of {_places(ranked[0])}"])
    return _and([*demands, *(_limit(reason, problem) for reason in ranked)])


def _limit(reason: Reason, problem: Problem) -> str:
    some = "" if len(reason.layers) == len(problem.layers) else f" of {_places(reason)}"
    value = "as kernel_size" if reason.value == "kernel_size" else reason.value
    return f"{reason.what} {value}{some}"


def _places(reason: Reason) -> str:
    one = len(reason.layers) == 1
    return f"layer{'' if one else 's'} {runs(reason.layers)} ({reason.kind})"


def runs(places: Sequence[int]) -> str:
    """Numbers of layers as a person says them.

    Example:
        >>> runs([0, 1, 2, 5])
        '0 to 2 and 5'
    """
    parts = []
    for _, run in groupby(enumerate(sorted(places)), key=lambda pair: pair[1] - pair[0]):
        numbers = [place for _, place in run]
        parts.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}")
    return _and(parts)


def _names(reasons: Sequence[Reason]) -> list[str]:
    """What is acquitted, each name once."""
    words = {
        "layers": "the number of layers",
        "channels": "the channels",
        "tie": "the ties",
        "where": "the conditions",
        "join": "the skip connections",
        "input": "the input",
        "target": "the target",
    }
    ranked = sorted(reasons, key=lambda r: LIMITED.index(r.what) if r.what in LIMITED else len(LIMITED))
    return list(dict.fromkeys(words.get(reason.what, reason.what) for reason in ranked))


def _layers(problem: Problem) -> str:
    kinds = {layer.kind.name for layer in problem.layers}
    number = len(problem.layers)
    kind = f"{kinds.pop()} " if len(kinds) == 1 else ""
    return f"one {kind}layer" if number == 1 else f"{number} {kind}layers"


def _on(problem: Problem, axis: int) -> str:
    alike = set(zip(problem.input.size, problem.target.size, strict=True))
    return f" (axis {axis})" if len(alike) > 1 else ""


def _and(parts: Sequence[str]) -> str:
    return _joined(parts, "and")


def _or(parts: Sequence[str]) -> str:
    return _joined(parts, "or")


def _joined(parts: Sequence[str], word: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def short(found: Explanation) -> list[str]:
    """What a person reads by default: why, the smallest changes, what is near."""
    return [*found.because, *_doubts(found), *_helps(found.problem, found.changes[:3]), *_near(found.nearest[:2])]


def full(found: Explanation) -> list[str]:
    """All there is: also what is to blame and what is not, and the sizes that each layer can reach."""
    lines, problem = [*found.because], found.problem
    blamed = [_fact(reason, problem) for reason in found.conflict]
    each = "" if found.unsettled else " (without any one of them the others hold together)"
    lines.append(f"conflict{each}: {', '.join(blamed)}")
    if found.acquitted:
        lines.append(f"not to blame: {', '.join(_fact(reason, problem) for reason in found.acquitted)}")
    for cause in found.causes:
        if isinstance(cause, Range):
            lines += [f"  behind layer {place}: {low} to {high}" for place, (low, high) in enumerate(cause.reach)]
    return [*lines, *_doubts(found), *_helps(found.problem, found.changes), *_near(found.nearest)]


def _doubts(found: Explanation) -> Iterator[str]:
    """What was not settled, because it takes too long."""
    if found.unsettled:
        names = _names(found.unsettled)
        matter = "matter" if len(names) > 1 or names[0] in MANIFOLD else "matters"
        why = "it is not looked at for several inputs" if found.problem.inputs > 1 else "it takes too long to tell"
        yield f"not minimal: whether {_and(names)} {matter} is not settled; {why}"
    if found.cut:
        yield "not settled: whether there are smaller changes or nearer targets; it takes too long to tell"


def _demand(reason: Reason, problem: Problem) -> str:
    """What must hold, in a sentence."""
    return reason.value if reason.what == "where" else _fact(replace(reason, default=False), problem)


def _fact(reason: Reason, problem: Problem) -> str:
    if reason.what in LIMITED:
        return f"{_limit(reason, problem)}{' (default)' if reason.default else ''}"
    words = {
        "layers": f"{reason.value} layer{'' if reason.value == '1' else 's'}",
        "tie": _tie(reason, problem),
        "where": f"the condition {reason.value}",
        "join": f"{_places(reason)} joins layer {reason.value}",
    }
    return words.get(reason.what, f"{reason.what} {reason.value}")


def _tie(reason: Reason, problem: Problem) -> str:
    """A tie, and what it makes equal where its name does not say that."""
    if reason.value not in ("default", "all"):
        return f"--tie {reason.value}"
    names = tied_parameters(problem)
    return f"--tie {reason.value} ({_and(names)} equal on all axes)" if names else f"--tie {reason.value}"


def _helps(problem: Problem, changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        yield f"  help: {_changed(problem, change)}: {_way(change)}"
        yield f"          {change.command}"


def _changed(problem: Problem, change: Change) -> str:
    relax = dict(change.relax)
    places, left_out = relax.pop("of_layers", None), relax.pop("without", None)
    words = []
    for name, value in relax.items():
        if name == "layers":
            words.append("one layer" if value == 1 else f"{value} layers")
        elif name == "tie":
            freed = [each for each in tied_parameters(problem) if each not in value.split(",")]
            words.append(f"no tie of {_and(freed)}")
        elif name == "where":
            words.append(f"the condition {value} instead")
        else:
            words.append(f"{name} {value}")
    text = _and(words)
    if left_out is not None:
        without = f"without the condition{'s' if '; ' in left_out else ''} {left_out.replace('; ', ' and ')}"
        text = f"{text}, {without}" if text else without
    return f"{text} in layer{'' if len(places) == 1 else 's'} {runs(places)}" if places else text


def _way(change: Change | Near) -> str:
    solution = change.solution
    channels = [solution.input.channels, *(layer.out_channels for layer in solution.layers)]
    sizes = ["x".join(map(str, size)) or f"{of}@" for size, of in zip(solution.told[0], channels, strict=True)]
    kept = sizes if len(sizes) < 8 else [size for size, _ in groupby(sizes)]
    return " -> ".join(kept if len(kept) < 8 else [*kept[:3], "...", *kept[-2:]])


def _near(nearest: Sequence[Near]) -> Iterator[str]:
    if nearest:
        sizes = [f"{'x'.join(map(str, near.told))} ({_way(near)})" for near in nearest]
        yield f"  near: within these limits {_and(sizes)} can be reached"
