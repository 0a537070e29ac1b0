"""What a change of the catalogue means for one role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from providers.postgres.effective.catalogue import FUTURE, MEMBERSHIP, Catalogue, Privilege
from providers.postgres.effective.privileges import OWNERSHIP, effective
from providers.postgres.effective.recheck import holds
from providers.postgres.privileges import Kind
from reconciler.access import Comparison, Witness, compared

MOST_WITNESSES = 20
_SERVERS_OWN = frozenset({"pg_catalog", "information_schema"})


def compare(old: Catalogue, new: Catalogue, role: str) -> Comparison:
    """New access against old. What needs SET ROLE is told apart, and is no gain where it was had without.

    Not certain are gains on objects to come, on objects in schemas without USAGE, and where row level security
    changed. Using directly what SET ROLE gave before is a gain.
    """
    before, after = effective(old, role), effective(new, role)
    gains = [*_differences(before, after), *_row_security(old, new, after)]
    losses = [*_differences(after, before)]
    wrong = [*_contradicted(gains, old, new, role), *_contradicted(losses, new, old, role)]
    notes = [
        *(f"internal error: two evaluators disagree on {one}" for one in wrong),
        *_secured(new, (*gains, *losses)),
        *_cut(gains, "gains"),
        *_cut(losses, "losses"),
    ]
    if new.version < 160000 and any(one.privilege == "CREATEROLE" and not one.via for one in after):
        notes.append("before PostgreSQL 16 CREATEROLE can make itself a member of every role that is no superuser")
    return compared(
        [_witness(one, note) for one, note in gains[:MOST_WITNESSES]],
        [_witness(one, note) for one, note in losses[:MOST_WITNESSES]],
        notes,
        undecided=bool(wrong),
    )


def _contradicted(
    found: list[tuple[Privilege, str]], without: Catalogue, with_it: Catalogue, role: str
) -> list[Privilege]:
    """Of those that are told, the ones that the second opinion denies. They are taken out."""
    told = [one for one in found[:MOST_WITNESSES] if not one[1]]
    wrong = [one for one in told if not holds(with_it, role, one[0]) or holds(without, role, one[0])]
    # Of what is to come, and of what row level security hides, there is no second opinion.
    wrong = [one for one in wrong if one[0].kind != FUTURE]
    for one in wrong:
        found.remove(one)
    return [one for one, _ in wrong]


def _cut(found: list[tuple[Privilege, str]], what: str) -> Iterator[str]:
    if len(found) > MOST_WITNESSES:
        yield f"{len(found) - MOST_WITNESSES} more {what} aren't listed"


def _witness(one: Privilege, note: str) -> Witness:
    if one.kind == FUTURE:
        return Witness(str(one), certain=False, note="on objects to come")
    if not one.reachable:
        return Witness(str(one), certain=False, note=f"without USAGE on schema {one.schema} no statement can name it")
    return Witness(str(one), certain=not note, note=note)


def _differences(old: frozenset[Privilege], new: frozenset[Privilege]) -> list[tuple[Privilege, str]]:
    """What only ``new`` has, the most telling first."""
    fresh = new - old
    by_set = {_plain(one) for one in old if one.via} if any(one.via for one in fresh) else frozenset[Privilege]()
    direct = {one for one in fresh if not one.via and old.isdisjoint(_implying(one))}
    found = {one: one for one in direct}
    for one in sorted((one for one in fresh if one.via), key=_order):
        spellings = set(_implying(_plain(one)))
        if old.isdisjoint(spellings) and by_set.isdisjoint(spellings) and direct.isdisjoint(spellings):
            found.setdefault(_plain(one), one)
    return [(one, "") for one in sorted(found.values(), key=_order)]


def _plain(one: Privilege) -> Privilege:
    return replace(one, via="") if one.via else one


def _implying(one: Privilege) -> Iterator[Privilege]:
    """What means the same or more."""
    for spelled in (one,) if one.reachable else (one, replace(one, reachable=True)):
        yield spelled
        if one.kind == Kind.COLUMN:
            yield replace(spelled, kind=Kind.TABLE, column="")
            yield replace(spelled, kind=Kind.SEQUENCE, column="")


_RANKS: Mapping[str, int] = {kind: rank for rank, kind in enumerate(Kind, 1)}
"""Of what a witness is told first, where not all are: attributes and roles, then tables, then what is in them."""


def _order(one: Privilege) -> tuple[object, ...]:
    last = (one.kind == FUTURE or not one.reachable, bool(one.via), one.schema in _SERVERS_OWN)
    kinds = (one.grantable, one.privilege == OWNERSHIP, one.kind == MEMBERSHIP)
    return (*last, *kinds, _RANKS.get(one.kind, 0), one.kind, one.schema, one.name, one.column, one.privilege, one.via)


def _row_security(old: Catalogue, new: Catalogue, after: frozenset[Privilege]) -> list[tuple[Privilege, str]]:
    """Tables whose policies changed, or are gone, and that the role can use: what it sees of them isn't known."""
    policies = {one.key: one.row_security for one in new.objects}
    changed = {
        (one.schema, one.name)
        for one in old.objects
        if one.row_security and one.key in policies and policies[one.key] != one.row_security
    }
    kinds = {Kind.TABLE, Kind.COLUMN}
    used = [one for one in after if (one.schema, one.name) in changed and one.kind in kinds and not one.grantable]
    return [(one, "row level security changed") for one in sorted(used, key=_order) if one.privilege != OWNERSHIP]


def _secured(new: Catalogue, found: Iterable[tuple[Privilege, str]]) -> Iterator[str]:
    secured = {(one.schema, one.name) for one in new.objects if one.row_security}
    named = sorted({(one.schema, one.name) for one, _ in found} & secured)
    if named:
        tables = ", ".join(".".join(name) for name in named)
        yield f"row level security decides on the rows of {tables}: it isn't looked into"
