"""``convsolve count``: how many combinations there are."""

from __future__ import annotations

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.question import Words, question
from convsolve.cli.solve import outcome
from convsolve.cli.streams import Color, say, write_record


def count(  # noqa: PLR0913 - the options of interface.md
    source: given.Input,
    target: given.Target,
    *,
    layers: given.Layers = None,
    layer: given.Layer = None,
    stack: given.Stack = None,
    channels: given.Channels = None,
    tie: given.Tie = None,
    kernel_size: given.KernelSize = None,
    stride: given.Stride = None,
    padding: given.Padding = None,
    dilation: given.Dilation = None,
    output_padding: given.OutputPadding = None,
    json: given.Json = False,
    color: given.ColorOption = Color.AUTO,
) -> int:
    """Count the combinations exactly, without listing them.

    Examples:
      convsolve count 7 28                     12
      convsolve count 4x4 61x79 --layers 4     810141981
      convsolve count 224 7 --stack "Conv() * 4 >> MaxPool()"
    """
    del color  # a number has none
    problem = question(
        source,
        target,
        Words(
            layers=layers,
            layer=layer,
            stack=stack,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            output_padding=output_padding,
            tie=tie,
            channels=channels,
        ),
    )
    from convsolve.answering import answer
    from convsolve.render.answers import headline, limits

    found = answer(problem, count=0)
    code = outcome(found)
    if json:
        write_record(found.to_dict())
        if code is not ExitCode.FOUND:
            say(headline(found), *limits(problem))
        return code
    if found.total is None:
        say(headline(found))
    else:
        write_record(found.total)
    say(*([headline(found)] if code is ExitCode.IMPOSSIBLE else []), *limits(problem))
    return code
