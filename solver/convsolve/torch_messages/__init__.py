"""torch's own messages about sizes, known by numbers and stable words, and told with the equation behind them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from convsolve.errors import Error
from convsolve.torch_messages import axes, channels, features, joins, resizing, windows
from convsolve.torch_messages.message import Known, Message, Unlikely

LONGEST = 1_000_000  # characters that are looked at, the last ones

KNOWN: Sequence[Known] = (
    *joins.KNOWN,
    *windows.KNOWN,
    *resizing.KNOWN,
    *channels.KNOWN,
    *features.KNOWN,
    *axes.KNOWN,
)


def read(text: str) -> Message:
    """The last message of torch's that a text has.

    Args:
        text: whatever was printed: a traceback, a log, or the message alone.

    Raises:
        Error: ``not-recognised``.

    Example:
        >>> read("RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x400 and 256x10)").help[0]
        'write nn.Linear(400, 10)'
    """
    text = re.sub(r"\s+", " ", text[-LONGEST:])
    found: tuple[re.Match[str], Known] | None = None
    for known in KNOWN:
        for match in re.finditer(known.pattern, text):
            if found is None or match.start() > found[0].start():
                found = match, known
    if found is None:
        raise _unknown()
    match, known = found
    try:
        return Message(known.name, match[0].strip(), *known.tell(*match.groups()))
    except Unlikely:
        raise _unknown() from None


def _unknown() -> Error:
    return Error(
        "not-recognised",
        "no message of torch's about sizes was recognised",
        help=[
            "paste the whole message, as in: Sizes of tensors must match except in dimension 1. ...",
            f"known: {', '.join(sorted({known.name for known in KNOWN}))}",
        ],
    )
