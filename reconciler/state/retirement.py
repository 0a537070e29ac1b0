"""Retirements as JSON data and back: what is recorded of them, and a plan's rows. Decoding is strict."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reconciler.model import (
    Deed,
    Due,
    Marked,
    Meter,
    Proof,
    Retired,
    RetirementRow,
    Stage,
    Successor,
    Use,
    Waits,
)
from reconciler.state.codec import (
    Data,
    decode_address,
    decode_resource,
    decode_span,
    encode_address,
    encode_resource,
    encode_span,
)
from reconciler.state.shape import Misshapen, each, fields, flag, maybe, number, one_of, row, text, word


def encode_retired(one: Retired) -> Data:
    """What is recorded."""
    return {
        "name": one.name,
        "address": encode_address(one.address),
        "marked": one.marked.value,
        "since": _encode_moment(one.since),
        "who": one.who,
        "before": encode_resource(one.before),
        "native_id": one.native_id,
        "proofs": [_encode_proof(proof) for proof in one.proofs],
    }


def decode_retired(data: Any) -> Retired:
    """The inverse of encode_retired."""
    found = fields(data, "name", "address", "marked", "since", "who", "before", "native_id", "proofs")
    return Retired(
        word(found["name"]),
        decode_address(found["address"]),
        one_of(Marked, found["marked"]),
        maybe(_moment, found["since"]),
        text(found["who"]),
        maybe(decode_resource, found["before"]),
        text(found["native_id"]),
        each(_decode_proof, found["proofs"]),
    )


def encode_row(one: RetirementRow) -> Data:
    """One retirement in a plan."""
    return {
        "name": one.name,
        "address": encode_address(one.address),
        "what": one.what,
        "stage": one.stage.value,
        "deed": one.deed.value,
        "waits": one.waits.value,
        "successors": [
            [each_.agent, each_.intent, each_.ready, _encode_proof(each_.proof) if each_.proof else None]
            for each_ in one.successors
        ],
        "since": _encode_moment(one.since),
        "due": _encode_moment(one.due),
        "ends": list(one.ends),
        "uses": [[use.who, use.origin, _encode_moment(use.since), use.now] for use in one.uses],
        "in_the_way": list(one.in_the_way),
        "before": encode_resource(one.before),
        "span": encode_span(one.span),
    }


_ROW = (
    "name",
    "address",
    "what",
    "stage",
    "deed",
    "waits",
    "successors",
    "since",
    "due",
    "ends",
    "uses",
    "in_the_way",
    "before",
    "span",
)


def decode_row(data: Any) -> RetirementRow:
    """The inverse of encode_row."""
    found = fields(data, *_ROW)
    return RetirementRow(
        word(found["name"]),
        decode_address(found["address"]),
        text(found["what"]),
        one_of(Stage, found["stage"]),
        one_of(Deed, found["deed"]),
        one_of(Waits, found["waits"]),
        each(_decode_successor, found["successors"]),
        maybe(_moment, found["since"]),
        maybe(_moment, found["due"]),
        each(text, found["ends"]),
        each(_decode_use, found["uses"]),
        each(text, found["in_the_way"]),
        maybe(decode_resource, found["before"]),
        decode_span(found["span"]),
    )


def encode_meter(meter: Meter | None) -> Data | None:
    """How much stands."""
    if meter is None:
        return None
    due = [_encode_moment(meter.next.at), meter.next.what] if meter.next else None
    return {"standing": list(meter.standing), "dynamic": list(meter.dynamic), "next": due}


def decode_meter(data: Any) -> Meter:
    """The inverse of encode_meter."""
    found = fields(data, "standing", "dynamic", "next")
    return Meter(_both(found["standing"]), _both(found["dynamic"]), maybe(_decode_due, found["next"]))


def _both(data: Any) -> tuple[int, int]:
    now, then = row(data, 2)
    return number(now), number(then)


def _decode_due(data: Any) -> Due:
    at, what = row(data, 2)
    return Due(maybe(_moment, at), text(what))


def _decode_successor(data: Any) -> Successor:
    agent, intent, ready, proof = row(data, 4)
    return Successor(word(agent), word(intent), flag(ready), maybe(_decode_proof, proof))


def _decode_use(data: Any) -> Use:
    who, origin, since, now = row(data, 4)
    return Use(text(who), text(origin), maybe(_moment, since), flag(now))


def _encode_proof(proof: Proof) -> list[Any]:
    return [proof.agent, proof.intent, _encode_moment(proof.at), proof.who, proof.digest, proof.how]


def _decode_proof(data: Any) -> Proof:
    agent, intent, at, who, digest, how = row(data, 6)
    return Proof(word(agent), word(intent), _moment(at), text(who), word(digest), text(how))


def _encode_moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(data: Any) -> datetime:
    found = datetime.fromisoformat(text(data))
    if found.tzinfo is None:
        raise Misshapen("a time of no known zone")
    return found
