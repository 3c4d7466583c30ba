"""The smallest changes of a question that suffice, each tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log2

from convsolve.errors import Error
from convsolve.explain.facts import WIDEST, depths, facts, farthest, widest, without
from convsolve.explain.other_channels import other_channels
from convsolve.explain.reach import Axis, sizes
from convsolve.explain.relaxing import relaxed
from convsolve.explain.solving import solved
from convsolve.explain.trial import A_LAYER, A_PAD, A_TIE, AN_INPUT, DOUBLED, LEFT_OUT, PRICES, Bench, Trial, joined
from convsolve.explain.widening import Each, Width, another_value, values, widened, wider, with_limit
from convsolve.explanation import Change, Reason
from convsolve.plain import plain
from convsolve.problem import PARAMETERS, Problem
from convsolve.registry import KINDS
from convsolve.stack import write

MOST = 5  # changes that are worth reading
MANY_LAYERS = 8  # more than these nobody adds


def changes(bench: Bench, conflict: Sequence[Reason]) -> list[Change]:
    """Each alone suffices; the smallest first."""
    found = sorted(_single(bench, conflict), key=lambda trial: trial.price)
    if all("input" in trial.relax for trial in found):
        found = [*_several(bench), *found]
    made = []
    for trial in found[:MOST]:
        asked = bench.serving(trial)
        known = trial.solution if bench.whole is None else None
        made.append(Change(trial.relax, asked.command(), known or solved(asked.problem(), bench.asking)))
    return made


def _single(bench: Bench, conflict: Sequence[Reason]) -> Iterator[Trial]:
    """For each member of a conflict, the smallest change of it."""
    named = {reason.what for reason in conflict}
    if "target" in named and "padding" not in named and (padded := _padded(bench)) is not None:
        yield padded
    for reason in conflict:
        trial = None
        if reason.what in WIDEST:
            trial = widened(bench, reason)
        elif reason.what == "layers":
            trial = _other_depth(bench)
        elif reason.what == "tie":
            trial = _looser(bench)
        elif reason.what == "channels":
            trial = other_channels(bench)
        elif reason.what == "where":
            trial = relaxed(bench, reason)
        elif reason.what == "input" and bench.axis is not None:
            trial = _another_input(bench, bench.axis)
        if trial is not None:
            yield trial


def _padded(bench: Bench) -> Trial | None:
    """Padding by a layer of its own, whose two sides may differ, where no padding of a layer itself will do."""
    layers = bench.asked.layers
    if bench.asked.repeats or len(layers) > MANY_LAYERS:
        return None
    for place, layer in enumerate(layers):
        if "padding" in layer.kind.positions() and "output_padding" not in layer.kind.positions():
            pad = write(KINDS["Pad"], (), {})
            asked = replace(bench.asked, layers=(*layers[:place], pad, *layers[place:]))
            trial = Trial(asked, {"Pad": f"in front of layer {place}"}, A_PAD)
            if bench.works(trial):
                return trial
    return None


def _other_depth(bench: Bench) -> Trial | None:
    """More layers, or fewer."""
    now = len(bench.problem.layers)
    within = depths(bench.problem) if bench.problem.where else range(1, now + MANY_LAYERS)
    for depth in sorted(within, key=lambda depth: (abs(depth - now), -depth)):
        asked = bench.asked.with_depth(bench.asked.layers[:1] * depth, bench.problem)
        trial = Trial(asked, {"layers": depth}, A_LAYER * abs(depth - now))
        if depth != now and bench.works(trial):
            return trial
    return None


def _looser(bench: Bench) -> Trial | None:
    """One parameter freed from the ties, or all."""
    bound = [name for name in PARAMETERS if _binds(bench.problem, name)]
    for free in reversed(bound):
        tie = ",".join(name for name in bound if name != free)
        trial = Trial(replace(bench.asked, tie=tie), {"tie": tie}, A_TIE)
        if tie and bench.works(trial):
            return trial
    trial = Trial(replace(bench.asked, tie="none"), {"tie": "none"}, 2 * A_TIE)
    return trial if bench.works(trial) else None


def _binds(problem: Problem, name: str) -> bool:
    """Whether a tie makes some layer's values of a parameter equal."""
    return any(
        leaders[axis] != axis
        for layer, ties in zip(problem.layers, problem.ties, strict=True)
        for parameter, leaders in zip(layer.kind.axis_parameters, ties, strict=True)
        for axis in range(problem.axes)
        if parameter.name == name
    )


def _another_input(bench: Bench, axis: int) -> Trial | None:
    """The nearest input from which the target can be reached; if there is none, one with another limit wider."""
    found = _nearest_input(bench, axis)
    if found is not None:
        return found
    for reason in bench.acquitted:
        if reason.what not in WIDEST or reason.default:
            continue
        current = values(bench.problem, reason)
        for width in (way[0] for way in wider(current, reason.what, farthest(bench.problem, reason.what)) if way):
            other = another_value(current, width.each, reason.what)
            for each in (other, width.each) if other else (width.each,):
                trial = with_limit(bench.asked, bench.problem, reason, width._replace(each=each))
                changed = replace(bench, problem=trial.asked.problem(), asked=trial.asked)
                if (found := _nearest_input(changed, axis)) is not None:
                    return joined([trial, found])
    return None


def _nearest_input(bench: Bench, axis: int) -> Trial | None:
    problem = bench.problem
    now, alike = problem.input.size[axis], twins(problem, axis)
    near = sorted(sizes(Axis(plain(problem), axis).sources()[0]), key=lambda size: (abs(size - now), size))
    for size in near[:3]:
        new = tuple(size if place in alike else number for place, number in enumerate(problem.input.size))
        shape = problem.input.only(new)
        price = AN_INPUT + DOUBLED * abs(log2(size / now))
        trial = Trial(replace(bench.asked, source=shape), {"input": str(shape)}, price)
        if bench.works(trial):
            return trial
    return None


def twins(problem: Problem, axis: int) -> list[int]:
    """The axes with the same sizes as this one."""
    both = problem.input.size[axis], problem.target.size[axis]
    return [place for place in range(problem.axes) if (problem.input.size[place], problem.target.size[place]) == both]


def _several(bench: Bench) -> Iterator[Trial]:
    """Several things at once, as few and as little changed as suffice."""
    known = [fact for fact in facts(bench.problem) if fact.what in WIDEST or fact.what in ("tie", "where")]
    known.sort(key=lambda fact: fact.what != "where")  # what a user demands is kept, if it can be
    if not _possible_without(bench, known):
        return
    needed = list(known)
    for reason in known:
        rest = [one for one in needed if one != reason]
        if _possible_without(bench, rest):
            needed = rest
    widths = {reason: Width(_widest(bench.problem, reason), 0) for reason in needed if reason.what in WIDEST}
    for reason in [*widths]:
        narrower: list[Width] = []
        for way in wider(values(bench.problem, reason), reason.what, farthest(bench.problem, reason.what)):
            trials = {width: _all(bench, needed, widths | {reason: width}) for width in way}
            least = bench.least([*trials.values()])
            narrower += [width for width, trial in trials.items() if trial is least]
        if narrower:
            widths[reason] = min(narrower, key=lambda width: width.price)
        else:
            widths[reason] = widths[reason]._replace(price=WIDEST[reason.what] * PRICES[reason.what])
    trial = _all(bench, needed, widths)
    if bench.works(trial):
        yield trial


def _widest(problem: Problem, reason: Reason) -> Each:
    end = farthest(problem, reason.what)
    return tuple(widest(domain, reason.what, end) for domain in values(problem, reason))


def _possible_without(bench: Bench, dropped: Sequence[Reason]) -> bool:
    try:
        return bench.asking.possible(without(bench.problem, bench.asked, dropped))
    except Error:
        return False


def _all(bench: Bench, needed: Sequence[Reason], widths: dict[Reason, Width]) -> Trial:
    """All that is needed changed, one upon the other."""
    trials: list[Trial] = []
    asked = bench.asked
    for reason in needed:
        if reason.what == "tie":
            trial = Trial(replace(asked, tie="none"), {"tie": "none"}, 2 * A_TIE)
        elif reason.what == "where":
            where = tuple(one for one in asked.where if str(one) != reason.value)
            left_out = [text for done in trials for text in done.relax.get("without", "").split("; ") if text]
            trial = Trial(replace(asked, where=where), {"without": "; ".join([*left_out, reason.value])}, LEFT_OUT)
        else:
            trial = with_limit(asked, bench.problem, reason, widths[reason])
            if "of_layers" in trial.relax:
                trial = replace(trial, relax={f"{reason.what} of {reason.kind}": trial.relax[reason.what]})
        asked = trial.asked
        trials.append(trial)
    return joined(trials)
