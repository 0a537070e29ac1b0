"""What memberships come to: groups in groups, circles, what is gained and lost, what a guardrail forbids."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from providers.ldap.access import LdapNever
from providers.ldap.keys import MembershipKey
from providers.ldap.observed import nesting, primary_group
from reconciler.model import AccessChange, Address, Answer, Aspect, Resource, Verdict, Worlds
from reconciler.provider import Asking, RequestError
from tests.providers.ldap.world import END, PROVIDER, account, group, is_in, known, membership, scope_of

SCOPE = scope_of()
A, B, C, ADMINS = (group(name) for name in ("writ-a", "b", "c", "admins"))
Objects = Mapping[Address, Resource]


def changes(before: Objects, after: Objects) -> list[AccessChange]:
    touched = frozenset(a for a in before.keys() | after.keys() if before.get(a) != after.get(a))
    return list(PROVIDER.access_changes(SCOPE, Worlds(before, after, touched)))


def above(one: str, *groups: str) -> Resource:
    return nesting(SCOPE, one, groups)


def told(found: list[AccessChange]) -> dict[Address, tuple[Verdict, list[str], list[str]]]:
    return {
        one.subject: (
            one.comparison.verdict,
            [w.request.removeprefix("be member of ") for w in one.comparison.gains],
            [w.request.removeprefix("be member of ") for w in one.comparison.loses],
        )
        for one in found
        if one.aspect is Aspect.REACH
    }


def test_a_new_membership_gives_its_group_and_perhaps_those_that_it_is_in() -> None:
    around = known(above(B, C), above(C, B, ADMINS))
    (row,) = changes(around, {**around, **known(is_in(account(), B))})
    gains = {(w.request.removeprefix("be member of "), w.certain) for w in row.comparison.gains}
    assert gains == {(B, True), (C, False), (ADMINS, False)}
    assert row.comparison.verdict is Verdict.WIDENS
    assert B in next(w.note for w in row.comparison.gains if not w.certain)


def test_to_be_in_it_by_oneself_is_more_than_by_another_group() -> None:
    nested = known(is_in(account(), B), above(B, C))
    direct = {**nested, **known(is_in(account(), C))}
    assert told(changes(nested, direct)) == {membership(account(), C): (Verdict.WIDENS, [C], [])}
    assert told(changes(direct, nested)) == {membership(account(), C): (Verdict.NARROWS, [], [C])}
    twice = known(is_in(account(), B), is_in(account(), C), above(B, C))
    assert told(changes(known(is_in(account(), C)), twice))[membership(account(), B)] == (Verdict.WIDENS, [B], [])


def test_what_others_do_above_is_told_at_each_membership_below() -> None:
    mine = known(is_in(account(), A), is_in(A, B), is_in(account("other"), C))
    found = told(changes({**mine, **known(above(B))}, {**mine, **known(above(B, ADMINS))}))
    assert found == {
        membership(account(), A): (Verdict.MAY_WIDEN, [ADMINS], []),
        membership(A, B): (Verdict.MAY_WIDEN, [ADMINS], []),
    }


def test_a_group_of_ours_put_into_another_gives_its_members_more() -> None:
    before = known(is_in(account(), A), above(ADMINS))
    found = told(changes(before, {**before, **known(is_in(A, ADMINS, ""))}))
    assert found == {
        membership(account(), A): (Verdict.MAY_WIDEN, [ADMINS], []),
        membership(A, ADMINS): (Verdict.WIDENS, [ADMINS], []),
    }


def test_an_accounts_own_gid_is_a_membership() -> None:
    before, after = known(), known(primary_group(SCOPE, account(), B))
    (row,) = changes(before, after)
    assert (row.comparison.verdict, row.subject.type) == (Verdict.WIDENS, "ldap_primary_group")


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (END, "2100-01-01T00:00:00Z", Verdict.WIDENS),
        (END, "", Verdict.WIDENS),
        ("", END, Verdict.NARROWS),
        ("2100-01-01T00:00:00Z", END, Verdict.NARROWS),
    ],
)
def test_a_later_end_is_more(old: str, new: str, verdict: Verdict) -> None:
    found = changes(known(is_in(account(), B, old)), known(is_in(account(), B, new)))
    assert {one.aspect: one.comparison.verdict for one in found} == {
        Aspect.REACH: Verdict.EQUAL,
        Aspect.LIFETIME: verdict,
    }


def reachable(objects: Objects, member: str) -> set[str]:
    """Plainly: again and again, until nothing new comes."""
    edges = {
        (key.member, key.group)
        for address in objects
        if address.type != "ldap_group_nesting" and (key := MembershipKey.parse(address.key))
    }
    for address, one in objects.items():
        if address.type == "ldap_group_nesting":
            groups = one.attributes["groups"]
            assert isinstance(groups, list)
            edges |= {(address.key, str(up)) for up in groups}
    found = {member}
    while True:
        more = {up for down, up in edges if down in found} - found
        if not more:
            return found - {member}
        found |= more


def test_whatever_comes_or_goes_is_told_of_whom_it_concerns() -> None:
    """Random worlds with circles, against a closure that is worked out plainly."""
    chance = random.Random(7)
    ours = [group(f"writ-{n}") for n in range(3)]
    others = [group(f"g{n}") for n in range(4)]
    people = [account(f"bot{n}") for n in range(3)]

    def world() -> Objects:
        found = [
            is_in(member, into)
            for member in (*people, *ours)
            for into in (*ours, *others)
            if member != into and chance.random() < 0.15
        ]
        found += [above(one, *(up for up in others if chance.random() < 0.2)) for one in others]
        return known(*found)

    for _ in range(300):
        before, after = world(), world()
        rows = told(changes(before, after))
        for member in people:
            gained = reachable(after, member) - reachable(before, member)
            lost = reachable(before, member) - reachable(after, member)
            mine = [row for subject, row in rows.items() if subject.key.startswith(f"{member}->")]
            assert gained <= {one for _, gains, _ in mine for one in gains}
            assert lost <= {one for _, _, loses in mine for one in loses}


def test_a_guardrail_reaches_through_groups() -> None:
    never = LdapNever.model_validate({"groups": ["*admins"]})
    objects = known(is_in(account(), B), is_in(account("other"), ADMINS), above(B, C), above(C, ADMINS, B))
    found = {one.subject: one.witness.certain for one in PROVIDER.reaches(SCOPE, objects, never)}
    assert found == {membership(account(), B): False, membership(account("other"), ADMINS): True}
    assert list(PROVIDER.reaches(SCOPE, known(is_in(account(), B), above(B)), never)) == []


def asked(objects: Objects, *words: str, live: bool = True) -> Asking:
    return Asking(membership(account(), B), ("be", "member", "of", *words), objects, live=live)


def test_explain() -> None:
    objects = known(is_in(account(), B), above(B, C))
    yes = PROVIDER.explain(SCOPE, asked(objects, "B"))
    assert (yes.answer, yes.by[0].address) == (Answer.YES, membership(account(), B))
    assert PROVIDER.explain(SCOPE, asked(objects, f"CN=b, {group('x').partition(',')[2]}")).answer is Answer.YES
    assert PROVIDER.explain(SCOPE, asked(objects, "c")).answer is Answer.UNKNOWN
    no = PROVIDER.explain(SCOPE, asked(objects, "admins", live=False))
    assert no.answer is Answer.NO
    assert any("--live" in note for note in no.notes)
    other = PROVIDER.explain(SCOPE, asked(known(is_in(account(), B), is_in(account(), C)), "c"))
    assert other.answer is Answer.YES
    assert "another intent" in other.notes[0]


@pytest.mark.parametrize("words", [(), ("a", "b"), ("",), ("cn=a;b",)])
def test_words_that_are_no_request(words: tuple[str, ...]) -> None:
    with pytest.raises(RequestError):
        PROVIDER.explain(SCOPE, asked(known(), *words))
