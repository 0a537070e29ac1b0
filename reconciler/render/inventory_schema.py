"""The JSON Schema (draft 2020-12) of an inventory's JSON: what reconciler.render.inventory_json makes."""

from __future__ import annotations

from reconciler.model import Class, Coming, Holds, Side, Whose
from reconciler.model.frameworks import TITLES
from reconciler.render.schema_parts import (
    COUNT,
    DIAGNOSTIC,
    FLAG,
    OBJECT,
    TEXT,
    Schema,
    array,
    object_of,
    one_of,
    or_null,
    ref,
)

_TIME: Schema = {"type": "string", "format": "date-time"}
_ID: Schema = {"enum": list(TITLES)}


def inventory_schema() -> Schema:
    """The whole document. Keys that aren't named here may be there: readers ignore what they don't know."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An inventory of Writ",
        "description": "What `writ inventory --json` prints: docs/json.md.",
        **object_of(_document(), optional=("gate",)),
        "$defs": {"item": _item(), "diagnostic": DIAGNOSTIC},
    }


def _document() -> dict[str, Schema]:
    unseen = object_of({"what": TEXT, "why": TEXT, "help": TEXT})
    return {
        "format_version": {"type": "string", "pattern": r"^1\.\d+$"},
        "timestamp": _TIME,
        "environment": TEXT,
        "errored": FLAG,
        "thresholds": object_of({"unused_seconds": COUNT, "short_lived_seconds": COUNT}),
        "summary": object_of(
            {
                **dict.fromkeys(("standing", "findings", "dynamic", "known", "unseen"), COUNT),
                "dynamic_share": or_null({"type": "number", "minimum": 0, "maximum": 1}),
                "classes": object_of({name.value: COUNT for name in Class}),
                "evidence": array(object_of({"id": _ID, "title": TEXT, "findings": COUNT})),
            }
        ),
        "systems": array(
            object_of(
                {
                    **dict.fromkeys(("name", "provider", "identity"), TEXT),
                    "dynamic": COUNT,
                    "items": array(ref("item")),
                    "unseen": array(unseen),
                }
            )
        ),
        "diagnostics": array(ref("diagnostic")),
        "gate": object_of(
            {
                "fail_on": array(one_of(Class)),
                "tripped": array(object_of({"class": one_of(Class), "items": array(TEXT)})),
            }
        ),
    }


def _item() -> Schema:
    width = object_of({"side": one_of(Side), "request": TEXT, "certain": FLAG, "note": TEXT})
    return object_of(
        {
            **dict.fromkeys(("address", "system", "type", "name", "what", "native_id"), TEXT),
            "whose": one_of(Whose),
            "count": COUNT,
            "finding": FLAG,
            "classes": array(one_of(Class)),
            "evidence": array(_ID),
            "holds": one_of(Holds),
            "enabled": FLAG,
            **dict.fromkeys(("created", "last_used", "expires"), or_null(_TIME)),
            "last_use_known": FLAG,
            "endless": FLAG,
            "life_seconds": or_null(COUNT),
            "wide": array(width),
            "users": array(TEXT),
            "people": array(TEXT),
            "facts": OBJECT,
            "replaced_by": or_null(object_of({"agent": TEXT, "intent": TEXT})),
            "retirement": or_null(
                object_of(
                    {
                        "name": TEXT,
                        "declared": FLAG,
                        "next": one_of(Coming),
                        **dict.fromkeys(("locked_since", "due"), or_null(_TIME)),
                    }
                )
            ),
        }
    )
