"""From a question to an answer: the graph proposes, Z3 decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Unpack

from convsolve.answer import Answer, Solution, Status
from convsolve.check.integers import faults
from convsolve.errors import Error, did_you_mean
from convsolve.expansion import Expansion
from convsolve.graph import Graph, graphs, total
from convsolve.layers.base import Setting
from convsolve.layers.solved import SolvedLayer
from convsolve.problem import Problem, Question, ask
from convsolve.ranking import standard
from convsolve.search import BestFirst, Combination, conventional, in_graph_order

MOST_SORTED = 100_000  # combinations that `all` keeps in conventional order
MOST_LISTED = 500_000  # combinations that are held at once; as records they take about 5 kB each
CONFIRMED = 100  # answers that are put to Z3 one by one
A_FEW = 5


def solve(
    input: object,  # noqa: A002 - the user's word
    target: object = None,
    *,
    count: int | None = None,
    all: bool = False,  # noqa: A002 - the user's word
    **question: Unpack[Question],
) -> Answer:
    """The layers that turn one size into another, most conventional first.

    Args:
        input: the shape that goes in, ``"128@4x4"``, or the whole question, ``"4x4 -> 61x79"``.
        target: the shape that must come out.
        count: how many combinations to list (all for one layer, 5 for a stack).
        all: list every combination.
        question: ``stack``, or ``layer`` and ``layers``; ``kernel_size``, ``stride``, ``padding``,
            ``dilation``, ``output_padding`` (domains); ``tie``; ``channels``: see `problem.ask`.

    Returns:
        An Answer; that nothing can be found is an answer too.

    Raises:
        Error: the question cannot be understood.

    Example:
        >>> import convsolve as cs
        >>> answer = cs.solve("1@7x7", "1@14x14", layer="conv_transpose")
        >>> layer = answer[0].layers[0]
        >>> layer.kernel_size, layer.stride, layer.padding
        ((4, 4), (2, 2), (1, 1))
    """
    problem = read(input, target, question)
    if count is not None and (type(count) is not int or count < 0):
        raise Error("bad-value", f"count must be a number from 0 on, not {count!r}")
    return answer(problem, count=count, every=all)


def count(
    input: object,  # noqa: A002 - the user's word
    target: object = None,
    **question: Unpack[Question],
) -> int:
    """The exact number of combinations, without listing them; arguments as for `solve`.

    Raises:
        Error: as `solve`; ``gave-up`` where none is found and Z3 cannot prove that there is none.

    Example:
        >>> import convsolve as cs
        >>> cs.count(7, 28, layers=4)
        3678185
    """
    found = answer(read(input, target, question), count=0)
    if found.total is None:
        raise Error(
            "gave-up",
            "no combination was found, and Z3 could not prove within its budget that there is none",
            help=["ask for fewer layers, or narrow a limit, as in --kernel-size 3..5"],
        )
    return found.total


def read(input: object, target: object, question: Question) -> Problem:  # noqa: A002 - the user's word
    """The question from the arguments of a call."""
    for word in question:
        if word not in Question.__annotations__:
            raise Error(
                "unknown-parameter",
                f"{word!r} is no argument of a question",
                help=did_you_mean(word, Question.__annotations__),
            )
    if target is None:
        if not isinstance(input, str) or "->" not in input:
            raise Error("usage", "the target is missing", help=['write solve("4x4", "61x79")'])
        input, _, target = input.partition("->")  # noqa: A001 - the user's word
    return ask(input, target, **question)


def answer(problem: Problem, *, count: int | None = None, every: bool = False) -> Answer:
    """The answer to a question as it was read."""
    found = graphs(problem)
    number = total(found)
    stats = {"states": sum(len(states) for graph in found for states in graph.totals)}
    if number == 0:
        return replace(_impossible(problem, found, stats), asked=count, asked_all=every)
    usual = number if every or len(problem.layers) == 1 else A_FEW
    wanted = min(usual if count is None else count, number)
    if wanted > MOST_LISTED:
        raise Error(
            "too-many",
            f"more than {MOST_LISTED:,} combinations are too many to hold at once",
            help=["--jsonl --all prints them as they are found", "--count 100 lists the first hundred"],
        )
    style_order = wanted <= MOST_SORTED
    searches = [BestFirst(graph, standard(), Expansion(graph)) for graph in found]
    ordered = (
        conventional(problem, searches, wanted)
        if style_order
        else in_graph_order(problem, [search.expansion for search in searches])
    )
    assemble = Assembly(problem)
    solutions = [assemble(combination) for combination in islice(ordered, wanted)]
    first = confirmed(problem, solutions[:CONFIRMED])
    stats |= {"expanded": sum(search.expanded for search in searches), "z3_checks": len(first)}
    return Answer(
        Status.SOLVED,
        problem,
        (*first, *solutions[CONFIRMED:]),
        complete=wanted == number,
        total=number,
        order="conventional" if style_order else "graph",
        stats=stats,
        asked=count,
        asked_all=every,
    )


def stream(problem: Problem) -> Iterator[Solution]:
    """Every combination in the graph's order, one at a time."""
    assemble = Assembly(problem)
    expansions = [Expansion(graph) for graph in graphs(problem)]
    return map(assemble, in_graph_order(problem, expansions))


class Assembly:
    """Makes solutions of combinations; each distinct layer is made, and checked, once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._layers: dict[tuple[int, tuple[Setting, ...], tuple[int, ...]], SolvedLayer] = {}

    def __call__(self, combination: Combination) -> Solution:
        size = self.problem.input.size
        layers = []
        for place, settings in enumerate(combination):
            layer = self._layers.get((place, settings, size))
            if layer is None:
                layer = self._layers[place, settings, size] = self._solved(place, settings, size)
            layers.append(layer)
            size = layer.out_size
        if size != self.problem.target.size:
            raise AssertionError(f"{combination} gives {size}")
        return Solution(tuple(layers), ("arithmetic",))

    def _solved(self, place: int, settings: tuple[Setting, ...], size: tuple[int, ...]) -> SolvedLayer:
        kind, channels = self.problem.layers[place].kind, self.problem.channels
        outs = tuple(kind.size_map(setting).out(number) or 0 for setting, number in zip(settings, size, strict=True))
        layer = SolvedLayer(kind, settings, channels[place], channels[place + 1], size, outs)
        if found := faults([layer]):
            raise AssertionError(found[0])
        return layer


def confirmed(problem: Problem, solutions: Sequence[Solution]) -> list[Solution]:
    """The solutions, each put to Z3; `checked` says so of those that it could decide."""
    if not solutions:
        return []
    from convsolve.judge import Verdict, confirm

    found = []
    for solution, verdict in zip(solutions, confirm(problem, solutions), strict=True):
        if verdict == Verdict.UNSAT:
            raise AssertionError(f"Z3 refuses {solution}")
        found.append(solution.with_checked("z3") if verdict == Verdict.SAT else solution)
    return found


def _impossible(problem: Problem, found: list[Graph], stats: dict[str, int]) -> Answer:
    from convsolve.judge import Verdict, prove_impossible

    verdict, checks = prove_impossible(problem, next(graph for graph in found if graph.total == 0))
    if verdict == Verdict.SAT:
        raise AssertionError("Z3 finds an answer where the graph has none")
    proved = verdict == Verdict.UNSAT
    return Answer(
        Status.IMPOSSIBLE if proved else Status.GAVE_UP,
        problem,
        (),
        complete=proved,
        total=0 if proved else None,
        order="conventional",
        stats=stats | {"expanded": 0, "z3_checks": checks},
    )
