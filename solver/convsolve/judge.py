"""The only door to Z3: verdicts on encoded questions, proofs of impossibility.

No two calls share a Context at a time; what Z3 could not decide is UNKNOWN and never taken for a no.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import pairwise
from threading import current_thread, main_thread
from typing import NamedTuple
from weakref import finalize

import z3

from convsolve import chains
from convsolve.answer import Solution
from convsolve.conditions import Condition
from convsolve.encoding import (
    Clause,
    Encoding,
    declared,
    defined,
    encode_conditions,
    encode_ends,
    encode_layer,
    encode_settings,
    values,
    whole,
)
from convsolve.language.smtlib import conjunction, numeral
from convsolve.models import chosen, solution_of
from convsolve.objectives import better_than
from convsolve.problem import Problem

# Z3's own unit of work, the same on every machine; about twenty seconds where this was written.
BUDGET = 40_000_000
# For each layer and axis where there may be an answer: one takes longer to find than a conflict.
FIND = 20_000


class Verdict(StrEnum):
    """What Z3 said; never to be used as a truth value."""

    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("compare a verdict with Verdict.SAT, UNSAT or UNKNOWN")


class Proof(NamedTuple):
    """How the claim that there is none, or none better, was put to Z3.

    Attributes:
        verdict: what it said.
        checks: how many it took; as this may hang on what was asked before, it is nothing for a record.
    """

    verdict: Verdict
    checks: int


class Decision(NamedTuple):
    """What Z3 says of a question, and the answer that it found."""

    verdict: Verdict
    solution: Solution | None = None


# A Context is 17 MB that must be filled, which takes longer than most questions: the last one is kept for the next
# session. It is in one session at a time, and so in one thread.
_spare: list[z3.Solver] = []


class Confirmation:
    """Puts solutions to the encoded equations, each with all its numbers."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.session = Session()
        made: dict[object, int] = {}
        asked = zip(problem.layers, problem.ties, map(problem.refuses_single, range(len(problem.layers))), strict=True)
        self._alike = [made.setdefault(layer, len(made)) for layer in asked]
        self._true: set[tuple[object, ...]] = set()  # layers for which the equations hold, with their numbers

    def __call__(self, solution: Solution) -> Verdict:
        """Whether the equations hold for it."""
        problem, sizes = self.problem, solution.all_sizes
        settings = [
            asked.recounted(found) * problem.inputs
            for asked, found in zip(problem.layers, solution.layers, strict=True)
        ]
        numbers = dict(values(problem, settings, sizes))
        sentences = encode_ends(problem, range(problem.axes), numbers)
        functions: dict[str, Clause] = {}
        # solutions share layers, and sentences of numbers alone that were true once stay so
        new: set[tuple[object, ...]] = set()
        for place, layer in enumerate(zip(self._alike, settings, pairwise(sizes), strict=True)):
            if layer not in self._true and layer not in new:
                new.add(layer)
                encoding = encode_layer(problem, place, range(problem.axes), lone=True, numbers=numbers)
                sentences += encoding.sentences
                functions |= encoding.functions
        layers = Encoding((), tuple(sentences), functions)
        verdict = self.session.ask(layers.with_all_of(encode_conditions(problem, numbers)))
        if verdict == Verdict.SAT:
            self._true |= new
        return verdict


def decide(problem: Problem) -> Decision:
    """The question as Z3 decides it by itself, conditions and all: see `decisions`.

    Example:
        >>> from convsolve.posing import ask
        >>> decide(ask(7, 28, layers=2, where="stride[0] == stride[1]")).solution.layers[1].stride
        (2,)
    """
    return next(decisions(problem))


def decisions(problem: Problem) -> Iterator[Decision]:
    """Answers that Z3 finds by itself, conditions and all, each unlike those before it; at last that there is no other.

    What little work does not decide is asked again with the sizes that the graph leaves, each axis seen
    by itself; before a no is believed, Z3 proves that there are no others. A yes comes with an answer,
    whose numbers are put to the integer rules and to the conditions. The same question has the same
    answers, so each has a Context that nobody has used before.
    """
    encoding = whole(problem)
    alone = Alone(encoding, _quick, FIND * len(problem.layers) * problem.axes)
    verdict = alone.check()
    narrowings: list[chains.Narrowing] = []
    if verdict == Verdict.UNKNOWN:
        narrowings = [found for axis in range(problem.axes) if (found := chains.narrow(problem, axis))]
        narrowed = encoding.joined(sentence for narrowing in narrowings for sentence in narrowing.sentences())
        alone = Alone(narrowed, _thorough)
        verdict = alone.check()
    while verdict == Verdict.SAT:
        numbers = alone.numbers()
        yield Decision(verdict, solution_of(problem, numbers))
        verdict = alone.other(chosen(problem, numbers))
    if verdict == Verdict.UNSAT and narrowings:
        proof = none_possible(step for narrowing in narrowings for step in narrowing.steps(problem))
        verdict = proof.verdict if proof.verdict == Verdict.UNSAT else Verdict.UNKNOWN
    yield Decision(verdict)


def better(problem: Problem, values: Sequence[int]) -> Decision:
    """A combination that meets the conditions with better values of the objectives, the first one first."""
    condition = Condition("better", (better_than(problem.objectives, values, problem.axes),))
    return decide(replace(problem, where=(*problem.where, condition), objectives=()))


class Glance(NamedTuple):
    """What Z3 says with little work.

    Attributes:
        verdict: what it said.
        solution: the answer that it found.
        work: the units that it took.
        letters: the length of the question.
    """

    verdict: Verdict
    solution: Solution | None
    work: int
    letters: int


def glance(problem: Problem, ends: Collection[str], budget: int, axis: int | None = None) -> Glance:
    """A question put to Z3 with little work, one axis alone or all.

    Args:
        problem: the question.
        ends: of ``input`` and ``target`` those that must hold.
        budget: of Z3's units.
        axis: the one that is looked at.
    """
    encoding = whole(problem, axis)
    left_open = tuple(f"{end}." for end in ("input", "target") if end not in ends)
    sentences = tuple(one for one in encoding.sentences if not (left_open and one.label.startswith(left_open)))
    encoding = encoding._replace(sentences=sentences)
    alone = Alone(encoding, _thorough, budget)
    verdict, solution = alone.check(), None
    if verdict == Verdict.SAT and axis is None and not left_open:
        solution = solution_of(problem, alone.numbers())
    return Glance(verdict, solution, alone.spent, len(encoding.text()))


def agree(problem: Problem, limits: Collection[str], budget: int) -> Glance:
    """Whether limits, ties and conditions on settings leave any setting at all, whatever the sizes are.

    Args:
        problem: the question.
        limits: the variables that keep to their domains; the others may be whatever torch takes.
        budget: of Z3's units.
    """
    encoding = encode_settings(problem, limits)
    alone = Alone(encoding, lambda context: z3.SimpleSolver(ctx=context), budget)
    return Glance(alone.check(), None, alone.spent, len(encoding.text()))


def none_possible(steps: Iterable[tuple[Encoding, Sequence[str]]], session: Session | None = None) -> Proof:
    """That each of several small questions, made of sentences and further terms, is unsatisfiable."""
    session = session or Session()
    checks = 0
    for encoding, extra in steps:
        checks += 1
        verdict = session.ask(encoding, extra)
        if verdict != Verdict.UNSAT:
            return Proof(verdict, checks)
    return Proof(Verdict.UNSAT, checks)


def thoroughly(problem: Problem) -> Verdict:
    """What Z3 says of a question as a whole, for as long as it may take."""
    return Alone(whole(problem), _thorough).check()


class Session:
    """A solver in a Context, asked one question after the other, and handed on to a later session."""

    def __init__(self, budget: int = BUDGET) -> None:
        try:
            self.solver = _spare.pop()
        except IndexError:
            self.solver = z3.SimpleSolver(ctx=z3.Context())
        _limit(self.solver, budget)
        _read(self.solver, ["(push 1)"])  # of the names that follow
        self._functions: set[str] = set()
        self._variables: set[str] = set()
        self._leave = finalize(self, _hand_on, self.solver, self._variables)
        self._leave.atexit = False  # pyrefly: ignore[missing-attribute] - it is a property

    def ask(self, encoding: Encoding, extra: Iterable[str] = ()) -> Verdict:
        """Whether all sentences and terms can hold; of them nothing is kept, of the names they use all."""
        functions = {name: clause for name, clause in encoding.functions.items() if name not in self._functions}
        variables = [name for name in encoding.variables if name not in self._variables]
        self._functions.update(functions)
        self._variables.update(variables)
        # once is enough: identical layers make the same sentences of the same numbers
        terms = dict.fromkeys([*(sentence.term for sentence in encoding.sentences), *extra])
        names = [*(defined(name, clause) for name, clause in functions.items()), *map(declared, variables)]
        try:
            self.solver.push()
            _read(self.solver, [*names, *(f"(assert {term})" for term in terms)])
            verdict = _check(self.solver)
            self.solver.pop()
        except BaseException:
            self._leave.detach()  # nobody shall inherit what went wrong
            raise
        return verdict


def _hand_on(solver: z3.Solver, variables: set[str]) -> None:
    if variables:  # it had something to search for: the next proof shall begin anew
        solver.reset()
    else:
        _read(solver, ["(pop 1)"])
    if not _spare:
        _spare.append(solver)


class Alone:
    """One question in a Context of its own, with all the work that it may take."""

    def __init__(self, encoding: Encoding, make: Callable[[z3.Context], z3.Solver], budget: int = BUDGET) -> None:
        self._solver = make(z3.Context())
        self._first, self.spent = budget, 0
        _read(self._solver, [encoding.text()])

    def check(self) -> Verdict:
        """Whether it can hold, for as much work as a first answer may take."""
        return self._check(self._first)

    def numbers(self) -> dict[str, int]:
        """What Z3 found for every variable."""
        return dict(_values(self._solver.model()))

    def other(self, numbers: Mapping[str, int]) -> Verdict:
        """Whether it can hold with any of these numbers changed, for what is left of the work."""
        if self.spent >= BUDGET:
            return Verdict.UNKNOWN
        same = conjunction([f"(= {name} {numeral(number)})" for name, number in numbers.items()])
        _read(self._solver, [f"(assert (not {same}))"])
        return self._check(BUDGET - self.spent)

    def _check(self, budget: int) -> Verdict:
        _limit(self._solver, budget)
        verdict = _check(self._solver)
        self.spent = self._solver.statistics().get_key_value("rlimit count")
        return verdict


def _values(model: z3.ModelRef) -> Iterator[tuple[str, int]]:
    """Every variable's; through Python's terms this takes longer than finding them."""
    context = model.ctx.ref()
    for number in range(z3.Z3_model_get_num_consts(context, model.model)):
        variable = z3.Z3_model_get_const_decl(context, model.model, number)
        value = z3.Z3_model_get_const_interp(context, model.model, variable)
        name = z3.Z3_get_symbol_string(context, z3.Z3_get_decl_name(context, variable))
        yield name, int(z3.Z3_get_numeral_string(context, value))


def _quick(context: z3.Context) -> z3.Solver:
    """A solver without preprocessing, with Z3's older simplex: it has found most answers in half the time."""
    solver = z3.SimpleSolver(ctx=context)
    solver.set("auto_config", False)  # noqa: FBT003 - as Z3 has it
    solver.set("arith.solver", 2)
    return solver


def _thorough(context: z3.Context) -> z3.Solver:
    """A solver with Z3's preprocessing, which takes longer and, where it is hard, gets further."""
    # z3.SolverFor would make the global context too, which takes as long as a whole small question
    return z3.Solver(z3.Z3_mk_solver_for_logic(context.ref(), z3.to_symbol("QF_LIA", context)), context)


def _limit(solver: z3.Solver, budget: int) -> None:
    # Z3 takes Ctrl-C while it works. In the main thread that ends a check; beside it, whoever waits shall hear it.
    solver.set(rlimit=budget, ctrl_c=current_thread() is main_thread())


def _give_back_ctrl_c() -> None:
    # Z3, where it took Ctrl-C, gives it back in a way that no longer interrupts a system call that waits.
    if hasattr(signal, "siginterrupt"):
        signal.siginterrupt(signal.SIGINT, True)  # noqa: FBT003 - it has no name


def _read(solver: z3.Solver, lines: Iterable[str]) -> None:
    try:
        solver.from_string("\n".join(lines))
    except z3.Z3Exception as error:
        if "memory" in str(error):
            raise MemoryError from error
        raise
    finally:
        _give_back_ctrl_c()


def _check(solver: z3.Solver) -> Verdict:
    result = solver.check()
    _give_back_ctrl_c()
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
