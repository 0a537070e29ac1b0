"""Whatever somebody does to a managed role is a row, named exactly; apply removes it and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, LiteralString

import psycopg
import pytest

from reconciler.model import Ownership
from tests.providers.postgres.world import PROVIDER, World, pair
from tests.thorough import sampled

GRANT = {"privileges": ["SELECT", "INSERT"], "tables": ["public.orders"]}
COLUMN = {"privileges": ["SELECT"], "tables": ["public.orders"], "columns": ["id"]}


@pytest.fixture
def calm(world: World) -> Iterator[World]:
    """Converged; ``x_`` roles are somebody else's."""
    world.want(GRANT, COLUMN)
    world.converge()
    for name in ("x_bob", "x_eve"):
        world.sql(f"DROP ROLE IF EXISTS {name}", f"CREATE ROLE {name}")
    yield world
    for name in ("x_bob", "x_eve"):
        world.sql(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


# What is done by hand → the rows that it makes: type, key with $ for the role, action.
ON_ORDERS = "postgresql_grant $:table:public.orders"
ROGUES: dict[str, tuple[list[str], dict[str, str]]] = {
    "extra privilege": (["GRANT DELETE ON public.orders TO $role"], {ON_ORDERS: "update"}),
    "lost privilege": (["REVOKE INSERT ON public.orders FROM $role"], {ON_ORDERS: "update"}),
    "lost grant": (["REVOKE ALL ON public.orders FROM $role"],
        {ON_ORDERS: "create", "postgresql_grant $:column:public.orders.id": "create"}),
    "grant option": (["GRANT SELECT ON public.orders TO $role WITH GRANT OPTION"], {ON_ORDERS: "update"}),
    "other table": (["GRANT SELECT ON public.secrets TO $role"],
        {"postgresql_grant $:table:public.secrets": "delete"}),
    "system table": (["GRANT SELECT ON pg_catalog.pg_authid TO $role"],
        {"postgresql_grant $:table:pg_catalog.pg_authid": "delete"}),
    "sequence": (["GRANT ALL ON SEQUENCE public.ticket TO $role"],
        {"postgresql_grant $:sequence:public.ticket": "delete"}),
    "column": (["GRANT UPDATE (email) ON public.orders TO $role"],
        {"postgresql_grant $:column:public.orders.email": "delete"}),
    "more on the column": (["GRANT UPDATE (id) ON public.orders TO $role"],
        {"postgresql_grant $:column:public.orders.id": "update"}),
    "function": (["GRANT EXECUTE ON FUNCTION public.refund(varchar, timestamptz[]) TO $role"],
        {"postgresql_grant $:function:public.refund(character varying,timestamp with time zone[])": "delete"}),
    "procedure": (["GRANT EXECUTE ON PROCEDURE public.close_day() TO $role"],
        {"postgresql_grant $:function:public.close_day()": "delete"}),
    "function with odd names": (
        ['CREATE SCHEMA "Odd (1)"', """CREATE TYPE "Odd (1)"."m,(" AS ENUM ()""",
         """CREATE FUNCTION "Odd (1)"."we(ird"(int, "Odd (1)"."m,("[]) RETURNS void LANGUAGE sql AS 'SELECT'""",
         """GRANT EXECUTE ON FUNCTION "Odd (1)"."we(ird"(int, "Odd (1)"."m,("[]) TO $role"""],
        {'postgresql_grant $:function:"Odd (1)"."we(ird"(integer,"Odd (1)"."m,("[])': "delete"}),
    "schema create": (["GRANT CREATE ON SCHEMA public TO $role"], {"postgresql_grant $:schema:public": "update"}),
    "database create": (["GRANT CREATE ON DATABASE $db TO $role"], {"postgresql_grant $:database:$db": "update"}),
    "another database": (["GRANT CONNECT ON DATABASE template1 TO $role"],
        {"postgresql_grant $:database:template1": "delete"}),
    "type": (["GRANT USAGE ON TYPE sales.mood TO $role"], {"postgresql_grant $:type:sales.mood": "delete"}),
    "language": (["GRANT USAGE ON LANGUAGE plpgsql TO $role"], {"postgresql_grant $:language:plpgsql": "delete"}),
    "large object": (["SELECT lo_create(4711)", "GRANT SELECT ON LARGE OBJECT 4711 TO $role"],
        {'postgresql_grant $:large_object:"4711"': "delete"}),
    "tablespace": (["GRANT CREATE ON TABLESPACE pg_default TO $role"],
        {"postgresql_grant $:tablespace:pg_default": "delete"}),
    "foreign data wrapper": (
        ["CREATE FOREIGN DATA WRAPPER w", "CREATE SERVER s FOREIGN DATA WRAPPER w",
         "GRANT USAGE ON FOREIGN DATA WRAPPER w TO $role", "GRANT USAGE ON FOREIGN SERVER s TO $role"],
        {"postgresql_grant $:foreign_data_wrapper:w": "delete", "postgresql_grant $:foreign_server:s": "delete"}),
    "parameter": (["GRANT SET, ALTER SYSTEM ON PARAMETER session_preload_libraries TO $role"],
        {"postgresql_grant $:parameter:session_preload_libraries": "delete"}),
    "default privileges": (
        ["ALTER DEFAULT PRIVILEGES FOR ROLE x_bob GRANT SELECT ON TABLES TO $role",
         "ALTER DEFAULT PRIVILEGES FOR ROLE x_bob IN SCHEMA sales GRANT EXECUTE ON FUNCTIONS TO $role"],
        {"postgresql_default_privileges $:x_bob::table": "delete",
         "postgresql_default_privileges $:x_bob:sales:function": "delete"}),
    "member of a stronger role": (["GRANT pg_execute_server_program TO $role"],
        {"postgresql_grant_role $->pg_execute_server_program": "delete"}),
    "somebody joins": (["GRANT $role TO x_bob WITH ADMIN OPTION"], {"postgresql_grant_role x_bob->$": "delete"}),
    "superuser": (["ALTER ROLE $role SUPERUSER"], {"postgresql_role $": "update"}),
    "login with a password": (["ALTER ROLE $role LOGIN PASSWORD 'x' VALID UNTIL '2030-01-01'"],
        {"postgresql_role $": "update"}),
    "createrole": (["ALTER ROLE $role CREATEROLE CREATEDB INHERIT REPLICATION BYPASSRLS CONNECTION LIMIT 3"],
        {"postgresql_role $": "update"}),
    "settings": (["ALTER ROLE $role SET search_path = 'evil, \"a: b\"'",
                  "ALTER ROLE $role IN DATABASE $db SET role = 'postgres'"], {"postgresql_role $": "update"}),
    "comment": (["COMMENT ON ROLE $role IS 'mine'"], {"postgresql_role $": "update"}),
}  # fmt: skip


@pytest.mark.parametrize("name", sampled(ROGUES, 5))
def test_a_rogue_change_is_seen_and_healed(calm: World, name: str) -> None:
    statements, rows = ROGUES[name]
    if name == "parameter" and calm.client.version < 150000:
        pytest.skip("version 15 and later")
    calm.sql(*(text.replace("$db", calm.database) for text in statements))
    calm.client.run("SET default_transaction_read_only = on")
    expected = {_named(calm, key): action for key, action in rows.items()}
    assert calm.changes() == expected
    calm.client.run("SET default_transaction_read_only = off")
    calm.converge()
    if name == "login with a password":
        assert calm.sql(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{calm.role}'") == [(None,)]


def _named(world: World, key: str) -> str:
    return key.replace("$db", world.database).replace("$", world.role)


def test_whoever_is_logged_in_with_a_group_is_logged_out_when_its_login_goes(calm: World) -> None:
    calm.sql("ALTER ROLE $role LOGIN PASSWORD 'intruder'")
    with psycopg.connect(
        host="127.0.0.1", port=calm.server.port, dbname=calm.database, user=calm.role, password="intruder"
    ) as session:
        session.execute("SELECT total FROM public.orders")
        calm.converge()
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT total FROM public.orders")


def test_whoever_logs_in_while_the_login_is_taken_back_is_logged_out_too(
    calm: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the commit the door is open to everybody else: sessions are ended once more after it."""
    calm.sql("ALTER ROLE $role LOGIN PASSWORD 'intruder'")
    ask, late = calm.client.query, list[psycopg.Connection[Any]]()

    def query(text: LiteralString, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        rows = ask(text, values)
        if "pg_terminate_backend" in text and not late:
            late.append(calm.session(calm.database, calm.role, "intruder"))
        return rows

    monkeypatch.setattr(calm.client, "query", query)
    calm.converge()
    with late[0], pytest.raises(psycopg.OperationalError):
        late[0].execute("SELECT total FROM public.orders")


def test_a_missing_role_is_made_again_with_all_it_had(calm: World) -> None:
    calm.sql("DROP OWNED BY $role", "DROP ROLE $role")
    assert set(calm.changes().values()) == {"create"}
    calm.converge()


def test_an_undeclared_role_within_the_prefix_goes_with_what_it_holds(calm: World) -> None:
    rogue = f"{calm.scope.settings.role_prefix}Rogue:1"
    calm.sql(
        f'CREATE ROLE "{rogue}" LOGIN', f'GRANT SELECT ON public.secrets TO "{rogue}"', f'GRANT "{rogue}" TO x_bob'
    )
    assert calm.changes() == {
        f"postgresql_role {rogue}": "delete",
        f'postgresql_grant "{rogue}":table:public.secrets': "delete",
        f'postgresql_grant_role x_bob->"{rogue}"': "delete",
    }
    calm.converge()


def test_what_was_passed_on_is_shown_and_goes_with_the_grant_option(calm: World) -> None:
    calm.sql(
        "GRANT SELECT ON public.orders TO $role WITH GRANT OPTION",
        "SET ROLE $role",
        "GRANT SELECT ON public.orders TO x_bob",
        "GRANT SELECT ON public.orders TO PUBLIC",
    )
    (change,) = (c for c in calm.planned().changes if c.attributes)
    assert {a.name: a.before for a in change.attributes} == {
        "with_grant_option": True,
        "regranted_to": ["PUBLIC", "x_bob"],
    }
    calm.converge()
    assert calm.sql("SELECT has_table_privilege('x_bob', 'public.orders', 'SELECT')") == [(False,)]


def _regranted(world: World) -> list[str]:
    return [
        f"{address.key.removeprefix(world.role)} {live.resource.attributes['regranted_to']}"
        for address, live in world.read().objects.items()
        if live.resource.attributes.get("regranted_to")
    ]


COLUMN_PASSED_ON = ("SET ROLE $role", "GRANT SELECT (total) ON public.orders TO x_bob, PUBLIC, postgres", "RESET ROLE")


def test_a_column_passed_on_by_a_tables_grant_option_is_shown_and_goes_too(calm: World) -> None:
    calm.sql("GRANT SELECT ON public.orders TO $role WITH GRANT OPTION", *COLUMN_PASSED_ON)
    assert _regranted(calm) == [":table:public.orders ['PUBLIC', 'postgres', 'x_bob']"]
    calm.converge()
    acl = "SELECT attacl FROM pg_attribute WHERE attrelid = 'public.orders'::regclass AND attname = 'total'"
    assert calm.sql(acl) == [(None,)]
    calm.desired = {}
    calm.converge()


@pytest.mark.parametrize("keeps", ["GRANT OPTION FOR SELECT", "ALL"])
def test_what_was_passed_on_by_a_role_that_no_longer_may_is_still_a_row(calm: World, keeps: str) -> None:
    """As an earlier version, or somebody's own REVOKE, left it: without this the role can never be dropped."""
    calm.sql("GRANT SELECT ON public.orders TO $role WITH GRANT OPTION", *COLUMN_PASSED_ON)
    calm.sql(f"REVOKE {keeps} ON public.orders FROM $role CASCADE")
    table = ":table:public.orders" if keeps != "ALL" else ":column:public.orders.total"
    assert _regranted(calm) == [f"{table} ['PUBLIC', 'postgres', 'x_bob']"]
    calm.desired = {}
    calm.converge()


def test_a_column_passed_to_another_managed_role_goes_although_its_grantor_no_longer_may(calm: World) -> None:
    first = dict(calm.desired)
    calm.want({"privileges": ["SELECT"], "tables": ["public.secrets"]}, who=pair("eve"))
    calm.desired |= first
    calm.converge()
    other = f"{calm.scope.settings.role_prefix}eve_orders.read"
    calm.sql(
        "GRANT SELECT ON public.secrets TO $role WITH GRANT OPTION",
        "SET ROLE $role",
        f'GRANT SELECT (value) ON public.secrets TO "{other}"',
        "RESET ROLE",
        "REVOKE ALL ON public.secrets FROM $role CASCADE",
    )
    assert calm.changes() == {
        f"postgresql_grant {calm.role}:column:public.secrets.value": "delete",
        f"postgresql_grant {other}:column:public.secrets.value": "delete",
    }
    calm.converge()


def test_a_grantor_that_cannot_look_into_the_schema_is_no_obstacle(calm: World) -> None:
    calm.sql(
        "CREATE SCHEMA shut",
        "CREATE TYPE shut.mood AS ENUM ('good')",
        "CREATE TABLE shut.box (a int)",
        "CREATE FUNCTION shut.open(shut.mood) RETURNS void LANGUAGE sql AS 'SELECT'",
        "GRANT USAGE ON SCHEMA shut TO x_bob",
        "GRANT SELECT ON shut.box TO x_bob WITH GRANT OPTION",
        "GRANT EXECUTE ON FUNCTION shut.open(shut.mood) TO x_bob WITH GRANT OPTION",
        "SET ROLE x_bob",
        "GRANT SELECT ON shut.box TO $role",
        "GRANT EXECUTE ON FUNCTION shut.open(shut.mood) TO $role",
        "RESET ROLE",
        "REVOKE USAGE ON SCHEMA shut FROM x_bob",
    )
    try:
        calm.converge()
        assert calm.sql("SELECT has_schema_privilege('x_bob', 'shut', 'USAGE')") == [(False,)]
        assert calm.sql("SELECT has_table_privilege('x_bob', 'shut.box', 'SELECT WITH GRANT OPTION')") == [(True,)]
    finally:
        calm.sql("DROP SCHEMA shut CASCADE")


def test_a_grant_by_another_managed_role_is_replaced_by_the_owners(calm: World) -> None:
    first = dict(calm.desired)
    calm.want({"privileges": ["SELECT"], "tables": ["public.secrets"]}, who=pair("eve"))
    calm.desired |= first
    calm.converge()
    other = f"{calm.scope.settings.role_prefix}eve_orders.read"
    calm.sql(
        f'REVOKE SELECT ON public.secrets FROM "{other}"',
        "GRANT SELECT ON public.secrets TO $role WITH GRANT OPTION",
        "SET ROLE $role",
        f'GRANT SELECT ON public.secrets TO "{other}"',
    )
    assert calm.changes() == {
        f"postgresql_grant {calm.role}:table:public.secrets": "delete",
        f"postgresql_grant {other}:table:public.secrets": "update",
    }
    calm.converge()


def test_a_grant_by_a_managed_role_that_keeps_its_own_is_replaced_too(calm: World) -> None:
    first = dict(calm.desired)
    calm.want({"privileges": ["SELECT"], "tables": ["public.orders"]}, who=pair("eve"))
    calm.desired |= first
    calm.converge()
    other = f"{calm.scope.settings.role_prefix}eve_orders.read"
    calm.sql(
        "REVOKE SELECT ON public.orders FROM $role",
        f'GRANT SELECT ON public.orders TO "{other}" WITH GRANT OPTION',
        f'SET ROLE "{other}"',
        "GRANT SELECT ON public.orders TO $role",
        "GRANT SELECT (id) ON public.orders TO $role",
    )
    assert set(calm.changes().values()) == {"update"}
    calm.converge()


def test_what_somebody_else_than_the_owner_granted_is_revoked(calm: World) -> None:
    calm.sql(
        "GRANT DELETE ON public.orders TO x_bob WITH GRANT OPTION",
        "SET ROLE x_bob",
        "GRANT DELETE ON public.orders TO $role",
    )
    assert calm.changes() == {f"postgresql_grant {calm.role}:table:public.orders": "update"}
    calm.converge()
    assert calm.sql("SELECT has_table_privilege('x_bob', 'public.orders', 'DELETE')") == [(True,)]


def test_memberships_by_several_grantors_go_together(calm: World) -> None:
    if calm.client.version < 160000:
        pytest.skip("version 16 and later")
    calm.sql(
        "GRANT $role TO x_bob WITH ADMIN OPTION",
        "GRANT $role TO x_eve",
        "GRANT $role TO x_eve WITH SET FALSE GRANTED BY x_bob",
    )
    assert calm.changes() == {
        f"postgresql_grant_role x_bob->{calm.role}": "delete",
        f"postgresql_grant_role x_eve->{calm.role}": "delete",
    }
    calm.converge()


def test_a_membership_that_the_minter_granted_is_revoked(minting: World) -> None:
    minting.want(GRANT)
    minting.converge()
    minting.sql("DROP ROLE IF EXISTS x_friend", "CREATE ROLE x_friend", "SET ROLE minter", "GRANT $role TO x_friend")
    assert minting.changes() == {f"postgresql_grant_role x_friend->{minting.role}": "delete"}
    minting.converge()


def test_options_that_another_grantor_gave_the_minter_are_taken_too(minting: World) -> None:
    if minting.client.version < 160000:
        pytest.skip("version 16 and later")
    minting.want(GRANT)
    minting.converge()
    minting.sql("DROP ROLE IF EXISTS x_friend", "CREATE ROLE x_friend", "GRANT $role TO x_friend WITH ADMIN OPTION")
    minting.sql("SET ROLE x_friend", "GRANT $role TO minter WITH INHERIT TRUE, SET TRUE")
    (wanted,) = (one.resource for address, one in minting.desired.items() if address.type == "postgresql_grant_role")
    kind = PROVIDER.types["postgresql_grant_role"]
    found = kind.read(minting.client, wanted.address.key)
    assert found is not None
    assert found.resource.attributes != wanted.attributes
    kind.update(minting.client, found, wanted)
    now = kind.read(minting.client, wanted.address.key)
    assert now is not None
    assert now.resource.attributes == wanted.attributes
    minting.converge()


def test_a_minters_membership_is_kept_as_declared(minting: World) -> None:
    minting.want(GRANT)
    minting.converge()
    row = f"postgresql_grant_role minter->{minting.role}"
    if minting.client.version >= 160000:
        minting.sql("GRANT $role TO minter WITH INHERIT TRUE, SET TRUE")
        assert minting.changes() == {row: "update"}
        minting.converge()
    minting.sql("REVOKE ADMIN OPTION FOR $role FROM minter")
    assert minting.changes() == {row: "update"}
    minting.converge()
    minting.sql("REVOKE $role FROM minter")
    assert minting.changes() == {row: "create"}
    minting.converge()


def test_an_owned_object_is_a_row_that_never_drops_it(calm: World) -> None:
    calm.sql("CREATE TABLE sales.made (a int)", "ALTER TABLE sales.made OWNER TO $role")
    row = f"postgresql_dependency {calm.role}:owner:table sales.made"
    assert calm.changes() == {row: "by-hand"}
    assert "owns table sales.made, which is not dropped" in calm.left()[row].why
    assert "(ALTER TABLE sales.made OWNER TO …)" in calm.left()[row].how
    assert calm.apply().steps == ()
    calm.desired = {}
    assert calm.apply().ok, "what is announced is done"
    assert calm.changes() == {row: "by-hand", f"postgresql_role {calm.role}": "by-hand"}
    assert "stands on it" in calm.left()[f"postgresql_role {calm.role}"].why
    assert calm.sql("SELECT to_regclass('sales.made') IS NOT NULL") == [(True,)]
    calm.sql("DROP TABLE sales.made")
    calm.converge()


def test_what_is_in_another_database_is_a_row(calm: World) -> None:
    calm.sql("CREATE TABLE there (a int)", "GRANT SELECT ON there TO $role", database="template1")
    try:
        row = f"postgresql_dependency {calm.role}:database:template1"
        assert calm.changes() == {row: "by-hand"}
        calm.desired = {}
        assert calm.apply().ok
        assert calm.changes() == {row: "by-hand", f"postgresql_role {calm.role}": "by-hand"}
    finally:
        calm.sql("DROP TABLE there", database="template1")
    calm.converge()


def test_a_policy_in_another_database_is_a_row(calm: World) -> None:
    calm.sql("CREATE TABLE there (a int)", "CREATE POLICY own ON there TO $role USING (true)", database="template1")
    try:
        (left,) = calm.left().values()
        assert "owns, may use or is named by 1 objects in database template1" in left.why
    finally:
        calm.sql("DROP TABLE there", database="template1")
    calm.converge()


def test_a_managed_role_that_was_renamed_out_of_the_prefix_is_read_with_all_it_has(calm: World) -> None:
    calm.sql("ALTER ROLE $role RENAME TO x_innocent", "GRANT x_innocent TO x_bob")
    found = {f"{a.type} {a.key}": live for a, live in calm.read().objects.items() if "x_innocent" in a.key}
    assert set(found) == {
        "postgresql_role x_innocent",
        "postgresql_grant_role x_bob->x_innocent",
        *(
            f"postgresql_grant x_innocent:{one}"
            for one in ("database:orders", "schema:public", "table:public.orders", "column:public.orders.id")
        ),
    }
    assert found["postgresql_role x_innocent"].ownership is Ownership.OURS
    assert not any(live.in_scope for live in found.values())
    # By its oid it is the very role that was recorded: it goes, with all that it has; the declared one is made anew.
    rows = calm.changes()
    assert {rows[key] for key in found} == {"delete"}
    assert rows[f"postgresql_role {calm.role}"] == "create"
    calm.converge()
    assert calm.sql("SELECT rolname FROM pg_roles WHERE rolname = 'x_innocent'") == []


def test_the_operator_and_the_minter_are_no_rows_whatever_their_comment(minting: World) -> None:
    minting.want(GRANT)
    minting.converge()
    comment = minting.sql("SELECT shobj_description('$role'::regrole, 'pg_authid')")[0][0]
    minting.sql(*(f"COMMENT ON ROLE {name} IS '{comment}'" for name in ("minter", "postgres")))
    try:
        assert minting.changes() == {}
    finally:
        minting.sql(*(f"COMMENT ON ROLE {name} IS NULL" for name in ("minter", "postgres")))


def test_default_privileges_and_user_mappings_of_a_group_go_without_loss(calm: World) -> None:
    calm.sql(
        "ALTER DEFAULT PRIVILEGES FOR ROLE $role REVOKE ALL ON ROUTINES FROM PUBLIC",
        "CREATE FOREIGN DATA WRAPPER w2",
        "CREATE SERVER there2 FOREIGN DATA WRAPPER w2",
        "CREATE USER MAPPING FOR $role SERVER there2",
    )
    try:
        assert set(calm.changes()) == {
            f"postgresql_dependency {calm.role}:owner:{one}"
            for one in (
                f"default privileges on new functions belonging to role {calm.role}",
                f"user mapping for {calm.role} on server there2",
            )
        }
        calm.converge()
    finally:
        calm.sql("DROP FOREIGN DATA WRAPPER w2 CASCADE")


@pytest.fixture
def secured(calm: World) -> Iterator[World]:
    """Row level security on a table of three."""
    calm.sql("CREATE TABLE public.rows (a int)", "ALTER TABLE public.rows ENABLE ROW LEVEL SECURITY")
    yield calm
    calm.sql("DROP TABLE public.rows")


@pytest.mark.parametrize(("others", "left"), [("", []), (", x_bob, x_eve", [("{x_bob,x_eve}",)])])
def test_a_policy_that_permits_a_managed_role_is_a_row_and_forgets_it(
    secured: World, others: str, left: list[tuple[str]]
) -> None:
    secured.sql(f'CREATE POLICY "odd one" ON public.rows TO $role{others} USING (true)')
    row = f"postgresql_dependency {secured.role}:policy:policy odd one on table public.rows"
    assert secured.changes() == {row: "delete"}
    secured.converge()
    assert secured.sql("SELECT roles::text FROM pg_policies WHERE tablename = 'rows'") == left


@pytest.mark.parametrize("wanted", [True, False])
def test_a_policy_that_restricts_a_managed_role_is_a_row_that_says_what_to_do(secured: World, wanted: bool) -> None:
    secured.sql("CREATE POLICY own ON public.rows AS RESTRICTIVE TO $role USING (false)")
    secured.desired = secured.desired if wanted else {}
    left = {row.partition(" ")[0]: told for row, told in secured.left().items()}
    assert set(left) == {"postgresql_dependency", *(() if wanted else ("postgresql_role",))}
    told = left["postgresql_dependency"]
    assert f"policy own on table public.rows restricts {secured.role}" in told.why
    assert "DROP POLICY, or ALTER POLICY … TO" in told.how
    assert secured.apply().ok, "what is announced is done"
    secured.sql("DROP POLICY own ON public.rows")
    secured.converge()


def test_a_routine_is_named_so_that_no_other_can_be_meant(calm: World) -> None:
    calm.sql(
        "CREATE SCHEMA same",
        "CREATE FUNCTION same.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE PROCEDURE same.f(OUT a int) LANGUAGE sql AS 'SELECT 1'",
        "CREATE PROCEDURE same.p(int) LANGUAGE sql AS 'SELECT'",
        "CREATE PROCEDURE same.p(OUT a int) LANGUAGE sql AS 'SELECT 1'",
        "CREATE PROCEDURE same.p(int, VARIADIC text[]) LANGUAGE sql AS 'SELECT'",
    )
    routines = ["same.f(integer)", "same.f()", "same.p(integer)", "same.p()", "same.p(integer, text[])"]
    try:
        calm.want({"privileges": ["EXECUTE"], "functions": routines})
        calm.converge()
        allowed = "SELECT count(*) FROM pg_proc p, aclexplode(p.proacl) e WHERE e.grantee = '$role'::regrole"
        assert calm.sql(allowed) == [(5,)]
        calm.desired = {}
        calm.converge()
    finally:
        calm.sql("DROP SCHEMA same CASCADE")


def test_a_password_set_by_hand_is_a_row(calm: World) -> None:
    calm.sql("ALTER ROLE $role PASSWORD 'by hand'")
    (change,) = (one for one in calm.planned().changes if one.attributes)
    assert [(one.name, one.before, one.after) for one in change.attributes] == [("has_password", True, False)]
    calm.converge()
    assert calm.sql(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{calm.role}'") == [(None,)]


def test_settings_in_a_database_with_an_odd_name_are_reset(calm: World) -> None:
    odd = '"a: b=c"'
    calm.sql(f"CREATE DATABASE {odd}")
    try:
        calm.sql(f"ALTER ROLE $role IN DATABASE {odd} SET search_path = 'evil'")
        assert calm.changes() == {f"postgresql_role {calm.role}": "update"}
        calm.converge()
    finally:
        calm.sql(f"DROP DATABASE {odd}")


def test_a_table_that_a_managed_role_owns_is_one_row_and_nobody_elses_grants_change(calm: World) -> None:
    mine = dict(calm.desired)
    calm.want(GRANT, who=pair("eve"))
    calm.desired |= mine
    calm.converge()
    calm.sql("ALTER TABLE public.orders OWNER TO $role")
    acl = "SELECT relacl::text FROM pg_class WHERE oid = 'public.orders'::regclass"
    before = calm.sql(acl)
    try:
        row = f"postgresql_dependency {calm.role}:owner:table public.orders"
        assert calm.changes() == {row: "by-hand"}
        assert calm.apply().steps == ()
        assert calm.sql(acl) == before
        calm.desired = {}
        told = [told.why for row, told in calm.left().items() if row.startswith("postgresql_grant ")]
        assert f"{calm.role} owns public.orders, so what it may do there isn't granted" in told
        assert calm.apply().ok, "what is announced is done"
        assert calm.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'orders'") == [(calm.role,)]
    finally:
        calm.sql("ALTER TABLE public.orders OWNER TO postgres")
    calm.converge()


def test_public_and_other_roles_are_left_alone(calm: World) -> None:
    calm.sql("GRANT SELECT ON public.secrets TO PUBLIC, x_bob", "GRANT x_bob TO x_eve")
    assert calm.changes() == {}
    calm.sql("REVOKE SELECT ON public.secrets FROM PUBLIC")
