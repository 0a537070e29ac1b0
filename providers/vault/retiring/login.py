"""An AppRole or a user with a password on its way out: locked, unlocked again, or deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.vault.names import RETIRING
from providers.vault.resource import texts
from providers.vault.retiring.look import NOBODY, Login, live, login, tokens
from reconciler.model import Live, Resource
from reconciler.provider import Attribute, Conflict, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.vault.client import VaultClient  # imports the SDK

    Base: TypeAlias = ResourceType[VaultClient]
else:
    Base = ResourceType

_AGAIN = "plan again"


class RetiringLogin(Base):
    """Key: the mount, and the name there. Somebody else's login, until it is gone."""

    name: ClassVar[str] = RETIRING
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "token_bound_cidrs": Attribute(
            "From where it may log in; none: from anywhere. Nobody comes from 255.255.255.255."
        ),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """One login."""
        found = login(client, key)
        return live(client, found) if found is not None else None

    def create(self, client: VaultClient, desired: Resource) -> None:  # noqa: ARG002
        """Never: what was deleted can't be brought back."""
        raise Rejected(f"{desired.address.key} is gone, and can't be made again as it was")

    def update(self, client: VaultClient, before: Live, desired: Resource) -> None:
        """Bind it to other addresses, and nothing else of it: a POST leaves what it doesn't name."""
        found = _there(client, before)
        bound = {field: texts(desired.attributes, field) for field in found.bound}
        if all(addresses == [NOBODY] for addresses in bound.values()):
            _unused(client, found)
        client.post(found.path, bound)

    def delete(self, client: VaultClient, before: Live) -> None:
        """Remove it, with its secrets."""
        if login(client, before.resource.address.key) is None:
            return
        found = _there(client, before)
        if not found.locked:
            raise Conflict(f"{found.principal} can log in again: somebody let it since the plan", help=_AGAIN)
        _unused(client, found)
        client.delete(found.path)


def _there(client: VaultClient, before: Live) -> Login:
    key = before.resource.address.key
    found = login(client, key)
    if found is None:
        raise Conflict(f"{key} has gone since it was read", help=_AGAIN)
    return found


def _unused(client: VaultClient, found: Login) -> None:
    uses = tokens(client, [found])
    if uses is None:
        raise Conflict(f"whether {found.principal} is in use can't be seen", help="let this run's login list tokens")
    busy = uses[found.whose]
    if busy:
        message = f"{found.principal} is in use: {'; '.join(use.who for use in busy[:5])}"
        raise Conflict(message, help="have whoever it is use what replaces it, end that token, then plan again")
