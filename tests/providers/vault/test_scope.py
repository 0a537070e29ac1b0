"""Whose an object is, what lies outside the scope, and servers that list less."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import pytest

from providers.vault.names import JWT_BACKEND, JWT_ROLE, POLICY
from providers.vault.permissions import operator_policy
from providers.vault.resources import TYPES
from reconciler.model import Ownership
from reconciler.provider import Denied, PairDemand
from tests.providers.vault.world import Estate, access, agent, pair, scope

ORDERS = pair(agent("bot"), "orders.read")
DEMAND = PairDemand(ORDERS, (access(("kv/data/orders/*", ["read"])),))
OTHERS = "managed by writ; environment=staging; system=vault"


def wait_for(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Remounting goes on after its reply."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize("description", ["", "our team's", OTHERS])
def test_somebody_elses_mount_is_never_ours_to_remove(estate: Estate, description: str) -> None:
    estate.root.post("sys/auth/jwt-agents", {"type": "jwt", "description": description})
    estate.root.post("auth/jwt-agents/role/theirs", {"role_type": "jwt", "user_claim": "sub", "bound_subject": "x"})
    estate.root.post(
        "auth/jwt-agents/role/bot_orders.read", {"role_type": "jwt", "user_claim": "sub", "bound_subject": "x"}
    )
    # With another environment's marker it is an error of its own; without any it is nothing of ours to see.
    assert [live.ownership for live in estate.read().objects.values()] == [Ownership.OTHER] * (description == OTHERS)
    wanted = {a.key: live for a, live in estate.read(estate.lower(DEMAND)).objects.items()}
    owner = Ownership.OTHER if description == OTHERS else Ownership.FOREIGN
    assert {key: live.ownership for key, live in wanted.items()} == {
        "jwt-agents": owner,
        "jwt-agents/bot_orders.read": Ownership.FOREIGN,
        "jwt-agents/theirs": Ownership.FOREIGN,
    }
    assert all(live.note for live in wanted.values())


@pytest.mark.parametrize("description", ["", OTHERS])
def test_a_mount_of_ours_that_lost_its_marker_hides_nothing(estate: Estate, description: str) -> None:
    desired = estate.apply(DEMAND)
    estate.root.post("sys/mounts/auth/jwt-agents/tune", {"description": description})
    estate.root.post("auth/jwt-agents/role/rogue", {"role_type": "jwt", "user_claim": "sub", "bound_subject": "m"})
    mallory = estate.root.post("identity/entity", {"name": "mallory"})["id"]
    accessor = estate.root.auth_mounts(again=True)["jwt-agents"]["accessor"]
    body = {"name": "mallory", "mount_accessor": accessor, "canonical_id": mallory}
    estate.root.post("identity/entity-alias", body)
    assert estate.drift(desired) == {
        "vault_jwt_auth_backend/jwt-agents": {
            "description": (description, "managed by writ; environment=test; system=vault")
        },
        "vault_jwt_auth_backend_role/jwt-agents/rogue": "undeclared",
        "vault_identity_entity_alias/jwt-agents/mallory": "undeclared",
    }
    found = estate.read(desired).objects
    recorded = {item.resource.address for item in desired}
    assert not any(live.is_anothers(recorded=address in recorded) for address, live in found.items())


def test_another_kind_of_mount_in_our_place(estate: Estate) -> None:
    estate.root.post("sys/auth/jwt-agents", {"type": "userpass", "description": ""})
    [mount] = estate.read(estate.lower(DEMAND)).objects.values()
    assert (mount.ownership, mount.note) == (Ownership.OTHER, "it is of type userpass")


def test_markers_of_policies_and_entities(estate: Estate) -> None:
    estate.root.post("sys/policies/acl/writ-a", {"policy": f"# {OTHERS}\n"})
    estate.root.post("sys/policies/acl/writ-b", {"policy": f'path "a" {{ capabilities = ["read"] }}\n# {OTHERS}\n'})
    estate.root.post("sys/policies/acl/writer", {"policy": "# not in the prefix"})
    staging = {"managed-by": "writ", "writ/environment": "staging", "writ/system": "vault"}
    estate.root.post("identity/entity", {"name": "writ-a", "metadata": staging})
    estate.root.post("identity/entity", {"name": "Writ-B"})
    found = {f"{a.type}/{a.key}": live.ownership for a, live in estate.read().objects.items()}
    assert found == {
        "vault_policy/writ-a": Ownership.OTHER,
        "vault_policy/writ-b": Ownership.FOREIGN,
        "vault_identity_entity/writ-a": Ownership.OTHER,
        "vault_identity_entity/writ-b": Ownership.FOREIGN,
    }


def test_a_mount_that_was_moved_is_known_by_its_accessor(estate: Estate) -> None:
    desired = estate.apply(DEMAND)
    mount = next(item.resource.address for item in desired if item.resource.address.type == JWT_BACKEND)
    before = estate.read(desired).objects[mount]
    estate.root.post("sys/remount", {"from": "auth/jwt-agents", "to": "auth/jwt-moved"})
    wait_for(lambda: "jwt-moved" in estate.root.auth_mounts(again=True))
    after = estate.provider.read(estate.root, estate.root.scope, [mount]).objects
    assert mount not in after
    moved = after[mount._replace(key="jwt-moved")]
    assert (moved.ownership, moved.in_scope, moved.native_id) == (Ownership.OURS, False, before.native_id)
    TYPES[JWT_BACKEND].delete(estate.root, moved)


def test_what_was_applied_under_older_settings_is_found_but_not_in_scope(estate: Estate) -> None:
    desired = estate.apply(DEMAND)
    estate.root.scope = scope(policy_prefix="new-", auth_mount="jwt-new")
    # Beyond the scope our marker isn't enough: another project may have chosen the same names.
    [strayed] = estate.provider.read(estate.root, estate.root.scope, []).objects.values()
    assert (strayed.resource.address.key, strayed.ownership, strayed.in_scope) == ("jwt-agents", Ownership.OURS, False)
    wanted = [item.resource.address for item in desired]
    found = estate.provider.read(estate.root, estate.root.scope, wanted).objects
    assert found.keys() == set(wanted)
    assert not any(live.in_scope for live in found.values())
    for item in desired:
        assert found[item.resource.address].resource.attributes.items() >= item.resource.attributes.items()
    # The policy goes only once the role has been moved off it: the edge is there though the prefix is another.
    policy = next(address for address in found if address.type == POLICY)
    assert [policy in live.depends_on for address, live in found.items() if address.type == JWT_ROLE] == [True]


def test_a_server_that_lists_no_bodies_reads_the_same(estate: Estate) -> None:
    desired = estate.apply(DEMAND)
    rules = operator_policy(estate.scope.settings, [("database", "orders")])
    less = rules.replace('path "sys/policies/detailed/acl"', 'path "sys/policies/nothing"')
    estate.root.post("sys/policies/acl/less", {"policy": less})
    token = estate.root.hvac.auth.token.create(policies=["less"], ttl="60s")["auth"]["client_token"]
    other = estate.server.root_client(estate.scope)
    other.use_token(token)
    wanted = [item.resource.address for item in desired]
    found = estate.provider.read(other, estate.scope, wanted)
    expected = estate.provider.read(estate.client, estate.scope, wanted)
    other.close()
    assert found.objects == expected.objects
    assert found.facts["identity"] != expected.facts["identity"]
    # Of policies outside the scope only those are read that logins of ours come to.
    assert dataclasses.replace(found, facts=expected.facts, surroundings=expected.surroundings) == expected


def test_a_list_that_may_not_be_read_is_an_error_and_no_empty_scope(estate: Estate) -> None:
    desired = estate.apply(DEMAND)
    rules = operator_policy(estate.scope.settings, [])
    for path in ("sys/auth", "auth/jwt-agents/role", "identity/entity/id", "sys/policies/acl"):
        less = rules.replace(f'path "{path}" {{', f'path "nothing/{path}" {{').replace("policies/detailed", "nothing")
        estate.root.post("sys/policies/acl/less", {"policy": less})
        token = estate.root.hvac.auth.token.create(policies=["less"], ttl="60s")["auth"]["client_token"]
        other = estate.server.root_client(estate.scope)
        other.use_token(token)
        with pytest.raises(Denied, match=path):
            estate.provider.read(other, estate.scope, [item.resource.address for item in desired])
        other.close()


def test_types_and_settings_are_complete(estate: Estate) -> None:
    assert all(kind.name == name for name, kind in TYPES.items())
    assert all(mark.help for kind in TYPES.values() for mark in kind.attributes.values())
    assert estate.provider.types == TYPES


def test_recorded_objects_in_engines_and_mounts_that_are_gone_are_gone(estate: Estate) -> None:
    role = estate.scope.address("vault_database_secret_backend_role", "gone/roles/old-bot")
    login = estate.scope.address("vault_jwt_auth_backend_role", "gone/bot_orders.read")
    assert estate.provider.read(estate.root, estate.scope, [role, login]).objects == {}
    assert TYPES[login.type].read(estate.client, login.key) is None
