"""An auth mount that somebody else keeps: that it is there, and believes this issuer by these keys.

Nothing is ever written: it is an object so that drift sees it change, and so that a plan is stale once it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from providers.vault.jwt_backend import is_jwt
from providers.vault.names import JWT_BACKEND_USE
from providers.vault.resource import VaultResource, text
from providers.vault.values import BACKEND_CONFIG, fields
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Attribute, Rejected

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_SAID = ("bound_issuer", "jwks_url", "oidc_discovery_url", "jwt_validation_pubkeys")
_HELP = "have its owner put it back, or make the issuer in the Environment say what is there"


class JwtBackendUse(VaultResource):
    """Key: the mount's path."""

    name = JWT_BACKEND_USE
    borrowed = True
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "path": Attribute("The mount's path."),
        "bound_issuer": Attribute("The exact `iss` of tokens.", admits=True),
        "jwks_url": Attribute("Where the issuer's keys are.", admits=True),
        "oidc_discovery_url": Attribute("Where OpenID Connect Discovery finds the keys.", admits=True),
        "jwt_validation_pubkeys": Attribute("The issuer's keys, in PEM.", admits=True),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """From the method's configuration; None where there is no such mount."""
        mount = client.auth_mounts().get(key)
        if not is_jwt(mount):
            return None
        config = fields(BACKEND_CONFIG, client.get(f"auth/{key}/config") or {})
        values: dict[str, Value] = {"path": key, **{name: config[name] for name in _SAID}}
        resource, accessor = Resource(self.address(client, key), values), text(mount or {}, "accessor")
        return Live(resource, Ownership.UNMARKED, in_scope=False, native_id=accessor)

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:  # noqa: ARG002
        """Raises Rejected: it is its owner's."""
        raise Rejected(f"{desired.address} isn't as the specs say, and isn't Writ's to change", help=_HELP)

    def delete(self, client: VaultClient, before: Live) -> None:
        """We stop using it; the mount stays as it is."""
