"""``convsolve trace``: forward through a stack."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.streams import Color, look, say, write, write_record
from convsolve.errors import Error, shown

_MODEL = re.compile(r"[^()]*\.py:\w+|[\w.]+:\w+")


def trace(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="The layers, every kernel_size given.")],
    shape: given.Shape,
    channels: given.Channels = None,
    json: given.Json = False,
    color: given.ColorOption = Color.AUTO,
) -> int:
    """Go forward through a stack: every size and cost, or where it fails and why.

    Examples:
      convsolve trace "Conv(k=3) >> MaxPool(2)" --input 28x28
      convsolve trace "Conv(c=64, k=7, s=2, p=3) >> MaxPool(3, s=2, p=1)" --input 3@224x224
      convsolve trace "ConvTranspose(k=4, s=2, p=1) * 3" --input 7x7 --channels 128,64,32,3
    """
    if _MODEL.fullmatch(stack.strip()):
        raise Error(
            "unsupported",
            f"{shown(stack)}: models in files are not read in this version",
            help=['write the layers: convsolve trace "Conv(k=3) >> MaxPool(2)" --input 28x28'],
        )
    from convsolve.tracing import trace as go

    found = go(stack, shape, channels=channels)
    code = ExitCode.FOUND if found.valid else ExitCode.CHECK_FAILED
    if json:
        write_record(found.to_dict())
    else:
        from convsolve.render import traces
        from convsolve.render.table import drawn

        page = look(color)
        if not page.table:
            write(traces.rows(found))
        elif found.layers:
            columns, parts = traces.table(found)
            write(drawn(columns, parts, width=page.width, bold=page.bold, dim=page.dim))
        if found.valid:
            sums = filter(None, [traces.totals(found), traces.alignment(found)])
            write(sums) if page.table else say(*sums)
    if not found.valid:
        say(f"not valid: {found.reason}")
        words = [
            f"{mend.parameter}={mend.value} (then it makes {'x'.join(map(str, mend.out_size))})" for mend in found.mends
        ]
        if words:
            say(f"  help: in layer {found.failed_at}, write {', or '.join(words)}")
        if found.fitting:
            say(f"  help: inputs that pass: {' or '.join('x'.join(map(str, size)) for size in found.fitting)}")
        if found.instead:
            say(f"  help: write instead {', or '.join(found.instead)}")
    return code
