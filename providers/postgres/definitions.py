"""What the relations and functions that our roles may use show and do: observed, never written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from providers.postgres.catalog import normal
from providers.postgres.keys import GrantKey
from providers.postgres.names import DEFINITION, GRANT
from providers.postgres.privileges import Kind
from providers.postgres.sql_definitions import DEFINITIONS
from reconciler.model import Address, Resource, Value
from specs.redaction import redacted

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

_LOOKED_AT = (Kind.TABLE, Kind.FUNCTION)


def keys_of(addresses: Iterable[Address], everybodys: Iterable[GrantKey]) -> set[GrantKey]:
    """Relations and functions that grants name, or that everybody may use; keys name no role."""
    granted = (GrantKey.parse(address.key) for address in addresses if address.type == GRANT)
    found = (key.whole for key in (*granted, *everybodys) if key is not None)
    return {key for key in found if key.kind in _LOOKED_AT}


def definitions(client: PostgresClient, asked: Iterable[GrantKey]) -> Iterator[Resource]:
    """One for each that is there. One query."""
    keys = sorted(asked)
    if not keys:
        return
    values = {
        "kinds": [str(key.kind) for key in keys],
        "nsps": [key.schema for key in keys],
        "names": [key.name for key in keys],
    }
    found: dict[GrantKey, dict[str, Value]] = {}
    beneath: dict[GrantKey, dict[str, Value]] = {}
    for kind, schema, name, arguments, under, facts in client.query(DEFINITIONS, values):
        key = GrantKey("", kind, schema, name, "", normal(arguments))
        if under:
            beneath.setdefault(key, {})[under] = _fingerprint(facts)
        else:
            found[key] = shown(facts)
    for key in keys:
        if key in found:
            more: Mapping[str, Value] = {"beneath": beneath[key]} if key in beneath else {}
            yield Resource(client.address(DEFINITION, key.everybodys), {**found[key], **more})


def shown(facts: Mapping[str, Any]) -> dict[str, Value]:
    """With policies as they may be kept: without what looks like a secret, by a fingerprint if anything was."""
    kept = {name: _shown(text) for name, text in (facts.get("policies") or {}).items()}
    return {**facts, **({"policies": kept} if kept else {})}


def _shown(text: str) -> str:
    safe = redacted(text)
    return text if safe == text else f"{safe} {_fingerprint(text)}"


def _fingerprint(facts: object) -> str:
    """As the server makes those of texts."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:32]
