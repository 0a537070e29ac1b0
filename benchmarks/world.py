"""Real servers that hold what the specs of some agents declare, until the block ends.

OpenBao, PostgreSQL and moto are the sandbox's. Both the bare script and Writ get the same logins through variables,
so neither runs a command for a token.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from generate import generate, tables

from reconciler.sandbox.folder import Folder
from reconciler.sandbox.hosting import options
from reconciler.sandbox.operator import SUBJECT
from reconciler.sandbox.sandbox import Sandbox
from specs.loader import load_file

HERE = Path(__file__).parent
WRIT = (sys.executable, "-P", "-m", "reconciler.cli")
_VAULT_AUDIENCE = "writ-operator"
_KEYS = {"AWS_ACCESS_KEY_ID": "benchmark", "AWS_SECRET_ACCESS_KEY": "benchmark", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True, slots=True)
class World:
    """A folder with specs, ``connections.yaml``, ``access.json`` and the state, in front of running servers."""

    agents: int
    folder: Path
    env: Mapping[str, str]
    spec: Mapping[str, Any]
    """The connections file's ``spec``."""
    built: float
    """Seconds that it took to write the objects."""

    def writ(self, *arguments: str) -> list[str]:
        """The command line of ``writ`` on the specs."""
        return [*WRIT, *arguments, "specs"]

    def bare(self, verb: str) -> list[str]:
        """The command line of the bare script."""
        return [sys.executable, str(HERE / "bare.py"), verb, str(self.folder)]

    def connect_through(self, name: str, changes: Mapping[str, Mapping[str, Any]]) -> Path:
        """A connections file with some fields changed, by system."""
        systems = {system: {**block, **changes.get(system, {})} for system, block in self.spec["systems"].items()}
        file = self.folder / name
        document = {"apiVersion": "writ/v1", "kind": "Connections", "spec": {**self.spec, "systems": systems}}
        file.write_text(json.dumps(document))  # JSON is YAML
        return file


@contextmanager
def world(agents: int, *, recorded: bool = True, way_out: int = 0) -> Iterator[World]:
    """Start the servers, write the objects, record them in the state if they are to be; stop everything at the end."""
    with tempfile.TemporaryDirectory(prefix="writ-bench-") as name:
        folder = Path(name)
        generate(agents, folder / "specs", way_out)
        (folder / "seed").mkdir()
        statements = [f"CREATE TABLE public.{table} (id integer PRIMARY KEY);" for table in tables(agents)]
        (folder / "seed" / "orders-db.sql").write_text("\n".join(statements))
        place = Folder(folder / ".writ" / "sandbox")
        if not place.claim():
            raise RuntimeError("the sandbox's folder is taken")
        with Sandbox(options((str(folder / "specs"),), folder / "seed", 0.0), place) as sandbox:
            yield _fill(agents, folder, sandbox, recorded=recorded)


def _fill(agents: int, folder: Path, sandbox: Sandbox, *, recorded: bool) -> World:
    document: Any = load_file(Path(sandbox.status.connections)).documents[0].data
    systems = document["spec"]["systems"]
    token = _vault_token(sandbox, systems["vault"])
    env = {**_KEYS, "VAULT_TOKEN": token, "WRIT_CONNECTIONS": str(folder / "connections.json"), "NO_COLOR": "1"}
    spec = {
        "systems": {
            "vault": {"address": systems["vault"]["address"], "login": {"method": "token"}},
            "payments": {name: systems["payments"][name] for name in ("region", "endpoint_url")},
            "orders-db": systems["orders-db"],
        },
        "issuers": document["spec"]["issuers"],
    }
    started = time.monotonic()
    made = World(agents, folder, env, spec, 0.0)
    made.connect_through("connections.json", {})
    _write_access(folder, systems)
    _run([sys.executable, str(HERE / "seed.py"), "specs"], made)
    if recorded:
        _run(made.writ("apply", "-auto-approve"), made)
        _run(made.bare("record"), made)
    return World(agents, folder, env, spec, time.monotonic() - started)


def _run(command: list[str], made: World) -> None:
    done = subprocess.run(
        command, cwd=made.folder, env={**os.environ, **made.env}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def _write_access(folder: Path, systems: Mapping[str, Any]) -> None:
    vault = urlsplit(systems["vault"]["address"])
    database = systems["orders-db"]
    conninfo = " ".join(f"{name}={database[name]}" for name in ("host", "port", "user")) + " dbname=orders"
    access = {
        "vault": {"host": vault.hostname, "port": vault.port, "mount": "jwt-bench", "prefix": "bench-"},
        "aws": {"endpoint": systems["payments"]["endpoint_url"], "region": "us-east-1", "path": "/bench/"},
        "postgres": {"conninfo": conninfo, "prefix": "bench_"},
    }
    (folder / "access.json").write_text(json.dumps(access))


def _vault_token(sandbox: Sandbox, block: Mapping[str, Any]) -> str:
    address = urlsplit(block["address"])
    jwt = sandbox.issuer.token(sandbox.issuer.url, SUBJECT, _VAULT_AUDIENCE)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    body = json.dumps({"role": block["login"]["role"], "jwt": jwt})
    connection.request("POST", f"/v1/auth/{block['login']['mount']}/login", body)
    response = connection.getresponse()
    found = json.loads(response.read())
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"OpenBao refuses the login: {response.status}")
    token: str = found["auth"]["client_token"]
    return token
