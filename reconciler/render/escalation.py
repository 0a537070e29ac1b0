"""New escalation paths as JSON: docs/json.md."""

from __future__ import annotations

from typing import Any

from reconciler.model import Escalation, Link


def escalation_json(one: Escalation) -> dict[str, Any]:
    """One path."""
    return {
        "mover": one.mover.value,
        "source": one.source,
        "agent": one.agent or None,
        "target": one.target,
        "certain": one.certain,
        "path": [_link(link) for link in one.links],
        "opened_by": list(one.opened_by),
        "closed_by": list(one.closed_by),
        "ended_by_this_plan": not one.stays,
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "how": link.how,
        "gives": link.gives,
        "rule": link.rule or None,
        "certain": link.certain,
        "note": link.note,
        "by": list(link.by),
    }
