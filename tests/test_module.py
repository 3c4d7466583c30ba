from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
import torch
from torch import nn

from convsolve.answer import Solution
from convsolve.check import execution
from convsolve.check.report import Outcome, Report
from convsolve.emit import module as module_file
from convsolve.emit.module import build, module
from convsolve.errors import Error
from tests.oracle.solutions import drawn, solution

UP = ("ConvTranspose", {"kernel_size": 4, "stride": 2, "padding": 1})


def test_a_module_gives_the_promised_sizes_and_the_promised_weights() -> None:
    draw = Random(11)
    for _ in range(12):
        found = drawn(draw, most=3)
        made = module(found, activation="relu")
        value = torch.rand(2, found.input.channels or 1, *found.input.size)
        assert tuple(made(value).shape[1:]) == (found.output.channels, *found.output.size)
        assert sum(p.numel() for p in made.parameters()) == found.costs.params
        assert made.training


def test_norm_activation_and_channels_that_nobody_gave() -> None:
    grouped = ("Conv", {"kernel_size": 3, "padding": 1, "groups": 3})
    made = module(solution((4, 4), [UP, grouped, UP]), activation="silu", norm="batch", final_activation="tanh")
    assert isinstance(made, nn.Sequential)
    assert [type(part) for part in made] == [
        *(nn.ConvTranspose2d, nn.BatchNorm2d, nn.SiLU, nn.Conv2d, nn.BatchNorm2d, nn.SiLU, nn.ConvTranspose2d, nn.Tanh)
    ]
    assert tuple(made(torch.rand(2, 1, 4, 4)).shape) == (2, 1, 16, 16)
    first, conv = made[0], made[3]
    assert isinstance(first, nn.ConvTranspose2d)
    assert isinstance(conv, nn.Conv2d)
    assert (first.in_channels, first.out_channels, conv.out_channels) == (1, 3, 3)


def test_fresh_weights_follow_the_callers_seed_and_nothing_else() -> None:
    found = solution((4,), [UP], (2, 2))
    torch.manual_seed(3)
    first = module(found)
    torch.manual_seed(3)
    second = build(found.layers)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_a_wrong_solution_makes_no_module() -> None:
    (layer,) = solution((4,), [UP], (2, 2)).layers
    with pytest.raises(Error) as caught:
        module(Solution((replace(layer, out_size=(9,)),)))
    assert caught.value.code == "check-failed"


def test_what_only_torch_sees_makes_no_module_either() -> None:
    (pool,) = solution((1,), [("MaxPool", {"kernel_size": 2, "padding": 1, "dilation": 2})], (1,)).layers
    with pytest.raises(Error) as caught:
        module(Solution((pool,)))
    assert str(caught.value).startswith(
        "error[check-failed]: layer 0: expected finite values, got infinite ones or NaN (cpu, batch 1"
    )


def test_the_crash_zone_is_not_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> Report:
        raise AssertionError("torch was asked")

    monkeypatch.setattr(execution, "run", never)
    (layer,) = solution((2,), [("ConvTranspose", {"kernel_size": 3, "stride": 257})], (1, 1)).layers
    with pytest.raises(Error) as caught:
        module(Solution((layer,)))
    assert str(caught.value) == (
        "error[crash-zone]: layer 0 (ConvTranspose): torch may crash on stride 257;"
        " a transposed convolution is run up to 256\n  help: write it as code instead: solution.code()"
    )
    (heavy,) = solution((8,), [("Conv", {"kernel_size": 4})], (2**20, 2**10)).layers
    with pytest.raises(Error, match="too-large"):
        module(Solution((heavy,)))


def test_what_was_not_checked_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    for outcome in (Outcome.TOO_LARGE, Outcome.OUT_OF_MEMORY):
        monkeypatch.setattr(execution, "run", lambda _, outcome=outcome: Report(outcome))
        with pytest.raises(Error) as caught:
            module(solution((4,), [UP], (1, 1)))
        assert caught.value.message == f"the module was not checked: {outcome}"


def test_the_caps_are_those_that_were_measured() -> None:
    assert module_file.LARGEST_TRANSPOSED_STRIDE == 256
    assert module_file.MOST_PARAMETERS == 2**30
