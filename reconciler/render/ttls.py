"""Declared TTLs beside what each system can enforce."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from reconciler.model import Plan, Ttl
from reconciler.render.safe import safe
from specs import format_duration

MOST = 20
"""Lines; the rest is counted."""


def outlived(plan: Plan, *, full: bool = False) -> list[Ttl]:
    """Where a system lets a credential live longer than declared.

    Of the pairs that the plan touches, or whose access it or somebody else changes; ``full``: of all.
    """
    if plan.destroy:
        return []
    touched = {(c.origin.agent, c.origin.intent, c.address.system) for c in plan.rows if c.origin is not None}
    touched |= {(row.agent, row.intent, row.change.subject.system) for row in plan.access}
    return [one for one in plan.ttls if one.residual and (full or (one.agent, one.intent, one.system) in touched)]


def ttl_lines(plan: Plan, *, full: bool = False) -> Iterator[Text]:
    """These, and why; bounded unless ``full``."""
    longer = outlived(plan, full=full)
    if not longer:
        return
    most = len(longer) if full else MOST
    yield Text("TTLs that a system lets a credential outlive:", "bold")
    for one in longer[:most]:
        yield Text(f"  {safe(one.agent)} may {safe(one.intent)} on {safe(one.system)}: {outlived_by(one)}", "yellow")
    for why in dict.fromkeys(one.limit.why for one in longer):
        yield Text(f"  # {safe(why)}", "dim")
    if len(longer) > most:
        yield Text(f"  and {len(longer) - most} more: writ plan -full or -json tells all")
    yield Text()


def outlived_by(one: Ttl) -> str:
    """What is declared, what is enforced, and how long the gap is."""
    enforced, residual = format_duration(one.limit.enforced), format_duration(one.residual)
    if one.limit.until:
        return f"declared {format_duration(one.declared)}, stands until {one.limit.until}, so up to {residual} longer"
    return f"declared {format_duration(one.declared)}, enforced {enforced}, so up to {residual} longer"


def ttls_json(plan: Plan) -> list[dict[str, Any]]:
    """All of them, seconds throughout."""
    return [
        {
            "agent": one.agent,
            "intent": one.intent,
            "system": one.system,
            "declared_seconds": one.declared,
            "enforced_seconds": one.limit.enforced,
            "residual_seconds": one.residual,
            "why": one.limit.why,
            "hinges_on": one.limit.hinges or None,
            "stands_until": one.limit.until or None,
        }
        for one in plan.ttls
    ]
