"""CP-SAT: the question as a model, by a statement of a layer (`cp_sat_division`, `cp_sat_table`).

Sizes have the bounds that interval arithmetic gives; axes on which all is the same are one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ortools.sat.python import cp_model

from tests.benchmarks.question import (
    PARAMETERS,
    Combination,
    Domain,
    Layer,
    Outcome,
    OutOfTimeError,
    Question,
    RefusedError,
    Setting,
    bounds,
)

MOST = 1 << 40  # of what is derived: CP-SAT tightens that by itself
RELATIONS = ("mirrored", "repeated", "skips", "alike", "ratio", "volume")
CONDITIONS = ("params", "macs", "receptive_field", *RELATIONS)
STATUS = {cp_model.INFEASIBLE: "impossible", cp_model.OPTIMAL: "solved", cp_model.FEASIBLE: "solved"}

Variables = Sequence[Any]


class Statement(NamedTuple):
    """How a layer is stated.

    Attributes:
        state: adds a layer to a model: its settings by axis, and the sizes in front of it and behind it.
        complete: fills in, afterwards, what the model leaves open: from a setting and the two sizes.
        conditions: what can be asked of the settings that the model has.
    """

    state: Callable[..., None]
    complete: Callable[[Layer, Setting, int, int], Setting] | None = None
    conditions: Sequence[str] = CONDITIONS


class Model:
    """A model with its variables; `impossible` where the bounds alone say so."""

    def __init__(self, asked: Question, statement: Statement) -> None:
        self.asked = asked
        self.complete = statement.complete
        if self.complete is not None and "padding" in asked.shared:
            raise RefusedError("padding is not in the model")
        self.model = cp_model.CpModel()
        hulls = [bounds(asked, axis) for axis in range(len(asked.axes))]
        self.impossible = any(low > high for hull in hulls for low, high in hull)
        if self.impossible:
            return
        new = self.model.new_int_var
        self.sizes = [
            [new(*hull[place], f"n{place}_{axis}") for axis, hull in enumerate(hulls)]
            for place in range(len(asked.layers) + 1)
        ]
        self.settings: list[list[Variables]] = []
        for place, layer in enumerate(asked.layers):
            here: list[Variables] = []
            for axis in range(len(asked.axes)):
                setting = []
                for number, (name, domain) in enumerate(zip(PARAMETERS, layer.domains, strict=True)):
                    leader = asked.leader(number, axis)
                    own = self.variable(domain, f"{name}{place}_{axis}") if leader == axis else here[leader][number]
                    setting.append(own)
                here.append(setting)
            self.settings.append(here)
            statement.state(self.model, layer, here, self.sizes[place], self.sizes[place + 1])
        for name, value in asked.conditions.items():
            if name not in statement.conditions:
                raise RefusedError(name)
            self._condition(name, value)

    def variable(self, domain: Domain, name: str) -> Any:
        return self.model.new_int_var_from_domain(cp_model.Domain.from_values(domain), name)

    def read(self, value: Callable[[Any], int]) -> Combination:
        found = [[tuple(map(value, axis)) for axis in layer] for layer in self.settings]
        if self.complete is not None:
            sizes = [[value(size) for size in position] for position in self.sizes]
            for place, layer in enumerate(self.asked.layers):
                ends = zip(found[place], sizes[place], sizes[place + 1], strict=True)
                found[place] = [self.complete(layer, *one) for one in ends]
        return self.asked.whole(found)

    def cost(self, what: str) -> Any:
        """The sum of params or macs as a linear expression over products."""
        total: Any = 0
        for place, layer in enumerate(self.asked.layers):
            into, out = self.asked.channels[place : place + 2]
            at = place if layer.transposed else place + 1
            factors: list[tuple[Any, int]] = []
            for axis, (_, _, copies) in enumerate(self.asked.axes):
                factors += [(self.settings[place][axis][0], max(layer.domains[0]))] * copies
                if what == "macs":
                    factors += [(self.sizes[at][axis], bounds(self.asked, axis)[at][1])] * copies
            total += into * out * self._product(factors, f"{what}{place}") + (out if what == "params" else 0)
        return total

    def _product(self, factors: Sequence[tuple[Any, int]], name: str) -> Any:
        product, most = factors[0]
        for number, (factor, largest) in enumerate(factors[1:]):
            most *= largest
            following = self.model.new_int_var(0, most, f"{name}_{number}")
            self.model.add_multiplication_equality(following, [product, factor])
            product = following
        return product

    def _condition(self, name: str, value: int) -> None:
        layers = self.asked.layers
        if name in ("params", "macs"):
            self.model.add(self.cost(name) <= value)
        elif name == "receptive_field" and all(layer.domains[1] == (1,) for layer in layers):
            # at stride 1 the field is a sum
            reaches = []
            for layer, ((_, _, _, dilation, _), *_) in zip(layers, self.settings, strict=True):
                if len(layer.domains[0]) > 1:
                    raise RefusedError("a receptive field with several kernel sizes")
                reaches.append((layer.domains[0][0] - 1) * dilation)
            self.model.add(1 + sum(reaches) == value)
        elif name in ("mirrored", "repeated"):
            last = len(layers) - 1
            for place, here in enumerate(self.settings):
                other = last - place if name == "mirrored" else place % value
                if other < place:
                    for one, partner in zip(here, self.settings[other], strict=True):
                        for parameter in range(4 if name == "mirrored" else 5):
                            self.model.add(one[parameter] == partner[parameter])
        elif name in RELATIONS:
            self._relation(name, value)
        else:
            raise RefusedError(name)

    def _relation(self, name: str, value: int) -> None:
        """What relates the layers of an axis to each other, or the axes."""
        add, last = self.model.add, len(self.settings) - 1
        if name == "volume":
            middle = (last + 1) // 2
            factors = [
                (self.sizes[middle][axis], bounds(self.asked, axis)[middle][1])
                for axis, (_, _, copies) in enumerate(self.asked.axes)
                for _ in range(copies)
            ]
            add(self._product(factors, "volume") <= value)
            return
        for axis in range(len(self.asked.axes)):
            layers = [layer[axis] for layer in self.settings]
            if name == "skips":
                for place in range((last + 1) // 2):
                    add(self.sizes[place + 1][axis] == self.sizes[last - place][axis])
            elif name == "alike":
                for before, here in pairwise(layers):
                    like = self.model.new_bool_var("")
                    for parameter in range(2):
                        add(here[parameter] == before[parameter]).only_enforce_if(like)
                    add(here[1] == 1).only_enforce_if(~like)
            else:
                (kernel, stride, *_), (smaller, own, *_) = layers[0], layers[-1]
                ratio = self.model.new_int_var(1, MOST, "ratio")
                self.model.add_multiplication_equality(ratio, [kernel, own])
                self.model.add_multiplication_equality(ratio, [smaller, stride])
                add(kernel > smaller)


def solver(limit: float, workers: int) -> Any:
    found = cp_model.CpSolver()
    found.parameters.max_time_in_seconds = limit
    found.parameters.num_workers = workers
    return found


def first(asked: Question, limit: float, statement: Statement, workers: int) -> Outcome:
    made = Model(asked, statement)
    if made.impossible:
        return Outcome("impossible")
    run = solver(limit, workers)
    verdict = STATUS.get(run.solve(made.model), "gave up")
    return Outcome(verdict, [made.read(run.value)] if verdict == "solved" else ())


def optimum(asked: Question, limit: float, statement: Statement, workers: int) -> Outcome:
    if asked.objective is None:
        raise RefusedError("no objective")
    made = Model(asked, statement)
    if made.impossible:
        return Outcome("impossible")
    made.model.minimize(made.cost(asked.objective))
    run = solver(limit, workers)
    status = run.solve(made.model)
    if status == cp_model.OPTIMAL:
        return Outcome("solved", [made.read(run.value)], round(run.objective_value))
    return Outcome("impossible" if status == cp_model.INFEASIBLE else "gave up")


def listed(asked: Question, limit: float, statement: Statement) -> Outcome:
    """Every answer, as fast as CP-SAT calls back; one worker, as it demands."""
    made = Model(asked, statement)
    if made.impossible:
        return Outcome("impossible", complete=True)
    collect = _Collect(made)
    run = solver(limit, 1)
    run.parameters.enumerate_all_solutions = True
    status = run.solve(made.model, collect)
    return Outcome("solved", collect.found, len(collect.found), complete=status == cp_model.OPTIMAL)


class _Collect(cp_model.CpSolverSolutionCallback):  # type: ignore[misc] # typed as Any
    def __init__(self, made: Model) -> None:
        super().__init__()
        self.made = made
        self.found: list[Combination] = []

    def on_solution_callback(self) -> None:
        try:
            self.found.append(self.made.read(self.value))
        except OutOfTimeError:
            self.stop_search()
