"""Emitted code with one part changed: what the closed list of nodes must refuse."""

from __future__ import annotations

import pytest

from convsolve.emit.allowed import refuse_others
from convsolve.errors import Error


def is_refused(good: str, old: str, new: str) -> None:
    """Good code passes, and does no longer with one of its texts in another's place."""
    refuse_others(good)
    assert old in good
    with pytest.raises(Error) as caught:
        refuse_others(good.replace(old, new))
    assert caught.value.code in ("unsafe-code", "bad-name")
