from __future__ import annotations

import pickle
import time

import pytest

from convsolve.errors import Error, did_you_mean, shown, shown_number, shown_value

LARGE = 10**5000


def test_an_error_is_a_value_error_with_code_message_and_help() -> None:
    error = Error("bad-size", "'4x' is no size", help=["write 4x4", "or 4"])
    assert isinstance(error, ValueError)
    assert (error.code, error.message, error.help) == ("bad-size", "'4x' is no size", ("write 4x4", "or 4"))
    assert str(error) == "error[bad-size]: '4x' is no size\n  help: write 4x4\n  help: or 4"
    assert str(Error("usage", "no")) == "error[usage]: no"


def test_an_error_crosses_a_process_border() -> None:
    error = Error("bad-size", "no", help=["yes"])
    other = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(other) is Error
    assert (other.code, other.message, other.help, str(other)) == (error.code, error.message, error.help, str(error))


@pytest.mark.parametrize(
    ("word", "lines"),
    [
        ("kernel", ["did you mean 'kernel_size'?"]),
        ("STRIDE", ["did you mean 'stride'?"]),
        ("zzz", ["known: kernel_size, stride"]),
        ("", ["known: kernel_size, stride"]),
    ],
)
def test_did_you_mean(word: str, lines: list[str]) -> None:
    assert did_you_mean(word, ["kernel_size", "stride"]) == lines


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("4x", "'4x'"),
        ("a'b", '"a\'b"'),
        ("a\0b\n", r"'a\x00b\n'"),
        ("\u202e\uff13\ud800", r"'\u202e\uff13\ud800'"),
        ("x" * 38, f"'{'x' * 38}'"),
        ("x" * 39, f"'{'x' * 35}...'"),
        ("x" * 10**7, f"'{'x' * 35}...'"),
    ],
    ids=lambda value: ascii(value[:24]) if isinstance(value, str) else type(value).__name__,
)
def test_a_users_text_is_quoted_escaped_and_short(text: str, quoted: str) -> None:
    before = time.perf_counter()
    assert shown(text) == quoted
    assert time.perf_counter() - before < 1


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("4x", "'4x'"),
        ([1], "'[1]'"),
        (2.5, "'2.5'"),
        (None, "'None'"),
        (LARGE, "a value of type int"),
        ([LARGE], "a value of type list"),
    ],
    ids=lambda value: ascii(value[:24]) if isinstance(value, str) else type(value).__name__,
)
def test_any_value_is_quoted(value: object, quoted: str) -> None:
    assert shown_value(value) == quoted


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        (-3, "-3"),
        (10**12 - 1, "999999999999"),
        (10**12, "a number of more than 12 digits"),
        (-LARGE, "a number of more than 12 digits"),
    ],
    ids=lambda value: ascii(value[:24]) if isinstance(value, str) else type(value).__name__,
)
def test_a_number_is_quoted_if_it_is_short(value: int, quoted: str) -> None:
    assert shown_number(value) == quoted
