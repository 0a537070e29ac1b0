"""Users that are to go, as facts: who is connected with them, what runs with their rights, and why one must stay."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from providers.mysql.names import RETIRING, SERVERS_OWN, Account, quoted
from providers.mysql.retiring import sql
from reconciler.model import Live, Ownership, Resource, Retirable, Use, Value
from reconciler.provider import Retiring

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient

_MOST = 5
_OWN = SERVERS_OWN | {"mariadb.sys"}


class User(NamedTuple):
    """A row of sql.USER, and whose it is."""

    account: Account
    locked: bool
    administrator: bool
    another_administrator: bool
    minted: bool


def account_of(principal: str) -> Account | None:
    """``svc@10.0.0.%``; without a host it is ``%``, as for CREATE USER."""
    found = Account.parse(principal)
    return found if found is None or found.host else found._replace(host="%")


def user(client: MysqlClient, principal: str) -> User | None:
    """One user; None where it isn't there."""
    account = account_of(principal)
    if account is None:
        return None
    prefix = client.scope.settings.role_prefix
    rows = client.query(sql.USER, (prefix, prefix, account.user, account.host))
    return User(account, *(bool(value) for value in rows[0])) if rows else None


def sessions(client: MysqlClient, account: Account) -> list[tuple[int, Use]]:
    """Their numbers, and who they are."""
    found: list[tuple[int, Use]] = []
    for number, host, began in client.query(sql.SESSIONS, (account.user,)):
        since = datetime.fromtimestamp(float(began), UTC)
        found.append((int(number), Use(f"session {number}", str(host).rpartition(":")[0] or str(host), since)))
    return found


def live(client: MysqlClient, principal: str, found: User) -> Live:
    """In the form in which it is compared. A user has no number of its own."""
    values: dict[str, Value] = {"account_locked": found.locked}
    return Live(Resource(client.address(RETIRING, principal), values), Ownership.UNMARKED, in_scope=False)


def look(client: MysqlClient, wanted: Collection[Retiring]) -> dict[str, Retirable]:
    """Those that are there, by name."""
    every = ((one.principal, user(client, one.principal)) for one in wanted)
    return {name: _retirable(client, name, found) for name, found in every if found is not None}


def _retirable(client: MysqlClient, principal: str, found: User) -> Retirable:
    now = live(client, principal, found)
    return Retirable(
        now,
        "user",
        found.locked,
        Resource(now.resource.address, {"account_locked": True}),
        ends=("its logins: nobody can log in with it, and its password is kept",),
        uses=tuple(use for _, use in sessions(client, found.account)),
        holding=tuple(_holding(client, found.account)),
        losing=("its privileges and roles go with it",),
        unseen=tuple(_unseen(client)),
        never=tuple(_never(client, found)),
    )


def _holding(client: MysqlClient, account: Account) -> Iterator[str]:
    rows = client.query(sql.DEFINED, (f"{account.user}@{account.host}",) * 4)
    if rows:
        names = [f"{kind} {quoted(str(schema))}.{quoted(str(name))}" for kind, schema, name in rows]
        yield f"with its rights run {_some(names)}: give each another DEFINER first"


def _never(client: MysqlClient, found: User) -> Iterator[str]:
    account, minter = found.account, client.scope.settings.minting
    if account in {client.account, minter}:
        yield f"{account} is the login of this run, or the one that mints logins"
    if account.user in _OWN:
        yield f"{account} is the server's own"
    if found.minted:
        yield f"{account} has a role of Writ's: it was minted, and ends by itself"
    if found.administrator and not found.another_administrator:
        yield f"{account} is the last administrator"


def _unseen(client: MysqlClient) -> Iterator[str]:
    rows = client.query(sql.SEES_SESSIONS, tuple(client.account))
    if not rows or not rows[0][0]:
        yield f"{client.account} may not see who is connected: GRANT PROCESS ON *.* to it"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"
