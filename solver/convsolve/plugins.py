"""What is plugged in: search frameworks and layer kinds, found by their entry points."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

GROUPS = ("convsolve.layers", "convsolve.frameworks")


class Framework(NamedTuple):
    """A search framework that an adapter serves.

    Attributes:
        name: as people write it.
        package: what has to be installed.
        floor: the oldest version that the adapter was tested with.
        ceiling: the first version that it is not meant for.
    """

    name: str
    package: str
    floor: str
    ceiling: str

    def part(self, module: str, name: str) -> object:
        """Something of an adapter that needs the framework.

        Raises:
            ModuleNotFoundError: the framework is not installed; it says how to install it.
        """
        try:
            return getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            if error.name is not None and error.name.partition(".")[0] == module.partition(".")[0]:
                raise
            extra = module.partition(".")[0].removeprefix("convsolve_")
            raise ModuleNotFoundError(
                f"{self.name} is not installed: pip install 'convsolve[{extra}]'", name=error.name
            ) from None


class Plugged(NamedTuple):
    """Something that is plugged in, by its entry point.

    Attributes:
        group: ``convsolve.layers`` or ``convsolve.frameworks``.
        name: as it is called.
        value: the module and what it has there.
        package: the distribution that brings it, with its version.
    """

    group: str
    name: str
    value: str
    package: str

    def load(self) -> object:
        """What is plugged in; raises whatever its module raises."""
        module, _, name = self.value.partition(":")
        found: object = import_module(module)
        for part in filter(None, name.split(".")):
            found = getattr(found, part)
        return found


def plugged(group: str) -> Iterator[Plugged]:
    """What the installed distributions plug in; nothing of it is imported."""
    from importlib.metadata import entry_points  # takes as long as a small question: only who asks for it pays

    for point in sorted(entry_points(group=group), key=lambda point: (point.name, point.value)):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else "?"
        yield Plugged(group, point.name, point.value, package)
