"""Systems that may be one place under several names, and what they claim there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from reconciler.workflow.specs import Request, validate

HEAD = "apiVersion: writ/v1\nkind: {}\nmetadata: {{name: {}}}\nspec:\n"
ISSUERS = "  issuers: {cluster: {issuer: https://oidc.example.com, audiences: {vault: v, aws: a}}}\n  systems:\n"
AGENT = HEAD.format("Agent", "bot") + (
    "  owner: team@example.com\n  purpose: works\n  identity: {issuer: cluster, subject: sa-bot}\n  intents: [work]\n"
)
AWS = '{{provider: aws, account: "{}", role_path: {}, role_prefix: {}}}'


def environment(name: str, systems: dict[str, str]) -> str:
    return HEAD.format("Environment", name) + ISSUERS + "".join(f"    {one}: {two}\n" for one, two in systems.items())


def intent(*access: str) -> str:
    return (
        HEAD.format("Intent", "work")
        + "  purpose: works\n  risk: low\n  data: public\n  ttl: 1h\n  access:\n"
        + "".join(f"    - {one}\n" for one in access)
    )


def never(block: str) -> str:
    return HEAD.format("Guardrail", "baseline") + f"  max_ttl: {{low: 1h}}\n  never: [{block}]\n"


def findings(tmp_path: Path, *documents: str, chosen: str | None = None) -> list[str]:
    file = tmp_path / "specs.yaml"
    file.write_text("---\n".join(documents))
    _, _, found = validate(Request((str(file),), chosen))
    return [f"{one.code} {one.subject}: {one.message}" for one in found if one.code != "W208"]


S3 = '{{system: {}, statements: [{{actions: ["s3:GetObject"], resources: ["arn:aws:s3:::payroll/x"]}}]}}'


@pytest.mark.parametrize(("account", "caught"), [("123456789012", True), ("210987654321", False)])
def test_another_name_for_an_account_is_no_way_around_a_guardrail(tmp_path: Path, account: str, caught: bool) -> None:
    systems = {
        "payments": AWS.format("123456789012", "/writ/", "writ-"),
        "payments2": AWS.format(account, "/other/", "other-"),
    }
    forbidden = never('{system: payments, actions: ["s3:*"], resources: ["arn:aws:s3:::payroll/*"]}')
    found = findings(tmp_path, environment("test", systems), intent(S3.format("payments2")), AGENT, forbidden)
    witness = "s3:GetObject on arn:aws:s3:::payroll/x (bot; payments2 may be payments)"
    assert found == (
        [f"W310 intents.work.spec.access[0]: guardrail baseline forbids this: {witness}"] if caught else []
    )


@pytest.mark.parametrize(("database", "caught"), [("orders", True), ("bills", False)])
def test_another_name_for_a_database_is_none_either(tmp_path: Path, database: str, caught: bool) -> None:
    systems = {
        "one": "{provider: postgres, database: orders}",
        "two": f"{{provider: postgres, database: {database}, role_prefix: other_}}",
    }
    forbidden = never("{system: one, tables: [public.salaries]}")
    access = intent("{system: two, grants: [{privileges: [SELECT], tables: [public.salaries]}]}")
    found = findings(tmp_path, environment("test", systems), access, AGENT, forbidden)
    assert [one[:4] for one in found] == (["W310"] if caught else [])


def test_nor_is_another_name_for_a_vault(tmp_path: Path) -> None:
    systems = {
        "one": "{provider: vault}",
        "two": "{provider: vault, auth_mount: jwt-two, policy_prefix: two-}",
    }
    forbidden = never('{system: one, paths: ["kv/data/payroll/*"]}')
    access = intent("{system: two, paths: [{path: kv/data/payroll/x, capabilities: [read]}]}")
    [found] = findings(tmp_path, environment("test", systems), access, AGENT, forbidden)
    assert found.endswith("two may be one)")


MINTED = "{{provider: postgres, database: orders, credentials: {{system: {}, mount: {}, connection: orders}}}}"


@pytest.mark.parametrize("asked", ["one", "two"])
@pytest.mark.parametrize("path", ["config/orders", "static-creds/app", "rotate-root/orders", "roles/writ-x", "+/x"])
def test_the_engine_that_could_mint_logins_is_nobody_elses(tmp_path: Path, asked: str, path: str) -> None:
    systems = {
        "one": "{provider: vault}",
        "two": "{provider: vault, auth_mount: jwt-two, policy_prefix: two-}",
        "db": MINTED.format("one", "sql"),
    }
    access = intent(f"{{system: {asked}, paths: [{{path: sql/{path}, capabilities: [update]}}]}}")
    [found] = findings(tmp_path, environment("test", systems), access, AGENT)
    assert found == f"W421 intents.work: sql/{path} reaches sql/*, where database logins are made"


SAME = {
    "aws": ('{provider: aws, account: "123456789012"}', '{provider: aws, account: "123456789012"}'),
    "aws path": (AWS.format("123456789012", "/w/", "a-"), AWS.format("123456789012", "/w/b/", "b-")),
    "aws path, the other way": (AWS.format("123456789012", "/w/b/", "a-"), AWS.format("123456789012", "/w/", "b-")),
    "aws names": (AWS.format("123456789012", "/a/", "w-"), AWS.format("123456789012", "/b/", "w-")),
    "vault mount": ("{provider: vault, policy_prefix: a-}", "{provider: vault, policy_prefix: b-}"),
    "vault prefix": (
        "{provider: vault, policy_prefix: a-, auth_mount: a}",
        "{provider: vault, policy_prefix: a-b-, auth_mount: b}",
    ),
    "postgres": (
        "{provider: postgres, database: d, role_prefix: a_}",
        "{provider: postgres, database: d, role_prefix: a_b_}",
    ),
}
APART = {
    "aws account": ('{provider: aws, account: "123456789012"}', '{provider: aws, account: "210987654321"}'),
    "aws path": (AWS.format("123456789012", "/w/a/", "w-"), AWS.format("123456789012", "/w/b/", "w-b-")),
    "vault": ("{provider: vault}", "{provider: vault, policy_prefix: b-, auth_mount: jwt-agents-b}"),
    "database": ("{provider: postgres, database: d}", "{provider: postgres, database: e}"),
    "prefix": (
        "{provider: postgres, database: d, role_prefix: a_}",
        "{provider: postgres, database: d, role_prefix: b_}",
    ),
}


@pytest.mark.parametrize("systems", SAME.values(), ids=SAME)
def test_a_scope_is_one_systems(tmp_path: Path, systems: tuple[str, str]) -> None:
    [found] = findings(tmp_path, environment("test", {"one": systems[0], "two": systems[1]}))
    assert found.startswith("W216 environments.test.spec.systems.two: two claims what one does: ")


@pytest.mark.parametrize("systems", APART.values(), ids=APART)
def test_scopes_that_lie_apart(tmp_path: Path, systems: tuple[str, str]) -> None:
    assert findings(tmp_path, environment("test", {"one": systems[0], "two": systems[1]})) == []


def test_two_environments_in_one_account(tmp_path: Path) -> None:
    documents = [environment(name, {"cloud": SAME["aws"][0], "vault": "{provider: vault}"}) for name in ("a", "b", "c")]
    found = findings(tmp_path, *documents)
    assert [one.partition(": both")[0] for one in found] == [
        f"W216 environments.{name}.spec.systems.cloud: cloud claims what cloud of environment a does" for name in "bc"
    ]
    assert found[0].endswith("both have role_path /writ/ (both are account 123456789012)")
    assert len(findings(tmp_path, *documents, chosen="b")) == 2
    assert findings(tmp_path, documents[0], environment("d", {"vault": "{provider: vault}"})) == []


def test_thousands_of_systems_take_no_time(tmp_path: Path) -> None:
    one = environment("a", {f"s{at}": AWS.format("123456789012", f"/w/{at}/", f"w{at}-") for at in range(2500)})
    other = environment("b", {f"s{at}": AWS.format("123456789012", f"/w/{at}/", f"w{at}-") for at in range(2500)})
    began = time.process_time()
    assert len(findings(tmp_path, one, other)) > 90
    assert time.process_time() - began < 20


def test_a_width_that_is_forbidden_is_so_under_every_name(tmp_path: Path) -> None:
    systems = {"one": "{provider: vault}", "two": "{provider: vault, auth_mount: jwt-two, policy_prefix: two-}"}
    forbidden = HEAD.format("Guardrail", "baseline") + "  forbid: [{system: one, widths: [wildcard-path]}]\n"
    access = intent("{system: two, paths: [{path: kv/data/x/*, capabilities: [read]}]}")
    found = findings(tmp_path, environment("test", systems), access, AGENT, forbidden)
    assert [one[:4] for one in found] == ["W313"], found


def test_another_environments_roles_in_the_account_are_nobodys_to_change(tmp_path: Path) -> None:
    action = '{{system: payments, statements: [{{actions: ["iam:PutRolePolicy"], resources: ["{}"]}}]}}'
    theirs = intent(action.format("arn:aws:iam::123456789012:role/prod/prod-bot_work"))
    environments = [
        environment("prod", {"payments": AWS.format("123456789012", "/prod/", "prod-")}),
        environment("dev", {"payments": AWS.format("123456789012", "/dev/", "dev-")}),
    ]
    for chosen in ("dev", "prod"):
        [found] = findings(tmp_path, *environments, theirs, AGENT, chosen=chosen)
        assert found.startswith("W439 intents.work.spec.access[0].statements[0].actions[0]: iam:PutRolePolicy on ")
    elsewhere = environment("prod", {"payments": AWS.format("210987654321", "/prod/", "prod-")})
    assert findings(tmp_path, elsewhere, environments[1], theirs, AGENT, chosen="dev") == []
