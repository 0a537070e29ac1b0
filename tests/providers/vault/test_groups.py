"""Groups around entities of ours: taken apart at a real OpenBao, several at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from providers.vault.resources import TYPES
from reconciler.model import Live
from reconciler.provider import Conflict, PairDemand, Rejected
from tests.providers.vault.world import ISSUER, Estate, access, agent, pair

BOTS = [pair(agent(f"bot{number}"), "orders.read") for number in range(6)]
RULES = (access(("kv/data/orders/*", ["read"])),)
MEMBER = "vault_identity_group_member"
KIND = TYPES[MEMBER]


def members(estate: Estate, group: str) -> list[str]:
    found = estate.root.get(f"identity/group/name/{group}")
    assert found is not None
    return found["member_entity_ids"] or []


def in_group(estate: Estate, group: str, *more: str) -> list[Live]:
    """All our entities, and ``more`` ids, in one group; its rows."""
    estate.desired = estate.apply(*(PairDemand(bot, RULES) for bot in BOTS))
    ids = [estate.root.get(f"identity/entity/name/writ-{bot.agent.name}")["id"] for bot in BOTS]
    body = {"name": group, "policies": ["big"], "member_entity_ids": [*more, *ids]}
    estate.root.post("identity/group", body)
    found = estate.read(estate.desired).objects
    return [live for address, live in found.items() if address.type == MEMBER]


def test_memberships_that_go_at_once_are_all_gone(estate: Estate) -> None:
    other = estate.root.post("identity/entity", {"name": "somebody"})["id"]
    for turn in range(3):
        rows = in_group(estate, f"rogues{turn}", other)
        assert len(rows) == 6
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda live: KIND.delete(estate.client, live), rows))
        assert members(estate, f"rogues{turn}") == [other]
        assert estate.drift(estate.desired) == {}


def test_one_that_another_writer_brings_back_goes_with_the_next(estate: Estate) -> None:
    first, second, *_ = in_group(estate, "rogues")
    before = members(estate, "rogues")
    KIND.delete(estate.client, first)
    estate.root.post("identity/group/name/rogues", {"member_entity_ids": before})
    KIND.delete(estate.client, second)
    gone = {str(live.resource.attributes["entity_id"]) for live in (first, second)}
    assert set(members(estate, "rogues")) == set(before) - gone


def test_a_writer_who_always_has_the_last_word_is_told_of(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = in_group(estate, "rogues")
    before, write = members(estate, "rogues"), estate.client.post

    def contested(path: str, body: dict[str, Any]) -> Any:
        done = write(path, body)
        estate.root.post("identity/group/name/rogues", {"member_entity_ids": before})
        return done

    monkeypatch.setattr(estate.client, "post", contested)
    with pytest.raises(Conflict, match="comes back"):
        KIND.delete(estate.client, first)


def test_an_external_groups_members_are_not_written(estate: Estate) -> None:
    bot = BOTS[0]
    estate.desired = estate.apply(PairDemand(bot, RULES))
    group = estate.root.post("identity/group", {"name": "cluster-admins", "type": "external", "policies": ["big"]})
    accessor = estate.client.auth_mounts(again=True)["jwt-agents"]["accessor"]
    alias = {"name": "admins", "mount_accessor": accessor, "canonical_id": group["id"]}
    estate.root.post("identity/group-alias", alias)
    role = "auth/jwt-agents/role/bot0_orders.read"
    estate.root.post(role, {"role_type": "jwt", "user_claim": "sub", "groups_claim": "groups"})
    jwt = estate.signer.token(ISSUER, bot.agent.subject, "vault", groups=["admins"])
    estate.log_in("bot0_orders.read", jwt)
    [row] = [live for address, live in estate.read(estate.desired).objects.items() if address.type == MEMBER]
    before = members(estate, "cluster-admins")
    assert before == [row.resource.attributes["entity_id"]]
    with pytest.raises(Rejected, match="come from its auth method"):
        KIND.delete(estate.client, row)
    assert members(estate, "cluster-admins") == before
