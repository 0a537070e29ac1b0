"""Privileges as an intent's grants: what of them the language has, and what it lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from providers.postgres.access import Grant
from providers.postgres.catalog import Holding
from providers.postgres.keys import GrantKey
from providers.postgres.names import qualified, quoted
from providers.postgres.privileges import Kind, live_form
from reconciler.model import Lacking
from reconciler.provider.wording import refusal

_FIELDS: Mapping[str, str] = {
    Kind.TABLE: "tables",
    Kind.SEQUENCE: "sequences",
    Kind.FUNCTION: "functions",
    Kind.SCHEMA: "schemas",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What an intent says of some privileges."""

    block: Mapping[str, Any] | None
    lacking: tuple[Lacking, ...]
    topic: str


def access_of(found: Iterable[Holding], tables_all: frozenset[str], open_schemas: Collection[str]) -> Said:
    """Of what a role holds, by itself and by others. What Writ gives with every grant isn't said; what lies in a schema
    that it may not look into (``open_schemas``: without a grant) gives nothing, and in an intent it would.
    """
    held: dict[GrantKey, set[str]] = {}
    lacking: list[Lacking] = []
    for one in found:
        key = one.key_of("")
        if one.own:
            continue  # all that an owner has comes of owning it
        held.setdefault(key, set()).update(one.privileges)
        if one.grantable:
            lacking.append(Lacking(f"it may pass on {', '.join(one.grantable)} on {one.kind} {key.object}"))
    lacking += _shut_out(held, open_schemas)
    grants = list(_grants(_without_implied(held), tables_all, lacking))
    return Said({"grants": grants} if grants else None, tuple(dict.fromkeys(lacking)), _topic(held))


def _shut_out(held: dict[GrantKey, set[str]], open_schemas: Collection[str]) -> Iterator[Lacking]:
    """Takes out what gives nothing."""
    looks = {*open_schemas, *(key.name for key, has in held.items() if key.kind == Kind.SCHEMA and "USAGE" in has)}
    for key in sorted((key for key in held if key.schema and key.schema not in looks), key=str):
        what = f"{', '.join(sorted(held.pop(key)))} on {key.kind} {key.object}"
        yield Lacking(f"{what} gives it nothing: it may not look into schema {quoted(key.schema)}", "REVOKE it")


def _without_implied(held: Mapping[GrantKey, set[str]]) -> dict[GrantKey, set[str]]:
    """CONNECT, and USAGE of the schemas in which something is held: every intent's grants bring them."""
    inside = {key.schema for key in held if key.schema}
    left = {
        key: privileges - ({"CONNECT"} if key.kind == Kind.DATABASE else set())
        for key, privileges in held.items()
        if not (key.kind == Kind.SCHEMA and key.name in inside and privileges == {"USAGE"})
    }
    return {key: privileges for key, privileges in left.items() if privileges}


def _grants(
    held: Mapping[GrantKey, set[str]], tables_all: frozenset[str], lacking: list[Lacking]
) -> Iterator[dict[str, Any]]:
    """Objects with equal privileges in one grant; columns of one table with equal privileges too."""
    together: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for key, privileges in sorted(held.items(), key=lambda item: str(item[0])):
        words = tuple(live_form(Kind(key.kind), privileges, tables_all))
        table = qualified(key.schema, key.name) if key.kind == Kind.COLUMN else ""
        name = quoted(key.column) if key.kind == Kind.COLUMN else key.object
        wrong = _wrong(key, words, table, name)
        if wrong is not None:
            lacking.append(wrong)
        else:
            together.setdefault((key.kind, table, words), []).append(name)
    for (kind, table, words), names in together.items():
        yield {"privileges": list(words), **_objects(kind, table, names)}


def _wrong(key: GrantKey, words: tuple[str, ...], table: str, name: str) -> Lacking | None:
    if key.kind not in {*_FIELDS, Kind.COLUMN, Kind.DATABASE}:
        return Lacking(f"{', '.join(words)} on {key.kind} {key.object}, which no intent gives")
    return refusal(
        Grant, {"privileges": list(words), **_objects(key.kind, table, [name])}, f"{', '.join(words)} on {key.object}"
    )


def _objects(kind: str, table: str, names: list[str]) -> dict[str, Any]:
    if kind == Kind.COLUMN:
        return {"tables": [table], "columns": names}
    return {"database": "true"} if kind == Kind.DATABASE else {_FIELDS[kind]: names}


def _topic(held: Mapping[GrantKey, set[str]]) -> str:
    objects = sorted((key for key in held if key.schema), key=str)
    if not objects:
        return ""
    reading = all(held[key] <= {"SELECT", "USAGE"} for key in objects)
    return f"{objects[0].name}.{'read' if reading else 'write'}"
