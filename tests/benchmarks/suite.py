"""The problems: names, questions as keyword arguments of `convsolve.posing.ask`, what is known of them.

`Row.asked` says the same in plain numbers for the other engines, `Row.keywords` for convsolve; the tests hold that
both mean the same domains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.benchmarks.question import PARAMETERS, Question, question

CONV, TRANSPOSED = "conv", "conv_transpose"
CALLS = {CONV: "Conv()", TRANSPOSED: "ConvTranspose()"}


@dataclass(frozen=True)
class Row:
    """One problem.

    Attributes:
        name: what tables call it.
        source, target: sizes, one an axis.
        layers: kinds with how many of each, in order.
        limits: domains other than the default ones.
        verdict: ``solved`` or ``impossible``.
        group: the part of the suite; tasks choose by it.
        count: the exact number of combinations, where somebody else's counting is known.
        channels: one number more than there are layers.
        objective: ``params`` or ``macs``, to be minimised.
        tie: ``default``, or ``all`` where every parameter is equal on all axes.
        conditions: ceilings on ``params`` and ``macs``, a ``receptive_field``, and what relates layers: ``mirrored``,
            ``repeated`` in blocks of so many; ``skips``, that each size on the way down is met on the way up again;
            ``alike``, that a layer has the kernel and stride of the one before it, or stride 1; ``ratio``, that kernel
            by stride is the same in the first layer and in the last, which is smaller; ``volume``, the most elements
            of all axes behind the layers' first half.
    """

    name: str
    source: tuple[int, ...]
    target: tuple[int, ...]
    layers: tuple[tuple[str, int], ...]
    limits: Mapping[str, Sequence[int]] = field(default_factory=dict)
    verdict: str = "solved"
    group: str = "plain"
    count: int | None = None
    channels: tuple[int, ...] = ()
    objective: str | None = None
    tie: str = "default"
    conditions: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def asked(self) -> Question:
        """The question in plain numbers."""
        kinds = [kind for kind, number in self.layers for _ in range(number)]
        return question(
            self.source,
            self.target,
            kinds,
            self.limits,
            channels=self.channels,
            objective=self.objective,
            tie=self.tie,
            conditions=self.conditions,
        )

    @property
    def keywords(self) -> dict[str, Any]:
        """The question as `convsolve.posing.ask` takes it."""
        given: dict[str, Any] = {"input": self.source, "target": self.target}
        if len(self.layers) == 1:
            given["layer"], given["layers"] = self.layers[0]
        else:
            given["stack"] = " >> ".join(f"{CALLS[kind]} * {number}" for kind, number in self.layers)
        if self.tie != "default":
            given["tie"] = self.tie
        if self.conditions:
            given["where"] = [
                sentence for name, value in self.conditions.items() for sentence in self._said(name, value)
            ]
        given |= {name: set(values) for name, values in self.limits.items()}
        return given | ({"channels": self.channels} if self.channels else {})

    def _said(self, name: str, value: int) -> list[str]:
        """A condition in convsolve's language."""
        if name in ("params", "macs"):
            return [f"{name} <= {value}"]
        if name == "receptive_field":
            return [f"{name} == {value}"]
        kinds = [kind for kind, number in self.layers for _ in range(number)]
        last = len(kinds) - 1
        match name:
            case "skips":
                return [f"out_size[{place}] == in_size[{last - place}]" for place in range(len(kinds) // 2)]
            case "alike":
                same = "kernel_size[{0}] == kernel_size[{1}] and stride[{0}] == stride[{1}] or stride[{0}] == 1"
                return [same.format(place, place - 1) for place in range(1, len(kinds))]
            case "ratio":
                return ["kernel_size[0]*stride[-1] == kernel_size[-1]*stride[0]", "kernel_size[0] > kernel_size[-1]"]
            case "volume":
                sizes = "*".join(f"out_size[{len(kinds) // 2 - 1}][{axis}]" for axis in range(len(self.source)))
                return [f"{sizes} <= {value}"]
        mirrored = name == "mirrored"
        partners = [(place, last - place if mirrored else place % value) for place in range(len(kinds))]
        names = PARAMETERS if not mirrored and TRANSPOSED in kinds else PARAMETERS[:4]
        return [f"{n}[{place}] == {n}[{other}]" for place, other in partners if other < place for n in names]


def up(number: int) -> tuple[tuple[str, int], ...]:
    return ((TRANSPOSED, number),)


def down(number: int) -> tuple[tuple[str, int], ...]:
    return ((CONV, number),)


VOCODER = {"kernel_size": range(1, 17), "stride": range(1, 9)}
WIDE = {"kernel_size": range(1, 49), "stride": range(1, 25)}
GAP = {"kernel_size": (3, 4, 5), "stride": (1, 2), "padding": (0, 1, 2)}
DCGAN = (100, 512, 256, 128, 64, 3)

SUITE = (
    Row("7 -> 28, one layer", (7,), (28,), up(1), count=12),
    Row("28 -> 4 in three", (28,), (4,), down(3)),
    Row("DCGAN, 1 -> 64 in five", (1,), (64,), up(5)),
    Row("224 -> 7 in five", (224,), (7,), down(5)),
    Row("tied squares, 4x4 -> 64x64 in four", (4, 4), (64, 64), up(4), count=14_893_895),
    Row("4x5 -> 61x79 in four", (4, 5), (61, 79), up(4)),
    Row("4x4 -> 61x79 in four", (4, 4), (61, 79), up(4), count=810_141_981),
    Row("4x4x3 -> 64x64x48 in four", (4, 4, 3), (64, 64, 48), up(4)),
    Row("autoencoder, 104 -> 13 -> 104", (104,), (104,), ((CONV, 3), (TRANSPOSED, 3)), {"stride": (2,)}),
    Row("at a gap's edge, 100 -> 1491 in six", (100,), (1491,), up(6), GAP),
    Row("100 -> 16000 in six, k 16, s 8", (100,), (16000,), up(6), VOCODER),
    *(Row(f"1 -> 64 in {n}", (1,), (64,), up(n), group="deep") for n in (8, 16, 32, 64)),
    Row("100 -> 24000 in three, k 48, s 24", (100,), (24000,), up(3), WIDE, group="wide"),
    Row("24000 -> 50 in three, k 48, s 24", (24000,), (50,), down(3), WIDE, group="wide"),
    Row(
        "by range: 7 -> 224 in three, s 2",
        (7,),
        (224,),
        up(3),
        {"stride": (1, 2)},
        verdict="impossible",
        group="impossible",
    ),
    Row(
        "by a gap: 100 -> 1000 in six",
        (100,),
        (1000,),
        up(6),
        GAP,
        verdict="impossible",
        group="impossible",
    ),
    Row(
        "by parity: 7 -> 28 in two, k3 s2 p1",
        (7,),
        (28,),
        up(2),
        {"kernel_size": (3,), "stride": (2,), "padding": (1,), "output_padding": (0,)},
        verdict="impossible",
        group="impossible",
    ),
    Row(
        "by parity: 20 -> 31 in sixteen, odd k",
        (20,),
        (31,),
        up(16),
        {"kernel_size": (3, 5, 7), "stride": (1,)},
        verdict="impossible",
        group="impossible",
    ),
    Row(
        "by parity: 7 -> 224 in five, odd k, s 2",
        (7,),
        (224,),
        up(5),
        {"kernel_size": (3, 5, 7), "stride": (2,), "output_padding": (0,)},
        verdict="impossible",
        group="impossible",
    ),
    Row(
        "by a tie: 4x4 -> 61x79 in four",
        (4, 4),
        (61, 79),
        up(4),
        verdict="impossible",
        group="impossible",
        tie="all",
    ),
    Row(
        "least params, 1x1 -> 64x64 in five",
        (1, 1),
        (64, 64),
        up(5),
        channels=DCGAN,
        objective="params",
        group="optimum",
    ),
    Row("least macs, 1x1 -> 64x64 in five", (1, 1), (64, 64), up(5), channels=DCGAN, objective="macs", group="optimum"),
    Row(
        "least macs, 224 -> 7 in five",
        (224,),
        (7,),
        down(5),
        channels=(3, 16, 32, 64, 128, 256),
        objective="macs",
        group="optimum",
    ),
    Row(
        "least macs, 4x4 -> 61x79 in four",
        (4, 4),
        (61, 79),
        up(4),
        channels=(128, 64, 32, 16, 3),
        objective="macs",
        group="optimum",
    ),
    Row(
        "least macs, 4x5x3 -> 61x79x47 in four",
        (4, 5, 3),
        (61, 79, 47),
        up(4),
        channels=(128, 64, 32, 16, 3),
        objective="macs",
        group="optimum",
    ),
    Row(
        "least macs, 100 -> 16000 in six, k 16, s 8",
        (100,),
        (16000,),
        up(6),
        VOCODER,
        channels=(80, 512, 256, 128, 64, 32, 1),
        objective="macs",
        group="optimum",
    ),
    Row(
        "params at most 2.8 M, 1x1 -> 64x64 in five",
        (1, 1),
        (64, 64),
        up(5),
        channels=DCGAN,
        conditions={"params": 2_800_000},
        group="conditions",
    ),
    Row(
        "macs at most 6 M, 224 -> 7 in five",
        (224,),
        (7,),
        down(5),
        channels=(3, 16, 32, 64, 128, 256),
        conditions={"macs": 6_000_000},
        group="conditions",
    ),
    Row(
        "receptive field 505 in 24, s 1",
        (1024,),
        (1024,),
        down(24),
        {"kernel_size": (3,), "stride": (1,), "dilation": (1, 2, 4, 8, 16, 32), "padding": (1, 2, 4, 8, 16, 32)},
        conditions={"receptive_field": 505},
        group="conditions",
    ),
    Row(
        "mirrored, 100 -> 100 in four and four",
        (100,),
        (100,),
        ((CONV, 4), (TRANSPOSED, 4)),
        {"stride": (2, 3)},
        conditions={"mirrored": 1},
        group="relations",
    ),
    Row(
        "repeated, 100 -> 3 in six, a block of two",
        (100,),
        (3,),
        down(6),
        conditions={"repeated": 2},
        group="relations",
    ),
    Row(
        "skips fit, 96 -> 96 in four and four",
        (96,),
        (96,),
        ((CONV, 4), (TRANSPOSED, 4)),
        {"stride": (2,)},
        conditions={"skips": 1},
        group="relations",
    ),
    Row(
        "alike or stride 1, 224 -> 7 in seven",
        (224,),
        (7,),
        down(7),
        conditions={"alike": 1},
        group="relations",
    ),
    Row(
        "one ratio at both ends, 7 -> 224 in five",
        (7,),
        (224,),
        up(5),
        conditions={"ratio": 1},
        group="relations",
    ),
    Row(
        "at most 3,000 elements, 4x4x3 -> 64x64x48 in four",
        (4, 4, 3),
        (64, 64, 48),
        up(4),
        conditions={"volume": 3_000},
        group="relations",
    ),
)
