"""The question, frozen: sizes, layers with their domains, ties, channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from convsolve.conditions import Condition, conditions_record
from convsolve.dividing import in_front
from convsolve.families import Family
from convsolve.filling import Layer, written_out
from convsolve.hanging import Hanging, hanging
from convsolve.objectives import Objective
from convsolve.shapes import Extent
from convsolve.stack import Stack
from convsolve.widths import Widths

PARAMETERS = ("kernel_size", "stride", "padding", "dilation", "output_padding")


GROUNDED = "grounded"  # what `grounding` keeps with a question, as cached properties are, and does not go to others


@dataclass(frozen=True)
class Problem:
    """A question in full. Everything after it works on this alone.

    Attributes:
        input: the shapes that may go in; one, where its size is not to be found.
        target: the shapes that may come out.
        layers: what may be chosen, layer by layer.
        channels: in front of each layer and behind the last; None where nobody said.
        ties: per layer and axis parameter, for each axis the axis whose value it shares.
        tie: what was asked for as ties: ``default``, ``none``, ``all`` or names.
        objectives: what shall be least or most, the most important first.
        where: what else must hold.
        relations: what layers themselves demand of each other: as many elements in front of a Flatten as
            features are said behind it.
        open_stack: the layers with every domain written out, where their number is to be found; all else is
            then about the fewest.
        deeper: the same question with more layers, or other channels, where these are to be found.
        widths: channels that are to be found, as they were given.
        open_channels: which of the channels these are.
        charge: how unusual the channels are, in the unit of the order of answers.
        family: what the letters of the sizes stand for; the sizes are then those of the first members, and the
            question stands for one with each choice of strides that keeps the others straight.
        undivided: of a family, the same question with the strides not chosen yet.
    """

    input: Extent
    target: Extent
    layers: tuple[Layer, ...]
    channels: tuple[int | None, ...]
    ties: tuple[tuple[tuple[int, ...], ...], ...]
    tie: str
    objectives: tuple[Objective, ...] = ()
    where: tuple[Condition, ...] = ()
    relations: tuple[Condition, ...] = ()
    open_stack: Stack | None = None
    deeper: tuple[Problem, ...] = ()
    widths: Widths | None = None
    open_channels: tuple[int, ...] = ()
    charge: int = 0
    family: Family | None = None
    undivided: Problem | None = None

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != GROUNDED}

    @property
    def demands(self) -> tuple[Condition, ...]:
        """All that relates layers to each other: what the stack itself does, and what the user asks for."""
        return self.relations + self.where

    @cached_property
    def depths(self) -> tuple[Problem, ...]:
        """The question with each number of layers and channels that it may have, the fewest and usual ones first."""
        return (
            (replace(self, open_stack=None, deeper=(), widths=None, undivided=None), *self.deeper)
            if self.deeper
            else (self,)
        )

    @cached_property
    def hanging(self) -> Hanging:
        """The channels that hang on sizes, and the layers that are counted where these are known."""
        return hanging(self.layers, self.channels)

    @property
    def single(self) -> bool:
        """Whether it has one number of layers and one size at either end."""
        return self.fixed and not self.deeper

    @property
    def axes(self) -> int:
        """The number of spatial axes."""
        return len(self.input.sizes)

    @property
    def inputs(self) -> int:
        """How many inputs one stack shall serve; their axes stand one behind the other."""
        return self.input.inputs

    @property
    def fixed(self) -> bool:
        """Whether neither the input's size nor the target's is to be found."""
        return self.input.fixed and self.target.fixed

    def refuses_single(self, place: int) -> str | None:
        """Why layer `place` refuses an input of one element, if it does; the only rule across axes."""
        share = self.hanging.shares.get(place)  # of channels that hang on sizes there are no fewer than for one element
        kind, channels = self.layers[place].kind, share.number if share else self.channels[place]
        if channels is None and kind.refuses_single(None) is not None:
            for one in in_front(self.layers, self.channels, place):
                return kind.refuses_single(one)  # the same for all of them, or the question would have been refused
        return kind.refuses_single(channels)

    def stack(self) -> Stack:
        """The layers with every domain written out, the limits included."""
        if self.undivided is not None:
            return self.undivided.stack()
        return self.open_stack or Stack(tuple(map(written_out, self.layers)))

    def _channels_record(self) -> Sequence[int | str | None] | None:
        """The list of channels; None where it has no length, as the number of layers is to be found."""
        if self.open_stack and self.open_stack.repeats:
            return None
        return self.widths.record if self.widths else self.channel_list()

    def channel_list(self) -> list[int | None]:
        """The channels in front of the first convolution and behind each."""
        behind = zip(self.channels[1:], self.layers, strict=True)
        return [self.channels[0], *(number for number, one in behind if one.kind.weighted)]

    def to_dict(self) -> dict[str, Any]:
        """The question as a record; asked again it gives the same answer."""
        return {
            "input": str(self.input),
            "target": str(self.target),
            "stack": str(self.stack()),
            "tie": self.tie,
            "channels": self._channels_record(),
            **({"minimize": [*map(str, self.objectives)]} if self.objectives else {}),
            **conditions_record((*(self.family.where if self.family else ()), *self.where)),
        }
