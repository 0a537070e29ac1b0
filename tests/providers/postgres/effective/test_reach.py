"""Which roles hold what a guardrail forbids, on a real server and as wanted."""

from __future__ import annotations

from typing import Any

import pytest

from providers.postgres.access import PostgresNever
from reconciler.model import Reach
from tests.providers.postgres.world import PROVIDER, World, lowered

SELECT = {"privileges": ["SELECT"], "tables": ["public.orders"]}


def look(world: World, *, found: bool = True, **never: Any) -> list[Reach]:
    block = PostgresNever.model_validate(never)
    if not found:
        wanted = {one.resource.address: one.resource for one in lowered(world.scope, SELECT).resources}
        return list(PROVIDER.reaches(world.scope, wanted, block))
    snapshot = world.read()
    objects = {address: live.resource for address, live in snapshot.objects.items()}
    return list(PROVIDER.reaches(world.scope, objects, block, snapshot.surroundings))


@pytest.fixture
def converged(world: World) -> World:
    world.want(SELECT)
    world.converge()
    return world


TICKETS = {"privileges": ["SELECT"], "tables": ["public.secrets"]}


@pytest.mark.parametrize(
    ("statement", "request_"),
    [
        ("GRANT SELECT ON public.secrets TO $role", "SELECT on table public.secrets"),
        ("GRANT ALL ON public.secrets TO $role", "SELECT on table public.secrets"),
        ("GRANT pg_read_all_data TO $role", "SELECT on table public.secrets"),
        ("ALTER ROLE $role SUPERUSER", "as a superuser"),
        ("CREATE TABLE public.mine (); ALTER TABLE public.mine OWNER TO $role", "SELECT on public.secrets"),
        ("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO $role", "SELECT on every table"),
        ("GRANT INSERT ON public.secrets TO $role", ""),
        ("GRANT UPDATE ON public.orders TO $role", ""),
    ],
)
def test_a_grant_by_hand(converged: World, statement: str, request_: str) -> None:
    assert look(converged, **TICKETS) == []
    converged.sql(statement)
    found = look(converged, **TICKETS)
    assert bool(found) is bool(request_)
    assert all(one.subject.key == converged.role and request_ in one.witness.request for one in found)


def test_what_is_wanted_with_what_comes_along(converged: World) -> None:
    for found in (False, True):
        assert look(converged, found=found, privileges=["SELECT"], tables=["public.ord*"])
        assert look(converged, found=found, privileges=["CONNECT"], database=True)
        assert look(converged, found=found, privileges=["USAGE"], schemas=["public"])
        assert not look(converged, found=found, privileges=["UPDATE"], tables=["*"])
        assert not look(converged, found=found, privileges=["SELECT"], tables=["other.*"])


def test_columns(converged: World) -> None:
    email = {"privileges": ["UPDATE"], "tables": ["public.orders"], "columns": ["email"]}
    converged.sql("GRANT UPDATE (id) ON public.orders TO $role")
    assert look(converged, **email) == []
    converged.sql("GRANT UPDATE (email) ON public.orders TO $role")
    [found] = look(converged, **email)
    assert found.witness.request == "UPDATE on table public.orders, column email"


@pytest.mark.parametrize(
    ("statements", "never", "request_"),
    [
        (
            ["CREATE TABLE public.nt (x int)", "GRANT DELETE ON public.nt TO PUBLIC"],
            {"privileges": ["DELETE"], "tables": ["*"]},
            "DELETE on table public.nt",
        ),
        (
            [
                "CREATE SCHEMA far; CREATE TABLE far.t (x int)",
                "GRANT USAGE ON SCHEMA far TO PUBLIC; GRANT SELECT ON far.t TO PUBLIC",
            ],
            {"privileges": ["SELECT"], "tables": ["far.*"]},
            "SELECT on table far.t",
        ),
        (
            ["CREATE SEQUENCE public.sq", "GRANT USAGE ON SEQUENCE public.sq TO PUBLIC"],
            {"privileges": ["USAGE"], "sequences": ["*"]},
            "USAGE on sequence public.sq",
        ),
        (
            ["CREATE FUNCTION public.leak() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"],
            {"privileges": ["EXECUTE"], "functions": ["public.leak()"]},
            "EXECUTE on function public.leak()",
        ),
    ],
)
def test_what_everybody_may_on_what_no_spec_names(
    converged: World, statements: list[str], never: dict[str, Any], request_: str
) -> None:
    assert look(converged, **never) == []
    try:
        converged.sql(*statements)
        assert [one.witness.request for one in look(converged, **never)] == [request_]
    finally:
        converged.sql("DROP FUNCTION IF EXISTS public.leak()", "DROP SEQUENCE IF EXISTS public.sq")
        converged.sql("DROP TABLE IF EXISTS public.nt", "DROP SCHEMA IF EXISTS far CASCADE")
