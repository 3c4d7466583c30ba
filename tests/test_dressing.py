from __future__ import annotations

from itertools import pairwise

import pytest

from convsolve.emit.dressing import Place, activation_named, channel_stages, dressed, filled, norm_named
from convsolve.errors import Error
from convsolve.layers.act import ACTIVATIONS, Act
from convsolve.layers.norm import Norm
from tests.oracle.solutions import solution

UP = ("ConvTranspose", {"kernel_size": 4, "stride": 2, "padding": 1})
POOL = ("MaxPool", {"kernel_size": 2})
RELU = ("Act", {"function": "relu"})
BATCH = ("Norm", {"function": "batch"})


def words(layers: object) -> list[str]:
    assert isinstance(layers, tuple)
    return [getattr(layer.kind, "function", layer.kind.name) for layer in layers]


def test_normalisation_then_activation_behind_every_convolution_but_the_last() -> None:
    found = dressed(solution((4, 4), [UP, POOL, UP, UP], (8, 4, 2, 3)), "relu", "batch", "tanh")
    assert words(found) == [
        *("ConvTranspose", "batch", "relu", "MaxPool", "ConvTranspose", "batch", "relu", "ConvTranspose", "tanh")
    ]
    for before, after in pairwise(found):
        assert (before.out_size, before.out_channels) == (after.in_size, after.in_channels)


def test_nothing_is_added_unless_it_is_said() -> None:
    found = solution((4,), [UP, UP])
    assert dressed(found) == found.layers
    assert words(dressed(found, final_activation="sigmoid")) == ["ConvTranspose", "ConvTranspose", "sigmoid"]
    assert words(dressed(solution((4,), [POOL]), "relu", "batch", "tanh")) == ["MaxPool", "tanh"]


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ([RELU], ["batch", "relu"]),
        ([BATCH], ["batch", "gelu"]),
        ([BATCH, RELU], ["batch", "relu"]),
        ([RELU, BATCH], ["relu", "batch"]),
    ],
)
def test_what_the_stack_already_has_is_not_added_again(
    between: list[tuple[str, dict[str, str]]], expected: list[str]
) -> None:
    found = dressed(solution((4,), [UP, *between, UP]), "gelu", "batch")
    assert words(found) == ["ConvTranspose", *expected, "ConvTranspose"]


def test_numbers_behind_the_colon() -> None:
    assert activation_named("leaky_relu:0.2", 2) == Act(2, "leaky_relu", 0.2)
    assert activation_named("elu:-1e-3", 2) == Act(2, "elu", -0.001)
    assert norm_named("group:8", 3) == Norm(3, "group", 8)
    for name in ACTIVATIONS:
        assert activation_named(name).function == name


@pytest.mark.parametrize(
    ("activation", "norm", "message"),
    [
        ("rellu", None, "error[unknown-activation]: 'rellu' is no activation\n  help: did you mean 'relu'?"),
        ("relu:1", None, "error[bad-value]: the activation relu takes no number\n  help: write relu"),
        (
            "leaky_relu:nan",
            None,
            (
                "error[bad-value]: 'nan' is no negative_slope of leaky_relu\n"
                "  help: write a number behind the colon: leaky_relu:0.2"
            ),
        ),
        (None, "bach", "error[unknown-norm]: 'bach' is no normalisation\n  help: did you mean 'batch'?"),
        (None, "batch:3", "error[bad-value]: the normalisation batch takes no number\n  help: write batch"),
        (
            None,
            "group:0",
            "error[bad-value]: '0' is no number of groups\n  help: write a number behind the colon: group:8",
        ),
        (
            None,
            "group:3",
            (
                "error[bad-norm]: 4 channels do not divide into 3 groups\n"
                "  help: choose groups that divide 4, or --norm batch"
            ),
        ),
    ],
)
def test_what_cannot_be_is_said(activation: str | None, norm: str | None, message: str) -> None:
    with pytest.raises(Error) as caught:
        dressed(solution((4,), [UP, UP], (8, 4, 2)), activation, norm)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "relu:",
        "leaky_relu:",
        "leaky_relu:1e999",
        "leaky_relu:٣",
        "elu:1_0",
        "elu:0x1",
        "elu: 1",
        "leaky_relu:0.2:1",
        'relu"',
        "relu\n",
        None,
        3,
        ("relu",),
    ],
)
def test_hostile_activations_are_errors(text: object) -> None:
    with pytest.raises(Error):
        activation_named(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(("norm", "channels"), [("instance", 8), ("group:8", 8), ("group:8", None)])
def test_a_normalisation_of_single_values_is_refused(norm: str, channels: int | None) -> None:
    to_one = solution((4,), [("Conv", {"kernel_size": 4}), UP], (1, channels, 1))
    with pytest.raises(Error) as caught:
        dressed(to_one, None, norm)
    assert caught.value.code == "bad-norm"
    assert dressed(to_one, None, "batch")
    assert channels is None or dressed(to_one, None, "group:4")


def test_unknown_channels_become_the_smallest_that_all_groups_divide() -> None:
    grouped = ("Conv", {"kernel_size": 3, "groups": 4})
    found = dressed(solution((9,), [UP, POOL, grouped, UP], [None, None, None, 3]), None, "group:6")
    assert channel_stages(found) == ([1, 12, 12, 3], [Place(((stage, 1),)) for stage in (0, 1, 1, 1, 2, 2, 3)])
    assert [layer.out_channels for layer in filled(found)] == [12, 12, 12, 12, 12, 3]
    known = solution((9,), [UP, UP], (5, None, 3)).layers
    assert [(layer.in_channels, layer.out_channels) for layer in filled(known)] == [(5, 1), (1, 3)]
