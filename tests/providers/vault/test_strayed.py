"""Entities of ours under another name: seen wherever they are, removed, and their tokens end."""

from __future__ import annotations

import pytest

from providers.vault.resources import TYPES
from reconciler.model import Ownership
from reconciler.provider import Denied, PairDemand
from tests.providers.vault.world import Estate, access, agent, ordered, pair

BOT = agent("bot", "spiffe://example.com/bot")
DEMAND = PairDemand(pair(BOT, "orders.read"), (access(("kv/data/orders/*", ["read"])),))
ENTITY = "vault_identity_entity"
ALIAS = f"vault_identity_entity_alias/jwt-agents/{BOT.subject}"


def rename(estate: Estate, name: str, **more: object) -> None:
    found = estate.root.get("identity/entity/name/writ-bot")
    assert found is not None
    estate.root.post(f"identity/entity/id/{found['id']}", {"name": name, **more})


def test_an_entity_renamed_out_of_the_prefix_is_seen_and_its_tokens_end(estate: Estate) -> None:
    desired = estate.apply(DEMAND)
    estate.root.post("sys/policies/acl/less-big", {"policy": 'path "kv/data/bills/*" { capabilities = ["read"] }'})
    token = estate.log_in("bot_orders.read", estate.token(BOT.subject))
    rename(estate, "ZZ", policies=["less-big"])
    estate.root.post("identity/group", {"name": "g", "member_entity_ids": [_id(estate, "zz")]})
    assert token.get("kv/data/bills/1") is not None
    assert estate.drift(desired) == {
        f"{ENTITY}/writ-bot": "missing",
        f"{ENTITY}/zz": "undeclared",
        ALIAS: {"entity": ("zz", "writ-bot")},
        "vault_identity_group_member/g/zz": "undeclared",
    }
    heal(estate)
    assert estate.drift(desired) == {}
    with pytest.raises(Denied):
        token.get("kv/data/bills/1")
    assert estate.root.get("identity/group/name/g")["member_entity_ids"] in ([], None)


def _id(estate: Estate, name: str) -> str:
    found = estate.root.get(f"identity/entity/name/{name}")
    assert found is not None
    return str(found["id"])


def heal(estate: Estate) -> None:
    """As the engine does, with the least privilege: the entity anew, its alias moved, then what strayed goes."""
    desired = estate.lower(DEMAND)
    found = estate.read(desired).objects
    for item in ordered(desired):
        live, kind = found.get(item.resource.address), TYPES[item.resource.address.type]
        if live is None:
            kind.create(estate.client, item.resource)
        elif item.resource.address.type == "vault_identity_entity_alias":
            kind.update(estate.client, live, item.resource)
    rest = [a for a in found if a not in {item.resource.address for item in desired}]
    for address in sorted(rest, key=lambda a: a.type == ENTITY):
        TYPES[address.type].delete(estate.client, found[address])
        assert TYPES[address.type].read(estate.client, address.key) is None


def test_another_projects_entity_with_our_names_is_left_alone(estate: Estate) -> None:
    """It has a prefix and a mount of its own, and for a moment no alias."""
    desired = estate.apply(DEMAND)
    marker = estate.root.get("identity/entity/name/writ-bot")["metadata"]
    made = estate.root.post("identity/entity", {"name": "theirs-bot", "metadata": marker})
    assert estate.drift(desired) == {}
    estate.root.post("sys/auth/theirs", {"type": "jwt"})
    try:
        accessor = estate.root.auth_mounts(again=True)["theirs"]["accessor"]
        body = {"name": BOT.subject, "mount_accessor": accessor, "canonical_id": made["id"]}
        estate.root.post("identity/entity-alias", body)
        assert estate.drift(desired) == {}
    finally:
        estate.root.delete("sys/auth/theirs")


def test_entities_of_others_are_not_seen(estate: Estate) -> None:
    """With an alias at our mount, with another environment's marker, with none."""
    desired = estate.apply(DEMAND)
    accessor = estate.root.auth_mounts(again=True)["jwt-agents"]["accessor"]
    markers = {"theirs": {"managed-by": "writ", "writ/environment": "staging", "writ/system": "vault"}, "nobodys": {}}
    for name, metadata in markers.items():
        made = estate.root.post("identity/entity", {"name": name, "metadata": metadata})
        body = {"name": f"sub-{name}", "mount_accessor": accessor, "canonical_id": made["id"]}
        estate.root.post("identity/entity-alias", body)
        estate.root.post("identity/entity", {"name": f"loose-{name}", "metadata": metadata})
    assert estate.drift(desired) == {
        f"vault_identity_entity_alias/jwt-agents/sub-{name}": "undeclared" for name in markers
    }


def test_one_that_is_recorded_under_another_prefix_is_read_as_such(estate: Estate) -> None:
    desired = estate.apply(DEMAND)
    item = next(one for one in desired if one.resource.address.type == ENTITY)
    rename(estate, "old-bot")
    address = estate.scope.address(ENTITY, "old-bot")
    found = estate.provider.read(estate.client, estate.scope, [item.resource.address, address]).objects[address]
    assert (found.ownership, found.in_scope) == (Ownership.OURS, False)
