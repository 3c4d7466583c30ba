"""From a question to an answer: the graph proposes, Z3 decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import groupby, islice

from convsolve.answer import Answer, Solution, Status
from convsolve.assembly import Answered, Assembly, stream
from convsolve.collecting import seldom
from convsolve.conditioned import MOST_STEPS, SOON_STEPS, TooManyStates
from convsolve.covering import covering
from convsolve.errors import Error
from convsolve.events import (
    Confirmed,
    Counted,
    CountedBare,
    Ended,
    Event,
    Found,
    Listener,
    NoneIn,
    Progress,
    Worked,
)
from convsolve.graph import graphs, total
from convsolve.limits import UNLIMITED, Limits, Stopped
from convsolve.monotone import decisive
from convsolve.problem import Problem
from convsolve.scouting import Scout, scout, scouts
from convsolve.search import TooLong
from convsolve.serving import served, settle
from convsolve.tiers import Tier
from convsolve.verdicts import Confirmations, by_z3, proved_impossible

MOST_SORTED = 100_000  # combinations that `all` keeps in conventional order
MOST_LISTED = 500_000  # combinations that are held at once; as records they take about 5 kB each
CONFIRMED = 100  # answers that are put to Z3 one by one
A_FEW = 5
MOST_COUNTED = 200  # lists of channels for which conditions are carried to count what meets them
MOST_CHOSEN = 8  # likewise, choices of strides
MOST_PROVED = 1_000  # questions that are proved impossible one by one


def answer(
    problem: Problem,
    *,
    count: int | None = None,
    every: bool = False,
    limits: Limits = UNLIMITED,
    report: Listener | None = None,
) -> Answer:
    """The answer to a question as it was read.

    Args:
        problem: the question.
        count: how many combinations to list (all for one layer, 5 for a stack).
        every: list all.
        limits: of time and memory; with any, the search runs in a child process.
        report: is told all that is found, as it is found.
    """
    progress = Progress(problem, count=count, every=every)

    def tell(event: Event) -> None:
        progress(event)
        if report is not None:
            report(event)

    work = partial(search, problem, count=count, every=every)
    if not limits:
        work(tell)
        return progress.answer()
    from convsolve.workers import limited

    try:
        for events in limited(work, limits):
            for event in events:
                tell(event)
    except Stopped as stopped:
        return progress.answer(stopped.stop)
    return progress.answer()


@seldom
def search(
    problem: Problem, report: Listener, *, count: int | None = None, every: bool = False, confirm: int = CONFIRMED
) -> None:
    """Look for what `answer` is asked for, and tell it all: see `convsolve.events`.

    Args:
        problem: the question.
        report: is told.
        count: as for `answer`.
        every: as for `answer`.
        confirm: how many are put to Z3, the first ones.
    """
    _refuse_uncounted(problem, count)
    exactly, few = every or count == 0, _are_few(problem, count, every=every)
    scouted = scouts(problem, SOON_STEPS if few else MOST_STEPS)
    counted = _counted(problem, scouted, report, exactly=exactly)
    told: list[Solution] = []
    if counted is None:
        usual = MOST_LISTED if every else A_FEW
        wanted = usual if count is None else count
        listed = _told_along(problem, scouted, wanted, confirm, told, report)
        if listed:
            return
        again = few and listed is None  # with more steps
        counted = _counted(problem, scouts(problem), report, exactly=exactly) if again else None
        if counted is None:
            by_z3(problem, wanted, report, told)
            return
    found, number = counted
    if number == 0:
        _prove_impossible(problem, found, report)
        return
    by_size = problem.target.anything and not problem.objectives and not every
    several = max(len(one.layers) for one in problem.depths) > 1 or problem.open_channels
    most = MOST_LISTED if number is None else number
    wanted = (A_FEW if several and not every else most) if count is None else count
    sizes = _sizes(found) if by_size else []
    if by_size:
        wanted = len(sizes) if count is None else min(count, len(sizes))
    elif number is not None:
        wanted = min(wanted, number)
    if wanted > (MOST_SORTED if problem.objectives else MOST_LISTED):
        raise _too_many(problem)
    sorts = wanted <= MOST_SORTED
    report(Counted(number, "conventional" if sorts else "graph"))
    confirmations = Confirmations()
    answered: Iterable[Answered] = ()
    if wanted and problem.objectives:
        from convsolve.optimum import best_of_all

        answered = best_of_all(problem, found, wanted, confirmations, report)
    elif wanted and sorts and not by_size:
        answered = islice(_in_order(found, wanted, report), len(told), None)  # those that were told come first
    elif wanted:
        answered = islice(_reached(found, sizes) if by_size else _as_found(found), wanted)
    answered = served(problem, answered, confirmations)
    if not _list(answered, confirmations, confirm, report, len(told)) and wanted:
        if number is not None:
            raise AssertionError(f"none of {number} combinations was listed")
        _prove_impossible(problem, found, report)
        return
    report(Ended(Status.SOLVED))


def _are_few(problem: Problem, count: int | None, *, every: bool) -> bool:
    """Whether a few combinations are asked for, in order, and may be found before it is known how many there are."""
    alone = not (problem.objectives or problem.open_channels or problem.family or problem.target.anything or every)
    several = max(len(one.layers) for one in problem.depths) > 1
    return alone and (several if count is None else 0 < count <= CONFIRMED)


def _told_along(  # noqa: PLR0913, PLR0917 - what is asked for, and what is known of it
    problem: Problem, found: list[Scout], wanted: int, confirm: int, told: list[Solution], report: Listener
) -> int | None:
    """Tell the most conventional combinations where conditions are too much to be carried, and how many there are.

    None where these would be more than were told, and take too long to find.

    Args:
        problem: the question.
        found: its graphs.
        wanted: how many.
        confirm: how many are put to Z3.
        told: what is told is added.
        report: is told.
    """

    def tell(event: Event) -> None:
        if isinstance(event, Found):
            told.append(event.solution)
        report(event)

    if problem.objectives or problem.open_channels or problem.family:
        return None
    report(Counted(None, "conventional"))
    with suppress(TooLong):
        ways = _in_order(found, wanted or MOST_LISTED, report, carried=False)
        number = _list(islice(ways, wanted), Confirmations(), confirm, tell) if wanted else sum(1 for _ in ways)
        if number:
            report(Counted(number if number < wanted or not wanted else None, "conventional"))
            report(Ended(Status.SOLVED))
        return number
    return None


def _refuse_uncounted(problem: Problem, count: int | None) -> None:
    """Raise where it would have to be known how many combinations serve a family, or which is the best."""
    family = problem.family
    if family is None or family.exact:
        return
    proved = "conditions on the sizes of a family are proved for one combination after the other"
    if count == 0:
        why = "others may serve it whose sizes are rounded" if family.steady else proved
        raise Error(
            "unsupported",
            f"how many combinations serve {problem.input} -> {problem.target} is not known: {why}",
            help=["convsolve solve lists some, each proved for every member"],
        )
    if problem.objectives and not family.steady:
        raise Error(
            "unsupported",
            f"{proved}, so none is known to be the best",
            help=["leave out --minimize and --maximize, or the condition on sizes"],
        )


def _in_order(scouts: Sequence[Scout], wanted: int, report: Listener, *, carried: bool = True) -> Iterator[Answered]:
    """The most conventional combinations, those with the fewest layers first; `carried` as for `Tier`."""
    states, expanded, left = 0, 0, wanted
    for _, same in groupby(scouts, key=lambda found: len(found.problem.layers)):
        tier = Tier(same, left, carried=carried)
        for one, placed in islice(tier, left):
            yield one, Assembly(one).placed(placed)
            left -= 1
        states, expanded = states + tier.states, expanded + tier.expanded
    report(Worked({"states": states, "expanded": expanded}))


def _as_found(scouts: Sequence[Scout]) -> Iterator[Answered]:
    """All combinations in the graphs' order, those with the fewest layers first."""
    return ((found.problem, solution) for found in scouts for solution in stream(found.problem, found))


def _sizes(scouts: Sequence[Scout]) -> list[tuple[int, ...]]:
    """What can be reached, ascending."""
    return sorted({size for found in scouts for size in found.reached()})


def _reached(scouts: Sequence[Scout], sizes: Iterable[tuple[int, ...]]) -> Iterator[Answered]:
    """For each size the most conventional combination, of those with the fewest layers."""
    for size in sizes:
        there = [scout(replace(found.problem, target=found.problem.target.only(size))) for found in scouts]
        asked = {id(one.problem): found.problem for one, found in zip(there, scouts, strict=True)}
        yield from ((asked[id(one)], solution) for one, solution in _in_order(there, 1, _unheard))


def _unheard(_: Event) -> None:
    """A listener to work that is not worth telling."""


def _too_many(problem: Problem) -> Error:
    few = "--count 100 lists the first hundred"
    if problem.objectives:
        return Error(
            "too-many",
            f"more than {MOST_SORTED:,} combinations are too many to bring in an objective's order",
            help=[few],
        )
    return Error(
        "too-many",
        f"more than {MOST_LISTED:,} combinations are too many to hold at once",
        help=["--jsonl --all prints them as they are found", few],
    )


@seldom
def search_all(problem: Problem, report: Listener) -> None:
    """Tell every combination in the graph's order, however many there are.

    Raises:
        Error: ``usage`` where there are objectives: the best come first only where all are at hand.
    """
    if problem.objectives:
        raise Error(
            "usage",
            "all combinations as they are found have no order, so no objective either",
            help=["--count 100 lists the best hundred", "leave out --minimize and --maximize"],
        )
    scouted = scouts(problem)
    counted = _counted(problem, scouted, report, exactly=True)
    if counted is None:
        told: list[Solution] = []
        if not _told_along(problem, scouted, MOST_LISTED, CONFIRMED, told, report):
            by_z3(problem, MOST_LISTED, report, told)
        return
    found, number = counted
    if number == 0:
        _prove_impossible(problem, found, report)
        return
    confirmations = Confirmations()
    report(Counted(number, "graph"))
    _list(served(problem, _as_found(found), confirmations), confirmations, CONFIRMED, report)
    report(Ended(Status.SOLVED))


def _counted(
    problem: Problem, found: list[Scout], report: Listener, *, exactly: bool
) -> tuple[list[Scout], int | None] | None:
    """What the graphs know of the question, with each number of layers and channels that it may have.

    And how many answers it has; None where that would take long, so many lists of channels there are, unless they
    are to be counted exactly. Nothing at all where conditions take more steps to be carried.
    """
    report(Worked({"expanded": 0, "z3_checks": 0}))
    if problem.demands and not problem.family:
        report(CountedBare(_bare(problem, found)))
    carried = {id(one.conditions) for one in found if one.conditions is not None}
    if len(carried) > (MOST_CHOSEN if problem.family else MOST_COUNTED) and not exactly:
        return found, None
    number = 0
    for one in found:
        try:
            number += one.total
        except TooManyStates:
            return None
        if not one.total and not problem.open_channels:
            report(NoneIn(len(one.problem.layers), proved=False))
    exact = problem.family is None or problem.family.exact or not number
    return found, number if exact else None


def _bare(problem: Problem, found: Sequence[Scout]) -> int:
    """How many answers there would be without the conditions."""
    if problem.open_channels:  # whatever the channels are, the settings are the same
        return len(problem.depths) * total(graphs(problem.depths[0]))
    return sum(total(one.graphs if one.plain is one.problem else graphs(one.problem)) for one in found)


def _list(
    answered: Iterable[Answered], confirmations: Confirmations, confirm: int, report: Listener, told: int = 0
) -> int:
    """Tell solutions behind those that were told, the first ones each with what Z3 says of it; how many there are."""
    answers = iter(answered)
    for place, (problem, solution) in enumerate(islice(answers, max(0, confirm - told)), told):
        report(Found(solution))
        told += 1
        if confirmations.confirmed(problem, solution):
            report(Confirmed(place, "z3"))
        report(Worked({"z3_checks": place + 1}))
    for _, solution in answers:
        report(Found(solution))
        told += 1
    return told


def _prove_impossible(problem: Problem, scouts: Sequence[Scout], report: Listener) -> None:
    """Put to Z3 that there is none, with each number of layers and channels that could be the better for it."""
    if problem.family:
        settle(problem, report)
        return
    report(Counted(0, "conventional"))
    every: Sequence[Problem] = problem.depths
    if problem.open_channels:
        every = decisive(problem) or [*covering(problem)]
    known = {id(found.problem): found for found in scouts}
    proved = 0
    for number, one in enumerate(every[:MOST_PROVED], start=1):
        if proved_impossible(known.get(id(one)) or scout(one)):
            proved += 1
            if not problem.open_channels or proved == len(every):
                report(NoneIn(len(one.layers), proved=True))
        report(Worked({"z3_checks": number}))
    report(Ended(Status.IMPOSSIBLE if proved == len(every) else Status.GAVE_UP))
