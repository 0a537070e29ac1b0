"""Privileges as an intent's grants: what of them the language has, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from providers.mysql.access import Grant
from providers.mysql.keys import GrantKey
from providers.mysql.names import quoted
from providers.mysql.privileges import GRANT_OPTION, Kind
from reconciler.model import Lacking
from reconciler.provider.wording import refusal

_FIELDS: Mapping[str, str] = {
    Kind.DATABASE: "databases",
    Kind.TABLE: "tables",
    Kind.PROCEDURE: "procedures",
    Kind.FUNCTION: "functions",
}


def access_of(
    held: Iterable[tuple[GrantKey, frozenset[str]]],
) -> tuple[list[dict[str, Any]], list[Lacking], str]:
    """Objects with equal privileges in one grant, columns of one table with equal privileges too; what no intent gives;
    and a topic. By whom it is held doesn't matter.
    """
    together: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    lacking: list[Lacking] = []
    topics: list[tuple[str, bool]] = []
    for key, privileges in _by_object(held):
        words = tuple(sorted(privileges - {GRANT_OPTION}))
        name = quoted(key.column) if key.kind == Kind.COLUMN else key.object
        table = key.table.object if key.kind == Kind.COLUMN else ""
        if GRANT_OPTION in privileges:
            lacking.append(Lacking(f"it may pass on what it has on {key.object}, which no intent gives"))
        if not words:
            continue
        known = key.kind in {*_FIELDS, Kind.COLUMN}
        asked = {"privileges": list(words), **(_objects(key.kind, table, [name]) if known else {})}
        what = f"{', '.join(words)} on {key.object}"
        wrong = refusal(Grant, asked, what) if known else Lacking(f"{what}, which no intent gives")
        if wrong is not None:
            lacking.append(wrong)
        else:
            together.setdefault((key.kind, table, words), []).append(name)
            topics.append((key.name or key.database, set(words) <= {"SELECT"}))
    grants = [
        {"privileges": list(words), **_objects(kind, table, names)} for (kind, table, words), names in together.items()
    ]
    topic = f"{topics[0][0]}.{'read' if all(reading for _, reading in topics) else 'write'}" if topics else ""
    return grants, lacking, topic


def _by_object(held: Iterable[tuple[GrantKey, frozenset[str]]]) -> list[tuple[GrantKey, frozenset[str]]]:
    found: dict[GrantKey, frozenset[str]] = {}
    for key, privileges in held:
        plain = key._replace(role="")
        found[plain] = found.get(plain, frozenset()) | privileges
    return sorted(found.items(), key=lambda item: str(item[0]))


def _objects(kind: str, table: str, names: list[str]) -> dict[str, Any]:
    return {"tables": [table], "columns": names} if kind == Kind.COLUMN else {_FIELDS[kind]: names}
