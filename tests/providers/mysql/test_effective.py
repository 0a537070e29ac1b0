"""What roles come to, and what a change of it is called: without a server."""

from __future__ import annotations

from typing import Any

import pytest

from providers.mysql.effective.world import Surroundings
from providers.mysql.keys import GrantKey, MembershipKey
from providers.mysql.names import GRANT, MEMBERSHIP, PUBLIC_GRANT, ROLE, Account
from providers.mysql.values import grant_values, membership_values, role_values
from reconciler.model import Address, Answer, Aspect, Resource, Verdict
from reconciler.provider import Asking, RequestError
from tests.providers.mysql.world import PROVIDER, SYSTEM, access, changed, never, scope_of

MINE = "writ_bot_orders.read"
OTHER = "writ_other_orders.read"


def role(name: str = MINE) -> Resource:
    return Resource(Address(SYSTEM, ROLE, name), role_values(""))


def may(what: str, *privileges: str, of: str = MINE, option: bool = False) -> Resource:
    key = GrantKey.of_object(of, what)
    assert key is not None
    return Resource(Address(SYSTEM, GRANT, str(key)), grant_values(key, privileges, grant_option=option))


def has(member: str, into: str, *, host: str = "", admin: bool = False) -> Resource:
    key = MembershipKey(Account(member, host), into)
    return Resource(Address(SYSTEM, MEMBERSHIP, str(key)), membership_values(key, admin=admin))


def everybody(what: str, *privileges: str) -> Resource:
    values: dict[str, Any] = {"privileges": list(privileges), "with_grant_option": False}
    return Resource(Address(SYSTEM, PUBLIC_GRANT, what), values)


def told(
    before: list[Resource], after: list[Resource], around: object = None
) -> dict[str, tuple[str, list[str], list[str]]]:
    return {
        f"{one.subject.key} {one.aspect}": (
            one.comparison.verdict.value,
            [each.request for each in one.comparison.gains],
            [each.request for each in one.comparison.loses],
        )
        for one in changed(before, after, around)
    }


REACH = f"{MINE} {Aspect.REACH}"


def test_a_privilege_more_is_a_widening_with_the_request() -> None:
    before = [role(), may("table:shop.orders", "SELECT")]
    after = [role(), may("table:shop.orders", "SELECT", "UPDATE")]
    assert told(before, after) == {REACH: ("widens", ["UPDATE on shop.orders"], [])}
    assert told(after, before) == {REACH: ("narrows", [], ["UPDATE on shop.orders"])}


@pytest.mark.parametrize(
    ("held", "asked", "gains"),
    [
        ("database:shop", "table:shop.orders", []),
        ("database:shop", "column:shop.orders.id", []),
        ("database:shop", "table:other.orders", ["SELECT on other.orders"]),
        ("databases:`shop%`", "table:shop_eu.orders", []),
        ("databases:`shop\\_%`", "table:shopXeu.orders", ["SELECT on shopXeu.orders"]),
        ("global:*", "database:shop", []),
        ("global:*", "databases:`shop%`", []),
        ("table:shop.orders", "column:shop.orders.id", []),
        ("column:shop.orders.id", "table:shop.orders", ["SELECT on shop.orders"]),
        ("column:shop.orders.id", "column:shop.orders.x", ["SELECT (x) on shop.orders"]),
        ("table:shop.orders", "database:shop", ["SELECT on database shop"]),
        ("database:shop", "global:*", ["SELECT on the whole server"]),
        ("database:shop", "databases:`shop%`", ["SELECT on databases `shop%`"]),
    ],
)
def test_what_is_had_already_on_something_wider_is_no_gain(held: str, asked: str, gains: list[str]) -> None:
    before = [role(), may(held, "SELECT")]
    found = told(before, [*before, may(asked, "SELECT")])
    assert found[REACH][1] == gains


def test_a_grant_option_is_a_gain_of_its_own() -> None:
    before = [role(), may("table:shop.orders", "SELECT")]
    after = [role(), may("table:shop.orders", "SELECT", option=True)]
    assert told(before, after)[REACH] == ("widens", ["SELECT WITH GRANT OPTION on shop.orders"], [])


def test_a_role_of_ours_that_is_given_another_comes_to_all_of_that() -> None:
    before = [role(), role(OTHER), may("table:shop.customers", "DELETE", of=OTHER)]
    found = told(before, [*before, has(MINE, OTHER, admin=True)])
    assert found[REACH][1] == [f"GIVE role {OTHER}", "DELETE on shop.customers"]
    assert found[f"{OTHER} {Aspect.TRUST}"][1] == [f"SET ROLE {OTHER} as {MINE}", f"give {OTHER} to others as {MINE}"]


def test_a_grant_to_a_role_that_others_have_is_told_of_them_too() -> None:
    before = [role(), role(OTHER), has(MINE, OTHER)]
    found = told(before, [*before, may("table:shop.customers", "DELETE", of=OTHER)])
    assert found.keys() == {REACH, f"{OTHER} {Aspect.REACH}"}


def test_what_somebody_elses_role_may_counts_with_all_that_it_has() -> None:
    key, far = GrantKey.of_object("boss", "global:*"), GrantKey.of_object("far", "table:a.b")
    assert key
    assert far
    around = Surroundings({key: frozenset({"FILE", "GRANT"}), far: frozenset({"DROP"})}, frozenset({("boss", "far")}))
    found = told([role()], [role(), has(MINE, "boss")], around)
    assert found[REACH][1] == ["FILE on the whole server", "FILE WITH GRANT OPTION on the whole server", "DROP on a.b"]


def test_a_role_that_wasnt_read_is_unknown_and_never_nothing() -> None:
    assert told([role()], [role(), has(MINE, "boss")])[REACH][0] == Verdict.UNKNOWN


def test_who_is_given_a_role_is_trust() -> None:
    found = told([role()], [role(), has("mallory", MINE, host="%")])
    assert found == {f"{MINE} {Aspect.TRUST}": ("widens", [f"SET ROLE {MINE} as mallory@%"], [])}


def test_what_everybody_is_given_every_role_gains() -> None:
    before = [role(), role(OTHER), may("table:shop.orders", "SELECT", of=OTHER)]
    found = told(before, [*before, everybody("table:shop.orders", "SELECT")])
    assert found[REACH][1] == ["SELECT on shop.orders"]
    assert found.get(f"{OTHER} {Aspect.REACH}", ("", [], []))[1] == []


def test_a_row_that_goes_from_before_a_pattern_may_open_what_it_hid() -> None:
    """The server takes the most specific row alone."""
    wide = may("databases:`shop%`", "DELETE")
    found = told([role(), wide, may("database:shop", "SELECT")], [role(), wide])
    assert found[REACH][0] == Verdict.UNKNOWN


def test_of_many_witnesses_the_rest_is_counted() -> None:
    many = [may(f"table:shop.t{number}", "SELECT") for number in range(30)]
    (one,) = changed([role()], [role(), *many])
    assert len(one.comparison.gains) == 20
    assert one.comparison.gains[-1].note == "and 10 more"


NEVER: list[tuple[dict[str, Any], dict[str, Any], str | None]] = [
    ({"tables": ["shop.customers"]}, {"privileges": ["SELECT"], "tables": ["shop.orders"]}, None),
    ({"tables": ["SHOP.cust*"]}, {"privileges": ["SELECT"], "tables": ["shop.customers"]}, "SELECT on shop.customers"),
    ({"tables": ["shop.customers"]}, {"privileges": ["SELECT"], "databases": ["shop"]}, "SELECT on database shop"),
    ({"tables": ["*"]}, {"privileges": ["SELECT"], "databases": ["shop"]}, "SELECT on database shop"),
    ({"tables": ["shop.*"]}, {"privileges": ["LOCK TABLES"], "databases": ["shop"]}, None),
    ({"tables": ["*"], "columns": ["card"]}, {"privileges": ["SELECT"], "tables": ["shop.a"], "columns": ["id"]}, None),
    (
        {"tables": ["*"], "columns": ["card"]},
        {"privileges": ["SELECT"], "tables": ["shop.a"], "columns": ["Card"]},
        "SELECT (card) on shop.a",
    ),
    ({"tables": ["*"], "columns": ["card"]}, {"privileges": ["SELECT"], "tables": ["shop.a"]}, "SELECT on shop.a"),
    ({"tables": ["*"], "privileges": ["DELETE"]}, {"privileges": ["SELECT"], "tables": ["shop.a"]}, None),
    ({"databases": ["shop"]}, {"privileges": ["EXECUTE"], "procedures": ["shop.f"]}, "EXECUTE on procedure shop.f"),
    ({"databases": ["shop"]}, {"privileges": ["SELECT"], "tables": ["shop2.f"]}, None),
    ({"procedures": ["*.f"]}, {"privileges": ["EXECUTE"], "databases": ["shop"]}, "EXECUTE on database shop"),
    ({"procedures": ["*.f"]}, {"privileges": ["EXECUTE"], "functions": ["shop.f"]}, None),
    ({"server": True}, {"privileges": ["SELECT"], "databases": ["shop"]}, None),
    ({"tables": ["*customers"]}, {"privileges": ["SELECT"], "tables": ["shop.customers"]}, "SELECT on shop.customers"),
    ({"tables": ["sh*"]}, {"privileges": ["SELECT"], "tables": ["shop.customers"]}, "SELECT on shop.customers"),
    ({"tables": ["*orders"]}, {"privileges": ["SELECT"], "tables": ["shop.customers"]}, None),
]


@pytest.mark.parametrize(("forbidden", "asked", "request_"), NEVER)
def test_what_a_guardrail_forbids_of_an_access(forbidden: Any, asked: Any, request_: str | None) -> None:
    assert PROVIDER.overlap(access(asked), never(**forbidden)) == request_


def test_a_guardrail_is_reached_by_roles_and_by_everybody() -> None:
    def reached(*objects: Resource, **forbidden: Any) -> list[tuple[str, str, bool]]:
        found = PROVIDER.reaches(scope_of(), {one.address: one for one in objects}, never(**forbidden))
        return [(one.subject.key, one.witness.request, one.witness.certain) for one in found]

    assert reached(role(), may("global:*", "FILE"), server=True) == [(MINE, "FILE on the whole server", True)]
    other = may("table:shop.customers", "DELETE", of=OTHER)
    nested = [role(), role(OTHER), other, has(MINE, OTHER)]
    assert {subject for subject, _, _ in reached(*nested, tables=["shop.cust*"])} == {MINE, OTHER}
    assert reached(role(), everybody("databases:`s%`", "DELETE"), tables=["shop.customers"])[0][2]
    assert reached(role(), has(MINE, "boss"), server=True) == [(MINE, "whatever boss may", False)]
    assert reached(role(), may("table:shop.orders", "SELECT"), tables=["shop.customers"]) == []


def asked(*words: str, objects: list[Resource], live: bool = True, around: Surroundings | None = None) -> Any:
    known = {one.address: one for one in objects}
    around = around or (Surroundings() if live else None)
    return PROVIDER.explain(scope_of(), Asking(Address(SYSTEM, ROLE, MINE), words, known, around, live=live))


def test_explain_names_the_grant() -> None:
    objects = [role(), may("database:shop", "SELECT"), may("column:shop.customers.email", "UPDATE")]
    found = asked("select", "shop.orders", objects=objects)
    assert (found.answer, [one.text for one in found.by]) == (Answer.YES, [f"GRANT SELECT on database shop TO {MINE}"])
    assert asked("UPDATE", "shop.customers", "Email", objects=objects).answer is Answer.YES
    no = asked("UPDATE", "shop.customers", objects=objects)
    assert (no.answer, no.notes) == (Answer.NO, ("no grant gives it", "only on columns email: ask for one"))
    assert asked("EXECUTE", "procedure", "shop.f", objects=objects).answer is Answer.NO
    assert asked("SELECT", "shop.orders", objects=[may("database:shop", "SELECT")]).answer is Answer.NO
    assert "--live" in asked("DROP", "shop.orders", objects=objects, live=False).notes[-1]
    assert asked("SELECT", "a.b", objects=[role(), has(MINE, "boss")], live=False).answer is Answer.UNKNOWN
    assert (
        asked("SELECT", "shop.a", objects=[role(), everybody("database:shop", "SELECT")])
        .by[0]
        .text.endswith("everybody")
    )
    spelled = asked("SELECT", "Shop.Orders", objects=objects, live=False)
    assert (spelled.answer, spelled.notes) == (Answer.UNKNOWN, ("only if the server keeps names in lower case",))
    assert asked("SELECT", "Shop.Orders", objects=objects).answer is Answer.NO
    folding = Surroundings(folds=True)
    assert asked("SELECT", "Shop.Orders", objects=objects, around=folding).answer is Answer.YES
    hidden = [*objects, may("databases:`x%`", "SELECT")]
    assert asked("SELECT", "shop.orders", objects=hidden).answer is Answer.UNKNOWN


NO_REQUESTS = [(), ("SELECT",), ("SELECT", "orders"), ("FLY", "a.b"), ("EXECUTE", "procedure", "a.b", "c")]


@pytest.mark.parametrize("words", [*NO_REQUESTS, ("SELECT", "a.b", "c.d")])
def test_words_that_are_no_request(words: tuple[str, ...]) -> None:
    with pytest.raises(RequestError):
        asked(*words, objects=[role()])
