"""A question in a file: TOML or JSON with the very words of the command line and of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from convsolve.errors import Error, did_you_mean, shown, shown_value
from convsolve.strict import file_text, json_value, named, toml_table

SPEC, ANSWER = "convsolve.spec/1", "convsolve.answer/1"
LARGEST_SPEC = 2**23  # bytes; an answer of a thousand combinations is as large
EXAMPLE = 'write the words of the command line, as in input = "4x4" and target = "61x79"'

Value = str | bool | list[Any]


def read_spec(path: str) -> dict[str, Value]:
    """The words of a question from a file, each as its option would be typed.

    Args:
        path: a TOML or JSON file; ``-`` is stdin, and either of them. An answer of ``solve --json`` is as
            good: its problem is the question.

    Raises:
        Error: ``cannot-read``; ``bad-spec`` where it is no question; ``unknown-key``; and what is wrong with a
            value, each with the file's name.
    """
    text = file_text(path, LARGEST_SPEC, "bad-spec", [EXAMPLE])
    try:
        table = _table(text, path)
        if isinstance(table, dict) and table.get("schema") == ANSWER:
            table = table.get("problem")
    except ValueError as error:
        raise Error("bad-spec", f"{named(path)}: {error}", help=[EXAMPLE]) from None
    if not isinstance(table, dict):
        raise Error("bad-spec", f"{named(path)}: it is no question", help=[EXAMPLE])
    if table.pop("schema", SPEC) != SPEC:
        raise Error("bad-spec", f"{named(path)}: its schema is neither {SPEC} nor {ANSWER}", help=[EXAMPLE])
    return {key: value for key, value in words(table, KEYS, named(path)).items() if value is not None}


def _table(text: str, path: str) -> Any:  # noqa: ANN401 - what JSON may be
    if path.lower().endswith(".json"):
        return json_value(text)
    # No TOML starts with a brace.
    return json_value(text) if not path.lower().endswith(".toml") and text.lstrip()[:1] == "{" else toml_table(text)


def words(table: Mapping[str, object], known: Iterable[str], where: str) -> dict[str, Value | None]:
    """The keys and values of a table as options; None where a value says nothing.

    Args:
        table: as it was read; a key may have dashes, as options do.
        known: the keys that may stand here.
        where: the table's name, for messages.

    Raises:
        Error: ``unknown-key``, or as `value`.
    """
    found: dict[str, Value | None] = {}
    names = [*known]
    for written, given in table.items():
        key = written.replace("-", "_")
        if key not in names:
            raise Error("unknown-key", f"{where}: {shown(written)} is not known", help=did_you_mean(key, names))
        if key in found:
            raise Error("bad-value", f"{where}: {key} stands twice", help=["leave one of them out"])
        try:
            found[key] = None if given is None else value(key, given)
        except Error as error:
            raise Error(error.code, f"{where}: {error.message}", help=error.help) from None
    return found


def value(key: str, given: object) -> Value:
    """What a key says, as its option would be typed.

    Raises:
        Error: ``bad-value`` where it is of another type.

    Example:
        >>> value("input", [4, 4]), value("kernel_size", 3), value("where", "params <= 2e6")
        ('4x4', '3', ['params <= 2e6'])
    """
    return READERS[key](key, given)


def _refuse(key: str, given: object, example: str) -> NoReturn:
    raise Error("bad-value", f"{key}: {shown_value(given)} cannot be", help=[f"write {key} = {example}"])


def _text(example: str) -> Callable[[str, object], str]:
    def read(key: str, given: object) -> str:
        return given if isinstance(given, str) else _refuse(key, given, example)

    return read


def _whole(key: str, given: object) -> str:
    return str(given) if type(given) is int or isinstance(given, str) else _refuse(key, given, "4")


def _amount(key: str, given: object) -> str:
    return str(given) if type(given) in {int, float} or isinstance(given, str) else _refuse(key, given, "10")


def _flag(key: str, given: object) -> bool:
    return given if isinstance(given, bool) else _refuse(key, given, "true")


def _shape(key: str, given: object) -> str:
    if isinstance(given, list) and given and all(type(size) in {int, str} for size in given):
        return "x".join(map(str, given))
    return str(given) if type(given) is int or isinstance(given, str) else _refuse(key, given, '"128@4x4"')


def _domain(key: str, given: object) -> str:
    if isinstance(given, list):
        # In torch a list has one value an axis, in a file it would be read as the values to try.
        raise Error(
            "bad-value",
            f"{key}: a list may be values to try, or one an axis",
            help=[f'write {key} = "3,5" to try both, or {key} = "3x5" for one an axis'],
        )
    return str(given) if type(given) is int or isinstance(given, str) else _refuse(key, given, '"3,5,7"')


def _texts(example: str) -> Callable[[str, object], list[Any]]:
    def read(key: str, given: object) -> list[Any]:
        listed = [given] if isinstance(given, str) else given
        if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
            _refuse(key, given, example)
        return [*listed]

    return read


def _names(key: str, given: object) -> str:
    return ",".join(_texts('"kernel_size,stride"')(key, given))


def _channels(key: str, given: object) -> Value:
    if isinstance(given, list) and all(type(part) is int or part is None or isinstance(part, str) for part in given):
        return [*given]  # None is a number that nobody gave
    return given if isinstance(given, str) else _refuse(key, given, "[128, 64, 3]")


READERS: Mapping[str, Callable[[str, object], Value]] = {
    "input": _shape,
    "target": _shape,
    "stack": _text('"Conv(k=3) >> MaxPool()"'),
    "layer": _text('"conv"'),
    "layers": _whole,
    "kernel_size": _domain,
    "stride": _domain,
    "padding": _domain,
    "dilation": _domain,
    "output_padding": _domain,
    "tie": _names,
    "channels": _channels,
    "latent": _whole,
    "minimize": _texts('"params"'),
    "maximize": _texts('"receptive_field"'),
    "where": _texts('["params <= 2e6"]'),
    "no_checkerboard": _flag,
    "exact": _flag,
    "odd_kernels": _flag,
    "monotone": _flag,
    "count": _whole,
    "all": _flag,
    "seed": _whole,
    "check": _text('"torch"'),
    "explain": _text('"full"'),
    "timeout": _amount,
    "memory": _amount,
    "color": _text('"never"'),
    "activation": _text('"relu"'),
    "norm": _text('"batch"'),
    "final_activation": _text('"tanh"'),
}
# How an answer looks, as a table or as code, is no part of its question.
KEYS = tuple(key for key in READERS if key not in {"color", "activation", "norm", "final_activation"})
