from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.vault.client import VaultClient
from providers.vault.connection import VaultConnection
from providers.vault.local import LocalVault
from providers.vault.provider import VaultProvider
from reconciler.provider import LoginTarget
from reconciler.sandbox.issuer import Issuer as Signer
from tests.providers.vault.database import Database
from tests.providers.vault.world import Estate, local_world, scope


@pytest.fixture(scope="session")
def signer() -> Iterator[Signer]:
    made = Signer()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    # Not under pytest's folder: that is closed to the user that PostgreSQL runs as when we are root.
    with tempfile.TemporaryDirectory(prefix="writ-test-", ignore_cleanup_errors=True) as folder:
        made = Database(Path(folder))
        yield made
        made.process.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalVault]:
    made = LocalVault()
    made.start(tmp_path_factory.mktemp("vault"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def connection(
    server: LocalVault, signer: Signer, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> VaultConnection:
    """The operator's connection, as the sandbox makes it: with the least privilege."""
    folder = tmp_path_factory.mktemp("operator")
    backends = [(LoginTarget("vault", {"mount": "database", "connection": "orders"}), database.backend)]
    (folder / "vault.seed").write_text('{"kv/data/orders/1": {"total": "5"}, "kv/data/bills/1": {"total": "9"}}')
    prepared = server.prepare(scope(), local_world(signer, folder, backends), folder)
    return VaultConnection.model_validate(prepared.connection)


@pytest.fixture
def estate(server: LocalVault, signer: Signer, connection: VaultConnection) -> Iterator[Estate]:
    """Logged in as the operator; everything in the scope is removed afterwards."""
    place = scope()
    client = VaultProvider().connect(place, connection, dict(os.environ))
    root = server.root_client(place)
    made = Estate(server, signer, place, client, root)
    yield made
    sweep(root)
    made.client = client
    made.close()


def sweep(root: VaultClient) -> None:
    for name in (root.list("sys/policies/acl") or {}).get("keys") or []:
        if name.startswith(("writ", "less", "compiled")):
            root.delete(f"sys/policies/acl/{name}")
    for name in (root.list("identity/entity/name") or {}).get("keys") or []:
        root.delete(f"identity/entity/name/{name}")
    for name in (root.list("identity/group/name") or {}).get("keys") or []:
        root.delete(f"identity/group/name/{name}")
    root.post("sys/leases/revoke-prefix/database/creds", {"sync": True})
    for name in (root.list("database/roles") or {}).get("keys") or []:
        root.delete(f"database/roles/{name}")
    root.post("database/config/orders", {"allowed_roles": [], "verify_connection": False})
    root.delete("sys/auth/jwt-agents")
