"""The JSON Schema accepts what the loader accepts, and refuses what an editor can know to be wrong."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from specs.base import SpecModel
from specs.fields import Bool, Duration, Int
from specs.schema import ProviderModels, schema
from tests.specs.bad_input import AGENT, BASE, agent, env, guardrail, intent


class Settings(SpecModel):
    account: str
    """The account."""
    fast: Bool = False
    most: Int | None = None
    longest: Duration | None = None


class Statement(SpecModel):
    actions: list[str]


class Access(SpecModel):
    statements: list[Statement]


class Never(SpecModel):
    actions: list[str]


EXTRA = {"aws": ProviderModels(Settings, Access, Never)}


def errors(text: str, extra: dict[str, ProviderModels] | None = None) -> list[str]:
    validator = Draft202012Validator(schema(extra))
    return [one.message for document in yaml.safe_load_all(text) for one in validator.iter_errors(document)]


@pytest.mark.parametrize("extra", [None, EXTRA])
def test_it_is_a_schema(extra: dict[str, ProviderModels] | None) -> None:
    made = schema(extra)
    Draft202012Validator.check_schema(made)
    references = [text for text in _texts(made) if text.startswith("#/$defs/")]
    assert references
    assert {text.removeprefix("#/$defs/") for text in references} <= made["$defs"].keys()


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in _texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in _texts(value)]
    return [node] if isinstance(node, str) else []


@pytest.mark.parametrize(
    "text",
    [
        BASE,
        AGENT,
        agent("{name: orders.read, ttl: 10m}", "orders.read"),
        agent('subject: "system:serviceaccount:support:support-bot"', "spiffe: spiffe://example.com/bot"),
        agent("{name: support-bot}", "{name: support-bot, labels: {tier: 1, on: true, version: 1.5}}"),
        agent("name: support-bot", "name: 42"),
        agent("  purpose:", "  review_by: '2027-03-31'\n  purpose:"),
        guardrail("g", "8h"),
    ],
)
def test_good(text: str) -> None:
    assert errors(text) == []


@pytest.mark.parametrize(
    "text",
    [
        agent("kind: Agent", "kind: Agnet"),
        agent("apiVersion: writ/v1", "apiVersion: v1"),
        agent("  owner: team-support@example.com\n", ""),
        agent("owner:", "ownr:"),
        agent("ttl: 10m", "ttl: 3600"),
        agent("ttl: 10m", "ttl: 1w"),
        agent("ttl: 10m", "ttl: 0s"),
        agent("ttl: 10m", "ttl: 0h0m"),
        agent("  purpose:", "  review_by: '2026-13-45'\n  purpose:"),
        agent("ttl: 10m", "ttl:"),
        agent("name: support-bot", "name: Support_Bot"),
        agent("name: support-bot", "name: root"),
        agent('"system:serviceaccount:support:support-bot"', '"*"'),
        agent('subject: "system:serviceaccount:support:support-bot"', "issuer: x"),
        agent("issuer: cluster,", "issuer: cluster, spiffe: spiffe://example.com/bot,"),
        agent("[{name: orders.read, ttl: 10m}]", "orders.read"),
        intent("risk: low", "risk: lwo"),
        intent("    - {system: vault, paths: [{path: kv/data/orders/x, capabilities: [read]}]}\n", "    []\n"),
        intent("system: vault, ", ""),
        env("provider: vault, ", ""),
        env("https://oidc.example.com/cluster", "https://user:pw@oidc.example.com/cluster"),
        guardrail("g", "eight hours"),
    ],
)
def test_bad(text: str) -> None:
    assert errors(text) != []


AWS = env("provider: vault, policy_prefix: writ-", "provider: aws, account: 123456789012, fast: true, most: 3")


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        (AWS, True),
        (AWS.replace("most: 3", "most: '3', longest: 2h"), True),
        (AWS.replace("account", "acount"), False),
        (AWS.replace("most: 3", "more: 3"), False),
        (AWS.replace("most: 3", "most: three"), False),
        (AWS.replace("provider: aws", "provider: awss"), False),
        (intent("paths: [{path: kv/data/orders/x, capabilities: [read]}]", "statements: [{actions: [a]}]"), True),
        (intent("paths: [{path: kv/data/orders/x, capabilities: [read]}]", "statements: [{action: [a]}]"), False),
    ],
)
def test_providers_fields(text: str, sound: bool) -> None:
    assert (errors(text, EXTRA) == []) is sound


def test_fields_are_described() -> None:
    made = schema(EXTRA)["$defs"]
    bare = [
        f"{name}.{field}"
        for name, one in made.items()
        if "." not in name
        for field, found in one.get("properties", {}).items()
        if isinstance(found, dict) and not found.get("description") and field not in {"apiVersion", "kind"}
    ]
    assert bare == []
    assert made["aws.settings.root"]["properties"]["account"]["description"] == "The account."
