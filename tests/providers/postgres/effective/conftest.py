"""One database for all tests of this folder; each leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from providers.postgres.client import PostgresClient
from providers.postgres.local import LocalPostgres
from tests.providers.postgres.effective import worlds


@pytest.fixture(scope="session")
def client(server: LocalPostgres) -> Iterator[PostgresClient]:
    first = server.client()
    first.script("CREATE DATABASE effective")
    made = server.client("effective")
    made.script(worlds.SETUP)
    yield made
    made.close()
    first.script("DROP DATABASE effective")
    first.close()
