"""The only door to Z3: verdicts on encoded questions, proofs of impossibility.

Every call makes a Context of its own; what Z3 could not decide is UNKNOWN and never taken for a no.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

import z3

from convsolve import certificate
from convsolve.answer import Solution
from convsolve.encoding import Encoding, among, encode_layer, equal, size_name, values, whole
from convsolve.graph import Course, Graph, State, Ways, meet
from convsolve.potential import Potential
from convsolve.problem import Problem

# Z3's own unit of work, the same on every machine; about twenty seconds where this was written.
BUDGET = 40_000_000
MOST_STATES = 20_000  # a set of sizes larger than this is no help in a proof


class Verdict(StrEnum):
    """What Z3 said; never to be used as a truth value."""

    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("compare a verdict with Verdict.SAT, UNSAT or UNKNOWN")


class Proof(NamedTuple):
    """How the claim that there is none, or none better, was put to Z3: the verdict, and how many checks it took."""

    verdict: Verdict
    checks: int


class Confirmation:
    """Puts solutions to the encoded equations, each with all its numbers."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.context = z3.Context()
        self.solver = _solver(self.context)
        self.solver.from_string(whole(problem).text())
        self.asked = 0

    def __call__(self, solution: Solution) -> Verdict:
        """Whether the equations hold for it."""
        # behind a switch of its own, so that one solver serves them all
        switch = f"solution.{self.asked}"
        self.asked += 1
        settings = [layer.settings for layer in solution.layers]
        numbers = equal(values(self.problem, settings, solution.sizes))
        self.solver.from_string(f"(declare-const {switch} Bool)\n(assert (=> {switch} {numbers}))")
        return _check(self.solver, z3.Bool(switch, self.context))


def decide(problem: Problem) -> Verdict:
    """The whole question, nothing narrowed."""
    return _ask(z3.Context(), whole(problem), ())


def prove_impossible(problem: Problem, graph: Graph) -> Proof:
    """That no way leads through a component which the graph found empty.

    Layer by layer: the input is in the first set of sizes, and each layer leads from a set into the
    next; the target is in the last, and towards it each set can be entered from the one before it
    only; and the two chains do not meet. Each of these is one small question to Z3. One axis by
    itself is tried first, and the whole question last.
    """
    axes = graph.component.axes
    context = z3.Context()
    courses: list[tuple[tuple[int, ...], Course]] = [
        ((axis,), graph.alone(position)) for position, axis in enumerate(axes)
    ]
    if len(axes) > 1:
        courses.append((axes, graph.course()))
    checks = 0
    for some, course in courses:
        proof = _layered(context, problem, some, course)
        checks += proof.checks
        if proof.verdict == Verdict.UNSAT:
            return Proof(Verdict.UNSAT, checks)
    return Proof(decide(problem), checks + 1)


def prove_optimal(problem: Problem, graph: Graph, potential: Potential) -> Proof:
    """That no way is better than the potential says."""
    context = z3.Context()
    checks = 0
    for encoding, extra in certificate.steps(problem, graph, potential):
        checks += 1
        verdict = _ask(context, encoding, extra)
        if verdict != Verdict.UNSAT:
            return Proof(verdict, checks)
    return Proof(Verdict.UNSAT, checks)


def _layered(context: z3.Context, problem: Problem, axes: Sequence[int], course: Course) -> Proof:
    front, back = meet(course, most=MOST_STATES)
    if front[-1].keys() & back[0].keys() or len(front) + len(back) != len(course.layers) + 2:
        return Proof(Verdict.UNKNOWN, 0)
    checks = 0
    for encoding, extra in _proof_steps(problem, axes, front, back, lone=any(course.barred)):
        checks += 1
        verdict = _ask(context, encoding, extra)
        if verdict != Verdict.UNSAT:
            return Proof(Verdict.UNKNOWN, checks)
    return Proof(Verdict.UNSAT, checks)


def _proof_steps(
    problem: Problem, axes: Sequence[int], front: Sequence[Ways], back: Sequence[Ways], *, lone: bool
) -> Iterator[tuple[Encoding, tuple[str, ...]]]:
    """Questions that must all be unsatisfiable."""

    def names(position: int) -> list[str]:
        return [size_name(position, axis) for axis in axes]

    def lies_in(states: Iterable[State], position: int) -> str:
        return among(sorted(states), names(position))

    last = len(problem.layers)
    starts = equal((size_name(0, axis), problem.input.size[axis]) for axis in axes)
    ends = equal((size_name(last, axis), problem.target.size[axis]) for axis in axes)
    # the sets come from the graph, the ends of the chain from the question itself
    yield encode_layer(problem, 0, axes, lone=lone), (starts, f"(not {lies_in(front[0], 0)})")
    yield Encoding(tuple(names(last)), ()), (ends, f"(not {lies_in(back[-1], last)})")
    middle = len(front) - 1
    for place in range(middle):
        leaves = (lies_in(front[place], place), f"(not {lies_in(front[place + 1], place + 1)})")
        yield encode_layer(problem, place, axes, lone=lone), leaves
    for place in range(middle, last):
        ahead = place - middle
        enters = (f"(not {lies_in(back[ahead], place)})", lies_in(back[ahead + 1], place + 1))
        yield encode_layer(problem, place, axes, lone=lone), enters
    both = (lies_in(front[-1], middle), lies_in(back[0], middle))
    yield Encoding(tuple(names(middle)), ()), both


def _ask(context: z3.Context, encoding: Encoding, extra: Iterable[str]) -> Verdict:
    solver = _solver(context)
    solver.from_string("\n".join([encoding.text(), *(f"(assert {term})" for term in extra)]))
    return _check(solver)


def _solver(context: z3.Context) -> z3.Solver:
    # z3.SolverFor would make the global context too, which takes as long as a whole small question
    logic = z3.to_symbol("QF_LIA", context)
    solver = z3.Solver(z3.Z3_mk_solver_for_logic(context.ref(), logic), context)
    solver.set("rlimit", BUDGET)
    return solver


def _check(solver: z3.Solver, *switches: z3.BoolRef) -> Verdict:
    result = solver.check(*switches)
    if result == z3.sat:
        return Verdict.SAT
    if result == z3.unsat:
        return Verdict.UNSAT
    if solver.reason_unknown() == "interrupted from keyboard":
        raise KeyboardInterrupt  # Z3 swallows the signal and goes on
    return Verdict.UNKNOWN
