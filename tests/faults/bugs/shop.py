"""In MariaDB's provider, and in what it asks Vault to mint."""

from __future__ import annotations

import functools
from typing import Any

from providers.mysql import grant, lease, role
from providers.mysql.names import ident
from tests.faults.bugs.registry import bug, first

_in_the_shop = functools.partial(bug, example="shop")


@_in_the_shop("mysql GRANT DELETE", by="let_in")
def a_role_may_more_for_a_moment() -> None:
    def generous(client: Any, desired: Any) -> None:
        for verb, to in (("GRANT", "TO"), ("REVOKE", "FROM")):
            client.run(f"{verb} DELETE ON TABLE `shop`.`orders` {to} {ident(desired.attributes['role'])}")

    first(grant.GrantType, "create", generous)


@_in_the_shop("mysql GRANT .* TO PUBLIC", by="let_in")
def everybody_may_it_for_a_moment() -> None:
    def public(client: Any, desired: Any) -> None:
        if desired.attributes["object_type"] == "table":
            for verb, to in (("GRANT", "TO"), ("REVOKE", "FROM")):
                client.run(f"{verb} SELECT ON TABLE `shop`.`orders` {to} PUBLIC")

    first(grant.GrantType, "create", public)


@_in_the_shop(by="let_in")
def what_is_too_much_is_not_revoked() -> None:
    grant.revoke = lambda *_: None


@_in_the_shop(by="let_in")
def a_session_outlives_its_login() -> None:
    lease._REVOKE = tuple(one for one in lease._REVOKE if "KILL" not in one)


@_in_the_shop(by="lost")
def a_role_is_not_marked() -> None:
    role._mark = lambda *_: None


@_in_the_shop(by="orphans")
def a_role_is_not_dropped() -> None:
    role.RoleType.delete = lambda *_: None  # type: ignore[method-assign]
    role.RoleType.read = lambda *_: None  # type: ignore[method-assign]
