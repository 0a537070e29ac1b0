"""Roles and grants on a real MariaDB: made, vandalised, found, healed, removed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from providers.mysql.names import GRANT, MEMBERSHIP, ROLE
from reconciler.model import Ownership, Resource
from reconciler.provider import Conflict, Denied, Rejected
from tests.providers.mysql.world import PROVIDER, READ, SYSTEM, World, pair

EVERYTHING = (
    READ,
    {"privileges": ["UPDATE", "SELECT"], "tables": ["shop.customers"], "columns": ["email"]},
    {"privileges": ["SELECT", "LOCK TABLES"], "databases": ["shop_eu"]},
    {"privileges": ["EXECUTE"], "procedures": ["shop.refund"]},
    {"privileges": ["EXECUTE"], "functions": ["shop.twice"]},
    {"privileges": ["SELECT"], "tables": ["`odd``name`.`t``a`"], "columns": ["`c``1`"]},
)


def test_every_kind_of_grant_from_nothing_and_back(world: World) -> None:
    world.want(*EVERYTHING)
    world.converge()
    assert world.grants() == {
        f"GRANT `~test~{SYSTEM}` TO `bot_orders.read`",
        "GRANT SELECT ON `shop`.`orders` TO `bot_orders.read`",
        "GRANT SELECT (`email`), UPDATE (`email`) ON `shop`.`customers` TO `bot_orders.read`",
        "GRANT SELECT, LOCK TABLES ON `shop\\_eu`.* TO `bot_orders.read`",
        "GRANT EXECUTE ON PROCEDURE `shop`.`refund` TO `bot_orders.read`",
        "GRANT EXECUTE ON FUNCTION `shop`.`twice` TO `bot_orders.read`",
        "GRANT SELECT (`c``1`) ON `odd``name`.`t``a` TO `bot_orders.read`",
    }
    assert world.drift() == {}
    world.recorder.objects.clear()  # the state is lost
    assert world.changes() == {}
    world.want()
    assert set(world.changes().values()) == {"delete undeclared"}
    world.converge()
    assert [one for one in world.read().objects if one.type == ROLE] == []


def test_a_database_is_no_pattern(world: World) -> None:
    """In GRANT ON shop_eu.* the line is any letter unless it is escaped."""
    world.want({"privileges": ["SELECT"], "databases": ["shop_eu"]})
    world.converge()
    world.sql("GRANT $role TO mallory@'%'")
    with world.session("mallory", "secret-of-tests") as session, session.cursor() as cursor:
        cursor.execute(f"SET ROLE `{world.role}`")
        cursor.execute("SELECT * FROM `shop_eu`.`Order Items`")
        with pytest.raises(Exception, match="denied"):
            cursor.execute("SELECT * FROM `shopXeu`.secrets")


ROGUE = {
    "GRANT DELETE ON shop.orders TO $role": {"bot_orders.read:table:shop.orders": "update outside"},
    "GRANT SELECT ON shop.orders TO $role WITH GRANT OPTION": {"bot_orders.read:table:shop.orders": "update outside"},
    "REVOKE SELECT ON shop.orders FROM $role": {"bot_orders.read:table:shop.orders": "create outside"},
    "GRANT FILE, PROCESS ON *.* TO $role": {"bot_orders.read:global:*": "delete undeclared"},
    "GRANT SELECT ON *.* TO $role WITH GRANT OPTION": {"bot_orders.read:global:*": "delete undeclared"},
    "GRANT ALL ON shop.* TO $role": {"bot_orders.read:database:shop": "delete undeclared"},
    "GRANT SELECT ON `shop%`.* TO $role": {"bot_orders.read:databases:`shop%`": "delete undeclared"},
    "GRANT SELECT ON shop_eu.* TO $role": {"bot_orders.read:databases:shop_eu": "delete undeclared"},
    "GRANT ALL ON `\\shop`.* TO $role": {"bot_orders.read:databases:`\\shop`": "delete undeclared"},
    "GRANT USAGE ON *.* TO $role WITH GRANT OPTION": {"bot_orders.read:global:*": "delete undeclared"},
    "GRANT `$prefix~test~shop-db` TO $role WITH ADMIN OPTION": {
        "bot_orders.read->`~test~shop-db`": "delete undeclared"
    },
    "GRANT $role TO PUBLIC": {"PUBLIC->bot_orders.read": "delete undeclared"},
    "GRANT ALL ON shop.customers TO $role": {"bot_orders.read:table:shop.customers": "delete undeclared"},
    "GRANT UPDATE (EMAIL) ON shop.customers TO $role": {
        "bot_orders.read:column:shop.customers.email": "delete undeclared"
    },
    "GRANT UPDATE (id) ON shop.customers TO $role WITH GRANT OPTION": {
        "bot_orders.read:column:shop.customers.id": "delete undeclared",
        "bot_orders.read:table:shop.customers": "delete undeclared",
    },
    "GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE shop.REFUND TO $role WITH GRANT OPTION": {
        "bot_orders.read:procedure:shop.refund": "delete undeclared"
    },
    "GRANT $role TO mallory": {"mallory@%->bot_orders.read": "delete undeclared"},
    "GRANT $role TO mallory WITH ADMIN OPTION": {"mallory@%->bot_orders.read": "delete undeclared"},
    "CREATE ROLE `$prefixextra`": {"extra": "delete undeclared"},
    "CREATE ROLE `$prefixextra` WITH ADMIN mallory": {"extra": "delete undeclared"},
    "REVOKE `$prefix~test~shop-db` FROM $role": {"bot_orders.read": "update outside"},
    "DROP ROLE $role": {"bot_orders.read": "create outside", "bot_orders.read:table:shop.orders": "create outside"},
}


@pytest.mark.parametrize("statement", ROGUE)
def test_what_somebody_does_by_hand_is_a_row_and_is_taken_back(world: World, statement: str) -> None:
    world.want(READ)
    world.converge()
    before = world.grants()
    world.sql(statement)
    assert world.changes() == ROGUE[statement]
    assert set(world.drift()) == set(ROGUE[statement])
    world.converge()
    assert world.grants() == before
    assert world.sql("SELECT COUNT(*) FROM mysql.roles_mapping WHERE User = 'mallory'") == [(0,)]


def test_a_role_that_a_role_of_ours_is_given_is_a_row(world: World) -> None:
    world.want(READ)
    world.converge()
    try:
        world.sql(
            "CREATE ROLE `strange->role@x`", "GRANT `strange->role@x` TO $role", "GRANT $role TO `strange2`"
        ) if 0 else (world.sql("CREATE ROLE `strange->role@x`", "GRANT `strange->role@x` TO $role"))
        assert world.changes() == {"bot_orders.read->`strange->role@x`": "delete undeclared"}
        world.converge()
        world.sql("GRANT $role TO `strange->role@x`")
        assert world.changes() == {"`strange->role@x`->bot_orders.read": "delete undeclared"}
        world.converge()
    finally:
        world.sql("DROP ROLE `strange->role@x`")


def test_revoking_a_tables_privilege_keeps_its_columns(world: World) -> None:
    """The server takes both."""
    world.want({"privileges": ["SELECT"], "tables": ["shop.customers"], "columns": ["Email", "id"]})
    world.converge()
    before = world.grants()
    world.sql("GRANT SELECT, DELETE ON shop.customers TO $role")
    assert world.changes() == {"bot_orders.read:table:shop.customers": "delete undeclared"}
    world.converge()
    assert world.grants() == before


def test_a_role_left_without_its_marker_is_marked_by_the_next_apply(world: World) -> None:
    """As by a crash between the two statements."""
    world.want(READ)
    world.sql("CREATE ROLE $role")
    world.converge()
    assert world.read().objects[world.scope.address(ROLE, world.role)].ownership is Ownership.OURS


def test_a_role_that_somebody_made_for_something_is_not_taken_over(world: World) -> None:
    world.want(READ)
    world.sql("CREATE ROLE $role", "GRANT SELECT ON shop.customers TO $role")
    assert [one.code for one in world.planned().diagnostics] == ["W502"]


def test_another_environment_with_the_same_prefix_is_left_alone(worlds: Callable[..., World]) -> None:
    one = worlds()
    other = worlds("staging", role_prefix=one.prefix)
    one.want(READ)
    one.converge()
    other.want(READ, who=pair("other"))
    other.converge()
    assert one.changes() == {}
    assert other.changes() == {}
    theirs = [address for address in one.read().objects if "other_" in address.key]
    assert [address.type for address in theirs] == [ROLE]  # what it holds and who has it is that one's
    other.want()
    other.converge()
    assert one.changes() == {}
    assert one.grants()


def test_what_everybody_may_is_observed(world: World) -> None:
    """By PUBLIC, and by rows of mysql.db without a user."""
    before = world.read().observed
    world.sql(
        "GRANT SELECT ON shop.orders TO PUBLIC",
        "CREATE USER ''@'nowhere'",
        "GRANT DELETE ON `shop_eu`.* TO ''@'nowhere'",
    )
    try:
        found = {one.address.key: one.attributes["privileges"] for one in world.read().observed.values()}
        new = {key: found[key] for key in found.keys() - {address.key for address in before}}
        assert new == {"table:shop.orders": ["SELECT"], "databases:shop_eu": ["DELETE"]}
    finally:
        world.sql("REVOKE SELECT ON shop.orders FROM PUBLIC", "DROP USER ''@'nowhere'")


def test_a_dropped_table_is_an_error_and_its_grant_can_still_go(world: World) -> None:
    world.sql("CREATE TABLE shop.gone (id INT)")
    world.want({"privileges": ["SELECT"], "tables": ["shop.gone"]})
    world.converge()
    world.sql("DROP TABLE shop.gone")
    (found,) = world.read().diagnostics
    assert (found.code, found.severity) == ("W467", "error")
    (grant,) = [live for address, live in world.read().objects.items() if address.type == GRANT]
    PROVIDER.types[GRANT].delete(world.client, grant)
    assert [one for one in world.read().objects if one.type == GRANT] == []


def test_names_that_arent_there_are_said_with_the_nearest(world: World) -> None:
    world.want(
        {"privileges": ["SELECT"], "tables": ["shop.orderz"]},
        {"privileges": ["SELECT"], "tables": ["shop.orders"], "columns": ["nope"]},
        {"privileges": ["SELECT"], "databases": ["nowhere"]},
        {"privileges": ["EXECUTE"], "procedures": ["shop.twice"]},
    )
    found = {one.message: one.help for one in world.read().diagnostics}
    assert {message.partition(" isn't")[0] for message in found} == {
        "table shop.orderz",
        "column shop.orders.nope",
        "database nowhere",
        "procedure shop.twice",
    }
    assert "shop.orders" in next(text for message, text in found.items() if "orderz" in message)


def test_steps_are_idempotent_and_refuse_what_moved(world: World) -> None:
    world.want(READ)
    world.converge()
    client, objects = world.client, world.read().objects
    for address, live in objects.items():
        PROVIDER.types[address.type].create(client, live.resource)
    grant = next(live for address, live in objects.items() if address.type == GRANT)
    other = Resource(grant.resource.address, {**grant.resource.attributes, "privileges": ["DELETE"]})
    with pytest.raises(Conflict):
        PROVIDER.types[GRANT].create(client, other)
    for kind in (GRANT, ROLE):
        live = next(one for address, one in objects.items() if address.type == kind and "~" not in address.key)
        PROVIDER.types[kind].delete(client, live)
        PROVIDER.types[kind].delete(client, live)
    with pytest.raises(Conflict):
        PROVIDER.types[GRANT].create(client, grant.resource)
    with pytest.raises(Conflict):
        PROVIDER.types[ROLE].update(client, grant, Resource(world.scope.address(ROLE, world.role), {"marker": ""}))


def test_a_saved_plan_cant_smuggle_words_into_a_statement(world: World) -> None:
    world.want(READ)
    world.converge()
    address = world.scope.address(GRANT, f"{world.role}:table:shop.customers")
    values = {**next(iter(world.desired.values())).resource.attributes, "privileges": ["SELECT ON *.* TO mallory --"]}
    with pytest.raises(Rejected):
        PROVIDER.types[GRANT].create(world.client, Resource(address, values))
    with pytest.raises(Rejected):
        PROVIDER.types[GRANT].create(world.client, Resource(world.scope.address(GRANT, "x"), values))


@pytest.fixture
def limited(world: World, worlds: Callable[..., World]) -> World:
    """An operator with what permissions prints for apply."""
    text = (
        PROVIDER.rights(world.scope, writing=True).text.replace("DATABASE.*", "shop.*").replace("…", "secret-of-tests")
    )
    for statement in text.strip().split("\n"):
        world.sql(statement.replace("CREATE USER 'iam", "CREATE OR REPLACE USER 'iam"))
    login = {"host": "127.0.0.1", "port": world.server.port, "user": "iam_operator", "password_env": "PW"}
    return worlds(login=login)


def test_the_printed_rights_are_enough(limited: World) -> None:
    limited.want(READ, {"privileges": ["UPDATE"], "tables": ["shop.customers"], "columns": ["email"]})
    limited.converge()
    limited.sql("GRANT INSERT ON shop.orders TO $role", "GRANT SELECT ON shop.* TO $role")
    assert len(limited.changes()) == 2
    limited.converge()
    limited.want()
    limited.converge()


def test_what_somebody_with_more_rights_gave_is_denied_with_a_way_out(limited: World) -> None:
    limited.want(READ)
    limited.converge()
    limited.sql("GRANT FILE ON *.* TO $role")
    (failed,) = [step for step in limited.apply().steps if step.diagnostic]
    assert failed.diagnostic is not None
    assert "permissions apply" in failed.diagnostic.help
    limited.sql("CREATE ROLE `$prefixroots`")
    key = limited.scope.address(MEMBERSHIP, f"mallory@%->{limited.prefix}roots")
    given = Resource(key, {"member": "mallory@%", "role": f"{limited.prefix}roots", "with_admin_option": False})
    with pytest.raises(Denied, match="Access denied"):
        PROVIDER.types[MEMBERSHIP].create(limited.client, given)
