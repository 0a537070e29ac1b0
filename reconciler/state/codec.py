"""The model's values as JSON data and back. One form for the state and for saved plans.

Decoding is strict: data of any other shape raises ValueError, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import Any

from reconciler.model import (
    AccessChange,
    AccessRow,
    Action,
    Address,
    Aspect,
    AttributeChange,
    ByHand,
    Cause,
    Change,
    Comparison,
    DriftItem,
    DriftKind,
    Limit,
    Live,
    Mover,
    Origin,
    Ownership,
    Resource,
    SystemRecord,
    Ttl,
    Verdict,
    Witness,
)
from reconciler.state.shape import each, fields, flag, maybe, number, one_of, row, sendable, text, value, values, word
from specs.diagnostic import Diagnostic, Severity
from specs.source import SourceSpan

Data = dict[str, Any]


def encode_address(address: Address) -> list[str]:
    """``[system, type, key]``."""
    return list(address)


def decode_address(data: Any) -> Address:
    """The inverse of encode_address."""
    system, kind, key = row(data, 3)
    return Address(intern(word(system)), intern(word(kind)), sendable(key))


def encode_span(span: SourceSpan | None) -> list[Any] | None:
    """``[file, line, column, end_column]``."""
    return None if span is None else list(span)


def decode_span(data: Any) -> SourceSpan | None:
    """The inverse of encode_span."""
    if data is None:
        return None
    file, line, column, end = row(data, 4)
    return SourceSpan(intern(text(file)), number(line), number(column), number(end))


def encode_origin(origin: Origin | None) -> Data | None:
    """Reason, agent, intent, span."""
    if origin is None:
        return None
    return {
        "reason": origin.reason,
        "agent": origin.agent,
        "intent": origin.intent,
        "span": encode_span(origin.span),
    }


def decode_origin(data: Any) -> Origin | None:
    """The inverse of encode_origin."""
    if data is None:
        return None
    found = fields(data, "reason", "agent", "intent", "span")
    reason, agent, intent = (intern(text(found[name])) for name in ("reason", "agent", "intent"))
    return Origin(reason, agent, intent, decode_span(found["span"]))


def encode_resource(resource: Resource | None) -> Data | None:
    """Address and attributes."""
    if resource is None:
        return None
    return {"address": encode_address(resource.address), "attributes": dict(resource.attributes)}


def decode_resource(data: Any) -> Resource:
    """The inverse of encode_resource."""
    found = fields(data, "address", "attributes")
    return Resource(decode_address(found["address"]), values(found["attributes"]))


def encode_observed(observed: Mapping[Address, Resource] | None) -> list[Data | None] | None:
    """Sorted by address: what is equal is equal text."""
    return None if observed is None else [encode_resource(one) for _, one in sorted(observed.items())]


def decode_observed(data: Any) -> dict[Address, Resource] | None:
    """The inverse of encode_observed."""
    return None if data is None else {one.address: one for one in each(decode_resource, data)}


def encode_live(live: Live | None) -> Data | None:
    """An object as found."""
    if live is None:
        return None
    return {
        "resource": encode_resource(live.resource),
        "ownership": live.ownership.value,
        "depends_on": [encode_address(a) for a in live.depends_on],
        "version": live.version,
        "note": live.note,
        "in_scope": live.in_scope,
        "native_id": live.native_id,
    }


def decode_live(data: Any) -> Live:
    """The inverse of encode_live."""
    found = fields(data, "resource", "ownership", "depends_on", "version", "note", "in_scope", "native_id")
    return Live(
        decode_resource(found["resource"]),
        one_of(Ownership, found["ownership"]),
        each(decode_address, found["depends_on"]),
        text(found["version"]),
        text(found["note"]),
        flag(found["in_scope"]),
        text(found["native_id"]),
    )


def encode_change(change: Change) -> Data:
    """One row of a plan."""
    return {
        "address": encode_address(change.address),
        "action": change.action.value,
        "cause": change.cause.value,
        "before": encode_live(change.before),
        "after": encode_resource(change.after),
        "attributes": [_encode_attribute(a) for a in change.attributes],
        "origin": encode_origin(change.origin),
        "depends_on": [encode_address(a) for a in change.depends_on],
        "by_hand": [change.by_hand.why, change.by_hand.how] if change.by_hand else None,
    }


def decode_change(data: Any) -> Change:
    """The inverse of encode_change."""
    keys = ("address", "action", "cause", "before", "after", "attributes", "origin", "depends_on", "by_hand")
    found = fields(data, *keys)
    return Change(
        decode_address(found["address"]),
        one_of(Action, found["action"]),
        one_of(Cause, found["cause"]),
        maybe(decode_live, found["before"]),
        maybe(decode_resource, found["after"]),
        each(_decode_attribute, found["attributes"]),
        decode_origin(found["origin"]),
        each(decode_address, found["depends_on"]),
        maybe(_decode_by_hand, found["by_hand"]),
    )


def _decode_by_hand(data: Any) -> ByHand:
    why, how = row(data, 2)
    return ByHand(word(why), text(how))


def encode_drift_item(item: DriftItem) -> Data:
    """One object that drifted."""
    return {
        "address": encode_address(item.address),
        "kind": item.kind.value,
        "attributes": [_encode_attribute(a) for a in item.attributes],
        "origin": encode_origin(item.origin),
        "live": encode_live(item.live),
        "applied": encode_resource(item.applied),
        "observed": item.observed,
    }


def decode_drift_item(data: Any) -> DriftItem:
    """The inverse of encode_drift_item."""
    found = fields(data, "address", "kind", "attributes", "origin", "live", "applied", "observed")
    return DriftItem(
        decode_address(found["address"]),
        one_of(DriftKind, found["kind"]),
        each(_decode_attribute, found["attributes"]),
        decode_origin(found["origin"]),
        maybe(decode_live, found["live"]),
        maybe(decode_resource, found["applied"]),
        flag(found["observed"]),
    )


def encode_access(row: AccessRow) -> Data:
    """One change of access."""
    found = row.change.comparison
    return {
        "mover": row.mover.value,
        "subject": encode_address(row.change.subject),
        "aspect": row.change.aspect.value,
        "agent": row.agent,
        "intent": row.intent,
        "verdict": found.verdict.value,
        "gains": [_encode_witness(witness) for witness in found.gains],
        "loses": [_encode_witness(witness) for witness in found.loses],
        "notes": list(found.notes),
    }


def decode_access(data: Any) -> AccessRow:
    """The inverse of encode_access."""
    found = fields(data, "mover", "subject", "aspect", "agent", "intent", "verdict", "gains", "loses", "notes")
    comparison = Comparison(
        one_of(Verdict, found["verdict"]),
        each(_decode_witness, found["gains"]),
        each(_decode_witness, found["loses"]),
        each(text, found["notes"]),
    )
    change = AccessChange(decode_address(found["subject"]), one_of(Aspect, found["aspect"]), comparison)
    return AccessRow(one_of(Mover, found["mover"]), change, text(found["agent"]), text(found["intent"]))


def encode_ttl(ttl: Ttl) -> Data:
    """One pair's TTL on one system."""
    return {
        "agent": ttl.agent,
        "intent": ttl.intent,
        "system": ttl.system,
        "declared": ttl.declared,
        "enforced": ttl.limit.enforced,
        "why": ttl.limit.why,
        "hinges": ttl.limit.hinges,
    }


def decode_ttl(data: Any) -> Ttl:
    """The inverse of encode_ttl."""
    found = fields(data, "agent", "intent", "system", "declared", "enforced", "why", "hinges")
    limit = Limit(number(found["enforced"]), text(found["why"]), text(found["hinges"]))
    return Ttl(text(found["agent"]), text(found["intent"]), text(found["system"]), number(found["declared"]), limit)


def _encode_witness(witness: Witness) -> Data:
    return {"request": witness.request, "certain": witness.certain, "note": witness.note}


def _decode_witness(data: Any) -> Witness:
    found = fields(data, "request", "certain", "note")
    return Witness(text(found["request"]), flag(found["certain"]), text(found["note"]))


def _encode_attribute(change: AttributeChange) -> Data:
    return {
        "name": change.name,
        "before": change.before,
        "after": change.after,
        "cause": change.cause.value,
        "replaces": change.replaces,
    }


def _decode_attribute(data: Any) -> AttributeChange:
    found = fields(data, "name", "before", "after", "cause", "replaces")
    return AttributeChange(
        word(found["name"]),
        value(found["before"]),
        value(found["after"]),
        one_of(Cause, found["cause"]),
        flag(found["replaces"]),
    )


def encode_diagnostic(diagnostic: Diagnostic) -> Data:
    """One finding."""
    return {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "subject": diagnostic.subject,
        "help": diagnostic.help,
        "span": encode_span(diagnostic.span),
    }


def decode_diagnostic(data: Any) -> Diagnostic:
    """The inverse of encode_diagnostic."""
    found = fields(data, "severity", "code", "message", "subject", "help", "span")
    return Diagnostic(
        one_of(Severity, found["severity"]),
        word(found["code"]),
        text(found["message"]),
        text(found["subject"]),
        text(found["help"]),
        decode_span(found["span"]),
    )


def encode_system(record: SystemRecord) -> Data:
    """A system as its Environment declares it."""
    return {"name": record.name, "provider": record.provider, "settings": dict(record.settings)}


def decode_system(data: Any) -> SystemRecord:
    """The inverse of encode_system."""
    found = fields(data, "name", "provider", "settings")
    return SystemRecord(word(found["name"]), word(found["provider"]), values(found["settings"]))
