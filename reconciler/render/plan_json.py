"""The plan as JSON in Terraform's form (``resource_changes``), with Writ's own facts beside it: docs/json.md."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from reconciler.model import Action, Change, DriftItem, DriftKind, Origin, Plan, Resource
from reconciler.render.diagnostics import diagnostics_json

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
        "diagnostics": diagnostics_json(plan.diagnostics),
    }


def drift_item_json(item: DriftItem, providers: Mapping[str, str]) -> dict[str, Any]:
    """One object that drifted, as a resource change from what was applied to what is live."""
    return {
        **_identity(item, providers),
        "kind": item.kind.value,
        "change": _sides([_DRIFTED[item.kind]], item.applied, item.live.resource if item.live else None),
        "changed_attributes": [{"name": a.name, "cause": a.cause.value} for a in item.attributes],
        **_origin(item.origin),
    }


_DRIFTED: Mapping[DriftKind, str] = {
    DriftKind.CHANGED: "update",
    DriftKind.MISSING: "delete",
    DriftKind.UNDECLARED: "create",
}


def _change(change: Change, providers: Mapping[str, str]) -> dict[str, Any]:
    return {
        **_identity(change, providers),
        "change": {
            **_sides(ACTIONS[change.action], change.before.resource if change.before else None, change.after),
            "replace_paths": [[a.name] for a in change.attributes if a.replaces],
        },
        "action": change.action.value,
        "cause": change.cause.value,
        "changed_attributes": [{"name": a.name, "cause": a.cause.value} for a in change.attributes],
        "depends_on": [str(address) for address in change.depends_on],
        **_origin(change.origin),
    }


def _sides(actions: list[str], before: Resource | None, after: Resource | None) -> dict[str, Any]:
    """Terraform's "change representation": whole objects, null where there is none."""
    return {
        "actions": actions,
        "before": None if before is None else dict(before.attributes),
        "after": None if after is None else dict(after.attributes),
        "after_unknown": {},
        "before_sensitive": False if before is None else {},
        "after_sensitive": False if after is None else {},
    }


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
