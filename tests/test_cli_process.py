"""What only a process of its own shows: signals, pipes, files, and torch in a child."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.records import valid
from tests.terminal import BIN, environment, run_on_terminal

CONVSOLVE = str(BIN / "convsolve")
ENDLESS = [CONVSOLVE, "solve", "4x4", "61x79", "--layers", "4", "--jsonl", "--all"]


def run(*arguments: str, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CONVSOLVE, *arguments], input=stdin, cwd=cwd, env=environment(), capture_output=True, text=True, check=False
    )


def test_the_module_is_the_command() -> None:
    module = subprocess.run(
        [sys.executable, "-m", "convsolve", "count", "7", "28"], capture_output=True, text=True, check=False
    )
    assert (module.returncode, module.stdout) == (0, "12\n")
    assert module.stderr == run("count", "7", "28").stderr


def test_on_a_terminal_words_and_table_come_in_order() -> None:
    code, screen = run_on_terminal([CONVSOLVE, "solve", "28", "28"])
    assert code == 0
    assert screen.splitlines()[0] == "28 -> 28 by Conv: 4 combinations, most conventional first"
    assert screen.splitlines()[2].split() == ["#", "kernel_size", "stride", "padding"]
    assert screen.splitlines()[3].split() == ["1", "3", "1", "1"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["interrupted", "terminated"]
)
def test_a_signal_ends_it_and_every_line_is_whole(number: signal.Signals, code: int) -> None:
    with subprocess.Popen(ENDLESS, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.send_signal(number)
        sent = time.monotonic()
        rest, words = process.stdout.read(), process.stderr.read()
        assert process.wait() == code
    assert time.monotonic() - sent < 5
    assert words.decode().splitlines()[1].startswith("limits: "), "what is said, is said before the first line"
    assert words.count(b"\n") == 4
    assert re.fullmatch(rb"[\d,]+ printed; then it was (interrupted|terminated)", words.splitlines()[-1])
    assert rest == b"" or rest.endswith(b"\n")
    for line in [first, *rest.splitlines()][-3:]:
        assert json.loads(line)["schema"] == "convsolve.solution/1"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["interrupted", "terminated"]
)
def test_a_signal_does_not_wait_for_a_long_call(number: signal.Signals, code: int) -> None:
    """What was found before it is printed."""
    script = (
        "import ctypes, os, threading\n"
        "from convsolve import answering\n"
        "from convsolve.cli import app\n"
        "search = answering.search\n"
        "def stuck(problem, report, **asked):\n"
        "    search(problem, report, **asked | {'count': 1})\n"
        f"    threading.Timer(0.1, os.kill, (os.getpid(), {int(number)})).start()\n"
        "    ctypes.CDLL(None).sleep(30)\n"
        "answering.search = stuck\n"
        "app.main()\n"
    )
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script, "solve", "7", "28", "--json"], capture_output=True, check=False, timeout=30
    )
    assert time.monotonic() - start < 10
    assert done.returncode == code
    assert len(json.loads(done.stdout)["solutions"]) == 1


@pytest.mark.parametrize("arguments", [ENDLESS[1:], ["solve", "7", "28"], ["solve", "--help"]], ids=" ".join)
def test_a_closed_pipe_ends_it_quietly(arguments: list[str]) -> None:
    with subprocess.Popen(
        [CONVSOLVE, *arguments], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        words = process.stderr.read()
        assert process.wait() == 0
    assert "error" not in words
    assert "Traceback" not in words
    assert "BrokenPipe" not in words


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is simulated by a device of Linux")
def test_a_full_disk_is_an_error_in_words() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [CONVSOLVE, "count", "7", "28"],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "error[system]: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_streams_that_are_closed_from_the_start_do_no_harm() -> None:
    for closing in (">&-", "2>&-", ">&- 2>&- <&-"):
        done = subprocess.run(
            ["bash", "-c", f"{CONVSOLVE} count 7 28 {closing}"], env=environment(), capture_output=True, check=False
        )
        assert done.returncode == 0, closing


def test_code_is_written_checked_and_verified(tmp_path: Path) -> None:
    solved = run("solve", "4@7x7", "2@14x14", "--count", "2", "--emit", "up.py", "--json", cwd=tmp_path)
    answer = json.loads(solved.stdout)
    assert solved.returncode == 0
    assert solved.stderr == "wrote up.py, checked: arithmetic, z3, torch\n"
    assert [solution["checked"] for solution in answer["solutions"]] == [
        ["arithmetic", "z3", "torch"],
        ["arithmetic", "z3"],
    ]
    right = run("verify", "up.py:model", "--input", "4@7x7", "--output", "2@14x14", cwd=tmp_path)
    assert right.returncode == 0
    assert right.stderr.startswith("importing up.py: this runs its code, in a child process\n")
    assert right.stdout == "number\tmodule\toutput\n0\tConvTranspose2d\t2x14x14\n"
    wrong = run("verify", "up.py:model", "--input", "4@7x7", "--output", "2@14x15", "--json", cwd=tmp_path)
    record = json.loads(wrong.stdout)
    valid(record, "check")
    assert wrong.returncode == 5
    assert (record["outcome"], record["levels"]) == ("failed", [])
    assert "the check failed: the model: expected 1x2x14x15, got 1x2x14x14" in wrong.stderr


def test_a_record_becomes_code_with_norm_and_activation(tmp_path: Path) -> None:
    lines = run("solve", "1@7", "1@28", "--layers", "2", "--jsonl").stdout
    style = ["--norm", "batch", "--activation", "relu", "--final-activation", "tanh", "--class-name", "Up"]
    emitted = run("emit", "-", "--pick", "2", "-o", "up.py", *style, stdin=lines, cwd=tmp_path)
    assert emitted.stderr == "wrote up.py, checked: arithmetic, torch\n"
    assert (emitted.returncode, emitted.stdout) == (0, "")
    text = (tmp_path / "up.py").read_text(encoding="utf-8")
    assert "class Up(nn.Sequential):" in text
    for part in ("nn.BatchNorm1d(1)", "nn.ReLU()", "nn.Tanh()"):
        assert part in text


def test_unknown_channels_are_said_to_be_edited(tmp_path: Path) -> None:
    done = run("solve", "7", "28", "--count", "1", "--emit", "up.py", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.endswith("channels are unknown: edit the line CHANNELS in up.py, or give solve its --channels\n")
    assert "CHANNELS = (1, 1)\n" in (tmp_path / "up.py").read_text(encoding="utf-8")


def test_what_is_listed_is_checked_in_torch_on_demand() -> None:
    done = run("solve", "28", "28", "--check", "backward")
    assert done.returncode == 0
    assert "checked: arithmetic, z3, torch, backward\n" in done.stderr


def test_the_doctor_finds_all_in_place() -> None:
    done = run("doctor", "--json")
    record = json.loads(done.stdout)
    valid(record, "doctor")
    assert (done.returncode, done.stderr) == (0, "all is in place\n")
    assert record["checks"] == {"solved": "ok", "torch": "ok"}
    assert set(record["versions"]) >= {"python", "convsolve", "torch", "z3-solver", "typer", "threads", "oneDNN"}


def test_a_shell_completes_commands_options_and_words() -> None:
    def completed(line: str) -> list[str]:
        asked = {"_CONVSOLVE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        done = subprocess.run([CONVSOLVE], env=environment(**asked), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    assert completed("convsolve so") == ["solve"]
    assert completed("convsolve solve 7 28 --st") == ["--stack", "--stride"]
    assert completed("convsolve solve 7 28 --layer ") == ["conv", "conv_transpose", "auto"]
    assert completed("convsolve count 7 28 --tie n") == ["none"]
    assert completed("convsolve schema sp") == ["spec"]
