"""The example directory behind a proxy, with an application that asks it: slapd guards its entries by the groups."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from providers.ldap.provider import LdapProvider
from tests.e2e.hands import Ground, Hands
from tests.faults.harness import Harness, harnessed
from tests.faults.oracle import Probes
from tests.faults.oracle.ldap import AtLdap, ldap3
from tests.faults.ways import Edits
from tests.servers import Worlds

GROUND = Ground(mounts=(), databases=(), kinds=("ldap",))
ROOT = GROUND.suffix
GROUPS, AGENTS, PEOPLE, WIKI = (f"ou={name},{ROOT}" for name in ("groups", "agents", "people", "wiki"))
GUARDED = {
    "runbooks": f'group/groupOfNames/member="cn=writ-wiki-editors,{GROUPS}"',
    "drafts": f'group/groupOfNames/member="cn=writ-wiki-writers,{GROUPS}"',
    "builds": f'set="[cn=build-readers,{GROUPS}]/memberUid & user/uid"',
    "metrics": f'group/groupOfUniqueNames/uniqueMember="cn=metrics,ou=legacy,{GROUPS}"',
    "reports": f'group/groupOfNames/member="cn=observers,{GROUPS}"',
    "accounts": f'group/groupOfNames/member="cn=directory-admins,{GROUPS}"',
}
"""Entries of the application's, by the group whose members may read each (slapd.access(5))."""
ENTRIES = tuple(f"ou={name},{WIKI}" for name in GUARDED)
EDITS: Edits = (
    # A group that goes and one that comes; who is in, by another agent; another end; another's group.
    (
        "intents.yaml",
        "groups: [writ-wiki-editors], until: 2099-06-30",
        "groups: [writ-wiki-writers], until: 2099-06-30",
    ),
    ("intents.yaml", "groups: [build-readers, ", "groups: [observers, "),
    ("intents.yaml", "until: 2099-12-31", "until: 2099-11-30"),
    ("agents.yaml", "intents: [{name: builds.watch, ttl: 10m}]", "intents: [runbooks.edit]"),
)


@pytest.fixture(scope="module")
def harness(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """The directory behind its proxy, and accounts of whoever may come or may not."""
    missing = LdapProvider().local_server().missing
    if missing:
        pytest.skip(missing)
    world = worlds.world("directory", tmp_path_factory.mktemp("directory-faults"))
    password = secrets.token_urlsafe(12)
    accounts = {
        "wiki-bot": (f"uid=wiki-bot,{AGENTS}", password),
        "build-bot": (f"uid=build-bot,{AGENTS}", password),
        "a person": (f"uid=jane,{PEOPLE}", password),
        "an account in no group": (f"uid=nobody,{AGENTS}", password),
        "wiki-bot without its password": (f"uid=wiki-bot,{AGENTS}", "x"),
        "anybody": ("", ""),
    }
    with Hands(world, GROUND) as hands, _application(hands, password):
        with harnessed(world, Probes(AtLdap(accounts, ENTRIES)), GROUND) as made:
            made.fill = lambda: _fill(hands, password)
            yield made
        world.applied = True
        worlds.clean(world)


@contextmanager
def _application(hands: Hands, password: str) -> Iterator[None]:
    """Its entries and rules, and everybody's password."""
    _fill(hands, password)
    slapd = hands.slapd
    assert slapd.search("cn=config", f"(olcSuffix={ROOT})", attributes=["olcAccess"]), slapd.result
    database, before = slapd.entries[0].entry_dn, slapd.entries[0]["olcAccess"].raw_values
    rules = [f'to dn.base="ou={name},{WIKI}" by {whom} read by * none' for name, whom in GUARDED.items()]
    rules.append(f'to dn.subtree="{AGENTS}" attrs=uid by self read by * break')
    given = [f"{{{at}}}{rule}" for at, rule in enumerate(rules)]
    assert slapd.modify(database, {"olcAccess": [(ldap3.MODIFY_ADD, given)]}), slapd.result
    yield
    assert slapd.modify(database, {"olcAccess": [(ldap3.MODIFY_REPLACE, before)]}), slapd.result


def _fill(hands: Hands, password: str) -> None:
    """Entries and passwords, which go when the world is cleaned."""
    at = hands.directory
    nobody = {"uid": "nobody", "userPassword": password}
    assert at.add(f"uid=nobody,{AGENTS}", ["account", "simpleSecurityObject"], nobody), at.result
    for dn in (f"uid=wiki-bot,{AGENTS}", f"uid=build-bot,{AGENTS}"):
        assert at.modify(dn, {"userPassword": [(ldap3.MODIFY_ADD, [password])]}), at.result
    assert at.modify(f"uid=jane,{PEOPLE}", {"userPassword": [(ldap3.MODIFY_ADD, [password])]}), at.result
    for dn in (WIKI, *ENTRIES):
        assert at.add(dn, ["organizationalUnit"], {"ou": dn.partition(",")[0].removeprefix("ou=")}), at.result
