"""A login role on its way out: locked, unlocked again, or dropped with what it owns given away first."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.postgres.names import RETIRING, Ident
from providers.postgres.retiring import sql
from providers.postgres.retiring.look import Principal, live, principals, told, uses
from reconciler.model import Live, Resource
from reconciler.provider import Attribute, Conflict, ProviderError, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient  # imports the driver

    Base: TypeAlias = ResourceType[PostgresClient]
else:
    Base = ResourceType

_AGAIN = "plan again"


class RetiringRoleType(Base):
    """Key: the role's name. Somebody else's role, until it is gone."""

    name: ClassVar[str] = RETIRING
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "login": Attribute("Whether somebody can log in with it. Its password stays, so that it is the same again."),
        "owns": Attribute("What it owns in this database.", computed=True),
        "reassign_owned_to": Attribute("Who gets that before it is dropped.", computed=True),
    }

    def read(self, client: PostgresClient, key: str) -> Live | None:
        """One role."""
        found = principals(client, [key])
        return live(client, found[0]) if found else None

    def create(self, client: PostgresClient, desired: Resource) -> None:  # noqa: ARG002
        """Never: what was dropped can't be brought back."""
        raise Rejected(f"role {desired.address.key} is gone, and can't be made again as it was")

    def update(self, client: PostgresClient, before: Live, desired: Resource) -> None:
        """Lock it, or let it log in again. Nothing else of it is touched. Raises Conflict where it is used."""
        name, locks = Ident.of(before.resource.address.key), not desired.attributes["login"]
        with client.transaction():
            row = _same(client, before)
            if locks:
                client.run("ALTER ROLE {name} NOLOGIN", name=name)
                # Whoever is there is named, and nothing is changed.
                _unused(client, row)
            else:
                client.run("ALTER ROLE {name} LOGIN", name=name)
        if locks:
            # Who came in before that was committed. One that can't be ended is named by the next plan.
            with suppress(ProviderError):
                client.query(sql.END, {"oid": row.oid})

    def delete(self, client: PostgresClient, before: Live) -> None:
        """Give away what it owns here, then drop it: all in one transaction, or nothing of it."""
        key, heir = before.resource.address.key, str(before.resource.attributes["reassign_owned_to"])
        name = Ident.of(key)
        with client.transaction():
            if not principals(client, [key]):
                return
            row = _same(client, before)
            if row.login:
                raise Conflict(f"{key} can log in again: somebody let it since the plan", help=_AGAIN)
            _unused(client, row)
            _become(client, key)
            if heir:
                client.run("REASSIGN OWNED BY {name} TO {heir}", name=name, heir=Ident.of(heir))
            left = principals(client, [key])[0].owned
            if left:
                # DROP OWNED would drop it, too.
                raise Conflict(f"{key} still owns {', '.join(left[:5])}", help="name who takes it: reassign_owned_to")
            client.run("DROP OWNED BY {name}", name=name)
            client.run("DROP ROLE {name}", name=name)


def _same(client: PostgresClient, before: Live) -> Principal:
    """The very role that was read for the plan."""
    key = before.resource.address.key
    found = principals(client, [key])
    if not found:
        raise Conflict(f"{key} has gone since it was read", help=_AGAIN)
    if str(found[0].oid) != before.native_id:
        raise Conflict(f"{key} is another role by now", help="look who made it, then plan again")
    return found[0]


def _unused(client: PostgresClient, row: Principal) -> None:
    busy = uses(client, [row])[row.oid]
    if busy:
        message = f"{row.name} is in use: {'; '.join(map(told, busy[:5]))}"
        raise Conflict(message, help="have whoever it is use what replaces it, then plan again")


def _become(client: PostgresClient, key: str) -> None:
    """REASSIGN and DROP OWNED need its rights. The membership goes with it."""
    if client.query(sql.USES, {"role": key})[0][0]:
        return
    if client.version >= 160000:
        client.run("GRANT {name} TO CURRENT_USER WITH INHERIT TRUE, SET FALSE", name=Ident.of(key))
    else:
        client.run("GRANT {name} TO CURRENT_USER", name=Ident.of(key))
