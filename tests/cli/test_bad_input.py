"""Bad input through the command line: the language's table, and the rows that the providers' models refuse.

WRIT_UPDATE_GOLDEN=1 rewrites providers.golden: read the difference before you keep it.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest

from reconciler.cli.main import main
from tests.specs.bad_input import Case, table

GOLDEN = Path(__file__).with_name("providers.golden")
UPDATE = bool(os.environ.get("WRIT_UPDATE_GOLDEN"))

ENVIRONMENT = """apiVersion: writ/v1
kind: Environment
metadata: {name: production}
spec:
  issuers:
    cluster: {issuer: https://oidc.example.com/cluster, audiences: {vault: vault, aws: sts.amazonaws.com}}
  systems:
    vault: {provider: vault, auth_mount: jwt-agents, policy_prefix: writ-}
    payments: {provider: aws, account: "123456789012", role_path: /writ/}
    orders-db: {provider: postgres, database: orders, credentials: {system: vault, connection: orders}}
"""
INTENT = """apiVersion: writ/v1
kind: Intent
metadata: {name: orders.read}
spec:
  purpose: Look up an order
  risk: low
  data: confidential
  ttl: 15m
  access:
    - ACCESS
"""
AGENT = """apiVersion: writ/v1
kind: Agent
metadata: {name: support-bot}
spec:
  owner: team-support@example.com
  purpose: Answers questions
  identity: {issuer: cluster, subject: "system:serviceaccount:support:support-bot"}
  intents: [orders.read]
"""
GUARDRAIL = """apiVersion: writ/v1
kind: Guardrail
metadata: {name: baseline}
spec:
  never: [NEVER]
"""
READ = "{system: vault, paths: [{path: kv/data/orders/x, capabilities: [read]}]}"


def files(
    access: str = READ, never: str = "", old: str = "", new: str = "", agent: str = AGENT, intent: str = INTENT
) -> dict[str, str]:
    assert old in ENVIRONMENT
    found = {
        "environment.yaml": ENVIRONMENT.replace(old, new),
        "intent.yaml": intent.replace("ACCESS", access),
        "agent.yaml": agent,
    }
    return found | ({"guardrail.yaml": GUARDRAIL.replace("NEVER", never)} if never else {})


def vault(path: str, capabilities: str = "[read]") -> dict[str, str]:
    return files(f"{{system: vault, paths: [{{path: {path}, capabilities: {capabilities}}}]}}")


def aws(statement: str) -> dict[str, str]:
    return files(f"{{system: payments, statements: [{{{statement}}}]}}")


def grant(text: str) -> dict[str, str]:
    return files(f"{{system: orders-db, grants: [{{{text}}}]}}")


OBJECT = 'resources: ["arn:aws:s3:::orders/x"]'
LONG = "a" * 60
CASES: dict[str, dict[str, str]] = {
    "6 account with a leading zero is text": files(old='"123456789012"', new="012345670123"),
    "7 account of 11 digits": files(old='"123456789012"', new="12345678901"),
    "8 account with underscores": files(old='"123456789012"', new="1234_5678_9012"),
    "34 a derived SQL name over 63 bytes": files(
        "{system: orders-db, grants: [{privileges: [SELECT], tables: [public.orders]}]}",
        agent=AGENT.replace("support-bot}", f"{LONG}}}"),
    ),
    "35 names that share their first 63 bytes": files(
        "{system: orders-db, grants: [{privileges: [SELECT], tables: [public.orders]}]}",
        agent=AGENT.replace("support-bot}", f"{LONG}-a}}")
        + "---\n"
        + AGENT.replace("support-bot}", f"{LONG}-b}}").replace(":support-bot", ":other-bot"),
    ),
    "36 a prefix of the server's own": files(old="database: orders,", new="database: orders, role_prefix: pg_,"),
    "38 HCL through a path": vault("'x\" {} path \"*'"),
    "39 a path that climbs": vault("../sys"),
    "39 a path with an empty segment": vault("a//b"),
    "39 a path with percent escapes": vault('"%2e%2e"'),
    "40 everything": vault('"*"'),
    "40 every first segment": vault('"+"'),
    "40 the server itself": vault("sys/*"),
    "40 every login": vault("auth/*"),
    "41 a field misspelt": files("{system: vault, paths: [{path: kv/x, capabilites: [read]}]}"),
    "42 a capability misspelt": vault("kv/x", "[reed]"),
    "42 sudo": vault("kv/x", "[sudo]"),
    "44 ForAllValues": aws(
        f"actions: [s3:GetObject], {OBJECT}, conditions: {{'ForAllValues:StringEquals': {{aws:TagKeys: [a]}}}}"
    ),
    "too many paths": files(
        "{system: vault, paths: [" + ", ".join(f"{{path: kv/a{n}, capabilities: [read]}}" for n in range(101)) + "]}"
    ),
    "keys in clear": files(old="https://oidc.example.com/cluster", new="http://oidc.example.com/cluster"),
    "AWS: every action": aws(f'actions: ["*"], {OBJECT}'),
    "AWS: a wildcard service": aws(f'actions: ["s*:Get"], {OBJECT}'),
    "AWS: a wildcard action on everything": aws('actions: ["s3:*"], resources: ["*"]'),
    "AWS: not an ARN": aws("actions: [s3:GetObject], resources: [orders]"),
    "AWS: NotAction": aws("NotAction: [iam:*], resources: ['*']"),
    "AWS: an unknown operator": aws(f"actions: [s3:GetObject], {OBJECT}, conditions: {{StringEqual: {{aws:a: b}}}}"),
    "AWS: a policy document's own spelling": aws("Action: [s3:GetObject], Resource: ['arn:aws:s3:::orders/x']"),
    "PostgreSQL: a privilege misspelt": grant("privileges: [SELEKT], tables: [public.orders]"),
    "PostgreSQL: every table": grant("privileges: [SELECT], tables: ['public.*']"),
    "PostgreSQL: CREATE": grant("privileges: [CREATE], schemas: [public]"),
    "PostgreSQL: no objects": grant("privileges: [SELECT]"),
    "PostgreSQL: SQL through a name": grant("privileges: [SELECT], tables: ['public.orders; DROP TABLE x']"),
    "PostgreSQL: a name that SQL folds": grant("privileges: [SELECT], tables: [public.T]"),
    "PostgreSQL: a name that must be quoted": grant("privileges: [SELECT], tables: ['public.Gr\u00f6\u00dfe']"),
    "PostgreSQL: a space after a name": grant("privileges: [SELECT], tables: ['public.t ']"),
    "PostgreSQL: a function that SQL folds": grant(
        "privileges: [EXECUTE], functions: ['public.Refund(integer, text)']"
    ),
    "PostgreSQL: grants on a vault": files("{system: vault, grants: [{privileges: [SELECT], tables: [public.t]}]}"),
    "no capabilities": vault("kv/x", "[]"),
    "no paths": files("{system: vault, paths: []}"),
    "paths with capabilities in a guardrail": files(never="{system: vault, paths: [{path: kv/x}]}"),
    "PostgreSQL: a name over 63 bytes": grant(f"privileges: [SELECT], tables: [public.{'a' * 64}]"),
    "no such provider": files(old="provider: aws", new="provider: awss"),
    "several issuers, one mount": files(
        old="  systems:",
        new="    other: {issuer: https://o.example.com, audiences: {vault: vault}}\n  systems:",
    ),
    "credentials from a system that isn't there": files(
        "{system: orders-db, grants: [{privileges: [SELECT], tables: [public.orders]}]}",
        old="{system: vault, connection",
        new="{system: valt, connection",
    ),
    "credentials from a system that can't": files(
        "{system: orders-db, grants: [{privileges: [SELECT], tables: [public.orders]}]}",
        old="{system: vault, connection: orders}",
        new="{system: payments}",
    ),
    "no audience": files(
        "{system: payments, statements: [{actions: [s3:GetObject], resources: ['arn:aws:s3:::orders/x']}]}",
        old=", aws: sts.amazonaws.com",
        new="",
    ),
    "never: a path": files(never="{system: vault, paths: ['kv/data/+/x'], capabilities: [read]}"),
    "never: an action behind a wildcard": files(
        "{system: payments, statements: [{actions: ['s3:Get*'], resources: ['arn:aws:s3:::orders/*']}]}",
        never="{system: payments, actions: ['S3:GETOBJECT'], resources: ['arn:aws:s3:::*/secret']}",
    ),
    "never: a privilege on a column": files(
        "{system: orders-db, grants: [{privileges: [SELECT], tables: [public.orders], columns: [id]}]}",
        never="{system: orders-db, privileges: [SELECT], tables: ['public.*']}",
    ),
    "a folder with nothing wrong": files(),
}


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["writ", *arguments])
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        gc.enable()  # the command switches the collector off for its process, which here is the tests'
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert "W900" not in said.err
    return int(ended.value.code or 0), said.err


def golden() -> dict[str, str]:
    parts = GOLDEN.read_text().split("=== ")[1:] if GOLDEN.exists() else []
    return {part.partition("\n")[0]: part.partition("\n")[2].rstrip("\n") for part in parts}


@pytest.mark.parametrize("name", CASES)
def test_providers_rows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file, text in CASES[name].items():
        (tmp_path / file).write_text(text)
    monkeypatch.chdir(tmp_path)
    code, said = run(monkeypatch, capsys, "validate", ".")
    expected = golden()
    if UPDATE:
        expected[name] = said.rstrip("\n")
        GOLDEN.write_text("".join(f"=== {key}\n{expected[key]}\n" for key in CASES if key in expected))
    assert said.rstrip("\n") == expected[name]
    assert code == int("error[" in said)


@pytest.mark.parametrize("case", [case for case in table() if "W330" not in str(case.expected)], ids=lambda c: c.name)
def test_the_languages_table(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file, data in case.files.items():
        (tmp_path / file).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    code, said = run(monkeypatch, capsys, "validate", ".")
    lines = said.split("\n")
    for expected in case.expected:
        if "error[" in expected or "warning[" in expected:
            assert expected in lines
    if any("error[" in expected for expected in case.expected):
        assert code == 1
