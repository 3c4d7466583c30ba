"""Sentences as SMT-LIB, linear wherever a case split over small domains can make them so.

This is the one place where products are split: in ``stride*(out_size - 1)`` the name with a small
domain becomes a number in each case, so that Z3 sees linear arithmetic only. The text is what Z3
reads and what another solver can re-check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from math import prod

from convsolve.language.evaluation import evaluated
from convsolve.language.nodes import (
    Arithmetic,
    Call,
    Compare,
    Expr,
    Junction,
    Member,
    Name,
    Negative,
    Not,
    Number,
    Scoped,
    names,
    parts_of,
    substitute,
)

OPERATORS = {"+": "+", "-": "-", "*": "*", "//": "div", "%": "mod"}


def smt(node: Expr, terms: Mapping[str, str], cases: Mapping[str, Sequence[int]]) -> str:
    """One SMT-LIB term of sort Bool.

    Args:
        node: the sentence.
        terms: the SMT-LIB symbol or numeral of each name.
        cases: the domains of the names that may be split by case (stride, dilation).

    Example:
        >>> from convsolve.language import parse
        >>> smt(parse("stride*n <= 7"), {"stride": "s", "n": "n"}, {"stride": (1, 2)})
        '(and (=> (= s 1) (<= n 7)) (=> (= s 2) (<= (* 2 n) 7)))'
    """
    if not cases:
        return _term(node, terms)
    node = substitute(node, {name: values[0] for name, values in cases.items() if len(values) == 1})
    chosen = _split(node, cases)
    split = [name for name in cases if name in chosen]
    if not split:
        return _term(node, terms)
    branches = []
    for values in product(*(cases[name] for name in split)):
        case = dict(zip(split, values, strict=True))
        guard = conjunction([f"(= {terms[name]} {value})" for name, value in case.items()])
        branches.append(f"(=> {guard} {_term(substitute(node, case), terms)})")
    return conjunction(branches)


def conjunction(parts: Sequence[str]) -> str:
    """``and`` over any number of terms."""
    if not parts:
        return "true"
    return parts[0] if len(parts) == 1 else f"(and {' '.join(parts)})"


def disjunction(parts: Sequence[str]) -> str:
    """``or`` over any number of terms."""
    if not parts:
        return "false"
    return parts[0] if len(parts) == 1 else f"(or {' '.join(parts)})"


def numeral(value: int) -> str:
    """An integer as SMT-LIB writes it: negative numbers are applications."""
    return int.__repr__(value) if value >= 0 else f"(- {int.__repr__(-value)})"


def members(term: str, values: Sequence[int]) -> str:
    """That the term is one of the ascending values, in as few runs of equal steps as possible."""
    return disjunction([_run(term, *run) for run in runs(values)])


def runs(values: Sequence[int]) -> list[tuple[int, int, int]]:
    """Ascending integers as (first, last, step), greedily; parity shows here as steps of 2.

    Example:
        >>> runs((1, 2, 3, 7, 9, 11))
        [(1, 3, 1), (7, 11, 2)]
    """
    found: list[tuple[int, int, int]] = []
    for value in values:
        if found:
            first, last, step = found[-1]
            if first == last or value - last == step:
                found[-1] = (first, value, value - last)
                continue
            if last - first == step:  # two values make no run: the second may begin a longer one
                found[-1:] = [(first, first, 1), (last, value, value - last)]
                continue
        found.append((value, value, 1))
    return found


def _run(term: str, first: int, last: int, step: int) -> str:
    if first == last:
        return f"(= {term} {numeral(first)})"
    between = f"(<= {numeral(first)} {term} {numeral(last)})"
    if step == 1:
        return between
    return f"(and {between} (= (mod (- {term} {numeral(first)}) {step}) 0))"


def _split(node: Expr, cases: Mapping[str, Sequence[int]]) -> set[str]:
    """The names that a case split must fix so that a side of every product, and every divisor, is a number."""
    found: set[str] = set()
    for part in parts_of(node):
        match part:
            case Arithmetic("//" | "%", _, right):
                found |= cases.keys() & set(names(right))
            case Arithmetic("*", left, right):
                sides = [set(names(side)) - found for side in (left, right)]
                # what can be split alone makes a side a number; the fewer cases the better
                whole = [side for side in sides if side <= cases.keys()] or [cases.keys() & set.union(*sides)]
                found |= min(whole, key=lambda side: prod(len(cases[name]) for name in side))
    return found


def _term(node: Expr, terms: Mapping[str, str]) -> str:
    def term(part: Expr) -> str:
        return _term(part, terms)

    match node:
        case Number(value):
            return numeral(value)
        case Name(name):
            return terms[name]
        case Arithmetic() if not any(names(node)):
            return numeral(evaluated(node, {}))  # 12*2*size is linear, (* (* 12 2) size) is not, to some
        case Arithmetic(operator, left, right):
            return _folded(operator, left, right, terms)
        case Negative(part):
            return f"(- {term(part)})"
        case Not(part):
            return f"(not {term(part)})"
        case Member(part, values):
            return members(term(part), values)
        case Call("abs", (part,)):
            return f"(abs {term(part)})"
        case Call(function, parts):
            return _extreme("<=" if function == "min" else ">=", [term(part) for part in parts])
        case Junction(operator, parts):
            return f"({operator} {' '.join(map(term, parts))})"
        case Compare(operators, parts):
            return conjunction(
                [
                    f"(not (= {left} {right}))" if op == "!=" else f"({'=' if op == '==' else op} {left} {right})"
                    for op, (left, right) in zip(operators, pairwise(map(term, parts)), strict=True)
                ]
            )
        case Scoped():
            raise TypeError(f"{node} stands for several numbers")


def _folded(operator: str, left: Expr, right: Expr, terms: Mapping[str, str]) -> str:
    """Arithmetic, with products by 0 and 1 left out: the case split makes many of them."""
    if operator == "*" and Number(1) in (left, right):
        return _term(right if left == Number(1) else left, terms)
    if operator == "*" and Number(0) in (left, right):
        return "0"
    return f"({OPERATORS[operator]} {_term(left, terms)} {_term(right, terms)})"


def _extreme(relation: str, parts: Sequence[str]) -> str:
    best = parts[-1]
    for part in reversed(parts[:-1]):
        # each part is written once: written twice, nested calls would double the text at every level
        chosen = f"(ite ({relation} one other) one other)"
        best = f"(let ((one {part}) (other {best})) {chosen})"
    return best
