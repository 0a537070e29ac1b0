"""What people write, checked and lowered: without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from providers.mysql.access import Grant, MysqlNever
from providers.mysql.connection import MysqlConnection
from providers.mysql.names import GRANT, MEMBERSHIP, ROLE
from providers.mysql.settings import MysqlSettings
from reconciler.provider import NOTHING_BEYOND, Beyond, Retiring
from tests.providers.mysql.world import PROVIDER, READ, SYSTEM, access, demand, lowered, never, pair, scope_of, settings


def codes(model: Any, data: Any) -> set[str]:
    with pytest.raises(ValidationError) as found:
        model.model_validate(data)
    return {one["type"] for one in found.value.errors()}


def grant(**what: Any) -> dict[str, Any]:
    return {"privileges": ["SELECT"], **what}


WRONG = [
    ({"tables": ["orders"]}, "W461"),
    ({"tables": ["a.b.c"]}, "W461"),
    ({"tables": ["mysql.user"]}, "W461"),
    ({"databases": ["SYS"]}, "W461"),
    ({"tables": ["shop.a b"]}, "W461"),
    ({"tables": ["shop.\x00"]}, "W461"),
    ({"tables": ["shop." + "x" * 65]}, "W461"),
    ({"tables": ["shop.`x `"]}, "W461"),
    ({"tables": ["shop.*"]}, "W462"),
    ({"databases": ["shop%"]}, "W462"),
    ({"tables": ["a.b"], "privileges": ["FLY"]}, "W463"),
    ({"tables": ["a.b"], "privileges": ["ALL"]}, "W463"),
    ({"tables": ["a.b"], "privileges": ["EXECUTE"]}, "W463"),
    ({"tables": ["a.b"], "columns": ["c"], "privileges": ["DELETE"]}, "W463"),
    ({"databases": ["a"], "privileges": ["GRANT OPTION"]}, "W463"),
    ({}, "W464"),
    ({"tables": ["a.b"], "databases": ["a"]}, "W464"),
    ({"databases": ["a"], "columns": ["a"]}, "W464"),
    ({"tables": ["a.b"], "privileges": ["CREATE VIEW"]}, "W465"),
    ({"databases": ["a"], "privileges": ["EVENT"]}, "W465"),
    ({"procedures": ["a.b"], "privileges": ["ALTER ROUTINE"]}, "W465"),
]


@pytest.mark.parametrize(("what", "code"), WRONG)
def test_an_access_that_is_wrong(what: dict[str, Any], code: str) -> None:
    assert codes(Grant, grant(**what)) == {code}


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({}, "W464"),
        ({"columns": ["a"], "databases": ["a"]}, "W464"),
        ({"tables": ["orders"]}, "W461"),
        ({"tables": [""]}, "W461"),
        ({"server": True, "privileges": ["FLY"]}, "W463"),
    ],
)
def test_a_guardrail_that_is_wrong(what: dict[str, Any], code: str) -> None:
    assert codes(MysqlNever, what) == {code}


@pytest.mark.parametrize(
    "what",
    [
        {"role_prefix": "Writ_"},
        {"role_prefix": "writ~"},
        {"role_prefix": ""},
        {"role_prefix": "p"},
        {"role_prefix": "root_"},
        {"role_prefix": "w" * 33},
        {"credentials": {"mount": "database"}},
        {"minter": "a b"},
        {"minter": "x" * 129},
    ],
)
def test_settings_that_are_wrong(what: dict[str, Any]) -> None:
    assert codes(MysqlSettings, what) == {"W460"}


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"password": "x"}, "W750"),
        ({"Passwd": "x"}, "W750"),
        ({"socket": "/a", "host": "b"}, "W751"),
        ({"socket": "a"}, "W751"),
        ({"port": "70000"}, "W751"),
        ({"password_env": "A", "password_file": "b"}, "W751"),
    ],
)
def test_a_connection_that_is_wrong(what: dict[str, Any], code: str) -> None:
    assert codes(MysqlConnection, what) == {code}


def test_an_error_points_at_the_privilege() -> None:
    with pytest.raises(ValidationError) as found:
        Grant.model_validate(grant(tables=["a.b"], privileges=["SELECT", "SELCT"]))
    (error,) = found.value.errors()
    assert error["loc"] == ("privileges", 1)
    assert "did you mean SELECT?" in error["ctx"]["help"]


def test_a_pair_becomes_a_role_its_grants_and_a_request_for_logins() -> None:
    scope = scope_of(settings(minter="vault_minter@10.%", credentials={"system": "vault", "connection": "shop"}))
    found = lowered(scope, READ, {"privileges": ["insert"], "tables": ["shop.orders"]}, who=pair(ttl=300))
    role, marker = "writ_bot_orders.read", f"writ_~test~{SYSTEM}"
    by_key = {one.resource.address.key: one for one in found.resources}
    assert {key: one.resource.address.type for key, one in by_key.items()} == {
        marker: ROLE,
        role: ROLE,
        f"{role}:table:shop.orders": GRANT,
        f"vault_minter@10.%->{role}": MEMBERSHIP,
    }
    assert by_key[f"{role}:table:shop.orders"].resource.attributes["privileges"] == ["INSERT", "SELECT"]
    assert by_key[role].depends_on == (scope.address(ROLE, marker),)
    (login,) = found.logins
    assert (login.target.system, dict(login.target.options), login.target.role_prefix) == (
        "vault",
        {"connection": "shop"},
        "writ_",
    )
    (made,) = json.loads(login.create[0])
    assert "MAX_STATEMENT_TIME 300 " in made
    assert f"managed by writ; environment=test; system={SYSTEM};" in made
    assert login.create[1:] == (f"GRANT `{role}` TO '{{{{name}}}}'@'%'",)
    assert [statement.split()[0] for statement in login.revoke] == ["ALTER", "KILL", "DROP"]
    assert login.needs == (scope.address(MEMBERSHIP, f"vault_minter@10.%->{role}"),), "or it is left half made"


def test_two_pairs_share_one_marker_and_nobody_mints_without_credentials() -> None:
    found = PROVIDER.lower(scope_of(), demand((pair(), [READ]), (pair("other"), [READ])))
    keys = [one.resource.address.key for one in found.resources]
    assert len(keys) == len(set(keys)) == 5
    assert found.logins == ()
    assert PROVIDER.ttl(scope_of(), pair(), {}) is None


def test_a_role_name_that_is_too_long_is_an_error() -> None:
    (found,) = lowered(scope_of(), READ, who=pair("a" * 63, "i" * 63)).diagnostics
    assert found.code == "W466"
    assert "by 4" in found.help


@pytest.mark.parametrize(
    ("what", "width"),
    [
        ({"privileges": ["SELECT"], "databases": ["shop"]}, "whole-database"),
        ({"privileges": ["UPDATE"], "tables": ["shop.a"]}, "whole-table-write"),
        ({"privileges": ["DROP"], "tables": ["shop.a"]}, "structure"),
        ({"privileges": ["UPDATE"], "tables": ["shop.a"], "columns": ["b"]}, ""),
        ({"privileges": ["SELECT"], "tables": ["shop.a"]}, ""),
    ],
)
def test_widths(what: dict[str, Any], width: str) -> None:
    assert [one.width for one in PROVIDER.wide(access(what))] == ([width] if width else [])
    assert set(PROVIDER.widths) == {"whole-database", "whole-table-write", "structure"}


def test_only_what_writes_is_asked_of_the_administrator_for_apply() -> None:
    plan, apply = (PROVIDER.rights(scope_of(), writing=writing) for writing in (False, True))
    assert "CREATE USER ON" not in plan.text
    assert "WITH GRANT OPTION" not in plan.text
    assert "CREATE USER ON *.*" in apply.text
    assert never(server=True).privileges == ("ALL",)


def test_a_user_that_is_retired_needs_to_be_seen_and_ended() -> None:
    beyond = Beyond(retiring=(Retiring("export"),))
    for writing, right in ((False, "PROCESS"), (True, "PROCESS, CONNECTION ADMIN")):
        usual, told = (
            PROVIDER.rights(scope_of(), writing=writing, beyond=one).text for one in (NOTHING_BEYOND, beyond)
        )
        assert told == f"{usual}GRANT {right} ON *.* TO 'iam_operator'@'%';\n"
