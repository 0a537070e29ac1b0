"""The model against a real server: what ``has_*_privilege`` says of random catalogues, and statements that are run."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from providers.postgres.client import PostgresClient
from providers.postgres.effective.catalogue import FUTURE, Catalogue, Privilege, known
from providers.postgres.effective.privileges import effective, inherited, settable
from providers.postgres.effective.read import read_catalogue
from providers.postgres.effective.recheck import holds
from providers.postgres.privileges import Kind
from reconciler.provider import ProviderError
from tests.providers.postgres.effective import worlds
from tests.providers.postgres.effective.worlds import transaction
from tests.thorough import sampled

ROLES = [f"r{i}" for i in range(7)]


def make(client: PostgresClient, statements: list[str]) -> None:
    """Random statements: those that the server refuses (a circle of roles, say) are left out."""
    for statement in statements:
        client.script("SAVEPOINT s")
        try:
            client.script(statement)
        except ProviderError:
            client.script("ROLLBACK TO s")


def random_world(client: PostgresClient, rng: random.Random) -> Catalogue:
    made = worlds.roles(rng, client.version)
    make(client, made + worlds.grants(rng, client.version, rng.randint(20, 60)))
    return read_catalogue(client)


def direct(catalogue: Catalogue, role: str) -> set[tuple[str, str, str, str, str, bool]]:
    return {
        (one.kind, one.schema, one.name, one.column, one.privilege, one.grantable)
        for one in effective(catalogue, role)
        if not one.via
    }


def questions(client: PostgresClient, catalogue: Catalogue) -> int:
    """Asks everything, compares, and returns how many answers there were."""
    had = {role: direct(catalogue, role) for role in ROLES}
    kinds = ("table", "sequence", "function", "schema", "database", "column", "type", "language", "tablespace")
    asked = 0
    for role, kind, schema, name, column, privilege, plain, grantable in client.query(
        worlds.QUESTIONS, {kind: list(known(kind, client.version)) for kind in kinds}
    ):
        for passing, said in ((False, plain), (True, grantable)):
            whole = (Kind.TABLE, schema, name, "", privilege, passing)
            mine = (kind, schema, name, column, privilege, passing) in had[role] or (
                kind == "column" and whole in had[role]
            )
            assert mine is said, (role, kind, schema, name, column, privilege, passing)
            asked += 1
    mode = "SET" if client.version >= 160000 else "MEMBER"
    for role, group, uses, sets in client.query(worlds.MEMBERS, {"mode": mode}):
        superuser = next(one.superuser for one in catalogue.roles if one.name == role)
        assert (superuser or group in inherited(catalogue, role)) is uses, (role, group)
        assert (group in settable(catalogue, role)) is sets, (role, group)
        asked += 2
    return asked


def test_a_sample_of_questions(client):
    asked = 0
    for seed in range(3):
        with transaction(client):
            asked += questions(client, random_world(client, random.Random(seed)))
    assert asked > 3000


@pytest.mark.parametrize("size", sampled([200, 400], 2))
def test_the_second_opinion_is_the_same(client, size):
    """Everything that anybody in a random world has, asked of everybody."""
    asked = 0
    seed = 20
    with transaction(client):
        catalogue = random_world(client, random.Random(seed))
    had = {role: {replace(one, reachable=True) for one in effective(catalogue, role)} for role in ROLES}
    everything = sorted({one for held in had.values() for one in held if one.kind != FUTURE}, key=str)
    everything = random.Random(seed).sample(everything, min(size, len(everything)))
    for role in ROLES:
        superuser = next(one.superuser for one in catalogue.roles if one.name == role)
        for one in everything:
            if one.via and (superuser or one.via == role):
                continue  # it has it by itself: nothing more is told
            whole = {replace(one, kind=kind, column="") for kind in (Kind.TABLE, Kind.SEQUENCE)}
            wanted = {one, *(whole if one.column else ())}
            if not one.reachable:  # what can be reached is more
                wanted |= {replace(other, reachable=True) for other in wanted}
            had_it = not wanted.isdisjoint(had[role])
            assert holds(catalogue, role, one) is had_it, (role, str(one), one)
            asked += 1
    assert asked > 1000


@pytest.mark.access
@pytest.mark.parametrize("seed", range(100, 140))
def test_thousands_of_questions(client, seed):
    with transaction(client):
        assert questions(client, random_world(client, random.Random(seed))) > 1000


STATEMENTS = {
    "SELECT email FROM {t}": ("SELECT", "email"),
    "SELECT id FROM {t}": ("SELECT", "id"),
    "INSERT INTO {t} (email) VALUES ('')": ("INSERT", "email"),
    "UPDATE {t} SET email = ''": ("UPDATE", "email"),
    "DELETE FROM {t}": ("DELETE", ""),
    "TRUNCATE {t}": ("TRUNCATE", ""),
}


def passes(client: PostgresClient, role: str, via: str, statement: str) -> bool:
    """Whether a statement is permitted: it is stopped by a division by zero after it."""
    client.script("SAVEPOINT s")
    become = f"SET LOCAL ROLE {via};" if via else ""
    try:
        client.script(f"SET LOCAL SESSION AUTHORIZATION {role}; {become} {statement}; SELECT 1/0")
    except ProviderError as failed:
        text = str(failed)
        assert "permission denied" in text or "division by zero" in text, text
        return "division by zero" in text
    finally:
        client.script("ROLLBACK TO s")
    raise AssertionError


def expected(had: frozenset[Privilege], via: str, kind: str, name: str, privilege: str, column: str) -> bool:
    schema, _, rest = name.partition(".")
    return any(
        ((one.kind == kind and not one.column) or (one.kind == Kind.COLUMN and one.column == column))
        and (one.schema, one.name, one.privilege, one.via) == (schema, rest, privilege, via)
        and one.reachable
        and not one.grantable
        for one in had
    )


def statements(client: PostgresClient, catalogue: Catalogue) -> int:
    run = 0
    for role in ROLES:
        of_role = effective(catalogue, role)
        superuser = any(one.privilege == "SUPERUSER" and not one.via for one in of_role)
        for become in ("", *sorted(settable(catalogue, role) & set(ROLES))):
            via = "" if superuser else become
            had = effective(catalogue, become or role) if superuser else of_role
            for table in worlds.TABLES[:3]:
                for text, (privilege, column) in STATEMENTS.items():
                    if table == "alpha.bills" and text.startswith("INSERT"):
                        continue  # it has no partition to hold the row
                    said = passes(client, role, become, text.format(t=table))
                    assert expected(had, via, Kind.TABLE, table, privilege, column) is said, (role, become, text, table)
                    run += 1
            said = passes(client, role, become, "SELECT alpha.one(1)")
            assert expected(had, via, Kind.FUNCTION, "alpha.one(n integer)", "EXECUTE", "") is said, (role, become)
            said = passes(client, role, become, "SELECT nextval('alpha.counter')")
            uses = any(expected(had, via, Kind.SEQUENCE, "alpha.counter", one, "") for one in ("USAGE", "UPDATE"))
            assert uses is said, (role, become)
            run += 2
    return run


@pytest.mark.thorough
def test_a_sample_of_statements(client):
    with transaction(client):
        assert statements(client, random_world(client, random.Random(7))) > 100


@pytest.mark.access
@pytest.mark.parametrize("seed", range(200, 212))
def test_statements(client, seed):
    with transaction(client):
        assert statements(client, random_world(client, random.Random(seed))) > 100


def test_the_catalogue_takes_a_handful_of_queries(client):
    before = client.queries
    catalogue = read_catalogue(client)
    assert client.queries - before == 5
    assert (catalogue.database, catalogue.database_owner) == ("effective", "postgres")
