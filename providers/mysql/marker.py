"""Whose a role is. MariaDB keeps no comment on roles, so the marker is a role too: it may nothing, and each role of
Writ's has it.

``writ_~production~shop-db``. Names of environments and systems hold no ``~``, nor do names of agents and intents, so no
other role of Writ's has such a name.
"""

from __future__ import annotations

from collections.abc import Iterable

from providers.mysql.catalog import Member
from providers.mysql.settings import MysqlSettings
from reconciler.model import Ownership
from reconciler.provider import Scope

_SIGN = "~"


def marker_role(scope: Scope[MysqlSettings]) -> str:
    """The marker's name."""
    return f"{scope.settings.role_prefix}{_SIGN}{scope.environment}{_SIGN}{scope.system}"


def is_marker(name: str) -> bool:
    """Whether a role is a marker, of whatever scope."""
    return len(_parts(name)) == 3


def marker_of(scope: Scope[MysqlSettings], groups: Iterable[str]) -> str:
    """The marker among the roles that a role is a member of, ours before another's; empty without one."""
    found = sorted(name for name in groups if is_marker(name))
    ours = marker_role(scope)
    return ours if ours in found else next(iter(found), "")


def marks(scope: Scope[MysqlSettings], member: Member, groups: Iterable[str]) -> bool:
    """Whether a membership is a role's in its marker. ``groups``: all roles that it has."""
    return not member.account.host and member.role == marker_of(scope, groups)


def owner(scope: Scope[MysqlSettings], name: str, marker: str) -> tuple[Ownership, str]:
    """Whose a role is, by its marker or by being one; and a note for people."""
    said = name if is_marker(name) else marker
    if not said:
        return Ownership.FOREIGN, "it doesn't carry Writ's marker"
    if said == marker_role(scope):
        return Ownership.OURS, ""
    _, environment, system = _parts(said)
    return Ownership.OTHER, f"it belongs to environment {environment}, system {system}"


def _parts(name: str) -> list[str]:
    parts = name.split(_SIGN)
    return parts if len(parts) == 3 and all(parts) else []
