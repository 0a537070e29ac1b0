"""Create, read, drift and removal on a real OpenBao, as the operator with the least privilege."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from providers.vault.resources import TYPES
from reconciler.model import Desired, Live, Ownership, Resource
from reconciler.provider import PairDemand
from tests.providers.vault.world import Estate, access, agent, login, ordered, pair

BOT = agent("bot", "spiffe://example.com/bot")
ORDERS = pair(BOT, "orders.read", 600)
BILLS = pair(BOT, "bills.write", 300)


def pairs() -> list[PairDemand]:
    return [
        PairDemand(ORDERS, (access(("kv/data/orders/*", ["read"])),), (login(ORDERS),)),
        PairDemand(BILLS, (access(("kv/data/bills/*", ["read", "update"]), ("kv/metadata/bills/", ["list"])),)),
    ]


def test_what_is_created_reads_back_equal_and_is_ours(estate: Estate) -> None:
    before = estate.read()
    desired = estate.apply(*pairs())
    assert {item.resource.address.type for item in desired} == set(TYPES) - {
        "vault_identity_group_member",
        "vault_holder",
        "vault_jwt_auth_backend_use",
        "vault_retiring_login",
    }
    assert estate.drift(desired) == {}
    found = estate.read(desired).objects
    assert {live.ownership for live in found.values()} == {Ownership.OURS, Ownership.UNMARKED}
    assert all(live.in_scope for live in found.values())
    estate.apply(*pairs())  # creating what is there as wanted succeeds
    estate.destroy(desired)
    after = estate.read(desired)
    assert after.objects == before.objects == {}
    assert estate.root.get("database/config/orders")["allowed_roles"] == []


def test_bulk_reading_and_reading_one_are_the_same(estate: Estate) -> None:
    desired = estate.apply(*pairs())
    bulk = estate.read(desired).objects
    for address, live in bulk.items():
        assert TYPES[address.type].read(estate.client, address.key) == live
    gone = {TYPES[address.type].read(estate.root, f"{address.key}x") for address in bulk}
    assert gone == {None}


def test_deletes_are_ordered_by_what_was_read(estate: Estate) -> None:
    desired = estate.apply(*pairs())
    bulk = estate.read(desired).objects
    for item in desired:
        inside = {a for a in item.depends_on if a.system == "vault"}
        assert inside <= set(bulk[item.resource.address].depends_on), item.resource.address


def by_type(desired: list[Desired], name: str) -> Desired:
    return next(item for item in ordered(desired) if item.resource.address.type == name)


CONFIG = "auth/jwt-agents/config"
ROLE = "auth/jwt-agents/role/bot_orders.read"
DB_ROLE = "database/roles/writ-bot_orders.read_orders-db"
TUNE = "sys/mounts/auth/jwt-agents/tune"
POLICY = "sys/policies/acl/writ-bot_orders.read"
ENTITY = "identity/entity/name/writ-bot"

VANDALISM = [
    (ROLE, {"bound_subject": "sa:mallory"}, "bound_subject"),
    (ROLE, {"bound_audiences": ["vault", "other"]}, "bound_audiences"),
    (ROLE, {"bound_claims": {"team": "x"}}, "bound_claims"),
    (ROLE, {"bound_claims_type": "glob"}, "bound_claims_type"),
    (ROLE, {"claim_mappings": {"team": "team"}}, "claim_mappings"),
    (ROLE, {"groups_claim": "groups"}, "groups_claim"),
    (ROLE, {"user_claim": "email"}, "user_claim"),
    (ROLE, {"user_claim_json_pointer": True}, "user_claim_json_pointer"),
    (ROLE, {"clock_skew_leeway": 3600}, "clock_skew_leeway"),
    (ROLE, {"expiration_leeway": 3600}, "expiration_leeway"),
    (ROLE, {"not_before_leeway": 3600}, "not_before_leeway"),
    (ROLE, {"max_age": 60}, "max_age"),
    (ROLE, {"verbose_oidc_logging": True}, "verbose_oidc_logging"),
    (ROLE, {"token_policies": ["writ-bot_orders.read", "root"]}, "token_policies"),
    (ROLE, {"token_policies_template_claims": True}, "token_policies_template_claims"),
    (ROLE, {"token_no_default_policy": False}, "token_no_default_policy"),
    (ROLE, {"token_ttl": 60}, "token_ttl"),
    (ROLE, {"token_max_ttl": 6000}, "token_max_ttl"),
    (ROLE, {"token_explicit_max_ttl": 0}, "token_explicit_max_ttl"),
    (ROLE, {"token_period": 60}, "token_period"),
    (ROLE, {"token_num_uses": 5}, "token_num_uses"),
    (ROLE, {"token_type": "batch"}, "token_type"),
    (ROLE, {"token_bound_cidrs": ["10.0.0.0/8"]}, "token_bound_cidrs"),
    (ROLE, {"token_strictly_bind_ip": True}, "token_strictly_bind_ip"),
    (DB_ROLE, {"creation_statements": ["CREATE ROLE x SUPERUSER"]}, "creation_statements"),
    (DB_ROLE, {"revocation_statements": []}, "revocation_statements"),
    (DB_ROLE, {"renew_statements": ["SELECT 1"]}, "renew_statements"),
    (DB_ROLE, {"rollback_statements": ["SELECT 1"]}, "rollback_statements"),
    (DB_ROLE, {"default_ttl": 60}, "default_ttl"),
    (DB_ROLE, {"max_ttl": 6000}, "max_ttl"),
    (DB_ROLE, {"db_name": "other"}, "db_name"),
    (DB_ROLE, {"credential_config": {"password_policy": "weak"}}, "credential_config"),
    (TUNE, {"default_lease_ttl": 60}, "default_lease_ttl"),
    (TUNE, {"max_lease_ttl": 60}, "max_lease_ttl"),
    (TUNE, {"listing_visibility": "unauth"}, "listing_visibility"),
    (TUNE, {"token_type": "default-batch"}, "token_type"),
    (TUNE, {"passthrough_request_headers": ["X-A"]}, "passthrough_request_headers"),
    (TUNE, {"allowed_response_headers": ["X-A"]}, "allowed_response_headers"),
    (TUNE, {"audit_non_hmac_request_keys": ["jwt"]}, "audit_non_hmac_request_keys"),
    (TUNE, {"audit_non_hmac_response_keys": ["auth"]}, "audit_non_hmac_response_keys"),
    (TUNE, {"options": {"anything": "here"}}, "options"),
    (TUNE, {"description": "managed by writ; environment=test; system=vault; by hand"}, "description"),
    (CONFIG, {"bound_issuer": "https://evil.example"}, "bound_issuer"),
    (CONFIG, {"default_role": "bot_orders.read"}, "default_role"),
    (CONFIG, {"jwt_supported_algs": ["ES256"]}, "jwt_supported_algs"),
    (
        POLICY,
        {"policy": '# managed by writ; environment=test; system=vault\npath "*" { capabilities = ["read"] }'},
        "policy",
    ),
    (POLICY, {"ttl": "1h"}, "expiration"),
    (ENTITY, {"metadata": {"managed-by": "writ", "writ/environment": "test", "writ/system": "vault"}}, "metadata"),
    (ENTITY, {"policies": ["admin"]}, "policies"),
    (ENTITY, {"disabled": True}, "disabled"),
]


@pytest.mark.thorough
def test_each_vandalism_is_seen_alone_and_healed(estate: Estate) -> None:
    desired = estate.apply(*pairs())
    wanted = {item.resource.address: item for item in desired}
    for path, changes, name in VANDALISM:
        body = changes
        if path == ROLE:  # its type is not merged, unlike the rest
            body = {"role_type": "jwt", "user_claim": "sub", **body}
        if path in (CONFIG, POLICY):  # these writes replace
            body = {**_written(estate, path), **body}
        estate.root.post(path, body)
        drift = estate.drift(desired)
        assert len(drift) == 1, (path, body, drift)
        assert list(*drift.values()) == [name], (path, body, drift)
        for address, live in estate.read(desired).objects.items():
            if f"{address.type}/{address.key}" in drift:
                heal(estate, live, wanted[address], name)
        assert estate.drift(desired) == {}, (path, body)


def heal(estate: Estate, live: Live, wanted: Desired, name: str) -> None:
    kind = TYPES[wanted.resource.address.type]
    if kind.attributes[name].replaces:
        kind.delete(estate.client, live)
        kind.create(estate.client, wanted.resource)
    else:
        kind.update(estate.client, live, wanted.resource)


def _written(estate: Estate, path: str) -> dict[str, object]:
    found = estate.root.get(path)
    assert found is not None
    if path == POLICY:
        return {"policy": found["policy"]}
    return {name: found[name] for name in ("bound_issuer", "jwks_url")}


ROGUES = [
    ("auth/jwt-agents/role/rogue", {"role_type": "jwt", "user_claim": "sub", "bound_subject": "m"}),
    ("sys/policies/acl/writ-rogue", {"policy": 'path "kv/*" { capabilities = ["read"] }'}),
    ("identity/entity", {"name": "writ-rogue"}),
    ("database/roles/writ-rogue", {"db_name": "orders", "creation_statements": ["SELECT 1"]}),
]
SEEN = [
    "vault_jwt_auth_backend_role/jwt-agents/rogue",
    "vault_policy/writ-rogue",
    "vault_identity_entity/writ-rogue",
    "vault_database_secret_backend_role/database/roles/writ-rogue",
]


@pytest.mark.parametrize(("rogue", "seen"), list(zip(ROGUES, SEEN, strict=True)), ids=SEEN)
def test_each_rogue_is_seen_and_removed(estate: Estate, rogue: tuple[str, dict[str, object]], seen: str) -> None:
    desired = estate.apply(*pairs())
    estate.root.post(*rogue)
    assert estate.drift(desired) == {seen: "undeclared"}
    _remove(estate, desired, seen)
    assert estate.drift(desired) == {}


def _remove(estate: Estate, desired: list[Desired], seen: str) -> None:
    for address, live in estate.read(desired).objects.items():
        if f"{address.type}/{address.key}" == seen:
            TYPES[address.type].delete(estate.client, live)


def _id(estate: Estate, path: str) -> str:
    found = estate.root.get(path)
    assert found is not None
    return str(found["id"])


def test_a_group_around_our_entity_is_seen_and_left_without_touching_others(estate: Estate) -> None:
    desired = estate.apply(*pairs())
    estate.root.post("identity/entity", {"name": "somebody"})
    members = [_id(estate, "identity/entity/name/writ-bot"), _id(estate, "identity/entity/name/somebody")]
    estate.root.post("identity/group", {"name": "admins", "policies": ["root-like"], "member_entity_ids": members})
    seen = "vault_identity_group_member/admins/writ-bot"
    assert estate.drift(desired) == {seen: "undeclared"}
    _remove(estate, desired, seen)
    group = estate.root.get("identity/group/name/admins")
    assert (group["member_entity_ids"], group["policies"]) == ([members[1]], ["root-like"])
    assert estate.drift(desired) == {}


def test_a_moved_alias_is_drift_and_comes_back(estate: Estate) -> None:
    desired = estate.apply(*pairs())
    estate.root.post("identity/entity", {"name": "mallory"})
    accessor = estate.client.auth_mounts()["jwt-agents"]["accessor"]
    there = _id(estate, "identity/entity/name/mallory")
    body = {"name": BOT.subject, "mount_accessor": accessor, "canonical_id": there}
    estate.root.post("identity/entity-alias", body)
    seen = f"vault_identity_entity_alias/jwt-agents/{BOT.subject}"
    assert estate.drift(desired) == {seen: {"entity": ("mallory", "writ-bot")}}
    alias = by_type(desired, "vault_identity_entity_alias")
    live = estate.read(desired).objects[alias.resource.address]
    TYPES[alias.resource.address.type].update(estate.client, live, alias.resource)
    assert estate.drift(desired) == {}


def test_a_new_subject_takes_the_place_of_the_old_alias(estate: Estate) -> None:
    old = estate.apply(*pairs())
    who = agent("bot", "spiffe://example.com/new")
    new = estate.apply_over(old, PairDemand(pair(who, "orders.read"), (access(("kv/data/orders/*", ["read"])),)))
    assert f"vault_identity_entity_alias/jwt-agents/{BOT.subject}" not in estate.drift(new)


@pytest.mark.parametrize("order", [("create", "delete"), ("delete", "create")])
def test_an_alias_that_was_taken_in_another_spelling_comes_back(estate: Estate, order: tuple[str, str]) -> None:
    desired = estate.apply(*pairs())
    alias = by_type(desired, "vault_identity_entity_alias")
    accessor = estate.root.auth_mounts()["jwt-agents"]["accessor"]
    estate.root.post("identity/entity/name/other", {})
    entity = estate.root.get("identity/entity/name/other")["id"]
    name = "spiffe://example.com/BOT"
    estate.root.post("identity/entity-alias", {"name": name, "mount_accessor": accessor, "canonical_id": entity})
    mine, theirs = f"{alias.resource.address.type}/jwt-agents/{BOT.subject}", f"jwt-agents/{name}"
    assert estate.drift(desired) == {mine: "missing", f"{alias.resource.address.type}/{theirs}": "undeclared"}
    kind = TYPES[alias.resource.address.type]
    rogue = kind.read(estate.client, theirs)
    assert rogue is not None
    for step in order:
        if step == "create":
            kind.create(estate.client, alias.resource)
        else:
            kind.delete(estate.client, rogue)
    assert estate.drift(desired) == {}


def test_another_alias_of_our_entity_is_seen(estate: Estate) -> None:
    desired = estate.apply(*pairs())
    estate.root.post("sys/auth/other/place", {"type": "userpass"})
    try:
        accessor = estate.client.auth_mounts(again=True)["other/place"]["accessor"]
        body = {"name": "mallory", "mount_accessor": accessor, "canonical_id": _id(estate, ENTITY)}
        estate.root.post("identity/entity-alias", body)
        seen = "vault_identity_entity_alias/other/place/mallory"
        assert estate.drift(desired) == {seen: "undeclared"}
        _remove(estate, desired, seen)
        assert estate.drift(desired) == {}
    finally:
        estate.root.delete("sys/auth/other/place")


def test_rogue_entries_of_allowed_roles_are_seen_and_others_kept(estate: Estate) -> None:
    theirs = ["zeta", "other-*", "alpha"]
    estate.root.post("database/config/orders", {"allowed_roles": theirs, "verify_connection": False})
    before = estate.root.get("database/config/orders")
    desired = estate.apply(*pairs())
    name = "writ-bot_orders.read_orders-db"
    assert estate.root.get("database/config/orders")["allowed_roles"] == [*theirs, name]
    roles = ["writ-rogue", *theirs, name]
    estate.root.post("database/config/orders", {"allowed_roles": roles, "verify_connection": False})
    seen = "vault_database_connection_allowed_role/database/orders/writ-rogue"
    assert estate.drift(desired) == {seen: "undeclared"}
    _remove(estate, desired, seen)
    assert estate.drift(desired) == {}
    assert estate.root.get("database/config/orders")["allowed_roles"] == [*theirs, name]
    assert estate.root.get("database/creds/" + name) is not None, "the password is kept"
    estate.destroy(desired)
    assert estate.root.get("database/config/orders") == before


def test_a_missing_connection_says_how_to_make_it(estate: Estate) -> None:
    asked = login(ORDERS, connection="nowhere")
    desired = estate.lower(PairDemand(ORDERS, logins=(asked,)))
    estate.client = estate.root  # the sandbox's operator may not even look there
    [found] = estate.read(desired).diagnostics
    assert found.code == "W426"
    assert found.subject.startswith('vault.vault_database_connection_allowed_role["database/nowhere/')
    assert found.help.startswith("vault write database/config/nowhere plugin_name=postgresql-database-plugin")


def test_a_connection_serves_thousands_of_roles(estate: Estate) -> None:
    names = [f"theirs{number:04}" for number in range(2500)]
    text = ",".join(names)
    estate.root.post("database/config/orders", {"allowed_roles": text, "verify_connection": False})
    allowed = by_type(estate.lower(*pairs()), "vault_database_connection_allowed_role")
    kind = TYPES[allowed.resource.address.type]
    kind.create(estate.client, allowed.resource)
    live = kind.read(estate.client, allowed.resource.address.key)
    assert live is not None
    assert live.resource == allowed.resource
    kind.delete(estate.client, live)
    found = estate.root.get("database/config/orders")
    assert found is not None
    assert found["allowed_roles"] == names
    estate.root.post("database/config/orders", {"allowed_roles": [], "verify_connection": False})


def test_entries_that_are_added_at_once_are_all_there(estate: Estate) -> None:
    one = by_type(estate.lower(*pairs()), "vault_database_connection_allowed_role")
    kind = TYPES[one.resource.address.type]
    entries = [
        Resource(
            estate.scope.address(kind.name, f"database/orders/writ-{number}"),
            {**one.resource.attributes, "role": f"writ-{number}"},
        )
        for number in range(24)
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda entry: kind.create(estate.client, entry), entries))
    found = estate.root.get("database/config/orders")
    assert found is not None
    assert sorted(found["allowed_roles"]) == sorted(f"writ-{number}" for number in range(24))
    estate.root.post("database/config/orders", {"allowed_roles": [], "verify_connection": False})
