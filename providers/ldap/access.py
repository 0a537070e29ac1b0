"""What an intent asks of a directory, and what a guardrail forbids there."""

from __future__ import annotations

from pydantic import Field

from providers.ldap.fields import GroupName, GroupPattern, Until
from specs.base import SpecModel


class LdapAccess(SpecModel):
    """Membership of the agent's account in groups, until a moment.

    A directory makes no login that dies by itself: access stands from the apply on, whoever holds the account's
    password. So it has an end of its own, which a run after it brings about.
    """

    groups: tuple[GroupName, ...] = Field(min_length=1)
    """Names of groups directly below the system's base, or DNs."""
    until: Until
    """A day, to its end in UTC, or a moment."""


class LdapNever(SpecModel):
    """Groups that no agent may ever be in, by itself or by a group that it is in."""

    groups: tuple[GroupPattern, ...] = Field(min_length=1)
