"""Defaults that a project or the environment sets: their order, where each came from, what may not stand there."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import convsolve as cs
from convsolve.configuration import KEYS, configured
from convsolve.domains import EXAMPLES
from convsolve.spec import READERS
from tests.command_line import convsolve
from tests.records import valid

TABLE = """
[project]
name = "nets"

[tool.convsolve]
kernel-size = "3,5"
output_padding = 0
where = ["stride <= 2"]
count = 1
color = "never"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a table, and a directory in it as the current one."""
    (tmp_path / "pyproject.toml").write_text(TABLE, encoding="utf-8")
    inside = tmp_path / "nets" / "decoder"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    return tmp_path


@pytest.mark.usefixtures("project")
def test_a_project_sets_defaults_and_what_is_typed_goes_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["-k", "3,5", "--where", "stride <= 2", "--count", "1", "--isolated"]
    assert convsolve("solve", "28", "14") == convsolve("solve", "28", "14", *typed)
    assert convsolve("count", "28", "14").out == convsolve("count", "28", "14", *typed[:4], "--isolated").out
    assert convsolve("solve", "28", "14", "-k", "4", "--count", "2", "--json") == convsolve(
        "solve", "28", "14", "-k", "4", "--where", "stride <= 2", "--count", "2", "--json", "--isolated"
    )
    monkeypatch.setenv("CONVSOLVE_KERNEL_SIZE", "2..4")
    monkeypatch.setenv("CONVSOLVE_COUNT", "")  # says nothing
    assert convsolve("solve", "28", "14") == convsolve("solve", "28", "14", "-k", "2..4", *typed[2:])
    assert convsolve("solve", "28", "14", "-k", "7") == convsolve("solve", "28", "14", "-k", "7", *typed[2:])


@pytest.mark.usefixtures("project")
def test_a_default_says_nothing_where_something_else_has_said_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSOLVE_LAYERS", "3")
    monkeypatch.setenv("CONVSOLVE_CHECK", "z3")
    fixed = ["solve", "28", "14", "--stack", "Conv(k=4, p=1) >> MaxPool(1)"]
    assert convsolve(*fixed).code == 0  # kernel_size is not open, output_padding is nothing here, nor layers
    every = convsolve("solve", "28", "14", "--layers", "1", "--all", "--json")
    assert json.loads(every.out)["total"] == len(json.loads(every.out)["solutions"]) == 2
    assert convsolve("solve", "28", "14", "--layers", "1", "--all", "--jsonl").out.count("\n") == 2


@pytest.mark.usefixtures("project")
def test_a_question_in_a_file_is_whole_whatever_the_project_says() -> None:
    answer = convsolve("solve", "28", "14", "--isolated", "--json").out
    assert convsolve("solve", "--spec", "-", "--json", stdin=answer.encode()).out == answer
    assert json.loads(answer)["problem"]["count"] is None  # which says: all of one layer
    few = convsolve("solve", "--spec", "-", stdin=b"input = 28\ntarget = 14")
    assert few.out.count("\n") == 2


@pytest.mark.usefixtures("project")
def test_python_is_not_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSOLVE_KERNEL_SIZE", "1")
    assert cs.count(7, 28) == 12


@pytest.mark.usefixtures("project")
def test_commands_of_an_explanation_mean_the_same_where_they_are_pasted() -> None:
    said = convsolve("solve", "7", "28", "-s", "1", "--json")
    changes = json.loads(said.out)["explanation"]["changes"]
    assert changes
    for change in changes:
        assert change["command"].endswith(" --isolated")
    again = convsolve(*shlex.split(changes[0]["command"])[1:], "--json")
    assert json.loads(again.out)["solutions"][0]["layers"] == changes[0]["solution"]["layers"]


@pytest.mark.usefixtures("project")
def test_a_mistake_in_a_question_names_the_defaults_beside_it() -> None:
    said = convsolve("solve", "28x28", "14x14", "-k", "3x3x3")
    assert said.err == (
        "error[dimension-mismatch]: kernel_size 3x3x3 has 3 axes, the sizes have 2\n"
        "  help: give one domain for all axes, or 2\n"
        "  help: set elsewhere: output_padding (../../pyproject.toml:7), where (../../pyproject.toml:8)\n"
    )


def test_the_nearest_table_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "nets" / "pyproject.toml").write_text("[tool.ruff]\nline-length = 99\n", encoding="utf-8")
    assert configured(environ={})["count"].value == "1"
    (project / "nets" / "pyproject.toml").write_text("tool.convsolve.count = 7\n", encoding="utf-8")
    assert {name: setting.value for name, setting in configured(environ={}).items()} == {"count": "7"}
    monkeypatch.chdir(project)
    assert configured(environ={})["count"] == ("1", "pyproject", "pyproject.toml:9")
    assert configured(str(project / "nets"), {"CONVSOLVE_COUNT": "8"})["count"] == (
        "8",
        "environment",
        "CONVSOLVE_COUNT",
    )


@pytest.mark.usefixtures("project")
def test_show_config_says_where_everything_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSOLVE_TIMEOUT", "20")
    monkeypatch.setenv("CONVSOLVE_TIMOUT", "20")
    said = convsolve("solve", "28", "14", "-s", "2", "--where", "padding <= 1", "--show-config")
    assert (said.code, said.err) == (0, "warning: CONVSOLVE_TIMOUT is not known: did you mean 'CONVSOLVE_TIMEOUT'?\n")
    head, *lines = (line.split("\t") for line in said.out.splitlines())
    assert head == ["option", "value", "from"]
    shown = {name: (value, place) for name, value, place in lines}
    assert shown["input"] == ("28", "command line")
    assert shown["stride"] == ("2", "command line")
    assert shown["kernel_size"] == ("3,5", "../../pyproject.toml:6")
    assert shown["where"] == ("stride <= 2; padding <= 1", "command line")
    assert shown["timeout"] == ("20", "CONVSOLVE_TIMEOUT")
    assert shown["padding"] == ("0 to half the largest kernel, dilation counted", "built in")
    assert shown["exact"] == ("no", "built in")
    record = json.loads(convsolve("solve", "--show-config", "--json").out)
    valid(record, "config")
    options = {option["name"]: option for option in record["options"]}
    assert options["kernel_size"] == {
        "name": "kernel_size",
        "value": "3,5",
        "default": "1..7, pools 2..7",
        "source": "pyproject",
        "place": "../../pyproject.toml:6",
    }
    assert (options["stride"]["value"], options["stride"]["source"]) == (None, "built-in")
    assert {name for name, option in options.items() if option["source"] == "pyproject"} == {
        "kernel_size",
        "output_padding",
        "where",
        "count",
        "color",
    }
    isolated = json.loads(convsolve("solve", "--isolated", "--show-config", "--json").out)
    assert {option["source"] for option in isolated["options"]} == {"built-in", "command-line"}
    drawn = convsolve("count", "--show-config", "--isolated", terminal=True).out
    assert drawn.startswith("option           value ")


FILES = {
    "[tool.convsolve]\nkernal_size = 3": (
        "unknown-key",
        " [tool.convsolve]: 'kernal_size' is not known",
        "did you mean 'kernel_size'?",
    ),
    '[tool.convsolve]\nstack = "Conv()"': (
        "unknown-key",
        " [tool.convsolve]: 'stack' is not known",
        f"known: {', '.join(KEYS)}",
    ),
    "[tool.convsolve]\nkernel_size = '3..'": (
        "bad-domain",
        " [tool.convsolve]: kernel_size: '3..' is no domain",
        EXAMPLES,
    ),
    "[tool.convsolve]\nstride = 0": (
        "bad-value",
        " [tool.convsolve]: stride must be at least 1, not 0",
        EXAMPLES,
    ),
    "[tool.convsolve]\nkernel_size = [3, 5]": (
        "bad-value",
        " [tool.convsolve]: kernel_size: a list may be values to try, or one an axis",
        'write kernel_size = "3,5" to try both, or kernel_size = "3x5" for one an axis',
    ),
    "[tool.convsolve]\ntimeout = -1": (
        "bad-value",
        " [tool.convsolve]: --timeout: '-1' is no number of seconds above 0 and up to 100000000",
        "write --timeout 10, in Python timeout=...",
    ),
    "[tool.convsolve]\nwhere = 'strid == 2'": (
        "unknown-name",
        " [tool.convsolve]: 'strid' in 'strid == 2' is not known",
        "did you mean 'stride'?",
    ),
    "[tool.convsolve]\n\ncheck = 'torhc'": ("bad-value", ":3: check: 'torhc' is not known", "did you mean 'torch'?"),
    "[tool]\nconvsolve = 3": (
        "bad-config",
        " [tool.convsolve] is no table",
        "write [tool.convsolve] on a line, and kernel_size = 3 below",
    ),
    "[tool.convsolve]\nstride = ": (
        "bad-config",
        ": no TOML: invalid value (at end of document)",
        "--isolated leaves it unread",
    ),
    "[tool.convsolve]\nstride = " + "9" * 5000: ("bad-config", ": a number is too long", "--isolated leaves it unread"),
    "[tool.convsolve]\nstride = " + "[" * 5000: (
        "bad-config",
        ": it is nested too deeply",
        "--isolated leaves it unread",
    ),
}


@pytest.mark.parametrize("text", FILES, ids=lambda text: text[:40])
def test_a_mistake_in_a_project_names_file_and_key(text: str, project: Path) -> None:
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    code, message, help_line = FILES[text]
    said = convsolve("solve", "28", "14")
    assert said == (2, "", f"error[{code}]: ../../pyproject.toml{message}\n  help: {help_line}\n")
    assert convsolve("solve", "28", "14", "--isolated").code == 0


VARIABLES = {
    "CONVSOLVE_STRIDE=2..1": ("empty-domain", "stride: the range 2..1 is empty", "write 1..2"),
    "CONVSOLVE_STRIDE=x": (
        "bad-domain",
        "stride: 'x' is no domain",
        "write a number (3), a list (3,5,7), a range (1..7), a step (2..16:2), or one an axis (3x5)",
    ),
    "CONVSOLVE_EXACT=si": ("bad-value", "exact: 'si' is neither yes nor no", "write 1 or 0"),
    "CONVSOLVE_COLOR=red": ("bad-value", "color: 'red' is not known", "known: auto, always, never"),
    "CONVSOLVE_WHERE=stride <= 2; 3": (
        "bad-condition",
        "3 is a number, not a condition",
        "compare it, as in params <= 2e6",
    ),
}


@pytest.mark.parametrize("setting", VARIABLES)
def test_a_mistake_in_a_variable_names_it(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _, text = setting.partition("=")
    monkeypatch.setenv(name, text)
    code, message, help_line = VARIABLES[setting]
    assert convsolve("solve", "28", "14") == (2, "", f"error[{code}]: {name}: {message}\n  help: {help_line}\n")


def test_a_variable_that_nothing_reads_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = convsolve("solve", "28", "14")
    monkeypatch.setenv("CONVSOLVE_STRID", "2")
    said = convsolve("solve", "28", "14")
    assert (said.code, said.out) == (0, plain.out)
    assert said.err == f"warning: CONVSOLVE_STRID is not known: did you mean 'CONVSOLVE_STRIDE'?\n{plain.err}"
    assert convsolve("solve", "28", "14", "--isolated") == plain


def test_flags_and_conditions_in_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSOLVE_ODD_KERNELS", "yes")
    monkeypatch.setenv("CONVSOLVE_WHERE", "stride == 2; padding <= 2")
    typed = ["--odd-kernels", "--where", "stride == 2", "--where", "padding <= 2", "--isolated"]
    assert convsolve("count", "28", "14") == convsolve("count", "28", "14", *typed)
    monkeypatch.setenv("CONVSOLVE_ODD_KERNELS", "0")
    assert convsolve("count", "28", "14") == convsolve("count", "28", "14", *typed[1:])


def test_every_key_can_be_read() -> None:
    assert set(KEYS) <= set(READERS)


def test_what_is_not_there_is_not_read(tmp_path: Path) -> None:
    """Neither TOML nor what reads a table is imported where there is none, and a first look is enough for that."""
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["convsolve"]\n[tool.ruff]\n', encoding="utf-8")
    script = (
        "import sys; from convsolve.cli.app import run; code = run(['count', '7', '28']);"
        "print(code, sorted({'tomllib', 'convsolve.spec'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "12\n0 []\n"
    (tmp_path / "pyproject.toml").write_text("[tool.convsolve]\ncount = 3\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "12\n0 ['convsolve.spec', 'tomllib']\n"
