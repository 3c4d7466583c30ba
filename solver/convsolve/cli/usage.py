"""What Typer has to say about the words it was given, in our own form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typer import TyperException

from convsolve.errors import Error, did_you_mean, shown

LONGEST = 200  # characters of a message


def as_error(error: TyperException, arguments: Sequence[str]) -> Error:
    """The same mistake as an Error with help lines.

    What Typer's exceptions carry beside their message is not public, so all of it is optional here.
    """
    context: Any = getattr(error, "ctx", None)
    command = context.command if context is not None else None
    parameter: Any = getattr(error, "param", None)
    path = context.command_path if context is not None else "convsolve"
    manual = f"{path} --help shows examples"
    if name := getattr(error, "option_name", None):
        if "no such option" not in error.message.lower():  # known, but used wrongly
            return Error("usage", _sentence(error.format_message()), help=[manual])
        known = [option for each in command.params for option in each.opts if option[:2] == "--"] if command else []
        written = _written(str(name), arguments)
        if others := _those_that_have(written, getattr(command, "commands", {})):
            mend = f"it belongs behind a command: {path} {others[0]} {written} ..."
            return Error("usage", f"{shown(written)} is no option of {path}", help=[mend, manual])
        # a word of an option, or its beginning, says more than letters in common do
        begun = [option for option in known if option.startswith(str(name))] if len(str(name)) > len("--k") else []
        near = [f"did you mean {option!r}?" for option in begun[:1]]
        near = near or [line for line in did_you_mean(str(name), known) if line.startswith("did you mean")]
        return Error("usage", f"{shown(written)} is no option of {path}", help=[*near, manual])
    if parameter is None:
        return Error("usage", _sentence(error.format_message()), help=[manual])
    word = parameter.opts[0] if parameter.param_type_name == "option" else parameter.human_readable_name
    if type(error).__name__ == "MissingParameter" and command is not None:
        from convsolve.cli.help import missing

        return missing(word, command, context)
    choices = [str(getattr(choice, "value", choice)) for choice in getattr(parameter.type, "choices", ())]
    if choices:
        value = _value(parameter.opts, arguments)
        return Error("usage", f"{word}: {shown(value)} is not known", help=did_you_mean(value, choices))
    return Error("usage", f"{word}: {_sentence(error.message)}", help=[manual])


def _those_that_have(option: str, commands: Mapping[str, Any]) -> list[str]:
    """The commands, if any, that take an option which was given in front of them."""
    bare = option.partition("=")[0]
    return [name for name, one in commands.items() if any(bare in parameter.opts for parameter in one.params)]


def _written(option: str, arguments: Sequence[str]) -> str:
    """The option as it was typed: of ``-xyz`` Typer names the one letter that it does not know."""
    return next((word for word in arguments if word.partition("=")[0] == option), option)


def _value(names: Sequence[str], arguments: Sequence[str]) -> str:
    """What was given for an option, last one first."""
    words = list(arguments)
    for place in range(len(words) - 1, -1, -1):
        name, equals, value = words[place].partition("=")
        if name in names:
            return value if equals else next(iter(words[place + 1 : place + 2]), "")
    return ""


def _sentence(message: str) -> str:
    """A message as ours are: without a capital in front and a full stop behind, and not too long."""
    first = message.strip().partition("\n")[0].rstrip(".")
    text = "".join([letter if letter.isprintable() else ascii(letter)[1:-1] for letter in first[: LONGEST + 1]])
    text = text[:1].lower() + text[1:]
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
