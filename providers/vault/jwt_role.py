"""The role of one pair: which subject, with which audience, gets which policy, for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from providers.vault.jwt_backend import is_jwt, mount_owner
from providers.vault.names import ALIAS, JWT_BACKEND, JWT_BACKEND_USE, JWT_ROLE, POLICY, split_last
from providers.vault.resource import VaultResource, text, texts, within
from providers.vault.values import JWT_ROLE as FIELDS
from providers.vault.values import fields, others
from reconciler.model import Address, Live, Ownership, Resource, Value
from reconciler.provider import Attribute

if TYPE_CHECKING:
    from providers.vault.client import VaultClient


class JwtRole(VaultResource):
    """Key: ``<mount>/<role>``. The server has no compare-and-set for it, and merges what is posted."""

    name = JWT_ROLE
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "role_type": Attribute("A signed token, not a browser."),
        "user_claim": Attribute("The claim that names the entity's alias."),
        "user_claim_json_pointer": Attribute("Whether that is a JSON pointer."),
        "bound_subject": Attribute("The exact `sub`.", replaces=True, admits=True),
        "bound_audiences": Attribute("Audiences, of which the token must carry one.", admits=True),
        "bound_claims": Attribute("Further claims that must match.", admits=True),
        "bound_claims_type": Attribute("How they are compared."),
        "claim_mappings": Attribute("Claims that are copied into metadata."),
        "groups_claim": Attribute("The claim that puts the entity in groups."),
        "clock_skew_leeway": Attribute("Seconds of leeway for all times; 0 is the server's 60."),
        "expiration_leeway": Attribute("Seconds after `exp`; 0 is the server's default."),
        "not_before_leeway": Attribute("Seconds before `nbf`; 0 is the server's default."),
        "max_age": Attribute("For interactive logins; unused."),
        "allowed_redirect_uris": Attribute("For interactive logins; unused."),
        "callback_mode": Attribute("For interactive logins; unused."),
        "oauth2_metadata": Attribute("For interactive logins; unused."),
        "oidc_disable_confirmation": Attribute("For interactive logins; unused."),
        "oidc_scopes": Attribute("For interactive logins; unused."),
        "verbose_oidc_logging": Attribute("Whether the server logs tokens' claims."),
        "token_bound_cidrs": Attribute("Networks that may use the token."),
        "token_explicit_max_ttl": Attribute("The token's hard end, in seconds."),
        "token_max_ttl": Attribute("The token's longest life with renewals, in seconds."),
        "token_no_default_policy": Attribute("Whether the policy `default` is left out."),
        "token_num_uses": Attribute("How often the token works; 0 is no limit."),
        "token_period": Attribute("Would renew past the maximum; 0 is never."),
        "token_policies": Attribute("The pair's policy and no other."),
        "token_policies_template_claims": Attribute("Whether claims choose policies."),
        "token_strictly_bind_ip": Attribute("Whether the token is bound to the login's address."),
        "token_ttl": Attribute("The token's life in seconds."),
        "token_type": Attribute("service tokens can be revoked."),
        "other_fields": Attribute("Fields that are set and that Writ doesn't know.", replaces=True),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """One role."""
        mount, role = split_last(key)
        entry = client.auth_mounts().get(mount)
        found = client.get(f"auth/{mount}/role/{role}") if is_jwt(entry) else None
        # Of what lies in a mount that somebody else keeps, nothing says whose it is but the specs and the record.
        existing = mount in client.scope.settings.existing_auth_mounts.values()
        owner = (Ownership.UNMARKED, "") if existing else mount_owner(client.scope, entry)
        return None if found is None else self.live(client, key, found, owner)

    def live(self, client: VaultClient, key: str, found: Mapping[str, Any], container: tuple[Ownership, str]) -> Live:
        """The object of a server's reply, in a mount of ``container``'s ownership."""
        mount, _ = split_last(key)
        values = {**fields(FIELDS, found), "other_fields": others(FIELDS, found)}
        ownership, note = within(container)
        return Live(
            Resource(self.address(client, key), values),
            ownership,
            self._after(client, mount, values),
            note=note,
            native_id=text(client.auth_mounts().get(mount) or {}, "accessor"),
        )

    def _after(self, client: VaultClient, mount: str, values: Mapping[str, Value]) -> tuple[Address, ...]:
        scope = client.scope
        existing = mount in scope.settings.existing_auth_mounts.values()
        return (
            scope.address(JWT_BACKEND_USE if existing else JWT_BACKEND, mount),
            # Those of a prefix that was ours included: they go only once the role has been moved off them.
            *(scope.address(POLICY, name) for name in texts(values, "token_policies")),
            scope.address(ALIAS, f"{mount}/{text(values, 'bound_subject')}"),
        )

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:  # noqa: ARG002 - no CAS
        """Write every field."""
        mount, role = split_last(desired.address.key)
        client.post(f"auth/{mount}/role/{role}", {name: desired.attributes[name] for name in FIELDS})

    def delete(self, client: VaultClient, before: Live) -> None:
        """Remove it. Its tokens lose their rights with the pair's policy; where that stays, at their own end."""
        mount, role = split_last(before.resource.address.key)
        client.delete(f"auth/{mount}/role/{role}")
