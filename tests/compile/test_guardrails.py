"""``never`` over what is declared, and over what lowering adds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.workflow.specs import Request, validate
from tests.servers import EXAMPLES


def findings(tmp_path: Path, never: str) -> list[str]:
    specs = tmp_path / "specs"
    shutil.copytree(EXAMPLES / "quickstart" / "specs", specs)
    file = specs / "guardrails.yaml"
    file.write_text(f"{file.read_text().rstrip()}\n    - {never}\n")
    _, _, found = validate(Request((str(specs),)))
    return [f"{one.code} {one.subject}: {one.message}" for one in found]


def test_a_login_is_a_reading_of_its_creds_path(tmp_path: Path) -> None:
    one, two = findings(tmp_path, '{system: vault, paths: ["database/creds/*"], capabilities: [read]}')
    assert one == (
        "W310 intents.orders.read: guardrail baseline forbids this: read "
        "database/creds/writ-support-bot_orders.read_orders-db (support-bot; for a login at orders-db)"
    )
    assert two.startswith("W310 intents.refunds.issue: ")


@pytest.mark.parametrize(
    "never",
    [
        '{system: vault, paths: ["database/creds/*"], capabilities: [update]}',
        '{system: vault, paths: ["database/roles/*"]}',
        '{system: vault, paths: ["kv/data/payroll/*"]}',
    ],
)
def test_what_no_login_needs_may_be_forbidden(tmp_path: Path, never: str) -> None:
    assert findings(tmp_path, never) == []


def test_declared_access_is_judged_too(tmp_path: Path) -> None:
    [found] = findings(tmp_path, '{system: vault, paths: ["kv/data/refunds/+"], capabilities: [read]}')
    assert found.startswith("W310 intents.refunds.issue.spec.access[2]: ")


def with_specs(tmp_path: Path, guardrail: str, more: str = "", environment: tuple[str, str] = ("", "")) -> list[str]:
    specs = tmp_path / "specs"
    shutil.copytree(EXAMPLES / "quickstart" / "specs", specs)
    file = specs / "environment.yaml"
    file.write_text(file.read_text().replace(*environment))
    head = "apiVersion: writ/v1\nkind: Guardrail\nmetadata: {name: limits}\n"
    (specs / "limits.yaml").write_text(f"{head}spec: {guardrail}\n{more}")
    _, _, found = validate(Request((str(specs),)))
    return [f"{one.severity} {one.code} {one.message} @ {one.span}".replace(f"{specs}/", "") for one in found]


READS = '{system: vault, paths: ["kv/data/orders/*"], capabilities: [read]}'
HIT = "error W310 guardrail limits forbids this: read kv/data/orders/ (support-bot) @ intents.yaml:"


@pytest.mark.parametrize(
    ("guardrail", "hit"),
    [
        (f"{{never: [{READS}]}}", True),
        (f"{{agents: {{names: [support-bot]}}, never: [{READS}]}}", True),
        (f"{{agents: {{names: [other-*]}}, never: [{READS}]}}", False),
        (f"{{agents: {{owners: ['*@nowhere.example']}}, never: [{READS}]}}", False),
    ],
)
def test_never_is_about_the_selected(tmp_path: Path, guardrail: str, hit: bool) -> None:
    found = with_specs(tmp_path, guardrail)
    assert [one.startswith(HIT) for one in found] == ([True] if hit else [])


def test_a_warning_lets_the_plan_be_made(tmp_path: Path) -> None:
    [found] = with_specs(tmp_path, f"{{severity: warn, never: [{READS}]}}")
    assert found.startswith(HIT.replace("error", "warning"))


@pytest.mark.parametrize(
    ("who", "expires", "codes"),
    [
        ("agent: support-bot", "2999-01-01", ["W319"]),
        ("agent: support-bot, intent: orders.read", "2999-01-01", ["W319"]),
        ("intent: orders.read", "2999-01-01", ["W319"]),
        ("agent: support-bot, intent: refunds.issue", "2999-01-01", ["W310", "W319"]),
        ("agent: support-bot", "2020-01-01", ["W310", "W316"]),
    ],
)
def test_an_exemption(tmp_path: Path, who: str, expires: str, codes: list[str]) -> None:
    exemption = f"{{rule: never, {who}, reason: a migration, approver: ciso@example.com, expires: {expires}}}"
    found = with_specs(tmp_path, f"{{never: [{READS}], exemptions: [{exemption}]}}")
    assert sorted(one.split()[1] for one in found) == codes


BUCKET = 'resources: ["arn:aws:s3:::orders-archive/*"]'
NEVER_MET = "{StringEquals: {'aws:PrincipalTag/x': a}, StringNotEquals: {'aws:PrincipalTag/x': a}}"
AWS_INTENT = """---
apiVersion: writ/v1
kind: Intent
metadata: {name: probe}
spec:
  purpose: Probes
  risk: low
  data: internal
  ttl: 15m
  access: [{system: payments, statements: [STATEMENT]}]
---
apiVersion: writ/v1
kind: Agent
metadata: {name: prober}
spec:
  owner: team@example.com
  purpose: Probes
  identity: {issuer: cluster, subject: prober}
  intents: [probe]
"""


@pytest.mark.parametrize(
    ("statement", "hit"),
    [
        (f"{{actions: [s3:Get*], {BUCKET}}}", "s3:GetObject on arn:aws:s3:::orders-archive/"),
        (f"{{actions: ['S3:getobject'], {BUCKET}}}", "s3:GetObject on arn:aws:s3:::orders-archive/"),
        (f"{{actions: [s3:Put*], {BUCKET}}}", ""),
        ("{actions: [s3:GetObject], resources: ['arn:aws:s3:::${aws:SourceVpc}/*']}", "SourceVpc is orders-archive"),
        ("{actions: [s3:GetObject], resources: ['arn:aws:s3:::${aws:PrincipalTag/x}/*']}", ""),
        # Two conditions that no request meets together: the text overlaps, the access doesn't.
        (
            f"{{actions: [s3:GetObject], {BUCKET}, conditions: {NEVER_MET}}}",
            "",
        ),
        (f"{{actions: [s3:GetObject], {BUCKET}, conditions: {{StringEquals: {{'aws:SourceVpc': a}}}}}}", "is a"),
        # The role has no such tag, and its trust policy lets nobody tag a session.
        (f"{{actions: [s3:GetObject], {BUCKET}, conditions: {{StringEquals: {{'aws:PrincipalTag/x': a}}}}}}", ""),
    ],
)
def test_the_algebra_decides(tmp_path: Path, statement: str, hit: str) -> None:
    never = f'{{never: [{{system: payments, actions: ["s3:GetObject"], {BUCKET}}}], agents: {{names: [prober]}}}}'
    found = with_specs(tmp_path, never, AWS_INTENT.replace("STATEMENT", statement))
    assert len(found) == bool(hit), found
    assert all(hit in one for one in found), found


def test_every_agent_may_hand_its_token_back(tmp_path: Path) -> None:
    assert with_specs(tmp_path, '{never: [{system: vault, paths: ["auth/*", "sys/*", "identity/*"]}]}') == []


@pytest.mark.parametrize(
    ("never", "request_"),
    [
        ("{privileges: [SELECT], tables: [public.*]}", "SELECT on table public."),
        ("{privileges: [CONNECT], database: true}", "CONNECT on the database"),
        ("{privileges: [USAGE], schemas: [public]}", "USAGE on schema public"),
        ("{privileges: [DELETE, TRUNCATE], tables: ['*']}", ""),
        ("{privileges: [SELECT], tables: [public.customers]}", ""),
    ],
)
def test_postgres_roles_are_composed(tmp_path: Path, never: str, request_: str) -> None:
    found = with_specs(tmp_path, f"{{never: [{never.replace('{', '{system: orders-db, ', 1)}]}}")
    assert bool(found) is bool(request_), found
    assert all(request_ in one for one in found)


@pytest.mark.parametrize(
    ("forbid", "hits"),
    [
        ("{system: payments, widths: [wildcard-action]}", []),
        ("{system: payments, widths: [wildcard-resource]}", ["forbids resources with wildcards: arn:aws:s3:::"]),
        ("{system: vault, widths: [wildcard-path]}", ["forbids paths with wildcards: kv/"]),
        ("{system: vault, widths: [whole-mount]}", []),
        ("{system: orders-db, widths: [all-privileges]}", []),
        ("{system: orders-db, widths: [wildcard-action]}", ["W314 postgres knows no width wildcard-action"]),
    ],
)
def test_forbidden_widths(tmp_path: Path, forbid: str, hits: list[str]) -> None:
    found = with_specs(tmp_path, f"{{forbid: [{forbid}]}}")
    assert all(any(hit in one for hit in hits) for one in found), found
    assert bool(found) is bool(hits), found
