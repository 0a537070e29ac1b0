"""Every rule of PostgreSQL's catalogue, on a real server: what is told, and what leads nowhere."""

from __future__ import annotations

import psycopg
import pytest

from providers.postgres.escalation.rules import RULES
from reconciler.model import Kind, Spot, Step
from tests.providers.postgres.world import PROVIDER, World

SELECT = {"privileges": ["SELECT"], "tables": ["public.orders"]}


def steps(world: World) -> list[Step]:
    snapshot = world.read()
    return list(PROVIDER.steps(world.scope, snapshot.everything, snapshot.surroundings))


def of_roles(world: World) -> list[tuple[str, str, bool]]:
    found = [one for one in steps(world) if one.needs[0].kind is Kind.PRINCIPAL]
    return [(one.rule, one.gives.name or one.gives.kind, one.certain) for one in found]


@pytest.fixture
def converged(world: World) -> World:
    world.want(SELECT)
    world.converge()
    return world


CASES = {
    "P0": (["ALTER ROLE $role SUPERUSER"], ("P0", "administrator", True)),
    "P1": (["CREATE ROLE esc_a", "GRANT esc_a TO $role WITH ADMIN OPTION"], ("P1", "esc_a", True)),
    "P2": (["GRANT pg_execute_server_program TO $role"], ("P2", "administrator", True)),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_holds(converged: World, rule: str) -> None:
    statements, expected = CASES[rule]
    assert of_roles(converged) == []
    try:
        for statement in statements:
            converged.sql(statement)
        assert expected in of_roles(converged)
    finally:
        converged.sql("DROP ROLE IF EXISTS esc_a")


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE ROLE esc_a", "GRANT esc_a TO $role"],
        ["ALTER ROLE $role CREATEDB"],
        ["GRANT pg_monitor TO $role"],
        ["GRANT pg_read_all_data TO $role"],
    ],
    ids=["a-plain-membership", "createdb", "monitor", "reads-data"],
)
def test_what_leads_nowhere_is_no_step(converged: World, statements: list[str]) -> None:
    try:
        for statement in statements:
            converged.sql(statement)
        assert of_roles(converged) == []
    finally:
        converged.sql("DROP ROLE IF EXISTS esc_a")


def test_what_may_be_is_told_so(converged: World) -> None:
    converged.sql("GRANT pg_read_server_files TO $role")
    (step,) = [one for one in steps(converged) if one.rule]
    assert (step.rule, step.certain) == ("P2", False)
    assert step.note == "if a file that the server may read holds a secret"
    assert [address.key for address in step.by] == [f"{converged.role}->pg_read_server_files"]


def test_admin_on_a_role_that_is_more_leads_there(converged: World) -> None:
    converged.sql("CREATE ROLE esc_a SUPERUSER")
    try:
        converged.sql("GRANT esc_a TO $role WITH ADMIN OPTION, INHERIT FALSE, SET FALSE")
        assert of_roles(converged) == [("P1", "esc_a", True), ("P0", "administrator", True)]
    finally:
        converged.sql("DROP ROLE esc_a")


def test_createrole_by_the_servers_version(converged: World) -> None:
    """P3, which the server itself decides: from 16 on it may give nothing that it has no ADMIN on."""
    converged.sql("ALTER ROLE $role CREATEROLE")
    told = of_roles(converged)
    snapshot = converged.read()
    version = snapshot.surroundings.version  # type: ignore[attr-defined]
    assert told == ([("P3", "administrator", True)] if version < 160000 else [])
    if version >= 160000:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            converged.sql("SET ROLE $role; GRANT pg_execute_server_program TO $role")
        converged.sql("RESET ROLE")


def test_a_function_that_runs_as_its_owner_gives_nothing_to_whoever_may_replace_it(converged: World) -> None:
    """P4 is no rule here: only its owner may, and then it runs as that one."""
    made = (
        "CREATE OR REPLACE FUNCTION public.esc_f() RETURNS text SECURITY DEFINER LANGUAGE sql AS 'SELECT current_user'"
    )
    converged.sql(made, "GRANT ALL ON FUNCTION public.esc_f() TO $role", "GRANT CREATE ON SCHEMA public TO $role")
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            converged.sql("SET ROLE $role", made)
        converged.sql("ALTER FUNCTION public.esc_f() OWNER TO $role", "SET ROLE $role", made)
        assert [tuple(row) for row in converged.sql("SELECT public.esc_f()")] == [(converged.role,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            converged.sql("SET ROLE $role", "ALTER FUNCTION public.esc_f() OWNER TO postgres")
    finally:
        converged.sql("DROP FUNCTION public.esc_f()", "REVOKE CREATE ON SCHEMA public FROM $role")


def test_the_catalogue_is_tried() -> None:
    assert set(RULES) == {*CASES, "P3"}


def test_whoever_makes_logins_may_be_any_role(converged: World) -> None:
    minter = Spot(Kind.MINTER, converged.scope.system)
    found = [one for one in steps(converged) if one.needs == (minter,)]
    if converged.scope.settings.credentials:
        assert Spot(Kind.EVERYBODY, converged.scope.system) in [one.gives for one in found]
    else:
        assert found == []
