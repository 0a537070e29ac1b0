"""The operator's connection to a Vault: where it is and how to log in. Holds names of secrets, never secrets."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from specs.base import SpecModel, spec_error

_SECRETS = ("token", "jwt", "secret_id", "password")
_SOURCES = {"token": "token", "jwt": "jwt", "kubernetes": "jwt", "approle": "secret_id"}
_WAYS = ("env", "file", "command")


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise spec_error("W720", "the address is not a URL", "such as https://vault.example.com:8200") from None
    if parts.username is not None or parts.password is not None:
        raise spec_error("W721", "credentials in a URL", "take them out of the address; log in with `login`")
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise spec_error("W720", "the address is not an http or https URL", "such as https://vault.example.com:8200")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise spec_error(
            "W720", "the address has a path", "scheme, host and port only; the namespace has its own field"
        )
    return value


Address = Annotated[str, AfterValidator(_address)]
Command = Annotated[list[str], Field(min_length=1)]


class VaultLoginMethod(SpecModel):
    """How to log in. The secret comes from a variable, a file or a command, never from this file."""

    method: Literal["token", "jwt", "kubernetes", "approle"] = "token"
    mount: str = ""
    """The auth method's mount; by default its name."""
    role: str = ""
    """The role, for jwt and kubernetes."""
    token_env: str = ""
    """A variable that holds the token; by default VAULT_TOKEN, then ~/.vault-token."""
    token_file: str = ""
    token_command: Command | None = None
    """A command line that prints the token; run without a shell, for at most 30 s."""
    jwt_env: str = ""
    jwt_file: str = ""
    """For kubernetes by default the pod's own service account token."""
    jwt_command: Command | None = None
    role_id: str = ""
    """For approle; not a secret."""
    secret_id_env: str = ""
    secret_id_file: str = ""
    secret_id_command: Command | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for name in _SECRETS:
                if name in data:
                    raise spec_error(
                        "W721",
                        f"{name}: a secret doesn't belong in this file",
                        f"name where it is: {name}_env, {name}_file or {name}_command",
                    )
        return data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        kind = _SOURCES[self.method]
        for other in sorted(set(_SOURCES.values()) - {kind}):
            if self.sources(other):
                raise spec_error(
                    "W722",
                    f"method {self.method} takes no {other}",
                    f"it takes {kind}_env, {kind}_file or {kind}_command",
                )
        if len(self.sources(kind)) > 1:
            raise spec_error("W722", f"more than one source for the {kind}", "keep one of them")
        if self.method in {"jwt", "approle"} and not self.sources(kind):
            raise spec_error(
                "W722", f"method {self.method} needs a {kind}", f"{kind}_env, {kind}_file or {kind}_command"
            )
        if self.method in {"jwt", "kubernetes"} and not self.role:
            raise spec_error("W722", f"method {self.method} needs a role", "add role: NAME")
        if self.method == "approle" and not self.role_id:
            raise spec_error("W722", "method approle needs a role_id", "add role_id: ID")
        return self

    def sources(self, kind: str) -> list[tuple[str, Any]]:
        """The given ones of ``<kind>_env``, ``_file``, ``_command``: ways and values."""
        found = [(way, getattr(self, f"{kind}_{way}")) for way in _WAYS]
        return [(way, value) for way, value in found if value]


class VaultConnection(SpecModel):
    """Where a Vault or OpenBao is. What is left out comes from VAULT_* (or BAO_*), as for the vault command."""

    address: Address | None = None
    """By default VAULT_ADDR."""
    namespace: str | None = None
    """By default VAULT_NAMESPACE."""
    ca_cert: str | None = None
    """A PEM file; by default VAULT_CACERT, then the machine's own."""
    ca_path: str | None = None
    """A folder of PEM files; by default VAULT_CAPATH."""
    client_cert: str | None = None
    """A PEM file, where the listener asks for one; by default VAULT_CLIENT_CERT."""
    client_key: str | None = None
    tls_server_name: str | None = None
    """The name in the server's certificate, where it isn't the address's host."""
    login: VaultLoginMethod = VaultLoginMethod()
