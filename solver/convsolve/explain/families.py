"""Why no stack serves a family: the few members that already rule it out, and what the others would need.

What is in the way of those members is explained as of any question. What mends it is tried on the family.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise

from convsolve.answer import Solution
from convsolve.answering import answer
from convsolve.asked import Asked
from convsolve.domains import Domain, Domains, domain_text
from convsolve.errors import Error
from convsolve.explanation import Change, Explanation, Near
from convsolve.filling import Layer
from convsolve.problem import PARAMETERS, Problem
from convsolve.ranking import Active, of_families
from convsolve.serving import impossible_members, parts, possible
from convsolve.shapes import Extent
from convsolve.slopes import NOTHING
from convsolve.stack import Written, write

WIDER = (1, 2, 3, 4, 8, 16)  # by how much a limit is widened
DEEPER = (1, 2)  # layers more
SHIFTS = (1, 2, 3)  # how far off a target is tried, on both sides
MOST_LAYERS = 16  # of a question whose mends are tried
MOST_TRIED = 40  # questions
SHOWN = 3  # changes, where not all are asked for


def of_family(problem: Problem, alone: Callable[[Problem], Explanation]) -> Explanation:
    """Explain an impossible question about a family.

    Args:
        problem: the question.
        alone: explains one about numbers.

    Raises:
        ValueError: no few of its members rule it out.
    """
    few = impossible_members(problem)
    if few is None:
        raise ValueError(f"{problem.input} -> {problem.target} is not known to be impossible")
    found = alone(few)
    members = f"because {problem.input} -> {problem.target} asks {_told(few)} of one stack, which is impossible:"
    stuck = f"because no choice of strides within the limits leads {problem.input} to {problem.target} without rounding"
    slopes = [stuck] if problem.relations == (NOTHING,) else []
    tried = Tried()
    residues = sorted(_residues(problem), key=lambda one: _unusual(one.solution))
    changes = (*residues, *islice(_changes(problem, tried), 3))
    return replace(
        found,
        because=(members, *slopes, *found.because, *_others(residues)),
        changes=tuple(changes),
        nearest=tuple(_nearest(problem, tried)),
        cut=found.cut or tried.left <= 0,
    )


def _told(few: Problem) -> str:
    return " and ".join(f"{one} -> {other}" for one, other in zip(few.input.each, few.target.each, strict=True))


class Tried:
    """Questions that are tried, a few of them."""

    def __init__(self) -> None:
        self.left = MOST_TRIED

    def possible(self, asked: Asked) -> Problem | None:
        """The question, where it has an answer and there was still one to try."""
        self.left -= 1
        if self.left < 0:
            return None
        try:
            found = asked.problem()
            return found if possible(found) else None
        except Error:  # it cannot be asked
            return None


def _change(relax: dict[str, object], asked: Asked, found: Problem) -> Iterator[Change]:
    for solution in answer(found, count=1):
        yield Change(relax, asked.command(), solution)


def _residues(problem: Problem) -> Iterator[Change]:
    """The residues of which some stack serves all members."""
    for text, found in parts(problem):
        yield from _change({"members": text}, Asked.of(found), found)


def _others(residues: Sequence[Change]) -> Iterator[str]:
    """How many residues have stacks of their own, where those are more than are shown."""
    if len(residues) > SHOWN:
        yield f"yet there are {len(residues)} residues of which a stack serves all, the most conventional first"


def _unusual(solution: Solution) -> int:
    """How unusual the layers of a family's stack are, as the order of answers has it."""
    style, score, before = of_families(), 0, dict[tuple[str, int], Active]()
    for layer in solution.layers:
        record = layer.kind.record
        for axis, (setting, *sizes) in enumerate(zip(layer.settings, layer.in_size, layer.out_size, strict=False)):
            window = layer.kind.window(setting)
            if window is None:
                score += layer.kind.charge(setting)
                continue
            now = style.active(record, window, *sizes)
            score += style.layer_cost(record, window, *sizes)
            score += style.change_cost(record, before.get((record, axis), now), now)
            before[record, axis] = now
    return score


def _changes(problem: Problem, tried: Tried) -> Iterator[Change]:
    """Axes that are free of each other, a limit widened, or more layers."""
    asked, whole = Asked.of(problem), problem.undivided or problem
    if len(whole.layers) > MOST_LAYERS:
        return
    untied = replace(asked, tie="none")
    if problem.axes > problem.inputs and problem.tie != "none" and (found := tried.possible(untied)) is not None:
        yield from _change({"tie": "none"}, untied, found)
    for name in PARAMETERS:
        for more in WIDER:
            wider = _wider(asked.layers, whole.layers, name, more)
            changed = replace(asked, layers=tuple(layer for layer, _ in wider))
            texts = dict.fromkeys(text for _, text in wider if text)
            found = tried.possible(changed) if texts else None
            if found is not None:
                yield from _change({name: " and ".join(texts)}, changed, found)
                break
    alike = all(one == other for one, other in pairwise(asked.layers))
    for more in DEEPER if alike and not asked.repeats else ():
        deeper = asked.with_depth((*asked.layers, *asked.layers[:1] * more), whole)
        found = tried.possible(deeper)
        if found is not None:
            yield from _change({"layers": len(deeper.layers)}, deeper, found)
            break


def _wider(written: tuple[Written, ...], layers: tuple[Layer, ...], name: str, more: int) -> list[tuple[Written, str]]:
    """The layers with a parameter's largest value raised, and what it then is; what lacks it as it is."""
    found = []
    for one, layer in zip(written, layers, strict=False):
        place = one.kind.positions().get(name)
        given = dict(one.parameters)
        if place is None or layer.kind.follows(name) or layer.kind.word(name) or name in layer.per_axis:
            found.append((one, ""))
            continue
        known = layer.domains[0][place]
        domain: Domain = tuple(sorted({*known, *range(known[-1], known[-1] + more + 1)}))
        changed = write(one.kind, (), given | {name: Domains((domain,), per_axis=False)})
        found.append((changed, domain_text(domain)))
    return found


def _nearest(problem: Problem, tried: Tried) -> Iterator[Near]:
    """The targets next to the one asked for that some stack reaches, below and above."""
    asked = Asked.of(problem)
    for sign in (-1, 1):
        for shift in SHIFTS:
            near = replace(asked, target=_shifted(problem.target, sign * shift))
            found = tried.possible(near)
            if found is not None:
                for solution in answer(found, count=1):
                    yield Near(solution.sizes[-1], near.command(), solution)
                break


def _shifted(extent: Extent, shift: int) -> Extent:
    """The target with something added on each axis that has a letter."""
    forms = tuple(form and replace(form, shift=form.shift + shift) for form in extent.forms)
    return replace(extent, forms=forms)
