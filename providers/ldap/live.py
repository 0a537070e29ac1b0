"""Groups and memberships as objects, in the form in which they are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from providers.ldap.directory import Group, Member
from providers.ldap.keys import MembershipKey
from providers.ldap.moments import is_over
from providers.ldap.names import GROUP, MEMBERSHIP
from providers.ldap.settings import LdapSettings
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Scope, owner_by_text

_CLASSES = {"groupofnames": "groupOfNames", "groupofuniquenames": "groupOfUniqueNames", "posixgroup": "posixGroup"}


def group_values(object_class: str, description: Sequence[str]) -> dict[str, Value]:
    """A group's attributes."""
    return {"object_class": object_class, "description": list(description)}


def membership_values(key: MembershipKey, expires: str) -> dict[str, Value]:
    """A membership's attributes."""
    return {"group": key.group, "member": key.member, "expires": expires}


def group_live(scope: Scope[LdapSettings], group: Group) -> Live:
    """A group of ours by its place and name."""
    ownership, why = owner(scope, group)
    return Live(
        Resource(scope.address(GROUP, group.dn), group_values(_CLASSES[group.object_class], group.texts)),
        ownership,
        note=why,
        in_scope=scope.settings.is_ours(group.dn),
        native_id=group.uuid,
    )


def owner(scope: Scope[LdapSettings], group: Group) -> tuple[Ownership, str]:
    """Whose a group is, by the marker in its description."""
    found = [owner_by_text(text, scope) for text in group.texts] or [owner_by_text("", scope)]
    order = (Ownership.OURS, Ownership.OTHER, Ownership.FOREIGN)
    return min(found, key=lambda one: order.index(one[0]))


def membership_live(scope: Scope[LdapSettings], member: str, group: Group, found: Member) -> Live:
    """One membership. Where it has ended by its note, whoever wrote that, it is ours to remove.

    What hangs on a group of another environment is that one's.
    """
    settings, key = scope.settings, MembershipKey(member, group.dn)
    over = is_over(found.expires, datetime.now(UTC))
    whose, why = owner(scope, group) if settings.is_ours(group.dn) else (Ownership.UNMARKED, "")
    others = whose is Ownership.OTHER
    return Live(
        Resource(scope.address(MEMBERSHIP, str(key)), membership_values(key, found.expires)),
        Ownership.OTHER if others else Ownership.UNMARKED,
        depends_on=tuple(scope.address(GROUP, dn) for dn in (group.dn, member) if settings.is_ours(dn)),
        note=why if others else "",
        in_scope=over or settings.in_scope(member, group.dn),
        native_id=group.uuid,
        overdue=f"its note in {group.dn} ends it at {found.expires}" if over else "",
    )
