"""Where on a walk from the last layer to the first each condition can be asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from convsolve.folds import Fold, Grounding
from convsolve.language import Expr, names
from convsolve.language.nodes import Name, Number, rebuilt


@dataclass(frozen=True)
class Plan:
    """The conditions as a walk from the last layer to the first can ask them.

    Attributes:
        folds: what is carried: the conditions' own folds, and what layers must remember of others.
        within: per layer, sentences over its own variables.
        across: per layer, sentences over its own variables and what folds are behind it.
        final: sentences over what the folds are in front of the first layer.
        numbers: likewise, what is to be small or large.
        remembers: whether layers must remember what others chose.
    """

    folds: tuple[Fold, ...]
    within: Mapping[int, Sequence[Expr]]
    across: Mapping[int, Sequence[Expr]]
    final: Sequence[Expr]
    numbers: Sequence[Expr]
    remembers: bool


def plan(grounding: Grounding, layers: int) -> Plan:
    """Where each sentence can be asked.

    A sentence that relates layers to each other is asked at the first of them; what it says of later
    ones is remembered until then, and of all where it speaks of folds too.
    """
    folds = list(grounding.folds)
    known = {fold.name for fold in folds}
    within: dict[int, list[Expr]] = {}
    across: dict[int, list[Expr]] = {}
    final: list[Expr] = []
    for number, one in enumerate(grounding.instances):
        said = dict.fromkeys(names(one.sentence))
        places = set(range(layers)).intersection(*(_layers(name) for name in said))
        own = {name: max(set(_layers(name)) & set(range(layers))) for name in said if name not in known}
        if not own:
            final.append(one.sentence)
        elif places:
            within.setdefault(min(places), []).append(one.sentence)
        else:
            whole = len(own) < len(said)
            first = -1 if whole else min(own.values())
            more = [
                _remembered(f"{number}.{name}", name, place, layers, asked=None if whole else first)
                for name, place in own.items()
                if place > first and first not in _layers(name)
            ]
            folds += more
            sentence = _rewritten(one.sentence, more)
            (final if whole else across.setdefault(first, [])).append(sentence)
    numbers = []
    for number, written in enumerate(grounding.numbers):
        own = {name: max(set(_layers(name)) & set(range(layers))) for name in names(written) if name not in known}
        more = [_remembered(f"number.{number}.{name}", name, place, layers) for name, place in own.items()]
        folds += more
        numbers.append(_rewritten(written, more))
    return Plan(tuple(folds), within, across, final, numbers, len(folds) > len(grounding.folds))


def _remembered(fold: str, variable: str, place: int, layers: int, *, asked: int | None = None) -> Fold:
    """A layer's variable as a fold: known from there on, until a layer has asked for it."""
    steps: list[Expr | None] = [None] * layers
    steps[place] = Name(variable)
    if asked is not None:
        steps[asked] = Number(0)
    return Fold(fold, 0, tuple(steps))


def _rewritten(sentence: Expr, remembered: Sequence[Fold]) -> Expr:
    """The sentence over folds in place of the variables that they remember."""
    terms = {step.name: Name(fold.name) for fold in remembered for step in fold.steps if isinstance(step, Name)}
    return rebuilt(sentence, partial(_replaced, terms))


def _replaced(terms: Mapping[str, Expr], node: Expr) -> Expr:
    return terms.get(node.name, node) if isinstance(node, Name) else node


def _layers(variable: str) -> Collection[int]:
    """The layers that know a variable: a size is known to those on both sides of it, as far as there are any."""
    what, _, rest = variable.partition(".")
    if what not in ("layer", "size"):
        return ()
    place = int(rest.partition(".")[0])
    return (place,) if what == "layer" else tuple(range(max(0, place - 1), place + 1))
