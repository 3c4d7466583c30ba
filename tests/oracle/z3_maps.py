"""Z3's word on size maps: a kind's sentences and its hand-written map say the same, for every size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import z3

from convsolve.domains import Domain
from convsolve.language import Expr, parse, substitute
from convsolve.language.smtlib import conjunction, disjunction, numeral, smt
from convsolve.layers.base import LayerKind, Setting, SizeMap

LARGEST = 2**31 - 1
TERMS = {"in_size": "n", "out_size": "m"}
# Queries that share the two unknowns are put together: Z3 reads and restarts less often.
TOGETHER = 100


def differences(kind: LayerKind, domains: Sequence[Domain]) -> tuple[int, list[tuple[Setting, int, int]]]:
    """Where rules and map disagree for an input of 1 to 2^31-1 and any output.

    Returns:
        The number of settings that were looked at, and for each batch in which they differ one
        (setting, input, output); an empty list is a proof.
    """
    questions = [(setting, _differs(kind, setting)) for setting in kind.settings(domains)]
    context = z3.Context()
    solver = z3.SolverFor("QF_LIA", ctx=context)
    found = []
    for start in range(0, len(questions), TOGETHER):
        some = questions[start : start + TOGETHER]
        named = [f"(and (= which {place}) {question})" for place, (_, question) in enumerate(some)]
        solver.reset()
        solver.from_string(
            "(declare-const n Int)(declare-const m Int)(declare-const which Int)"
            f"(assert (<= 1 n {LARGEST}))(assert {disjunction(named)})"
        )
        verdict = solver.check()
        if verdict == z3.unsat:
            continue
        assert verdict == z3.sat, solver.reason_unknown()
        model = solver.model()
        which, n, m = (
            model.eval(z3.Int(name, context), model_completion=True).as_long() for name in ("which", "n", "m")
        )
        found.append((some[which][0], n, m))
    return len(questions), found


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
    shifted = f"(+ {f'(* {stride} n)' if up else 'n'} {numeral(offset)})"
    legal = f"(>= n {least})"
    if up:
        return f"(and {legal} (= m {shifted}))"
    return f"(and {legal} (<= (* {stride} (- m 1)) {shifted}) (< {shifted} (* {stride} m)))"
