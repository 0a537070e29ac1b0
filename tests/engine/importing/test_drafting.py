"""Principals to documents: one agent to an identity, one intent to equal access, and nobody dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.engine.importing.drafting import Draft, draft
from reconciler.engine.importing.ground import Ground
from reconciler.engine.importing.naming import agent_name, issuer_name, slug, unique
from reconciler.model import Address, Importable, Lacking, Said, Vouched
from specs import Catalog

URL, API = "https://oidc.example.com/cluster", "system:serviceaccount:shop:api"
READ = ({"paths": [{"path": "kv/data/a", "capabilities": ["read"]}]},)
WRITE = ({"paths": [{"path": "kv/data/b", "capabilities": ["update"]}]},)
NO = Lacking("no workload", "give it one")


def accepting(system: str, settings: Mapping[str, Any], issuer: str, place: str) -> Mapping[str, Any] | None:
    known = dict(settings.get("existing") or {})
    if issuer in known:
        return settings if known[issuer] == place else None
    return {**settings, "existing": known | {issuer: place}}


def ground(issuers: Mapping[str, Any] | None = None) -> Ground:
    systems = {"vault": {"provider": "vault"}, "aws": {"provider": "aws"}}
    spec = {"systems": systems, **({"issuers": issuers} if issuers else {})}
    return Ground({"kind": "Environment", "metadata": {"name": "test"}, "spec": spec}, Catalog(), accepting)


def door(system: str, name: str, subject: str = API, **more: Any) -> Importable:
    vouched = Vouched(URL, subject, f"for-{system}", place=f"{system}-place")
    made = Importable(Address(system, "role", name), "role", name, READ, vouched, {"role": name})
    return replace(made, **more)


def drafted(*principals: Importable, issuers: Mapping[str, Any] | None = None) -> Draft:
    return draft(principals, ground(issuers), {}, (), "@owner")


def documents(made: Draft, kind: str) -> dict[str, Any]:
    return {one.name: one.data["spec"] for one in made.documents if one.kind == kind}


def test_one_workload_is_one_agent_with_one_intent_over_its_systems() -> None:
    made = drafted(door("vault", "orders", ttl=(900, 900)), door("aws", "orders", ttl=(1, 3600)))
    assert documents(made, "Agent") == {
        "api": {
            "owner": "@owner",
            "purpose": "Imported from role orders at vault, role orders at aws",
            "identity": {"issuer": "cluster", "subject": API},
            "intents": [{"name": "orders", "names": {"vault": {"role": "orders"}, "aws": {"role": "orders"}}}],
        }
    }
    assert documents(made, "Intent")["orders"]["ttl"] == "15m"
    assert [one["system"] for one in documents(made, "Intent")["orders"]["access"]] == ["vault", "aws"]
    environment = documents(made, "Environment")["test"]
    assert environment["issuers"] == {"cluster": {"issuer": URL, "audiences": {"vault": "for-vault", "aws": "for-aws"}}}
    assert environment["systems"]["aws"]["existing"] == {"cluster": "aws-place"}
    assert made.left == ()


def test_one_odd_principal_locks_nobody_out_of_its_issuer() -> None:
    """It is the first that is read."""
    odd = replace(door("vault", "odd", "odd"), vouched=Vouched(URL, "odd", "another", place="elsewhere"))
    made = drafted(odd, door("vault", "x", "x"), door("vault", "y", "y"))
    assert documents(made, "Agent").keys() == {"x", "y"}
    assert [(one.address.key, one.lacking.why) for one in made.left] == [
        ("odd", "its audience is another, and issuer cluster has for-vault for vault")
    ]


def test_ttls_that_no_one_ttl_fits_are_two_intents() -> None:
    made = drafted(door("vault", "orders", ttl=(900, 900)), door("aws", "orders", ttl=(7200, 7200)))
    assert len(documents(made, "Agent")["api"]["intents"]) == 2


def test_equal_access_is_one_intent_with_the_longest_ttl_and_each_agents_own() -> None:
    one, two = door("vault", "x", ttl=(900, 900)), door("vault", "y", "other", ttl=(600, 600))
    made = drafted(one, two)
    assert list(documents(made, "Intent")) == ["x"]
    assert documents(made, "Intent")["x"]["ttl"] == "15m"
    assert documents(made, "Agent")["other"]["intents"][0]["ttl"] == "10m"


def test_two_of_one_agents_roles_with_equal_access_are_two_intents() -> None:
    made = drafted(door("vault", "x"), door("vault", "y"))
    assert [one["name"] for one in documents(made, "Agent")["api"]["intents"]] == ["x", "y"]


def test_who_is_no_workload_shares_the_intent_and_is_told_of() -> None:
    static = door("vault", "ci", vouched=None, lacking=(NO, Lacking("partly")))
    made = drafted(door("vault", "orders"), static)
    assert list(documents(made, "Intent")) == ["orders"]
    assert [(one.lacking.why, one.intent) for one in made.left] == [("no workload", "orders"), ("partly", "orders")]


def test_nobody_is_dropped() -> None:
    nothing, elsewhere = door("vault", "idle", access=()), door("aws", "odd", vouched=Vouched(URL, API, "another"))
    said = Importable(Address("aws", "group", "g"), "group", "g", WRITE, said=Said("ghost", "x"))
    made = drafted(door("aws", "orders"), nothing, elsewhere, said)
    assert {one.address.key for one in made.left} == {"idle", "odd", "g"}
    assert {address.key for those in made.pairs.values() for address in those} == {"orders"}


def test_an_issuer_that_is_declared_is_used_and_not_declared_again() -> None:
    issuers = {"prod": {"issuer": URL, "audiences": {"vault": "for-vault"}}}
    made = drafted(replace(door("vault", "orders"), vouched=Vouched(URL, API, "for-vault")), issuers=issuers)
    assert documents(made, "Environment") == {}
    assert documents(made, "Agent")["api"]["identity"]["issuer"] == "prod"


def test_what_was_said_of_the_specs_is_said_again() -> None:
    said = Said("bot", "orders.read", "team@example.com", "Answers", "Look up an order", 600)
    names: dict[str, Any] = {}
    group = Importable(Address("aws", "group", "g"), "group", "g", WRITE, said=Said("bot", "orders.read"))
    made = drafted(door("vault", "bot_orders.read", said=said, names=names), group)
    assert documents(made, "Agent")["bot"]["owner"] == "team@example.com"
    assert documents(made, "Agent")["bot"]["intents"] == [{"name": "orders.read"}]
    intent = documents(made, "Intent")["orders.read"]
    assert (intent["purpose"], intent["ttl"], len(intent["access"])) == ("Look up an order", "10m", 2)


def test_an_account_that_is_called_as_the_agent_is_its() -> None:
    account = Importable(
        Address("aws", "account", "uid=api"), "account", "api", WRITE, topic="wiki.member", said=Said("api")
    )
    made = drafted(door("vault", "orders"), account)
    assert [one["name"] for one in documents(made, "Agent")["api"]["intents"]] == ["orders", "wiki.member"]


def test_names() -> None:
    assert agent_name(API) == "api"
    assert agent_name("spiffe://acme.com/ns/shop/sa/Réports_Bot") == "reports-bot"
    assert agent_name("repo:acme/deploy:ref:refs/heads/main") == "deploy"
    assert agent_name("::") == "agent"
    assert issuer_name("https://oidc.example.com/k8s") == "k8s"
    assert issuer_name("https://token.actions.githubusercontent.com") == "token"
    assert slug("漢字", "access") == "access"
    assert slug("Root", "access") == "root-access"
    assert len(slug("x" * 100, "access")) == 40
    assert unique("a", {"a", "a-2"}) == "a-3"
