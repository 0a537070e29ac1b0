"""What no step can take back is announced as that."""

from __future__ import annotations

from tests.e2e.hands import READER, Hands
from tests.servers import World


def test_a_table_given_to_a_managed_role_is_left_and_said_so(world: World) -> None:
    """Whose it was isn't known, so no step is announced: neither a plan nor an apply says that it is done."""
    world.apply()
    table = f'orders-db.postgresql_dependency["writ_{READER}:owner:table public.orders"]'
    with Hands(world) as hands:
        try:
            hands.sql(f'ALTER TABLE public.orders OWNER TO "writ_{READER}"')
            plan = world.json("plan", "-detailed-exitcode", code=2)
            (row,) = [one for one in plan["resource_changes"] if one["address"] == table]
            assert (row["change"]["actions"], row["action"]) == (["no-op"], "by-hand")
            assert "(ALTER TABLE public.orders OWNER TO …)" in row["by_hand"]["how"]
            assert {key: plan["summary"][key] for key in ("add", "change", "destroy", "by_hand")} == {
                "add": 0,
                "change": 0,
                "destroy": 0,
                "by_hand": 1,
            }
            assert [one["mover"] for one in plan["access_changes"]] == ["outside"]
            said = world.ok("plan", "-out", "p")
            assert "Plan: 0 to add, 0 to change, 0 to destroy, 1 only by hand." in said
            for way in (("p",), ("-auto-approve",)):
                done = world.writ("apply", *way)
                assert (done.returncode, "1 only by hand" in done.stdout) == (1, True), done.stdout + done.stderr
                assert "warning[W518]" in done.stderr
            # The rest is done all the same, and what the role has besides goes.
            hands.sql(f'GRANT SELECT ON public.refunds TO "writ_{READER}"')
            done = world.writ("apply", "-auto-approve")
            assert "0 added, 0 changed, 1 destroyed; 0 failed, 0 skipped, 1 only by hand." in done.stdout
            hands.sql("ALTER TABLE public.orders OWNER TO postgres")
            # The server took the role's grant for its ownership, and now has neither.
            assert "1 added, 0 changed, 0 destroyed." in world.ok("apply", "-auto-approve")
            assert "No changes." in world.ok("plan")
        finally:
            hands.sql("ALTER TABLE public.orders OWNER TO postgres")
