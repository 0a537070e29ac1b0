"""What a relation shows and a function does for a role that may use it, and what its minter may: on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from providers.postgres.definitions import shown
from providers.postgres.names import DEFINITION, MINTER
from reconciler.model import Address, Aspect, Verdict
from tests.providers.postgres.effective.test_changes import told
from tests.providers.postgres.world import World

GRANTS = (
    {"privileges": ["SELECT"], "tables": ["public.ledger", "public.shown"]},
    {"privileges": ["EXECUTE"], "functions": ["public.sum_up()", "public.guarded(integer)"]},
)
SECURED = (
    "ALTER TABLE public.ledger ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY mine ON public.ledger FOR SELECT USING (who = current_user)",
)
DEFINER = "LANGUAGE sql SECURITY DEFINER"


@pytest.fixture
def converged(world: World) -> Iterator[World]:
    world.sql(
        "CREATE TABLE public.ledger (id int, who text)",
        *SECURED,
        "CREATE VIEW public.beneath AS SELECT id FROM public.orders WHERE id < 10",
        "CREATE VIEW public.shown AS SELECT id FROM public.beneath",
        f"CREATE FUNCTION public.sum_up() RETURNS int {DEFINER} AS 'SELECT 1'",
        "CREATE FUNCTION public.guarded(n integer) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "REVOKE EXECUTE ON FUNCTION public.sum_up(), public.guarded(integer) FROM PUBLIC",
    )
    world.want(*GRANTS)
    world.converge()
    yield world
    world.sql(
        "DROP TABLE public.ledger CASCADE",
        "DROP VIEW public.shown, public.beneath",
        "DROP FUNCTION public.sum_up(), public.guarded(integer)",
    )


LEDGER, SHOWN = "what public.ledger shows", "what public.shown shows"
BY_OWNER = "it runs as its owner postgres; changed: "
TRIGGER = (
    "CREATE FUNCTION public.rich() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER t BEFORE INSERT ON public.ledger FOR EACH ROW EXECUTE FUNCTION public.rich()",
)
STEPS = (
    ("ALTER POLICY mine ON public.ledger USING (true)", LEDGER, "changed: policy mine"),
    ("CREATE POLICY more ON public.ledger USING (true)", LEDGER, "changed: policy more"),
    ("DROP POLICY mine ON public.ledger", LEDGER, "changed: policy mine"),
    (
        "CREATE RULE r AS ON INSERT TO public.ledger DO ALSO DELETE FROM public.secrets",
        LEDGER,
        "changed: beneath it public.secrets, rule r",
    ),
    ("; ".join(TRIGGER), LEDGER, "changed: trigger t"),
    (
        "ALTER TABLE public.ledger DISABLE ROW LEVEL SECURITY",
        "rows of public.ledger that were kept back",
        "row level security is off, not on",
    ),
    (
        "CREATE OR REPLACE VIEW public.beneath AS SELECT id FROM public.orders",
        SHOWN,
        "changed: beneath it public.beneath",
    ),
    (
        "CREATE OR REPLACE VIEW public.shown AS SELECT id FROM public.secrets",
        SHOWN,
        "changed: beneath it public.beneath, public.orders, public.secrets, rule _RETURN",
    ),
    ("ALTER VIEW public.shown OWNER TO pg_monitor", SHOWN, "changed: owner"),
    (
        f"CREATE OR REPLACE FUNCTION public.sum_up() RETURNS int {DEFINER} AS 'SELECT 2'",
        "what function public.sum_up() does",
        f"{BY_OWNER}definition",
    ),
    (
        "ALTER FUNCTION public.sum_up() SET search_path = public",
        "what function public.sum_up() does",
        f"{BY_OWNER}definition",
    ),
    (
        "ALTER FUNCTION public.guarded(integer) SECURITY DEFINER",
        "what function public.guarded(integer) does",
        f"{BY_OWNER}definition, owner, security",
    ),
)


def test_what_may_show_more_is_told_with_what_changed(converged: World) -> None:
    try:
        for statement, request, note in STEPS:
            found = told(converged, statement)[converged.role, Aspect.REACH]
            assert found.verdict not in {Verdict.EQUAL, Verdict.NARROWS}, statement
            assert (request, note) in [(one.request, one.note) for one in found.gains if not one.certain], statement
    finally:
        converged.sql("DROP FUNCTION IF EXISTS public.rich() CASCADE")


def test_row_level_security_that_is_switched_on_only_narrows(converged: World) -> None:
    converged.sql("ALTER TABLE public.ledger DISABLE ROW LEVEL SECURITY")
    assert told(converged, "DROP POLICY mine ON public.ledger") == {}, "while it is off, policies say nothing"
    found = told(converged, "ALTER TABLE public.ledger ENABLE ROW LEVEL SECURITY")[converged.role, Aspect.REACH]
    assert (found.verdict, found.gains) == (Verdict.NARROWS, ())


def test_what_runs_as_the_caller_gives_nobody_anything(converged: World) -> None:
    statement = "CREATE OR REPLACE FUNCTION public.guarded(n integer) RETURNS int LANGUAGE sql AS 'SELECT 2'"
    assert told(converged, statement) == {}


def test_what_everybody_may_use_counts_too(converged: World) -> None:
    converged.sql("GRANT SELECT (value) ON public.secrets TO PUBLIC")
    try:
        found = told(
            converged,
            "CREATE RULE r AS ON UPDATE TO public.secrets DO ALSO DELETE FROM public.orders",
            "CREATE OR REPLACE FUNCTION public.guarded(n integer) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        )[converged.role, Aspect.REACH]
    finally:
        converged.sql("DROP RULE r ON public.secrets", "REVOKE SELECT (value) ON public.secrets FROM PUBLIC")
    assert [one.request for one in found.gains] == ["what public.secrets shows"]


def test_a_role_that_may_not_use_it_is_not_told_of(converged: World) -> None:
    other = f"{converged.scope.settings.role_prefix}other_x"
    converged.sql(f'CREATE ROLE "{other}"', f'GRANT SELECT ON public.order_items TO "{other}"')
    found = told(converged, "ALTER TABLE public.ledger DISABLE ROW LEVEL SECURITY")
    assert set(found) == {(converged.role, Aspect.REACH)}


def test_a_grant_brings_no_news_of_what_it_is_on(converged: World) -> None:
    """Only then is it looked at: that the grant came is what is told."""
    address = Address("orders-db", DEFINITION, "table:public.secrets")
    assert address not in converged.read().observed
    found = told(converged, "GRANT SELECT ON public.secrets TO $role")[converged.role, Aspect.REACH]
    assert [one.request for one in found.gains] == ["SELECT on public.secrets"]
    assert converged.read().observed[address].attributes == {"row_security": "off"}


def test_no_secret_of_a_policy_is_kept_and_another_one_is_told() -> None:
    text = "PERMISSIVE FOR SELECT TO PUBLIC USING (token = 'hvs.CAESIJ{}sdfkjsdhfkjsdhfkjsdhfkjsdhfksdjhfksjdhf')"
    one, two = (str(shown({"policies": {"mine": text.format(number)}})) for number in (1, 2))
    assert "hvs." not in one + two
    assert one != two
    assert shown({"policies": {"mine": "USING (true)"}}) == {"policies": {"mine": "USING (true)"}}


@pytest.fixture
def minted(worlds: Callable[..., World]) -> Iterator[World]:
    made = worlds(minter="own_minter", credentials={"system": "vault", "connection": "orders"})
    made.sql("CREATE ROLE own_minter LOGIN CREATEROLE PASSWORD 'm'", "GRANT pg_signal_backend TO own_minter")
    made.want({"privileges": ["SELECT"], "tables": ["public.orders"]})
    made.converge()
    yield made
    made.sql("DROP OWNED BY own_minter", "DROP ROLE own_minter", "DROP ROLE IF EXISTS ops")


@pytest.mark.parametrize(
    ("statements", "request_", "certain"),
    [
        (("ALTER ROLE own_minter SUPERUSER",), "SUPERUSER as own_minter", True),
        (("ALTER ROLE own_minter BYPASSRLS",), "BYPASSRLS as own_minter", True),
        (("GRANT pg_write_all_data TO own_minter",), "the privileges of pg_write_all_data as own_minter", True),
        (
            ("CREATE ROLE ops", "GRANT pg_read_all_data TO ops", "GRANT ops TO own_minter"),
            "the privileges of pg_read_all_data as own_minter",
            True,
        ),
        (("GRANT DELETE ON public.secrets TO own_minter",), "rights on table public.secrets as own_minter", False),
    ],
)
def test_a_minter_that_may_more_is_told(
    minted: World, statements: tuple[str, ...], request_: str, certain: bool
) -> None:
    found = told(minted, *statements)["own_minter", Aspect.REACH]
    assert found.verdict is (Verdict.WIDENS if certain else Verdict.MAY_WIDEN)
    assert (request_, certain) in [(one.request, one.certain) for one in found.gains]


def test_what_a_minter_needs_and_makes_is_no_news(minted: World) -> None:
    """ADMIN on Writ's groups, logins of theirs and of the operator's own, and a role of another environment."""
    before = minted.read().observed[Address("orders-db", MINTER, "own_minter")]
    assert before.attributes == {"attributes": ["CREATEROLE"], "roles": ["pg_signal_backend"], "holds": []}
    minted.sql(
        "CREATE ROLE of_another",
        "COMMENT ON ROLE of_another IS 'managed by writ; environment=other; system=orders-db'",
        "GRANT of_another TO own_minter WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"
        if minted.client.version >= 160000
        else "GRANT of_another TO own_minter WITH ADMIN OPTION",
    )
    try:
        minted.sql(
            "CREATE ROLE leased LOGIN IN ROLE $role VALID UNTIL '2099-01-01'",
            "CREATE ROLE of_ops LOGIN VALID UNTIL '2099-01-01'",
            user="own_minter",
            password="m",
        )
        assert minted.read().observed[before.address] == before
    finally:
        minted.sql("DROP ROLE IF EXISTS leased, of_ops, of_another")
