"""Connecting: ways to log in, the environment, TLS, and what must never be shown."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from providers.vault.connection import VaultConnection
from providers.vault.local import LocalVault
from providers.vault.provider import VaultProvider
from reconciler.provider import Denied, ProviderError, Rejected, Unreachable
from reconciler.provider.process import free_port
from reconciler.sandbox.issuer import Issuer as Signer
from tests.providers.vault.world import Estate, scope

PROVIDER = VaultProvider()


def connect(environ: dict[str, str], **fields: Any) -> Any:
    return PROVIDER.connect(scope(), VaultConnection.model_validate(fields), environ)


def made_token(estate: Estate) -> str:
    token: str = estate.root.hvac.auth.token.create(policies=["default"], ttl="60s")["auth"]["client_token"]
    return token


def test_the_variables_and_files_of_the_vault_command(estate: Estate, tmp_path: Path) -> None:
    token, address = made_token(estate), estate.server.address
    (tmp_path / ".vault-token").write_text(f"{token}\n")
    (tmp_path / "token").write_text(token)
    environs = [
        {"VAULT_ADDR": address, "VAULT_TOKEN": token},
        {"BAO_ADDR": address, "BAO_TOKEN": token, "VAULT_ADDR": address},
        {"VAULT_ADDR": address, "HOME": str(tmp_path)},
    ]
    for environ in environs:
        client = connect(environ)
        assert PROVIDER.identity(client) == "token-token (default)"
        client.close()
    for login in (
        {"token_env": "MINE"},
        {"token_file": str(tmp_path / "token")},
        {"token_command": [sys.executable, "-c", "import os; print(os.environ['MINE'])"]},
    ):
        client = connect({"MINE": token}, address=address, login=login)
        assert PROVIDER.identity(client) == "token-token (default)"
        client.close()
    assert estate.root.ask("auth/token/lookup", {"token": token}) is not None, "the operator's token is not revoked"


def test_variables_that_say_different_things_lead_nowhere(estate: Estate) -> None:
    address = estate.server.address
    with pytest.raises(Rejected, match="VAULT_ADDR and BAO_ADDR say different things"):
        connect({"BAO_ADDR": address, "VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "x"})
    with pytest.raises(Rejected, match="VAULT_TOKEN and BAO_TOKEN say different things") as refused:
        connect({"BAO_ADDR": address, "BAO_TOKEN": "one-of-them-2c71", "VAULT_TOKEN": "the-other-81d0"})
    assert "81d0" not in str(refused.value)


def test_a_token_that_we_got_by_login_is_revoked_on_close(estate: Estate, connection: VaultConnection) -> None:
    client = PROVIDER.connect(scope(), connection, {})
    token = client.hvac.token
    assert estate.root.ask("auth/token/lookup", {"token": token}) is not None
    PROVIDER.close(client)
    with pytest.raises(Denied, match="bad token"):
        estate.root.ask("auth/token/lookup", {"token": token})


def test_we_log_in_again_before_the_token_ends(estate: Estate, connection: VaultConnection) -> None:
    client = PROVIDER.connect(scope(), connection, {})
    first = client.hvac.token
    assert client.get("sys/auth")
    assert client.hvac.token == first
    client._renew_at = 0.0
    assert client.get("sys/auth")
    assert client.hvac.token != first
    assert not lives(estate, first)
    assert lives(estate, client.hvac.token)
    client.close()


def lives(estate: Estate, token: str) -> bool:
    try:
        return estate.root.ask("auth/token/lookup", {"token": token}) is not None
    except Denied:
        return False


def test_a_token_in_use_is_revoked_after_its_last_request(estate: Estate, connection: VaultConnection) -> None:
    client = PROVIDER.connect(scope(), connection, {})
    first = client.hvac.token
    with client._adapter.tokens.used(first):
        with client._adapter.tokens.used(first):
            client._renew_at = 0.0
            assert client.get("sys/auth")
            assert client.hvac.token != first
        assert lives(estate, first)
    assert not lives(estate, first)
    client.close()


def test_a_token_that_is_still_in_use_at_the_end_is_revoked_then(estate: Estate, connection: VaultConnection) -> None:
    client = PROVIDER.connect(scope(), connection, {})
    first = client.hvac.token
    with client._adapter.tokens.used(first):
        client._renew_at = 0.0
        assert client.get("sys/auth")
        client.close()
        assert not lives(estate, first)


def test_requests_go_on_while_we_log_in_again(estate: Estate, connection: VaultConnection) -> None:
    client = PROVIDER.connect(scope(), connection, {})

    def ask(number: int) -> object:
        if number % 10 == 0:
            client._renew_at = 0.0
        return client.get("sys/auth")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(200)))
    client.close()


def test_what_a_superseded_token_is_denied_is_asked_once_more(estate: Estate, connection: VaultConnection) -> None:
    client = PROVIDER.connect(scope(), connection, {})
    send = client._transport.send
    seen: list[str] = []

    def overtaken(*args: Any, **more: Any) -> Any:
        seen.append(args[2]["X-Vault-Token"])
        if len(seen) == 1:  # it was on its way when another thread logged in again
            estate.root.post("auth/token/revoke", {"token": seen[0]})
            client._renew_at = 0.0
            client._fresh()
        return send(*args, **more)

    client._transport.send = overtaken
    assert client.get("sys/auth")
    assert seen[0] != seen[-1] == client.hvac.token
    client._transport.send = send
    client.close()


def test_a_token_that_ended_is_told_from_one_without_rights(estate: Estate) -> None:
    token = made_token(estate)
    client = connect({"VAULT_TOKEN": token}, address=estate.server.address)
    with pytest.raises(Denied, match="permission denied: read on sys/auth"):
        client.get("sys/auth")
    estate.root.post("auth/token/revoke", {"token": token})
    for call in (PROVIDER.identity, lambda client: client.get("sys/auth"), lambda client: client.supports("sys/auth")):
        with pytest.raises(Denied, match="or has expired") as found:
            call(client)
        assert found.value.help.startswith("log in again")
        assert token not in f"{found.value!r} {found.value.help}"
    client.close()
    bare = estate.root.hvac.auth.token.create(policies=["none"], no_default_policy=True, ttl="60s")
    client = connect({"VAULT_TOKEN": bare["auth"]["client_token"]}, address=estate.server.address)
    assert PROVIDER.identity(client) == "a token that may not look itself up"
    with pytest.raises(Denied, match="permission denied: read on sys/auth"):
        client.get("sys/auth")
    client.close()


def test_approle(estate: Estate) -> None:
    root = estate.root
    root.post("sys/auth/approle", {"type": "approle"})
    try:
        root.post("auth/approle/role/r", {"token_policies": ["default"]})
        role_id = root.get("auth/approle/role/r/role-id")["role_id"]
        secret_id = root.post("auth/approle/role/r/secret-id", {})["secret_id"]
        login = {"method": "approle", "role_id": role_id, "secret_id_env": "SECRET"}
        client = connect({"SECRET": secret_id}, address=estate.server.address, login=login)
        assert "default" in PROVIDER.identity(client)
        client.close()
        with pytest.raises(Denied) as found:
            connect({"SECRET": "wrong-secret-id"}, address=estate.server.address, login=login)
        assert "wrong-secret-id" not in str(found.value) + found.value.help
    finally:
        root.delete("sys/auth/approle")


@pytest.mark.parametrize(
    ("login", "message"),
    [
        ({"token_env": "NONE"}, "variable NONE is not set"),
        ({"token_file": "/nowhere/token"}, "cannot read /nowhere/token: No such file or directory"),
        ({"token_command": ["/nowhere/cmd", "s3cret"]}, "cannot run /nowhere/cmd: No such file or directory"),
        ({"token_command": [sys.executable, "-c", "print('s3cret'); raise SystemExit(3)"]}, "exited with 3"),
        ({"token_command": [sys.executable, "-c", "print('two s3crets')"]}, "holds more than one word"),
        ({}, "no Vault token"),
    ],
)
def test_a_login_that_can_not_be_made(server: LocalVault, login: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(Denied) as found:
        connect({"HOME": str(tmp_path)}, address=server.address, login=login)
    assert message in found.value.message
    assert "s3cret" not in f"{found.value.message} {found.value.help}"


def test_a_refused_jwt_is_not_shown(server: LocalVault, signer: Signer, connection: VaultConnection) -> None:
    jwt = signer.token("https://other.example", "operator", "writ-operator")
    login = {"method": "jwt", "mount": "operator", "role": connection.login.role, "jwt_env": "JWT"}
    with pytest.raises(Denied) as found:
        connect({"JWT": jwt}, address=server.address, login=login)
    assert found.value.message.startswith("login at auth/operator failed")
    assert jwt not in repr(found.value)
    assert found.value.__cause__ is None


def test_a_server_that_is_not_there_or_sealed_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        connect({"VAULT_TOKEN": "x"}, address=f"http://127.0.0.1:{free_port()}")
    server = LocalVault()
    server.start(tmp_path)
    try:
        root = server.root_client(scope())
        root.post("sys/seal", {})
        with pytest.raises(Unreachable, match="is sealed"):
            connect({"VAULT_TOKEN": "x"}, address=server.address)
        with pytest.raises(Unreachable):
            PROVIDER.read(root, scope(), [])
        with pytest.raises(Unreachable, match="is sealed"):
            root.get("sys/auth")
        root.close()
    finally:
        server.stop()
    assert server.pids == ()


def test_the_root_token_is_in_no_file_and_no_argument(server: LocalVault) -> None:
    token = server._root
    folder = Path(server._process._log).parent
    for file in folder.rglob("*"):
        if file.is_file():
            assert token not in file.read_text(errors="replace"), file
    process = Path(f"/proc/{server.pids[0]}")
    assert token.encode() not in (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    assert (folder / "audit.log").stat().st_size > 0


def refused(fields: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ValidationError) as found:
        VaultConnection.model_validate(fields)
    [error] = found.value.errors()
    return error["type"], error["msg"]


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"login": {"token": "hvs.x"}}, "W721", "token: a secret doesn't belong in this file"),
        ({"login": {"method": "approle", "role_id": "r", "secret_id": "s"}}, "W721", "secret_id: a secret"),
        ({"address": "https://u:p@vault.example.com"}, "W721", "credentials in a URL"),
        ({"address": "vault.example.com"}, "W720", "not an http or https URL"),
        ({"address": "https://vault.example.com:99999"}, "W720", "not a URL"),
        ({"address": "https://vault.example.com/v1"}, "W720", "has a path"),
        ({"login": {"method": "jwt", "role": "r"}}, "W722", "needs a jwt"),
        ({"login": {"method": "jwt", "jwt_env": "J"}}, "W722", "needs a role"),
        ({"login": {"method": "token", "jwt_env": "J"}}, "W722", "takes no jwt"),
        ({"login": {"method": "approle", "secret_id_env": "S"}}, "W722", "needs a role_id"),
        ({"login": {"token_env": "A", "token_file": "B"}}, "W722", "more than one source"),
        ({"token": "hvs.x"}, "extra_forbidden", ""),
    ],
)
def test_connections_that_are_refused(fields: dict[str, Any], code: str, message: str) -> None:
    kind, text = refused(fields)
    assert kind == code
    assert message in text


class _Https(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"version": "1", "data": {"display_name": "tls", "policies": []}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def https(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vault.test")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("vault.test"), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(secret)
    server = HTTPServer(("127.0.0.1", 0), _Https)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}", str(folder / "cert.pem")
    server.shutdown()
    server.server_close()


def test_tls_is_verified_with_the_ca_and_the_name(https: tuple[str, str]) -> None:
    address, ca = https
    client = connect({"VAULT_TOKEN": "t", "VAULT_CACERT": ca}, address=address, tls_server_name="vault.test")
    assert PROVIDER.identity(client) == "tls ()"
    client.close()
    with pytest.raises(Unreachable, match="certificate verify failed"):
        connect({"VAULT_TOKEN": "t"}, address=address, tls_server_name="vault.test")
    with pytest.raises(Unreachable, match="mismatch"):
        connect({"VAULT_TOKEN": "t"}, address=address, ca_cert=ca)
    with pytest.raises(Rejected, match="VAULT_SKIP_VERIFY"):
        connect({"VAULT_TOKEN": "t", "VAULT_SKIP_VERIFY": "true"}, address=address)
    with pytest.raises(Rejected, match="cannot use /nowhere"):
        connect({"VAULT_TOKEN": "t", "VAULT_CACERT": "/nowhere"}, address=address)


def test_a_bad_address_in_the_environment(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="VAULT_ADDR") as found:
        connect({"VAULT_ADDR": "https://me:s3cret@vault", "VAULT_TOKEN": "t"})
    assert "s3cret" not in f"{found.value.message} {found.value.help}"
