"""Combinations as points of the unit cube, which BoTorch's models and acquisition functions work on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from convsolve import Error, Solution, Space

CHILDREN = 32  # mutations of each combination that a pool is to be near to


def candidate_pool(space: Space, n: int, *, seed: int = 0, near: Iterable[Solution] = ()) -> Tensor:
    """Points to choose among: the ``choices`` of ``optimize_acqf_discrete``.

    Args:
        space: what is searched.
        n: how many are drawn uniformly, no two the same; all where there are fewer.
        seed: of the draws.
        near: combinations of which 32 mutations each are added, the best so far, say.

    Returns:
        A tensor of shape (n + 32 for each of ``near``, decisions), in double precision, no row twice.

    Example:
        >>> candidate_pool(Space(7, 28, layers=2), 100).shape  # doctest: +SKIP
        torch.Size([100, 8])
    """
    refuse_empty(space)
    return points(space, candidates(space, n, seed=seed, near=near))


def candidates(space: Space, n: int, *, seed: int, near: Iterable[Solution]) -> list[Solution]:
    """The combinations of a pool."""
    some = dict.fromkeys(space.sample(n, seed=seed))
    for at, solution in enumerate(near):
        first = (seed + at + 1) * CHILDREN
        some |= dict.fromkeys(space.mutate(solution, seed=first + child) for child in range(CHILDREN))
    return [*some]


def points(space: Space, solutions: Iterable[Solution]) -> Tensor:
    """The points of combinations, a row each."""
    return torch.tensor([space.encode(solution, "unit") for solution in solutions], dtype=torch.double)


def solutions_of(chosen: Tensor, space: Space) -> list[Solution]:
    """The combinations of points, the nearest ones where these are none: a tensor of shape (n, decisions)."""
    return [space.decode(point, "unit") for point in chosen.tolist()]


def post_processing(space: Space) -> Callable[[Tensor], Tensor]:
    """What moves points into the space: the ``post_processing_func`` of ``optimize_acqf``.

    Args:
        space: what is searched.

    Returns:
        A function of a tensor of shape (..., decisions) with the points of the nearest combinations; of the same
        shape, type and device. It has no gradient.

    Example:
        >>> nearest = post_processing(Space(7, 28, layers=2))  # doctest: +SKIP
        >>> nearest(torch.rand(5, 8)).shape
        torch.Size([5, 8])
    """
    refuse_empty(space)

    def moved(proposed: Tensor) -> Tensor:
        flat = proposed.detach().reshape(-1, proposed.shape[-1])
        return points(space, solutions_of(flat, space)).reshape(proposed.shape).to(proposed)

    return moved


def refuse_empty(space: Space) -> None:
    """Raise where there is nothing to search."""
    if not space:
        raise Error("no-combination", "the space is empty: there is nothing to search")
