"""Specs to roles and grants, without a server."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from providers.postgres.access import PostgresAccess
from providers.postgres.keys import DefaultKey, DependencyKey, GrantKey, MembershipKey
from providers.postgres.lease import lease_comment
from providers.postgres.settings import PostgresSettings
from reconciler.model import Ownership
from reconciler.provider import Demand, PairDemand, owner_by_text
from specs.source import Located, SourceSpan
from tests.providers.postgres.world import PROVIDER, demand, lowered, pair, scope_of, settings

SCOPE = scope_of(settings())
ROLE = "writ_bot_orders.read"
ORDERS = {"privileges": ["SELECT"], "tables": ["public.orders"]}


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([ORDERS], {"database:orders": ["CONNECT"], "schema:public": ["USAGE"], "table:public.orders": ["SELECT"]}),
        (
            [ORDERS, {"privileges": ["insert", "SELECT"], "tables": ["public.orders", '"public"."orders"']}],
            {"database:orders": ["CONNECT"], "schema:public": ["USAGE"], "table:public.orders": ["INSERT", "SELECT"]},
        ),
        (
            [{**ORDERS, "columns": ["id", "name"]}],
            {
                "database:orders": ["CONNECT"],
                "schema:public": ["USAGE"],
                "column:public.orders.id": ["SELECT"],
                "column:public.orders.name": ["SELECT"],
            },
        ),
        (
            [{"privileges": ["ALL", "SELECT"], "tables": ["public.orders"]}],
            {"database:orders": ["CONNECT"], "schema:public": ["USAGE"], "table:public.orders": ["ALL"]},
        ),
        (
            [{"privileges": ["ALL"], "sequences": ["sales.ticket"]}],
            {"database:orders": ["CONNECT"], "schema:sales": ["USAGE"],
             "sequence:sales.ticket": ["SELECT", "UPDATE", "USAGE"]},
        ),
        (
            [{"privileges": ["EXECUTE"], "functions": ["sales.rate(int, sales.mood)"]}],
            {"database:orders": ["CONNECT"], "schema:sales": ["USAGE"],
             "function:sales.rate(integer,sales.mood)": ["EXECUTE"]},
        ),
        (
            [{"privileges": ["TEMP"], "database": "true"}, {"privileges": ["USAGE"], "schemas": ['"Odd"']}],
            {"database:orders": ["CONNECT", "TEMPORARY"], 'schema:"Odd"': ["USAGE"]},
        ),
        (
            [{"privileges": ["DELETE"], "tables": ['"a.b"."c:d->e"']}],
            {"database:orders": ["CONNECT"], 'schema:"a.b"': ["USAGE"], 'table:"a.b"."c:d->e"': ["DELETE"]},
        ),
    ],
)  # fmt: skip
def test_grants(grants: list[dict[str, Any]], expected: dict[str, list[str]]) -> None:
    found = lowered(SCOPE, *grants)
    assert found.diagnostics == ()
    role, *rest = found.resources
    assert role.resource.address == ("orders-db", "postgresql_role", ROLE)
    assert {
        one.resource.address.key.removeprefix(f"{ROLE}:"): one.resource.attributes["privileges"] for one in rest
    } == expected
    for one in rest:
        assert one.depends_on == (role.resource.address,)
        assert str(GrantKey.parse(one.resource.address.key)) == one.resource.address.key
        assert one.resource.attributes["with_grant_option"] is False


def test_a_grants_origin_is_the_line_that_names_its_object() -> None:
    class Paths:
        def span(self, path: tuple[str | int, ...]) -> SourceSpan:
            return SourceSpan("/".join(map(str, path)), 1, 1)

    grants = [ORDERS, {**ORDERS, "tables": ["public.orders", "public.items"], "columns": ["id"]}]
    block = Located(PostgresAccess.model_validate({"grants": grants}), Paths(), ("access", 0))
    found = PROVIDER.lower(SCOPE, Demand((), (PairDemand(pair(), (block,)),))).resources
    spans = {one.resource.address.key.partition(":")[2]: one.origin.span for one in found}
    assert {key: span and span.file for key, span in spans.items()} == {
        "": None,
        "database:orders": None,
        "schema:public": None,
        "table:public.orders": "access/0/grants/0/tables/0",
        "column:public.orders.id": "access/0/grants/1/tables/0",
        "column:public.items.id": "access/0/grants/1/tables/1",
    }
    columns = {one.resource.address.key.partition(":")[2]: one.place("W457") for one in found}
    assert (at := columns["column:public.items.id"]) is not None
    assert at.file == "access/0/grants/1/columns/0"


def test_the_role_can_do_nothing_by_itself_and_says_whose_it_is() -> None:
    (role,) = (one for one in lowered(SCOPE, ORDERS).resources if one.resource.address.type == "postgresql_role")
    values = dict(role.resource.attributes)
    comment = str(values.pop("comment"))
    assert owner_by_text(comment, SCOPE)[0] is Ownership.OURS
    assert comment.endswith("agent=bot; intent=orders.read; database=orders; ttl=600")
    assert {name for name, value in values.items() if value not in (False, [], "", -1)} == set()


def test_a_minter_gets_admin_and_nothing_else() -> None:
    scope = scope_of(settings(minter="vault_minter", credentials={"system": "vault", "connection": "orders"}))
    found = lowered(scope, ORDERS)
    (membership,) = (one for one in found.resources if one.resource.address.type == "postgresql_grant_role")
    assert membership.resource.address.key == f"vault_minter->{ROLE}"
    assert membership.resource.attributes == {
        "role": "vault_minter",
        "grant_role": ROLE,
        "with_admin_option": True,
        "with_inherit_option": False,
        "with_set_option": False,
    }
    (request,) = found.logins
    assert (request.requester, request.target.system) == ("orders-db", "vault")
    assert request.target.options == {"connection": "orders"}
    assert request.group == scope.address("postgresql_role", ROLE)
    assert f'IN ROLE "{ROLE}"' in request.create[0]
    assert lease_comment(scope, ROLE) in request.create[1]


def test_without_credentials_nobody_is_asked_for_logins() -> None:
    assert lowered(SCOPE, ORDERS).logins == ()
    assert PROVIDER.login_target(settings()) is None


def test_names_that_the_server_would_cut_are_refused_and_collisions_named() -> None:
    long = "a" * 40
    asked = [(pair(long, f"orders.read-everything-{end}"), [ORDERS]) for end in ("x", "y")]
    found = PROVIDER.lower(SCOPE, demand(*asked))
    assert found.resources == ()
    first, second = found.diagnostics
    assert (first.code, second.code) == ("W417", "W417")
    assert "would cut it at 63" in first.message
    assert "collides with writ_" in second.message
    assert first.help == "shorten the agent's name, the intent's or role_prefix by 7"
    exact = lowered(SCOPE, ORDERS, who=pair("a" * 40, "b" * 17))
    assert exact.diagnostics == ()
    assert len(exact.resources[0].resource.address.key) == 63


def test_blocks_that_together_are_all_before_17_are_refused() -> None:
    found = lowered(
        SCOPE,
        {"privileges": ["SELECT", "INSERT", "UPDATE", "DELETE"], "tables": ["public.orders"]},
        {"privileges": ["TRUNCATE", "REFERENCES", "TRIGGER"], "tables": ["public.orders"]},
    )
    assert [problem.code for problem in found.diagnostics] == ["W416"]


@pytest.mark.parametrize(
    "key",
    [
        GrantKey("writ_a:b", "table", "s.x", 'n"y'),
        GrantKey("writ_a", "column", "public", "t", 'c":->'),
        GrantKey("writ_a", "large_object", "", "4711"),
        GrantKey("writ_a", "parameter", "", "my.setting"),
        GrantKey("writ_a", "function", "public", "f", arguments="integer,text[]"),
        MembershipKey("a->b", 'w"rit'),
        MembershipKey("minter", "writ_a_b"),
        DefaultKey("writ_a:x", "bob", "", "table"),
        DefaultKey("writ_a", "bo:b", "Sales", "function"),
        DependencyKey("writ_a", "owner", "table public.x: y"),
    ],
)
def test_keys_parse_back(key: Any) -> None:
    assert type(key).parse(str(key)) == key


@pytest.mark.parametrize("text", ["", "x", "a:b", "a:table:x", "a:nothing:x.y", "a:function:s.f", "a:column:s.t"])
def test_what_is_no_key(text: str) -> None:
    assert GrantKey.parse(text) is None
    assert MembershipKey.parse(text) is None


def test_importing_the_provider_imports_no_driver() -> None:
    code = "import providers.postgres.provider, sys; sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("login", ["minter", "operator"])
def test_a_login_of_the_settings_lies_outside_the_scope(login: str) -> None:
    with pytest.raises(ValidationError, match=f"{login} writ_x lies within role_prefix writ_"):
        PostgresSettings.model_validate({"database": "orders", login: "writ_x"})


def test_the_operator_is_not_the_minter() -> None:
    with pytest.raises(ValidationError, match="operator x is the minter, too"):
        PostgresSettings.model_validate({"database": "orders", "minter": "x", "operator": "x"})
