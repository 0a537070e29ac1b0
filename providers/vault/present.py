"""Logging in as an agent does: with its workload token alone, for one intent. Proves that what was made works."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from providers.vault.client import VaultClient
from providers.vault.connect import anonymous
from providers.vault.connection import VaultConnection
from providers.vault.settings import DEFAULT_DATABASE, VaultSettings
from reconciler.provider import Denied, Minted, Pair, ProviderError, Rejected, Scope
from specs.redaction import keep


class VaultAgent:
    """An agent's login at one Vault. Leaving the block revokes its token, and with it the logins that it was given."""

    def __init__(self, client: VaultClient, scope: Scope[VaultSettings], pair: Pair, mount: str) -> None:
        self._client, self._scope, self._where = client, scope, f"auth/{mount}"
        self._pair = pair

    @property
    def told(self) -> str:
        """Where, and as which role."""
        return f"{self._where}, role {self._pair.name}"

    def mint(self, pair: Pair, requester: str) -> Minted:
        """Read the creds path of the pair's database role."""
        target = next((one for one in self._scope.login_targets if one.requester == requester), None)
        if target is None:
            raise Rejected(f"{self._scope.system} mints no logins for {requester}")
        mount = target.options.get("mount", DEFAULT_DATABASE)
        path = f"{mount}/creds/{self._scope.settings.policy_prefix}{pair.name}_{requester}"
        found = self._client.get(path) or {}
        username, password = found.get("username"), found.get("password")
        if not isinstance(username, str) or not isinstance(password, str):
            raise Rejected(f"{path} gave no login")
        keep(password)
        return Minted(username, password)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()


def present(
    scope: Scope[VaultSettings], connection: VaultConnection, environ: Mapping[str, str], pair: Pair, token: str
) -> VaultAgent:
    """Log in with the token for the pair's role. Raises ProviderError."""
    mounts = scope.settings.auth_mount
    mount = mounts if isinstance(mounts, str) else mounts[pair.agent.issuer]
    client = anonymous(scope, connection, environ)

    def log_in(client: VaultClient) -> float:
        reply = client.hvac.auth.jwt.jwt_login(role=pair.name, jwt=token, path=mount)
        given = reply.get("auth") if isinstance(reply, Mapping) else None
        if not isinstance(given, Mapping) or not client.hvac.token:
            raise Denied(f"the login at auth/{mount} gave no token")
        keep(str(client.hvac.token))
        return float(given.get("lease_duration") or 0)

    try:
        client.use_login(log_in)
    except ProviderError:
        client.close()
        raise
    return VaultAgent(client, scope, pair, mount)
