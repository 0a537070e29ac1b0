"""What a test leaves on the servers doesn't reach the next one."""

from __future__ import annotations

import re

from tests.e2e.hands import READER, Hands
from tests.faults.oracle import reality
from tests.servers import World, Worlds

OWNERS = re.compile(r"sql \S+ (table|column|schema|database) .* (postgres|pg_database_owner) [A-Z]+$")


def test_what_was_made_by_us_and_by_hand_is_gone(world: World, worlds: Worlds) -> None:
    with Hands(world) as hands:
        before = reality(hands)
        world.apply()
        hands.read(f"database/creds/writ-{READER}_orders-db")
        hands.write("sys/policies/acl/rogue", policy='path "kv/*" {\n capabilities = ["read"]\n}')
        hands.iam.create_user(UserName="rogue")
        hands.iam.create_access_key(UserName="rogue")
        hands.sql("CREATE ROLE rogue", "GRANT SELECT ON public.orders TO rogue")
        assert len(reality(hands)) > len(before) + 10
        worlds.clean(world)
        world.applied = False
        # A table that had a grant lists what its owner has anyway.
        left = {name: said for name, said in reality(hands).items() if not OWNERS.match(name)}
        assert left == {name: said for name, said in before.items() if not OWNERS.match(name)}
