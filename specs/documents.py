"""The documents that people write: Environment, Intent, Agent, Guardrail, Retirement. ``apiVersion: writ/v1``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from specs.base import spec_error
from specs.fields import Audience, Date, Duration, Name, Owner, PublicKey, SpiffeId, Subject, Text, Url, is_spiffe
from specs.guardrails import Guardrail
from specs.parts import (
    API_VERSION,
    Approval,
    DataClass,
    GrantedMetadata,
    Metadata,
    NonEmpty,
    Open,
    Risk,
    Strict,
    no_items,
    nothing,
)
from specs.retirement import Retirement

__all__ = ["API_VERSION", "KINDS", "Agent", "Document", "Environment", "Guardrail", "Intent", "Retirement", "Risk"]


class Issuer(Strict):
    """Who vouches for workloads: an OpenID Connect issuer. Without a key source, discovery at the issuer's URL."""

    issuer: Url
    """The exact `iss` of its tokens."""
    audiences: dict[Name, Audience] = {}
    """The exact `aud` of tokens for each system, by the system's name or its provider's."""
    jwks_url: Url | None = None
    """A JSON Web Key Set (RFC 7517)."""
    discovery_url: Url | None = None
    """Where OpenID Connect Discovery finds the keys, if not at the issuer's URL."""
    public_keys: tuple[PublicKey, ...] = ()
    """PEM public keys."""

    @field_validator("issuer")
    @classmethod
    def _no_query(cls, url: str) -> str:
        if "?" in url:
            raise spec_error("W115", "an issuer's URL has no query", "write exactly the iss of its tokens")
        return url

    @model_validator(mode="after")
    def _one_key_source(self) -> Issuer:
        given = [name for name in ("jwks_url", "discovery_url", "public_keys") if getattr(self, name)]
        if len(given) > 1:
            raise spec_error(
                "W121", f"{' and '.join(given)} exclude each other", "keep one source of keys", (given[1],), key=True
            )
        return self


class System(Open):
    """One system of an environment, and what Writ owns there."""

    provider: Name
    """Which kind of system it is: vault, aws, postgres …"""

    @property
    def settings(self) -> dict[str, Any]:
        """The provider's own fields, as written."""
        return self._rest


class Critical(Open):
    """Requests that matter most on one system: new ways to come to them are told of."""

    system: Name
    """A system of this environment."""

    @property
    def block(self) -> dict[str, Any]:
        """The provider's own fields, as written."""
        return self._rest


class EnvironmentSpec(Strict):
    """Issuers and systems, and what is critical there."""

    issuers: dict[Name, Issuer] = {}
    """Who vouches for workloads, by name."""
    systems: dict[Name, System]
    """The systems, by the name that intents use."""
    critical: tuple[Critical, ...] = ()
    """What no agent should come to by a detour: written as a guardrail's `never`."""


class Environment(Strict):
    """Where intents' access is made real: issuers and systems."""

    api_version: Literal["writ/v1"] = Field(alias="apiVersion")
    kind: Literal["Environment"]
    metadata: Metadata
    """What it is called."""
    spec: EnvironmentSpec
    """Which issuers and systems there are."""


class Access(Open):
    """What an intent needs on one system."""

    system: Name
    """A system that each Environment declares."""

    @property
    def block(self) -> dict[str, Any]:
        """The provider's own fields, as written."""
        return self._rest


class IntentSpec(Strict):
    """A purpose, and the least access that it needs."""

    purpose: Text
    """What the access is for, in one line."""
    risk: Risk
    """How much harm misuse would do."""
    data: DataClass
    """The class of the data that it reaches."""
    ttl: Duration
    """The longest that a credential for it lives, such as 15m."""
    owner: Owner | None = None
    """Who answers for what it opens: a team's or a person's address."""
    approval: Approval | None = None
    """Who approved it, for everybody who is allowed it."""
    access: NonEmpty[Access]
    """What it needs on each system."""


class Intent(Strict):
    """The unit of access: a named purpose with the least privilege that it needs."""

    api_version: Literal["writ/v1"] = Field(alias="apiVersion")
    kind: Literal["Intent"]
    metadata: GrantedMetadata
    """What it is called."""
    spec: IntentSpec
    """Purpose, risk, TTL and access."""


class Identity(Strict):
    """How a workload proves who it is: a token of `issuer` with exactly this subject."""

    issuer: Name
    """An issuer that each Environment declares."""
    subject: Subject
    """The exact `sub` of its tokens (or give spiffe)."""
    spiffe: SpiffeId | None = None
    """A SPIFFE id, in place of subject."""

    @model_validator(mode="before")
    @classmethod
    def _one_subject(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "spiffe" not in value:
            return value
        if "subject" in value:
            raise spec_error(
                "W121", "subject and spiffe exclude each other", "keep one of the two", ("spiffe",), key=True
            )
        # A SPIFFE id that is wrong is reported at its own field.
        return {**value, "subject": value["spiffe"] if is_spiffe(value["spiffe"]) else "unknown"}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        made = handler.resolve_ref_schema(handler(schema))
        made["required"] = ["issuer"]
        made["oneOf"] = [{"required": ["subject"]}, {"required": ["spiffe"]}]
        return made


class AllowedIntent(Strict):
    """An intent that an agent is allowed, and for how long at a time."""

    name: Name
    """The intent's name."""
    ttl: Duration | None = None
    """Shorter than the intent's, for this agent."""
    approval: Approval | None = None
    """Who approved that this agent has it."""
    names: Annotated[dict[Name, dict[str, Any]], BeforeValidator(nothing)] = Field(
        default_factory=dict, json_schema_extra={"default": {}}
    )
    """By system: what its objects are called there, where they stood before Writ, instead of the names it derives."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        made = handler.resolve_ref_schema(handler(schema))
        whole = {key: made.pop(key) for key in list(made) if key not in {"title", "description"}}
        return {**made, "anyOf": [whole["properties"]["name"], whole]}


class Delegation(Strict):
    """Intents that an agent passes on to another agent."""

    to: Name
    """The agent that acts on this one's behalf."""
    intents: NonEmpty[Name]
    """Which of this agent's intents."""
    ttl: Duration | None = None
    """At most this agent's own TTL for each of them."""
    approval: Approval | None = None
    """Who approved that they are passed on."""


class AgentSpec(Strict):
    """Who answers for an agent, how it proves who it is, what it may do."""

    owner: Owner
    """Who answers for it: a team's or a person's address."""
    purpose: Text
    """What it does, in one line."""
    review_by: Date | None = None
    """When somebody must have looked at it again."""
    identity: Identity
    """How it proves who it is."""
    intents: tuple[AllowedIntent, ...] = ()
    """What it may do."""
    delegates: Annotated[tuple[Delegation, ...], BeforeValidator(no_items)] = ()
    """Whom it passes intents on to."""


class Agent(Strict):
    """A workload that acts on its own: an identity and the intents that it is allowed."""

    api_version: Literal["writ/v1"] = Field(alias="apiVersion")
    kind: Literal["Agent"]
    metadata: GrantedMetadata
    """What it is called."""
    spec: AgentSpec
    """Owner, purpose, identity and intents."""


Document: TypeAlias = Environment | Intent | Agent | Guardrail | Retirement
KINDS: Mapping[str, type[Document]] = MappingProxyType(
    {"Environment": Environment, "Intent": Intent, "Agent": Agent, "Guardrail": Guardrail, "Retirement": Retirement}
)
