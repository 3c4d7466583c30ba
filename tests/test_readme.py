"""The README is run, every block of it.

- ``sh``: the two set-up commands. CI runs them to the letter in a fresh clone; here only their last part, the one
  after the last ``&&``, runs in the environment that is installed already (the tests are only collected, or they
  would start themselves).
- ``console``: each ``$ command`` is run by bash on a terminal of 100 columns, all of a README in one directory, and
  what it prints must be what is shown. ``console exit=3`` says that the block's commands end with that code.
- ``python``: run in order as one session; a block with ``>>>`` is run as a doctest.
- ``text``: not run. Nothing else is allowed.

Before screens are compared, trailing blanks and empty lines at both ends go, times (``0.12 s``, ``35 ms``) become
``<time>``, and a shown line ``...`` stands for any number of lines.
"""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.terminal import BIN, environment, run_on_terminal

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"\b\d+(\.\d+)? ?(s|ms|seconds)\b")


class Block(NamedTuple):
    """A fenced block: its info string, its text, and the README's line where the text starts."""

    info: str
    body: str
    line: int

    @property
    def language(self) -> str:
        return self.info.split()[0] if self.info.split() else ""


def blocks_of(text: str) -> list[Block]:
    return [
        Block(m["info"].strip(), m["body"], text.count("\n", 0, m.start("body")) + 1) for m in _FENCE.finditer(text)
    ]


def blocks(language: str) -> list[Block]:
    return [block for block in blocks_of(README.read_text(encoding="utf-8")) if block.language == language]


def commands(block: Block) -> list[tuple[str, str]]:
    """The commands of a console block, each with the screen shown under it."""
    parts = re.split(r"^\$ ", block.body, flags=re.MULTILINE)
    assert not parts[0].strip(), f"README.md:{block.line}: a console block starts with a command"
    found = []
    for part in parts[1:]:
        command, _, screen = part.partition("\n")
        while command.endswith("\\"):
            more, _, screen = screen.partition("\n")
            command = f"{command}\n{more}"
        found.append((command, screen))
    return found


def normalised(screen: str) -> str:
    return "\n".join(line.rstrip() for line in _TIME.sub("<time>", screen).splitlines()).strip("\n")


def agrees(shown: str, printed: str) -> bool:
    parts = re.split(r"^\.\.\.(?:\n|\Z)", normalised(shown) + "\n", flags=re.MULTILINE)
    return re.fullmatch(r"(?:.*\n)*?".join(map(re.escape, parts)), normalised(printed) + "\n") is not None


def test_every_block_is_of_a_kind_that_is_run() -> None:
    kinds = {block.language for block in blocks_of(README.read_text(encoding="utf-8"))}
    assert kinds <= {"sh", "console", "python", "text"}


def test_the_two_commands_start_from_a_fresh_clone() -> None:
    main_job, tests = blocks("sh")  # .ci/run takes the first and the second such block
    for block in (main_job, tests):
        assert block.body.startswith("python -m venv .venv && .venv/bin/pip install -c tests/constraints.txt ")
        assert block.body.count("\n") == 1
    assert tests.body.rstrip().endswith(" && .venv/bin/python -m pytest")


@pytest.mark.parametrize(("number", "more"), [(0, []), (1, ["--collect-only", "--quiet"])], ids=["main job", "tests"])
def test_the_last_part_of_a_set_up_command_runs(number: int, more: list[str]) -> None:
    last = blocks("sh")[number].body.rpartition("&&")[2]
    program, *arguments = shlex.split(last)
    command = [program.replace(".venv/bin", str(BIN)), *arguments, *more]
    code, screen = run_on_terminal(command, cwd=ROOT)
    assert code == 0, screen


def test_console_blocks_print_what_they_show(tmp_path: Path) -> None:
    for block in blocks("console"):
        expected = re.search(r"\bexit=(\d+)", block.info)
        for command, shown in commands(block):
            code, printed = run_on_terminal(["bash", "-c", command], cwd=tmp_path, env=environment())
            where = f"README.md:{block.line}: {command}"
            screens = f"--- shown\n{normalised(shown)}\n--- printed\n{normalised(printed)}"
            assert agrees(shown, printed), f"{where}\n{screens}"
            assert code == (int(expected[1]) if expected else 0), where


def test_python_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "readme"}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for block in blocks("python"):
        if ">>>" in block.body:
            example = doctest.DocTestParser().get_doctest(block.body, names, "README", str(README), block.line - 1)
            report: list[str] = []
            failed = runner.run(example, out=report.append, clear_globs=False).failed
            assert not failed, "".join(report)
            names |= example.globs
        else:
            # Blank lines in front let a traceback name the README's own line.
            exec(compile("\n" * (block.line - 1) + block.body, str(README), "exec"), names)  # noqa: S102


def test_a_wrong_screen_is_found() -> None:
    assert agrees("a\n...\nd  \n", "a\nb\nc\nd\n")
    assert agrees("took 0.3 s", "took 12 ms\n")
    assert agrees("...", "")
    assert not agrees("a\n...\nd", "a\nb\nc\n")
    assert not agrees("a.c", "abc")
    assert not agrees("a\nb", "a\nb\nc")


def test_blocks_and_commands_are_found_where_they_stand() -> None:
    (block,) = blocks_of("# Title\n\n```console exit=3\n$ one \\\n  more\nfirst\n$ two\n```\n")
    assert (block.language, block.line) == ("console", 4)
    assert commands(block) == [("one \\\n  more", "first\n"), ("two", "")]
