"""What may show more, makes logins, or gives what is Writ's outside the scope: by the commands, on real servers."""

from __future__ import annotations

import pytest

from tests.e2e.hands import READER, REFUNDER, Hands
from tests.servers import World

MAKER = f"""CREATE ROLE "{{{{name}}}}" LOGIN PASSWORD '{{{{password}}}}' IN ROLE "writ_{REFUNDER}" """


def rows(found: list[dict[str, object]], kind: str) -> dict[str, dict[str, object]]:
    return {str(one["address"]): one for one in found if f".{kind}[" in str(one["address"])}


@pytest.mark.thorough
def test_what_may_show_more_is_told_until_apply_records_it(world: World) -> None:
    with Hands(world) as hands:
        hands.sql("ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY")
        try:
            world.apply()
            assert "No drift." in world.ok("drift")
            hands.sql(
                "ALTER TABLE public.orders DISABLE ROW LEVEL SECURITY",
                "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT ON TABLES TO PUBLIC",
                "GRANT SET ON PARAMETER log_statement TO PUBLIC",
                "ALTER ROLE vault_minter BYPASSRLS",
            )
            plan = world.json("plan", "-fail-on", "widening,may-widen", "-out", "p", code=3)
            told = {one["address"]: one["kind"] for one in plan["resource_drift"]}
            assert told == {
                'orders-db.postgresql_definition["table:public.orders"]': "changed",
                'orders-db.postgresql_minter["vault_minter"]': "changed",
                'orders-db.postgresql_public_default_privileges["postgres::table"]': "appeared",
                'orders-db.postgresql_public_grant["parameter:log_statement"]': "appeared",
            }
            text = world.ok("show", "p")
            for gain in (
                "SET on parameter log_statement",
                "SELECT on future tables of postgres",
                "rows of public.orders that were kept back",
                "BYPASSRLS as vault_minter",
            ):
                assert gain in text
            world.ok("apply", "p")
            assert "No drift." in world.ok("drift")
        finally:
            hands.sql(
                "ALTER TABLE public.orders DISABLE ROW LEVEL SECURITY",
                "ALTER DEFAULT PRIVILEGES FOR ROLE postgres REVOKE SELECT ON TABLES FROM PUBLIC",
                "REVOKE SET ON PARAMETER log_statement FROM PUBLIC",
                "ALTER ROLE vault_minter NOBYPASSRLS",
            )


def test_who_gives_what_is_ours_is_unmanaged_until_somebody_takes_it_out(world: World) -> None:
    with Hands(world) as hands:
        world.ok("plan", "-target", "payments", "-out", "narrow")
        world.ok("apply", "narrow")  # that what it left out names is no longer looked at is no news
        world.apply()
        try:
            hands.write("auth/token/roles/night", allowed_policies=[f"writ-{READER}"])
            hands.write("identity/group/name/staff", policies=[f"writ-{READER}"])
            hands.write("database/roles/ops", db_name="orders", creation_statements=[MAKER])
            served = hands.read("database/config/orders")["allowed_roles"]
            hands.write("database/config/orders", allowed_roles=[*served, "ops"], verify_connection=False)
            plan = world.json("plan", "-fail-on", "unmanaged", "-out", "p", code=3)
            found = rows(plan["resource_changes"], "vault_holder")
            assert {address.partition('"')[2].rstrip('"]') for address in found} == {
                "auth/token/roles/night",
                "identity/group/name/staff",
                "database/roles/ops",
            }
            assert {one["action"] for one in found.values()} == {"by-hand"}
            assert rows(plan["resource_drift"], "vault_holder").keys() == found.keys()
            told = world.ok("show", "p")
            assert "+ read kv/data/orders/" in told
            assert "a database login by database/creds/ops" in told
            assert "3 undeclared" in world.ok("drift", code=2)
            done = world.writ("apply", "-auto-approve")
            assert (done.returncode, "3 only by hand" in done.stdout) == (1, True)
            assert hands.read("auth/token/roles/night")["allowed_policies"] == [f"writ-{READER}"], "it isn't ours"
        finally:
            hands.delete("auth/token/roles/night")
            hands.delete("identity/group/name/staff")
            hands.delete("database/roles/ops")
        assert "No changes." in world.ok("plan", "-detailed-exitcode")
        hands.write("database/config/orders", allowed_roles=served, verify_connection=False)
