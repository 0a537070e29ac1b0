"""A login's access composed of its role, its entity and its groups, before and after."""

from __future__ import annotations

import pytest

from providers.vault.effective.changes import access_changes
from providers.vault.effective.world import Surroundings
from providers.vault.names import (
    ALIAS,
    ALLOWED_ROLE,
    CONNECTION,
    DATABASE_ROLE,
    ENTITY,
    GROUP_MEMBER,
    JWT_BACKEND,
    JWT_ROLE,
    POLICY,
)
from providers.vault.values import BACKEND_CONFIG, BACKEND_TUNE, POLICY_EXTRAS
from providers.vault.values import DATABASE_ROLE as DATABASE_FIELDS
from providers.vault.values import JWT_ROLE as ROLE_FIELDS
from reconciler.model import Address, Aspect, Comparison, Resource, Value, Verdict, Worlds

Objects = dict[Address, Resource]
READ = 'path "kv/data/orders/*" { capabilities = ["read"] }'
WRITE = 'path "kv/data/orders/*" { capabilities = ["read", "update"] }'
AROUND = Surroundings({"admin": 'path "*" { capabilities = ["sudo", "read"] }', "default": ""}, complete=True)


def one(kind: str, key: str, values: dict[str, Value]) -> Objects:
    address = Address("vault", kind, key)
    return {address: Resource(address, values)}


def role(name: str = "a_read", **changed: Value) -> Objects:
    values: dict[str, Value] = {
        **ROLE_FIELDS,
        "bound_subject": "a",
        "bound_audiences": ["vault"],
        "token_policies": ["writ-a_read"],
        "token_explicit_max_ttl": 900,
        "other_fields": {},
    }
    return one(JWT_ROLE, f"jwt/{name}", values | changed)


def policy(text: str, name: str = "writ-a_read") -> Objects:
    return one(POLICY, name, {"policy": text, **POLICY_EXTRAS})


def entity(**changed: Value) -> Objects:
    values: dict[str, Value] = {"name": "writ-a", "metadata": {}, "policies": [], "disabled": False, "id": "1"}
    return one(ENTITY, "writ-a", values | changed)


def alias(to: str = "writ-a") -> Objects:
    return one(ALIAS, "jwt/a", {"name": "a", "mount": "jwt", "entity": to})


def member(group: str, *policies: str, inherited: list[str] | None = None) -> Objects:
    values: dict[str, Value] = {
        "group": group,
        "entity": "writ-a",
        "policies": list(policies),
        "inherited_policies": list(inherited or ()),
    }
    return one(GROUP_MEMBER, f"{group}/writ-a", values)


def mount(**changed: Value) -> Objects:
    values: dict[str, Value] = {"path": "jwt", **BACKEND_TUNE, **BACKEND_CONFIG, "bound_issuer": "https://i.example"}
    return one(JWT_BACKEND, "jwt", values | changed)


def database(**changed: Value) -> Objects:
    return one(DATABASE_ROLE, "database/roles/writ-a", {**DATABASE_FIELDS, "db_name": "orders"} | changed)


def served(entry: str = "writ-a") -> Objects:
    return one(ALLOWED_ROLE, f"database/orders/{entry}", {"connection": "database/config/orders", "role": entry})


BASE = role() | policy(READ) | entity() | alias()


def told(before: Objects, after: Objects, around: Surroundings = AROUND) -> dict[tuple[str, Aspect], Comparison]:
    touched = frozenset(a for a in before.keys() | after.keys() if before.get(a) != after.get(a))
    return {
        (change.subject.type, change.aspect): change.comparison
        for change in access_changes(Worlds(before, after, touched, around))
    }


def reach(before: Objects, after: Objects, around: Surroundings = AROUND) -> Comparison:
    return told(before, after, around)[JWT_ROLE, Aspect.REACH]


def test_a_widened_policy_widens_the_logins_that_carry_it() -> None:
    found = told(BASE, BASE | policy(WRITE))
    assert found.keys() == {(JWT_ROLE, Aspect.REACH)}
    assert found[JWT_ROLE, Aspect.REACH].verdict is Verdict.WIDENS
    assert [w.request for w in found[JWT_ROLE, Aspect.REACH].gains] == ["update kv/data/orders/"]
    assert reach(BASE | policy(WRITE), BASE).verdict is Verdict.NARROWS


OWN = 'path "kv/data/{{ identity.entity.name }}/*" { capabilities = ["read"] }'


def test_what_a_template_about_the_entity_stands_for_is_known() -> None:
    found = reach(BASE | policy(""), BASE | policy(OWN))
    assert found.verdict is Verdict.WIDENS
    assert [(one.request, one.certain) for one in found.gains] == [("read kv/data/writ-a/", True)]
    team = OWN.replace("entity.name", "entity.metadata.team")
    assert reach(BASE | policy(""), BASE | policy(team)).verdict is Verdict.MAY_WIDEN
    known = entity(metadata={"team": "blue"})
    assert reach(BASE | known | policy(""), BASE | known | policy(team)).verdict is Verdict.WIDENS
    # Not a text that means something else in a path.
    odd = entity(metadata={"team": "*"})
    assert reach(BASE | odd | policy(""), BASE | odd | policy(team)).verdict is Verdict.MAY_WIDEN


def test_what_a_template_stands_for_changes_with_the_entity() -> None:
    team = policy(OWN.replace("entity.name", "entity.metadata.team"))
    found = reach(BASE | team | entity(metadata={"team": "a"}), BASE | team | entity(metadata={"team": "b"}))
    assert found.verdict is Verdict.INCOMPARABLE


def test_another_wording_is_equal() -> None:
    other = 'path "kv/data/orders/*" {\n  capabilities = ["read", "read"]\n}\n# a comment'
    assert reach(BASE, BASE | policy(other)).verdict is Verdict.EQUAL


@pytest.mark.parametrize(
    "after",
    [
        BASE | role(token_policies=["writ-a_read", "admin"]),
        BASE | entity(policies=["admin"]),
        BASE | member("ops", "admin"),
        BASE | role(token_policies=["root"]),
    ],
)
def test_policies_from_anywhere_count(after: Objects) -> None:
    assert reach(BASE, after).verdict in {Verdict.WIDENS, Verdict.INCOMPARABLE}


def test_the_default_policy_counts() -> None:
    around = Surroundings({"default": 'path "kv/data/x" { capabilities = ["read"] }'}, complete=True)
    assert reach(BASE, BASE | role(token_no_default_policy=False), around).verdict is Verdict.WIDENS


def test_a_policy_that_cant_be_read_is_unknown() -> None:
    found = reach(BASE, BASE | role(token_policies=["writ-a_read", "admin"]), Surroundings())
    assert found.verdict is Verdict.UNKNOWN
    assert "admin" in found.notes[0]


def test_what_a_group_inherits_counts() -> None:
    nested = member("ops", inherited=["admin"])
    assert reach(BASE, BASE | nested).verdict is Verdict.WIDENS
    assert reach(BASE | nested, BASE).verdict is Verdict.NARROWS
    assert (JWT_ROLE, Aspect.REACH) not in told(BASE, BASE | member("ops"))
    denied = Surroundings({"no": 'path "kv/data/orders/*" { capabilities = ["deny"] }'}, complete=True)
    nested = member("ops", inherited=["no"])
    assert reach(BASE, BASE | nested, denied).verdict is Verdict.NARROWS
    assert reach(BASE | nested, BASE, denied).verdict is Verdict.WIDENS, "who takes a denial away gives access back"


def test_a_disabled_entity_reaches_nothing() -> None:
    assert reach(BASE, BASE | entity(disabled=True)).verdict is Verdict.NARROWS
    assert reach(BASE | entity(disabled=True), BASE).verdict is Verdict.WIDENS


def test_a_login_that_becomes_a_strange_entity_is_unknown() -> None:
    found = told(BASE, BASE | alias("somebody"))
    assert found[JWT_ROLE, Aspect.REACH].verdict is Verdict.UNKNOWN
    assert found[ALIAS, Aspect.TRUST].verdict is Verdict.MAY_WIDEN


def test_an_undeclared_role_is_told_with_its_policies() -> None:
    rogue = role("rogue", bound_subject="", token_policies=["admin"])
    found = told(BASE, BASE | rogue)
    assert found[JWT_ROLE, Aspect.REACH].verdict is Verdict.WIDENS
    assert found[JWT_ROLE, Aspect.TRUST].gains[0].request.endswith("as subject any with a token for vault")


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"bound_subject": "b"}, Verdict.INCOMPARABLE),
        ({"bound_subject": ""}, Verdict.WIDENS),
        ({"bound_audiences": ["vault", "x"]}, Verdict.WIDENS),
        ({"bound_audiences": []}, Verdict.WIDENS),
        ({"bound_claims": {"x": ["y"]}}, Verdict.MAY_WIDEN),
        ({"token_bound_cidrs": ["10.0.0.0/8"]}, Verdict.MAY_WIDEN),
    ],
)
def test_whose_tokens_are_taken(changed: dict[str, Value], verdict: Verdict) -> None:
    assert told(BASE, BASE | role(**changed))[JWT_ROLE, Aspect.TRUST].verdict is verdict


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"token_explicit_max_ttl": 3600}, Verdict.WIDENS),
        ({"token_explicit_max_ttl": 60}, Verdict.NARROWS),
        ({"token_explicit_max_ttl": 0, "token_period": 60}, Verdict.WIDENS),
        ({"token_explicit_max_ttl": 0}, Verdict.WIDENS),
        ({"token_num_uses": 1}, Verdict.NARROWS),
    ],
)
def test_how_long_tokens_last(changed: dict[str, Value], verdict: Verdict) -> None:
    found = told(BASE, BASE | role(**changed))
    assert found.keys() == {(JWT_ROLE, Aspect.LIFETIME)}
    assert found[JWT_ROLE, Aspect.LIFETIME].verdict is verdict


def test_other_keys_of_a_mount_may_let_somebody_in() -> None:
    found = told(mount(), mount(jwks_url="https://other.example"))
    assert found[JWT_BACKEND, Aspect.TRUST].verdict is Verdict.MAY_WIDEN
    assert told({}, mount())[JWT_BACKEND, Aspect.TRUST].verdict is Verdict.WIDENS


def connection(*patterns: str) -> Objects:
    return one(CONNECTION, "database/config/orders", {"patterns": list(patterns)})


def at_connection(before: Objects, after: Objects, *patterns: str) -> dict[tuple[str, Aspect], Comparison]:
    """With a connection that was read, and is as it was."""
    return told(before | connection(*patterns), after | connection(*patterns))


def test_a_database_login_needs_its_connection() -> None:
    assert at_connection({}, database()) == {}
    found = at_connection(database(), database() | served())
    assert found[DATABASE_ROLE, Aspect.REACH].verdict is Verdict.WIDENS
    other = at_connection(database() | served(), database(creation_statements=["x"]) | served())
    assert other[DATABASE_ROLE, Aspect.REACH].verdict is Verdict.MAY_WIDEN


def test_a_pattern_serves_too() -> None:
    found = at_connection({}, database(), "*")
    assert found[DATABASE_ROLE, Aspect.REACH].verdict is Verdict.WIDENS
    pattern = served("writ-*")
    found = at_connection(database(), database() | pattern)
    assert found[DATABASE_ROLE, Aspect.REACH].verdict is Verdict.WIDENS
    assert at_connection(database() | served(), database() | pattern) == {}, "served as before"


def test_a_connection_that_is_opened_lets_more_in() -> None:
    """Also where ours are served as before: whoever may write a role in the engine gets logins from it."""
    both = database() | served()
    found = told(both | connection(), both | connection("*"))
    assert found.keys() == {(CONNECTION, Aspect.TRUST)}
    opened = found[CONNECTION, Aspect.TRUST]
    assert (opened.verdict, opened.gains[0].request) == (
        Verdict.WIDENS,
        "database logins by database/creds of a role with any name",
    )
    assert told(both | connection("*"), both | connection("*", "a-*")) == {}, "any name was any name before"
    assert told(both | connection("*"), both | connection("a-*"))[CONNECTION, Aspect.TRUST].verdict is Verdict.NARROWS
    found = told(database() | connection(), database() | connection("writ-*"))
    assert found[DATABASE_ROLE, Aspect.REACH].verdict is Verdict.WIDENS


def test_an_operators_policy_that_changed_changes_the_logins_that_it_is_named_by() -> None:
    base = BASE | role(token_policies=["writ-a_read", "ops"])
    ops, wider = one(POLICY, "ops", {"policy": ""}), one(POLICY, "ops", {"policy": WRITE})
    assert reach(base | ops, base | wider).verdict is Verdict.WIDENS
    assert reach(base | ops, base | one(POLICY, "ops", {"policy": None})).verdict is Verdict.UNKNOWN
    assert told(BASE | ops, BASE | wider) == {}


def test_a_connection_that_wasnt_read_may_serve_anybody() -> None:
    moved = at_connection(database() | served(), database(db_name="other"))
    assert moved[DATABASE_ROLE, Aspect.REACH].verdict is Verdict.MAY_WIDEN
    made = at_connection({}, database(db_name="other"))
    assert made[DATABASE_ROLE, Aspect.REACH].verdict is Verdict.MAY_WIDEN


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [
        (60, 600, Verdict.WIDENS),
        (600, 60, Verdict.NARROWS),
        (60, 0, Verdict.MAY_WIDEN),
        (0, 60, Verdict.MAY_WIDEN),
    ],
)
def test_0_is_the_servers_limit_whatever_that_is(was: int, now: int, verdict: Verdict) -> None:
    login = at_connection(database(max_ttl=was) | served(), database(max_ttl=now) | served())
    assert login[DATABASE_ROLE, Aspect.LIFETIME].verdict is verdict
    limit = told(mount(max_lease_ttl=was), mount(max_lease_ttl=now))[JWT_BACKEND, Aspect.LIFETIME]
    assert limit.verdict is (verdict if verdict is Verdict.NARROWS else Verdict.MAY_WIDEN)
