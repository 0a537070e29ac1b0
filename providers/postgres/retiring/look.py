"""Login roles that are to go, as facts: who works with them, what they own, and why one of them must stay."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from providers.postgres.lease import owner
from providers.postgres.names import RETIRING
from providers.postgres.retiring import sql
from reconciler.model import Live, Ownership, Resource, Retirable, Use, Value
from reconciler.provider import Retiring

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

_MOST = 5
"""Names that a line of text holds."""


class Principal(NamedTuple):
    """A row of sql.PRINCIPALS_16."""

    oid: int
    name: str
    login: bool
    comment: str
    superuser: bool
    another_superuser: bool
    owned: Sequence[str]
    elsewhere: Sequence[str]
    members: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is asked once for all of them."""

    uses: Mapping[int, Sequence[Use]]
    heirs: Mapping[str, bool]
    """Those that are there, and whether each is a superuser."""
    runs: Mapping[int, Sequence[str]]
    """What runs with the rights of its owner, by oid."""


def look(client: PostgresClient, wanted: Collection[Retiring]) -> dict[str, Retirable]:
    """Those that are there, by name."""
    asked = {one.principal: one for one in wanted}
    rows = principals(client, list(asked))
    names = [one.heir for one in wanted if one.heir]
    heirs: dict[str, bool] = dict(client.query(sql.HEIRS, {"names": names})) if names else {}
    known = _Known(uses(client, rows), heirs, _runs(client, rows))
    return {row.name: _retirable(client, row, asked[row.name], known) for row in rows}


def principals(client: PostgresClient, names: Sequence[str]) -> list[Principal]:
    """Roles by name."""
    text = sql.PRINCIPALS_16 if client.version >= 160000 else sql.PRINCIPALS_14
    # Our login may be a member to manage it. The minter's membership is somebody's work.
    ours = sorted({client.user, client.login})
    return [Principal(*row) for row in client.query(text, {"names": list(names), "ours": ours})]


def uses(client: PostgresClient, rows: Collection[Principal]) -> dict[int, list[Use]]:
    """Sessions, prepared transactions, subscriptions, and roles that act as one of them, by its oid."""
    found: dict[int, list[Use]] = {row.oid: [] for row in rows}
    oids = {"oids": list(found)}
    for oid, pid, program, origin, since in client.query(sql.SESSIONS, oids):
        found[oid].append(Use(f"session {pid}{f' of {program}' if program else ''}", origin, since))
    for oid, name, database, since in client.query(sql.PREPARED, oids):
        found[oid].append(Use(f"prepared transaction {name}", f"database {database}", since))
    for oid, name, database in client.query(sql.SUBSCRIPTIONS, oids):
        found[oid].append(Use(f"subscription {name}, which works as it", f"database {database}"))
    for row in rows:
        found[row.oid] += [Use(f"role {name}, a member of it that may act as it") for name in row.members]
    return found


def _runs(client: PostgresClient, rows: Collection[Principal]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {row.oid: [] for row in rows}
    for oid, what in client.query(sql.RUNS, {"oids": list(found)}):
        found[oid].append(what)
    return found


def live(client: PostgresClient, row: Principal, heir: str = "") -> Live:
    """One of them in the form in which it is compared."""
    values: dict[str, Value] = {"login": row.login, "owns": list(row.owned), "reassign_owned_to": heir}
    address = client.address(RETIRING, row.name)
    return Live(Resource(address, values), Ownership.UNMARKED, in_scope=False, native_id=str(row.oid))


def _retirable(client: PostgresClient, row: Principal, asked: Retiring, known: _Known) -> Retirable:
    found = live(client, row, asked.heir)
    locked = Resource(found.resource.address, {**found.resource.attributes, "login": False})
    return Retirable(
        found,
        "login role",
        not row.login,
        locked,
        ends=("its logins: nobody can log in with it, and its password is kept",),
        uses=tuple(known.uses[row.oid]),
        holding=tuple(_holding(row, asked, known)),
        losing=tuple(_losing(row, asked, known.runs[row.oid])),
        never=tuple(_never(client, row)),
    )


def _holding(row: Principal, asked: Retiring, known: _Known) -> Iterator[str]:
    if row.owned and not asked.heir:
        yield f"it owns {_some(row.owned)}, and nobody is named who takes that: reassign_owned_to"
    if asked.heir and asked.heir not in known.heirs:
        yield f"reassign_owned_to names {asked.heir}, which isn't there"
    runs = known.runs[row.oid]
    if runs and known.heirs.get(asked.heir) and not row.superuser:
        yield f"reassign_owned_to names the superuser {asked.heir}, with whose rights then would run {_some(runs)}"
    for database in row.elsewhere:
        yield f"it owns or may use something in database {database}: there, REASSIGN OWNED and DROP OWNED by hand"


def _losing(row: Principal, asked: Retiring, runs: Sequence[str]) -> Iterator[str]:
    if row.owned:
        yield f"{asked.heir} gets what it owns: {_some(row.owned)}"
    if runs:
        yield f"with the rights of {asked.heir} runs then {_some(runs)}"
    yield "its privileges, its default privileges and its memberships go with it"


def _never(client: PostgresClient, row: Principal) -> Iterator[str]:
    if row.name in client.never_ours:
        yield f"{row.name} is the login of this run, or the one that mints logins"
    if row.oid < 16384:  # FirstNormalObjectId: what initdb made
        yield f"{row.name} came with the server"
    if owner(row.comment, client.scope)[0] in {Ownership.OURS, Ownership.OTHER}:
        yield f"{row.name} is Writ's own, by its comment"
    if row.superuser and not row.another_superuser:
        yield f"{row.name} is the last superuser that can log in"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"


def told(use: Use) -> str:
    """One use, for a message."""
    origin = f" from {use.origin}" if use.origin else ""
    return f"{use.who}{origin}{_since(use.since)}"


def _since(moment: datetime | None) -> str:
    return f" since {moment:%Y-%m-%d %H:%M}" if moment else ""
