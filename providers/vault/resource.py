"""What all resource types share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from reconciler.model import Address, Live, Ownership, Resource, Value
from reconciler.provider import Conflict, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.vault.client import VaultClient  # imports the SDK

    Base: TypeAlias = ResourceType[VaultClient]
else:
    Base = ResourceType


class VaultResource(Base):
    """A type whose objects are made only where there is none, or where there is one that is as wanted."""

    def address(self, client: VaultClient, key: str) -> Address:
        """The address of an object of this type."""
        return client.scope.address(self.name, key)

    def create(self, client: VaultClient, desired: Resource) -> None:
        """Make it. Raises Conflict if there is another one of this name."""
        existing = self.read(client, desired.address.key)
        if existing is None:
            self.write(client, desired, None)
        elif self.wanted(existing.resource) != dict(desired.attributes):
            raise Conflict(f"{desired.address} is there already, and differs", help="plan again")

    def update(self, client: VaultClient, before: Live, desired: Resource) -> None:
        """Write every attribute, because POST merges."""
        self.write(client, desired, before)

    @abstractmethod
    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:
        """Write every attribute; ``before`` is the object that is replaced."""

    def wanted(self, resource: Resource) -> dict[str, Value]:
        """The attributes that a spec decides."""
        return {name: value for name, value in resource.attributes.items() if not self.attributes[name].computed}


def text(values: Mapping[str, Any], name: str) -> str:
    """A text attribute, empty if it isn't there."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def texts(values: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts, empty if it isn't there."""
    value = values.get(name)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


def one_text(items: list[str]) -> str | list[str]:
    """A list for the wire as one text: OpenBao refuses a request with more than 1,000 texts in it."""
    return items if not items or any("," in item for item in items) else ",".join(items)


def keys(listed: Mapping[str, Any] | None) -> list[str]:
    """Names of a list; folders, which end in a slash, are none of ours."""
    names = (listed or {}).get("keys") or []
    return [str(name) for name in names if not str(name).endswith("/")]


def infos(listed: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """What a list says of each of its keys. Raises Rejected where it says nothing of one: that is no empty list."""
    names, found = keys(listed), (listed or {}).get("key_info") or {}
    if missing := [name for name in names if not isinstance(found.get(name), Mapping)]:
        raise Rejected(f"a list names {missing[0]} and doesn't say what it is", help="check the server and any proxy")
    return {name: found[name] for name in names}


def within(container: tuple[Ownership, str]) -> tuple[Ownership, str]:
    """The ownership of what lies in a container: the container's."""
    ownership, note = container
    return ownership, f"its auth mount is somebody else's: {note}" if note else ""
