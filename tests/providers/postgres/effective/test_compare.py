"""Changes made on a real server, and what they mean for a role."""

from __future__ import annotations

import pytest

from providers.postgres.effective.catalogue import AclItem, Catalogue, DefaultAcl, Membership, ObjectAcl, RoleFacts
from providers.postgres.effective.compare import compare
from providers.postgres.effective.privileges import effective
from providers.postgres.effective.read import read_catalogue
from providers.postgres.privileges import Kind
from reconciler.access import Verdict, Witness
from tests.providers.postgres.effective.worlds import transaction
from tests.thorough import sampled

EQUAL, NARROWS, WIDENS = Verdict.EQUAL, Verdict.NARROWS, Verdict.WIDENS
INCOMPARABLE, MAY_WIDEN = Verdict.INCOMPARABLE, Verdict.MAY_WIDEN
BASE = "CREATE ROLE u; CREATE ROLE g; CREATE ROLE h; GRANT USAGE ON SCHEMA alpha, beta TO PUBLIC"
T = "alpha.orders"

CASES = [
    ("", "", EQUAL, None),
    ("", f"GRANT UPDATE ON {T} TO u", WIDENS, f"UPDATE on {T}"),
    ("", f"GRANT SELECT (email) ON {T} TO u", WIDENS, f"SELECT (email) on {T}"),
    (f"GRANT SELECT ON {T} TO u", f"GRANT SELECT (email) ON {T} TO u", EQUAL, None),
    (f"GRANT SELECT (email) ON {T} TO u", f"GRANT SELECT ON {T} TO u", WIDENS, f"SELECT on {T}"),
    (
        f"GRANT SELECT ON {T} TO u",
        f"REVOKE SELECT ON {T} FROM u; GRANT SELECT (email) ON {T} TO u",
        NARROWS,
        f"SELECT on {T}",
    ),
    (
        f"GRANT SELECT ON {T} TO u",
        f"GRANT SELECT ON {T} TO u WITH GRANT OPTION",
        WIDENS,
        f"SELECT WITH GRANT OPTION on {T}",
    ),
    (f"GRANT SELECT ON {T} TO u", f"GRANT SELECT ON {T} TO PUBLIC", EQUAL, None),
    ("", f"GRANT SELECT ON {T} TO g", EQUAL, None),
    ("GRANT g TO u", f"GRANT SELECT ON {T} TO g", WIDENS, f"SELECT on {T}"),
    ("", f"GRANT SELECT ON {T} TO PUBLIC", WIDENS, f"SELECT on {T}"),
    (
        f"GRANT SELECT ON {T} TO u",
        f"GRANT UPDATE ON {T} TO u; REVOKE SELECT ON {T} FROM u",
        INCOMPARABLE,
        f"UPDATE on {T}",
    ),
    ("", f"ALTER TABLE {T} OWNER TO u", WIDENS, f"DELETE on {T}"),
    ("", "GRANT CREATE ON SCHEMA alpha TO u", WIDENS, "CREATE on schema alpha"),
    ("", "GRANT CREATE ON DATABASE effective TO u", WIDENS, "CREATE on database effective"),
    (
        "REVOKE EXECUTE ON FUNCTION beta.two() FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION beta.two() TO u",
        WIDENS,
        "EXECUTE on beta.two()",
    ),
    ("", "REVOKE EXECUTE ON FUNCTION alpha.one(integer) FROM PUBLIC", NARROWS, "EXECUTE on alpha.one(n integer)"),
    ("", "GRANT USAGE ON SEQUENCE alpha.counter TO u", WIDENS, "USAGE on alpha.counter"),
    ("", "ALTER ROLE u CREATEDB", WIDENS, "CREATEDB"),
    ("", "ALTER ROLE g CREATEDB; GRANT g TO u", WIDENS, "INHERIT on role g"),
    ("", "GRANT g TO u WITH ADMIN OPTION", WIDENS, "INHERIT on role g"),
    ("GRANT g TO u", "GRANT g TO u WITH ADMIN OPTION", WIDENS, "ADMIN on role g"),
    ("GRANT g TO u", "REVOKE g FROM u", NARROWS, "INHERIT on role g"),
    # What needs SET ROLE.
    (
        f"GRANT SELECT ON {T} TO g; GRANT g TO u WITH INHERIT FALSE",
        "GRANT g TO u WITH INHERIT TRUE",
        WIDENS,
        f"SELECT on {T}",
    ),
    ("", f"GRANT SELECT ON {T} TO g; GRANT g TO u WITH INHERIT FALSE", WIDENS, f"SELECT on {T} by SET ROLE g"),
    (f"GRANT SELECT ON {T} TO g, u", "GRANT g TO u WITH INHERIT FALSE", WIDENS, "SET on role g"),
    ("GRANT g TO u WITH SET FALSE", f"GRANT SELECT ON {T} TO g", WIDENS, f"SELECT on {T}"),
    ("GRANT g TO u WITH INHERIT FALSE", "ALTER ROLE g CREATEROLE", WIDENS, "CREATEROLE by SET ROLE g"),
    ("GRANT g TO u WITH INHERIT FALSE, SET FALSE", f"GRANT SELECT ON {T} TO g", EQUAL, None),
    (
        "GRANT g TO u WITH INHERIT FALSE; GRANT h TO g",
        f"GRANT SELECT ON {T} TO h",
        WIDENS,
        f"SELECT on {T} by SET ROLE g",
    ),
    # Predefined roles.
    ("", "GRANT pg_read_all_data TO u", WIDENS, "SELECT on alpha.bills"),
    (f"GRANT SELECT ON {T} TO u; GRANT pg_read_all_data TO u", f"REVOKE SELECT ON {T} FROM u", EQUAL, None),
    # Superusers have it all.
    ("", "ALTER ROLE u SUPERUSER", WIDENS, "BYPASSRLS"),
    ("ALTER ROLE u SUPERUSER", f"GRANT SELECT ON {T} TO u; ALTER TABLE {T} OWNER TO u", EQUAL, None),
    # Only for what is to come, or what can't be named.
    (
        "",
        "ALTER DEFAULT PRIVILEGES FOR ROLE h IN SCHEMA alpha GRANT SELECT ON TABLES TO u",
        MAY_WIDEN,
        "SELECT on future tables of h in alpha",
    ),
    (
        "",
        "ALTER DEFAULT PRIVILEGES FOR ROLE h REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        NARROWS,
        "EXECUTE on future functions of h",
    ),
    ("REVOKE USAGE ON SCHEMA alpha FROM PUBLIC", f"GRANT SELECT ON {T} TO u", MAY_WIDEN, f"SELECT on {T}"),
    (
        f"REVOKE USAGE ON SCHEMA alpha FROM PUBLIC; GRANT SELECT ON {T} TO u",
        "GRANT USAGE ON SCHEMA alpha TO u",
        WIDENS,
        "USAGE on schema alpha",
    ),
    (
        f"GRANT SELECT ON {T} TO u; ALTER TABLE {T} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY p ON {T} USING (true)",
        MAY_WIDEN,
        f"SELECT on {T}",
    ),
    (
        f"GRANT SELECT ON {T} TO u; ALTER TABLE {T} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {T} DISABLE ROW LEVEL SECURITY",
        MAY_WIDEN,
        f"SELECT on {T}",
    ),
    (f"GRANT SELECT ON {T} TO u", f"ALTER TABLE {T} ENABLE ROW LEVEL SECURITY", EQUAL, None),
]


@pytest.mark.parametrize(("base", "change", "verdict", "witness"), sampled(CASES, 6))
def test_cases(client, base, change, verdict, witness):
    if client.version < 160000 and ("INHERIT" in base + change or "SET FALSE" in base + change):
        pytest.skip("memberships have no options before 16")
    with transaction(client):
        client.script(f"{BASE}; {base}")
        old = read_catalogue(client)
        client.script(change or "SELECT 1")
        new = read_catalogue(client)
    found = compare(old, new, "u")
    assert found.verdict is verdict, found
    side = found.loses if verdict is NARROWS else found.gains
    assert (witness in {one.request for one in side}) if witness else not side, found
    if verdict in {EQUAL, NARROWS}:
        assert not found.gains
    back = compare(new, old, "u")
    assert {one.request for one in found.gains if one.certain} == {one.request for one in back.loses if one.certain}


def test_direct_use_comes_first_and_is_told_apart(client):
    with transaction(client):
        client.script(f"{BASE}; GRANT SELECT ON {T} TO g; GRANT UPDATE ON {T} TO h")
        old = read_catalogue(client)
        client.script(
            "GRANT g TO u; GRANT h TO u WITH INHERIT FALSE" if client.version >= 160000 else "GRANT g, h TO u"
        )
        found = compare(old, read_catalogue(client), "u")
    requests = [one.request for one in found.gains]
    assert requests[0] == f"SELECT on {T}"
    assert f"SELECT on {T} by SET ROLE g" not in requests
    if client.version >= 160000:
        assert requests.index(f"UPDATE on {T} by SET ROLE h") > 0


def tiny(*memberships, version=150000, **more):
    """A table that g may read, and roles."""
    roles = [RoleFacts("u", **more), RoleFacts("g", inherit=False), RoleFacts("h"), RoleFacts("owner")]
    objects = [
        ObjectAcl(Kind.SCHEMA, "", "s", "owner", frozenset({AclItem("", "USAGE")})),
        ObjectAcl(Kind.TABLE, "s", "t", "owner", frozenset({AclItem("h", "SELECT")})),
    ]
    return Catalogue(version, "db", "owner", frozenset(roles), frozenset(memberships), frozenset(objects))


def held(catalogue):
    return {str(one) for one in effective(catalogue, "u") if one.kind == Kind.TABLE}


def test_before_16_a_role_without_inherit_stops_all_that_comes_through_it():
    """As the reader fills it in: a membership inherits as its member does."""
    catalogue = tiny(Membership("u", "g", inherit=True), Membership("g", "h", inherit=False))
    assert held(catalogue) == {"SELECT on s.t by SET ROLE h"}
    assert held(tiny(Membership("u", "g"), Membership("g", "h"))) == {
        "SELECT on s.t",
        "SELECT on s.t by SET ROLE g",
        "SELECT on s.t by SET ROLE h",
    }


def test_createrole_before_16_is_noted():
    found = compare(tiny(), tiny(create_role=True), "u")
    assert found.gains == (Witness("CREATEROLE"),)
    assert "can make itself a member of every role" in found.notes[0]
    assert not compare(tiny(version=160000), tiny(version=160000, create_role=True), "u").notes


def test_a_role_that_comes_or_goes():
    assert compare(tiny(), tiny(), "nobody").verdict is EQUAL
    catalogue = tiny()
    without = Catalogue(catalogue.version, "db", "owner", frozenset(), frozenset(), catalogue.objects)
    assert compare(catalogue, without, "u").verdict is NARROWS
    assert effective(without, "u") == frozenset()


def test_an_owner_that_revoked_its_own_still_can_grant():
    mine = ObjectAcl(Kind.TABLE, "s", "mine", "u")
    catalogue = tiny()
    catalogue = Catalogue(catalogue.version, "db", "owner", catalogue.roles, frozenset(), catalogue.objects | {mine})
    assert {"OWNERSHIP on s.mine", "SELECT WITH GRANT OPTION on s.mine"} <= held(catalogue)
    assert "SELECT on s.mine" not in held(catalogue)


def test_a_default_takes_the_place_of_the_servers_own_only_where_it_holds_everywhere():
    nothing = [DefaultAcl("h", schema, Kind.FUNCTION, frozenset()) for schema in ("", "s")]
    old = tiny()
    for default, verdict in zip(nothing, (NARROWS, EQUAL), strict=True):
        new = Catalogue(old.version, "db", "owner", old.roles, frozenset(), old.objects, frozenset({default}))
        assert compare(old, new, "u").verdict is verdict
        assert compare(new, old, "u").verdict is (MAY_WIDEN if verdict is NARROWS else EQUAL)


def test_what_the_second_opinion_denies_is_not_told(client, monkeypatch):
    with transaction(client):
        client.script(BASE)
        old = read_catalogue(client)
        client.script(f"GRANT SELECT ON {T} TO u")
        new = read_catalogue(client)
    monkeypatch.setattr("providers.postgres.effective.compare.holds", lambda *_: False)
    found = compare(old, new, "u")
    assert found.verdict is Verdict.UNKNOWN
    assert found.gains == ()
    assert "two evaluators disagree" in found.notes[0]
