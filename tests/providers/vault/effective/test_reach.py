"""Which logins reach what a guardrail forbids: by all of a token's policies."""

from __future__ import annotations

import pytest

from providers.vault.effective.reach import reached
from providers.vault.effective.world import Surroundings
from reconciler.model import Witness
from tests.providers.vault.effective.test_changes import AROUND, Objects, alias, entity, member, policy, role


def look(objects: Objects, *capabilities: str, path: str = "kv/data/payroll/*") -> Witness | None:
    found = list(reached(objects, (path,), capabilities or ("*",), AROUND))
    assert len(found) <= 1
    return found[0].witness if found else None


def block(path: str, *capabilities: str) -> str:
    return f'path "{path}" {{ capabilities = [{", ".join(f"{chr(34)}{one}{chr(34)}" for one in capabilities)}] }}\n'


PLAIN = role(token_no_default_policy=True)


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        (block("kv/data/orders/*", "read"), False),
        (block("kv/data/payroll/x", "read"), True),
        (block("kv/*", "read"), True),
        (block("kv/+/payroll/*", "read"), True),
        (block("+/data/+/x", "read"), True),
        (block("kv/data/*", "list"), False),
        (block("kv/data/*", "read") + block("kv/data/payroll/*", "deny"), False),
        (block("kv/data/*", "read") + block("kv/data/payroll/a/*", "deny"), True),
        (block("kv/data/{{identity.entity.name}}/x", "read"), True),
        (block("auth/token/revoke-self", "update"), False),
    ],
)
def test_the_server_s_own_rules_decide(text: str, hit: bool) -> None:
    found = look(PLAIN | policy(text), "read")
    assert (found is not None) is hit
    assert found is None or "payroll" in found.request


def test_two_policies_that_only_together_reach_it() -> None:
    """The entity's policy brings what the role's doesn't."""
    objects = PLAIN | policy(block("kv/data/orders/*", "read")) | alias()
    assert look(objects | entity()) is None
    assert look(objects | entity(policies=["admin"])) is not None
    assert look(objects | entity() | member("admins", "admin")) is not None
    assert look(objects | entity(policies=["admin"], disabled=True)) is None


def test_a_policy_that_is_not_known_may_allow_anything() -> None:
    found = list(reached(PLAIN, ("kv/data/payroll/*",), ("*",), Surroundings()))
    assert [one.witness.certain for one in found] == [False]


def test_handing_back_the_token_is_not_meant() -> None:
    own = PLAIN | policy(block("auth/token/revoke-self", "update"))
    assert look(own, path="auth/*") is None
    assert look(PLAIN | policy(block("auth/token/revoke-self", "update", "sudo")), path="auth/*") is not None
    assert look(PLAIN | policy(block("auth/token/*", "update")), path="auth/*") is not None
