"""What everybody, or a managed role, may of what no intent asks for: against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from providers.postgres.access import PostgresNever
from providers.postgres.effective.catalogue import AclItem, Catalogue, DefaultAcl, RoleFacts
from providers.postgres.effective.changes import access_changes
from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.names import DEFAULT_PRIVILEGES, PUBLIC_DEFAULTS, ROLE
from providers.postgres.values import role_values
from reconciler.model import Address, Aspect, Resource, Verdict, Worlds
from tests.providers.postgres.effective.test_changes import SELECT, told
from tests.providers.postgres.world import PROVIDER, World

MADE = {
    "type": ("CREATE TYPE public.tint AS ENUM ('red')", "REVOKE USAGE ON TYPE public.tint FROM PUBLIC"),
    "language": ("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",),
    "wrapper": ("CREATE FOREIGN DATA WRAPPER wrap",),
    "server": ("CREATE FOREIGN DATA WRAPPER other", "CREATE SERVER far FOREIGN DATA WRAPPER other"),
    "large object": ("SELECT lo_create(4711)",),
}
GONE = (
    "DROP TYPE public.tint",
    "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC",
    "DROP FOREIGN DATA WRAPPER wrap",
    "DROP FOREIGN DATA WRAPPER other CASCADE",
    "SELECT lo_unlink(4711)",
)
RIGHTS = {
    "type": ("USAGE ON TYPE public.tint", "USAGE on type public.tint", {"types": ["public.*"]}),
    "language": ("USAGE ON LANGUAGE plpgsql", "USAGE on language plpgsql", {"languages": ["plpgsql"]}),
    "wrapper": (
        "USAGE ON FOREIGN DATA WRAPPER wrap",
        "USAGE on foreign data wrapper wrap",
        {"foreign_data_wrappers": ["wrap"]},
    ),
    "server": ("USAGE ON FOREIGN SERVER far", "USAGE on foreign server far", {"foreign_servers": ["*"]}),
    "large object": ("UPDATE ON LARGE OBJECT 4711", "UPDATE on large object 4711", {"large_objects": ["4711"]}),
    "tablespace": (
        "CREATE ON TABLESPACE pg_default",
        "CREATE on tablespace pg_default",
        {"tablespaces": ["pg_default"]},
    ),
    "parameter": ("SET ON PARAMETER log_statement", "SET on parameter log_statement", {"parameters": ["log_*"]}),
    "alter system": (
        "ALTER SYSTEM ON PARAMETER log_min_duration_statement",
        "ALTER SYSTEM on parameter log_min_duration_statement",
        {"parameters": ["*"], "privileges": ["ALTER SYSTEM"]},
    ),
}


@pytest.fixture
def converged(world: World) -> World:
    world.want(SELECT)
    world.converge()
    return world


def forbidden(world: World, never: dict[str, list[str]]) -> list[str]:
    snapshot = world.read()
    found = PROVIDER.reaches(
        world.scope, snapshot.everything, PostgresNever.model_validate(never), snapshot.surroundings
    )
    return [one.witness.request for one in found or () if one.subject.key == world.role]


def kinds(version: int) -> list[str]:
    """Parameters have privileges from 15 on."""
    return [kind for kind, (statement, _, _) in RIGHTS.items() if version >= 150000 or "PARAMETER" not in statement]


@pytest.fixture
def made(converged: World) -> Iterator[World]:
    converged.sql(*(one for statements in MADE.values() for one in statements))
    yield converged
    converged.sql(*GONE)


@pytest.mark.parametrize("to", ["PUBLIC", "$role"])
def test_a_right_of_any_kind_is_a_row_and_counts_in_a_never(made: World, to: str) -> None:
    found = [RIGHTS[kind] for kind in kinds(made.client.version)]
    requests = {request for _, request, _ in found}
    assert [forbidden(made, never) for _, _, never in found] == [[]] * len(found)
    known = made.read().observed.keys()
    gained = told(made, *(f"GRANT {statement} TO {to}" for statement, _, _ in found))[made.role, Aspect.REACH]
    try:
        assert gained.verdict is Verdict.WIDENS
        assert {(one.request, one.certain) for one in gained.gains} == {(request, True) for request in requests}
        assert [len(forbidden(made, never)) for _, _, never in found] == [1] * len(found)
        if to == "PUBLIC":
            assert len(made.read().observed.keys() ^ known) == len(found)
        else:
            assert list(made.changes().values()) == ["delete"] * len(found), "undeclared grants are rows"
    finally:
        revoked = (f"REVOKE {statement} FROM {to}" for statement, _, _ in found)
        lost = told(made, *revoked)[made.role, Aspect.REACH]
    assert (lost.verdict, {one.request for one in lost.loses}) == (Verdict.NARROWS, requests)
    assert [forbidden(made, never) for _, _, never in found] == [[]] * len(found)


def test_a_new_language_is_everybodys(converged: World) -> None:
    """As a new function is, and unlike a new type: every table brings one."""
    found = told(
        converged,
        "CREATE TRUSTED LANGUAGE tongue HANDLER pg_catalog.plpgsql_call_handler",
        "CREATE TYPE public.tint AS ENUM ('red')",
    )
    converged.sql("DROP LANGUAGE tongue", "DROP TYPE public.tint")
    assert [one.request for one in found[converged.role, Aspect.REACH].gains] == ["USAGE on language tongue"]


SALES = " IN SCHEMA sales"
DEFAULTS = "ALTER DEFAULT PRIVILEGES FOR ROLE postgres"


@pytest.mark.parametrize(
    ("where", "what", "request_", "never"),
    [
        ("", "SELECT ON TABLES", "SELECT on future tables of postgres", {"tables": ["public.x"]}),
        (SALES, "USAGE ON SEQUENCES", "USAGE on future sequences of postgres in sales", {"sequences": ["*"]}),
        (
            SALES,
            "EXECUTE ON FUNCTIONS",
            "EXECUTE on future functions of postgres in sales",
            {"functions": ["sales.made_*"]},
        ),
    ],
)
def test_what_everybody_gets_on_objects_to_come(
    converged: World, where: str, what: str, request_: str, never: dict[str, list[str]]
) -> None:
    gained = told(converged, f"{DEFAULTS}{where} GRANT {what} TO PUBLIC")[converged.role, Aspect.REACH]
    try:
        assert gained.verdict is Verdict.MAY_WIDEN
        assert [one.request for one in gained.gains] == [request_]
        assert len(forbidden(converged, never)) == 1
    finally:
        lost = told(converged, f"{DEFAULTS}{where} REVOKE {what} FROM PUBLIC")[converged.role, Aspect.REACH]
    assert (lost.verdict, lost.gains) == (Verdict.NARROWS, ())
    assert forbidden(converged, never) == []


def test_what_is_built_in_and_given_back_may_widen(converged: World) -> None:
    """New functions are everybody's unless somebody said otherwise; who takes that back gives them again."""
    lost = told(converged, f"{DEFAULTS} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")[converged.role, Aspect.REACH]
    observed = converged.read().observed
    address = Address("orders-db", PUBLIC_DEFAULTS, "postgres::function")
    assert observed[address].attributes == {"granted": [], "revoked": ["EXECUTE"]}
    back = told(converged, f"{DEFAULTS} GRANT EXECUTE ON FUNCTIONS TO PUBLIC")[converged.role, Aspect.REACH]
    assert address not in converged.read().observed
    assert (lost.verdict, back.verdict) == (Verdict.NARROWS, Verdict.MAY_WIDEN)
    assert [one.request for one in back.gains] == ["EXECUTE on future functions of postgres"]


def test_the_whole_catalogue_says_nothing_of_what_moved() -> None:
    """It is read where a role of ours is in one that isn't, and is as it is live on both sides."""
    role, entry = Address("orders-db", ROLE, "bot"), Address("orders-db", PUBLIC_DEFAULTS, "postgres::table")
    live = DefaultAcl("postgres", "", "table", frozenset({AclItem("", "SELECT")}))
    others = Catalogue(160000, "orders", "postgres", frozenset({RoleFacts("postgres")}), defaults=frozenset({live}))
    before = {role: Resource(role, role_values(""))}
    after = before | {entry: Resource(entry, {"granted": ["SELECT"], "revoked": []})}
    around = Surroundings(160000, "orders", {}, others)
    (found,) = access_changes(Worlds(before, after, frozenset({entry}), around))
    assert (found.subject, found.comparison.verdict) == (role, Verdict.MAY_WIDEN)
    assert [one.request for one in found.comparison.gains] == ["SELECT on future tables of postgres"]
    others = Catalogue(160000, "orders", "postgres", frozenset({RoleFacts("postgres")}))
    gone = Worlds(after, before, frozenset({entry}), Surroundings(160000, "orders", {}, others))
    assert [one.comparison.verdict for one in access_changes(gone)] == [Verdict.NARROWS]


def test_a_roles_own_default_privileges_are_a_row_beside_everybodys(converged: World) -> None:
    converged.sql(f"{DEFAULTS} GRANT SELECT ON TABLES TO PUBLIC, $role")
    try:
        assert [key.split()[0] for key in converged.changes()] == [DEFAULT_PRIVILEGES]
        converged.apply()
        assert converged.changes() == {}
        assert [one for one in converged.read().observed if one.type == PUBLIC_DEFAULTS], "that isn't ours to take away"
    finally:
        converged.sql(f"{DEFAULTS} REVOKE SELECT ON TABLES FROM PUBLIC")
