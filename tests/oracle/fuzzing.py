"""Command lines, files and variables that nobody would write, and what must hold whatever they are.

A case starts from a line that is right and is changed by characters, words, and fragments that have broken readers
elsewhere. All is read as ever; only the search behind it ends at once, with nothing found.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from convsolve import answering
from convsolve.answer import Status
from convsolve.check import child
from convsolve.configuration import KEYS as DEFAULTS
from convsolve.errors import Error
from convsolve.events import Counted, Ended, Listener
from convsolve.grounding import ground
from convsolve.problem import Problem
from convsolve.spec import KEYS
from tests.command_line import Said, convsolve

SAVED = Path(__file__).parents[1] / "data" / "fuzz.jsonl"
LONGEST = 2.0  # seconds of processor time
CODES = {0, 2, 3, 4, 5}  # what a command may end with that nobody stopped
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

LIKELY = [
    *(
        "1",
        "2",
        "3",
        "7",
        "28",
        "3,5",
        "1..7",
        "2..16:2",
        "3x5",
        "4x4",
        "1@9",
        "8@28x28",
        "?",
        "[2..8]",
        "same",
        "none",
    ),
    *("all", "stride", "2..4", "conv", "params", "-macs", "sum(stride)", "stride == 2", "Conv() * 2", "[2..8]"),
]
DIGITS = "9" * 5000
FRAGMENTS = [
    "", " ", "\n", "\t", "\x00", "\x1b[31m", "\ud800", "\udcff", "\u202e", "\ufeff", "\u2028", "٢٨", "\uff12\uff18",
    "ß", "🜚", "-0", "-1", "0", "00", "1e308", "1e999", "-1e999", "NaN", "nan", "Infinity", "inf", "1_0", "0x10",
    "07", "1.5", "2e6", "9" * 11, DIGITS, "2147483647", "2147483648", "1" * 100, "..", "1..", "..7", "7..1",
    "1..7:0", "1..4096", "x", "3x", "x3", "3x5x7x9", ",", ",,", "3,,5", "@", "1@", "@4", "?", "?x?", "[2..8]",
    "[8..2]", "[..]", "H", "2H", "H/8", "H-184", "4x4 -> 8x8", "64,96", "-", "--", "---", "--=", "-k", "-ks", "-h",
    "--layers", "--layer", "--stack", "--channels", "--tie", "--where", "--minimize", "--maximize", "--count",
    "--all", "--json", "--jsonl", "--color", "--timeout", "--memory", "--explain", "--check", "--spec", "--isolated",
    "--show-config", "--no-checkerboard", "--exact", "--input", "none", "all", "default", "auto", "conv",
    "conv_transpose", "same", "valid", "params", "stride", "jump", "true", "null", "Conv", "Conv()", "Conv(k=3)",
    "MaxPool()", "ConvTranspose()", "Act('relu')", "Norm('batch')", " >> ", " * ", '* "2..6"', "* 999", "* 10**9",
    "(", ")", "(" * 5000, ")" * 50, "[" * 5000, "{" * 5000, "{", "}", "[", "]", '"', "'", "\\", "\\u0000", "k=3",
    "k={3,5}", "k=range(9)", "k=range(10**12)", "k='1..7'", "k=(3,5)", "k=-1", "k=None", "k=True", "s=s", "**{}",
    "*()", "__import__('os').system('exit')", "lambda: 0", "stride == 2", "params <= 2e6", "stride[0][1]",
    "Conv.stride", "1 == 2", "sum(stride)", "max(stride, 2)", "abs(padding - 1)", "not", "and", "or", "in {1, 2}",
    "in range(9)", "stride // 0", "stride % (stride - 1)", "9" * 40, "+1" * 300, "-" * 300, "not " * 200, "a" * 3000,
    "a." * 600, "x=1\n" * 40, "''" * 999, '{"a":' * 3000, '"stride": 2,', "stride = 2\n", "[tool.convsolve]\n",
    "convsolve.answer/1", "\\ud800", "1979-05-27", "#",
]  # fmt: skip

SPECS: list[dict[str, Any]] = [
    {"input": 7, "target": 28},
    {"input": [4, 4], "target": "61x79", "layers": 4, "kernel_size": "3,5", "count": 2},
    {"input": "128@4x4", "target": "3@64x64", "layers": "2..4", "stride": 2, "where": ["params <= 2e6"]},
    {"input": "8@4x4", "target": "3@9x9", "layers": 2, "minimize": "macs", "maximize": ["params"]},
    {"input": "8@9", "target": "8@?", "stack": "Conv(k=3) * 2 >> MaxPool()", "channels": [8, 16, None], "tie": ["s"]},
    {"input": "1@28x28", "target": "1@28x28", "stack": "Conv(k={3,5}) >> ConvTranspose(s=2)", "exact": True},
    {"schema": "convsolve.answer/1", "problem": {"input": "7", "target": "28", "count": None}, "total": 12},
]  # fmt: skip
LINES = [
    ["solve", "7", "28"],
    ["solve", "128@4x4", "3@61x79", "--layers", "4", "-k", "3,5", "-s", "1..2", "--count", "2", "--json"],
    [
        "solve",
        "28",
        "7",
        "--stack",
        "Conv(k=3, p='0..1') * 2 >> MaxPool(2) >> Act('relu')",
        "--where",
        "stride[0] == 2",
    ],
    ["solve", "4@28x28", "8@7x7", "--layers", "2..3", "--channels", "4,?,8", "--minimize", "params", "--tie", "none"],
    ["count", "16000", "80", "--layers", "3", "-k", "1..20", "--where", "product(stride) == 200", "--timeout", "5"],
    ["count", "100x[2..8]", "?", "--layer", "conv", "--no-checkerboard", "--odd-kernels", "--memory", "900", "--json"],
    ["trace", "Conv(c=16, k=3, s=2) >> MaxPool(2) >> ConvTranspose(k=4, s=2, p=1)", "--input", "3@64x64", "--json"],
    ["trace", "Conv(k=9) >> Norm('group', 4)", "--input", "8x8", "--channels", "8,4"],
    ["trace", "Pad((1, 2)) >> Upsample(1.5) >> AdaptiveAvgPool(4) >> Flatten() >> Linear(10)", "--input", "3@8x8"],
    ["solve", "1@8x8", "4@4x4", "--stack", "Pad() >> Conv(c=1) >> PixelUnshuffle() >> Crop((0, 1))", "--tie", "all"],
    ["solve", "--spec", "-", "--json"],
    ["count", "--spec", "-", "-s", "2"],
    ["trace", "--spec", "-"],
    ["solve", "--spec", "-", "--show-config"],
    ["emit", "-", "--pick", "1", "--activation", "relu", "--norm", "batch"],
    ["explain-error", "-"],
    ["schema", "spec", "--json"],
]
MESSAGES = [
    "mat1 and mat2 shapes cannot be multiplied (32x256 and 400x10)",
    "Calculated padded input size per channel: (2 x 2). Kernel size: (3 x 3). Kernel size can't be greater than actual",
    "Given groups=1, weight of size [16, 3, 3, 3], expected input[1, 1, 8, 8] to have 3 channels, but got 1 channels",
]
TABLES = [{"kernel_size": "3,5", "count": 3}, {"where": ["stride <= 2"], "timeout": 5, "color": "never", "exact": True}]


class Case(NamedTuple):
    """What is typed, what comes from stdin, and what a project and the environment say."""

    arguments: list[str]
    stdin: str
    project: str | None
    variables: dict[str, str]


def drawn(draw: Random) -> Case:
    """A case: a line that is right, changed here and there."""
    arguments = [*draw.choice(LINES)]
    stdin = _stdin(draw, arguments)
    project, variables = None, {}
    if draw.random() < 0.1:
        project = _changed(draw, "[tool.convsolve]\n" + toml(draw.choice(TABLES)))
    if draw.random() < 0.1:
        variables = {f"CONVSOLVE_{draw.choice(DEFAULTS).upper()}": _sound(draw.choice(FRAGMENTS))}
    if stdin is None or draw.random() < 0.3:
        arguments = _changed_words(draw, arguments)
    return Case(arguments, stdin or "", project, variables)


def toml(table: dict[str, Any]) -> str:
    """The table as TOML, without what says nothing."""
    return "".join(f"{key} = {json.dumps(given)}\n" for key, given in table.items() if "null" not in json.dumps(given))


def _stdin(draw: Random, arguments: list[str]) -> str | None:
    if "--spec" in arguments:
        table = dict(draw.choice(SPECS))
        for _ in range(draw.choice([0, 0, 1, 2])):
            table[draw.choice([*KEYS, "strid", "schema", "problem"])] = _value(draw, 2)
        text = toml(table) if draw.random() < 0.4 and "problem" not in table else json.dumps(table)
        return text if draw.random() < 0.4 else _changed(draw, text)
    if "emit" in arguments:
        return _changed(draw, _record())
    return _changed(draw, draw.choice(MESSAGES)) if "explain-error" in arguments else None


def _record() -> str:
    return convsolve("solve", "7", "28", "--count", "1", "--json", "--isolated").out


def _value(draw: Random, depth: int) -> Any:  # noqa: ANN401 - what JSON may be
    kind = draw.randrange(8 if depth else 6)
    if kind == 6:
        return [_value(draw, depth - 1) for _ in range(draw.randrange(4))]
    if kind == 7:
        return {draw.choice(KEYS): _value(draw, depth - 1)}
    numbers = [0, 1, -1, 3, 2**31, 10**30, 1.5, 1e308, -0.0, True, False, None]
    return draw.choice(numbers if kind < 2 else LIKELY if kind < 4 else FRAGMENTS)


def _changed(draw: Random, text: str) -> str:
    """Some places of a text dropped, doubled, or with a fragment in them."""
    for _ in range(draw.choice([1, 1, 2, 3, 5])):
        start = draw.randrange(len(text) + 1)
        end = min(len(text), start + draw.choice([0, 0, 1, 1, 2, 5, 20]))
        fragment = draw.choice(draw.choice([FRAGMENTS, LIKELY]))
        piece = draw.choice(["", text[start:end] * 2, fragment, fragment, chr(draw.randrange(256))])
        text = text[:start] + piece + text[end:]
    return text


def _changed_words(draw: Random, words: list[str]) -> list[str]:
    """Some words dropped, doubled, changed, or others in their place; every third time likely ones."""
    gentle = draw.random() < 0.3
    for _ in range(draw.choice([1, 1, 2, 3])):
        place = draw.randrange(1, len(words)) if len(words) > 1 and draw.random() < 0.95 else 0
        instead = draw.choice(LIKELY if gentle else draw.choice([FRAGMENTS, LIKELY]))
        change = draw.randrange(5)
        if gentle:
            words[place : place + 1] = [words[place] if words[place][:2] == "--" else instead]
        elif change == 0:
            words[place : place + 1] = []
        elif change == 1:
            words[place:place] = [instead]
        elif change == 2:
            words[place:place] = words[place : place + 1]
        else:
            words[place : place + 1] = [instead if change == 3 else _changed(draw, words[place])]
        if not words:
            break
    return [_sound(word) for word in words]


def _sound(word: str) -> str:
    """A word as a process can be given it: no NUL, and lone surrogates only for bytes that are no text."""
    return re.sub("[\ud800-\udbff]", "\udcff", word.replace("\x00", ""))


@contextmanager
def unsearched() -> Iterator[None]:
    """All is read as ever, and nothing is searched for, run or written."""

    def nothing(problem: Problem, report: Listener, **_: object) -> None:
        for one in getattr(problem, "problems", [problem]):
            ground(one)
        report(Counted(None, "graph"))
        report(Ended(Status.GAVE_UP))

    def refused(*_: object, **__: object) -> None:
        raise Error("unsupported", "nothing is run here", help=["run it elsewhere"])

    with pytest.MonkeyPatch.context() as patch:
        for name in ("search", "search_all"):
            patch.setattr(answering, name, nothing)
        for name in ("check_layers", "check_many", "verify_file"):
            patch.setattr(child, name, refused)
        yield


def judged(case: Case, directory: Path, *, timed: bool) -> tuple[int, str]:
    """The exit code, and what is wrong with how the command ended; nothing where all is well."""
    project = directory / "pyproject.toml"
    project.write_text(case.project or "", encoding="utf-8", errors="surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        for name, text in case.variables.items():
            patch.setenv(name, text)
        start = time.process_time()
        try:
            said = convsolve(*case.arguments, stdin=case.stdin.encode("utf-8", "surrogatepass"))
        except BaseException as error:  # noqa: BLE001 - nothing at all may come through
            return 1, f"{type(error).__name__}: {error}"
        spent = time.process_time() - start
    return said.code, _wrong(said) or (f"{spent:.1f} s of processor time" if timed and spent > LONGEST else "")


def _wrong(said: Said) -> str:
    if said.code not in CODES:
        return f"exit code {said.code}: {said.err[:300]}"
    if "Traceback" in said.err:
        return "a traceback"
    if UNPRINTABLE.search(said.err) or UNPRINTABLE.search(said.out):
        return f"unprintable characters: {said.err[:300]!a}"
    if said.code == 2 and not re.match(r"error\[[a-z0-9-]+\]: .+\n  help: |\w.*\n\nExamples:\n", said.err):
        return f"no error with help: {said.err[:300]!a}"
    if said.code == 2 and said.out:
        record = json.loads(said.out)
        if record["schema"] != "convsolve.error/1" or not record["help"]:
            return f"no record of an error: {said.out[:300]}"
    return ""


def saved() -> list[Case]:
    """Cases that once ended wrongly."""
    return [Case(*json.loads(line)) for line in SAVED.read_text().splitlines()] if SAVED.exists() else []
