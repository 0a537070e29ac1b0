"""The member of a group that has none. It is nobody, as long as no entry has its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.ldap.errors import Referred

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient


def placeholder_of(client: LdapClient) -> str:
    """Its DN; empty where there is such an entry, for then whoever logs in as it is a member like any other."""
    dn: str = client.settings.placeholder
    try:
        found = client.entry(dn, ["objectClass"])
    except Referred:  # nothing here has that name
        return dn
    return dn if found is None else ""
