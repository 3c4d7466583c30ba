"""Running layers in torch: what it says of every size, not what we compute.

Two levels, each on these very layers: ``torch`` (V1 and V2 of the ladder) and ``backward`` (V3).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import nn

from convsolve.check.reach import dead_elements
from convsolve.check.report import BACKWARD, TORCH, TORCH_PER_AXIS, Backend, Fault, Outcome, Report, refuse_unknown
from convsolve.check.thin import fits, on_one_axis, thinned
from convsolve.emit.dressing import filled
from convsolve.emit.module import build, joined, layer_module
from convsolve.layers.join import Join
from convsolve.layers.norm import Norm
from convsolve.layers.solved import SolvedLayer

_SEED = 0
_MEMORY_WORDS = ("can't allocate memory", "not enough memory")  # of torch's CPU allocator


class Pass(NamedTuple):
    """One forward pass: its batch, whether on one thread, whether in training mode."""

    batch: int
    one_thread: bool
    training: bool

    def __str__(self) -> str:
        threads = "1 thread" if self.one_thread else "default threads"
        return f"cpu, batch {self.batch}, {threads}, {'training' if self.training else 'evaluation'}"


# Every pair of batch, threads and mode: torch's verdict on an empty output hangs on the first two.
PASSES = (
    Pass(1, one_thread=True, training=True),
    Pass(1, one_thread=False, training=False),
    Pass(2, one_thread=True, training=False),
    Pass(2, one_thread=False, training=True),
)


def run(layers: Sequence[SolvedLayer], levels: Sequence[str] = (TORCH,)) -> Report:
    """Run the layers in this process and compare every intermediate shape.

    The shapes are compared on torch's meta device with the real channels (unknown ones filled with
    the smallest that are legal), then on the CPU with one channel or as many as groups, each at
    batch 1 and 2. Where a tensor would have more than 2^24 elements, one axis at a time is executed
    with the smallest legal sizes on the others, and the level is ``torch-per-axis``.

    An output that is not finite is a fault: a pool whose window sees nothing but padding gives
    -inf, and a network with it learns nothing, though torch accepts its shape.

    Args:
        layers: what to run; nothing is presumed of them.
        levels: ``torch``, ``backward``, or both.

    Returns:
        A report whose levels are those that ran here and found nothing wrong.

    Raises:
        Error: ``unknown-level``. What is wrong with the layers is in the report.

    Example:
        >>> from convsolve.layers.conv import Conv
        >>> run([SolvedLayer(Conv(1), ((3, 2, 1, 1),), 8, 8, (8,), (4,))]).levels
        ('torch',)
    """
    refuse_unknown(levels)
    backend = describe_backend()
    with undisturbed():
        found = _Findings()
        if any(None in (layer.in_channels, layer.out_channels) for layer in layers):
            found.notes.append("unknown channels were taken as the fewest that are legal")
        try:
            outcome = _run(filled(layers), levels, found)
        except MemoryError:
            outcome = Outcome.OUT_OF_MEMORY
    return Report(
        outcome,
        tuple(found.levels) if outcome is not Outcome.FAILED else (),
        tuple(found.faults),
        tuple(dict.fromkeys(found.notes)),
        backend,
        *found.dead,
    )


def describe_backend() -> Backend:
    """The version of torch and what it computes on."""
    onednn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return Backend(str(torch.__version__), "cpu", torch.get_num_threads(), onednn)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Run torch as it is by default; behind it everything as the caller had it, the random state too."""
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    with (
        torch.random.fork_rng(devices=[]),
        torch.inference_mode(mode=False),
        torch.device("cpu"),
        torch.autocast("cpu", enabled=False),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # a warning that somebody has made an error would read as a refusal
        torch.manual_seed(_SEED)
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.set_default_dtype(dtype)


@contextmanager
def threads_of(one: Pass) -> Iterator[None]:
    """The threads of one pass; the default ones again behind it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if one.one_thread else threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def out_of_memory(error: BaseException) -> bool:
    """Whether torch failed for want of memory, which says nothing about the layers."""
    return isinstance(error, MemoryError) or any(word in str(error) for word in _MEMORY_WORDS)


@dataclass
class _Findings:
    levels: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dead: tuple[int | None, int | None] = (None, None)


def _run(layers: Sequence[SolvedLayer], levels: Sequence[str], found: _Findings) -> Outcome:
    thin = thinned(layers)
    if TORCH in levels:
        found.faults += _on_meta(layers)
        if found.faults:
            return Outcome.FAILED
        nets, level = [thin], TORCH
        if not fits(thin):
            if any(layer.kind.flat_in or layer.kind.flat_out for layer in layers):
                found.notes.append("not executed: the whole is above the budget")
                return Outcome.TOO_LARGE
            nets, level = [on_one_axis(thin, axis) for axis in range(len(thin[0].in_size))], TORCH_PER_AXIS
            found.notes.append("executed one axis at a time, without normalisation: the whole is above the budget")
        if not all(map(fits, nets)):
            found.notes.append("not executed: a single axis is above the budget")
            return Outcome.TOO_LARGE
        for net in nets:
            found.faults += _on_cpu(net, found.notes)
            if found.faults:
                return Outcome.FAILED
        found.levels.append(level)
    if BACKWARD in levels:
        return _backward(thin, found)
    return Outcome.PASSED


def _on_meta(layers: Sequence[SolvedLayer]) -> list[Fault]:
    with torch.device("meta"):
        modules, faults = _modules(layers, "meta")
        for batch in (1, 2) if not faults else ():
            start = _Start((batch, layers[0].in_channels or 1, *layers[0].in_size), "meta")
            faults = _through(layers, [module.eval() for module in modules], start, f"meta, batch {batch}")
            if faults:
                break
    return faults or _as_module(layers)


def _as_module(layers: Sequence[SolvedLayer]) -> list[Fault]:
    """What is wrong with the module of a stack with skip connections, of whose layers each is right."""
    if not any(isinstance(layer.kind, Join) for layer in layers):
        return []
    where, last = "meta, as one module", layers[-1]
    with torch.device("meta"), torch.no_grad():
        try:
            start = _Start((2, layers[0].in_channels or 1, *layers[0].in_size), "meta")
            value = build(layers).eval()(start.tensor())
        except Exception as error:  # noqa: BLE001 - as below
            return [_refused(len(layers) - 1, last, error, where)]
    fault = _difference(len(layers) - 1, (2, last.out_channels, *last.out_size), value, where)
    return [] if fault is None else [fault]


def _on_cpu(layers: Sequence[SolvedLayer], notes: list[str]) -> list[Fault]:
    modules, faults = _modules(layers, "cpu")
    for one in PASSES if not faults else ():
        kept = [(layer, module.train(one.training)) for layer, module in zip(layers, modules, strict=True)]
        if one.batch == 1 and one.training and any(isinstance(layer.kind, Norm) for layer in layers):
            notes.append("normalisation was left out of the training pass at batch 1")
            kept = [(layer, nn.Identity() if isinstance(layer.kind, Norm) else module) for layer, module in kept]
        start = _Start((one.batch, layers[0].in_channels or 1, *layers[0].in_size), "cpu")
        with threads_of(one):
            faults = _through(layers, [module for _, module in kept], start, str(one))
        if faults:
            break
    return faults


def _modules(layers: Sequence[SolvedLayer], where: str) -> tuple[list[nn.Module], list[Fault]]:
    modules: list[nn.Module] = []
    for place, layer in enumerate(layers):
        try:
            made = nn.Identity() if isinstance(layer.kind, Join) else layer_module(layer)
            modules.append(made.to(torch.float32))
        except Exception as error:  # noqa: BLE001 - torch refuses with whatever its kernels raise
            return modules, [_refused(place, layer, error, f"{where}, construction")]
    return modules, []


class _Start(NamedTuple):
    shape: tuple[int, ...]
    device: str

    def tensor(self) -> torch.Tensor:
        if self.device == "meta":
            return torch.empty(self.shape, device="meta")
        return torch.rand(self.shape, dtype=torch.float32)


def _through(layers: Sequence[SolvedLayer], modules: Sequence[nn.Module], start: _Start, where: str) -> list[Fault]:
    """Layer by layer, the shape in front of and behind each compared with the recorded one."""
    batch = start.shape[0]
    place = 0
    wanted = {layer.kind.layer for layer in layers if isinstance(layer.kind, Join)}
    kept: dict[int, torch.Tensor] = {}
    try:
        value = start.tensor()
        with torch.no_grad():
            for place, (layer, module) in enumerate(zip(layers, modules, strict=True)):
                into = (batch, layer.in_channels, *layer.in_size)
                if fault := _difference(place, into, value, where):
                    return [fault]
                join = layer.kind
                value = joined(join, value, kept[join.layer]) if isinstance(join, Join) else module(value)
                if place in wanted:
                    kept[place] = value
                out = (batch, layer.out_channels, *layer.out_size)
                if fault := _difference(place, out, value, where):
                    return [fault]
    except Exception as error:  # noqa: BLE001 - as above
        return [_refused(place, layers[place], error, where)]
    return []


def _difference(place: int, shape: tuple[int | None, ...], value: torch.Tensor, where: str) -> Fault | None:
    got = tuple(value.shape)
    # torch lets an empty output pass in places; here it never does.
    if got != shape or 0 in got:
        return Fault(place, "size", _text(shape), _text(got), where)
    if value.dtype is not torch.float32:
        return Fault(place, "dtype", "float32", str(value.dtype), where)
    if value.device.type != "meta" and not bool(torch.isfinite(value).all()):
        return Fault(place, "not-finite", "finite values", "infinite ones or NaN", where)
    return None


def _refused(place: int, layer: SolvedLayer, error: Exception, where: str) -> Fault:
    if out_of_memory(error):
        raise MemoryError from None
    first = str(error).strip().partition("\n")[0][:200]
    got = f"{type(error).__name__}: {first}"
    return Fault(place, "refused", f"{_text((layer.out_channels, *layer.out_size))} of {layer.kind.name}", got, where)


def _text(shape: Sequence[int | None]) -> str:
    return "x".join(map(str, shape))


def _backward(thin: Sequence[SolvedLayer], found: _Findings) -> Outcome:
    if not fits(thin):
        found.notes.append("backward did not run: the whole is above the budget")
        return Outcome.TOO_LARGE
    torch.set_num_threads(1)  # as fast for what is small, and never waiting for a busy machine's other core
    try:
        found.dead = dead_elements(thin)
    except Exception as error:  # noqa: BLE001 - as above
        found.faults.append(_refused(0, thin[0], error, "backward"))
        return Outcome.FAILED
    found.levels.append(BACKWARD)
    for count, what in zip(found.dead, ("output elements see no input", "input elements reach no output"), strict=True):
        if count:
            found.notes.append(f"{count} {what}")
    return Outcome.PASSED
