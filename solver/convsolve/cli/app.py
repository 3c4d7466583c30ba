"""The program: its commands, the boundary at which errors become words, and what it exits with."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePath
from typing import NoReturn

from convsolve.cli.exits import ExitCode
from convsolve.cli.signals import Signals, Terminated
from convsolve.cli.streams import named, say, write_record
from convsolve.errors import Error


def main() -> NoReturn:
    """The process: run its arguments, and end."""
    # Nobody gets a word in while Python looks through millions of objects for cycles, which takes it half a
    # second, and finds none; it goes on to look through the newer ones.
    gc.set_threshold(10_000, 10, 10**9)
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError):  # closed, or never there
            stream.flush()
    # Taking modules, Z3 and Typer down in order takes 100 ms of the 360 that a small question takes.
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Args:
        arguments: without the program's name.

    Returns:
        The exit code; see `ExitCode`. Whatever happens is said on stderr, never as a traceback.
    """
    given = list(arguments)
    before = sys.stdout
    code: int = ExitCode.FOUND
    try:
        with Signals() as signals:
            try:
                code = _run(given, signals)
                if sys.stdout is not None:
                    sys.stdout.flush()  # here, where an error can still be told
            except BrokenPipeError:
                raise
            except Error as error:
                code = _failed(given, error)
            except OSError as error:
                code = _failed(given, _of_the_system(error))
            except MemoryError:
                gave_up = Error("out-of-memory", "memory ran out", help=["ask for fewer combinations with --count"])
                code = _failed(given, gave_up, ExitCode.GAVE_UP)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is ours
                code = _failed(given, _defect(error), ExitCode.DEFECT)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except Terminated:
        code = ExitCode.TERMINATED
    except BrokenPipeError:
        _silence(before)
    except SystemExit:
        # Typer turns a closed pipe into exit code 1, with another stdout in its place.
        if sys.stdout is before:
            raise
        sys.stdout = before
        _silence(before)
    return int(code)


def _run(arguments: list[str], signals: Signals) -> int:
    # Imported here, so that an interrupt while Typer is loading is one of ours, too.
    from typer import Abort, TyperException

    from convsolve.cli.commands import application

    try:
        code = application(arguments)(args=arguments, prog_name="convsolve", standalone_mode=False, obj=signals)
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
            say(error.format_message())
            return ExitCode.USAGE
        from convsolve.cli.usage import as_error

        raise as_error(error, arguments) from None
    except Abort:
        return ExitCode.INTERRUPTED
    return int(code or ExitCode.FOUND)


def _failed(arguments: Sequence[str], error: Error, code: ExitCode = ExitCode.USAGE) -> ExitCode:
    """Say it on stderr and, for a program that reads records, on stdout too."""
    with suppress(OSError, ValueError):  # stdout itself may be what failed
        say(str(error))
        if "--json" in _options(arguments):
            record = {
                "schema": "convsolve.error/1",
                "code": error.code,
                "message": error.message,
                "help": list(error.help),
            }
            write_record(record)
            sys.stdout.flush()
        return code
    _silence(sys.stdout)
    with suppress(OSError):
        sys.stderr.write(f"{error}\n")
    return code


def _options(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _of_the_system(error: OSError) -> Error:
    what = f"{named(error.filename)}: " if isinstance(error.filename, str) else ""
    return Error("system", f"{what}{error.strerror or error}", help=["convsolve doctor shows whether all is in place"])


def _defect(error: Exception) -> Error:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    text = str(error).partition("\n")[0][:200]
    return Error(
        "internal",
        f"{type(error).__name__}{place}{f': {text}' if text else ''}",
        help=["this is a defect of convsolve: please report this line, the command, and what convsolve doctor prints"],
    )


def _silence(stream: object) -> None:
    """What is still unwritten shall not fail once more when Python closes the stream."""
    try:
        number = stream.fileno()  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
