"""Access blocks and guardrails as they are written: what is refused, and what overlaps."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from pydantic import ValidationError

from providers.vault.access import VaultAccess, VaultNever, overlap
from providers.vault.patterns import Pattern
from providers.vault.provider import VaultProvider
from providers.vault.settings import VaultLogin, VaultSettings


def refused(model: Any, fields: dict[str, Any]) -> tuple[str, str, str]:
    with pytest.raises(ValidationError) as found:
        model.model_validate(fields)
    [error] = found.value.errors()
    return error["type"], error["msg"], error.get("ctx", {}).get("help", "")


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("", "W420", "empty"),
        ('x" {} path "*', "W420", "invalid path: it contains '\"'"),
        ("kv/{{identity.entity.name}}", "W420", "invalid path: it contains '{'"),
        ("kv/a\nb", "W420", "invalid path"),
        ("kv/a\u202eb", "W420", "invalid path"),
        ("kv\\a", "W420", "invalid path"),
        ("/kv/a", "W420", "starts with /"),
        ("../sys", "W420", "not canonical"),
        ("kv/./a", "W420", "not canonical"),
        ("a//b", "W420", "not canonical"),
        ("%2e%2e", "W420", "not canonical"),
        ("kv/*/a", "W420", "* isn't last"),
        ("kv/**", "W420", "* isn't last"),
        ("kv/a+", "W420", "isn't a whole segment"),
        ("kv/+*", "W420", "isn't a whole segment"),
        ("*", "W421", "too wide"),
        ("+", "W421", "too wide"),
        ("+/*", "W421", "too wide"),
        ("kv*", "W421", "too wide"),
        ("s*", "W421", "too wide"),
        ("sys/*", "W421", "too wide"),
        ("auth/*", "W421", "too wide"),
        ("identity/*", "W421", "too wide"),
        ("sys/policies/acl/x", "W421", "too wide"),
        ("auth/token/create", "W421", "too wide"),
        ("sys", "W421", "too wide"),
        ("cubbyhole/x", "W421", "too wide"),
        ("v1/kv/data/x", "W420", "starts with v1/"),
        ("v1/sys/policies/acl/x", "W420", "starts with v1/"),
        (" kv/x", "W420", "starts or ends with a space"),
        ("kv/x ", "W420", "starts or ends with a space"),
        ("kv/ /x", "W420", "starts or ends with a space"),
        ("kv/x?list=true", "W420", "contains '?'"),
        ("kv/x#f", "W420", "contains '#'"),
        ("team-a/sys/policies/acl/x", "W421", "API of a namespace"),
        ("team-a/+/policies/acl/x", "W421", "API of a namespace"),
        ("team-a/b/sys/mounts", "W421", "API of a namespace"),
        ("team-a/sys/*", "W421", "API of a namespace"),
        ("team-a/sys/pol*", "W421", "API of a namespace"),
        ("team-a/auth/token/create", "W421", "API of a namespace"),
        ("team-a/auth/+/role/x", "W421", "API of a namespace"),
        ("team-a/auth/jwt/role/x", "W421", "API of a namespace"),
        ("team-a/auth/*", "W421", "API of a namespace"),
        ("team-a/identity/entity/id/x", "W421", "API of a namespace"),
        ("kv/data/sys/policies/acl/x", "W421", "API of a namespace"),
        ("kv/" + "a/" * 2000 + "/", "W420", "\u2026"),
    ],
)
def test_refused_paths(path: str, code: str, message: str) -> None:
    rule = {"path": path, "capabilities": ["read"]}
    kind, text, way_out = refused(VaultAccess, {"paths": [rule]})
    assert kind == code
    assert message in text
    assert len(text) < 200
    assert way_out


@pytest.mark.parametrize(
    "path",
    [
        "kv/*",
        "kv/data/orders/*",
        "kv/data/+/config",
        "kv/metadata/orders/",
        "kv/a b",
        "transit/encrypt/k",
        "kv/data/sys/*",
        "kv/data/auth/x",
        "kv/data/auth/github/config",
        "kv/metadata/identity/*",
        "kv/auth/x",
        "kv/orders/sys",
    ],
)
def test_accepted_paths(path: str) -> None:
    assert VaultAccess.model_validate({"paths": [{"path": path, "capabilities": ["read"]}]})


@pytest.mark.parametrize(
    ("capability", "message", "hint"),
    [
        ("reed", "unknown capability 'reed'", "did you mean read?"),
        ("write", "unknown capability 'write'", "create, read, update"),
        ("Read", "unknown capability 'Read'", "did you mean read?"),
        ("sudo", "sudo is refused", "name the plain capabilities"),
        ("root", "root is refused", "name the plain capabilities"),
        ("deny", "deny is refused", "leave the grant out"),
        ("*", "unknown capability", "one of"),
    ],
)
def test_refused_capabilities(capability: str, message: str, hint: str) -> None:
    kind, text, way_out = refused(VaultAccess, {"paths": [{"path": "kv/a", "capabilities": [capability]}]})
    assert kind == "W422"
    assert message in text
    assert hint in way_out


def test_self_service_paths_take_their_own_capability_only() -> None:
    def rule(capability: str) -> dict[str, Any]:
        return {"paths": [{"path": "auth/token/renew-self", "capabilities": [capability]}]}

    assert VaultAccess.model_validate(rule("update"))
    assert refused(VaultAccess, rule("delete"))[0] == "W421"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"paths": []}, "too_short"),
        ({"paths": [{"path": "kv/a", "capabilities": []}]}, "too_short"),
        ({"paths": [{"path": "kv/a", "capabilites": ["read"], "capabilities": ["read"]}]}, "extra_forbidden"),
    ],
)
def test_refused_shapes(fields: dict[str, Any], kind: str) -> None:
    assert refused(VaultAccess, fields)[0] == kind


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"policy_prefix": ""}, "can't be a prefix"),
        ({"policy_prefix": "Writ-"}, "can't be a prefix"),
        ({"policy_prefix": "writ_"}, "can't be a prefix"),
        ({"policy_prefix": "r"}, "also covers the policy root"),
        ({"policy_prefix": "default"}, "also covers the policy default"),
        ({"auth_mount": "token"}, "can't be an auth mount"),
        ({"auth_mount": {"cluster": "a/b"}}, "can't be an auth mount"),
        ({"auth_mount": {}}, "names no mount"),
        ({"auth_mount": "a/b"}, "can't be an auth mount"),
        ({"database_mounts": ["/database/"]}, "is not a mount's path"),
        ({"database_mounts": ["sys/x"]}, "is not a database mount"),
    ],
)
def test_refused_settings(settings: dict[str, Any], message: str) -> None:
    code, text, way_out = refused(VaultSettings, settings)
    assert code == "W428"
    assert message in text
    assert way_out


def test_settings_and_login_options() -> None:
    assert VaultSettings().mounts == ("jwt-agents",)
    assert VaultSettings.model_validate({"auth_mount": {"b": "jwt-b", "a": "jwt-a"}}).mounts == ("jwt-a", "jwt-b")
    assert VaultLogin.model_validate({"connection": "orders"}).mount == "database"
    assert refused(VaultLogin, {"connection": "../x"})[0] == "W428"


def allow(path: str, *capabilities: str) -> VaultAccess:
    return VaultAccess.model_validate({"paths": [{"path": path, "capabilities": list(capabilities)}]})


@pytest.mark.parametrize(
    ("path", "capabilities", "never", "kinds", "witness"),
    [
        ("kv/data/orders/*", ["read"], ["kv/data/*"], ["*"], "read kv/data/orders/x"),
        ("kv/data/orders/*", ["read"], ["kv/data/*"], ["update"], None),
        ("kv/data/orders/*", ["read"], ["kv/data/pay/*"], ["*"], None),
        ("kv/data/+/config", ["read"], ["kv/data/pay/*"], ["*"], "read kv/data/pay/config"),
        ("kv/data/+/config", ["read"], ["kv/data/pay"], ["*"], None),
        ("kv/a*", ["read"], ["+/+"], ["read"], "read kv/a"),
        ("kv/+", ["read"], ["kv/ab*"], ["read"], "read kv/ab"),
        ("kv/a", ["read"], ["*"], ["sudo"], None),
        ("kv/a", ["read", "list"], ["*"], ["sudo", "list"], "list kv/a"),
        ("kv/metadata/orders", ["list"], ["kv/metadata/orders/"], ["list"], "list kv/metadata/orders/"),
        ("kv/metadata/orders/", ["list"], ["kv/metadata/orders"], ["list"], "list kv/metadata/orders/"),
        ("kv/metadata/orders", ["read"], ["kv/metadata/orders/"], ["read"], None),
    ],
)
def test_overlap_of_access_and_guardrail(
    path: str, capabilities: list[str], never: list[str], kinds: list[str], witness: str | None
) -> None:
    forbidden = VaultNever.model_validate({"paths": never, "capabilities": kinds})
    assert overlap(allow(path, *capabilities), forbidden) == witness
    assert VaultProvider().overlap(allow(path, *capabilities), forbidden) == witness


def test_patterns_agree_with_plain_enumeration() -> None:
    """Containment and intersection over all paths of three segments of a small alphabet."""
    segments = ["", "a", "ab", "b", "+"]
    texts = ["/".join(parts) for n in (1, 2, 3) for parts in itertools.product(segments, repeat=n)]
    texts += [f"{t}*" for t in texts if not t.endswith("+")]
    patterns = [Pattern.of(text) for text in texts[::3]]
    plain = ["", "a", "ab", "abc", "b", "z"]
    paths = ["/".join(parts) for n in (1, 2, 3, 4) for parts in itertools.product(plain, repeat=n)]
    matched = {p: frozenset(path for path in paths if _matches(p, path)) for p in patterns}
    for one, two in itertools.product(patterns, repeat=2):
        both = matched[one] & matched[two]
        assert one.overlaps(two) == bool(both), (one.text, two.text)
        if one.contains(two):
            assert matched[two] <= matched[one], (one.text, two.text)
        elif one.text != two.text:
            assert matched[two] - matched[one], (one.text, two.text)
        witness, meet = one.witness(two), one.meet(two)
        if witness is not None:
            assert _matches(one, witness), (one.text, two.text, witness)
            assert _matches(two, witness), (one.text, two.text, witness)
        if meet is not None:
            assert frozenset(path for path in both if _matches(meet, path)) == both


def _matches(pattern: Pattern, path: str) -> bool:
    """By the words of the documentation, segment by segment."""
    text = pattern.text
    pieces = text.removesuffix("*").split("/")
    found = path.split("/")
    if text.endswith("*"):
        if len(found) < len(pieces):
            return False
        head, rest = pieces[:-1], "/".join(found[len(pieces) - 1 :])
        return all(p in ("+", f) for p, f in zip(head, found, strict=False)) and rest.startswith(pieces[-1])
    return len(found) == len(pieces) and all(p in ("+", f) for p, f in zip(pieces, found, strict=True))
