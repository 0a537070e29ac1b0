"""Issuers and pairs to OIDC providers, roles and inline policies. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

from providers.aws.access import AwsAccess
from providers.aws.adopting import AwsNames
from providers.aws.escalation import changes_own
from providers.aws.issuers import IssuerPlace, lower_issuers
from providers.aws.naming import ROLE, ROLE_POLICY, duration_text, policy_key
from providers.aws.settings import AwsSettings
from providers.aws.statements import policy_of, trust_of
from providers.aws.tags import LONGEST_VALUE, OWNER, description, tag_value
from reconciler.model import Address, Desired, Resource, Value
from reconciler.provider import Demand, Lowering, Pair, PairDemand, Scope, marker_fields
from specs.diagnostic import Diagnostic, error, warning

# IAM and AWS STS quotas; seconds and characters.
SHORTEST_SESSION, LONGEST_SESSION = 3600, 43200
_ROLE_NAME, _INLINE_POLICIES, _TRUST_DEFAULT, _TRUST_MOST = 64, 10240, 2048, 4096


@dataclass(slots=True)
class _Work:
    """What lowering one system has made so far."""

    scope: Scope[AwsSettings]
    places: dict[str, IssuerPlace]
    resources: list[Desired] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def lower(scope: Scope[AwsSettings], demand: Demand[AwsAccess]) -> Lowering:
    """The native objects for all that the specs ask of this account."""
    issuers = lower_issuers(scope, demand.issuers)
    work = _Work(scope, dict(issuers.places), list(issuers.resources), list(issuers.diagnostics))
    for wanted in demand.pairs:
        if wanted.access:
            _lower_pair(work, wanted)
    return Lowering(tuple(work.resources), (), tuple(work.diagnostics))


def _lower_pair(work: _Work, wanted: PairDemand[AwsAccess]) -> None:
    pair, settings = wanted.pair, work.scope.settings
    place = work.places.get(pair.agent.issuer)
    if place is None:
        work.diagnostics.append(_no_audience(work.scope, pair))
        return
    names: AwsNames | None = wanted.names
    name = names.role if names else f"{settings.role_prefix}{pair.name}"
    trust = trust_of(place, pair.agent.subject)
    policy, problems = policy_of(settings, wanted.access)
    own = changes_own((settings, *work.scope.alike), work.places.values(), wanted.access, pair.intent.name)
    work.diagnostics.extend((*problems, *own, *_limits(work.scope, pair, name, trust, policy)))
    role = work.scope.address(ROLE, name)
    work.resources.append(_role(work.scope, pair, role, trust, place.address, names))
    work.resources.append(_role_policy(work.scope, pair, role, policy, names))


def _role(
    scope: Scope[AwsSettings], pair: Pair, address: Address, trust: str, provider: Address, names: AwsNames | None
) -> Desired:
    attributes: dict[str, Value] = {
        "name": address.key,
        "path": names.path if names else scope.settings.role_path,
        "assume_role_policy": trust,
        "description": _describe(pair),
        "max_session_duration": min(max(SHORTEST_SESSION, pair.ttl), LONGEST_SESSION),
        "permissions_boundary": scope.settings.permissions_boundary,
        "tags": (names.tags if names else {}) | marker_fields(scope, pair) | {OWNER: tag_value(pair.agent.owner)},
    }
    origin = pair.origin("role of this agent for this intent")
    return Desired(Resource(address, attributes), origin, (provider,), adopts=names is not None)


def _role_policy(scope: Scope[AwsSettings], pair: Pair, role: Address, policy: str, names: AwsNames | None) -> Desired:
    name = names.policy if names else pair.intent.name
    attributes = {"role": role.key, "name": name, "policy": policy}
    address = scope.address(ROLE_POLICY, policy_key(role.key, name))
    origin = pair.origin("what this intent needs here")
    return Desired(Resource(address, attributes), origin, (role,), adopts=names is not None)


def _describe(pair: Pair) -> str:
    ttl = f"TTL {duration_text(pair.ttl)}"
    if pair.ttl < SHORTEST_SESSION:
        ttl = f"Declared {ttl}, AWS enforces {duration_text(SHORTEST_SESSION)}"
    return description(f"{ttl}. {pair.agent.name} for {pair.intent.name}: {pair.intent.purpose}")


def _no_audience(scope: Scope[AwsSettings], pair: Pair) -> Diagnostic:
    return error(
        "W437",
        f"{pair.agent.name} needs {pair.intent.name} on {scope.system}, "
        f"but issuer {pair.agent.issuer} has no audience for {scope.system}",
        subject=f"{pair.agent.name}/{pair.intent.name}",
        help=f"add {scope.system} to the issuer's audiences, such as sts.amazonaws.com",
        span=pair.span,
    )


def _limits(scope: Scope[AwsSettings], pair: Pair, name: str, trust: str, policy: str) -> list[Diagnostic]:
    """What IAM would refuse, found before anything is written."""
    subject = str(scope.address(ROLE, name))
    found = []
    if len(name) > _ROLE_NAME:
        message = f"role name {name} has {len(name)} characters, IAM allows {_ROLE_NAME}"
        found.append(error("W436", message, subject=subject, help="shorten agent, intent or prefix", span=pair.span))
    if pair.ttl > LONGEST_SESSION:
        message = f"TTL {duration_text(pair.ttl)} is over the longest session of a role, 12h"
        found.append(error("W436", message, subject=subject, help="at most 12h on AWS", span=pair.span))
    if len(policy) > _INLINE_POLICIES:
        message = f"the policy has {len(policy)} characters, IAM allows {_INLINE_POLICIES} in a role's inline policies"
        hint = "use wildcards, or split the intent"
        found.append(error("W436", message, subject=subject, help=hint, span=pair.intent.span))
    if len(trust) > _TRUST_DEFAULT:
        severity = error if len(trust) > _TRUST_MOST else warning
        message = f"the trust policy has {len(trust)} characters, IAM's default quota is {_TRUST_DEFAULT}"
        hint = f"shorten the subject or the audience (the quota can be raised to {_TRUST_MOST})"
        found.append(severity("W436", message, subject=subject, help=hint, span=pair.agent.span))
    if len(pair.agent.owner) > LONGEST_VALUE:
        message = f"owner has {len(pair.agent.owner)} characters, a tag holds {LONGEST_VALUE}"
        found.append(error("W436", message, subject=subject, help="shorten the owner", span=pair.agent.span))
    return found
