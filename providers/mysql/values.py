"""The attributes of each kind of object, in the form in which they are wanted and read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from providers.mysql.keys import GrantKey, MembershipKey
from reconciler.model import Value


def role_values(marker: str) -> dict[str, Value]:
    """A role. ``marker``: the role that says whose it is; empty where there is none."""
    return {"marker": marker}


def grant_values(key: GrantKey, privileges: Iterable[str], *, grant_option: bool = False) -> dict[str, Value]:
    """One role's privileges on one object."""
    return {
        "role": key.role,
        "object_type": str(key.kind),
        "database": key.database,
        "object": key.name,
        "column": key.column,
        "privileges": sorted(privileges),
        "with_grant_option": grant_option,
    }


def membership_values(key: MembershipKey, *, admin: bool) -> dict[str, Value]:
    """Who has a role."""
    return {"member": str(key.member), "role": key.role, "with_admin_option": admin}


def privileges_of(values: Mapping[str, Value]) -> list[str]:
    """A grant's; a list that came out of a saved plan may be a tuple."""
    found = values.get("privileges")
    return [str(one) for one in found] if isinstance(found, list | tuple) else []
