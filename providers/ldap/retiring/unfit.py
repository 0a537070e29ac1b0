"""Principals that can't be retired, by the specs alone."""

from __future__ import annotations

from collections.abc import Iterator

from providers.ldap.dn import BadDn, normal
from providers.ldap.settings import LdapSettings
from reconciler.provider import Retiring, Unfit


def unfit(settings: LdapSettings, retiring: Retiring) -> Iterator[Unfit]:
    """What is no DN, an agent's account, and what the settings name; and nobody owns anything here."""
    try:
        dn = normal(retiring.principal)
    except BadDn as wrong:
        dn = ""
        why = f"{retiring.principal} is no DN: {wrong}"
        yield Unfit("principal", why, "write the account's DN, such as uid=svc-wiki,ou=people,dc=example,dc=com")
    if settings.is_agents(dn):
        message = f"{dn} is an agent's account: its memberships are Writ's already"
        yield Unfit("principal", message, "take the intent from the agent, or name another account")
    elif dn in {settings.base, settings.accounts, settings.placeholder} or settings.is_ours(dn):
        yield Unfit("principal", f"{dn} is no account: this system's settings name it", "name the account's DN")
    if retiring.heir:
        yield Unfit("reassign_owned_to", "nobody owns anything in a directory", "leave it out")
