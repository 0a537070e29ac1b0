"""What somebody does to a managed role by hand, as changes of access: against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.names import PUBLIC_GRANT, ROLE
from reconciler.model import AccessChange, Address, Aspect, Comparison, Snapshot, Verdict, Worlds
from tests.providers.postgres.test_neighbours import lease
from tests.providers.postgres.world import PROVIDER, World

SELECT = {"privileges": ["SELECT"], "tables": ["public.orders"]}


def between(world: World, old: Snapshot, new: Snapshot) -> list[AccessChange]:
    before, after = old.everything, new.everything
    touched = frozenset(a for a in before.keys() | after.keys() if before.get(a) != after.get(a))
    if not touched:
        return []
    surroundings = max((new.surroundings, old.surroundings), key=_knows)
    return list(PROVIDER.access_changes(world.scope, Worlds(before, after, touched, surroundings)))


def _knows(surroundings: object) -> bool:
    return isinstance(surroundings, Surroundings) and surroundings.others is not None


def told(world: World, *statements: str) -> dict[tuple[str, Aspect], Comparison]:
    old = world.read()
    world.sql(*statements)
    return {(one.subject.key, one.aspect): one.comparison for one in between(world, old, world.read())}


@pytest.fixture
def converged(world: World) -> World:
    world.want(SELECT)
    world.converge()
    return world


@pytest.mark.parametrize(
    ("statement", "request_"),
    [
        ("GRANT INSERT ON public.orders TO $role", "INSERT on public.orders"),
        ("GRANT UPDATE (email) ON public.orders TO $role", "UPDATE (email) on public.orders"),
        ("GRANT SELECT ON public.orders TO $role WITH GRANT OPTION", "SELECT WITH GRANT OPTION on public.orders"),
        ("GRANT CREATE ON SCHEMA public TO $role", "CREATE on schema public"),
        ("GRANT pg_read_all_data TO $role", "SELECT on"),
        ("ALTER ROLE $role BYPASSRLS", "BYPASSRLS"),
        ("ALTER ROLE $role SUPERUSER", "SUPERUSER"),
    ],
)
def test_a_grant_by_hand_widens_with_a_witness(converged: World, statement: str, request_: str) -> None:
    found = told(converged, statement)[converged.role, Aspect.REACH]
    assert found.verdict in {Verdict.WIDENS, Verdict.INCOMPARABLE}
    assert any(request_ in one.request for one in found.gains), found.gains


def test_ownership_widens(converged: World) -> None:
    found = told(converged, "ALTER TABLE public.orders OWNER TO $role")[converged.role, Aspect.REACH]
    converged.sql("ALTER TABLE public.orders OWNER TO postgres")
    assert found.verdict in {Verdict.WIDENS, Verdict.INCOMPARABLE}
    assert any("OWNERSHIP of table" in one.request for one in found.gains), found.gains


def test_what_everybody_may_is_no_gain(converged: World) -> None:
    """USAGE on public, and CONNECT, are PUBLIC's."""
    found = told(converged, "GRANT TEMPORARY ON DATABASE $database TO $role".replace("$database", converged.database))
    assert found[converged.role, Aspect.REACH].verdict is Verdict.EQUAL


def test_a_revocation_narrows(converged: World) -> None:
    found = told(converged, "REVOKE SELECT ON public.orders FROM $role")[converged.role, Aspect.REACH]
    assert found.verdict is Verdict.NARROWS
    assert [one.request for one in found.loses] == ["SELECT on public.orders"]


def test_privileges_on_objects_to_come_may_widen(converged: World) -> None:
    found = told(converged, "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO $role")
    assert found[converged.role, Aspect.REACH].verdict is Verdict.MAY_WIDEN


def test_a_login_and_a_member_are_ways_in(converged: World) -> None:
    found = told(converged, "ALTER ROLE $role LOGIN")[converged.role, Aspect.TRUST]
    assert found.verdict is Verdict.WIDENS
    assert [one.request for one in found.gains] == [f"log in as {converged.role} where no password is asked for"]
    found = told(converged, "ALTER ROLE $role PASSWORD 'x'")[converged.role, Aspect.TRUST]
    assert [one.request for one in found.gains] == [f"log in as {converged.role} with its password"]
    assert found.loses == ()
    converged.sql("CREATE ROLE stranger")
    found = told(converged, "GRANT $role TO stranger")[converged.role, Aspect.TRUST]
    assert found.verdict is Verdict.WIDENS
    assert any("as stranger" in one.request for one in found.gains)


def test_a_comment_is_no_access(converged: World) -> None:
    converged.sql("COMMENT ON ROLE $role IS 'managed by writ; environment=test; system=orders-db; agent=x'")
    assert told(converged, "COMMENT ON ROLE $role IS 'managed by writ; environment=test; system=orders-db'") == {}


def test_a_member_gains_what_its_group_gains(converged: World) -> None:
    other = f"{converged.scope.settings.role_prefix}other_x"
    converged.sql(f'CREATE ROLE "{other}"', f'GRANT $role TO "{other}"')
    found = told(converged, "GRANT DELETE ON public.orders TO $role")
    assert found[other, Aspect.REACH].verdict is Verdict.WIDENS
    assert found[converged.role, Aspect.REACH].verdict is Verdict.WIDENS


def test_a_membership_in_a_role_that_wasnt_read_is_unknown(converged: World) -> None:
    old = converged.read()
    converged.sql("GRANT pg_read_all_data TO $role")
    new = converged.read()
    unread = Snapshot(new.objects, surroundings=old.surroundings)
    found = {one.aspect: one.comparison for one in between(converged, old, unread)}
    assert found[Aspect.REACH].verdict is Verdict.UNKNOWN


def test_a_new_role_is_told_as_all_that_it_may(converged: World) -> None:
    empty = Snapshot({}, surroundings=converged.read().surroundings)
    found = {(one.subject, one.aspect): one.comparison for one in between(converged, empty, converged.read())}
    reach = found[Address("orders-db", ROLE, converged.role), Aspect.REACH]
    assert reach.verdict is Verdict.WIDENS
    assert any(one.request == "SELECT on public.orders" for one in reach.gains)


@pytest.mark.parametrize("kind", ["PERMISSIVE", "RESTRICTIVE"])
def test_a_policy_may_give_or_take(converged: World, kind: str) -> None:
    found = told(converged, f"CREATE POLICY p ON public.orders AS {kind} TO $role USING (true)")
    converged.sql("DROP POLICY p ON public.orders")
    reach = found[converged.role, Aspect.REACH]
    assert reach.verdict not in {Verdict.EQUAL, Verdict.NARROWS, Verdict.WIDENS}
    assert [one.request for one in (*reach.gains, *reach.loses)] == ["rows under policy p on table public.orders"] * 2


def test_an_owner_gains_nothing_by_what_was_granted_to_it(converged: World) -> None:
    granted = converged.read()
    converged.sql("ALTER TABLE public.orders OWNER TO $role")
    try:
        (reach,) = (one.comparison for one in between(converged, converged.read(), granted))
        assert reach.gains == ()
        assert "OWNERSHIP of table public.orders" in [one.request for one in reach.loses]
    finally:
        converged.sql("ALTER TABLE public.orders OWNER TO postgres")


STRAYED = "GRANT pg_read_all_data TO $role"
"""With it the whole catalogue is read, as it is live: it must say nothing of what only one side has."""


@pytest.mark.parametrize(
    ("options", "grant", "request_"),
    [
        ("SUPERUSER", "DELETE ON public.orders", "SUPERUSER"),
        ("LOGIN", "DELETE ON public.orders", "DELETE on public.orders"),
        ("LOGIN", "pg_execute_server_program", "pg_execute_server_program"),
        ("LOGIN", "pg_read_all_data", "SELECT on public.orders"),
    ],
)
def test_a_rogue_role_widens_whatever_else_was_done(converged: World, options: str, grant: str, request_: str) -> None:
    rogue = f"{converged.scope.settings.role_prefix}rogue"
    found = told(converged, STRAYED, f'CREATE ROLE "{rogue}" {options}', f'GRANT {grant} TO "{rogue}"')
    reach = found[rogue, Aspect.REACH]
    assert reach.verdict is Verdict.WIDENS
    assert any(request_ in one.request for one in reach.gains), reach.gains
    old, new = converged.read(), converged.read()
    gone = {a: live for a, live in new.objects.items() if rogue not in a.key}
    healed = {(c.subject.key, c.aspect): c.comparison for c in between(converged, old, Snapshot(gone))}
    assert healed[rogue, Aspect.REACH].verdict is Verdict.NARROWS


@pytest.fixture
def leased(converged: World) -> Iterator[World]:
    lease(converged, "leased")
    yield converged
    converged.sql("DROP OWNED BY leased", "DROP ROLE leased")


@pytest.mark.parametrize("more", [(), (STRAYED,)])
def test_a_grant_to_a_leased_login_widens(leased: World, more: tuple[str, ...]) -> None:
    found = told(leased, *more, "GRANT DELETE ON public.secrets TO leased")
    assert found["leased", Aspect.REACH].verdict is Verdict.WIDENS
    assert found["leased", Aspect.REACH].gains[0].request == "DELETE on public.secrets"


def test_default_privileges_of_a_leased_login_may_widen(leased: World) -> None:
    found = told(leased, "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO leased")
    assert found["leased", Aspect.REACH].verdict is Verdict.MAY_WIDEN


@pytest.mark.parametrize(
    ("object_", "request_"),
    [
        ("DELETE ON public.orders", "DELETE on public.orders"),
        ("UPDATE (email) ON public.orders", "UPDATE (email) on public.orders"),
        ("SELECT ON public.order_items", "SELECT on public.order_items"),
        ("USAGE ON SEQUENCE public.ticket", "USAGE on public.ticket"),
        ("EXECUTE ON FUNCTION pg_catalog.pg_read_file(text)", "EXECUTE on pg_catalog.pg_read_file(text)"),
        ("CREATE ON SCHEMA public", "CREATE on schema public"),
        ("CREATE ON DATABASE $database", "CREATE on database"),
    ],
)
def test_what_everybody_gets_every_role_gains(converged: World, object_: str, request_: str) -> None:
    """Some of them where the whole catalogue is read for a membership, which has it as it is live."""
    if object_.startswith(("UPDATE", "CREATE ON SCHEMA")):
        converged.sql("GRANT pg_monitor TO $role")
    given = object_.replace("$database", f'"{converged.database}"')
    found = told(converged, f"GRANT {given} TO PUBLIC")[converged.role, Aspect.REACH]
    assert found.verdict is Verdict.WIDENS, found
    assert any(request_ in one.request for one in found.gains), found.gains
    assert told(converged, f"REVOKE {given} FROM PUBLIC")[converged.role, Aspect.REACH].verdict is Verdict.NARROWS


def test_a_function_that_somebody_made_is_everybodys_until_that_is_taken_away(converged: World) -> None:
    grant, made = "EXECUTE ON FUNCTION public.observed()", "CREATE FUNCTION public.observed() RETURNS int"
    before = set(converged.read().observed)
    found = told(converged, f"{made} LANGUAGE sql AS 'SELECT 1'")
    (gain,) = found[converged.role, Aspect.REACH].gains
    assert gain.request == "EXECUTE on public.observed()"
    (address,) = (one for one in converged.read().observed.keys() - before if one.type == PUBLIC_GRANT)
    assert str(address) == 'orders-db.postgresql_public_grant["function:public.observed()"]'
    found = told(converged, f"GRANT {grant} TO $role")
    assert found[converged.role, Aspect.REACH].verdict is Verdict.EQUAL, "it was the role's already"
    found = told(converged, f"REVOKE {grant} FROM $role")
    assert found[converged.role, Aspect.REACH].verdict is Verdict.EQUAL, "it still is everybody's"
    found = told(converged, f"REVOKE {grant} FROM PUBLIC")
    assert found[converged.role, Aspect.REACH].verdict is Verdict.NARROWS
    assert set(converged.read().observed) == before
    found = told(converged, f"GRANT {grant} TO $role")
    assert found[converged.role, Aspect.REACH].verdict is Verdict.WIDENS
    converged.sql("DROP FUNCTION public.observed()")


def test_what_comes_through_a_chain_of_roles_is_gained(converged: World) -> None:
    """A role of ours in one that isn't, which is in a third that holds something; then that one comes to hold more."""
    converged.sql(
        "CREATE ROLE chain_top",
        "CREATE ROLE chain_mid",
        "GRANT chain_top TO chain_mid",
        "GRANT SELECT ON public.secrets TO chain_top",
    )
    try:
        found = told(converged, "GRANT chain_mid TO $role")[converged.role, Aspect.REACH]
        reached = "SELECT on public.secrets by SET ROLE chain_mid"
        assert reached in [one.request for one in found.gains if one.certain]
        old = converged.read()
        converged.sql("GRANT DELETE ON public.order_items TO chain_top")
        healed = {a: live for a, live in old.objects.items() if "chain_mid" not in a.key}
        both = between(converged, Snapshot(healed), converged.read())
        found = next(one.comparison for one in both if one.aspect is Aspect.REACH)
        gains = {one.request for one in found.gains}
        assert {reached, reached.replace("SELECT on public.secrets", "DELETE on public.order_items")} <= gains
    finally:
        converged.sql("DROP OWNED BY chain_top", "DROP ROLE chain_mid", "DROP ROLE chain_top")
