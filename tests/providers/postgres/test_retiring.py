"""A standing login on its way out, by an operator who is no superuser: what stops it, and what is left of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.postgres.client import connect
from providers.postgres.connection import PostgresConnection
from providers.postgres.names import RETIRING
from reconciler.model import Live, Retirable
from reconciler.provider import NOTHING_BEYOND, Beyond, Conflict, Denied, ProviderError, Rejected, Retiring
from tests.providers.postgres.world import PROVIDER, World

LOGIN, HEIR, OPERATOR = "svc_export", "export_owner", "iam_retirer"
PASSWORD = "kept-for-years"
_MADE = (
    f"CREATE ROLE {OPERATOR} LOGIN CREATEROLE PASSWORD 'op'",
    f"CREATE ROLE {HEIR}",
    f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{PASSWORD}'",
    f"GRANT {LOGIN} TO {OPERATOR} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
    f"GRANT {HEIR} TO {OPERATOR}",
    f"GRANT pg_signal_backend, pg_read_all_stats TO {OPERATOR}",
    f"GRANT USAGE, CREATE ON SCHEMA public TO {LOGIN}, {HEIR}",
    f"CREATE TABLE public.exported (id int); ALTER TABLE public.exported OWNER TO {LOGIN}",
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {LOGIN} GRANT SELECT ON TABLES TO {HEIR}",
)
_ENDED = (
    "DROP TABLE IF EXISTS public.exported",
    *(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}" for name in (LOGIN, HEIR, OPERATOR)),
)


@pytest.fixture
def limited(worlds: Callable[..., World]) -> Iterator[World]:
    base = worlds()
    base.sql(*_MADE)
    block = PostgresConnection.model_validate({**base.server.connection, "user": OPERATOR})
    made = World(base.server, base.scope, connect(base.scope, block, {"PGPASSWORD": "op"}))
    yield made
    made.client.close()
    for name in (LOGIN, HEIR, OPERATOR):
        base.sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{name}'")
    there = {name for (name,) in base.sql("SELECT rolname FROM pg_roles")}
    base.sql(*(one for one in _ENDED if "ROLE" not in one or one.split("DROP ROLE ")[1] in there))


def test_it_is_done_with_the_rights_that_are_printed(limited: World) -> None:
    beyond = Beyond(retiring=(Retiring(LOGIN, HEIR),))
    usual, told = (PROVIDER.rights(limited.scope, writing=True, beyond=one).text for one in (NOTHING_BEYOND, beyond))
    more = [line for line in told.splitlines() if line not in usual.splitlines()]
    assert {line.removesuffix(";").replace("iam_operator", OPERATOR) for line in more} == set(_MADE[3:6])


def look(world: World, heir: str = HEIR) -> Retirable:
    return PROVIDER.retirables(world.client, world.scope, [Retiring(LOGIN, heir)])[LOGIN]


def update(world: World, before: Live, after: Any) -> None:
    PROVIDER.types[RETIRING].update(world.client, before, after)


def delete(world: World, before: Live) -> None:
    PROVIDER.types[RETIRING].delete(world.client, before)


def can_log_in(world: World) -> bool:
    return bool(world.sql(f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{LOGIN}'")[0][0])


def test_it_is_locked_unlocked_and_dropped_with_what_it_owns_given_away(limited: World) -> None:
    found = look(limited)
    assert (found.uses, found.holding, found.never, found.quarantined) == ((), (), (), False)
    assert found.live.resource.attributes["owns"] == ["table public.exported"]
    before = limited.sql(f"SELECT r::text FROM pg_authid r WHERE rolname = '{LOGIN}'")
    update(limited, found.live, found.locked)
    assert not can_log_in(limited)
    update(limited, look(limited).live, found.live.resource)
    assert limited.sql(f"SELECT r::text FROM pg_authid r WHERE rolname = '{LOGIN}'") == before
    update(limited, found.live, found.locked)
    # What a superuser gave, a superuser takes back: the server names it, and nothing is done.
    with pytest.raises(Rejected, match="privileges for schema public"):
        delete(limited, look(limited).live)
    assert look(limited).live.resource.attributes["owns"] == ["table public.exported"]
    limited.sql(f"REVOKE ALL ON SCHEMA public FROM {LOGIN}")
    delete(limited, look(limited).live)
    assert limited.sql("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'exported'") == [(HEIR,)]
    assert PROVIDER.types[RETIRING].read(limited.client, LOGIN) is None
    delete(limited, found.live)


def test_who_works_with_it_is_named_and_nothing_is_changed(limited: World) -> None:
    found = look(limited)
    with limited.session("orders", LOGIN, PASSWORD) as session:
        session.execute("SET application_name = 'nightly'")
        (use,) = look(limited).uses
        assert use.who == f"session {session.info.backend_pid} of nightly"
        with pytest.raises(Conflict, match=f"{LOGIN} is in use: session {session.info.backend_pid} of nightly"):
            update(limited, found.live, found.locked)
        assert can_log_in(limited)
        assert session.execute("SELECT 1").fetchone() == (1,)
        limited.sql(f"ALTER ROLE {LOGIN} NOLOGIN")
        with pytest.raises(Conflict, match="is in use"):
            delete(limited, look(limited).live)
    assert limited.sql(f"SELECT count(*) FROM pg_roles WHERE rolname = '{LOGIN}'") == [(1,)]


def test_a_member_that_may_act_as_it_is_a_use(limited: World) -> None:
    limited.sql(f"GRANT {LOGIN} TO {HEIR} WITH INHERIT FALSE, SET TRUE")
    assert [use.who for use in look(limited).uses] == [f"role {HEIR}, a member of it that may act as it"]
    limited.sql(f"GRANT {LOGIN} TO {HEIR} WITH INHERIT FALSE, SET FALSE")
    assert look(limited).uses == ()


def test_a_subscription_that_works_as_it_is_a_use(limited: World) -> None:
    """Its worker stops where its owner may not log in."""
    limited.sql(
        f"ALTER ROLE {LOGIN} SUPERUSER",
        "CREATE SUBSCRIPTION copied CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p "
        "WITH (connect = false, enabled = false, slot_name = 's')",
        f"ALTER SUBSCRIPTION copied OWNER TO {LOGIN}",
        f"ALTER ROLE {LOGIN} NOSUPERUSER",
    )
    try:
        assert look(limited).uses == ()
        limited.sql("ALTER SUBSCRIPTION copied ENABLE")
        found = [(use.who, use.origin) for use in look(limited).uses if use.who.startswith("subscription")]
        assert found == [("subscription copied, which works as it", "database orders")]
    finally:
        limited.sql("ALTER SUBSCRIPTION copied DISABLE", "ALTER SUBSCRIPTION copied SET (slot_name = NONE)")
        limited.sql("DROP SUBSCRIPTION copied")


def test_the_minter_is_somebody_who_acts_as_it(limited: World, minting: World) -> None:
    limited.sql(f"GRANT {LOGIN} TO minter")
    assert [use.who for use in look(minting).uses] == ["role minter, a member of it that may act as it"]


def test_what_runs_with_its_rights_runs_with_the_heirs_then(limited: World) -> None:
    limited.sql(
        f"CREATE FUNCTION public.planted() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';"
        f"ALTER FUNCTION public.planted() OWNER TO {LOGIN}",
        f"CREATE VIEW public.shown AS SELECT 1 AS one; ALTER VIEW public.shown OWNER TO {LOGIN}",
        "CREATE VIEW public.asked WITH (security_invoker) AS SELECT 1 AS one",
        f"ALTER VIEW public.asked OWNER TO {LOGIN}",
    )
    try:
        told = f"with the rights of {HEIR} runs then function public.planted(), view public.shown"
        assert told in look(limited).losing
        assert look(limited).holding == ()
        (why,) = look(limited, "postgres").holding
        assert why.endswith("with whose rights then would run function public.planted(), view public.shown")
    finally:
        limited.sql("DROP VIEW public.shown, public.asked", "DROP FUNCTION public.planted()")


@pytest.mark.parametrize(("heir", "why"), [("", "nobody is named who takes that"), ("nobody", "which isn't there")])
def test_what_nobody_takes_is_in_the_way(limited: World, heir: str, why: str) -> None:
    found = look(limited, heir)
    assert any(why in one for one in found.holding)
    update(limited, found.live, found.locked)
    limited.sql(f"REVOKE ALL ON SCHEMA public FROM {LOGIN}")  # nothing else keeps the server from dropping it
    with pytest.raises(ProviderError, match="does not exist" if heir else "still owns"):
        delete(limited, look(limited, heir).live)
    owner = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'exported'"
    assert limited.sql(owner) == [(LOGIN,)], "nothing of it was done"


def test_what_it_has_in_another_database_is_in_the_way(limited: World) -> None:
    limited.sql(f"GRANT TEMPORARY ON DATABASE postgres TO {LOGIN}")
    limited.sql(
        "CREATE TABLE public.elsewhere (id int)", f"GRANT SELECT ON public.elsewhere TO {LOGIN}", database="postgres"
    )
    try:
        found = look(limited)
        assert any("database postgres" in one for one in found.holding)
    finally:
        limited.sql("DROP TABLE public.elsewhere", f"DROP OWNED BY {LOGIN}", database="postgres")


def test_another_role_under_the_name_is_left(limited: World) -> None:
    found = look(limited)
    stale = Live(found.live.resource, found.live.ownership, in_scope=False, native_id="1")
    for deed in (lambda: update(limited, stale, found.locked), lambda: delete(limited, stale)):
        with pytest.raises(Conflict, match="another role"):
            deed()
    assert can_log_in(limited)
    with pytest.raises(Conflict, match="can log in again"):
        delete(limited, found.live)


def test_who_must_stay_is_told(limited: World, world: World) -> None:
    others = "SELECT rolname FROM pg_roles WHERE rolsuper AND oid >= 16384"
    for (name,) in world.sql(others):  # what other tests on this server left
        world.sql(f'ALTER ROLE "{name}" NOSUPERUSER')
    names = ["postgres", OPERATOR, "pg_monitor"]
    found = PROVIDER.retirables(limited.client, limited.scope, [Retiring(name) for name in names])
    assert {name: bool(one.never) for name, one in found.items()} == dict.fromkeys(names, True)
    assert "the last superuser" in " ".join(found["postgres"].never)
    assert "the login of this run" in " ".join(found[OPERATOR].never)
    world.sql(f"COMMENT ON ROLE {LOGIN} IS 'managed by writ; environment=other; system=x'")
    assert "Writ's own" in " ".join(look(limited).never)


def test_without_the_right_nothing_is_done(limited: World) -> None:
    limited.sql(f"REVOKE {LOGIN} FROM {OPERATOR}")
    found = look(limited)
    with pytest.raises(Denied):
        update(limited, found.live, found.locked)
    assert can_log_in(limited)
    limited.sql(f"ALTER ROLE {LOGIN} NOLOGIN")
    with pytest.raises((Denied, Rejected)):
        delete(limited, look(limited).live)
    assert limited.sql("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'exported'") == [(LOGIN,)]
