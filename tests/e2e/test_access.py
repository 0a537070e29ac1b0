"""What an agent gets with its token, and what nobody gets: real logins, real sessions."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hvac
import hvac.exceptions
import psycopg
import pytest

from reconciler.sandbox.issuer import SigningKey
from tests.e2e.conftest import Ground
from tests.e2e.hands import ENTITY, MOUNT, READER, REFUNDER

SECOND = """\
apiVersion: writ/v1
kind: Agent
metadata: {name: second-bot}
spec:
  owner: team-second@example.com
  purpose: Shares an intent with support-bot
  review_by: 2027-03-31
  identity: {issuer: cluster, subject: "system:serviceaccount:second:bot"}
  intents: [{name: orders.read, ttl: 10m}]
"""
CREDS = f"database/creds/writ-{READER}_orders-db"
REFUND_CREDS = f"database/creds/writ-{REFUNDER}_orders-db"
REFUSED = (hvac.exceptions.InvalidRequest, hvac.exceptions.Forbidden, hvac.exceptions.Unauthorized)


class Agent:
    """A workload logged in at OpenBao with its own token, for one intent."""

    def __init__(self, address: str, role: str, token: str) -> None:
        """Raises one of REFUSED."""
        self.client = hvac.Client(url=address)
        try:
            self.auth: Mapping[str, Any] = self.client.auth.jwt.jwt_login(role=role, jwt=token, path=MOUNT)["auth"]
        except BaseException:
            self.close()
            raise

    def read(self, path: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.client.read(path)
        return found

    def close(self) -> None:
        self.client.adapter.close()


class Agents:
    """Logs agents in, and lets go of them."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self._made = ground, list[Agent]()

    def __call__(self, role: str = READER, *, agent: str = "support-bot", **claims: Any) -> Agent:
        return self.with_token(self.ground.world.token(agent, "vault", **claims), role)

    def with_token(self, token: str, role: str = READER) -> Agent:
        made = Agent(self.ground.hands.vault.url, role, token)
        self._made.append(made)
        return made

    def close(self) -> None:
        for agent in self._made:
            agent.close()


@pytest.fixture(scope="module", autouse=True)
def second_agent(ground: Ground) -> None:
    (ground.world.specs / "second.yaml").write_text(SECOND)
    ground.world.apply()


@pytest.fixture
def log_in(ground: Ground) -> Iterator[Agents]:
    agents = Agents(ground)
    yield agents
    agents.close()


def test_the_right_token_gets_this_intents_policy_for_its_ttl(log_in: Agents) -> None:
    reader, refunder = log_in(), log_in(REFUNDER)
    assert reader.auth["policies"] == [f"writ-{READER}"]
    assert refunder.auth["policies"] == [f"writ-{REFUNDER}"]
    assert 0 < reader.auth["lease_duration"] <= 600
    assert 0 < refunder.auth["lease_duration"] <= 300
    assert reader.auth["token_type"] == "service"
    assert reader.read("kv/data/orders/returns-policy")["data"]["data"] == {"text": "30 days"}


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "system:serviceaccount:support:support-bot2"},
        {"sub": "system:serviceaccount:support:*"},
        {"sub": ""},
        {"aud": "another-service"},
        {"aud": ["sts.amazonaws.com"]},
        {"iss": "https://oidc.example.com/other"},
        {"exp": int(time.time()) - 3600, "nbf": int(time.time()) - 7200, "iat": int(time.time()) - 7200},
        {"nbf": int(time.time()) + 3600},
    ],
    ids=["subject", "pattern", "no-subject", "audience", "audience-of-aws", "issuer", "expired", "not-yet"],
)
def test_a_token_with_another_claim_gets_nothing(log_in: Agents, claims: Mapping[str, Any]) -> None:
    with pytest.raises(REFUSED):
        log_in(**claims)


def test_a_token_of_another_key_gets_nothing(log_in: Agents) -> None:
    with pytest.raises(REFUSED):
        log_in(key=SigningKey())


def test_an_unsigned_token_gets_nothing(log_in: Agents) -> None:
    _, body, _ = log_in.ground.world.token("support-bot", "vault").split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    for signature in ("", "AA"):
        with pytest.raises(REFUSED):
            log_in.with_token(f"{none}.{body}.{signature}")


def test_an_agent_can_not_log_in_for_another(log_in: Agents) -> None:
    log_in("second-bot_orders.read", agent="second-bot")
    for role in (READER, REFUNDER):
        with pytest.raises(REFUSED):
            log_in(role, agent="second-bot")
    with pytest.raises(REFUSED):
        log_in("second-bot_orders.read")


def test_one_intents_token_can_not_use_another(log_in: Agents) -> None:
    reader, refunder = log_in(), log_in(REFUNDER)
    for agent, paths in (
        (reader, ("kv/data/refunds/signing-key", REFUND_CREDS)),
        (refunder, ("kv/data/orders/returns-policy", CREDS)),
    ):
        for path in (*paths, "database/creds/writ-second-bot_orders.read_orders-db", "sys/auth", "database/roles"):
            with pytest.raises(hvac.exceptions.Forbidden):
                agent.read(path)
    with pytest.raises(hvac.exceptions.Forbidden):
        reader.client.write_data("kv/data/orders/returns-policy", data={"data": {"text": "never"}})
    with pytest.raises(hvac.exceptions.Forbidden):
        reader.client.auth.token.create()


def test_a_database_login_can_do_one_thing_and_dies(ground: Ground, log_in: Agents) -> None:
    agent = log_in()
    lease = agent.read(CREDS)
    assert 0 < lease["lease_duration"] <= 600
    login = {"host": "127.0.0.1", "user": lease["data"]["username"], "password": lease["data"]["password"]}
    with ground.hands.session(**login) as session:
        assert session.execute("SELECT count(*) FROM public.orders").fetchone() == (2,)
        for denied in (
            "INSERT INTO public.orders VALUES (3, 'Mallory', 0)",
            "SELECT * FROM public.refunds",
            "CREATE TABLE public.mine (id int)",
            f'SET ROLE "writ_{READER}"',
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(denied)
        ground.hands.write("sys/leases/revoke", lease_id=lease["lease_id"], sync=True)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError), ground.hands.session(**login):
        pass
    assert not ground.hands.sql(f"SELECT rolname FROM pg_roles WHERE rolname = '{login['user']}'")


def test_a_live_login_is_no_drift(ground: Ground, log_in: Agents) -> None:
    agent = log_in(REFUNDER)
    lease = agent.read(REFUND_CREDS)
    assert 0 < lease["lease_duration"] <= 300
    assert "No drift." in ground.world.ok("drift")
    assert "No changes." in ground.world.ok("plan", "-detailed-exitcode")
    agent.client.auth.token.revoke_self()
    # The token is gone at once; its leases follow in the server's background.
    deadline = time.monotonic() + 20
    while ground.hands.sql(f"SELECT rolname FROM pg_roles WHERE rolname = '{lease['data']['username']}'"):
        assert time.monotonic() < deadline, "the login is still there"
        time.sleep(0.1)


def used(session: psycopg.Connection[Any]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.2)
        session.execute("SELECT 1")


def test_what_was_got_ends_with_the_token(ground: Ground, log_in: Agents) -> None:
    """Nobody revokes it: the time of the token is over. Of two seconds here, or the test would take ten minutes."""
    role = f"auth/{MOUNT}/role/{READER}"
    ground.hands.rewrite(role, token_ttl=2, token_max_ttl=2, token_explicit_max_ttl=2)
    try:
        agent = log_in()
    finally:
        ground.hands.rewrite(role, token_ttl=600, token_max_ttl=600, token_explicit_max_ttl=600)
    got = agent.read(CREDS)["data"]
    login = {"host": "127.0.0.1", "user": got["username"], "password": got["password"]}
    with ground.hands.session(**login) as session:
        session.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            used(session)
    with pytest.raises(hvac.exceptions.Forbidden):
        agent.read("kv/data/orders/returns-policy")


def test_disabling_the_entity_stops_the_agent_at_once(ground: Ground, log_in: Agents) -> None:
    agent = log_in()
    agent.read("kv/data/orders/returns-policy")
    ground.hands.write(f"identity/entity/name/{ENTITY}", disabled=True)
    try:
        with pytest.raises(hvac.exceptions.Forbidden):
            agent.read("kv/data/orders/returns-policy")
        with pytest.raises(REFUSED):
            log_in()
        log_in("second-bot_orders.read", agent="second-bot").read("kv/data/orders/returns-policy")
    finally:
        ground.hands.write(f"identity/entity/name/{ENTITY}", disabled=False)
    agent.read("kv/data/orders/returns-policy")


def test_the_audit_log_names_agent_and_intent(ground: Ground, log_in: Agents) -> None:
    agent = log_in()
    agent.read(CREDS)
    agent.client.auth.token.revoke_self()
    log = Path(ground.world.sandbox.status.workplace) / "data" / "vault" / "audit.log"
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    used = [e for e in entries if e["type"] == "response" and e["request"]["path"] == CREDS][-1]
    assert used["auth"]["policies"] == [f"writ-{READER}"]
    assert used["auth"]["metadata"] == {"role": READER}
    entity = ground.hands.read(f"identity/entity/id/{used['auth']['entity_id']}")
    assert entity["name"] == ENTITY
    assert entity["metadata"]["owner"] == "team-support@example.com"
    assert entity["metadata"]["agent"] == "support-bot"
    assert entity["metadata"]["purpose"].startswith("Answers customers'")
