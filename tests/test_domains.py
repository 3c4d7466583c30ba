from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convsolve.domains import EXAMPLES, LARGEST_PARAMETER, Domain, Domains, domain_text
from convsolve.errors import Error
from convsolve.stack import Conv, Stack

LARGE = 10**5000
HELP = f"\n  help: {EXAMPLES}"

one_domain = st.one_of(
    st.sets(st.integers(0, LARGEST_PARAMETER), min_size=1, max_size=8),
    st.builds(
        lambda low, number, step: set(range(low, low + number * step, step)),
        st.integers(0, 3000),
        st.integers(1, 40),
        st.integers(1, 20),
    ),
).map(lambda values: tuple(sorted(values)))
several = st.one_of(
    one_domain.map(lambda domain: Domains((domain,), per_axis=False)),
    st.lists(one_domain, min_size=1, max_size=3).map(lambda each: Domains(tuple(each), per_axis=True)),
)


@pytest.mark.parametrize(
    ("value", "each", "per_axis"),
    [
        (3, ((3,),), False),
        ("3", ((3,),), False),
        (" 7, 3 ,5,3 ", ((3, 5, 7),), False),
        ("1..7", ((1, 2, 3, 4, 5, 6, 7),), False),
        ("2..16:2", ((2, 4, 6, 8, 10, 12, 14, 16),), False),
        ("2..15:4,3", ((2, 3, 6, 10, 14),), False),
        ("5..5", ((5,),), False),
        ("0", ((0,),), False),
        ("3x5", ((3,), (5,)), True),
        ("1..3x3x3", ((1, 2, 3), (3,), (3,)), True),
        ({7, 3}, ((3, 7),), False),
        (frozenset({2}), ((2,),), False),
        (range(8, 0, -2), ((2, 4, 6, 8),), False),
        ((3, 5), ((3,), (5,)), True),
        (("1..3", {4, 2}, range(2)), ((1, 2, 3), (2, 4), (0, 1)), True),
        ((3,), ((3,),), True),
        ("0..4096", (tuple(range(4097)),), False),
    ],
)
def test_what_is_read(value: object, each: tuple[Domain, ...], per_axis: bool) -> None:  # noqa: FBT001 - expected
    assert Domains.read(value) == Domains(each, per_axis)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", f"error[bad-domain]: k: '' is no domain{HELP}"),
        ("x", f"error[bad-domain]: k: 'x' is no domain{HELP}"),
        ("3x", f"error[bad-domain]: k: '3x' is no domain{HELP}"),
        ("3,,5", f"error[bad-domain]: k: '3,,5' is no domain{HELP}"),
        ("-3", f"error[bad-domain]: k: '-3' is no domain{HELP}"),
        ("+3", f"error[bad-domain]: k: '+3' is no domain{HELP}"),
        ("3.5", f"error[bad-domain]: k: '3.5' is no domain{HELP}"),
        ("7_0", f"error[bad-domain]: k: '7_0' is no domain{HELP}"),
        ("1...3", f"error[bad-domain]: k: '1...3' is no domain{HELP}"),
        ("1..3:", f"error[bad-domain]: k: '1..3:' is no domain{HELP}"),
        ("\uff13", f"error[bad-domain]: k: '\\uff13' is no domain{HELP}"),
        ("\u0661..\u0663", f"error[bad-domain]: k: '\\u0661..\\u0663' is no domain{HELP}"),
        ("3\0", f"error[bad-domain]: k: '3\\x00' is no domain{HELP}"),
        ("3\u202e5", f"error[bad-domain]: k: '3\\u202e5' is no domain{HELP}"),
        ("9" * 5000, f"error[bad-value]: k must be at most 4096, not '99999999999999999999999999999999999...'{HELP}"),
        ("1," * 10**6, f"error[bad-domain]: k: '1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1...' is too long{HELP}"),
        ("1x" * 10**6, f"error[bad-domain]: k: '1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1...' is too long{HELP}"),
        ("(" * 10**5, f"error[bad-domain]: k: '(((((((((((((((((((((((((((((((((((...' is no domain{HELP}"),
        ("7..1", "error[empty-domain]: k: the range 7..1 is empty\n  help: write 1..7"),
        ("1..7:0", "error[bad-domain]: k: the step of 1..7:0 is 0\n  help: write 1..7"),
        ("1..9999999999", f"error[bad-value]: k must be at most 4096, not 9999999999{HELP}"),
        ("99999999999", f"error[bad-value]: k must be at most 4096, not '99999999999'{HELP}"),
        ("9" * 10, f"error[bad-value]: k must be at most 4096, not 9999999999{HELP}"),
        ("5000", f"error[bad-value]: k must be at most 4096, not 5000{HELP}"),
        ("0..3", f"error[bad-value]: k must be at least 1, not 0{HELP}"),
        (0, f"error[bad-value]: k must be at least 1, not 0{HELP}"),
        (-LARGE, f"error[bad-value]: k must be at least 1, not a number of more than 12 digits{HELP}"),
        (LARGE, f"error[bad-value]: k must be at most 4096, not a number of more than 12 digits{HELP}"),
        (range(LARGE), f"error[bad-value]: k must be between 0 and 4096{HELP}"),
        (range(-LARGE, 0), f"error[bad-value]: k must be between 0 and 4096{HELP}"),
        (range(3, 3), f"error[empty-domain]: k: 'range(3, 3)' is empty{HELP}"),
        (set(), f"error[empty-domain]: k: the set is empty{HELP}"),
        ((), f"error[empty-domain]: k has no value{HELP}"),
        (True, f"error[bad-domain]: k: 'True' is no domain{HELP}"),
        (3.0, f"error[bad-domain]: k: '3.0' is no domain{HELP}"),
        (None, f"error[bad-domain]: k: 'None' is no domain{HELP}"),
        ([3], f"error[bad-domain]: k: '[3]' is no domain{HELP}"),
        ([LARGE], f"error[bad-domain]: k: a value of type list is no domain{HELP}"),
        (b"3", f"error[bad-domain]: k: \"b'3'\" is no domain{HELP}"),
        ((3, (4, 5)), f"error[bad-domain]: k: '(4, 5)' is no domain{HELP}"),
        (("3x5", 3), f"error[bad-domain]: k: '3x5' is no domain{HELP}"),
        ({True}, f"error[bad-domain]: k: 'True' is no integer{HELP}"),
        ({2.5}, f"error[bad-domain]: k: '2.5' is no integer{HELP}"),
    ],
    ids=lambda value: ascii(value[:24]) if isinstance(value, str) else type(value).__name__,
)
def test_what_is_refused(value: object, text: str) -> None:
    before = time.perf_counter()
    with pytest.raises(Error) as caught:
        Domains.read(value, "k", 1)
    assert str(caught.value) == text
    assert time.perf_counter() - before < 1


def test_the_number_of_axes() -> None:
    assert Domains.read(3).on(3) == ((3,),) * 3
    assert Domains.read("3x5").on(2) == ((3,), (5,))
    with pytest.raises(Error) as caught:
        Domains.read("3x1..4").on(3, "kernel_size")
    assert str(caught.value) == (
        "error[dimension-mismatch]: kernel_size 3x1..4 has 2 axes, the sizes have 3\n"
        "  help: give one domain for all axes, or 3"
    )


@pytest.mark.parametrize(
    ("domain", "text"),
    [((3,), "3"), ((3, 5), "3,5"), ((1, 2, 3), "1..3"), ((0, 4, 8), "0..8:4"), ((1, 2, 4), "1,2,4"), ((1, 2), "1..2")],
)
def test_the_shortest_text(domain: Domain, text: str) -> None:
    assert domain_text(domain) == text


@given(several)
@settings(max_examples=300, derandomize=True, deadline=None)
def test_text_reads_back(domains: Domains) -> None:
    again = Domains.read(str(domains))
    assert again.each == domains.each
    # of one axis a text cannot say whether it was meant for all
    assert again.per_axis == (len(domains.each) > 1)


@given(several)
@settings(max_examples=200, derandomize=True, deadline=None)
def test_python_source_reads_back(domains: Domains) -> None:
    (layer,) = Stack.read(f"Conv(padding={domains.python()})").layers
    assert layer.parameters == (("padding", domains),)
    value = eval(domains.python(), {})  # noqa: S307 - written from drawn numbers
    assert Conv(padding=value).layers == (layer,)


@given(st.one_of(st.text(max_size=30), st.text(alphabet="0123456789x,.:\u0663\uff13 -", max_size=30)))
@settings(max_examples=400, derandomize=True)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        domains = Domains.read(text)
    except Error:
        return
    assert all(list(domain) == sorted(set(domain)) and domain for domain in domains.each)
