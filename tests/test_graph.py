"""The graph's states and numbers against a plain dynamic programme, and against itself in another order."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod
from random import Random

import pytest

from convsolve import tables
from convsolve.components import Joint, bundles
from convsolve.graph import Graph, Walk, graphs, meet, total
from convsolve.layers.fans import Fan, ahead, behind, counted, fan_of, part_of
from convsolve.passages import passage
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.tables import Table
from tests.oracle import ways

State = tuple[int, ...]


@pytest.fixture(params=[3, 64, 1024])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Rows of several lengths: where one ends and the next begins must not matter."""
    monkeypatch.setattr(tables, "BLOCK", request.param)
    return int(request.param)


@pytest.mark.usefixtures("block")
def test_drawn_questions_have_the_states_and_ways_of_a_plain_programme() -> None:
    draw = Random(31)
    seen: Counter[str] = Counter()
    for _ in range(150):
        one = ways.drawn(draw)
        problem = ask(one.source, one.target, stack=one.stack, tie=one.tie)
        wanted = ways.by_position(one.source, one.target, one.layers, one.tie)
        found = graphs(problem)
        assert total(found) == wanted[0].get(one.source, 0), one
        for position, states in enumerate(wanted):
            assert whole(problem, found, position) == states, (one, position)
        seen["possible"] += bool(wanted[0])
        seen["one component of several axes"] += any(len(graph.source) > 1 for graph in found)
        seen["several components"] += len(found) > 1
        seen["single"] += len(one.source) == 1
    assert min(seen.values()) > 15, seen


def whole(problem: Problem, found: list[Graph], position: int) -> dict[State, int]:
    """The live states of all axes, put together from those of the components."""
    states: dict[State, int] = {}
    for some in product(*(graph.totals[position].items() for graph in found)):
        size = [0] * problem.axes
        for graph, (state, _) in zip(found, some, strict=True):
            for twins, number in zip(graph.component.twins, state, strict=True):
                for axis in twins:
                    size[axis] = number
        states[tuple(size)] = prod(number for _, number in some)
    for graph in found:
        assert set(graph.live[position]) == set(graph.totals[position])
        assert len(graph.live[position]) == len(graph.totals[position])
        assert all(state in graph.live[position] for state in graph.totals[position])
    return states


def by_maps(problem: Problem) -> list[Counter[int]]:
    """Per position of a question on one axis, the ways from the source: size by size and map by map."""
    found = [Counter(problem.input.size)]
    for layer in problem.layers:
        behind: Counter[int] = Counter()
        for size_map, settings in layer.kind.maps(layer.domains[0]).items():
            for size, number in found[-1].items():
                if (out := size_map.out(size)) is not None:
                    behind[out] += number * settings
        found.append(behind)
    return found


@pytest.mark.usefixtures("block")
def test_numbers_of_any_length_are_exact() -> None:
    """Deep stacks: a number that no longer fitted beside its neighbours would spoil them."""
    draw = Random(17)
    long = 0
    for _ in range(12):
        kinds = draw.choices(
            ["Conv()", "Conv(s='3,4')", "ConvTranspose(s='1,2')", "MaxPool(s='1,2')"], (6, 1, 2, 1), k=9
        )
        source, stack = draw.randint(20, 60), " >> ".join(kinds)
        ends = by_maps(ask(source, 1, stack=stack))[-1]
        for target, number in draw.sample(sorted(ends.items()), min(3, len(ends))):
            assert total(graphs(ask(source, target, stack=stack))) == number, (source, target, stack)
            long += number > 2**32
    assert long > 10


def test_a_long_axis_and_wide_domains() -> None:
    for source, target, question in [
        (10, 280, {"layers": 2, "kernel_size": "1..16", "stride": "1..8"}),
        (7, 28, {"layers": 2, "kernel_size": "1..24", "stride": "1..12", "layer": "conv_transpose"}),
        (7, 28, {"layers": 2, "kernel_size": "1..20", "stride": "1..6", "dilation": "1..9", "padding": "0..30"}),
        (290, 28, {"layers": 2, "kernel_size": "1..20", "stride": "1..6", "dilation": "1,2,5"}),
    ]:
        problem = ask(source, target, **question)  # type: ignore[arg-type]
        assert total(graphs(problem)) == by_maps(problem)[-1][target] > 1000


SINGLE_LAYERS = [
    "Conv()",
    "Conv(k='2,3,5', s='1,3', p='0..2', d='1,3', padding_mode='reflect')",
    "Conv(k='1..4', s='1,2', p='0..4', padding_mode='circular')",
    "Conv(k='1..5', s=1, padding='same', padding_mode='reflect')",
    "Conv(k='1,2,5', s='1,4', d='1..9', padding='valid')",
    "Conv(k='1..20', s='1,3', d='1,4,5', p='0..2')",
    "ConvTranspose()",
    "ConvTranspose(k='1,3,4', s='1,3', p='0,2,3', d='1..4')",
    "ConvTranspose(k='1..20', s='2,5', d='1,4', op='0,1,4', p='0..2')",
    "MaxPool(k='1..6', s='1..3', p='0..3', d='1,2', ceil_mode=True)",
    "AvgPool(k='1..6', p='0..3')",
    "Act('relu')",
]


@pytest.mark.parametrize(
    ("axes", "stack"), [(axes, stack) for axes in (1, 2, 3) for stack in SINGLE_LAYERS if axes < 3 or "20" not in stack]
)
def test_one_layer_carries_every_state_where_its_settings_do(
    axes: int, stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = Random(len(stack) + axes)
    for tie in [["default"], ["default", "all", "padding"], ["default", "kernel_size"]][axes - 1]:
        monkeypatch.setattr(tables, "BLOCK", draw.choice([3, 7, 1024]))
        # sizes that differ: the axes are no twins, and padding is each axis' own by default
        problem = ask((4, 5, 6)[:axes], (7, 5, 8)[:axes], stack=stack, tie=tie)
        for graph in graphs(problem):
            (step,) = graph.steps
            largest = {1: 90, 2: 9, 3: 5}[len(graph.source)]
            moves = Counter[tuple[State, State]]()
            sizes = list(product(range(1, largest + 1), repeat=len(graph.source)))
            states = draw.sample(sizes, {1: 40, 2: 12, 3: 3}[len(graph.source)])
            for choice in step.choices:
                each = [[step.layer.kind.size_map(s) for s in step.layer.kind.settings(axis)] for axis in choice]
                for state in states:
                    outs = [Counter(m.out(n) for m in some) for n, some in zip(state, each, strict=True)]
                    for pairs in product(*(out.items() for out in outs)):
                        out = tuple(size for size, _ in pairs if size is not None)
                        if len(out) == len(state):
                            moves[state, out] += prod(number for _, number in pairs)
            for long, counting in product(range(len(graph.source)), (True, False)):
                _compare(graph, moves, states, long, draw, counting=counting)


def _compare(
    graph: Graph, moves: Counter[tuple[State, State]], states: list[State], long: int, draw: Random, *, counting: bool
) -> None:
    """Forwards and backwards, with numbers that are as large as they may be where they are."""
    walk = Walk(graph.course(), counting=counting)
    walk.long = long
    ends = sorted({out for _, out in moves})
    for forward, sources in ((True, states), (False, draw.sample(ends, min(len(ends), len(states))))):
        most = 255 if counting else 1
        table = Table(long, counting=counting, most=most)
        for state in sources:
            table.put((*state[:long], *state[long + 1 :]), state[long], most)
        wanted: Counter[State] = Counter()
        for (state, out), number in moves.items():
            here, there = (state, out) if forward else (out, state)
            if here in table:
                wanted[there] += most * number
        found = dict((walk.forward if forward else walk.backward)(table, 0).items())
        if not forward:
            found = {state: number for state, number in found.items() if state in states}
        assert found == (wanted if counting else dict.fromkeys(wanted, 1)), (forward, long)


def test_a_layer_that_refuses_single_elements_is_not_entered_by_one() -> None:
    stack = "Conv(c=4, k='3,5', s='1,2', p='0,1') >> Norm('instance') >> ConvTranspose(k='3', s=1, p='0,1', op=0)"
    (graph,) = graphs(ask("4@5x5", "4@3x3", stack=stack))
    (free,) = graphs(ask("4@5x5", "4@3x3", stack=stack.replace("Norm('instance')", "Act('relu')")))
    assert set(free.live[1]) - set(graph.live[1]) == {(1,)}
    assert graph.total == free.total - by_maps(ask(5, 1, stack="Conv(k='3,5', s='1,2', p='0,1')"))[-1][1]


def test_a_layer_may_lead_upwards_on_one_axis_and_downwards_on_another() -> None:
    up, down = fan_of(2, part_of([0, 1]), constant=0, up=True), fan_of(2, part_of([0, 2]), constant=-3, up=False)
    some = bundles([Joint(((up,), (down,)), 1, range(2))])
    wanted: Counter[State] = Counter()
    for shift, first, second in product((1, 2), (0, 1), (0, 2)):
        wanted[2 * 5 + first + shift, (9 + second - 3 + shift) // 2 + 1] += 1
    allowed = [range(1, 40), range(1, 40)]
    for long in (0, 1):
        for forward, state in ((True, (5, 9)), (False, (12, 5))):
            table = Table.single(state, long, counting=True)
            found = table.empty()
            for one in some:
                passage(one, long, forward=forward).carry(table, found, allowed)
            if forward:
                assert dict(found.items()) == wanted
            else:
                assert dict(found.items())[5, 9] == wanted[12, 5]


def test_chains_end_at_one_position_unless_they_grow_too_long() -> None:
    (graph,) = graphs(ask(4, 64, layers=4))
    front, back = meet(graph.course())
    assert len(front) + len(back) == 6
    assert front[-1].within(back[0])
    front, back = meet(graph.course(), most=20)
    assert len(front) + len(back) < 6
    assert len(front[-2]) <= 20 or len(back[1]) <= 20


@pytest.mark.parametrize("up", [True, False])
def test_what_may_lie_ahead_and_behind(up: bool) -> None:  # noqa: FBT001 - a parameter of the test
    draw = Random(3)
    for _ in range(300):
        parts = [counted(draw.choices(range(-9, 10), k=draw.randint(1, 6))) for _ in range(draw.randint(1, 3))]
        fan = fan_of(draw.randint(1, 4), *parts, constant=draw.randint(-9, 9), up=up, least=draw.choice([1, 1, 3]))
        assert fan.offsets() == _offsets(fan)
        assert fan.settings == sum(fan.offsets().values())
        first = draw.randint(1, 20)
        sizes = range(first, first + draw.randint(0, 9))
        in_front, back = ahead([fan], sizes), behind([fan], sizes)
        for offset, size in product(fan.offsets(), range(max(1, fan.least), 60)):
            out = fan.stride * size + offset if up else (size + offset) // fan.stride + 1
            if out >= 1:
                assert size not in sizes or out in in_front
                assert out not in sizes or size in back


def _offsets(fan: Fan) -> Counter[int]:
    each = [part if not isinstance(part, range) else [(amount, 1) for amount in part] for part in fan.parts]
    found: Counter[int] = Counter()
    for amounts in product(*each):
        found[fan.offset + sum(amount for amount, _ in amounts)] += prod(count for _, count in amounts)
    return found
