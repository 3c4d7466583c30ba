"""Checks in a child process: with limits, and so that neither a crash nor torch itself comes to the parent.

``python -m convsolve.check.child`` is the child: one JSON object on stdin, one a line on stdout.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from convsolve.check.members import members_run
from convsolve.check.report import FAMILY, TORCH, Fault, Outcome, Report, refuse_unknown
from convsolve.check.wire import decoded, encoded
from convsolve.errors import Error, shown
from convsolve.limits import Limits, confine, end_with
from convsolve.shapes import Shape

if TYPE_CHECKING:
    from convsolve.answer import Solution
    from convsolve.layers.solved import SolvedLayer

# Measured: torch 2.13 holds 140 MiB of data segments once imported, 150 after a first convolution, 200 at times
# while it is imported; and the thread that watches the parent has a stack of 8.
TORCH_ITSELF = 224
TOO_LITTLE = Report(Outcome.OUT_OF_MEMORY, notes=(f"torch alone takes {TORCH_ITSELF} MiB",))
_MODULE_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
# Python's own search path, not the current directory: a torch.py lying there is not torch.
_START = "import sys; sys.path.append(sys.argv[1]); from convsolve.check.child import main; main()"


# Wall time, the start of torch (2 to 4 s) included; memory beyond what torch takes for itself. Data
# segments are limited, not the address space, most of which torch never touches.
DEFAULT = Limits(seconds=120, mebibytes=4096)


def check_solution(solution: Solution, levels: Sequence[str] = (TORCH,), *, limits: Limits = DEFAULT) -> Report:
    """Run a solution in torch, in a child process; see `convsolve.check.execution.run`.

    A child that dies is ``Outcome.CRASHED``, with a fault that names the signal; one that takes too
    long, ``Outcome.TIMED_OUT``. In neither case a level is claimed.

    Example:
        >>> import convsolve as cs
        >>> check_solution(cs.solve("1@7", "1@28")[0]).levels
        ('torch',)
    """
    return check_solutions([solution], levels, limits=limits)[0]


def check_solutions(
    solutions: Sequence[Solution], levels: Sequence[str] = (TORCH,), *, limits: Limits = DEFAULT
) -> list[Report]:
    """The same for several, one report each; of several inputs each is run, and the first that fails is told of.

    Of a family some members are run, see `convsolve.check.members`; the level is then ``family``, too.
    """
    each = [
        [solution.layers, *solution.others]
        if solution.family is None
        else members_run(solution.family, solution.layers)
        for solution in solutions
    ]
    reports = iter(check_many([layers for stacks in each for layers in stacks], levels, limits=limits))
    found = []
    for solution, stacks in zip(solutions, each, strict=True):
        own = [next(reports) for _ in stacks]
        told = next((report for report in own if not report.passed), own[0])
        served = told.passed and solution.family is not None
        found.append(replace(told, levels=(*told.levels, FAMILY)) if served else told)
    return found


def check_layers(
    layers: Sequence[SolvedLayer], levels: Sequence[str] = (TORCH,), *, limits: Limits = DEFAULT
) -> Report:
    """The same for layers, such as `convsolve.emit.dressing.dressed` gives."""
    return check_many([layers], levels, limits=limits)[0]


def check_many(
    stacks: Sequence[Sequence[SolvedLayer]], levels: Sequence[str] = (TORCH,), *, limits: Limits = DEFAULT
) -> list[Report]:
    """The same for several, one report each: torch starts once, and again behind a stack that killed it.

    The limits are for all of them together; what time did not suffice for is ``Outcome.TIMED_OUT``.
    """
    refuse_unknown(levels)
    scarce = limits.mebibytes < DEFAULT.mebibytes
    end = time.monotonic() + limits.seconds
    reports: list[Report] = []
    while len(reports) < len(stacks):
        left = end - time.monotonic()
        if left <= 0 or limits.mebibytes < 0:
            reports += [_timed_out(limits) if left <= 0 else TOO_LITTLE] * (len(stacks) - len(reports))
            break
        request = {
            "task": "layers",
            "stacks": [encoded(layers) for layers in stacks[len(reports) :]],
            "levels": [*levels],
        }
        replies, code = _ask(request, replace(limits, seconds=left))
        reports += [_report(reply, scarce=scarce) for reply in replies]
        if code is None:
            reports += [_timed_out(limits)] * (len(stacks) - len(reports))
        elif len(reports) < len(stacks):
            reports.append(_dead(request, code))
    return [_blameless(report) for report in reports] if scarce else reports


def _blameless(report: Report) -> Report:
    """Where memory is scarce, torch crashes or fails in many ways, which say nothing about the layers."""
    died = report.outcome is Outcome.CRASHED or {fault.what for fault in report.faults} == {"refused"}
    return Report(Outcome.OUT_OF_MEMORY, notes=tuple(map(str, report.faults))) if died else report


def verify_file(
    path: str | os.PathLike[str],
    name: str,
    input_shape: Shape,
    output_shape: Shape,
    *,
    limits: Limits = DEFAULT,
) -> Report:
    """Import a user's model in a child process and run it at batch 1 and 2, on the CPU.

    Importing a file runs it, with all that this user may do; the limits keep it from filling the
    machine, not from doing harm.

    Args:
        path: ``FILE.py``, or a module's dotted name, looked for in the current directory too.
        name: a module, a class of modules, or a function; the latter two are called without arguments.
        input_shape: without the batch axis. Channels that are not said are those of the first layer.
        output_shape: what must come out; channels are compared where they are said.
        limits: time and memory.

    Raises:
        Error: ``bad-model`` for a name that cannot be one, ``file-missing``, ``import-failed``,
            ``name-missing``, ``not-a-module``, ``model-failed`` where it cannot be made.

    Example:
        >>> verify_file("nowhere.py", "model", Shape.read("1@4"), Shape.read("1@8"))
        Traceback (most recent call last):
        ...
        convsolve.errors.Error: error[file-missing]: there is no file 'nowhere.py'
          help: write FILE.py:NAME, the file as it lies from here
    """
    target = os.fspath(path)
    is_file = target.endswith(".py") or os.sep in target
    if is_file and not Path(target).is_file():
        raise Error(
            "file-missing",
            f"there is no file {shown(target, 200)}",
            help=["write FILE.py:NAME, the file as it lies from here"],
        )
    if not name.isidentifier() or not (is_file or _MODULE_NAME.fullmatch(target)):
        raise _bad_model(f"{target}:{name}")
    request = {
        "task": "model",
        "target": target,
        "is_file": is_file,
        "name": name,
        "input": [input_shape.channels, input_shape.size],
        "output": [output_shape.channels, output_shape.size],
    }
    replies, code = _ask(request, limits)
    if code is None:
        return _timed_out(limits)
    return _report(replies[0]) if replies else _dead(request, code)


def split_model(text: str) -> tuple[str, str]:
    """``FILE.py:NAME`` or ``module:NAME`` in its two parts.

    Example:
        >>> split_model("nets/decoder.py:Decoder")
        ('nets/decoder.py', 'Decoder')
    """
    target, colon, name = text.rpartition(":")
    if not (target and colon and name.isidentifier()):
        raise _bad_model(text)
    return target, name


def _bad_model(text: str) -> Error:
    return Error(
        "bad-model",
        f"{shown(text, 200)} names no model",
        help=["write FILE.py:NAME or module:NAME, such as decoder.py:model"],
    )


def _ask(request: Mapping[str, Any], limits: Limits) -> tuple[list[dict[str, Any]], int | None]:
    """The child's replies, and how it ended; None where it was stopped."""
    root = str(Path(__file__).parents[2])
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-P", "-c", _START, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # beside other programs a thread that waits busily takes the time from the one that it waits for
        env={"OMP_WAIT_POLICY": "passive", **os.environ},
    )
    text = json.dumps({**request, "limits": [limits.seconds, limits.mebibytes], "parent": os.getpid()}).encode()
    stopped = False
    try:
        said, _ = child.communicate(text, timeout=None if limits.seconds == inf else limits.seconds)
    except subprocess.TimeoutExpired as error:
        said, stopped = error.output or b"", True
    finally:
        _end(child)
    # Whoever dies in the middle of a line has not said it.
    lines = said.split(b"\n")[:-1]
    return [json.loads(line) for line in lines], None if stopped else child.returncode


def _timed_out(limits: Limits) -> Report:
    return Report(Outcome.TIMED_OUT, notes=(f"stopped after {max(0, limits.seconds):.3g} s",))


def _end(child: subprocess.Popen[bytes]) -> None:
    """Leave nothing running, also behind Ctrl-C, and nothing of what a user's model has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    child.wait()


def _report(reply: Mapping[str, Any], *, scarce: bool = False) -> Report:
    if error := reply.get("error"):
        raise Error(error["code"], error["message"], help=error["help"])
    if defect := reply.get("defect"):
        if scarce:
            return Report(Outcome.OUT_OF_MEMORY, notes=(defect.strip().splitlines()[-1],))
        raise RuntimeError(f"the child process failed:\n{defect}")
    return Report.from_dict(reply["report"])


def _dead(request: Mapping[str, Any], code: int) -> Report:
    if code == -signal.SIGXCPU:
        return Report(Outcome.TIMED_OUT, notes=("stopped by its limit on processor time",))
    if code == -signal.SIGKILL:
        return Report(Outcome.OUT_OF_MEMORY, notes=("the system killed the process, as it does without memory",))
    if code >= 0 and request["task"] == "model":
        raise Error(
            "import-failed",
            f"{shown(request['target'], 200)} ended its process with exit code {code}",
            help=["the model must be importable without ending Python"],
        )
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    fault = Fault(None, "crash", "an answer", f"torch's process ended with {how}", "cpu")
    return Report(Outcome.CRASHED, faults=(fault,))


def main() -> None:
    """The child: read a request, answer it, and end without waiting for what a user's model left behind."""
    request = json.load(sys.stdin)
    end_with(request["parent"])
    with _private_stdout() as out:
        for reply in _answers(request):
            out.write(json.dumps(reply) + "\n")
            out.flush()
    os._exit(0)


def _private_stdout() -> IO[str]:
    """The way to the parent, for us alone: what a user's model prints goes nowhere."""
    ours = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nowhere, stream)
    return os.fdopen(ours, "w", encoding="utf-8")


def _answers(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    _limit(*request["limits"])
    if request["task"] == "model":
        yield _answer(_model, request)
    for layers in request.get("stacks", ()):
        yield _answer(_layers, layers, request["levels"])


def _answer(work: Callable[..., Report], *arguments: object) -> dict[str, Any]:
    try:
        report = work(*arguments)
    except Error as error:
        return {"error": {"code": error.code, "message": error.message, "help": error.help}}
    except MemoryError:
        report = Report(Outcome.OUT_OF_MEMORY)
    except BaseException:  # noqa: BLE001 - whatever it is, the parent shall know
        return {"defect": traceback.format_exc()}
    return {"report": report.to_dict()}


def _layers(layers: Sequence[Mapping[str, Any]], levels: Sequence[str]) -> Report:
    from convsolve.check.execution import run

    return run(decoded(layers), levels)


def _model(request: Mapping[str, Any]) -> Report:
    from convsolve.check.execution import out_of_memory
    from convsolve.check.user_model import load, run_model

    model = load(request["target"], request["name"], is_file=request["is_file"])
    shapes = (Shape(channels, tuple(size)) for channels, size in (request["input"], request["output"]))
    try:
        return run_model(model, *shapes)
    except BaseException as error:  # noqa: BLE001 - a user's code raises what it likes
        if out_of_memory(error):
            return Report(Outcome.OUT_OF_MEMORY)
        # Not its forward pass, which is a fault, but the rest of what a module may define anew.
        text = f"{request['name']} raised {type(error).__name__}: {shown(str(error), 200)}"
        raise Error("model-failed", text, help=["mend the file, then verify it again"]) from None


def _limit(seconds: float, mebibytes: float) -> None:
    # The parent watches the clock, and the child its parent; where both are held up, the processor's time ends it.
    confine((mebibytes + TORCH_ITSELF) * 2**20, seconds * (os.cpu_count() or 1) + 1)


if __name__ == "__main__":
    main()
