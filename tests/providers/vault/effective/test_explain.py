"""`explain` decides on the request that the server gets."""

from __future__ import annotations

import pytest

from providers.vault.effective.explain import explain
from providers.vault.names import JWT_ROLE, POLICY
from providers.vault.settings import VaultSettings
from reconciler.model import Address, Answer, Resource
from reconciler.provider import Asking

ROLE = Address("vault", JWT_ROLE, "jwt-agents/bot")
RULES = Address("vault", POLICY, "writ-bot")


@pytest.mark.parametrize("path", ["kv/metadata/orders", "kv/metadata/orders/"])
@pytest.mark.parametrize("rule", ["kv/metadata/orders", "kv/metadata/orders/"])
def test_a_list_has_a_slash_however_it_is_asked_for(rule: str, path: str) -> None:
    """The server puts one to every LIST, and looks at the path with and without it."""
    values = {"token_policies": ["writ-bot"], "token_no_default_policy": True, "bound_subject": "s"}
    text = f'path "{rule}" {{ capabilities = ["list"] }}'
    objects = {ROLE: Resource(ROLE, values), RULES: Resource(RULES, {"policy": text})}
    found = explain(VaultSettings(), Asking(ROLE, ("list", path), objects, None, live=False))
    assert found.answer is Answer.YES, found
