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
        "database/creds/writ-support-bot_orders.read_orders-db (for a login at orders-db)"
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
