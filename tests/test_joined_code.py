"""Code and modules of stacks with skip connections: as a person would write them, and run in torch."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import convsolve as cs
from convsolve.answer import Solution
from convsolve.check.reach import dead_elements
from convsolve.emit.code import code
from convsolve.emit.dressing import dressed
from convsolve.errors import Error
from convsolve.layers.join import Join
from convsolve.tracing import trace
from tests.command_line import convsolve
from tests.oracle.changed_code import is_refused
from tests.oracle.skips import U_NET, drawn, text
from tests.terminal import BIN


def run_in_torch(found: Solution) -> None:
    """The emitted code, executed: every cost as torch counts it, and the promised shape."""
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(found.code(), "emitted", "exec"), space)  # noqa: S102 - running what we emit is the test
    model: nn.Module = space["model"]
    assert sum(p.numel() for p in model.parameters()) == found.costs.params
    into = torch.rand(1, found.input.channels or 1, *found.input.size)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = model(into)
    assert counter.get_total_flops() // 2 == found.costs.macs
    assert tuple(out.shape[1:]) == (found.output.channels, *found.output.size)
    module = found.module()
    assert module.state_dict().keys() == model.state_dict().keys()
    module.load_state_dict(model.state_dict())
    with torch.no_grad():
        assert torch.equal(module(into), out)


def test_a_u_net_of_three_levels_runs_where_its_sizes_fit(tmp_path: Path) -> None:
    answer = cs.solve("1@88x64", "1@88x64", stack=U_NET, count=1)
    run_in_torch(answer[0])
    file = tmp_path / "unet.py"
    said = convsolve("solve", "1@88x64", "1@88x64", "--stack", U_NET, "--emit", str(file), "--check", "backward")
    assert said.code == 0
    assert said.err.endswith("checked: arithmetic, z3, torch, backward\n")
    said = convsolve("verify", f"{file}:model", "--input", "1@88x64", "--output", "1@88x64")
    assert said.code == 0
    assert convsolve("verify", f"{file}:Model", "--input", "1@88x64", "--output", "1@88x64").code == 0
    fixed = U_NET.replace("k=3, s=1)", "k=3, p=1)").replace("s=2)", "k=2, s=2)")
    said = convsolve("trace", fixed, "--input", "1@90x64")
    assert said.code == 5
    differ = "44x32 comes to it, and layer 2 (Conv) makes 45x32"
    assert f"not valid: layer 11 (Concat): both sizes must be the same: {differ}\n" in said.err
    assert said.err.endswith("  help: inputs that pass: 88x64 or 96x64\n")


def test_costs_and_code_of_residual_blocks_and_of_flat_places() -> None:
    for stack, source, target in [
        ("Conv(c=4, k=3, p=1, s=1) >> Conv(k=3) >> Conv(k=3) >> Add(0) >> Conv(k=1)", "3@9x9", "5@9x9"),
        ("Conv(c=4, k=3, p=1, s=1) >> Conv(k=3, groups=2) >> Concat(0) >> Concat(2) >> Conv(k=1)", "3@9", "5@9"),
        ("Conv(c=2, k=3) >> AdaptiveAvgPool(2) >> Flatten() >> Linear(8) >> Add(2) >> Linear(3)", "3@6x6", "3@"),
        ("Conv(c=8, k=3) >> PixelShuffle(2) >> Conv(c=2, k=3) >> Concat(1)", "1@5x5", "4@10x10"),
    ]:
        run_in_torch(cs.solve(source, target, stack=stack, count=1)[0])


def test_unknown_channels_are_edited_in_one_place() -> None:
    stack = "Conv(k=3) >> Conv(k=3) >> Concat(0) >> Conv(k=3, groups=2) >> Add(1)"
    text = cs.solve(16, 16, stack=stack, count=1)[0].code(class_name="Net")
    assert "CHANNELS = (1, 2, 2)\n" in text
    assert "        self.block3 = nn.Conv1d(" in text
    assert "            CHANNELS[1] + CHANNELS[2], CHANNELS[2], 3, padding=1, groups=2\n" in text
    for edited in ("(1, 2, 2)", "(3, 4, 6)"):
        space: dict[str, Any] = {"__name__": "emitted"}
        exec(compile(text.replace("(1, 2, 2)", edited), "emitted", "exec"), space)  # noqa: S102 - as above
        first, *_, last = ast.literal_eval(edited)
        assert space["Net"]()(torch.rand(1, first, 16)).shape == (1, last, 16)


def test_what_a_person_would_write() -> None:
    stack = (
        "Conv(c=4, k=3) >> MaxPool(2) >> Conv(c=8, k=3) >> ConvTranspose(c=4, k=2, s=2) >> Concat(0) >> Conv(c=1, k=1)"
    )
    assert (
        cs.solve("1@8x8", "1@8x8", stack=stack)[0].code(activation="relu")
        == '''\
"""From 1@8x8 to 1@8x8, by convsolve."""

import torch
from torch import nn


class Model(nn.Module):
    """From 1@8x8 to 1@8x8."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder1 = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1),  # 1@8x8 -> 4@8x8
            nn.ReLU(),
        )
        self.bottleneck = nn.Sequential(
            nn.MaxPool2d(2),  # 4@8x8 -> 4@4x4
            nn.Conv2d(4, 8, 3, padding=1),  # 4@4x4 -> 8@4x4
            nn.ReLU(),
            nn.ConvTranspose2d(8, 4, 2, stride=2),  # 8@4x4 -> 4@8x8
            nn.ReLU(),
        )
        self.decoder1 = nn.Conv2d(8, 1, 1)  # 8@8x8 -> 1@8x8

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip1 = self.encoder1(x)
        x = self.bottleneck(skip1)
        x = torch.cat((x, skip1), dim=1)  # 4@8x8 -> 8@8x8
        return self.decoder1(x)


model = Model()
'''
    )


def solved(source: str, target: str, stack: str) -> Sequence[Solution]:
    """The first solution, if there is one, and its channels fit."""
    try:
        return cs.solve(source, target, stack=stack, count=1).solutions
    except Error:
        return ()


def test_ruff_would_change_nothing(tmp_path: Path) -> None:
    draw = Random(3)
    for number in range(60):
        specs = drawn(draw)
        sizes = [draw.randint(3, 12)] * draw.choice((1, 2, 3))
        size = "x".join(map(str, sizes))
        for scale in ("", f"{10 ** draw.randint(0, 6)}@"):
            for one in solved(f"{scale}{size}", size, text(specs)):
                dress = draw.choice((None, "relu")), draw.choice((None, "batch"))
                (tmp_path / f"net_{number}{len(scale)}.py").write_text(
                    code(one, activation=dress[0], norm=dress[1], class_name=draw.choice((None, "Net")))
                )
    assert len(list(tmp_path.iterdir())) > 20
    for arguments in (["format", "--diff"], ["check", "--select", "E4,E7,E9,F,I,D1", "--ignore", "D107,D102"]):
        done = subprocess.run(
            [str(BIN / "ruff"), arguments[0], "--isolated", *arguments[1:], str(tmp_path)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[:3000]


def test_dressing_moves_what_is_joined() -> None:
    stack = "Conv(c=4, k=3, p=1, s=1) >> Conv(c=4, k=3) >> Add(0) >> Conv(c=1, k=1)"
    layers = dressed(cs.solve("1@8", "1@8", stack=stack)[0], "relu", "batch", "sigmoid")
    names = [layer.kind.name for layer in layers]
    assert names == ["Conv", "Norm", "Act", "Conv", "Norm", "Act", "Add", "Conv", "Act"]
    assert [layer.kind.layer for layer in layers if isinstance(layer.kind, Join)] == [2]


GOOD = '''\
"""A."""

import torch
from torch import nn


class Net(nn.Module):
    """A."""

    def __init__(self) -> None:
        super().__init__()
        self.block1 = nn.Conv1d(1, 2, 3)
        self.block2 = nn.Sequential(nn.ReLU(), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip1 = self.block1(x)
        x = torch.cat((x, skip1), dim=1)
        x = x + skip1
        return self.block2(x)


model = Net()
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import torch\n", "import os\n"),
        ("import torch\n", "import torch as os\n"),
        ("import torch\n", "import torch, os\n"),
        ("import torch\n", ""),
        ("nn.Module", "nn.Sequential"),
        ("nn.Module", "nn.Module, metaclass=x"),
        ("class Net", "@x\nclass Net"),
        ("super().__init__()", "super().__init__(1)"),
        ("super().__init__()", "os.x()"),
        ("self.block1 =", "self.forward ="),
        ("self.block1 =", "self.block2 ="),
        ("self.block1 =", "other.block1 ="),
        ("nn.Conv1d(1", "nn.Module(1"),
        ("nn.Conv1d(1", "os.Conv1d(1"),
        ("nn.Conv1d(1", "nn.Conv1d(x"),
        ("nn.Conv1d(1", "nn.Conv1d(1 + x"),
        ("nn.ReLU()", "os.x()"),
        ("def forward", "def other"),
        ("def forward", "@x\n    def forward"),
        ("self, x:", "self, x, *y:"),
        ("self, x: torch.Tensor)", "self, x: os.x)"),
        ("self, x: torch.Tensor)", "self, x: torch.Tensor = y)"),
        ("self, x: torch.Tensor)", "self)"),
        ("-> torch.Tensor", "-> x()"),
        ("skip1 = self", "other = self"),
        ("self.block1(x)", "self.block3(x)"),
        ("self.block1(x)", "self.block1(skip2)"),
        ("self.block1(x)", "self.block1(x, x)"),
        ("self.block1(x)", "other.block1(x)"),
        ("self.block1(x)", "self.block1(x, y=x)"),
        ("torch.cat", "torch.load"),
        ("torch.cat", "os.cat"),
        ("(x, skip1), dim=1", "(x, skip2), dim=1"),
        ("(x, skip1), dim=1", "(x, skip1), dim=x"),
        ("(x, skip1), dim=1", "(x, skip1), out=x"),
        ("(x, skip1), dim=1", "(x, skip1, x), dim=1"),
        ("x + skip1", "x - skip1"),
        ("x + skip1", "x + os"),
        ("return self.block2(x)", "return x"),
        ("return self.block2(x)", "return self.block2(x)\n        y = x"),
        ("model = Net()", "model = Net(x)"),
        ("model = Net()", "model = Other()"),
        ("model = Net()", "Net = Net()"),
        ("model = Net()", "super = Net()"),
        ("model = Net()", "model = Net()\nx()"),
    ],
)
def test_every_node_is_compared_with_the_list(old: str, new: str) -> None:
    is_refused(GOOD, old, new)


def test_dead_elements_go_through_all_branches() -> None:
    holes = "Conv(k=1) >> Conv(k=1, s=2) >> ConvTranspose(k=1, s=2, op=1)"
    alone, added = (trace(stack, "1@8", channels="1,1,1,1").layers for stack in (holes, f"{holes} >> Add(0)"))
    assert dead_elements(alone) == (4, 4)
    assert dead_elements(added) == (0, 0)
