"""What several commands take, declared once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from convsolve.cli.streams import Color
from convsolve.configuration import DOMAINS

SHAPES, LAYERS, LIMITS = "Shapes", "Layers", "Limits, for every layer"
CONDITIONS = "Conditions"
ANSWER, OUTPUT, CODE = "Answer", "Output", "Code"


def kinds() -> list[str]:
    """What completion offers for a layer."""
    return ["conv", "conv_transpose", "auto"]


def ties() -> list[str]:
    """What completion offers for ties."""
    return [*DOMAINS, "none", "all"]


class Explain(StrEnum):
    """How much is said of why there is no answer."""

    SHORT = "short"
    FULL = "full"


class Level(StrEnum):
    """What an answer can be checked by, each on top of the one before."""

    ARITHMETIC = "arithmetic"
    Z3 = "z3"
    TORCH = "torch"
    BACKWARD = "backward"
    FAMILY = "family"


Input = Annotated[
    str,
    typer.Argument(
        metavar="INPUT",
        help="The shape that goes in: 28, 4x4, 128@4x4 with channels; ? or [2..8] is found, H is every size.",
    ),
]
Target = Annotated[
    str, typer.Argument(metavar="TARGET", help="The shape that must come out; 2H, H/8 or H-184 with a letter of INPUT.")
]

Shape = Annotated[
    str,
    typer.Option("--input", metavar="SHAPE", help="The shape that goes in: 3@224x224.", rich_help_panel=SHAPES),
]

Layers = Annotated[
    str | None,
    typer.Option(
        "--layers",
        metavar="N",
        help="How many layers; 2..6 is to be found, the fewest first.  [default: 1]",
        rich_help_panel=LAYERS,
    ),
]
Layer = Annotated[
    str | None,
    typer.Option(
        "--layer",
        metavar="KIND",
        autocompletion=kinds,
        help="conv, conv_transpose or auto: conv_transpose where a size grows.  [default: auto]",
        rich_help_panel=LAYERS,
    ),
]
Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="EXPR",
        help='The layers instead, with holes: "Conv(k=3) >> MaxPool() >> ConvTranspose() * 2".',
        rich_help_panel=LAYERS,
    ),
]
Channels = Annotated[
    str | None,
    typer.Option(
        "--channels",
        metavar="LIST",
        help="One number more than there are convolutions: 128,64,32,16,3; ? or [16..64:16] is to be found.",
        rich_help_panel=LAYERS,
    ),
]
Latent = Annotated[
    str | None,
    typer.Option(
        "--latent",
        metavar="N",
        help="A vector of this length goes in; INPUT is where the stack starts: 256@4x4, or 256@?x? to be found.",
        rich_help_panel=LAYERS,
    ),
]
Tie = Annotated[
    str | None,
    typer.Option(
        "--tie",
        metavar="LIST",
        autocompletion=ties,
        help="Parameters equal on all axes: kernel_size,stride; none; all."
        "  [default: kernel_size, stride, dilation, and all five between axes with the same sizes]",
        rich_help_panel=LAYERS,
    ),
]

Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="EXPR",
        help="A condition, as in params <= 2e6, stride[0] == 2, product(stride) == 8, receptive_field >= 31;"
        " once more for a further one.",
        rich_help_panel=CONDITIONS,
    ),
]
NoCheckerboard = Annotated[
    bool,
    typer.Option(
        "--no-checkerboard",
        help="Transposed convolutions overlap evenly: kernel_size % stride == 0.",
        rich_help_panel=CONDITIONS,
    ),
]
Exact = Annotated[
    bool,
    typer.Option(
        "--exact",
        help="Strided convolutions and pools use every element of their input.",
        rich_help_panel=CONDITIONS,
    ),
]
OddKernels = Annotated[
    bool, typer.Option("--odd-kernels", help="Every kernel_size is odd.", rich_help_panel=CONDITIONS)
]
Monotone = Annotated[
    bool, typer.Option("--monotone", help="On no axis a size turns back on its way.", rich_help_panel=CONDITIONS)
]
Minimize = Annotated[
    list[str] | None,
    typer.Option(
        "--minimize",
        metavar="EXPR",
        help="params, macs, or another number, as in sum(kernel_size): proved to be the least; once more for what comes"
        " next.",
        rich_help_panel=ANSWER,
    ),
]
Maximize = Annotated[
    list[str] | None,
    typer.Option("--maximize", metavar="EXPR", help="Likewise the most.", rich_help_panel=ANSWER),
]

KernelSize = Annotated[
    str | None,
    typer.Option(
        "--kernel-size",
        "-k",
        metavar="DOMAIN",
        help="3 or 3,5,7 or 1..7 or 2..16:2; one an axis: 3x5.  [default: 1..7, pools 2..7]",
        rich_help_panel=LIMITS,
    ),
]
Stride = Annotated[
    str | None,
    typer.Option("--stride", "-s", metavar="DOMAIN", help="[default: 1..4]", rich_help_panel=LIMITS),
]
Padding = Annotated[
    str | None,
    typer.Option(
        "--padding",
        "-p",
        metavar="DOMAIN",
        help="[default: 0 to half the largest kernel, dilation counted]",
        rich_help_panel=LIMITS,
    ),
]
Dilation = Annotated[
    str | None,
    typer.Option("--dilation", "-d", metavar="DOMAIN", help="[default: 1]", rich_help_panel=LIMITS),
]
OutputPadding = Annotated[
    str | None,
    typer.Option(
        "--output-padding",
        metavar="DOMAIN",
        help="[default: 0 to the largest stride or dilation less 1]",
        rich_help_panel=LIMITS,
    ),
]

Seed = Annotated[str, typer.Option("--seed", metavar="S", help="Of the random numbers.", rich_help_panel=ANSWER)]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        help="End by then, with what was found until then.",
        rich_help_panel=ANSWER,
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory",
        metavar="MIB",
        help="The same where the search takes more memory than this.",
        rich_help_panel=ANSWER,
    ),
]

ExplainOption = Annotated[
    Explain,
    typer.Option(
        "--explain",
        metavar="HOW",
        help="short, or full: why there is no answer, with the sizes that each layer reaches.",
        rich_help_panel=ANSWER,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object, whatever comes out.", rich_help_panel=OUTPUT)]
ColorOption = Annotated[
    Color,
    typer.Option(
        "--color",
        metavar="WHEN",
        help="auto, always (a drawn table in a pipe, too) or never: no escape codes.",
        rich_help_panel=OUTPUT,
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace the file where it is already there.", rich_help_panel=CODE)
]
Smt2 = Annotated[
    str | None,
    typer.Option(
        "--smt2",
        metavar="FILE",
        help="Write the question for another solver, as SMT-LIB 2, before it is answered.",
        rich_help_panel=CODE,
    ),
]
