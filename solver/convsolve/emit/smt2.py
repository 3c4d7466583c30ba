"""A question as a file that any SMT solver reads, and can check our answer with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from convsolve.encoding import Encoding, declared, defined, whole
from convsolve.errors import Error
from convsolve.problem import Problem
from convsolve.versions import versions

LEGEND = """\
sat: a model is a combination. unsat: there is none.
size.P.A            the size in front of layer P on axis A; behind the last layer, the target's
layer.L.A.NAME      NAME of layer L on axis A; all count from 0
KIND.L.A.rule.R     what a layer demands on an axis, first needed by layer L on axis A
fold.N.L            what a condition adds up, from layer L on
"""


def script(problem: Problem) -> str:
    """The question in SMT-LIB 2.6: every assertion named, with its reason beside it.

    Objectives are left out: the file asks whether there is a combination at all.

    Raises:
        Error: ``usage`` where the number of layers, or channels, are to be found: each is a question of its own.

    Example:
        >>> from convsolve.posing import ask
        >>> text = script(ask(7, 28))
        >>> print(text[text.index("(assert") :].splitlines()[0])
        (assert (! (= size.0.0 7) :named input.0))  ; input size on axis 0
    """
    if problem.family:
        raise Error(
            "usage",
            "--smt2 writes one question, and a family is one for each choice of strides",
            help=["write it for one of its members"],
        )
    if problem.deeper:
        depths = [len(one.layers) for one in problem.depths]
        each = "list of channels" if problem.widths else f"of {depths[0]} to {depths[-1]} layers"
        one = f"--channels {','.join(map(str, problem.channel_list()))}" if problem.widths else f"--layers {depths[0]}"
        raise Error(
            "usage", f"--smt2 writes one question, and each {each} is one", help=[f"write it for one, as in {one}"]
        )
    return "\n".join(_lines(problem, whole(problem))) + "\n"


def _lines(problem: Problem, encoding: Encoding) -> Iterator[str]:
    version = f"convsolve {versions()['convsolve']}"
    asked = {name: value for name, value in problem.to_dict().items() if name != "minimize"}
    if not any(asked["channels"]):
        del asked["channels"]
    yield f"; {version}: which layers turn {problem.input} into {problem.target}?"
    yield from (f"; {name}: {_shown(value)}" for name, value in asked.items())
    yield ";"
    yield from (f"; {line}" for line in LEGEND.splitlines())
    yield "(set-info :smt-lib-version 2.6)"
    yield f"(set-info :source |{version}|)"
    yield "(set-option :produce-models true)"
    yield f"(set-logic {'QF_LIA' if all(_linear(sentence.term) for sentence in encoding.sentences) else 'QF_NIA'})"
    yield ""
    yield from (defined(name, clause) for name, clause in encoding.functions.items())
    yield ""
    yield from map(declared, encoding.variables)
    yield ""
    for sentence in encoding.sentences:
        yield f"(assert (! {sentence.term} :named {sentence.label}))  ; {sentence.reason}"
    yield ""
    yield "(check-sat)"
    yield "; behind unsat this is an error, which means nothing"
    yield f"(get-value ({' '.join(encoding.variables)}))"


def _linear(term: str) -> bool:
    """Whether no two unknowns are multiplied or divided; by a number solvers count a remainder as linear, too."""
    open_terms: list[list[str | bool]] = []  # an operator, and of each operand whether it has unknowns
    for word in re.findall(r"[()]|[^\s()]+", term):
        if word == "(":
            open_terms.append([])
        elif word != ")":
            open_terms[-1].append(word if not open_terms[-1] else not word.isdigit())
        else:
            operator, *operands = open_terms.pop()
            if (operator == "*" and operands.count(True) > 1) or (operator in {"div", "mod"} and operands[1]):
                return False
            if open_terms:
                open_terms[-1].append(True in operands)
    return True


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ",".join("?" if number is None else str(number) for number in value)
    return str(value)
