"""Steps in Vault that only may be, or hang on several requests; the certain ones are gone by hand in tests/e2e."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.vault.escalation.rules import RULES
from providers.vault.names import ALLOWED_ROLE, CONNECTION, DATABASE_ROLE, ENTITY, HOLDER, JWT_ROLE, POLICY
from providers.vault.provider import VaultProvider
from providers.vault.settings import VaultSettings
from reconciler.model import Address, Kind, Meeting, Resource, Spot, Step
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
    beside = {Spot(Kind.ADMINISTRATOR, "vault"), Spot.meeting(Meeting.STORED), Spot.meeting(Meeting.UNSEAL)}
    return [one for one in steps if one.needs[0] not in beside]


def told(*objects: Objects) -> set[tuple[str, str, bool]]:
    return {(one.rule, one.gives.kind.value, one.certain) for one in found(*objects) if one.rule}


ANY = {("everybody", True), ("administrator", False)}
PERHAPS = {("everybody", False), ("administrator", False)}


ENGINE = {("V3", "ability", False)}


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
        ([("auth/jwt-other/role/*", "create update")], of("V4", PERHAPS)),
        ([("auth/corp/ldap/groups/dev", "update")], of("V4", PERHAPS)),
        ([("auth/jwt-other/role/*", "read list")], set()),
        ([("auth/userpass/users/*", "create update")], of("V4", PERHAPS)),
        ([("auth/approle/role/*", "create update")], of("V4", PERHAPS)),
        ([("auth/approle/role/+", "create update")], set()),
        ([("identity/entity/name/writ-agent", "update")], of("V5", ANY)),
        ([("identity/entity/name/writ-other", "update")], set()),
        ([("identity/entity", "create update")], of("V5", ANY)),
        ([("identity/entity/id/*", "update")], of("V5", PERHAPS)),
        ([("identity/entity/id/0a1b", "update")], of("V5", PERHAPS)),
        ([("identity/group/id/*", "update")], of("V5", PERHAPS)),
        ([("identity/group/id/0a1b", "update")], of("V5", PERHAPS)),
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
        ([("sys/remount", "update sudo")], of("V7", PERHAPS)),
        ([("sys/remount", "update")], set()),
        ([("aws/roles/*", "create update"), ("aws/creds/*", "read")], ENGINE),
        ([("aws/roles/*", "create update"), ("aws/sts/*", "update")], ENGINE),
        ([("aws/roles/mine", "update"), ("aws/creds/mine", "read")], ENGINE),
        ([("team/+/roles/*", "update"), ("aws/creds/mine", "read")], set()),
        ([("team/roles/*", "create"), ("team/sts/*", "read")], ENGINE),
        ([("+/roles/*", "create"), ("+/creds/*", "read")], ENGINE),
        ([("team/roles/*", "create"), ("team/creds/*", "read")], set()),
        ([("aws/roles/*", "create update")], set()),
        ([("aws/creds/*", "read")], set()),
        ([("aws/roles/mine", "update"), ("aws/creds/other", "read")], set()),
        ([("sys/mounts/*", "create"), ("writ-new/roles/*", "create"), ("writ-new/creds/*", "read")], ENGINE),
        ([("sys/mounts/+", "create"), ("+/roles/+", "create"), ("+/creds/+", "read")], ENGINE),
        ([("sys/mounts/+", "read"), ("writ-new/roles/+", "create"), ("writ-new/creds/+", "read")], set()),
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


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ('"db_name" = ["orders"], "creation_statements" = []', True),
        ('"creation_statements" = []', True),
        ('"revocation_statements" = []', True),
        ('"default_ttl" = []', False),
        ('"db_name" = ["other"]', False),
    ],
)
def test_what_parameters_leave_of_a_database_role(parameters: str, expected: bool) -> None:
    """Its own role is there: it needs no connection anew."""
    there = login("a", READ)
    policy = Address("vault", POLICY, "writ-a")
    rule = f'path "{WRITE[0]}" {{ capabilities = ["update"]\n allowed_parameters = {{ {parameters} }} }}'
    text = f"{there[policy].attributes['policy']}\n{rule}"
    assert told({**there, policy: Resource(policy, {"policy": text})}, database("a")) == (
        {("V2", "minter", True)} if expected else set()
    )


def test_a_policy_without_which_a_wider_one_does_closes_nothing() -> None:
    """The server takes the most specific rule alone: where that goes, another counts."""
    one = login("a", ("sys/policies/acl/writ-a", "update"), token_policies=["writ-a", "wide"])
    wide = at(POLICY, "wide", policy='path "sys/policies/*" { capabilities = ["update"] }')
    by = {str(address) for step in found(one, wide) if step.rule == "V1" for address in step.by}
    assert 'vault.vault_policy["writ-a"]' not in by
    narrow = at(POLICY, "wide", policy='path "sys/policies/*" { capabilities = ["read"] }')
    by = {str(address) for step in found(one, narrow) if step.rule == "V1" for address in step.by}
    assert 'vault.vault_policy["writ-a"]' in by


def test_each_of_two_policies_by_which_a_login_comes_there_is_a_step() -> None:
    one = login("a", ("identity/group", "update"), token_policies=["writ-a", "more"])
    more = at(POLICY, "more", policy='path "identity/group/name/x" { capabilities = ["update"] }')
    opened = {step.by[0].key for step in found(one, more) if step.rule == "V5" and step.certain}
    assert opened == {"writ-a", "more"}


def test_a_login_that_is_meant_is_no_escalation() -> None:
    (step,) = found(login("a", READ), database("a"))
    assert (step.rule, step.gives.system, step.gives.name, step.certain) == ("", "orders-db", "writ_a", True)
    assert [str(one) for one in step.by] == [
        'vault.vault_policy["writ-a"]',
        'vault.vault_jwt_auth_backend_role["jwt-agents/a"]',
    ]


def reads(*objects: Objects) -> dict[str, set[str]]:
    """By login: the roles that it comes to, in one step or by what it shares with others."""
    steps = [one for one in found(*objects) if not one.rule]
    shared = {one.needs[0]: {two.gives.name for two in steps if two.needs == one.needs} for one in steps}
    return {
        spot.name.removeprefix("jwt-agents/"): {
            name for one in steps if one.needs == (spot,) for name in shared.get(one.gives, {one.gives.name})
        }
        for spot in shared
        if spot.kind is Kind.PRINCIPAL
    }


STAR = at(POLICY, "star", policy='path "database/creds/*" { capabilities = ["read"] }')


def test_what_patterns_let_many_read_is_worked_out_once() -> None:
    """A thousand logins that may read a thousand paths are no million steps."""

    def work(size: int) -> int:
        names = [f"x{number}" for number in range(size)]
        own = (
            login(name, (f"database/creds/writ-{name}", "read"), token_policies=["star", f"writ-{name}"])
            for name in names
        )
        many = [STAR, *own, *(database(name) for name in names)]
        if size < 10:
            every = {f"writ_{name}" for name in names}
            assert reads(*many) == dict.fromkeys(names, every)
        return len(found(*many))

    assert work(40) < 4.5 * work(10)


def test_what_a_rule_of_its_own_denies_a_login_doesnt_share() -> None:
    more = ["star", "writ-a"]
    closed = login("a", ("database/creds/writ-c", "deny"), token_policies=more)
    assert reads(STAR, closed, database("b"), database("c")) == {"a": {"writ_b"}}
    narrow = login("a", ("database/creds/writ-c*", "list"), token_policies=more)
    free = login("d", token_policies=["star", "writ-d"])
    every = reads(STAR, narrow, free, database("b"), database("c"))
    assert every == {"a": {"writ_b"}, "d": {"writ_b", "writ_c"}}


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
    assert set(RULES) == {"V1", "V2", "V3", "V4", "V5", "V6", "V7", "D2", "X1", "X2"}


def mapping(path: str, kind: str, *policies: str, bound: tuple[str, ...] = ()) -> Objects:
    values: dict[str, Any] = {"path": path, "kind": kind, "policies": list(policies), "roles": [], "bound": list(bound)}
    address = Address("vault", HOLDER, path)
    return {address: Resource(address, values)}


GROUP = Spot.meeting(Meeting.GROUP, "oncall")
BOUND = "arn:aws:iam::123456789012:role/writ/writ-Bot_x"


@pytest.mark.parametrize(
    ("holder", "expected"),
    [
        (mapping("auth/ldap/groups/OnCall", "ldap group", "writ-a"), ("X1", GROUP, True)),
        (mapping("auth/team/ldap/groups/oncall", "ldap group", "writ-a", "other"), ("X1", GROUP, True)),
        (mapping("auth/ldap/users/eve", "ldap user", "writ-a"), ("X1", Spot.meeting(Meeting.ACCOUNT, "eve"), True)),
        (mapping("auth/ldap/groups/oncall", "ldap group", "writ-b"), None),
        (mapping("auth/okta/groups/oncall", "okta group", "writ-a"), None),
        (
            mapping("auth/aws/role/ci", "aws role", "writ-a", bound=(BOUND,)),
            ("X2", Spot.meeting(Meeting.AWS_ROLE, "123456789012:writ-bot_x"), True),
        ),
        (mapping("auth/aws/role/ci", "aws role", "writ-a", bound=("arn:aws:iam::123456789012:user/x",)), None),
        (mapping("auth/aws/role/ci", "aws role", "writ-a", bound=("arn:aws:iam::123456789012:role/*",)), None),
        (mapping("auth/aws/role/ci", "aws role", "writ-a"), None),
    ],
    ids=[
        "group", "a-mount-with-a-slash", "user", "another-policy", "another-method", "aws-role", "a-user", "a-pattern",
        "bound-otherwise",
    ],
)  # fmt: skip
def test_what_another_system_vouches_for(holder: Objects, expected: tuple[str, Spot, bool] | None) -> None:
    steps = [one for one in found(login("a"), login("c"), holder) if one.rule.startswith("X")]
    assert [(one.rule, one.needs[0], one.gives.name == "jwt-agents/a") for one in steps] == (
        [expected] if expected else []
    )
    assert not any(one.certain for one in steps), "which directory the mount asks isn't read"


def test_a_policy_less_than_the_login_has_is_said() -> None:
    (address,) = (one for one in login("a") if one.type == JWT_ROLE)
    more = login("a", token_policies=["writ-a", "writ-more"])
    (step,) = [one for one in found(more, mapping("auth/ldap/groups/x", "ldap group", "writ-a")) if one.rule == "X1"]
    assert step.note == "if auth/ldap asks that directory; without writ-more"
    assert step.gives == Spot.of(address)
