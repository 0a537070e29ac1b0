"""From what the specs ask to Vault's native objects. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from providers.vault.access import PathRule, VaultAccess
from providers.vault.adopting import VaultNames
from providers.vault.allowed_role import allowed_role_values
from providers.vault.issuers import IssuerMounts, resolve_mounts
from providers.vault.names import (
    ALIAS,
    ALLOWED_ROLE,
    DATABASE_ROLE,
    ENTITY,
    JWT_BACKEND,
    JWT_BACKEND_USE,
    JWT_ROLE,
    POLICY,
    allowed_role_key,
    database_role_key,
    database_role_name,
    entity_name,
    policy_name,
    subject_key,
)
from providers.vault.patterns import Pattern
from providers.vault.policy import Grant, Inexpressible, render, unite
from providers.vault.settings import DEFAULT_DATABASE, VaultLogin, VaultSettings
from providers.vault.values import (
    ALIAS_EXTRAS,
    backend_values,
    database_role_values,
    entity_values,
    jwt_role_values,
    policy_values,
    use_values,
)
from reconciler.model import Address, Desired, Origin, Resource, Value
from reconciler.provider import AgentRef, Demand, Implied, LoginRequest, Lowering, PairDemand, Scope, marker_text
from specs.diagnostic import Diagnostic, error

_RETURN_TOKEN = Grant(Pattern.of("auth/token/revoke-self"), frozenset({"update"}))
"""Every agent may hand back its token early, and with it the credentials that it got."""


def lower(scope: Scope[VaultSettings], demand: Demand[VaultAccess]) -> Lowering:
    """All desired objects, in order of names."""
    mounts = resolve_mounts(scope, demand.issuers)
    work = _Lowering(scope, mounts, {issuer.name: issuer.url for issuer in demand.issuers})
    work.diagnostics += mounts.diagnostics
    for issuer in demand.issuers:
        if issuer.name in mounts.by_issuer:
            mount = mounts.by_issuer[issuer.name]
            origin = Origin(f"issuer {issuer.name}", span=issuer.span)
            if issuer.name in mounts.existing:
                work.add(JWT_BACKEND_USE, mount, use_values(mount, issuer), origin)
            else:
                work.add(JWT_BACKEND, mount, backend_values(scope, mount, issuer), origin)
    requests = [request for pair in demand.pairs for request in pair.logins]
    own = _own_paths(scope, requests)
    for agent in _agents(demand.pairs):
        work.agent(agent)
    for pair_demand in demand.pairs:
        work.pair(pair_demand, own)
    for request in requests:
        work.database_role(request)
    implied = tuple(_implied(scope.settings, request) for request in requests)
    return Lowering(tuple(work.resources), diagnostics=tuple(work.diagnostics), implied=implied)


def _implied(settings: VaultSettings, request: LoginRequest) -> Implied:
    """Minting a login is a reading of its creds path."""
    path = _creds_path(settings, request)
    access = VaultAccess.model_construct(paths=[PathRule.model_construct(path=path, capabilities=["read"])])
    return Implied(request.pair, access, f"a login at {request.requester}")


def _creds_path(settings: VaultSettings, request: LoginRequest) -> str:
    return f"{_options(request).mount}/creds/{database_role_name(settings, request)}"


def _agents(pairs: Iterable[PairDemand[VaultAccess]]) -> list[AgentRef]:
    return list({demand.pair.agent.name: demand.pair.agent for demand in pairs}.values())


def _own_paths(scope: Scope[VaultSettings], requests: Iterable[LoginRequest]) -> list[Pattern]:
    """All paths of the database engines in which logins are made: only Writ and the operator go there.

    Also where nobody is given one yet: what is written there decides what the next one may do.
    """
    targets = (*scope.all_targets, *scope.login_targets, *(request.target for request in requests))
    mounts = {target.options.get("mount", DEFAULT_DATABASE) for target in targets}
    mounts.update(mount for settings in (scope.settings, *scope.alike) for mount in settings.database_mounts)
    return [Pattern.of(f"{mount}/*") for mount in sorted(mounts)]


def _options(request: LoginRequest) -> VaultLogin:
    return _login(tuple(request.target.options.items()))


@cache
def _login(options: tuple[tuple[str, str], ...]) -> VaultLogin:
    """Few, and asked for by every pair."""
    return VaultLogin.model_validate(dict(options))


class _Lowering:
    """Desired objects as they are found."""

    def __init__(self, scope: Scope[VaultSettings], mounts: IssuerMounts, urls: Mapping[str, str]) -> None:
        self.scope, self.mounts, self.urls = scope, mounts, urls
        self.resources: list[Desired] = []
        self.diagnostics: list[Diagnostic] = []
        self._subjects: dict[tuple[str, str], AgentRef] = {}

    def add(
        self,
        type: str,
        key: str,
        values: dict[str, Value],
        origin: Origin,
        after: Iterable[Address] = (),
        *,
        adopts: bool = False,
    ) -> Address:
        address = self.scope.address(type, key)
        self.resources.append(Desired(Resource(address, values), origin, tuple(after), adopts=adopts))
        return address

    def agent(self, agent: AgentRef) -> None:
        """The agent's entity, and the alias by which its tokens are known. At a mount that somebody else keeps the
        server makes both at a login.
        """
        if agent.issuer in self.mounts.existing:
            return
        origin = Origin(f"agent {agent.name}", agent.name, span=agent.span)
        name = entity_name(self.scope.settings, agent.name)
        values = entity_values(self.scope, name, agent, self.urls.get(agent.issuer, agent.issuer))
        entity = self.add(ENTITY, name, values, origin)
        mount = self.mounts.by_issuer.get(agent.issuer)
        if mount is None:
            self._no_mount(agent)
            return
        other = self._subjects.setdefault((mount, subject_key(agent.subject)), agent)
        if other.name != agent.name:
            self.diagnostics.append(
                error(
                    "W427",
                    f"agents {other.name} and {agent.name} may be one and the same to Vault, "
                    f"which compares subjects without regard to case: {other.subject} and {agent.subject}",
                    subject=f"agents.{agent.name}",
                    help="give each agent a subject of its own",
                    span=agent.span,
                )
            )
            return
        backend = self.scope.address(JWT_BACKEND, mount)
        alias: dict[str, Value] = {"name": agent.subject, "mount": mount, "entity": name, **ALIAS_EXTRAS}
        self.add(ALIAS, f"{mount}/{agent.subject}", alias, origin, (backend, entity))

    def _no_mount(self, agent: AgentRef) -> None:
        if self.mounts.diagnostics and agent.issuer in self.mounts.declared:
            return  # the issuer's own error says it
        self.diagnostics.append(
            error(
                "W425",
                f"agent {agent.name} can't log in at {self.scope.system}: issuer {agent.issuer} has no audience for it",
                subject=f"agents.{agent.name}",
                help=f"add {self.scope.system} to the issuer's audiences",
                span=agent.span,
            )
        )

    def pair(self, demand: PairDemand[VaultAccess], own: list[Pattern]) -> None:
        """The pair's policy and the role that gives it."""
        pair, settings = demand.pair, self.scope.settings
        origin = pair.origin(f"agent {pair.agent.name}, intent {pair.intent.name}")
        names: VaultNames = demand.names or VaultNames()
        grants = self._grants(demand, own, named=names.policy is not None)
        if grants is None:
            return
        name = names.policy or policy_name(settings, pair)
        # One that stood there may be given by several roles: it is nobody's alone.
        text = render(marker_text(self.scope, None if names.policy else pair), grants)
        policy = self.add(POLICY, name, policy_values(text), origin, adopts=names.policy is not None)
        mount = self.mounts.by_issuer.get(pair.agent.issuer)
        if mount is None:
            return
        values = jwt_role_values(pair, self.mounts.audiences[pair.agent.issuer], name, names.fields)
        after = (*self._door(pair.agent, mount), policy)
        role, adopts = f"{mount}/{names.role or pair.name}", pair.agent.issuer in self.mounts.existing
        self.add(JWT_ROLE, role, values, origin, after, adopts=adopts or names.role is not None)

    def _door(self, agent: AgentRef, mount: str) -> tuple[Address, ...]:
        """What a role stands on besides its policy."""
        if agent.issuer in self.mounts.existing:
            return (self.scope.address(JWT_BACKEND_USE, mount),)
        # Without the alias a login would make an entity of its own.
        return (self.scope.address(JWT_BACKEND, mount), self.scope.address(ALIAS, f"{mount}/{agent.subject}"))

    def _grants(self, demand: PairDemand[VaultAccess], own: list[Pattern], *, named: bool) -> list[Grant] | None:
        declared = [*(() if named else (_RETURN_TOKEN,)), *self._creds(demand.logins)]
        for located in demand.access:
            for index, rule in enumerate(located.value.paths):
                grant = rule.grant
                # The first segment of an intent's path is a mount, or what a mount's path begins with.
                near = (path for path in own if path.parts[0] == grant.pattern.parts[0])
                reached = next((path for path in near if path.overlaps(grant.pattern)), None)
                if reached is not None:
                    self.diagnostics.append(
                        error(
                            "W421",
                            f"{rule.path} reaches {reached.text}, where database logins are made",
                            subject=f"intents.{demand.pair.intent.name}",
                            help="ask the database's system for the login, with `grants`; narrow the path",
                            span=located.span("paths", index, "path"),
                        )
                    )
                    return None
                declared.append(grant)
        try:
            return unite(declared)
        except Inexpressible as found:
            located = demand.access[0]
            self.diagnostics.append(
                error(
                    "W424",
                    f"paths {found.one} and {found.two} overlap, and Vault would obey {found.one} alone there",
                    subject=f"intents.{demand.pair.intent.name}",
                    help="give both the same capabilities, or write paths that don't overlap",
                    span=located.span("paths"),
                )
            )
            return None

    def _creds(self, requests: Iterable[LoginRequest]) -> Iterator[Grant]:
        for request in requests:
            yield Grant(Pattern.of(_creds_path(self.scope.settings, request)), frozenset({"read"}))

    def database_role(self, request: LoginRequest) -> None:
        """The role by which a database login is minted, and its entry at the connection."""
        options, name = _options(request), database_role_name(self.scope.settings, request)
        origin = request.pair.origin(f"login at {request.requester}")
        key = database_role_key(options.mount, name)
        role = self.add(
            DATABASE_ROLE,
            key,
            database_role_values(request, options.connection),
            origin,
            (request.group, *request.needs),
        )
        key = allowed_role_key(options.mount, options.connection, name)
        self.add(ALLOWED_ROLE, key, allowed_role_values(options.mount, options.connection, name), origin, (role,))
