"""The records that programs read, and the question that they may write, as JSON Schemas (draft 2020-12).

New fields may be added to a record within ``/1``, so none of their schemas forbids what it does not know; in a
question that is a mistake.
"""

from __future__ import annotations

from typing import Any

from convsolve.errors import Error, did_you_mean, shown

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLES = {
    "convsolve.answer/1": "what solve and count --json print",
    "convsolve.solution/1": "a line of solve --jsonl or sample, and an entry of an answer's solutions",
    "convsolve.pareto/1": "what pareto --json prints",
    "convsolve.spec/1": "what --spec reads: a question",
    "convsolve.trace/1": "what trace --json prints",
    "convsolve.check/1": "what verify --json prints",
    "convsolve.message/1": "what explain-error --json prints",
    "convsolve.doctor/1": "what doctor --json prints",
    "convsolve.config/1": "what --show-config --json prints",
    "convsolve.plugins/1": "what plugins --json prints",
    "convsolve.error/1": "what --json prints where a question cannot be asked as it was",
}

NAMES = tuple(TITLES)
PARAMETERS = ("kernel_size", "stride", "padding", "dilation", "output_padding")
OTHERS = ("sizes", "output_size", "size", "scale_factor")  # parameters whose limits may be to blame
FLAGS = ("no_checkerboard", "exact", "odd_kernels", "monotone")
CAUSES = ("range", "gap", "residue", "window", "rule", "tie", "condition")

Schema = dict[str, Any]

_SIZE: Schema = {
    "type": "array",
    "items": {"type": "integer", "minimum": 1},
    "maxItems": 3,
    "description": "one entry an axis; none where channels stand without axes",
}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_POSITIVE: Schema = {"type": "integer", "minimum": 1}
_TEXT: Schema = {"type": "string"}


def schema(name: str) -> Schema:
    """The schema of a record, by its name with or without ``convsolve.`` and ``/1``.

    Example:
        >>> schema("error")["required"]
        ['schema', 'code', 'message', 'help']
    """
    for known in NAMES:
        bare = known.removeprefix("convsolve.")
        if name in {known, bare, bare.partition("/")[0]}:
            head = {"$schema": DIALECT, "$id": f"urn:{known.replace('/', ':')}", "title": TITLES[known]}
            return head | _MAKERS[known]()
    words = [known.removeprefix("convsolve.").partition("/")[0] for known in NAMES]
    raise Error("usage", f"{shown(name)} is no record", help=did_you_mean(name, words))


def _record(name: str | None, fields: Schema, *optional: str) -> Schema:
    """An object; its fields are required unless named as optional."""
    named = {"schema": {"const": name}} if name else {}
    properties = named | fields
    return {
        "type": "object",
        "properties": properties,
        "required": [field for field in properties if field not in optional],
    }


def _axes(entry: Schema) -> Schema:
    return {"type": "array", "items": entry, "minItems": 1, "maxItems": 3, "description": "one entry an axis"}


def _or_null(schema_of: Schema) -> Schema:
    return {"anyOf": [schema_of, {"type": "null"}]}


def _shape() -> Schema:
    return _record(None, {"channels": _or_null(_POSITIVE), "size": _SIZE})


def _layer() -> Schema:
    fields = {
        "kind": _TEXT | {"examples": ["conv", "conv_transpose", "max_pool", "upsample", "pad", "flatten", "linear"]},
        "in_channels": _or_null(_POSITIVE),
        "out_channels": _or_null(_POSITIVE),
        "in_size": _SIZE,
        "out_size": _SIZE,
        "kernel_size": _axes(_POSITIVE),
        "stride": _axes(_POSITIVE),
        "padding": {"anyOf": [_axes(_COUNT), {"enum": ["same", "valid"]}]},
        "dilation": _axes(_POSITIVE),
        "output_padding": _axes(_COUNT),
        "groups": _POSITIVE,
        "bias": {"type": "boolean"},
        "padding_mode": _TEXT,
        "ceil_mode": {"type": "boolean"},
        "output_size": _axes(_POSITIVE),
        "scale_factor": _axes({"type": "number", "exclusiveMinimum": 0}),
        "size": _axes(_POSITIVE),
        "mode": _TEXT,
        "align_corners": {"type": "boolean"},
        "factor": _axes(_POSITIVE),
        "before": _axes(_COUNT),
        "after": _axes(_COUNT),
        "channels": _POSITIVE,
        "sizes": _axes(_POSITIVE),
        "function": _TEXT,
        "value": _or_null({"type": "number"}),
    }
    always = ("kind", "in_channels", "out_channels", "in_size", "out_size")
    return _record(None, fields, *(name for name in fields if name not in always)) | {
        "description": "a field that a kind lacks is left out"
    }


def _costs() -> Schema:
    counts = dict.fromkeys(("params", "macs", "activations", "peak"), _or_null(_COUNT))
    return _record(None, counts | {"receptive_field": _or_null({"type": "array", "items": _POSITIVE, "maxItems": 3})})


def _solution() -> Schema:
    change = _record(None, {"layer": _COUNT, "parameter": _TEXT, "before": {}, "after": {}})
    return _record(
        "convsolve.solution/1",
        {
            "input": _shape(),
            "output": _shape(),
            "layers": {"type": "array", "items": _layer(), "minItems": 1},
            "costs": _costs(),
            "changes": {"type": "array", "items": change, "description": "of a repair"},
            "checked": {
                "type": "array",
                "items": {"enum": ["arithmetic", "z3", "torch", "torch-per-axis", "backward", "family"]},
                "uniqueItems": True,
                "description": "the levels that ran on this very solution",
            },
            "draw": _record(None, {"space": _TEXT, "strategy": _TEXT, "seed": _COUNT, "number": _COUNT})
            | {"description": "of a line of sample: which space, and its place among the draws of that seed"},
            "sizes": {
                "type": "array",
                "items": {"type": "array", "items": _SIZE},
                "description": "of several inputs: the sizes on the way of each; all else is the first's",
            },
        },
        "draw",
        "sizes",
    )


def _answer() -> Schema:
    question = _record(
        None,
        {
            "input": _TEXT,
            "target": _TEXT,
            "stack": _TEXT | {"description": "every domain written out, the limits included"},
            "tie": _TEXT,
            "channels": _or_null({"type": "array", "items": _or_null(_POSITIVE)})
            | {"description": "null where the depth is to be found"},
            "count": _or_null(_COUNT)
            | {"description": "how many were asked for; null: all of one layer, 5 of a stack"},
            "all": {"type": "boolean", "description": "whether all were asked for"},
            "minimize": {"type": "array", "items": _TEXT, "description": "objectives; -macs is made large"},
            "where": {"type": "array", "items": _TEXT, "description": "conditions"},
            **{name: {"const": True} for name in FLAGS},
        },
        "minimize",
        "where",
        *FLAGS,
    )
    reason = _record(
        None,
        {
            "what": {"enum": [*PARAMETERS, *OTHERS, "layers", "tie", "where", "join", "input", "target"]},
            "value": _TEXT,
            "layers": {"type": "array", "items": _COUNT, "description": "empty where it is none of single layers"},
            "default": {"type": "boolean", "description": "nobody said it"},
        },
    )
    reasons = {"type": "array", "items": reason}
    causes = {"type": "array", "items": _record(None, {"name": {"enum": list(CAUSES)}})}
    change = _record(None, {"relax": {"type": "object", "minProperties": 1}, "command": _TEXT, "solution": _solution()})
    near = _record(None, {"size": _axes(_POSITIVE), "command": _TEXT, "solution": _solution()})
    values = _or_null({"type": "array", "items": {"type": "integer"}})
    explanation = _record(
        None,
        {
            "told": _record(None, {"input": _TEXT, "target": _TEXT, "layers": _POSITIVE})
            | {"description": "the question that is told of; others that were asked, too, are as impossible"},
            "because": {"type": "array", "items": _TEXT},
            "conflict": reasons | {"description": "minimal: drop any one and it is possible"},
            "minimal": {"type": "boolean", "description": "every fact of the conflict was seen to be needed"},
            "unsettled": reasons | {"description": "of the conflict: too long to tell whether they are needed"},
            "acquitted": reasons | {"description": "whatever they were, the conflict would stand"},
            "causes": causes | {"description": "the numbers behind it; empty where there is no simple one"},
            "changes": {"type": "array", "items": change, "description": "each alone suffices; smallest first"},
            "nearest": {"type": "array", "items": near, "description": "reachable targets next to the one asked for"},
            "cut": {"type": "boolean", "description": "the search for changes and targets ended before all were tried"},
        },
    )
    layers = {"type": "array", "items": _POSITIVE}
    established = _record(
        None,
        {
            "impossible_layers": layers | {"description": "numbers of layers proved to have no combination"},
            "empty_layers": layers | {"description": "in which none was found, which is not proved"},
            "without_conditions": _or_null(_COUNT) | {"description": "combinations, were there no conditions"},
            "residues": {"type": "array", "items": _TEXT, "description": "of a family, those that some stack serves"},
            "some": {"type": "boolean", "description": "there are combinations, too many cases to be counted"},
        },
    )
    return _record(
        "convsolve.answer/1",
        {
            "status": {"enum": ["solved", "impossible", "gave_up"]},
            "complete": {"type": "boolean", "description": "solutions holds every combination"},
            "optimal": _or_null({"type": "boolean"}),
            "values": values | {"description": "the objectives' values of the first solution"},
            "bound": values | {"description": "proved: no combination has better ones"},
            "stopped": {
                "enum": [None, "timeout", "memory", "budget", "interrupted", "terminated", "crashed"],
                "description": "what ended the search early; solutions has what was found until then",
            },
            "total": _or_null(_COUNT) | {"description": "the exact number of combinations, of any length"},
            "problem": question,
            "solutions": {"type": "array", "items": _solution()},
            "explanation": _or_null(explanation),
            "established": _or_null(established),
            "order": {"enum": ["conventional", "graph"]},
            "stats": {"type": "object", "additionalProperties": _COUNT, "description": "counts, never times"},
            "versions": {"type": "object", "additionalProperties": _or_null(_TEXT)},
        },
    )


def _spec() -> Schema:
    domain = {"anyOf": [_COUNT, _TEXT], "examples": [3, "3,5,7", "1..7", "2..16:2", "3x5"]}
    whole = {"anyOf": [_COUNT, {"type": "string", "pattern": "^[0-9]+$"}]}
    amount = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, _TEXT]}
    texts = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
    each = {"anyOf": [_POSITIVE, _TEXT]}
    size = {"anyOf": [*each["anyOf"], _axes(each)], "examples": [28, [28, "[2..8]"], "128@4x4"]}
    channels = {"anyOf": [_TEXT, {"type": "array", "items": _or_null(each)}]}
    fields = {
        "input": size,
        "target": size,
        "stack": _TEXT | {"examples": ["Conv(k=3) >> MaxPool() >> ConvTranspose() * 2"]},
        "layer": {"enum": ["conv", "conv_transpose", "auto"]},
        "layers": {"anyOf": [_POSITIVE, _TEXT]},
        **dict.fromkeys(PARAMETERS, domain),
        "tie": texts | {"examples": ["kernel_size,stride", "none", "all"]},
        "channels": channels,
        "latent": whole | {"description": "the length of a vector in front; input is then where the stack starts"},
        "minimize": texts,
        "maximize": texts,
        "where": texts | {"examples": [["params <= 2e6", "product(stride) == 8"]]},
        **{name: {"type": "boolean"} for name in FLAGS},
        "count": whole,
        "all": {"type": "boolean"},
        "seed": whole,
        "check": {"enum": ["arithmetic", "z3", "torch", "backward", "family"]},
        "explain": {"enum": ["short", "full"]},
        "timeout": amount | {"description": "seconds"},
        "memory": amount | {"description": "MiB"},
    }
    record = _record("convsolve.spec/1", {name: _or_null(entry) for name, entry in fields.items()})
    description = "the words of the command line; null says nothing, and dashes are as good as underscores"
    return record | {"required": ["input", "target"], "additionalProperties": False, "description": description}


def _config() -> Schema:
    sources = ["command-line", "spec", "environment", "pyproject", "built-in"]
    option = {
        "name": _TEXT,
        "value": {"description": "null where nobody said it"},
        "default": _or_null(_TEXT) | {"description": "what that then means"},
        "source": {"enum": sources},
        "place": _or_null(_TEXT) | {"description": "the file, with a line, or the variable"},
    }
    return _record(
        "convsolve.config/1", {"command": _TEXT, "options": {"type": "array", "items": _record(None, option)}}
    )


def _trace() -> Schema:
    mend = {"parameter": _TEXT, "value": _COUNT, "out_size": _axes(_POSITIVE)}
    fraction = {"pattern": "^-?[0-9]+(/[0-9]+)?$"}
    texts, whole = {"type": "string"} | fraction, _POSITIVE
    each = (("receptive_field", whole), ("jump", texts), ("centre", texts))
    lists = {name: {"type": "array", "items": items, "maxItems": 3} for name, items in each}
    field = _record(None, lists) | {"description": "one entry an axis; none where channels come without axes"}
    return _record(
        "convsolve.trace/1",
        {
            "valid": {"type": "boolean"},
            "failed_at": _or_null(_COUNT) | {"description": "the layer that refused, counted from 0"},
            "reason": _or_null(_TEXT),
            "mends": {"type": "array", "items": _record(None, mend), "description": "each alone suffices"},
            "fitting": {"type": "array", "items": _SIZE, "description": "inputs near it whose joins fit"},
            "instead": {"type": "array", "items": _TEXT, "description": "where none is: what to write for the join"},
            "input": _shape(),
            "layers": {"type": "array", "items": _layer(), "description": "those that were passed"},
            "fields": {"type": "array", "items": field, "description": "of an output of each of them, in the input"},
            "output": _record(None, {"channels": _or_null(_POSITIVE), "size": _or_null(_SIZE)}),
            "costs": _costs(),
        },
        "input",
        "fields",
        "fitting",
        "instead",
    )


def _check() -> Schema:
    fault = {"layer": _or_null(_COUNT), "what": _TEXT, "expected": _TEXT, "got": _TEXT, "where": _TEXT}
    step = {"module": _TEXT, "shape": {"type": "array", "items": _COUNT}}
    backend = {"torch": _TEXT, "device": _TEXT, "threads": _POSITIVE, "onednn": {"type": "boolean"}}
    texts = {"type": "array", "items": _TEXT}
    return _record(
        "convsolve.check/1",
        {
            "model": _TEXT,
            "input": _TEXT,
            "output": _TEXT,
            "outcome": _TEXT | {"description": "passed, failed, or why it could not be told"},
            "levels": texts | {"description": "what ran and found nothing wrong"},
            "faults": {"type": "array", "items": _record(None, fault)},
            "notes": texts,
            "backend": _or_null(_record(None, backend)),
            "dead_outputs": _or_null(_COUNT),
            "dead_inputs": _or_null(_COUNT),
            "steps": {"type": "array", "items": _record(None, step), "description": "of an nn.Sequential"},
        },
    )


def _doctor() -> Schema:
    texts = {"type": "object", "additionalProperties": _TEXT}
    return _record("convsolve.doctor/1", {"ok": {"type": "boolean"}, "versions": texts, "checks": texts})


def _plugins() -> Schema:
    fields = dict.fromkeys(("group", "name", "value", "package"), _TEXT)
    state = {"state": _TEXT | {"description": "ok, or why it cannot be used"}}
    return _record("convsolve.plugins/1", {"plugins": {"type": "array", "items": _record(None, fields | state)}})


def _error() -> Schema:
    return _record(
        "convsolve.error/1",
        {
            "code": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
            "message": _TEXT,
            "help": {"type": "array", "items": _TEXT},
        },
    )


def _message() -> Schema:
    texts = {"type": "array", "items": _TEXT}
    fields = {"name": _TEXT, "message": _TEXT, "equation": _TEXT, "because": _TEXT, "help": texts}
    return _record("convsolve.message/1", fields | {"command": _or_null(_TEXT)})


def _pareto() -> Schema:
    every = {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}
    return _record(
        "convsolve.pareto/1",
        {
            "costs": {"type": "array", "items": _TEXT, "description": "-macs is made large"},
            "total": _or_null(_COUNT),
            "problem": {"type": "object", "description": "the question, as an answer has it"},
            "values": every | {"description": "of each solution, in the order of the costs"},
            "solutions": {"type": "array", "items": _solution()},
            "versions": {"type": "object"},
        },
    )


_MAKERS = {
    "convsolve.pareto/1": _pareto,
    "convsolve.message/1": _message,
    "convsolve.answer/1": _answer,
    "convsolve.solution/1": _solution,
    "convsolve.trace/1": _trace,
    "convsolve.check/1": _check,
    "convsolve.doctor/1": _doctor,
    "convsolve.config/1": _config,
    "convsolve.spec/1": _spec,
    "convsolve.plugins/1": _plugins,
    "convsolve.error/1": _error,
}
