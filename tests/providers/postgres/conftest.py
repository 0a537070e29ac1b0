from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.postgres.local import LocalPostgres
from tests.providers.postgres.world import SCHEMA, World, settings

DATABASE = "orders"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPostgres]:
    """One server with one database. WRIT_TEST_POSTGRES names another version's folder (with bin/initdb)."""
    install = os.environ.get("WRIT_TEST_POSTGRES")
    made = LocalPostgres(Path(install) if install else None)
    made.start(tmp_path_factory.mktemp("postgres"))
    operator = made.client()
    operator.script(f"CREATE DATABASE {DATABASE}")
    operator.script("CREATE ROLE minter LOGIN CREATEROLE PASSWORD 'minter'; GRANT pg_signal_backend TO minter")
    operator.close()
    operator = made.client(DATABASE)
    operator.script(SCHEMA)
    operator.close()
    yield made
    made.stop()


@pytest.fixture
def worlds(server: LocalPostgres) -> Iterator[Callable[..., World]]:
    """Makes worlds, each with a prefix of its own."""
    made: list[World] = []

    def make(login: dict[str, Any] | None = None, **more: Any) -> World:
        found = settings(DATABASE, role_prefix=f"w{next(_NUMBERS)}_", **more)
        made.append(World.at(server, found, **(login or {})))
        return made[-1]

    yield make
    for world in made:
        world.remove()


@pytest.fixture
def world(worlds: Callable[..., World]) -> World:
    """Nothing is wanted yet."""
    return worlds()


@pytest.fixture
def minting(worlds: Callable[..., World]) -> World:
    """The same, with a minter."""
    return worlds(minter="minter", credentials={"system": "vault", "connection": "orders"})
