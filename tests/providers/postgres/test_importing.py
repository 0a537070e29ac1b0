"""What logins of a real server may do, in the words of the specs: no more than that, and the rest is told."""

from __future__ import annotations

from typing import Any

import pytest

from providers.postgres.importing.read import importable
from reconciler.model import Importable
from reconciler.provider.wording import NO_WORKLOAD
from tests.providers.postgres.world import World

READS = {"grants": [{"privileges": ["SELECT"], "tables": ["public.orders"]}]}


@pytest.fixture
def logins(world: World) -> Any:
    """Of SQL in which ``$p`` is a prefix of its own: the login ``$p`` + "svc" as it would be imported."""
    prefix = f"hand_{world.scope.settings.role_prefix}"

    def made(*statements: str) -> Importable:
        world.sql(f"CREATE ROLE {prefix}svc LOGIN", *(one.replace("$p", prefix) for one in statements))
        return next(one for one in importable(world.client) if one.name == f"{prefix}svc")

    yield made
    world.sql("DROP TABLE IF EXISTS sales.pay")
    names = world.sql(f"SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{prefix}')")
    world.sql(*(f"DROP OWNED BY {name} CASCADE" for (name,) in names), *(f"DROP ROLE {name}" for (name,) in names))


def why(found: Importable) -> str:
    return "; ".join(one.why for one in found.lacking if one != NO_WORKLOAD)


GROUP = ("CREATE ROLE $pgroup", "GRANT SELECT ON public.orders TO $pgroup")


@pytest.mark.parametrize(
    ("options", "has"),
    [("INHERIT TRUE", True), ("INHERIT FALSE, SET TRUE", True), ("INHERIT FALSE, SET FALSE", False)],
)
def test_a_membership_gives_what_its_options_let_through(logins: Any, world: World, options: str, has: bool) -> None:
    if world.client.version < 160000:
        pytest.skip("memberships have no options before version 16")
    found = logins(*GROUP, f"GRANT $pgroup TO $psvc WITH {options}")
    assert found.access == ((READS,) if has else ())


def test_what_it_may_become_is_told_with_its_attributes(logins: Any) -> None:
    found = logins(
        "CREATE ROLE $pboss SUPERUSER",
        "CREATE ROLE $pbetween IN ROLE $pboss",
        "GRANT $pbetween TO $psvc",
        "GRANT SELECT ON public.orders TO $psvc",
    )
    assert "boss, which is SUPERUSER" in why(found)
    assert found.access == (), "no list of grants says what a superuser may do"


def test_rights_in_a_schema_that_is_shut_are_no_rights(logins: Any) -> None:
    found = logins("CREATE TABLE sales.pay ()", "GRANT SELECT ON sales.pay TO $psvc")
    assert (found.access, "may not look into schema sales" in why(found)) == ((), True)


def test_rights_in_a_schema_that_is_open_to_it_are_said(logins: Any) -> None:
    found = logins(
        "CREATE TABLE sales.pay ()", "GRANT USAGE ON SCHEMA sales TO $psvc", "GRANT SELECT ON sales.pay TO $psvc"
    )
    assert (found.access[0]["grants"][0]["tables"], why(found)) == (["sales.pay"], "")


def test_row_security_and_default_privileges_for_it_are_told(logins: Any) -> None:
    found = logins(
        "GRANT SELECT ON public.orders TO $psvc",
        "CREATE POLICY mine ON public.orders TO $psvc USING (id = 1)",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO $psvc",
    )
    assert found.access == (READS,)
    assert "policy mine on table public.orders is for it" in why(found)
    assert "it gets SELECT on tables that postgres makes in schema sales" in why(found)
