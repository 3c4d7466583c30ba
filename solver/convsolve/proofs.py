"""That there is no answer, or none better, put to Z3 in small questions."""

from __future__ import annotations

from convsolve import certificate, chains
from convsolve.cheapest import Cheapest
from convsolve.encoding import encode
from convsolve.graph import Course, Graph
from convsolve.judge import Proof, Session, Verdict, decide, none_possible, thoroughly
from convsolve.plain import left_out
from convsolve.problem import Problem

# For each layer in a first try, on one, two and more axes: nearly all that is decided at all is decided with that.
# Several axes together have more, since what comes next takes them longer.
FIRST_TRY = {1: 5_000, 2: 100_000, 3: 150_000}


def prove_impossible(problem: Problem, graph: Graph | None, known: Problem | None = None) -> Proof:
    """That no way leads through a component which the graph found empty, or that none meets the conditions.

    One axis by itself comes before several together. The question on these axes is tried first, since
    most are decided at once. What is not, as where only parity is in the way, is proved layer by layer:
    see `convsolve.chains`. At last Z3 has all the time for the whole question.

    Args:
        problem: the question.
        graph: the component.
        known: the question as the graph has it, if its domains are narrower: see `convsolve.plain`.
    """
    if graph is None:
        return Proof(decide(problem).verdict, 1)
    known = known or problem
    axes = graph.component.axes
    parts: list[tuple[tuple[int, ...], Course]] = [((axis,), graph.alone(place)) for place, axis in enumerate(axes)]
    if len(axes) > 1:
        parts.append((axes, graph.course()))
    checks = 0
    if narrowed := [*left_out(problem, known)]:
        verdict, checks = none_possible(narrowed)
        parts = parts if verdict == Verdict.UNSAT else []
    for some, course in parts:
        found = chains.follow(some, course)
        if not found.apart if found else some != axes:
            continue  # these axes are not in the way by themselves, or nobody knows
        checks += 1
        session = Session(FIRST_TRY[min(len(some), 3)] * len(known.layers))
        verdict = session.ask(encode(known, some, lone=any(course.barred)))
        if verdict == Verdict.UNKNOWN and found:
            verdict, further = _apart(known, found)
            checks += further
        if verdict != Verdict.UNKNOWN:
            return Proof(verdict, checks)
    return Proof(thoroughly(problem), checks + 1)


def prove_optimal(
    problem: Problem, cheapest: Cheapest, session: Session | None = None, known: Problem | None = None
) -> Proof:
    """That no way is cheaper than the cheapest, the conditions left out that the graph carries; `known` as above."""
    known = known or problem
    return none_possible([*left_out(problem, known), *certificate.steps(known, cheapest)], session)


def _apart(problem: Problem, found: chains.Chains) -> Proof:
    proof = none_possible(chains.impossible(problem, found))
    # what a step finds possible is no answer to the question: the sets of sizes were wrong
    return proof if proof.verdict == Verdict.UNSAT else Proof(Verdict.UNKNOWN, proof.checks)
