"""Where the value of an option comes from: the command line, a question in a file, the environment, a project."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from typer import Exit
from typer.core import TyperOption

from convsolve.cli.question import Preset
from convsolve.configuration import DOMAINS, KEYS, OF_A_QUESTION, TABLE, Setting, configured, strangers
from convsolve.errors import Error, did_you_mean, shown

if TYPE_CHECKING:
    from typer._click.core import Command, Context, Parameter

    from convsolve.answer import Answer
    from convsolve.spec import Value

CONFIGURATION = "Configuration"
SPEC, ISOLATED, SHOW = "spec", "isolated", "show_config"
MAY_SAY_NOTHING = (*DOMAINS, "latent")  # a default of these is left aside where a question has no place for it
_REMEMBERED = "convsolve.given"  # where a context keeps what was given for our own options
_SET = "convsolve.set"  # and which defaults of a question were set elsewhere
_ISOLATES = "convsolve.isolates"  # and whether there are any
# What a word that was typed says anew: the others of its line that a file may have.
_REPLACED = {"stack": ("layer", "layers"), "count": ("all",), "all": ("count",)}
_OBJECTIVES = ("minimize", "maximize")

Sources = dict[str, tuple[str, str | None]]  # by option: command-line, spec, environment or pyproject, and the place


def asked(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """The parameters that a command must have and a question in a file may give; none where it needs others, too."""
    must = tuple(parameter for parameter in parameters if parameter.required)
    names = {name_of(parameter) for parameter in must}
    return must if "input" in names and names <= {"input", "target", "stack"} else ()


def typed_as(parameter: Parameter) -> str:
    """What a parameter is called on the command line: INPUT, --input."""
    return str(parameter.opts[0] if parameter.param_type_name == "option" else parameter.metavar)


def own_options(parameters: Sequence[Parameter], asked: Sequence[Parameter]) -> list[TyperOption]:
    """The options that say where others come from, for a command with these parameters."""
    named = {name_of(parameter) for parameter in parameters}
    found = []
    if asked:
        found.append(
            _option(
                SPEC,
                "FILE",
                f"The question in TOML or JSON instead of {' and '.join(map(typed_as, asked))}, or an answer, whose"
                " question it is then; - is stdin. Its keys are the long options with underscores. What is typed"
                " beside it goes before it; --where is added.",
            )
        )
    if named.isdisjoint(KEYS):
        return found
    help_of_isolated = f"Without the defaults that {TABLE} in a pyproject.toml and CONVSOLVE_* set."
    found.append(_option(ISOLATED, None, help_of_isolated))
    found.append(_option(SHOW, None, "Show what every option is and where that comes from, and exit."))
    return found


def _option(name: str, metavar: str | None, text: str) -> TyperOption:
    def remember(context: Context, _: object, given: object) -> None:
        context.meta.setdefault(_REMEMBERED, {})[name] = given

    return TyperOption(
        param_decls=[f"--{name.replace('_', '-')}"],
        metavar=metavar,
        is_flag=metavar is None or None,
        default=False if metavar is None else None,
        type=bool if metavar is None else str,
        callback=remember,
        expose_value=False,
        help=text,
        rich_help_panel=CONFIGURATION,
    )


def name_of(parameter: Parameter) -> str:
    """What a parameter is called in a file: its long option, or an argument's name, with underscores."""
    long_names = (word for word in parameter.opts if word[:2] == "--")
    word = next(long_names, None) if parameter.param_type_name == "option" else parameter.metavar
    return (word or str(parameter.name)).strip("[]-").replace("-", "_").lower()


def settle(command: Command, asked: Sequence[Parameter], context: Context) -> None:
    """Give each parameter that was not typed the value that a file or the environment has for it.

    Raises:
        Error: a file that cannot be read or understood, or that has not all or not alone what is `asked` for.
        Exit: the values were to be shown.
    """
    given = context.meta.get(_REMEMBERED, {})
    parameters = {name_of(parameter): parameter for parameter in command.params if parameter.expose_value}
    typed = {
        name
        for name, parameter in parameters.items()
        if getattr(context.get_parameter_source(str(parameter.name)), "name", "") == "COMMANDLINE"
    }
    sources: Sources = dict.fromkeys(typed, ("command-line", None))
    path = given.get(SPEC)
    if path is not None:
        _refuse_both([parameter for parameter in asked if name_of(parameter) in typed])
        found = _from_file(path, typed)
        if not given.get(SHOW):
            _refuse_part(found, map(name_of, asked), path)
        for name, setting in found.items():
            if name in parameters:
                _set(context, parameters[name], _chosen(setting, name, parameters[name]))
                sources.setdefault(name, ("spec", path))
    elsewhere = {} if given.get(ISOLATED) else configured()
    context.meta[_ISOLATES] = any(name in OF_A_QUESTION for name in elsewhere)
    for name, setting in elsewhere.items():
        if name in parameters and _applies(name, sources, spec=path is not None):
            value = _chosen(setting, name, parameters[name])
            preset = name in MAY_SAY_NOTHING and isinstance(value, str)
            _set(context, parameters[name], Preset(value) if preset else value)
            sources.setdefault(name, (setting.source, setting.place))
            if name in OF_A_QUESTION:
                context.meta.setdefault(_SET, {})[name] = setting.place
    if not given.get(ISOLATED) and (unread := strangers(os.environ)):
        from convsolve.cli.streams import say

        say(*(f"warning: {line}" for line in unread))
    if given.get(SHOW):
        from convsolve.cli.show_config import show

        show(context, parameters, sources)
        raise Exit


def set_elsewhere(context: Context) -> dict[str, str]:
    """The defaults of a question that a project or the environment has set, each with its place."""
    return dict(context.meta.get(_SET, {}))


def as_typed(answer: Answer, context: Context) -> Answer:
    """The answer with commands that mean the same where they are pasted: beside defaults of this project, too."""
    told = answer.explained
    if told is None or not context.meta.get(_ISOLATES):
        return answer
    changes = tuple(replace(change, command=f"{change.command} --{ISOLATED}") for change in told.changes)
    near = tuple(replace(other, command=f"{other.command} --{ISOLATED}") for other in told.nearest)
    return replace(answer, explained=replace(told, changes=changes, nearest=near))


def _refuse_both(typed: Sequence[Parameter]) -> None:
    if both := " and ".join(map(typed_as, typed)):
        raise Error(
            "usage",
            f"--spec has the whole question: {both} cannot stand beside it",
            help=[f"leave out {both}, or --spec", "options may stand beside it, and go before the file"],
        )


def _refuse_part(found: Mapping[str, Setting], names: Iterable[str], path: str) -> None:
    from convsolve.strict import named

    for name in names:
        if name not in found:
            example = "Conv(k=3)" if name == "stack" else "28x28"
            raise Error("bad-spec", f"{named(path)}: {name} is missing", help=[f'write {name} = "{example}"'])


def _from_file(path: str, typed: set[str]) -> dict[str, Setting]:
    """The words of the file that nothing typed replaces; its conditions hold beside those that were typed."""
    from convsolve.spec import read_spec
    from convsolve.strict import named

    replaced = {other for name in typed for other in (name, *_REPLACED.get(name, ()))} - {"where"}
    if typed.intersection(_OBJECTIVES):
        replaced.update(_OBJECTIVES)
    words = read_spec(path)
    return {name: Setting(value, "spec", named(path)) for name, value in words.items() if name not in replaced}


def _applies(name: str, sources: Sources, *, spec: bool) -> bool:
    """Whether a default says something that neither the command line nor the question has said."""
    if name in OF_A_QUESTION and spec:
        return False
    if name in ("layer", "layers") and "stack" in sources:
        return False
    if name == "count" and "all" in sources:
        return False
    if name == "check" and {"all", "jsonl"} <= sources.keys():
        return False
    return name == "where" or name not in sources


def _set(context: Context, parameter: Parameter, value: Value) -> None:
    """The parameter's value; a list is added to."""
    before = context.params.get(str(parameter.name))
    adds = isinstance(value, list) and isinstance(before, list | tuple)
    context.params[str(parameter.name)] = [*value, *before] if adds else value  # type: ignore[misc]


def _chosen(setting: Setting, name: str, parameter: Parameter) -> Value:
    """The setting's value; raises where it is not among the option's choices."""
    choices = [str(getattr(choice, "value", choice)) for choice in getattr(parameter.type, "choices", ())]
    if choices and setting.value not in choices:
        text = str(setting.value)
        message = f"{setting.place}: {name}: {shown(text)} is not known"
        raise Error("bad-value", message, help=did_you_mean(text, choices))
    return setting.value
