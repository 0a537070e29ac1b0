"""The JSON Schema (draft 2020-12) of the plan's JSON: what reconciler.render.plan_json makes."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model import Action, Aspect, Cause, Deed, DriftKind, Mover, Stage, Verdict, Waits
from reconciler.model.gate import Condition
from reconciler.render.schema_parts import COUNT, DIAGNOSTIC, FLAG, OBJECT, TEXT, Schema
from reconciler.render.schema_parts import array as _array
from reconciler.render.schema_parts import object_of as _object
from reconciler.render.schema_parts import one_of as _one_of
from reconciler.render.schema_parts import or_null as _or_null
from reconciler.render.schema_parts import ref as _ref
from reconciler.render.schema_parts import values_of as _values


def plan_schema() -> Schema:
    """The whole document. Keys that aren't named here may be there: readers ignore what they don't know."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A plan of Writ",
        "description": "What `writ plan --json` and `writ show --json FILE` print: docs/json.md.",
        **_object(_plan(), optional=("gate",)),
        "$defs": _definitions(),
    }


def _plan() -> Mapping[str, Schema]:
    return {
        "format_version": {"type": "string", "pattern": r"^1\.\d+$"},
        "writ_version": TEXT,
        "timestamp": {"type": "string", "format": "date-time"},
        "environment": TEXT,
        "applyable": FLAG,
        "complete": FLAG,
        "errored": FLAG,
        "specs_digest": {"type": "string", "pattern": "^([0-9a-f]{64})?$"},
        "state": _object({"lineage": TEXT, "serial": COUNT}),
        "systems": _array(
            _object({"name": TEXT, "provider": TEXT, "settings": OBJECT, "facts": _values(TEXT)}),
        ),
        "summary": _object(
            dict.fromkeys(("add", "change", "destroy", "forget", "adopt", "import", "unchanged", "by_hand"), COUNT)
        ),
        "access_changes": _array(_ref("access_change")),
        "access_summary": _object(
            {
                "agents": _array(
                    _object({"mover": _one_of(Mover), "agent": _or_null(TEXT), "intent": _or_null(TEXT)} | _SUM)
                ),
                "systems": _array(_object({"mover": _one_of(Mover), "system": TEXT} | _SUM)),
            }
        ),
        "ttls": _array(_ref("ttl")),
        "escalations": _array(_ref("escalation")),
        "retirements": _array(_ref("retirement")),
        "meter": _or_null(_meter()),
        "resource_changes": _array(_ref("resource_change")),
        "resource_drift": _array(_ref("drift_item")),
        "diagnostics": _array(_ref("diagnostic")),
        "gate": _object(
            {
                "fail_on": _array(_one_of(Condition)),
                "tripped": _array(_object({"condition": _one_of(Condition), "rows": _array(TEXT)})),
            }
        ),
    }


def _meter() -> Schema:
    share = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 100}, {"type": "null"}]}
    return _object(
        {
            **dict.fromkeys(("standing", "dynamic"), _object(dict.fromkeys(("before", "after"), COUNT))),
            "dynamic_percent": _object(dict.fromkeys(("before", "after"), share)),
            "next": _or_null(_object({"at": _or_null(TEXT), "what": TEXT})),
        }
    )


def _definitions() -> Mapping[str, Schema]:
    return {
        "witness": _object({"request": TEXT, "certain": FLAG, "note": TEXT}),
        "access_change": _object(
            {
                "mover": _one_of(Mover),
                "system": TEXT,
                "address": TEXT,
                "aspect": _one_of(Aspect),
                "agent": _or_null(TEXT),
                "intent": _or_null(TEXT),
                "verdict": _one_of(Verdict),
                "gains": _array(_ref("witness")),
                "loses": _array(_ref("witness")),
                "notes": _array(TEXT),
            }
        ),
        "ttl": _object(
            {
                **dict.fromkeys(("agent", "intent", "system", "why"), TEXT),
                **dict.fromkeys(("declared_seconds", "enforced_seconds", "residual_seconds"), COUNT),
                "hinges_on": _or_null(TEXT),
                "stands_until": _or_null(TEXT),
            }
        ),
        "escalation": _object(
            {
                "mover": _one_of(Mover),
                "source": TEXT,
                "agent": _or_null(TEXT),
                "target": TEXT,
                "certain": FLAG,
                "path": _array(
                    _object(
                        {
                            **dict.fromkeys(("how", "gives", "note"), TEXT),
                            "rule": _or_null(TEXT),
                            "certain": FLAG,
                            "by": _array(TEXT),
                        }
                    )
                ),
                **dict.fromkeys(("opened_by", "closed_by"), _array(TEXT)),
                "ended_by_this_plan": FLAG,
            }
        ),
        "retirement": _object(
            {
                **dict.fromkeys(("name", "address", "system", "principal", "what"), TEXT),
                "stage": _one_of(Stage),
                "deed": _one_of(Deed),
                "waits_for": _one_of(Waits),
                **dict.fromkeys(("since", "due", "source"), _or_null(TEXT)),
                "replaced_by": _array(
                    _object(
                        {
                            **dict.fromkeys(("agent", "intent"), TEXT),
                            "ready": FLAG,
                            **dict.fromkeys(("proved_at", "proved_by", "how"), _or_null(TEXT)),
                        }
                    )
                ),
                **dict.fromkeys(("ends", "in_the_way"), _array(TEXT)),
                "in_use_by": _array(
                    _object({"who": TEXT, **dict.fromkeys(("from", "since"), _or_null(TEXT)), "now": FLAG})
                ),
            }
        ),
        "resource_change": _object(
            _identity()
            | {
                "change": _object(
                    _sides(["no-op", "create", "update", "delete", "forget"]) | {"replace_paths": _array(_array(TEXT))}
                ),
                "action": _one_of(Action),
                "cause": _one_of(Cause),
                "by_hand": _or_null(_object({"why": TEXT, "how": TEXT})),
                "changed_attributes": _CHANGED,
                "depends_on": _array(TEXT),
                "wording_only": FLAG,
            }
        ),
        "drift_item": _object(
            _identity()
            | {
                "mode": {"enum": ["managed", "data"]},
                "kind": _one_of(DriftKind),
                "change": _object(_sides(["no-op", "create", "update", "delete"])),
                "changed_attributes": _CHANGED,
            }
        ),
        "diagnostic": DIAGNOSTIC,
    }


def _identity() -> dict[str, Schema]:
    """What names an object, and why it is there."""
    return {
        "address": TEXT,
        "mode": {"const": "managed"},
        "type": TEXT,
        "name": TEXT,
        "provider_name": TEXT,
        "system": TEXT,
        **dict.fromkeys(("agent", "intent", "reason", "source"), _or_null(TEXT)),
    }


def _sides(actions: list[str]) -> dict[str, Schema]:
    """Before and after, as Terraform gives them."""
    return {
        "actions": _array({"enum": actions}),
        **dict.fromkeys(("before", "after"), _or_null(OBJECT)),
        "after_unknown": OBJECT,
        **{name: {"anyOf": [OBJECT, {"const": False}]} for name in ("before_sensitive", "after_sensitive")},
    }


_SUM: dict[str, Schema] = {"verdict": _one_of(Verdict), "changes": COUNT}
_CHANGED: Schema = _array(_object({"name": TEXT, "cause": _one_of(Cause)}))
