"""Who outside the scope gives what is Writ's: found at a real OpenBao, told with a witness, left to a hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from providers.vault.names import HOLDER, JWT_ROLE
from providers.vault.permissions import policy
from reconciler.engine.byhand import left_by_hand
from reconciler.engine.planner import plan_changes
from reconciler.model import AccessChange, Action, Address, Cause, Live, Snapshot, State, Verdict, Worlds
from reconciler.provider import LoginTarget, PairDemand, Rejected
from tests.providers.vault.database import Database
from tests.providers.vault.test_estate import pairs
from tests.providers.vault.world import Estate, access, agent, pair

OURS = "writ-bot_orders.read"
MOUNTS = {"staff": "userpass", "apps": "approle", "second": "jwt", "pods": "kubernetes", "tls": "cert"}
WRITES: dict[str, tuple[str, dict[str, object]]] = {
    "userpass user": ("auth/staff/users/alice", {"password": "x", "token_policies": [OURS, "default"]}),
    "approle role": ("auth/apps/role/ci", {"token_policies": f"other,{OURS.upper()}"}),
    "jwt role": (
        "auth/second/role/any",
        {"role_type": "jwt", "user_claim": "sub", "bound_audiences": "x", "token_policies": OURS},
    ),
    "token role": ("auth/token/roles/night", {"allowed_policies": [OURS]}),
    "token role by a pattern": ("auth/token/roles/glob", {"allowed_policies_glob": "wr*"}),
    "token role but for one": ("auth/token/roles/any", {"disallowed_policies": ["x"]}),
    "token role but for some": ("auth/token/roles/most", {"disallowed_policies_glob": ["x*"]}),
    "group": ("identity/group/name/staff", {"policies": [OURS]}),
    "entity": ("identity/entity/name/Carol", {"policies": [OURS]}),
}
EMPTY: dict[str, tuple[str, dict[str, object]]] = {
    "user": ("auth/staff/users/bob", {"password": "x", "token_policies": ["default", "not-writ-x"]}),
    "token role": ("auth/token/roles/day", {"allowed_policies": ["other"], "disallowed_policies": [OURS]}),
    "token role but for ours": ("auth/token/roles/none", {"disallowed_policies_glob": ["writ-*"]}),
    "token role that says nothing": ("auth/token/roles/plain", {"orphan": True}),
    "group": ("identity/group/name/others", {"policies": ["other"]}),
    "entity": ("identity/entity/name/dave", {"policies": ["other"]}),
}


@pytest.fixture
def outside(estate: Estate) -> Iterator[Estate]:
    """Mounts that aren't ours, and what is in them and in others without anything of ours."""
    for mount, kind in MOUNTS.items():
        estate.root.post(f"sys/auth/{mount}", {"type": kind})
    estate.root.post("auth/second/config", {"jwks_url": estate.signer.jwks_url})
    for path, body in EMPTY.values():
        estate.root.post(path, body)
    rules = (access(("kv/data/orders/*", ["read"])),)
    estate.desired = estate.apply(PairDemand(pair(agent("bot"), "orders.read"), rules))
    yield estate
    for mount in MOUNTS:
        estate.root.delete(f"sys/auth/{mount}")
    for path, _ in (*WRITES.values(), *EMPTY.values()):
        if path.startswith("auth/token"):
            estate.root.delete(path)


def held(snapshot: Snapshot) -> dict[str, Live]:
    return {address.key: live for address, live in snapshot.objects.items() if address.type == HOLDER}


def told(estate: Estate, before: Snapshot, after: Snapshot) -> dict[str, AccessChange]:
    one, two = before.everything, after.everything
    touched = frozenset(a for a in one.keys() | two.keys() if one.get(a) != two.get(a))
    rows = estate.provider.access_changes(estate.scope, Worlds(one, two, touched, after.surroundings))
    return {row.subject.key: row for row in rows if row.subject.type == HOLDER}


def test_a_role_of_an_agents_at_a_mount_that_somebody_else_keeps_is_none(outside: Estate) -> None:
    path, body = WRITES["jwt role"]
    outside.root.post(path, body)
    theirs = outside.scope.address(JWT_ROLE, "second/any")
    wanted = [item.resource.address for item in outside.desired]
    read = outside.provider.read
    assert list(held(read(outside.client, outside.scope, wanted))) == [path]
    assert list(held(read(outside.client, outside.scope, [*wanted, theirs]))) == []


@pytest.mark.parametrize("kind", WRITES)
def test_who_gives_our_policy_is_an_unmanaged_row(outside: Estate, kind: str) -> None:
    before = outside.read(outside.desired)
    assert (held(before), before.diagnostics) == ({}, ())
    path, body = WRITES[kind]
    outside.root.post(path, body)
    after = outside.read(outside.desired)
    ((key, live),) = held(after).items()
    assert key == path
    given = "wr*" if "pattern" in kind else "*" if " but " in kind else OURS
    assert live.resource.attributes["policies"] == [given]
    assert live.resource.attributes["kind"] == kind.partition(" by ")[0].partition(" but ")[0]
    reach = told(outside, before, after)[path].comparison
    assert (reach.verdict, reach.gains[0].request) == (Verdict.WIDENS, "read kv/data/orders/")
    wanted = {one.resource.address: one for one in outside.desired}
    marks = {"vault": {name: one.attributes for name, one in outside.provider.types.items()}}
    rows = left_by_hand(plan_changes(wanted, {"vault": after}, State("test", "", 0, {}, {}), marks).changes)
    (row,) = (one for one in rows if one.address.type == HOLDER)
    assert (row.action, row.cause) == (Action.BY_HAND, Cause.UNDECLARED)
    assert row.by_hand is not None
    assert path in row.by_hand.why
    with pytest.raises(Rejected):
        outside.provider.types[HOLDER].delete(outside.client, live)
    outside.root.delete(path)
    assert held(outside.read(outside.desired)) == {}


def test_a_holder_gains_what_the_policy_gains(outside: Estate) -> None:
    outside.root.post(*WRITES["userpass user"])
    before = outside.read(outside.desired)
    text = 'path "kv/data/bills/*" { capabilities = ["read"] }'
    outside.root.post(f"sys/policies/acl/{OURS}", {"policy": text})
    reach = told(outside, before, outside.read(outside.desired))["auth/staff/users/alice"].comparison
    assert reach.verdict is Verdict.INCOMPARABLE
    assert reach.gains[0].request.startswith("read kv/data/bills/")


def test_what_another_scope_declares_is_left_to_it(outside: Estate) -> None:
    outside.root.post(*WRITES["jwt role"])
    assert list(held(outside.read(outside.desired))) == ["auth/second/role/any"]
    other = outside.scope.settings.model_copy(update={"auth_mount": "second", "policy_prefix": "else-"})
    outside.client.scope = dataclasses.replace(outside.scope, alike=(other,))
    assert held(outside.read(outside.desired)) == {}


@pytest.fixture
def operators(outside: Estate) -> Iterator[Callable[[str], None]]:
    """Gives the operator another policy; the right one at the end."""
    names = outside.client.get("auth/token/lookup-self") or {}
    (name,) = (one for one in names["policies"] if one.startswith("operator"))
    right = outside.root.get(f"sys/policies/acl/{name}") or {}

    def give(text: str) -> None:
        outside.root.post(f"sys/policies/acl/{name}", {"policy": text})

    yield give
    give(right["policy"])


def test_what_may_not_be_looked_at_is_said_and_stops_nothing(outside: Estate, operators: Callable[[str], None]) -> None:
    for path, body in WRITES.values():
        outside.root.post(path, body)
    whole = policy(outside.scope.settings, [("database", "orders")], writing=False)
    operators(whole)
    assert sorted(held(outside.read(outside.desired))) == sorted(path for path, _ in WRITES.values())
    beside = ("auth/+/", 'identity/group/id"', "database/roles/*", "static-roles")
    operators("".join(line for line in whole.splitlines(keepends=True) if not any(one in line for one in beside)))
    found = outside.read(outside.desired)
    assert list(held(found)) == [WRITES["entity"][0]], "entities are read for their aliases anyway"
    (finding,) = found.diagnostics
    assert finding.code == "W445"
    assert ": auth/apps/role, " in finding.message
    operators("".join(line for line in whole.splitlines(keepends=True) if '"auth/+/users/+"' not in line))
    found = outside.read(outside.desired)
    assert "auth/staff/users/alice" not in held(found)
    (finding,) = found.diagnostics
    assert finding.message.endswith(": auth/staff/users/…")


STATEMENT = """CREATE ROLE "{{{{name}}}}" LOGIN PASSWORD '{{{{password}}}}' {more}"""


@pytest.fixture
def minting(estate: Estate) -> Estate:
    target = LoginTarget("vault", {"mount": "database", "connection": "orders"}, "writ_")
    estate.client.scope = estate.scope = dataclasses.replace(estate.scope, login_targets=(target,))
    estate.desired = estate.apply(*pairs())
    return estate


@pytest.mark.parametrize(
    ("more", "allowed", "named"),
    [
        ('IN ROLE "writ_bot_orders.read"', ["ops"], ["writ_bot_orders.read"]),
        ("IN ROLE WRIT_x; GRANT writ_y TO z", ["*"], ["WRIT_x", "writ_y"]),
        ('IN ROLE "writ_bot_orders.read"', ["o*"], ["writ_bot_orders.read"]),
        ('IN ROLE "writ_bot_orders.read"', ["theirs"], None),
        ("IN ROLE rewrit_x", ["*"], None),
    ],
)
def test_an_operators_role_that_makes_logins_in_ours_is_a_row(
    minting: Estate, more: str, allowed: list[str], named: list[str] | None
) -> None:
    config = minting.root.get("database/config/orders") or {}
    before = minting.read(minting.desired)
    assert held(before) == {}
    ours = [one for one in config["allowed_roles"] if one not in allowed]
    minting.root.post("database/config/orders", {"allowed_roles": [*ours, *allowed], "verify_connection": False})
    minting.root.post("database/roles/ops", {"db_name": "orders", "creation_statements": [STATEMENT.format(more=more)]})
    after = minting.read(minting.desired)
    rows = {key: live.resource.attributes["roles"] for key, live in held(after).items()}
    assert rows == ({"database/roles/ops": named} if named else {})
    if named:
        reach = told(minting, before, after)["database/roles/ops"].comparison
        assert reach.verdict is Verdict.MAY_WIDEN
        assert reach.gains[0].request == "a database login by database/creds/ops"
    assert minting.root.get("database/roles/ops"), "it is left alone"
    assert Address("vault", HOLDER, "database/roles/ops") not in minting.read(()).objects or named


def test_a_role_at_a_connection_that_isnt_read_may_make_logins(minting: Estate) -> None:
    minting.root.post(
        "database/roles/ops",
        {"db_name": "elsewhere", "creation_statements": [STATEMENT.format(more='IN ROLE "writ_bot_orders.read"')]},
    )
    assert list(held(minting.read(minting.desired))) == ["database/roles/ops"]


def test_a_static_role_of_one_of_our_logins_is_a_row(minting: Estate, database: Database) -> None:
    path = "database/static-roles/ops"
    before = minting.read(minting.desired)
    with database.connect() as admin:
        admin.execute("CREATE ROLE writ_someone LOGIN")
    try:
        minting.root.post("database/config/orders", {"allowed_roles": ["*"], "verify_connection": False})
        minting.root.post(path, {"db_name": "orders", "username": "writ_someone", "rotation_period": "24h"})
        after = minting.read(minting.desired)
        assert {key: live.resource.attributes["roles"] for key, live in held(after).items()} == {path: ["writ_someone"]}
        (gain,) = told(minting, before, after)[path].comparison.gains
        assert gain.request == "a database login by database/static-creds/ops"
    finally:
        minting.root.delete(path)
        with database.connect() as admin:
            admin.execute("DROP ROLE writ_someone")
