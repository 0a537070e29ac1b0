from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from providers.ldap.local import LocalLdap
from tests.providers.ldap.certificates import certificate
from tests.providers.ldap.directory import Directory

ROOT = "dc=tests"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLdap]:
    """One slapd with TLS, for all of this folder."""
    folder = tmp_path_factory.mktemp("slapd")
    made = LocalLdap(*certificate(folder))
    if made.missing:
        pytest.skip(made.missing)
    made.start(folder / "server")
    yield made
    made.stop()


@pytest.fixture
def directories(server: LocalLdap) -> Iterator[Callable[..., Directory]]:
    """Makes directories, each a suffix of its own."""
    made: list[Directory] = []

    def make(**more: str) -> Directory:
        made.append(Directory.at(server, f"ou=d{next(_NUMBERS)},{ROOT}", more))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def directory(directories: Callable[..., Directory]) -> Directory:
    """Nothing is wanted yet."""
    return directories()
