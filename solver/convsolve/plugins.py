"""What is plugged in: search frameworks and layer kinds, found by their entry points."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple


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
