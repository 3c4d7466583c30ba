"""Python's look for cycles, while millions of objects are made that have none and live on."""

from __future__ import annotations

import gc
from contextlib import ContextDecorator
from threading import Lock

NEVER = 10**9


class Seldom(ContextDecorator):
    """What has lived for a while is not looked through for cycles: that takes most of the time, and finds none.

    Example:
        >>> import gc
        >>> with seldom:
        ...     gc.get_threshold()[2] == NEVER
        True
        >>> gc.get_threshold()[2] == NEVER
        False
    """

    def __init__(self) -> None:
        self._lock = Lock()  # trials may run in threads
        self._within = 0
        self._usual = gc.get_threshold()

    def __enter__(self) -> None:
        with self._lock:
            if not self._within:
                self._usual = gc.get_threshold()
                gc.set_threshold(*self._usual[:2], NEVER)
            self._within += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._within -= 1
            if not self._within:
                gc.set_threshold(*self._usual)


seldom = Seldom()
