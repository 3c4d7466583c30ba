"""Conditions on the layers of a question: each name made the variable of a layer and an axis.

What ranges over layers becomes a fold: a value carried backward from the output, layer by layer, as the receptive field
is. So a condition is a sentence over the variables of single layers and over folds: how far it reaches can be seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from convsolve.conditions import Condition
from convsolve.counting import channels_at, costs_at
from convsolve.errors import Error
from convsolve.folds import BEHIND, MOST, Fold, Grounding, Instance
from convsolve.jumps import compared, is_jump
from convsolve.language import Expr, parse
from convsolve.language.nodes import (
    Arithmetic,
    Call,
    Compare,
    Junction,
    Member,
    Name,
    Negative,
    Number,
    Scoped,
    children,
    parts_of,
    rebuilt,
    with_children,
)
from convsolve.layers.base import SIZES
from convsolve.objectives import Objective
from convsolve.problem import GROUNDED, PARAMETERS, Problem
from convsolve.skips import refuse_field
from convsolve.variables import setting_name, size_name
from convsolve.vocabulary import UNDER, WIDTHS, of_a_layer, on_an_axis, scoped, text_of, used
from convsolve.wiring import not_counted

NAMES = "names and layers: convsolve solve --help"
STARTS = {"sum": 0, "product": 1, "min": MOST, "max": -MOST}
_Having = dict[tuple[str | None, str], list[int]]  # by kind and name, the layers that have it


def ground(problem: Problem, *, costs: bool = False) -> Grounding:
    """The conditions and objectives of a question on its own layers and axes.

    Args:
        problem: the question.
        costs: whether objectives that are sums of what layers cost are among the numbers, too.

    Raises:
        Error: ``no-such-layer``, ``no-such-axis`` where a condition names what the question does not
            have; ``unknown-channels``; ``bad-condition`` where sums are nested, or jump is not compared.

    Example:
        >>> from convsolve.posing import ask
        >>> found = ground(ask(7, 28, layers=2, where=["stride == 2", "sum(kernel_size) <= 8"]))
        >>> len(found.instances), found.folds[0].name
        (3, 'sum(kernel_size).0')
    """
    known: dict[bool, Grounding] = vars(problem).setdefault(GROUNDED, {})  # it is asked for of each answer
    if costs not in known:
        known[costs] = _grounded(problem, costs=costs)
    return known[costs]


def _grounded(problem: Problem, *, costs: bool) -> Grounding:
    folds: dict[str, Fold] = {}
    having: _Having = {}
    instances: dict[Instance, None] = {}
    for condition in problem.demands:
        grounding = _Grounding(problem, condition, folds, having)
        for written in condition.sentences:
            for sentence in grounding.sentences(written):
                instances[Instance(condition, sentence)] = None
    numbers: list[Expr] = []
    for objective in problem.objectives:
        if costs or not objective.additive:
            number = _Grounding(problem, objective, folds, having).number(objective.number(problem.axes))
            numbers.append(number if objective.least else Negative(number))
    return Grounding(tuple(instances), tuple(folds.values()), tuple(numbers))


class _Grounding:
    """One condition, or objective, while it is grounded; the folds that it needs are added to those of all."""

    def __init__(
        self, problem: Problem, condition: Condition | Objective, folds: dict[str, Fold], having: _Having
    ) -> None:
        self.problem = problem
        self.condition = condition
        self.folds = folds
        self._known = having

    def sentences(self, written: Expr) -> Iterator[Expr]:
        """The sentence for every layer and axis that it speaks of."""
        sentence = rebuilt(written, self._without_jump) if any(map(is_jump, parts_of(written))) else written
        bare = [node for node in used(sentence, inside=False) if of_a_layer(node.name) and node.layer is None]
        places: Sequence[int | None] = [None]
        if bare:
            having = self._having(bare)
            widths = [node for node in bare if node.name in WIDTHS]
            if self.problem.open_channels and widths:
                having = [place for place in having if any(self._is_open(place, node) for node in widths)]
            places = having
            if not places and isinstance(self.condition, Condition) and not self.condition.named:
                raise self._error("no-such-layer", f"no layer has {' and '.join(dict.fromkeys(map(text_of, bare)))}")
        for axis in self._axes(sentence):
            for place in places:
                yield self._whole_divisors(self._on(sentence, place, axis))

    def number(self, written: Expr) -> Expr:
        """An objective over variables and folds; every name in it is of one layer, or inside a sum over layers."""
        self._axes(written)  # refuses those that there are not
        return self._whole_divisors(self._on(written, None, None))

    def _whole_divisors(self, sentence: Expr) -> Expr:
        """The sentence, if nothing is divided by what may be 0 or less: that has no value."""
        for part in parts_of(sentence):
            if isinstance(part, Arithmetic) and part.operator in ("//", "%") and not self._positive(part.right):
                raise self._error("bad-condition", "it divides by what may be 0: multiply instead, as in a == 2*b")
        return sentence

    def _positive(self, divisor: Expr) -> bool:
        match divisor:
            case Number(value):
                return value >= 1
            case Name(name) if name in self.folds and name.startswith("product("):
                steps = [step for step in self.folds[name].steps if isinstance(step, Arithmetic)]
                return all(self._positive(step.right) for step in steps)
            case Name(name) if name in self.folds:
                return self.folds[name].start == 1  # the receptive field, and the parts of jump
            case Name(name) if name.startswith("layer."):
                _, place, axis, parameter = name.split(".")
                layer = self.problem.layers[int(place)]
                return layer.domains[int(axis)][layer.kind.positions()[parameter]][0] >= 1
        return isinstance(divisor, Name)  # a size

    def _axes(self, sentence: Expr) -> Sequence[int | None]:
        every = [node for node in used(sentence, inside=True) if on_an_axis(node.name)]
        for node in every:
            if node.axis is not None and not 0 <= node.axis < self.problem.axes:
                raise self._error("no-such-axis", f"there is no axis {node.axis}: they are counted from 0")
        return range(self.problem.axes) if any(node.axis is None for node in every) else [None]

    def _having(self, nodes: Sequence[Scoped]) -> list[int]:
        """The layers that have all of some names."""
        for node in nodes:
            if (node.kind, node.name) not in self._known:
                self._known[node.kind, node.name] = [place for place in self._places if self._has(place, node)]
        first, *others = [self._known[node.kind, node.name] for node in nodes]
        return [place for place in first if all(place in other for other in others)]

    def _has(self, place: int, node: Scoped) -> bool:
        kind = self.problem.layers[place].kind
        if node.kind not in (None, kind.name):
            return False
        if node.name in SIZES and (kind.flat_in, kind.flat_out)[node.name == SIZES[1]]:
            return False  # there are channels without axes
        if node.name == "groups":
            return any(option.name == "groups" for option in kind.options)
        if node.name in kind.positions():
            return kind.word(node.name) is None
        return node.name not in PARAMETERS

    def _is_open(self, place: int, node: Scoped) -> bool:
        """Whether the channels that a name speaks of are to be found; where some are, it speaks of these."""
        return place + (node.name == "out_channels") in self.problem.open_channels

    def _on(self, sentence: Expr, place: int | None, axis: int | None) -> Expr:
        """The sentence about one layer, on one axis."""
        match sentence:
            case Call("sum" | "product" | "min" | "max" as function, (argument,)):
                return self._over_layers(function, argument, axis)
            case Name() | Scoped():
                return self._variable(scoped(sentence), place, axis)
        return with_children(sentence, tuple(self._on(child, place, axis) for child in children(sentence)))

    def _variable(self, node: Scoped, place: int | None, axis: int | None) -> Expr:
        axis = axis if node.axis is None else node.axis
        if not of_a_layer(node.name):
            return self._whole(node, axis)
        if node.layer is not None:
            having = self._having([node])
            if not -len(having) <= node.layer < len(having):
                raise self._no_such_layer(node, len(having))
            place = having[node.layer]
        if place is None:
            raise AssertionError(node)
        kind = self.problem.layers[place].kind
        match node.name:
            case "groups":
                return Number(kind.group_count())
            case "in_channels" | "out_channels":
                channels = channels_at(self.problem, place + (node.name == "out_channels"))
                if channels is None:
                    raise self._unknown_channels(node.name)
                return channels
        if axis is None:
            raise AssertionError(node)
        match node.name:
            case "in_size" | "out_size":
                return Name(size_name(place + (node.name == "out_size"), axis))
        return Name(setting_name(place, axis, node.name))

    def _over_layers(self, function: str, argument: Expr, axis: int | None) -> Expr:
        """A sum, product, minimum or maximum, of the layers that have all of its names."""
        inner = [*used(argument, inside=True)]
        if any(isinstance(part, Call) and part.function in STARTS for part in parts_of(argument)):
            raise self._error("bad-condition", f"a {function} inside another one stands for nothing")
        if not inner or not all(of_a_layer(node.name) and node.layer is None for node in inner):
            raise self._error("bad-condition", f"{function}(...) of one argument takes names of layers, as stride")
        places = self._having(inner)
        if not places:
            raise self._error("no-such-layer", f"no layer has {' and '.join(dict.fromkeys(map(text_of, inner)))}")
        shares = self.problem.hanging.shares
        widths = {node.name for node in inner if node.name in WIDTHS}
        if any(place + (name == "out_channels") in shares for place in places for name in widths):
            raise self._unknown_channels(f"{function} of {' and '.join(sorted(widths))}")
        steps = [
            _joined(function, self._whole_divisors(self._on(argument, place, axis))) if place in places else None
            for place in self._places
        ]
        return self._fold(f"{function}({_written(argument)})", STARTS[function], steps, axis)

    @property
    def _places(self) -> range:
        return range(len(self.problem.layers))

    def _whole(self, node: Scoped, axis: int | None) -> Expr:
        """``params`` and the like, carried over all layers."""
        layers = self.problem.layers
        match node.name:
            case "layers":
                return Number(len(layers))
            case "receptive_field":
                refuse_field(layers, self._said)
                steps = [self._step(place, layers[place].kind.field_rule, axis) for place in self._places]
                return self._fold(node.name, 1, steps, axis)
            case "jump.over" | "jump.under":
                rules = [layers[place].kind.jump_rules[node.name == UNDER] for place in self._places]
                steps = [self._step(place, rule, axis) for place, rule in enumerate(rules)]
                return self._fold(node.name, 1, steps, axis)
        function = "max" if node.name == "peak" else "sum"
        if not self.problem.hanging.complete:
            raise self._unknown_channels(node.name)
        return self._fold(node.name, 0, [self._costing(place, node.name, function) for place in self._places], None)

    def _costing(self, place: int, name: str, function: str) -> Expr | None:
        """How a cost goes on through a layer."""
        step: Expr = BEHIND
        for part in costs_at(self.problem, place, name):
            step = step if part == Number(0) else _joined(function, part, step)
        return None if step == BEHIND else step

    def _step(self, place: int, rule: str | None, axis: int | None) -> Expr | None:
        """A kind's rule for one layer: its parameters' names made variables, ``behind`` left as it is."""
        if rule is None:
            return None

        def known(node: Expr) -> Expr:
            if isinstance(node, Name) and node != BEHIND:
                return self._variable(Scoped(node.name), place, axis)
            return node

        return rebuilt(parse(rule), known)

    def _fold(self, name: str, start: int, steps: Sequence[Expr | None], axis: int | None) -> Expr:
        if all(step is None for step in steps):
            return Number(start)
        name = name if axis is None else f"{name}.{axis}"
        self.folds.setdefault(name, Fold(name, start, tuple(steps)))
        return Name(name)

    def _without_jump(self, node: Expr) -> Expr:
        """A comparison with jump, a fraction, as one of integers."""
        match node:
            case Compare(operators, parts) if any(is_jump(part) for part in parts):
                chain = list(zip(operators, pairwise(parts), strict=True))
                every = tuple(Compare((op,), compared(left, right)) for op, (left, right) in chain)
                return every[0] if len(every) == 1 else Junction("and", every)
            case Member(part, values) if is_jump(part):
                each = tuple(Compare(("==",), compared(part, Number(value))) for value in values)
                return Junction("or", each) if each else Member(Number(0), ())
        for child in children(node):
            if is_jump(child):
                raise self._error("bad-condition", "jump is a fraction: compare it by itself, as in jump == 8")
        return node

    def _error(self, code: str, message: str) -> Error:
        return Error(code, f"{self._said}: {message}", help=[NAMES])

    def _no_such_layer(self, node: Scoped, having: int) -> Error:
        """There are not so many layers that have a name: how many do, and what they are called."""
        text = text_of(node)
        kind = text[: text.index(node.name)]
        have = "no layer has" if not having else "1 layer has" if having == 1 else f"{having} layers have"
        first, last = f"{kind}{node.name}[0]", f"{kind}{node.name}[{having - 1}]"
        ways = [f"write {first}" if having == 1 else f"write {first} to {last}, or {kind}{node.name}[-1] for the last"]
        message = f"{self._said}: {text}: {have} {kind}{node.name}"
        return Error("no-such-layer", message, help=ways if having else [NAMES])

    @property
    def _said(self) -> str:
        """What the user wrote."""
        return str(self.condition) if isinstance(self.condition, Condition) else self.condition.cost

    def _unknown_channels(self, name: str) -> Error:
        return not_counted(f"{self._said}: {name}", self.problem.layers, self.problem.channels)


def _joined(function: str, part: Expr, behind: Expr = BEHIND) -> Expr:
    match function:
        case "sum":
            return Arithmetic("+", behind, part)
        case "product":
            return Arithmetic("*", behind, part)
    return Call(function, (behind, part))


def _written(node: Expr) -> str:
    from convsolve.language.evaluation import written

    return written(rebuilt(node, lambda part: Name(text_of(part)) if isinstance(part, Scoped) else part))
