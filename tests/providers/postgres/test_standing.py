"""Logins as facts, their access by the catalogue, and the specs' cover, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.postgres.effective.catalogue import (
    PUBLIC,
    AclItem,
    Catalogue,
    Column,
    DefaultAcl,
    Membership,
    ObjectAcl,
    RoleFacts,
)
from providers.postgres.effective.privileges import effective
from providers.postgres.standing.access import Access, held, widths
from providers.postgres.standing.cover import Cover
from providers.postgres.standing.logins import Login, Sessions, standing
from reconciler.model import Address, Holds, Whose
from tests.providers.postgres.world import lowered, scope_of, settings

ADDRESS = Address("orders-db", "postgresql_role", "svc")


def table(name: str, *items: AclItem, owner: str = "boss", **more: Any) -> ObjectAcl:
    return ObjectAcl("table", "public", name, owner, frozenset(items), **more)


def catalogue(*roles: str, **parts: Any) -> Catalogue:
    facts = [RoleFacts(name) for name in ("boss", "svc", *roles)]
    public = AclItem(PUBLIC, "USAGE")
    schema = ObjectAcl("schema", "", "public", "boss", frozenset({public}))
    return Catalogue(
        180000,
        "orders",
        "boss",
        frozenset((*parts.pop("facts", ()), *facts)),
        frozenset(parts.pop("memberships", ())),
        frozenset((schema, *parts.pop("objects", ()))),
        **parts,
    )


READ = AclItem("svc", "SELECT")
EVERYBODYS = AclItem(PUBLIC, "SELECT")


@pytest.mark.parametrize(
    "found",
    [
        catalogue(objects=[table("orders", READ), table("other", AclItem("boss", "SELECT"))]),
        catalogue("app", objects=[table("orders", AclItem("app", "SELECT"))], memberships=[Membership("svc", "app")]),
        catalogue(
            "app",
            "deep",
            objects=[table("orders", AclItem("deep", "SELECT"))],
            memberships=[Membership("svc", "app"), Membership("app", "deep", inherit=False)],
        ),
        catalogue(objects=[table("orders", owner="svc")]),
        catalogue(objects=[table("orders", columns=frozenset({Column("id", frozenset({READ}))}))]),
        catalogue(defaults=frozenset({DefaultAcl("boss", "", "table", frozenset({READ}))})),
        catalogue("pg_monitor", memberships=[Membership("svc", "pg_monitor")], objects=[table("orders", READ)]),
    ],
)
def test_what_is_looked_up_for_one_login_is_what_the_whole_catalogue_says(found: Catalogue) -> None:
    """But for what everybody may, and what is to come, which is everybody's too."""
    whole = replace(found, roles=found.roles | {RoleFacts("\0")})
    everybodys = effective(whole, "\0")
    mine = {one for one in effective(whole, "svc") if replace(one, via="") not in everybodys}
    assert held(Access(found).privileges("svc")) == held(frozenset(mine))


def test_what_everybody_may_is_nobodys_access() -> None:
    assert Access(catalogue(objects=[table("orders", EVERYBODYS)])).privileges("svc") == frozenset()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (catalogue(objects=[table("orders", READ)]), []),
        (
            catalogue(facts=[RoleFacts("power", create_role=True)], memberships=[Membership("svc", "power")]),
            ["CREATEROLE by SET ROLE power"],
        ),
        (
            catalogue("pg_read_server_files", memberships=[Membership("svc", "pg_read_server_files")]),
            ["everything that pg_read_server_files may"],
        ),
        (catalogue("pg_monitor", memberships=[Membership("svc", "pg_monitor")]), []),
        (
            catalogue("app", memberships=[Membership("svc", "app", inherit=False, set_role=False, admin=True)]),
            ["ADMIN on role app"],
        ),
    ],
)
def test_what_is_more_than_any_purpose_needs(found: Catalogue, told: list[str]) -> None:
    assert [one.witness.request for one in widths(Access(found).privileges("svc"))] == told


ORDERS = {"privileges": ["SELECT"], "tables": ["public.orders"]}
CONNECT = ObjectAcl("database", "", "orders", "boss", frozenset({AclItem("svc", "CONNECT")}))


@pytest.mark.parametrize(
    ("objects", "covered"),
    [
        ([table("orders", READ)], True),
        ([table("orders", READ), CONNECT], True),
        ([table("orders", columns=frozenset({Column("id", frozenset({READ}))}))], True),
        ([table("orders", READ, AclItem("svc", "INSERT"))], False),
        ([table("orders", AclItem("svc", "SELECT", grantable=True))], False),
        ([table("orders", READ), table("bills", READ)], False),
        ([table("orders", owner="svc")], False),
        ([table("orders", EVERYBODYS)], False),
        ([], False),
        ([table("orders", AclItem("app", "SELECT"))], True),
        ([table("orders", AclItem("app", "SELECT")), table("bills", AclItem("app", "SELECT"))], False),
    ],
)
def test_a_role_of_the_specs_covers_what_a_login_may_and_no_more(objects: list[ObjectAcl], covered: bool) -> None:
    found = catalogue("app", objects=objects, memberships=[Membership("svc", "app", inherit=False)])
    access = held(Access(found).privileges("svc"))
    wanted = {one.resource.address: one.resource for one in lowered(scope_of(settings()), ORDERS).resources}
    assert [one.key for one in Cover.of(wanted).covering(access)] == (["writ_bot_orders.read"] if covered else [])


@pytest.mark.parametrize(
    "found",
    [
        catalogue(facts=[RoleFacts("power", create_database=True)], memberships=[Membership("svc", "power")]),
        catalogue("pg_read_all_data", memberships=[Membership("svc", "pg_read_all_data")]),
        catalogue("pg_signal_backend", memberships=[Membership("svc", "pg_signal_backend")]),
        catalogue("app", memberships=[Membership("svc", "app", admin=True)]),
    ],
)
def test_an_attribute_and_what_the_servers_own_roles_bring_is_never_covered(found: Catalogue) -> None:
    found = replace(found, objects=found.objects | {table("orders", READ)})
    access = held(Access(found).privileges("svc"))
    wanted = {one.resource.address: one.resource for one in lowered(scope_of(settings()), ORDERS).resources}
    assert list(Cover.of(wanted).covering(access)) == []


def login(**more: Any) -> Login:
    facts = {"valid_until": "", "groups": (), "has_password": True, "superuser": False} | more
    return Login(
        20000,
        "svc",
        facts["superuser"],
        False,
        False,
        False,
        False,
        facts["valid_until"],
        "",
        facts["groups"],
        facts["has_password"],
    )


def stands(found: Login, sessions: Sessions | None = None) -> Any:
    return standing(ADDRESS, found, sessions, Access(catalogue()), Whose.STANDING)


@pytest.mark.parametrize(
    ("found", "holds", "endless", "enabled"),
    [
        (login(), Holds.CREDENTIAL, True, True),
        (login(has_password=None), Holds.CREDENTIAL, True, True),
        (login(has_password=False), Holds.NOTHING, False, True),
        (login(valid_until="2027-01-01T00:00:00Z"), Holds.CREDENTIAL, False, True),
        (login(valid_until="294276-01-01T00:00:00Z"), Holds.CREDENTIAL, True, True),
        (login(valid_until="-infinity"), Holds.CREDENTIAL, True, False),
    ],
)
def test_a_password_and_its_end(found: Login, holds: Holds, endless: bool, enabled: bool) -> None:
    told = stands(found)
    assert (told.holds, told.endless, told.enabled) == (holds, endless, enabled)


NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sessions", "users", "people"),
    [
        (None, 0, 0),
        (Sessions(1, 3, NOW, ["10.0.0.1"], ["billing"]), 1, 0),
        (Sessions(1, 3, NOW, ["10.0.0.1", "10.0.0.2"], ["billing"]), 2, 0),
        (Sessions(1, 3, NOW, ["10.0.0.1"], ["billing", "DBeaver 24.1"]), 2, 1),
        (Sessions(1, 3, NOW, None, None), 0, 0),
    ],
)
def test_who_is_connected(sessions: Sessions | None, users: int, people: int) -> None:
    told = stands(login(), sessions)
    assert (len(told.users), len(told.people)) == (users, people)
    assert told.last_used == (NOW if sessions else None)
    assert not told.use_is_known, "that nobody is connected doesn't say that nobody was"
