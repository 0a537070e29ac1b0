"""Secrets: what looks like one, what doesn't, what is shown of a line; and at a cost that is linear in the text."""

from __future__ import annotations

import time

import pytest

from specs import scan
from specs.diagnostic import error
from specs.loader import load_bytes
from specs.source import SourceSpan
from specs.sources import Sources

SECRETS = {
    "vault": "hvs.abcdefgh12345678",
    "vault-batch": "hvb.CAESIJabcdefgh1234",
    "old-vault": "s.aB3dEf6hIj9lMn2pQr5tUv8x",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "aws-session": "ASIAIOSFODNN7EXAMPLE",
    "github": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "gitlab": "glpat-abcdefghij0123456789",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "slack": "xoxb-1234567890-abcdef",
    "api-key": "sk-abcdefghij0123456789ABCD",
    "project-key": "sk-proj-Ab12_cdefghijk-LMNOPQRS",
    "registry": "npm_" + "a1" * 18,
    "password": "password=hunter2x",
    "quoted-password": "password='hunter2x'",
    "dsn": "admin:hunter2x@db:5432",
    "dsn-path": "admin:hunter2x@db/orders",
    "url": "postgres://u:hunter2x@h/d",
    "url-user": "https://hunter2x@example.com/y",
    "ssh-password": "ssh://git:hunter2x@example.com/y",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_is_found_and_left_out(secret: str) -> None:
    for text in (secret, f"a '{secret}' b", f"x {secret}", f"!{secret}"):
        assert scan.confidential(text), text
        assert scan.excerpt(text) is None
        shown = scan.redacted(text)
        assert "\u2026" in shown
        assert ("hunter2x" if "hunter2x" in secret else secret[-10:]) not in shown
    found = error("W199", f"a {secret} b", subject=f"x.{secret}", help=f"write {secret}")
    assert secret not in f"{found.message}{found.subject}{found.help}"


@pytest.mark.parametrize(
    "text",
    [
        "ssh://git@github.com/acme/iam.git",
        "git+ssh://git@github.com/acme/iam.git",
        "git@github.com:acme/iam.git",
        "sk-customer-support-assistant",
        "sk-customer-support-assistant-2",
        "system:serviceaccount:support:sk-customer-support-assistant",
        "hvs.example1.com",
        "ASIAPACIFICREGION1",
        "user:alice@example.com",
        "repo:acme/iam:ref:refs/heads/main",
        "orders:16@sha256:12345abcdef0",
        "password=PASSWORD",
        'password="$MINTER_PASSWORD"',
        "password=<password>",
        "kv/data/s.orders",
    ],
)
def test_what_is_no_secret(text: str) -> None:
    assert not scan.confidential(text)
    assert scan.redacted(text) is text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("pwd: hunter2x", "pwd: \u2026"),
        ("pass: hunter2x", "pass: \u2026"),
        ("db_pass: hunter2x", "db_pass: \u2026"),
        ("credential: hunter2x", "credential: \u2026"),
        ("auth: hunter2x", "auth: \u2026"),
        ('{"password":"hunter2x"}', '{"password": \u2026'),
        ("apiToken : hunter2x", "apiToken : \u2026"),
        ("credentials: {password: hunter2x}", "credentials: {password: \u2026"),
        ("credentials: {system: vault}", "credentials: {system: vault}"),
        ("auth_mount: jwt-agents", "auth_mount: jwt-agents"),
        ("purpose: keeps secrets", "purpose: keeps secrets"),
        (r'"hv\x73.CAESIJabcdefgh1234"', None),
        ("!hvs%2ECAESIJabcdefgh1234", None),
        ("user:hunter2x@host", None),
    ],
)
def test_lines_are_shown_without_what_a_field_named_like_a_secret_holds(line: str, shown: str | None) -> None:
    assert scan.excerpt(line) == shown


def test_a_key_without_an_end_hides_the_file() -> None:
    text = "a: x\nb: |\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIEpAIBAAKCAQEA\nc: [\n"
    loaded = load_bytes(text.encode(), "f.yaml")
    assert [loaded.sources.source_line(SourceSpan("f.yaml", line, 1)) for line in range(1, 6)] == [None] * 5
    assert scan.redacted("a -----BEGIN PRIVATE KEY----- MIIE b") == "a \u2026"


_UNITS = ("-token", "a.", "sk-", "-eyJ0000000", "hvs.", "pwd", "a:", "@a/", "://", "=a:", "password=", "s.", "ghp_")
_ENDS = "", " .eyJ @a/ password= sk-aaaaaaaaaaaaaaaaaaaa1 hvs. xoxb-aaaaaaaaaaaa"


@pytest.mark.parametrize("unit", _UNITS)
def test_the_cost_is_linear(unit: str) -> None:
    for length in (9_000, 500_000):
        line = "owner: yes@ # " + unit * (length // len(unit))
        for end in _ENDS:
            sources = Sources()
            sources.add("f", f"{line}{end}\n".encode())
            started = time.process_time()
            scan.redacted(line + end)
            sources.source_line(SourceSpan("f", 1, 1))
            assert time.process_time() - started < 0.4  # a tenth of it on a quiet machine
