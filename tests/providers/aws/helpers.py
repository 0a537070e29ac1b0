"""Demands, scopes and a small world for the AWS tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from providers.aws.access import AwsAccess
from providers.aws.settings import AwsSettings
from reconciler.model import Address, Desired, Live, Resource
from reconciler.provider import (
    AgentRef,
    Demand,
    IntentRef,
    Issuer,
    LocalWorld,
    Lowering,
    Pair,
    PairDemand,
    Scope,
)
from specs.source import Located, SourceSpan

_ACCOUNTS = count(100000000001)
READ_ORDERS = {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::orders/*"]}
WORLD = LocalWorld(
    operator_issuer="https://operator.example.com",
    operator_subject="operator",
    jwks_url="http://127.0.0.1:1/jwks",
    operator_token=lambda audience: f"token-for-{audience}",
    token_command=lambda audience: ["echo", f"token-for-{audience}"],
)


class Places:
    """A locator that says which path was asked for."""

    def span(self, path: tuple[str | int, ...]) -> SourceSpan:
        return SourceSpan(".".join(map(str, path)) or "document", 1, 1)


def new_account() -> str:
    return str(next(_ACCOUNTS))


def scope(account: str = "123456789012", **settings: Any) -> Scope[AwsSettings]:
    span = SourceSpan("env.yaml", 9, 3)
    return Scope("production", "payments", AwsSettings.model_validate({"account": account, **settings}), span)


def issuer(name: str = "cluster", url: str = "https://oidc.example.com/Cluster", **fields: Any) -> Issuer:
    return Issuer(name, url, fields.pop("audience", "sts.amazonaws.com"), jwks_url=f"{url}/keys", **fields)


def pair(agent: str = "support-bot", intent: str = "orders.read", ttl: int = 900, **fields: Any) -> Pair:
    reference = AgentRef(
        agent,
        fields.get("owner", "team@example.com"),
        "Answers questions",
        fields.get("issuer", "cluster"),
        fields.get("subject", f"system:serviceaccount:support:{agent}"),
        SourceSpan("agent.yaml", 1, 1),
    )
    purpose = fields.get("purpose", "Look up an order")
    wanted = IntentRef(intent, purpose, "low", "internal", SourceSpan("intent.yaml", 1, 1))
    return Pair(reference, wanted, ttl, SourceSpan("pair.yaml", 1, 1))


def access(*statements: Mapping[str, Any]) -> Located[AwsAccess]:
    model = AwsAccess.model_validate({"statements": list(statements)})
    return Located(model, Places(), ("spec", "access", 0))


def demand(*pairs: PairDemand[AwsAccess] | Pair, issuers: Sequence[Issuer] | None = None) -> Demand[AwsAccess]:
    wanted = tuple(p if isinstance(p, PairDemand) else PairDemand(p, (access(READ_ORDERS),)) for p in pairs)
    return Demand((issuer(),) if issuers is None else tuple(issuers), wanted)


def by_type(lowering: Lowering, type: str) -> Desired:
    (found,) = [d for d in lowering.resources if d.resource.address.type == type]
    return found


def addresses(lowering: Lowering) -> list[Address]:
    return [d.resource.address for d in lowering.resources]


def changed(resource: Resource, **attributes: Any) -> Resource:
    return Resource(resource.address, {**resource.attributes, **attributes})


def compared(live: Live | Resource, like: Resource) -> dict[str, Any]:
    found = live.resource if isinstance(live, Live) else live
    return {name: found.attributes[name] for name in like.attributes}
