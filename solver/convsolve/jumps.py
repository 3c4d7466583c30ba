"""Jump, how far apart in the input a layer's neighbours see: a fraction, carried as what is over and under its line."""

from __future__ import annotations

from convsolve.language import Expr
from convsolve.language.nodes import Arithmetic, Name, Scoped
from convsolve.vocabulary import OVER, UNDER, scoped


def compared(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Two sides of a comparison, jump's denominator brought to the other side; it is never below 1."""

    def parts(side: Expr) -> tuple[Expr, Expr | None]:
        if not isinstance(side, Name | Scoped) or not is_jump(side):
            return side, None
        axis = scoped(side).axis
        return Scoped(OVER, axis=axis), Scoped(UNDER, axis=axis)

    (left, under_left), (right, under_right) = parts(left), parts(right)
    return (
        Arithmetic("*", left, under_right) if under_right else left,
        Arithmetic("*", right, under_left) if under_left else right,
    )


def is_jump(node: Expr) -> bool:
    """Whether it is a fraction."""
    return isinstance(node, Name | Scoped) and node.name == "jump"
