"""What can't be read is never called deleted, what can't be written stops only what needs it, and all can be mended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.hands import ACCOUNT, MOUNT, READER, REFUNDER, Hands
from tests.e2e.recorder import Recorder
from tests.e2e.wiring import closed_port, rewired
from tests.servers import WRIT, World

SYSTEMS = {"vault", "payments", "orders-db"}


@pytest.fixture
def hands(world: World) -> Iterator[Hands]:
    with Hands(world) as made:
        yield made


@pytest.fixture
def vault(world: World) -> Iterator[Recorder]:
    """A recorder in front of the world's OpenBao."""
    with Recorder(world.connection("vault")["address"]) as recorder:
        yield recorder


def down(world: World, system: str) -> str:
    """Connections in which nobody listens where a system should be."""
    port = closed_port()
    blocks: dict[str, dict[str, Any]] = {
        "vault": {"address": f"http://127.0.0.1:{port}"},
        "payments": {"endpoint_url": f"http://127.0.0.1:{port}"},
        "orders-db": {"host": "127.0.0.1", "port": port},
    }
    return rewired(world, **{system.replace("-", "_"): blocks[system]})


def test_a_name_taken_by_somebody_else_is_an_error_and_is_left_alone(world: World, hands: Hands) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    hands.write(f"sys/policies/acl/writ-{READER}", policy="# theirs")
    hands.iam.create_role(RoleName=f"writ-{READER}", Path="/theirs/", AssumeRolePolicyDocument=trust)
    hands.sql(f'CREATE ROLE "writ_{READER}" LOGIN', f"""COMMENT ON ROLE "writ_{READER}" IS 'theirs'""")
    try:
        plan = world.json("plan", code=1)
        taken = {d["subject"]: d for d in plan["diagnostics"] if d["code"] == "W502"}
        assert taken.keys() == {
            f'vault.vault_policy["writ-{READER}"]',
            f'payments.aws_iam_role["writ-{READER}"]',
            f'orders-db.postgresql_role["writ_{READER}"]',
        }
        assert all("not ours" in d["summary"] and d["detail"] and d["range"] for d in taken.values())
        assert (plan["applyable"], plan["errored"]) == (False, True)
        refused = world.writ("apply", "-auto-approve")
        assert refused.returncode == 1
        assert refused.stderr.count("error[W502]") == 3
        assert world.writ("destroy", "-auto-approve").returncode == 0
        assert hands.read(f"sys/policies/acl/writ-{READER}")["policy"] == "# theirs"
        assert hands.iam.get_role(RoleName=f"writ-{READER}")["Role"]["Path"] == "/theirs/"
        assert hands.sql(f"SELECT rolcanlogin FROM pg_roles WHERE rolname = 'writ_{READER}'") == [(True,)]
        assert hands.sql("SELECT rolname FROM pg_roles WHERE rolname LIKE '%refunds%'") == []
    finally:
        hands.delete(f"sys/policies/acl/writ-{READER}")
        hands.iam.delete_role(RoleName=f"writ-{READER}")
        hands.sql(f'DROP ROLE "writ_{READER}"')


def test_a_system_that_is_down_is_an_error_and_never_deleted(world: World) -> None:
    first = world.writ("plan", "-json", WRIT_CONNECTIONS=down(world, "payments"))
    assert first.returncode == 1
    plan = json.loads(first.stdout)
    assert {row["system"] for row in plan["resource_changes"]} == SYSTEMS - {"payments"}
    assert [(d["code"], d["subject"]) for d in plan["diagnostics"]] == [("W702", "payments")]
    world.apply()
    for system in sorted(SYSTEMS):
        connections = down(world, system)
        planned = world.writ("plan", "-json", "-detailed-exitcode", WRIT_CONNECTIONS=connections)
        assert planned.returncode == 1, system
        plan = json.loads(planned.stdout)
        assert {row["system"] for row in plan["resource_changes"]} == SYSTEMS - {system}
        assert {row["action"] for row in plan["resource_changes"]} == {"no-op"}
        assert plan["resource_drift"] == []
        assert (plan["errored"], plan["applyable"]) == (True, False)
    drift = world.writ("drift", WRIT_CONNECTIONS=connections)
    assert drift.returncode == 1
    assert "Drift unknown: see the errors." in drift.stdout
    applied = world.writ("apply", "-auto-approve", WRIT_CONNECTIONS=connections)
    assert applied.returncode == 1
    assert "No plan: see the errors." in applied.stdout


def test_another_account_is_refused(world: World, hands: Hands) -> None:
    role = "arn:aws:iam::999999999999:role/writ-sandbox-operator"
    identity = world.connection("payments")["web_identity"] | {"role_arn": role}
    connections = rewired(world, payments={"web_identity": identity})
    refused = world.writ("apply", "-auto-approve", WRIT_CONNECTIONS=connections)
    assert refused.returncode == 1
    assert "999999999999" in refused.stderr
    assert ACCOUNT in refused.stderr
    assert "Creating" not in refused.stdout
    assert hands.iam.list_roles(PathPrefix="/writ/")["Roles"] == []


@contextmanager
def forbidden(hands: Hands, path: str) -> Iterator[None]:
    """The operator may do anything at Vault but this."""
    name = "sys/policies/acl/operator-quickstart-vault"
    rules = hands.read(name)["policy"]
    hands.write(name, policy=f'{rules}\npath "{path}" {{\n  capabilities = ["deny"]\n}}\n')
    try:
        yield
    finally:
        hands.write(name, policy=rules)


def test_a_missing_privilege_at_vault_stops_only_what_needs_it(world: World, hands: Hands) -> None:
    with forbidden(hands, f"auth/{MOUNT}/config"):
        # Readable configuration is what a plan needs; the mount isn't there yet, so nothing is read.
        failed = world.writ("apply", "-auto-approve")
    assert failed.returncode == 1
    assert f'error[W601] vault.vault_jwt_auth_backend["{MOUNT}"]' in failed.stderr
    assert "permission denied" in failed.stderr
    assert failed.stderr.count(f'skipped: it depends on vault.vault_jwt_auth_backend["{MOUNT}"]') == 3
    assert f'error[W602] vault.vault_jwt_auth_backend_role["{MOUNT}/{READER}"]' in failed.stderr
    assert "1 failed, 3 skipped" in failed.stdout
    assert len(hands.iam.list_roles(PathPrefix="/writ/")["Roles"]) == 2
    assert len(hands.sql("SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'writ_')")) == 2
    world.apply()
    assert "No changes." in world.ok("plan", "-detailed-exitcode")
    assert "No drift." in world.ok("drift")


def test_a_missing_privilege_at_postgresql_stops_only_what_needs_it(world: World, hands: Hands) -> None:
    hands.sql(
        "CREATE ROLE operator LOGIN CREATEROLE PASSWORD 'by hand'",
        "ALTER DATABASE orders OWNER TO operator",
        "ALTER TABLE public.orders OWNER TO operator",
        "ALTER TABLE public.order_items OWNER TO operator",
        "GRANT USAGE ON SCHEMA public TO operator WITH GRANT OPTION",
        "GRANT vault_minter TO operator",
    )
    connections = rewired(world, orders_db={"host": "127.0.0.1", "user": "operator"})
    try:
        failed = world.writ("apply", "-auto-approve", WRIT_CONNECTIONS=connections, PGPASSWORD="by hand")
        assert failed.returncode == 1
        refunds = f'orders-db.postgresql_grant["writ_{REFUNDER}:table:public.refunds"]'
        assert [line for line in failed.stderr.splitlines() if "error[W601]" in line and refunds not in line] == []
        assert f"error[W601] {refunds}" in failed.stderr
        assert "1 failed, 0 skipped" in failed.stdout
        hands.sql("ALTER TABLE public.refunds OWNER TO operator")
        world.ok("apply", "-auto-approve", WRIT_CONNECTIONS=connections, PGPASSWORD="by hand")
        planned = world.ok("plan", "-detailed-exitcode", WRIT_CONNECTIONS=connections, PGPASSWORD="by hand")
        assert "No changes." in planned
    finally:
        world.ok("destroy", "-auto-approve")
        hands.sql("REASSIGN OWNED BY operator TO postgres", "DROP OWNED BY operator", "DROP ROLE operator")


@pytest.mark.thorough
def test_a_server_that_goes_away_halfway(world: World, vault: Recorder) -> None:
    connections = rewired(world, vault={"address": vault.url})
    vault.cut_after = 4  # a login and three objects
    failed = world.writ("apply", "-auto-approve", WRIT_CONNECTIONS=connections)
    assert failed.returncode == 1
    assert "Apply incomplete." in failed.stdout
    assert "error[W601] vault." in failed.stderr
    assert "error[W601] payments." not in failed.stderr
    assert "error[W601] orders-db." not in failed.stderr
    vault.cut_after = None
    world.apply()
    assert "No changes." in world.ok("plan", "-detailed-exitcode")


@contextmanager
def held_apply(world: World, vault: Recorder) -> Iterator[subprocess.Popen[str]]:
    """An apply that has done an object at Vault, and waits with the others until it is released."""
    vault.hold_after = 3  # the login and two objects
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("WRIT_", "VAULT_", "AWS_", "PG"))
    }
    world.applied = True
    with subprocess.Popen(
        [*WRIT, "apply", "-auto-approve"],
        cwd=world.cwd,
        env=environ | {"WRIT_CONNECTIONS": rewired(world, vault={"address": vault.url})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("vault.") and "complete" in line:
                    break
            yield process
        finally:
            process.kill()
            vault.released.set()


@pytest.mark.thorough
def test_ctrl_c_finishes_what_is_in_flight_and_the_next_run_converges(world: World, vault: Recorder) -> None:
    with held_apply(world, vault) as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        told = process.stderr.readline()
        vault.released.set()
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "Interrupted: finishing the calls in flight" in told
    assert "skipped: the run was interrupted" in err
    assert "Traceback" not in err
    assert "Failed after" not in out
    recorded = world.json("plan")
    assert {row["action"] for row in recorded["resource_changes"]} == {"create", "no-op"}
    world.apply()
    assert "No changes." in world.ok("plan", "-detailed-exitcode")


@pytest.mark.thorough
def test_a_lock_names_its_living_holder_and_a_dead_ones_is_taken_over(world: World, vault: Recorder) -> None:
    with held_apply(world, vault) as process:
        for command in ("apply", "destroy"):
            refused = world.writ(command, "-auto-approve")
            assert refused.returncode == 1
            assert "Error acquiring the state lock" in refused.stderr
            assert f"Process:   {process.pid}" in refused.stderr
            assert "Operation: apply" in refused.stderr
            assert refused.stdout == ""
        assert world.writ("plan").returncode == 0, "a plan takes no lock"
        process.kill()
        process.communicate(timeout=30)
        vault.released.set()
    taken = world.writ("apply", "-auto-approve")
    assert taken.returncode == 0, taken.stderr
    assert "took over the lock" in taken.stderr
    assert f"process {process.pid}" in taken.stderr
    assert "No changes." in world.ok("plan", "-detailed-exitcode")


def test_a_table_that_was_dropped_outside_is_drift(world: World, hands: Hands) -> None:
    world.apply()
    hands.sql("CREATE TABLE public.kept AS TABLE public.refunds", "DROP TABLE public.refunds")
    try:
        drift = world.json("drift", code=2)
        [item] = drift["resource_drift"]
        assert item["address"] == f'orders-db.postgresql_grant["writ_{REFUNDER}:table:public.refunds"]'
        assert [(d["code"], d["severity"]) for d in drift["diagnostics"]] == [("W450", "warning")]
        assert world.writ("plan").returncode == 1, "what the specs want can't be made"
    finally:
        hands.sql("ALTER TABLE public.kept RENAME TO refunds")


@pytest.mark.thorough
def test_another_environments_role_in_our_prefix_is_left_alone_by_all_commands(world: World, hands: Hands) -> None:
    world.apply()
    comment = "managed by writ; environment=elsewhere; system=db"
    hands.sql("CREATE ROLE writ_other", f"COMMENT ON ROLE writ_other IS '{comment}'")
    hands.sql("GRANT SELECT ON public.orders TO writ_other")
    try:
        for command in (("plan", "-detailed-exitcode"), ("drift",)):
            told = world.writ(*command)
            assert (told.returncode, "W503" in told.stderr) == (0, True), told.stderr
        world.edit("agents.yaml", "ttl: 10m", "ttl: 9m")
        world.ok("plan", "-out", "p")
        world.ok("apply", "p")
        world.ok("plan", "-destroy", "-out", "p")
        world.ok("apply", "p")
        assert hands.sql("SELECT has_table_privilege('writ_other', 'public.orders', 'SELECT')") == [(True,)]
    finally:
        hands.sql("DROP OWNED BY writ_other", "DROP ROLE writ_other")
