"""One database for all tests of this folder; each leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from providers.postgres.client import PostgresClient
from providers.postgres.local import LocalPostgres
from tests.providers.postgres.effective import worlds


@pytest.fixture(scope="session")
def client(server: LocalPostgres) -> Iterator[PostgresClient]:
    _administer(server, "CREATE DATABASE effective")
    made = server.client("effective")
    made.script(worlds.SETUP)
    yield made
    made.close()
    _administer(server, "DROP DATABASE effective WITH (FORCE)")


def _administer(server: LocalPostgres, statement: str) -> None:
    # A login of its own each time: other tests of this server end sessions.
    client = server.client()
    client.script(statement)
    client.close()
