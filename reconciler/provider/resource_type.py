"""What a provider says of one kind of native object."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from reconciler.model import Live, Resource
from reconciler.provider.attributes import Attribute

C = TypeVar("C")


class ResourceType(ABC, Generic[C]):
    """One kind of native object. All calls raise ProviderError and nothing else.

    Writes are idempotent in effect: creating what is there as wanted, and deleting what is gone, succeed.
    The engine reads back after every create and update, and compares.
    """

    name: ClassVar[str]
    """Terraform's name for it, where Terraform has it."""
    attributes: ClassVar[Mapping[str, Attribute]]
    """Every attribute of Resource.attributes, and no other."""
    borrowed: ClassVar[bool] = False
    """Somebody else's object that ours only need: deleting it here lets go of it, and it stays."""

    @abstractmethod
    def read(self, client: C, key: str) -> Live | None:
        """One object as it is now, in the same normal form as Provider.read; None if it isn't there."""

    @abstractmethod
    def create(self, client: C, desired: Resource) -> None:
        """Make it, with every attribute. Refuses (Conflict) to take over an object that differs."""

    @abstractmethod
    def update(self, client: C, before: Live, desired: Resource) -> None:
        """Make ``desired`` of ``before``, in place, by compare-and-set where the system has it."""

    @abstractmethod
    def delete(self, client: C, before: Live) -> None:
        """Remove it and nothing else."""
