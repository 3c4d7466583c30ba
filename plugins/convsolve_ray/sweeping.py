"""Every combination of a space evaluated on a cluster: nothing lost and nothing twice, whoever dies meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import ray

from convsolve import Solution, Space
from convsolve_ray.sharding import Shard, shards

AHEAD = 2  # shards for each processor that are under way, so that none waits and few results are held


def sweep(
    space: Space,
    evaluate: Callable[[Solution], Any],
    n: int,
    *,
    done: Collection[int] = (),
    retries: int = -1,
    **options: Any,  # noqa: ANN401 - as Ray has it
) -> Iterator[tuple[Shard, list[Any]]]:
    """Evaluate every combination, in n tasks; give each shard once, when all of it is there.

    A task whose worker or node dies is done again from its beginning, elsewhere. What it had evaluated until then
    comes to nobody, so a shard's values are there once or not at all. A sweep that was ended itself goes on where it
    was with the shards that were kept in ``done``.

    Args:
        space: what is swept.
        evaluate: what is to be known of a combination; what it raises ends the sweep.
        n: how many shards; some dozens for each worker.
        done: numbers of shards that are not wanted again, under the same space and n.
        retries: how often a shard is tried again when its worker dies; -1 for always.
        options: of Ray's tasks: ``num_cpus``, ``num_gpus``, ``resources``, ...

    Yields:
        A shard and the values of its combinations, in their order; the shards as they are finished.

    Raises:
        Error: ``bad-value``.
        ray.exceptions.RayTaskError: what ``evaluate`` raised.

    Example:
        >>> space = Space(7, 28, layers=2)  # doctest: +SKIP
        >>> best = min(min(values) for _, values in sweep(space, lambda solution: solution.layers[0].stride[0], 8))
    """
    parts = shards(space, n)  # what is wrong with n is said at once
    return _swept(space, evaluate, [part for part in parts if part.number not in done], retries, options)


def _swept(
    space: Space, evaluate: Callable[[Solution], Any], parts: list[Shard], retries: int, options: dict[str, Any]
) -> Iterator[tuple[Shard, list[Any]]]:
    if not ray.is_initialized():
        ray.init()
    task = ray.remote(max_retries=retries, **options)(_evaluated)
    what = ray.put((space.fingerprint, space, evaluate))
    resources: Callable[[], dict[str, float]] = ray.cluster_resources
    most = max(1, int(AHEAD * resources().get("CPU", 1)))
    waiting = parts[::-1]
    running: dict[Any, Shard] = {}
    try:
        while waiting or running:
            while waiting and len(running) < most:
                part = waiting.pop()
                running[task.remote(what, part.start, part.stop)] = part
            (finished, *_), _ = ray.wait([*running], num_returns=1)
            values = ray.get(finished)
            yield running.pop(finished), values
    finally:
        for one in running:
            ray.cancel(one, force=True)


_SPACES: dict[str, Space] = {}


def _evaluated(what: tuple[str, Space, Callable[[Solution], Any]], start: int, stop: int) -> list[Any]:
    fingerprint, space, evaluate = what
    # A worker keeps what it has worked out of a space from one shard to the next.
    space = _SPACES.setdefault(fingerprint, space)
    return [evaluate(solution) for solution in space.stream(start, stop)]
