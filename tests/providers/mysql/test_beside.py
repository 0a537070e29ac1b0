"""What counts for a role on a real MariaDB without being granted to it, told as the server decides it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pymysql
import pytest

from providers.mysql.access import MysqlAccess
from providers.mysql.keys import GrantKey, MembershipKey
from providers.mysql.names import ROLE, Account
from providers.mysql.statements import give_role, grant
from reconciler.model import Address, Answer, Aspect, Snapshot, Worlds
from reconciler.provider import Asking, ProviderError
from tests.providers.mysql.world import PROVIDER, READ, SYSTEM, World, access, never, pair, settings

DENIED = pymysql.err.OperationalError


def may(world: World, statement: str) -> bool:
    """Whether whoever has set the role may, as the server says."""
    world.sql("GRANT $role TO mallory")
    try:
        with closing(world.session("mallory", "secret-of-tests")) as session, session.cursor() as cursor:
            cursor.execute(f"SET ROLE `{world.role}`")
            try:
                cursor.execute(statement)
            except DENIED:
                return False
            return True
    finally:
        world.sql("REVOKE $role FROM mallory")


def told(world: World, before: Snapshot, after: Snapshot) -> dict[str, list[str]]:
    """What roles gain from one look to the next: by role and aspect."""
    old, new = before.everything, after.everything
    touched = frozenset(address for address in old.keys() | new.keys() if old.get(address) != new.get(address))
    if not touched:
        return {}
    found = PROVIDER.access_changes(world.scope, Worlds(old, new, touched, after.surroundings))
    rows = {f"{one.subject.key} {one.aspect}": [gain.request for gain in one.comparison.gains] for one in found}
    return {key.replace(world.prefix, ""): gains for key, gains in rows.items()}


def answer(world: World, *request: str) -> Answer:
    now = world.read()
    subject = Address(SYSTEM, ROLE, world.role)
    return PROVIDER.explain(world.scope, Asking(subject, request, now.everything, now.surroundings, live=True)).answer


def reaches(world: World, table: str) -> bool:
    now = world.read()
    found = PROVIDER.reaches(world.scope, now.everything, never(tables=[table]), now.surroundings)
    return world.role in {one.subject.key for one in found}


NAMESAKES = (
    ("GRANT DELETE ON shop.* TO $role@'%'", "DELETE FROM shop.customers", "DELETE on database shop"),
    ("GRANT DELETE ON `sh%`.* TO $role@'%'", "DELETE FROM shop.customers", "DELETE on databases `sh%`"),
    ("GRANT EXECUTE ON PROCEDURE shop.Refund TO $role@'%'", "CALL shop.Refund(77)", "EXECUTE on procedure shop.refund"),
    ("GRANT DELETE ON shop.customers TO $role@'%'", "DELETE FROM shop.customers", ""),
    ("GRANT DELETE ON *.* TO $role@'%'", "DELETE FROM shop.customers", ""),
)


@pytest.mark.parametrize(("statement", "attempt", "gain"), NAMESAKES)
def test_a_user_that_is_called_as_a_role_lends_it_what_the_server_says(
    world: World, statement: str, attempt: str, gain: str
) -> None:
    """Its databases and routines, at %; its tables and the whole server not."""
    world.want(READ)
    world.converge()
    before = world.read()
    world.sql("CREATE USER $role@'%' IDENTIFIED BY 'secret-of-tests'", statement)
    try:
        assert may(world, attempt) is bool(gain)
        after = world.read()
        assert told(world, before, after) == ({f"bot_orders.read {Aspect.REACH}": [gain]} if gain else {})
        assert len(after.observed.keys() - before.observed.keys()) == bool(gain)
        assert world.changes() == {}  # the role's own is as it was
    finally:
        world.sql("DROP USER $role@'%'")


EVERYBODYS = (
    ("GRANT DELETE ON *.* TO PUBLIC", "REVOKE DELETE ON *.* FROM PUBLIC"),
    ("GRANT $prefixboss TO PUBLIC", "REVOKE $prefixboss FROM PUBLIC"),
    ("CREATE USER `PUBLIC`@'%'; GRANT DELETE ON shop.* TO `PUBLIC`@'%'", "DROP USER `PUBLIC`@'%'"),
)


@pytest.mark.parametrize(("given", "taken"), EVERYBODYS)
def test_what_everybody_is_given_in_any_way_counts_for_each_role(world: World, given: str, taken: str) -> None:
    boss = f"boss_{world.prefix}"
    world.want(READ)
    world.converge()
    world.sql(f"CREATE ROLE `{boss}`", f"GRANT DELETE ON shop.customers TO `{boss}`")
    before = world.read()
    given, taken = (text.replace("$prefixboss", f"`{boss}`") for text in (given, taken))
    world.sql(*given.split("; "))
    try:
        assert may(world, "DELETE FROM shop.customers")
        assert answer(world, "DELETE", "shop.customers") is Answer.YES
        assert reaches(world, "shop.customers")
        assert f"bot_orders.read {Aspect.REACH}" in told(world, before, world.read())
    finally:
        world.sql(taken, f"DROP ROLE `{boss}`")


def test_a_role_of_ours_that_everybody_is_given_is_told_of_each(world: World) -> None:
    other = pair("other")
    world.want({"privileges": ["DELETE"], "tables": ["shop.customers"]}, who=other)
    theirs = dict(world.desired)
    world.want(READ)
    world.desired |= theirs
    world.converge()
    before = world.read()
    world.sql("GRANT `$prefixother_orders.read` TO PUBLIC")
    assert may(world, "DELETE FROM shop.customers")
    found = told(world, before, world.read())
    assert found[f"bot_orders.read {Aspect.REACH}"] == ["DELETE on shop.customers"]
    assert found[f"other_orders.read {Aspect.TRUST}"] == [f"SET ROLE {world.prefix}other_orders.read as PUBLIC"]
    world.converge()
    assert not may(world, "DELETE FROM shop.customers")


@pytest.mark.parametrize("whom", ["$role", "PUBLIC"])
def test_a_role_that_only_another_may_give_away_is_told_where_it_counts(world: World, whom: str) -> None:
    world.want(READ)
    world.converge()
    before = world.read()
    world.sql("CREATE ROLE `$prefixextra` WITH ADMIN mallory", "GRANT DELETE ON shop.customers TO `$prefixextra`")
    with closing(world.session("mallory", "secret-of-tests")) as session, session.cursor() as cursor:
        cursor.execute(f"GRANT `{world.prefix}extra` TO {whom.replace('$role', f'`{world.role}`')}")
    try:
        assert may(world, "DELETE FROM shop.customers")
        gains = told(world, before, world.read())[f"bot_orders.read {Aspect.REACH}"]
        assert gains == ["DELETE on shop.customers"]
    finally:
        world.sql("DROP ROLE `$prefixextra`")


def test_a_role_of_another_environment_that_ours_is_given_counts_with_what_it_holds(
    worlds: Callable[..., World],
) -> None:
    one = worlds()
    other = worlds("staging", role_prefix=one.prefix)
    one.want(READ)
    one.converge()
    other.want({"privileges": ["DELETE"], "tables": ["shop.customers"]}, who=pair("other"))
    other.converge()
    before = one.read()
    one.sql("GRANT `$prefixother_orders.read` TO $role")
    assert may(one, "DELETE FROM shop.customers")
    assert told(one, before, one.read())[f"bot_orders.read {Aspect.REACH}"] == ["DELETE on shop.customers"]
    assert reaches(one, "shop.customers")


def test_a_database_that_is_spelled_with_backslashes_is_the_one_that_the_server_means(world: World) -> None:
    world.want(READ)
    world.converge()
    world.sql("GRANT DELETE ON `\\sho\\p`.* TO $role")
    assert may(world, "DELETE FROM shop.customers")
    assert reaches(world, "shop.customers")
    assert answer(world, "DELETE", "shop.customers") is not Answer.NO
    world.converge()
    assert not may(world, "DELETE FROM shop.customers")


def test_a_row_without_a_database_is_nothing_as_the_server_says(world: World) -> None:
    """GRANT writes none, and REVOKE finds none."""
    world.want(READ)
    world.converge()
    row = f"INSERT INTO mysql.db (Host, User, Db, Delete_priv) VALUES ('', '{world.role}', '', 'Y')"
    try:
        world.sql(row, "FLUSH PRIVILEGES")
        assert not may(world, "DELETE FROM shop.customers")
        assert world.changes() == {}
    finally:
        world.sql("DELETE FROM mysql.db WHERE Db = ''", "FLUSH PRIVILEGES")


def test_what_a_row_hid_of_a_pattern_is_a_gain(world: World) -> None:
    """The database's own row counts alone, so the pattern gave no UPDATE there."""
    world.want(READ)
    world.converge()
    world.sql("GRANT UPDATE, SELECT ON `sho%`.* TO $role", "GRANT SELECT ON shop.* TO $role")
    before = world.read()
    assert not may(world, "UPDATE shop.customers SET card = card")
    world.sql("GRANT UPDATE ON shop.customers TO $role")
    assert may(world, "UPDATE shop.customers SET card = card")
    gains = told(world, before, world.read())[f"bot_orders.read {Aspect.REACH}"]
    assert gains == ["UPDATE on shop.customers"]


def test_a_pattern_is_compared_by_case_as_the_server_does(world: World) -> None:
    world.want(READ)
    world.converge()
    world.sql("GRANT UPDATE ON `SHO%`.* TO $role")
    assert not may(world, "UPDATE shop.customers SET card = card")
    before = world.read()
    world.sql("GRANT UPDATE ON shop.customers TO $role")
    assert told(world, before, world.read())[f"bot_orders.read {Aspect.REACH}"] == ["UPDATE on shop.customers"]


def test_the_right_to_pass_on_is_a_gain_also_alone(world: World) -> None:
    """It goes with what another level's grant gives."""
    world.want({"privileges": ["SELECT"], "databases": ["shop"]})
    world.converge()
    before = world.read()
    assert not may(world, "GRANT SELECT ON shop.customers TO mallory")
    world.sql("GRANT USAGE ON shop.customers TO $role WITH GRANT OPTION")
    assert may(world, "GRANT SELECT ON shop.customers TO mallory")
    world.sql("REVOKE SELECT ON shop.customers FROM mallory")
    gains = told(world, before, world.read())[f"bot_orders.read {Aspect.REACH}"]
    assert gains == ["USAGE WITH GRANT OPTION on shop.customers"]


def test_a_grant_to_who_has_gone_makes_no_user(world: World) -> None:
    """Without NO_AUTO_CREATE_USER the server makes one, without a password."""
    gone = f"{world.prefix}gone"
    key = GrantKey.of_object(gone, "table:shop.orders")
    assert key is not None
    with pytest.raises(ProviderError):
        grant(world.client, key, ["SELECT"])
    world.sql("CREATE ROLE $role")
    with pytest.raises(ProviderError):
        give_role(world.client, MembershipKey(Account(gone, "%"), world.role), admin=True)
    assert world.sql(f"SELECT User FROM mysql.global_priv WHERE User = '{gone}'") == []


def test_a_database_whose_name_is_too_long_when_escaped_is_refused_before_the_server_would(world: World) -> None:
    name = "a_" * 32
    with pytest.raises(ValueError, match="escaped"):
        access({"privileges": ["SELECT"], "databases": [name]})
    assert isinstance(access({"privileges": ["SELECT"], "databases": ["a_" * 21]}), MysqlAccess)
    world.sql(f"CREATE DATABASE `{'a_' * 21}`")
    try:
        world.want({"privileges": ["SELECT"], "databases": ["a_" * 21]})
        world.converge()
    finally:
        world.sql(f"DROP DATABASE `{'a_' * 21}`")


def test_a_routine_with_a_name_beyond_ascii_is_found_and_revoked(world: World) -> None:
    """The server garbles its row, and until it is started again takes it for what was meant."""
    world.want(READ)
    world.converge()
    name = "Prüfe€\x81"
    world.sql(f"CREATE PROCEDURE shop.`{name}`() SELECT 1")
    try:
        before = world.read()
        world.sql(f"GRANT EXECUTE ON PROCEDURE shop.`{name}` TO $role")
        gains = told(world, before, world.read())[f"bot_orders.read {Aspect.REACH}"]
        assert gains == [f"EXECUTE on procedure shop.`{name.lower()}`"]
        assert may(world, f"CALL shop.`{name}`()")
        world.converge()
        assert not may(world, f"CALL shop.`{name}`()")
    finally:
        world.sql(f"DROP PROCEDURE shop.`{name}`")
    with pytest.raises(ValueError, match="can't be granted by itself"):
        access({"privileges": ["EXECUTE"], "procedures": ["shop.`Prüfe`"]})


def test_a_name_that_the_server_cant_keep_is_refused_in_the_specs() -> None:
    with pytest.raises(ValueError, match="can't be a name"):
        access({"privileges": ["SELECT"], "tables": ["shop.`😀`"]})
    with pytest.raises(ValueError, match="is no account"):
        settings(minter="`😀`")
