"""The only door to Z3: verdicts on encoded questions, proofs of impossibility.

No two calls share a Context at a time; what Z3 could not decide is UNKNOWN and never taken for a no.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from threading import current_thread, main_thread
from typing import NamedTuple
from weakref import finalize

import z3

from convsolve import certificate
from convsolve.answer import Solution
from convsolve.encoding import (
    Clause,
    Encoding,
    among,
    declared,
    defined,
    encode,
    encode_ends,
    encode_layer,
    equal,
    size_name,
    values,
    whole,
)
from convsolve.graph import Course, Graph, meet
from convsolve.potential import Potential
from convsolve.problem import Problem
from convsolve.tables import State, Table

# Z3's own unit of work, the same on every machine; about twenty seconds where this was written.
BUDGET = 40_000_000
# For each layer in a first try, on one, two and three axes: nearly all that is decided at all is decided with that.
# Several axes together have more, since what comes next takes them longer.
FIRST_TRY = {1: 5_000, 2: 100_000, 3: 150_000}
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


# A Context is 17 MB that must be filled, which takes longer than most questions: the last one is kept for the next
# session. It is in one session at a time, and so in one thread.
_spare: list[z3.Solver] = []


class Confirmation:
    """Puts solutions to the encoded equations, each with all its numbers."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._session = _Session()
        self._layers: set[tuple[object, ...]] = set()  # those for which the equations hold, with their numbers

    def __call__(self, solution: Solution) -> Verdict:
        """Whether the equations hold for it."""
        problem, sizes = self.problem, solution.sizes
        settings = [layer.settings for layer in solution.layers]
        numbers = dict(values(problem, settings, sizes))
        sentences = encode_ends(problem, range(problem.axes), numbers)
        functions: dict[str, Clause] = {}
        # solutions share layers, and sentences of numbers alone that were true once stay so
        layers = enumerate(zip(settings, pairwise(sizes), strict=True))
        new = {key for key in layers if key not in self._layers}
        for place, _ in sorted(new):
            layer = encode_layer(problem, place, range(problem.axes), lone=True, numbers=numbers)
            sentences += layer.sentences
            functions |= layer.functions
        verdict = self._session.ask(Encoding((), tuple(sentences), functions))
        if verdict == Verdict.SAT:
            self._layers |= new
        return verdict


def decide(problem: Problem) -> Verdict:
    """The whole question, nothing narrowed."""
    encoding = whole(problem)
    verdict = _at_once(encoding, FIRST_TRY[problem.axes] * len(problem.layers))
    return verdict if verdict != Verdict.UNKNOWN else _thorough(encoding)


def prove_impossible(problem: Problem, graph: Graph) -> Proof:
    """That no way leads through a component which the graph found empty.

    One axis by itself comes before several together. The question on these axes is tried first, since
    most are decided at once. What is not, as where only parity is in the way, is proved layer by layer:
    the input is in the first set of sizes, and each layer leads from a set into the next; the target is
    in the last, and towards it each set can be entered from the one before it only; and the two chains
    do not meet. Each of these is one small question to Z3. At last it has all the time for the whole
    question.
    """
    axes = graph.component.axes
    parts: list[tuple[tuple[int, ...], Course]] = [((axis,), graph.alone(place)) for place, axis in enumerate(axes)]
    if len(axes) > 1:
        parts.append((axes, graph.course()))
    checks = 0
    for some, course in parts:
        front, back = meet(course, most=MOST_STATES)
        complete = len(front) + len(back) == len(course.layers) + 2
        if front[-1].within(back[0]) if complete else some != axes:
            continue  # these axes are not in the way by themselves, or nobody knows
        lone = any(course.barred)
        checks += 1
        verdict = _at_once(encode(problem, some, lone=lone), FIRST_TRY[len(some)] * len(problem.layers))
        if verdict == Verdict.UNKNOWN and complete:
            verdict, further = _layered(problem, some, front, back, lone=lone)
            checks += further
        if verdict != Verdict.UNKNOWN:
            return Proof(verdict, checks)
    return Proof(_thorough(whole(problem)), checks + 1)


def prove_optimal(problem: Problem, graph: Graph, potential: Potential) -> Proof:
    """That no way is better than the potential says."""
    return _none_possible(certificate.steps(problem, graph, potential))


def _layered(
    problem: Problem, axes: Sequence[int], front: Sequence[Table], back: Sequence[Table], *, lone: bool
) -> Proof:
    proof = _none_possible(_proof_steps(problem, axes, front, back, lone=lone))
    # what a step finds possible is no answer to the question: the sets of sizes were wrong
    return proof if proof.verdict == Verdict.UNSAT else Proof(Verdict.UNKNOWN, proof.checks)


def _none_possible(steps: Iterable[tuple[Encoding, Sequence[str]]]) -> Proof:
    """That each of several small questions, made of sentences and further terms, is unsatisfiable."""
    session = _Session()
    checks = 0
    for encoding, extra in steps:
        checks += 1
        verdict = session.ask(encoding, extra)
        if verdict != Verdict.UNSAT:
            return Proof(verdict, checks)
    return Proof(Verdict.UNSAT, checks)


def _proof_steps(
    problem: Problem, axes: Sequence[int], front: Sequence[Table], back: Sequence[Table], *, lone: bool
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
    yield Encoding(tuple(names(last)), (), {}), (ends, f"(not {lies_in(back[-1], last)})")
    middle = len(front) - 1
    for place in range(middle):
        leaves = (lies_in(front[place], place), f"(not {lies_in(front[place + 1], place + 1)})")
        yield encode_layer(problem, place, axes, lone=lone), leaves
    for place in range(middle, last):
        ahead = place - middle
        enters = (f"(not {lies_in(back[ahead], place)})", lies_in(back[ahead + 1], place + 1))
        yield encode_layer(problem, place, axes, lone=lone), enters
    both = (lies_in(front[-1], middle), lies_in(back[0], middle))
    yield Encoding(tuple(names(middle)), (), {}), both


class _Session:
    """A solver in a Context, asked one question after the other, and handed on to a later session."""

    def __init__(self, budget: int = BUDGET) -> None:
        try:
            self.solver = _spare.pop()
        except IndexError:
            self.solver = z3.SimpleSolver(ctx=z3.Context())
        _limit(self.solver, budget)
        self._known: set[str] = set()
        self._leave = finalize(self, _hand_on, self.solver)
        self._leave.atexit = False  # pyrefly: ignore[missing-attribute] - it is a property

    def ask(self, encoding: Encoding, extra: Iterable[str] = ()) -> Verdict:
        """Whether all sentences and terms can hold; of them nothing is kept, of the names they use all."""
        functions = {name: clause for name, clause in encoding.functions.items() if name not in self._known}
        variables = [name for name in encoding.variables if name not in self._known]
        self._known.update(functions, variables)
        # once is enough: identical layers make the same sentences of the same numbers
        terms = dict.fromkeys([*(sentence.term for sentence in encoding.sentences), *extra])
        try:
            names = [*(defined(name, clause) for name, clause in functions.items()), *map(declared, variables)]
            _read(self.solver, names)
            self.solver.push()
            _read(self.solver, [f"(assert {term})" for term in terms])
            verdict = _check(self.solver)
            self.solver.pop()
        except BaseException:
            self._leave.detach()  # nobody shall inherit what went wrong
            raise
        return verdict


def _hand_on(solver: z3.Solver) -> None:
    solver.reset()
    if not _spare:
        _spare.append(solver)


def _at_once(encoding: Encoding, work: int) -> Verdict:
    """A question, as far as so much work decides it."""
    return _Session(work).ask(encoding)


def _thorough(encoding: Encoding) -> Verdict:
    """A whole question with Z3's preprocessing, which takes longer and, where it is hard, gets further."""
    context = z3.Context()
    # z3.SolverFor would make the global context too, which takes as long as a whole small question
    solver = z3.Solver(z3.Z3_mk_solver_for_logic(context.ref(), z3.to_symbol("QF_LIA", context)), context)
    _limit(solver, BUDGET)
    _read(solver, [encoding.text()])
    return _check(solver)


def _limit(solver: z3.Solver, budget: int) -> None:
    # Z3 takes Ctrl-C while it works. In the main thread that ends a check; beside it, whoever waits shall hear it.
    solver.set(rlimit=budget, ctrl_c=current_thread() is main_thread())


def _read(solver: z3.Solver, lines: Iterable[str]) -> None:
    try:
        solver.from_string("\n".join(lines))
    except z3.Z3Exception as error:
        if "memory" in str(error):
            raise MemoryError from error
        raise


def _check(solver: z3.Solver) -> Verdict:
    result = solver.check()
    if result == z3.sat:
        return Verdict.SAT
    if result == z3.unsat:
        return Verdict.UNSAT
    reason = solver.reason_unknown()
    if reason == "interrupted from keyboard":
        raise KeyboardInterrupt  # Z3 swallows the signal and goes on
    if "memory" in reason:
        raise MemoryError
    return Verdict.UNKNOWN
