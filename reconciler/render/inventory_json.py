"""An inventory as JSON (docs/json.md, and the schema in inventory_schema)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reconciler.model import Class, Inventory, Item, Seen, Unseen, Whose, Width
from reconciler.model.frameworks import TITLES, evidence
from reconciler.render.diagnostics import diagnostic_json
from reconciler.render.retirement import leaving_json

FORMAT_VERSION = "1.1"


def inventory_json(
    found: Inventory, asked: Sequence[Class] = (), tripped: Mapping[Class, Sequence[Item]] | None = None
) -> dict[str, Any]:
    """The whole document; with ``gate`` where something was asked about."""
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "timestamp": _time(found.created),
        "environment": found.environment,
        "errored": found.errored,
        "thresholds": {
            "unused_seconds": found.thresholds.unused,
            "short_lived_seconds": found.thresholds.short_lived,
        },
        "summary": _summary(found),
        "systems": [_system(seen) for seen in found.systems],
        "diagnostics": [diagnostic_json(one) for one in found.diagnostics],
    }
    if asked:
        rows = [{"class": name.value, "items": _addresses(items)} for name, items in (tripped or {}).items()]
        document["gate"] = {"fail_on": [name.value for name in asked], "tripped": rows}
    return document


def _addresses(items: Sequence[Item]) -> list[str]:
    return [str(item.standing.address) for item in items]


def _summary(found: Inventory) -> dict[str, Any]:
    findings = found.findings
    told = [(item, evidence(item.classes)) for item in findings]
    return {
        "standing": found.standing,
        "findings": len(findings),
        "dynamic": found.dynamic,
        "dynamic_share": found.dynamic_share,
        "known": sum(1 for item in found.items if item.standing.whose is not Whose.STANDING),
        "unseen": sum(len(seen.unseen) for seen in found.systems),
        "classes": {name.value: sum(1 for item in findings if name in item.classes) for name in Class},
        "evidence": [
            {"id": name, "title": title, "findings": sum(1 for _, ids in told if name in ids)}
            for name, title in TITLES.items()
        ],
    }


def _system(seen: Seen) -> dict[str, Any]:
    return {
        "name": seen.system,
        "provider": seen.provider,
        "identity": seen.identity,
        "dynamic": seen.dynamic,
        "items": [_item(item) for item in seen.items],
        "unseen": [_unseen(one) for one in seen.unseen],
    }


def _unseen(one: Unseen) -> dict[str, Any]:
    return {"what": one.what, "why": one.why, "help": one.help}


def _item(item: Item) -> dict[str, Any]:
    one = item.standing
    return {
        "address": str(one.address),
        "system": one.address.system,
        "type": one.address.type,
        "name": one.address.key,
        "what": one.what,
        "native_id": one.native_id,
        "whose": one.whose.value,
        "count": one.count,
        "finding": item.is_finding,
        "classes": [name.value for name in item.classes],
        "evidence": list(evidence(item.classes)),
        "holds": one.holds.value,
        "enabled": one.enabled,
        "created": _time(one.created),
        "last_used": _time(one.last_used),
        "last_use_known": one.use_is_known or one.last_used is not None,
        "expires": _time(one.expires),
        "endless": one.endless,
        "life_seconds": one.life,
        "wide": [_width(width) for width in one.widths],
        "users": list(one.users),
        "people": list(one.people),
        "facts": dict(one.facts),
        "replaced_by": (
            {"agent": item.replaced_by.agent, "intent": item.replaced_by.intent} if item.replaced_by else None
        ),
        "retirement": leaving_json(item.leaving),
    }


def _width(width: Width) -> dict[str, Any]:
    witness = width.witness
    return {
        "side": width.side.value,
        "request": witness.request,
        "certain": witness.certain,
        "note": witness.note,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
