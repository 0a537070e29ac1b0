"""What isn't ours and bears on what our memberships come to."""

from __future__ import annotations

from collections.abc import Iterable

from providers.ldap.keys import MembershipKey
from providers.ldap.names import NESTING, PRIMARY
from providers.ldap.settings import LdapSettings
from reconciler.model import Resource
from reconciler.provider import Scope


def nesting(scope: Scope[LdapSettings], group: str, above: Iterable[str]) -> Resource:
    """The groups that a group of somebody else's is in, by membership that isn't in the scope."""
    return Resource(scope.address(NESTING, group), {"groups": sorted(above)})


def primary_group(scope: Scope[LdapSettings], account: str, group: str) -> Resource:
    """The POSIX group that an account is in by its own gidNumber."""
    key = MembershipKey(account, group)
    return Resource(scope.address(PRIMARY, str(key)), {"group": group, "member": account})
