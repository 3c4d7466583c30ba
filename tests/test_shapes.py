from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convsolve.errors import Error
from convsolve.shapes import EXAMPLES, LARGEST_SIZE, Extent, Shape, shape_text

LARGE = 10**5000
HELP = f"\n  help: {EXAMPLES}"

shapes = st.builds(
    Shape,
    st.one_of(st.none(), st.integers(1, LARGEST_SIZE)),
    st.lists(st.integers(1, LARGEST_SIZE), min_size=1, max_size=3).map(tuple),
)


@pytest.mark.parametrize(
    ("value", "channels", "size"),
    [
        ("28", None, (28,)),
        (28, None, (28,)),
        ("28x30", None, (28, 30)),
        ((28, 30), None, (28, 30)),
        (" 4x5x6\n", None, (4, 5, 6)),
        ("128@4x4", 128, (4, 4)),
        ("1@007", 1, (7,)),
        (Shape(3, (4, 5)), 3, (4, 5)),
        (LARGEST_SIZE, None, (LARGEST_SIZE,)),
    ],
)
def test_what_is_read(value: object, channels: int | None, size: tuple[int, ...]) -> None:
    assert Shape.read(value) == Shape(channels, size)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", f"error[bad-size]: input '' is no size{HELP}"),
        ("4x", f"error[bad-size]: input '4x' is no size{HELP}"),
        ("x4", f"error[bad-size]: input 'x4' is no size{HELP}"),
        ("4 x 4", f"error[bad-size]: input '4 x 4' is no size{HELP}"),
        ("4*4", f"error[bad-size]: input '4*4' is no size{HELP}"),
        ("4.5", f"error[bad-size]: input '4.5' is no size{HELP}"),
        ("1e3", f"error[bad-size]: input '1e3' is no size{HELP}"),
        ("-4", f"error[bad-size]: input '-4' is no size{HELP}"),
        ("7_0", f"error[bad-size]: input '7_0' is no size{HELP}"),
        ("@4", f"error[bad-size]: input '@4' is no size{HELP}"),
        ("3@3@4", f"error[bad-size]: input '3@3@4' is no size{HELP}"),
        ("axb", f"error[bad-size]: input 'axb' is no size\n  help: a family has capital letters: AxB{HELP}"),
        ("\uff12\uff18", f"error[bad-size]: input '\\uff12\\uff18' is no size{HELP}"),
        ("\u0661\u0662", f"error[bad-size]: input '\\u0661\\u0662' is no size{HELP}"),
        ("4\0", f"error[bad-size]: input '4\\x00' is no size{HELP}"),
        ("4\u202e4", f"error[bad-size]: input '4\\u202e4' is no size{HELP}"),
        (
            "9" * 5000,
            f"error[bad-size]: input '99999999999999999999999999999999999...': no number is above 2147483647{HELP}",
        ),
        ("," * 10**6 + "!", f"error[bad-size]: input ',,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,...' is no size{HELP}"),
        ("," * 999 + "!", f"error[bad-size]: input ',,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,...' is no size{HELP}"),
        ("(" * 10**5, f"error[bad-size]: input '(((((((((((((((((((((((((((((((((((...' is no size{HELP}"),
        ("0", f"error[bad-size]: input: 0 is not between 1 and 2147483647{HELP}"),
        ("4x0", f"error[bad-size]: input: 0 is not between 1 and 2147483647{HELP}"),
        ("0@4", f"error[bad-size]: input: 0 is not between 1 and 2147483647{HELP}"),
        ("99999999999", f"error[bad-size]: input '99999999999': no number is above 2147483647{HELP}"),
        ("9999999999", f"error[bad-size]: input: 9999999999 is not between 1 and 2147483647{HELP}"),
        ("2147483648", f"error[bad-size]: input: 2147483648 is not between 1 and 2147483647{HELP}"),
        (-3, f"error[bad-size]: input: -3 is not between 1 and 2147483647{HELP}"),
        (LARGE, f"error[bad-size]: input: a number of more than 12 digits is not between 1 and 2147483647{HELP}"),
        ((4, LARGE), f"error[bad-size]: input: a number of more than 12 digits is not between 1 and 2147483647{HELP}"),
        ("1x2x3x4", f"error[bad-size]: input '1x2x3x4' has 4 axes; PyTorch convolves over 1 to 3{HELP}"),
        ((1, 2, 3, 4), f"error[bad-size]: input '(1, 2, 3, 4)' has 4 axes; PyTorch convolves over 1 to 3{HELP}"),
        ((LARGE,) * 4, f"error[bad-size]: input a value of type tuple has 4 axes; PyTorch convolves over 1 to 3{HELP}"),
        ((), f"error[bad-size]: input '()' is no size{HELP}"),
        ([4, 4], f"error[bad-size]: input '[4, 4]' is no size{HELP}"),
        ((4, 4.0), f"error[bad-size]: input '(4, 4.0)' is no size{HELP}"),
        ((4, True), f"error[bad-size]: input '(4, True)' is no size{HELP}"),
        (True, f"error[bad-size]: input 'True' is no size{HELP}"),
        (4.0, f"error[bad-size]: input '4.0' is no size{HELP}"),
        (None, f"error[bad-size]: input 'None' is no size{HELP}"),
        ([LARGE], f"error[bad-size]: input a value of type list is no size{HELP}"),
    ],
    ids=lambda value: ascii(value[:24]) if isinstance(value, str) else type(value).__name__,
)
def test_what_is_refused(value: object, text: str) -> None:
    before = time.perf_counter()
    with pytest.raises(Error) as caught:
        Shape.read(value, "input")
    assert str(caught.value) == text
    assert time.perf_counter() - before < 1


@pytest.mark.parametrize("text", ["H", "2H", "H/8", "H-184", "HxW", "3@Hx4"])
def test_a_family_is_no_single_shape_and_reads_back(text: str) -> None:
    with pytest.raises(Error) as caught:
        Shape.read(text)
    assert str(caught.value) == f"error[bad-size]: {text} is a family of sizes\n  help: give one of them: 28, 28x28"
    assert str(Extent.read(text)) == text


@given(shapes)
@settings(max_examples=200, derandomize=True)
def test_text_reads_back(shape: Shape) -> None:
    assert Shape.read(str(shape)) == shape
    assert str(shape) == shape_text(shape.channels, shape.size)
    assert Shape.read(shape.size) == Shape(None, shape.size)


@given(st.one_of(st.text(max_size=30), st.text(alphabet="0123456789x@,.?[]HW+-/\u0663\uff13 ", max_size=40)))
@settings(max_examples=500, derandomize=True)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        shape = Shape.read(text)
    except Error as error:
        assert error.code in ("bad-size", "unsupported")  # noqa: PT017 - both ways are right
    else:
        assert 1 <= len(shape.size) <= 3
