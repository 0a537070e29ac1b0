"""Accounts in the words of the specs, by the groups that they are in and the ends that are noted there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from providers.ldap.access import LdapAccess
from providers.ldap.directory import read_accounts, read_groups
from providers.ldap.dn import parse
from providers.ldap.keys import is_dn
from providers.ldap.moments import is_over
from providers.ldap.placeholder import placeholder_of
from providers.ldap.settings import LdapSettings
from reconciler.model import Importable, Lacking, Said
from reconciler.provider.wording import NO_WORKLOAD, refusal

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient

_ACCOUNT = "ldap_account"
_END_HELP = "note its end in the group's description (expires=…; member=…), then import again"


def importable(client: LdapClient) -> Iterator[Importable]:
    """Whoever is in a group himself; not the groups that are in groups."""
    groups, placeholder = read_groups(client), placeholder_of(client)
    accounts = read_accounts(client)
    within: dict[str, dict[str, str]] = {}
    for group in groups.values():
        for member, found in group.members(accounts, placeholder).items():
            if member not in groups:
                within.setdefault(member, {})[group.dn] = found.expires
    for member, ends in sorted(within.items()):
        yield _one(client, member, ends)


def _one(client: LdapClient, member: str, ends: Mapping[str, str]) -> Importable:
    settings = client.settings
    blocks: dict[str, list[str]] = {}
    lacking: list[Lacking] = []
    for group, until in sorted(ends.items()):
        name = _group(settings, group)
        wrong = _unsayable(name, until)
        if wrong is not None:
            lacking.append(wrong)
        else:
            blocks.setdefault(until, []).append(name)
    access: tuple[dict[str, Any], ...] = tuple({"groups": names, "until": until} for until, names in blocks.items())
    agent = _agent(settings, member)
    first = next((name for names in blocks.values() for name in names), "")
    return Importable(
        client.scope.address(_ACCOUNT, member),
        "account",
        agent or member,
        access,
        topic=f"{parse(first)[0][0][1] if '=' in first else first}.member" if first else "",
        said=Said(agent),
        lacking=tuple(lacking) if agent else (NO_WORKLOAD, *lacking),
    )


def _unsayable(group: str, until: str) -> Lacking | None:
    if not until:
        return Lacking(f"it is in {group} without an end, and an intent's membership has one", _END_HELP)
    if is_over(until, datetime.now(UTC)):
        return Lacking(f"it is in {group}, which ended at {until}", "take it out there, or apply, which does")
    return refusal(LdapAccess, {"groups": [group], "until": until}, group)


def _group(settings: LdapSettings, dn: str) -> str:
    """By its name directly below the base, else by its DN."""
    first, *above = parse(dn)
    kind, name = first[0]
    plain = tuple(above) == parse(settings.base) and len(first) == 1 and kind == "cn" and "=" not in name
    return name if plain and settings.group(name) == dn else dn


def _agent(settings: LdapSettings, member: str) -> str:
    """The agent's name that an account of the agents' stands for; empty for any other."""
    if not is_dn(member):
        return ""
    name = parse(member)[0][0][1]
    return name if settings.account(name) == member else ""
