"""Getting a token: given by the operator, or by logging in with a workload's own proof."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from providers.vault.connection import VaultLoginMethod
from providers.vault.variables import variable
from reconciler.provider import Denied, Rejected, UnknownOutcome, Unreachable
from specs.redaction import keep

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_POD_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
_COMMAND_SECONDS = 30


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
        return _clean(_file(str(helper)), str(helper))
    raise Denied("no Vault token", help="set VAULT_TOKEN, run `vault login`, or write `login` in the connections file")


def secret(login: VaultLoginMethod, kind: str, environ: Mapping[str, str]) -> str:
    """The secret from its one source. Raises Denied with the source's name, never with what it holds."""
    found = login.sources(kind) or [("file", _POD_TOKEN)]
    way, value = found[0]
    if way == "env":
        if value not in environ:
            raise Denied(f"variable {value} is not set", help="set it to the secret to log in with")
        return _clean(environ.get(value, ""), f"variable {value}")
    if way == "file":
        return _clean(_file(value), value)
    return _clean(_output(value, environ), f"the output of {value[0]}")


def _clean(text: str, where: str) -> str:
    text = text.strip()
    keep(text)
    if not text:
        raise Denied(f"{where} is empty", help="it must hold the secret to log in with")
    if not text.isascii() or any(not c.isprintable() or c == " " for c in text):
        raise Denied(f"{where} holds more than one word", help="it must hold the secret and nothing else")
    return text


def _file(path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as failed:
        raise Denied(f"cannot read {path}: {failed.strerror}", help="check the connection's `login`") from None
    except UnicodeDecodeError:
        raise Denied(f"{path} is not text", help="check the connection's `login`") from None


def _output(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            list(argv),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_COMMAND_SECONDS,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise Denied(f"{argv[0]} took more than {_COMMAND_SECONDS} s to print a token") from None
    except OSError as failed:
        raise Denied(f"cannot run {argv[0]}: {failed.strerror}", help="check the connection's `login`") from None
    if done.returncode != 0:
        raise Denied(f"{argv[0]} exited with {done.returncode}", help="run it by hand to see why")
    return done.stdout
