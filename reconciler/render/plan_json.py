"""The plan as JSON in Terraform's form (``resource_changes``), with Writ's own facts beside it: docs/json.md."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from reconciler.access.rollup import Total, by_pair, by_system
from reconciler.model import AccessRow, Action, Change, DriftItem, DriftKind, Origin, Plan, Resource, SystemRecord
from reconciler.model.gate import Gate
from reconciler.render.access import verdict_json
from reconciler.render.diagnostics import diagnostics_json
from reconciler.render.escalation import escalation_json
from reconciler.render.retirement import meter_json, retirement_json
from reconciler.render.ttls import ttls_json

FORMAT_VERSION = "1.4"
"""Terraform's JSON plan format that this follows: readers ignore unknown fields and refuse unknown majors."""

ACTIONS: Mapping[Action, list[str]] = {
    Action.NO_OP: ["no-op"],
    Action.ADOPT: ["no-op"],
    Action.CREATE: ["create"],
    Action.IMPORT: ["no-op"],
    Action.UPDATE: ["update"],
    Action.REPLACE: ["delete", "create"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
    Action.BY_HAND: ["no-op"],
}


def plan_json(plan: Plan, gate: Gate | None = None) -> dict[str, Any]:
    """The whole plan, and what was asked with ``--fail-on``. Keys are stable; new ones may be added."""
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
        "systems": [_system(system, plan) for system in plan.systems],
        "summary": {
            "add": counts[Action.CREATE] + counts[Action.REPLACE],
            "change": counts[Action.UPDATE],
            "destroy": counts[Action.DELETE] + counts[Action.REPLACE],
            "forget": counts[Action.FORGET],
            "adopt": counts[Action.ADOPT],
            "import": counts[Action.IMPORT],
            "unchanged": counts[Action.NO_OP],
            "by_hand": counts[Action.BY_HAND],
        },
        "access_changes": [_access(row) for row in plan.access],
        "access_summary": {
            "agents": [_pair_total(total) for total in by_pair(plan.access)],
            "systems": [_system_total(total) for total in by_system(plan.access)],
        },
        "resource_changes": [
            _change(change, providers) | {"wording_only": change.address in plan.wording} for change in plan.changes
        ],
        "resource_drift": [drift_item_json(item, providers) for item in plan.drift],
        "ttls": ttls_json(plan),
        "escalations": [escalation_json(one) for one in plan.escalations],
        "retirements": [retirement_json(row) for row in plan.retirements],
        "meter": meter_json(plan.meter),
        "diagnostics": diagnostics_json(plan.diagnostics),
        **({} if gate is None else {"gate": _gate(gate)}),
    }


def _gate(gate: Gate) -> dict[str, Any]:
    return {
        "fail_on": [condition.value for condition in gate.asked],
        "tripped": [{"condition": one.condition.value, "rows": list(one.rows)} for one in gate.tripped],
    }


def _system(system: SystemRecord, plan: Plan) -> dict[str, Any]:
    return {
        "name": system.name,
        "provider": system.provider,
        "settings": dict(system.settings),
        "facts": dict(plan.facts.get(system.name, {})),
    }


def _access(row: AccessRow) -> dict[str, Any]:
    return {
        "mover": row.mover.value,
        "system": row.system,
        "address": str(row.change.subject),
        "aspect": row.change.aspect.value,
        "agent": row.agent or None,
        "intent": row.intent or None,
        **verdict_json(row.change.comparison),
    }


def _pair_total(total: Total) -> dict[str, Any]:
    agent, intent = total.name
    return {"mover": total.mover.value, "agent": agent or None, "intent": intent or None, **_sum(total)}


def _system_total(total: Total) -> dict[str, Any]:
    return {"mover": total.mover.value, "system": total.name[0], **_sum(total)}


def _sum(total: Total) -> dict[str, Any]:
    return {"verdict": total.verdict.value, "changes": len(total.rows)}


def drift_item_json(item: DriftItem, providers: Mapping[str, str]) -> dict[str, Any]:
    """One object that drifted, as a resource change from what was applied to what is live."""
    return {
        **_identity(item, providers),
        # Terraform's word for what is read and not managed.
        "mode": "data" if item.observed else "managed",
        "kind": item.kind.value,
        "change": _sides([_DRIFTED[item.kind]], item.applied, item.live.resource if item.live else None),
        "changed_attributes": [{"name": a.name, "cause": a.cause.value} for a in item.attributes],
        **_origin(item.origin),
    }


_DRIFTED: Mapping[DriftKind, str] = {
    DriftKind.CHANGED: "update",
    DriftKind.MISSING: "delete",
    DriftKind.UNDECLARED: "create",
    DriftKind.EXPIRED: "no-op",
    DriftKind.APPEARED: "create",
}


def _change(change: Change, providers: Mapping[str, str]) -> dict[str, Any]:
    before = change.before.resource if change.before else None
    return {
        **_identity(change, providers),
        "change": {
            **_sides(ACTIONS[change.action], before, before if change.action is Action.BY_HAND else change.after),
            "replace_paths": [[a.name] for a in change.attributes if a.replaces],
        },
        "action": change.action.value,
        "cause": change.cause.value,
        "by_hand": {"why": change.by_hand.why, "how": change.by_hand.how} if change.by_hand else None,
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
