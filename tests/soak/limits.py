"""Limits and signals at random moments of hard questions (reliability.md, R10 and R11).

python -m tests.soak.limits [--rounds N] [--seed S]; about twenty minutes. Each of the N rounds (200) has one run that
a limit of time ends and one that a signal ends; every fourth has one with a limit of memory and one whose process is
killed. The exit code is 1 where anything was late, unreadable, called impossible, or left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.terminal import BIN, environment

HARD = [  # none of them impossible
    "solve 100 16000 --layers 6 -k 1..16 -s 1..8",
    "solve 4x4 61x79 --layers 4 --count 3000",
    "solve 4x4 61x79 --layers 4 --count 90000",
    "solve 7 28 --layers 3 --all",
    "solve 4x4x3 64x64x48 --layers 5 --count 50",
    "solve 1 64 --layers 64 --count 1000",
    "solve 46x62 368x489 --layers 3 -k 1..48 -s 1..8",
    "solve 4x5x6 61x79x97 --layers 4 --tie none --count 100",
    "solve 128@4x4 3@61x79 --layers 4 --minimize macs --count 1000",
    "solve 224 7 --layers 16 --count 5000 --check z3",
    "solve 7 28 --layers 2 --count 100 --check torch",
    "solve 7 28 --layers 2 --count 1 --emit x.py --force",
    "count 1000 100000 --layers 8 -k 1..32 -s 1..8",
    "count 64x48x5 1000x900x80 --layers 6 -k 1..9",
]
STREAMED = [
    "solve 7 28 --layers 4 --jsonl --all",
    "solve 4x4 61x79 --layers 4 --jsonl --all",
    "solve 1 64 --layers 64 --jsonl --all",
]
IMPOSSIBLE = "solve 100x100 1001x1000 --layers 16 -s 2,4 -k 2,4,6"  # an even number plus an odd one
ON_TIME = 1.0  # seconds
ENDS = {0, 3, 4, 130, 143, -signal.SIGINT, -signal.SIGTERM, -signal.SIGKILL}
EARLY = {-signal.SIGINT, -signal.SIGTERM}  # before the program had started to listen


class Run(NamedTuple):
    """What came of one process."""

    words: list[str]
    code: int
    late: float  # seconds behind the limit or the signal
    ended_itself: bool
    out: bytes
    err: str
    peak: float  # MiB, of all its processes together
    left: list[int]  # processes that are still there

    @property
    def forced(self) -> bool:
        """Whether it was the limit or the signal that ended it, and convsolve that was ended."""
        return not self.ended_itself and self.code not in EARLY

    def faults(self) -> list[str]:
        """What is wrong with it."""
        found = [f"{self.late:.2f} s late"] if self.late > ON_TIME else []
        found += ["something was left running"] if self.left else []
        found += [] if self.code in ENDS or (self.ended_itself and self.code >= 0) else ["strange exit"]
        found += ["Traceback"] if "Traceback" in self.err and self.code not in EARLY else []
        if self.code == 3 or '"impossible"' in self.out.decode()[:500]:
            found += [] if IMPOSSIBLE in shlex.join(self.words) else ["called impossible"]
        try:
            readable(self.words, self.out)
        except (ValueError, AssertionError) as error:
            found.append(f"unreadable: {error!r}, {self.err[-500:]!r}")
        return found


def readable(words: list[str], out: bytes) -> None:
    """Raise where a line is none."""
    text = out.decode()
    assert not text or text.endswith("\n"), text[-80:]
    lines = text.splitlines()
    if "--json" in words:
        assert len(lines) <= 1
        for record in map(json.loads, lines):
            assert record["schema"] == "convsolve.answer/1"
            assert record["status"] != "solved" or record["solutions"] or words[0] == "count"
    elif "--jsonl" in words:
        assert all(json.loads(line)["layers"] for line in lines[:100] + lines[-100:])
        assert all(line.startswith("{") and line.endswith("}") for line in lines)
    elif words[0] == "solve":
        assert len({line.count("\t") for line in lines}) <= 1


def run(words: list[str], mark: str, number: int | None, after: float) -> Run:
    """Start it, and send the signal after so many seconds, or wait so long for its own limit."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [str(BIN / "convsolve"), *words],
            env=environment(CONVSOLVE_SOAK=mark),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        peak, due = 0.0, started + after
        while process.poll() is None and time.monotonic() < started + 60:
            if number is not None and time.monotonic() >= due:
                process.send_signal(number)
                number, due = None, time.monotonic()
            peak = max(peak, memory(mark))
            time.sleep(0.01)
        ended = time.monotonic()
        process.kill()
        process.wait()
        while marked(mark) and time.monotonic() < ended + ON_TIME:
            time.sleep(0.01)
        out.seek(0)
        err.seek(0)
        late = ended - due
        return Run(words, process.returncode, late, late < 0, out.read(), err.read().decode(), peak, marked(mark))


def marked(mark: str) -> list[int]:
    """The processes that have the mark in their environment, the dead ones not counted."""
    wanted = f"CONVSOLVE_SOAK={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def memory(mark: str) -> float:
    """What they hold together, in MiB; what they share is counted once."""
    total = 0
    for number in marked(mark):
        try:
            lines = Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii").splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except OSError:
            continue
    return total / 1024


def drawn(draw: Random) -> list[str]:
    """A hard question, in one of the forms of its answer."""
    words = shlex.split(draw.choice([*HARD, *STREAMED, IMPOSSIBLE]))
    forms = [[], ["--json"]] if words[0] == "count" else [[], ["--json"], ["--jsonl"]]
    return words if "--jsonl" in words else [*words, *draw.choice(forms)]


def timed(draw: Random, mark: str) -> Run:
    seconds = round(draw.choice([0.1, 0.3, 1, 3]) * draw.uniform(0.5, 1.5), 2)
    return run([*drawn(draw), "--timeout", str(seconds)], mark, None, seconds)


def signalled(draw: Random, mark: str) -> Run:
    limits = draw.choice([[], ["--timeout", "50"], ["--memory", "4000"]])
    number = draw.choice([signal.SIGINT, signal.SIGTERM])
    return run([*drawn(draw), *limits], mark, number, draw.choice([0.2, 0.5, 2]) * draw.uniform(0.5, 1.5))


def filled(draw: Random, mark: str) -> Run:
    mebibytes = draw.randint(10, 300)
    done = run([*drawn(draw), "--memory", str(mebibytes), "--timeout", "15"], mark, None, 15)
    over = done.peak - 1.1 * mebibytes - 200
    return done._replace(err=f"{done.err}\nTraceback: {over:.0f} MiB over") if over > 0 else done


def killed(draw: Random, mark: str) -> Run:
    done = run([*drawn(draw), "--timeout", "50"], mark, signal.SIGKILL, draw.uniform(0.2, 2))
    return done._replace(out=b"")  # a killed process may stop in the middle of a line


def runs_of(rounds: int, draw: Random) -> Iterator[tuple[str, Run]]:
    """All runs, each with its kind; one that needed no limit or signal is drawn again."""
    for number in range(rounds):
        for kind in (timed, signalled, filled, killed):
            if kind in {filled, killed} and number % 4:
                continue
            for attempt in count():
                one = kind(draw, f"{os.getpid()}.{number}.{kind.__name__}.{attempt}")
                yield kind.__name__, one
                if one.forced or kind in {filled, killed}:
                    break


def main() -> int:
    """Run all, and say what the worst were."""
    parser = argparse.ArgumentParser(description="Limits and signals at random moments of hard questions.")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    done: dict[str, list[Run]] = {}
    bad = 0
    for name, one in runs_of(given.rounds, Random(given.seed)):
        done.setdefault(name, []).append(one._replace(out=b""))
        if found := one.faults():
            bad += 1
            sys.stdout.write(f"{name}: {shlex.join(one.words)}: {'; '.join(found)}; exit {one.code}\n")
            sys.stdout.flush()
    for name, runs in done.items():
        forced = [one for one in runs if one.forced]
        codes = ", ".join(f"{count} x {code}" for code, count in sorted(Counter(one.code for one in runs).items()))
        late = sorted(one.late for one in forced)
        worst = (
            f"late by {late[len(late) // 2]:.2f} s in the middle, {late[-1]:.2f} s at most" if late else "none forced"
        )
        peak = max(one.peak for one in runs)
        sys.stdout.write(f"{name}: {len(forced)} of {len(runs)} forced, {worst}; exits {codes}; peak {peak:.0f} MiB\n")
    sys.stdout.write(f"seed {given.seed}: {bad} at fault\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
