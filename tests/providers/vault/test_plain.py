"""Policies that are read without a parser come to what the server's algorithm says of them."""

from __future__ import annotations

import itertools

import pytest

from providers.vault.effective.evaluate import allowed
from providers.vault.effective.parse import parse
from providers.vault.effective.values import Request
from providers.vault.escalation.plain import may_read, plain
from providers.vault.patterns import Pattern
from providers.vault.policy import Grant, render

PATHS = ("a/b", "a/*", "a/+", "+/b", "c")
WORDS = ("read", "update", "deny")


def text(*blocks: tuple[str, tuple[str, ...]]) -> str:
    made = ['path "{}" {{\n  capabilities = [{}]\n}}'.format(p, ", ".join(f'"{w}"' for w in ws)) for p, ws in blocks]
    return "\n".join(["# by hand", *made]) + "\n"


def test_it_agrees_with_the_servers_algorithm() -> None:
    told = 0
    for one, two in itertools.product(PATHS, repeat=2):
        for first, second in itertools.product(WORDS, repeat=2):
            texts = [("x", text((one, (first,))), ""), ("y", text((two, (second,))), "")]
            policies = [parse(name, body) for name, body, _ in texts]
            for path in ("a/b", "c"):
                quick = may_read(texts, path)
                if quick is not None:
                    told += 1
                    assert allowed(policies, Request("read", path))
    assert told > 20


@pytest.mark.parametrize(
    "body",
    [
        'path "a" { capabilities = ["read"] }',
        'path "a" {\n  capabilities = ["read"]\n  min_wrapping_ttl = "1s"\n}\n',
        'path "{{identity.entity.id}}" {\n  capabilities = ["read"]\n}\n',
        'path "/a" {\n  capabilities = ["read"]\n}\n',
        text(("a", ("read",)), ("a", ("deny",))),
        '{"path": {"a": {"capabilities": ["read"]}}}',
    ],
)
def test_any_other_form_is_left_to_the_parser(body: str) -> None:
    assert plain(body) is None
    assert may_read([("x", body, "")], "a") is None


def test_what_writ_writes_is_plain() -> None:
    written = render("support-bot", [Grant(Pattern.of("kv/data/x/*"), frozenset({"read", "list"}))])
    assert plain(written) == {"kv/data/x/*": frozenset({"read", "list"})}


def test_a_policy_that_ends_is_left_to_the_parser() -> None:
    assert may_read([("x", text(("a", ("read",))), "2026-01-01T00:00:00Z")], "a") is None
