"""What bears on managed roles and is no object of theirs: what everybody may, and the catalogue of all the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from providers.postgres.effective.catalogue import AclItem, Catalogue, Column, DefaultAcl, ObjectAcl
from providers.postgres.keys import GrantKey, MembershipKey
from providers.postgres.names import DEFAULT_PRIVILEGES, GRANT, MEMBERSHIP, ROLE
from reconciler.model import Address, Resource

NOBODY = "\0"
"""An owner that isn't known, or is one of ours: what ours own is told apart. No role can have this name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Of one database, as it was read."""

    version: int = 0
    """``server_version_num``."""
    database: str = ""
    public: Mapping[GrantKey, frozenset[str]] = field(default_factory=dict)
    """What PUBLIC may, by object; keys name no role."""
    others: Catalogue | None = None
    """All of the catalogue: read only where a managed role is a member of one that isn't."""

    def beside(self, *sides: Mapping[Address, Resource]) -> Surroundings:
        """Without whatever the objects of any side speak of themselves.

        The catalogue is as it is live. Of a role that only one side has, the other must not find the live grants here.
        """
        if self.others is None:
            return self
        addresses = {address for side in sides for address in side}
        roles = {address.key for address in addresses if address.type == ROLE}
        holders = {
            str(one.attributes["role"])
            for side in sides
            for address, one in side.items()
            if address.type in (GRANT, DEFAULT_PRIVILEGES)
        }
        edges = {MembershipKey.parse(address.key) for address in addresses if address.type == MEMBERSHIP}
        return replace(self, others=_apart(self.others, roles, roles | holders, edges))


def _apart(whole: Catalogue, roles: Collection[str], holders: Collection[str], edges: Collection[object]) -> Catalogue:
    return replace(
        whole,
        database_owner="" if whole.database_owner in holders else whole.database_owner,
        roles=frozenset(one for one in whole.roles if one.name not in roles),
        memberships=frozenset(
            one
            for one in whole.memberships
            if one.member not in roles and MembershipKey(one.member, one.group) not in edges
        ),
        objects=frozenset(_without(one, holders) for one in whole.objects),
        defaults=frozenset(DefaultAcl(d.owner, d.schema, d.kind, _others(d.acl, holders)) for d in whole.defaults),
    )


def _without(one: ObjectAcl, holders: Collection[str]) -> ObjectAcl:
    acl, owner = _others(one.acl, holders), NOBODY if one.owner in holders else one.owner
    columns = frozenset(Column(column.name, _others(column.acl, holders)) for column in one.columns)
    if (owner, columns) == (one.owner, one.columns) and acl is one.acl:
        return one  # as nearly all are
    return replace(one, owner=owner, acl=acl, columns=columns)


def _others(acl: frozenset[AclItem], holders: Collection[str]) -> frozenset[AclItem]:
    theirs = {item for item in acl if item.grantee in holders}
    return acl - theirs if theirs else acl
