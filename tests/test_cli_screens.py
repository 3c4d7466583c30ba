"""Golden screens: what each command shows on a terminal of 100 columns, and what it writes into a pipe.

``CONVSOLVE_GOLDEN=write python -m pytest tests/test_cli_screens.py`` writes them anew; read the difference before it
is committed.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from convsolve.render import table
from tests.command_line import convsolve

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("CONVSOLVE_GOLDEN") == "write"

SCREENS = {
    "help": "--help",
    "help-solve": "solve --help",
    "help-count": "count --help",
    "help-sample": "sample --help",
    "help-pareto": "pareto --help",
    "help-sweep": "sweep --help",
    "help-trace": "trace --help",
    "help-emit": "emit --help",
    "help-verify": "verify --help",
    "help-explain-error": "explain-error --help",
    "help-schema": "schema --help",
    "help-doctor": "doctor --help",
    "help-plugins": "plugins --help",
    "solve-one-layer": "solve 7 28",
    "solve-channels": "solve 128@7x7 64@14x14 --count 3",
    "solve-stack": "solve 4x4 61x79 --layers 4 --count 2",
    "solve-mixed": "solve 1@28x28 8@7x7 --channels 1,4,8 --count 2"
    """ --stack 'Conv(k=3, padding="same", stride=1, groups=1) >> Act("relu") >> MaxPool() >> Conv()'""",
    "solve-latent": "solve 256@?x? 3@64x64 --layers 4 --latent 128 --count 1",
    "solve-latent-impossible": "solve 256@4x4 3@64x64 --layers 3 --latent 128 -k 4 -s 2 -p 1",
    "solve-family-layer": "solve 3@HxW 8@2Hx2W --count 2",
    "solve-family-rounded": "solve 3@H 10@ --count 1"
    """ --stack 'Conv(c=8, s=2) * 2 >> AdaptiveAvgPool(1) >> Flatten() >> Linear()'""",
    "solve-dilated": "solve 32 20 -k 3,5 -s 1 -d 1..3 -p 0",
    "solve-impossible": "solve 7 1000",
    "solve-impossible-parity": "solve 7 28 --layers 2 -k 3 -s 2 -p 1 --output-padding 0",
    "solve-impossible-full": "solve 7 224 --layers 3 -s 1..2 --explain full",
    "solve-impossible-gap": "solve 100 1000 --layers 6 -k 3..5 -s 1..2 -p 0..2",
    "solve-impossible-window": "solve 3 1 -k 7 -p 0",
    "solve-impossible-range": "solve 7 224 --layers 3 -s 1..2",
    "solve-impossible-length": "solve 9 9 --layer conv_transpose -k 4 -s 1 -d 1",
    "solve-impossible-rule": "solve 3 9 -s 3 -k 3 -p 0 --output-padding 5",
    "solve-condition-false": "solve 7 28 --where 'kernel_size < 0' --where 'stride == 2'",
    "solve-condition-limit": "solve 4x4 61x79 --layers 2 --where 'stride > 5'",
    "solve-condition-tie": "solve 4x4 8x10 --where 'kernel_size[0][0] != kernel_size[0][1]'",
    "solve-condition-limits": "solve 7 28 --layers 2 --where 'kernel_size == 3' --where 'output_padding == 0'",
    "solve-nothing-listed": "solve 28 28 --count 0",
    "count": "count 4x4 61x79 --layers 4",
    "count-impossible": "count 7 1000",
    "pareto": "pareto 8@7 3@28 --layers 2 --minimize params --maximize overlap",
    "trace": """trace 'Conv(c=64, k=7, s=2, p=3) >> Norm("batch") >> Act("relu") >> MaxPool(3, s=2, p=1)'"""
    " --input 3@224x224",
    "trace-without-channels": "trace 'ConvTranspose(k=4, s=2, p=1) * 3' --input 7x9",
    "trace-not-valid": "trace 'Conv(k=5) >> Conv(k=3) >> Conv(k=3)' --input 28x6",
    "schema": "schema",
}

# on a terminal these would show how long they take
PIPED = SCREENS | {
    "solve-impossible-gaps": "solve 100 1000 --layers 3..6 -k 3..5 -s 1..2 -p 0..2",
    "solve-impossible-tie": "solve 4x4 61x79 --layers 4 --tie all",
    "solve-impossible-sizes": "solve [2..8]x[2..8] 100x1000 --layers 1..2",
    "solve-condition-budget": "solve 8@7 3@28 --layers 2 --where 'macs <= 100'",
    "solve-condition-channels": "solve 8@4x4 3@8x8 --layers 2 --channels '8,[1..4],3' --where 'params < 3'",
    "solve-condition-field": "solve 28 28 --layers 3 -s 1 --where 'receptive_field >= 30'",
}


def same(name: str, screen: str) -> None:
    """The screen as it is kept; trailing blanks do not count."""
    screen = "\n".join(line.rstrip() for line in screen.splitlines()).rstrip("\n") + "\n"
    path = GOLDEN / f"{name}.txt"
    if WRITE:
        path.write_text(screen, encoding="utf-8")
    assert screen == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SCREENS)
def test_on_a_terminal(name: str) -> None:
    said = convsolve(*shlex.split(SCREENS[name]), terminal=True)
    assert "\x1b" not in said.out
    same(f"{name}.terminal", f"$ convsolve {SCREENS[name]}\n{said.out}exit {said.code}")


@pytest.mark.parametrize("name", [name for name in PIPED if not name.startswith("help")])
def test_in_a_pipe(name: str) -> None:
    said = convsolve(*shlex.split(PIPED[name]))
    assert not re.search(r"[^\t\n -~]", said.out + said.err)
    text = f"$ convsolve {PIPED[name]}\n--- stdout\n{said.out}--- stderr\n{said.err}--- exit {said.code}"
    same(f"{name}.pipe", text)


@pytest.mark.parametrize("name", SCREENS)
def test_help_and_tables_fit_the_terminal(name: str) -> None:
    lines = convsolve(*shlex.split(SCREENS[name]), terminal=True).out.splitlines()
    words = ("not valid", "limits", "first:", "because", "conflict", "  near", "          convsolve")
    assert [line for line in lines if len(line) > 100 and not line.startswith(words)] == []


def test_a_narrow_terminal_has_short_names() -> None:
    columns = [table.Column("layer", number=False), table.Column("kernel_size", "k"), table.Column("stride", "s")]
    wide, narrow = (list(table.drawn(columns, [("Conv", "3", "1")], width=width)) for width in (60, 20))
    assert wide == ["layer  kernel_size  stride", "Conv             3       1"]
    assert narrow == ["layer  k  s", "Conv   3  1"]


def test_color_is_for_terminals_unless_told_otherwise() -> None:
    plain = convsolve("solve", "7", "28", terminal=True).out
    auto = convsolve("solve", "7", "28", terminal=True, color=True).out
    assert "\x1b[1m" in auto
    assert re.sub(r"\x1b\[\d*m", "", auto) == plain
    never = convsolve("solve", "7", "28", "--color", "never", terminal=True, color=True).out
    assert never == plain
    piped = convsolve("solve", "7", "28", color=True)
    assert "\x1b" not in piped.out + piped.err
    drawn = convsolve("solve", "7", "28", "--color", "always")
    assert drawn.out.startswith("\x1b[1m #  kernel_size")


def test_version() -> None:
    from importlib.metadata import version

    assert convsolve("--version") == (0, f"convsolve {version('convsolve')}\n", "")


def test_without_a_command_the_help_is_shown() -> None:
    said = convsolve()
    assert (said.code, said.out) == (2, "")
    assert "Examples:" in said.err


@pytest.mark.parametrize(
    "name",
    [
        "solve",
        "count",
        "sample",
        "pareto",
        "sweep",
        "trace",
        "emit",
        "verify",
        "explain-error",
        "schema",
        "doctor",
        "plugins",
    ],
)
def test_every_help_starts_with_what_it_does_and_examples(name: str) -> None:
    lines = convsolve(name, "--help").out.splitlines()
    assert lines[0].endswith(".")
    assert lines[1:3] == ["", "Examples:"]
    assert f"  convsolve {name}" in "\n".join(lines[3:8])
