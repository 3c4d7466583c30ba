"""Z3's own optimiser on the linear encoding of `z3_split`; products with a kernel_size are split by its values."""

from __future__ import annotations

from math import prod

import z3

from tests.benchmarks.baselines.z3_split import stated
from tests.benchmarks.question import Outcome, Question, RefusedError


def optimum(asked: Question, limit: float) -> Outcome:
    if asked.objective not in ("params", "macs"):
        raise RefusedError(str(asked.objective))
    text, names = stated(asked)
    copies = [axis.copies for axis in asked.axes]
    lines = []
    for place, layer in enumerate(asked.layers):
        into, out = asked.channels[place : place + 2]
        positions = "1"
        if asked.objective == "macs":
            at = place if layer.transposed else place + 1
            sizes = [f"n{at}_{axis}" for axis, number in enumerate(copies) for _ in range(number)]
            positions = f"(* {' '.join(sizes)})" if len(sizes) > 1 else sizes[0]
        lines.append(f"(declare-const cost{place} Int)")
        for kernel in layer.domains[0]:
            weights = into * out * prod(kernel**number for number in copies)
            more = out if asked.objective == "params" else 0
            value = f"(= cost{place} (+ (* {weights} {positions}) {more}))"
            lines.append(f"(assert (=> (= {names[place][0][0]} {kernel}) {value}))")
    total = " ".join(f"cost{place}" for place in range(len(asked.layers)))
    solver = z3.Optimize()
    solver.set("timeout", max(1, int(limit * 1000)))
    solver.from_string("\n".join([text, *lines, f"(minimize (+ 0 {total}))"]))
    verdict = solver.check()
    if verdict == z3.unsat:
        return Outcome("impossible")
    if verdict != z3.sat:  # the model of an Optimize that gave up is empty
        return Outcome("gave up")
    model = solver.model()

    def value_of(name: str) -> int:
        found: int = model.eval(z3.Int(name), model_completion=True).as_long()
        return found

    answer = asked.whole([[tuple(map(value_of, axis)) for axis in layer] for layer in names])
    return Outcome("solved", [answer], sum(value_of(f"cost{place}") for place in range(len(asked.layers))))
