"""What is wanted, made, read back: equal, for every kind of grant; then gone without a trace."""

from __future__ import annotations

import pytest

from providers.postgres.keys import GrantKey
from reconciler.provider import Conflict
from tests.providers.postgres.world import MARKS, PROVIDER, SYSTEM, World, pair

ODD = '"Odd ""Schema"""."Order; DROP TABLE x --"'
KINDS = [
    {"privileges": ["SELECT"], "tables": ["public.orders", "public.open_orders"]},
    {"privileges": ["all"], "tables": ["public.orders"]},
    {"privileges": ["SELECT", "UPDATE"], "tables": ["public.orders"], "columns": ["id", "email"]},
    {"privileges": ["ALL"], "tables": ["public.orders"], "columns": ["id"]},
    {"privileges": ["SELECT"], "tables": [ODD], "columns": ['"A ""col"""', "b"]},
    {"privileges": ["INSERT", "DELETE"], "tables": [ODD]},
    {"privileges": ["USAGE"], "sequences": ["public.ticket"]},
    {"privileges": ["ALL"], "sequences": ["public.ticket"]},
    {"privileges": ["EXECUTE"], "functions": ["public.refund(int4, text)"]},
    {"privileges": ["EXECUTE"], "functions": ["public.refund(varchar, timestamptz[])", "public.close_day()"]},
    {"privileges": ["ALL"], "functions": ["sales.rate(sales.mood)"]},
    {"privileges": ["USAGE"], "schemas": ["sales", '"Odd ""Schema"""']},
    {"privileges": ["CONNECT", "TEMP"], "database": "true"},
]


@pytest.mark.parametrize("grant", KINDS, ids="-".join)
def test_a_grant_reads_back_as_it_was_wanted(world: World, grant: dict[str, list[str]]) -> None:
    world.want(grant)
    for address, wanted in world.desired.items():
        if address.type == "postgresql_grant":
            assert str(GrantKey.parse(address.key)) == address.key
        assert set(wanted.resource.attributes) == set(_marks(address.type))
    world.converge()
    found = world.read().objects
    assert {a: dict(one.resource.attributes) for a, one in found.items()} == {
        a: dict(one.resource.attributes) for a, one in world.desired.items()
    }
    world.desired = {}
    world.converge()
    assert world.read().objects == {}
    assert world.sql("SELECT 1 FROM pg_roles WHERE rolname = '" + world.role + "'") == []


def _marks(kind: str) -> dict[str, object]:
    return dict(MARKS[SYSTEM][kind])


def test_losing_the_state_loses_nothing(world: World) -> None:
    world.want(*KINDS[:1], *KINDS[2:3], *KINDS[6:9])
    world.converge()
    world.recorder.objects.clear()
    assert world.changes() == {}
    world.converge()


def test_spec_changes_reach_the_server_both_ways(world: World) -> None:
    world.want({"privileges": ["ALL"], "tables": ["public.orders"]})
    world.converge()
    world.want({"privileges": ["SELECT", "INSERT"], "tables": ["public.orders"]})
    assert set(world.changes().values()) == {"update"}
    world.converge()
    rows = world.sql(
        "SELECT has_table_privilege('"
        + world.role
        + "', 'public.orders', p) FROM unnest(ARRAY['SELECT', 'INSERT', 'DELETE', 'TRUNCATE']) p"
    )
    assert [row[0] for row in rows] == [True, True, False, False]
    world.want({"privileges": ["ALL"], "tables": ["public.orders"]})
    world.converge()


def test_a_tables_revoke_leaves_its_columns_grants(world: World) -> None:
    table = {"privileges": ["SELECT", "UPDATE"], "tables": ["public.orders"]}
    columns = {"privileges": ["SELECT"], "tables": ["public.orders"], "columns": ["id"]}
    world.want(table, columns)
    world.converge()
    world.want(columns)
    world.converge()
    world.want(table, columns)
    world.converge()
    world.sql("GRANT SELECT, INSERT ON public.orders TO $role")
    assert list(world.changes()) == [f"postgresql_grant {world.role}:table:public.orders"]
    world.converge()


def test_creating_what_is_there_succeeds_and_what_differs_is_refused(world: World) -> None:
    world.want({"privileges": ["SELECT"], "tables": ["public.orders"]})
    world.converge()
    for address, wanted in world.desired.items():
        PROVIDER.types[address.type].create(world.client, wanted.resource)
    world.sql("GRANT INSERT ON public.orders TO $role", "ALTER ROLE $role CREATEDB")
    for key in (world.role, f"{world.role}:table:public.orders"):
        wanted = next(one for address, one in world.desired.items() if address.key == key)
        with pytest.raises(Conflict):
            PROVIDER.types[wanted.resource.address.type].create(world.client, wanted.resource)


def test_a_role_that_is_not_ours_is_not_taken(world: World) -> None:
    world.sql("CREATE ROLE $role")
    world.want({"privileges": ["SELECT"], "tables": ["public.orders"]})
    assert [problem.code for problem in world.planned().diagnostics] == ["W502"]


def test_another_environments_role_within_the_prefix_is_an_error(world: World) -> None:
    world.sql(
        "CREATE ROLE $role",
        "COMMENT ON ROLE $role IS 'managed by writ; environment=prod; system=orders-db'",
        "GRANT SELECT ON public.orders TO $role",
    )
    assert [problem.code for problem in world.planned().diagnostics] == ["W503"]


@pytest.mark.parametrize("kind", ["world", "minting"])
def test_at_most_ten_queries_however_many_roles(kind: str, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue(kind)
    counts = []
    for number in (1, 20):
        asked = [pair(f"bot{n}") for n in range(number)]
        world.desired = {}
        for who in asked:
            held = dict(world.desired)
            world.want({"privileges": ["SELECT"], "tables": ["public.orders"]}, who=who)
            world.desired |= held
        before = world.client.queries
        world.read()
        counts.append(world.client.queries - before)
        world.converge()
    assert counts[0] == counts[1] <= 10


def test_the_servers_version_says_what_all_is(world: World) -> None:
    world.want({"privileges": ["ALL"], "tables": ["public.orders"]})
    world.converge()
    known = world.client.table_privileges
    assert ("MAINTAIN" in known) is (world.client.version >= 170000)
    if "MAINTAIN" not in known:
        return
    world.sql("REVOKE MAINTAIN ON public.orders FROM $role")  # as after an upgrade from 16
    (change,) = (c for c in world.planned().changes if c.attributes)
    assert change.attributes[0].after == ["ALL"]
    world.converge()
