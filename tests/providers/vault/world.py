"""A small estate at one Vault, and an operator who plans and applies it without the engine."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from providers.vault.access import VaultAccess
from providers.vault.client import VaultClient
from providers.vault.local import LocalVault
from providers.vault.provider import VaultProvider
from providers.vault.resources import TYPES
from providers.vault.settings import VaultSettings
from reconciler.model import Address, Desired, Live, Snapshot
from reconciler.provider import (
    AgentRef,
    Demand,
    IntentRef,
    Issuer,
    LocalWorld,
    LoginRequest,
    LoginTarget,
    Pair,
    PairDemand,
    Scope,
    marker_text,
)
from reconciler.sandbox.issuer import Issuer as Signer
from specs.source import Located, SourceSpan

ISSUER = "https://oidc.example.com/cluster"
AUDIENCE = "vault"
SYSTEM = "vault"


class Nowhere:
    def span(self, path: tuple[str | int, ...]) -> SourceSpan:
        return SourceSpan("a.yaml", 1, 1)


def scope(**settings: Any) -> Scope[VaultSettings]:
    return Scope("test", SYSTEM, VaultSettings.model_validate(settings))


def agent(name: str, subject: str = "", issuer: str = "cluster") -> AgentRef:
    return AgentRef(name, f"team-{name}@example.com", f"Does {name}'s work", issuer, subject or f"sa:{name}")


def pair(who: AgentRef, intent: str, ttl: int = 600) -> Pair:
    return Pair(who, IntentRef(intent, "why", "low", "internal"), ttl)


def access(*rules: tuple[str, Sequence[str]]) -> Located[VaultAccess]:
    paths = [{"path": path, "capabilities": list(capabilities)} for path, capabilities in rules]
    return Located(VaultAccess.model_validate({"paths": paths}), Nowhere())


def login(who: Pair, requester: str = "orders-db", connection: str = "orders") -> LoginRequest:
    return LoginRequest(
        pair=who,
        requester=requester,
        target=LoginTarget(SYSTEM, {"mount": "database", "connection": connection}),
        group=Address(requester, "postgresql_role", "orders_readers"),
        create=(
            """CREATE ROLE "{{name}}" LOGIN IN ROLE orders_readers PASSWORD '{{password}}'""",
            # The engine splits at semicolons, unless a statement holds END.
            f"""DO $w$ BEGIN COMMENT ON ROLE "{{{{name}}}}" IS '{marker_text(scope())}'; END $w$""",
            """ALTER ROLE "{{name}}" VALID UNTIL '{{expiration}}'""",
        ),
        revoke=(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{{name}}'""",
            """DROP ROLE IF EXISTS "{{name}}\"""",
        ),
    )


def issuer(signer: Signer, name: str = "cluster", url: str = ISSUER) -> Issuer:
    return Issuer(name, url, AUDIENCE, jwks_url=signer.jwks_url)


def demand(issuers: Iterable[Issuer], *pairs: PairDemand[VaultAccess]) -> Demand[VaultAccess]:
    return Demand(tuple(issuers), pairs)


@dataclass
class Estate:
    """One server, one scope."""

    server: LocalVault
    signer: Signer
    scope: Scope[VaultSettings]
    client: VaultClient
    root: VaultClient
    agents: list[VaultClient] = field(default_factory=list)
    desired: Sequence[Desired] = ()

    provider = VaultProvider()

    def close(self) -> None:
        for client in (self.client, self.root, *self.agents):
            client.close()

    def lower(self, *pairs: PairDemand[VaultAccess]) -> list[Desired]:
        lowering = self.provider.lower(self.scope, demand([issuer(self.signer)], *pairs))
        assert lowering.diagnostics == ()
        return list(lowering.resources)

    def apply(self, *pairs: PairDemand[VaultAccess]) -> list[Desired]:
        """Make everything, in the order of dependencies, and read each object back."""
        desired = self.lower(*pairs)
        for item in ordered(desired):
            kind, want = TYPES[item.resource.address.type], item.resource
            kind.create(self.client, want)
            live = kind.read(self.client, want.address.key)
            assert live is not None, want.address
            assert differences(live, item) == {}, want.address
        return desired

    def apply_over(self, old: Sequence[Desired], *pairs: PairDemand[VaultAccess]) -> list[Desired]:
        """Make what is new or different, over what was there."""
        desired = self.lower(*pairs)
        found = self.read([*old, *desired]).objects
        for item in ordered(desired):
            want = item.resource
            kind, live = TYPES[want.address.type], found.get(want.address)
            if live is None:
                kind.create(self.client, want)
            elif differences(live, item):
                kind.update(self.client, live, want)
            now = kind.read(self.client, want.address.key)
            assert now is not None
            assert differences(now, item) == {}
        return desired

    def read(self, wanted: Iterable[Desired] = ()) -> Snapshot:
        return self.provider.read(self.client, self.scope, [item.resource.address for item in wanted])

    def drift(self, desired: Sequence[Desired]) -> dict[str, Any]:
        """Addresses that aren't as wanted: 'missing', 'undeclared' or the attributes that differ."""
        found = self.read(desired)
        # W440: the operator's rights end at mounts of one segment, which is said.
        assert [one for one in found.diagnostics if one.code != "W440"] == []
        wanted = {item.resource.address: item for item in desired}
        report: dict[str, Any] = {}
        for address in wanted.keys() | found.objects.keys():
            short = f"{address.type}/{address.key}"
            if address not in found.objects:
                report[short] = "missing"
            elif address not in wanted:
                report[short] = "undeclared"
            elif changed := differences(found.objects[address], wanted[address]):
                report[short] = changed
        return report

    def destroy(self, desired: Sequence[Desired]) -> None:
        """Remove everything in the scope, in reverse."""
        found = self.read(desired).objects
        known = [item for item in desired if item.resource.address in found]
        extra = [address for address in found if address not in {item.resource.address for item in desired}]
        for address in extra:
            TYPES[address.type].delete(self.client, found[address])
        for item in reversed(ordered(known)):
            address = item.resource.address
            TYPES[address.type].delete(self.client, found[address])

    def token(self, subject: str, audience: str = AUDIENCE, iss: str = ISSUER) -> str:
        return self.signer.token(iss, subject, audience)

    def log_in(self, role: str, jwt: str) -> VaultClient:
        """A client with an agent's token. Raises what the server says."""
        found = self.root.hvac.auth.jwt.jwt_login(role=role, jwt=jwt, path="jwt-agents", use_token=False)
        client = self.server.root_client(self.scope)
        client.use_token(found["auth"]["client_token"])
        self.agents.append(client)
        return client


def ordered(desired: Sequence[Desired]) -> list[Desired]:
    """Dependencies first."""
    by_address = {item.resource.address: item for item in desired}
    done: dict[Address, Desired] = {}

    def visit(item: Desired) -> None:
        for address in item.depends_on:
            if address in by_address and address not in done:
                visit(by_address[address])
        done[item.resource.address] = item

    for item in desired:
        visit(item)
    return list(done.values())


def differences(live: Live, desired: Desired) -> dict[str, tuple[Any, Any]]:
    """Attributes that differ: found, wanted."""
    want = desired.resource.attributes
    kind = TYPES[desired.resource.address.type]
    # What an entity's metadata don't say isn't known.
    assert set(live.resource.attributes) in (set(kind.attributes), set(kind.attributes) - {"identity"})
    assert set(want) == {name for name, mark in kind.attributes.items() if not mark.computed}
    return {
        name: (live.resource.attributes[name], want[name])
        for name in want
        if name in live.resource.attributes and live.resource.attributes[name] != want[name]
    }


def local_world(signer: Signer, folder: Path, backends: Sequence[Any]) -> LocalWorld:
    """What prepare needs. The token command prints a file that the test writes."""

    def command(audience: str) -> list[str]:
        file = folder / f"{audience}.jwt"
        file.write_text(signer.token(ISSUER, "operator", audience))
        return [sys.executable, "-c", f"print(open({str(file)!r}).read())"]

    return LocalWorld(
        operator_issuer=ISSUER,
        operator_subject="operator",
        jwks_url=signer.jwks_url,
        operator_token=lambda audience: signer.token(ISSUER, "operator", audience),
        token_command=command,
        backends=backends,
    )


def changed(desired: Desired, **attributes: Any) -> Desired:
    values = {**desired.resource.attributes, **attributes}
    return dataclasses.replace(desired, resource=dataclasses.replace(desired.resource, attributes=values))
