from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.mysql.local import LocalMysql
from tests.providers.mysql.world import World, settings

_NUMBERS = itertools.count(1)
SCHEMA = (Path(__file__).parent / "schema.sql").read_text()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalMysql]:
    """One MariaDB, for all of this folder."""
    made = LocalMysql("--performance-schema=ON")  # the inventory tells of programs
    if made.missing:
        pytest.skip(made.missing)
    made.start(tmp_path_factory.mktemp("mariadb"))
    made.script(SCHEMA)
    yield made
    made.stop()


@pytest.fixture
def worlds(server: LocalMysql) -> Iterator[Callable[..., World]]:
    """Makes worlds, each with a prefix of its own."""
    made: list[World] = []

    def make(environment: str = "test", login: dict[str, Any] | None = None, **more: Any) -> World:
        prefix = more.pop("role_prefix", f"w{next(_NUMBERS)}_")
        made.append(World.at(server, settings(role_prefix=prefix, **more), environment, **(login or {})))
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
    return worlds(minter="minter", credentials={"system": "vault", "connection": "shop"})
