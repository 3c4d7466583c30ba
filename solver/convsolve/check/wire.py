"""Layers in the terms of JSON, exactly as they are: what the parent and its child say to each other.

Unlike a solution's record this is not checked on the way, so that a wrong layer arrives as wrong as it left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from convsolve.layers.base import LayerKind
from convsolve.layers.solved import SolvedLayer
from convsolve.registry import kind_named


def encoded(layers: Iterable[SolvedLayer]) -> list[dict[str, Any]]:
    """The layers as a list of plain dictionaries.

    Example:
        >>> from convsolve.layers.conv import Conv
        >>> layer = SolvedLayer(Conv(1), ((3, 2, 1, 1),), None, 4, (8,), (4,))
        >>> decoded(encoded([layer])) == (layer,)
        True
    """
    return [
        {
            "kind": layer.kind.name,
            "parameters": [*layer.kind.positions()],
            "options": asdict(layer.kind),
            "settings": layer.settings,
            "channels": [layer.in_channels, layer.out_channels],
            "sizes": [layer.in_size, layer.out_size],
        }
        for layer in layers
    ]


def decoded(records: Iterable[Mapping[str, Any]]) -> tuple[SolvedLayer, ...]:
    """The layers that `encoded` wrote."""
    return tuple(
        SolvedLayer(
            _kind(record),
            tuple(map(tuple, record["settings"])),
            *record["channels"],
            *map(tuple, record["sizes"]),
        )
        for record in records
    )


def _kind(record: Mapping[str, Any]) -> LayerKind:
    options: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in record["options"].items()
    }
    made: LayerKind = kind_named(record["kind"]).variant(record["parameters"])(**options)
    return made
