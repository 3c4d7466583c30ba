"""Twenty thousand records and words that want to be code (reliability.md, R9).

``python -m tests.soak.injection [NUMBER] [SEED]``. Each is a record of a solution with hostile texts in its places, or
hostile words beside it. What is emitted all the same must be of harmless nodes and known names alone, say the words of
nobody but itself, and run where nothing is built in but what a class needs.
"""

from __future__ import annotations

import ast
import builtins
import json
import sys
from collections import Counter
from copy import deepcopy
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import convsolve as cs
from convsolve.answer import Solution
from convsolve.emit.code import code
from convsolve.errors import Error

NUMBER = 20_000
STACK = 'Conv(k=3, padding="same", s=1, c=4, g=2) >> Norm("group", 2) >> Act("leaky_relu", 0.1) >> MaxPool(2)'
SIGNS = "aA_0 \n\r\t\f\"'#\\(){}[];:,.=+-*/@\0\u2028\u2029\x85\u202e\ufeffé"
HOSTILE = [
    '"; import os #', "x\nimport os", "x\rimport os", "');import os;('", "__import__('os')", "relu\u2028", "class",
    "None", "nn", "torch", "CHANNELS", "super", "print", "1a", "\uff41", "\u017f", "x\0", "x\\", '"""', "'''", "\ud800",
    "#", "lambda: 0", "a.b", "eval('1')", "zeros\nimport os", "same'", "3", "1e999", "batch:3;x", "group:8:9",
    "relu:__import__",
]  # fmt: skip
NODES = {
    ast.Module, ast.Expr, ast.Constant, ast.ImportFrom, ast.alias, ast.Assign, ast.Name, ast.Store, ast.Load, ast.Call,
    ast.Attribute, ast.keyword, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Tuple, ast.Subscript,
}  # fmt: skip
WORDS = ("activation", "norm", "final_activation", "class_name", "name")
BUILT_IN = ("__build_class__", "super")


def record() -> dict[str, Any]:
    """A solution with a layer of most kinds, as a program reads it."""
    found = cs.solve("4@8x8", "3@8x8", stack=f"{STACK} >> ConvTranspose(k=4)", count=1)
    return found[0].to_dict()


def tried(draw: Random, honest: dict[str, Any]) -> tuple[str, str]:
    """What became of one attempt: ``refused`` or ``emitted``, and what is wrong with that."""
    changed = deepcopy(honest)
    places = [*_places(changed)]
    for _ in range(draw.choice([0, 1, 1, 2])):
        holder, key = draw.choice(places)
        holder[key] = _hostile(draw)
    named = {word: _hostile(draw) for word in WORDS if draw.random() < 0.3}
    try:
        text = code(Solution.from_dict(changed), **cast("Any", named))
    except Error:
        return "refused", ""
    except Exception as error:  # noqa: BLE001 - a reader that breaks has understood too much
        return "refused", f"{type(error).__name__}: {error}"
    return "emitted", _wrong(text, named)


def _hostile(draw: Random) -> object:
    kind = draw.randrange(4)
    if kind == 0:
        return draw.choice([True, None, -1, 2**70, 1.5, [], {}, ["x"], {"a": 1}])
    return draw.choice(HOSTILE) if kind < 3 else "".join(draw.choices(SIGNS, k=draw.randint(1, 12)))


def _places(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Every place of a record, each as what holds it and its key there."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)


def _wrong(text: str, named: dict[str, object]) -> str:
    tree = ast.parse(text)
    own = {word for word in (named.get("class_name"), named.get("name")) if isinstance(word, str)}
    if strange := {type(node) for node in ast.walk(tree)} - NODES:
        return f"nodes {strange}: {text[:300]!a}"
    known = {"nn", "super", "model", "CHANNELS", "torch"} | own
    if names := {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - known:
        return f"names {names}: {text[:300]!a}"
    nothing = SimpleNamespace(**dict.fromkeys(_classes(tree), _Row))
    allowed = {name: getattr(builtins, name) for name in BUILT_IN} | {"__import__": _only(nothing)}
    exec(compile(tree, "emitted", "exec"), {"__builtins__": allowed, "__name__": "emitted"})  # noqa: S102 - that is the test
    return ""


class _Row:
    """In place of every class of torch.nn."""

    def __init__(self, *_: object, **__: object) -> None:
        pass


def _classes(tree: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def _only(nothing: SimpleNamespace) -> Any:  # noqa: ANN401 - what import calls
    def load(name: str, *_: object, **__: object) -> object:
        if name != "torch":
            raise ImportError(name)
        return SimpleNamespace(nn=nothing)

    return load


def main() -> int:
    """Try them, print the figures, and end with 1 where anything came through."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else NUMBER
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    draw, honest = Random(seed), record()
    seen: Counter[str] = Counter()
    for _ in range(number):
        what, wrong = tried(draw, honest)
        seen[what] += 1
        if wrong:
            seen["wrong"] += 1
            sys.stdout.write(f"{wrong}\n")
    sys.stdout.write(f"seed {seed}: {number} tried; {json.dumps(seen)}\n")
    return 1 if seen["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
