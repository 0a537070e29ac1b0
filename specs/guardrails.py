"""The document kind Guardrail: what no spec may exceed, for whom, and who is let off until when."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from specs.base import spec_error
from specs.fields import AgentPattern, Bool, Date, Duration, LongText, Name, Owner, OwnerPattern, Text
from specs.parts import Metadata, NonEmpty, Open, Risk, Strict, no_items, nothing
from specs.text import shown

Rule: TypeAlias = Literal["max_ttl", "never", "require", "separate", "forbid"]
Required: TypeAlias = Literal["owner", "review_by", "approval"]


class MaxTtl(Strict):
    """The longest TTL of intents, by risk."""

    low: Duration | None = None
    """For intents of low risk."""
    medium: Duration | None = None
    """For intents of medium risk."""
    high: Duration | None = None
    """For intents of high risk."""

    def of(self, risk: Risk) -> int | None:
        """Seconds, or None where this guardrail sets no limit."""
        seconds: int | None = getattr(self, risk)
        return seconds


class Selection(Strict):
    """Agents that fit every field that is given, and any item of each."""

    names: Annotated[tuple[AgentPattern, ...], BeforeValidator(no_items)] = ()
    """Agents' names; `*` stands for anything."""
    owners: Annotated[tuple[OwnerPattern, ...], BeforeValidator(no_items)] = ()
    """Agents' owners; `*` stands for anything."""
    labels: Annotated[dict[str, Text], BeforeValidator(nothing)] = {}
    """Labels that an agent carries, all of them."""
    delegates: Bool = False
    """Also whom these pass intents on to, through any number of hands."""

    @property
    def everybody(self) -> bool:
        """Whether it leaves nobody out."""
        return not (self.names or self.owners or self.labels)


class Never(Open):
    """Requests that no selected agent may reach, whatever its intents."""

    system: Name
    """A system that each Environment declares."""

    @property
    def block(self) -> dict[str, Any]:
        """The provider's own fields, as written."""
        return self._rest


class Requirement(Strict):
    """What must be written down before an agent may hold an intent of such a risk."""

    risk: NonEmpty[Risk]
    """For intents of these risks."""
    of: NonEmpty[Required]
    """owner: the intent's. review_by: the agent's, not past. approval: of the intent, or of the place that gives it."""


class Forbidden(Strict):
    """Forms of access that are too wide for any intent on a system."""

    system: Name
    """A system that each Environment declares."""
    widths: NonEmpty[Name]
    """The system's provider knows their names."""


def _several(value: Any) -> Any:
    if isinstance(value, list):
        for index, names in enumerate(value):
            if isinstance(names, list) and len(set(map(str, names))) < 2:
                raise spec_error(
                    "W105", "names fewer than two intents to keep apart", "such as [a.request, a.approve]", (index,)
                )
    return value


class Exemption(Strict):
    """Somebody who is let off one rule of this guardrail, why, on whose word, and until when."""

    rule: Rule
    """Which rule of this guardrail."""
    agent: Name | None = None
    """This agent only."""
    intent: Name | None = None
    """This intent only."""
    reason: LongText
    """Why it has to be."""
    approver: Owner
    """Who answers for it."""
    expires: Date
    """The last day that it holds."""

    @model_validator(mode="after")
    def _somebody(self) -> Exemption:
        if self.agent is None and self.intent is None:
            raise spec_error("W101", "agent or intent is required", "an exemption is for somebody, not for everybody")
        if self.rule in ("max_ttl", "forbid") and self.intent is None:
            raise spec_error("W101", f"intent is required: {self.rule} is about intents", "name the intent")
        if self.rule in ("max_ttl", "forbid") and self.agent is not None:
            message = f"{self.rule} is about intents, whoever holds them, not about {shown(self.agent)}"
            raise spec_error("W121", message, "leave agent out", ("agent",), key=True)
        return self


class GuardrailSpec(Strict):
    """Limits on agents and intents. Of several guardrails the strictest holds."""

    severity: Literal["error", "warn"] = "error"
    """What a finding is: an error stops validate, plan and apply, a warning is shown."""
    agents: Annotated[Selection, BeforeValidator(nothing)] = Selection()
    """Whom never, require and separate are about; everybody, unless this says otherwise."""
    max_ttl: MaxTtl = MaxTtl()
    """The longest TTL, by the intent's risk."""
    never: tuple[Never, ...] = ()
    """What no agent may reach."""
    require: Annotated[tuple[Requirement, ...], BeforeValidator(no_items)] = ()
    """What must be written down for intents of a risk."""
    separate: Annotated[tuple[NonEmpty[Name], ...], BeforeValidator(_several), BeforeValidator(no_items)] = ()
    """Lists of intents of which no agent may hold two, its own or passed on to it."""
    forbid: Annotated[tuple[Forbidden, ...], BeforeValidator(no_items)] = ()
    """Forms of access that no intent may have."""
    exemptions: Annotated[tuple[Exemption, ...], BeforeValidator(no_items)] = ()
    """Who is let off, until when."""

    @model_validator(mode="after")
    def _about_agents(self) -> GuardrailSpec:
        about_intents = [name for name in ("max_ttl", "forbid") if name in self.model_fields_set]
        if about_intents and not self.agents.everybody:
            message = f"{about_intents[0]} is about intents, whoever holds them: agents can't narrow it"
            raise spec_error("W121", message, "move it to a guardrail without agents", (about_intents[0],), key=True)
        return self


class Guardrail(Strict):
    """What no spec may exceed."""

    api_version: Literal["writ/v1"] = Field(alias="apiVersion")
    kind: Literal["Guardrail"]
    metadata: Metadata
    """What it is called."""
    spec: GuardrailSpec
    """Limits."""
