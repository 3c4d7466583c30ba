"""What people asked on public trackers, each as one command: its answer, run in torch, or the proof that there is none.

Rows that wait for what is not built yet stand in the same table; they are expected to fail, strictly.
"""

from __future__ import annotations

import json
import shlex
from typing import Any, NamedTuple

import pytest

from convsolve.answer import Solution
from tests.command_line import convsolve


class Ask(NamedTuple):
    """A question and what must come first.

    Attributes:
        source: where it was asked.
        command: what answers it.
        first: for each layer of the first answer, some of its numbers; None where a proof is wanted.
        total: how many combinations there are, where that was computed before.
        waits: what it waits for.
    """

    source: str
    command: str
    first: list[dict[str, Any]] | None = []  # noqa: RUF012 - never changed
    total: int | None = None
    waits: str = ""


def up(kernel: int, stride: int, padding: int, output_padding: int = 0) -> dict[str, Any]:
    return {
        "kernel_size": [kernel],
        "stride": [stride],
        "padding": [padding],
        "output_padding": [output_padding],
    }


HOP = "-k 1..20 -s 1..10 --where 'kernel_size % stride == 0' --where 'kernel_size > stride'"
DILATED = " >> ".join(f"Conv(k='2,3', s=1, p='0..{d}', d={d})" for d in [1, 2, 4, 8, 16, 32] * 4)
FIELD = "--where 'kernel_size == 3' --where 'receptive_field == {}'"
DOUBLED = {"kernel_size": [4, 4], "stride": [2, 2], "padding": [1, 1]}
DOWN = "Conv(k=3, s=1, p=0) * 2 >> MaxPool(2)"
UP = "ConvTranspose(k=2, s=2, p=0, op=0) >> Conv(k=3, s=1, p=0) * 2"
UNPADDED = f"({DOWN}) * {{0}} >> Conv(k=3, s=1, p=0) * 2 >> ({UP}) * {{0}}"
TCN = " >> ".join(f"Conv(k=8, s=1, p=0, d={d})" for d in [1, 2, 4, 8] * 3)

ASKS = (
    Ask("keras#12719", "solve 27 27 --stack 'Conv(k=5, s=2, p=2) >> ConvTranspose(k=5, s=2)'", [{}, up(5, 2, 2)]),
    Ask("pytorch#75889", "solve 15x13 240x200 -k 16 -s 16 -p 7", [{"output_padding": [14, 6]}], 1),
    Ask("pytorch#904", "solve 14 28 -k 4 -s 2", [up(4, 2, 1)]),
    Ask("pytorch#66542", "solve 3 9 --stack 'ConvTranspose(k=2, s=1, p=0, d=4)'", [{"output_padding": [2]}], 1),
    Ask("keras#4615", "solve 13x13 104x104 --layers 3", [{"kernel_size": [4, 4], "padding": [1, 1]}] * 3),
    Ask("pytorch-layer-calculator#1", "solve 7 28 --layers 2 -k 3 -s 2", [up(3, 2, 1, 1)] * 2),
    Ask("descript-audio-codec#78", "solve 100 500 -k 10 -s 5", [up(10, 5, 3, 1)]),
    Ask("hifi-gan#12", "solve 1067 213400 --stack 'ConvTranspose(k=16, s=8) >> ConvTranspose(k=10, s=5) * 2'",
        [up(16, 8, 4), up(10, 5, 3, 1), up(10, 5, 3, 1)]),
    Ask("hifi-gan#12", "solve 1067 5335 -k 11 -s 5", [up(11, 5, 3)]),
    Ask("hifi-gan#116", f"solve 10 6000 --layers 4 --where 'product(stride) == 600' {HOP}"),
    Ask("hifi-gan#116", f"solve 10 6000 --layers 5 --where 'product(stride) == 600' {HOP}"),
    Ask("hifi-gan#125", f"solve 1024 163840 --layers 4 --where 'product(stride) == 160' {HOP}"),
    Ask("diffwave#44", f"solve 1024 307200 --layers 4 --where 'product(stride) == 300' {HOP}"),
    Ask("1024 at hop 200", f"solve 1024 204800 --layers 3 --where 'product(stride) == 200' {HOP}"),
    Ask("1024 at hop 320", f"solve 1024 327680 --layers 4 --where 'product(stride) == 320' {HOP}"),
    Ask("IMS-Toucan#43", "solve 10 3840 --layers 4 -k 1..20 -s 1..10 --where 'product(stride) == 768'"
        " --where 'output_padding == 0' --where 'kernel_size == 2*stride' --where '2*padding == stride'", None),
    Ask("keras-tcn#8", f"solve 1000 685 --stack '{TCN}' --where 'receptive_field == 316'", total=1),
    Ask("nv-wavenet#21", f'solve 1000 1000 --stack "{DILATED}" {FIELD.format(505)}'),
    Ask("nv-wavenet#21", f'count 1000 1000 --stack "{DILATED}" {FIELD.format(253)}', None),
    Ask("pytorch/examples#263", "solve 100@1x1 1@32x32 --layers 4",
        [{"kernel_size": [4, 4], "stride": [1, 1]}, *[DOUBLED] * 3]),
    Ask("DCGAN-for-Bird-Generation#4", "solve 100@1x1 3@128x128 --layers 6 --where 'stride <= 2'",
        [{"kernel_size": [4, 4], "stride": [1, 1]}, *[DOUBLED] * 5]),
    Ask("Keras-GAN#3", "solve 28x28 32x32 --layers 1", [{"kernel_size": [5, 5], "stride": [1, 1], "padding": [0, 0]}]),
    Ask("pytorch-MNIST-CelebA-GAN-DCGAN#3", "solve 100@1x1 1@28x28 --layers 4 --no-checkerboard"),
    Ask("pix2pixHD#149", "solve 64x64 512x512 --layers 3 -k 3 -s 2 --no-checkerboard", None),
    Ask("pix2pixHD#149", "solve 64x64 512x512 --layers 3 --no-checkerboard",
        [DOUBLED] * 3),
    Ask("dynamic-network-architectures#2", "solve 16x16 64x64 --layers 2 --where 'kernel_size == stride'",
        [{"kernel_size": [2, 2], "stride": [2, 2], "padding": [0, 0]}] * 2),
    Ask("autokeras#1479", "solve 100@1x1 3@64x64 --layers 5 --where 'params <= 153600' --minimize params"
        " --where 'kernel_size >= stride' --no-checkerboard"),
    Ask("tsgm#71", "solve 24 24 --stack 'Conv(k=4, s=2) * 3 >> ConvTranspose(k=4, s=2) * 3'"),
    Ask("neutorch#20", "solve 16x256x256 1x16x16 --layers 5 -s 2 -k 3 -p 1 --tie none", None),
    Ask("segmentation_models.pytorch#617", "sizes unet.py:model --near 800x275", waits="sizes, skip connections"),
    Ask("carvana-pytorch-uNet#1", "repair unet.py:model --input 1024x684", waits="repair, skip connections"),
    Ask("locuslab/TCN#44", "solve 99 99 --layers 2..24 -k 3 -s 1 --where 'receptive_field >= 45'",
        [{"kernel_size": [3], "padding": [1]}] * 22, 3),
    Ask("hifi-gan#116", f"solve 10 6000 --layers 2..5 --where 'product(stride) == 600' {HOP}"),
    Ask("bioma-tcn-ae#1", "sizes 'Conv(k=42, s=42) >> ConvTranspose(k=42, s=42)' --near 300", waits="sizes"),
    Ask("artificio#12", "mirror 'Conv(k=3, s=2, p=1) * 3' --input 458x690", waits="mirror"),
    Ask("NiftyNet#221", f"solve H H-88 --stack '{UNPADDED.format(3)}' --where 'H % 8 == 4'", total=1),
    Ask("NiftyNet#221", f"solve H H-184 --stack '{UNPADDED.format(4)}' --where 'H % 16 == 12'", total=1),
    Ask("NiftyNet#221", f"solve H H-184 --stack '{UNPADDED.format(4)}' --where 'H % 16 == 4'", None),
    Ask("convolution-visualizer", "solve 7 ? --layer conv_transpose -k 4 -s 2 -p 1 --output-padding 0",
        [up(4, 2, 1)], 1),
)  # fmt: skip


def row(number: int, ask: Ask) -> Any:  # noqa: ANN401 - a name that pytest does not export
    waits = pytest.mark.xfail(reason=f"waits for {ask.waits}")
    return pytest.param(ask, id=f"{ask.source}-{number}", marks=waits if ask.waits else ())


@pytest.mark.parametrize("ask", [row(*numbered) for numbered in enumerate(ASKS)])
def test_what_people_asked(ask: Ask) -> None:
    few = ["--count", "1", "--json"] if ask.command.startswith("solve") else []
    said = convsolve(*shlex.split(ask.command), *few)
    found = json.loads(said.out)
    if found == 0:  # a count
        assert (said.code, ask.first) == (3, None)
        return
    if ask.first is None:
        assert (said.code, found["status"], found["total"]) == (3, "impossible", 0), said.err
        return
    assert (said.code, found["status"]) == (0, "solved"), said.err
    assert ask.total in (None, found["total"])
    assert found["optimal"] is not False
    layers = found["solutions"][0]["layers"]
    for layer, wanted in zip(layers, ask.first, strict=bool(ask.first)):
        assert layer | wanted == layer
    assert found["solutions"][0]["checked"] == ["arithmetic", "z3"]
    Solution.from_dict(found["solutions"][0]).module()  # torch runs it: every size as promised
