from __future__ import annotations

import pytest

from reconciler.sandbox.blueprint import Blueprint, Identity, Setting
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.identities import Claims, claims_for


def setting(name: str, issuer: str, audiences: dict[str, str]) -> Setting:
    return Setting(name, (), {"bot": Identity(issuer, "sub-bot", audiences)}, ("cluster",))


ONE = Blueprint((setting("production", "https://p", {"vault": "vault", "payments": "sts.amazonaws.com"}),))
TWO = Blueprint((setting("production", "https://p", {"vault": "v"}), setting("staging", "https://s", {"vault": "v"})))
SAME = Blueprint((setting("production", "https://p", {"vault": "v"}), setting("staging", "https://p", {"vault": "v"})))


@pytest.mark.parametrize(
    ("blueprint", "request_", "claims"),
    [
        (ONE, {"agent": "bot", "system": "payments"}, Claims("https://p", "sub-bot", "sts.amazonaws.com")),
        (ONE, {"agent": "bot", "audience": "other"}, Claims("https://p", "sub-bot", "other")),
        (TWO, {"agent": "bot", "environment": "staging"}, Claims("https://s", "sub-bot", "v")),
        (SAME, {"agent": "bot"}, Claims("https://p", "sub-bot", "v")),
    ],
)
def test_claims(blueprint: Blueprint, request_: dict[str, str], claims: Claims) -> None:
    assert claims_for(blueprint, request_) == claims


@pytest.mark.parametrize(
    ("blueprint", "request_", "message", "help"),
    [
        (ONE, {"agent": "bit"}, "no agent 'bit'", "did you mean bot?"),
        (ONE, {}, "no agent ''", "there is bot"),
        (ONE, {"agent": "bot"}, "several audiences", "say --system vault or payments"),
        (ONE, {"agent": "bot", "system": "vautl"}, "no audience for system 'vautl'", "did you mean vault?"),
        (ONE, {"agent": "bot", "environment": "x"}, "no environment 'x'", "there is production"),
        (TWO, {"agent": "bot"}, "different environments", "say --environment production or staging"),
    ],
)
def test_what_is_left_open_is_said(blueprint: Blueprint, request_: dict[str, str], message: str, help: str) -> None:
    with pytest.raises(SandboxError, match=message) as failed:
        claims_for(blueprint, request_)
    assert failed.value.help == help
