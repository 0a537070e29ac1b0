"""Names of the resource types, and of what the schema calls groups (RFC 4519, RFC 2307)."""

from __future__ import annotations

from collections.abc import Mapping

GROUP = "ldap_group"
MEMBERSHIP = "ldap_group_membership"
ACCOUNT = "ldap_account"
"""Only told of, by an inventory: its key is its DN in normal form."""
RETIRING = "ldap_retiring_account"
"""An account that is to go: its key is its DN, as the specs write it."""
NESTING = "ldap_group_nesting"
"""Observed: the groups that a group of somebody else's is in."""
PRIMARY = "ldap_primary_group"
"""Observed: the POSIX group that an account is in by its own gidNumber."""

GROUP_OF_NAMES, GROUP_OF_UNIQUE_NAMES, POSIX_GROUP = "groupOfNames", "groupOfUniqueNames", "posixGroup"
BY_CLASS: Mapping[str, str] = {
    GROUP_OF_NAMES.lower(): "member",
    GROUP_OF_UNIQUE_NAMES.lower(): "uniqueMember",
    POSIX_GROUP.lower(): "memberUid",
}
"""Object class in lower case → the attribute that holds its members. The first that an entry has is written to."""
NEEDS_A_MEMBER = frozenset({"member", "uniqueMember"})
"""Attributes that their class demands: the last value can't be taken away."""
