from __future__ import annotations

import json

import pytest

from providers.vault.effective.parse import parse
from providers.vault.effective.values import Condition, PolicyError


def only(text):
    (rule,) = parse("p", text).rules
    return rule


def test_a_whole_block():
    rule = only(
        """
        # comment
        // comment
        /* comment
           } */
        path "/kv/data/a" {  # a leading slash goes
          comment = <<EOT
          path "x" { capabilities = ["sudo"] }
        EOT
          capabilities = [
            "read", // of a line
            "update",
          ]
          allowed_parameters = { "Role" = ["a*", true], "*" = [] }
          denied_parameters { ttl = [] }
          required_parameters = ["Role"]
          min_wrapping_ttl = "1m30s"
          max_wrapping_ttl = 7200
        }"""
    )
    assert (rule.path, rule.capabilities) == ("kv/data/a", {"read", "update"})
    assert rule.allowed == (("*", ()), ("role", ("a*", True)))
    assert rule.denied == (("ttl", ()),)
    assert rule.required == ("role",)
    assert (rule.min_wrapping_ttl, rule.max_wrapping_ttl) == (90, 7200)
    assert not rule.conditions


@pytest.mark.parametrize(
    ("word", "capabilities"),
    [
        ("deny", {"deny"}),
        ("read", {"read", "list"}),
        ("write", {"create", "read", "update", "delete", "list"}),
        ("sudo", {"create", "read", "update", "delete", "list", "sudo"}),
    ],
)
def test_the_old_shorthand(word, capabilities):
    assert only(f'path "a" {{ policy = "{word}" }}').capabilities == capabilities


def test_deny_is_alone():
    assert only('path "a" { policy = "read" capabilities = ["sudo", "deny"] }').capabilities == {"deny"}


@pytest.mark.parametrize(
    "text",
    [
        '{"path": {"a": {"capabilities": ["read"]}}}',
        '{"path": [{"a": {"capabilities": ["read"]}}]}',
        ' {"name": "x", "path": {"a": [{"capabilities": ["read"]}]}}',
        'path "a" { capabilities = ["read"] }',
        '"path" "a" { "capabilities" = ["read"] }',
        'path "\\u0061" { capabilities = ["\\x72ead",] }',
        'path"a"{capabilities=["read"]}',
    ],
)
def test_spellings_of_one_policy(text):
    assert only(text) == only('path "a" { capabilities = ["read"] }')


def test_json_as_the_server_takes_it():
    body = {"capabilities": ["update"], "allowed_parameters": {"k": ["v", True]}, "max_wrapping_ttl": "1h"}
    rule = only(json.dumps({"path": {"k\u00e9/\U0001f600": body}}))
    assert (rule.path, rule.allowed, rule.max_wrapping_ttl) == ("k\u00e9/\U0001f600", (("k", ("v", True)),), 3600)


def test_an_empty_policy_and_blocks_of_one_path():
    assert parse("p", " # nothing\n").rules == ()
    assert len(parse("p", 'path "a" {} path "a" {}').rules) == 2


def test_what_is_not_modelled_is_kept():
    rule = only(
        'path "a" { capabilities = ["list"] mfa_methods = ["m"] pagination_limit = 5'
        ' expiration = "2030-01-01T00:00:00Z"'
        ' control_group = { factor "ops" { identity { approvals = 2 } } }'
        ' list_scan_response_keys_filter_path = "{{.path}}" allowed_parameters = { n = [5] } }'
    )
    assert rule.conditions == {Condition('mfa_methods ["m"]'), Condition("pagination_limit 5", listing_only=True)}
    assert rule.control_group == 'control_group {["factor", "ops"]: {["identity"]: {["approvals"]: 2}}}'
    assert rule.expires == "2030-01-01T00:00:00Z"
    assert len(rule.opaque) == 2
    assert only('path "a/{{identity.entity.id}}" {}').templated


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('path "a" { capabilities = ["fly"] }', "1:12: unknown capability 'fly'"),
        ('path "a" {\n  capabilties = ["read"]\n}', "2:3: 'capabilties'"),
        ('path "a" {\n  capabilities = ["read"]\n  capabilities = ["sudo"]\n}', "3:3: capabilities comes twice"),
        ('path "a" { capabilities = "read" }', "1:12: capabilities takes a list"),
        ('path "a" { capabilities = ["read" "list"] }', "1:35: ] expected"),
        ('path "a" { capabilities = [,] }', "1:28: a value expected"),
        ('path "a" { capabilities = [read] }', "1:28: a value expected"),
        ('path "a" "b" {}', "1:1: a path block has one path"),
        ("path {}", "1:1: a path block needs its path"),
        ('path "a" = {}', "1:10: { expected"),
        ('path "a" {', "1:11: } expected"),
        ('path "a {}', "1:6: the string isn't closed"),
        ('path "a\n" {}', "1:6: the string isn't closed"),
        ('path "a\\q" {}', "1:8: unknown escape"),
        ('path "a\\xff" {}', "1:8: the escape is no character"),
        ('path "a\\ud800" {}', "1:8: the escape is no character"),
        ('path "${a}" {}', "1:7: ${"),
        ('path "a/+*" {}', "1:1: +* is forbidden"),
        ('path "a" {} }', "1:13: a name expected"),
        ("/* open", "1:1: a name expected"),
        ('paths "a" {}', "1:1: 'paths'"),
        ('path "a" { min_wrapping_ttl = "1y" }', "1:12: min_wrapping_ttl takes"),
        ('path "a" { min_wrapping_ttl = 5 max_wrapping_ttl = 4 }', "1:1: max_wrapping_ttl is less"),
        ('path "a" { allowed_parameters = { k = "v" } }', "1:35: allowed_parameters takes"),
        ('path "a" { allowed_parameters = { k = [] K = [] } }', "1:42: allowed_parameters takes"),
        ('path "a" { policy = "admin" }', '1:12: policy = "admin"'),
        ('path "a" { comment = <<EOT x\nEOT\n}', "1:22: a heredoc"),
        ('path "a" { comment = <<EOT\nx }', "1:22: the heredoc isn't closed"),
        ('path "a\0" {}', "1:8: character U+0000"),
        ('{"path": {"a": {"capabilities": ["read"],}}}', "1:42: a quoted name expected"),
        ('{"path": {"a": {"capabilities": ["read"]}}} x', "1:45: nothing may follow"),
        ('{"path": {"a": 1}}', "1:11: 'a' takes an object"),
        ('{"path": {"a": {"capabilities": ["read"], "capabilities": []}}}', "1:43: capabilities comes twice"),
        ('{"path": "\\ud800"}', "1:18: half a surrogate pair"),
        ("{" * 100, "1:2: a quoted name expected"),
        ('{"path": ' + "[" * 100, "nested too deeply"),
        ('path "a" { allowed_parameters = { k = ' + "[" * 100, "nested too deeply"),
    ],
)
def test_what_is_refused(text, where):
    with pytest.raises(PolicyError) as failed:
        parse("p", text)
    assert where in str(failed.value)
    assert str(failed.value).startswith(f"{failed.value.line}:{failed.value.column}: ")
