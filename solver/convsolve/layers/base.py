"""What every layer kind says of itself: parameters, rules, size map, costs, torch call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from math import prod
from typing import ClassVar, NamedTuple, Self

from convsolve.domains import LARGEST_PARAMETER, Domain
from convsolve.language import compiled, names, parse
from convsolve.layers.fans import AnyFan, Listed, Part, fan_of, part_of
from convsolve.layers.listed import ListedMap
from convsolve.layers.maps import IDENTITY, SizeMap

Setting = tuple[int, ...]  # a kind's axis parameters on one axis, in the kind's own order
Word = int | float | bool | str | None  # what an option may be


class AxisParameter(NamedTuple):
    """A parameter that has one value an axis, and takes part in the size."""

    name: str
    short: str
    least: int
    default: int | str | None  # torch's; None: must be given; a text: another parameter's value
    hole: bool  # asked for where a question leaves it out
    limits: Domain | None = None  # default limits, where they do not depend on the layer
    words: tuple[str, ...] = ()  # accepted in place of numbers, never a hole's value
    shared: bool = False  # one value for all axes, whatever is tied
    decimals: bool = False  # may be a fraction, such as 1.5
    split: bool = False  # rules multiply or divide with it: for Z3 they are written once for each of its values
    most: int = LARGEST_PARAMETER


class Option(NamedTuple):
    """A parameter of the whole layer; only an open one is searched for, and only in a domain that was given."""

    name: str
    short: str
    default: Word
    type: type
    words: tuple[str, ...] = ()  # the closed set, for text
    least: int | None = None
    open: bool = False


class Rule(NamedTuple):
    """One equation or limit, as a sentence of the language, and why it holds."""

    label: str
    sentence: str
    reason: str


Value = Word | tuple[float, ...]  # what stands behind a keyword


class TorchCall(NamedTuple):
    """A module's constructor call: a class of torch.nn, channels, keywords without defaults.

    Those that are `bare` stand in code without their name, as most people write them.
    """

    name: str
    arguments: tuple[Word, ...]
    keywords: tuple[tuple[str, Value], ...]
    bare: tuple[str, ...] = ("kernel_size",)


SIZES = ("in_size", "out_size")
POSITIVE = Rule("out_size", "out_size >= 1", "every output axis is at least 1")


@dataclass(frozen=True)
class LayerKind(ABC):
    """One layer apart from its settings on each axis; a subclass is a frozen dataclass of options.

    A kind is one file: it states its equations as sentences (``rules``) and, beside them by hand,
    its size map; the tests let Z3 prove that both say the same.
    """

    name: ClassVar[str]
    record: ClassVar[str]
    axis_parameters: ClassVar[tuple[AxisParameter, ...]] = ()
    options: ClassVar[tuple[Option, ...]] = ()
    positional: ClassVar[tuple[str, ...]] = ()  # parameters that may come without their name
    torch_classes: ClassVar[tuple[str, ...]] = ()  # of torch.nn, without 1d, 2d or 3d; else the kind's own name
    torch_keywords: ClassVar[tuple[str, ...]] = ()  # of their calls, where these are no parameters of the kind
    weighted: ClassVar[bool] = False  # it has weights, and channels of its own choice behind it
    gathers: ClassVar[bool] = False  # it makes one channel of several
    joins: ClassVar[bool] = False  # it joins an earlier layer's output
    lifts: ClassVar[bool] = False  # it makes axes of channels without axes
    variants: ClassVar[tuple[type[LayerKind], ...]] = ()  # the same name with other parameters: by size, not by factor
    field_rule: ClassVar[str | None] = None  # the receptive field in front of the layer, from that ``behind`` it
    jump_rules: ClassVar[tuple[str | None, str | None]] = (None, None)  # likewise jump, over and under the line
    # Where the middle of what output 0 sees lies on the input's axis: twice that, times what is under jump's line.
    centre_rule: ClassVar[str | None] = None
    on_input: ClassVar[bool] = False  # the kernel is laid on each element of the input, else of the output

    dims: int

    @property
    @abstractmethod
    def rules(self) -> tuple[Rule, ...]:
        """What torch demands, on each axis, and that the output is at least 1."""

    @abstractmethod
    def size_map(self, setting: Setting) -> SizeMap:
        """The map of one setting."""

    @abstractmethod
    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        """The constructor call of the torch module."""

    @property
    def flat_in(self) -> bool:
        """Whether channels without axes go in, as behind a Flatten."""
        return self.dims == 0

    @property
    def flat_out(self) -> bool:
        """Whether channels without axes come out."""
        return self.dims == 0

    @classmethod
    def variant(cls, names: Collection[str]) -> type[LayerKind]:
        """The class of this name that has the parameters."""
        return next((one for one in cls.variants if not one.positions().keys().isdisjoint(names)), cls)

    @classmethod
    def named(cls, values: Sequence[object]) -> dict[str, object]:
        """Values that came without their names, by name; raises ValueError where there are too many."""
        if len(values) > len(cls.positional):
            raise ValueError(values)
        return dict(zip(cls.positional, values, strict=False))

    @classmethod
    def complaint(cls, dims: int, names: Collection[str]) -> tuple[str, str] | None:
        """What is wrong with a layer behind so many axes and with these parameters, and what to write instead."""
        del names
        if dims:
            return None
        return f"{cls.name} needs axes, and channels without axes come to it", "put Unflatten(channels, sizes) in front"

    def units(self, parameter: str) -> int:
        """How many units a parameter's 1 has in a setting; more than one where it may be a fraction."""
        del parameter
        return 1

    def told(self, parameter: str, value: int) -> float:
        """A setting's value as users write it."""
        units = self.units(parameter)
        return value // units if value % units == 0 else value / units

    def text(self, settings: Sequence[Setting]) -> str:
        """The axis parameters as a stack has them, where they have no column in tables."""
        said = []
        for place, parameter in enumerate(self.axis_parameters):
            values = [self.told(parameter.name, setting[place]) for setting in settings]
            one = str(values[0]) if len({*values}) == 1 else f"({', '.join(map(str, values))})"
            said.append(one if parameter.name in self.positional else f"{parameter.name}={one}")
        return ", ".join(said)

    def charge(self, setting: Setting) -> int:
        """How unusual a setting is on one axis, in thousandths of a nat, for a kind without a window."""
        del setting
        return 0

    def channel_ratio(self, settings: Sequence[Setting], in_size: Sequence[int]) -> tuple[int, int]:
        """What the channels behind a layer without weights are of those in front, as a fraction."""
        del settings, in_size
        return 1, 1

    def chosen(self, settings: tuple[Setting, ...]) -> tuple[Self, tuple[Setting, ...]]:
        """The kind and the settings once these are chosen: as they would be if nothing else had been possible."""
        return self, settings

    def recounted(self, other: LayerKind, settings: tuple[Setting, ...]) -> tuple[Setting, ...]:
        """What `chosen` made, as settings of this kind again; the nearest to it where this kind has not just that."""
        del other
        return settings

    def settled(self, out_channels: int | None) -> Self:
        """The kind once all is chosen: nothing is left that a record of the layer does not say."""
        del out_channels
        return self

    def group_count(self) -> int:
        """Of how many parts the channels must be multiples."""
        return 1

    def follows(self, parameter: str) -> bool:
        """Whether a parameter was left out and takes its value from another one, as a pool's stride."""
        del parameter
        return False

    def word(self, parameter: str) -> str | None:
        """What was written for a parameter in place of numbers: ``same`` or ``valid``."""
        del parameter
        return None

    def refuses_single(self, channels: int | None) -> str | None:
        """Why the layer refuses an input of one element, if it does; the only rule that is not an axis' own."""
        del channels
        return None

    def default_limits(self, parameter: AxisParameter, known: Mapping[str, Domain]) -> Domain:
        """The domain of a hole on one axis, given those of the parameters before it."""
        del known
        if parameter.limits is None:
            raise LookupError(parameter.name)
        return parameter.limits

    def settings(self, domains: Sequence[Domain]) -> Iterator[Setting]:
        """Every setting that the rules allow whatever the size, in ascending order."""
        allowed = self.allowed
        return (setting for setting in product(*domains) if allowed(*setting))

    @property
    def allowed(self) -> Callable[..., int]:
        """Of a setting, whether the rules allow it whatever the size."""
        return _allowed(self.setting_rules, tuple(p.name for p in self.axis_parameters))

    def settings_of(self, size_map: SizeMap, domains: Sequence[Domain]) -> Iterator[Setting]:
        """The settings that have a size map, in ascending order."""
        return (setting for setting in self.settings(domains) if self.size_map(setting) == size_map)

    def settings_by_map(self, domains: Sequence[Domain]) -> Mapping[SizeMap, list[Setting]]:
        """The settings that share each size map, in ascending order."""
        found: dict[SizeMap, list[Setting]] = {}
        for setting in self.settings(domains):
            found.setdefault(self.size_map(setting), []).append(setting)
        return found

    def fans(self, domains: Sequence[Domain]) -> tuple[AnyFan, ...]:
        """The size maps of all settings, those that differ in the offset alone taken together."""
        alike: dict[tuple[bool, int, int], Counter[int]] = {}
        listed: Counter[ListedMap] = Counter()
        for size_map in map(self.size_map, self.settings(domains)):
            if isinstance(size_map, ListedMap):
                listed[size_map] += 1
                continue
            plain = SizeMap.of(size_map.stride, size_map.offset, up=size_map.up)
            least = 1 if size_map == plain else size_map.least
            alike.setdefault((size_map.up, size_map.stride, least), Counter())[size_map.offset] += 1
        found: list[AnyFan] = [Listed(tuple(listed.items()))] if listed else []
        found += [
            fan_of(stride, part_of(offsets, offsets), constant=0, up=up, least=least)
            for (up, stride, least), offsets in alike.items()
        ]
        return tuple(found)

    def slide(self, domains: Sequence[Domain]) -> tuple[int, Part] | None:
        """What each kernel_size adds to the offset over the first one, where nothing that is open changes that."""
        del domains
        return None

    def maps(self, domains: Sequence[Domain]) -> dict[SizeMap, int]:
        """How many settings share each size map."""
        found: dict[SizeMap, int] = {}
        for fan in self.fans(domains):
            for size_map, settings in fan.maps():
                found[size_map] = found.get(size_map, 0) + settings
        return found

    @property
    def setting_rules(self) -> tuple[str, ...]:
        """The sentences that no size occurs in."""
        return tuple(rule.sentence for rule in self.rules if _of_settings(rule.sentence))

    def at(self, setting: Setting, parameter: str) -> int:
        """One parameter's value in a setting."""
        return setting[self.positions()[parameter]]

    @classmethod
    def positions(cls) -> Mapping[str, int]:
        """Where each axis parameter stands in a setting."""
        return _positions(cls)

    def window(self, setting: Setting) -> tuple[int, int, int, int, int] | None:
        """(kernel_size, stride, padding, dilation, output_padding); None for a kind without a window."""
        del setting
        return None

    def elements(self, settings: Sequence[Setting]) -> int:
        """The elements of one kernel: the product of kernel_size over all axes, 1 for a kind without."""
        windows = [window for setting in settings if (window := self.window(setting)) is not None]
        return prod(kernel_size for kernel_size, *_ in windows)

    def weight_count(self, elements: int, in_channels: int, out_channels: int) -> int:
        """``sum(p.numel())`` of the torch module, normalisation and activation left out."""
        del elements, in_channels, out_channels
        return 0

    def mac_count(
        self, elements: int, in_channels: int, out_channels: int, sizes: tuple[tuple[int, ...], tuple[int, ...]]
    ) -> int:
        """Multiplications at batch 1, as torch.utils.flop_counter has them (its figure / 2)."""
        del elements, in_channels, out_channels, sizes
        return 0

    def receptive_field(self, field: int, setting: Setting, sizes: tuple[int, int]) -> int:
        """Backward on one axis: how far `field` neighbouring outputs see into the input."""
        if self.field_rule is None:
            return field
        return self._at(self.field_rule, field, setting, *sizes)

    def view(self, setting: Setting, in_size: int, out_size: int) -> tuple[Fraction, Fraction]:
        """Where on the input's axis an output element looks: its place times the first number, plus the second.

        Both count elements from the first one's middle; that may lie between elements, or in the padding.
        """
        over, under, twice = (
            1 if rule is None else self._at(rule, 1, setting, in_size, out_size)
            for rule in (*self.jump_rules, self.centre_rule or "0")
        )
        return Fraction(over, under), Fraction(twice, 2 * under)

    def _at(self, rule: str, behind: int, setting: Setting, in_size: int, out_size: int) -> int:
        known = ("behind", *self.positions(), *SIZES)
        return int(compiled(parse(rule), known)(behind, *setting, in_size, out_size))


@dataclass(frozen=True)
class SizeKeeping(LayerKind):
    """What activation and normalisation share: no axis parameter, and every size as it was."""

    @classmethod
    def complaint(cls, dims: int, names: Collection[str]) -> tuple[str, str] | None:
        del dims, names
        return None

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (Rule("size", "out_size == in_size", "the layer keeps the size"),)

    def size_map(self, setting: Setting) -> SizeMap:
        del setting
        return IDENTITY


def axis_keywords(kind: LayerKind, settings: Sequence[Setting]) -> Iterator[tuple[str, Value]]:
    """Axis parameters as torch takes them: one number where all axes agree, defaults left out."""
    for position, parameter in enumerate(kind.axis_parameters):
        if word := kind.word(parameter.name):
            yield parameter.name, word
            continue
        values = tuple(setting[position] for setting in settings)
        defaults = (
            tuple(kind.at(setting, parameter.default) for setting in settings)
            if isinstance(parameter.default, str)
            else (parameter.default,) * len(values)
        )
        if values != defaults:
            yield parameter.name, values[0] if len(set(values)) == 1 else values


@cache
def _positions(kind: type[LayerKind]) -> Mapping[str, int]:
    return {parameter.name: place for place, parameter in enumerate(kind.axis_parameters)}


@cache
def _of_settings(sentence: str) -> bool:
    """Whether no size occurs in a rule's sentence."""
    return {*SIZES}.isdisjoint(names(parse(sentence)))


@cache
def _allowed(sentences: tuple[str, ...], parameters: tuple[str, ...]) -> Callable[..., int]:
    together = " and ".join(f"({sentence})" for sentence in sentences) or "0 == 0"
    return compiled(parse(together), parameters)
