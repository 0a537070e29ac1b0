"""The ownership marker: how an object says that Writ made it, and for which environment and system.

Two forms: fields (AWS tags, Vault metadata) and one line of text (comments, descriptions, policy headers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.model import Ownership
from reconciler.provider.demand import Pair, Scope

MANAGED_BY = "managed-by"
_ENVIRONMENT = "writ:environment"
_SYSTEM = "writ:system"
_TEXT = re.compile(r"managed by writ; environment=(?P<environment>[^;\s]+); system=(?P<system>[^;\s]+)")


def marker_fields(scope: Scope[Any], pair: Pair | None = None) -> dict[str, str]:
    """The marker as fields, with agent and intent where the object belongs to a pair."""
    fields = {MANAGED_BY: "writ", _ENVIRONMENT: scope.environment, _SYSTEM: scope.system}
    if pair is not None:
        fields |= {"writ:agent": pair.agent.name, "writ:intent": pair.intent.name}
    return fields


def marker_text(scope: Scope[Any], pair: Pair | None = None) -> str:
    """The marker as one line."""
    text = f"managed by writ; environment={scope.environment}; system={scope.system}"
    return text if pair is None else f"{text}; agent={pair.agent.name}; intent={pair.intent.name}"


def owner_by_fields(fields: Mapping[str, str], scope: Scope[Any]) -> tuple[Ownership, str]:
    """Whose an object with these tags or metadata is, and a note for people."""
    if fields.get(MANAGED_BY) != "writ":
        return Ownership.FOREIGN, "it doesn't carry Writ's marker"
    return _compare(fields.get(_ENVIRONMENT, ""), fields.get(_SYSTEM, ""), scope)


def owner_by_text(text: str, scope: Scope[Any]) -> tuple[Ownership, str]:
    """Whose an object with this comment or description is, and a note for people."""
    found = _TEXT.search(text)
    if found is None:
        return Ownership.FOREIGN, "it doesn't carry Writ's marker"
    return _compare(found["environment"], found["system"], scope)


def environment_of(text: str) -> str:
    """The environment that a marker anywhere in a text names; empty without one."""
    found = _TEXT.search(text)
    return found["environment"] if found else ""


def _compare(environment: str, system: str, scope: Scope[Any]) -> tuple[Ownership, str]:
    if (environment, system) == (scope.environment, scope.system):
        return Ownership.OURS, ""
    return Ownership.OTHER, f"it belongs to environment {environment}, system {system}"
