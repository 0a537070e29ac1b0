"""Settings that no write of ours would leave: what mounts, aliases and roles carry beside what Writ declares."""

from __future__ import annotations

from providers.vault.resources import TYPES
from reconciler.model import Ownership
from tests.providers.vault.test_estate import BOT, CONFIG, ENTITY, by_type, heal, pairs
from tests.providers.vault.world import Estate, differences


def test_metadata_of_an_alias_are_drift_and_go(estate: Estate) -> None:
    desired = estate.apply(*pairs())
    alias = by_type(desired, "vault_identity_entity_alias")
    body = {"name": BOT.subject, "mount_accessor": estate.client.auth_mounts()["jwt-agents"]["accessor"]}
    entity = {"canonical_id": estate.root.get(ENTITY)["id"]}
    estate.root.post("identity/entity-alias", body | entity | {"custom_metadata": {"team": "admins"}})
    seen = f"vault_identity_entity_alias/jwt-agents/{BOT.subject}"
    assert estate.drift(desired) == {seen: {"custom_metadata": ({"team": "admins"}, {})}}
    heal(estate, estate.read(desired).objects[alias.resource.address], alias, "custom_metadata")
    assert estate.drift(desired) == {}


def test_a_mount_that_was_made_anew_otherwise_is_drift(estate: Estate) -> None:
    desired = estate.apply(*pairs())
    backend = by_type(desired, "vault_jwt_auth_backend")
    entry, config = estate.root.get("sys/auth/jwt-agents"), estate.root.get(CONFIG)
    estate.root.delete("sys/auth/jwt-agents")
    made = {"type": "jwt", "description": entry["description"], "local": True, "seal_wrap": True}
    estate.root.post("sys/auth/jwt-agents", made | {"options": {"a": "b"}})
    estate.root.post(CONFIG, {name: config[name] for name in ("bound_issuer", "jwks_url")})
    found = estate.drift(desired)["vault_jwt_auth_backend/jwt-agents"]
    assert found == {"options": ({"a": "b"}, {}), "made_with": ({"local": True, "seal_wrap": True}, {})}
    heal(estate, estate.read(desired).objects[backend.resource.address], backend, "made_with")
    live = estate.read(desired).objects[backend.resource.address]
    assert differences(live, backend) == {}


def test_settings_that_are_not_known_are_drift(estate: Estate) -> None:
    """A newer server's, perhaps a way in. What only says how a mount is doesn't count."""
    desired = estate.apply(*pairs())
    client = estate.client
    entry = estate.root.get("sys/auth/jwt-agents")
    assert set(entry) > {"uuid", "accessor", "running_plugin_version", "deprecation_status"}
    entry |= {"config": entry["config"] | {"new_tune": 1, "empty": ""}, "new_setting": True, "off": False}
    mount = TYPES["vault_jwt_auth_backend"].live(client, "jwt-agents", entry, {**estate.root.get(CONFIG), "new": ["x"]})
    assert mount.resource.attributes["other_fields"] == {"new": ["x"], "new_setting": True, "new_tune": 1}
    wanted = by_type(desired, "vault_jwt_auth_backend_role")
    key = wanted.resource.address.key
    found = {**estate.root.get(f"auth/{key.replace('/', '/role/')}"), "new": {"a": 1}, "off": []}
    role = TYPES["vault_jwt_auth_backend_role"].live(client, key, found, (Ownership.OURS, ""))
    assert differences(role, wanted) == {"other_fields": ({"new": {"a": 1}}, {})}
