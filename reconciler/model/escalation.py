"""Escalation: what somebody holds, the steps by which they come to more, and the paths that these make."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.access import Mover
from reconciler.model.address import Address


class Kind(StrEnum):
    """What a spot is."""

    PRINCIPAL = "principal"
    """An object that stands for a principal; its name is the address's key."""
    EVERYBODY = "everybody"
    """Whoever holds it may be any principal of the system."""
    MINTER = "minter"
    """The login with which another system makes logins here: its name is empty."""
    ADMINISTRATOR = "administrator"
    """Everything in the system."""
    ABILITY = "ability"
    """A right that opens nothing alone; its name is the provider's."""
    CRITICAL = "critical"
    """What the Environment says is critical; its name is its number there."""


class Meeting(StrEnum):
    """What one system tells another of whoever logs in: where steps of two systems meet."""

    GROUP = "member of the directory's group"
    ACCOUNT = "the directory's account"
    AWS_ROLE = "the AWS role"
    ENGINE = "the identity that Vault's aws engine has in AWS"
    STORED = "secrets that are stored in AWS"
    DATABASE_USER = "the user, by IAM, of a database on RDS:"
    MASTER = "the master user of a database on RDS"
    UNSEAL = "the key with which AWS unseals a server, and its storage"


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Something that can be held, in one system."""

    kind: Kind
    system: str
    name: str = ""

    @classmethod
    def of(cls, address: Address) -> Spot:
        """The principal that an object stands for."""
        return cls(Kind.PRINCIPAL, address.system, address.key)

    @classmethod
    def meeting(cls, what: Meeting, name: str = "") -> Spot:
        """An ability that no system has for itself: both know the name, which is compared without case."""
        return cls(Kind.ABILITY, "", f"{what} {name.lower()}".rstrip())


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of a catalogue of escalations."""

    id: str
    needs: str
    """Which privileges together, for people."""
    gives: str
    source: str
    """Where the mechanism is documented, or who described it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Whoever holds all of ``needs`` comes to ``gives``."""

    needs: tuple[Spot, ...]
    gives: Spot
    how: str
    """The request, or what else brings it, for people: ``update sys/policies/acl/x``."""
    rule: str = ""
    """The catalogue's id. Empty: access as it is meant."""
    certain: bool = True
    """False where it hangs on something that wasn't read, or isn't modelled."""
    note: str = ""
    """On what it hangs."""
    by: tuple[Address, ...] = ()
    """Objects without any of which it isn't there: a policy, and what gives it."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a path, in words."""

    how: str
    gives: str
    rule: str
    certain: bool
    note: str
    by: tuple[str, ...]
    """Addresses."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """A path that wasn't there before, from an agent or a principal that nobody declares."""

    mover: Mover
    source: str
    agent: str
    """Empty for a principal that no spec declares."""
    target: str
    certain: bool
    links: tuple[Link, ...]
    opened_by: tuple[str, ...]
    """What changed of what the path stands on: addresses."""
    closed_by: tuple[str, ...]
    """Each alone closes it, and every other way to the target; addresses. Empty: no single one does."""
    stays: bool = True
    """False for what was opened outside, and applying closes again."""
