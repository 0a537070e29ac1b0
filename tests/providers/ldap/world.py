"""Specs to memberships without a server, and with one: a scope of its own in a shared directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.ldap.access import LdapAccess
from providers.ldap.keys import MembershipKey
from providers.ldap.names import GROUP, MEMBERSHIP
from providers.ldap.provider import LdapProvider
from providers.ldap.settings import LdapSettings
from reconciler.model import Address, Resource
from reconciler.provider import AgentRef, Demand, IntentRef, Lowering, Pair, PairDemand, Scope
from specs.source import Located, SourceSpan

SYSTEM = "directory"
PROVIDER = LdapProvider()
ROOT = "dc=example,dc=com"
BASE, ACCOUNTS = f"ou=groups,{ROOT}", f"ou=agents,{ROOT}"
LATER = "2099-06-30"
END = "2099-07-01T00:00:00Z"


class Nowhere:
    def span(self, path: tuple[str | int, ...]) -> SourceSpan:
        return SourceSpan("a.yaml", 1, 1)


def settings(**more: Any) -> LdapSettings:
    return LdapSettings.model_validate({"base": BASE, "accounts": ACCOUNTS, **more})


def scope_of(found: LdapSettings | None = None, environment: str = "test") -> Scope[LdapSettings]:
    return Scope(environment, SYSTEM, found or settings())


def pair(agent: str = "bot", intent: str = "wiki.edit", ttl: int = 600) -> Pair:
    who = AgentRef(agent, f"team-{agent}@example.com", "Answers", "cluster", f"sa:{agent}")
    return Pair(who, IntentRef(intent, "why", "low", "internal"), ttl)


def access(*groups: str, until: str = LATER) -> LdapAccess:
    return LdapAccess.model_validate({"groups": list(groups), "until": until})


def demand(*asked: tuple[Pair, Sequence[LdapAccess]]) -> Demand[LdapAccess]:
    return Demand((), tuple(PairDemand(who, tuple(Located(one, Nowhere()) for one in many)) for who, many in asked))


def lowered(scope: Scope[LdapSettings], *asked: LdapAccess, who: Pair | None = None) -> Lowering:
    return PROVIDER.lower(scope, demand((who or pair(), asked)))


def account(name: str = "bot") -> str:
    return f"uid={name},{ACCOUNTS}"


def group(name: str) -> str:
    return f"cn={name},{BASE}"


def membership(member: str, into: str) -> Address:
    return Address(SYSTEM, MEMBERSHIP, str(MembershipKey(member, into)))


def is_in(member: str, into: str, expires: str = END) -> Resource:
    return Resource(membership(member, into), {"group": into, "member": member, "expires": expires})


def group_at(dn: str) -> Address:
    return Address(SYSTEM, GROUP, dn)


def known(*resources: Resource) -> Mapping[Address, Resource]:
    return {one.address: one for one in resources}
