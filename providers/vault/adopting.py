"""What an agent's intent may say of a Vault's objects that stood before Writ: how they are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from reconciler.model import Value
from specs.base import SpecModel, spec_error, spelled

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,254}[A-Za-z0-9_])?")
_POLICY = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,254}[a-z0-9_])?")
_BUILT_IN = ("root", "default")
Kept: TypeAlias = Literal["default-policy", "soft-end", "default-token-type"]
KEPT: Mapping[Kept, tuple[str, Value]] = {
    "default-policy": ("token_no_default_policy", False),
    "soft-end": ("token_explicit_max_ttl", 0),
    "default-token-type": ("token_type", "default"),
}
"""What it means: a field of the role, and its value."""


def check_role(text: str) -> str:
    """A JWT role's name."""
    if not _NAME.fullmatch(text):
        raise spec_error("W428", f"{text[:64]!r} is not a role's name", "letters, digits, - _ and ., as Vault shows it")
    return text


def check_policy(text: str) -> str:
    """A policy's name."""
    if not _POLICY.fullmatch(text) or text in _BUILT_IN:
        advice = "as Vault shows it, in lower case; root and default are the server's own"
        raise spec_error("W428", f"{text[:64]!r} is not a policy's name", advice)
    return text


class VaultNames(SpecModel):
    """The JWT role and the policy of one agent and intent, where they stood before Writ."""

    role: Annotated[str, AfterValidator(check_role), spelled(_NAME.pattern)] | None = None
    """The role's name at the issuer's auth mount."""
    policy: Annotated[str, AfterValidator(check_policy), spelled(_POLICY.pattern)] | None = None
    """The policy's name. It gives exactly what the intent says, and other roles may give it too."""
    keeps: tuple[Kept, ...] = Field(default=())
    """What stays as it was: the token has the policy `default` too; it ends by token_max_ttl, without an explicit
    maximum; its type is the mount's."""

    @property
    def fields(self) -> dict[str, Value]:
        """The role's fields that stay as they were."""
        return dict(KEPT[one] for one in self.keeps)


def kept(found: Mapping[str, Value]) -> list[Kept]:
    """What of a role as found must be kept for it to stay as it is."""
    return [name for name, (field, value) in KEPT.items() if found.get(field) == value]
