"""How the help looks: what a command does, examples, then the options in groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from typer import TyperException
from typer.core import TyperCommand, TyperGroup

from convsolve.cli import sources
from convsolve.cli.streams import Color, Look, look, named
from convsolve.errors import Error, did_you_mean
from convsolve.shapes import EXAMPLES

if TYPE_CHECKING:
    from typer._click.core import Command as AnyCommand
    from typer._click.core import Context, Parameter
    from typer._click.formatting import HelpFormatter

HELP_OPTIONS = "Help"


class Command(TyperCommand):
    """A command whose help starts with examples, and whose options may be set elsewhere, too."""

    def __init__(self, *, params: list[Parameter], **settings: Any) -> None:  # noqa: ANN401 - Typer's own
        self.asked = sources.asked(params)  # what a question in a file has, too
        for parameter in self.asked:
            parameter.required = False
        super().__init__(params=[*params, *sources.own_options(params, self.asked)], **settings)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        page = look(Color.AUTO)
        _opening(self, ctx, formatter, page)
        for title, rows in _grouped(self, ctx).items():
            _section(formatter, page, title, rows)

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        _refuse_negative(self, ctx, args)
        try:
            rest = super().parse_args(ctx, args)
        except TyperException as error:
            # Not every one that the parser raises knows its command, which its help line names.
            vars(error)["ctx"] = vars(error).get("ctx") or ctx
            raise
        if not ctx.resilient_parsing:
            sources.settle(self, self.asked, ctx)
            for parameter in self.asked:
                if ctx.params[str(parameter.name)] is None:
                    raise missing(sources.typed_as(parameter), self, ctx)
        return rest

    def invoke(self, ctx: Context) -> int:
        try:
            return int(super().invoke(ctx) or 0)
        except Error as error:
            places = sources.set_elsewhere(ctx)
            if error.code == "internal" or not places:
                raise
            told = [f"set elsewhere: {', '.join(f'{name} ({place})' for name, place in places.items())}"]
            raise Error(error.code, error.message, help=[*error.help, *told]) from None


class Group(TyperGroup):
    """All commands, each with its first sentence."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        page = look(Color.AUTO)
        _opening(self, ctx, formatter, page)
        commands = [(name, command.get_short_help_str(limit=85)) for name, command in self.commands.items()]
        _section(formatter, page, "Commands", commands)
        for title, rows in _grouped(self, ctx).items():
            _section(formatter, page, title, rows)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, AnyCommand | None, list[str]]:
        if args and args[0] not in self.commands and not ctx.resilient_parsing:
            from convsolve.errors import shown

            raise Error("usage", f"{shown(args[0])} is no command", help=did_you_mean(args[0], self.commands))
        return super().resolve_command(ctx, args)


def _opening(command: AnyCommand, ctx: Context, formatter: HelpFormatter, page: Look) -> None:
    for line in (command.help or "").splitlines():
        heading = line.endswith(":") and not line.startswith(" ")
        formatter.write(f"{page.bold(line) if heading else line}\n")
    formatter.write(f"\n{page.bold('Usage:')} {usage(command, ctx)}\n")


def missing(word: str, command: AnyCommand, ctx: Context) -> Error:
    """That something which must be given was not."""
    help_lines = [f"write {usage(command, ctx)}", f"{ctx.command_path} --help shows examples"]
    return Error("usage", f"{word} is missing", help=help_lines)


def usage(command: AnyCommand, ctx: Context) -> str:
    """``convsolve solve [OPTIONS] INPUT TARGET``; what Typer puts around what must be given says nothing."""
    must = {f"[{parameter.metavar}]" for parameter in getattr(command, "asked", ())}
    pieces = (piece.strip("[]") if piece in must else piece.strip("{}") for piece in command.collect_usage_pieces(ctx))
    return " ".join([ctx.command_path, *pieces])


def _grouped(command: AnyCommand, ctx: Context) -> dict[str, list[tuple[str, str]]]:
    """The parameters under the titles that their declarations give, arguments first."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None:
            usual = "Arguments" if parameter.param_type_name == "argument" else HELP_OPTIONS
            title = getattr(parameter, "rich_help_panel", None) or usual
            name, text = record
            groups.setdefault(title, []).append((name.strip("{}"), text.removesuffix("  [required]")))
    last = groups.pop(HELP_OPTIONS, [])
    return groups | {HELP_OPTIONS: last}


def _section(formatter: HelpFormatter, page: Look, title: str, rows: Sequence[tuple[str, str]]) -> None:
    if not rows:
        return
    formatter.write(f"\n{page.bold(title + ':')}\n")
    formatter.indent()
    formatter.write_dl(rows)
    formatter.dedent()


def _refuse_negative(command: AnyCommand, ctx: Context, args: Sequence[str]) -> None:
    """A size below zero looks like an option; say what it is. An option's own value comes through."""
    takes_value = {
        name
        for parameter in command.get_params(ctx)
        if parameter.param_type_name == "option" and not getattr(parameter, "is_flag", False)
        for name in parameter.opts
    }
    for before, word in zip(["", *args], args, strict=False):
        if word == "--":
            return
        if word[:1] == "-" and word[1:2].isdigit() and before not in takes_value:
            raise Error("bad-size", f"{named(word[:40])} is no size: sizes are 1 or more", help=[EXAMPLES])
