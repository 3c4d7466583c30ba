"""The layer kinds by name: a static table, so that nothing is scanned, and no kind loaded before its use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module

from convsolve.errors import Error, did_you_mean, shown
from convsolve.layers.base import LayerKind
from convsolve.plugins import GROUPS, Plugged, plugged

LAYERS = GROUPS[0]

NAMES = (
    "Conv",
    "ConvTranspose",
    "MaxPool",
    "AvgPool",
    "AdaptiveAvgPool",
    "AdaptiveMaxPool",
    "Upsample",
    "PixelShuffle",
    "PixelUnshuffle",
    "Pad",
    "Crop",
    "Flatten",
    "Unflatten",
    "Linear",
    "Concat",
    "Add",
    "Act",
    "Norm",
)


def record_of(name: str) -> str:
    """How a record calls a kind.

    Example:
        >>> record_of("BlurPool")
        'blur_pool'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


WORDS = {word: name for name in NAMES for word in (record_of(name), name)}  # as records and as stacks call a kind


class BuiltIn(Mapping[str, type[LayerKind]]):
    """The built-in kinds by name, each loaded when it is first looked up: a question has few of them."""

    def __init__(self) -> None:
        self._loaded: dict[str, type[LayerKind]] = {}

    def __getitem__(self, name: str) -> type[LayerKind]:
        if name not in self._loaded:
            if name not in NAMES:
                raise KeyError(name)
            self._loaded[name] = getattr(import_module(f"convsolve.layers.{record_of(name)}"), name)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


KINDS = BuiltIn()

_foreign: dict[str, type[LayerKind]] = {}  # kinds from elsewhere, by the name of their entry point, once looked for


def kind_named(name: str) -> type[LayerKind]:
    """The kind as a stack writes it (``ConvTranspose``) or a record has it (``conv_transpose``).

    Entry points of the group ``convsolve.layers`` are read only for a name that no built-in kind has.

    Raises:
        Error: ``unknown-kind``; ``broken-plugin`` where the kind of this name cannot be used.
    """
    if name in WORDS:
        return KINDS[WORDS[name]]
    if name not in _foreign and _is_name(name):
        for point in plugged(LAYERS):
            if name in (point.name, record_of(point.name)):
                _foreign[name] = _foreign[point.name] = plugged_kind(point)
                break
    if name in _foreign:
        return _foreign[name]
    raise Error("unknown-kind", f"{shown(name)} is no layer kind", help=did_you_mean(name, KINDS))


def known_kinds() -> tuple[type[LayerKind], ...]:
    """The built-in kinds, and those from elsewhere that were used."""
    return tuple(dict.fromkeys((*KINDS.values(), *_foreign.values())))


@contextmanager
def looked_into(kind: type[LayerKind]) -> Iterator[None]:
    """A kind is known by its names, plugged in or not, as long as its author holds it against its own sentences."""
    before = dict(_foreign)
    if kind.name not in KINDS:
        _foreign.update({kind.name: kind, kind.record: kind})
    try:
        yield
    finally:
        _foreign.clear()
        _foreign.update(before)


def plugged_kind(point: Plugged) -> type[LayerKind]:
    """The kind behind an entry point.

    Raises:
        Error: ``broken-plugin`` where it cannot be imported, or is no layer kind of that name.
    """
    try:
        found = point.load()
    except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything
        raise _broken(point, f"{type(error).__name__}: {error}".partition("\n")[0]) from None
    if not isinstance(found, type) or not issubclass(found, LayerKind):
        raise _broken(point, f"{point.value} is no LayerKind")
    if missing := [*getattr(found, "__abstractmethods__", ())]:
        raise _broken(point, f"it does not say {', '.join(sorted(missing))}")
    if (found.name, found.record) != (point.name, record_of(point.name)):
        wanted = f"name {point.name!r} and record {record_of(point.name)!r}"
        raise _broken(point, f"it needs the {wanted}, and has {found.name!r} and {found.record!r}")
    if found.name in KINDS:
        raise _broken(point, f"{found.name} is a built-in kind")
    return found


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isascii() and name.isidentifier()


def _broken(point: Plugged, why: str) -> Error:
    return Error(
        "broken-plugin",
        f"the layer kind {shown(point.name)} of {shown(point.package)} cannot be used: {shown(why, 200)}",
        help=["convsolve plugins shows what is plugged in", "update that package, or remove it"],
    )
