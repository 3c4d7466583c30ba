"""What torch itself says, and what we make of it: each message comes from the installed torch, none from memory."""

from __future__ import annotations

import json
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


# what is done, the name that it should be recognised by, and numbers of the equation
FAILURES: dict[str, tuple[Callable[[], object], str, str]] = {
    "cat": (lambda: torch.cat([ones(1, 2, 27, 28), ones(1, 2, 28, 28)], 1), "join", "27 == 28"),
    "add": (lambda: ones(1, 2, 27) + ones(1, 2, 28), "join", "27 == 28"),
    "kernel": (lambda: nn.Conv1d(1, 1, 7)(ones(1, 1, 5)), "kernel", "5 >= 7"),
    "dilated kernel on one axis": (lambda: nn.Conv2d(1, 1, 4, dilation=2)(ones(1, 1, 9, 6)), "kernel", "6 >= 7"),
    "output_padding": (
        lambda: nn.ConvTranspose2d(1, 1, 3, stride=2, output_padding=(1, 2))(ones(1, 1, 5, 5)),
        "output_padding",
        "2 < 2",
    ),
    "cropped": (lambda: nn.ConvTranspose2d(1, 1, 3, padding=3)(ones(1, 1, 2, 2)), "output size", "-2 >= 1"),
    "output_size": (
        lambda: nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)(ones(1, 1, 7, 7), output_size=(20, 20)),
        "output_size",
        "[13, 13] <= output_size <= [14, 14]: (20, 20)",
    ),
    "pool": (lambda: nn.MaxPool2d(4)(ones(1, 1, 2, 2)), "pool", "out_size is 0"),
    "pool of one axis": (lambda: nn.MaxPool1d(4)(ones(1, 1, 2)), "pool", "out_size is 0"),
    "pool of three": (lambda: nn.AvgPool3d(4)(ones(1, 1, 2, 2, 2)), "pool", "2 >= 4"),
    "pool padding": (lambda: nn.MaxPool2d(3, padding=2)(ones(1, 1, 9, 9)), "pool padding", "4 <= 3"),
    "linear": (lambda: nn.Linear(400, 10)(ones(32, 256)), "linear", "400 == 256"),
    "channels": (lambda: nn.Conv2d(3, 4, 3)(ones(1, 1, 8, 8)), "channels", "3 == 1"),
    "channels back": (lambda: nn.ConvTranspose2d(3, 4, 3)(ones(1, 8, 8, 8)), "channels", "3 == 8"),
    "statistics": (lambda: nn.BatchNorm2d(8)(ones(1, 4, 3, 3)), "normalisation", "8 == 4"),
    "one value": (lambda: nn.BatchNorm2d(8)(ones(1, 8, 1, 1)), "normalisation", "value per channel"),
    "one element": (lambda: nn.InstanceNorm2d(8)(ones(1, 8, 1, 1)), "normalisation", "spatial element"),
    "reflection": (
        lambda: functional.pad(ones(1, 1, 3, 3), (3, 3, 3, 3), mode="reflect"),
        "reflection",
        "3 <= 2",
    ),
    "same": (lambda: nn.Conv2d(1, 1, 3, padding="same", stride=2), "same", "stride == 1"),
    "view": (lambda: ones(32, 16, 5, 5).view(32, 256), "view", "8192 == 12800"),
}


def complaint(fail: Callable[[], object]) -> str:
    with pytest.raises((RuntimeError, ValueError)) as caught:
        fail()
    return f"Traceback (most recent call last):\n  File 'train.py', line 3\n{caught.type.__name__}: {caught.value}\n"


@pytest.mark.parametrize("what", FAILURES)
def test_what_torch_says_is_recognised(what: str) -> None:
    fail, name, numbers = FAILURES[what]
    found = read(complaint(fail))
    assert found.name == name
    assert numbers in found.equation
    assert found.help
    if found.command:
        assert convsolve(*shlex.split(found.command)[1:]).code == 0


def test_every_pattern_has_a_failure_of_its_own() -> None:
    assert {name for name, _, _ in KNOWN} == {name for _, name, _ in FAILURES.values()}


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
    one, other = (complaint(FAILURES[what][0]) for what in ("kernel", "cat"))
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
    text = complaint(FAILURES["linear"][0])
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
