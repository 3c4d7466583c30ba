"""Every example runs, and says what it did."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_example_runs(example: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, which has imported torch already: that takes longer than all that an example does."""
    monkeypatch.setattr(sys, "argv", [str(example)])
    runpy.run_path(str(example), run_name="__main__")
    assert capsys.readouterr().out.strip()


def test_the_examples_of_the_issue_are_there() -> None:
    assert {"decoder_28x28", "dcgan_generator", "vocoder_upsampler", "own_search"} <= {path.stem for path in EXAMPLES}
