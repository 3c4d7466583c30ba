from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from itertools import product
from random import Random

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from convsolve.conditions import read_conditions
from convsolve.errors import Error
from convsolve.language import compiled, names, parse, substitute
from convsolve.language.nodes import (
    Arithmetic,
    Call,
    Compare,
    Expr,
    Junction,
    Member,
    Name,
    Negative,
    Not,
    Number,
    children,
)
from convsolve.language.smtlib import conjunction, disjunction, members, numeral, smt

NAMES = ("a", "b", "stride")
STRIDES = (1, 2, 3, 5)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("7", Number(7)),
        ("2e6", Number(2_000_000)),
        ("-a", Negative(Name("a"))),
        ("a//2", Arithmetic("//", Name("a"), Number(2))),
        ("min(a, 3)", Call("min", (Name("a"), Number(3)))),
        ("abs(a)", Call("abs", (Name("a"),))),
        ("a < b <= 3 != a", Compare(("<", "<=", "!="), (Name("a"), Name("b"), Number(3), Name("a")))),
        ("a in {5, 3, -1}", Member(Name("a"), (-1, 3, 5))),
        ("a in (3, 3)", Member(Name("a"), (3,))),
        ("a in range(7, 0, -2)", Member(Name("a"), (1, 3, 5, 7))),
        ("a not in range(3)", Not(Member(Name("a"), (0, 1, 2)))),
        ("a in range(3, 3)", Member(Name("a"), ())),
        (
            "a == 1 and b == 2 or not a > b",
            Junction(
                "or",
                (
                    Junction(
                        "and", (Compare(("==",), (Name("a"), Number(1))), Compare(("==",), (Name("b"), Number(2))))
                    ),
                    Not(Compare((">",), (Name("a"), Name("b")))),
                ),
            ),
        ),
    ],
)
def test_what_is_read(text: str, node: Expr) -> None:
    assert parse(text) == node


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a +", "'a +' is not an expression"),
        ("", "'' is not an expression"),
        ("a = 1", "'a = 1' is not an expression"),
        ("a; b", "'a; b' is not an expression"),
        ("a\nb", "'a\\nb' is not an expression"),
        ("\0", "'\\x00' is not an expression"),
        ("'\ud800'", "\"'\\ud800'\" is not an expression"),
        ("a < \uff13", "'a < \\uff13' is not an expression"),
        ("a < 3\u202e", "'a < 3\\u202e' is not an expression"),
        ("9" * 5000 + " < a", "'99999999999999999999999999999999999...' is not an expression"),
        ("(" * 5000 + "a" + ")" * 5000, "'(((((((((((((((((((((((((((((((((((...' is not an expression"),
        ("(" * 100_000, "'(((((((((((((((((((((((((((((((((((...' is not an expression"),
        ("-" * 9000 + "a", "'-----------------------------------...' is not an expression"),
        ("a" + "+1" * 4900, "'a+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1...' is not an expression"),
        ("a" + "+1" * 200, "'a+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1...' is nested more than 80 deep"),
        ("0x" + "f" * 5000 + " < a", "a number in '0xfffffffffffffffffffffffffffffffff...' is larger than 10^30"),
        ("1e31 < a", "a number in '1e31 < a' is larger than 10^30"),
        ("a.b", "'a.b' in 'a.b' cannot be used in an expression"),
        ("a[0]", "'a[0]' in 'a[0]' cannot be used in an expression"),
        ("lambda: a", "'lambda: a' in 'lambda: a' cannot be used in an expression"),
        ("(b := 3) < a", "'(b := 3)' in '(b := 3) < a' cannot be used in an expression"),
        ("f'{a}'", "\"f'{a}'\" in \"f'{a}'\" cannot be used in an expression"),
        ("'a'", "\"'a'\" in \"'a'\" cannot be used in an expression"),
        ("b'a'", "\"b'a'\" in \"b'a'\" cannot be used in an expression"),
        ("None", "'None' in 'None' cannot be used in an expression"),
        ("...", "'...' in '...' cannot be used in an expression"),
        ("True", "'True' in 'True' cannot be used in an expression"),
        (
            "2.5 < a",
            "2.5 in '2.5 < a' is no integer",
        ),
        ("1e999 < a", "a number in '1e999 < a' is larger than 10^30"),
        ("2j", "'2j' in '2j' cannot be used in an expression"),
        ("a ** 2", "'a ** 2' in 'a ** 2' cannot be used in an expression"),
        ("a / 2", "'a / 2' in 'a / 2' cannot be used in an expression"),
        ("a @ b", "'a @ b' in 'a @ b' cannot be used in an expression"),
        ("a << 2", "'a << 2' in 'a << 2' cannot be used in an expression"),
        ("a & b", "'a & b' in 'a & b' cannot be used in an expression"),
        ("~a", "'~a' in '~a' cannot be used in an expression"),
        ("+a", "'+a' in '+a' cannot be used in an expression"),
        ("a is b", "'a is b' in 'a is b' cannot be used in an expression"),
        ("a if a < b else b", "'a if a < b else b' in 'a if a < b else b' cannot be used in an expression"),
        ("[a for a in b]", "'[a for a in b]' in '[a for a in b]' cannot be used in an expression"),
        ("{a: b}", "'{a: b}' in '{a: b}' cannot be used in an expression"),
        ("(a, b)", "'(a, b)' in '(a, b)' cannot be used in an expression"),
        ("*a,", "'*a,' is not an expression"),
        ("min(a)", "'min(a)' in 'min(a)' cannot be used in an expression"),
        ("min(a, b, key=a)", "'min(a, b, key=a)' in 'min(a, b, key=a)' cannot be used in an expression"),
        ("min(*a)", "'min(*a)' in 'min(*a)' cannot be used in an expression"),
        ("abs(a, b)", "'abs(a, b)' in 'abs(a, b)' cannot be used in an expression"),
        ("abs()", "'abs()' in 'abs()' cannot be used in an expression"),
        ("1 < a in {2}", "'1 < a in {2}' in '1 < a in {2}' cannot be used in an expression"),
        ("a in b", "'in' takes a literal set, tuple or range, not 'b'"),
        ("a in [1, 2]", "'in' takes a literal set, tuple or range, not '[1, 2]'"),
        ("a in {b}", "'in' takes a literal set, tuple or range, not '{b}'"),
        ("a in range(b)", "'in' takes a literal set, tuple or range, not 'range(b)'"),
        ("a in range(1, 5, 0)", "'in' takes a literal set, tuple or range, not 'range(1, 5, 0)'"),
        ("a in range(0, 9999999999)", "'range(0, 9999999999)' has more than 10000 numbers"),
        ("(a < b) + 1", "'a < b' in '(a < b) + 1' is true or false, not a number"),
        ("(a < b) == (b < a)", "'a < b' in '(a < b) == (b < a)' is true or false, not a number"),
        ("not a", "'a' in 'not a' is a number, not true or false"),
        ("a < b and b", "'b' in 'a < b and b' is a number, not true or false"),
        ("a // 0", "'a // 0' divides by 0"),
        ("a % -2", "'a % -2' divides by -2"),
    ],
    ids=lambda text: ascii(text[:24]),
)
def test_what_is_refused(text: str, message: str) -> None:
    before = time.perf_counter()
    with pytest.raises(Error) as caught:
        parse(text)
    assert str(caught.value).partition("\n  help: ")[0] == f"error[bad-expression]: {message}"
    assert caught.value.help
    assert time.perf_counter() - before < 2


FUNCTIONS = "known: sum, product, min, max, abs"
MENDS = {
    "stride": ("bad-condition", "stride is a number, not a condition", "compare it, as in params <= 2e6"),
    "strid == 2": ("unknown-name", "'strid' in 'strid == 2' is not known", "did you mean 'stride'?"),
    "Convo.stride == 2": ("unknown-name", "'Convo' in 'Convo.stride == 2' is not known", "did you mean 'Conv'?"),
    "len(stride) == 2": ("unknown-name", "'len' in 'len(stride) == 2' is no function", FUNCTIONS),
    "prod(stride) == 2": ("unknown-name", "'prod' in 'prod(stride) == 2' is no function", "did you mean 'product'?"),
    "__import__('os') == 2": ("unknown-name", "'__import__' in \"__import__('os') == 2\" is no function", FUNCTIONS),
    "sum(stride, 1) == 2": (
        "bad-expression",
        "'sum(stride, 1)' in 'sum(stride, 1) == 2' cannot be used in an expression",
        "sum takes one argument, without keywords",
    ),
    "max() == 2": (
        "bad-expression",
        "'max()' in 'max() == 2' cannot be used in an expression",
        "max takes one argument or more, without keywords",
    ),
    "stride == 1.5": (
        "bad-expression",
        "1.5 in 'stride == 1.5' is no integer",
        "everything that is counted is an integer: 2e6 is one, and 2*a <= 3*b says a <= 1.5*b",
    ),
    "stride == 1e31": (
        "bad-expression",
        "a number in 'stride == 1e31' is larger than 10^30",
        "no size, parameter or cost is that large",
    ),
    "stride / 2 == 1": (
        "bad-expression",
        "'stride / 2' in 'stride / 2 == 1' cannot be used in an expression",
        "write stride // 2, which rounds down, or multiply: stride / 2 == 3 is stride == 2*3",
    ),
    "stride ** 2 == 4": (
        "bad-expression",
        "'stride ** 2' in 'stride ** 2 == 4' cannot be used in an expression",
        "write a product, as in stride*stride",
    ),
    "stride == True": (
        "bad-expression",
        "'True' in 'stride == True' cannot be used in an expression",
        "a condition is true as it stands: write stride == 2, or not stride == 2",
    ),
    "stride in [1, 2]": (
        "bad-expression",
        "'in' takes a literal set, tuple or range, not '[1, 2]'",
        "write stride in {1, 2}, or stride in range(1, 4)",
    ),
    "params in range(99999)": (
        "bad-expression",
        "'range(99999)' has more than 10000 numbers",
        "write a comparison, as in 1 <= params <= 2e6",
    ),
    "(stride == 2) + 1 == 2": (
        "bad-expression",
        "'stride == 2' in '(stride == 2) + 1 == 2' is true or false, not a number",
        "join conditions with and, or, not",
    ),
    "stride == ": (
        "bad-expression",
        "'stride == ' is not an expression",
        "write Python, as in stride[0] == 2, sum(padding) <= 3 or params <= 2e6",
    ),
    "1 == 2": (
        "bad-condition",
        "'1 == 2' is false whatever the layers are: it has no name in it",
        "write a comparison, as in params <= 2e6",
    ),
    "0 <= 1 // (1 - 1)": (
        "bad-condition",
        "'0 <= 1 // (1 - 1)' is a division by 0 whatever the layers are: it has no name in it",
        "write a comparison, as in params <= 2e6",
    ),
}


@pytest.mark.parametrize("text", MENDS)
def test_what_a_condition_cannot_say_is_told_with_what_to_write_instead(text: str) -> None:
    code, message, mend = MENDS[text]
    with pytest.raises(Error) as caught:
        read_conditions(text, {}, [range(28, 29)], [range(14, 15)])
    assert str(caught.value) == f"error[{code}]: {message}\n  help: {mend}"


def test_an_unknown_name() -> None:
    with pytest.raises(Error) as caught:
        parse("strid == 1", ("stride", "padding"))
    assert str(caught.value) == (
        "error[unknown-name]: 'strid' in 'strid == 1' is not known\n  help: did you mean 'stride'?"
    )


@given(st.text(alphabet=st.sampled_from("ab01 +-*/%()<>=!,.:{}[]'\"\\\n\0\uff11\u202elambdnori"), max_size=60))
@settings(max_examples=400, derandomize=True)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        node = parse(text)
    except Error as error:
        assert error.code == "bad-expression"  # noqa: PT017 - both ways are right
    else:
        assert isinstance(node, Expr)


def number(draw: Random, depth: int) -> str:
    """A number of the language as text; every kind of node comes up."""
    if depth == 0:
        return draw.choice([*NAMES, *NAMES, str(draw.randint(0, 9))])

    def part() -> str:
        return number(draw, draw.randrange(depth))

    forms: list[Callable[[], str]] = [
        lambda: f"({part()} {draw.choice('+-*')} {part()})",
        lambda: f"({part()} {draw.choice(['//', '%'])} {draw.choice(['stride', '1', '3', '7'])})",
        lambda: f"(-{part()})",
        lambda: f"abs({part()})",
        lambda: f"{draw.choice(['min', 'max'])}({', '.join(part() for _ in range(draw.randint(2, 4)))})",
    ]
    return draw.choice(forms)()


def sentence(draw: Random, depth: int) -> str:
    """A sentence as text."""
    simple: list[Callable[[], str]] = [
        lambda: " ".join(
            [number(draw, 2), *(f"{draw.choice(['==', '!=', '<', '<=', '>', '>='])} {number(draw, 2)}" for _ in "12")]
        ),
        lambda: f"{number(draw, 2)} {draw.choice(['<', '=='])} {number(draw, 1)}",
        lambda: f"{number(draw, 1)} {draw.choice(['in', 'not in'])} {{{draw.randint(-9, 9)}, 1, 2, 5, 7}}",
        lambda: f"{number(draw, 1)} in range({draw.randint(-5, 0)}, {draw.randint(0, 9)}, {draw.randint(1, 3)})",
    ]
    deeper: list[Callable[[], str]] = [
        lambda: f"(not ({sentence(draw, depth - 1)}))",
        lambda: f" {draw.choice(['and', 'or'])} ".join(
            f"({sentence(draw, depth - 1)})" for _ in range(draw.randint(2, 3))
        ),
    ]
    return draw.choice(simple + (deeper * 2 if depth else []))()


def kinds_in(node: Expr) -> set[str]:
    what = getattr(node, "operator", getattr(node, "function", ""))
    return {f"{type(node).__name__} {what}".strip()}.union(*map(kinds_in, children(node)))


def test_python_compiled_sentences_and_smt_lib_say_the_same() -> None:
    draw = Random(8)
    seen: set[str] = set()
    claims = []
    for _ in range(700):
        text = sentence(draw, 2)
        node = parse(text)
        function = compiled(node, NAMES)
        for _ in range(2):
            values = (draw.randint(-9, 30), draw.randint(-3, 9), draw.choice(STRIDES))
            meant = eval(text, {}, dict(zip(NAMES, values, strict=True)))  # noqa: S307 - drawn above; the oracle
            assert function(*values) is meant, (text, values)
            terms = dict(zip(NAMES, map(numeral, values), strict=True))
            # once ground, and once with the stride split by case
            claims.append((text, values, f"(= {smt(node, terms, {})} {str(meant).lower()})"))
            claims.append((text, values, f"(= {smt(node, terms, {'stride': STRIDES})} {str(meant).lower()})"))
        seen |= kinds_in(node)
    assert seen == {
        "Number", "Name", "Negative", "Compare", "Member", "Not", "Junction and", "Junction or", "Call min", "Call max",
        "Call abs", "Arithmetic +", "Arithmetic -", "Arithmetic *", "Arithmetic //", "Arithmetic %",
    }  # fmt: skip
    solver = z3.SimpleSolver(ctx=z3.Context())
    solver.from_string(f"(assert {conjunction([claim for *_, claim in claims])})")
    assert solver.check() == z3.sat, [claim for claim in claims if not _holds(claim[2])]


def _holds(claim: str) -> bool:
    solver = z3.SimpleSolver(ctx=z3.Context())
    solver.from_string(f"(assert {claim})")
    return bool(solver.check() == z3.sat)


def test_a_split_leaves_linear_arithmetic() -> None:
    node = parse("stride*(m - 1) <= n + 2*p - d*(k - 1) - 1 <= stride*m - 1")
    text = smt(node, {name: name for name in ("stride", "m", "n", "p", "d", "k")}, {"stride": (1, 2), "d": (1, 3)})
    solver = z3.SolverFor("QF_LIA", ctx=z3.Context())
    declared = "".join(f"(declare-const {name} Int)" for name in ("stride", "m", "n", "p", "d", "k"))
    solver.from_string(
        f"{declared}(assert (<= 1 stride 2))(assert (or (= d 1) (= d 3)))(assert {text})(assert (= n 99))"
    )
    assert solver.check() == z3.sat
    assert text.count("(=> ") == 4


def test_only_one_side_of_a_product_is_split_and_what_has_one_value_is_no_case() -> None:
    def split(text: str, cases: dict[str, tuple[int, ...]]) -> set[str]:
        node = parse(text)
        said = smt(node, {name: name for name in names(node)}, cases)
        return {name for name in cases if f"(= {name} {cases[name][0]})" in said}

    few, many = (1, 2), tuple(range(1, 8))
    assert split("d*(k - 1) <= n", {"k": many, "d": few}) == {"d"}
    assert split("d*(k - 1) <= n", {"k": many, "d": (2,)}) == set()
    assert split("64*k*m <= 9", {"k": many, "m": many}) in ({"k"}, {"m"})
    assert split("k*m*n <= 9", {"k": few, "m": many}) == {"k", "m"}
    assert split("n*(b + 1) <= k", {"k": many}) == set()
    assert split("n % k == 0", {"k": many}) == {"k"}
    assert split("(n // s)*k <= 9", {"k": many, "s": few}) == {"k", "s"}


@given(st.sets(st.integers(-20, 60), max_size=20))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_members_are_exactly_the_values(values: set[int]) -> None:
    said = [(number, members(numeral(number), sorted(values))) for number in range(-22, 63)]
    text = conjunction([f"(= {term} {str(number in values).lower()})" for number, term in said])
    assert _holds(text)


def test_no_parts() -> None:
    assert (conjunction([]), disjunction([])) == ("true", "false")
    assert members("n", ()) == "false"


def test_substitution_puts_numbers_for_names_everywhere() -> None:
    text = "not (a + b in {3, 4}) and min(a, -b) // 2 < b or a < b"
    node = substitute(parse(text), {"b": 2})
    assert list(names(parse(text))) == ["a", "b", "a", "b", "b", "a", "b"]
    assert set(names(node)) == {"a"}
    for a, b in product(range(-5, 6), (2,)):
        assert compiled(node, ("a",))(a) == compiled(parse(text), ("a", "b"))(a, b)


def test_a_compiled_sentence_reaches_nothing_but_min_max_and_abs() -> None:
    function = compiled(parse("open == 1"), ("a",))
    with pytest.raises(NameError):
        function(1)


def test_the_deepest_sentence_that_is_read_can_also_be_compiled_and_written() -> None:
    for text in (
        "a" + "+1" * 79 + " < 99",
        "-" * 78 + "a < 1",
        "not " * 79 + "a < 1",
        "min(a, " * 79 + "1" + ")" * 79 + "< 3",
    ):
        node = parse(text)
        assert compiled(node, ("a",))(3) in (True, False)
        smt(node, {"a": "a"}, {})
        assert pickle.loads(pickle.dumps(node)) == node  # noqa: S301 - our own
