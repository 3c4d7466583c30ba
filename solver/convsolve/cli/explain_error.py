"""``convsolve explain-error``: a message of torch's, told."""

from __future__ import annotations

from typing import Annotated

import typer

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.streams import Color, write, write_record

CHUNK = 2**20  # bytes


def explain_error(
    message: Annotated[str, typer.Argument(metavar="FILE", help="A file with the message, or - for stdin.")],
    *,
    json: given.Json = False,
    color: given.ColorOption = Color.AUTO,
) -> int:
    """Explain a message of torch's about sizes: the equation behind it, and what mends it.

    Examples:
      python train.py 2>&1 | convsolve explain-error -
      convsolve explain-error traceback.txt
    """
    del color  # there is none
    from convsolve.strict import opened
    from convsolve.torch_messages import LONGEST, read

    data = b""
    with opened(message, ["give a file with a message of torch's"]) as file:
        while chunk := file.read(CHUNK):  # a log may be long: its end is what matters
            data = (data + chunk)[-4 * LONGEST :]
    found = read(data.decode(errors="replace"))
    if json:
        write_record(found.to_dict())
        return ExitCode.FOUND
    write([found.message, f"because {found.because}", f"so this does not hold: {found.equation}"])
    write(f"  help: {line}" for line in found.help)
    if found.command:
        write([f"          {found.command}"])
    return ExitCode.FOUND
