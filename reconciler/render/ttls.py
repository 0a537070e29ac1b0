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


def ttl_lines(plan: Plan) -> Iterator[Text]:
    """Where a system lets a credential of a pair that the plan touches live longer than declared."""
    touched = {(c.origin.agent, c.origin.intent, c.address.system) for c in plan.rows if c.origin is not None}
    longer = [one for one in plan.ttls if one.residual and (one.agent, one.intent, one.system) in touched]
    if not longer or plan.destroy:
        return
    yield Text("TTLs that a system lets a credential outlive:", "bold")
    for one in longer[:MOST]:
        yield Text(f"  {safe(one.agent)} may {safe(one.intent)} on {safe(one.system)}: {_line(one)}", "yellow")
    for why in dict.fromkeys(one.limit.why for one in longer):
        yield Text(f"  # {safe(why)}", "dim")
    if len(longer) > MOST:
        yield Text(f"  and {len(longer) - MOST} more")
    yield Text()


def _line(one: Ttl) -> str:
    enforced, residual = format_duration(one.limit.enforced), format_duration(one.residual)
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
        }
        for one in plan.ttls
    ]
