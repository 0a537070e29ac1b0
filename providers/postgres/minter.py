"""The login that makes others, as it is observed: whoever may write its statements at the minting system acts as it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from providers.postgres.catalog import Minting
from providers.postgres.names import MINTER, role_text
from reconciler.model import Resource

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient


def observed_minter(client: PostgresClient, found: Minting | None) -> Iterator[Resource]:
    """What it may besides Writ's groups; nothing where the settings name none, or it isn't there."""
    name = client.scope.settings.minter
    if found is None or not name or not found.exists:
        return
    flags = {
        "SUPERUSER": found.superuser,
        "CREATEROLE": found.create_role,
        "CREATEDB": found.create_database,
        "REPLICATION": found.replication,
        "BYPASSRLS": found.bypass_row_level_security,
    }
    attributes = sorted(flag for flag, has in flags.items() if has)
    values = {"attributes": attributes, "roles": list(found.roles), "holds": list(found.holds)}
    yield Resource(client.address(MINTER, role_text(name)), values)
