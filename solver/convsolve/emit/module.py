"""A solution as a torch module, checked by running it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from convsolve.check.integers import faults
from convsolve.emit.allowed import words
from convsolve.emit.blocks import Line, lines
from convsolve.emit.dressing import dressed, filled
from convsolve.errors import Error, shown
from convsolve.layers.join import Join

if TYPE_CHECKING:
    from convsolve.answer import Solution
    from convsolve.layers.solved import SolvedLayer

# Beyond these torch's CPU kernels may take the process with them, or many seconds for one layer:
# measured, transposed convolutions on oneDNN died at strides from 3884 on (16 channels), and took
# 0.4 s a pass at stride 256, 3 s at 512, and minutes at 1024 (two axes, kernel smaller than stride).
# No plain convolution or pool did within 4096, which is where every parameter ends anyway.
LARGEST_TRANSPOSED_STRIDE = 256
MOST_PARAMETERS = 2**30  # 4 GiB as float32


def build(layers: Iterable[SolvedLayer]) -> nn.Module:
    """The layers as they are, unchecked; torch's own errors are not caught.

    An ``nn.Sequential``, or `Joined` where there are skip connections. Unknown channels become the smallest number
    that torch takes: 1, or the groups.

    Example:
        >>> from convsolve.layers.conv import Conv
        >>> from convsolve.layers.solved import SolvedLayer
        >>> build([SolvedLayer(Conv(1), ((3, 2, 1, 1),), 8, 16, (8,), (4,))])
        Sequential(
          (0): Conv1d(8, 16, kernel_size=(3,), stride=(2,), padding=(1,))
        )
    """
    made = filled(tuple(layers))
    if any(isinstance(layer.kind, Join) for layer in made):
        return Joined(lines(made))
    return nn.Sequential(*map(layer_module, made))


class Joined(nn.Module):
    """Blocks of layers with skip connections between them: its parameters are named as those of emitted code are.

    Args:
        passed: the lines of its forward pass.
    """

    def __init__(self, passed: Sequence[Line]) -> None:
        super().__init__()
        self._passed = tuple(passed)
        for line in passed:
            if line.block is not None:
                made = [*map(layer_module, line.layers)]
                self.add_module(line.block, made[0] if len(made) == 1 else nn.Sequential(*made))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The output of the last line."""
        values = {"x": x}
        value = x
        for line in self._passed:
            first, *others = (values[name] for name in line.of)
            if line.join is None:
                value = self.get_submodule(str(line.block))(first)
            else:
                value = joined(line.join, first, *others)
            values[line.value] = value
        return value


def joined(join: Join, value: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """What a join makes of the value that comes to it and of the one that it joins."""
    return torch.cat((value, other), dim=1) if join.adds_channels else value + other


def module(
    solution: Solution,
    *,
    activation: str | None = None,
    norm: str | None = None,
    final_activation: str | None = None,
) -> nn.Module:
    """A checked ``nn.Sequential`` with fresh weights, in training mode; with skip connections, `Joined`.

    The check runs in this very process: the integer rules first, then torch with every shape
    compared, see `convsolve.check.execution.run`. It leaves the random state as it was.

    Args:
        solution: what to build. Unknown channels become 1 (in front of and behind grouped layers: the groups).
        activation: behind every convolution but the last, see `convsolve.emit.dressing.dressed`.
        norm: likewise, in front of the activation.
        final_activation: behind the last convolution.

    Raises:
        Error: ``crash-zone`` for parameters on which torch may crash, ``too-large`` where the check
            or the weights would need too much, ``check-failed`` where the solution is not right.

    Example:
        >>> import convsolve as cs
        >>> module(cs.solve("1@7x7", "1@28x28")[0], final_activation="tanh")
        Sequential(
          (0): ConvTranspose2d(1, 1, kernel_size=(4, 4), stride=(4, 4))
          (1): Tanh()
        )
    """
    from convsolve.check.execution import run  # it builds what it runs by this file
    from convsolve.check.members import members_run
    from convsolve.check.report import Outcome

    layers = dressed(solution, activation, norm, final_activation)
    if wrong := faults(layers):
        raise Error("check-failed", wrong[0], help=["solve anew"])
    refuse_dangerous(layers)
    for passed in [layers] if solution.family is None else members_run(solution.family, layers):
        report = run(passed)
        if report.outcome is Outcome.FAILED:
            raise Error("check-failed", str(report.faults[0]), help=["please report it with the solution"])
        if not report.passed:
            raise Error(
                "too-large",
                f"the module was not checked: {', '.join([str(report.outcome), *report.notes])}",
                help=["write it as code instead: solution.code()"],
            )
    return build(layers)


def refuse_dangerous(layers: Sequence[SolvedLayer]) -> None:
    """Raise where torch may crash, hang or run out of memory in this process."""
    from convsolve.check.thin import weight_elements

    for place, layer in enumerate(layers):
        strides = layer.stride if layer.kind.record == "conv_transpose" else (1,)
        if max(strides) > LARGEST_TRANSPOSED_STRIDE:
            raise Error(
                "crash-zone",
                f"layer {place} ({layer.kind.name}): torch may crash on stride {max(strides)};"
                f" a transposed convolution is run up to {LARGEST_TRANSPOSED_STRIDE}",
                help=["write it as code instead: solution.code()"],
            )
    weights = sum(map(weight_elements, filled(layers)))
    if weights > MOST_PARAMETERS:
        raise Error(
            "too-large",
            f"{weights} weights are more than the {MOST_PARAMETERS} that are built",
            help=["choose fewer channels or smaller kernels"],
        )


def layer_module(layer: SolvedLayer) -> nn.Module:
    """One layer's torch module."""
    call = layer.torch_call()
    if call.name not in words().classes:
        raise Error("unsafe-code", f"{shown(str(call.name))} is no layer of torch")
    made: nn.Module = getattr(nn, call.name)(*call.arguments, **dict(call.keywords))
    return made
