"""Records against their schemas."""

from __future__ import annotations

from functools import cache

import jsonschema  # type: ignore[import-untyped]

from convsolve.schema import schema


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    """One for each schema: to check the schema itself takes ten times as long as a record, and once is enough."""
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def valid(record: object, name: str) -> None:
    """Raise what is wrong with a record by the schema of that name."""
    _validator(name).validate(record)
