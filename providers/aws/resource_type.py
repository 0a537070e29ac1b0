"""What the resource types of IAM share: reads that wait for one's own writes, creates that never take over."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from providers.aws.errors import AlreadyExists, NoSuchEntity
from providers.aws.values import holds, plain
from reconciler.model import Live, Resource, Value
from reconciler.provider import Conflict, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.aws.client import AwsClient


class IamType(ResourceType["AwsClient"]):
    """A kind of IAM object."""

    @abstractmethod
    def read_once(self, client: AwsClient, key: str) -> Live | None:
        """The object as IAM shows it now. Raises NoSuchEntity or returns None where it isn't there."""

    @abstractmethod
    def guard(self, client: AwsClient, key: str, desired: Resource | None, *, new: bool = False) -> None:
        """Before every write: raises Rejected outside of the scope. ``desired`` is None where the object is to go."""

    @abstractmethod
    def make(self, client: AwsClient, desired: Resource) -> None:
        """The call that makes it. Raises AlreadyExists where IAM tells."""

    @abstractmethod
    def change(self, client: AwsClient, before: Mapping[str, Value], desired: Resource) -> None:
        """The calls that change what differs from ``before``."""

    @abstractmethod
    def remove(self, client: AwsClient, key: str) -> None:
        """The call that removes it. Raises NoSuchEntity where it is gone."""

    def read(self, client: AwsClient, key: str) -> Live | None:
        """One object, in the normal form of the bulk reading. Waits, with a bound, for this run's own writes."""
        return client.settling.read(self.name, key, lambda: self._found(client, key))

    def create(self, client: AwsClient, desired: Resource) -> None:
        """Make it. Raises Conflict where another of this name is there that differs."""
        self.guard(client, desired.address.key, desired, new=True)
        with client.settling.writing(desired.address, desired.attributes):
            try:
                self.make(client, desired)
                client.settling.born(desired.address)
            except AlreadyExists as taken:
                found = self._found(client, desired.address.key)
                if found is None or not holds(found.resource.attributes, desired.attributes):
                    raise _taken(desired, found) from taken

    def update(self, client: AwsClient, before: Live, desired: Resource) -> None:
        """Change what differs, in place."""
        client.territory.check_before(before)
        self.guard(client, desired.address.key, desired)
        with client.settling.writing(desired.address, desired.attributes):
            try:
                self.change(client, before.resource.attributes, desired)
            except NoSuchEntity as gone:
                raise Conflict(f"{desired.address} is gone", help="plan again") from gone

    def delete(self, client: AwsClient, before: Live) -> None:
        """Remove it; one that is gone already is no error."""
        address = before.resource.address
        client.territory.check_before(before)
        self.guard(client, address.key, None)
        with client.settling.writing(address, None):
            try:
                self.remove(client, address.key)
            except NoSuchEntity:
                return

    def _found(self, client: AwsClient, key: str) -> Live | None:
        try:
            return self.read_once(client, key)
        except NoSuchEntity:
            return None


def _taken(desired: Resource, found: Live | None) -> Conflict:
    """With whose it is, where it says so: another system of the same account may have made it in this very run."""
    whose = f": {found.note}" if found and found.note else ""
    return Conflict(f"{desired.address} exists already and differs{whose}", help="plan again")


def changed(before: Mapping[str, Value], desired: Resource, *names: str) -> bool:
    """Whether any of these attributes is to be changed."""
    wanted = desired.attributes
    return any(name in wanted and plain(before.get(name)) != plain(wanted[name]) for name in names)


def text(attributes: Mapping[str, Value], name: str) -> str:
    """A text attribute."""
    value = attributes[name]
    if not isinstance(value, str):
        raise Rejected(f"{name} must be text")
    return value


def fields(attributes: Mapping[str, Value], name: str) -> dict[str, str]:
    """A mapping attribute of texts (tags)."""
    value = attributes[name]
    if not isinstance(value, Mapping):
        raise Rejected(f"{name} must be a mapping")
    return {key: str(item) for key, item in value.items()}


def texts(attributes: Mapping[str, Value], name: str) -> list[str]:
    """A list attribute of texts."""
    value = attributes.get(name) or ()
    if isinstance(value, str | Mapping | int):
        raise Rejected(f"{name} must be a list")
    return [str(item) for item in value]
