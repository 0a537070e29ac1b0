"""docs/permissions.md is what Writ needs: the quickstart runs with exactly these rights."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import boto3
import psycopg
import pytest

from providers.postgres.permissions import rights
from providers.vault.permissions import operator_policy
from reconciler.sandbox.reading import read_blueprint
from tests.e2e.hands import MOUNT, READER, Hands
from tests.e2e.vandalisms import ALL
from tests.e2e.wire import tapped
from tests.servers import EXAMPLES, World, copy_specs, run_writ

ROOT = Path(__file__).parents[2]
DOCS, _, BESIDES = (ROOT / "docs" / "permissions.md").read_text().partition("## What the specs name besides")


def blocks(language: str, text: str = DOCS) -> list[str]:
    """The page's fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def printed(verb: str, system: str, specs: str = str(EXAMPLES / "quickstart" / "specs")) -> str:
    """What the command prints for the quickstart."""
    done = run_writ("permissions", verb, specs, "--system", system, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_page_is_what_the_command_prints() -> None:
    assert blocks("hcl") == [printed(verb, "vault") for verb in ("apply", "plan", "inventory")]
    assert blocks("json") == [printed(verb, "payments") for verb in ("apply", "inventory")]
    (setting,) = read_blueprint([str(EXAMPLES / "quickstart" / "specs")]).settings
    orders = next(system for system in setting.systems if system.name == "orders-db").scope
    named = replace(orders, settings=orders.settings.model_copy(update={"operator": "iam_operator"}))
    planner = rights(named, writing=False).text
    assert blocks("sql") == [printed("apply", "orders-db"), planner, printed("inventory", "orders-db")]
    assert rights(named, writing=True).text == printed("apply", "orders-db")
    assert printed("plan", "orders-db") == printed("apply", "orders-db")
    whole, reading = (json.loads(printed(verb, "payments"))["Statement"] for verb in ("apply", "plan"))
    assert reading == whole[:1]


@pytest.fixture
def besides(tmp_path: Path) -> str:
    """The quickstart with what the page's example says: names of what stood before, and retirements."""
    copy_specs("quickstart", tmp_path / "specs")
    names, retirements = blocks("yaml", BESIDES)
    agents = tmp_path / "specs" / "agents.yaml"
    text = agents.read_text()
    agents.write_text(text.replace("    - {name: orders.read, ttl: 10m}\n", names))
    assert agents.read_text() != text
    (tmp_path / "specs" / "retirements.yaml").write_text(retirements)
    return str(tmp_path / "specs")


def test_what_the_specs_name_besides_needs_more(besides: str) -> None:
    def more(verb: str, system: str) -> str:
        usual = printed(verb, system).splitlines()
        return "".join(f"{line}\n" for line in printed(verb, system, besides).splitlines() if line not in usual)

    def statements(verb: str, specs: str | None = None) -> list[dict[str, object]]:
        found = json.loads(printed(verb, "payments", specs) if specs else printed(verb, "payments"))
        return list(found["Statement"])

    assert blocks("hcl", BESIDES) == [more("apply", "vault"), more("plan", "vault")]
    assert blocks("sql", BESIDES) == [more("apply", "orders-db")]
    (told,) = map(json.loads, blocks("json", BESIDES))
    assert told == [one for one in statements("apply", besides) if one not in statements("apply")]
    assert [one["Sid"] for one in statements("plan", besides)] == ["Read", "RetiringUsers"]
    assert more("inventory", "vault") == more("inventory", "orders-db") == ""


def test_the_vault_policy_is_the_one_that_the_sandboxs_operator_runs_with() -> None:
    (setting,) = read_blueprint([str(EXAMPLES / "quickstart" / "specs")]).settings
    vault = next(system for system in setting.systems if system.name == "vault")
    assert printed("apply", "vault") == operator_policy(vault.scope.settings, [("database", "orders")])


def test_all_systems_with_what_is_to_be_known(tmp_path: Path) -> None:
    copy_specs("quickstart", tmp_path / "specs")
    text = run_writ("permissions", "apply", cwd=tmp_path).stdout
    assert "payments (aws), IAM policy:\n{" in text
    assert "  - sys/policies/acl/writ-* is the power to write policies" in text
    data = json.loads(run_writ("permissions", "plan", "-json", cwd=tmp_path).stdout)
    assert [(one["name"], one["form"]) for one in data["systems"]] == [
        ("orders-db", "SQL"),
        ("payments", "IAM policy"),
        ("vault", "HCL"),
    ]
    wrong = run_writ("permissions", "plan", "--system", "valt", cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "error[W651]" in wrong.stderr
    assert "did you mean vault?" in wrong.stderr


def test_a_boundary_is_asked_of_whatever_is_given(tmp_path: Path) -> None:
    copy_specs("quickstart", tmp_path / "specs")
    boundary = "arn:aws:iam::123456789012:policy/agents"
    environment = tmp_path / "specs" / "environment.yaml"
    text = environment.read_text()
    environment.write_text(text.replace("role_path: /writ/", f"role_path: /writ/, permissions_boundary: '{boundary}'"))
    assert environment.read_text() != text
    policy = run_writ("permissions", "apply", "--system", "payments", cwd=tmp_path).stdout
    assert "DeleteRolePermissionsBoundary" not in policy
    (bounded,) = (one for one in json.loads(policy)["Statement"] if "Condition" in one)
    assert bounded["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    assert bounded["Action"] == ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]


@pytest.fixture
def operators(world: World) -> Iterator[Callable[[str], None]]:
    """Gives Writ's login at OpenBao another policy; the right one at the end."""
    (system,) = (one for one in read_blueprint([str(world.specs)]).systems if one.name == "vault")
    vault = world.sandbox.server("vault").root_client(system.scope)  # type: ignore[attr-defined]

    def give(policy: str) -> None:
        vault.post("sys/policies/acl/operator-quickstart-vault", {"policy": policy})

    yield give
    give(printed("apply", "vault"))
    vault.close()


@pytest.mark.thorough
def test_planning_and_drift_need_no_more_of_vault_than_the_second_policy(
    world: World, operators: Callable[[str], None]
) -> None:
    world.apply()
    operators(printed("plan", "vault"))
    assert "No changes" in world.ok("plan", "-detailed-exitcode")
    assert "No drift." in world.ok("drift")
    less = [rule for rule in printed("plan", "vault").splitlines(keepends=True) if not BESIDE.search(rule)]
    operators("".join(less))
    told = world.writ("plan", "-detailed-exitcode")
    assert (told.returncode, "warning[W445]" in told.stdout + told.stderr) == (0, True)
    operators(printed("plan", "vault"))
    world.edit("agents.yaml", "ttl: 10m", "ttl: 9m")
    done = world.writ("apply", "-auto-approve")
    assert done.returncode == 1, "it can't write"
    role = f"auth/{MOUNT}/role/{READER}"
    assert f'vault.vault_jwt_auth_backend_role["{MOUNT}/{READER}"]' in done.stderr
    assert "denied" in done.stderr
    with Hands(world) as hands:
        assert hands.read(role)["token_ttl"] == 600


BESIDE = re.compile(r'"(?:auth/\+/[^"]*|identity/group/id|database/(?:static-)?roles/\*|database/static-roles)"')
"""For what lies outside the scope: without any of them a plan says what it didn't look at."""
NOT_ALWAYS = {
    "auth/token/lookup-self": "for people: who we are",
    "auth/token/revoke-self": "the login then ends with its TTL",
    "identity/entity/name/writ-*": "after a write, and where an entity isn't in the list",
    "identity/group/id/*": "where an entity is in a group",
    "identity/group/name/*": "where a recorded group is looked at again",
    "sys/policies/acl": "where the server lists no texts",
    "sys/policies/acl/writ-*": "where the server lists no texts, and after a write",
    "sys/policies/detailed/acl": "where the server lists no texts, they are read one by one",
    "identity/lookup/entity": "for an alias that isn't in the scope",
}
"""Of the reading rules, those without which this plan gets by."""


@pytest.mark.thorough
def test_planning_fails_without_any_one_of_the_others(world: World, operators: Callable[[str], None]) -> None:
    world.apply()
    rules = printed("plan", "vault").splitlines(keepends=True)
    paths = [re.findall(r'"([^"]+)"', rule)[0] for rule in rules]
    assert NOT_ALWAYS.keys() < set(paths)
    for rule, path in zip(rules, paths, strict=True):
        if path not in NOT_ALWAYS and not BESIDE.search(rule):
            operators("".join(one for one in rules if one != rule and not BESIDE.search(one)))
            refused = world.writ("plan")
            assert refused.returncode == 1, path
            assert "error[W" in refused.stderr, path


def audited(world: World) -> list[str]:
    """Lines of OpenBao's audit log."""
    log = Path(world.sandbox.status.workplace) / "data" / "vault" / "audit.log"
    return log.read_text().splitlines()


def used(lines: list[str]) -> set[tuple[str, str]]:
    """(Operation, path) of all that Writ's login asked of OpenBao."""
    entries = (json.loads(line) for line in lines)
    return {
        (entry["request"]["operation"], entry["request"]["path"])
        for entry in entries
        if entry["type"] == "request" and "operator-quickstart-vault" in (entry.get("auth") or {}).get("policies", [])
    }


@pytest.mark.thorough
def test_every_right_to_write_is_used(world: World) -> None:
    """Everything is made, changed, vandalised, healed and destroyed: what the policy gives beyond that is too much."""
    before = len(audited(world))
    with Hands(world) as hands:
        world.apply()
        for kind in ("policy-added", "jwt-role-added", "entity-added", "entity-in-a-group", "database-role-added"):
            ALL[f"vault-{kind}"].do(hands)
        ALL["vault-entity-with-a-policy"].do(hands)
        world.edit("agents.yaml", "ttl: 10m", "ttl: 9m")
        world.apply()
        for kind in ("mount-disabled", "entity-deleted"):
            ALL[f"vault-{kind}"].do(hands)
            world.apply()
        hands.write(f"sys/auth/{MOUNT}/tune", default_lease_ttl="5h")
        ALL["vault-alias-added"].do(hands)
        world.apply()
        ALL["vault-alias-added"].tidy(hands)
        ALL["vault-entity-in-a-group"].tidy(hands)
        world.ok("destroy", "-auto-approve")
    asked = used(audited(world)[before:])
    too_much = [
        (path, capability)
        for path, capabilities in re.findall(
            r'path "([^"]+)" { capabilities = \[([^\]]+)\] }', printed("apply", "vault")
        )
        for capability in re.findall(r"\w+", capabilities)
        if not BESIDE.search(f'"{path}"')
        and capability not in {"create", "sudo"}  # told apart from update by the server; a mark of some paths
        and not any(
            operation == capability and fnmatch(asked_path.rstrip("/"), path) for operation, asked_path in asked
        )
    ]
    assert too_much == [("sys/policies/acl", "list")], "that is for servers that list no texts"


FOUND_ONLY = {"iam:AttachRolePolicy", "iam:AddRoleToInstanceProfile"}
"""No specs make such an object: they are only found, and taken away."""


def aws_actions(verb: str) -> set[str]:
    return {action for one in json.loads(printed(verb, "payments"))["Statement"] for action in one["Action"]}


def test_aws_actions_are_those_that_the_provider_calls() -> None:
    iam = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    names = iam.meta.method_to_api_mapping
    called: dict[bool, set[str]] = {True: set(), False: set()}
    for file in (ROOT / "providers" / "aws").rglob("*.py"):
        if "local" not in file.name:
            found = {names[name] for name in re.findall(r'"([a-z_]+)"', file.read_text()) if name in names}
            called[file.parent.name == "retiring"] |= found
    assert {f"iam:{name}" for name in called[False]} - FOUND_ONLY == aws_actions("apply") | aws_actions("inventory")
    page = (ROOT / "docs" / "retirement.md").read_text()
    assert set(re.findall(r"`(?:iam:)?([A-Z]\w+)`", page.partition("| AWS | `iam:")[2])) == called[True] - {"GetUser"}
    (told,) = map(json.loads, blocks("json", BESIDES))
    leaving = {action for one in told if one["Sid"].startswith("Reti") for action in one["Action"]}
    assert leaving == {f"iam:{name}" for name in called[True]}


@pytest.mark.thorough
def test_what_is_asked_of_aws_is_within_its_policies(world: World) -> None:
    """Plan, apply, heal and destroy through a recorder."""
    with tapped(world) as taps, Hands(world) as hands:
        env = {"WRIT_CONNECTIONS": taps.connections}

        def asked() -> set[str]:
            actions = {action for text in taps.aws.texts for action in re.findall(r"^Action=(\w+)", text, re.MULTILINE)}
            taps.aws.texts.clear()
            return {f"iam:{action}" for action in actions - {"GetCallerIdentity", "AssumeRoleWithWebIdentity"}}

        world.ok("plan", **env)
        reading = asked()
        world.ok("apply", "-auto-approve", **env)
        for kind in (
            "policy-attached",
            "boundary-set",
            "role-in-an-instance-profile",
            "owner-changed",
            "trust-widened",
        ):
            ALL[f"aws-{kind}"].do(hands)
        writing = asked()
        world.ok("drift", code=2, **env)
        world.ok("plan", **env)
        reading |= asked()
        world.ok("apply", "-auto-approve", **env)
        ALL["aws-role-in-an-instance-profile"].tidy(hands)
        world.ok("destroy", "-auto-approve", **env)
        writing |= asked()
    assert {"iam:GetAccountAuthorizationDetails", "iam:GetPolicyVersion"} <= reading <= aws_actions("plan")
    assert {"iam:CreateRole", "iam:DetachRolePolicy", "iam:DeleteRolePermissionsBoundary"} <= writing
    assert writing <= aws_actions("apply")


@pytest.mark.thorough
def test_postgres_needs_no_superuser(world: World) -> None:
    world.dirty = True  # its roles stay
    superuser = world.connection("orders-db")
    with psycopg.connect(**superuser, dbname="orders", autocommit=True) as session:
        session.execute("CREATE ROLE orders_owner")
        for (table,) in session.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall():
            session.execute(f'ALTER TABLE public."{table}" OWNER TO orders_owner')
        session.execute("ALTER DATABASE orders OWNER TO orders_owner")
        script = printed("apply", "orders-db").replace("…", "secret")
        session.execute(script)
    written = world.connections.read_text()
    place = json.dumps(superuser["host"])
    own = world.cwd / "connections.yaml"

    def log_in_as(user: str, options: str = "") -> None:
        login = rf"\1user: {user}\n\1options: {json.dumps(options)}"
        text = re.sub(r'^( +)user: "postgres"$', login, written.replace(place, '"127.0.0.1"'), flags=re.MULTILINE)
        assert user in text
        own.write_text(text)

    world.connections = own
    log_in_as("iam_operator")
    for less, more in (
        ("ALTER ROLE iam_operator NOCREATEROLE", "ALTER ROLE iam_operator CREATEROLE"),
        ("REVOKE orders_owner FROM iam_operator", script.splitlines()[-1]),
    ):
        with psycopg.connect(**superuser, dbname="orders", autocommit=True) as session:
            session.execute(less)
        refused = world.writ("apply", "-auto-approve", PGPASSWORD="secret")
        assert refused.returncode == 1, less
        assert "error[W601]" in refused.stderr, less
        with psycopg.connect(**superuser, dbname="orders", autocommit=True) as session:
            session.execute(more)
    world.ok("apply", "-auto-approve", PGPASSWORD="secret")
    world.ok("plan", "-detailed-exitcode", PGPASSWORD="secret")
    with psycopg.connect(**superuser, dbname="orders", autocommit=True) as session:
        session.execute('GRANT DELETE ON public.orders TO "writ_support-bot_refunds.issue"')
    log_in_as("iam_operator", options="-c default_transaction_read_only=on")
    assert "Drift: 1 undeclared" in world.ok("drift", code=2, PGPASSWORD="secret")
    log_in_as("iam_operator")
    world.ok("apply", "-auto-approve", PGPASSWORD="secret")
    world.ok("plan", "-detailed-exitcode", PGPASSWORD="secret")
    with psycopg.connect(**superuser, dbname="orders", autocommit=True) as session:
        session.execute("CREATE ROLE iam_planner LOGIN PASSWORD 'secret'")
    log_in_as("iam_planner")
    assert "iam_operator" in world.ok("plan", "-detailed-exitcode", code=2, PGPASSWORD="secret")
    world.edit("environment.yaml", "database: orders\n", "database: orders\n      operator: iam_operator\n")
    assert "No changes." in world.ok("plan", "-detailed-exitcode", PGPASSWORD="secret")
    assert "No drift." in world.ok("drift", PGPASSWORD="secret")
    world.edit("agents.yaml", "ttl: 10m", "ttl: 9m")
    world.edit("intents.yaml", "tables: [public.orders, public.order_items]", "tables: [public.orders]")
    refused = world.writ("apply", "-auto-approve", PGPASSWORD="secret")
    assert refused.returncode == 1, "it may only read"
    assert "error[W601]" in refused.stderr
    log_in_as("iam_operator")
    world.ok("destroy", "-auto-approve", PGPASSWORD="secret")
