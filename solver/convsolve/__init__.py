"""convsolve: which convolutions turn this size into that one?

>>> import convsolve as cs
>>> answer = cs.solve("1@7x7", "1@28x28")
>>> answer[0].layers[0].kernel_size
(4, 4)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convsolve.answer import Answer, Solution, Status
    from convsolve.errors import Error
    from convsolve.solving import count, solve
    from convsolve.space import Space
    from convsolve.stack import Act, AvgPool, Conv, ConvTranspose, MaxPool, Norm, Stack
    from convsolve.tracing import Trace, trace

__all__ = [
    "Act",
    "AdaptiveAvgPool",
    "AdaptiveMaxPool",
    "Add",
    "Answer",
    "AvgPool",
    "Concat",
    "Conv",
    "ConvTranspose",
    "Crop",
    "Error",
    "Flatten",
    "Linear",
    "MaxPool",
    "Norm",
    "Pad",
    "PixelShuffle",
    "PixelUnshuffle",
    "Solution",
    "Space",
    "Stack",
    "Status",
    "Trace",
    "Unflatten",
    "Upsample",
    "count",
    "solve",
    "trace",
]

_HOME = {
    "Answer": "answer",
    "Error": "errors",
    "Solution": "answer",
    "Space": "space",
    "Status": "answer",
    "Trace": "tracing",
    "count": "solving",
    "solve": "solving",
    "trace": "tracing",
}


def __getattr__(name: str) -> object:
    # Resolved on first use: a command does not pay for what it does not need.
    if name not in __all__:
        raise AttributeError(f"module 'convsolve' has no attribute {name!r}")
    value = getattr(import_module(f"convsolve.{_HOME.get(name, 'stack')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
