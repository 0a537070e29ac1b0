"""Every rule of MariaDB's catalogue on a real server: what is told, that it can be gone, and what leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import pymysql
import pytest

from providers.mysql.effective.world import Surroundings
from providers.mysql.escalation.rules import RULES
from reconciler.model import Kind, Spot, Step
from tests.providers.mysql.test_effective import MINE, has, may, role
from tests.providers.mysql.world import PROVIDER, READ, SYSTEM, World, scope_of, settings

SECRET = "secret-of-tests"
ADMINISTRATOR = Spot(Kind.ADMINISTRATOR, SYSTEM)


def steps(world: World) -> list[Step]:
    snapshot = world.read()
    return list(PROVIDER.steps(world.scope, snapshot.everything, snapshot.surroundings))


def told(world: World) -> list[tuple[str, str, bool]]:
    found = [one for one in steps(world) if one.needs[0].kind is Kind.PRINCIPAL]
    return [(one.rule, one.gives.name or one.gives.kind, one.certain) for one in found]


@pytest.fixture
def converged(world: World) -> Iterator[World]:
    """With an administrator whose password may be lost, and an account that has the role."""
    world.want(READ)
    world.converge()
    world.server.script(
        f"CREATE USER esc_boss@`%` IDENTIFIED BY '{SECRET}'; GRANT ALL ON *.* TO esc_boss@`%` WITH GRANT OPTION;"
        f"CREATE USER esc_agent@`%` IDENTIFIED BY '{SECRET}'; GRANT `{world.role}` TO esc_agent@`%`;"
        "CREATE ROLE esc_other; GRANT DELETE ON shop.orders TO esc_other"
    )
    yield world
    world.server.script("DROP USER esc_boss, esc_agent; DROP ROLE esc_other")


ADMIN = "administrator"
BOSS = "esc_boss@`%`"
_PRIV = (
    "JSON_OBJECT('access', ~0, 'plugin', 'mysql_native_password', 'authentication_string', PASSWORD('taken-by-hand'))"
)
CASES: dict[str, tuple[tuple[str, ...], tuple[str, str, bool], tuple[str, ...]]] = {
    "M1": (
        ("GRANT esc_other TO $role WITH ADMIN OPTION",),
        ("M1", "esc_other", True),
        ("GRANT esc_other TO esc_agent",),
    ),
    "M2": (
        ("GRANT CREATE USER ON *.* TO $role",),
        ("M2", ADMIN, True),
        (f"ALTER USER {BOSS} IDENTIFIED BY 'taken-by-hand'",),
    ),
    "M3": (
        ("GRANT UPDATE ON mysql.* TO $role",),
        ("M3", ADMIN, True),
        (f"SET PASSWORD FOR {BOSS} = PASSWORD('taken-by-hand')",),
    ),
    "M4": (
        ("GRANT INSERT ON mysql.global_priv TO $role", "GRANT RELOAD ON *.* TO $role"),
        ("M4", ADMIN, True),
        (
            f"INSERT INTO mysql.global_priv SELECT '%', 'esc_made', {_PRIV}",
            "FLUSH PRIVILEGES",
        ),
    ),
    "M5": (
        ("GRANT SET USER ON *.* TO $role", "GRANT CREATE ROUTINE ON shop.* TO $role"),
        ("M5", ADMIN, True),
        (
            f"CREATE DEFINER = {BOSS} PROCEDURE shop.esc_p() ALTER USER {BOSS} IDENTIFIED BY 'taken-by-hand'",
            "CALL shop.esc_p()",
        ),
    ),
}
TAKEN = {"M4": "esc_made"}


@pytest.mark.parametrize("rule", CASES)
def test_a_step_that_is_told_can_be_taken(converged: World, rule: str) -> None:
    opened, expected, taken = CASES[rule]
    assert told(converged) == []
    with pytest.raises(pymysql.err.MySQLError):
        goes(converged, taken)
    converged.sql(*opened)
    assert expected in told(converged)
    goes(converged, taken)
    if rule == "M1":
        assert "esc_other" in str(converged.sql("SHOW GRANTS FOR esc_agent@`%`"))
    else:
        boss = converged.session(TAKEN.get(rule, "esc_boss"), "taken-by-hand")
        with boss.cursor() as cursor:
            cursor.execute("SELECT 1 FROM mysql.global_priv")
        boss._force_close()
    converged.sql("DROP PROCEDURE IF EXISTS shop.esc_p", "DROP USER IF EXISTS esc_made")
    converged.converge()
    assert told(converged) == []


def goes(world: World, statements: tuple[str, ...]) -> None:
    """As an agent's login that has the role, and nothing else."""
    session = world.session("esc_agent", SECRET)
    try:
        with session.cursor() as cursor:
            cursor.execute(f"SET ROLE `{world.role}`")
            for statement in statements:
                cursor.execute(statement)
    finally:
        session._force_close()


@pytest.mark.parametrize(
    "statements",
    [
        ("GRANT esc_other TO $role",),
        ("GRANT GRANT OPTION ON *.* TO $role",),
        ("GRANT SELECT ON shop.* TO $role WITH GRANT OPTION",),
        ("GRANT SET USER ON *.* TO $role",),
        ("GRANT CREATE ROUTINE ON shop.* TO $role",),
        ("GRANT SELECT ON mysql.* TO $role",),
        ("GRANT UPDATE ON mysql.help_topic TO $role",),
        ("GRANT PROCESS, CONNECTION ADMIN ON *.* TO $role",),
    ],
    ids=[
        "a-plain-membership",
        "a-grant-option-on-nothing",
        "passes-on-what-it-has",
        "nothing-to-make",
        "no-other-definer",
        "reads",
        "another-table",
        "sees-sessions",
    ],
)
def test_what_leads_nowhere_is_no_step(converged: World, statements: tuple[str, ...]) -> None:
    converged.sql(*statements)
    assert told(converged) == []
    with pytest.raises(pymysql.err.MySQLError):
        goes(converged, (f"ALTER USER {BOSS} IDENTIFIED BY 'taken-by-hand'",))


def test_what_may_be_is_told_so(converged: World) -> None:
    converged.sql("GRANT FILE ON *.* TO $role", "GRANT UPDATE ON mysql.db TO $role")
    found = {one.rule: one for one in steps(converged) if one.needs[0].kind is Kind.PRINCIPAL}
    assert {rule: one.certain for rule, one in found.items()} == {"M4": False, "M6": False}
    assert found["M4"].note.startswith("once the server reads its privileges again")
    assert [address.key for address in found["M4"].by] == [f"{converged.role}:table:mysql.db"]


def test_everybodys_is_each_roles(converged: World) -> None:
    converged.sql("GRANT UPDATE ON mysql.global_priv TO PUBLIC")
    assert ("M4", ADMIN, False) in told(converged)
    converged.sql("REVOKE UPDATE ON mysql.global_priv FROM PUBLIC")


def test_each_rule_has_its_case() -> None:
    assert {*CASES, "M6"} == RULES.keys()


MINTING = settings(minter="minter", credentials={"system": "vault", "connection": "shop"})


def found(*objects: object, around: Surroundings | None = None, minting: bool = False) -> list[Step]:
    known = {one.address: one for one in objects}  # type: ignore[attr-defined]
    every = PROVIDER.steps(scope_of(MINTING if minting else None), known, around)
    return [one for one in every if one.needs[0].kind is not Kind.ABILITY]  # tests/providers/aws/test_elsewhere.py


def test_by_another_role_the_membership_opens_it_too() -> None:
    other, into = "writ_other_x", has(MINE, "writ_other_x")
    grant = may("global:*", "CREATE USER", of=other)
    (step,) = [one for one in found(role(), role(other), into, grant) if one.needs[0].name == MINE]
    assert (step.rule, step.gives, step.by) == ("M2", ADMINISTRATOR, (grant.address, into.address))
    assert not step.certain, "nobody knows yet whether there is a root"


@pytest.mark.parametrize(
    ("version", "rules"),
    [((10, 11), {"M5", "M6"}), ((11, 4), {"M6"}), ((0, 0), {"M6"})],
    ids=["10.11", "11.4", "unknown"],
)
def test_super_has_set_user_in_it_before_11(version: tuple[int, int], rules: set[str]) -> None:
    around = Surroundings(administrators=frozenset({"root@localhost"}), version=version)
    objects = [role(), may("global:*", "SUPER"), may("database:shop", "CREATE ROUTINE")]
    assert {one.rule for one in found(*objects, around=around)} == rules


@pytest.mark.parametrize(
    ("held", "administrators", "expected"),
    [
        (frozenset({"CREATE USER"}), {"root@localhost"}, {("", True), ("M2", True)}),
        (None, set(), {("", True), ("M2", False)}),
        (frozenset({"CONNECTION ADMIN"}), {"root@localhost"}, {("", True)}),
    ],
    ids=["makes-users", "not-known", "makes-none"],
)
def test_the_account_that_makes_logins(
    held: frozenset[str] | None, administrators: set[str], expected: set[tuple[str, bool]]
) -> None:
    around = Surroundings(administrators=frozenset(administrators), minter=held)
    every = [one for one in found(role(), around=around, minting=True) if one.needs[0].kind is Kind.MINTER]
    assert {(one.rule, one.certain) for one in every} == expected
    assert found(role(), around=around) == [], "nobody makes logins here"


def test_the_minters_own_password_is_one_that_it_may_change(converged: World) -> None:
    """What the minter needs to mint is what it needs to take any account."""
    converged.server.script(f"CREATE USER esc_minter IDENTIFIED BY '{SECRET}'; GRANT CREATE USER ON *.* TO esc_minter")
    session = converged.session("esc_minter", SECRET)
    with session.cursor() as cursor:
        cursor.execute(f"ALTER USER {BOSS} IDENTIFIED BY 'taken-by-hand'")
    session._force_close()
    converged.session("esc_boss", "taken-by-hand")._force_close()
    converged.sql("DROP USER esc_minter")
