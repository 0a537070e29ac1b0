"""No file that the sandbox writes for people holds a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.loader import load_file
from tests.servers import World


def secrets_of(world: World) -> dict[str, str]:
    vault: object = world.sandbox.server("vault")
    numbers = world.sandbox.issuer._key._private.private_numbers()
    return {
        "root token": vault._root,  # type: ignore[attr-defined]
        "token": world.token("support-bot", "vault"),
        "private key": f"{numbers.d:x}",
        "private prime": str(numbers.p),
    }


@pytest.fixture
def world(world: World) -> World:
    """With the sandbox's own file of connections."""
    world.connections = Path(world.sandbox.status.connections)
    return world


def test_no_secret_in_any_file_of_the_folder(world: World) -> None:
    world.apply()
    folder = world.connections.parent
    secrets = secrets_of(world)
    assert all(len(secret) > 10 for secret in secrets.values())
    for path in (*folder.rglob("*"), *world.cwd.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            found = [name for name, secret in secrets.items() if secret.encode() in data]
            assert found == [], path
            assert b"eyJ" not in data, f"{path} holds a token"
            assert b"PRIVATE KEY" not in data, path


def test_the_connections_file_is_readable_by_its_owner_only_and_decodes(world: World) -> None:
    assert world.connections.stat().st_mode & 0o077 == 0
    assert load_file(world.connections).diagnostics == ()


@pytest.mark.parametrize("system", ["vault", "payments", "orders-db"])
def test_every_system_has_a_connection(world: World, system: str) -> None:
    assert world.connection(system)
    assert "password" not in str(world.connection(system))


def test_a_tokens_claims_can_be_wrong_on_purpose(world: World, tmp_path: Path) -> None:
    assert tmp_path == world.cwd
    assert world.token("support-bot", "vault", sub="somebody") != world.token("support-bot", "vault")
