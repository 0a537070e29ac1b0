"""`writ import` on real servers: what stands there becomes specs whose plan changes nobody's access."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from specs.loader import load_bytes
from tests.e2e import found
from tests.e2e.hands import Hands
from tests.e2e.wiring import closed_port, rewired
from tests.servers import World, Worlds

READER = 'payments.aws_iam_role["orders-api"]'


@dataclass(frozen=True)
class Estate:
    """The quickstart's servers with what hands made there, and a login that may read and write all of it."""

    world: World
    hands: Hands
    connections: str
    imported: dict[str, Any]
    """What `import -json` said."""
    before: dict[str, Any]
    """What the servers held then."""

    def writ(self, *arguments: str, code: int = 0) -> str:
        return self.world.ok(*arguments, code=code, WRIT_CONNECTIONS=self.connections)

    def plan(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.writ("plan", "imported", "-json"))
        return found

    def text(self, kind: str, name: str) -> str:
        return next(one["text"] for one in self.imported["documents"] if (one["kind"], one["name"]) == (kind, name))

    def left(self, address: str) -> dict[str, Any]:
        """The first reason, and the intent."""
        return next(one for one in self.imported["left"] if one["address"] == address)


@pytest.fixture(scope="module")
def estate(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Applied by Writ, then added to by hand, then imported with nothing but the Environment and without the state."""
    world = worlds.world("quickstart", tmp_path_factory.mktemp("found"))
    world.apply()
    world.state.rename(world.cwd / "old.db")
    for name in ("agents", "intents", "guardrails"):
        (world.specs / f"{name}.yaml").unlink()
    with Hands(world) as hands:
        found.made_by_hand(hands, world.sandbox.issuer.jwks_url)
        file = world.cwd / "root.token"
        file.write_text(str(hands.vault.token))
        connections = rewired(world, vault={"login": {"method": "token", "token_file": str(file)}})
        said = world.ok("import", "-out", "imported", "-json", WRIT_CONNECTIONS=connections)
        yield Estate(world, hands, connections, json.loads(said), found.held(hands))
        _taken_away(hands)
    worlds.clean(world)


def _taken_away(hands: Hands) -> None:
    """What no slate knows: users."""
    hands.iam.delete_user_policy(UserName="archivist", PolicyName="archive")
    hands.iam.delete_user(UserName="archivist")


def test_what_writ_applied_is_said_as_it_was(estate: Estate) -> None:
    bot = estate.text("Agent", "support-bot")
    assert "owner: team-support@example.com" in bot
    assert "identity: {issuer: cluster, subject: system:serviceaccount:support:support-bot}" in bot
    assert "{name: orders.read}" in bot, "no names: those that Writ derives"
    intent = estate.text("Intent", "refunds.issue")
    assert "purpose: Record a refund and hand it to the payment queue" in intent
    assert "ttl: 5m" in intent
    assert "{privileges: [SELECT], tables: [public.orders], columns: [id, total]}" in intent
    assert "database/creds" not in intent, "the login is the grants' consequence"


def test_what_hands_made_is_one_agent_over_its_systems_under_its_own_names(estate: Estate) -> None:
    agent = estate.text("Agent", "api")
    assert "identity: {issuer: k8s, subject: system:serviceaccount:orders:api}" in agent
    assert (
        "vault: {role: orders-api, policy: orders-read, keeps: [default-policy, soft-end, default-token-type]}" in agent
    )
    assert "payments: {role: orders-api, path: /apps/, policy: archive, tags: {team: orders}}" in agent
    environment = estate.text("Environment", "quickstart")
    assert "existing_oidc_providers: [k8s]" in environment
    assert "existing_auth_mounts: {k8s: kube}" in environment


def test_what_no_workload_proves_itself_for_is_told_with_its_access(estate: Estate) -> None:
    cases = {
        'vault.vault_jwt_auth_backend_role["kube/anybody"]': "it binds claims (ns)",
        'vault.vault_jwt_auth_backend_role["kube/renewing"]': "its tokens live 900 s",
        'vault.vault_login["auth/machines/role/ci"]': "no workload proves itself for it",
        'payments.aws_iam_role["several"]': "it trusts 2 values of sub",
        'payments.aws_iam_role["alike"]': "it compares it with StringLike",
        'payments.aws_iam_user["archivist"]': "no workload proves itself for it",
        'orders-db.postgresql_role["svc_orders"]': "no workload proves itself for it",
    }
    for address, why in cases.items():
        left = estate.left(address)
        assert why in left["why"], left
        assert left["intent"], left
    logins = [
        estate.left(f'orders-db.postgresql_role["{name}"]')["intent"] for name in ("svc_orders", "orders_readers")
    ]
    assert logins[0] == logins[1], "equal access is one intent"
    whys = [
        one["why"] for one in estate.imported["left"] if one["address"] == 'orders-db.postgresql_role["svc_orders"]'
    ]
    assert "it owns table public.svc_notes" in whys, "all rights, though no list of rights says so"
    hostile = found.HOSTILE.replace('"', '\\"')[:63]
    assert any(
        one["address"].startswith(f'orders-db.postgresql_role["{hostile[:40]}') for one in estate.imported["left"]
    )


def test_what_would_not_stay_as_it_is_is_found_by_planning_it(estate: Estate) -> None:
    """Nothing looked for these: the plan of the first draft would have changed them."""
    bound = estate.left('vault.vault_jwt_auth_backend_role["kube/bound"]')
    assert 'token_bound_cidrs is ["10.0.0.0/8"], and would be []' in bound["why"]
    layered = estate.left('vault.vault_jwt_auth_backend_role["kube/layered"]')
    assert 'vault_policy["layered"] would not stay as it is: policy is' in layered["why"]
    assert layered["intent"]
    told = [one["why"] for one in estate.imported["left"] if "machines/role/layered" in one["address"]]
    assert any("at kv/data/orders/vip/* the server lets one of them decide" in why for why in told), told


def test_what_its_entity_gives_it_besides_keeps_a_workload_out(estate: Estate) -> None:
    told = [one["why"] for one in estate.imported["left"] if "kube/more" in one["address"]]
    assert told == [
        "entity by-hand gives it layered besides: its intent says less",
        "group platform gives it orders-read besides: its intent says less",
    ]


def test_an_issuer_that_no_spec_can_hold_keeps_its_own_agents_out_and_no_others(estate: Estate) -> None:
    (odd,) = [one for one in estate.imported["left"] if "odd/odd" in one["address"]]
    assert odd["why"] == "a spec can't hold its issuer: credentials in a URL"
    assert estate.text("Agent", "api")
    assert found.SECRET not in json.dumps(estate.imported)


def test_nothing_that_exists_is_written_over(estate: Estate) -> None:
    before = {path: path.read_bytes() for path in (estate.world.cwd / "imported").iterdir()}
    done = estate.world.writ("import", "-out", "imported", WRIT_CONNECTIONS=estate.connections)
    assert done.returncode == 1
    assert "W630" in done.stderr
    assert {path: path.read_bytes() for path in (estate.world.cwd / "imported").iterdir()} == before


def test_one_system_is_imported_while_another_is_out_of_reach(estate: Estate) -> None:
    away = rewired(estate.world, vault={"address": f"http://127.0.0.1:{closed_port()}"})
    done = estate.world.writ("import", "--system", "payments", "-json", WRIT_CONNECTIONS=away)
    said = json.loads(done.stdout)
    assert [one["severity"] for one in said["diagnostics"]] == ["warning"]
    assert (done.returncode, [one["name"] for one in said["documents"] if one["kind"] == "Agent"][-1:]) == (0, ["api"])
    assert estate.world.writ("import", WRIT_CONNECTIONS=away).returncode == 1


def test_one_identity_is_all_that_is_asked_for(estate: Estate) -> None:
    printed = estate.writ("import", "-principal", "payments:orders-api")
    assert load_bytes(printed.encode(), "printed").diagnostics == (), "specs on standard output, and nothing else"
    said = estate.writ("import", "-principal", f"payments:{found.API}", "-json")
    assert {one["kind"] for one in json.loads(said)["documents"]} == {"Environment", "Agent", "Intent"}
    assert [one["address"] for one in json.loads(said)["left"]] == []
    done = estate.world.writ("import", "-principal", "payments:order-api", WRIT_CONNECTIONS=estate.connections)
    assert done.returncode == 1
    assert "W662" in done.stderr
    assert "orders-api" in done.stderr, "the nearest name"


def test_an_import_is_empty_then_adopted_and_watched(estate: Estate) -> None:
    """In this order: plan, apply, plan; then by hand, seen by plan and drift, taken back; then destroyed."""
    hands = estate.hands
    estate.writ("validate", "imported")
    assert estate.writ("fmt", "-check", "imported") == ""
    assert found.held(hands) == estate.before, "import only reads"
    assert _doing(estate.plan()) == {"import": 2}
    estate.writ("state", "rebuild", "-auto-approve", "imported")
    assert _doing(estate.plan()) == {"import": 2}, "a record made anew takes nothing over"
    estate.writ("plan", "imported", "-out", "reviewed")
    applied = estate.writ("apply", "-auto-approve", "reviewed", "imported")
    assert "2 imported, 0 added, 0 changed, 0 destroyed" in applied
    assert found.held(hands) == estate.before, "nobody's access changes"
    assert "managed by writ" in hands.read("sys/policies/acl/orders-read")["policy"]
    tags = {tag["Key"]: tag["Value"] for tag in hands.iam.list_role_tags(RoleName="orders-api")["Tags"]}
    assert (tags["managed-by"], tags["writ:agent"], tags["team"]) == ("writ", "api", "orders")
    assert "No changes." in estate.writ("plan", "imported", "-detailed-exitcode")

    hands.iam.put_role_policy(
        RoleName="orders-api", PolicyName="more", PolicyDocument=found.document(found.statement("s3:*", found.ARCHIVE))
    )
    hands.rewrite("auth/kube/role/orders-worker", bound_subject="system:serviceaccount:orders:thief")
    hands.write("sys/policies/acl/orders-read", policy='path "kv/data/*" { capabilities = ["read"] }')
    hands.write("auth/kube/config", bound_issuer="https://elsewhere.example.com", jwks_url=_jwks(estate))
    moved = {
        'payments.aws_iam_role_policy["orders-api:more"]',
        'vault.vault_jwt_auth_backend_role["kube/orders-worker"]',
        'vault.vault_policy["orders-read"]',
        'vault.vault_jwt_auth_backend_use["kube"]',
    }
    drift = json.loads(estate.writ("drift", "imported", "-json", code=2))
    assert {one["address"] for one in drift["resource_drift"]} == moved
    assert {one["address"] for one in estate.plan()["resource_changes"] if one["action"] in _MOVES} >= moved
    hands.write("auth/kube/config", bound_issuer=found.ISSUER, jwks_url=_jwks(estate))
    estate.writ("apply", "-auto-approve", "imported")
    assert found.held(hands) == estate.before
    assert "No changes." in estate.writ("plan", "imported", "-detailed-exitcode")

    gone = estate.world.writ("destroy", "-auto-approve", "imported", WRIT_CONNECTIONS=estate.connections)
    assert "policy orders-read stays: auth/kube/role/anybody and 6 more give it too" in gone.stderr
    assert gone.returncode == 1
    assert hands.read("sys/policies/acl/orders-read")["policy"], "others have it"
    left = set(hands.vault.list("auth/kube/role")["data"]["keys"])
    assert left == {"anybody", "bound", "layered", "more", "renewing"}
    assert {"several", "alike"} <= {role["RoleName"] for role in hands.iam.list_roles()["Roles"]}


_MOVES = {"create", "update", "replace", "delete"}


def _jwks(estate: Estate) -> str:
    return estate.world.sandbox.issuer.jwks_url


def _doing(plan: dict[str, Any]) -> dict[str, int]:
    """What a plan would do, without what is as it should be."""
    quiet = {"no-op", "adopt"}
    actions = [one["action"] for one in plan["resource_changes"] if one["action"] not in quiet]
    return {action: actions.count(action) for action in actions}


def test_what_writ_applied_to_a_shop_is_imported_as_it_was(shop: World) -> None:
    """MariaDB and OpenBao: intents whose access is all in the database."""
    shop.apply()
    for name in ("agents", "intents", "guardrails"):
        (shop.specs / f"{name}.yaml").unlink(missing_ok=True)
    shop.state.rename(shop.cwd / "old.db")
    server: Any = shop.sandbox.server("mysql")
    server.script("CREATE ROLE clerks")
    server.script("GRANT SELECT ON shop.orders TO clerks")
    server.script("CREATE USER clerk@'%' IDENTIFIED BY 'x'")
    server.script("GRANT clerks TO clerk@'%'")
    said = shop.json("import", "-out", "specs/imported")
    left = {one["address"]: one["intent"] for one in said["left"]}
    assert left['shop-db.mysql_role["clerks"]'] == left['shop-db.mysql_user["clerk@%"]'] != ""
    assert "No changes." in shop.ok("plan", "-detailed-exitcode")
    assert (
        "{privileges: [SELECT], tables: [shop.order_items, shop.orders]}"
        in (shop.specs / "imported" / "intents.yaml").read_text()
    )
    server.script("DROP USER clerk@'%'")
    server.script("DROP ROLE clerks")


def test_a_directory_says_who_is_in_which_group_until_when(directory: World) -> None:
    """No system here says who its agents are: their access is said, and they are told of."""
    directory.apply()
    (directory.specs / "agents.yaml").unlink()
    (directory.specs / "intents.yaml").unlink()
    directory.state.rename(directory.cwd / "old.db")
    said = directory.json("import")
    left = {one["address"]: one for one in said["left"]}
    bot = left['directory.ldap_account["uid=wiki-bot,ou=agents,dc=example,dc=com"]']
    assert "no system says who that is" in bot["why"]
    text = next(one["text"] for one in said["documents"] if one["name"] == bot["intent"])
    assert 'groups: [build-readers, "cn=metrics,ou=legacy,ou=groups,dc=example,dc=com"]' in text
    assert "groups: [writ-wiki-editors]" in text
    assert "2099-07-01T00:00:00Z" in text
