"""What is plugged in: search frameworks and layer kinds, found by their entry points."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from itertools import takewhile
from typing import NamedTuple

GROUPS = ("convsolve.layers", "convsolve.frameworks")
OK = "ok"
NOT_INSTALLED = "not installed"


class Framework(NamedTuple):
    """A search framework that an adapter serves: what its entry point in ``convsolve.frameworks`` leads to.

    Attributes:
        name: as people write it.
        package: what has to be installed.
        floor: the oldest version that the adapter was tested with.
        ceiling: the first version that it is not meant for.
        install: what brings it.

    Example:
        >>> Framework("Optuna", "optuna", "4.5", "6", "convsolve[optuna]").part("math", "pi")
        3.141592653589793
    """

    name: str
    package: str
    floor: str
    ceiling: str
    install: str

    def part(self, module: str, name: str) -> object:
        """Something of an adapter that needs the framework.

        Args:
            module: of the adapter, where it stands.
            name: what it is called there.

        Raises:
            ModuleNotFoundError: the framework is not installed; it says what installs it.
        """
        try:
            return getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            if error.name is not None and error.name.partition(".")[0] == module.partition(".")[0]:
                raise
            raise ModuleNotFoundError(
                f"{self.name} is not installed: pip install '{self.install}'", name=error.name
            ) from None

    def state(self) -> str:
        """``ok``, what installs it, or that the adapter was not tested with what is installed."""
        from importlib.metadata import PackageNotFoundError, version  # as below

        try:
            found = version(self.package)
        except PackageNotFoundError:
            return f"{NOT_INSTALLED}: pip install '{self.install}'"
        if _release(self.floor) <= _release(found) < _release(self.ceiling):
            return OK
        return f"{self.package} {found} is installed, tested from {self.floor} up to {self.ceiling}, without it"


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


def _release(text: str) -> tuple[int, ...]:
    """The numbers of a version, up to what is none."""
    return tuple(int(part) for part in takewhile(str.isdecimal, text.split(".")))
