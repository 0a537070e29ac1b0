"""The model's values as JSON data and back. One form for the state and for saved plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model import (
    AccessChange,
    AccessRow,
    Action,
    Address,
    Aspect,
    AttributeChange,
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
from specs.diagnostic import Diagnostic, Severity
from specs.source import SourceSpan

Data = dict[str, Any]


def encode_address(address: Address) -> list[str]:
    """``[system, type, key]``."""
    return list(address)


def decode_address(data: list[str]) -> Address:
    """The inverse of encode_address."""
    system, kind, key = data
    return Address(system, kind, key)


def encode_span(span: SourceSpan | None) -> list[Any] | None:
    """``[file, line, column, end_column]``."""
    return None if span is None else list(span)


def decode_span(data: list[Any] | None) -> SourceSpan | None:
    """The inverse of encode_span."""
    if data is None:
        return None
    file, line, column, end = data
    return SourceSpan(str(file), int(line), int(column), int(end))


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


def decode_origin(data: Data | None) -> Origin | None:
    """The inverse of encode_origin."""
    if data is None:
        return None
    return Origin(data["reason"], data["agent"], data["intent"], decode_span(data["span"]))


def encode_resource(resource: Resource | None) -> Data | None:
    """Address and attributes."""
    if resource is None:
        return None
    return {"address": encode_address(resource.address), "attributes": dict(resource.attributes)}


def decode_resource(data: Data | None) -> Resource | None:
    """The inverse of encode_resource."""
    return None if data is None else Resource(decode_address(data["address"]), data["attributes"])


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
    }


def decode_live(data: Data | None) -> Live | None:
    """The inverse of encode_live."""
    if data is None:
        return None
    resource = decode_resource(data["resource"])
    if resource is None:
        raise KeyError("resource")
    return Live(
        resource,
        Ownership(data["ownership"]),
        tuple(decode_address(a) for a in data["depends_on"]),
        data["version"],
        data["note"],
        data["in_scope"],
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
    }


def decode_change(data: Data) -> Change:
    """The inverse of encode_change."""
    return Change(
        decode_address(data["address"]),
        Action(data["action"]),
        Cause(data["cause"]),
        decode_live(data["before"]),
        decode_resource(data["after"]),
        tuple(_decode_attribute(a) for a in data["attributes"]),
        decode_origin(data["origin"]),
        tuple(decode_address(a) for a in data["depends_on"]),
    )


def encode_drift_item(item: DriftItem) -> Data:
    """One object that drifted."""
    return {
        "address": encode_address(item.address),
        "kind": item.kind.value,
        "attributes": [_encode_attribute(a) for a in item.attributes],
        "origin": encode_origin(item.origin),
        "live": encode_live(item.live),
        "applied": encode_resource(item.applied),
    }


def decode_drift_item(data: Data) -> DriftItem:
    """The inverse of encode_drift_item."""
    return DriftItem(
        decode_address(data["address"]),
        DriftKind(data["kind"]),
        tuple(_decode_attribute(a) for a in data["attributes"]),
        decode_origin(data["origin"]),
        decode_live(data["live"]),
        decode_resource(data["applied"]),
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


def decode_access(data: Data) -> AccessRow:
    """The inverse of encode_access."""
    found = Comparison(
        Verdict(data["verdict"]),
        tuple(_decode_witness(witness) for witness in data["gains"]),
        tuple(_decode_witness(witness) for witness in data["loses"]),
        tuple(data["notes"]),
    )
    change = AccessChange(decode_address(data["subject"]), Aspect(data["aspect"]), found)
    return AccessRow(Mover(data["mover"]), change, data["agent"], data["intent"])


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


def decode_ttl(data: Data) -> Ttl:
    """The inverse of encode_ttl."""
    limit = Limit(data["enforced"], data["why"], data["hinges"])
    return Ttl(data["agent"], data["intent"], data["system"], data["declared"], limit)


def _encode_witness(witness: Witness) -> Data:
    return {"request": witness.request, "certain": witness.certain, "note": witness.note}


def _decode_witness(data: Data) -> Witness:
    return Witness(data["request"], data["certain"], data["note"])


def _encode_attribute(change: AttributeChange) -> Data:
    return {
        "name": change.name,
        "before": change.before,
        "after": change.after,
        "cause": change.cause.value,
        "replaces": change.replaces,
    }


def _decode_attribute(data: Data) -> AttributeChange:
    return AttributeChange(data["name"], data["before"], data["after"], Cause(data["cause"]), data["replaces"])


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


def decode_diagnostic(data: Data) -> Diagnostic:
    """The inverse of encode_diagnostic."""
    return Diagnostic(
        Severity(data["severity"]),
        data["code"],
        data["message"],
        data["subject"],
        data["help"],
        decode_span(data["span"]),
    )


def encode_system(record: SystemRecord) -> Data:
    """A system as its Environment declares it."""
    return {"name": record.name, "provider": record.provider, "settings": dict(record.settings)}


def decode_system(data: Mapping[str, Any]) -> SystemRecord:
    """The inverse of encode_system."""
    return SystemRecord(data["name"], data["provider"], data["settings"])
