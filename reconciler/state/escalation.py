"""A plan's new escalation paths as JSON data and back."""

from __future__ import annotations

import dataclasses
from typing import Any

from reconciler.model import Escalation, Link, Mover
from reconciler.state.shape import each, fields, flag, one_of, text

Data = dict[str, Any]


def encode_escalation(one: Escalation) -> Data:
    """One new path."""
    return {
        "mover": one.mover.value,
        "source": one.source,
        "agent": one.agent,
        "target": one.target,
        "certain": one.certain,
        "links": [
            {
                "how": link.how,
                "gives": link.gives,
                "rule": link.rule,
                "certain": link.certain,
                "note": link.note,
                "by": list(link.by),
            }
            for link in one.links
        ],
        "opened_by": list(one.opened_by),
        "closed_by": list(one.closed_by),
        "stays": one.stays,
    }


def decode_escalation(data: Any) -> Escalation:
    """The inverse of encode_escalation."""
    found = fields(data, *(field.name for field in dataclasses.fields(Escalation)))
    return Escalation(
        mover=one_of(Mover, found["mover"]),
        source=text(found["source"]),
        agent=text(found["agent"]),
        target=text(found["target"]),
        certain=flag(found["certain"]),
        links=each(_decode_link, found["links"]),
        opened_by=each(text, found["opened_by"]),
        closed_by=each(text, found["closed_by"]),
        stays=flag(found["stays"]),
    )


def _decode_link(data: Any) -> Link:
    found = fields(data, "how", "gives", "rule", "certain", "note", "by")
    return Link(
        text(found["how"]),
        text(found["gives"]),
        text(found["rule"]),
        flag(found["certain"]),
        text(found["note"]),
        each(text, found["by"]),
    )
