"""All errors of a run at once, whichever stage finds them: bounded, without false ones, and never with a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

from reconciler.connections import Connections
from reconciler.render.diagnostics import diagnostic_lines, diagnostics_json
from reconciler.workflow.specs import Request, prepare, validate
from tests.cli.test_bad_input import AGENT, ENVIRONMENT, INTENT, READ
from tests.specs.test_scan import SECRETS
from tests.thorough import sampled

SELECT = "{system: orders-db, grants: [{privileges: [SELECT], tables: [public.orders]}]}"
S3 = "{system: payments, statements: [{actions: [s3:GetObject], resources: ['arn:aws:s3:::orders/x']}]}"


def specs(access: str = READ, agent: str = AGENT, environment: str = ENVIRONMENT) -> str:
    return "---\n".join([environment, INTENT.replace("ACCESS", access), agent])


def found(folder: Path, text: str, name: str = "a.yaml") -> list[str]:
    (folder / name).write_text(text)
    _, _, diagnostics = validate(Request((str(folder / name),)))
    return [f"{one.span.line if one.span else 0} {one.code}" for one in diagnostics]


def test_every_stage_reports(tmp_path: Path) -> None:
    text = specs("{system: vault, paths: [{path: kv/x, capabilities: [reed]}]}", AGENT.replace("[orders", "[order"))
    text = text.replace("provider: aws", "provider: awss").replace("{system: vault, conn", "{system: valt, conn")
    text = (
        text.replace("ttl: 15m", "ttl: 1w\n  unknown: x")
        + "---\n"
        + INTENT.replace("orders.read", "b").replace(
            "ACCESS", "{system: vault, paths: [{path: sys/x, capabilities: [reed]}]}"
        )
    )
    codes = [line.split()[1] for line in found(tmp_path, text)]
    assert sorted(codes) == ["W102", "W110", "W202", "W208", "W210", "W214", "W421", "W422", "W422"]


def test_a_wrong_duration_hides_no_wrong_capability(tmp_path: Path) -> None:
    text = specs("{system: vault, paths: [{path: kv/x, capabilities: [reed]}]}").replace(
        "[orders.read]", "[{name: orders.read, ttl: 1w}]"
    )
    assert [line.split()[1] for line in found(tmp_path, text)] == ["W422", "W110"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (specs(S3, AGENT.replace("issuer: cluster", "issuer: clutser")), ["W204"]),
        (specs(agent=AGENT + "---\n" + AGENT.replace("support-bot}", "other}")), ["W304"]),
        (specs(SELECT, environment=ENVIRONMENT.replace("auth_mount: jwt-agents", "auth_mount: token")), ["W428"]),
        (specs(environment=ENVIRONMENT.replace("provider: vault", "povider: vault")), ["W101"]),
        (specs(environment=ENVIRONMENT.replace("kind: Env", "knid: Env")), ["W101"]),
        (specs(agent=AGENT.replace("orders.read", "other")), ["W202"]),
    ],
)  # fmt: skip
def test_nothing_is_said_of_mere_consequences(tmp_path: Path, text: str, codes: list[str]) -> None:
    assert [line.split()[1] for line in found(tmp_path, text)] == codes
    for environment in (None, "production"):
        prepared = prepare(Request((str(tmp_path / "a.yaml"),), environment), Connections(None, {}))
        assert [one.code for one in prepared.diagnostics] == codes
        assert prepared.compiled is None or not prepared.compiled.desired


def test_no_environment_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(INTENT.replace("ACCESS", READ))
    prepared = prepare(Request((str(tmp_path / "a.yaml"),)), Connections(None, {}))
    assert [one.code for one in prepared.diagnostics] == ["W201"]


@pytest.mark.parametrize(
    ("credentials", "finding"),
    [
        ("{system: valt, connection: orders}", "W214 'valt'"),
        ("{system: payments}", "W215 payments"),
        ("{system: vault, connection: ../x}", "W428 '../x'"),
        ("{system: vault, connection: orders, muont: x}", "W102 'muont'"),
        ("{system: vault}", "W101 connection"),
    ],
)
def test_credentials_are_checked_though_nobody_is_given_one(tmp_path: Path, credentials: str, finding: str) -> None:
    text = specs(environment=ENVIRONMENT.replace("{system: vault, connection: orders}", credentials))
    (tmp_path / "a.yaml").write_text(text)
    read, _, (one,) = validate(Request((str(tmp_path / "a.yaml"),)))
    code, named = finding.split()
    assert one.code == code
    assert named in one.message
    assert one.subject.startswith("environments.production.spec.systems.orders-db.credentials")
    assert one.span is not None
    line = read.sources.source_line(one.span)
    assert line is not None
    at = line[one.span.column - 1 :]
    assert at.startswith(named.strip("'")) or code in {"W215", "W101"}


def test_systems_that_mint_in_a_circle_are_told_where(tmp_path: Path) -> None:
    text = specs(environment=ENVIRONMENT.replace("{system: vault, connection: orders}", "{system: orders-db}"))
    assert [line.split()[1] for line in found(tmp_path, text)] == ["W215", "W211"]


def test_output_is_bounded(tmp_path: Path) -> None:
    wrong = ", ".join(f"cap{n}" for n in range(50))
    access = f"{{system: vault, paths: [{{path: kv/x, capabilities: [{wrong}]}}]}}"
    text = specs() + "".join(
        "---\n" + INTENT.replace("orders.read", f"i{n}").replace("ACCESS", access) for n in range(200)
    )
    (tmp_path / "a.yaml").write_text(text)
    _, _, diagnostics = validate(Request((str(tmp_path / "a.yaml"),)))
    assert len(diagnostics) == 101
    assert sum(one.code == "W099" for one in diagnostics) == 1
    assert len(prepare(Request((str(tmp_path / "a.yaml"),)), Connections(None, {})).diagnostics) == 101


def test_long_values_are_cut(tmp_path: Path) -> None:
    long = "x" * 3000
    text = specs(f"{{system: vault, paths: [{{path: kv/*/{long}, capabilities: [{long}]}}]}}").replace(
        "15m", "1" * 3000
    )
    text += "---\n" + INTENT.replace("ttl: 15m", f"ttl: {long}").replace("orders.read", "b")
    (tmp_path / "a.yaml").write_text(text)
    _, _, diagnostics = validate(Request((str(tmp_path / "a.yaml"),)))
    assert diagnostics
    assert max(len(one.message + one.subject + one.help) for one in diagnostics) < 400


EVERYTHING: tuple[dict[str, Any], ...] = (
    {
        "apiVersion": "writ/v1",
        "kind": "Environment",
        "metadata": {"name": "production", "labels": {"a": "b"}, "annotations": {"a": "b"}, "description": "d"},
        "spec": {
            "issuers": {"cluster": {"issuer": "https://oidc.example.com", "audiences": {"vault": "v", "aws": "a"}}},
            "systems": {
                "vault": {"provider": "vault", "auth_mount": "jwt-agents", "policy_prefix": "writ-"},
                "payments": {"provider": "aws", "account": "123456789012", "role_path": "/writ/"},
                "orders-db": {
                    "provider": "postgres",
                    "database": "orders",
                    "role_prefix": "writ_",
                    "credentials": {"system": "vault", "connection": "orders"},
                },
            },
        },
    },
    {
        "apiVersion": "writ/v1",
        "kind": "Intent",
        "metadata": {"name": "orders.read"},
        "spec": {
            "purpose": "Look up",
            "risk": "low",
            "data": "public",
            "ttl": "15m",
            "access": [
                {"system": "vault", "paths": [{"path": "kv/data/x", "capabilities": ["read"]}]},
                {"system": "orders-db", "grants": [{"privileges": ["SELECT"], "tables": ["p.o"], "columns": ["id"]}]},
                {
                    "system": "payments",
                    "statements": [
                        {
                            "actions": ["s3:GetObject"],
                            "resources": ["arn:aws:s3:::orders/x"],
                            "conditions": {"StringEquals": {"aws:PrincipalTag/a": "b"}},
                        }
                    ],
                },
            ],
        },
    },
    {
        "apiVersion": "writ/v1",
        "kind": "Agent",
        "metadata": {"name": "bot"},
        "spec": {
            "owner": "team@example.com",
            "purpose": "Answers",
            "review_by": "2031-01-01",
            "identity": {"issuer": "cluster", "subject": "system:bot"},
            "intents": ["orders.read", {"name": "orders.read", "ttl": "10m"}],
            "delegates": [{"to": "other", "intents": ["orders.read"], "ttl": "5m"}],
        },
    },
    {
        "apiVersion": "writ/v1",
        "kind": "Guardrail",
        "metadata": {"name": "g"},
        "spec": {
            "max_ttl": {"low": "1h"},
            "never": [
                {"system": "vault", "paths": ["kv/data/y"], "capabilities": ["read"]},
                {"system": "payments", "actions": ["s3:*"], "resources": ["*"]},
                {"system": "orders-db", "privileges": ["SELECT"], "tables": ["public.*"]},
            ],
        },
    },
)  # fmt: skip
MARK = "\N{PILCROW SIGN}"


def marked(node: Any) -> Iterator[Any]:
    """The node with a mark in place of each value, of each key, and of what each list holds."""
    yield MARK
    if isinstance(node, dict):
        for key, child in node.items():
            yield {(MARK if name == key else name): one for name, one in node.items()}
            for changed in marked(child):
                yield {**node, key: changed}
    elif isinstance(node, list):
        for index, child in enumerate(node):
            for changed in marked(child):
                yield [*node[:index], changed, *node[index + 1 :]]


def places() -> Iterator[str]:
    """All specs, with a mark in one place: as a value, a key, a tag, an anchor or a comment."""
    for number, document in enumerate(EVERYTHING):
        for changed in marked(document):
            yield "\n---\n".join(json.dumps(changed if at == number else one) for at, one in enumerate(EVERYTHING))
    agent = json.dumps(EVERYTHING[2])
    for old, new in (
        ('"Answers"', f"!{MARK} Answers"),
        ('"Answers"', f"!<{MARK}> Answers"),
        ('"Answers"', f"&{MARK} Answers"),
        ('"Answers"', f"*{MARK}"),
        ('"Answers"', f"'{MARK}' x"),
        ('"Answers"', f"[{MARK}"),
        ('"Answers"', f'"{MARK}", "purpose": "{MARK}"'),
        ('"Answers"', f'"{MARK}", "{MARK}": 1, "{MARK}": 2'),
        ('"Answers"', f'"{MARK}", ? [{MARK}] : 2'),
        ("{", f"%TAG {MARK}\n---\n{{"),
        ("{", f"# {MARK}\n? [\n{{"),
    ):  # fmt: skip
        yield agent.replace(old, new, 1)


@pytest.mark.parametrize("kind", sampled(SECRETS, 5))
def test_no_secret_is_shown_wherever_it_stands(kind: str, tmp_path: Path) -> None:
    secret = SECRETS[kind]
    needle = "hunter2x" if "hunter2x" in secret else secret[6:]
    path = tmp_path / "a.yaml"
    texts = list(places())
    assert len(texts) > 150
    for index, text in enumerate(texts):
        escaped = "".join(f"\\u{ord(c):04x}" for c in secret)
        for written in (secret, escaped) if index % 3 == 0 else (secret,):
            path.write_text(text.replace(MARK, written))
            read, _, diagnostics = validate(Request((str(path),)))
            lines = [line for one in diagnostics for line in diagnostic_lines(one, read.sources.source_line)]
            shown = Text("\n").join(lines).plain + json.dumps(diagnostics_json(diagnostics), ensure_ascii=False)
            assert diagnostics
            assert needle.lower() not in shown.lower(), (text, shown)
            assert escaped[-24:] not in shown, (text, shown)
