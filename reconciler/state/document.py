"""One environment's state as one JSON document: what an object store keeps, and what ``state pull`` prints."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from reconciler.model import Applied, State, SystemRecord, Unfinished
from reconciler.state.codec import (
    decode_address,
    decode_observed,
    decode_origin,
    decode_resource,
    decode_system,
    encode_address,
    encode_observed,
    encode_origin,
    encode_resource,
    encode_system,
)
from reconciler.state.errors import StateError
from reconciler.state.retirement import decode_retired, encode_retired
from reconciler.state.shape import each, fields, mapping, number, row, text

FORMAT, RETIRING = "writ-state/1", "writ-state/2"
"""The second tells of retirements, and is written only where there are some: older versions can't read it."""
_LOST = "restore it, or move it away: the next plan finds its own objects"
MOST = 256 * 1024 * 1024
"""Bytes of a document: a hundred times what a large estate has."""


def encode_state(state: State, **more: str) -> bytes:
    """The document, with a digest of all the rest. ``more``: text that goes with it."""
    data = {
        "format": RETIRING if state.retirements else FORMAT,
        "environment": state.environment,
        "lineage": state.lineage,
        "serial": state.serial,
        "systems": [_encode_system(one) for one in state.systems.values()],
        "objects": [_encode_applied(one) for _, one in sorted(state.objects.items())],
        "unfinished": [_encode_unfinished(one) for one in state.unfinished],
        "more": more,
    }
    if state.retirements:
        data["retirements"] = [encode_retired(one) for _, one in sorted(state.retirements.items())]
    return json.dumps(data | {"digest": _digest(data)}, indent=1, sort_keys=True).encode()


def decode_state(body: bytes, where: str, *, help: str = _LOST) -> tuple[State, dict[str, str]]:
    """The inverse of encode_state, and ``more``. Raises StateError, with that help, where it isn't as it was."""
    try:
        if len(body) > MOST:
            raise ValueError("too large")  # noqa: TRY301 - as every other way in which it can be wrong
        data = json.loads(body)
        if (
            isinstance(data, dict)
            and str(data.get("format")).startswith("writ-state/")
            and data["format"] not in {FORMAT, RETIRING}
        ):
            raise StateError(f"{where} was written by a newer version", help="upgrade writ-iam")
        return _decoded(data)
    except (ValueError, KeyError, RecursionError) as wrong:
        message = f"{where} is no state, or is damaged: {wrong}" if str(wrong) else f"{where} is no state"
        raise StateError(message, help=help) from None


def _decoded(data: Any) -> tuple[State, dict[str, str]]:
    parts = ("format", "environment", "lineage", "serial", "systems", "objects", "unfinished", "more", "digest")
    retiring = isinstance(data, dict) and data.get("format") == RETIRING
    found = fields(data, *parts, *(("retirements",) if retiring else ()))
    if found["format"] not in {FORMAT, RETIRING}:
        raise ValueError("its format is another")
    written = text(found.pop("digest"))
    if written != _digest(found):
        raise ValueError("its digest is another")
    objects = each(_decode_applied, found["objects"])
    state = State(
        text(found["environment"]),
        text(found["lineage"]),
        number(found["serial"]),
        {one.resource.address: one for one in objects},
        {one.name: one for one in each(_decode_system, found["systems"])},
        each(_decode_unfinished, found["unfinished"]),
        {one.name: one for one in each(decode_retired, found.get("retirements", []))},
    )
    return state, mapping(text, found["more"])


def _digest(data: dict[str, Any]) -> str:
    """Against damage, not against people."""
    return hashlib.blake2s(json.dumps(data, sort_keys=True).encode(), digest_size=16).hexdigest()


def _encode_system(one: SystemRecord) -> list[Any]:
    """What is observed only where that is known: documents of earlier versions don't say."""
    known = [] if one.observed is None else [encode_observed(one.observed)]
    return [encode_system(one), one.place, *known]


def _decode_system(data: Any) -> SystemRecord:
    system, place, *known = data if isinstance(data, list) and len(data) == 3 else row(data, 2)
    return replace(decode_system(system), place=text(place), observed=decode_observed(known[0]) if known else None)


def _encode_applied(one: Applied) -> dict[str, Any]:
    return {
        "resource": encode_resource(one.resource),
        "origin": encode_origin(one.origin),
        "depends_on": [encode_address(address) for address in one.depends_on],
        "native_id": one.native_id,
    }


def _decode_applied(data: Any) -> Applied:
    found = fields(data, "resource", "origin", "depends_on", "native_id")
    origin = decode_origin(found["origin"])
    if origin is None:
        raise ValueError("an object without an origin")
    depends_on = each(decode_address, found["depends_on"])
    return Applied(decode_resource(found["resource"]), origin, depends_on, text(found["native_id"]))


def _encode_unfinished(one: Unfinished) -> list[Any]:
    return [encode_address(one.address), one.phase, one.run, one.who, one.began]


def _decode_unfinished(data: Any) -> Unfinished:
    address, *rest = row(data, 5)
    phase, run, who, began = map(text, rest)
    return Unfinished(decode_address(address), phase, run, who, began)
