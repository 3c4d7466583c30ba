"""What an author runs against a new layer kind: one call, and an AssertionError that says what is wrong.

Nothing is presumed of the kind. Its sentences are the measure: the size map, the counts and the emitted code are held
against them, and they themselves against torch.
"""

from __future__ import annotations

import copy
import json
import pickle
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from random import Random
from typing import Any

from convsolve.answer import Solution
from convsolve.check.integers import broken_rule, faults
from convsolve.domains import Domain
from convsolve.encoding import Encoding, Sentence
from convsolve.judge import Session, Verdict
from convsolve.language import names, parse
from convsolve.language.nodes import substitute
from convsolve.language.smtlib import conjunction, numeral, smt
from convsolve.layers.base import SIZES, LayerKind, Setting
from convsolve.layers.listed import ListedMap
from convsolve.layers.maps import SizeMap
from convsolve.layers.solved import SolvedLayer
from convsolve.registry import looked_into
from convsolve.shapes import LARGEST_SIZE

SMALL = range(1, 40)  # sizes that are tried one by one
LARGE = (1_000, 4_097, 65_536, 10**6 + 3, LARGEST_SIZE)
CHANNELS = 4
RUNS = 40  # layers that are run in torch, each dimension


def check(
    kind: type[LayerKind], *, domains: Mapping[str, Sequence[int]] | None = None, dims: Sequence[int] = (1, 2, 3)
) -> None:
    """Hold a layer kind against its own sentences, against Z3 and against torch.

    Args:
        kind: the class; its options have their defaults.
        domains: for each axis parameter the values that are tried; left out, its default limits.
        dims: the numbers of axes that the kind is for.

    Raises:
        AssertionError: the first thing that is wrong, with the setting and the size.

    Example:
        >>> from convsolve.layers.max_pool import MaxPool
        >>> check(MaxPool, domains={"kernel_size": [1, 2, 3], "stride": [1, 2], "padding": [0, 1], "dilation": [1]})
    """
    with looked_into(kind):
        for number in dims:
            made = kind(dims=number)
            known = _domains(made, domains or {})
            _sentences(made)
            _maps(made, known)
            _counts(made, known)
            _torch(made, known)
            _layers(made, known)


def _domains(kind: LayerKind, given: Mapping[str, Sequence[int]]) -> tuple[Domain, ...]:
    found: dict[str, Domain] = {}
    for parameter in kind.axis_parameters:
        domain: Sequence[Any] = given.get(parameter.name, ())
        if not domain and parameter.hole:
            domain = kind.default_limits(parameter, found)
        elif not domain and parameter.default is not None:
            domain = [parameter.default]
        assert domain, f"{kind.name}: {parameter.name} has no value"
        assert all(type(value) is int for value in domain), f"{kind.name}: give {parameter.name} among the domains"
        found[parameter.name] = tuple(sorted(domain))
    return tuple(found.values())


def _sentences(kind: LayerKind) -> None:
    """Every sentence can be read, speaks of known names, and has a label of its own."""
    known = {*(parameter.name for parameter in kind.axis_parameters), *SIZES}
    for rule in kind.rules:
        strangers = {*names(parse(rule.sentence))} - known
        assert not strangers, f"{kind.name}: the rule {rule.label!r} speaks of {', '.join(sorted(strangers))}"
        assert rule.reason, f"{kind.name}: the rule {rule.label!r} has no reason"
    labels = [rule.label for rule in kind.rules]
    assert len(set(labels)) == len(labels), f"{kind.name}: two rules have one label"
    assert any("out_size" in names(parse(rule.sentence)) for rule in kind.rules), f"{kind.name}: no rule says a size"
    for sentence in filter(None, (kind.field_rule, *kind.jump_rules, kind.centre_rule)):
        strangers = {*names(parse(sentence))} - known - {"behind"}
        assert not strangers, f"{kind.name}: {sentence!r} speaks of {', '.join(sorted(strangers))}"


def _maps(kind: LayerKind, domains: Sequence[Domain]) -> None:
    """The map gives what the sentences allow, and nothing else: size by size, and by Z3 for all sizes."""
    session = Session()
    for setting in kind.settings(domains):
        size_map = kind.size_map(setting)
        for size in (*SMALL, *LARGE):
            out = size_map.out(size)
            near = {size_map.raw(size) + step for step in (-1, 0, 1)} | ({out} if out else set())
            for other in near:
                allowed = broken_rule(kind, setting, size, other) is None and other >= 1
                assert allowed is (other == out), f"{kind.name}{setting}: {size} -> {other}: sentences and map differ"
            if out is not None:
                assert size in size_map.into(out), f"{kind.name}{setting}: {out} comes from {size}, into() has it not"
        assert _proved(kind, setting, size_map, session), f"{kind.name}{setting}: Z3 finds a size where they differ"


def _proved(kind: LayerKind, setting: Setting, size_map: SizeMap, session: Session) -> bool:
    """Z3's word that no size is told apart; a map that is found size by size has no sentence for it."""
    if isinstance(size_map, ListedMap):
        return True
    values = {parameter.name: value for parameter, value in zip(kind.axis_parameters, setting, strict=True)}
    terms = {name: name for name in SIZES}
    rules = conjunction([smt(substitute(parse(rule.sentence), values), terms, {}) for rule in kind.rules])
    up, stride, offset, least = size_map
    line = f"(+ {f'(* {stride} in_size)' if up else 'in_size'} {numeral(offset)})"
    same = f"(= out_size {line})"
    if not up:
        same = f"(and (<= (* {stride} (- out_size 1)) {line}) (< {line} (* {stride} out_size)))"
    sizes = conjunction([f"(<= 1 {name} {LARGEST_SIZE})" for name in SIZES])
    differ = f"(and {sizes} (xor {rules} (and (>= in_size {least}) {same})))"
    encoding = Encoding(SIZES, (Sentence("differ", differ, "sentences and map differ"),), {})
    return session.ask(encoding) == Verdict.UNSAT


def _counts(kind: LayerKind, domains: Sequence[Domain]) -> None:
    """Settings, maps and fans are of the same combinations."""
    settings = [*kind.settings(domains)]
    assert settings == sorted(set(settings)), f"{kind.name}: settings come ascending, each once"
    maps = Counter(map(kind.size_map, settings))
    assert kind.maps(domains) == maps, f"{kind.name}: fans() do not have the maps of settings()"
    for size_map in maps:
        wanted = [setting for setting in settings if kind.size_map(setting) == size_map]
        assert [*kind.settings_of(size_map, domains)] == wanted, f"{kind.name}: settings_of({size_map})"
    for setting in settings:
        assert kind.charge(setting) >= 0, f"{kind.name}{setting}: a charge is 0 or more"


def _layers(kind: LayerKind, domains: Sequence[Domain]) -> None:
    """Layers can be copied, written down, and read back."""
    for layer in _some(kind, domains):
        assert not faults([layer]), faults([layer])[0]
        for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):  # noqa: S301 - our own
            assert other == layer, f"{kind.name}: a copy differs"
        solution = Solution((layer,))
        record = json.loads(json.dumps(solution.to_dict()))
        try:
            same = Solution.from_dict(record) == solution
        except Exception as error:
            raise AssertionError(f"{kind.name}: its record cannot be read: {error}") from error
        assert same, f"{kind.name}: its record reads as another layer"
        fields = layer.fields[(1,) * kind.dims]
        assert min(fields) >= 1, f"{kind.name}: a receptive field is at least 1"


def _torch(kind: LayerKind, domains: Sequence[Domain]) -> None:
    """Torch takes what the sentences allow, with these sizes, costs and code, and refuses what they refuse."""
    from convsolve.check.execution import run
    from convsolve.emit.code import code

    for layer in _some(kind, domains):
        report = run([layer])
        assert report.passed, f"{kind.name}{layer.settings} on {layer.in_size}: torch says {report.faults[0]}"
        code(Solution((layer,)))
    for layer in _refused(kind, domains):
        faulty = run([layer]).faults
        said = [fault for fault in faulty if fault.what == "refused" or "x0" in fault.got]
        assert said, f"{kind.name}{layer.settings} on {layer.in_size}: the sentences refuse it, torch does not"


def _some(kind: LayerKind, domains: Sequence[Domain]) -> list[SolvedLayer]:
    """Layers at the smallest sizes that they take, and at others."""
    draw, settings = Random(1), [*kind.settings(domains)]
    found = []
    for setting in draw.sample(settings, min(RUNS, len(settings))):
        legal = [size for size in SMALL if kind.size_map(setting).out(size)]
        sizes = sorted({*legal[:1], *draw.sample(legal, min(1, len(legal)))})
        found += [_layer(kind, setting, size) for size in sizes]
    return found


def _refused(kind: LayerKind, domains: Sequence[Domain]) -> Iterable[SolvedLayer]:
    draw, settings = Random(2), [*kind.settings(domains)]
    for setting in draw.sample(settings, min(RUNS, len(settings))):
        illegal = [size for size in islice(SMALL, 12) if kind.size_map(setting).out(size) is None]
        yield from (_layer(kind, setting, size) for size in illegal[-1:])


def _layer(kind: LayerKind, setting: Setting, size: int) -> SolvedLayer:
    out = kind.size_map(setting).out(size) or 1
    over, under = kind.channel_ratio((setting,) * kind.dims, (size,) * kind.dims)
    channels = CHANNELS * under * kind.group_count()
    sizes = (size,) * kind.dims, (out,) * kind.dims
    behind = channels if kind.weighted else channels * over // under
    return SolvedLayer.passing(kind, (setting,) * kind.dims, (channels, behind), sizes)
