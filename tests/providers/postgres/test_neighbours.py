"""Two projects that chose the same names for environment and system: neither touches what is the other's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from providers.postgres.lease import group_comment, lease_comment, owner
from providers.postgres.local import LocalPostgres
from reconciler.model import Ownership
from tests.providers.postgres.world import SCHEMA, World, pair, scope_of, settings

GRANT = {"privileges": ["SELECT"], "tables": ["public.orders"]}
OTHER = "Odd = x; y: 1"
"""Another database of the cluster, whose name would end a marker."""


@pytest.fixture
def other_database(server: LocalPostgres) -> Iterator[str]:
    operator = server.client()
    operator.script(f'CREATE DATABASE "{OTHER}"')
    within = server.client(OTHER)
    within.script(SCHEMA)
    within.close()
    yield OTHER
    operator.script(f'DROP DATABASE "{OTHER}" WITH (FORCE)')
    operator.close()


def lease(world: World, name: str) -> None:
    """A login as the minting system leaves it, but made by a superuser."""
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    options = "WITH INHERIT TRUE, SET FALSE" if world.client.version >= 160000 else ""
    world.sql(
        f"CREATE ROLE {name} LOGIN INHERIT VALID UNTIL '{soon}'",
        f"COMMENT ON ROLE {name} IS '{lease_comment(world.scope, world.role)}'",
        f"GRANT $role TO {name} {options}",
    )


def test_another_prefix_in_the_same_database(worlds: Callable[..., World]) -> None:
    first, second = worlds(), worlds()
    assert first.scope.environment == second.scope.environment
    for world in (first, second):
        world.want(GRANT)
        world.converge()
    lease(second, "x_leased")
    second.sql("CREATE ROLE x_pal", "GRANT $role TO x_pal")
    try:
        assert first.changes() == {}
        strangers = [live for address, live in first.read().objects.items() if second.role in address.key]
        assert len(strangers) > 3
        assert {live.in_scope for live in strangers} == {False}
        assert {live.ownership for live in strangers} == {Ownership.OURS, Ownership.UNMARKED}
        first.desired = {}
        first.converge()
        assert second.changes() == {f"postgresql_grant_role x_pal->{second.role}": "delete"}
    finally:
        second.sql("DROP ROLE IF EXISTS x_pal, x_leased")


def test_the_same_prefix_in_two_databases_of_a_cluster(
    server: LocalPostgres, worlds: Callable[..., World], other_database: str
) -> None:
    first = worlds()
    prefix = first.scope.settings.role_prefix
    second = World.at(server, settings(other_database, role_prefix=prefix))
    first.want(GRANT)
    second.want(GRANT, who=pair("eve"))
    first.converge()
    assert second.apply().ok
    lease(first, "x_leased")
    second.sql(f'CREATE ROLE "{prefix}rogue"')
    try:
        for one, theirs in ((first, f"{prefix}eve_orders.read"), (second, first.role)):
            planned = one.planned()
            rows = {f"{c.address.type} {c.address.key}": c.action.value for c in planned.changes if c.attributes}
            assert rows == {}
            doomed = [c.address.key for c in planned.changes if c.action.value == "delete"]
            assert doomed == [f"{prefix}rogue"]
            (told,) = planned.diagnostics
            assert told.code == "W503"
            assert f'["{theirs}"] lies within this system' in told.message
            assert f"belongs to database {'orders' if one is second else OTHER} of this cluster" in told.message
        second.desired = {}
        assert second.apply().ok
        assert {c.action.value for c in first.planned().changes} == {"no-op"}
    finally:
        second.client.close()
        first.sql("DROP ROLE x_leased")


def test_whose_a_role_is_by_its_comment() -> None:
    here, there = scope_of(settings("orders")), scope_of(settings(OTHER))
    comment = group_comment(there, pair())
    assert OTHER not in comment
    assert owner(comment, there) == (Ownership.OURS, "")
    assert owner(comment, here) == (Ownership.OTHER, f"it belongs to database {OTHER} of this cluster")
    assert owner(comment.replace("; database=Odd%20%3D%20x%3B%20y%3A%201", ""), here)[0] is Ownership.OURS
    assert "'" not in lease_comment(scope_of(settings("it's")), "g")
