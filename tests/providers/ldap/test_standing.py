"""Accounts as facts on a slapd with password policies, last binds and a monitor; and what of the specs covers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.ldap.client import LdapClient
from providers.ldap.connection import LdapConnection
from providers.ldap.entry import Modification
from providers.ldap.local import LocalLdap
from providers.ldap.login import connect
from providers.ldap.permissions import inventory_rules, limits
from providers.ldap.standing.account import Held
from providers.ldap.standing.cover import Cover
from providers.ldap.standing.times import moment
from reconciler.model import Holds, Standing, Unseen, Whose
from reconciler.provider import Denied
from tests.providers.ldap.directory import Directory
from tests.providers.ldap.world import PROVIDER, access, account, group, lowered, pair, scope_of

SECRET = "only for this test"
ROOT = "ou=d,dc=tests"
POLICY, LOOSE = f"cn=strict,ou=policies,{ROOT}", f"cn=loose,ou=policies,{ROOT}"
MONITOR = "olcDatabase={1}monitor,cn=config"
CONFIG = {
    "olcOverlay={0}ppolicy,olcDatabase={2}mdb,cn=config": {
        "objectClass": ["olcOverlayConfig", "olcPPolicyConfig"],
        "olcOverlay": ["{0}ppolicy"],
        "olcPPolicyDefault": [POLICY],
    },
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLdap]:
    """One of its own: overlays are a database's, and tell of all that is in it."""
    made = LocalLdap()
    if made.missing:
        pytest.skip(made.missing)
    made.start(tmp_path_factory.mktemp("slapd"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def estate(strict: LocalLdap) -> Iterator[Directory]:
    """Accounts of all kinds, made once: nothing below changes them."""
    made = Directory.at(strict, ROOT, {"password_policy": POLICY})
    config = strict.admin()
    config.modify("cn=module{0},cn=config", [Modification("olcModuleLoad", "ppolicy", adds=True)])
    for dn, values in CONFIG.items():
        config.add(dn, values)
    config.modify(MONITOR, [Modification("olcAccess", "{0}to * by * none", adds=True)])
    config.modify(strict.database_of("dc=tests"), [Modification("olcLastBind", "TRUE", adds=True)])
    config.close()
    fill(made)
    yield made
    made.close()


def fill(made: Directory) -> None:
    hands = made.hands
    hands.add(f"ou=policies,{ROOT}", {"objectClass": ["organizationalUnit"], "ou": ["policies"]})
    for dn, age in ((POLICY, "2592000"), (LOOSE, "0")):
        named = {"cn": [dn.partition("=")[2].partition(",")[0]], "pwdAttribute": ["userPassword"]}
        hands.add(dn, {"objectClass": ["device", "pwdPolicy"], **named, "pwdMaxAge": [age], "pwdLockout": ["TRUE"]})
    plain = {"objectClass": ["account", "simpleSecurityObject"], "userPassword": [SECRET]}
    person = {"objectClass": ["inetOrgPerson"], "cn": ["A"], "sn": ["A"]}
    posix = {"objectClass": ["account", "posixAccount"], "cn": ["x"], "homeDirectory": ["/"]}
    numbers = {"uidNumber": ["7001"], "gidNumber": ["7000"]}
    accounts: dict[str, dict[str, Any]] = {
        made.account("aging"): plain,
        made.account("loose"): {**plain, "pwdPolicySubentry": [LOOSE]},
        made.account("locked"): {**plain, "pwdAccountLockedTime": ["000001010000Z"]},
        made.account("shell"): {**posix, **numbers, "loginShell": ["/bin/bash"]},
        made.account("no-shell"): {**posix, **numbers, "gidNumber": ["7009"], "loginShell": ["/usr/sbin/nologin"]},
        made.account("humane"): {**person, "userPassword": [SECRET]},
        made.person("boss"): {**person, "userPassword": [SECRET]},
        made.person("plain"): person,
        made.person("nested"): person,
        made.person("posix"): {**posix, **numbers, "objectClass": ["account", "posixAccount"]},
        made.person("by-uid"): person,
        f"uid=svc-ci,ou=services,{ROOT}": plain,
    }
    hands.add(f"ou=services,{ROOT}", {"objectClass": ["organizationalUnit"], "ou": ["services"]})
    for dn, values in accounts.items():
        hands.add(dn, {**values, "uid": [dn.partition("=")[2].partition(",")[0]]})
    inner = made.has_group("operators", made.person("nested"))
    made.has_group("directory-admins", made.person("boss"), made.has_group("staff", inner))
    made.has_group("readers", made.account("aging"), made.person("plain"), f"uid=svc-ci,ou=services,{ROOT}")
    made.has_group("wheel", "by-uid", "lost", kind="posixGroup", gidNumber=["7000"])
    made.has_group("ghosts", f"uid=gone,ou=people,{ROOT}", "")


def told(rows: Any) -> tuple[dict[str, Standing], list[str]]:
    every = list(rows or ())
    print([o for o in every if isinstance(o, Unseen)])
    found = {one.address.key.partition("=")[2].partition(",")[0]: one for one in every if isinstance(one, Standing)}
    return found, [one.what for one in every if isinstance(one, Unseen)]


@pytest.fixture(scope="module")
def auditor(estate: Directory) -> Iterator[LdapClient]:
    """A login with what ``permissions inventory`` prints, and no more."""
    dn = f"cn=iam-auditor,{ROOT}"
    values = {"objectClass": ["organizationalRole", "simpleSecurityObject"], "cn": ["iam-auditor"]}
    estate.hands.add(dn, {**values, "userPassword": [SECRET]})
    *entries, monitor = inventory_rules(estate.scope.settings, dn)
    config = estate.server.admin()
    for place, chosen in ((estate.server.database_of("dc=tests"), entries), (MONITOR, [monitor])):
        for rule in reversed(chosen):
            config.modify(place, [Modification("olcAccess", f"{{0}}{rule}", adds=True)])
    config.modify(estate.server.database_of("dc=tests"), [Modification("olcLimits", limits(dn), adds=True)])
    config.close()
    made = logged_in(estate, dn)
    yield made
    made.close()


def logged_in(estate: Directory, dn: str) -> LdapClient:
    block = LdapConnection.model_validate({"url": estate.server.endpoint, "bind_dn": dn, "password_env": "PW"})
    return connect(estate.scope, block, {"PW": SECRET})


def test_accounts_as_they_are(estate: Directory, auditor: LdapClient) -> None:
    found, unseen = told(PROVIDER.inventory(auditor, estate.scope))
    assert unseen == [f"members without an entry: uid=gone,ou=people,{ROOT}, lost"]
    wide = {name: [(w.witness.request, w.witness.certain) for w in one.widths] for name, one in found.items()}
    admins, wheel = (f"be member of cn={name},ou=groups,{ROOT}" for name in ("directory-admins", "wheel"))
    assert {name: one for name, one in wide.items() if one} == {
        "boss": [(admins, True)],
        "nested": [(admins, False)],
        "by-uid": [(wheel, True)],
        "posix": [(wheel, True)],
        "shell": [(wheel, True)],
    }
    assert found.keys() == wide.keys() - {"plain"}
    assert "plain" not in found, "a person in a plain group is nobody's machine"
    assert {"bot", "other", "aging", "loose", "locked", "no-shell", "humane", "svc-ci"} < found.keys()
    assert found["boss"].principals == (found["boss"].address.key,), "as a Retirement names it: by its DN"
    assert found["boss"].address.key.startswith("uid=boss,")
    people = {name: one.people for name, one in found.items() if one.people}
    assert people == {
        "shell": ("a shell to log in with: /bin/bash",),
        "humane": ("its entry is a person's (inetOrgPerson or the like)",),
    }


def test_passwords_as_far_as_they_are_told(estate: Directory, auditor: LdapClient) -> None:
    found, _ = told(PROVIDER.inventory(auditor, estate.scope))
    ways = {name: (one.holds, one.endless, one.expires is not None, one.enabled) for name, one in found.items()}
    secret, nothing = Holds.CREDENTIAL, Holds.NOTHING
    assert ways["aging"] == (secret, False, True, True)
    assert ways["loose"] == (secret, True, False, True)
    assert ways["locked"] == (secret, False, True, False)
    assert ways["bot"] == ways["shell"] == (nothing, False, False, True)
    aging = found["aging"]
    assert aging.created is not None
    assert aging.expires == aging.created + timedelta(days=30)
    with pytest.raises(Denied):
        logged_in(estate, estate.account("locked"))  # the lock counts
    assert not any(SECRET in str(one) for one in found.values())


def test_last_use_and_sessions_where_they_are_told(estate: Directory, auditor: LdapClient) -> None:
    dn = estate.person("boss")
    before, _ = told(PROVIDER.inventory(auditor, estate.scope))
    assert before["boss"].last_used is None
    assert not before["boss"].use_is_known
    login = LdapConnection.model_validate({"url": estate.server.endpoint, "bind_dn": dn, "password_env": "PW"})
    session = LdapClient(
        estate.server.endpoint, login, {"bind_dn": dn, "password": SECRET, "ca_cert": ""}, estate.scope
    )
    during, _ = told(PROVIDER.inventory(auditor, estate.scope))
    assert during["boss"].users == ("sessions from 127.0.0.1",)
    session.close()
    after, _ = told(PROVIDER.inventory(auditor, estate.scope))
    assert after["boss"].users == ()
    used = after["boss"].last_used
    assert used is not None
    assert datetime.now(UTC) - used < timedelta(days=1)


def test_what_a_login_may_not_ask_is_told_and_not_guessed(estate: Directory) -> None:
    found, unseen = told(PROVIDER.inventory(estate.client, estate.scope))
    assert "which accounts have a password" in unseen
    assert "who is connected, and from where" in unseen
    assert found.keys() >= {"aging", "humane"}, "the operator sees the agents' accounts"
    assert {(one.holds, one.endless) for one in found.values()} == {(Holds.NOTHING, False)}


def test_a_default_policy_that_nobody_names_is_not_guessed(estate: Directory, auditor: LdapClient) -> None:
    settings = auditor.settings
    auditor.settings = settings.model_copy(update={"password_policy": None})
    found, unseen = told(PROVIDER.inventory(auditor, estate.scope))
    auditor.settings = settings
    assert "whether passwords end" in unseen
    assert (found["aging"].endless, found["aging"].expires) == (False, None)
    assert found["loose"].endless, "its own policy says so"


def test_where_a_server_knows_no_policies_a_password_has_no_end(directories: Callable[..., Directory]) -> None:
    directory = directories()
    dn = directory.account("static")
    values = {"objectClass": ["account", "simpleSecurityObject"], "uid": ["static"], "userPassword": [SECRET]}
    directory.hands.add(dn, values)
    root = directory.as_admin(directory.server.endpoint)
    found, _ = told(PROVIDER.inventory(root, directory.scope))
    root.close()
    assert (found["static"].holds, found["static"].endless) == (Holds.CREDENTIAL, True)
    assert found["static"].whose is Whose.STANDING


def test_which_groups_are_privileged_is_said_in_the_environment(estate: Directory, auditor: LdapClient) -> None:
    settings = auditor.settings
    auditor.settings = settings.model_copy(update={"privileged": ("readers",)})
    found, _ = told(PROVIDER.inventory(auditor, estate.scope))
    auditor.settings = settings
    assert {name for name, one in found.items() if one.widths} == {"aging", "plain", "svc-ci"}


READERS, WIKI = group("readers"), group("writ-wiki")


@pytest.mark.parametrize(
    ("held", "covered"),
    [
        (Held("uid=svc", frozenset({READERS})), True),
        (Held("uid=svc", frozenset({READERS, WIKI})), True),
        (Held("uid=svc", frozenset({READERS, group("admins")})), False),
        (Held("uid=svc", frozenset()), False),
        (Held(account("bot"), frozenset({READERS})), False),
        (None, False),
    ],
)
def test_an_agents_account_covers_who_is_in_no_other_group(held: object, covered: bool) -> None:
    wanted = {
        one.resource.address: one.resource
        for one in lowered(scope_of(), access("readers", "writ-wiki"), who=pair()).resources
    }
    assert bool(list(Cover.of(wanted).covering(held))) is covered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20261130120000Z", datetime(2026, 11, 30, 12, tzinfo=UTC)),
        ("20261130120000.123456Z", datetime(2026, 11, 30, 12, tzinfo=UTC)),
        ("202611301200Z", datetime(2026, 11, 30, 12, tzinfo=UTC)),
        ("2026113012Z", datetime(2026, 11, 30, 12, tzinfo=UTC)),
        ("20261130120000+0130", datetime(2026, 11, 30, 10, 30, tzinfo=UTC)),
        ("20261130120060Z", datetime(2026, 11, 30, 12, 0, 59, tzinfo=UTC)),
        ("000001010000Z", None),
        ("20261330120000Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_as_servers_write_them(text: str, expected: datetime | None) -> None:
    assert moment(text) == expected
