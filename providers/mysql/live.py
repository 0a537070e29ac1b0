"""Rows of the catalogue as objects, in the form in which they are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from providers.mysql.catalog import Member, is_bare
from providers.mysql.keys import GrantKey, MembershipKey
from providers.mysql.marker import marker_of, marker_role, owner
from providers.mysql.names import GRANT, MEMBERSHIP, NAMESAKE_GRANT, PUBLIC_GRANT, ROLE
from providers.mysql.privileges import split
from providers.mysql.values import grant_values, membership_values, role_values
from reconciler.model import Live, Ownership, Resource, Value

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient


def role_live(client: MysqlClient, name: str, groups: Iterable[str], *, in_scope: bool) -> Live:
    """A role. The marker that it is a member of says whose it is; a marker says it by its own name."""
    marker = marker_of(client.scope, groups)
    ownership, note = owner(client.scope, name, marker)
    if ownership is Ownership.FOREIGN and in_scope and is_bare(client, name):
        ownership, note = Ownership.UNMARKED, ""  # a run that was cut off between making and marking it
    ours = marker_role(client.scope)
    needs = (client.address(ROLE, ours),) if marker == ours else ()
    return Live(
        Resource(client.address(ROLE, name), role_values(marker)), ownership, needs, note=note, in_scope=in_scope
    )


def grant_live(client: MysqlClient, key: GrantKey, privileges: Iterable[str], role: Live) -> Live:
    """What a role holds on one object. It has no room for a marker: it is ours, or somebody else's, as the role is."""
    names, option = split(privileges)
    resource = Resource(client.address(GRANT, str(key)), grant_values(key, names, grant_option=option))
    return Live(resource, _held(role), (role.resource.address,), note=_note(role), in_scope=role.in_scope)


def membership_live(client: MysqlClient, member: Member, roles: Mapping[str, Live]) -> Live:
    """Who has a role. Between one of ours and another's it is ours to end."""
    key = MembershipKey(member.account, member.role)
    both = [roles[name] for name in (member.role, *_as_role(member)) if name in roles]
    resource = Resource(client.address(MEMBERSHIP, str(key)), membership_values(key, admin=member.admin))
    needs = tuple(one.resource.address for one in both)
    told = next((one for one in both if _held(one) is Ownership.UNMARKED), both[0])
    return Live(resource, _held(told), needs, note=_note(told), in_scope=any(one.in_scope for one in both))


def _as_role(member: Member) -> tuple[str, ...]:
    return () if member.account.host else (member.account.user,)


def public_grant(client: MysqlClient, key: GrantKey, privileges: Iterable[str]) -> Resource:
    """What everybody may."""
    return Resource(client.address(PUBLIC_GRANT, key.everybodys), _held_values(privileges))


def namesake_grant(client: MysqlClient, key: GrantKey, privileges: Iterable[str]) -> Resource:
    """What a role may because a user that is called so may."""
    return Resource(client.address(NAMESAKE_GRANT, str(key)), _held_values(privileges))


def _held_values(privileges: Iterable[str]) -> dict[str, Value]:
    names, option = split(privileges)
    return {"privileges": names, "with_grant_option": option}


def _held(role: Live) -> Ownership:
    return Ownership.UNMARKED if role.ownership is Ownership.OURS else role.ownership


def _note(role: Live) -> str:
    return f"its role is somebody else's: {role.note}" if role.note else ""
