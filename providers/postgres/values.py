"""The attributes of each kind of object, in the form in which they are wanted and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from providers.postgres.keys import GrantKey
from reconciler.model import Value

ROLE_FLAGS: Mapping[str, tuple[str, bool]] = {
    "login": ("LOGIN", False),
    "superuser": ("SUPERUSER", False),
    "create_database": ("CREATEDB", False),
    "create_role": ("CREATEROLE", False),
    "inherit": ("INHERIT", False),
    "replication": ("REPLICATION", False),
    "bypass_row_level_security": ("BYPASSRLS", False),
}
"""Attribute → its SQL keyword, and what a group role has."""


def role_values(comment: str) -> dict[str, Value]:
    """A group role: nobody logs in with it, and it can do nothing by itself."""
    flags: dict[str, Value] = {name: wanted for name, (_, wanted) in ROLE_FLAGS.items()}
    return {**flags, "connection_limit": -1, "valid_until": "", "config": [], "comment": comment}


def grant_values(
    key: GrantKey,
    privileges: Sequence[str],
    *,
    grant_option: bool = False,
    granted_by: Sequence[str] = (),
    regranted_to: Sequence[str] = (),
) -> dict[str, Value]:
    """One role's privileges on one object."""
    return {
        "role": key.role,
        "object_type": str(key.kind),
        "object": key.object,
        "privileges": list(privileges),
        "with_grant_option": grant_option,
        "granted_by": list(granted_by),
        "regranted_to": list(regranted_to),
    }


def membership_values(
    member: str, group: str, *, admin: bool, inherit: bool | None, set_role: bool | None
) -> dict[str, Value]:
    """A membership. Servers before 16 know neither INHERIT nor SET for each: None, and left out."""
    values: dict[str, Value] = {"role": member, "grant_role": group, "with_admin_option": admin}
    if inherit is not None:
        values["with_inherit_option"] = inherit
    if set_role is not None:
        values["with_set_option"] = set_role
    return values
