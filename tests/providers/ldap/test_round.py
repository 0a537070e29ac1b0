"""Groups and memberships on a real slapd: made, vandalised, found, healed, ended, removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from providers.ldap.dn import below
from providers.ldap.entry import Modification
from providers.ldap.local import LocalLdap
from providers.ldap.names import MEMBERSHIP
from reconciler.model import Ownership, Resource
from reconciler.provider import Conflict, Denied, Rejected
from tests.providers.ldap.directory import NOBODY, PERSON, Directory, replaced
from tests.providers.ldap.world import PROVIDER, access, pair

LATER = "2099-07-01T00:00:00Z"
GONE = "2020-01-01T00:00:00Z"


def note(member: str, until: str = LATER) -> str:
    return f"expires={until}; member={member}"


def test_a_group_of_ours_from_nothing_and_back(directory: Directory) -> None:
    directory.want(access("writ-wiki"), (pair("other"), access("writ-wiki", until="2100-01-01")))
    directory.converge()
    dn = directory.group("writ-wiki")
    assert directory.values(dn, "member") == {"cn=writ-placeholder", directory.account(), directory.account("other")}
    assert note(directory.account()) in directory.values(dn, "description")
    assert directory.drift() == {}
    directory.recorder.objects.clear()  # the state is lost
    assert directory.changes() == {}
    directory.want()
    assert set(directory.changes().values()) == {"delete undeclared"}
    directory.converge()
    assert directory.hands.entry(dn, ["cn"]) is None


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [("groupOfNames", "member"), ("groupOfUniqueNames", "uniqueMember"), ("posixGroup", "memberUid")],
)
def test_a_group_of_others_is_joined_and_left(directory: Directory, kind: str, attribute: str) -> None:
    """Whatever its class; its other members and its description stay."""
    jane = "jane" if kind == "posixGroup" else directory.person()
    more = {"gidNumber": ["7000"]} if kind == "posixGroup" else {}
    dn = directory.has_group("staff", jane, kind=kind, description=["All of us"], **more)
    directory.want(access("staff"))
    directory.converge()
    mine = "bot" if kind == "posixGroup" else directory.account()
    assert directory.values(dn, attribute) == {jane, mine}
    assert directory.values(dn, "description") == {"All of us", note(directory.account())}
    directory.want()
    assert directory.changes() == {f"{directory.account()}->{dn}": "delete spec"}
    directory.converge()
    assert directory.values(dn, attribute) == {jane}
    assert directory.values(dn, "description") == {"All of us"}


def test_the_last_member_leaves_a_placeholder_that_counts_as_nobody(directory: Directory) -> None:
    dn = directory.has_group("ours", directory.account())
    directory.want()
    assert directory.changes() == {f"{directory.account()}->{dn}": "delete undeclared"}
    directory.converge()
    assert directory.values(dn, "member") == {"cn=writ-placeholder"}


def test_a_placeholder_that_somebody_made_an_account_of_counts(directories: Callable[..., Directory]) -> None:
    directory = directories()
    nobody = f"cn=nobody,{directory.scope.settings.base}"
    directory = replaced(directory, placeholder=nobody)
    directory.want(access("writ-wiki"))
    directory.converge()
    directory.hands.add(nobody, {"objectClass": ["organizationalRole"], "cn": ["nobody"]})
    assert directory.changes() == {f"{nobody}->{directory.group('writ-wiki')}": "delete undeclared"}


def vandalisms(d: Directory) -> Iterator[tuple[str, tuple[str, str, str], str, str, str]]:
    """What is done to our group, the key that tells it, how it drifted, what a plan does of what cause."""
    dn, jane = d.group("writ-wiki"), d.person()
    mine = f"{d.account()}->{dn}"
    yield "a rogue member", ("+", "member", jane), f"{jane}->{dn}", "undeclared", "delete undeclared"
    yield "one that left", ("-", "member", d.account()), mine, "missing", "create outside"
    yield "no end", ("-", "description", note(d.account())), mine, "changed", "update outside"
    yield "an earlier end", ("+", "description", note(d.account(), GONE)), mine, "changed", "update outside"
    marker = "managed by writ; environment=test; system=directory"
    yield "no marker", ("-", "description", marker), dn, "changed", "update outside"
    yield "another text", ("+", "description", "mine now"), dn, "changed", "update outside"
    yield (
        "a group within",
        ("+", "member", d.group("staff")),
        f"{d.group('staff')}->{dn}",
        "undeclared",
        "delete undeclared",
    )


def test_whatever_somebody_does_to_a_group_of_ours_is_found_and_healed(directory: Directory) -> None:
    directory.has_group("staff", directory.person())
    directory.want(access("writ-wiki"))
    directory.converge()
    dn = directory.group("writ-wiki")
    before = {name: directory.values(dn, name) for name in ("member", "description")}
    for name, change, key, drifted, planned in vandalisms(directory):
        directory.by_hand(dn, change)
        assert directory.drift() == {key: drifted}, name
        assert directory.changes() == {key: planned}, name
        directory.converge()
        assert {one: directory.values(dn, one) for one in before} == before, name


def test_ours_put_into_another_group_and_an_agents_account_too(directory: Directory) -> None:
    admins = directory.has_group("admins", directory.person())
    directory.want(access("writ-wiki"))
    directory.converge()
    directory.by_hand(
        admins, ("+", "member", directory.group("writ-wiki")), ("+", "member", directory.account("other"))
    )
    expected = {f"{one}->{admins}" for one in (directory.group("writ-wiki"), directory.account("other"))}
    assert directory.changes() == dict.fromkeys(expected, "delete undeclared")
    directory.converge()
    assert directory.values(admins, "member") == {directory.person()}


def test_what_the_specs_ended_is_overdue_and_removed(directory: Directory) -> None:
    """Declared until a moment that has come, with a state and without one."""
    directory.want(access("writ-wiki", "writ-b"))
    directory.converge()
    dn = directory.group("writ-wiki")
    for moved in (dn, directory.group("writ-b")):
        directory.by_hand(moved, ("-", "description", note(directory.account())))
        directory.by_hand(moved, ("+", "description", note(directory.account(), GONE)))
    mine = f"{directory.account()}->{dn}"
    for address, applied in list(directory.recorder.objects.items()):
        if address.type == MEMBERSHIP:
            old = {**applied.resource.attributes, "expires": GONE}
            directory.recorder.objects[address] = type(applied)(
                Resource(address, old), applied.origin, applied.depends_on, applied.native_id
            )
    directory.want(access("writ-wiki", "writ-b", until="2019-12-31"))
    assert directory.desired == {}
    assert directory.drift()[mine] == "expired"
    assert directory.changes()[mine] == "delete expired"
    live = directory.read().objects[directory.scope.address(MEMBERSHIP, mine)]
    assert GONE in live.overdue
    directory.recorder.objects.clear()
    assert directory.changes()[mine] == "delete undeclared"
    directory.converge()
    assert directory.hands.entry(dn, ["cn"]) is None


@pytest.mark.parametrize("kind", ["groupOfNames", "posixGroup"])
def test_an_end_that_somebody_noted_is_kept_by_whoever_added_it(directory: Directory, kind: str) -> None:
    """A person in a group of others is none of our business, until the note says that it is over."""
    posix = kind == "posixGroup"
    jane = "jane" if posix else directory.person()
    more = {"gidNumber": ["7000"]} if posix else {}
    later, over = note(jane, "2099-01-01"), note(jane, "2020-01-01")
    dn = directory.has_group("staff", jane, kind=kind, description=[later], **more)
    assert directory.changes() == directory.drift() == {}
    directory.by_hand(dn, ("-", "description", later), ("+", "description", over))
    key = f"{'memberUid:jane' if posix else jane}->{dn}"
    assert directory.drift() == {key: "undeclared"}
    assert directory.changes() == {key: "delete undeclared"}
    assert GONE[:4] in directory.read().objects[directory.scope.address(MEMBERSHIP, key)].overdue
    directory.converge()
    assert directory.values(dn, "description") == set()
    assert jane not in directory.values(dn, "memberUid" if posix else "member")


def test_groups_of_others_above_ours_are_observed_to_the_top(directory: Directory) -> None:
    a = directory.has_group("a", directory.account())
    b = directory.has_group("b", a)
    c = directory.has_group("c", b)
    directory.by_hand(a, ("+", "member", c))  # a circle
    directory.has_group("other", directory.person())
    directory.want(access("a"))
    found = {address.key: one.attributes["groups"] for address, one in directory.read().observed.items()}
    assert found == {a: [b], b: [c], c: [a]}


def test_the_group_of_an_accounts_gid_is_observed(directory: Directory) -> None:
    dn = directory.has_group("posix", kind="posixGroup", gidNumber=["7000"])
    values = {"objectClass": ["account", "posixAccount"], "uid": ["p"], "cn": ["p"], "homeDirectory": ["/"]}
    directory.hands.add(directory.account("p"), {**values, "uidNumber": ["1"], "gidNumber": ["7000"]})
    assert directory.changes() == {}
    found = {(address.type, address.key) for address in directory.read().observed}
    assert found == {("ldap_primary_group", f"{directory.account('p')}->{dn}"), ("ldap_group_nesting", dn)}


def test_names_that_are_written_otherwise_are_the_same(directory: Directory) -> None:
    dn = directory.has_group("Staff  Room", directory.account().upper(), f"UID=other, OU=Agents,{directory.root}")
    directory.want(access("staff room"), (pair("other"), access("STAFF ROOM")))
    assert set(directory.changes().values()) == {"update unknown"}
    directory.converge()
    assert len(directory.values(dn, "member")) == 2


HOSTILE = ["a,cn=admins", "a)(member=*", "*", "a\\2a", 'quo"te', "a+b=c", "#lead", "aß→b", "<x>->;y"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_a_name(directory: Directory, name: str) -> None:
    """As a group that the specs name, and as a group and a member that somebody made."""
    wanted = f"writ-{name}"
    settings = directory.scope.settings
    dn = below("cn", wanted, settings.base)
    asked = wanted if "=" not in wanted else dn
    directory.want(access(asked))
    directory.converge()
    assert len(directory.hands.search(directory.root, "(cn=writ-*)", ["cn"]) or ()) == 1
    rogue = below("uid", name, settings.accounts)
    directory.hands.add(rogue, {**PERSON, "uid": [name]})
    directory.by_hand(dn, ("+", "member", rogue))
    assert list(directory.changes().values()) == ["delete undeclared"]
    directory.converge()
    directory.want()
    directory.converge()
    assert directory.hands.search(directory.root, "(cn=writ-*)", ["cn"]) == []


def test_two_environments_share_a_directory(directories: Callable[..., Directory], server: LocalLdap) -> None:
    """Each with accounts and a prefix of its own: what one has is none of the other's business."""
    one = directories()
    settings = one.scope.settings.model_copy(update={"group_prefix": "other-", "accounts": f"ou=bots,{one.root}"})
    scope = replace(one.scope, environment="other", settings=settings)
    server.prepare(scope, NOBODY, None)
    server.prepare(scope, NOBODY, None)
    one.want(access("writ-wiki", "other-wiki"))
    one.has_group("other-wiki", one.person())
    one.converge()
    with closing(server.operator(scope)) as theirs:
        found = PROVIDER.read(theirs, scope, ())
    assert {(address.type, address.key.rpartition("->")[2]) for address in found.objects} == {
        ("ldap_group", one.group("other-wiki")),
        ("ldap_group_membership", one.group("other-wiki")),
    }


def test_a_group_with_our_prefix_that_somebody_made_is_undeclared_or_taken(directory: Directory) -> None:
    dn = directory.has_group("writ-rogue", directory.person())
    assert directory.changes() == {dn: "delete undeclared", f"{directory.person()}->{dn}": "delete undeclared"}
    directory.want(access("writ-rogue"))
    assert [one.code for one in directory.planned().diagnostics] == ["W502"]
    directory.want()
    directory.converge()


def test_another_environments_group_is_left_with_its_members(directory: Directory) -> None:
    theirs = "managed by writ; environment=staging; system=directory"
    dn = directory.has_group("writ-theirs", directory.person(), description=[theirs])
    planned = directory.planned()
    assert planned.changes == ()
    found = {live.ownership for live in directory.read().objects.values()}
    assert found == {Ownership.OTHER}
    assert directory.values(dn, "member") == {directory.person()}


def test_a_group_of_another_class_is_made_anew(directories: Callable[..., Directory]) -> None:
    directory = directories(group_class="groupOfUniqueNames")
    directory.want(access("writ-wiki"))
    directory.converge()
    dn = directory.group("writ-wiki")
    assert directory.values(dn, "uniqueMember") == {"cn=writ-placeholder", directory.account()}
    marker = directory.values(dn, "description")
    directory.hands.delete(dn)
    directory.has_group("writ-wiki", directory.account(), description=sorted(marker))
    assert directory.changes()[dn] == "replace outside"
    directory.converge()
    assert directory.values(dn, "uniqueMember") == {"cn=writ-placeholder", directory.account()}


def test_what_isnt_there_is_told(directory: Directory) -> None:
    directory.hands.delete(directory.account())
    directory.want(access("nowhere"), (pair("other"), access("nowhere")), access("writ-a"))
    assert [one.code for one in directory.read().diagnostics] == ["W444", "W444", "W443"]


def test_two_accounts_with_one_uid_are_told(directory: Directory) -> None:
    directory.has_group("staff", kind="posixGroup", gidNumber=["7000"])
    directory.want(access("staff"))
    assert directory.read().diagnostics == ()
    twin = f"cn=twin,ou=agents,{directory.root}"
    directory.hands.add(twin, {"objectClass": ["inetOrgPerson"], "cn": ["twin"], "sn": ["x"], "uid": ["bot"]})
    assert [one.code for one in directory.read().diagnostics] == ["W444"]


def test_a_part_on_another_server_is_unknown(directory: Directory) -> None:
    away = {"objectClass": ["referral", "extensibleObject"], "ou": ["away"], "ref": ["ldap://ldap.example.com/dc=away"]}
    directory.hands.add(f"ou=away,{directory.scope.settings.base}", away)
    with pytest.raises(Rejected, match="on another server"):
        directory.read()


def test_an_alias_is_no_group(directory: Directory) -> None:
    """What it leads to isn't here, even for a login that may see it there."""
    elsewhere = f"cn=away,ou=people,{directory.root}"
    values = {"objectClass": ["groupOfNames"], "cn": ["away"], "member": [directory.account()]}
    directory.hands.add(elsewhere, values)
    alias = {"objectClass": ["alias", "extensibleObject"], "cn": ["alias"], "aliasedObjectName": [elsewhere]}
    directory.hands.add(f"cn=alias,{directory.scope.settings.base}", alias)
    directory.client.close()
    directory.client = directory.as_admin(directory.server.endpoint)
    assert directory.changes() == {}


@pytest.mark.parametrize(("count", "page"), [(23, 5), pytest.param(1203, 500, marks=pytest.mark.thorough)])
def test_pages_are_read_to_the_end(directory: Directory, count: int, page: int) -> None:
    """The larger number is over what slapd gives at all to a login without limits of its own."""
    last = directory.group(f"g{count - 1}")
    for number in range(count):
        directory.has_group(f"g{number}", directory.person())
    directory.by_hand(last, ("+", "member", directory.account()))
    directory.client.page = page
    before = directory.client.calls
    assert directory.changes() == {f"{directory.account()}->{last}": "delete undeclared"}
    assert directory.client.calls - before == count // page + 1 + 3


def test_two_who_change_one_group_at_once_lose_nothing(directory: Directory) -> None:
    directory.has_group("staff", directory.person())
    others = [f"uid=p{number},ou=people,{directory.root}" for number in range(20)]
    directory.want(access("staff"), (pair("other"), access("staff")))
    with ThreadPoolExecutor(2) as pool:
        theirs = pool.submit(
            lambda: [directory.by_hand(directory.group("staff"), ("+", "member", one)) for one in others]
        )
        result = directory.apply()
        theirs.result()
    assert result.ok, [step.diagnostic for step in result.steps]
    expected = {directory.person(), directory.account(), directory.account("other"), *others}
    assert directory.values(directory.group("staff"), "member") == expected


def test_a_change_that_meets_anothers_is_worked_out_again(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody puts the account in just before we do: its end is still noted."""
    dn = directory.has_group("staff", directory.person())
    directory.want(access("staff"))
    modify = directory.client.modify

    def meets(group: str, changes: Sequence[Modification]) -> None:
        monkeypatch.undo()
        directory.by_hand(dn, ("+", "member", directory.account()))
        modify(group, changes)

    monkeypatch.setattr(directory.client, "modify", meets)
    directory.converge()
    assert note(directory.account()) in directory.values(dn, "description")


def test_calls_are_idempotent_and_refuse_what_moved(directory: Directory) -> None:
    kind = PROVIDER.types[MEMBERSHIP]
    directory.has_group("staff", directory.person())
    directory.want(access("staff"))
    (wanted,) = (one.resource for one in directory.desired.values())
    kind.create(directory.client, wanted)
    kind.create(directory.client, wanted)
    other = Resource(wanted.address, {**wanted.attributes, "expires": "2098-01-01T00:00:00Z"})
    with pytest.raises(Conflict):
        kind.create(directory.client, other)
    with pytest.raises(Rejected, match="is over"):
        kind.create(directory.client, Resource(wanted.address, {**wanted.attributes, "expires": GONE}))
    live = kind.read(directory.client, wanted.address.key)
    assert live is not None
    kind.delete(directory.client, live)
    kind.delete(directory.client, live)
    with pytest.raises(Conflict):
        kind.update(directory.client, live, wanted)
    assert directory.changes() == {wanted.address.key: "create spec"}


def test_members_that_we_may_not_see_are_no_empty_group(directory: Directory) -> None:
    directory.has_group("staff", directory.person())
    hidden = f'{{0}}to dn.exact="{directory.group("staff")}" attrs=member by * none'
    config, entry = directory.server.admin(), directory.server.database_of("dc=tests")
    config.modify(entry, [Modification("olcAccess", hidden, adds=True)])
    with pytest.raises(Denied, match="may not see its members"):
        directory.read()
    config.close()
