"""The operator's connections: what holds in which environment, and names that mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.connections import Connections, read_connections
from specs import read
from specs.diagnostic import Severity

SPECS = """\
apiVersion: writ/v1
kind: Environment
metadata: {name: staging}
spec:
  issuers: {cluster: {issuer: "https://oidc.example.com/cluster", audiences: {vault: vault}}}
  systems: {vault: {provider: vault}}
---
apiVersion: writ/v1
kind: Environment
metadata: {name: production}
spec:
  issuers: {cluster: {issuer: "https://oidc.example.com/cluster", audiences: {vault: vault}}}
  systems: {vault: {provider: vault}, payments: {provider: aws, account: "123456789012"}}
"""
HEAD = "apiVersion: writ/v1\nkind: Connections\nspec:\n"


def connections(tmp_path: Path, body: str) -> Connections:
    file = tmp_path / "connections.yaml"
    file.write_text(HEAD + body)
    found, problems = read_connections(str(file), {})
    assert problems == ()
    return found


def test_a_file_that_merely_lies_about_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pull request could bring one."""
    block = "  systems: {vault: {address: 'https://evil.example.com'}}\n"
    for name in (
        "connections.yaml",
        ".writ/connections.yaml",
        "specs/connections.yaml",
        ".writ/sandbox/connections.yaml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(HEAD + block)
    monkeypatch.chdir(tmp_path)
    assert read_connections(None, {}) == (Connections(None, {}), ())
    found, _ = read_connections(None, {"WRIT_CONNECTIONS": "connections.yaml"})
    assert found.file is not None


def test_a_file_that_anybody_may_write_is_refused(tmp_path: Path) -> None:
    """It names commands."""
    file = tmp_path / "connections.yaml"
    file.write_text(HEAD + "  systems: {}\n")
    file.chmod(0o666)
    found, problems = read_connections(str(file), {})
    assert [one.code for one in problems] == ["W704"]
    assert found.file is None
    file.chmod(0o664)
    assert read_connections(str(file), {})[1] == ()


def test_a_document_of_another_kind_is_told_as_that_alone(tmp_path: Path) -> None:
    file = tmp_path / "specs.yaml"
    file.write_text(SPECS.split("---", maxsplit=1)[0])
    _, (problem,) = read_connections(str(file), {})
    assert (problem.code, problem.message) == ("W104", "expected kind Connections, got 'Environment'")
    assert "whose kind is Connections" in problem.help


def strangers(tmp_path: Path, body: str) -> list[tuple[Severity, str, int]]:
    (tmp_path / "specs.yaml").write_text(SPECS)
    found_specs = read([str(tmp_path / "specs.yaml")]).catalog.environments
    environments = {name: one.value for name, one in found_specs.items()}
    found = connections(tmp_path, body).strangers("staging", environments)
    return [(one.severity, one.message, one.span.line if one.span else 0) for one in found]


def test_an_environments_block_changes_fields_and_keeps_the_others(tmp_path: Path) -> None:
    body = (
        "  systems: {vault: {address: 'https://a', ca_cert: /ca.pem, login: {method: jwt}}}\n"
        "  environments:\n    staging:\n      systems:\n        vault: {address: 'https://b'}\n"
    )
    file = connections(tmp_path, body)
    assert file.block("production", "vault").value["address"] == "https://a"
    staging = file.block("staging", "vault")
    assert staging.value == {"address": "https://b", "ca_cert": "/ca.pem", "login": {"method": "jwt"}}
    assert (staging.span("address").line, staging.span("ca_cert").line) == (8, 4)
    assert file.block("staging", "payments").value == {}


def test_names_that_nothing_bears(tmp_path: Path) -> None:
    body = (
        "  systems:\n    valut: {}\n    payments: {}\n"
        "  issuers:\n    clutser: {jwks_url: 'https://a'}\n"
        "  environments:\n    staging:\n      systems:\n        payments: {}\n"
    )
    assert strangers(tmp_path, body) == [
        (Severity.WARNING, "no system is named 'valut'", 5),
        (Severity.WARNING, "no issuer is named 'clutser'", 8),
        (Severity.ERROR, "no system is named 'payments'", 12),
    ]


def test_a_system_that_is_still_to_be_cleaned_is_known(tmp_path: Path) -> None:
    (tmp_path / "specs.yaml").write_text(SPECS)
    environments = {n: one.value for n, one in read([str(tmp_path / "specs.yaml")]).catalog.environments.items()}
    body = "  environments:\n    staging:\n      systems:\n        payments: {}\n"
    file = connections(tmp_path, body)
    assert [one.code for one in file.strangers("staging", environments)] == ["W703"]
    assert file.strangers("staging", environments, ["payments"]) == ()


@pytest.mark.parametrize("keys", ["{}", "{jwks_url: 'https://a', discovery_url: 'https://b'}"])
def test_an_issuer_has_one_source_of_keys(tmp_path: Path, keys: str) -> None:
    file = tmp_path / "connections.yaml"
    file.write_text(f"{HEAD}  issuers: {{cluster: {keys}}}\n")
    _, problems = read_connections(str(file), {})
    assert [problem.code for problem in problems] == ["W121"]


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("{jwks_url: notaurl}", "W115"),
        ("{discovery_url: 'http://oidc.example.com'}", "W115"),
        ("{jwks_url: 'https://me:secret@oidc.example.com'}", "W018"),
        ("{public_keys: [no key]}", "W119"),
    ],
)
def test_an_issuers_keys_are_looked_at_as_in_the_specs(tmp_path: Path, keys: str, code: str) -> None:
    file = tmp_path / "connections.yaml"
    file.write_text(f"{HEAD}  issuers: {{cluster: {keys}}}\n")
    _, problems = read_connections(str(file), {})
    assert [problem.code for problem in problems] == [code]
    assert "secret" not in str(problems)
