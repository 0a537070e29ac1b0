"""A fresh state in each kind of place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.postgres.local import LocalPostgres
from reconciler.state.opening import Place

KINDS = ("local", "postgres")
SECRET = "c4n4ry-p4ssw0rd"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a team's database, over TCP and with a password."""
    server = LocalPostgres()
    server.start(tmp_path_factory.mktemp("postgres"))
    operator = server.client()
    operator.script(f"CREATE ROLE team LOGIN PASSWORD '{SECRET}'")
    operator.script("CREATE DATABASE iam OWNER team")
    operator.close()
    yield f"postgresql://team:{SECRET}@{server.endpoint}/iam"
    server.stop()


@pytest.fixture
def shared(database: str) -> str:
    """A fresh state in the database."""
    return f"{database}?schema=s{next(_NUMBERS)}"


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where nothing was ever recorded."""
    if request.param == "local":
        return tmp_path / ".writ" / "state.db"
    found: str = request.getfixturevalue("shared")
    return found
