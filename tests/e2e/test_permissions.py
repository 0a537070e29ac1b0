"""docs/permissions.md is what Writ needs: the quickstart runs with exactly these rights."""

from __future__ import annotations

import json
import re
from pathlib import Path

import boto3
import psycopg

from providers.vault.permissions import operator_policy
from reconciler.sandbox.reading import read_blueprint
from tests.servers import EXAMPLES, World

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "permissions.md").read_text()


def blocks(language: str) -> list[str]:
    """The page's fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)


def test_the_vault_policy_is_the_one_that_the_sandboxs_operator_runs_with() -> None:
    (setting,) = read_blueprint([str(EXAMPLES / "quickstart" / "specs")]).settings
    vault = next(system for system in setting.systems if system.name == "vault")
    whole, _ = blocks("hcl")
    assert whole.split() == operator_policy(vault.scope.settings, [("database", "orders")]).split()


def test_planning_and_drift_need_no_more_of_vault_than_the_second_policy(world: World) -> None:
    world.apply()
    (system,) = (one for one in read_blueprint([str(world.specs)]).systems if one.name == "vault")
    vault = world.sandbox.server("vault").root_client(system.scope)  # type: ignore[attr-defined]
    policy = "sys/policies/acl/operator-quickstart-vault"
    whole, reading = blocks("hcl")
    try:
        vault.post(policy, {"policy": reading})
        assert "No changes" in world.ok("plan", "-detailed-exitcode")
        assert "No drift." in world.ok("drift")
        world.edit("agents.yaml", "ttl: 10m", "ttl: 9m")
        assert world.writ("apply", "-auto-approve").returncode == 1, "it can't write"
    finally:
        vault.post(policy, {"policy": whole})
        vault.close()


def test_aws_actions_are_those_that_the_provider_calls() -> None:
    iam = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    names = iam.meta.method_to_api_mapping
    source = "\n".join(
        file.read_text() for file in (ROOT / "providers" / "aws").glob("*.py") if "local" not in file.name
    )
    called = {f"iam:{names[name]}" for name in re.findall(r'"([a-z_]+)"', source) if name in names}
    assert called == set(re.findall(r"`(iam:(?!PassRole|PermissionsBoundary)\w+)`", DOCS))


def test_postgres_needs_no_superuser(world: World) -> None:
    world.dirty = True  # its roles stay
    superuser = world.connection("orders-db")
    with psycopg.connect(**superuser, dbname="orders", autocommit=True) as session:
        session.execute("CREATE ROLE orders_owner")
        for (table,) in session.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall():
            session.execute(f'ALTER TABLE public."{table}" OWNER TO orders_owner')
        session.execute("ALTER DATABASE orders OWNER TO orders_owner")
        (script,) = blocks("sql")
        session.execute(script.replace("…", "secret"))
    written = world.connections.read_text()
    place = json.dumps(superuser["host"])
    own = world.cwd / "connections.yaml"

    def log_in_as(user: str, options: str = "") -> None:
        login = rf"\1user: {user}\n\1options: {json.dumps(options)}"
        text = re.sub(r'^( +)user: "postgres"$', login, written.replace(place, '"127.0.0.1"'), flags=re.MULTILINE)
        assert user in text
        own.write_text(text)

    world.connections = own
    log_in_as("iam_operator")
    world.ok("apply", "-auto-approve", PGPASSWORD="secret")
    world.ok("plan", "-detailed-exitcode", PGPASSWORD="secret")
    with psycopg.connect(**superuser, dbname="orders", autocommit=True) as session:
        session.execute('GRANT DELETE ON public.orders TO "writ_support-bot_refunds.issue"')
    log_in_as("iam_operator", options="-c default_transaction_read_only=on")
    assert "Drift: 1 undeclared" in world.ok("drift", code=2, PGPASSWORD="secret")
    log_in_as("iam_operator")
    world.ok("apply", "-auto-approve", PGPASSWORD="secret")
    world.ok("plan", "-detailed-exitcode", PGPASSWORD="secret")
    world.ok("destroy", "-auto-approve", PGPASSWORD="secret")
