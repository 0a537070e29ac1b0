"""Getting a token: given by the operator, or by logging in with a workload's own proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from providers.vault.connection import VaultLoginMethod
from providers.vault.variables import variable
from reconciler.provider import Denied, Rejected, UnknownOutcome, Unreachable, text_from
from specs.redaction import keep

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_POD_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
_CHECK = "check the connection's `login`"


def log_in(client: VaultClient, login: VaultLoginMethod, environ: Mapping[str, str]) -> None:
    """Give the client a token. Raises Denied, Rejected or Unreachable."""
    if login.method == "token":
        client.use_token(_given_token(login, environ))
        return
    mount = login.mount or login.method
    methods: dict[str, Callable[[Any], Any]] = {
        "jwt": lambda auth: auth.jwt.jwt_login(role=login.role, jwt=secret(login, "jwt", environ), path=mount),
        "kubernetes": lambda auth: auth.kubernetes.login(
            role=login.role, jwt=secret(login, "jwt", environ), mount_point=mount
        ),
        "approle": lambda auth: auth.approle.login(
            role_id=login.role_id, secret_id=secret(login, "secret_id", environ), mount_point=mount
        ),
    }
    call = methods[login.method]

    def again(client: VaultClient) -> float:
        try:
            reply = call(client.hvac.auth)
        except UnknownOutcome as lost:
            raise Unreachable(lost.message) from None
        except (Rejected, Denied) as refused:
            said = refused.message.replace("permission denied: ", "permission denied to ", 1)
            raise Denied(f"login at auth/{mount} failed: {said}", help="check the connection's `login`") from None
        given = reply.get("auth") if isinstance(reply, Mapping) else None
        if not isinstance(given, Mapping) or not client.hvac.token:
            raise Denied(f"login at auth/{mount} gave no token", help="use a role without MFA")
        return float(given.get("lease_duration") or 0)

    client.use_login(again)


def _given_token(login: VaultLoginMethod, environ: Mapping[str, str]) -> str:
    if login.sources("token"):
        return secret(login, "token", environ)
    for name in ("BAO_TOKEN", "VAULT_TOKEN"):
        keep(environ.get(name, ""))
    _, given = variable("TOKEN", environ)
    if given:
        return given.strip()
    helper = Path(environ.get("HOME") or str(Path.home())) / ".vault-token"
    if helper.is_file():
        return _clean(*text_from("file", str(helper), environ, help=_CHECK))
    raise Denied("no Vault token", help="set VAULT_TOKEN, run `vault login`, or write `login` in the connections file")


def secret(login: VaultLoginMethod, kind: str, environ: Mapping[str, str]) -> str:
    """The secret from its one source. Raises Denied with the source's name, never with what it holds."""
    found = login.sources(kind) or [("file", _POD_TOKEN)]
    way, value = found[0]
    return _clean(*text_from(way, value, environ, help=_CHECK))


def _clean(text: str, where: str) -> str:
    text = text.strip()
    keep(text)
    if not text:
        raise Denied(f"{where} is empty", help="it must hold the secret to log in with")
    if not text.isascii() or any(not c.isprintable() or c == " " for c in text):
        raise Denied(f"{where} holds more than one word", help="it must hold the secret and nothing else")
    return text
