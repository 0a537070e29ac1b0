"""What the specs ask of one system, and what the system's provider makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from reconciler.model import Address, Desired, Origin
from specs.diagnostic import Diagnostic
from specs.source import Located, Path, SourceSpan

S_co = TypeVar("S_co", covariant=True)
A_co = TypeVar("A_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Scope(Generic[S_co]):
    """One system of one environment: what Writ owns there is exclusive within it."""

    environment: str
    system: str
    settings: S_co
    span: SourceSpan | None = None
    login_targets: tuple[LoginTarget, ...] = ()
    """Where other systems of the environment have this one mint logins, whether or not anybody is given one."""
    all_targets: tuple[LoginTarget, ...] = ()
    """The same of every system that may be this one under another name, with its own."""
    alike: tuple[S_co, ...] = ()
    """The settings of these systems, with its own, and of those of other environments that are surely the same place:
    their scopes aren't anybody's to write either."""

    def address(self, type: str, key: str) -> Address:
        """The address of an object here."""
        return Address(self.system, type, key)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one setting makes Writ's alone: what starts with a text, or is exactly that."""

    setting: str
    """As people write it: ``role_path``."""
    start: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who vouches for workloads: an OpenID Connect issuer (OIDC Core 1.0), and its audience at this system."""

    name: str
    url: str
    """The exact ``iss`` of its tokens."""
    audience: str
    """The exact ``aud`` that a token for this system carries."""
    jwks_url: str = ""
    discovery_url: str = ""
    public_keys: tuple[str, ...] = ()
    """PEM. Exactly one of the three key sources is set."""
    jwks_ca_pem: str = ""
    span: SourceSpan | None = None


@dataclass(frozen=True, slots=True)
class AgentRef:
    """The agent of a pair."""

    name: str
    owner: str
    purpose: str
    issuer: str
    subject: str
    """The exact ``sub`` of its tokens."""
    span: SourceSpan | None = None


@dataclass(frozen=True, slots=True)
class IntentRef:
    """The intent of a pair."""

    name: str
    purpose: str
    risk: str
    data: str
    span: SourceSpan | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One agent allowed one intent: the unit that every native object is made for."""

    agent: AgentRef
    intent: IntentRef
    ttl: int
    """Seconds."""
    span: SourceSpan | None = None
    """Where the agent is given the intent."""
    delegators: tuple[str, ...] = ()
    """Agents that delegate the intent to this agent."""

    @property
    def name(self) -> str:
        """``support-bot_orders.read``: unambiguous, because names have no underscore."""
        return f"{self.agent.name}_{self.intent.name}"

    def origin(self, reason: str, span: SourceSpan | None = None) -> Origin:
        """Why an object of this pair exists; ``span``: the YAML, where it isn't what gives the intent to the agent."""
        return Origin(reason, self.agent.name, self.intent.name, span or self.span)


@dataclass(frozen=True, slots=True)
class LoginTarget:
    """The system that mints logins for this one, as the settings name it under ``credentials``."""

    system: str
    options: Mapping[str, str]
    """The minting system's own options (its provider's login_options_model decodes them)."""
    role_prefix: str = ""
    """What the names of the roles begin with that logins join: the asking system's alone. Empty: it isn't known."""
    requester: str = ""
    """The asking system's name; set in Scope.login_targets only."""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """'Mint a login in this role, for at most this long': asked by one system, fulfilled by another.

    The statements are the asking system's, with the placeholders ``{{name}}``, ``{{password}}`` and
    ``{{expiration}}`` that the minting system fills in for each login.
    """

    pair: Pair
    requester: str
    """The asking system's name."""
    target: LoginTarget
    group: Address
    """The role that a login joins; it exists before and outlives the login."""
    create: tuple[str, ...]
    """One carries the marker (``marker_text``): a minting system that has no room for one knows its own by it."""
    revoke: tuple[str, ...]
    renew: tuple[str, ...] = ()
    needs: tuple[Address, ...] = ()
    """What else is there before a login can be made: without it, making one may fail half-done."""


@dataclass(frozen=True, slots=True)
class PairDemand(Generic[A_co]):
    """What one pair needs on this system: at least one of the two is not empty."""

    pair: Pair
    access: tuple[Located[A_co], ...] = ()
    logins: tuple[LoginRequest, ...] = ()
    """Asked by other systems; options were decoded by login_options_model."""
    names: Any = None
    """What its objects are called here (the provider's names_model); None where they have the derived names."""


@dataclass(frozen=True, slots=True)
class Demand(Generic[A_co]):
    """All that the specs ask of one system."""

    issuers: tuple[Issuer, ...]
    """The environment's issuers that have an audience for this system."""
    pairs: tuple[PairDemand[A_co], ...]


@dataclass(frozen=True, slots=True)
class Implied:
    """Access that a pair is given here though no block of its intent says so: it comes with what others ask for."""

    pair: Pair
    access: object
    """As the provider's access_model, so that guardrails judge it as they judge what is declared."""
    why: str
    """For people: ``a login at orders-db``."""


@dataclass(frozen=True, slots=True)
class Lowering:
    """The system's native objects, and what it asks of others."""

    resources: tuple[Desired, ...]
    logins: tuple[LoginRequest, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    implied: tuple[Implied, ...] = ()


@dataclass(frozen=True, slots=True)
class Wide:
    """A part of an access block in a form that a guardrail can forbid."""

    width: str
    """A name of Provider.widths."""
    path: Path
    """Where in the block."""
    text: str
    """As written."""
