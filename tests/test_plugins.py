"""`convsolve plugins` on search frameworks; tests/test_testing.py has it on layer kinds."""

from __future__ import annotations

import json
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from convsolve.plugins import Framework
from tests.command_line import convsolve
from tests.records import valid

ROOT = Path(__file__).parent.parent

BROKEN = {
    "gone": "no_such_module:FRAMEWORK",
    "raising": "raising:FRAMEWORK",
    "strange": "strange:FRAMEWORK",
    "without": "without:FRAMEWORK",
    "tested": "tested:FRAMEWORK",
    "old": "old:FRAMEWORK",
}
IMPORT = "from convsolve.plugins import Framework\n"
MODULES = {
    "raising": "raise RuntimeError('on import\\nand more')",
    "strange": "FRAMEWORK = 3",
    "without": f"{IMPORT}FRAMEWORK = Framework('None', 'no-such-package', '1', '2', 'it')",
    "tested": f"{IMPORT}FRAMEWORK = Framework('Pytest', 'pytest', '8.3', '1000', 'it')",
    "old": f"{IMPORT}FRAMEWORK = Framework('Pytest', 'pytest', '1', '2.5', 'it')",
}


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package whose entry points are of all sorts."""
    about = tmp_path / "strangers-1.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers\nVersion: 1.5\n")
    lines = ["[convsolve.frameworks]", *(f"{name} = {where}" for name, where in BROKEN.items())]
    (about / "entry_points.txt").write_text("\n".join(lines))
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("plugged")
def test_each_framework_is_ok_or_says_what_is_missing() -> None:
    said = convsolve("plugins", "--json")
    record = json.loads(said.out)
    valid(record, "plugins")
    found = {one["name"]: one["state"] for one in record["plugins"] if one["package"] == "strangers 1.5"}
    assert found == {
        "gone": "ModuleNotFoundError: No module named 'no_such_module'",
        "raising": "RuntimeError: on import",
        "strange": "int is no convsolve.plugins.Framework",
        "without": "not installed: pip install 'it'",
        "tested": "ok",
        "old": f"pytest {pytest.__version__} is installed, tested from 1 up to 2.5, without it",
    }
    assert said.code == 0
    assert said.err == "warning: gone, old, raising, strange cannot be used; all else can\n"


def test_a_part_of_what_is_not_installed_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "an_adapter.py").write_text("import no_such_framework\nPART = 3")
    monkeypatch.syspath_prepend(str(tmp_path))
    framework = Framework("It", "no-such-framework", "1", "2", "convsolve[it]")
    with pytest.raises(ModuleNotFoundError, match=r"It is not installed: pip install 'convsolve\[it\]'"):
        framework.part("an_adapter", "PART")
    with pytest.raises(ModuleNotFoundError, match="no_such_adapter"):
        framework.part("no_such_adapter", "PART")


def test_every_adapter_is_an_extra_within_the_versions_it_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["entry-points"]["convsolve.frameworks"]
    assert set(asked) == {"ax", "optuna", "pymoo", "ray"}
    for entry in entry_points(group="convsolve.frameworks"):
        if entry.name in asked and entry.value == asked[entry.name]:
            framework = entry.load()
            (wanted, *_) = project["optional-dependencies"][entry.name]
            name, _, versions = wanted.partition(">=")
            assert name.partition("[")[0] == framework.package
            assert versions == f"{framework.floor},<{framework.ceiling}"
            assert framework.install == f"convsolve[{entry.name}]"
