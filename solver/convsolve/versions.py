"""The versions that an answer depends on."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def versions() -> dict[str, str | None]:
    """Of convsolve, z3-solver and torch, read from their metadata: nothing is imported."""
    return {name: _version(name) for name in ("convsolve", "z3-solver", "torch")}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
