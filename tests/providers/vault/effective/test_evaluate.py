"""One request at a time: what Vault's documentation and its source say."""

from __future__ import annotations

import pytest

from providers.vault.effective.evaluate import allowed
from providers.vault.effective.parse import parse
from providers.vault.effective.values import Policy, Request, Server, Undecided
from tests.providers.vault.effective.policies import each, policy

YES, NO = True, False


@pytest.mark.parametrize(
    ("rules", "request_", "answer"),
    [
        ([("a", "read")], "read a", YES),
        ([("a", "read")], "read a/", NO),
        ([("a", "read")], "update a", NO),
        ([("/a", "read")], "read a", YES),
        ([("//a", "read")], "read a", NO),
        ([("a*", "read")], "read a", YES),
        ([("a/*", "read")], "read a/", YES),
        ([("a/*", "read")], "read a", NO),
        ([("*", "read")], "read x/y/z", YES),
        ([("a/*/b", "read")], "read a/x/b", NO),
        ([("a/*/b", "read")], "read a/*/b", YES),
        ([("+", "read")], "read a", YES),
        ([("+", "read")], "read a/b", NO),
        ([("a/+/c", "read")], "read a/b/c", YES),
        ([("a/+/c", "read")], "read a//c", YES),
        ([("a/+/c", "read")], "read a/b/x/c", NO),
        ([("a/+", "read")], "read a/", YES),
        ([("a/+/c*", "read")], "read a/b/cd/e", YES),
        ([("a/+/*", "read")], "read a/b", NO),
        ([("a/+/*", "read")], "read a/b/", YES),
        ([("a/+b", "read")], "read a/+b", YES),
        ([("a/+b", "read")], "read a/xb", NO),
        ([("a+/b", "read")], "read a+/b", YES),
        # An exact path beats every pattern.
        ([("a/*", "read"), ("a/b", "deny")], "read a/b", NO),
        ([("a/*", "deny"), ("a/b", "read")], "read a/b", YES),
        ([("+/+", "deny"), ("a/b", "read")], "read a/b", YES),
        # One pattern wins.
        ([("a/*", "read"), ("a/b/*", "update")], "read a/b/c", NO),
        ([("a/*", "read"), ("a/b/*", "update")], "update a/b/c", YES),
        ([("+/+/c", "deny"), ("a/*", "read")], "read a/b/c", YES),
        ([("a/b*", "read"), ("a/+", "deny")], "read a/bc", YES),
        ([("a/+/c", "read"), ("a/+/c*", "deny")], "read a/b/c", YES),
        ([("a/+", "read"), ("a/*", "deny")], "read a/b", YES),
        ([("a/+/c/+", "read"), ("a/+/+/+", "deny")], "read a/b/c/d", YES),
        ([("a/+/c/d", "read"), ("a/+/c/+", "deny")], "read a/b/c/d", YES),
        ([("a/+/bar/ba*", "read"), ("a/+/bar/b*", "deny")], "read a/x/bar/bar", YES),
        ([("a/+/c/+", "deny"), ("a/+/+/d", "read")], "read a/b/c/d", NO),
        ([("\u00e9/+", "read"), ("\u00e9/*", "deny")], "read \u00e9/b", YES),  # places are counted in bytes
        # Text that starts like a segment wildcard is none, but is a pattern to the server.
        ([("a/*", "deny"), ("a/+b", "read")], "read a/+b", YES),
        ([("a/+b", "read"), ("a/+b*", "deny")], "read a/+b", YES),
        # Only identical paths unite; deny wins among them.
        ([("a/*", "read"), ("a/*", "update")], "read a/x", YES),
        ([("a/*", "read"), ("/a/*", "update")], "update a/x", YES),
        ([("a/*", "read"), ("a/*", "deny")], "read a/x", NO),
        ([("a/*", "deny"), ("a/*", "read")], "read a/x", NO),
        ([("a/*", ""), ("a/*", "read")], "read a/x", YES),
        ([("a/b", ""), ("a/*", "read")], "read a/b", NO),
        # LIST also looks without the trailing slash.
        ([("a/b", "list")], "list a/b/", YES),
        ([("a/b", "read")], "read a/b/", NO),
        ([("a/b", "scan")], "scan a/b/", YES),
        ([("a/b", "read"), ("a/*", "list")], "list a/b/", NO),
        ([("a/b/", "list"), ("a/b", "deny")], "list a/b/", YES),
        ([("a/+", "list")], "list a/b/", YES),
        ([("a/b*", "list"), ("a/b/*", "read")], "list a/b/", NO),
        ([("+", "list")], "list a//", NO),
        # Protected paths need sudo besides.
        ([("sys/raw/*", "read")], "read sys/raw/x", NO),
        ([("sys/raw/*", "read sudo")], "read sys/raw/x", YES),
        ([("sys/raw/*", "sudo")], "read sys/raw/x", NO),
        ([("kv/*", "sudo")], "read kv/x", NO),
        ([("kv/*", "sudo")], "sudo kv/x", YES),
        ([("sys/auth/*", "read"), ("sys/auth", "read")], "read sys/auth", YES),
    ],
)
def test_paths(rules, request_, answer):
    capability, _, path = request_.partition(" ")
    assert allowed(each(*rules), Request(capability, path)) is answer


def test_vault_looks_for_list_without_the_slash_first():
    held = each(("a/b*", "list"), ("a/b/*", "read"))
    assert allowed(held, Request("list", "a/b/"), server=Server.VAULT)
    assert not allowed(held, Request("list", "a/b/"), server=Server.OPENBAO)


def parameters(*more):
    return each(*(("a", "read create update patch delete", text) for text in more))


@pytest.mark.parametrize(
    ("held", "sent", "answer"),
    [
        (['allowed_parameters = { k = ["v"] }'], {}, YES),
        (['allowed_parameters = { k = ["v"] }'], {"k": "v"}, YES),
        (['allowed_parameters = { k = ["v"] }'], {"K": "v"}, YES),
        (['allowed_parameters = { k = ["v"] }'], {"k": "w"}, NO),
        (['allowed_parameters = { k = ["v"] }'], {"l": "v"}, NO),
        (["allowed_parameters = { k = [] }"], {"k": "w"}, YES),
        (['allowed_parameters = { k = ["v"], "*" = [] }'], {"l": "v"}, YES),
        (['allowed_parameters = { k = ["v"], "*" = [] }'], {"k": "w"}, NO),
        (['allowed_parameters = { "*" = ["v"] }'], {"k": "w"}, YES),
        (['allowed_parameters = { k = ["v*"] }'], {"k": "vw"}, YES),
        (['allowed_parameters = { k = ["*v"] }'], {"k": "wv"}, YES),
        (['allowed_parameters = { k = ["*v*"] }'], {"k": "avb"}, YES),
        (['allowed_parameters = { k = ["*"] }'], {"k": "w"}, NO),
        (["allowed_parameters = { k = [true] }"], {"k": True}, YES),
        (['allowed_parameters = { k = ["true"] }'], {"k": True}, NO),
        (['denied_parameters = { k = ["v"] }'], {"k": "v"}, NO),
        (['denied_parameters = { k = ["v"] }'], {"k": "w"}, YES),
        (['denied_parameters = { "*" = [] }'], {"k": "w"}, NO),
        (['denied_parameters = { "*" = [] }'], {}, YES),
        (['required_parameters = ["K"]'], {}, NO),
        (['required_parameters = ["K"]'], {"k": ""}, YES),
        (['required_parameters = ["K"]'], {"K": ""}, NO),
        # Over policies: allowed lists unite; constrained with unconstrained stays constrained.
        (['allowed_parameters = { k = ["v"] }', 'allowed_parameters = { k = ["w"] }'], {"k": "w"}, YES),
        (['allowed_parameters = { k = ["v"] }', "allowed_parameters = { k = [] }"], {"k": "x"}, YES),
        (['allowed_parameters = { k = ["v"] }', ""], {"k": "w"}, NO),
        (["", 'allowed_parameters = { k = ["v"] }'], {"k": "w"}, NO),
        (['required_parameters = ["k"]', 'required_parameters = ["l"]'], {"k": ""}, NO),
    ],
)
def test_parameters(held, sent, answer):
    for capability in ("read", "create", "update", "patch"):
        assert allowed(parameters(*held), Request(capability, "a", sent)) is answer
    assert allowed(parameters(*held), Request("delete", "a", sent))


def test_wrapping():
    held = parameters('min_wrapping_ttl = 10 max_wrapping_ttl = "1m"')
    for ttl, answer in ((None, NO), (9, NO), (10, YES), (60, YES), (61, NO)):
        assert allowed(held, Request("delete", "a", wrap_ttl=ttl)) is answer
    both = parameters("min_wrapping_ttl = 10", "max_wrapping_ttl = 5")
    assert not any(allowed(both, Request("delete", "a", wrap_ttl=ttl)) for ttl in (None, 4, 5, 10, 11))


def test_root_is_everything():
    assert allowed([Policy("root")], Request("sudo", "sys/raw/x"))
    assert not allowed([Policy("base")], Request("read", "a"))


@pytest.mark.parametrize(
    "text",
    [
        'path "a/{{identity.entity.id}}" { capabilities = ["read"] }',
        'path "a/x" { capabilities = ["read"] expiration = "2030-01-01T00:00:00Z" }',
        'path "a/+" { capabilities = ["read"] control_group = { factor "f" {} } }',
    ],
)
def test_what_is_not_modelled_is_no_answer(text):
    held = [parse("p", text), policy(("b", "read"))]
    assert allowed(held, Request("read", "b"))
    with pytest.raises(Undecided):
        allowed(held, Request("read", "a/x"))
