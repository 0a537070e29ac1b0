"""The attributes of each kind of object, in the form in which they are wanted and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from providers.postgres.keys import GrantKey
from providers.postgres.names import quoted
from providers.postgres.privileges import Kind
from reconciler.model import Value

ROLE_FLAGS: Mapping[str, str] = {
    "login": "LOGIN",
    "superuser": "SUPERUSER",
    "create_database": "CREATEDB",
    "create_role": "CREATEROLE",
    "inherit": "INHERIT",
    "replication": "REPLICATION",
    "bypass_row_level_security": "BYPASSRLS",
}
"""Attribute → its SQL keyword. A group role has none of them."""


def role_values(comment: str) -> dict[str, Value]:
    """A group role: nobody logs in with it, and it can do nothing by itself."""
    flags: dict[str, Value] = dict.fromkeys(ROLE_FLAGS, False)
    return {**flags, "connection_limit": -1, "valid_until": "", "config": [], "comment": comment, "has_password": False}


def grant_values(
    key: GrantKey,
    privileges: Sequence[str],
    database: str,
    *,
    grant_option: bool = False,
    granted_by: Sequence[str] = (),
    regranted_to: Sequence[str] = (),
) -> dict[str, Value]:
    """One role's privileges on one object, in the words of Terraform's postgresql_grant."""
    return {
        "role": key.role,
        "database": key.name if key.kind == Kind.DATABASE else database,
        "schema": key.name if key.kind == Kind.SCHEMA else key.schema,
        "object_type": str(key.kind),
        "objects": _objects(key),
        "columns": [key.column] if key.column else [],
        "privileges": list(privileges),
        "with_grant_option": grant_option,
        "granted_by": list(granted_by),
        "regranted_to": list(regranted_to),
    }


def _objects(key: GrantKey) -> list[str]:
    match key.kind:
        case Kind.DATABASE | Kind.SCHEMA:
            return []
        case Kind.FUNCTION:
            return [f"{quoted(key.name)}({key.arguments})"]
        case _:
            return [key.name]


def membership_values(
    member: str, group: str, *, admin: bool, inherit: bool | None, set_role: bool | None
) -> dict[str, Value]:
    """A membership. Servers before 16 don't know INHERIT and SET of a membership: None, and left out."""
    values: dict[str, Value] = {"role": member, "grant_role": group, "with_admin_option": admin}
    if inherit is not None:
        values["with_inherit_option"] = inherit
    if set_role is not None:
        values["with_set_option"] = set_role
    return values


def equal(left: Mapping[str, Value], right: Mapping[str, Value]) -> bool:
    """Whether attributes are the same; a list that came out of a saved plan may be a tuple."""
    return left.keys() == right.keys() and all(_plain(left[name]) == _plain(right[name]) for name in left)


def _plain(value: Value) -> Value:
    return list(value) if isinstance(value, tuple) else value
