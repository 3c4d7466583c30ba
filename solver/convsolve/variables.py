"""The names of a question's variables: in SMT-LIB, in conditions, in models."""

from __future__ import annotations


def size_name(position: int, axis: int) -> str:
    """The size in front of layer `position`, or, behind the last, the output's."""
    return f"size.{position}.{axis}"


def setting_name(layer: int, axis: int, parameter: str) -> str:
    """One parameter of one layer on one axis."""
    return f"layer.{layer}.{axis}.{parameter}"


def fold_name(fold: int, position: int) -> str:
    """What a fold comes to behind a position."""
    return f"fold.{fold}.{position}"
