"""An account's standing memberships on a real slapd: taken away, given back exactly, given up; and who uses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from providers.ldap.client import LdapClient
from providers.ldap.connection import LdapConnection
from providers.ldap.entry import Modification
from providers.ldap.local import OPERATOR, LocalLdap
from providers.ldap.login import connect
from providers.ldap.names import RETIRING
from providers.ldap.permissions import limits, rules
from providers.ldap.retiring.unfit import unfit
from reconciler.engine.quarantine import restoring
from reconciler.model import Marked, Resource, Retirable, Retired
from reconciler.provider import Conflict, Denied, Fenced, Rejected, Retiring, fenced
from tests.providers.ldap.directory import MARKS, Directory
from tests.providers.ldap.world import ACCOUNTS, BASE, PROVIDER, access, pair, settings

SECRET = "kept for years"
NOTE = "expires=2099-01-01T00:00:00Z; member="
GROUPS = ("alone", "Staff", "unique", "posix", "noted", "beside")
PAGE = (Path(__file__).parents[3] / "docs" / "retirement.md").read_text()
MONITOR = "olcDatabase={1}monitor,cn=config"
TYPE = PROVIDER.types[RETIRING]


@pytest.fixture(scope="module")
def remembering(server: LocalLdap) -> Iterator[None]:
    """A database that keeps when somebody logged in last."""
    with closing(server.admin()) as config:
        entry = server.database_of("dc=tests")
        config.modify(entry, [Modification("olcLastBind", "TRUE", adds=True)])
        yield
        config.modify(entry, [Modification("olcLastBind", "TRUE", adds=False)])


@pytest.fixture
def standing(directory: Directory) -> Iterator[Directory]:
    """svc in groups of every kind, and Writ's login may look at its entry: docs/retirement.md."""
    d, values = directory, {"objectClass": ["account", "simpleSecurityObject"], "userPassword": [SECRET]}
    d.hands.add(svc(d), {**values, "uid": ["svc"]})
    d.has_group("alone", svc(d))
    d.has_group("Staff", d.person(), svc(d).replace("uid=svc,ou", "UID=Svc, OU"))
    d.has_group("unique", d.person(), svc(d), kind="groupOfUniqueNames")
    d.has_group("posix", "jane", "svc", kind="posixGroup", gidNumber=["7000"], description=[f"{NOTE}svc"])
    d.has_group("noted", svc(d), d.person(), description=["All of us", f"{NOTE}{svc(d)}"])
    d.has_group("beside", svc(d), "cn=writ-placeholder")
    d.has_group("others", d.person())
    with closing(d.server.admin()) as config:
        rule = [Modification("olcAccess", f"{{0}}{seeing(d, OPERATOR)[0]}", adds=True)]
        config.modify(d.server.database_of("dc=tests"), rule)
        yield d
        config.modify(d.server.database_of("dc=tests"), [replace(rule[0], value="{0}", adds=False)])


def seeing(d: Directory, login: str) -> tuple[str, str]:
    """The page's rules, for the account's entry and for the monitor."""
    told = {"uid=svc-wiki,ou=people,dc=example,dc=com": svc(d), "cn=iam-operator,dc=example,dc=com": login}
    entry, monitor = re.findall(r"^access (to .*)$", PAGE, re.MULTILINE)
    for there, here in told.items():
        entry, monitor = entry.replace(there, here), monitor.replace(there, here)
    return entry, monitor


def svc(d: Directory) -> str:
    return d.person("svc")


def look(d: Directory, before: Resource | None = None, name: str = "") -> Retirable:
    asked = Retiring(name or svc(d), before=before)
    return PROVIDER.retirables(d.client, d.scope, [asked])[asked.principal]


def lock(d: Directory, found: Retirable) -> None:
    TYPE.update(d.client, found.live, found.locked)


def undo(d: Directory, before: Resource) -> Sequence[str]:
    """By the engine, as `writ retire -undo` does. What is told of it."""
    found = look(d, before)
    record = Retired("r", before.address, Marked.LOCKED, datetime.now(UTC), "me", before, found.live.native_id)
    row, change = restoring(record, found, MARKS)
    assert change.after is not None
    TYPE.update(d.client, found.live, change.after)
    assert look(d).live.resource == change.after
    return row.ends


def held(d: Directory, *groups: str) -> Mapping[str, object]:
    """All that the server holds of them."""
    entries = {name: d.hands.entry(d.group(name), ["*"]) for name in groups or GROUPS}
    return {name: {k: set(v) for k, v in one.values.items()} for name, one in entries.items() if one}


def bound(d: Directory) -> LdapClient:
    url = d.server.endpoint
    secret = {"ca_cert": "", "bind_dn": svc(d), "password": SECRET}
    return LdapClient(url, LdapConnection(url=url), secret, d.scope)


def test_it_is_taken_out_put_back_exactly_and_given_up(standing: Directory) -> None:
    d, before = standing, held(standing)
    found = look(d)
    assert (found.quarantined, found.uses, found.never, found.unseen) == (False, (), (), ())
    assert found.ends[:2] == tuple(f"its membership of {d.group(one)}" for one in ("alone", "beside"))
    lock(d, found)
    assert d.values(d.group("alone"), "member") == {"cn=writ-placeholder"}
    assert d.values(d.group("posix"), "memberUid") == {"jane"}
    assert d.values(d.group("noted"), "description") == {"All of us"}
    locked = look(d)
    assert (locked.quarantined, locked.live.resource) == (True, found.locked)
    assert TYPE.read(d.client, svc(d)) == locked.live
    assert undo(d, found.live.resource) == ()
    assert held(d) == before
    with pytest.raises(Conflict, match="somebody put it there"):
        TYPE.delete(d.client, locked.live)
    lock(d, look(d))
    TYPE.delete(d.client, look(d).live)
    assert d.hands.entry(svc(d), ["uid"]) is not None, "its entry is not Writ's to remove"
    assert look(d).stays


@pytest.mark.parametrize("writes", range(1, len(GROUPS)))
def test_what_dies_between_two_groups_is_gone_on_with_or_undone(standing: Directory, writes: int) -> None:
    d, before, found = standing, held(standing), look(standing)
    left = iter([True] * writes)
    with fenced(lambda: next(left, False)), pytest.raises(Fenced):
        lock(d, found)
    half = look(d)
    assert (half.quarantined, len(half.ends)) == (False, len(found.ends) - writes)
    left = iter([True] * (writes - 1))
    with fenced(lambda: next(left, False)), pytest.raises(Fenced):
        undo(d, found.live.resource)
    assert look(d, found.live.resource).restored != look(d).live.resource, "an undoing that died isn't done"
    assert undo(d, found.live.resource) == ()
    assert held(d) == before
    lock(d, found)
    assert look(d).quarantined


def test_groups_that_went_or_were_made_anew_are_told_and_the_rest_is_restored(standing: Directory) -> None:
    d, before, found = standing, held(standing, "unique", "noted", "posix"), look(standing)
    lock(d, found)
    d.hands.delete(d.group("alone"))
    d.hands.delete(d.group("Staff"))
    d.has_group("Staff", d.person())
    d.by_hand(d.group("others"), ("+", "member", svc(d)))
    told = undo(d, found.live.resource)
    assert [one.partition(": ")[0] for one in told] == [
        f"{d.group('alone')} has gone",
        f"{d.group('staff')} is another group by now, made anew under that name",
    ]
    assert held(d, "unique", "noted", "posix") == before
    assert svc(d) not in d.values(d.group("Staff"), "member")
    assert svc(d) in d.values(d.group("others"), "member"), "what came since stays"


def test_a_group_that_refuses_keeps_it_out_of_no_other(standing: Directory) -> None:
    d, before, found = standing, held(standing, *GROUPS[1:]), look(standing)
    lock(d, found)
    with closing(d.server.admin()) as config:
        rule = f'{{0}}to dn.exact="{d.group("alone")}" by dn.exact="{OPERATOR}" read by * break'
        config.modify(d.server.database_of("dc=tests"), [Modification("olcAccess", rule, adds=True)])
        with pytest.raises(Denied):
            undo(d, found.live.resource)
        config.modify(d.server.database_of("dc=tests"), [Modification("olcAccess", "{0}", adds=False)])
    assert held(d, *GROUPS[1:]) == before
    assert undo(d, found.live.resource) == ()


def test_one_that_came_back_by_hand_is_undone_with_its_end(standing: Directory) -> None:
    d, found = standing, look(standing)
    lock(d, found)
    d.by_hand(d.group("noted"), ("+", "member", svc(d).upper()))
    again = look(d)
    assert (again.quarantined, again.ends[0]) == (False, f"its membership of {d.group('noted')}")
    undo(d, found.live.resource)
    assert d.values(d.group("noted"), "description") == {"All of us", f"{NOTE}{svc(d)}"}
    assert any("uid=SVC" in one for one in d.values(d.group("noted"), "member")), "as they wrote it"


def test_what_somebody_does_between_plan_and_step_is_not_taken_unrecorded(standing: Directory) -> None:
    d, found = standing, look(standing)
    d.by_hand(d.group("others"), ("+", "member", svc(d)))
    with pytest.raises(Conflict, match="came into"):
        lock(d, found)
    d.by_hand(d.group("others"), ("-", "member", svc(d)))
    d.hands.delete(svc(d))
    with pytest.raises(Conflict, match="is another account by now"):
        lock(d, found)
    assert "its entry isn't there" in look(d).unseen[0]


@pytest.mark.usefixtures("remembering")
def test_who_is_connected_is_named_and_a_login_is_remembered(standing: Directory) -> None:
    d = standing
    assert any("no record of its logins" in one for one in look(d).ends)
    with closing(bound(d)):
        found = look(d)
        now, last = sorted(found.uses, key=lambda use: not use.now)
        assert (now.who[:11], now.origin, now.since is not None) == ("connection ", "127.0.0.1", True)
        assert (last.who, last.now, last.since is not None) == ("a login", False, True)
        with pytest.raises(Conflict, match="is in use: connection"):
            lock(d, found)
        assert not look(d).quarantined
    (last,) = look(d).uses
    assert not last.now
    assert not any("no record of its logins" in one for one in look(d).ends)


def test_without_the_monitor_nothing_is_done(standing: Directory) -> None:
    """A directory that doesn't tell who is connected can't tell of use."""
    d, found = standing, look(standing)
    with closing(d.server.admin()) as config:
        config.modify(MONITOR, [Modification("olcAccess", "{0}to * by * none", adds=True)])
        try:
            assert any("needs the server's monitor" in one for one in look(d).unseen)
            with pytest.raises(Conflict, match="can't be seen"):
                lock(d, found)
        finally:
            config.modify(MONITOR, [Modification("olcAccess", "{0}", adds=False)])
    assert look(d).live == found.live


def test_who_must_stay_is_told(standing: Directory) -> None:
    d = standing
    d.client.close()
    d.client = d.as_admin(d.server.endpoint)
    d.has_group("admins", "cn=admin,dc=tests")
    assert any("the login of this run" in one for one in look(d, name="cn=Admin, dc=tests").never)
    d.has_group("outer", d.group("admins"))
    assert any("is a group" in one for one in look(d, name=d.group("admins")).never)
    d.hands.add(d.account("svc"), {"objectClass": ["account"], "uid": ["svc"]})
    assert any("an agent's account" in one for one in look(d).never)
    assert PROVIDER.retirables(d.client, d.scope, [Retiring(d.person("nobody"))]) == {}
    both = PROVIDER.retirables(d.client, d.scope, [Retiring(svc(d)), Retiring(svc(d).upper())])
    assert [any("two Retirements" in why for why in one.never) for one in both.values()] == [True, True]


def test_groups_of_writs_and_of_a_gid_are_left(standing: Directory) -> None:
    """Who is in the first is a row of the plan; the other is no membership that could be taken away."""
    d = standing
    d.has_group("writ-wiki", svc(d))
    posix = {"objectClass": ["account", "posixAccount"], "cn": ["x"], "homeDirectory": ["/"], "uidNumber": ["7"]}
    d.hands.delete(svc(d))
    d.hands.add(svc(d), {**posix, "uid": ["svc"], "gidNumber": ["7000"]})
    found = look(d)
    assert not any("writ-wiki" in one for one in found.ends)
    assert any("its own gidNumber" in one for one in found.ends)
    lock(d, found)
    assert look(d).quarantined
    assert svc(d) in d.values(d.group("writ-wiki"), "member")


def test_the_rules_of_the_page_are_enough(standing: Directory) -> None:
    """docs/retirement.md: those to apply, these of the account's entry, and the monitor."""
    d, login = standing, f"cn=operator,{standing.root}"
    values = {"objectClass": ["organizationalRole", "simpleSecurityObject"], "cn": ["operator"]}
    d.hands.add(login, {**values, "userPassword": [SECRET]})
    seen, watch = seeing(d, login)
    every = [*rules(d.scope.settings, login, writing=True), seen]
    with closing(d.server.admin()) as config:
        entry = d.server.database_of("dc=tests")
        given = [Modification("olcAccess", f"{{{at}}}{rule}", adds=True) for at, rule in enumerate(every)]
        config.modify(entry, [*given, Modification("olcLimits", limits(login), adds=True)])
        config.modify(MONITOR, [Modification("olcAccess", f"{{0}}{watch}", adds=True)])
        block = LdapConnection.model_validate({"url": d.server.endpoint, "bind_dn": login, "password_env": "PW"})
        d.client.close()
        d.client = connect(d.scope, block, {"PW": SECRET})
        before, found = held(d), look(d)
        assert found.unseen == ()
        lock(d, found)
        undo(d, found.live.resource)
        assert held(d) == before
        for _ in every:
            config.modify(entry, [Modification("olcAccess", "{0}", adds=False)])
        config.modify(MONITOR, [Modification("olcAccess", "{0}", adds=False)])


Present = Callable[[str], str]


@pytest.fixture
def present(directory: Directory) -> Present:
    d = directory
    values = {"objectClass": ["account", "simpleSecurityObject"], "uid": ["wiki"], "userPassword": [SECRET]}
    d.hands.add(d.account("wiki"), values)
    d.want((pair("wiki"), access("writ-wiki")))
    d.converge()
    block = LdapConnection.model_validate(d.server.connection)  # Writ's own login, over the socket

    def log_in(password: str) -> str:
        with PROVIDER.present(d.scope, block, {}, pair("wiki"), password) as agent:
            with pytest.raises(Rejected):
                agent.mint(pair("wiki"), "x")
            return agent.told

    return log_in


def test_an_agent_logs_in_with_its_own_password(directory: Directory, present: Present) -> None:
    d = directory
    assert present(SECRET) == f"{d.account('wiki')}, which may not look at its groups"
    with closing(d.server.admin()) as config:
        rule = f'{{0}}to dn.subtree="ou=groups,{d.root}" by dn.exact="{d.account("wiki")}" read by * break'
        config.modify(d.server.database_of("dc=tests"), [Modification("olcAccess", rule, adds=True)])
        assert present(SECRET) == f"{d.account('wiki')}, which sees itself in {d.group('writ-wiki')}"
        config.modify(d.server.database_of("dc=tests"), [Modification("olcAccess", "{0}", adds=False)])
    for wrong in ("another", ""):
        with pytest.raises(Denied) as refused:
            present(wrong)
        assert "another" not in str(refused.value)


def test_a_password_goes_nowhere_in_clear(directory: Directory) -> None:
    block = LdapConnection.model_validate({"url": "ldap://ldap.example.com", "bind_dn": "cn=x", "password_env": "PW"})
    with pytest.raises(Rejected, match="in clear"):
        PROVIDER.present(directory.scope, block, {}, pair("wiki"), SECRET)


@pytest.mark.parametrize(
    ("principal", "heir", "fields"),
    [
        ("uid=svc,ou=people,dc=example,dc=com", "", []),
        ("svc", "", ["principal"]),
        (f"uid=bot,{ACCOUNTS}", "", ["principal"]),
        (BASE.upper(), "", ["principal"]),
        (f"cn=writ-wiki,{BASE}", "", ["principal"]),
        ("cn=writ-placeholder", "", ["principal"]),
        ("uid=svc,ou=people,dc=example,dc=com", "x", ["reassign_owned_to"]),
    ],
)
def test_who_can_not_be_retired_by_the_specs_alone(principal: str, heir: str, fields: list[str]) -> None:
    assert [one.field for one in unfit(settings(), Retiring(principal, heir))] == fields
