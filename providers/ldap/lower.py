"""What the specs ask of a directory, as groups and memberships of the agents' accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from providers.ldap.access import LdapAccess
from providers.ldap.dn import is_under
from providers.ldap.keys import MembershipKey
from providers.ldap.live import group_values, membership_values
from providers.ldap.moments import written
from providers.ldap.names import GROUP, MEMBERSHIP
from providers.ldap.settings import LdapSettings
from reconciler.model import Address, Desired, Origin, Resource
from reconciler.provider import Demand, Lowering, Pair, PairDemand, Scope, marker_text
from specs.diagnostic import Diagnostic, error
from specs.source import Located, SourceSpan


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One group that one pair asks for."""

    key: MembershipKey
    pair: Pair
    until: datetime
    span: SourceSpan


def lower(scope: Scope[LdapSettings], demand: Demand[LdapAccess]) -> Lowering:
    """For each pair a membership in each group that it names, and the groups that are Writ's.

    Two intents of one agent may name one group: it is in until the later end.
    """
    lowering = _Lowering(scope)
    for asked in demand.pairs:
        for wanted in lowering.asked(asked):
            lowering.add(wanted)
    return Lowering(tuple(lowering.resources()), diagnostics=tuple(lowering.diagnostics))


@dataclass(slots=True)
class _Lowering:
    scope: Scope[LdapSettings]
    latest: dict[MembershipKey, _Wanted] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def asked(self, demand: PairDemand[LdapAccess]) -> Iterator[_Wanted]:
        """What one pair asks for."""
        settings = self.scope.settings
        account = settings.account(demand.pair.agent.name)
        for block in demand.access:
            for position, name in enumerate(block.value.groups):
                group = settings.group(name)
                if is_under(group, settings.base) and not settings.is_agents(group):
                    span = block.span("groups", position)
                    yield _Wanted(MembershipKey(account, group), demand.pair, block.value.until, span)
                else:
                    self.diagnostics.append(self._elsewhere(group, demand.pair, block, position))

    def add(self, wanted: _Wanted) -> None:
        """Keep the one that ends last."""
        known = self.latest.get(wanted.key)
        if known is None or known.until < wanted.until:
            self.latest[wanted.key] = wanted

    def resources(self) -> Iterator[Desired]:
        """Groups of ours, and who is in which group."""
        by_group: dict[str, list[_Wanted]] = {}
        for wanted in self.latest.values():
            by_group.setdefault(wanted.key.group, []).append(wanted)
        settings = self.scope.settings
        for dn, members in by_group.items():
            ours = settings.is_ours(dn)
            address = self.scope.address(GROUP, dn)
            if ours:
                values = group_values(settings.group_class, [marker_text(self.scope)])
                origin = Origin("agents are to be in it", span=members[0].span)
                until = max(one.until for one in members)
                yield Desired(Resource(address, values), origin, until=until)
            for one in members:
                yield self._membership(one, (address,) if ours else ())

    def _membership(self, wanted: _Wanted, needs: tuple[Address, ...]) -> Desired:
        address = self.scope.address(MEMBERSHIP, str(wanted.key))
        values = membership_values(wanted.key, written(wanted.until))
        origin = wanted.pair.origin(f"{wanted.pair.intent.name} needs it", wanted.span)
        return Desired(Resource(address, values), origin, needs, until=wanted.until)

    def _elsewhere(self, group: str, pair: Pair, block: Located[LdapAccess], position: int) -> Diagnostic:
        base = self.scope.settings.base
        return error(
            "W441",
            f"{group} lies outside {base}, or among the agents' accounts",
            subject=f"intents.{pair.intent.name}.spec.access",
            help="name a group below the system's base",
            span=block.span("groups", position),
        )
