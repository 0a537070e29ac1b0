"""What of a login's access is more than any purpose needs, and who may log in as it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from providers.mysql.effective.privilege import ROLE, Privilege
from providers.mysql.globs import meet, of_like
from providers.mysql.names import Account
from providers.mysql.privileges import KNOWN, Kind
from reconciler.model import Side, Width, Witness

_POWERS = ("SUPER", "FILE", "CREATE USER", "SET USER", "REPLICATION SLAVE", "BINLOG REPLAY", "SHUTDOWN", "PROCESS")
"""Privileges on the whole server that reach others' data, sessions, the server's host, or logins themselves
(MariaDB documentation, GRANT). The most powerful first."""
_DATA = frozenset(KNOWN[Kind.DATABASE])
_EVERYTHING = frozenset(KNOWN[Kind.GLOBAL]) - {"SHOW CREATE ROUTINE"}
"""ALL PRIVILEGES: the last one is there from 11.3 on."""
_SERVERS = "mysql"
"""The database that says who may log in and do what."""
_WRITES = ("INSERT", "UPDATE", "DELETE", "ALTER", "DROP", "CREATE", "TRIGGER")


def reach(held: Collection[Privilege], proxied: Collection[Account]) -> Iterator[Width]:
    """What it may do: the most powerful first, one of each kind."""
    told: set[str] = set()
    for one in _all(held, proxied):
        if one.witness.request not in told:
            told.add(one.witness.request)
            yield one


def _all(held: Collection[Privilege], proxied: Collection[Account]) -> Iterator[Width]:
    whole = {one.privilege for one in held if one.kind == Kind.GLOBAL and not one.grantable}
    if whole >= _EVERYTHING:
        yield _width("ALL PRIVILEGES on the whole server")
    else:
        yield from (_width(f"{name} on the whole server") for name in _POWERS if name in whole)
        data = sorted(whole & _DATA)
        yield from (_width(f"{name} on every database") for name in data[:1])
    yield from _of_the_server(held)
    yield from _first(f"{one}" for one in held if one.kind == Kind.DATABASES and _is_all(one) and not one.grantable)
    passes_on = sorted(one for one in held if one.grantable)
    yield from (_width(str(one), "it may give it to anybody") for one in passes_on[:1])
    admin = sorted(one.name for one in held if one.kind == ROLE)
    yield from (_width(f"ADMIN on role {Account(name)}", "it may give it to anybody") for name in admin)
    yield from (
        _width(f"PROXY of {one if one.user else 'anybody'}", "it logs in as that account") for one in sorted(proxied)
    )


def _of_the_server(held: Collection[Privilege]) -> Iterator[Width]:
    """In the database ``mysql``: to write there is to make oneself anything; to read is to have others' hashes."""
    inside = [one for one in held if one.kind != Kind.GLOBAL and _is_servers(one) and not one.grantable]
    writes = sorted(one for one in inside if one.privilege in _WRITES)
    reads = sorted(one for one in inside if one.privilege == "SELECT" and _holds_hashes(one))
    yield from (_width(str(one), "it writes what everybody may") for one in writes[:1])
    yield from (_width(str(one), "it reads hashes of passwords") for one in reads[:1])


def _is_servers(one: Privilege) -> bool:
    if one.kind == Kind.DATABASES:
        return meet(of_like(one.database), _SERVERS)
    return one.kind != ROLE and one.database == _SERVERS


def _holds_hashes(one: Privilege) -> bool:
    return one.kind in {Kind.DATABASE, Kind.DATABASES} or one.name.lower() in {"global_priv", "user"}


def _is_all(one: Privilege) -> bool:
    return set(of_like(one.database)) <= {"*"}


def trust(account: Account, *, is_open: bool) -> Iterator[Width]:
    """Who may become it."""
    if not account.user:
        yield Width(Side.TRUST, Witness("log in under any name that has no account", note="anonymous"))
    if is_open:
        yield Width(Side.TRUST, Witness("log in without a password"))
    if account.host and set(account.host) <= {"%"}:
        yield Width(Side.TRUST, Witness("log in from any host", note=f"its host is {account.host}"))


def _first(found: Iterator[str]) -> Iterator[Width]:
    yield from (_width(one) for one in sorted(found)[:1])


def _width(request: str, note: str = "") -> Width:
    return Width(Side.REACH, Witness(request, note=note))
