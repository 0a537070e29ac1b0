"""Agents log in with signed tokens at a real OpenBao, and get what their intent says and no more."""

from __future__ import annotations

import time

import psycopg
import pytest

from providers.vault.client import VaultClient
from providers.vault.names import subject_key
from providers.vault.resources import TYPES
from reconciler.provider import Denied, PairDemand, ProviderError, Rejected
from tests.providers.vault.database import Database
from tests.providers.vault.world import Estate, access, agent, changed, login, pair

BOT = agent("bot", "spiffe://example.com/Bot")
ORDERS = pair(BOT, "orders.read", 600)
BILLS = pair(BOT, "bills.read", 300)
OTHER = pair(agent("other"), "orders.read")


@pytest.fixture
def applied(estate: Estate) -> Estate:
    estate.desired = estate.apply(
        PairDemand(ORDERS, (access(("kv/data/orders/*", ["read"])),), (login(ORDERS),)),
        PairDemand(BILLS, (access(("kv/data/bills/*", ["read"])),)),
        PairDemand(OTHER, (access(("kv/data/orders/*", ["read"])),)),
    )
    return estate


def test_an_agent_gets_its_intent_and_nothing_else(applied: Estate) -> None:
    client = applied.log_in("bot_orders.read", applied.token(BOT.subject))
    assert client.get("kv/data/orders/1")["data"] == {"total": "5"}
    for path in (
        "kv/data/bills/1",
        "sys/auth",
        "auth/token/lookup-self",
        "database/roles/writ-x",
        "kv/metadata/orders/1",
    ):
        with pytest.raises(Denied, match=f"permission denied: read on {path}"):
            client.get(path)
    with pytest.raises(Denied):
        client.post("kv/data/orders/1", {"data": {"total": "6"}})
    bills = applied.log_in("bot_bills.read", applied.token(BOT.subject))
    assert bills.get("kv/data/bills/1")["data"] == {"total": "9"}
    with pytest.raises(Denied):
        bills.get("kv/data/orders/1")


def test_a_login_creates_nothing(applied: Estate) -> None:
    client = applied.log_in("bot_orders.read", applied.token(BOT.subject))
    found = applied.root.ask("auth/token/lookup", {"token": client.hvac.token})
    entity = applied.root.get("identity/entity/name/writ-bot")
    assert found["entity_id"] == entity["id"]
    assert found["policies"] == ["writ-bot_orders.read"]
    assert (found["explicit_max_ttl"], found["type"]) == (600, "service")
    assert 590 <= found["ttl"] <= 600
    assert applied.drift(applied.desired) == {}


@pytest.mark.parametrize(
    ("subject", "audience", "iss"),
    [
        ("spiffe://example.com/Bot2", "vault", "https://oidc.example.com/cluster"),
        ("spiffe://example.com/bot", "vault", "https://oidc.example.com/cluster"),
        ("sa:other", "vault", "https://oidc.example.com/cluster"),
        ("spiffe://example.com/Bot", "other", "https://oidc.example.com/cluster"),
        ("spiffe://example.com/Bot", "vault", "https://oidc.example.com/other"),
    ],
)
def test_another_subject_audience_or_issuer_gets_nothing(
    applied: Estate, subject: str, audience: str, iss: str
) -> None:
    with pytest.raises(ProviderError):
        applied.log_in("bot_orders.read", applied.token(subject, audience, iss))


def test_a_disabled_entity_stops_the_agent_at_once(applied: Estate) -> None:
    client = applied.log_in("bot_orders.read", applied.token(BOT.subject))
    applied.root.post("identity/entity/name/writ-bot", {"disabled": True})
    with pytest.raises(Denied):
        client.get("kv/data/orders/1")


def test_a_database_login_works_ends_live_sessions_and_dies_with_its_role(applied: Estate, database: Database) -> None:
    client = applied.log_in("bot_orders.read", applied.token(BOT.subject))
    with pytest.raises(Denied):
        client.get("database/creds/writ-rogue")
    creds = client.get("database/creds/writ-bot_orders.read_orders-db")
    session = database.connect(creds["username"], creds["password"])
    assert session.execute("SELECT count(*) FROM orders").fetchone() == (0,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("INSERT INTO orders VALUES (1)")
    applied.destroy(applied.desired)
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        database.connect(creds["username"], creds["password"])
    with pytest.raises(Denied):
        client.get("kv/data/orders/1")
    session.close()


def test_a_role_whose_logins_can_not_be_ended_stays(applied: Estate, database: Database) -> None:
    role = "writ-bot_orders.read_orders-db"
    applied.root.post(f"database/roles/{role}", {"db_name": "orders", "revocation_statements": ["SELECT 1/0"]})
    creds = applied.root.get(f"database/creds/{role}")
    found = applied.read(applied.desired).objects
    live = found[next(a for a in found if a.key == f"database/roles/{role}")]
    kind = TYPES[live.resource.address.type]
    with pytest.raises(Rejected, match="division by zero"):
        kind.delete(applied.client, live)
    assert kind.read(applied.client, live.resource.address.key) == live
    with database.connect() as admin:
        admin.execute(f'DROP ROLE "{creds["username"]}"')
    applied.root.post("sys/leases/revoke-force/database/creds", {})


def test_a_login_that_is_made_while_its_role_goes_ends_with_it(
    applied: Estate, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    role, minted = "writ-bot_orders.read_orders-db", []
    found = applied.read(applied.desired).objects
    live = found[next(a for a in found if a.key == f"database/roles/{role}")]
    remove = applied.client.delete

    def late(path: str) -> None:
        creds = applied.root.get(f"database/creds/{role}")
        minted.append((creds["username"], creds["password"]))
        database.connect(*minted[0]).close()
        remove(path)

    monkeypatch.setattr(applied.client, "delete", late)
    TYPES[live.resource.address.type].delete(applied.client, live)
    with pytest.raises(psycopg.OperationalError):
        database.connect(*minted[0])


def test_removing_one_role_leaves_logins_of_a_longer_name(applied: Estate, database: Database) -> None:
    longer = login(ORDERS, "orders-db2")
    desired = applied.apply_over(
        applied.desired,
        PairDemand(ORDERS, (access(("kv/data/orders/*", ["read"])),), (login(ORDERS), longer)),
    )
    client = applied.log_in("bot_orders.read", applied.token(BOT.subject))
    creds = client.get("database/creds/writ-bot_orders.read_orders-db2")
    found = applied.read(desired).objects
    short = next(a for a in found if a.key == "database/roles/writ-bot_orders.read_orders-db")
    TYPES[short.type].delete(applied.client, found[short])
    database.connect(creds["username"], creds["password"]).close()


def test_an_agent_can_hand_back_its_token_and_its_credentials(applied: Estate, database: Database) -> None:
    client: VaultClient = applied.log_in("bot_orders.read", applied.token(BOT.subject))
    creds = client.get("database/creds/writ-bot_orders.read_orders-db")
    client.post("auth/token/revoke-self", {})
    deadline = time.monotonic() + 10  # the server ends a token's leases in the background
    while time.monotonic() < deadline:
        try:
            database.connect(creds["username"], creds["password"]).close()
        except psycopg.OperationalError:
            return
        time.sleep(0.05)
    pytest.fail("the credential outlives its token")


def test_a_rogue_role_makes_an_entity_whose_alias_is_seen(applied: Estate) -> None:
    applied.root.post(
        "auth/jwt-agents/role/rogue",
        {"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["vault"], "token_policies": ["default"]},
    )
    applied.log_in("rogue", applied.token("mallory"))
    assert applied.drift(applied.desired) == {
        "vault_jwt_auth_backend_role/jwt-agents/rogue": "undeclared",
        "vault_identity_entity_alias/jwt-agents/mallory": "undeclared",
    }
    applied.destroy(applied.desired)
    assert applied.read(applied.desired).objects == {}


def test_a_key_url_that_cannot_be_read_is_refused(estate: Estate) -> None:
    backend = next(d for d in estate.lower() if d.resource.address.type == "vault_jwt_auth_backend")
    wrong = changed(backend, jwks_url="http://127.0.0.1:1/keys")
    with pytest.raises(Rejected, match="jwks"):
        TYPES["vault_jwt_auth_backend"].create(estate.client, wrong.resource)


@pytest.mark.parametrize(
    ("first", "second"), [("sa:X", "sa:x"), ("sa:\u03a3", "sa:\u03c3"), ("sa:\u0130", "sa:i"), ("sa:\u212a", "sa:k")]
)
def test_what_the_server_takes_for_one_subject_is_one_to_us(estate: Estate, first: str, second: str) -> None:
    estate.apply(PairDemand(ORDERS, (access(("kv/data/orders/*", ["read"])),)))
    accessor = estate.root.auth_mounts()["jwt-agents"]["accessor"]
    names = []
    for at, subject in enumerate((first, second)):
        estate.root.post(f"identity/entity/name/other-{at}", {})
        entity = estate.root.get(f"identity/entity/name/other-{at}")["id"]
        body = {"name": subject, "mount_accessor": accessor, "canonical_id": entity}
        estate.root.post("identity/entity-alias", body)
    for subject in (first, second):
        body = {"alias_name": subject, "alias_mount_accessor": accessor}
        names.append((estate.root.ask("identity/lookup/entity", body) or {}).get("name"))
    assert names == ["other-1", "other-1"]
    assert subject_key(first) == subject_key(second)
