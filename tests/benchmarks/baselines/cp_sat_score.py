"""CP-SAT minimising the score behind "most conventional first", on the division model.

The score's own numbers are taken over: a table of what each setting costs, idle or not, what unread input costs, and
the charges for change, stated as implications. Left out is what orders combinations of the same score (unequal axes,
then the settings themselves); dilations other than one value are refused. Five answers are five runs, each found
answer forbidden in the next.
"""

from __future__ import annotations

from math import log2
from time import perf_counter
from typing import Any

from ortools.sat.python import cp_model

from convsolve.ranking import CHANGE, HABIT, MORE_PADDING, UNREAD, standard
from tests.benchmarks.baselines.cp_sat import Model, Variables, solver
from tests.benchmarks.baselines.cp_sat_division import DIVISION
from tests.benchmarks.baselines.cp_sat_table import legal
from tests.benchmarks.question import Combination, Layer, Outcome, Question, RefusedError, bounds

A_LOT = 1_000_000  # more than a layer can cost


def best(asked: Question, limit: float, workers: int) -> Outcome:
    return _answers(asked, limit, workers, 1)


def first_five(asked: Question, limit: float, workers: int) -> Outcome:
    return _answers(asked, limit, workers, 5)


def _answers(asked: Question, limit: float, workers: int, number: int) -> Outcome:
    if any(len(layer.domains[3]) > 1 for layer in asked.layers):
        raise RefusedError("dilations")
    end = perf_counter() + limit
    made = Model(asked, DIVISION)
    if made.impossible:
        return Outcome("impossible")
    made.model.minimize(_score(made))
    every = list({variable.index: variable for layer in made.settings for axis in layer for variable in axis}.values())
    found: list[Combination] = []
    while len(found) < number:
        run = solver(max(0.01, end - perf_counter()), workers)
        status = run.solve(made.model)
        if status == cp_model.INFEASIBLE:
            break
        if status != cp_model.OPTIMAL:
            return Outcome("gave up")
        found.append(made.read(run.value))
        made.model.add_forbidden_assignments(every, [[run.value(variable) for variable in every]])
    return Outcome("solved" if found else "impossible", found)


def _score(made: Model) -> Any:
    total: Any = 0
    for axis, (_, _, copies) in enumerate(made.asked.axes):
        hull = bounds(made.asked, axis)
        before: tuple[Layer, Variables, Any] | None = None
        for place, layer in enumerate(made.asked.layers):
            setting, (into, out) = made.settings[place][axis], (made.sizes[place][axis], made.sizes[place + 1][axis])
            one, (low, _) = (into, hull[place]) if layer.transposed else (out, hull[place + 1])
            single = _when(made, one == 1, one != 1) if low == 1 else 0
            total += copies * _layer(made, layer, setting, into, out, single, first=place == 0)
            if before is not None and before[0].kind == layer.kind:
                total += copies * _change(made, layer, before[1], setting, before[2], single)
            before = (layer, setting, single)
    return total


def _layer(  # noqa: PLR0917 - a layer, its variables, and where it stands
    made: Model, layer: Layer, setting: Variables, into: Any, out: Any, single: Any, *, first: bool
) -> Any:
    """What one layer costs on one axis."""
    style, model = standard(), made.model
    several = len(made.asked.layers) > 1
    # the cost at a middle size, and where one position is left: there its stride is idle
    rows = []
    for k, s, p, d, a in (setting for setting, _ in legal(layer)):
        window = d * (k - 1) + 1
        # sizes that leave nothing unread
        usual, lone = (2, 2), (1, 2)
        if not layer.transposed:
            usual, lone = (window + s - p, 2), (window - 2 * p, 1)
        for idle, sizes in enumerate((usual, lone)):
            cost_here = style.layer_cost(layer.kind, (k, s, p, d, a), *sizes, first=first and several)
            rows.append((k, s, p, d, a, idle, cost_here))
    costs = [row[-1] for row in rows]
    cost = model.new_int_var(min(costs), max(costs), "cost")
    kernel, stride, padding, _, _ = setting
    if layer.transposed:
        model.add_allowed_assignments([*setting, single, cost], rows)
        return cost
    reach = layer.domains[3][0] * (kernel - 1)
    # one output is idle only where it is all that there is room for; else it leaves input unread
    spare = into + 2 * padding - reach - 1
    idle = _both(made, single, _when(made, spare <= 0, spare >= 1))
    model.add_allowed_assignments([*setting, idle, cost], rows)
    most = max(layer.domains[1]) - 1  # what a division leaves over
    rest = model.new_int_var(-max(layer.domains[2]), most, "rest")
    spread = model.new_int_var(0, 1 << 40, "spread")
    model.add_multiplication_equality(spread, [out - 1, stride])
    model.add(rest == into + padding - spread - reach - 1)
    unread = model.new_int_var(0, round(UNREAD * log2(1 + most)), "unread")
    table = [(n, round(UNREAD * log2(1 + n)) if n > 0 else 0) for n in range(-max(layer.domains[2]), most + 1)]
    model.add_allowed_assignments([rest, unread], table)
    return cost + unread


def _change(  # noqa: PLR0917 - two layers' variables
    made: Model, layer: Layer, before: Variables, after: Variables, idle_before: Any, idle_after: Any
) -> Any:
    """What it costs that a layer differs from the one before it."""
    model = made.model
    active = _both(made, _not(idle_before), _not(idle_after))
    (k0, s0, p0, _, a0), (k1, s1, p1, _, a1) = before, after
    grows = _when(made, k1 >= k0 + 1, k1 <= k0)
    others = [grows, _when(made, k1 <= k0 - 1, k1 >= k0), _both(made, active, _differ(made, s0, s1))]
    if layer.transposed:
        others.append(_differ(made, a0, a1))
    several = model.new_bool_var("several")  # something other than padding changes
    model.add_max_equality(several, others)
    padded = _both(made, active, _differ(made, p0, p1))
    more = _both(made, active, _when(made, p1 >= p0 + 1, p1 <= p0))
    cost = model.new_int_var(0, A_LOT, "change")
    habit: Any = 0
    if not layer.transposed:
        none = _exactly_one(made, _when(made, p0 == 0, p0 >= 1), _when(made, p1 == 0, p1 >= 1))
        wide = _both(made, _when(made, k0 >= 2, k0 <= 1), _when(made, k1 >= 2, k1 <= 1))
        habit = HABIT * _both(made, _both(made, none, wide), active)
    model.add(cost == CHANGE + CHANGE * grows + habit).only_enforce_if(several)
    model.add(cost == CHANGE * padded + MORE_PADDING * more).only_enforce_if(~several)
    return cost


def _when(made: Model, holds: Any, fails: Any) -> Any:
    """A literal that is true where a comparison holds, false where its opposite does."""
    literal = made.model.new_bool_var("")
    made.model.add(holds).only_enforce_if(literal)
    made.model.add(fails).only_enforce_if(~literal)
    return literal


def _differ(made: Model, one: Any, other: Any) -> Any:
    return _when(made, one != other, one == other)


def _both(made: Model, one: Any, other: Any) -> Any:
    for first, second in ((one, other), (other, one)):
        if isinstance(first, int):
            return second if first else 0
    literal = made.model.new_bool_var("")
    made.model.add_bool_and([one, other]).only_enforce_if(literal)
    made.model.add_bool_or([~one, ~other, literal])
    return literal


def _not(one: Any) -> Any:
    return 1 - one if isinstance(one, int) else ~one


def _exactly_one(made: Model, one: Any, other: Any) -> Any:
    literal = made.model.new_bool_var("")
    made.model.add_bool_xor([one, other, ~literal])
    return literal
