"""A role that is a member of another: declared for the minting login only; any other one is an escalation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.postgres import catalog
from providers.postgres.catalog import Member
from providers.postgres.keys import MembershipKey
from providers.postgres.live import membership_live, memberships
from providers.postgres.names import MEMBERSHIP, Ident, Words
from reconciler.model import Live, Resource, Value
from reconciler.provider import Attribute, Conflict, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient  # imports the driver

    Base: TypeAlias = ResourceType[PostgresClient]
else:
    Base = ResourceType

_OPTIONS: Mapping[str, tuple[str, str]] = {
    "with_admin_option": ("ADMIN", "admin"),
    "with_inherit_option": ("INHERIT", "inherit"),
    "with_set_option": ("SET", "set_role"),
}
"""Attribute → keyword (all three from version 16 on) and field of Member."""


class MembershipType(Base):
    """Key: ``member->group`` (providers.postgres.keys.MembershipKey)."""

    name: ClassVar[str] = MEMBERSHIP
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "role": Attribute("The member.", replaces=True),
        "grant_role": Attribute("The role that it is a member of.", replaces=True),
        "with_admin_option": Attribute("Whether the member may put others in."),
        "with_inherit_option": Attribute("Whether the member has the group's privileges at once (16 and later)."),
        "with_set_option": Attribute("Whether the member may SET ROLE to the group (16 and later)."),
    }

    def read(self, client: PostgresClient, key: str) -> Live | None:
        """One membership."""
        parsed = MembershipKey.parse(key)
        parts = _parts(client, parsed) if parsed is not None else []
        if parsed is None or not parts:
            return None
        prefix = client.scope.settings.role_prefix
        managed = catalog.roles(client, [name for name in parsed if name.startswith(prefix)])
        return membership_live(client, parsed, parts, managed)

    def create(self, client: PostgresClient, desired: Resource) -> None:
        """Grant it. Refuses if the member is one with other options."""
        key = _key(desired.address.key)
        with client.transaction():
            found = self.read(client, desired.address.key)
            if found is None:
                _grant(client, key, desired.attributes)
            elif _differing(found.resource.attributes, desired.attributes):
                raise Conflict(f"{desired.address.key} was granted otherwise since the plan", help="plan again")

    def update(self, client: PostgresClient, before: Live, desired: Resource) -> None:  # noqa: ARG002 - from what is now
        """Take the options that are too much from every grantor, and grant what is missing.

        Memberships that the member itself granted stay, unless its ADMIN option goes.
        """
        key = _key(desired.address.key)
        with client.transaction():
            for part in _parts(client, key):
                _take(client, key, part, desired.attributes)
            found = self.read(client, desired.address.key)
            if found is None or _differing(found.resource.attributes, desired.attributes):
                _grant(client, key, desired.attributes)

    def delete(self, client: PostgresClient, before: Live) -> None:
        """Revoke it from every grantor, with the memberships that the member granted."""
        key = _key(before.resource.address.key)
        with client.transaction():
            for part in _parts(client, key):
                _revoke(client, key, part)


def _key(text: str) -> MembershipKey:
    key = MembershipKey.parse(text)
    if key is None:
        raise Rejected(f"{text} names no membership")
    return key


def _parts(client: PostgresClient, key: MembershipKey) -> Sequence[Member]:
    oids = [role.oid for role in catalog.roles(client, [key.member])]
    return memberships(client, catalog.members(client, oids)).get(key, [])


def _differing(now: Mapping[str, Value], wanted: Mapping[str, Value]) -> list[str]:
    return [name for name in _OPTIONS if name in now and name in wanted and now[name] != wanted[name]]


def _grant(client: PostgresClient, key: MembershipKey, wanted: Mapping[str, Value]) -> None:
    if client.version >= 160000:
        words = ", ".join(f"{keyword} {wanted[name]}".upper() for name, (keyword, _) in _OPTIONS.items())
        options = f" WITH {words}"
    else:
        options = " WITH ADMIN OPTION" if wanted["with_admin_option"] else ""
    client.run(
        "GRANT {group} TO {member}{options}",
        group=Ident.of(key.group),
        member=Ident.of(key.member),
        options=Words(options),
    )


def _take(client: PostgresClient, key: MembershipKey, part: Member, wanted: Mapping[str, Value]) -> None:
    for name, (keyword, field) in _OPTIONS.items():
        if getattr(part, field) and not wanted.get(name, True):
            _revoke(client, key, part, f"{keyword} OPTION FOR ")


def _revoke(client: PostgresClient, key: MembershipKey, part: Member, option: str = "") -> None:
    by = Ident.of(part.grantor) if client.version >= 160000 and part.grantor else None
    client.run(
        "REVOKE {option}{group} FROM {member}{by}{grantor} CASCADE",
        option=Words(option),
        group=Ident.of(key.group),
        member=Ident.of(key.member),
        by=Words(" GRANTED BY " if by else ""),
        grantor=by or Words(""),
    )
