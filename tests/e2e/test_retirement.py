"""A standing login goes, and whoever did its work by what replaces it never notices."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.state.document import decode_state, encode_state
from tests.e2e.hands import Hands
from tests.e2e.retiring import HEIR, LOGIN, PASSWORD, Probe, catalogue, end_logins, lets_in, standing, token_file
from tests.e2e.wiring import closed_port, rewired
from tests.faults.gate import Deed, Fault, Phase
from tests.faults.harness import APPLY, harnessed
from tests.faults.oracle import Probes
from tests.servers import World


def can_log_in(hands: Hands) -> bool:
    return bool(hands.sql(f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{LOGIN}'")[0][0])


def told(world: World, system: str) -> set[tuple[str, str, str]]:
    """What an inventory says of retirements: name of what stands, retirement, what is next."""
    found = json.loads(world.ok("inventory", "-json", "--system", system))
    (seen,) = found["systems"]
    return {
        (one["name"], one["retirement"]["name"], one["retirement"]["next"])
        for one in seen["items"]
        if one["retirement"]
    }


def test_the_whole_way_of_a_standing_login(world: World, tmp_path: Path) -> None:
    token = token_file(world, tmp_path)
    with standing(world) as hands, harnessed(world, Probes()) as harness:
        assert "apply makes what replaces it" in world.apply()
        assert told(world, "orders-db") == {(LOGIN, "svc-orders", "prove")}
        with Probe(world) as probe:
            said = world.ok("retire", "-prove", "svc-orders", "-token", token)
            assert "support-bot/orders.read: logged in at vault (auth/jwt-agents" in said

            assert told(world, "orders-db") == {(LOGIN, "svc-orders", "lock")}

            with hands.session(user=LOGIN, password=PASSWORD, application_name="nightly") as held:
                done = world.writ(*APPLY)
                session = f"session {held.info.backend_pid} of nightly from this host, since 20"
                assert f"warning[W530] retirements.svc-orders: {LOGIN} of orders-db is not locked" in done.stderr
                assert (done.returncode, session in done.stderr, session in done.stdout) == (1, True, True), done
                assert "No changes." in done.stdout
                assert "Apply incomplete." in done.stdout
                assert "0 failed, 0 skipped, 1 of retirements refused." in done.stdout
                assert world.writ("plan", "-detailed-exitcode").returncode == 0, "there is nothing that it would do"
                last = json.loads(world.writ(*APPLY, "-json").stdout.splitlines()[-1])
                assert (last["ok"], last["refused"], last["failed"]) == (False, 1, 0)
                assert can_log_in(hands)
                assert held.execute("SELECT 1").fetchone() == (1,)

            before = catalogue(hands)
            fault = Fault(1, Phase.AFTER, Deed.KILL, "sql COMMIT")
            assert harness.run(*APPLY, fault=fault).returncode == -9
            end_logins(hands)
            assert not lets_in(hands), "it was done, and nobody recorded that"
            done = world.writ(*APPLY)
            assert f"{LOGIN} of orders-db is locked since 20" in done.stdout
            assert ("No changes." in done.stdout, "it is quarantined" in done.stderr) == (True, True), done

            world.ok("retire", "-undo", "svc-orders", "-auto-approve")
            assert catalogue(hands) == before
            assert lets_in(hands)
            said = world.apply()
            assert ("nobody has proved" in said, "No changes." in said) == (True, True), said
            assert lets_in(hands), "what was undone isn't locked again at once"

            world.ok("retire", "-prove", "svc-orders", "-token", token)
            assert "Access that the specs name: 1 -> 1 standing" in world.ok("plan", "-target", "vault")
            away = rewired(world, vault={"address": f"http://127.0.0.1:{closed_port()}"})
            said = world.ok("apply", "-auto-approve", "-target", "orders-db", WRIT_CONNECTIONS=away)
            assert lets_in(hands), f"nobody gets in through a Vault that is down: {said}"
            said = world.apply()
            assert "Access that the specs name: 1 -> 0 standing" in said
            assert ("this plan locks it" in said, "1 changed" in said) == (True, True), said
            assert not lets_in(hands)
            done = world.writ(*APPLY)
            assert (done.returncode, "No changes." in done.stdout) == (0, True), "what isn't due yet is nothing left"
            assert f"{LOGIN} of orders-db is locked since 20" in done.stdout
            # Another clock would have leases look long over that the probe is using.
            world.edit("retirements.yaml", "quarantine: 14d", "quarantine: 1s")
            time.sleep(1)
            done = world.writ(*APPLY)
            assert "0 added, 0 changed, 1 destroyed" in done.stdout, done.stdout + done.stderr
            assert hands.sql(f"SELECT FROM pg_roles WHERE rolname = '{LOGIN}'") == []
            owner = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'exports'"
            assert hands.sql(owner) == [(HEIR,)]
            refused = world.writ("retire", "-undo", "svc-orders", "-auto-approve")
            assert (refused.returncode, "a deletion can't be undone" in refused.stderr) == (1, True), refused
        assert probe.failed == []
        assert probe.worked > 5
        secrets = [PASSWORD, Path(token).read_text()]
        kept = b"".join(file.read_bytes() for file in (world.cwd / ".writ").rglob("*") if file.is_file())
        assert not [one for one in secrets if one.encode() in kept]


USER = """\
apiVersion: writ/v1
kind: Retirement
metadata: {name: svc-payments}
spec: {system: payments, principal: svc-payments, replaced_by: [support-bot/orders.read]}
"""


@contextmanager
def recorded_elsewhere(world: World, file: Path) -> Iterator[None]:
    """The state's account is another one: as if the connections led somewhere else by now."""

    def push(place: str) -> None:
        state, more = decode_state(world.ok("state", "pull").encode(), "")
        systems = {**state.systems, "payments": replace(state.systems["payments"], place=place)}
        file.write_bytes(encode_state(replace(state, systems=systems, serial=state.serial + 1), **more))
        world.ok("state", "push", str(file))

    push("account 999999999999")
    yield
    push("account 123456789012")


@pytest.mark.thorough
def test_a_user_of_aws_is_locked_with_its_keys_and_unlocked(world: World, tmp_path: Path) -> None:
    """moto believes any token: that a login proves something, OpenBao shows above."""
    (world.specs / "retirements.yaml").write_text(USER)
    with Hands(world) as hands:
        hands.iam.create_user(UserName="svc-payments")
        key = hands.iam.create_access_key(UserName="svc-payments")["AccessKey"]["AccessKeyId"]

        def status() -> str:
            return str(hands.iam.list_access_keys(UserName="svc-payments")["AccessKeyMetadata"][0]["Status"])

        world.apply()
        wrong = world.writ("retire", "-prove", "svc-payments", "-token", token_file(world, tmp_path))
        assert (wrong.returncode, "error[W657]" in wrong.stderr) == (1, True), wrong
        assert "audience sts.amazonaws.com" in wrong.stderr
        said = world.ok("retire", "-prove", "svc-payments", "-token", token_file(world, tmp_path, system="payments"))
        assert "assumed-role/writ-support-bot_orders.read/writ-proof, at http://127.0.0.1" in said
        world.ok("plan", "-out", "p")
        said = world.ok("apply", "p")
        assert (status(), key in said, f"…{key[-4:]}" in said) == ("Inactive", False, True), said
        names = {"svc-payments", f"svc-payments/…{key[-4:]}"}
        assert told(world, "payments") == {(name, "svc-payments", "delete") for name in names}
        retirement = world.specs / "retirements.yaml"
        retirement.rename(world.cwd / "aside")
        assert told(world, "payments") == {(name, "svc-payments", "undo") for name in names}
        (world.cwd / "aside").rename(retirement)
        with recorded_elsewhere(world, tmp_path / "state.json"):
            refused = world.writ("retire", "-undo", "svc-payments", "-auto-approve")
            assert (refused.returncode, "payments was account 999999999999 when" in refused.stderr) == (1, True), (
                refused
            )
            assert status() == "Inactive"
        world.ok("retire", "-undo", "svc-payments", "-auto-approve")
        assert status() == "Active"
        assert hands.iam.list_user_policies(UserName="svc-payments")["PolicyNames"] == []
