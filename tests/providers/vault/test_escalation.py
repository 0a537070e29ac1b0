"""Steps in Vault that only may be, or hang on several requests; the certain ones are gone by hand in tests/e2e."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.vault.escalation.rules import RULES
from providers.vault.names import ALLOWED_ROLE, CONNECTION, DATABASE_ROLE, ENTITY, JWT_ROLE, POLICY
from providers.vault.provider import VaultProvider
from providers.vault.settings import VaultSettings
from reconciler.model import Address, Kind, Resource, Step
from reconciler.provider import LoginTarget, Scope

TARGET = LoginTarget("vault", {"mount": "database", "connection": "orders"}, "writ_", "orders-db")
SCOPE = Scope("test", "vault", VaultSettings.model_validate({}), login_targets=(TARGET,))
Objects = dict[Address, Resource]


def at(kind: str, key: str, **values: Any) -> Objects:
    address = Address("vault", kind, key)
    return {address: Resource(address, values)}


def login(name: str, *rules: tuple[str, str], subject: str = "", audience: str = "vault", **more: Any) -> Objects:
    text = "\n".join(f'path "{path}" {{ capabilities = {json.dumps(words.split())} }}' for path, words in rules)
    values = {
        "bound_subject": subject or f"sa:{name}",
        "bound_audiences": [audience],
        "token_policies": [f"writ-{name}"],
        "token_no_default_policy": True,
        **more,
    }
    return {**at(JWT_ROLE, f"jwt-agents/{name}", **values), **at(POLICY, f"writ-{name}", policy=text)}


def database(name: str, *patterns: str, listed: bool = True, read: bool = True) -> Objects:
    statement = f'GRANT "writ_{name}" TO "{{{{name}}}}"'
    made = at(DATABASE_ROLE, f"database/roles/writ-{name}", db_name="orders", creation_statements=[statement])
    if listed:
        made |= at(ALLOWED_ROLE, f"database/orders/writ-{name}", connection="database/config/orders")
    return made | (at(CONNECTION, "database/config/orders", patterns=list(patterns)) if read else {})


def found(*objects: Objects) -> list[Step]:
    every = {address: one for some in objects for address, one in some.items()}
    steps = VaultProvider().steps(SCOPE, every)
    return [one for one in steps if one.needs[0].kind is not Kind.ADMINISTRATOR]


def told(*objects: Objects) -> set[tuple[str, str, bool]]:
    return {(one.rule, one.gives.kind.value, one.certain) for one in found(*objects) if one.rule}


ANY = {("everybody", True), ("administrator", False)}
PERHAPS = {("everybody", False), ("administrator", False)}


def of(rule: str, kinds: set[tuple[str, bool]]) -> set[tuple[str, str, bool]]:
    return {(rule, kind, certain) for kind, certain in kinds}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([("sys/policies/acl/writ-a", "update")], {("V1", "administrator", True)}),
        ([("sys/policy/writ-a", "update")], {("V1", "administrator", True)}),
        ([("sys/policies/acl/+", "update")], {("V1", "administrator", True)}),
        ([("sys/policies/acl/writ-b", "update")], set()),
        ([("sys/policies/acl/writ-a", "read")], set()),
        ([("auth/jwt-agents/role/a", "update")], of("V4", ANY)),
        ([("auth/jwt-agents/role/new", "create")], of("V4", ANY)),
        ([("auth/jwt-agents/role/*", "read list")], set()),
        ([("auth/jwt-other/role/*", "create update")], set()),
        ([("auth/userpass/users/*", "create update")], of("V4", PERHAPS)),
        ([("auth/approle/role/*", "create update")], of("V4", PERHAPS)),
        ([("auth/approle/role/+", "create update")], set()),
        ([("identity/entity/name/writ-agent", "update")], of("V5", ANY)),
        ([("identity/entity/name/writ-other", "update")], set()),
        ([("identity/entity/id/*", "update")], of("V5", PERHAPS)),
        ([("identity/group", "update")], of("V5", ANY)),
        ([("auth/token/create", "update sudo")], of("V6", ANY)),
        ([("auth/token/create", "update")], set()),
        ([("auth/token/create-orphan", "update")], set()),
        ([("auth/token/create-orphan", "update sudo")], of("V6", ANY)),
        ([("auth/token/create/any", "update")], of("V6", PERHAPS)),
        ([("sys/auth/*", "create update sudo")], of("V7", PERHAPS)),
        ([("sys/auth/*", "create update")], set()),
        ([("sys/auth/*", "create update sudo"), ("auth/*", "create update")], of("V7", ANY) | of("V4", ANY)),
        ([("sys/raw/*", "update sudo")], {("V7", "administrator", False)}),
        ([("sys/raw/*", "update")], set()),
    ],
)
def test_what_a_login_may_write(rules: list[tuple[str, str]], expected: set[tuple[str, str, bool]]) -> None:
    entity = at(ENTITY, "writ-agent", policies=[], disabled=False)
    alias = at("vault_identity_entity_alias", "jwt-agents/sa:a", mount="jwt-agents", name="sa:a", entity="writ-agent")
    assert expected <= told(login("a", *rules), entity, alias)
    if not expected:
        assert told(login("a", *rules), entity, alias) == set()


WRITE, READ = ("database/roles/writ-a", "create update"), ("database/creds/writ-a", "read")


@pytest.mark.parametrize(
    ("rules", "there", "expected"),
    [
        ([WRITE, READ], database("a"), {("V2", "minter", True)}),
        ([WRITE], database("a"), set()),
        ([READ], database("a"), set()),
        ([WRITE, READ], database("a", listed=False), set()),
        ([WRITE, READ], database("a", "*", listed=False), {("V2", "minter", True)}),
        ([WRITE, READ], database("a", listed=False, read=False), {("V2", "minter", False)}),
        (
            [WRITE, READ, ("database/config/orders", "update")],
            database("a", listed=False),
            {("V2", "minter", True)},
        ),
        (
            [("database/roles/*", "create update"), ("database/creds/*", "read")],
            database("b"),
            {("V2", "minter", True)},
        ),
        ([("other/roles/*", "create update"), ("other/creds/*", "read")], database("b"), set()),
    ],
    ids=["both", "writes", "reads", "not-served", "by-a-pattern", "not-read", "its-config", "wide", "another-engine"],
)
def test_a_database_role_of_its_making(
    rules: list[tuple[str, str]], there: Objects, expected: set[tuple[str, str, bool]]
) -> None:
    assert told(login("a", *rules), there) == expected


def test_a_login_that_is_meant_is_no_escalation() -> None:
    (step,) = found(login("a", READ), database("a"))
    assert (step.rule, step.gives.system, step.gives.name, step.certain) == ("", "orders-db", "writ_a", True)
    assert [str(one) for one in step.by] == [
        'vault.vault_policy["writ-a"]',
        'vault.vault_jwt_auth_backend_role["jwt-agents/a"]',
    ]


def test_an_identity_that_two_roles_take() -> None:
    one, other = login("a"), login("b")
    assert told(one, other) == set()
    assert told(one, login("b", subject="sa:a")) == {("D2", "principal", True)}
    assert told(one, login("b", subject="sa:a", audience="another")) == set()
    assert told(one, login("b", subject="sa:a", bound_claims={"team": "x"})) >= {("D2", "principal", False)}
    anybody = at(JWT_ROLE, "jwt-agents/b", bound_subject="", bound_audiences=["vault"], token_policies=[])
    assert told(one, anybody) == {("D2", "principal", True)}
    for another in (login("b", subject="sa:a"), anybody):
        steps = found(one, another)
        its = {step.gives for step in steps if step.needs[0].name == "jwt-agents/a"}
        assert its & {step.needs[0] for step in steps if step.gives.name == "jwt-agents/b"}


def test_a_login_with_root_is_none() -> None:
    """The server refuses it: tests/e2e/test_escalation.py."""
    assert found(login("a", WRITE, READ, token_policies=["root"]), database("a")) == []


def test_the_catalogue_is_tried() -> None:
    assert set(RULES) == {"V1", "V2", "V4", "V5", "V6", "V7", "D2"}
