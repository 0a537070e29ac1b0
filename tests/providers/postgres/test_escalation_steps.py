"""Steps of a server that isn't here: before 16, and of the login that makes others."""

from __future__ import annotations

from typing import Any

import pytest

from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.names import MINTER, ROLE
from providers.postgres.provider import PostgresProvider
from providers.postgres.settings import PostgresSettings
from reconciler.model import Address, Kind, Resource
from reconciler.provider import Scope

OLD, NEW = Surroundings(version=150000), Surroundings(version=160000)


Told = set[tuple[str, str, bool]]


def told(around: Surroundings, kind: str, key: str, minter: str = "minter", **values: Any) -> Told:
    credentials = {"system": "vault", "connection": "orders"}
    settings = {"database": "orders", "credentials": credentials, **({"minter": minter} if minter else {})}
    scope = Scope("test", "orders-db", PostgresSettings.model_validate(settings))
    address = Address("orders-db", kind, key)
    steps = PostgresProvider().steps(scope, {address: Resource(address, values)}, around)
    wanted = Kind.MINTER if kind == MINTER else Kind.PRINCIPAL
    return {(one.rule, one.gives.kind.value, one.certain) for one in steps if one.needs[0].kind is wanted}


ANYBODY = ("", "everybody", True)


@pytest.mark.parametrize(("around", "expected"), [(OLD, {("P3", "administrator", True)}), (NEW, set())])
def test_createrole(around: Surroundings, expected: set[tuple[str, str, bool]]) -> None:
    assert told(around, ROLE, "writ_a", create_role=True) == expected
    assert told(around, ROLE, "writ_a", create_role=False) == set()


@pytest.mark.parametrize(
    ("around", "attributes", "roles", "expected"),
    [
        (NEW, ["CREATEROLE"], [], set()),
        (OLD, ["CREATEROLE"], [], {("P3", "administrator", True)}),
        (NEW, ["SUPERUSER", "CREATEROLE"], [], {("P0", "administrator", True)}),
        (NEW, ["CREATEROLE"], ["pg_execute_server_program"], {("P2", "administrator", True)}),
        (NEW, ["CREATEROLE"], ["pg_write_server_files"], {("P2", "administrator", False)}),
        (NEW, ["CREATEROLE"], ["pg_signal_backend"], set()),
    ],
)
def test_the_login_that_makes_others(
    around: Surroundings, attributes: list[str], roles: list[str], expected: set[tuple[str, str, bool]]
) -> None:
    assert told(around, MINTER, "minter", attributes=attributes, roles=roles) == expected | {ANYBODY}


def test_a_login_that_nobody_names_may_be_a_superuser() -> None:
    assert told(NEW, MINTER, "other", minter="", attributes=[], roles=[]) == {ANYBODY, ("P0", "administrator", False)}
