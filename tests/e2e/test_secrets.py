"""No secret of a run is in the state, in a saved plan, in any file of ours, or in anything that is printed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hands import ACCOUNT, MOUNT, READER, Hands
from tests.e2e.recorder import Recorder
from tests.e2e.wiring import closed_port, rewired
from tests.servers import World, run_writ

MINTER = "canary-of-the-minter-7c1f"
OPERATOR = "canary-of-the-operator-93ab"
TOKEN = "canary-of-vault-token-51d0"
KEY = "canary-of-aws-secret-key-e80a-0000000000"
SESSION = "canary-of-aws-session-token-b2f7"
CANARIES = frozenset({MINTER, OPERATOR, TOKEN, KEY, SESSION})


class Printed:
    """Runs commands, and keeps all that they print."""

    def __init__(self, world: World) -> None:
        self.world, self.texts = world, list[str]()

    def __call__(self, *arguments: str, code: int, **env: str) -> str:
        done = self.world.writ(*arguments, **env)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.texts.append(done.stdout + done.stderr)
        return done.stdout + done.stderr

    def check(self, secrets: set[str] | frozenset[str]) -> None:
        """No secret in what was printed, nor in any file of the folder."""
        assert all(len(secret) > 15 for secret in secrets), "too short to be looked for"
        for text in self.texts:
            assert [secret for secret in secrets if secret in text] == []
            assert "eyJhbGci" not in text, "a signed token"
            assert "Traceback" not in text
        for path in self.world.cwd.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                assert [secret for secret in secrets if secret.encode() in data] == [], path
                assert b"eyJhbGci" not in data, path


@pytest.fixture
def hands(world: World) -> Iterator[Hands]:
    with Hands(world) as made:
        yield made


@pytest.fixture
def printed(world: World) -> Printed:
    return Printed(world)


def run_all(printed: Printed, **env: str) -> None:
    """Every command that touches a system, with all that it can be made to say."""
    printed("plan", "-verbose", "-out", "p", code=0, **env)
    printed("show", "p", code=0)
    printed("show", "p", "-json", code=0)
    printed("apply", "p", "-verbose", code=0, **env)
    printed("plan", "-json", "-verbose", code=0, **env)
    printed("drift", "-json", "-verbose", code=0, **env)
    printed("audit", "verify", code=0)
    printed("audit", "show", code=0)
    printed("audit", "export", "-format", "ocsf", code=0)


@pytest.mark.thorough
def test_a_whole_run_with_the_sandboxs_logins(world: World, hands: Hands, printed: Printed) -> None:
    world.connections = Path(world.sandbox.status.connections)
    vault, aws = world.connection("vault")["address"], world.connection("payments")["endpoint_url"]
    with Recorder(vault) as at_vault, Recorder(aws) as at_aws:
        connections = rewired(world, vault={"address": at_vault.url}, payments={"endpoint_url": at_aws.url})
        env = {"WRIT_CONNECTIONS": connections}
        run_all(printed, **env)
        token = world.token("support-bot", "vault")
        agent = hands.vault.auth.jwt.jwt_login(role=READER, jwt=token, path=MOUNT, use_token=False)["auth"]
        lease = hands.read(f"database/creds/writ-{READER}_orders-db")
        hands.rewrite(f"auth/{MOUNT}/role/{READER}", bound_subject="system:serviceaccount:evil:bot")
        hands.sql(f"""ALTER ROLE "writ_{READER}" LOGIN PASSWORD '{MINTER}'""")
        printed("drift", "-verbose", code=2, **env)
        at_vault.cut_after = at_vault.writes + 1  # the login, and no more
        printed("apply", "-auto-approve", "-verbose", code=1, **env)
        at_vault.cut_after = None
        printed("apply", "-auto-approve", "-json", code=0, **env)
        printed("destroy", "-auto-approve", "-verbose", code=0, **env)
        recorded = at_vault.secrets | at_aws.secrets
    kinds = {"hvs." in one or "s." in one for one in recorded}
    assert len(recorded) > 20
    assert kinds == {True, False}
    root: Any = world.sandbox.server("vault")
    mine = {token, agent["client_token"], lease["password"], root._root, MINTER}
    printed.check(recorded | mine)


def canary_login(world: World, hands: Hands) -> dict[str, str]:
    """Logins by the tools' own environment, with secrets that are known. Returns that environment."""
    hands.write("auth/token/create", id=TOKEN, policies=["root"], ttl="10m")
    hands.sql(f"CREATE ROLE canary_operator SUPERUSER LOGIN PASSWORD '{OPERATOR}'")
    hands.sql(f"ALTER ROLE vault_minter PASSWORD '{MINTER}'")
    hands.write("database/config/orders", password=MINTER)
    connections = rewired(
        world,
        vault={"login": None},
        payments={"web_identity": None},
        orders_db={"host": "127.0.0.1", "user": "canary_operator"},
    )
    return {
        "WRIT_CONNECTIONS": connections,
        "VAULT_TOKEN": TOKEN,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_SESSION_TOKEN": SESSION,
        "PGPASSWORD": OPERATOR,
    }


@pytest.mark.thorough
def test_a_whole_run_with_logins_from_the_environment(world: World, hands: Hands, printed: Printed) -> None:
    env = canary_login(world, hands)
    try:
        run_all(printed, **env)
        hands.read(f"database/creds/writ-{READER}_orders-db")
        printed("destroy", "-auto-approve", "-verbose", code=0, **env)
        printed.check(CANARIES)
    finally:
        hands.write("auth/token/revoke", token=TOKEN)
        hands.sql("DROP ROLE canary_operator")


WRONG = {
    "VAULT_TOKEN": TOKEN,
    "AWS_ACCESS_KEY_ID": ACCOUNT,
    "AWS_SECRET_ACCESS_KEY": KEY,
    "AWS_SESSION_TOKEN": SESSION,
    "PGPASSWORD": OPERATOR,
}


def test_refused_logins(world: World, printed: Printed) -> None:
    denied = rewired(
        world,
        vault={"login": None},
        payments={"web_identity": None},
        orders_db={"host": "127.0.0.1", "user": "vault_minter"},
    )
    told = printed("plan", "-verbose", code=1, WRIT_CONNECTIONS=denied, **WRONG)
    # The local AWS believes every key.
    assert "error[W501] vault: vault could not be read: our token is not valid at" in told
    assert "error[W702] orders-db: orders-db can't be used" in told
    printed("plan", "-json", "-verbose", code=1, WRIT_CONNECTIONS=denied, **WRONG)
    login = {"method": "jwt", "mount": MOUNT, "role": "nobody", "jwt_env": "VAULT_TOKEN"}
    printed("drift", code=1, WRIT_CONNECTIONS=rewired(world, vault={"login": login}), **WRONG)
    printed.check(CANARIES)


def test_unreachable_servers_and_wrong_certificates(world: World, printed: Printed, tmp_path: Path) -> None:
    port = closed_port()
    address = world.connection("vault")["address"]
    blocks: list[dict[str, Any]] = [
        {"address": f"http://127.0.0.1:{port}", "login": None},
        {"address": address.replace("http:", "https:"), "login": None},
    ]
    (tmp_path / "ca.pem").write_text(f"-----BEGIN CERTIFICATE-----\n{TOKEN}\n-----END CERTIFICATE-----\n")
    blocks.append(blocks[1] | {"ca_cert": str(tmp_path / "ca.pem")})
    for block in blocks:
        elsewhere = rewired(
            world,
            vault=block,
            payments={"web_identity": None, "endpoint_url": f"http://127.0.0.1:{port}"},
            orders_db={"host": "127.0.0.1", "port": port, "user": "canary", "sslmode": "verify-full"},
        )
        printed("plan", "-verbose", code=1, WRIT_CONNECTIONS=elsewhere, **WRONG)
    (tmp_path / "ca.pem").unlink()
    printed.check(CANARIES)


def test_secrets_where_they_do_not_belong_are_refused_without_being_repeated(world: World, printed: Printed) -> None:
    files = []
    for wrong in (
        {"vault": {"login": {"method": "token", "token": TOKEN}}},
        {"vault": {"address": f"http://user:{TOKEN}@127.0.0.1:8200"}},
        {"payments": {"secret_access_key": KEY}},
        {"payments": {"endpoint_url": f"http://user:{KEY}@127.0.0.1:5000"}},
        {"orders_db": {"password": OPERATOR}},
    ):
        files.append(rewired(world, **wrong))
        told = printed("plan", "-verbose", code=1, WRIT_CONNECTIONS=files[-1])
        assert "error[W" in told
    for file in files:
        Path(file).unlink()
    printed.check(CANARIES)


BROKEN = f"""
import providers.vault.provider
from reconciler.cli import main

def broken(self, client, scope, wanted):
    raise ValueError(f"no idea what to do with the token {TOKEN} and the password {OPERATOR}")

providers.vault.provider.VaultProvider.read = broken
main()
"""


@pytest.mark.parametrize("command", [("plan", "-verbose"), ("apply", "-auto-approve", "-json")])
def test_a_provider_that_crashes(world: World, command: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", BROKEN, *command],
        cwd=world.cwd,
        env={"WRIT_CONNECTIONS": str(world.connections), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "error[W900]: internal error: ValueError (its text is not shown" in done.stderr
    assert "in broken" in done.stderr
    assert not [one for one in CANARIES if one in done.stdout + done.stderr]
    assert "Traceback" not in done.stderr


def test_specs_with_a_secret_in_the_wrong_place_are_not_printed_back(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        f"apiVersion: writ/v1\nkind: Environment\nmetadata: {{name: a}}\nspec:\n  password: {OPERATOR}\n"
    )
    done = run_writ("validate", "a.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "password" in done.stderr
