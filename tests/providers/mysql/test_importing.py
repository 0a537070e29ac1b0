"""What accounts of a real server may do, in the words of the specs: nobody dropped, no more than that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from providers.mysql.importing.read import importable
from reconciler.model import Importable
from reconciler.provider.wording import NO_WORKLOAD
from tests.providers.mysql.world import World

BY = "IDENTIFIED BY 'secret-of-tests'"
MADE = f"""
CREATE ROLE imp_team; GRANT SELECT ON shop.orders TO imp_team;
CREATE USER imp_app@`%` {BY}; GRANT SELECT, INSERT ON shop.orders TO imp_app@`%`;
CREATE USER imp_both@`%` {BY}; GRANT imp_team TO imp_both@`%`; GRANT INSERT ON shop.orders TO imp_both@`%`;
CREATE USER imp_lead@`%` {BY}; GRANT imp_team TO imp_lead@`%` WITH ADMIN OPTION;
CREATE USER imp_root@`%` {BY}; GRANT SUPER ON *.* TO imp_root@`%`;
CREATE USER imp_proxy@`%` {BY}; GRANT PROXY ON imp_root@`%` TO imp_proxy@`%`;
CREATE USER imp_idle@`%` {BY};
GRANT SELECT ON shop.totals TO PUBLIC
"""


@pytest.fixture
def found(world: World) -> Iterator[dict[str, Importable]]:
    world.server.script(MADE)
    yield {one.name: one for one in importable(world.client)}
    world.server.script("REVOKE SELECT ON shop.totals FROM PUBLIC; DROP ROLE imp_team")
    for name in ("app", "both", "lead", "root", "proxy", "idle"):
        world.server.script(f"DROP USER imp_{name}@`%`")


def why(one: Importable) -> str:
    return "; ".join(reason.why for reason in one.lacking if reason != NO_WORKLOAD)


def test_an_account_is_all_that_it_holds_by_itself_and_by_its_roles(found: dict[str, Importable]) -> None:
    both = {"grants": [{"privileges": ["INSERT", "SELECT"], "tables": ["shop.orders"]}]}
    assert found["imp_app@%"].access == found["imp_both@%"].access == (both,)
    assert (why(found["imp_app@%"]), why(found["imp_both@%"])) == ("", "")


def test_what_no_intent_gives_is_told_of_each(found: dict[str, Importable]) -> None:
    assert why(found["imp_lead@%"]) == "it may give role imp_team to others, which no intent gives"
    assert why(found["imp_root@%"]) == "SUPER on *, which no intent gives"
    assert why(found["imp_proxy@%"]) == "it may become imp_root@% (PROXY), which no intent gives"


def test_nobody_is_dropped(found: dict[str, Importable]) -> None:
    assert found["imp_idle@%"].access == ()
    (grant,) = found["PUBLIC"].access[0]["grants"]
    assert (grant["tables"], "everybody has it" in why(found["PUBLIC"])) == (["shop.totals"], True)
