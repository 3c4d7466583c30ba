"""What torch itself says, and what we make of it: each message comes from the installed torch, none from memory."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional

from convsolve.errors import Error
from convsolve.torch_messages import KNOWN, read
from tests.command_line import convsolve


def ones(*shape: int) -> torch.Tensor:
    return torch.ones(shape)


def meta(*shape: int) -> torch.Tensor:
    return torch.ones(shape, device="meta")


# by the name that it should be recognised by: what is done, and numbers of the equation
FAILURES: dict[str, dict[str, tuple[Callable[[], object], str]]] = {
    "join": {
        "cat": (lambda: torch.cat([ones(1, 2, 27, 28), ones(1, 2, 28, 28)], 1), "27 == 28"),
        "cat of three": (lambda: torch.cat([ones(1, 2, 9), ones(1, 2, 9), ones(1, 2, 8)], 1), "9 == 8"),
        "cat on meta": (lambda: torch.cat([meta(1, 2, 27, 28), meta(1, 2, 28, 28)], 1), "27 == 28"),
        "add": (lambda: ones(1, 2, 27) + ones(1, 2, 28), "27 == 28"),
        "add on meta": (lambda: meta(1, 2, 27) + meta(1, 2, 28), "27 == 28"),
        "add in place": (lambda: ones(1, 2, 27).add_(ones(2, 2, 27)), "1 == 2"),
        "stack": (lambda: torch.stack([ones(1, 2, 27), ones(1, 2, 28)]), "27 == 28"),
        "expand": (lambda: ones(1, 2, 27).expand(1, 2, 28), "28 == 27"),
        "copy": (lambda: ones(1, 2, 27).copy_(ones(1, 2, 28)), "27 == 28"),
    },
    "loss": {
        "cross entropy": (
            lambda: functional.cross_entropy(ones(1, 3, 27, 27), torch.ones(1, 28, 28).long()),
            "27 == 28",
        ),
        "binary": (lambda: functional.binary_cross_entropy(ones(1, 27), ones(1, 28)), "27 == 28"),
        "logits": (lambda: functional.binary_cross_entropy_with_logits(ones(1, 27), ones(1, 28)), "27 == 28"),
    },
    "batch": {"cross entropy": (lambda: functional.cross_entropy(ones(4, 3), torch.ones(5).long()), "4 == 5")},
    "checkpoint": {
        "state": (lambda: nn.Conv1d(3, 4, 3).load_state_dict(nn.Conv1d(3, 4, 5).state_dict()), "4x3x5 == 4x3x3"),
    },
    "kernel": {
        "one axis": (lambda: nn.Conv1d(1, 1, 7)(ones(1, 1, 5)), "5 >= 7"),
        "dilated, the second axis": (lambda: nn.Conv2d(1, 1, 4, dilation=2)(ones(1, 1, 9, 6)), "6 >= 7"),
        "three axes, in groups": (lambda: nn.Conv3d(2, 2, 7, groups=2)(ones(2, 2, 9, 9, 5)), "5 >= 7"),
        "meta": (lambda: nn.Conv2d(1, 1, 7, device="meta")(meta(1, 1, 5, 5)), "5 >= 7"),
        "nothing comes": (lambda: nn.Conv1d(1, 1, 1)(ones(1, 1, 0)), "0 >= 1"),
    },
    "output_padding": {
        "one axis": (lambda: nn.ConvTranspose1d(1, 1, 3, stride=2, output_padding=2)(ones(1, 1, 5)), "2 < 2"),
        "one of two": (
            lambda: nn.ConvTranspose2d(1, 1, 3, stride=2, output_padding=(1, 2))(ones(2, 1, 5, 5)),
            "2 < 2",
        ),
        "three": (lambda: nn.ConvTranspose3d(1, 1, 3, stride=2, output_padding=3)(ones(1, 1, 5, 5, 5)), "3 < 2"),
    },
    "output size": {
        "cropped": (lambda: nn.ConvTranspose2d(1, 1, 3, padding=3)(ones(1, 1, 2, 2)), "-2 >= 1"),
        "on one axis": (lambda: nn.ConvTranspose1d(1, 1, 3, padding=2)(ones(1, 1, 2)), "0 >= 1"),
        "meta": (lambda: nn.ConvTranspose2d(1, 1, 3, padding=3, device="meta")(meta(2, 1, 2, 2)), "-2 >= 1"),
    },
    "output_size": {
        "tuple": (
            lambda: nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)(ones(1, 1, 7, 7), output_size=(20, 20)),
            "[13, 13] <= output_size <= [14, 14]: [20, 20]",
        ),
        "list": (
            lambda: nn.ConvTranspose1d(1, 1, 3, stride=2, padding=1)(ones(1, 1, 7), output_size=[20]),
            "[13] <= output_size <= [14]: [20]",
        ),
        "size": (
            lambda: nn.ConvTranspose2d(1, 1, 3, stride=2)(ones(1, 7, 7), output_size=ones(1, 30, 31).size()[1:]),
            "[15, 15] <= output_size <= [16, 16]: [30, 31]",
        ),
        "unpool": (
            lambda: nn.MaxUnpool2d(2)(ones(1, 1, 2, 2), torch.tensor([[[[0, 2], [8, 10]]]]), output_size=(9, 9)),
            "2 < output_size < 6: (9, 9)",
        ),
    },
    "pool": {
        "two axes": (lambda: nn.MaxPool2d(4)(ones(1, 1, 2, 2)), "out_size is 0"),
        "one axis": (lambda: nn.MaxPool1d(4)(ones(1, 1, 2)), "out_size is 0"),
        "average": (lambda: nn.AvgPool1d(4)(ones(1, 1, 2)), "out_size is 0"),
        "three axes": (lambda: nn.AvgPool3d(4)(ones(1, 1, 2, 2, 2)), "2 >= 4"),
    },
    "pool padding": {
        "two axes": (lambda: nn.MaxPool2d(3, padding=2)(ones(1, 1, 9, 9)), "4 <= 3"),
        "one axis": (lambda: nn.MaxPool1d(3, padding=2)(ones(1, 1, 9)), "4 <= 3"),
        "dilated": (lambda: nn.MaxPool2d((3, 5), padding=2, dilation=2)(ones(1, 1, 9, 9)), "4 <= 3"),
    },
    "same": {"strided": (lambda: nn.Conv2d(1, 1, 3, padding="same", stride=2), "stride == 1")},
    "parameter": {
        "stride": (lambda: nn.Conv2d(1, 1, 3, stride=0)(ones(1, 1, 5, 5)), "stride >= 1"),
        "a pool's stride": (lambda: nn.MaxPool2d(3, stride=0)(ones(1, 1, 5, 5)), "stride >= 1"),
        "padding": (lambda: nn.Conv2d(1, 1, 3, padding=-1)(ones(1, 1, 5, 5)), "padding >= 0"),
        "a pool's padding": (lambda: nn.MaxPool2d(3, padding=-1)(ones(1, 1, 5, 5)), "padding >= 0"),
        "dilation": (lambda: nn.Conv2d(1, 1, 3, dilation=0)(ones(1, 1, 5, 5)), "dilation >= 1"),
        "kernel_size": (lambda: functional.conv2d(ones(1, 1, 5, 5), ones(1, 1, 0, 0)), "kernel_size >= 1"),
        "output_padding": (
            lambda: nn.ConvTranspose2d(1, 1, 3, output_padding=-1)(ones(1, 1, 5, 5)),
            "output_padding >= 0",
        ),
    },
    "reflection": {
        "two axes": (lambda: functional.pad(ones(1, 1, 3, 3), (3, 3, 3, 3), mode="reflect"), "3 <= 2"),
        "a convolution's": (
            lambda: nn.Conv2d(1, 1, 3, padding=5, padding_mode="reflect")(ones(1, 1, 3, 3)),
            "5 <= 2",
        ),
    },
    "circular": {"pad": (lambda: nn.CircularPad1d(5)(ones(1, 1, 3)), "padding <= in_size")},
    "pad": {
        "reflection": (lambda: nn.ReflectionPad2d(-3)(ones(1, 1, 3, 3)), "-3 >= 1"),
        "replication": (lambda: nn.ReplicationPad3d(-3)(ones(1, 1, 3, 4, 5)), "-3 >= 1"),
    },
    "shuffle": {
        "pixels": (lambda: nn.PixelShuffle(2)(ones(1, 3, 4, 4)), "3 % 4 == 3"),
        "pixels back": (lambda: nn.PixelUnshuffle(2)(ones(1, 3, 4, 5)), "5 % 2 == 1"),
        "channels": (lambda: nn.ChannelShuffle(2)(ones(1, 3, 4, 4)), "3 % 2 == 1"),
    },
    "upsample": {
        "one axis": (lambda: functional.interpolate(ones(1, 3, 1), scale_factor=0.5), "0 >= 1"),
        "two": (lambda: functional.interpolate(ones(1, 3, 9, 2), scale_factor=0.25, mode="bilinear"), "0 >= 1"),
        "three": (lambda: functional.interpolate(ones(1, 3, 1, 1, 1), scale_factor=0.5), "0 >= 1"),
    },
    "adaptive": {
        "negative": (lambda: nn.AdaptiveAvgPool2d((-1, 3))(ones(1, 1, 9, 9)), "(-1, 3)"),
        "nothing comes": (lambda: nn.AdaptiveMaxPool2d(3)(ones(1, 1, 0, 9)), "0 at dimension 2"),
    },
    "unfold": {
        "window": (lambda: nn.Unfold(5)(ones(1, 1, 3, 3)), "3 + 0 >= 5"),
        "windows": (lambda: nn.Fold((4, 4), 2)(ones(1, 4, 7)), "7 == 9"),
        "rows": (lambda: nn.Fold((4, 4), 2)(ones(1, 5, 9)), "5 % 4 == 1"),
    },
    "channels": {
        "forward": (lambda: nn.Conv2d(3, 4, 3)(ones(1, 1, 8, 8)), "3 == 1"),
        "in groups": (lambda: nn.Conv2d(4, 4, 3, groups=2)(ones(1, 6, 8, 8)), "4 == 6"),
        "back": (lambda: nn.ConvTranspose2d(3, 4, 3)(ones(1, 8, 8, 8)), "3 == 8"),
    },
    "groups": {
        "in_channels": (lambda: nn.Conv2d(3, 4, 3, groups=2), "in_channels % groups == 0"),
        "out_channels": (lambda: nn.Conv2d(4, 3, 3, groups=2), "out_channels % groups == 0"),
        "group norm": (lambda: nn.GroupNorm(3, 8), "8 % 3 == 2"),
        "group norm's input": (lambda: functional.group_norm(ones(1, 8, 3), 3), "8 % 3 == 2"),
    },
    "normalisation": {
        "statistics": (lambda: nn.BatchNorm2d(8)(ones(1, 4, 3, 3)), "8 == 4"),
        "weights": (lambda: nn.BatchNorm2d(8, track_running_stats=False)(ones(1, 4, 3, 3)), "8 == 4"),
        "of instances": (lambda: nn.InstanceNorm2d(8, affine=True)(ones(1, 4, 3, 3)), "8 == 4"),
        "of groups": (lambda: nn.GroupNorm(4, 8)(ones(1, 4, 3, 3)), "8 == 4"),
        "of layers": (lambda: nn.LayerNorm([8, 7, 7])(ones(1, 8, 6, 6)), "[8, 6, 6] == [8, 7, 7]"),
        "prelu": (lambda: nn.PReLU(8)(ones(1, 4, 3)), "8 == 4"),
        "one value": (lambda: nn.BatchNorm2d(8)(ones(1, 8, 1, 1)), "value per channel"),
        "one element": (lambda: nn.InstanceNorm2d(8)(ones(1, 8, 1, 1)), "spatial element"),
    },
    "linear": {
        "features": (lambda: nn.Linear(400, 10)(ones(32, 256)), "400 == 256"),
        "not flattened": (lambda: nn.Linear(400, 10)(ones(1, 16, 5, 5)), "400 == 5"),
        "meta": (lambda: nn.Linear(400, 10, device="meta")(meta(32, 256)), "400 == 256"),
    },
    "product": {"batched": (lambda: ones(2, 3, 4) @ ones(2, 5, 6), "[2, 4] == [2, 5]")},
    "view": {
        "whole": (lambda: ones(32, 16, 5, 5).view(32, 256), "8192 == 12800"),
        "rest": (lambda: ones(3, 16, 5, 5).view(-1, 256), "1200 % 256 == 176"),
    },
    "unflatten": {
        "whole": (lambda: nn.Unflatten(1, (3, 4, 4))(ones(1, 40)), "48 == 40"),
        "rest": (lambda: nn.Unflatten(1, (-1, 7, 7))(ones(1, 40)), "40 % 49 == 40"),
    },
    "axes": {
        "convolution": (lambda: nn.Conv2d(1, 1, 3)(ones(5, 5)), "3 or 4: 2"),
        "pool": (lambda: nn.MaxPool2d(3)(ones(9, 9)), "3 or 4"),
        "adaptive": (lambda: nn.AdaptiveAvgPool2d(3)(ones(9, 9)), "3 or 4: 2"),
        "normalisation": (lambda: nn.BatchNorm2d(8)(ones(1, 8, 3)), "4: 3"),
        "normalisation of one axis": (lambda: nn.BatchNorm1d(8)(ones(1, 8, 3, 3)), "2 or 3: 4"),
        "upsample": (lambda: nn.Upsample(scale_factor=2, mode="bilinear")(ones(1, 3, 5)), "4: 3"),
        "upsample's sizes": (lambda: functional.interpolate(ones(1, 3, 5, 5), size=(3, 3, 3)), "2: 3"),
        "one number too many": (
            lambda: functional.conv2d(ones(1, 1, 5, 5), ones(1, 1, 3, 3), stride=(1, 1, 1)),
            "2: 3",
        ),
        "flatten": (lambda: nn.Flatten(1, 5)(ones(1, 2, 3)), "-3 <= dim <= 2: 5"),
        "cat": (lambda: torch.cat([ones(1, 2, 27), ones(1, 2, 28, 28)], 1), "3 == 4"),
    },
}
EVERY = [(name, what) for name, some in FAILURES.items() for what in some]


def complaint(fail: Callable[[], object]) -> str:
    with pytest.raises((RuntimeError, ValueError, IndexError)) as caught:
        fail()
    return f"Traceback (most recent call last):\n  File 'train.py', line 3\n{caught.type.__name__}: {caught.value}\n"


@pytest.mark.parametrize(("name", "what"), EVERY)
def test_what_torch_says_is_recognised(name: str, what: str) -> None:
    fail, numbers = FAILURES[name][what]
    found = read(complaint(fail))
    assert found.name == name
    assert numbers in found.equation
    assert found.because
    assert all(found.help)
    if found.command:
        assert convsolve(*shlex.split(found.command)[1:]).code == 0


def test_every_pattern_has_a_failure_of_its_own() -> None:
    said = [re.sub(r"\s+", " ", complaint(FAILURES[name][what][0])) for name, what in EVERY]
    # torch before 1.8, which is not installed
    said.append("RuntimeError: size mismatch, m1: [32 x 256], m2: [400 x 10] at THTensorMath.cpp:136")
    assert [known.pattern for known in KNOWN if not any(re.search(known.pattern, text) for text in said)] == []


def test_the_words_of_older_releases() -> None:
    assert read("size mismatch, m1: [32 x 256], m2: [400 x 10] at x.cpp:136").help[0] == "write nn.Linear(256, 10)"
    joined = "Sizes of tensors must match except in dimension 1. Got 134 and 135 in dimension 2"
    assert "134 == 135" in read(joined).equation


@pytest.mark.parametrize("features", [256, 400])
def test_the_mend_of_a_linear_layer_runs(features: int) -> None:
    made = nn.Linear(7, 10)
    mend = read(complaint(lambda: made(ones(2, features)))).help[0]
    assert mend == f"write nn.Linear({features}, 10)"
    nn.Linear(features, 10)(ones(2, features))


def test_the_padding_that_is_missing_is_enough_and_no_more_than_that() -> None:
    for size in range(1, 6):
        for kernel_size in range(size + 1, 12):
            layer = nn.Conv1d(1, 1, kernel_size)
            more = int(read(complaint(lambda: layer(ones(1, 1, size)))).help[0].split()[1])  # noqa: B023
            nn.Conv1d(1, 1, kernel_size, padding=more)(ones(1, 1, size))
            less = nn.Conv1d(1, 1, kernel_size, padding=more - 1)
            with pytest.raises(RuntimeError):
                less(ones(1, 1, size))


def test_the_last_message_counts() -> None:
    one, other = (complaint(FAILURES[name][what][0]) for name, what in (("kernel", "one axis"), ("join", "cat")))
    assert read(one + other).name == "join"
    assert read(other + one).name == "kernel"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CUDA out of memory",
        "mat1 and mat2",
        "Sizes of tensors must match",
        "size mismatch for weight",
        "\x00" * 99,
        "Calculated padded input size per channel: (9 x 9). Kernel size: (7 x 7)",  # no reason to complain
    ],
)
def test_what_is_not_known_is_said_to_be(text: str) -> None:
    with pytest.raises(Error, match="no message of torch's about sizes was recognised") as caught:
        read(text)
    assert caught.value.code == "not-recognised"


def test_on_the_command_line() -> None:
    text = complaint(FAILURES["linear"]["features"][0])
    said = convsolve("explain-error", "-", stdin=text.encode())
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[1:3] == [
        "because the linear layer was made for 400 features, and 256 come to it (batch 32)",
        "so this does not hold: in_features == channels*height*width: 400 == 256",
    ]
    record = json.loads(convsolve("explain-error", "-", "--json", stdin=text.encode()).out)
    assert record == read(text).to_dict()
    nothing = convsolve("explain-error", "-", stdin=b"\xff\xfe killed")
    assert (nothing.code, nothing.out) == (2, "")
    assert nothing.err.startswith("error[not-recognised]: ")
    assert convsolve("explain-error", "no such file").code == 2
