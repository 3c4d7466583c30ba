"""Z3's word on size maps: a kind's sentences and its hand-written map say the same, for every size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import z3

from convsolve.domains import Domain
from convsolve.language import Expr, parse, substitute
from convsolve.language.smtlib import conjunction, disjunction, numeral, smt
from convsolve.layers.base import LayerKind, Setting
from convsolve.layers.listed import Constant, Division, Scaling
from convsolve.layers.maps import SizeMap
from convsolve.layers.unflatten import Unfolded

LARGEST = 2**31 - 1
TERMS = {"in_size": "n", "out_size": "m"}
# Queries that share the two unknowns are put together: Z3 reads and restarts less often.
TOGETHER = 100


def differences(kind: LayerKind, domains: Sequence[Domain]) -> tuple[int, list[tuple[Setting, int, int]]]:
    """Where rules and map disagree for an input of 1 to 2^31-1 and any output.

    Returns:
        The number of settings that were looked at, and each that differs with an input and an
        output for which it does; an empty list is a proof.
    """
    questions = [(setting, _differs(kind, setting)) for setting in kind.settings(domains)]
    solver = z3.SolverFor("QF_LIA", ctx=z3.Context())
    found = []
    for start in range(0, len(questions), TOGETHER):
        some = questions[start : start + TOGETHER]
        if _example(solver, disjunction([question for _, question in some])) is not None:
            answers = ((setting, _example(solver, question)) for setting, question in some)
            found += [(setting, *numbers) for setting, numbers in answers if numbers is not None]
    return len(questions), found


def _example(solver: z3.Solver, question: str) -> tuple[int, int] | None:
    """An input and an output for which the question is true; None where Z3 proves that there are none."""
    solver.reset()
    solver.from_string(f"(declare-const n Int)(declare-const m Int)(assert (<= 1 n {LARGEST}))(assert {question})")
    verdict = solver.check()
    if verdict == z3.unsat:
        return None
    assert verdict == z3.sat, solver.reason_unknown()
    model = solver.model()
    n, m = (model.eval(z3.Int(name, solver.ctx), model_completion=True).as_long() for name in "nm")
    return n, m


def _differs(kind: LayerKind, setting: Setting) -> str:
    values = {parameter.name: value for parameter, value in zip(kind.axis_parameters, setting, strict=True)}
    rules = [smt(substitute(_read(rule.sentence), values), TERMS, {}) for rule in kind.rules]
    return f"(xor {conjunction(rules)} {_map(kind.size_map(setting))})"


@cache
def _read(sentence: str) -> Expr:
    return parse(sentence)


def _map(size_map: SizeMap) -> str:
    """That m is what the map makes of n; floor((n + c)/s) without a division."""
    up, stride, offset, least = size_map
    match size_map:
        case Unfolded():
            return f"(and (= n 1) (= m {offset}))"
        case Constant():
            return f"(and (>= n 1) (= m {offset}))"
        case Division():
            return f"(and (>= m 1) (= n (* {stride} m)))"
        case Scaling():
            part, whole = (offset / stride).as_integer_ratio()
            assert part * LARGEST < 2**53, "the product is no double: it is rounded"
            return f"(and (>= m 1) (<= (* {whole} m) (* {part} n)) (< (* {part} n) (* {whole} (+ m 1))))"
    shifted = f"(+ {f'(* {stride} n)' if up else 'n'} {numeral(offset)})"
    legal = f"(>= n {least})"
    if up:
        return f"(and {legal} (= m {shifted}))"
    return f"(and {legal} (<= (* {stride} (- m 1)) {shifted}) (< {shifted} (* {stride} m)))"
