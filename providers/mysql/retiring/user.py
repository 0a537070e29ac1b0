"""A user on its way out: locked, unlocked again, or dropped. Each statement commits at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.mysql.names import RETIRING
from providers.mysql.retiring import sql
from providers.mysql.retiring.look import User, live, sessions, user
from reconciler.model import Live, Resource
from reconciler.provider import Attribute, Conflict, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient  # imports the driver

    Base: TypeAlias = ResourceType[MysqlClient]
else:
    Base = ResourceType

_AGAIN = "plan again"


class RetiringUserType(Base):
    """Key: the account, ``user@host`` or ``user``. Somebody else's user, until it is gone."""

    name: ClassVar[str] = RETIRING
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "account_locked": Attribute("Whether nobody can log in with it. Its password stays: it can be as it was."),
    }

    def read(self, client: MysqlClient, key: str) -> Live | None:
        """One user."""
        found = user(client, key)
        return live(client, key, found) if found is not None else None

    def create(self, client: MysqlClient, desired: Resource) -> None:  # noqa: ARG002
        """Never: what was dropped can't be brought back."""
        raise Rejected(f"user {desired.address.key} is gone, and can't be made again as it was")

    def update(self, client: MysqlClient, before: Live, desired: Resource) -> None:
        """Lock it, or let it log in again. Raises Conflict where somebody is connected."""
        found = _there(client, before)
        if not desired.attributes["account_locked"]:
            client.run(f"ALTER USER {found.account.sql} ACCOUNT UNLOCK")
            return
        _unused(client, found)
        client.run(f"ALTER USER {found.account.sql} ACCOUNT LOCK")
        if client.query(sql.ACCOUNTS, (found.account.user,)) != [(1,)]:
            # Whose they are can't be told: the next plan names them, and they keep it from being deleted.
            return
        # Whoever came in before that.
        for number, _ in sessions(client, found.account):
            client.run(f"KILL CONNECTION {number}")

    def delete(self, client: MysqlClient, before: Live) -> None:
        """Drop it, with its privileges and roles."""
        if user(client, before.resource.address.key) is None:
            return
        found = _there(client, before)
        if not found.locked:
            raise Conflict(f"{found.account} can log in again: somebody let it since the plan", help=_AGAIN)
        _unused(client, found)
        client.run(f"DROP USER {found.account.sql}")


def _there(client: MysqlClient, before: Live) -> User:
    key = before.resource.address.key
    found = user(client, key)
    if found is None:
        raise Conflict(f"{key} has gone since it was read", help=_AGAIN)
    return found


def _unused(client: MysqlClient, found: User) -> None:
    busy = [f"{use.who} from {use.origin}" for _, use in sessions(client, found.account)]
    if busy:
        message = f"{found.account} is in use: {'; '.join(busy[:5])}"
        raise Conflict(message, help="have whoever it is use what replaces it, then plan again")
