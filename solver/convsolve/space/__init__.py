"""Every combination of a question as one thing to count, index, draw from and move in, without listing them."""

from convsolve.space.core import Space

__all__ = ["Space"]
