from __future__ import annotations

import pickle
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convsolve as cs
from convsolve.domains import EXAMPLES as DOMAINS
from convsolve.domains import MOST_LAYERS, Domains
from convsolve.errors import Error
from convsolve.filling import statement
from convsolve.layers.act import ACTIVATIONS
from convsolve.layers.base import LayerKind
from convsolve.layers.norm import NORMALISATIONS
from convsolve.registry import KINDS
from convsolve.shapes import Shape
from convsolve.stack import (
    EXAMPLE,
    Act,
    AvgPool,
    Conv,
    ConvTranspose,
    MaxPool,
    Norm,
    Stack,
    Written,
    write,
)

LARGE = 10**5000
DEPTHS = "\n  help: write a number (4), or what it may be (2..6)"
NAMES = {name: getattr(cs, name) for name in KINDS}


def domains(least: int) -> st.SearchStrategy[object]:
    one = st.one_of(
        st.integers(least, 4096),
        st.sets(st.integers(least, 4096), min_size=1, max_size=4),
        st.builds(lambda low, more: f"{low}..{low + more}", st.integers(least, 40), st.integers(1, 9)),
    )
    return st.one_of(one, st.lists(one, min_size=1, max_size=3).map(tuple))


def layers() -> st.SearchStrategy[Stack]:
    channels = st.integers(1, 2**31 - 1)
    shared: dict[str, st.SearchStrategy[object]] = {
        "kernel_size": domains(1),
        "stride": domains(1),
        "padding": domains(0),
        "dilation": domains(1),
    }
    weights: dict[str, st.SearchStrategy[object]] = {
        "out_channels": channels,
        "groups": channels,
        "bias": st.booleans(),
    }
    pool: dict[str, st.SearchStrategy[object]] = {name: shared[name] for name in ("kernel_size", "stride", "padding")}
    number = st.floats(-999_999, 999_999) | st.integers(-999_999, 999_999)
    return st.one_of(
        st.fixed_dictionaries(
            {},
            optional=shared
            | weights
            | {
                "padding": domains(0) | st.sampled_from(["same", "valid"]),
                "padding_mode": st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
            },
        ).map(lambda said: Conv(**said)),
        st.fixed_dictionaries({}, optional=shared | weights | {"output_padding": domains(0)}).map(
            lambda said: ConvTranspose(**said)
        ),
        st.fixed_dictionaries({}, optional=pool | {"ceil_mode": st.booleans()}).map(lambda said: AvgPool(**said)),
        st.fixed_dictionaries({}, optional=pool | {"dilation": domains(1), "ceil_mode": st.booleans()}).map(
            lambda said: MaxPool(**said)
        ),
        st.sampled_from([name for name, (_, keyword) in ACTIVATIONS.items() if keyword is None]).map(Act),
        st.builds(Act, st.just("leaky_relu"), number),
        st.sampled_from(list(NORMALISATIONS)).map(Norm),
        st.builds(Norm, st.just("group"), channels),
    )


stacks = st.lists(st.tuples(layers(), st.integers(1, 3)), min_size=1, max_size=5).map(
    lambda parts: Stack(tuple(layer for part, times in parts for layer in part.layers * times))
)


@given(stacks)
@settings(max_examples=200, derandomize=True, deadline=None)
def test_text_reads_back_and_is_python(stack: Stack) -> None:
    assert Stack.read(str(stack)) == stack
    assert eval(str(stack), {"__builtins__": {}}, NAMES) == stack  # noqa: S307 - drawn from our own parts
    assert str(Stack.read(str(stack))) == str(stack)
    assert pickle.loads(pickle.dumps(stack)) == stack  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            'Conv(kernel_size=3, stride=2) >> Act("relu") >> MaxPool(2) >> ConvTranspose() * 4',
            'Conv(kernel_size=3, stride=2) >> Act("relu") >> MaxPool(2) >> ConvTranspose() * 4',
        ),
        (
            "Conv(k=3,s=2,p=1,d=1,g=2,c=8)",
            "Conv(kernel_size=3, stride=2, padding=1, dilation=1, out_channels=8, groups=2)",
        ),
        ("ConvTranspose(op=1, k={4, 2})", 'ConvTranspose(kernel_size="2,4", output_padding=1)'),
        ("Conv(k=range(1, 8, 2), p='same')", 'Conv(kernel_size="1..7:2", padding="same")'),
        ("Conv(k=(3, 5), s=(1, '1..3'))", 'Conv(kernel_size=(3, 5), stride=(1, "1..3"))'),
        ("Conv(k='3x5')", "Conv(kernel_size=(3, 5))"),
        ("Conv(k=(3,))", "Conv(kernel_size=(3,))"),
        ("MaxPool(kernel_size=3, ceil_mode=True)", "MaxPool(3, ceil_mode=True)"),
        ("Norm('group', groups=8) >> Act('leaky_relu', value=-1)", 'Norm("group", 8) >> Act("leaky_relu", -1.0)'),
        ("2 * Conv() >> (MaxPool(2) >> Conv()) * 2", "Conv() * 2 >> MaxPool(2) >> Conv() >> MaxPool(2) >> Conv()"),
        ("Conv() >> (Conv() >> (Conv()))", "Conv() * 3"),
        ("  Conv(\n k=3 # a comment\n)  ", "Conv(kernel_size=3)"),
    ],
)
def test_what_is_read_and_how_it_is_written(text: str, written: str) -> None:
    assert str(Stack.read(text)) == written
    assert eval(text.strip(), {"range": range}, NAMES) == Stack.read(text)  # noqa: S307 - the cases above


def test_a_stack_is_made_of_what_was_said() -> None:
    stack = MaxPool(2) >> Conv(k=3, c=8)
    assert stack == Stack(
        (
            Written(KINDS["MaxPool"], (("kernel_size", Domains(((2,),), per_axis=False)),)),
            Written(KINDS["Conv"], (("kernel_size", Domains(((3,),), per_axis=False)), ("out_channels", 8))),
        )
    )
    assert Stack.read(stack) is stack
    assert repr(Conv) == "convsolve.Conv"
    assert "Parameters: kernel_size, stride, padding, dilation, out_channels" in str(Conv.__doc__)


def test_as_many_layers_as_may_be_read_back() -> None:
    stack = (Conv(k=3) >> Act("relu")) * (MOST_LAYERS // 2)
    assert Stack.read(str(stack)) == stack
    with pytest.raises(Error, match=f"more than {MOST_LAYERS} layers"):
        _ = stack >> Conv()


def test_the_widest_stack_is_small_in_memory() -> None:
    text = " >> ".join(["Conv(k=range(1, 4097), s='1..4096', p='0..4096', d='1..4096')"] * MOST_LAYERS)
    tracemalloc.start()
    stack = Stack.read(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(stack.layers) == MOST_LAYERS
    assert peak < 300e6  # bytes; sixteen million numbers of their own would be 600 MB


def test_only_stacks_are_joined() -> None:
    joined: Any = "Conv()"
    with pytest.raises(TypeError):
        _ = Conv() >> joined


HELP = f"\n  help: {EXAMPLE}"
VALUE = '\n  help: write a number, a set {3, 5}, range(1, 8), a text "1..7", or a tuple, one an axis'
KNOWN = ", ".join(ACTIVATIONS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"[bad-stack]: '' is no stack{HELP}"),
        ("Conv(", f"[bad-stack]: 'Conv(' is no stack{HELP}"),
        ("Conv() >>", f"[bad-stack]: 'Conv() >>' is no stack{HELP}"),
        ("Conv()\0", f"[bad-stack]: 'Conv()\\x00' is no stack{HELP}"),
        ("Conv()\u202e", f"[bad-stack]: 'Conv()\\u202e' is no stack{HELP}"),
        ("Conv('\ud800')", f"[bad-stack]: \"Conv('\\ud800')\" is no stack{HELP}"),
        ("Conv(k=\uff13)", f"[bad-stack]: 'Conv(k=\\uff13)' is no stack{HELP}"),
        ("Conv(k=3, k=5)", "[bad-stack]: Conv: k is given twice\n  help: leave one of them out"),
        ("Conv(k=" + "9" * 5000 + ")", f"[bad-stack]: 'Conv(k=9999999999999999999999999999...' is no stack{HELP}"),
        ("(" * 10**5, f"[bad-stack]: '(((((((((((((((((((((((((((((((((((...' is no stack{HELP}"),
        (
            "(" * 10**5 + "Conv()" + ")" * 10**5,
            f"[bad-stack]: '(((((((((((((((((((((((((((((((((((...' is no stack{HELP}",
        ),
        ("Conv() >> " * 9000 + "Conv()", f"[bad-stack]: 'Conv() >> Conv() >> Conv() >> Conv(...' is no stack{HELP}"),
        ("-" * 50_000 + "1", f"[bad-stack]: '-----------------------------------...' is no stack{HELP}"),
        ("Conv() + Conv()", f"[bad-stack]: 'Conv() + Conv()' is no layer{HELP}"),
        ("Conv() * -1", f"[bad-stack]: 'Conv() * -1' is no layer{HELP}"),
        ("Conv() * 2.0", f"[bad-stack]: 'Conv() * 2.0' is no layer{HELP}"),
        ("cs.Conv()", f"[bad-stack]: 'cs.Conv()' is no layer{HELP}"),
        ("lambda: Conv()", f"[bad-stack]: 'lambda: Conv()' is no layer{HELP}"),
        ("(a := Conv())", f"[bad-stack]: '(a := Conv())' is no layer{HELP}"),
        ("[Conv()]", f"[bad-stack]: '[Conv()]' is no layer{HELP}"),
        ("Conv(**{})", f"[bad-stack]: 'Conv(**{{}})' is no layer{HELP}"),
        ("3", f"[bad-stack]: '3' is no layer{HELP}"),
        ("Conv()()", f"[bad-stack]: 'Conv()()' is no layer{HELP}"),
        ("Conv", "[bad-stack]: Conv stands without its call\n  help: write Conv()"),
        ("Conf()", "[unknown-kind]: 'Conf' is no layer kind\n  help: did you mean 'Conv'?"),
        ("Conf", "[unknown-kind]: 'Conf' is no layer kind\n  help: did you mean 'Conv'?"),
        ("Conv(kernel=3)", "[unknown-parameter]: Conv has no parameter 'kernel'\n  help: did you mean 'kernel_size'?"),
        (
            "MaxPool(2, output_padding=1)",
            "[unknown-parameter]: MaxPool has no parameter 'output_padding'\n  help: did you mean 'padding'?",
        ),
        ("Conv(3)", "[bad-stack]: Conv takes no parameter(s) without a name\n  help: write Conv(kernel_size=...)"),
        (
            "MaxPool(2, 2)",
            "[bad-stack]: MaxPool takes 1 parameter(s) without a name\n  help: write MaxPool(kernel_size=...)",
        ),
        ("MaxPool(2, k=2)", "[bad-stack]: MaxPool: kernel_size is given twice\n  help: leave one of them out"),
        ("Conv(k=3, kernel_size=3)", "[bad-stack]: Conv: kernel_size is given twice\n  help: leave one of them out"),
        ("Conv(*[3])", f"[bad-stack]: '*[3]' in 'Conv(*[3])' is no value{VALUE}"),
        ("Conv(k=[3])", f"[bad-stack]: '[3]' in 'Conv(k=[3])' is no value{VALUE}"),
        ("Conv(k=None)", f"[bad-stack]: 'None' in 'Conv(k=None)' is no value{VALUE}"),
        ("Conv(k=1 + 2)", f"[bad-stack]: '1 + 2' in 'Conv(k=1 + 2)' is no value{VALUE}"),
        ("Conv(k=f'{3}')", f"[bad-stack]: \"f'{{3}}'\" in \"Conv(k=f'{{3}}')\" is no value{VALUE}"),
        ("Conv(k=open('x'))", f"[bad-stack]: \"open('x')\" in \"Conv(k=open('x'))\" is no value{VALUE}"),
        ("Conv(k=range(a))", f"[bad-stack]: 'a' in 'Conv(k=range(a))' is no value{VALUE}"),
        ("Conv(k=range('3'))", f"[bad-stack]: \"range('3')\" in \"Conv(k=range('3'))\" is no value{VALUE}"),
        ("Conv(k=range(1, 5, 0))", f"[bad-stack]: 'Conv(k=range(1, 5, 0))' is no stack{HELP}"),
        ("Conv(k={{3}})", "[bad-domain]: '{3}' in a set is no number\n  help: write {3, 5}"),
        ("Conv(k={(3, {5})})", "[bad-domain]: '(3, {5})' in a set is no number\n  help: write {3, 5}"),
        ("Conv(k={3, 'a'})", f"[bad-domain]: kernel_size: 'a' is no integer\n  help: {DOMAINS}"),
        ("Conv(k=2.0)", f"[bad-domain]: kernel_size: '2.0' is no domain\n  help: {DOMAINS}"),
        ("Conv(k=True)", f"[bad-domain]: kernel_size: 'True' is no domain\n  help: {DOMAINS}"),
        ("Conv(k=0)", f"[bad-value]: kernel_size must be at least 1, not 0\n  help: {DOMAINS}"),
        ("Conv(s=0)", f"[bad-value]: stride must be at least 1, not 0\n  help: {DOMAINS}"),
        ("Conv(p=-1)", f"[bad-value]: padding must be at least 0, not -1\n  help: {DOMAINS}"),
        (
            "Conv(k='1..9999999999')",
            f"[bad-value]: kernel_size must be at most 4096, not 9999999999\n  help: {DOMAINS}",
        ),
        ("Conv(k=range(9999999999))", f"[bad-value]: kernel_size must be between 0 and 4096\n  help: {DOMAINS}"),
        (
            "Conv(k=range(0x" + "f" * 5000 + "))",
            f"[bad-value]: kernel_size must be between 0 and 4096\n  help: {DOMAINS}",
        ),
        (
            "Conv(k=0x" + "f" * 5000 + ")",
            f"[bad-value]: kernel_size must be at most 4096, not a number of more than 12 digits\n  help: {DOMAINS}",
        ),
        ("Conv(padding='some')", "[bad-value]: Conv: padding='some' is not known\n  help: did you mean 'same'?"),
        ("ConvTranspose(padding='same')", f"[bad-domain]: padding: 'same' is no domain\n  help: {DOMAINS}"),
        (
            "Conv(padding_mode='zero')",
            "[bad-value]: Conv: padding_mode='zero' is not known\n  help: did you mean 'zeros'?",
        ),
        (
            "Conv(padding_mode=0)",
            "[bad-value]: Conv: padding_mode must be a text\n  help: known: zeros, reflect, replicate, circular",
        ),
        ("Conv(bias=1)", "[bad-value]: Conv: bias must be bool, not '1'"),
        ("Conv(c=0)", "[bad-value]: Conv: out_channels must be at least 1, not 0"),
        ("Conv(c=2147483648)", "[bad-value]: Conv: out_channels must be below 2^31"),
        ("Conv(c='3x4')", "[bad-value]: Conv: out_channels is the same on all axes, not '3x4'"),
        ("Conv(groups=True)", "[bad-value]: Conv: groups must be int, not 'True'"),
        ("Act()", f'[bad-stack]: Act needs a name\n  help: write Act("relu")\n  help: known: {KNOWN}'),
        (
            "Norm()",
            '[bad-stack]: Norm needs a name\n  help: write Norm("batch")\n  help: known: batch, instance, group',
        ),
        ("Act('lrelu')", "[bad-value]: Act: function='lrelu' is not known\n  help: did you mean 'relu'?"),
        ("Act('leaky_relu', 1e999)", "[bad-value]: Act: value is no ordinary number"),
        ("Act('leaky_relu', 0x" + "f" * 5000 + ")", "[bad-value]: Act: value is no ordinary number"),
        ("Act('leaky_relu', 'a')", "[bad-value]: Act: value must be float, not 'a'"),
        ("Norm('group', 0)", "[bad-value]: Norm: groups must be at least 1, not 0"),
        ("Conv() * 0", "[bad-value]: a stack can be repeated 1 to 1000 times, not '0'" + DEPTHS),
        ("Conv() * True", "[bad-value]: a stack can be repeated 1 to 1000 times, not 'True'" + DEPTHS),
        ("((Conv()*1000)*1000)", "[bad-stack]: more than 1000 layers\n  help: repeat it less often"),
        ("Conv() * 9999999999", "[bad-value]: a stack can be repeated 1 to 1000 times, not '9999999999'" + DEPTHS),
        ("Conv() * 1000 >> Conv()", "[bad-stack]: more than 1000 layers\n  help: repeat it less often"),
        (
            "Conv() * 0x" + "f" * 5000,
            "[bad-value]: a stack can be repeated 1 to 1000 times, not a value of type int" + DEPTHS,
        ),
        ("Conv() * '6..2'", "[empty-domain]: layers: the range 6..2 is empty\n  help: write 2..6"),
        (
            "Conv() * '" + "9" * 5000 + "'",
            "[bad-value]: a stack can be repeated 1 to 1000 times, not '99999999999999999999999999999999999...'"
            + DEPTHS,
        ),
    ],
    ids=lambda text: ascii(text[:24]),
)
def test_what_is_refused(text: str, message: str) -> None:
    before = time.perf_counter()
    with pytest.raises(Error) as caught:
        Stack.read(text)
    assert str(caught.value) == f"error{message}"
    assert time.perf_counter() - before < 2


@pytest.mark.parametrize(
    ("maker", "said", "message"),
    [
        (
            Conv,
            {"k": LARGE},
            f"[bad-value]: kernel_size must be at most 4096, not a number of more than 12 digits\n  help: {DOMAINS}",
        ),
        (Conv, {"k": [LARGE]}, f"[bad-domain]: kernel_size: a value of type list is no domain\n  help: {DOMAINS}"),
        (
            Conv,
            {"c": -LARGE},
            "[bad-value]: Conv: out_channels must be at least 1, not a number of more than 12 digits",
        ),
        (Conv, {"c": LARGE}, "[bad-value]: Conv: out_channels must be below 2^31"),
        (Conv, {"bias": LARGE}, "[bad-value]: Conv: bias must be bool, not a value of type int"),
        (Act, {"function": "leaky_relu", "value": LARGE}, "[bad-value]: Act: value is no ordinary number"),
        (Act, {"function": "leaky_relu", "value": float("nan")}, "[bad-value]: Act: value is no ordinary number"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_refused_in_python(maker: Any, said: dict[str, object], message: str) -> None:  # noqa: ANN401 - a maker
    with pytest.raises(Error) as caught:
        maker(**said)
    assert str(caught.value) == f"error{message}"


@pytest.mark.parametrize("times", [0, -LARGE, 2.0, None, True], ids=lambda value: type(value).__name__)
def test_repetitions_that_are_none(times: Any) -> None:  # noqa: ANN401 - anything
    with pytest.raises(Error, match="a stack can be repeated 1 to 1000 times"):
        _ = Conv() * times


def test_a_stack_is_text_or_a_stack() -> None:
    anything: Any = 3
    with pytest.raises(Error) as caught:
        Stack.read(anything)
    assert str(caught.value) == f"error[bad-stack]: '3' is no stack{HELP}"


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        ("Act('relu', 0.5)", '[bad-value]: Act: relu takes no number\n  help: write Act("relu")'),
        ("Norm('batch', 2)", '[bad-value]: Norm: batch takes no groups\n  help: write Norm("batch")'),
    ],
)
def test_a_number_that_would_be_ignored_is_refused(stack: str, message: str) -> None:
    with pytest.raises(Error) as caught:
        statement(stack, Shape(None, (9,)))
    assert str(caught.value) == f"error{message}"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_parameter_has_a_long_and_perhaps_a_short_name(kind: type[LayerKind]) -> None:
    for parameter in kind.axis_parameters:
        short = parameter.short or parameter.name
        assert write(kind, (), {short: 3}) == write(kind, (), {parameter.name: 3})


PIECES = [
    r"Conv",
    r"(",
    r")",
    r"k=",
    r"3",
    r",",
    r">>",
    r"*",
    r"'1..7'",
    r"{",
    r"}",
    r"range",
    r"-",
    r"Act",
    r"'relu'",
    r"x",
    r".",
    r":=",
    r"lambda",
    r"[",
    r"]",
    r"=",
]
pieces = st.sampled_from([*PIECES, " ", "\0", "\uff13"])


@given(st.lists(pieces, max_size=14).map("".join) | st.text(max_size=40))
@settings(max_examples=400, derandomize=True, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        stack = Stack.read(text)
    except Error:
        return
    assert Stack.read(str(stack)) == stack
