"""The plan as JSON in Terraform's form (``resource_changes``), with Writ's own facts beside it: docs/json.md."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from reconciler.model import Action, Change, DriftItem, DriftKind, Origin, Plan, Value
from reconciler.render.diagnostics import diagnostics_json
from reconciler.render.ttls import ttls_json

FORMAT_VERSION = "1.2"
"""Terraform's JSON plan format that this follows: readers ignore unknown fields and refuse unknown majors."""

ACTIONS: Mapping[Action, list[str]] = {
    Action.NO_OP: ["no-op"],
    Action.ADOPT: ["no-op"],
    Action.CREATE: ["create"],
    Action.UPDATE: ["update"],
    Action.REPLACE: ["delete", "create"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
}


def plan_json(plan: Plan) -> dict[str, Any]:
    """The whole plan. Keys are stable; new ones may be added."""
    providers = {system.name: system.provider for system in plan.systems}
    counts = plan.counts()
    return {
        "format_version": FORMAT_VERSION,
        "writ_version": version("writ-iam"),
        "timestamp": plan.created.isoformat().replace("+00:00", "Z"),
        "environment": plan.environment,
        "applyable": not plan.errored and not plan.is_empty,
        "complete": not plan.errored and not plan.targets,
        "errored": plan.errored,
        "specs_digest": plan.specs_digest,
        "state": {"lineage": plan.lineage, "serial": plan.serial},
        "systems": [
            {"name": s.name, "provider": s.provider, "facts": dict(plan.facts.get(s.name, {}))} for s in plan.systems
        ],
        "summary": {
            "add": counts[Action.CREATE] + counts[Action.REPLACE],
            "change": counts[Action.UPDATE],
            "destroy": counts[Action.DELETE] + counts[Action.REPLACE],
            "forget": counts[Action.FORGET],
            "adopt": counts[Action.ADOPT],
            "unchanged": counts[Action.NO_OP],
        },
        "resource_changes": [_change(change, providers) for change in plan.changes],
        "resource_drift": [drift_item_json(item, providers) for item in plan.drift],
        "ttls": ttls_json(plan),
        "diagnostics": diagnostics_json(plan.diagnostics),
    }


def drift_item_json(item: DriftItem, providers: Mapping[str, str]) -> dict[str, Any]:
    """One object that drifted, as a resource change from what was applied to what is live."""
    before = {a.name: a.before for a in item.attributes} if item.kind is DriftKind.CHANGED else None
    after = {a.name: a.after for a in item.attributes} if item.kind is DriftKind.CHANGED else None
    if item.kind is DriftKind.UNDECLARED and item.live is not None:
        after = dict(item.live.resource.attributes)
    actions = {DriftKind.CHANGED: "update", DriftKind.MISSING: "delete", DriftKind.UNDECLARED: "create"}
    return {
        **_identity(item, providers),
        "kind": item.kind.value,
        "change": {"actions": [actions[item.kind]], "before": before, "after": after},
        **_origin(item.origin),
    }


def _change(change: Change, providers: Mapping[str, str]) -> dict[str, Any]:
    return {
        **_identity(change, providers),
        "change": {
            "actions": ACTIONS[change.action],
            "before": _before(change),
            "after": None if change.after is None else dict(change.after.attributes),
            "after_unknown": {},
            "before_sensitive": False if change.before is None else {},
            "after_sensitive": False if change.after is None else {},
            "replace_paths": [[a.name] for a in change.attributes if a.replaces],
        },
        "action": change.action.value,
        "cause": change.cause.value,
        "changed_attributes": [{"name": a.name, "cause": a.cause.value} for a in change.attributes],
        "depends_on": [str(address) for address in change.depends_on],
        **_origin(change.origin),
    }


def _before(change: Change) -> dict[str, Value] | None:
    return None if change.before is None else dict(change.before.resource.attributes)


def _identity(item: Change | DriftItem, providers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "address": str(item.address),
        "mode": "managed",
        "type": item.address.type,
        "name": item.address.key,
        "provider_name": providers.get(item.address.system, ""),
        "system": item.address.system,
    }


def _origin(origin: Origin | None) -> dict[str, Any]:
    if origin is None:
        return {"agent": None, "intent": None, "reason": None, "source": None}
    return {
        "agent": origin.agent or None,
        "intent": origin.intent or None,
        "reason": origin.reason,
        "source": None if origin.span is None else str(origin.span),
    }
