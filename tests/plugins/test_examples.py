"""The searches in examples/search, each in a small form where its framework is."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

EXAMPLES = {"autoencoder_digits": "3", "pareto_front": "100", "sharded_sweep": "4"}
WHERE = Path(__file__).parent.parent.parent / "examples" / "search"


def needed(text: str) -> set[str]:
    """The packages that a script imports."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_search_runs_and_says_what_pruning_reaches(name: str) -> None:
    path = WHERE / f"{name}.py"
    missing = sorted(one for one in needed(path.read_text(encoding="utf-8")) if find_spec(one) is None)
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: tests/plugins/run makes an environment for it")
    env = os.environ | {"RAY_memory_monitor_refresh_ms": "0"}
    done = subprocess.run([sys.executable, path, EXAMPLES[name]], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "pruned" in done.stdout.splitlines()[-1]


def test_no_search_is_left_out() -> None:
    assert {path.stem for path in WHERE.glob("*.py")} == set(EXAMPLES)
