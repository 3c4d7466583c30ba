from __future__ import annotations

import ast
import builtins
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
import torch
from torch import nn

from convsolve.answer import Solution
from convsolve.emit.allowed import refuse_others
from convsolve.emit.code import code
from convsolve.errors import Error
from convsolve.layers.act import ACTIVATIONS, Act
from convsolve.layers.base import LayerKind, Setting, TorchCall
from convsolve.layers.conv import Conv
from convsolve.layers.solved import SolvedLayer
from tests.oracle.changed_code import is_refused
from tests.oracle.solutions import Part, drawn, solution
from tests.soak import injection
from tests.terminal import BIN

UP = ("ConvTranspose", {"kernel_size": 4, "stride": 2, "padding": 1})


def with_options(kind: LayerKind, **options: object) -> LayerKind:
    """The kind with options that its own file would not let through."""
    changed: LayerKind = cast("Any", replace)(kind, **options)
    return changed


def dressed_code(found: Solution, style: dict[str, str | None]) -> str | None:
    """The code, or None where the drawn normalisation cannot work."""
    try:
        return code(found, **cast("Any", style))
    except Error as error:
        if error.code != "bad-norm":
            raise
        return None


def test_what_a_person_would_write() -> None:
    stem = ("ConvTranspose", {"kernel_size": 4})
    found = solution((1, 1), [stem, UP, UP], (100, 512, 256, 3))
    assert (
        code(found, activation="relu", norm="batch", final_activation="tanh")
        == '''\
"""From 100@1x1 to 3@16x16, by convsolve."""

from torch import nn

model = nn.Sequential(
    nn.ConvTranspose2d(100, 512, 4),  # 100@1x1 -> 512@4x4
    nn.BatchNorm2d(512),
    nn.ReLU(),
    nn.ConvTranspose2d(512, 256, 4, stride=2, padding=1),  # 512@4x4 -> 256@8x8
    nn.BatchNorm2d(256),
    nn.ReLU(),
    nn.ConvTranspose2d(256, 3, 4, stride=2, padding=1),  # 256@8x8 -> 3@16x16
    nn.Tanh(),
)
'''
    )


def test_a_class_and_channels_to_edit() -> None:
    parts: list[Part] = [
        ("Conv", {"kernel_size": (3, 5), "padding": (1, 2), "bias": False, "padding_mode": "reflect"}),
        ("MaxPool", {"kernel_size": 2, "ceil_mode": True}),
        ("Conv", {"kernel_size": 1}),
    ]
    found = solution((9, 9), parts, (None, None, 3))
    assert (
        code(found, class_name="Encoder", activation="leaky_relu:0.2")
        == '''\
"""From 9x9 to 3@5x5, by convsolve."""

from torch import nn

# Edit these: the channels in front of the first convolution, then behind each.
CHANNELS = (1, 1, 3)


class Encoder(nn.Sequential):
    """From 9x9 to 3@5x5."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(
                CHANNELS[0],
                CHANNELS[1],
                (3, 5),
                padding=(1, 2),
                bias=False,
                padding_mode="reflect",
            ),  # 9x9 -> 9x9
            nn.LeakyReLU(negative_slope=0.2),
            nn.MaxPool2d(2, ceil_mode=True),  # 9x9 -> 5x5
            nn.Conv2d(CHANNELS[1], CHANNELS[2], 1),  # 5x5 -> 3@5x5
        )
'''
    )


def test_no_channels_no_line_for_them() -> None:
    assert "CHANNELS" not in code(solution((8,), [("AvgPool", {"kernel_size": 2})]), final_activation="relu")
    assert "CHANNELS = (1,)" in code(solution((8,), [("AvgPool", {"kernel_size": 2}), ("Norm", {"function": "batch"})]))


def styles(draw: Random) -> dict[str, str | None]:
    return {
        "activation": draw.choice([None, *ACTIVATIONS, "leaky_relu:0.00001", "elu:-12.5"]),
        "norm": draw.choice([None, "batch", "group:2"]),
        "final_activation": draw.choice([None, "tanh", "sigmoid"]),
        "class_name": draw.choice([None, "Decoder"]),
    }


def big(draw: Random, dims: int) -> Solution:
    """Numbers of every length, so that lines break at every place; torch will not run these."""
    layers = []
    for place in range(draw.randint(1, 5)):
        kind = Conv(dims, None, draw.choice((1, 2)), bias=draw.random() < 0.5)

        def sizes() -> tuple[int, ...]:
            return tuple(draw.randrange(1, 10 ** draw.randint(1, 9)) for _ in range(dims))

        settings = tuple(tuple(draw.randrange(1, 10 ** draw.randint(1, 4)) for _ in range(4)) for _ in range(dims))
        channels = [draw.choice((None, 2 * draw.randrange(1, 10**6))) for _ in range(2)] if place < 30 else [2, 2]
        layers.append(SolvedLayer(kind, settings, channels[0], channels[1], sizes(), sizes()))
    return Solution(tuple(layers))


def test_ruff_would_change_nothing(tmp_path: Path) -> None:
    draw = Random(7)
    for number in range(150):
        found = drawn(draw, known=draw.random() < 0.5) if number % 2 else big(draw, draw.choice((1, 2, 3)))
        style = styles(draw)
        if number % 2 == 0:
            style["norm"] = None
        if text := dressed_code(found, style):
            (tmp_path / f"net_{number}.py").write_text(text)
    many = solution((1,), [("Conv", {"kernel_size": 1})] * 30)
    (tmp_path / "many.py").write_text(code(many))
    (tmp_path / "many_class.py").write_text(code(many, class_name="Many"))
    done = subprocess.run(
        [str(BIN / "ruff"), "format", "--isolated", "--diff", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[:3000]
    assert len(list(tmp_path.iterdir())) > 130
    checked = subprocess.run(
        [str(BIN / "ruff"), "check", "--isolated", "--select", "E4,E7,E9,F,I,D1", "--ignore", "D107", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout[:3000]


def executed(text: str) -> dict[str, Any]:
    """What the file defines, with no more builtins than importing and defining a class need."""
    names = ("__import__", "__build_class__", "super")
    space: dict[str, Any] = {
        "__builtins__": {name: getattr(builtins, name) for name in names},
        "__name__": "emitted",
    }
    exec(compile(text, "emitted", "exec"), space)  # noqa: S102 - running what we emit is the test
    return space


def test_emitted_code_runs_and_gives_the_promised_sizes() -> None:
    draw = Random(8)
    for _ in range(30):
        found = drawn(draw, known=draw.random() < 0.5)
        style = styles(draw)
        text = dressed_code(found, style)
        if text is None:
            continue
        space = executed(text)
        model = space["Decoder"]() if style["class_name"] else space["model"]
        assert isinstance(model, nn.Sequential)
        channels = found.layers[0].in_channels or space.get("CHANNELS", (1,))[0]
        with torch.no_grad():
            out = model.eval()(torch.rand(2, channels, *found.input.size))
        assert tuple(out.shape[2:]) == found.output.size
        assert found.output.channels in (None, out.shape[1])


HOSTILE = [
    '"; import os #', "x\nimport os", "x\rimport os", "');import os;('", "__import__('os')", "relu\u2028", "a b",
    "class", "None", "True", "nn", "torch", "CHANNELS", "super", "print", "", "1a",
    "\uff41", "\u017f", "é", "x\0", "x\\", "{x}",
    '"""', "\ud800", "x" * 10**5 + "(", "lambda: 0", "a.b", "a[0]", "*a", "a,b", "a=b", "#", "\f", "\x85", "eval",
]  # fmt: skip


@pytest.mark.parametrize("where", ["activation", "norm", "final_activation", "class_name", "name"])
def test_hostile_words_never_reach_the_code(where: str) -> None:
    found = solution((4,), [UP, UP], (4, 4, 4))
    draw = Random(9)
    signs = "aA_0 \n\r\t\"'#\\(){}[];:,.=+-*/@\0\u2028\x85\u202eé"
    words: list[object] = [*HOSTILE, *("".join(draw.choices(signs, k=draw.randint(1, 12))) for _ in range(400))]
    words += [3, True, b"x", ["relu"], Liar("relu"), object()]
    for word in words:
        try:
            text = code(found, **cast("Any", {where: word}))
        except Error:
            continue
        assert isinstance(word, str)
        if where not in ("class_name", "name"):
            assert type(word) is Liar
            assert text == code(found, **cast("Any", {where: "relu"}))
            continue
        assert word.isascii()
        assert word.isidentifier()
        assert {type(node) for node in ast.walk(ast.parse(text))} <= HARMLESS


def test_hostile_records_never_reach_the_code() -> None:
    """A slice of ``python -m tests.soak.injection``."""
    draw, honest = Random(10), injection.record()
    found = [injection.tried(draw, honest) for _ in range(400)]
    assert [wrong for _, wrong in found if wrong] == []
    assert sum(what == "emitted" for what, _ in found) > 10


HARMLESS = {
    ast.Module, ast.Expr, ast.Constant, ast.ImportFrom, ast.alias, ast.Assign, ast.Name, ast.Store, ast.Load, ast.Call,
    ast.Attribute, ast.keyword, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Tuple, ast.Subscript,
}  # fmt: skip


class Liar(str):
    """A text that says something else of itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "__import__('os')"

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        return repr(self)


class LyingInt(int):
    """The same as a number."""

    def __repr__(self) -> str:
        return "__import__('os')"

    __str__ = __repr__


@pytest.mark.parametrize("value", [LyingInt(3), True, 3.0, "3", None, float("nan"), (3,), Liar("3")])
def test_only_true_integers_become_numbers(value: object) -> None:
    (layer,) = solution((4,), [("Conv", {"kernel_size": 3})], (4, 4)).layers
    for wrong in (
        replace(layer, settings=((cast("Any", value), 1, 0, 1),)),
        replace(layer, settings=((3, 1, cast("Any", value), 1),)),
        *([] if value is None else [replace(layer, in_channels=cast("Any", value))]),  # None: unknown
        replace(layer, out_size=(cast("Any", value),)),
        replace(layer, kind=with_options(layer.kind, groups=value)),
    ):
        with pytest.raises(Error) as caught:
            code(Solution((wrong,)))
        assert caught.value.code == "unsafe-code"


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "0.1", LyingInt(1)])
def test_only_finite_numbers_go_into_an_activation(value: object) -> None:
    (layer,) = solution((4,), [("Act", {"function": "elu"})], (4,)).layers
    with pytest.raises(Error, match="unsafe-code"):
        code(Solution((replace(layer, kind=Act(1, "elu", cast("Any", value))),)))
    with pytest.raises(Error, match="unsafe-code"):
        code(Solution((replace(layer, kind=with_options(layer.kind, function="elu", value=Liar("x"))),)))


@pytest.mark.parametrize("word", ["zeros'", Liar("reflect"), "reflect\n", "import os"])
def test_only_known_words_become_text(word: str) -> None:
    (layer,) = solution((4,), [("Conv", {"kernel_size": 3})], (4, 4)).layers
    with pytest.raises(Error, match="unsafe-code"):
        code(Solution((replace(layer, kind=with_options(layer.kind, padding_mode=word)),)))
    with pytest.raises(Error, match="unsafe-code"):
        code(Solution((replace(layer, kind=with_options(layer.kind, padding_word=word)),)))


@pytest.mark.parametrize(
    "call",
    [
        TorchCall("Conv1d(1, 1, 1); import os", (), ()),
        TorchCall("Module", (), ()),
        TorchCall("Conv1d", (), (("kernel_size=1, device", 3),)),
        TorchCall("Conv1d", (), (("device", 3),)),
    ],
)
def test_a_kind_cannot_name_what_is_not_known(call: TorchCall) -> None:
    class Hostile(Conv):
        def torch_call(
            self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None
        ) -> TorchCall:
            del settings, in_channels, out_channels
            return call

    kind: LayerKind = Hostile(1)
    layer = SolvedLayer(kind, ((3, 1, 0, 1),), 1, 1, (4,), (2,))
    with pytest.raises(Error, match="unsafe-code"):
        code(Solution((layer,)))


GOOD = """\
'''A.'''

from torch import nn

CHANNELS = (1, 2)

model = nn.Sequential(
    nn.Conv1d(CHANNELS[0], 2, 3),
)
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("model = nn.Sequential(", "import os\nmodel = nn.Sequential("),
        ("import nn", "import nn as x"),
        ("import nn", "import nn, cuda"),
        ("from torch", "from .torch"),
        ("from torch", "from os"),
        ("nn.Conv1d", "nn.Module"),
        ("nn.Conv1d", "os.Conv1d"),
        ("nn.Conv1d", "nn.utils.Conv1d"),
        ("2, 3)", "2, (lambda: 3)())"),
        ("2, 3)", "2, *x)"),
        ("2, 3)", "2, **x)"),
        ("2, 3)", "2, True)"),
        ("2, 3)", '2, "zeros")'),
        ("2, 3)", "2, -3)"),
        ("2, 3)", "2, 3, device=1)"),
        ("2, 3)", "2, 3, padding=(1, x))"),
        ("2, 3)", "2, 3, padding=1e999)"),
        ("2, 3)", '2, 3, padding_mode="import os")'),
        ("2, 3)", "2, 3, padding=x)"),
        ("CHANNELS[0]", "CHANNELS[x]"),
        ("CHANNELS[0]", "OTHERS[0]"),
        ("CHANNELS = (1, 2)", "CHANNELS = (1, x)"),
        ("CHANNELS = (1, 2)", "CHANNELS: x = (1, 2)"),
        ("CHANNELS = (1, 2)", "CHANNELS = A = (1, 2)"),
        ("model = ", "super = "),
        ("model = nn.Sequential(", "@x\nclass A(nn.Sequential):\n    x = ("),
        ("model = nn.Sequential(", "model = nn.ModuleList("),
        ("'''A.", "f'''A."),
        ("'''A.'''", "x"),
        (")\n", ")\nx\n"),
        (")\n", ")  # \u202e\n"),
        (")\n", ")\f\n"),
        ("3)", "3"),
    ],
)
def test_every_node_is_compared_with_the_list(old: str, new: str) -> None:
    is_refused(GOOD, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("class Net(nn.Sequential)", "class Net(nn.Sequential, metaclass=x)"),
        ("class Net(nn.Sequential)", "@x\nclass Net(nn.Sequential)"),
        ("class Net(nn.Sequential)", "class Net(nn.Module)"),
        ("class Net", "class super"),
        ("self)", "self, x=y)"),
        ("self)", "self: x)"),
        ("None:", "x:"),
        ("    def", "    @x\n    def"),
        ("    def", "    x = y\n    def"),
        ("super().__init__", "super().__new__"),
        ("super().__init__", "super(x).__init__"),
        ("super().__init__", "x.__init__"),
        ("nn.ReLU(),", "nn.ReLU(), x=3"),
        ("nn.ReLU(),", "nn.ReLU(x),"),
        ("nn.ReLU(),", "*nn.ReLU(),"),
    ],
)
def test_every_node_of_a_class_is_compared_too(old: str, new: str) -> None:
    good = code(solution((4,), [("Act", {"function": "relu"})], (4,)), class_name="Net")
    refuse_others(good)
    assert old in good
    with pytest.raises(Error) as caught:
        refuse_others(good.replace(old, new))
    assert caught.value.code in ("unsafe-code", "bad-name")


def test_code_is_written_without_torch() -> None:
    program = "import sys, convsolve.emit.code, convsolve.emit.writing; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
