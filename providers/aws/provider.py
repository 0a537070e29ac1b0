"""AWS IAM for the engine. Importing this imports no SDK."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from providers.aws.access import AwsAccess, AwsNever, overlap
from providers.aws.adopting import AwsNames
from providers.aws.connection import AwsConnection
from providers.aws.gains.rules import RULES
from providers.aws.local import MotoServer
from providers.aws.lowering import lower
from providers.aws.memberships import InstanceProfileRole, RolePolicyAttachment
from providers.aws.naming import MANAGED_POLICY, RETIRING, ROLE
from providers.aws.openid_connect_provider import OpenIdConnectProvider
from providers.aws.openid_connect_provider_use import OpenIdConnectProviderUse
from providers.aws.permissions import inventory_rights, rights
from providers.aws.read import read_snapshot
from providers.aws.retiring.user import RetiringUser
from providers.aws.role import Role
from providers.aws.role_policy import RolePolicy
from providers.aws.settings import AwsSettings
from providers.aws.ttl import limit_of
from providers.aws.widths import WIDTHS, wide
from reconciler.model import (
    AccessChange,
    Address,
    Detour,
    Explanation,
    Importable,
    Limit,
    Reach,
    Resource,
    Retirable,
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

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

_TYPES: tuple[ResourceType[AwsClient], ...] = (
    OpenIdConnectProvider(),
    OpenIdConnectProviderUse(),
    Role(),
    RolePolicy(),
    RolePolicyAttachment(),
    InstanceProfileRole(),
    RetiringUser(),
)


class AwsProvider(Provider[AwsSettings, AwsAccess, AwsNever, AwsConnection, "AwsClient"]):
    """One account: an OIDC provider for each issuer, a role with one inline policy for each pair."""

    name = "aws"
    settings_model = AwsSettings
    access_model = AwsAccess
    never_model = AwsNever
    connection_model = AwsConnection
    names_model = AwsNames
    widths = WIDTHS
    principals = frozenset({ROLE})
    rules = RULES
    named = frozenset({MANAGED_POLICY})
    unique_places = True
    retires = RETIRING
    # IAM throttles writes hard, and refuses simultaneous changes to one object.
    write_concurrency = 2

    @property
    def types(self) -> Mapping[str, ResourceType[AwsClient]]:
        """Resource types by name."""
        return {kind.name: kind for kind in _TYPES}

    def place(self, settings: AwsSettings) -> str:
        """The account."""
        return f"account {settings.account}"

    def claims(self, settings: AwsSettings) -> Iterable[Claim]:
        """Roles under the path. Their names are the account's, whatever their paths."""
        return (Claim("role_path", settings.role_path), Claim("role_prefix", settings.role_prefix, exact=True))

    def lower(self, scope: Scope[AwsSettings], demand: Demand[AwsAccess]) -> Lowering:
        """Issuers and pairs to OIDC providers, roles and policies."""
        return lower(scope, demand)

    def overlap(self, access: AwsAccess, never: AwsNever) -> str | None:
        """``action on resource`` that both describe; conditions count as met."""
        return overlap(access, never)

    def wide(self, access: AwsAccess) -> Iterable[Wide]:
        """Wildcards in actions and resources."""
        return wide(access)

    def load(self) -> None:
        """Import the SDK."""
        import providers.aws.client  # noqa: F401, PLC0415 - boto3 is slow to import

    def connect(self, scope: Scope[AwsSettings], connection: AwsConnection, environ: Mapping[str, str]) -> AwsClient:
        """Log in; the account is verified before any other call."""
        from providers.aws.client import connect  # noqa: PLC0415 - boto3 is slow to import

        return connect(scope, connection, environ)

    def identity(self, client: AwsClient) -> str:
        """The ARN of the login."""
        return client.arn

    def read(self, client: AwsClient, scope: Scope[AwsSettings], wanted: Collection[Address]) -> Snapshot:  # noqa: ARG002
        """The scope in bulk, and the wanted addresses."""
        return read_snapshot(client, wanted)

    def access_changes(self, scope: Scope[AwsSettings], worlds: Worlds) -> Iterable[AccessChange]:  # noqa: ARG002
        """Each role by all that hangs on it, its boundary included; and whose tokens are taken."""
        from providers.aws.effective.changes import access_changes  # noqa: PLC0415 - only changes need it

        return access_changes(worlds)

    def reaches(
        self,
        scope: Scope[AwsSettings],  # noqa: ARG002
        objects: Mapping[Address, Resource],
        never: AwsNever,
        surroundings: object = None,  # noqa: ARG002 - all of it is observed
    ) -> Iterable[Reach]:
        """Roles whose composed policies allow what is forbidden."""
        from providers.aws.effective.reach import reached  # noqa: PLC0415 - only guardrails need it

        return reached(objects, never.actions, never.resources)

    def steps(
        self,
        scope: Scope[AwsSettings],
        objects: Mapping[Address, Resource],
        surroundings: object = None,  # noqa: ARG002 - all of it is observed
    ) -> Iterable[Step]:
        """docs/escalation.md."""
        from providers.aws.gains.steps import steps  # noqa: PLC0415 - only plans with changes, and graph, need it

        return steps(scope, objects)

    def detours(
        self,
        scope: Scope[AwsSettings],  # noqa: ARG002 - the objects are the scope's
        objects: Mapping[Address, Resource],
        never: AwsNever,
        surroundings: object = None,  # noqa: ARG002 - all of it is observed
    ) -> Iterable[Detour]:
        """docs/escalation.md, K1."""
        from providers.aws.gains.stores import detours  # noqa: PLC0415 - only plans with changes, and graph, need it

        return detours(objects, never.actions, never.resources)

    def ttl(self, scope: Scope[AwsSettings], pair: Pair, objects: Mapping[Address, Resource]) -> Limit | None:  # noqa: ARG002
        """By the role's longest session."""
        return limit_of(pair, objects)

    def explain(self, scope: Scope[AwsSettings], asking: Asking) -> Explanation:
        """By everything that bears on the principal."""
        from providers.aws.effective.explain import explain  # noqa: PLC0415 - only explain needs it

        return explain(scope.settings, asking)

    def rights(
        self,
        scope: Scope[AwsSettings],
        *,
        writing: bool,
        beyond: Beyond = NOTHING_BEYOND,
    ) -> Rights:
        """An identity policy."""
        return rights(scope, writing=writing, beyond=beyond)

    def inventory(self, client: AwsClient, scope: Scope[AwsSettings]) -> Iterable[Standing | Unseen]:  # noqa: ARG002
        """The whole account's users, keys and roles."""
        from providers.aws.standing.read import inventory  # noqa: PLC0415 - only inventory needs it

        return inventory(client)

    def covering(
        self,
        scope: Scope[AwsSettings],  # noqa: ARG002
        objects: Mapping[Address, Resource],
    ) -> Callable[[object], Iterable[Address]]:
        """Roles by their composed access."""
        from providers.aws.standing.cover import Cover  # noqa: PLC0415 - only inventory needs it

        return Cover.of(objects).covering

    def inventory_rights(self, scope: Scope[AwsSettings]) -> Rights:  # noqa: ARG002
        """An identity policy."""
        return inventory_rights()

    def unfit(self, scope: Scope[AwsSettings], retiring: Retiring) -> Iterable[Unfit]:  # noqa: ARG002
        """Names that no user has."""
        from providers.aws.retiring.unfit import unfit  # noqa: PLC0415 - only retirements need it

        return unfit(retiring)

    def retirables(
        self,
        client: AwsClient,
        scope: Scope[AwsSettings],  # noqa: ARG002 - the client knows it
        wanted: Collection[Retiring],
    ) -> Mapping[str, Retirable]:
        """Users with their keys, and when these were used."""
        from providers.aws.retiring.look import look  # noqa: PLC0415 - only retirements need it

        return look(client, wanted)

    def present(
        self,
        scope: Scope[AwsSettings],
        connection: AwsConnection,
        environ: Mapping[str, str],
        pair: Pair,
        token: str,
    ) -> AgentSession:
        """By AssumeRoleWithWebIdentity, as the pair's role."""
        from providers.aws.client import present  # noqa: PLC0415 - boto3 is slow to import

        return present(scope, connection, environ, pair, token)

    def importable(self, client: AwsClient, scope: Scope[AwsSettings]) -> Iterable[Importable | Unseen]:  # noqa: ARG002
        """Roles by whom they trust, and users."""
        from providers.aws.importing.read import importable  # noqa: PLC0415 - only import needs it

        return importable(client)

    def accepting(self, settings: Mapping[str, object], issuer: str, place: str) -> Mapping[str, object]:  # noqa: ARG002
        """With the issuer among those whose OIDC provider is somebody else's."""
        known = _texts(settings.get("existing_oidc_providers"))
        return settings if issuer in known else {**settings, "existing_oidc_providers": [*known, issuer]}

    def close(self, client: AwsClient) -> None:
        """Free the connections."""
        client.close()

    def policy_files(self) -> PolicyFiles:
        """IAM's JSON policies."""
        from providers.aws.effective.files import AwsPolicyFiles  # noqa: PLC0415 - only access-diff needs it

        return AwsPolicyFiles()

    def local_server(self) -> LocalServer:
        """A moto server on loopback."""
        return MotoServer()


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
