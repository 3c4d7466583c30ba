"""The Typer application: every command, and what concerns them all."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from convsolve.cli.help import Command, Group

COMMANDS = (
    "solve",
    "count",
    "sample",
    "pareto",
    "sweep",
    "trace",
    "emit",
    "verify",
    "explain-error",
    "schema",
    "doctor",
    "plugins",
)


def application(arguments: Sequence[str]) -> typer.Typer:
    """The application with the command that the arguments name, or else with all.

    To import every command and to read its options takes as long as a small question.
    """
    app = typer.Typer(
        name="convsolve",
        cls=Group,
        rich_markup_mode=None,  # our own help needs no rich, which takes as long to import as all of Typer
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback()(convsolve)
    for name in [arguments[0]] if arguments and arguments[0] in COMMANDS else COMMANDS:
        module = name.replace("-", "_")
        app.command(name, cls=Command)(getattr(import_module(f"convsolve.cli.{module}"), module))
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"convsolve {version('convsolve')}")
        raise typer.Exit


def convsolve(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Which convolutions turn this size into that one?

    Examples:
      convsolve solve 28 14                    every layer from 28 to 14, most conventional first
      convsolve solve 4x4 61x79 --layers 4     the same for four layers and two axes
      convsolve solve 100@1x1 3@64x64 --layers 5 --emit generator.py
      convsolve count 4x4 61x79 --layers 4     how many there are
      convsolve trace "Conv(k=3, s=2) >> MaxPool(2)" --input 3@224x224
    """
