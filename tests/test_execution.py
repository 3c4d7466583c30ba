from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch

from convsolve.check import child, execution, thin
from convsolve.check.child import check_layers, check_many, check_solution, split_model, verify_file
from convsolve.check.execution import PASSES, run
from convsolve.check.report import Fault, Outcome, Report
from convsolve.check.user_model import load, run_model
from convsolve.check.wire import decoded, encoded
from convsolve.emit.code import code
from convsolve.emit.dressing import dressed
from convsolve.emit.writing import write_text
from convsolve.errors import Error
from convsolve.layers.solved import SolvedLayer
from convsolve.limits import Limits
from convsolve.shapes import Shape
from tests.oracle.sabotage import one_is_caught
from tests.oracle.solutions import Part, drawn, solution

UP = ("ConvTranspose", {"kernel_size": 4, "stride": 2, "padding": 1})
UP_2 = solution((4, 4), [UP, UP], (8, 4, 3))


def test_right_solutions_pass() -> None:
    draw = Random(1)
    for _ in range(30):
        found = drawn(draw)
        report = run(found.layers)
        assert report.passed, (found, report)
        assert report.levels == ("torch",)


def test_one_wrong_integer_is_always_caught() -> None:
    # The whole five hundred of them: python -m tests.soak.sabotage
    assert sum(one_is_caught(draw) for draw in [Random(19)] for _ in range(160)) >= 100


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize(("kernel", "padding"), [(3, 2), (5, 3), (1, 1)])
def test_an_empty_output_never_passes(kernel: int, padding: int, groups: int) -> None:
    parts = [("ConvTranspose", {"kernel_size": kernel, "padding": 0, "groups": groups})]
    (layer,) = solution((2, 2), parts, (3, 3)).layers
    size = 2 + kernel - 1 - 2 * padding
    assert size == 0
    setting = (kernel, 1, padding, 1, 0)
    for out_size in ((0, 0), (1, 1)):
        empty = replace(layer, settings=(setting, setting), out_size=out_size)
        assert run([empty]).outcome is Outcome.FAILED


@pytest.mark.parametrize(("stride", "dilation", "output_padding"), [(1, 1, 1), (2, 1, 2), (2, 2, 3), (3, 2, -1)])
def test_an_illegal_output_padding_is_caught_though_meta_takes_it(
    stride: int, dilation: int, output_padding: int
) -> None:
    size = 3 * stride + 2 * dilation + output_padding + 1
    (layer,) = solution((4,), [("ConvTranspose", {"kernel_size": 3})], (2, 2)).layers
    wrong = replace(layer, settings=((3, stride, 0, dilation, output_padding),), out_size=(size,))
    with torch.device("meta"):
        accepted = torch.nn.ConvTranspose1d(2, 2, 3, stride=stride, dilation=dilation, output_padding=output_padding)(
            torch.empty(1, 2, 4)
        )
    assert accepted.shape[2] == size
    report = run([wrong])
    assert report.outcome is Outcome.FAILED
    assert report.faults[0].where.startswith("cpu")


def test_a_level_that_there_is_not_is_an_error() -> None:
    for ask in (run, check_layers):
        with pytest.raises(Error) as caught:
            ask(UP_2.layers, ("backwards",))
        assert str(caught.value) == (
            "error[unknown-level]: 'backwards' is no level of a run in torch\n  help: did you mean 'backward'?"
        )


def test_channels_that_do_not_meet_are_caught() -> None:
    first, second = UP_2.layers
    report = run([first, replace(second, in_channels=5)])
    assert report.faults == (Fault(1, "size", "1x5x8x8", "1x4x8x8", "meta, batch 1"),)
    assert str(report.faults[0]) == "layer 1: expected 1x5x8x8, got 1x4x8x8 (meta, batch 1)"


def test_a_pool_that_sees_only_padding_is_a_fault() -> None:
    (layer,) = solution((1,), [("MaxPool", {"kernel_size": 2, "padding": 1, "dilation": 2})], (4,)).layers
    assert [fault.what for fault in run([layer]).faults] == ["not-finite"]


def test_every_pair_of_batch_threads_and_mode_runs() -> None:
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert len({(run_[one], run_[other]) for run_ in PASSES}) == 4


def test_above_the_budget_each_axis_runs_alone_and_the_level_says_so() -> None:
    layers = solution((2300, 2100), [UP, ("Conv", {"kernel_size": 3})], (64, 32, 16)).layers
    report = run(layers)
    assert report.passed
    assert report.levels == ("torch-per-axis",)
    for axis in (0, 1):
        size = list(layers[-1].out_size)
        size[axis] += 1
        assert run([layers[0], replace(layers[1], out_size=tuple(size))]).outcome is Outcome.FAILED
    illegal = ((4, 2, 1, 1, 0), (2, 2, 1, 1, 2))  # meta takes it, so that the one axis must show it
    assert run([replace(layers[0], settings=illegal), layers[1]]).faults[0].where.startswith("cpu")


def test_what_cannot_be_run_claims_nothing() -> None:
    (layer,) = solution((2**25,), [("Conv", {"kernel_size": 1})], (1, 1)).layers
    report = run([layer], ("torch", "backward"))
    assert (report.outcome, report.levels, report.passed) == (Outcome.TOO_LARGE, (), False)


def test_unknown_channels_are_said() -> None:
    assert run(solution((4,), [UP]).layers).notes == ("unknown channels were taken as the fewest that are legal",)


def test_thinning_keeps_groups_and_sizes() -> None:
    layers = solution((8,), [("Conv", {"kernel_size": 3, "groups": 4}), UP], (64, 32, 7)).layers
    thinned = thin.thinned(layers)
    assert [(part.in_channels, part.out_channels) for part in thinned] == [(4, 4), (4, 1)]
    assert [part.out_size for part in thinned] == [part.out_size for part in layers]


def test_normalisation_is_left_out_of_the_training_pass_at_batch_1_only() -> None:
    to_one = solution((4, 4), [("Conv", {"kernel_size": 4}), UP], (8, 8, 1))
    report = run(dressed(to_one, "relu", "batch"))
    assert report.passed
    assert report.notes == ("normalisation was left out of the training pass at batch 1",)
    assert run(dressed(to_one, "relu", "group:4")).passed  # two channels a group, thin or not
    single = replace(dressed(UP_2, None, "instance")[1], in_size=(1, 1), out_size=(1, 1))
    assert run([to_one.layers[0], replace(single, in_channels=8, out_channels=8)]).outcome is Outcome.FAILED


def test_the_caller_is_left_as_it_was() -> None:
    torch.manual_seed(5)
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    try:
        with torch.inference_mode(), torch.autocast("cpu"), warnings.catch_warnings(action="error"):
            assert run(UP_2.layers, ("torch", "backward")).passed
            assert torch.is_inference_mode_enabled()
        assert (torch.get_default_dtype(), torch.get_default_device().type) == (torch.float64, "meta")
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device("cpu")
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def dead_by_sets(layers: tuple[SolvedLayer, ...]) -> tuple[int, int]:
    """Which outputs see which inputs, one axis, by following single elements."""
    seen: list[set[int]] = [{i} for i in range(layers[0].in_size[0])]
    for layer in layers:
        window = layer.kind.window(layer.settings[0])
        assert window is not None
        k, s, p, d, _ = window
        after: list[set[int]] = [set() for _ in range(layer.out_size[0])]
        for big, small in ((o * s - p + d * j, o) for o in range(max(len(seen), len(after))) for j in range(k)):
            out, into = (big, small) if layer.kind.record == "conv_transpose" else (small, big)
            if 0 <= out < len(after) and 0 <= into < len(seen):
                after[out] |= seen[into]
        seen = after
    return sum(not ones for ones in seen), layers[0].in_size[0] - len(set().union(*seen))


def test_dead_elements_are_counted_exactly() -> None:
    draw = Random(3)
    dead = 0
    for _ in range(80):
        layers = drawn(draw, 1).layers
        if any(getattr(layer.kind, "padding_mode", "zeros") != "zeros" for layer in layers):
            continue
        report = run(layers, ("backward",))
        assert report.levels == ("backward",)
        assert (report.dead_outputs, report.dead_inputs) == dead_by_sets(layers), layers
        dead += any(dead_by_sets(layers))
    assert dead > 12


def test_dead_elements_of_several_axes_and_a_deep_stack() -> None:
    holes = solution((2, 2), [("ConvTranspose", {"kernel_size": 2, "stride": 5})], (6, 4))
    report = run(holes.layers, ("backward",))
    assert (report.dead_outputs, report.dead_inputs) == (49 - 16, 0)
    assert report.notes == ("33 output elements see no input",)
    deep = solution((9,), [("Conv", {"kernel_size": 7, "padding": 3})] * 60, [1] * 61)
    assert run(deep.layers, ("backward",)).dead_outputs == 0  # 7^60 would be infinite in float32


def test_backward_is_not_claimed_above_the_budget() -> None:
    wide = solution((5000, 5000), [("Conv", {"kernel_size": 1})], (1, 1))
    report = run(wide.layers, ("torch", "backward"))
    assert (report.outcome, report.levels, report.dead_outputs) == (Outcome.TOO_LARGE, ("torch-per-axis",), None)
    assert report.notes[-1] == "backward did not run: the whole is above the budget"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (MemoryError(), Outcome.OUT_OF_MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), Outcome.OUT_OF_MEMORY),
        (RuntimeError("could not create a primitive"), Outcome.FAILED),
    ],
)
def test_want_of_memory_says_nothing_of_the_layers(
    monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: Outcome
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(execution, "dead_elements", fails)
    report = run(UP_2.layers, ("torch", "backward"))
    assert (report.outcome, bool(report.faults)) == (outcome, outcome is Outcome.FAILED)
    assert report.levels == (() if outcome is Outcome.FAILED else ("torch",))
    monkeypatch.setattr(torch.nn.ConvTranspose2d, "forward", fails)
    report = run(UP_2.layers)
    assert (report.outcome, report.levels) == (outcome, ())


def test_a_module_that_torch_will_not_construct_is_a_fault() -> None:
    (layer,) = solution((4,), [("Conv", {"kernel_size": 3, "groups": 2})], (4, 4)).layers
    report = run([replace(layer, in_channels=3)])
    assert [(fault.what, fault.where) for fault in report.faults] == [("refused", "meta, construction")]


def test_a_group_of_one_value_is_refused_as_torch_does() -> None:
    parts: list[Part] = [("Conv", {"kernel_size": 4}), ("Norm", {"function": "group", "groups": 4})]
    assert run(solution((4,), parts, (1, 8)).layers).passed
    assert run(solution((4,), parts, (1, 4)).layers).outcome is Outcome.FAILED
    with torch.no_grad(), pytest.raises(ValueError, match="more than 1 value"):
        torch.nn.GroupNorm(4, 4).eval()(torch.rand(1, 4, 1))


def test_a_defect_in_the_child_is_a_defect_in_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_limit", lambda *_: None)
    (reply,) = child._answers({"task": "layers", "stacks": [[{"kind": "Conv"}]], "levels": ["torch"], "limits": [1, 1]})
    assert [*reply] == ["defect"]
    with pytest.raises(RuntimeError, match="KeyError"):
        child._report(reply)


def test_several_in_one_child_and_again_behind_a_dead_one(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = {"report": Report(Outcome.PASSED, ("torch",)).to_dict()}
    ends: list[tuple[list[object], int | None]] = [([passed], -signal.SIGSEGV), ([passed], None)]
    asked = []

    def ask(request: dict[str, list[object]], _: Limits) -> tuple[list[object], int | None]:
        asked.append(len(request["stacks"]))
        return ends.pop(0)

    monkeypatch.setattr(child, "_ask", ask)
    outcomes = [report.outcome for report in check_many([UP_2.layers] * 5)]
    assert outcomes == [
        *(Outcome.PASSED, Outcome.CRASHED, Outcome.PASSED, Outcome.TIMED_OUT, Outcome.TIMED_OUT),
    ]
    assert asked == [5, 3]


def test_layers_and_reports_survive_the_way_to_the_child() -> None:
    draw = Random(4)
    for _ in range(40):
        layers = dressed(drawn(draw), "leaky_relu:0.2", "batch")
        assert decoded(json.loads(json.dumps(encoded(layers)))) == layers
    report = run([UP_2.layers[1], UP_2.layers[0]], ("torch", "backward"))
    assert Report.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_the_parent_imports_no_torch() -> None:
    program = (
        "import sys\n"
        "from convsolve.check.child import check_many\n"
        "from convsolve.check.wire import decoded\n"
        f"layers = decoded({encoded(UP_2.layers)!r})\n"
        "report, wrong = check_many([layers, layers[::-1]], ('torch', 'backward'))\n"
        "assert wrong.faults, wrong\n"
        "assert report.levels == ('torch', 'backward'), report\n"
        "assert report.backend.torch, report\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr


def test_how_a_child_died_is_told_apart() -> None:
    crash = child._dead({"task": "layers"}, -signal.SIGSEGV)
    assert str(crash.faults[0]) == "the model: expected an answer, got torch's process ended with signal SIGSEGV (cpu)"
    assert [child._dead({"task": "layers"}, code).outcome for code in (-signal.SIGABRT, 1, -signal.SIGKILL)] == [
        *(Outcome.CRASHED, Outcome.CRASHED, Outcome.OUT_OF_MEMORY)
    ]
    assert child._dead({"task": "layers"}, -signal.SIGXCPU).outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        (Report(Outcome.CRASHED, faults=(Fault(None, "crash", "an answer", "signal SIGSEGV", "cpu"),)), "the model: "),
        (
            Report(Outcome.FAILED, faults=(Fault(0, "refused", "1x14", "RuntimeError", "cpu"),)),
            "layer 0: expected 1x14",
        ),
        ("Traceback ...\nSystemError: error return without exception set\n", "SystemError: error return"),
    ],
    ids=["crash", "refusal", "defect"],
)
def test_where_memory_is_scarce_no_failure_of_torch_is_blamed_on_the_layers(
    monkeypatch: pytest.MonkeyPatch, reply: Report | str, note: str
) -> None:
    said = {"defect": reply} if isinstance(reply, str) else {"report": reply.to_dict()}
    monkeypatch.setattr(child, "_ask", lambda *_: ([said], 0))
    (report,) = check_many([UP_2.layers], limits=Limits(60, 100))
    assert (report.outcome, report.faults) == (Outcome.OUT_OF_MEMORY, ())
    assert report.notes[0].startswith(note)
    if isinstance(reply, Report):
        assert check_many([UP_2.layers]) == [reply]


def test_where_memory_is_scarce_a_wrong_size_is_still_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Report(Outcome.FAILED, faults=(Fault(0, "size", "1x14", "1x15", "cpu"),))
    monkeypatch.setattr(child, "_ask", lambda *_: ([{"report": wrong.to_dict()}], 0))
    assert check_many([UP_2.layers], limits=Limits(60, 100)) == [wrong]


def test_a_child_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    model, number = tmp_path / "m.py", tmp_path / "number"
    model.write_text(
        f"import os, pathlib, time\npathlib.Path({str(number)!r}).write_text(str(os.getpid()))\ntime.sleep(60)\n",
        encoding="utf-8",
    )
    script = (
        "from convsolve.check.child import verify_file\n"
        "from convsolve.shapes import Shape\n"
        f"verify_file({str(model)!r}, 'model', Shape.read('1@4'), Shape.read('1@8'))\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        while not (number.exists() and number.read_text(encoding="utf-8")):
            time.sleep(0.01)
        parent.kill()
    child_number = int(number.read_text(encoding="utf-8"))
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.kill(child_number, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    pytest.fail("it is still there")


def test_a_timeout_is_its_own_outcome() -> None:
    report = check_solution(UP_2, limits=Limits(seconds=0.2))
    assert (report.outcome, report.levels, report.notes) == (Outcome.TIMED_OUT, (), ("stopped after 0.2 s",))


def test_a_memory_limit_is_kept_and_said() -> None:
    wide = solution((2**23,), [("Conv", {"kernel_size": 1})], (1, 1))
    report = check_layers(wide.layers, limits=Limits(mebibytes=16))
    assert (report.outcome, report.levels, report.faults) == (Outcome.OUT_OF_MEMORY, (), ())


NOISY = """
import os, sys
from torch import nn
print("noise"); os.write(1, b'{"report": null}'); sys.stderr.write("more noise")
sys.stdin.read()
class Decoder(nn.Sequential):
    def __init__(self):
        print("still noise")
        super().__init__(nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(2, 2))
    def forward(self, x):
        print("and again", flush=True)
        return super().forward(x)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current directory; what importing a model changes in this process is put back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", [*sys.argv])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    kept = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - kept:
        if not name.startswith("torch"):
            del sys.modules[name]


def shapes(into: str, out: str) -> tuple[Shape, Shape]:
    return Shape.read(into), Shape.read(out)


def test_a_users_model_is_run_and_its_output_corrupts_nothing(here: Path) -> None:
    Path("torch.py").write_text("raise SystemExit('this is not torch')\n")  # lies in the way of a careless child
    Path("decoder.py").write_text(NOISY)
    report = verify_file("decoder.py", "Decoder", *shapes("8@4x5", "4@8x10"))
    assert report.passed, report
    assert report.levels == ("executed",)
    assert [(step.module, step.shape) for step in report.steps] == [
        ("ConvTranspose2d", (4, 8, 10)),
        ("BatchNorm2d", (4, 8, 10)),
        ("ReLU", (4, 8, 10)),
        ("Flatten", (4, 8, 10)),
    ]
    assert report.notes == ("normalisation was left out of the training pass at batch 1",)
    assert sorted(path.name for path in here.iterdir()) == ["decoder.py", "torch.py"]


DYING = """
import os, signal
from torch import nn
class Dying(nn.Module):
    def forward(self, x):
        os.kill(os.getpid(), signal.SIGSEGV)
"""


def test_a_child_that_dies_is_a_fault_and_no_level(here: Path) -> None:
    (here / "dying.py").write_text(DYING)
    report = verify_file("dying.py", "Dying", *shapes("1@4", "1@4"))
    assert (report.outcome, report.levels) == (Outcome.CRASHED, ())
    assert report.faults[0].got == "torch's process ended with signal SIGSEGV"


def test_what_is_emitted_can_be_verified(here: Path) -> None:
    found = solution((4, 5), [UP, UP], (8, 4, None))
    write_text(here / "decoder.py", code(found, norm="batch", activation="relu", class_name="Decoder"))
    report = verify_file(here / "decoder.py", "Decoder", *shapes("4x5", "16x20"))
    assert report.passed, report
    assert [step.shape for step in report.steps] == [(4, 8, 10)] * 3 + [(1, 16, 20)]
    assert report.notes[0] == "input channels were not said: 8, as the first layer has"


def test_a_file_that_ends_python_is_a_usage_error(here: Path) -> None:
    (here / "gone.py").write_text("import os\nos._exit(0)\n")
    with pytest.raises(Error) as caught:
        verify_file("gone.py", "model", *shapes("4", "8"))
    assert str(caught.value) == (
        "error[import-failed]: 'gone.py' ended its process with exit code 0\n"
        "  help: the model must be importable without ending Python"
    )


def test_a_module_by_its_dotted_name_and_an_error_from_the_child(here: Path) -> None:
    (here / "nets").mkdir()
    (here / "nets" / "__init__.py").touch()
    (here / "nets" / "small.py").write_text("from torch import nn\n\n\ndef decoder():\n    return nn.Upsample(9)\n")
    with pytest.raises(Error) as caught:
        verify_file("nets.small", "decodr", *shapes("3@4x4", "3@8x8"))
    assert str(caught.value) == ("error[name-missing]: 'nets.small' has no 'decodr'\n  help: did you mean 'decoder'?")


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("1/0", "model", "error[import-failed]: 'm.py' raised ZeroDivisionError: 'division by zero' (line 1)"),
        (
            "x = (",
            "model",
            "error[import-failed]: 'm.py' raised SyntaxError: \"'(' was never closed (m.py, line 1)\" (line 1)",
        ),
        ("raise SystemExit", "model", "error[import-failed]: 'm.py' raised SystemExit (line 1)"),
        ("raise KeyboardInterrupt", "model", "error[import-failed]: 'm.py' raised KeyboardInterrupt (line 1)"),
        ("model = 3", "model", "error[not-a-module]: model is a int, no torch.nn.Module"),
        ("model = int", "model", "error[not-a-module]: model() is a int, no torch.nn.Module"),
        ("x = 3", "model", "error[name-missing]: 'm.py' has no 'model'"),
        (
            "def model(width): pass",
            "model",
            (
                "error[model-failed]: model() of 'm.py' raised TypeError: "
                "\"model() missing 1 required positional argument: 'width'\""
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(here: Path, text: str, name: str, message: str) -> None:
    (here / "m.py").write_text(text)
    with pytest.raises(Error) as caught:
        load("m.py", name, is_file=True)
    assert str(caught.value).splitlines()[0] == message
    assert caught.value.help


@pytest.mark.parametrize(
    ("model", "into", "out", "what"),
    [
        ("nn.Conv1d(1, 1, 3)", "1@8", "1@6", None),
        ("nn.Conv1d(1, 1, 3)", "8", "6", None),
        ("nn.Conv1d(3, 2, 3)", "8", "6", None),
        ("nn.Conv1d(1, 2, 3)", "1@8", "6", None),
        ("nn.Conv1d(1, 2, 3).double()", "1@8", "6", None),
        ("nn.Conv1d(1, 2, 3)", "1@8", "1@6", "size"),
        ("nn.Conv1d(1, 1, 3)", "1@8", "1@7", "size"),
        ("nn.Conv1d(1, 1, 3)", "1@8", "1@6x6", "size"),
        ("nn.Conv1d(1, 1, 9)", "1@8", "1@1", "refused"),
        ("nn.Sequential(nn.ReLU(), nn.Conv1d(1, 1, 9))", "1@8", "1@1", "refused"),
        ("nn.ConvTranspose2d(3, 3, 3, 1, 2)", "3@2x2", "3@1x1", "refused"),
        ("nn.LSTM(8, 8)", "3@8", "3@8", "not-a-tensor"),
        ("nn.MaxPool1d(2, padding=1, dilation=2)", "1@1", "1@1", "not-finite"),
        ("nn.InstanceNorm1d(3)", "3@1", "3@1", "refused"),
        ("nn.BatchNorm1d(3)", "3@1", "3@1", None),
        ("nn.ReLU()", "4", "4", None),
        ("type('Half', (nn.Module,), {'forward': lambda _, x: x.half()})", "3@1", "3@1", "dtype"),
    ],
)
def test_a_users_model_is_held_to_its_output(here: Path, model: str, into: str, out: str, what: str | None) -> None:
    (here / "m.py").write_text(f"from torch import nn\nmodel = {model}\n")
    report = run_model(load("m.py", "model", is_file=True), *shapes(into, out))
    assert [fault.what for fault in report.faults] == ([] if what is None else [what])
    assert report.levels == (("executed",) if what is None else ())
    assert all(fault.layer == 1 for fault in report.faults if "Sequential" in model)


@pytest.mark.parametrize("text", ["decoder.py", "decoder.py:", ":model", "decoder.py:1x", "decoder.py:a b", ""])
def test_a_model_needs_file_and_name(text: str) -> None:
    with pytest.raises(Error) as caught:
        split_model(text)
    assert caught.value.code == "bad-model"


def test_a_model_that_cannot_be_is_refused_before_a_child_starts(here: Path) -> None:
    for target, name, expected in [
        ("nowhere.py", "model", "file-missing"),
        (str(here), "model", "file-missing"),
        ("a-b", "model", "bad-model"),
        ("os; import x", "model", "bad-model"),
        ("nets.small", "a.b", "bad-model"),
    ]:
        with pytest.raises(Error) as caught:
            verify_file(target, name, *shapes("4", "8"))
        assert caught.value.code == expected
    assert split_model("C:/nets/a.py:model") == ("C:/nets/a.py", "model")
    assert [*here.iterdir()] == []
