"""Every verdict and size of the table of torch cases against our rules, and a sample of it against torch anew."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
import torch

from convsolve.tracing import trace
from tests import torch_cases
from tests.oracle import torch_run

CASES = torch_cases.load()


@pytest.mark.parametrize("kind", torch_cases.KINDS)
def test_every_verdict_and_size_is_torchs(kind: str) -> None:
    verdicts: Counter[bool] = Counter()
    for spec, into, out in CASES:
        if spec["kind"] == kind:
            plain = {name: tuple(value) if isinstance(value, list) else value for name, value in spec.items()}
            found = trace(torch_run.text([plain]), f"{into[0]}@{'x'.join(map(str, into[1:]))}")
            ours = None
            if found.output is not None:
                ours = [found.output.channels, *found.output.size]
            assert ours == out, (spec, into, found.reason)
            verdicts[found.valid] += 1
    assert verdicts[True] > 20
    assert sum(verdicts.values()) > 100 or kind in {"Flatten", "Linear"}
    assert verdicts[False] > 20 or kind in {"AdaptiveAvgPool", "AdaptiveMaxPool", "Flatten", "Linear"}


def test_torch_says_the_same_today() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for spec, into, out in Random(1).sample(CASES, 250):
            assert torch_cases.measured(spec, into) == out, (spec, into)
    finally:
        torch.set_num_threads(before)
