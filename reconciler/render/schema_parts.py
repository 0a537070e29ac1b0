"""What the JSON Schemas of our documents are made of."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from specs.diagnostic import Severity

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object"}


def object_of(properties: Mapping[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    """An object with these keys, all but the optional ones required."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required}


def values_of(schema: Schema) -> Schema:
    """An object with any keys, whose values are these."""
    return {"type": "object", "additionalProperties": schema}


def array(items: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    """This, or nothing."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(values: type[StrEnum]) -> Schema:
    """A value of an enumeration."""
    return {"enum": [value.value for value in values]}


def ref(name: str) -> Schema:
    """One of $defs."""
    return {"$ref": f"#/$defs/{name}"}


DIAGNOSTIC: Schema = object_of(
    {
        "severity": one_of(Severity),
        "code": {"type": "string", "pattern": r"^W\d{3}$"},
        "summary": TEXT,
        "detail": TEXT,
        "subject": TEXT,
        "range": or_null(object_of({"filename": TEXT, "start": object_of({"line": COUNT, "column": COUNT})})),
    }
)
"""A finding."""
