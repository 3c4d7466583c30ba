from __future__ import annotations

import copy
import math
import pickle
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from random import Random

import pytest

from convsolve.check.integers import broken_rule
from convsolve.errors import Error
from convsolve.layers.act import ACTIVATIONS, Act
from convsolve.layers.adaptive_avg_pool import AdaptiveAvgPool
from convsolve.layers.adaptive_max_pool import AdaptiveMaxPool
from convsolve.layers.avg_pool import AvgPool
from convsolve.layers.base import LayerKind
from convsolve.layers.conv import Conv
from convsolve.layers.conv_transpose import ConvTranspose
from convsolve.layers.crop import Crop
from convsolve.layers.flatten import Flatten
from convsolve.layers.linear import Linear
from convsolve.layers.listed import Constant, Division, ListedMap, Scaling
from convsolve.layers.maps import SizeMap, downwards, upwards
from convsolve.layers.max_pool import MaxPool
from convsolve.layers.norm import Norm
from convsolve.layers.pad import Pad
from convsolve.layers.pixel_shuffle import PixelShuffle
from convsolve.layers.pixel_unshuffle import PixelUnshuffle
from convsolve.layers.solved import SolvedLayer
from convsolve.layers.unflatten import Unflatten
from convsolve.layers.upsample import Upsample, UpsampleTo
from convsolve.registry import KINDS, kind_named
from tests.oracle.brute_force import out_size
from tests.oracle.z3_maps import differences

# The default limits, and well beyond.
KERNEL, STRIDE, PADDING, DILATION, OUTPUT_PADDING = range(1, 13), range(1, 7), range(9), range(1, 4), range(6)

EVERY: list[LayerKind] = [
    *(Conv(dims, padding_mode=mode) for dims in (1, 2, 3) for mode in ("zeros", "reflect", "replicate", "circular")),
    *(
        Conv(dims, padding_mode=mode, padding_word=word)
        for dims in (1, 2, 3)
        for mode in ("zeros", "reflect", "replicate", "circular")
        for word in ("same", "valid")
    ),
    *(ConvTranspose(dims) for dims in (1, 2, 3)),
    *(
        pool(dims, ceil_mode=ceil_mode, stride_follows=follows)
        for pool in (MaxPool, AvgPool)
        for dims in (1, 2, 3)
        for ceil_mode in (False, True)
        for follows in (False, True)
    ),
    *(kind(dims) for kind in (Act, Norm) for dims in (1, 2, 3)),
    *(kind(dims) for kind in (AdaptiveAvgPool, AdaptiveMaxPool, Crop, Flatten, Upsample) for dims in (1, 2, 3)),
    *(Pad(dims, mode=mode) for dims in (1, 2, 3) for mode in ("constant", "reflect", "replicate", "circular")),
    *(UpsampleTo(dims) for dims in (1, 2, 3)),
    *(Unflatten(dims, channels=2) for dims in (1, 2, 3)),
    *(kind(2) for kind in (PixelShuffle, PixelUnshuffle)),
    Upsample(1, denominator=4, fractions=(1, 2, 3, 5, 6, 7)),
    Linear(0),
]


def domains_of(kind: LayerKind) -> list[tuple[int, ...]]:
    """What is proved of a kind: every number of the ranges above; a word instead of a padding is 0."""
    known: dict[str, Sequence[int]] = {
        "kernel_size": KERNEL,
        "stride": STRIDE,
        "padding": (0,) if getattr(kind, "padding_word", None) else PADDING,
        "dilation": DILATION,
        "output_padding": OUTPUT_PADDING,
        "before": range(6),
        "after": range(6),
        "output_size": range(1, 70),
        "size": range(1, 70),
        "sizes": range(1, 70),
        "factor": range(1, 7),
        "scale_factor": range(1, 9),
    }
    if getattr(kind, "stride_follows", False):
        known["stride"] = KERNEL
    return [tuple(known[parameter.name]) for parameter in kind.axis_parameters]


def alike(kind: LayerKind) -> object:
    """Kinds of which Z3 would be asked the very same: their sentences and maps are equal."""
    settings = kind.settings(domains_of(kind))
    return (kind.rules, type(kind), tuple((setting, kind.size_map(setting)) for setting in settings))


def test_z3_proves_that_every_map_says_what_the_sentences_say() -> None:
    asked: dict[object, LayerKind] = {}
    for kind in EVERY:
        asked.setdefault(alike(kind), kind)
    proved = 0
    for kind in asked.values():
        number, wrong = differences(kind, domains_of(kind))
        assert not wrong, (kind, wrong)
        proved += number
    assert (len(EVERY), len(asked), proved) == (106, 38, 17_636)  # kinds, different ones, settings


@pytest.mark.parametrize(
    ("field", "change"), [("offset", 1), ("stride", 1), ("least", 1), ("least", -1)], ids=["c", "s", "least+", "least-"]
)
def test_a_map_that_is_off_by_one_is_found(field: str, change: int) -> None:
    class Wrong(Conv):
        def size_map(self, setting: tuple[int, ...]) -> SizeMap:
            right = super().size_map(setting)
            if setting != (5, 2, 1, 1):
                return right
            return right._replace(**{field: getattr(right, field) + change})

    _, wrong = differences(Wrong(1), [(4, 5), (1, 2), (0, 1), (1,)])
    assert [setting for setting, _, _ in wrong] == [(5, 2, 1, 1)]


@pytest.mark.parametrize("scale", [0.29, 0.57, 1.15, 0.7, 1 / 3, 0.1, 3.3, 0.9999, 1.0001, 2 / 3, 0.017])
def test_the_sentences_of_a_fraction_round_as_doubles_do(scale: float) -> None:
    fraction = Fraction(repr(scale))
    kind = Upsample(1, denominator=fraction.denominator, fractions=(fraction.numerator,))
    setting = (fraction.numerator,)
    draw = Random(5)
    # sizes whose exact product is next to a whole number are those where rounding decides
    whole = [round(m / fraction) for m in (*range(1, 40), *(draw.randint(1, 2**30) for _ in range(25)))]
    sizes = {*range(1, 20), 100, 200, *(n for n in whole if 1 <= n < 2**31 and n * scale < 2**31 - 1)}
    for size in sizes:
        out = math.floor(float(size) * scale)
        assert (kind.size_map(setting).out(size) or 0) == out
        for other in (out - 1, out, out + 1):
            assert (broken_rule(kind, setting, size, other) is None) == (other == out >= 1), (size, other)


@pytest.mark.parametrize(
    "size_map", [Constant.at(5), Division.by(3), Scaling.by(29, 100), Scaling.by(3, 2), Scaling.by(23, 20)], ids=repr
)
def test_a_listed_map_knows_what_leads_to_a_size(size_map: ListedMap) -> None:
    known = {size: out for size in range(1, 400) if (out := size_map.out(size)) is not None}
    for out in range(1, 60):
        assert [n for n in size_map.into(out)[:300] if n < 400] == [n for n, m in known.items() if m == out][:300]
    for low, high in [(1, 1), (3, 17), (10, 90), (7, 8)]:
        outs = {known[n] for n in range(low, high + 1) if n in known}
        ahead, behind = size_map.ahead(range(low, high + 1)), size_map.behind(range(low, high + 1))
        assert outs <= {*ahead}
        assert {n for n, m in known.items() if low <= m <= high} <= {*behind[:400]}


def plain(kind: LayerKind, setting: tuple[int, ...]) -> tuple[int, int, int, int, int]:
    window = kind.window(setting)
    assert window is not None
    return window


@pytest.mark.parametrize("kind", [Conv(2), ConvTranspose(2), MaxPool(2), MaxPool(2, ceil_mode=True)], ids=str)
@pytest.mark.parametrize("dims", [1, 3])
def test_the_maps_agree_with_the_formulas_written_apart_from_them(kind: LayerKind, dims: int) -> None:
    same = type(kind)(**{**vars(kind), "dims": dims})
    _agrees(same)


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_average_pools_agree_too(dims: int, ceil_mode: bool) -> None:  # noqa: FBT001 - a parameter of the test
    _agrees(AvgPool(dims, ceil_mode=ceil_mode))


def _agrees(kind: LayerKind) -> None:
    known = {"kernel_size": range(1, 6), "stride": range(1, 5), "padding": range(4), "dilation": (1, 2, 3)}
    domains = [tuple(known.get(parameter.name, range(3))) for parameter in kind.axis_parameters]
    legal = set(kind.settings(domains))
    for setting in product(*domains):
        for size in range(1, 11):
            right = out_size(
                kind.record, kind.dims, size, plain(kind, setting), ceil_mode=getattr(kind, "ceil_mode", False)
            )
            assert (kind.size_map(setting).out(size) if setting in legal else None) == right, (kind, setting, size)


@pytest.mark.parametrize("kind", EVERY, ids=str)
def test_settings_are_those_that_no_size_free_rule_refuses_and_maps_count_them(kind: LayerKind) -> None:
    draw = Random(3)
    for _ in range(6):
        domains = [
            tuple(sorted(draw.sample(domain, min(len(domain), draw.randint(1, 4))))) for domain in domains_of(kind)
        ]
        settings = list(kind.settings(domains))
        assert settings == [
            setting
            for setting in product(*domains)
            # a size so large, with so many divisors, that every rule on sizes holds
            if broken_rule(kind, setting, (size := 1 if kind.flat_in else 10_080), kind.size_map(setting).raw(size))
            is None
        ]
        assert kind.maps(domains) == Counter(map(kind.size_map, settings))
        by_map = kind.settings_by_map(domains)
        assert sorted(setting for some in by_map.values() for setting in some) == settings
        assert all(kind.size_map(setting) == size_map for size_map, some in by_map.items() for setting in some)
        assert all(some == sorted(some) for some in by_map.values())


@pytest.mark.parametrize(
    "size_map", [upwards(2, -3), upwards(3, 5), downwards(2, -4), downwards(3, 2, 4), downwards(1, 0)]
)
def test_into_is_the_inverse_of_out(size_map: SizeMap) -> None:
    for out in range(1, 40):
        assert list(size_map.into(out)) == [size for size in range(1, 200) if size_map.out(size) == out]


def test_a_map_refuses_what_would_come_out_empty() -> None:
    assert [upwards(2, -3).out(size) for size in (1, 2, 3)] == [None, 1, 3]
    assert [downwards(2, -4).out(size) for size in (3, 4, 5, 6)] == [None, 1, 1, 2]


@pytest.mark.parametrize(
    ("kind", "settings", "call"),
    [
        (Conv(2), [(3, 1, 0, 1)] * 2, "Conv2d(4, 8, kernel_size=3)"),
        (Conv(1, padding_word="same"), [(3, 1, 0, 1)], "Conv1d(4, 8, kernel_size=3, padding=same)"),
        (
            Conv(2, groups=4, bias=False, padding_mode="circular"),
            [(3, 2, 1, 2), (3, 1, 1, 2)],
            (
                "Conv2d(4, 8, kernel_size=3, stride=(2, 1), padding=1, dilation=2, groups=4, bias=False, "
                "padding_mode=circular)"
            ),
        ),
        (
            ConvTranspose(3),
            [(4, 2, 1, 1, 0), (4, 2, 1, 1, 1), (4, 2, 1, 1, 0)],
            "ConvTranspose3d(4, 8, kernel_size=4, stride=2, padding=1, output_padding=(0, 1, 0))",
        ),
        (MaxPool(2, ceil_mode=True), [(2, 2, 0, 1)] * 2, "MaxPool2d(kernel_size=2, ceil_mode=True)"),
        (MaxPool(2), [(2, 2, 0, 1), (3, 2, 1, 1)], "MaxPool2d(kernel_size=(2, 3), stride=2, padding=(0, 1))"),
        (AvgPool(1), [(3, 2, 1)], "AvgPool1d(kernel_size=3, stride=2, padding=1)"),
        (Act(2, "relu"), [(), ()], "ReLU()"),
        (Act(2, "leaky_relu", 0.2), [(), ()], "LeakyReLU(negative_slope=0.2)"),
        (Norm(2, "batch"), [(), ()], "BatchNorm2d(8)"),
        (Norm(1, "instance"), [()], "InstanceNorm1d(8)"),
        (Norm(3, "group", 4), [()] * 3, "GroupNorm(4, 8)"),
    ],
)
def test_the_torch_call_has_torchs_names_and_no_defaults(
    kind: LayerKind, settings: list[tuple[int, ...]], call: str
) -> None:
    name, arguments, keywords, _ = kind.torch_call(settings, 4, 8)
    said = [*map(str, arguments), *(f"{keyword}={value}" for keyword, value in keywords)]
    assert f"{name}({', '.join(said)})" == call


@pytest.mark.parametrize(
    ("kind", "window"),
    [(Conv(1), (3, 2, 1, 2, 0)), (Conv(1, padding_word="same"), (3, 2, 2, 2, 0)), (Act(1), None), (Norm(1), None)],
    ids=str,
)
def test_windows(kind: LayerKind, window: tuple[int, ...] | None) -> None:
    assert kind.window((3, 2, 1, 2)) == window


def test_a_settled_pool_has_a_stride_of_its_own() -> None:
    setting, sizes = ((2, 2, 0, 1),), ((8,), (4,))
    assert SolvedLayer(MaxPool(1, stride_follows=True), setting, 1, 1, *sizes) == SolvedLayer(
        MaxPool(1), setting, 1, 1, *sizes
    )
    assert MaxPool(2, stride_follows=True).settled(None) == MaxPool(2)
    assert MaxPool(2).settled(None) == MaxPool(2)
    assert Conv(2).settled(None) == Conv(2)


@pytest.mark.parametrize(
    ("word", "kind"), [("Conv", Conv), ("conv_transpose", ConvTranspose), ("MaxPool", MaxPool), ("norm", Norm)]
)
def test_a_kind_is_found_by_the_name_of_stacks_and_of_records(word: str, kind: type[LayerKind]) -> None:
    assert kind_named(word) is kind


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (
            "ConvTransposed",
            "error[unknown-kind]: 'ConvTransposed' is no layer kind\n  help: did you mean 'ConvTranspose'?",
        ),
        (
            "convtranspose",
            "error[unknown-kind]: 'convtranspose' is no layer kind\n  help: did you mean 'ConvTranspose'?",
        ),
        (
            "\u202e\0",
            (f"error[unknown-kind]: '\\u202e\\x00' is no layer kind\n  help: known: {', '.join(KINDS)}"),
        ),
    ],
)
def test_an_unknown_kind(word: str, text: str) -> None:
    with pytest.raises(Error) as caught:
        kind_named(word)
    assert str(caught.value) == text


def test_an_activation_takes_a_number_only_where_torchs_does() -> None:
    for name, (_, keyword) in ACTIVATIONS.items():
        if keyword is None:
            with pytest.raises(Error, match=f"Act: {name} takes no number"):
                Act(1, name, 0.5)
        else:
            assert Act(1, name, 0.5).torch_call([()], 1, 1).keywords == ((keyword, 0.5),)


def test_groups_are_group_normalisations() -> None:
    with pytest.raises(Error, match="Norm: batch takes no groups"):
        Norm(2, "batch", 4)


@pytest.mark.parametrize("name", KINDS)
def test_kinds_and_solved_layers_can_be_copied_pickled_and_compared(name: str) -> None:
    kind = KINDS[name](dims=2)
    setting = tuple(3 for _ in kind.axis_parameters)
    layer = SolvedLayer(kind, (setting, setting), 4, 4, (9, 9), (3, 3))
    for other in (copy.copy(layer), copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):  # noqa: S301 - our own
        assert other == layer
        assert hash(other) == hash(layer)
        assert other.to_dict() == layer.to_dict()


def test_a_solved_layer_gives_its_parameters_by_name() -> None:
    layer = SolvedLayer(MaxPool(2), ((2, 3, 0, 1), (4, 5, 1, 1)), 4, 4, (9, 9), (3, 2))
    assert (layer.kernel_size, layer.stride, layer.padding, layer.dilation) == ((2, 4), (3, 5), (0, 1), (1, 1))
    with pytest.raises(AttributeError, match="MaxPool has no output_padding"):
        _ = layer.output_padding
    assert layer.to_dict() == {
        "kind": "max_pool",
        "kernel_size": [2, 4],
        "stride": [3, 5],
        "padding": [0, 1],
        "dilation": [1, 1],
        "ceil_mode": False,
        "in_channels": 4,
        "out_channels": 4,
        "in_size": [9, 9],
        "out_size": [3, 2],
    }
