"""A login's policies: whether they are too wide, and which roles of the specs cover them. Without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from providers.vault.effective.compare import compare
from providers.vault.effective.evaluate import allowed
from providers.vault.provider import VaultProvider
from providers.vault.standing import cover
from providers.vault.standing.access import Held, _widest
from providers.vault.standing.cover import Cover
from providers.vault.standing.values import moment, number
from reconciler.provider import Issuer, PairDemand
from tests.providers.vault.world import AUDIENCE, ISSUER, access, agent, demand, pair, scope

CLUSTER = Issuer("cluster", ISSUER, AUDIENCE, jwks_url="https://oidc.example.com/keys")
DEFAULT = 'path "auth/token/lookup-self" { capabilities = ["read"] }\npath "cubbyhole/*" { capabilities = ["read"] }'
MOUNTS = ("database", "kv", "legacy")


def policy(path: str, *capabilities: str) -> str:
    names = ", ".join(f'"{one}"' for one in capabilities)
    return f'path "{path}" {{ capabilities = [{names}] }}\n'


def held(*texts: str) -> Held:
    return Held(tuple((f"p{place}", text, "") for place, text in enumerate(texts)), DEFAULT)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        (policy("kv/data/orders/*", "read"), ""),
        (policy("kv/data/*", "read"), "read kv/data/"),
        (policy("kv/*", "read"), "read kv/"),
        (policy("legacy/*", "list"), ""),
        (policy("other/*", "read"), ""),
        (policy("*", "read"), "read"),
        (policy("sys/policies/acl/mine", "update"), "update sys/policies/acl/mine"),
        (policy("sys/policies/acl/mine", "read"), ""),
        (policy("sys/policies/acl/*", "update") + policy("sys/policies/acl/*", "deny"), ""),
        (policy("auth/token/create", "update"), ""),
        (policy("auth/token/create", "update", "sudo"), "sudo auth/token/create"),
        (policy("auth/approle/role/x", "update"), "update auth/approle/role/x"),
        (policy("auth/approle/role/x/secret-id", "update"), "update auth/approle/role/x/secret-id"),
        (policy("auth/+/role/+/secret-id-accessor/lookup", "update"), ""),
        (policy("database/roles/x", "create"), "create database/roles/x"),
        (policy("database/creds/x", "read"), ""),
        (policy("identity/entity/id/x", "update"), "update identity/entity/id/x"),
        ("no policy", ""),
    ],
)
def test_what_is_too_wide_is_shown_by_a_request(text: str, request_: str) -> None:
    found = _widest((("p", text, ""),), MOUNTS)
    assert (found is not None) is bool(request_)
    assert found is None or found.request.startswith(request_)


def test_root_may_everything() -> None:
    found = _widest((("root", "", ""),), MOUNTS)
    assert found is not None
    assert found.request == "every request"


@pytest.mark.parametrize(
    ("access_", "covered"),
    [
        (held(policy("kv/data/orders/*", "read")), True),
        (held(policy("kv/data/orders/2024/*", "read")), True),
        (held(policy("kv/data/orders/*", "read"), policy("kv/data/orders/*", "deny")), False),
        (held(policy("kv/data/orders/*", "read", "update")), False),
        (held(policy("kv/data/*", "read")), False),
        (held(policy("kv/data/orders/*", "read"), policy("kv/metadata/orders/*", "list")), False),
        (held(policy("kv/data/orders/{{identity.entity.name}}", "read")), True),
        (held(policy("kv/data/{{identity.entity.name}}/orders", "read")), False),
        (held("no policy"), False),
        (held(), False),
        (held(policy("auth/token/lookup-self", "read")), False),
        (None, False),
    ],
)
def test_a_role_of_the_specs_covers_what_a_login_may_and_no_more(access_: Any, covered: bool) -> None:
    bot = agent("support-bot", "system:serviceaccount:support:support-bot")
    wanted = PairDemand(pair(bot, "orders.read", 600), (access(("kv/data/orders/*", ["read"])),), ())
    lowering = VaultProvider().lower(scope(), demand([CLUSTER], wanted))
    objects = {one.resource.address: one.resource for one in lowering.resources}
    found = [one.key for one in Cover.of(objects).covering(access_)]
    assert found == (["jwt-agents/support-bot_orders.read"] if covered else [])


def test_of_many_roles_only_those_that_may_cover_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise an estate's inventory takes its identities times the specs' agents."""
    asked: list[str] = []

    def counted(name: str, call: Any) -> None:
        monkeypatch.setattr(cover, name, lambda *of: (asked.append(name), call(*of))[1])

    counted("compare", compare)
    counted("allowed", allowed)
    bot = agent("support-bot", "system:serviceaccount:support:support-bot")
    wanted = [
        PairDemand(pair(bot, f"orders.read-{n}", 600), (access((f"kv/data/orders/{n}/*", ["read"])),), ())
        for n in range(100)
    ]
    lowering = VaultProvider().lower(scope(), demand([CLUSTER], *wanted))
    covering = Cover.of({one.resource.address: one.resource for one in lowering.resources}).covering
    assert [one.key for one in covering(held(policy("kv/data/orders/7/*", "read")))] == [
        "jwt-agents/support-bot_orders.read-7"
    ]
    assert list(covering(held(policy("kv/data/bills/*", "read")))) == []
    assert asked.count("compare") <= 2
    assert asked.count("allowed") < 10, "of a hundred"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026-11-30T16:00:00.123456789Z", datetime(2026, 11, 30, 16, 0, 0, 123456, UTC)),
        ("2026-11-30T16:00:00+02:00", datetime(2026, 11, 30, 14, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        (1764518400, datetime.fromtimestamp(1764518400, UTC)),
        (0, None),
        (True, None),
        ("", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_a_time_as_servers_write_it(value: object, found: datetime | None) -> None:
    assert moment(value) == found


def test_a_number_under_any_of_its_names() -> None:
    assert number({"period": 0, "token_period": 60}, "period", "token_period") == 60
    assert number({"period": None, "ttl": "60", "on": True}, "period", "ttl", "on", "none") == 0
