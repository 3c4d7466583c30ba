"""Graph, Z3 and brute force agree on drawn questions; ``python -m tests.soak.agreement`` asks thousands."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from convsolve import judge, proofs
from convsolve.judge import Verdict
from tests.oracle import agreement
from tests.oracle.agreement import compared, drawn, saved
from tests.soak import agreement as soak


def test_graph_z3_and_brute_force_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "MOST", 20_000)
    draw = Random(2)
    found = [compared(question) for question in [*saved(), *(drawn(draw) for _ in range(60))]]
    assert not [one.wrong for one in found if one.wrong]
    assert sum(one.verdict == Verdict.SAT for one in found) > 20
    assert sum(one.verdict == Verdict.UNSAT for one in found) > 20
    assert sum(one.brute is not None for one in found) > 30


@pytest.mark.parametrize(
    ("part", "instead", "words"),
    [
        ("total", lambda _: 1, "the graph counts 1, "),
        ("total", lambda _: 0, "the graph counts 0, "),
        ("alone", lambda _: Verdict.UNSAT, "Z3 says unsat"),
        ("alone", lambda _: Verdict.SAT, "Z3 says sat"),
    ],
)
def test_one_that_errs_is_found_out(
    part: str, instead: object, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(agreement, part, instead)
    monkeypatch.setattr(agreement, "MOST", 20_000)
    monkeypatch.setattr(proofs, "prove_impossible", lambda *_: judge.Proof(Verdict.UNSAT, 1))
    monkeypatch.setattr(soak, "SAVED", tmp_path / "saved.jsonl")
    monkeypatch.setattr(agreement, "SAVED", tmp_path / "saved.jsonl")
    monkeypatch.setattr("sys.argv", ["agreement", "12", "2"])
    said: list[str] = []
    monkeypatch.setattr("sys.stdout.write", said.append)
    assert soak.main() == 1
    assert words in "".join(said)
    kept = (tmp_path / "saved.jsonl").read_text().splitlines()
    assert saved() == [json.loads(line) for line in kept]
    before = len(kept)
    assert soak.main() == 1, "they come first, and fail again"
    assert len((tmp_path / "saved.jsonl").read_text().splitlines()) == before
