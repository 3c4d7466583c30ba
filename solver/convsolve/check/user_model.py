"""A user's own model: importing it, and running it at its real size."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from convsolve.check.execution import PASSES, Pass, describe_backend, out_of_memory, threads_of, undisturbed
from convsolve.check.report import EXECUTED, Fault, Outcome, Report, Step
from convsolve.errors import Error, did_you_mean, shown
from convsolve.shapes import Shape

_IMPORTED_AS = "__convsolve_model__"  # never the file's own name: it may be torch.py


def load(target: str, name: str, *, is_file: bool) -> nn.Module:
    """Import the file or module and make the model; raises Error with what the user can mend."""
    sys.dont_write_bytecode = True
    module = _imported(target, is_file=is_file)
    try:
        found = getattr(module, name)
    except AttributeError:
        raise Error(
            "name-missing",
            f"{shown(target, 200)} has no {shown(name)}",
            help=did_you_mean(name, _candidates(module)) if _candidates(module) else ["define it there"],
        ) from None
    if isinstance(found, nn.Module):
        return found
    if not callable(found):
        raise _no_module(name, found)
    try:
        made = found()
    except BaseException as error:  # noqa: BLE001 - a user's code raises what it likes
        _fail("model-failed", f"{name}() of {shown(target, 200)}", error, target)
    if not isinstance(made, nn.Module):
        raise _no_module(f"{name}()", made)
    return made


def run_model(model: nn.Module, into: Shape, out: Shape) -> Report:
    """Run the model at batch 1 and 2, on one thread and the default ones, in training and in evaluation.

    ``torch`` is claimed where the output has the size that was asked for in each of them.
    """
    backend = describe_backend()
    faults: list[Fault] = []
    notes: list[str] = []
    steps: list[Step] = []
    with undisturbed():
        model.to("cpu")
        channels = into.channels or _first_channels(model)
        if into.channels is None:
            notes.append(f"input channels were not said: {channels}, as the first layer has")
        dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)
        for one in PASSES:
            model.train(one.training)
            if one.training and one.batch == 1 and _still_norms(model):
                notes.append("normalisation was left out of the training pass at batch 1")
            shape = (one.batch, channels, *into.size)
            watched = _Watch(model, None if steps else steps)
            with threads_of(one), watched:
                if fault := _one(model, (shape, dtype), out, one, watched):
                    faults.append(fault)
                    break
    outcome = Outcome.FAILED if faults else Outcome.PASSED
    return Report(outcome, () if faults else (EXECUTED,), tuple(faults), tuple(notes), backend, steps=tuple(steps))


class _Watch:
    """Which child of an ``nn.Sequential`` is running, and the shapes that come out of them."""

    def __init__(self, model: nn.Module, steps: list[Step] | None) -> None:
        self.layer: int | None = None
        self._steps = steps
        self._children = [*model] if isinstance(model, nn.Sequential) else []
        self._handles: list[torch.utils.hooks.RemovableHandle] = []

    def __enter__(self) -> None:
        for place, child in enumerate(self._children):
            self._handles.append(child.register_forward_pre_hook(self._entering(place)))
            self._handles.append(child.register_forward_hook(self._leave))

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _entering(self, place: int):  # type: ignore[no-untyped-def] # noqa: ANN202 - torch's own type is no simpler
        def enter(*_: object) -> None:
            self.layer = place

        return enter

    def _leave(self, child: nn.Module, _: object, value: object) -> None:
        if self._steps is not None and isinstance(value, torch.Tensor):
            self._steps.append(Step(type(child).__name__, tuple(value.shape[1:])))


def _one(
    model: nn.Module, into: tuple[tuple[int, ...], torch.dtype], out: Shape, one: Pass, watched: _Watch
) -> Fault | None:
    promised = f"{one.batch}x{'C' if out.channels is None else out.channels}x{'x'.join(map(str, out.size))}"
    try:
        value = torch.rand(into[0]).to(into[1])
        with torch.no_grad():
            got = model(value)
    except BaseException as error:  # noqa: BLE001 - as in `load`
        if out_of_memory(error):
            raise MemoryError from None
        text = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}"
        return Fault(watched.layer, "refused", promised, text, str(one))
    if not isinstance(got, torch.Tensor):
        return Fault(None, "not-a-tensor", promised, f"a {type(got).__name__}", str(one))
    shape = tuple(got.shape)
    expected = (one.batch, shape[1] if out.channels is None and len(shape) > 1 else out.channels, *out.size)
    if shape != expected or 0 in shape:
        return Fault(None, "size", promised, "x".join(map(str, shape)), str(one))
    if got.dtype is not value.dtype:
        return Fault(None, "dtype", str(value.dtype), str(got.dtype), str(one))
    if not bool(torch.isfinite(got).all()):
        return Fault(None, "not-finite", "finite values", "infinite ones or NaN", str(one))
    return None


def _imported(target: str, *, is_file: bool) -> ModuleType:
    path = Path(target).resolve()
    sys.path.insert(0, str(path.parent) if is_file else str(Path.cwd()))
    sys.argv = [target]
    try:
        if not is_file:
            return importlib.import_module(target)
        spec = importlib.util.spec_from_file_location(_IMPORTED_AS, path)
        if spec is None or spec.loader is None:
            raise Error("bad-model", f"{shown(target, 200)} is no Python file", help=["name a file that ends in .py"])
        module = importlib.util.module_from_spec(spec)
        sys.modules[_IMPORTED_AS] = module  # dataclasses look their own module up
        spec.loader.exec_module(module)
    except Error:
        raise
    except BaseException as error:  # noqa: BLE001 - a user's code raises what it likes, SystemExit too
        _fail("import-failed", shown(target, 200), error, target)
    return module


def _fail(code: str, what: str, error: BaseException, target: str) -> NoReturn:
    text = str(error).strip().partition("\n")[0]
    line = _line(error, target)
    raise Error(
        code,
        f"{what} raised {type(error).__name__}{f': {shown(text, 200)}' if text else ''}{line}",
        help=["mend the file, then verify it again"],
    ) from None


def _line(error: BaseException, target: str) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f" (line {error.lineno})"
    found = ""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(Path(target).resolve()):
            found = f" (line {trace.tb_lineno})"
        trace = trace.tb_next
    return found


def _candidates(module: ModuleType) -> list[str]:
    def is_model(value: object) -> bool:
        made_here = getattr(value, "__module__", None) == module.__name__
        return isinstance(value, nn.Module) or (callable(value) and made_here)

    return [name for name, value in vars(module).items() if not name.startswith("_") and is_model(value)]


def _no_module(name: str, value: object) -> Error:
    return Error(
        "not-a-module",
        f"{name} is a {type(value).__name__}, no torch.nn.Module",
        help=["name a module, a class of modules, or a function that returns one and needs no argument"],
    )


def _still_norms(model: nn.Module) -> bool:
    norms: Sequence[nn.Module] = [part for part in model.modules() if isinstance(part, _NormBase)]
    for norm in norms:
        norm.eval()
    return bool(norms)


def _first_channels(model: nn.Module) -> int:
    for part in model.modules():
        channels = getattr(part, "in_channels", None)
        if type(channels) is int:
            return channels
    return 1
