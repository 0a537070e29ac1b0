"""Verdicts and witnesses."""

from __future__ import annotations

import random
import time

import pytest

from providers.vault.effective import recheck
from providers.vault.effective.compare import compare, reaches
from providers.vault.effective.parse import parse
from providers.vault.effective.values import Policy, Server
from reconciler.access import Verdict, Witness
from tests.providers.vault.effective.policies import each, hcl, parsed, policy, random_set

EQUAL, NARROWS, WIDENS = Verdict.EQUAL, Verdict.NARROWS, Verdict.WIDENS
INCOMPARABLE, MAY_WIDEN = Verdict.INCOMPARABLE, Verdict.MAY_WIDEN
A = ("secret/*", "read")
ID = ("kv/{{identity.entity.id}}/*", "read")
EXPIRES = 'expiration = "2030-01-01T00:00:00Z"'

CASES = [
    ([("secret/+/config", "read")], [A], WIDENS, "read secret/"),
    (
        [("secret/*", "read update")],
        [("secret/*", "read update"), ("secret/app/*", "read")],
        NARROWS,
        "update secret/app/",
    ),
    ([A], [A, ("secret/root", "deny")], NARROWS, "read secret/root"),
    ([("kv/a", "read")], [("kv/a", "read"), ("kv/a", "update")], WIDENS, "update kv/a"),
    ([("secret/app/*", "read")], [("secret/app*", "read")], WIDENS, "read secret/app"),
    ([("sys/raw/*", "read")], [("sys/raw/*", "read sudo")], WIDENS, "read sys/raw/"),
    # Nothing changes.
    ([A], [A], EQUAL, None),
    ([], [], EQUAL, None),
    ([A], [A, A], EQUAL, None),
    ([A], [("/secret/*", "read")], EQUAL, None),
    ([A], [A, ("secret/a/*", "read")], EQUAL, None),
    ([A], [A, ("secret/a", "read")], EQUAL, None),
    ([], [("secret/a", "deny")], EQUAL, None),
    ([], [("secret/a", "")], EQUAL, None),
    ([("secret/*", "deny")], [], EQUAL, None),
    ([A, ("secret/b", "deny")], [A, ("secret/b", "deny"), ("secret/b", "read")], EQUAL, None),
    ([("a", "read")], [("a", "read"), ("//b", "read")], EQUAL, None),
    ([("a/+/+", "read"), ("a/+", "read")], [("a/+/+", "read"), ("a/+", "read"), ("a/b/c", "read")], EQUAL, None),
    # More.
    ([], [("a", "read")], WIDENS, "read a"),
    ([], [("kv/data/orders/*", "create")], WIDENS, "create kv/data/orders/"),
    ([("a/+/c", "read")], [("a/+/+", "read")], WIDENS, "read a/x/"),
    ([A, ("secret/root", "deny")], [A], WIDENS, "read secret/root"),
    ([A, ("secret/app/*", "list")], [A], INCOMPARABLE, "read secret/app/"),
    ([("a/*", "read"), ("a/b/*", "")], [("a/*", "read")], WIDENS, "read a/b/"),
    ([("a/*", "read"), ("+/b", "")], [("a/*", "read"), ("+/b", "read")], WIDENS, "read x/b"),
    ([("a", "list")], [("a", "list"), ("a/", "list read")], WIDENS, "read a/"),
    ([], [("a", "sudo")], WIDENS, "sudo a"),
    ([], [("a", "patch")], WIDENS, "patch a"),
    ([], [("a", "scan")], WIDENS, "scan a/"),
    ([], [("+", "read")], WIDENS, "read x"),
    # Less.
    ([A], [], NARROWS, "read secret/"),
    ([A], [A, ("secret/+/x", "list")], MAY_WIDEN, "list secret/x/x/"),
    # The server puts a slash to every LIST; only an empty segment tells these two apart.
    ([("a", "list")], [("a/", "list")], MAY_WIDEN, "list a//"),
    ([("a/*", "list")], [("a/*", "list"), ("a/", "list")], EQUAL, None),
    ([("a/b*", "list")], [("a/b*", "list"), ("a/b/*", "deny")], NARROWS, "list a/b/x/"),
    # Something of both.
    ([("kv/a", "read")], [("kv/b", "read")], INCOMPARABLE, "read kv/b"),
    ([("orders/*", "read")], [("Orders/*", "read")], INCOMPARABLE, "read Orders/"),
    # A gain of LIST on one kind of server only: there a path without its slash comes first.
    ([("a/b/*", "read")], [("a/b/*", "read"), ("a/b*", "list")], WIDENS, "list a/bx/"),
    # What isn't modelled, where it matters.
    ([], [ID], MAY_WIDEN, "read kv/"),
    ([ID], [ID], EQUAL, None),
    ([ID], [("kv/{{ identity.entity.id\\t}}/*", "read")], EQUAL, None),
    ([ID], [("kv/{{identity.entity. id}}/*", "read")], MAY_WIDEN, "read kv/"),
    ([ID], [ID, ("a", "read")], WIDENS, "read a"),
    ([ID], [ID, ("kv/a/*", "deny")], NARROWS, "read kv/a/"),
    ([ID], [("kv/{{identity.entity.name}}/*", "read")], MAY_WIDEN, "read kv/"),
    ([("kv/{{x}}", "deny"), ("kv/*", "read")], [("kv/*", "read")], MAY_WIDEN, "read kv/"),
    ([("kv/*", "read"), ID], [("kv/*", "read"), ("kv/a", "read"), ID], EQUAL, None),
    ([("a", "read")], [("a", "read", EXPIRES)], NARROWS, "read a"),
    ([("a", "read", EXPIRES)], [("a", "read")], MAY_WIDEN, "read a"),
    ([("a", "deny", EXPIRES), ("a*", "read")], [("a*", "read")], MAY_WIDEN, "read a"),
    ([("a", "read", 'control_group = { factor "f" {} }')], [("a", "read")], MAY_WIDEN, "read a"),
    ([("a", "read")], [("a", "read", 'control_group = { factor "f" {} }')], NARROWS, "read a"),
    ([], [("a", "read", 'mfa_methods = ["m"]')], MAY_WIDEN, "read a"),
    ([("a", "read", 'mfa_methods = ["m"]')], [("a", "read", 'mfa_methods = ["m", "n"]')], MAY_WIDEN, "read a"),
    ([("a", "list", "pagination_limit = 5")], [("a", "list")], MAY_WIDEN, "list a/"),
    (
        [("a", "read list", "pagination_limit = 5")],
        [("a", "read list", "pagination_limit = 5"), ("b", "read")],
        WIDENS,
        "read b",
    ),
    (
        [("a", "read", "allowed_parameters = { n = [5] }")],
        [("a", "read", "allowed_parameters = { n = [6] }")],
        MAY_WIDEN,
        "read a",
    ),
]


@pytest.mark.parametrize(("old", "new", "verdict", "witness"), CASES)
def test_cases(old, new, verdict, witness):
    found = compare(each(*old), each(*new))
    assert found.verdict is verdict, found
    side = found.loses if verdict is NARROWS else found.gains
    assert (side[0].request if side else None) == witness
    if verdict in {EQUAL, NARROWS}:
        assert not found.gains
    back = compare(each(*new), each(*old))
    certain = [[one.request for one in found_ if one.certain] for found_ in (found.gains, back.loses)]
    assert certain[0] == certain[1]


PARAMETERS = [
    ('allowed_parameters = { role = ["a"] }', 'allowed_parameters = { role = ["a", "b"] }', WIDENS, "with role=b"),
    (
        'allowed_parameters = { role = ["dev-a", "dev-b"] }',
        'allowed_parameters = { role = ["dev-*"] }',
        WIDENS,
        "with role=dev-",
    ),
    (
        'allowed_parameters = { role = ["a*"] }',
        'allowed_parameters = { role = ["ab*", "a*c"] }',
        NARROWS,
        "with role=a",
    ),
    (
        'allowed_parameters = { role = ["a*", "*"] }',
        'allowed_parameters = { role = ["a*", "ab"] }',
        NARROWS,
        "with role=*",
    ),
    ("allowed_parameters = { role = [] }", "", WIDENS, "with x=x"),
    ('allowed_parameters = { role = ["a"] }', 'allowed_parameters = { role = ["a"], "*" = [] }', WIDENS, "with x=x"),
    ('allowed_parameters = { "*" = [] }', "", EQUAL, None),
    ('allowed_parameters = { role = ["**"] }', "allowed_parameters = { role = [] }", WIDENS, "with role=true"),
    ("denied_parameters = { ttl = [] }", "", WIDENS, "with ttl=x"),
    ("", 'denied_parameters = { ttl = ["1*"] }', NARROWS, "with ttl=1"),
    ('denied_parameters = { "*" = [] }', 'denied_parameters = { "*" = [] ttl = [] }', EQUAL, None),
    ('required_parameters = ["ttl"]', "", WIDENS, ""),
    ('required_parameters = ["ttl"]', 'required_parameters = ["role"]', INCOMPARABLE, "with role=x"),
    ('required_parameters = ["ttl"] denied_parameters = { ttl = [] }', "", WIDENS, ""),
    (
        'required_parameters = ["ttl"] denied_parameters = { ttl = [] }',
        'denied_parameters = { "*" = [] } required_parameters = ["x"]',
        EQUAL,
        None,
    ),
    (
        'allowed_parameters = { role = ["a*"] } denied_parameters = { role = ["*bb"] }',
        'allowed_parameters = { role = ["a*"] }',
        WIDENS,
        "with role=abb",
    ),
    ("max_wrapping_ttl = 60", "max_wrapping_ttl = 61", WIDENS, "with the reply wrapped for 61 s"),
    ("max_wrapping_ttl = 60", "", WIDENS, ""),
    (
        "min_wrapping_ttl = 10",
        "min_wrapping_ttl = 10 max_wrapping_ttl = 60",
        NARROWS,
        "with the reply wrapped for 61 s",
    ),
]


@pytest.mark.parametrize(("old", "new", "verdict", "note"), PARAMETERS)
def test_parameters(old, new, verdict, note):
    found = compare(each(("auth/x", "update", old)), each(("auth/x", "update", new)))
    assert found.verdict is verdict, found
    side = found.loses if verdict is NARROWS else found.gains
    assert (side[0].note if side else None) == note


def test_a_second_policy_can_lift_a_parameter_constraint_for_no_one():
    one = policy(("x", "update", 'allowed_parameters = { a = ["1"] }'))
    assert compare([one], [one, policy(("x", "update"), name="q")]).verdict is EQUAL
    more = policy(("x", "update", 'allowed_parameters = { a = ["2"] }'), name="q")
    found = compare([one], [one, more])
    assert (found.verdict, found.gains[0].note) == (WIDENS, "with a=2")


def test_root():
    assert compare([], [Policy("root")]).verdict is WIDENS
    assert compare([Policy("root")], []).verdict is NARROWS
    assert compare([Policy("root")], [Policy("root")]).verdict is EQUAL
    assert compare([Policy("root")], [Policy("root"), policy(("a", "read"))]).verdict is Verdict.UNKNOWN


def test_a_policy_that_ends():
    plain, ends = parse("p", hcl(("a", "read"))), parse("p", hcl(("a", "read")), expires="2030-01-01T00:00:00Z")
    assert compare([ends], [plain]).verdict is MAY_WIDEN
    assert compare([plain], [ends]).verdict is NARROWS
    assert compare([ends], [ends]).verdict is EQUAL


def test_rules_that_disagree_on_their_control_group_are_told():
    with_group, without = ("a", "read", 'control_group = { factor "f" {} }'), ("a", "read")
    found = compare(each(with_group), each(with_group, without))
    assert found.verdict is MAY_WIDEN
    assert "error: rules for a disagree on their control group" in found.notes[0]
    assert compare(each(with_group, without), each(without, with_group)).verdict is MAY_WIDEN


def test_list_that_only_one_kind_of_server_gives():
    held = each(("a/b*", "list"), ("a/b/*", "read"))
    assert reaches(held, "a/b/", ["list"], servers=[Server.OPENBAO]) is None
    assert reaches(held, "a/b/", ["list"], servers=[Server.VAULT]) == Witness("list a/b/")
    assert reaches(held, "a/b/", ["list"]) == Witness("list a/b/", certain=False, note="LIST on HashiCorp Vault")


def test_no_sudo_no_use_of_a_protected_path():
    found = compare([], each(("sys/raw/x", "read")))
    assert (found.verdict, found.gains[0].note) == (
        MAY_WIDEN,
        "useless without sudo where the server protects the path",
    )


def test_a_contradiction_is_unknown(monkeypatch):
    monkeypatch.setattr(recheck, "permits", lambda *_, **__: False)
    found = compare([], each(("a", "read")))
    assert found.verdict is Verdict.UNKNOWN
    assert found.notes == ("internal error: two evaluators disagree on read a",)


def test_too_much_is_unknown(monkeypatch):
    monkeypatch.setattr("providers.vault.effective.atoms.atoms.__defaults__", (50,))
    rules = [("/".join("+" if bits >> i & 1 else "a" for i in range(7)), "read") for bits in range(128)]
    assert compare([], each(*rules[:64])).verdict is not EQUAL
    found = compare(each(*rules), each(*rules[1:]))
    assert found.verdict is Verdict.UNKNOWN


def test_many_witnesses_are_counted():
    found = compare([], each(*((f"kv/{i}", "read list") for i in range(30))))
    assert (len(found.gains), found.notes) == (20, ("40 more differences aren't listed",))


@pytest.mark.parametrize(
    ("rules", "pattern", "capabilities", "witness"),
    [
        ([("kv/*", "read")], "kv/data/prod/*", ["read"], "read kv/data/prod/"),
        ([("kv/*", "read")], "kv/data/prod/*", ["update"], None),
        ([("kv/*", "read"), ("kv/data/prod/*", "deny")], "kv/data/prod/*", ["*"], None),
        ([("kv/*", "read"), ("kv/data/prod/*", "deny")], "kv/data/+/x", ["*"], "read kv/data/x/x"),
        ([("kv/+/x", "list")], "kv/prod", ["list"], None),
        ([("kv/prod", "list")], "kv/prod", ["list"], "list kv/prod/"),
        ([("kv/prod/", "list")], "kv/prod", ["list"], "list kv/prod/"),
        ([("kv/prod/", "read")], "kv/prod", ["read"], None),
        ([("a", "read")], "b", ["*"], None),
        ([("kv/{{x}}", "read")], "kv/prod", ["read"], "read kv/prod"),
        ([("sys/policies/acl/x", "update")], "sys/policies/*", ["*"], "update sys/policies/acl/x"),
    ],
)
def test_guardrails(rules, pattern, capabilities, witness):
    found = reaches(each(*rules), pattern, capabilities)
    assert (found.request if found else None) == witness
    if found:
        assert found.certain is ("{{" not in rules[0][0])


def test_root_reaches_all():
    found = reaches([Policy("root")], "kv/x", ["read"])
    assert found is not None
    assert found.request == "read kv/x"


def test_reflexive_and_converse():
    rng = random.Random(7)
    for _ in range(60):
        one, two = (parsed(random_set(rng, ("a", "b", "c"))) for _ in range(2))
        assert compare(one, one).verdict is EQUAL
        assert [w.request for w in compare(one, two).gains] == [w.request for w in compare(two, one).loses]


def test_a_large_set_is_quick():
    rules = [(f"kv/data/team{i % 40}/app{i}/*", "read list") for i in range(1500)]
    rules += [(f"kv/data/+/app{i}", "read") for i in range(50)]
    old = [policy(*rules)]
    new = [policy(*rules, ("kv/data/team1/app1/secret", "update"))]
    start = time.perf_counter()
    found = compare(old, new)
    assert [w.request for w in found.gains] == ["update kv/data/team1/app1/secret"]
    assert time.perf_counter() - start < 20
