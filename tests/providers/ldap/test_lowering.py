"""Specs to groups and memberships, without a server."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.ldap.access import LdapAccess, LdapNever
from providers.ldap.connection import LdapConnection
from providers.ldap.settings import LdapSettings
from reconciler.model import Ownership
from reconciler.provider import owner_by_text
from specs import decode
from specs.source import Located
from tests.providers.ldap.world import (
    ACCOUNTS,
    BASE,
    END,
    PROVIDER,
    ROOT,
    Nowhere,
    access,
    account,
    demand,
    group,
    group_at,
    lowered,
    membership,
    pair,
    scope_of,
    settings,
)

SCOPE = scope_of()


def test_a_group_of_ours_is_made_and_the_account_is_put_in_until_the_end() -> None:
    found = lowered(SCOPE, access("Writ-Wiki  Editors"))
    ours, member = found.resources
    assert ours.resource.address == group_at(group("writ-wiki editors"))
    assert ours.resource.attributes["object_class"] == "groupOfNames"
    (text,) = list(ours.resource.attributes["description"])  # type: ignore[arg-type]
    assert owner_by_text(str(text), SCOPE)[0] is Ownership.OURS
    assert member.resource.address == membership(account(), group("writ-wiki editors"))
    assert member.resource.attributes["expires"] == END
    assert member.depends_on == (ours.resource.address,)
    assert (member.origin.agent, member.origin.intent) == ("bot", "wiki.edit")
    assert {one.until for one in found.resources} == {datetime(2099, 7, 1, tzinfo=UTC)}


def test_a_group_of_others_is_only_joined() -> None:
    (member,) = lowered(SCOPE, access("staff")).resources
    assert (member.resource.address, member.depends_on) == (membership(account(), group("staff")), ())
    (deep,) = lowered(SCOPE, access(f"cn=writ-x,ou=legacy,{BASE}")).resources
    assert deep.resource.address == membership(account(), f"cn=writ-x,ou=legacy,{BASE}")


def test_of_two_intents_that_name_one_group_the_later_end_counts() -> None:
    early, late = access("writ-a", until="2030-01-01"), access("writ-a", "writ-b", until="2031-01-01")
    asked = demand((pair(intent="one.do"), [early]), (pair(intent="two.do"), [late]), (pair("other"), [early]))
    found = {one.resource.address: one for one in PROVIDER.lower(SCOPE, asked).resources}
    mine = found[membership(account(), group("writ-a"))]
    assert (mine.resource.attributes["expires"], mine.origin.intent) == ("2031-01-02T00:00:00Z", "two.do")
    theirs = found[membership(account("other"), group("writ-a"))]
    assert theirs.resource.attributes["expires"] == "2030-01-02T00:00:00Z"
    assert found[group_at(group("writ-a"))].until == datetime(2031, 1, 2, tzinfo=UTC)
    assert len(found) == 5


@pytest.mark.parametrize("name", [f"cn=x,ou=other,{ROOT}", f"cn=x,{ACCOUNTS}", BASE])
def test_a_group_outside_the_scope_is_refused(name: str) -> None:
    found = lowered(SCOPE, access(name))
    assert found.resources == ()
    assert [one.code for one in found.diagnostics] == ["W441"]


def refused(model: Any, value: dict[str, Any]) -> list[str]:
    decoded, found = decode(model, Located(value, Nowhere()))
    assert decoded is None
    return [one.code for one in found]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"base": "groups"}, "W441"),
        ({"base": ""}, "W441"),
        ({"accounts": BASE}, "W440"),
        ({"base": f"ou=g,{ACCOUNTS}"}, "W440"),
        ({"group_prefix": ""}, "W440"),
        ({"group_prefix": "a*"}, "W440"),
        ({"account_attribute": "uid)("}, "W440"),
        ({"group_class": "posixGroup"}, "W104"),
        ({"placeholder": "nobody"}, "W441"),
    ],
)
def test_settings_that_cant_be(change: dict[str, Any], code: str) -> None:
    assert refused(LdapSettings, {"base": BASE, "accounts": ACCOUNTS} | change) == [code]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"groups": ["a"]}, "W101"),
        ({"groups": [], "until": "2030-01-01"}, "W105"),
        ({"groups": ["a"], "until": "soon"}, "W442"),
        ({"groups": [" "], "until": "2030-01-01"}, "W441"),
        ({"groups": ["a\tb\x00"], "until": "2030-01-01"}, "W441"),
        ({"groups": ["cn=a;b"], "until": "2030-01-01"}, "W441"),
    ],
)
def test_access_that_cant_be(value: dict[str, Any], code: str) -> None:
    assert refused(LdapAccess, value) == [code]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"url": "http://x"}, "W730"),
        ({"url": "ldap://"}, "W730"),
        ({"url": "ldap://x/dc=y"}, "W730"),
        ({"url": "ldapi://run"}, "W730"),
        ({"url": "ldaps://u:p@x"}, "W731"),
        ({"password": "x"}, "W731"),
        ({"bindPW": "x"}, "W731"),
        ({"password_env": "A", "password_file": "b"}, "W732"),
        ({"method": "external", "bind_dn": "cn=a"}, "W732"),
        ({"method": "external", "url": "ldaps://x"}, "W732"),
        ({"url": "ldaps://x", "start_tls": "true"}, "W732"),
    ],
)
def test_connections_that_cant_be(value: dict[str, Any], code: str) -> None:
    assert refused(LdapConnection, value) == [code]


def test_scopes_that_lie_within_each_other_claim_the_same() -> None:
    def starts(found: LdapSettings) -> dict[str, str]:
        return {one.setting: one.start for one in PROVIDER.claims(found)}

    mine = starts(settings())
    assert starts(settings(group_prefix="writ-b"))["group_prefix"].startswith(mine["group_prefix"])
    assert starts(settings(accounts=f"ou=bots,{ACCOUNTS}"))["accounts"].startswith(mine["accounts"])
    assert not starts(settings(base=f"ou=x,{BASE}"))["group_prefix"].startswith(mine["group_prefix"])
    assert not starts(settings(accounts=f"ou=agents2,{ROOT}"))["accounts"].startswith(mine["accounts"])


def test_what_is_ours_by_its_place() -> None:
    found = settings()
    assert found.is_ours(group("writ-a"))
    assert not found.is_ours(f"cn=writ-a,ou=x,{BASE}")
    assert not found.is_ours(f"cn=writ-a+uid=b,{BASE}")
    assert not found.is_ours(f"ou=writ-a,{BASE}")
    assert found.in_scope(account(), group("admins"))
    assert found.in_scope(group("writ-a"), group("admins"))
    assert found.in_scope("uid=jane,ou=people", group("writ-a"))
    assert not found.in_scope("uid=jane,ou=people", group("admins"))


@pytest.mark.parametrize(
    ("pattern", "name", "told"),
    [
        ("*admins*", "directory-admins", True),
        ("ADMINS", "admins", True),
        ("admins", "writ-admins", False),
        (f"cn=admins, {BASE}", "admins", True),
        ("cn=*,ou=it,dc=x", "admins", True),
        ("cn=other,*", "admins", False),
        ("cn=adm*dc=x", "admins", True),
        ("*,ou=legacy,*", f"cn=a,ou=legacy,{BASE}", True),
        ("a", f"cn=a,ou=legacy,{BASE}", True),
        ("b", f"cn=a,ou=legacy,{BASE}", False),
    ],
)
def test_what_may_overlap_is_told(pattern: str, name: str, told: bool) -> None:
    never = LdapNever.model_validate({"groups": [pattern]})
    assert (PROVIDER.overlap(access(name), never) is not None) is told


def test_a_pair_stands_until_the_last_of_its_ends() -> None:
    found = PROVIDER.lower(
        SCOPE, demand((pair(), [access("a", until="2090-01-01"), access("b", until="2091-01-01"), access("writ-c")]))
    )
    objects = {one.resource.address: one.resource for one in found.resources}
    limit = PROVIDER.ttl(SCOPE, pair(), objects)
    assert limit is not None
    assert (limit.until, limit.enforced > 3600 * 24 * 365) == (END, True)
    assert PROVIDER.ttl(SCOPE, pair(), {}) is None


def test_importing_the_provider_imports_no_sdk() -> None:
    program = "import sys, providers.ldap.provider; sys.exit('ldap3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
