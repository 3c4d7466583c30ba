"""Where on a walk from the last layer to the first each condition can be asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from convsolve.grounding import Fold, Grounding
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
    """

    folds: tuple[Fold, ...]
    within: Mapping[int, Sequence[Expr]]
    across: Mapping[int, Sequence[Expr]]
    final: Sequence[Expr]


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
            remembered: dict[str, Expr] = {}
            for name, place in own.items():
                if place > first and first not in _layers(name):
                    steps: list[Expr | None] = [None] * layers
                    steps[place] = Name(name)
                    if not whole:
                        steps[first] = Number(0)  # asked, and forgotten
                    folds.append(Fold(f"{number}.{name}", 0, tuple(steps)))
                    remembered[name] = Name(folds[-1].name)
            sentence = rebuilt(one.sentence, partial(_replaced, remembered))
            (final if whole else across.setdefault(first, [])).append(sentence)
    return Plan(tuple(folds), within, across, final)


def _replaced(terms: Mapping[str, Expr], node: Expr) -> Expr:
    return terms.get(node.name, node) if isinstance(node, Name) else node


def _layers(variable: str) -> Collection[int]:
    """The layers that know a variable: a size is known to those on both sides of it."""
    what, _, rest = variable.partition(".")
    if what not in ("layer", "size"):
        return ()
    place = int(rest.partition(".")[0])
    return (place,) if what == "layer" else (place - 1, place)
