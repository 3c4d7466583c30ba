"""Whatever is typed, no traceback: a slice of ``python -m tests.soak.fuzz``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from convsolve import posing
from tests.oracle.fuzzing import Case, drawn, judged, saved, unsearched


def test_whatever_is_typed_ends_in_words(tmp_path: Path) -> None:
    draw = Random(8)
    codes: Counter[int] = Counter()
    with unsearched():
        for case in [*saved(), *(drawn(draw) for _ in range(400))]:
            code, wrong = judged(case, tmp_path, timed=False)
            assert not wrong, case
            codes[code] += 1
    assert codes[2] > 150, "most are mistakes"
    assert codes[4] > 10, "some are questions, of which none is answered here"


def test_a_defect_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posing, "ask", lambda *_, **__: 1 // 0)
    with unsearched():
        code, wrong = judged(Case(["solve", "7", "28"], "", None, {}), tmp_path, timed=False)
    assert (code, wrong[:45]) == (1, "exit code 1: error[internal]: ZeroDivisionErr")
