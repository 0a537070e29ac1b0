"""What can't be planned on this server as it is: objects that don't exist, a minter that can't mint."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from providers.mysql import sql
from providers.mysql.catalog import some
from providers.mysql.keys import GrantKey, normal
from providers.mysql.names import GRANT, quoted
from providers.mysql.privileges import Kind, of_bits
from reconciler.model import Address
from specs.diagnostic import Diagnostic, error, warning
from specs.suggest import Hints

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient

_SPECS_NAME = frozenset({Kind.DATABASE, Kind.TABLE, Kind.COLUMN, Kind.PROCEDURE, Kind.FUNCTION})


def check_objects(client: MysqlClient, wanted: Collection[Address]) -> Iterator[Diagnostic]:
    """One error for each address about an object that isn't there. Two queries at most."""
    keys = {address: key for address in wanted if address.type == GRANT and (key := GrantKey.parse(address.key))}
    asked = {address: key for address, key in keys.items() if key.kind in _SPECS_NAME}
    if not asked:
        return
    there = _there(client, asked.values())
    missing = {address: key for address, key in asked.items() if key._replace(role="") not in there}
    hints = Hints(_neighbours(client), "there") if missing else None
    for address, key in sorted(missing.items()):
        what, way_out = _explained(client, key, hints)
        yield error("W467", what, subject=str(address), help=way_out)


def _there(client: MysqlClient, keys: Collection[GrantKey]) -> set[GrantKey]:
    databases, names = some({key.database for key in keys}), some({key.name for key in keys})
    rows = client.query(sql.THERE, (databases, *(databases, names) * 3))
    found: set[GrantKey] = set()
    for kind, database, name, column in rows:
        if kind in set(Kind):
            found.add(normal("", Kind(kind), str(database), str(name), str(column)))
    return found


def _neighbours(client: MysqlClient) -> set[str]:
    return {f"{quoted(str(database))}.{quoted(str(name))}" for database, name in client.query(sql.NEIGHBOURS)}


def _explained(client: MysqlClient, key: GrantKey, hints: Hints | None) -> tuple[str, str]:
    if client.folds_names and (key.database, key.name) != (key.database.lower(), key.name.lower()):
        return f"{key.object}: this server keeps names in lower case", f"write {key.object.lower()}"
    what = f"{key.kind} {key.object} isn't there, or the operator's login may not see it"
    near = hints.of(key.table.object) if hints is not None and key.kind in {Kind.TABLE, Kind.COLUMN} else ""
    return (
        what,
        near or "correct its name, have a migration make it, or give the login what `writ permissions apply` prints",
    )


def check_minting(client: MysqlClient) -> Iterator[Diagnostic]:
    """Whether the minter can make logins, and end their sessions."""
    settings, minter = client.scope.settings, client.scope.settings.minting
    if settings.credentials is None or minter is None:
        return
    subject = f"{client.scope.system}: minter {minter}"
    rows = client.query(sql.ACCOUNT, (minter.user, minter.host))
    if not rows:
        way_out = (
            f"CREATE USER {minter.sql} IDENTIFIED BY '…'; GRANT CREATE USER, CONNECTION ADMIN ON *.* TO {minter.sql}"
        )
        yield error("W468", "the account isn't there", subject=subject, help=way_out, span=client.scope.span)
        return
    held = of_bits(int(rows[0][0] or 0))
    updates = "UPDATE" in held or bool(client.query(sql.UPDATES_MYSQL, (minter.user, minter.host)))
    lacks = [
        ("CREATE USER", "*.*", "CREATE USER" in held, "so that it makes no login"),
        (
            "CONNECTION ADMIN",
            "*.*",
            bool(held & {"CONNECTION ADMIN", "SUPER"}),
            "so that open sessions outlive their login",
        ),
        ("UPDATE", "mysql.*", updates or not settings.default_role, "so that no login has its role at once"),
    ]
    for right, where, has, result in lacks:
        if not has:
            yield warning(
                "W470",
                f"it lacks {right} on {where}, {result}",
                subject=subject,
                help=f"GRANT {right} ON {where} TO {minter.sql}",
                span=client.scope.span,
            )


def check_anonymous(client: MysqlClient) -> Iterator[Diagnostic]:
    """An anonymous user at a host is found before a minted login at any host (MariaDB documentation, account names)."""
    if client.scope.settings.credentials is None:
        return
    for (host,) in client.query(sql.ANONYMOUS):
        yield warning(
            "W469",
            f"the anonymous user at {host or 'no host'} takes the logins that come from there",
            subject=client.scope.system,
            help=f"DROP USER ''@'{host}'",
            span=client.scope.span,
        )
