"""Retirements in specs: each mistake is told where it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from providers.ldap.provider import LdapProvider
from reconciler.workflow.specs import Request, validate
from tests.servers import EXAMPLES

SPEC = "system: orders-db, principal: svc_orders, replaced_by: [support-bot/orders.read]"


def findings(folder: Path, *specs: str) -> list[tuple[str, str]]:
    shutil.copytree(EXAMPLES / "quickstart" / "specs", folder / "specs")
    documents = (
        f"apiVersion: writ/v1\nkind: Retirement\nmetadata: {{name: r{number}}}\nspec: {{{spec}}}\n"
        for number, spec in enumerate(specs)
    )
    (folder / "specs" / "retirements.yaml").write_text("---\n".join(documents))
    _, _, found = validate(Request((str(folder / "specs"),)))
    assert all(one.span is not None and one.help for one in found), found
    return [(one.code, one.subject.partition(".spec.")[2]) for one in found]


def test_a_right_one_is_right(tmp_path: Path) -> None:
    assert findings(tmp_path, f"{SPEC}, quarantine: 90d, unused_for: 1h, reassign_owned_to: orders_owner") == []


@pytest.mark.parametrize(
    ("spec", "code", "subject"),
    [
        (SPEC.replace("orders-db", "orders"), "W203", "system"),
        (SPEC.replace("support-bot/", "support-bt/"), "W205", "replaced_by[0]"),
        (SPEC.replace("orders.read", "orders.reed"), "W202", "replaced_by[0]"),
        (SPEC.replace("support-bot/orders.read", "support-bot"), "W107", "replaced_by[0]"),
        (SPEC.replace("[support-bot/orders.read]", "[]"), "W105", "replaced_by"),
        (SPEC.replace("]", ", support-bot/orders.read]"), "W209", "replaced_by[1]"),
        (f"{SPEC}, quarantine: 2y", "W110", "quarantine"),
        (f"{SPEC}, quarantine: 400d", "W110", "quarantine"),
        (f"{SPEC}, heir: x", "W102", "heir"),
        (SPEC.replace("svc_orders", "writ_x"), "W235", "principal"),
        (SPEC.replace("svc_orders", "vault_minter"), "W235", "principal"),
        (SPEC.replace("svc_orders", "pg_monitor"), "W235", "principal"),
        (f"{SPEC}, reassign_owned_to: svc_orders", "W235", "reassign_owned_to"),
        (f"{SPEC}, reassign_owned_to: writ_x", "W235", "reassign_owned_to"),
    ],
)
def test_a_mistake_is_told_where_it_is(tmp_path: Path, spec: str, code: str, subject: str) -> None:
    assert findings(tmp_path, spec) == [(code, subject)]


def test_one_principal_is_retired_once(tmp_path: Path) -> None:
    assert findings(tmp_path, SPEC, SPEC) == [("W233", "principal")]


def test_the_agent_must_hold_the_intent_and_the_intent_must_reach_the_system(tmp_path: Path) -> None:
    assert findings(tmp_path, SPEC.replace("orders.read", "refunds.issue")) == []
    agents = tmp_path / "specs" / "agents.yaml"
    agents.write_text(agents.read_text().replace("    - {name: refunds.issue}\n", ""))
    intents = tmp_path / "specs" / "intents.yaml"
    intents.write_text(intents.read_text().replace("    - {system: orders-db, grants: [{privileges: [SELECT]", "    #"))
    retirements = tmp_path / "specs" / "retirements.yaml"
    retirements.write_text(retirements.read_text().replace("refunds.issue]", "refunds.issue, support-bot/orders.read]"))
    _, _, found = validate(Request((str(tmp_path / "specs"),)))
    assert [one.code for one in found] == ["W231", "W232"]


def of_directory(folder: Path, principal: str, more: str = "") -> list[tuple[str, str]]:
    shutil.copytree(EXAMPLES / "directory" / "specs", folder / "specs")
    (folder / "specs" / "retirements.yaml").write_text(
        "apiVersion: writ/v1\nkind: Retirement\nmetadata: {name: r}\nspec: {system: directory, "
        f"principal: {principal!r}, replaced_by: [wiki-bot/runbooks.edit]{more}}}\n"
    )
    _, _, found = validate(Request((str(folder / "specs"),)))
    return [(one.code, one.message) for one in found]


def test_an_account_of_a_directory_is_named_by_its_dn(tmp_path: Path) -> None:
    ((code, message),) = of_directory(tmp_path, "svc-wiki")
    assert (code, "is no DN" in message) == ("W235", True)


def test_a_provider_that_can_not_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one of another package's may be, to which the contract gives no way."""
    monkeypatch.setattr(LdapProvider, "retires", "")
    ((code, message),) = of_directory(tmp_path, "uid=x,ou=people,dc=example,dc=com")
    assert (code, "ldap has no way to" in message) == ("W234", True)
