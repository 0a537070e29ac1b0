"""Rows of the catalogue as objects, in the form in which they are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from providers.postgres.byhand import by_hand, owned
from providers.postgres.catalog import BOOTSTRAP, Default, Dependency, Holding, Member, Role
from providers.postgres.keys import DefaultKey, DependencyKey, GrantKey, MembershipKey
from providers.postgres.lease import owner
from providers.postgres.names import DEFAULT_PRIVILEGES, DEPENDENCY, GRANT, MEMBERSHIP, ROLE
from providers.postgres.privileges import Kind, live_form
from providers.postgres.values import ROLE_FLAGS, grant_values, membership_values
from reconciler.model import Address, Live, Ownership, Resource, Value

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

DEFAULT_KINDS: Mapping[str, str] = {
    "r": "table",
    "S": "sequence",
    "f": "function",
    "T": "type",
    "n": "schema",
    "L": "large_object",
}
"""pg_default_acl.defaclobjtype."""
_RELATIONS = {"o": "owner", "r": "policy"}
"""pg_shdepend.deptype, in this database."""


def role_live(client: PostgresClient, role: Role, *, in_scope: bool = True) -> Live:
    """A role. Its comment says whose it is."""
    flags: dict[str, Value] = {name: getattr(role, name) for name in ROLE_FLAGS}
    values: dict[str, Value] = {
        **flags,
        "connection_limit": role.connection_limit,
        "valid_until": role.valid_until,
        "config": list(role.config),
        "comment": role.comment,
    }
    if role.has_password is not None:
        values["has_password"] = role.has_password
    ownership, note = owner(role.comment, client.scope)
    resource = Resource(client.address(ROLE, role.name), values)
    return Live(resource, ownership, note=note, in_scope=in_scope, native_id=str(role.oid))


def _of(client: PostgresClient, role: Role, address: Address, values: Mapping[str, Value]) -> Live:
    """What a role has or is named by. It has no room for a marker: it is ours, or somebody else's, as the role is."""
    ownership, note = owner(role.comment, client.scope)
    return Live(
        Resource(address, values),
        Ownership.UNMARKED if ownership is Ownership.OURS else ownership,
        (client.address(ROLE, role.name),),
        note=f"its role is somebody else's: {note}" if note else "",
        native_id=str(role.oid),
    )


def grant_live(
    client: PostgresClient, key: GrantKey, found: Iterable[Holding], regranted: Sequence[str], role: Role
) -> Live:
    """A grant: what a role holds on one object, from whomever.

    An owner's own entries are no grant: that it owns the object is a dependency, and here its privileges are left out.
    """
    holdings = list(found)
    privileges = {privilege for one in holdings for privilege in one.privileges}
    values = grant_values(
        key,
        live_form(Kind(key.kind), privileges, client.table_privileges),
        client.database,
        grant_option=any(one.grantable for one in holdings),
        granted_by=sorted({one.grantor for one in holdings if one.by_ours}),
        regranted_to=sorted(regranted),
    )
    live = _of(client, role, client.address(GRANT, str(key)), values)
    if not any(one.own for one in holdings):
        return live
    del values["privileges"]
    return replace(live, by_hand=owned(key))


def grants_live(client: PostgresClient, found: Iterable[Holding], roles: Mapping[int, Role]) -> list[Live]:
    """All grants to these roles (by oid), and what they passed on.

    Who may pass on a table's privilege may do so for a column: that shows with the table. What is left of something
    passed on by a role that no longer holds anything there is a grant without privileges.
    """
    held: dict[GrantKey, list[Holding]] = {}
    passed: list[tuple[GrantKey, str]] = []
    for one in found:
        if one.grantee_oid in roles:
            held.setdefault(one.key, []).append(one)
        if one.grantor_oid in roles and not one.by_owner:
            passed.append((one.key_of(roles[one.grantor_oid].name), one.grantee))
    regranted: dict[GrantKey, set[str]] = {}
    for key, grantee in passed:
        of_table = key._replace(kind=Kind.TABLE, column="")
        by = of_table if key.kind == Kind.COLUMN and key not in held and of_table in held else key
        regranted.setdefault(by, set()).add(grantee)
    keys = dict.fromkeys((*held, *regranted))
    named = {role.name: role for role in roles.values()}
    return [grant_live(client, key, held.get(key, ()), sorted(regranted.get(key, ())), named[key.role]) for key in keys]


def one_grant(client: PostgresClient, key: GrantKey, role: Role, found: Sequence[Holding]) -> Live | None:
    """One grant out of what is known of its object."""
    address = client.address(GRANT, str(key))
    rows = grants_live(client, found, {role.oid: role})
    return next((live for live in rows if live.resource.address == address), None)


def is_implicit(client: PostgresClient, member: Member) -> bool:
    """Whether the server made it: from 16 on, a role's creator gets ADMIN on it from the bootstrap superuser.

    That of whoever plans, and of the operator that the settings name. The minter's is declared, so it always counts.
    """
    settings = client.scope.settings
    return (
        member.grantor_oid == BOOTSTRAP
        and member.member in {client.user, settings.operator} - {settings.minter}
        and (member.admin, member.inherit, member.set_role) == (True, False, False)
    )


def membership_live(
    client: PostgresClient, key: MembershipKey, parts: Sequence[Member], managed: Iterable[Role]
) -> Live:
    """A membership, whoever granted it. Between one of ours and another's it is ours to end."""
    known = parts[0].inherit is not None
    values = membership_values(
        key.member,
        key.group,
        admin=any(one.admin for one in parts),
        inherit=any(one.inherit for one in parts) if known else None,
        set_role=any(one.set_role for one in parts) if known else None,
    )
    named = {role.name: role for role in managed}
    roles = [named[name] for name in (key.group, key.member) if name in named]
    address = client.address(MEMBERSHIP, str(key))
    needs = tuple(client.address(ROLE, role.name) for role in roles)
    owners = [owner(role.comment, client.scope) for role in roles]
    if not roles or any(ownership is Ownership.OURS for ownership, _ in owners):
        return Live(Resource(address, values), Ownership.UNMARKED, needs)
    return replace(_of(client, roles[0], address, values), depends_on=needs)


def memberships(client: PostgresClient, found: Iterable[Member]) -> dict[MembershipKey, list[Member]]:
    """Memberships by member and group, without those that the server made for us."""
    grouped: dict[MembershipKey, list[Member]] = {}
    for one in found:
        if not is_implicit(client, one):
            grouped.setdefault(MembershipKey(one.member, one.group), []).append(one)
    return grouped


def default_live(client: PostgresClient, found: Default, role: Role) -> Live:
    """What a role would get on objects that another one makes."""
    key = DefaultKey(found.role, found.owner, found.schema, DEFAULT_KINDS.get(found.kind, found.kind))
    values: dict[str, Value] = {
        "role": found.role,
        "owner": found.owner,
        "database": client.database,
        "schema": found.schema,
        "object_type": key.kind,
        "privileges": list(found.privileges),
        "with_grant_option": found.grantable,
    }
    return _of(client, role, client.address(DEFAULT_PRIVILEGES, str(key)), values)


def dependency_live(client: PostgresClient, found: Dependency, role: Role) -> Live:
    """Something else that names a role, so that it can't be dropped."""
    relation = "database" if found.elsewhere else _RELATIONS.get(found.kind, "privilege")
    described = found.database if found.elsewhere else found.description
    values: dict[str, Value] = {
        "role": found.role,
        "relation": relation,
        "database": found.database or client.database,
        "object": found.description,
        "count": found.number,
    }
    address = client.address(DEPENDENCY, str(DependencyKey(found.role, relation, described)))
    return replace(_of(client, role, address, values), by_hand=by_hand(client, role, found))
