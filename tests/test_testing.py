"""The checks for a layer kind from elsewhere, and such a kind on its way from an entry point to torch."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import convsolve as cs
from convsolve.layers.base import POSITIVE, LayerKind, Rule, Setting
from convsolve.layers.crop import Crop
from convsolve.layers.maps import SizeMap, downwards, upwards
from convsolve.layers.max_pool import MaxPool
from convsolve.layers.pixel_unshuffle import PixelUnshuffle
from convsolve.registry import looked_into, record_of
from convsolve.testing import check
from tests.terminal import environment

PLUGIN = Path(__file__).parent.parent / "examples" / "lp_pool"


def example() -> type[LayerKind]:
    spec = importlib.util.spec_from_file_location("convsolve_lp_pool", PLUGIN / "convsolve_lp_pool.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["convsolve_lp_pool"] = module
    spec.loader.exec_module(module)
    found = module.LPPool
    assert isinstance(found, type)
    assert issubclass(found, LayerKind)
    return found


def test_the_template_passes_and_so_do_built_in_kinds() -> None:
    kind = example()  # which is not plugged in here
    check(kind, domains={"kernel_size": [1, 2, 3], "stride": [1, 2, 3]}, dims=(1, 2))
    check(Crop, domains={"before": [0, 1, 3], "after": [0, 2]}, dims=(1,))
    check(PixelUnshuffle, dims=(2,))
    check(MaxPool, domains={"kernel_size": [2, 3], "stride": [1, 2], "padding": [0, 1], "dilation": [1]}, dims=(1,))


@dataclass(frozen=True)
class Wrong(Crop):
    """Crops one more than its sentence says."""

    def size_map(self, setting: Setting) -> SizeMap:
        return upwards(1, -sum(setting) - 1)


@dataclass(frozen=True)
class Stranger(Crop):
    """Speaks of what it has not."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (Rule("size", "out_size == in_size - before - behindd", "a size"), POSITIVE)


@dataclass(frozen=True)
class Lies(Crop):
    """Agrees with itself, and not with torch."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (Rule("size", "out_size == in_size - before - after - 1", "a size"), POSITIVE)

    def size_map(self, setting: Setting) -> SizeMap:
        return upwards(1, -sum(setting) - 1)


@dataclass(frozen=True)
class Blind(Crop):
    """Differs where sizes are large only."""

    def size_map(self, setting: Setting) -> SizeMap:
        return downwards(1, -sum(setting) - 1, least=max(2, sum(setting) + 1))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Wrong, "sentences and map differ"),
        (Stranger, "speaks of behindd"),
        (Lies, "torch says"),
        (Blind, "sentences and map differ"),
    ],
)
def test_a_kind_that_errs_is_found_out(kind: type[LayerKind], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check(kind, domains={"before": [0, 1], "after": [0, 1]}, dims=(1,))


def test_a_kind_must_name_its_class_of_torch() -> None:
    base = example()

    @dataclass(frozen=True)
    class PowerPool(base):  # type: ignore[misc,valid-type]
        """The template under a name that torch does not have."""

        name = "PowerPool"
        record = "power_pool"

    with looked_into(PowerPool):
        solution = cs.solve("1@8x8", "1@4x4", stack="PowerPool(2, s=2)")[0]
        with pytest.raises(cs.Error, match=r"layer 0 \(PowerPool\): its torch_call names 'LPPool2d'") as caught:
            solution.code()
        assert caught.value.help == ("the kind must say so: torch_classes = ('LPPool',), without 1d, 2d and 3d",)

    @dataclass(frozen=True)
    class Named(PowerPool):
        """Likewise, and says so."""

        torch_classes = ("LPPool",)

    with looked_into(Named):
        assert "nn.LPPool2d(2, 2, stride=2)" in cs.solve("1@8x8", "1@4x4", stack="PowerPool(2, s=2)")[0].code()
    with pytest.raises(cs.Error, match="unknown-kind"):
        cs.solve("1@8x8", "1@4x4", stack="PowerPool(2, s=2)")


def test_records_call_kinds_in_small_letters() -> None:
    assert [*map(record_of, ("BlurPool", "LPPool", "Conv"))] == ["blur_pool", "lppool", "conv"]


def installed(path: Path, name: str, points: str) -> None:
    """A distribution as pip leaves it."""
    info = path / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[convsolve.layers]\n{points}\n")


def run(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = environment(PYTHONPATH=f"{path}:{PLUGIN}")
    return subprocess.run(["convsolve", *words], capture_output=True, text=True, check=False, env=env)


def test_a_kind_is_found_through_its_entry_point_and_a_broken_one_harms_nothing(tmp_path: Path) -> None:
    installed(tmp_path, "lp-pool", "LPPool = convsolve_lp_pool:LPPool")
    (tmp_path / "astray.py").write_text("raise RuntimeError('not today')\n")
    installed(tmp_path, "astray", "BlurPool = astray:BlurPool\nNoKind = json:dumps")
    listed = json.loads(run(tmp_path, "plugins", "--json").stdout)["plugins"]
    states = {one["name"]: one["state"] for one in listed if one["group"] == "convsolve.layers"}
    assert states["LPPool"] == "ok"
    assert "RuntimeError: not today" in states["BlurPool"]
    assert "json:dumps is no LayerKind" in states["NoKind"]
    plain = run(tmp_path, "plugins")
    assert plain.returncode == 0
    assert "warning: BlurPool, NoKind cannot be used" in plain.stderr
    code = tmp_path / "model.py"
    stack = "Conv(k=3, p=1, s=1) >> LPPool()"
    solved = run(tmp_path, "solve", "1@28x28", "1@14x14", "--stack", stack, "--count", "1", "--emit", str(code))
    assert solved.returncode == 0, solved.stderr
    assert "nn.LPPool2d(2, 2, stride=2)," in code.read_text()
    record = tmp_path / "answer.json"
    record.write_text(run(tmp_path, "solve", "28", "14", "--stack", stack, "--json", "--count", "2").stdout)
    again = run(tmp_path, "emit", str(record))
    assert again.returncode == 0, again.stderr
    broken = run(tmp_path, "solve", "28", "14", "--stack", "BlurPool()")
    assert broken.returncode == 2
    assert broken.stderr.startswith("error[broken-plugin]: the layer kind 'BlurPool' of 'astray 1.0' cannot be used")
    assert run(tmp_path, "count", "7", "28").stdout == "12\n"
