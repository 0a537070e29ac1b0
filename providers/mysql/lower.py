"""What the specs ask of a server, as roles, grants, the minter's memberships and requests for logins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from providers.mysql.access import MysqlAccess
from providers.mysql.keys import GrantKey, MembershipKey
from providers.mysql.lease import login_request
from providers.mysql.marker import marker_role
from providers.mysql.names import GRANT, MEMBERSHIP, ROLE, ROLE_LIMIT
from providers.mysql.settings import MysqlSettings
from providers.mysql.values import grant_values, membership_values, role_values
from reconciler.model import Address, Desired, Origin, Resource, Value
from reconciler.provider import Demand, LoginRequest, LoginTarget, Lowering, Pair, PairDemand, Scope
from specs.diagnostic import Diagnostic, error
from specs.source import Located, SourceSpan


def login_target(settings: MysqlSettings) -> LoginTarget | None:
    """Who mints logins, as the settings name it."""
    if settings.credentials is None:
        return None
    options = {name: value for name, value in settings.credentials.items() if name != "system"}
    return LoginTarget(settings.credentials["system"], options, settings.role_prefix)


def lower(scope: Scope[MysqlSettings], demand: Demand[MysqlAccess]) -> Lowering:
    """For each pair a role with its grants, and a request for logins with it; and the marker of them all."""
    lowering = _Lowering(scope)
    for asked in demand.pairs:
        if asked.access:
            lowering.add(asked)
    return Lowering(tuple(lowering.resources), tuple(lowering.logins), tuple(lowering.diagnostics))


@dataclass(slots=True)
class _Lowering:
    scope: Scope[MysqlSettings]
    resources: list[Desired] = field(default_factory=list)
    logins: list[LoginRequest] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    target: LoginTarget | None = field(init=False)

    def __post_init__(self) -> None:
        self.target = login_target(self.scope.settings)

    def add(self, asked: PairDemand[MysqlAccess]) -> None:
        """One pair."""
        name, marker = f"{self.scope.settings.role_prefix}{asked.pair.name}", marker_role(self.scope)
        for one in (name, marker):
            if len(one) > ROLE_LIMIT:
                self._too_long(one, asked.pair)
                return
        marks = self._marker(marker)
        why = f"role of {asked.pair.name}"
        role = self._resource(ROLE, name, role_values(marker), asked.pair.origin(why), marks)
        wanted, spans, columns = _privileges(name, asked.access)
        for key, privileges in wanted.items():
            origin = asked.pair.origin(f"{asked.pair.intent.name} needs it", spans[key])
            places = (("W467", columns[key]),) if key in columns else ()
            self._resource(GRANT, str(key), grant_values(key, privileges), origin, role, places=places)
        minter, needs = self.scope.settings.minting, list[Address]()
        if minter is not None:
            membership = MembershipKey(minter, name)
            origin = asked.pair.origin(f"{minter} gives it to logins")
            values = membership_values(membership, admin=True)
            # Before the minter may give the role away, a login would be made and left without it: DDL isn't undone.
            needs.append(self._resource(MEMBERSHIP, str(membership), values, origin, role))
        if self.target is not None:
            self.logins.append(login_request(self.scope, asked.pair, name, self.target, tuple(needs)))

    def _marker(self, name: str) -> Address:
        address = self.scope.address(ROLE, name)
        if not self.resources:
            self._resource(ROLE, name, role_values(""), Origin("marks the roles as Writ's", span=self.scope.span))
        return address

    def _resource(
        self,
        kind: str,
        key: str,
        values: Mapping[str, Value],
        origin: Origin,
        *needs: Address,
        places: tuple[tuple[str, SourceSpan], ...] = (),
    ) -> Address:
        address = self.scope.address(kind, key)
        self.resources.append(Desired(Resource(address, values), origin, needs, places=places))
        return address

    def _too_long(self, name: str, pair: Pair) -> None:
        self.diagnostics.append(
            error(
                "W466",
                f"role name {name} has {len(name)} characters: the server takes {ROLE_LIMIT}",
                subject=f"agents.{pair.agent.name}.spec.intents",
                help=f"shorten the agent's name, the intent's or role_prefix by {len(name) - ROLE_LIMIT}",
                span=pair.span,
            )
        )


def _privileges(
    role: str, access: Iterable[Located[MysqlAccess]]
) -> tuple[dict[GrantKey, set[str]], dict[GrantKey, SourceSpan], dict[GrantKey, SourceSpan]]:
    """All privileges by object; and where each object, and each column, is named first."""
    found: dict[GrantKey, set[str]] = {}
    spans: dict[GrantKey, SourceSpan] = {}
    columns: dict[GrantKey, SourceSpan] = {}
    for block in access:
        for number, grant in enumerate(block.value.grants):
            for position, column, key in grant.keys(role):
                found.setdefault(key, set()).update(grant.privileges)
                spans.setdefault(key, block.span("grants", number, grant.where, position))
                if grant.columns:
                    columns.setdefault(key, block.span("grants", number, "columns", column))
    return found, spans, columns
