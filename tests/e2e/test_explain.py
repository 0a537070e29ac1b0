"""`writ explain`: by the specs and by the systems as they are; where a server can be asked, it says the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.postgres.privileges import KNOWN, Kind
from reconciler.model import Address, Answer
from reconciler.provider import Asking
from tests.conformance.suite import Bench, bench
from tests.e2e.conftest import Ground
from tests.e2e.hands import MOUNT, READER, REFUNDER
from tests.e2e.vandalisms import ALL
from tests.servers import copy_specs, run_writ
from tests.thorough import sampled

RETURNS = "kv/data/orders/returns-policy"
BY_SPECS = [
    ("vault", f"read {RETURNS}", 0, 'path "kv/data/orders/*" [read]'),
    ("vault", f"update {RETURNS}", 10, 'path "kv/data/orders/*" [read]'),
    ("vault", "read sys/auth", 10, ""),
    (
        "vault",
        f"read database/creds/writ-{READER}_orders-db",
        0,
        f'path "database/creds/writ-{READER}_orders-db" [read]',
    ),
    (
        "payments",
        "s3:GetObject arn:aws:s3:::orders-archive/x",
        0,
        "Allow s3:GetObject on arn:aws:s3:::orders-archive/*",
    ),
    ("payments", "s3:GetObject arn:aws:s3:::orders/x", 10, ""),
    ("orders-db", "SELECT public.orders", 0, f"GRANT SELECT ON table public.orders TO writ_{READER}"),
    ("orders-db", "insert public.refunds", 0, f"GRANT INSERT ON table public.refunds TO writ_{REFUNDER}"),
    ("orders-db", "SELECT public.refunds", 10, ""),
    ("orders-db", "EXECUTE public.f(integer)", 14, ""),
    ("orders-db", "USAGE schema public", 0, f"GRANT USAGE ON schema public TO writ_{READER}"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("explain")
    copy_specs("quickstart", made / "specs")
    return made


@pytest.mark.parametrize(("system", "request_", "code", "statement"), sampled(BY_SPECS, 3))
def test_by_the_specs_no_server_is_needed(folder: Path, system: str, request_: str, code: int, statement: str) -> None:
    done = run_writ("explain", "support-bot", system, *request_.split(), "-json", cwd=folder)
    assert (done.returncode, done.stderr) == (code, "")
    found = json.loads(done.stdout)
    assert found["owner"] == "team-support@example.com"
    assert found["answer"] == {0: "yes", 10: "no", 14: "unknown"}[code]
    statements = [one["text"] for chain in found["chains"] for one in chain["statements"]]
    assert statement in statements if statement else not statements


@pytest.mark.parametrize("words", [("SELECT", "public.order_items"), ("SELECT on public.order_items",)])
def test_the_whole_chain_is_told(folder: Path, words: tuple[str, ...]) -> None:
    done = run_writ("explain", "support-bot", "orders-db", *words, cwd=folder)
    assert (
        done.stdout
        == f"""\
Yes: support-bot may SELECT public.order_items at orders-db (by the specs).
  owner     team-support@example.com  specs/agents.yaml:6:10
  intent    orders.read: Look up an order to answer its customer  specs/agents.yaml:11:7
  access    specs/intents.yaml:11:7
  through   vault.vault_database_secret_backend_role["database/roles/writ-{READER}_orders-db"]
  object    orders-db.postgresql_role["writ_{READER}"]
  in        orders-db.postgresql_grant["writ_{READER}:table:public.order_items"]
  says      GRANT SELECT ON table public.order_items TO writ_{READER}
  not by: refunds.issue
"""
    )


@pytest.mark.parametrize(
    ("words", "code", "help"),
    [
        (("suport-bot", "vault", "read", "x"), "W654", "did you mean support-bot?"),
        (("support-bot", "valt", "read", "x"), "W651", "did you mean vault?"),
        (("support-bot", "vault", "frob", "x"), "W653", "one of create, read"),
        (("support-bot", "vault", "read", "kv/*"), "W653", "without wildcards"),
        (("support-bot", "orders-db", "SELECT", "orders"), "W653", "a schema and a name"),
        (('vault.vault_policy["writ-support-bot_orders.reed"]',), "W652", "did you mean vault.vault_policy"),
    ],
)
def test_what_is_no_question_is_told(folder: Path, words: tuple[str, ...], code: str, help: str) -> None:
    done = run_writ("explain", *words, cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"error[{code}]" in done.stderr
    assert help in done.stderr


def test_why_an_object_exists(ground: Ground) -> None:
    world, policy = ground.world, f'vault.vault_policy["writ-{READER}"]'
    found = json.loads(world.ok("explain", policy, "-json"))
    assert found["declared"]
    assert found["source"].endswith("agents.yaml:11:7")
    assert found["needed_by"] == [f'vault.vault_jwt_auth_backend_role["{MOUNT}/{READER}"]']
    ALL["vault-policy-added"].do(ground.hands)
    rogue = 'vault.vault_policy["writ-rogue"]'
    assert "error[W652]" in world.writ("explain", rogue).stderr
    assert "nobody declares it; it is in the scope: the next apply removes it" in world.ok("explain", rogue, "--live")
    world.apply()
    text = (world.specs / "agents.yaml").read_text()
    world.edit("agents.yaml", "    - {name: refunds.issue}\n", "")
    recorded = f'vault.vault_policy["writ-{REFUNDER}"]'
    assert "it is recorded and no longer declared: the next apply removes it" in world.ok("explain", recorded)
    (world.specs / "agents.yaml").write_text(text)


def test_live_sees_what_the_specs_do_not_want(ground: Ground) -> None:
    world, request = ground.world, ("support-bot", "payments", "iam:CreateUser", "arn:aws:iam::123456789012:user/x")
    assert world.writ("explain", *request).returncode == 10
    ALL["aws-policy-attached"].do(ground.hands)
    assert world.writ("explain", *request).returncode == 10, "by the specs"
    found = json.loads(world.ok("explain", *request, "--live", "-json"))
    (chain,) = (one for one in found["chains"] if one["answer"] == "yes")
    assert [one["text"] for one in chain["statements"]] == ["Allow * on *"]
    assert "AdministratorAccess" in chain["statements"][0]["object"]
    world.apply()
    assert world.writ("explain", *request, "--live").returncode == 10


@pytest.fixture(scope="module")
def on(ground: Ground) -> Iterator[Bench]:
    with bench(ground.world.specs, ground.world.connections, ground.world.state) as made:
        yield made


def answer(on: Bench, subject: Address, *requests: str) -> list[Answer]:
    snapshot, binding = on.now().refreshed.snapshots[subject.system], on.systems[subject.system]
    objects = snapshot.everything
    return [
        binding.provider.explain(
            binding.scope, Asking(subject, tuple(request.split()), objects, snapshot.surroundings, live=True)
        ).answer
        for request in requests
    ]


def test_openbao_says_the_same(ground: Ground, on: Bench) -> None:
    """sys/capabilities of a real login, for each capability on each path."""
    ALL["vault-policy-widened"].do(ground.hands)
    capabilities = ("create", "read", "update", "patch", "delete", "list", "sudo")
    paths = [RETURNS, "kv/data/refunds/signing-key", "kv/data/other", "kv/metadata/orders/x", "sys/auth"]
    paths += ["auth/token/revoke-self", f"database/creds/writ-{READER}_orders-db", "sys/policies/acl/x", "kv/data/"]
    asked = agreed = 0
    for role in (READER, REFUNDER):
        token = ground.world.token("support-bot", "vault")
        login = ground.hands.vault.auth.jwt.jwt_login(role=role, jwt=token, path=MOUNT, use_token=False)["auth"]
        told = ground.hands.write("sys/capabilities", token=login["client_token"], paths=paths)["data"]
        subject = Address("vault", "vault_jwt_auth_backend_role", f"{MOUNT}/{role}")
        requests = [f"{capability} {path}" for path in paths for capability in capabilities]
        for request, found in zip(requests, answer(on, subject, *requests), strict=True):
            capability, path = request.split()
            asked += 1
            agreed += (capability in told[path]) is (found is Answer.YES)
            assert found is not Answer.UNKNOWN, request
    on.apply()
    assert asked == agreed == 126


def disagreements(ground: Ground, on: Bench, role: str, questions: dict[str, str]) -> list[str]:
    """Requests of which the server says something else: by its function, for each."""
    subject = Address("orders-db", "postgresql_role", f"writ_{role}")
    told = ground.hands.sql(" UNION ALL ".join(f"SELECT {asked}, {at}" for at, asked in enumerate(questions.values())))
    said = [row[0] for row in sorted(told, key=lambda row: row[1])]
    answers = answer(on, subject, *questions)
    return [
        f"{role} {request}: {found}, the server says {server}"
        for request, found, server in zip(questions, answers, said, strict=True)
        if found is Answer.UNKNOWN or (found is Answer.YES) is not server
    ]


def test_postgresql_says_the_same(ground: Ground, on: Bench) -> None:
    """has_table_privilege and has_column_privilege, with a grant to everybody and one by membership among them."""
    hands, wrong, asked = ground.hands, list[str](), 0
    hands.sql("GRANT SELECT ON public.refunds TO PUBLIC", f'GRANT UPDATE (total) ON public.orders TO "writ_{READER}"')
    relation = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    tables = [row[0] for row in hands.sql(relation)]
    attribute = "SELECT attname FROM pg_attribute WHERE attrelid = 'public.orders'::regclass AND attnum > 0"
    columns = [row[0] for row in hands.sql(attribute)]

    def questions(role: str) -> dict[str, str]:
        whole = {
            f"{one} public.{table}": f"has_table_privilege('writ_{role}', 'public.{table}', '{one}')"
            for table in tables
            for one in KNOWN[Kind.TABLE]
        }
        return whole | {
            f"{one} public.orders {name}": f"has_column_privilege('writ_{role}', 'public.orders', '{name}', '{one}')"
            for name in columns
            for one in KNOWN[Kind.COLUMN]
        }

    for role in (READER, REFUNDER):
        wrong += disagreements(ground, on, role, questions(role))
        asked += len(questions(role))
    ALL["postgres-member-of-a-predefined-role"].do(hands)
    some = {request: text for request, text in questions(READER).items() if request.startswith(("SELECT", "INSERT"))}
    wrong += disagreements(ground, on, READER, some)
    hands.sql("REVOKE SELECT ON public.refunds FROM PUBLIC")
    on.apply()
    assert wrong == []
    assert asked > 60
