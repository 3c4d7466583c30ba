"""The expression language: in it kinds state their equations and users their conditions."""

from convsolve.language.evaluation import compiled, evaluated
from convsolve.language.nodes import Expr, names, substitute
from convsolve.language.parsing import parse

__all__ = ["Expr", "compiled", "evaluated", "names", "parse", "substitute"]
